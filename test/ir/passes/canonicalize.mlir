// RUN: canonicalize
// CASE: relu of relu is relu
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = tensor.relu %x : tensor<2x3xf32>
  %1 = tensor.relu %0 : tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}
// -----
// CASE: transposes compose, and the identity goes
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = tensor.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %1 = tensor.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<3x2xf32>) -> tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}
// -----
// CASE: integer arithmetic folds
func.func @main() -> i32 {
  %a = arith.constant 20 : i32
  %b = arith.constant 22 : i32
  %c = arith.addi %a, %b : i32
  return %c : i32
}
