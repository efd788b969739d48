#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @l(%a: tensor<4x4xf32>, %b: tensor<4x4xf32>, %f: f32, %m: memref<4x4xf32>, %i: index, %d: tensor<?x4xf32>) -> tensor<4x4xf32> {
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%a : tensor<4x4xf32>) outs(%b : tensor<4x4xf32>) {
  ^bb0(%x: f32, %y: f32):
    %z = linalg.index 0 : index
    linalg.yield %x : f32 } -> tensor<4x4xf32>
  linalg.generic {doc = "d", library_call = "foo", indexing_maps = [#id, #id], iterator_types = ["parallel", "reduction"]} ins(%m : memref<4x4xf32>) outs(%m : memref<4x4xf32>) attrs = {foo.x = 1 : i32} {
  ^bb0(%x: f32, %y: f32):
    linalg.yield %x : f32 }
  linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "reduction"]} outs(%m : memref<4x4xf32>) {
  ^bb0(%x: f32):
    linalg.yield %x : f32 }
  %1 = linalg.fill ins(%f : f32) outs(%a : tensor<4x4xf32>) -> tensor<4x4xf32>
  linalg.fill ins(%f : f32) outs(%m : memref<4x4xf32>)
  linalg.copy ins(%m : memref<4x4xf32>) outs(%m : memref<4x4xf32>)
  %2 = linalg.matmul ins(%a, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%b : tensor<4x4xf32>) -> tensor<4x4xf32>
  %3 = tensor.empty() : tensor<2xf32>
  %4 = tensor.empty(%i) : tensor<?xf32>
  %5 = tensor.extract_slice %a[0, %i] [2, %i] [1, 1] : tensor<4x4xf32> to tensor<2x?xf32>
  %6 = tensor.insert_slice %5 into %a[0, %i] [2, %i] [1, 1] : tensor<2x?xf32> into tensor<4x4xf32>
  %7 = tensor.pad %a low[1, %i] high[1, 2] { ^bb0(%p: index, %q: index): tensor.yield %f : f32 } : tensor<4x4xf32> to tensor<6x?xf32>
  %77 = tensor.pad %a nofold low[1, %i] high[1, 2] { ^bb0(%p: index, %q: index): tensor.yield %f : f32 } : tensor<4x4xf32> to tensor<6x?xf32>
  %8 = tensor.collapse_shape %a [[0, 1]] : tensor<4x4xf32> into tensor<16xf32>
  %9 = tensor.expand_shape %8 [[0, 1]] output_shape [4, 4] : tensor<16xf32> into tensor<4x4xf32>
  %10 = tensor.concat dim(0) %a, %b : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  %11 = tensor.dim %d, %i : tensor<?x4xf32>
  %12 = tensor.extract %a[%i, %i] : tensor<4x4xf32>
  %13 = tensor.insert %f into %a[%i, %i] : tensor<4x4xf32>
  %14 = tensor.splat %f : tensor<4x4xf32>
  %15 = tensor.splat %f[%i] : tensor<?x4xf32>
  %16 = tensor.from_elements %f, %f : tensor<2xf32>
  %17 = tensor.cast %d : tensor<?x4xf32> to tensor<4x4xf32>
  %18 = tensor.generate %i { ^bb0(%p: index): tensor.yield %f : f32 } : tensor<?xf32>
  %19 = tensor.rank %a : tensor<4x4xf32>
  %20 = tensor.bitcast %a : tensor<4x4xf32> to tensor<4x4xi32>
  %s = arith.constant dense<[16]> : tensor<1xi64>
  %21 = tensor.reshape %a(%s) : (tensor<4x4xf32>, tensor<1xi64>) -> tensor<16xf32>
  %idx = arith.constant dense<[[0]]> : tensor<1x1xindex>
  return %1 : tensor<4x4xf32>
}
