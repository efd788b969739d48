// RUN: builtin.module(func.func(scf-to-cf))
// CASE: a condition with a value inside a loop that carries it
func.func @main(%n: index, %c: i1, %x: f32, %y: f32) -> f32 {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r = scf.for %i = %zero to %n step %one iter_args(%carried = %x) -> (f32) {
    %chosen = scf.if %c -> (f32) {
      scf.yield %carried : f32
    } else {
      scf.yield %y : f32
    }
    scf.yield %chosen : f32
  }
  return %r : f32
}
// AFTER
module {
  func.func @main(%n: index, %c: i1, %x: f32, %y: f32) -> f32 {
    %zero = arith.constant 0 : index
    %one = arith.constant 1 : index
    %0 = arith.cmpi slt, %zero, %n : index
    cf.cond_br %0, ^bb1(%zero, %x : index, f32), ^bb5(%x : f32)
  ^bb1(%i: index, %carried: f32):
    cf.cond_br %c, ^bb2, ^bb3
  ^bb2:
    cf.br ^bb4(%carried : f32)
  ^bb3:
    cf.br ^bb4(%y : f32)
  ^bb4(%chosen: f32):
    %1 = arith.addi %i, %one : index
    %2 = arith.cmpi slt, %1, %n : index
    cf.cond_br %2, ^bb1(%1, %chosen : index, f32), ^bb5(%chosen : f32)
  ^bb5(%r: f32):
    return %r : f32
  }
}
// -----
// CASE: a while loop
func.func @main(%x: i32, %limit: i32) -> i32 {
  %r = scf.while (%v = %x) : (i32) -> i32 {
    %c = arith.cmpi slt, %v, %limit : i32
    scf.condition(%c) %v : i32
  } do {
  ^bb0(%v: i32):
    %next = arith.addi %v, %v : i32
    scf.yield %next : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func @main(%x: i32, %limit: i32) -> i32 {
    cf.br ^bb1(%x : i32)
  ^bb1(%v: i32):
    %c = arith.cmpi slt, %v, %limit : i32
    cf.cond_br %c, ^bb2(%v : i32), ^bb3(%v : i32)
  ^bb2(%v_0: i32):
    %next = arith.addi %v_0, %v_0 : i32
    cf.br ^bb1(%next : i32)
  ^bb3(%r: i32):
    return %r : i32
  }
}
// -----
// CASE: a switch with values
func.func @main(%i: index, %x: f32, %y: f32) -> f32 {
  %r = scf.index_switch %i -> f32
  case 1 {
    scf.yield %x : f32
  }
  case 4 {
    scf.yield %y : f32
  }
  default {
    %sum = arith.addf %x, %y : f32
    scf.yield %sum : f32
  }
  return %r : f32
}
// AFTER
module {
  func.func @main(%i: index, %x: f32, %y: f32) -> f32 {
    %0 = arith.constant 1 : index
    %1 = arith.cmpi eq, %i, %0 : index
    cf.cond_br %1, ^bb2, ^bb1
  ^bb1:
    %2 = arith.constant 4 : index
    %3 = arith.cmpi eq, %i, %2 : index
    cf.cond_br %3, ^bb3, ^bb4
  ^bb2:
    cf.br ^bb5(%x : f32)
  ^bb3:
    cf.br ^bb5(%y : f32)
  ^bb4:
    %sum = arith.addf %x, %y : f32
    cf.br ^bb5(%sum : f32)
  ^bb5(%r: f32):
    return %r : f32
  }
}
// -----
// CASE: a parallel loop that reduces
func.func @main(%n: index, %buffer: memref<8xf32>, %zero: f32) -> f32 {
  %low = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r = scf.parallel (%i) = (%low) to (%n) step (%one) init (%zero) -> f32 {
    %x = memref.load %buffer[%i] : memref<8xf32>
    scf.reduce(%x : f32) {
    ^bb0(%a: f32, %b: f32):
      %sum = arith.addf %a, %b : f32
      scf.reduce.return %sum : f32
    }
  }
  return %r : f32
}
// AFTER
module {
  func.func @main(%n: index, %buffer: memref<8xf32>, %zero: f32) -> f32 {
    %low = arith.constant 0 : index
    %one = arith.constant 1 : index
    %0 = arith.cmpi slt, %low, %n : index
    cf.cond_br %0, ^bb1(%low, %zero : index, f32), ^bb2(%zero : f32)
  ^bb1(%1: index, %2: f32):
    %x = memref.load %buffer[%1] : memref<8xf32>
    %sum = arith.addf %2, %x : f32
    %3 = arith.addi %1, %one : index
    %4 = arith.cmpi slt, %3, %n : index
    cf.cond_br %4, ^bb1(%3, %sum : index, f32), ^bb2(%sum : f32)
  ^bb2(%r: f32):
    return %r : f32
  }
}
// -----
// CASE: a loop in any order, on a buffer
func.func @main(%n: index, %a: memref<8x8xf32>, %c: f32) {
  scf.forall (%i, %j) = (0, 1) to (%n, 8) step (1, 2) {
    memref.store %c, %a[%i, %j] : memref<8x8xf32>
  }
  return
}
// AFTER
module {
  func.func @main(%n: index, %a: memref<8x8xf32>, %c: f32) {
    %0 = arith.constant 0 : index
    %1 = arith.constant 1 : index
    %2 = arith.constant 8 : index
    %3 = arith.constant 1 : index
    %4 = arith.constant 2 : index
    %5 = arith.cmpi slt, %0, %n : index
    cf.cond_br %5, ^bb1(%0 : index), ^bb4
  ^bb1(%6: index):
    cf.br ^bb2(%1 : index)
  ^bb2(%7: index):
    memref.store %c, %a[%6, %7] : memref<8x8xf32>
    %8 = arith.addi %7, %4 : index
    %9 = arith.cmpi slt, %8, %2 : index
    cf.cond_br %9, ^bb2(%8 : index), ^bb3
  ^bb3:
    %10 = arith.addi %6, %3 : index
    %11 = arith.cmpi slt, %10, %n : index
    cf.cond_br %11, ^bb1(%10 : index), ^bb4
  ^bb4:
    return
  }
}
