// RUN: canonicalize
// CASE: constants meet through sums and differences
func.func @main(%x: i32) -> (i32, i32, i32, i32) {
  %c3 = arith.constant 3 : i32
  %c5 = arith.constant 5 : i32
  %0 = arith.subi %c3, %x : i32
  %1 = arith.addi %0, %c5 : i32
  %2 = arith.addi %x, %c3 : i32
  %3 = arith.subi %c5, %2 : i32
  %4 = arith.subi %c5, %0 : i32
  %5 = arith.subi %2, %c5 : i32
  return %1, %3, %4, %5 : i32, i32, i32, i32
}
// AFTER
module {
  func.func @main(%x: i32) -> (i32, i32, i32, i32) {
    %0 = arith.constant 8 : i32
    %1 = arith.constant 2 : i32
    %2 = arith.constant -2 : i32
    %3 = arith.subi %0, %x : i32
    %4 = arith.subi %1, %x : i32
    %5 = arith.addi %x, %1 : i32
    %6 = arith.addi %x, %2 : i32
    return %3, %4, %5, %6 : i32, i32, i32, i32
  }
}
// -----
// CASE: what undoes itself
func.func @main(%x: i32, %y: i32) -> (i32, i32, i32, i32, i32, i32) {
  %m1 = arith.constant -1 : i32
  %0 = arith.addi %x, %y : i32
  %1 = arith.subi %0, %y : i32
  %2 = arith.subi %x, %y : i32
  %3 = arith.addi %y, %2 : i32
  %4 = arith.xori %x, %y : i32
  %5 = arith.xori %y, %4 : i32
  %6 = arith.xori %x, %m1 : i32
  %7 = arith.andi %x, %6 : i32
  %8 = arith.ori %6, %x : i32
  %9 = arith.muli %y, %m1 : i32
  %10 = arith.addi %x, %9 : i32
  return %1, %3, %5, %7, %8, %10 : i32, i32, i32, i32, i32, i32
}
// AFTER
module {
  func.func @main(%x: i32, %y: i32) -> (i32, i32, i32, i32, i32, i32) {
    %m1 = arith.constant -1 : i32
    %0 = arith.constant 0 : i32
    %1 = arith.subi %x, %y : i32
    return %x, %x, %x, %0, %m1, %1 : i32, i32, i32, i32, i32, i32
  }
}
// -----
// CASE: limits decide comparisons, minima and remainders
func.func @main(%x: i8) -> (i1, i1, i1, i8, i8, i8, i8) {
  %zero = arith.constant 0 : i8
  %one = arith.constant 1 : i8
  %least = arith.constant -128 : i8
  %0 = arith.cmpi ult, %x, %zero : i8
  %1 = arith.cmpi sge, %x, %least : i8
  %2 = arith.cmpi slt, %zero, %x : i8
  %3 = arith.minsi %x, %least : i8
  %4 = arith.maxsi %least, %x : i8
  %5 = arith.minui %x, %zero : i8
  %6 = arith.remsi %x, %one : i8
  return %0, %1, %2, %3, %4, %5, %6 : i1, i1, i1, i8, i8, i8, i8
}
// AFTER
module {
  func.func @main(%x: i8) -> (i1, i1, i1, i8, i8, i8, i8) {
    %zero = arith.constant 0 : i8
    %least = arith.constant -128 : i8
    %0 = arith.constant false
    %1 = arith.constant true
    %2 = arith.cmpi sgt, %x, %zero : i8
    return %0, %1, %2, %least, %x, %zero, %zero : i1, i1, i1, i8, i8, i8, i8
  }
}
// -----
// CASE: comparisons of extensions, and negated ones
func.func @main(%x: i8, %y: i8) -> (i1, i1, i1) {
  %true = arith.constant true
  %0 = arith.extui %x : i8 to i32
  %1 = arith.extui %y : i8 to i32
  %2 = arith.cmpi slt, %0, %1 : i32
  %3 = arith.extsi %x : i8 to i32
  %4 = arith.extsi %y : i8 to i32
  %5 = arith.cmpi ult, %3, %4 : i32
  %6 = arith.cmpi eq, %x, %y : i8
  %7 = arith.xori %6, %true : i1
  return %2, %5, %7 : i1, i1, i1
}
// AFTER
module {
  func.func @main(%x: i8, %y: i8) -> (i1, i1, i1) {
    %0 = arith.cmpi ult, %x, %y : i8
    %1 = arith.cmpi ult, %x, %y : i8
    %2 = arith.cmpi ne, %x, %y : i8
    return %0, %1, %2 : i1, i1, i1
  }
}
// -----
// CASE: selections that say the same twice, or say what is known
func.func @main(%c: i1, %x: i32, %y: i32, %z: i32) -> (i32, i32, i1, i32) {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %true = arith.constant true
  %false = arith.constant false
  %0 = arith.select %c, %x, %y : i32
  %1 = arith.select %c, %0, %z : i32
  %2 = arith.cmpi eq, %x, %y : i32
  %3 = arith.select %2, %x, %y : i32
  %4 = arith.select %c, %false, %true : i1
  %5 = arith.select %c, %one, %zero : i32
  return %1, %3, %4, %5 : i32, i32, i1, i32
}
// AFTER
module {
  func.func @main(%c: i1, %x: i32, %y: i32, %z: i32) -> (i32, i32, i1, i32) {
    %true = arith.constant true
    %0 = arith.select %c, %x, %z : i32
    %1 = arith.xori %c, %true : i1
    %2 = arith.extui %c : i1 to i32
    return %0, %y, %1, %2 : i32, i32, i1, i32
  }
}
// -----
// CASE: casts in a row are one, and bitwise operations are done before extending
func.func @main(%x: i8, %y: i8, %w: i64, %h: f16) -> (i16, i8, i32, i32, i32, f64) {
  %0 = arith.extsi %x : i8 to i32
  %1 = arith.trunci %0 : i32 to i16
  %2 = arith.trunci %w : i64 to i32
  %3 = arith.trunci %2 : i32 to i8
  %4 = arith.extui %y : i8 to i16
  %5 = arith.extsi %4 : i16 to i32
  %6 = arith.extui %x : i8 to i32
  %7 = arith.extui %y : i8 to i32
  %8 = arith.xori %6, %7 : i32
  %9 = arith.extsi %y : i8 to i32
  %10 = arith.andi %0, %9 : i32
  %11 = arith.extf %h : f16 to f32
  %12 = arith.extf %11 : f32 to f64
  return %1, %3, %5, %8, %10, %12 : i16, i8, i32, i32, i32, f64
}
// AFTER
module {
  func.func @main(%x: i8, %y: i8, %w: i64, %h: f16) -> (i16, i8, i32, i32, i32, f64) {
    %0 = arith.extsi %x : i8 to i16
    %1 = arith.trunci %w : i64 to i8
    %2 = arith.extui %y : i8 to i32
    %3 = arith.xori %x, %y : i8
    %4 = arith.extui %3 : i8 to i32
    %5 = arith.andi %x, %y : i8
    %6 = arith.extsi %5 : i8 to i32
    %7 = arith.extf %h : f16 to f64
    return %0, %1, %2, %4, %6, %7 : i16, i8, i32, i32, i32, f64
  }
}
// -----
// CASE: signs of floats
func.func @main(%x: f32, %y: f32) -> (f32, f32, f32, i1) {
  %nan = arith.constant 0x7FC00000 : f32
  %0 = arith.negf %x : f32
  %1 = arith.negf %y : f32
  %2 = arith.mulf %0, %1 : f32
  %3 = arith.divf %0, %1 : f32
  %4 = arith.negf %0 : f32
  %5 = arith.cmpf olt, %x, %nan : f32
  return %2, %3, %4, %5 : f32, f32, f32, i1
}
// AFTER
module {
  func.func @main(%x: f32, %y: f32) -> (f32, f32, f32, i1) {
    %0 = arith.constant false
    %1 = arith.mulf %x, %y : f32
    %2 = arith.divf %x, %y : f32
    return %1, %2, %x, %0 : f32, f32, f32, i1
  }
}
// -----
// CASE: the half that is used of a wide product
func.func @main(%x: i32, %y: i32) -> (i32, i32) {
  %low, %high = arith.mulsi_extended %x, %y : i32
  %sum, %carry = arith.addui_extended %x, %y : i32, i1
  return %low, %sum : i32, i32
}
// AFTER
module {
  func.func @main(%x: i32, %y: i32) -> (i32, i32) {
    %0 = arith.muli %x, %y : i32
    %1 = arith.addi %x, %y : i32
    return %0, %1 : i32, i32
  }
}
