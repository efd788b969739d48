// RUN: builtin.module(control-flow-sink)
// CASE: what one region uses moves into it, with what only that uses
func.func @one_side(%c: i1, %x: i32) -> i32 {
  %a = arith.addi %x, %x : i32
  %b = arith.muli %a, %a : i32
  %r = scf.if %c -> (i32) {
    scf.yield %b : i32
  } else {
    scf.yield %x : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func @one_side(%c: i1, %x: i32) -> i32 {
    %r = scf.if %c -> (i32) {
      %a = arith.addi %x, %x : i32
      %b = arith.muli %a, %a : i32
      scf.yield %b : i32
    } else {
      scf.yield %x : i32
    }
    return %r : i32
  }
}
// -----
// CASE: what both use, or what has effects, stays
func.func @both(%c: i1, %m: memref<4xi32>, %i: index, %x: i32) -> i32 {
  %a = arith.addi %x, %x : i32
  %l = memref.load %m[%i] : memref<4xi32>
  %r = scf.if %c -> (i32) {
    %s = arith.addi %a, %l : i32
    scf.yield %s : i32
  } else {
    scf.yield %a : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func @both(%c: i1, %m: memref<4xi32>, %i: index, %x: i32) -> i32 {
    %a = arith.addi %x, %x : i32
    %l = memref.load %m[%i] : memref<4xi32>
    %r = scf.if %c -> (i32) {
      %s = arith.addi %a, %l : i32
      scf.yield %s : i32
    } else {
      scf.yield %a : i32
    }
    return %r : i32
  }
}
// -----
// CASE: nothing moves into a loop
func.func @loop(%n: index, %x: i32) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = arith.addi %x, %x : i32
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (i32) {
    %t = arith.addi %s, %a : i32
    scf.yield %t : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func @loop(%n: index, %x: i32) -> i32 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %a = arith.addi %x, %x : i32
    %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (i32) {
      %t = arith.addi %s, %a : i32
      scf.yield %t : i32
    }
    return %r : i32
  }
}
