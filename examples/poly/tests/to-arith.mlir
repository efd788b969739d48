// RUN: poly-to-arith

// CASE: evaluation is Horner's rule
func.func @main(%p: !poly.polynomial<2>, %x: i32) -> i32 {
  %value = poly.evaluate %p at %x : !poly.polynomial<2>
  return %value : i32
}
// AFTER
module {
  func.func @main(%p: vector<3xi32>, %x: i32) -> i32 {
    %0 = vector.extract %p[0] : i32 from vector<3xi32>
    %1 = vector.extract %p[1] : i32 from vector<3xi32>
    %2 = vector.extract %p[2] : i32 from vector<3xi32>
    %3 = arith.muli %2, %x : i32
    %4 = arith.addi %3, %1 : i32
    %5 = arith.muli %4, %x : i32
    %value = arith.addi %5, %0 : i32
    return %value : i32
  }
}
// -----
// CASE: functions that take and give polynomials
func.func @main(%p: !poly.polynomial<1>) -> !poly.polynomial<1> {
  %0 = func.call @twice(%p) : (!poly.polynomial<1>) -> !poly.polynomial<1>
  return %0 : !poly.polynomial<1>
}
func.func private @twice(%p: !poly.polynomial<1>) -> !poly.polynomial<1> {
  %sum = poly.add %p, %p : !poly.polynomial<1>
  return %sum : !poly.polynomial<1>
}
// AFTER
module {
  func.func @main(%p: vector<2xi32>) -> vector<2xi32> {
    %0 = call @twice(%p) : (vector<2xi32>) -> vector<2xi32>
    return %0 : vector<2xi32>
  }
  func.func private @twice(%p: vector<2xi32>) -> vector<2xi32> {
    %sum = arith.addi %p, %p : vector<2xi32>
    return %sum : vector<2xi32>
  }
}
// -----
// CASE: a loop over buffers
func.func @main(%x: memref<8xi32>, %y: memref<8xi32>) {
  %p = poly.constant [1, 2]
  poly.evaluate_all %p, %x, %y : !poly.polynomial<1>, memref<8xi32>
  return
}
// AFTER
module {
  func.func @main(%x: memref<8xi32>, %y: memref<8xi32>) {
    %p = arith.constant dense<[1, 2]> : vector<2xi32>
    %0 = vector.extract %p[0] : i32 from vector<2xi32>
    %1 = vector.extract %p[1] : i32 from vector<2xi32>
    %2 = arith.constant 0 : index
    %3 = arith.constant 1 : index
    %4 = arith.constant 8 : index
    scf.for %arg2 = %2 to %4 step %3 {
      %5 = memref.load %x[%arg2] : memref<8xi32>
      %6 = arith.muli %1, %5 : i32
      %7 = arith.addi %6, %0 : i32
      memref.store %7, %y[%arg2] : memref<8xi32>
    }
    return
  }
}
