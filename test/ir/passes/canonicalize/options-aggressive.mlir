// RUN: canonicalize{region-simplify=aggressive}
// CASE: blocks that do the same are one
func.func private @effect(i32)
func.func @main(%f: i32, %x: i32) {
  cf.switch %f : i32, [
    default: ^bb3,
    1: ^bb1,
    2: ^bb2
  ]
^bb1:
  %0 = arith.addi %x, %f : i32
  func.call @effect(%0) : (i32) -> ()
  cf.br ^bb3
^bb2:
  %1 = arith.addi %x, %f : i32
  func.call @effect(%1) : (i32) -> ()
  cf.br ^bb3
^bb3:
  return
}
// AFTER
module {
  func.func private @effect(i32)
  func.func @main(%f: i32, %x: i32) {
    cf.switch %f : i32, [
      default: ^bb2,
      1: ^bb1,
      2: ^bb1
    ]
  ^bb1:
    %0 = arith.addi %x, %f : i32
    call @effect(%0) : (i32) -> ()
    cf.br ^bb2
  ^bb2:
    return
  }
}
// -----
// CASE: blocks that use other values are not
func.func private @effect(i32)
func.func @main(%c: i1, %x: i32, %y: i32) {
  cf.cond_br %c, ^bb1, ^bb2
^bb1:
  func.call @effect(%x) : (i32) -> ()
  cf.br ^bb3
^bb2:
  func.call @effect(%y) : (i32) -> ()
  cf.br ^bb3
^bb3:
  return
}
// AFTER
module {
  func.func private @effect(i32)
  func.func @main(%c: i1, %x: i32, %y: i32) {
    cf.cond_br %c, ^bb1, ^bb2
  ^bb1:
    call @effect(%x) : (i32) -> ()
    cf.br ^bb3
  ^bb2:
    call @effect(%y) : (i32) -> ()
    cf.br ^bb3
  ^bb3:
    return
  }
}
