// RUN: builtin.module(int-range-optimizations)
// CASE: comparisons of a loop's counter with its bounds
func.func @counter(%m: memref<?xi1>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.for %i = %c0 to %c8 step %c1 {
    %a = arith.cmpi slt, %i, %c8 : index
    %b = arith.cmpi uge, %i, %c8 : index
    %c = arith.cmpi eq, %i, %c1 : index
    memref.store %a, %m[%i] : memref<?xi1>
    memref.store %b, %m[%i] : memref<?xi1>
    memref.store %c, %m[%i] : memref<?xi1>
  }
  return
}
// AFTER
module {
  func.func @counter(%m: memref<?xi1>) {
    %0 = arith.constant true
    %1 = arith.constant false
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c8 = arith.constant 8 : index
    scf.for %i = %c0 to %c8 step %c1 {
      %c = arith.cmpi eq, %i, %c1 : index
      memref.store %0, %m[%i] : memref<?xi1>
      memref.store %1, %m[%i] : memref<?xi1>
      memref.store %c, %m[%i] : memref<?xi1>
    }
    return
  }
}
// -----
// CASE: masks, remainders and casts bound their results
func.func @bounds(%x: i32) -> (i1, i1, i1, i1) {
  %c7 = arith.constant 7 : i32
  %c10 = arith.constant 10 : i32
  %a = arith.andi %x, %c7 : i32
  %p = arith.cmpi ult, %a, %c10 : i32
  %b = arith.remsi %x, %c10 : i32
  %q = arith.cmpi slt, %b, %c10 : i32
  %w = arith.extui %x : i32 to i64
  %c0 = arith.constant 0 : i64
  %r = arith.cmpi sge, %w, %c0 : i64
  %s = arith.cmpi sge, %x, %c7 : i32
  return %p, %q, %r, %s : i1, i1, i1, i1
}
// AFTER
module {
  func.func @bounds(%x: i32) -> (i1, i1, i1, i1) {
    %0 = arith.constant true
    %c7 = arith.constant 7 : i32
    %c10 = arith.constant 10 : i32
    %a = arith.andi %x, %c7 : i32
    %b = arith.remsi %x, %c10 : i32
    %w = arith.extui %x : i32 to i64
    %c0 = arith.constant 0 : i64
    %s = arith.cmpi sge, %x, %c7 : i32
    return %0, %0, %0, %s : i1, i1, i1, i1
  }
}
// -----
// CASE: a sum that may wrap is not bounded, unless it says that it does not
func.func @wrapping(%x: i8) -> (i1, i1) {
  %c1 = arith.constant 1 : i8
  %c0 = arith.constant 0 : i8
  %half = arith.shrui %x, %c1 : i8
  %a = arith.addi %half, %c1 : i8
  %p = arith.cmpi sge, %a, %c0 : i8
  %b = arith.addi %half, %c1 overflow<nsw> : i8
  %q = arith.cmpi sgt, %b, %c0 : i8
  return %p, %q : i1, i1
}
// AFTER
module {
  func.func @wrapping(%x: i8) -> (i1, i1) {
    %0 = arith.constant true
    %c1 = arith.constant 1 : i8
    %c0 = arith.constant 0 : i8
    %half = arith.shrui %x, %c1 : i8
    %a = arith.addi %half, %c1 : i8
    %p = arith.cmpi sge, %a, %c0 : i8
    %b = arith.addi %half, %c1 overflow<nsw> : i8
    return %p, %0 : i1, i1
  }
}
// -----
// CASE: a value that grows around a loop without bound
func.func @growing(%n: i32) -> i1 {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  cf.br ^head(%c0 : i32)
^head(%i: i32):
  %next = arith.addi %i, %c1 : i32
  %more = arith.cmpi ult, %next, %n : i32
  cf.cond_br %more, ^head(%next : i32), ^exit
^exit:
  %p = arith.cmpi sge, %i, %c0 : i32
  return %p : i1
}
// AFTER
module {
  func.func @growing(%n: i32) -> i1 {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    cf.br ^bb1(%c0 : i32)
  ^bb1(%i: i32):
    %next = arith.addi %i, %c1 : i32
    %more = arith.cmpi ult, %next, %n : i32
    cf.cond_br %more, ^bb1(%next : i32), ^bb2
  ^bb2:
    %p = arith.cmpi sge, %i, %c0 : i32
    return %p : i1
  }
}
