// Boxes of tensors, taken and put.
func.func @f(%t: tensor<8x16xf32>, %d: tensor<?x?xf32>, %i: index, %s: tensor<2x4xf32>, %v: tensor<16xf32>) -> tensor<8x16xf32> {
  %0 = tensor.extract_slice %t[0, 4] [2, 4] [1, 2] : tensor<8x16xf32> to tensor<2x4xf32>
  %1 = tensor.extract_slice %t[%i, 0] [1, 16] [1, 1] : tensor<8x16xf32> to tensor<16xf32>
  %2 = tensor.extract_slice %d[%i, 1] [%i, %i] [1, %i] {test.a} : tensor<?x?xf32> to tensor<?x?xf32>
  %3 = tensor.insert_slice %s into %t[0, 0] [2, 4] [1, 1] : tensor<2x4xf32> into tensor<8x16xf32>
  %4 = tensor.insert_slice %v into %3[%i, 0] [1, 16] [1, 1] : tensor<16xf32> into tensor<8x16xf32>
  %5 = tensor.insert_slice %2 into %d[0, %i] [%i, %i] [1, 1] : tensor<?x?xf32> into tensor<?x?xf32>
  return %4 : tensor<8x16xf32>
}
