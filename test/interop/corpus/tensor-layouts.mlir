// Lookups by lists of indices, and tiles.
func.func @f(%t: tensor<4x8xf32>, %i: tensor<5x1xindex>, %j: tensor<3x6x2xi32>, %x: f32, %p: tensor<2x1x8x2xf32>, %n: index, %dyn: tensor<?x?xf32>, %dp: tensor<?x?x?x2xf32>, %s: tensor<5x4x1xf32>) {
  %0 = tensor.gather %t[%i] gather_dims([1]) : (tensor<4x8xf32>, tensor<5x1xindex>) -> tensor<5x4x1xf32>
  %1 = tensor.gather %t[%j] gather_dims([0, 1]) unique : (tensor<4x8xf32>, tensor<3x6x2xi32>) -> tensor<3x6xf32>
  %2 = tensor.scatter %s into %t[%i] scatter_dims([1]) unique {test.a} : (tensor<5x4x1xf32>, tensor<4x8xf32>, tensor<5x1xindex>) -> tensor<4x8xf32>
  %3 = tensor.pack %t inner_dims_pos = [1, 0] inner_tiles = [8, 2] into %p : tensor<4x8xf32> -> tensor<2x1x8x2xf32>
  %4 = tensor.unpack %3 inner_dims_pos = [1, 0] inner_tiles = [8, 2] into %t : tensor<2x1x8x2xf32> -> tensor<4x8xf32>
  %5 = tensor.pack %dyn padding_value(%x : f32) outer_dims_perm = [1, 0] inner_dims_pos = [0, 1] inner_tiles = [%n, 2] into %dp : tensor<?x?xf32> -> tensor<?x?x?x2xf32>
  %6 = tensor.unpack %5 outer_dims_perm = [1, 0] inner_dims_pos = [0, 1] inner_tiles = [%n, 2] into %dyn {test.b} : tensor<?x?x?x2xf32> -> tensor<?x?xf32>
  return
}
