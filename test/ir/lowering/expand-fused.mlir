// RUN: expand-fused
// CASE: a task gives its ops back
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x1xf32> {
  %0 = fused.reduce(%a = %x : tensor<2x3xf32>) -> tensor<2x1xf32> {
    %1 = tensor.abs %a : tensor<2x3xf32>
    %2 = tensor.reduce_max %1 {axes = array<i64: 1>} : tensor<2x3xf32>
    fused.yield %2 : tensor<2x1xf32>
  }
  return %0 : tensor<2x1xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<2x3xf32>) -> tensor<2x1xf32> {
    %0 = tensor.abs %x : tensor<2x3xf32>
    %1 = tensor.reduce_max %0 {axes = array<i64: 1>} : tensor<2x3xf32>
    return %1 : tensor<2x1xf32>
  }
}
