// RUN: builtin.module(remove-dead-values)
// CASE: a value that only feeds itself around a loop
func.func @carried(%n: index, %x: i32) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %b = %x) -> (i32, i32) {
    %p = arith.addi %a, %x : i32
    %q = arith.muli %b, %p : i32
    scf.yield %p, %q : i32, i32
  }
  return %r#0 : i32
}
// AFTER
module {
  func.func @carried(%n: index, %x: i32) -> i32 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (i32) {
      %p = arith.addi %a, %x : i32
      scf.yield %p : i32
    }
    return %r : i32
  }
}
// -----
// CASE: parameters and results of a private function, at all its calls
func.func private @f(%used: i32, %unused: i32) -> (i32, i32) {
  %x = arith.addi %used, %used : i32
  %y = arith.muli %used, %unused : i32
  return %x, %y : i32, i32
}
func.func @main(%x: i32) -> i32 {
  %a:2 = call @f(%x, %x) : (i32, i32) -> (i32, i32)
  %y = arith.subi %x, %a#0 : i32
  %b:2 = call @f(%a#0, %y) : (i32, i32) -> (i32, i32)
  return %b#0 : i32
}
// AFTER
module {
  func.func private @f(%used: i32) -> i32 {
    %x = arith.addi %used, %used : i32
    return %x : i32
  }
  func.func @main(%x: i32) -> i32 {
    %a = call @f(%x) : (i32) -> i32
    %b = call @f(%a) : (i32) -> i32
    return %b : i32
  }
}
// -----
// CASE: public functions, and those used otherwise than by calls, keep their signature
func.func @public(%unused: i32) {
  return
}
func.func private @address(%unused: i32) {
  return
}
func.func @main(%x: i32) {
  call @public(%x) : (i32) -> ()
  call @address(%x) : (i32) -> ()
  return {other = @address}
}
// AFTER
module {
  func.func @public(%unused: i32) {
    return
  }
  func.func private @address(%unused: i32) {
    return
  }
  func.func @main(%x: i32) {
    call @public(%x) : (i32) -> ()
    call @address(%x) : (i32) -> ()
    return {other = @address}
  }
}
// -----
// CASE: block arguments, and what branches pass for them
func.func @blocks(%c: i1, %x: i32, %y: i32) -> i32 {
  %d = arith.muli %x, %y : i32
  cf.cond_br %c, ^a(%d, %x : i32, i32), ^b(%y : i32)
^a(%dead: i32, %used: i32):
  %e = arith.addi %dead, %dead : i32
  cf.br ^b(%used : i32)
^b(%r: i32):
  return %r : i32
}
// AFTER
module {
  func.func @blocks(%c: i1, %x: i32, %y: i32) -> i32 {
    cf.cond_br %c, ^bb1(%x : i32), ^bb2(%y : i32)
  ^bb1(%used: i32):
    cf.br ^bb2(%used : i32)
  ^bb2(%r: i32):
    return %r : i32
  }
}
// -----
// CASE: an argument that only goes around a loop between blocks
func.func @around(%c: i1, %x: i32) {
  cf.br ^head(%x : i32)
^head(%v: i32):
  %w = arith.addi %v, %v : i32
  cf.cond_br %c, ^head(%w : i32), ^exit
^exit:
  return
}
// AFTER
module {
  func.func @around(%c: i1, %x: i32) {
    cf.br ^bb1
  ^bb1:
    cf.cond_br %c, ^bb1, ^bb2
  ^bb2:
    return
  }
}
// -----
// CASE: results of conditionals and of whiles
func.func private @effect()
func.func @conditional(%c: i1, %x: i32) -> i32 {
  %r:2 = scf.if %c -> (i32, i32) {
    func.call @effect() : () -> ()
    %d = arith.addi %x, %x : i32
    scf.yield %d, %x : i32, i32
  } else {
    scf.yield %x, %x : i32, i32
  }
  %w:2 = scf.while (%a = %x, %b = %x) : (i32, i32) -> (i32, i32) {
    scf.condition(%c) %a, %b : i32, i32
  } do {
  ^bb0(%p: i32, %q: i32):
    %s = arith.addi %p, %p : i32
    %t = arith.addi %q, %x : i32
    scf.yield %s, %t : i32, i32
  }
  %z = arith.addi %r#1, %w#1 : i32
  return %z : i32
}
// AFTER
module {
  func.func private @effect()
  func.func @conditional(%c: i1, %x: i32) -> i32 {
    %0 = scf.if %c -> (i32) {
      func.call @effect() : () -> ()
      scf.yield %x : i32
    } else {
      scf.yield %x : i32
    }
    %1 = scf.while (%b = %x) : (i32) -> i32 {
      scf.condition(%c) %b : i32
    } do {
    ^bb0(%q: i32):
      %t = arith.addi %q, %x : i32
      scf.yield %t : i32
    }
    %z = arith.addi %0, %1 : i32
    return %z : i32
  }
}
// -----
// CASE: operations with effects stay, with what they need
func.func @effects(%m: memref<4xi32>, %i: index, %x: i32) {
  %a = arith.addi %x, %x : i32
  memref.store %a, %m[%i] : memref<4xi32>
  %b = arith.muli %a, %a : i32
  return
}
// AFTER
module {
  func.func @effects(%m: memref<4xi32>, %i: index, %x: i32) {
    %a = arith.addi %x, %x : i32
    memref.store %a, %m[%i] : memref<4xi32>
    return
  }
}
// -----
// CASE: a parameter that only goes into the recursive call
func.func private @recursive(%n: i32, %dead: i32) -> i32 {
  %c0 = arith.constant 0 : i32
  %end = arith.cmpi eq, %n, %c0 : i32
  %r = scf.if %end -> (i32) {
    scf.yield %n : i32
  } else {
    %c1 = arith.constant 1 : i32
    %less = arith.subi %n, %c1 : i32
    %more = arith.addi %dead, %n : i32
    %s = func.call @recursive(%less, %more) : (i32, i32) -> i32
    scf.yield %s : i32
  }
  return %r : i32
}
func.func @main(%n: i32) -> i32 {
  %r = call @recursive(%n, %n) : (i32, i32) -> i32
  return %r : i32
}
// AFTER
module {
  func.func private @recursive(%n: i32) -> i32 {
    %c0 = arith.constant 0 : i32
    %end = arith.cmpi eq, %n, %c0 : i32
    %r = scf.if %end -> (i32) {
      scf.yield %n : i32
    } else {
      %c1 = arith.constant 1 : i32
      %less = arith.subi %n, %c1 : i32
      %s = func.call @recursive(%less) : (i32) -> i32
      scf.yield %s : i32
    }
    return %r : i32
  }
  func.func @main(%n: i32) -> i32 {
    %r = call @recursive(%n) : (i32) -> i32
    return %r : i32
  }
}
