// RUN: constant-fold,dce
// CASE: operations on constants are evaluated
func.func @main() -> tensor<3xf32> {
  %a = arith.constant dense<[1.0, -2.0, 3.0]> : tensor<3xf32>
  %b = arith.constant dense<2.0> : tensor<3xf32>
  %c = tensor.mul %a, %b : tensor<3xf32>, tensor<3xf32>
  %d = tensor.relu %c : tensor<3xf32>
  return %d : tensor<3xf32>
}
// -----
// CASE: a division by zero stays what the reference says
func.func @main() -> tensor<2xi32> {
  %a = arith.constant dense<[7, 8]> : tensor<2xi32>
  %b = arith.constant dense<[0, 3]> : tensor<2xi32>
  %c = tensor.div %a, %b : tensor<2xi32>, tensor<2xi32>
  return %c : tensor<2xi32>
}
