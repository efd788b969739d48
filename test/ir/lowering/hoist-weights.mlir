// RUN: hoist-weights
// CASE: what depends on constants alone is computed once, in @prepare
func.func @main(%x: tensor<2x2xf32> {anemone.input = "x"}) -> (tensor<2x2xf32> {anemone.output = "y"}) {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %0 = tensor.transpose %w {permutation = array<i64: 1, 0>} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = tensor.matmul %x, %0 : tensor<2x2xf32>, tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<2x2xf32> {anemone.input = "x"}, %arg1: tensor<2x2xf32> {anemone.prepared = "w0"}) -> (tensor<2x2xf32> {anemone.output = "y"}) {
    %0 = tensor.matmul %x, %arg1 : tensor<2x2xf32>, tensor<2x2xf32>
    return %0 : tensor<2x2xf32>
  }
  func.func @prepare() -> (tensor<2x2xf32> {anemone.prepared = "w0"}) {
    %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
    %0 = tensor.transpose %w {permutation = array<i64: 1, 0>} : (tensor<2x2xf32>) -> tensor<2x2xf32>
    return %0 : tensor<2x2xf32>
  }
}
