// RUN: canonicalize
// CASE: constants are computed, modulo the width
func.func @main() -> (i8, i8, i32, i32, i1) {
  %a = arith.constant 100 : i8
  %b = arith.constant 50 : i8
  %0 = arith.addi %a, %b : i8
  %c1 = arith.constant 1 : i8
  %1 = arith.shrui %0, %c1 : i8
  %m = arith.constant -7 : i32
  %two = arith.constant 2 : i32
  %2 = arith.floordivsi %m, %two : i32
  %3 = arith.remsi %m, %two : i32
  %4 = arith.cmpi ult, %m, %two : i32
  return %0, %1, %2, %3, %4 : i8, i8, i32, i32, i1
}
// AFTER
module {
  func.func @main() -> (i8, i8, i32, i32, i1) {
    %0 = arith.constant -106 : i8
    %1 = arith.constant 75 : i8
    %2 = arith.constant -4 : i32
    %3 = arith.constant -1 : i32
    %4 = arith.constant false
    return %0, %1, %2, %3, %4 : i8, i8, i32, i32, i1
  }
}
// -----
// CASE: vectors of constants fold element by element
func.func @main() -> (vector<4xi32>, vector<4xi1>, vector<2xf32>) {
  %a = arith.constant dense<[1, 2, 3, 4]> : vector<4xi32>
  %b = arith.constant dense<2> : vector<4xi32>
  %0 = arith.muli %a, %b : vector<4xi32>
  %1 = arith.cmpi sgt, %a, %b : vector<4xi32>
  %x = arith.constant dense<[0.5, -4.0]> : vector<2xf32>
  %2 = arith.mulf %x, %x : vector<2xf32>
  return %0, %1, %2 : vector<4xi32>, vector<4xi1>, vector<2xf32>
}
// AFTER
module {
  func.func @main() -> (vector<4xi32>, vector<4xi1>, vector<2xf32>) {
    %0 = arith.constant dense<[2, 4, 6, 8]> : vector<4xi32>
    %1 = arith.constant dense<[false, false, true, true]> : vector<4xi1>
    %2 = arith.constant dense<[0.25, 16.0]> : vector<2xf32>
    return %0, %1, %2 : vector<4xi32>, vector<4xi1>, vector<2xf32>
  }
}
// -----
// CASE: undefined results are not folded
func.func @main() -> (i32, i32, i32) {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %least = arith.constant -2147483648 : i32
  %minus = arith.constant -1 : i32
  %wide = arith.constant 32 : i32
  %0 = arith.divsi %one, %zero : i32
  %1 = arith.divsi %least, %minus : i32
  %2 = arith.shli %one, %wide : i32
  return %0, %1, %2 : i32, i32, i32
}
// AFTER
module {
  func.func @main() -> (i32, i32, i32) {
    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    %least = arith.constant -2147483648 : i32
    %minus = arith.constant -1 : i32
    %wide = arith.constant 32 : i32
    %0 = arith.divsi %one, %zero : i32
    %1 = arith.divsi %least, %minus : i32
    %2 = arith.shli %one, %wide : i32
    return %0, %1, %2 : i32, i32, i32
  }
}
// -----
// CASE: neutral and absorbing operands
func.func @main(%x: i32) -> (i32, i32, i32, i32, i32, i32, i32) {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %all = arith.constant -1 : i32
  %0 = arith.addi %zero, %x : i32
  %1 = arith.muli %x, %one : i32
  %2 = arith.muli %x, %zero : i32
  %3 = arith.andi %x, %all : i32
  %4 = arith.ori %x, %all : i32
  %5 = arith.subi %x, %x : i32
  %6 = arith.xori %x, %x : i32
  return %0, %1, %2, %3, %4, %5, %6 : i32, i32, i32, i32, i32, i32, i32
}
// AFTER
module {
  func.func @main(%x: i32) -> (i32, i32, i32, i32, i32, i32, i32) {
    %zero = arith.constant 0 : i32
    %all = arith.constant -1 : i32
    return %x, %x, %zero, %x, %all, %zero, %zero : i32, i32, i32, i32, i32, i32, i32
  }
}
// -----
// CASE: floats keep the sign of zero
func.func @main(%x: f32) -> (f32, f32, f32, f32, f32, f32) {
  %zero = arith.constant 0.0 : f32
  %negative = arith.constant -0.0 : f32
  %one = arith.constant 1.0 : f32
  %0 = arith.addf %x, %zero : f32
  %1 = arith.addf %x, %zero fastmath<nsz> : f32
  %2 = arith.addf %x, %negative : f32
  %3 = arith.subf %x, %zero : f32
  %4 = arith.mulf %one, %x : f32
  %5 = arith.mulf %x, %zero : f32
  return %0, %1, %2, %3, %4, %5 : f32, f32, f32, f32, f32, f32
}
// AFTER
module {
  func.func @main(%x: f32) -> (f32, f32, f32, f32, f32, f32) {
    %zero = arith.constant 0.0 : f32
    %0 = arith.addf %x, %zero : f32
    %1 = arith.mulf %x, %zero : f32
    return %0, %x, %x, %x, %x, %1 : f32, f32, f32, f32, f32, f32
  }
}
// -----
// CASE: chains of constants join
func.func @main(%x: index, %y: i32) -> (index, i32) {
  %two = arith.constant 2 : index
  %three = arith.constant 3 : index
  %0 = arith.addi %x, %two : index
  %1 = arith.subi %0, %three : index
  %mask = arith.constant 15 : i32
  %low = arith.constant 6 : i32
  %2 = arith.andi %y, %mask : i32
  %3 = arith.andi %2, %low : i32
  return %1, %3 : index, i32
}
// AFTER
module {
  func.func @main(%x: index, %y: i32) -> (index, i32) {
    %low = arith.constant 6 : i32
    %0 = arith.constant -1 : index
    %1 = arith.addi %x, %0 : index
    %2 = arith.andi %y, %low : i32
    return %1, %2 : index, i32
  }
}
// -----
// CASE: comparisons and selections that are decided
func.func @main(%x: i32, %c: i1) -> (i1, i1, i32, i32, i1, i1) {
  %five = arith.constant 5 : i32
  %true = arith.constant true
  %false = arith.constant false
  %0 = arith.cmpi sle, %x, %x : i32
  %1 = arith.cmpi slt, %five, %x : i32
  %2 = arith.select %c, %x, %x : i32
  %3 = arith.select %true, %x, %five : i32
  %4 = arith.select %c, %true, %false : i1
  %n = arith.xori %c, %true : i1
  %5 = arith.select %n, %0, %1 : i1
  return %0, %1, %2, %3, %4, %5 : i1, i1, i32, i32, i1, i1
}
// AFTER
module {
  func.func @main(%x: i32, %c: i1) -> (i1, i1, i32, i32, i1, i1) {
    %five = arith.constant 5 : i32
    %true = arith.constant true
    %0 = arith.cmpi sgt, %x, %five : i32
    %1 = arith.select %c, %0, %true : i1
    return %true, %0, %x, %x, %c, %1 : i1, i1, i32, i32, i1, i1
  }
}
// -----
// CASE: casts of constants, and casts that undo each other
func.func @main(%x: i16, %i: i32, %f: f16) -> (i16, i32, f16, i32, f32, index, i32) {
  %0 = arith.extsi %x : i16 to i32
  %1 = arith.trunci %0 : i32 to i16
  %2 = arith.index_cast %i : i32 to index
  %3 = arith.index_cast %2 : index to i32
  %4 = arith.extf %f : f16 to f32
  %5 = arith.truncf %4 : f32 to f16
  %minus = arith.constant -1 : i8
  %6 = arith.extui %minus : i8 to i32
  %7 = arith.sitofp %minus : i8 to f32
  %8 = arith.index_cast %minus : i8 to index
  %one = arith.constant 1.0 : f32
  %9 = arith.bitcast %one : f32 to i32
  return %1, %3, %5, %6, %7, %8, %9 : i16, i32, f16, i32, f32, index, i32
}
// AFTER
module {
  func.func @main(%x: i16, %i: i32, %f: f16) -> (i16, i32, f16, i32, f32, index, i32) {
    %0 = arith.constant 255 : i32
    %1 = arith.constant -1.0 : f32
    %2 = arith.constant -1 : index
    %3 = arith.constant 1065353216 : i32
    return %x, %i, %f, %0, %1, %2, %3 : i16, i32, f16, i32, f32, index, i32
  }
}
// -----
// CASE: exact functions fold, approximate ones do not
func.func @main() -> (f32, f32, f32, i32) {
  %x = arith.constant -2.5 : f32
  %0 = math.roundeven %x : f32
  %1 = math.round %x : f32
  %2 = math.exp %x : f32
  %i = arith.constant 40 : i32
  %3 = math.ctlz %i : i32
  return %0, %1, %2, %3 : f32, f32, f32, i32
}
// AFTER
module {
  func.func @main() -> (f32, f32, f32, i32) {
    %x = arith.constant -2.5 : f32
    %0 = arith.constant -2.0 : f32
    %1 = arith.constant -3.0 : f32
    %2 = arith.constant 26 : i32
    %3 = math.exp %x : f32
    return %0, %1, %3, %2 : f32, f32, f32, i32
  }
}
