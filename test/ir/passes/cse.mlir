// RUN: cse
// CASE: the second of two equal operations goes; operand order of a sum does not matter
func.func @main(%x: tensor<2xf32>, %y: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = tensor.add %x, %y : tensor<2xf32>, tensor<2xf32>
  %1 = tensor.add %y, %x : tensor<2xf32>, tensor<2xf32>
  %2 = tensor.sub %x, %y : tensor<2xf32>, tensor<2xf32>
  %3 = tensor.mul %0, %2 : tensor<2xf32>, tensor<2xf32>
  return %1, %3 : tensor<2xf32>, tensor<2xf32>
}
