// RUN: canonicalize
// CASE: relu of relu is relu
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = tensor.relu %x : tensor<2x3xf32>
  %1 = tensor.relu %0 : tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
    %0 = tensor.relu %x : tensor<2x3xf32>
    return %0 : tensor<2x3xf32>
  }
}
// -----
// CASE: transposes compose, and the identity goes
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = tensor.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %1 = tensor.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<3x2xf32>) -> tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
    return %x : tensor<2x3xf32>
  }
}
// -----
// CASE: integer arithmetic folds
func.func @main() -> i32 {
  %a = arith.constant 20 : i32
  %b = arith.constant 22 : i32
  %c = arith.addi %a, %b : i32
  return %c : i32
}
// AFTER
module {
  func.func @main() -> i32 {
    %0 = arith.constant 42 : i32
    return %0 : i32
  }
}
// -----
// CASE: adding nothing: -0 is the neutral element of floats, 0 is not (-0 + 0 = 0)
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %minus_zero = arith.constant dense<-0.0> : tensor<4xf32>
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %0 = tensor.add %x, %minus_zero : tensor<4xf32>, tensor<4xf32>
  %1 = tensor.add %x, %zero : tensor<4xf32>, tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
    %zero = arith.constant dense<0.0> : tensor<4xf32>
    %0 = tensor.add %x, %zero : tensor<4xf32>, tensor<4xf32>
    return %x, %0 : tensor<4xf32>, tensor<4xf32>
  }
}
// -----
// CASE: a constant on the left goes to the right of a commutative op, and stays on the left of others
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %c = arith.constant dense<2.0> : tensor<f32>
  %0 = tensor.mul %c, %x : tensor<f32>, tensor<4xf32>
  %1 = tensor.sub %c, %x : tensor<f32>, tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
    %c = arith.constant dense<2.0> : tensor<f32>
    %0 = tensor.mul %x, %c : tensor<4xf32>, tensor<f32>
    %1 = tensor.sub %c, %x : tensor<f32>, tensor<4xf32>
    return %0, %1 : tensor<4xf32>, tensor<4xf32>
  }
}
// -----
// CASE: limits of limits
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = tensor.clip %x {min = 0.0 : f64} : tensor<4xf32>
  %1 = tensor.clip %0 {max = 6.0 : f64, min = -1.0 : f64} : tensor<4xf32>
  %2 = tensor.relu %1 : tensor<4xf32>
  return %2 : tensor<4xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    %0 = tensor.clip %x {max = 6.0 : f64, min = 0.0 : f64} : tensor<4xf32>
    return %0 : tensor<4xf32>
  }
}
// -----
// CASE: reshapes, slices and reversals of one another
func.func @main(%x: tensor<2x6xf32>) -> (tensor<3x4xf32>, tensor<1x2xf32>, tensor<2x6xf32>) {
  %0 = tensor.static_reshape %x : (tensor<2x6xf32>) -> tensor<12xf32>
  %1 = tensor.static_reshape %0 : (tensor<12xf32>) -> tensor<3x4xf32>
  %2 = tensor.slice %x {sizes = array<i64: 1, 3>, starts = array<i64: 1, 5>, strides = array<i64: 1, -2>} : (tensor<2x6xf32>) -> tensor<1x3xf32>
  %3 = tensor.slice %2 {sizes = array<i64: 1, 2>, starts = array<i64: 0, 1>, strides = array<i64: 1, 1>} : (tensor<1x3xf32>) -> tensor<1x2xf32>
  %4 = tensor.reverse %x {axes = array<i64: 0, 1>} : (tensor<2x6xf32>) -> tensor<2x6xf32>
  %5 = tensor.reverse %4 {axes = array<i64: 1>} : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return %1, %3, %5 : tensor<3x4xf32>, tensor<1x2xf32>, tensor<2x6xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<2x6xf32>) -> (tensor<3x4xf32>, tensor<1x2xf32>, tensor<2x6xf32>) {
    %0 = tensor.static_reshape %x : (tensor<2x6xf32>) -> tensor<3x4xf32>
    %1 = tensor.slice %x {sizes = array<i64: 1, 2>, starts = array<i64: 1, 3>, strides = array<i64: 1, -2>} : (tensor<2x6xf32>) -> tensor<1x2xf32>
    %2 = tensor.reverse %x {axes = array<i64: 0>} : (tensor<2x6xf32>) -> tensor<2x6xf32>
    return %0, %1, %2 : tensor<3x4xf32>, tensor<1x2xf32>, tensor<2x6xf32>
  }
}
// -----
// CASE: a broadcast that the sum does by itself
func.func @main(%x: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
  %0 = tensor.broadcast %b : (tensor<3xf32>) -> tensor<2x3xf32>
  %1 = tensor.add %x, %0 : tensor<2x3xf32>, tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
    %0 = tensor.add %x, %b : tensor<2x3xf32>, tensor<3xf32>
    return %0 : tensor<2x3xf32>
  }
}
// -----
// CASE: a widening before a conversion goes, a narrowing stays
func.func @main(%x: tensor<4xi8>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = tensor.convert %x : tensor<4xi8> to tensor<4xi32>
  %1 = tensor.convert %0 : tensor<4xi32> to tensor<4xf32>
  %2 = tensor.convert %y : tensor<4xf32> to tensor<4xf16>
  %3 = tensor.convert %2 : tensor<4xf16> to tensor<4xf32>
  return %1, %3 : tensor<4xf32>, tensor<4xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<4xi8>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
    %0 = tensor.convert %x : tensor<4xi8> to tensor<4xf32>
    %1 = tensor.convert %y : tensor<4xf32> to tensor<4xf16>
    %2 = tensor.convert %1 : tensor<4xf16> to tensor<4xf32>
    return %0, %2 : tensor<4xf32>, tensor<4xf32>
  }
}
// -----
// CASE: what nobody uses goes
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = tensor.exp %x : tensor<4xf32>
  %1 = tensor.log %0 : tensor<4xf32>
  return %x : tensor<4xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    return %x : tensor<4xf32>
  }
}
// -----
// CASE: a task that loses its anchor is renamed, or goes
func.func @main(%x: tensor<2x3xf32>) -> (tensor<3x2xf32>, tensor<2x3xf32>) {
  %0 = fused.elementwise(%a = %x : tensor<2x3xf32>) -> tensor<3x2xf32> {
    %one = arith.constant dense<1.0> : tensor<f32>
    %2 = tensor.mul %a, %one : tensor<2x3xf32>, tensor<f32>
    %3 = tensor.transpose %2 {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
    fused.yield %3 : tensor<3x2xf32>
  }
  %1 = fused.move(%a = %x : tensor<2x3xf32>) -> tensor<2x3xf32> {
    %2 = tensor.tile %a {repeats = array<i64: 1, 1>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
    fused.yield %2 : tensor<2x3xf32>
  }
  return %0, %1 : tensor<3x2xf32>, tensor<2x3xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<2x3xf32>) -> (tensor<3x2xf32>, tensor<2x3xf32>) {
    %0 = fused.move(%a = %x : tensor<2x3xf32>) -> tensor<3x2xf32> {
      %1 = tensor.transpose %a {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
      fused.yield %1 : tensor<3x2xf32>
    }
    return %0, %x : tensor<3x2xf32>, tensor<2x3xf32>
  }
}
// -----
// CASE: index arithmetic of loops
func.func @main(%m: memref<8xf32>, %i: index) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = arith.addi %i, %c0 : index
  %1 = arith.muli %0, %c1 : index
  %2 = memref.load %m[%1] : memref<8xf32>
  return %2 : f32
}
// AFTER
module {
  func.func @main(%m: memref<8xf32>, %i: index) -> f32 {
    %0 = memref.load %m[%i] : memref<8xf32>
    return %0 : f32
  }
}
