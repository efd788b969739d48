// RUN: canonicalize
// CASE: results of a condition that nobody uses
func.func private @effect()
func.func @main(%c: i1, %x: i32) -> i32 {
  %r:2 = scf.if %c -> (i32, i32) {
    func.call @effect() : () -> ()
    scf.yield %x, %x : i32, i32
  } else {
    %y = arith.addi %x, %x : i32
    %z = arith.muli %x, %x : i32
    scf.yield %y, %z : i32, i32
  }
  return %r#0 : i32
}
// AFTER
module {
  func.func private @effect()
  func.func @main(%c: i1, %x: i32) -> i32 {
    %r = scf.if %c -> (i32) {
      func.call @effect() : () -> ()
      scf.yield %x : i32
    } else {
      %y = arith.addi %x, %x : i32
      scf.yield %y : i32
    }
    return %r : i32
  }
}
// -----
// CASE: values from outside need no branch
func.func @main(%c: i1, %x: i32, %y: i32) -> i32 {
  %r = scf.if %c -> (i32) {
    scf.yield %x : i32
  } else {
    scf.yield %y : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func @main(%c: i1, %x: i32, %y: i32) -> i32 {
    %r = arith.select %c, %x, %y : i32
    return %r : i32
  }
}
// -----
// CASE: the condition is known inside its branches
func.func private @use(i32)
func.func @main(%c: i1) {
  scf.if %c {
    %e = arith.extui %c : i1 to i32
    func.call @use(%e) : (i32) -> ()
  } else {
    %e = arith.extsi %c : i1 to i32
    func.call @use(%e) : (i32) -> ()
  }
  return
}
// AFTER
module {
  func.func private @use(i32)
  func.func @main(%c: i1) {
    %0 = arith.constant 1 : i32
    %1 = arith.constant 0 : i32
    scf.if %c {
      func.call @use(%0) : (i32) -> ()
    } else {
      func.call @use(%1) : (i32) -> ()
    }
    return
  }
}
// -----
// CASE: a condition that yields its own negation
func.func private @effect()
func.func @main(%c: i1) -> i1 {
  %t = arith.constant true
  %f = arith.constant false
  %r = scf.if %c -> (i1) {
    func.call @effect() : () -> ()
    scf.yield %f : i1
  } else {
    scf.yield %t : i1
  }
  return %r : i1
}
// AFTER
module {
  func.func private @effect()
  func.func @main(%c: i1) -> i1 {
    %t = arith.constant true
    %r = arith.xori %c, %t : i1
    scf.if %c {
      func.call @effect() : () -> ()
    }
    return %r : i1
  }
}
// -----
// CASE: an else that does nothing
func.func private @effect()
func.func @main(%c: i1) {
  scf.if %c {
    func.call @effect() : () -> ()
  } else {
  }
  return
}
// AFTER
module {
  func.func private @effect()
  func.func @main(%c: i1) {
    scf.if %c {
      func.call @effect() : () -> ()
    }
    return
  }
}
// -----
// CASE: conditions in each other
func.func private @effect()
func.func @main(%c: i1, %d: i1) {
  scf.if %c {
    scf.if %d {
      func.call @effect() : () -> ()
    }
  }
  return
}
// AFTER
module {
  func.func private @effect()
  func.func @main(%c: i1, %d: i1) {
    %0 = arith.andi %c, %d : i1
    scf.if %0 {
      func.call @effect() : () -> ()
    }
    return
  }
}
// -----
// CASE: two conditions on one value in a row
func.func private @effect()
func.func @main(%c: i1) {
  scf.if %c {
    func.call @effect() : () -> ()
  }
  scf.if %c {
    func.call @effect() : () -> ()
  } else {
    func.call @effect() : () -> ()
    func.call @effect() : () -> ()
  }
  return
}
// AFTER
module {
  func.func private @effect()
  func.func @main(%c: i1) {
    scf.if %c {
      func.call @effect() : () -> ()
      func.call @effect() : () -> ()
    } else {
      func.call @effect() : () -> ()
      func.call @effect() : () -> ()
    }
    return
  }
}
// -----
// CASE: a negated condition
func.func private @effect()
func.func @main(%c: i1) {
  %t = arith.constant true
  %n = arith.xori %c, %t : i1
  scf.if %n {
    func.call @effect() : () -> ()
  } else {
    func.call @effect() : () -> ()
    func.call @effect() : () -> ()
  }
  return
}
// AFTER
module {
  func.func private @effect()
  func.func @main(%c: i1) {
    scf.if %c {
      func.call @effect() : () -> ()
      func.call @effect() : () -> ()
    } else {
      func.call @effect() : () -> ()
    }
    return
  }
}
// -----
// CASE: a carried value that nobody uses
func.func private @usei(index)
func.func @main(%n: index, %x: i32) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:3 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %b = %x, %d = %x) -> (i32, i32, i32) {
    func.call @usei(%i) : (index) -> ()
    %y = arith.addi %a, %x : i32
    %z = arith.addi %a, %d : i32
    scf.yield %y, %z, %x : i32, i32, i32
  }
  return %r#0 : i32
}
// AFTER
module {
  func.func private @usei(index)
  func.func @main(%n: index, %x: i32) -> i32 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %0 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (i32) {
      func.call @usei(%i) : (index) -> ()
      %y = arith.addi %a, %x : i32
      scf.yield %y : i32
    }
    return %0 : i32
  }
}
// -----
// CASE: a while loop hands over what does not change
func.func private @use(i32)
func.func private @effect()
func.func @main(%x: i32) -> i32 {
  %r = scf.while (%a = %x) : (i32) -> i32 {
    %c = arith.cmpi slt, %a, %x : i32
    func.call @effect() : () -> ()
    scf.condition(%c) %a : i32
  } do {
  ^bb0(%b: i32):
    %c = arith.cmpi slt, %b, %x : i32
    %e = arith.extui %c : i1 to i32
    func.call @use(%e) : (i32) -> ()
    scf.yield %x : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func private @use(i32)
  func.func private @effect()
  func.func @main(%x: i32) -> i32 {
    %0 = arith.constant false
    %1 = arith.constant 0 : i32
    scf.while : () -> () {
      func.call @effect() : () -> ()
      scf.condition(%0)
    } do {
      func.call @use(%1) : (i32) -> ()
      scf.yield
    }
    return %x : i32
  }
}
// -----
// CASE: a result of a while loop that nobody uses
func.func private @use(i32)
func.func @main(%x: i32) {
  %r:2 = scf.while (%a = %x) : (i32) -> (i32, i32) {
    %c = arith.cmpi slt, %a, %x : i32
    %z = arith.muli %a, %a : i32
    scf.condition(%c) %a, %z : i32, i32
  } do {
  ^bb0(%b: i32, %z: i32):
    func.call @use(%b) : (i32) -> ()
    %k = arith.addi %b, %b : i32
    scf.yield %k : i32
  }
  return
}
// AFTER
module {
  func.func private @use(i32)
  func.func @main(%x: i32) {
    %r = scf.while (%a = %x) : (i32) -> i32 {
      %c = arith.cmpi slt, %a, %x : i32
      scf.condition(%c) %a : i32
    } do {
    ^bb0(%b: i32):
      func.call @use(%b) : (i32) -> ()
      %k = arith.addi %b, %b : i32
      scf.yield %k : i32
    }
    return
  }
}
// -----
// CASE: what goes round a while loop unchanged
func.func private @use(i32)
func.func @main(%x: i32) -> i32 {
  %f = arith.constant false
  %r = scf.while (%a = %x) : (i32) -> i32 {
    scf.condition(%f) %a : i32
  } do {
  ^bb0(%b: i32):
    func.call @use(%b) : (i32) -> ()
    scf.yield %b : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func private @use(i32)
  func.func @main(%x: i32) -> i32 {
    %f = arith.constant false
    scf.while : () -> () {
      scf.condition(%f)
    } do {
      func.call @use(%x) : (i32) -> ()
      scf.yield
    }
    return %x : i32
  }
}
// -----
// CASE: a switch on a constant
func.func @main() -> i32 {
  %c = arith.constant 2 : index
  %r = scf.index_switch %c -> i32
  case 2 {
    %x = arith.constant 5 : i32
    scf.yield %x : i32
  }
  default {
    %y = arith.constant 7 : i32
    scf.yield %y : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func @main() -> i32 {
    %x = arith.constant 5 : i32
    return %x : i32
  }
}
// -----
// CASE: a parallel loop without points
func.func @main(%m: memref<4x?xi32>, %n: index, %x: i32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.parallel (%i, %j) = (%c0, %c0) to (%c0, %n) step (%c1, %c1) {
    memref.store %x, %m[%i, %j] : memref<4x?xi32>
  }
  return
}
// AFTER
module {
  func.func @main(%m: memref<4x?xi32>, %n: index, %x: i32) {
    return
  }
}
// -----
// CASE: both ways to one block
func.func @main(%c: i1, %x: i32, %y: i32) -> i32 {
  cf.cond_br %c, ^bb1(%x : i32), ^bb1(%y : i32)
^bb1(%z: i32):
  return %z : i32
}
// AFTER
module {
  func.func @main(%c: i1, %x: i32, %y: i32) -> i32 {
    %0 = arith.select %c, %x, %y : i32
    return %0 : i32
  }
}
// -----
// CASE: blocks that only lead on
func.func @main(%c: i1, %x: i32, %y: i32) -> i32 {
  cf.cond_br %c, ^bb1, ^bb2
^bb1:
  cf.br ^bb3(%x : i32)
^bb2:
  cf.br ^bb3(%y : i32)
^bb3(%z: i32):
  return %z : i32
}
// AFTER
module {
  func.func @main(%c: i1, %x: i32, %y: i32) -> i32 {
    %0 = arith.select %c, %x, %y : i32
    return %0 : i32
  }
}
// -----
// CASE: a switch branch on a constant
func.func @main(%x: i32) -> i32 {
  %c = arith.constant 3 : i32
  cf.switch %c : i32, [
    default: ^bb1,
    3: ^bb2
  ]
^bb1:
  return %c : i32
^bb2:
  return %x : i32
}
// AFTER
module {
  func.func @main(%x: i32) -> i32 {
    return %x : i32
  }
}
// -----
// CASE: a block argument that only computes itself
func.func @main(%n: i32, %x: i32) -> i32 {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  cf.br ^bb1(%c0, %x : i32, i32)
^bb1(%i: i32, %d: i32):
  %e = arith.addi %d, %d : i32
  %j = arith.addi %i, %c1 : i32
  %c = arith.cmpi slt, %j, %n : i32
  cf.cond_br %c, ^bb1(%j, %e : i32, i32), ^bb2
^bb2:
  return %j : i32
}
// AFTER
module {
  func.func @main(%n: i32, %x: i32) -> i32 {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    cf.br ^bb1(%c0 : i32)
  ^bb1(%i: i32):
    %j = arith.addi %i, %c1 : i32
    %c = arith.cmpi slt, %j, %n : i32
    cf.cond_br %c, ^bb1(%j : i32), ^bb2
  ^bb2:
    return %j : i32
  }
}
