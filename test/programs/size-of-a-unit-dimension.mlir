// Merging the broadcast into the reduction left no operand from which the size of the reduced dimension was known.
func.func @main(%x0: tensor<2x3xf32> {anemone.input = "x0"}) -> (tensor<2x3xf32> {anemone.output = "y0"}) {
  %0 = tensor.broadcast %x0 : (tensor<2x3xf32>) -> tensor<1x2x3xf32>
  %1 = tensor.relu %0 : tensor<1x2x3xf32>
  %2 = tensor.reduce_max %1 {axes = array<i64: 0>, keep_dims = false} : tensor<1x2x3xf32>
  %3 = tensor.relu %2 : tensor<2x3xf32>
  return %3 : tensor<2x3xf32>
}
