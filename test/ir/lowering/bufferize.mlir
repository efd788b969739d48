// RUN: bufferize
// CASE: results are destinations, intermediates lie in one arena
func.func @main(%x: tensor<4xf32> {anemone.input = "x"}) -> (tensor<4xf32> {anemone.output = "y"}) {
  %0 = tensor.empty() : tensor<4xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%0 : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %3 = arith.addf %a, %a : f32
    linalg.yield %3 : f32
  } -> tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(d0) -> (3 - d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%1 : tensor<4xf32>) outs(%0 : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } -> tensor<4xf32>
  return %2 : tensor<4xf32>
}
// AFTER
module {
  func.func @main(%x: memref<4xf32> {anemone.input = "x", anemone.type = tensor<4xf32>}, %arg1: memref<4xf32> {anemone.output = "y", anemone.type = tensor<4xf32>}, %arena: memref<128xi8> {anemone.arena, anemone.type = tensor<128xi8>}) {
    %0 = arith.constant 0 : index
    %1 = memref.view %arena[%0][] : memref<128xi8> to memref<4xf32>
    linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x : memref<4xf32>) outs(%1 : memref<4xf32>) {
    ^bb0(%a: f32, %b: f32):
      %2 = arith.addf %a, %a : f32
      linalg.yield %2 : f32
    }
    linalg.generic {indexing_maps = [affine_map<(d0) -> (-d0 + 3)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%1 : memref<4xf32>) outs(%arg1 : memref<4xf32>) {
    ^bb0(%a: f32, %b: f32):
      linalg.yield %a : f32
    }
    return
  }
}
// -----
// CASE: both parts of a joined tensor are computed in place
func.func @main(%x: tensor<2xf32> {anemone.input = "x"}) -> (tensor<4xf32> {anemone.output = "y"}) {
  %0 = tensor.empty() : tensor<2xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x : tensor<2xf32>) outs(%0 : tensor<2xf32>) {
  ^bb0(%a: f32, %b: f32):
    %4 = math.exp %a : f32
    linalg.yield %4 : f32
  } -> tensor<2xf32>
  %e = tensor.empty() : tensor<4xf32>
  %2 = tensor.insert_slice %1 into %e[0] [2] [1] : tensor<2xf32> into tensor<4xf32>
  %3 = tensor.insert_slice %x into %2[2] [2] [1] : tensor<2xf32> into tensor<4xf32>
  return %3 : tensor<4xf32>
}
// AFTER
module {
  func.func @main(%x: memref<2xf32> {anemone.input = "x", anemone.type = tensor<2xf32>}, %arg1: memref<4xf32> {anemone.output = "y", anemone.type = tensor<4xf32>}, %arena: memref<64xi8> {anemone.arena, anemone.type = tensor<64xi8>}) {
    %0 = memref.subview %arg1[0] [2] [1] : memref<4xf32> to memref<2xf32, strided<[1]>>
    linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x : memref<2xf32>) outs(%0 : memref<2xf32, strided<[1]>>) {
    ^bb0(%a: f32, %b: f32):
      %2 = math.exp %a : f32
      linalg.yield %2 : f32
    }
    %1 = memref.subview %arg1[2] [2] [1] : memref<4xf32> to memref<2xf32, strided<[1], offset: 2>>
    linalg.copy ins(%x : memref<2xf32>) outs(%1 : memref<2xf32, strided<[1], offset: 2>>)
    return
  }
}
