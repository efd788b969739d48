// Shapes of tensors changed: collapsed, expanded, by a tensor, cast.
func.func @f(%t: tensor<8x16xf32>, %d: tensor<?x?xf32>, %i: index, %sh: tensor<2xi32>, %si: tensor<3xindex>, %f0: f32) {
  %0 = tensor.collapse_shape %t [[0, 1]] : tensor<8x16xf32> into tensor<128xf32>
  %1 = tensor.expand_shape %0 [[0, 1, 2]] output_shape [2, 4, 16] : tensor<128xf32> into tensor<2x4x16xf32>
  %2 = tensor.expand_shape %d [[0, 1], [2]] output_shape [%i, 4, %i] : tensor<?x?xf32> into tensor<?x4x?xf32>
  %3 = tensor.collapse_shape %2 [[0], [1, 2]] {test.a} : tensor<?x4x?xf32> into tensor<?x?xf32>
  %s = tensor.from_elements %f0 : tensor<f32>
  %4 = tensor.expand_shape %s [] output_shape [1, 1] : tensor<f32> into tensor<1x1xf32>
  %5 = tensor.collapse_shape %4 [] : tensor<1x1xf32> into tensor<f32>
  %6 = tensor.reshape %t(%sh) : (tensor<8x16xf32>, tensor<2xi32>) -> tensor<16x8xf32>
  %7 = tensor.reshape %d(%si) : (tensor<?x?xf32>, tensor<3xindex>) -> tensor<?x?x?xf32>
  %8 = tensor.cast %t : tensor<8x16xf32> to tensor<?x16xf32>
  %9 = tensor.cast %8 : tensor<?x16xf32> to tensor<*xf32>
  %10 = tensor.cast %9 : tensor<*xf32> to tensor<?x?xf32>
  %11 = tensor.bitcast %t : tensor<8x16xf32> to tensor<8x16xi32>
  %12 = tensor.reshape %9(%sh) : (tensor<*xf32>, tensor<2xi32>) -> tensor<?x?xf32>
  return
}
