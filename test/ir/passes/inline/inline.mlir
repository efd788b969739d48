// RUN: builtin.module(inline{default-pipeline=})
// CASE: a chain of functions melts into its caller, and what is private goes
func.func private @add(%x: i32) -> i32 {
  %r = arith.addi %x, %x : i32
  return %r : i32
}
func.func private @both(%x: i32) -> i32 {
  %a = call @add(%x) : (i32) -> i32
  %b = call @add(%a) : (i32) -> i32
  return %b : i32
}
func.func @main(%x: i32) -> i32 {
  %r = call @both(%x) : (i32) -> i32
  return %r : i32
}
// AFTER
module {
  func.func @main(%x: i32) -> i32 {
    %r = arith.addi %x, %x : i32
    %r_0 = arith.addi %r, %r : i32
    return %r_0 : i32
  }
}
// -----
// CASE: a body of several blocks cuts the caller's block
func.func @choose(%c: i1, %x: i32) -> i32 {
  cf.cond_br %c, ^a, ^b
^a:
  return %x : i32
^b:
  %y = arith.muli %x, %x : i32
  return %y : i32
}
func.func @main(%c: i1, %x: i32) -> i32 {
  %r = call @choose(%c, %x) : (i1, i32) -> i32
  %s = arith.addi %r, %x : i32
  return %s : i32
}
// AFTER
module {
  func.func @choose(%c: i1, %x: i32) -> i32 {
    cf.cond_br %c, ^bb1, ^bb2
  ^bb1:
    return %x : i32
  ^bb2:
    %y = arith.muli %x, %x : i32
    return %y : i32
  }
  func.func @main(%c: i1, %x: i32) -> i32 {
    cf.cond_br %c, ^bb1, ^bb2
  ^bb1:
    cf.br ^bb3(%x : i32)
  ^bb2:
    %y = arith.muli %x, %x : i32
    cf.br ^bb3(%y : i32)
  ^bb3(%r: i32):
    %s = arith.addi %r, %x : i32
    return %s : i32
  }
}
// -----
// CASE: several blocks do not fit into a loop's region
func.func private @choose(%c: i1, %x: i32) -> i32 {
  cf.cond_br %c, ^a, ^b
^a:
  return %x : i32
^b:
  %y = arith.muli %x, %x : i32
  return %y : i32
}
func.func @main(%n: index, %c: i1, %x: i32) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (i32) {
    %t = func.call @choose(%c, %s) : (i1, i32) -> i32
    scf.yield %t : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func private @choose(%c: i1, %x: i32) -> i32 {
    cf.cond_br %c, ^bb1, ^bb2
  ^bb1:
    return %x : i32
  ^bb2:
    %y = arith.muli %x, %x : i32
    return %y : i32
  }
  func.func @main(%n: index, %c: i1, %x: i32) -> i32 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (i32) {
      %t = func.call @choose(%c, %s) : (i1, i32) -> i32
      scf.yield %t : i32
    }
    return %r : i32
  }
}
// -----
// CASE: recursion ends: a function is not inlined into itself
func.func private @fact(%n: i32) -> i32 {
  %c1 = arith.constant 1 : i32
  %end = arith.cmpi sle, %n, %c1 : i32
  %r = scf.if %end -> (i32) {
    scf.yield %c1 : i32
  } else {
    %less = arith.subi %n, %c1 : i32
    %f = func.call @fact(%less) : (i32) -> i32
    %p = arith.muli %n, %f : i32
    scf.yield %p : i32
  }
  return %r : i32
}
func.func @main(%n: i32) -> i32 {
  %r = call @fact(%n) : (i32) -> i32
  return %r : i32
}
// AFTER
module {
  func.func private @fact(%n: i32) -> i32 {
    %c1 = arith.constant 1 : i32
    %end = arith.cmpi sle, %n, %c1 : i32
    %r = scf.if %end -> (i32) {
      scf.yield %c1 : i32
    } else {
      %less = arith.subi %n, %c1 : i32
      %f = func.call @fact(%less) : (i32) -> i32
      %p = arith.muli %n, %f : i32
      scf.yield %p : i32
    }
    return %r : i32
  }
  func.func @main(%n: i32) -> i32 {
    %r = call @fact(%n) : (i32) -> i32
    return %r : i32
  }
}
// -----
// CASE: functions that call each other
func.func @even(%n: i32) -> i1 {
  %r = call @odd(%n) : (i32) -> i1
  return %r : i1
}
func.func @odd(%n: i32) -> i1 {
  %r = call @even(%n) : (i32) -> i1
  return %r : i1
}
// AFTER
module {
  func.func @even(%n: i32) -> i1 {
    %r = call @even(%n) : (i32) -> i1
    return %r : i1
  }
  func.func @odd(%n: i32) -> i1 {
    %r = call @even(%n) : (i32) -> i1
    return %r : i1
  }
}
// -----
// CASE: declarations, and functions whose address is taken, stay
func.func private @external(i32) -> i32
func.func private @named(%x: i32) -> i32 {
  return %x : i32
}
func.func @main(%x: i32) -> i32 {
  %a = call @external(%x) : (i32) -> i32
  %b = call @named(%a) : (i32) -> i32
  return {other = @named} %b : i32
}
// AFTER
module {
  func.func private @external(i32) -> i32
  func.func private @named(%x: i32) -> i32 {
    return %x : i32
  }
  func.func @main(%x: i32) -> i32 {
    %a = call @external(%x) : (i32) -> i32
    return {other = @named} %a : i32
  }
}
// -----
// CASE: private functions that nobody calls go
func.func private @unused(%x: i32) -> i32 {
  %r = call @only_here(%x) : (i32) -> i32
  return %r : i32
}
func.func private @only_here(%x: i32) -> i32 {
  %r = arith.addi %x, %x : i32
  return %r : i32
}
func.func @main() {
  return
}
// AFTER
module {
  func.func @main() {
    return
  }
}
// -----
// CASE: llvm functions become llvm branches
llvm.func @choose(%c: i1, %x: i32) -> i32 {
  llvm.cond_br %c, ^a, ^b
^a:
  llvm.return %x : i32
^b:
  %y = llvm.mul %x, %x : i32
  llvm.return %y : i32
}
llvm.func @main(%c: i1, %x: i32) -> i32 {
  %r = llvm.call @choose(%c, %x) : (i1, i32) -> i32
  llvm.return %r : i32
}
// AFTER
module {
  llvm.func @choose(%c: i1, %x: i32) -> i32 {
    llvm.cond_br %c, ^bb1, ^bb2
  ^bb1:
    llvm.return %x : i32
  ^bb2:
    %y = llvm.mul %x, %x : i32
    llvm.return %y : i32
  }
  llvm.func @main(%c: i1, %x: i32) -> i32 {
    llvm.cond_br %c, ^bb1, ^bb2
  ^bb1:
    llvm.br ^bb3(%x : i32)
  ^bb2:
    %y = llvm.mul %x, %x : i32
    llvm.br ^bb3(%y : i32)
  ^bb3(%r: i32):
    llvm.return %r : i32
  }
}
