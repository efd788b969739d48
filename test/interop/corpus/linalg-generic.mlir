// Loop nests in one op: tensors and buffers, several outputs, scalars, positions, no inputs.
#identity = affine_map<(d0, d1) -> (d0, d1)>
#rows = affine_map<(d0, d1) -> (d0)>
#none = affine_map<(d0, d1) -> ()>
func.func @f(%a: tensor<4x8xf32>, %b: tensor<4xf32>, %o: tensor<4x8xf32>, %m: memref<4x8xf32>, %x: f32, %d: tensor<?x?xi32>, %w: tensor<2xf32>, %h: tensor<2x8xf32>) -> (tensor<4x8xf32>, tensor<4xf32>) {
  %0 = linalg.generic {indexing_maps = [#identity, #rows, #identity], iterator_types = ["parallel", "parallel"]} ins(%a, %b : tensor<4x8xf32>, tensor<4xf32>) outs(%o : tensor<4x8xf32>) {
  ^bb0(%in: f32, %in_0: f32, %out: f32):
    %1 = arith.addf %in, %in_0 : f32
    linalg.yield %1 : f32
  } -> tensor<4x8xf32>
  %2:2 = linalg.generic {doc = "two outputs", indexing_maps = [#identity, #identity, #rows], iterator_types = ["parallel", "reduction"], library_call = "external"} ins(%0 : tensor<4x8xf32>) outs(%o, %b : tensor<4x8xf32>, tensor<4xf32>) attrs = {test.a = 1} {
  ^bb0(%in: f32, %out: f32, %sum: f32):
    %3 = arith.addf %in, %sum : f32
    linalg.yield %in, %3 : f32, f32
  } -> (tensor<4x8xf32>, tensor<4xf32>)
  linalg.generic {indexing_maps = [#none, #identity], iterator_types = ["parallel", "parallel"]} ins(%x : f32) outs(%m : memref<4x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  }
  %4 = linalg.generic {indexing_maps = [#identity], iterator_types = ["parallel", "parallel"]} outs(%d : tensor<?x?xi32>) {
  ^bb0(%out: i32):
    %5 = linalg.index 0 : index
    %6 = linalg.index 1 : index
    %7 = arith.addi %5, %6 : index
    %8 = arith.index_cast %7 : index to i32
    linalg.yield %8 : i32
  } -> tensor<?x?xi32>
  %9 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0 * 2 + d2, d1)>, affine_map<(d0, d1, d2) -> (d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %w : tensor<4x8xf32>, tensor<2xf32>) outs(%h : tensor<2x8xf32>) {
  ^bb0(%in: f32, %in_0: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x8xf32>
  return %2#0, %2#1 : tensor<4x8xf32>, tensor<4xf32>
}
