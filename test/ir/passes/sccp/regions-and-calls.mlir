// RUN: builtin.module(sccp)
// CASE: an if on a constant gives what its one region yields
func.func @if() -> i32 {
  %true = arith.constant true
  %r = scf.if %true -> (i32) {
    %c1 = arith.constant 1 : i32
    scf.yield %c1 : i32
  } else {
    %c2 = arith.constant 2 : i32
    scf.yield %c2 : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func @if() -> i32 {
    %0 = arith.constant 1 : i32
    %true = arith.constant true
    return %0 : i32
  }
}
// -----
// CASE: a carried value that does not change is constant; one that does is not
func.func @for(%n: index) -> (i32, i32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1 : i32
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%same = %one, %sum = %one) -> (i32, i32) {
    %t = arith.muli %same, %same : i32
    %s = arith.addi %sum, %same : i32
    scf.yield %t, %s : i32, i32
  }
  return %r#0, %r#1 : i32, i32
}
// AFTER
module {
  func.func @for(%n: index) -> (i32, i32) {
    %0 = arith.constant 1 : i32
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %one = arith.constant 1 : i32
    %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%same = %one, %sum = %one) -> (i32, i32) {
      %s = arith.addi %sum, %0 : i32
      scf.yield %0, %s : i32, i32
    }
    return %0, %r#1 : i32, i32
  }
}
// -----
// CASE: a loop without turns gives its initial values
func.func @no_turns(%x: i32) -> i32 {
  %c5 = arith.constant 5 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1 : i32
  %r = scf.for %i = %c5 to %c1 step %c1 iter_args(%v = %one) -> (i32) {
    scf.yield %x : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func @no_turns(%x: i32) -> i32 {
    %0 = arith.constant 1 : i32
    %c5 = arith.constant 5 : index
    %c1 = arith.constant 1 : index
    %one = arith.constant 1 : i32
    return %0 : i32
  }
}
// -----
// CASE: while with a condition that never holds
func.func @while(%x: i32) -> i32 {
  %false = arith.constant false
  %one = arith.constant 1 : i32
  %r = scf.while (%v = %one) : (i32) -> i32 {
    scf.condition(%false) %v : i32
  } do {
  ^bb0(%w: i32):
    scf.yield %x : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func @while(%x: i32) -> i32 {
    %0 = arith.constant 1 : i32
    %false = arith.constant false
    %one = arith.constant 1 : i32
    return %0 : i32
  }
}
// -----
// CASE: constants go into private functions and come back out of them
func.func private @twice(%x: i32) -> i32 {
  %r = arith.addi %x, %x : i32
  return %r : i32
}
func.func @caller() -> i32 {
  %c4 = arith.constant 4 : i32
  %r = call @twice(%c4) : (i32) -> i32
  return %r : i32
}
// AFTER
module {
  func.func private @twice(%x: i32) -> i32 {
    %0 = arith.constant 4 : i32
    %1 = arith.constant 8 : i32
    return %1 : i32
  }
  func.func @caller() -> i32 {
    %0 = arith.constant 8 : i32
    %c4 = arith.constant 4 : i32
    %r = call @twice(%c4) : (i32) -> i32
    return %0 : i32
  }
}
// -----
// CASE: different callers, or unknown ones, make a parameter unknown
func.func private @two(%x: i32) -> i32 {
  return %x : i32
}
func.func @public(%x: i32) -> i32 {
  return %x : i32
}
func.func @callers() -> (i32, i32) {
  %c4 = arith.constant 4 : i32
  %c5 = arith.constant 5 : i32
  %a = call @two(%c4) : (i32) -> i32
  %b = call @two(%c5) : (i32) -> i32
  %c = call @public(%c4) : (i32) -> i32
  %d = arith.addi %a, %b : i32
  return %d, %c : i32, i32
}
// AFTER
module {
  func.func private @two(%x: i32) -> i32 {
    return %x : i32
  }
  func.func @public(%x: i32) -> i32 {
    return %x : i32
  }
  func.func @callers() -> (i32, i32) {
    %c4 = arith.constant 4 : i32
    %c5 = arith.constant 5 : i32
    %a = call @two(%c4) : (i32) -> i32
    %b = call @two(%c5) : (i32) -> i32
    %c = call @public(%c4) : (i32) -> i32
    %d = arith.addi %a, %b : i32
    return %d, %c : i32, i32
  }
}
// -----
// CASE: recursion: the argument that never changes is known, through the recursive call too
func.func private @count(%n: i32, %step: i32) -> i32 {
  %c0 = arith.constant 0 : i32
  %end = arith.cmpi eq, %n, %c0 : i32
  cf.cond_br %end, ^stop, ^go
^stop:
  return %step : i32
^go:
  %less = arith.subi %n, %step : i32
  %r = call @count(%less, %step) : (i32, i32) -> i32
  return %r : i32
}
func.func @start(%n: i32) -> i32 {
  %c1 = arith.constant 1 : i32
  %r = call @count(%n, %c1) : (i32, i32) -> i32
  return %r : i32
}
// AFTER
module {
  func.func private @count(%n: i32, %step: i32) -> i32 {
    %0 = arith.constant 1 : i32
    %c0 = arith.constant 0 : i32
    %end = arith.cmpi eq, %n, %c0 : i32
    cf.cond_br %end, ^bb1, ^bb2
  ^bb1:
    return %0 : i32
  ^bb2:
    %less = arith.subi %n, %0 : i32
    %r = call @count(%less, %0) : (i32, i32) -> i32
    return %0 : i32
  }
  func.func @start(%n: i32) -> i32 {
    %0 = arith.constant 1 : i32
    %c1 = arith.constant 1 : i32
    %r = call @count(%n, %c1) : (i32, i32) -> i32
    return %0 : i32
  }
}
