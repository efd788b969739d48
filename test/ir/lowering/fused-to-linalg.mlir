// RUN: fused-to-linalg
// CASE: a chain of elementwise ops in a task is one structured op
func.func @main(%x: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
  %0 = fused.elementwise(%a = %x, %c = %b : tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32> {
    %1 = tensor.add %a, %c : tensor<2x3xf32>, tensor<3xf32>
    %2 = tensor.relu %1 : tensor<2x3xf32>
    fused.yield %2 : tensor<2x3xf32>
  }
  return %0 : tensor<2x3xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
    %0 = tensor.empty() : tensor<2x3xf32>
    %1 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %b : tensor<2x3xf32>, tensor<3xf32>) outs(%0 : tensor<2x3xf32>) {
    ^bb0(%arg2: f32, %arg3: f32, %arg4: f32):
      %2 = arith.addf %arg2, %arg3 : f32
      %3 = arith.constant 0.0 : f32
      %4 = arith.maximumf %2, %3 : f32
      linalg.yield %4 : f32
    } -> tensor<2x3xf32>
    return %1 : tensor<2x3xf32>
  }
}
// -----
// CASE: a matrix product accumulates into zeros
func.func @main(%x: tensor<2x3xf32>, %w: tensor<4x3xf32>) -> tensor<2x4xf32> {
  %0 = tensor.matmul %x, %w {transpose_rhs = true} : tensor<2x3xf32>, tensor<4x3xf32>
  return %0 : tensor<2x4xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<2x3xf32>, %w: tensor<4x3xf32>) -> tensor<2x4xf32> {
    %0 = arith.constant 0.0 : f32
    %1 = tensor.empty() : tensor<2x4xf32>
    %2 = linalg.fill ins(%0 : f32) outs(%1 : tensor<2x4xf32>) -> tensor<2x4xf32>
    %3 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x3xf32>, tensor<4x3xf32>) outs(%2 : tensor<2x4xf32>) {
    ^bb0(%arg2: f32, %arg3: f32, %arg4: f32):
      %4 = arith.mulf %arg2, %arg3 : f32
      %5 = arith.addf %arg4, %4 : f32
      linalg.yield %5 : f32
    } -> tensor<2x4xf32>
    return %3 : tensor<2x4xf32>
  }
}
// -----
// CASE: unsigned elements are stored as signless ones, and the signature remembers what they were
func.func @main(%x: tensor<4xui8>) -> tensor<4xui8> {
  %0 = tensor.maximum %x, %x : tensor<4xui8>, tensor<4xui8>
  return %0 : tensor<4xui8>
}
// AFTER
module {
  func.func @main(%x: tensor<4xi8> {anemone.type = tensor<4xui8>}) -> (tensor<4xi8> {anemone.type = tensor<4xui8>}) {
    %0 = tensor.empty() : tensor<4xi8>
    %1 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x, %x : tensor<4xi8>, tensor<4xi8>) outs(%0 : tensor<4xi8>) {
    ^bb0(%arg1: i8, %arg2: i8, %arg3: i8):
      %2 = arith.maxui %arg1, %arg2 : i8
      linalg.yield %2 : i8
    } -> tensor<4xi8>
    return %1 : tensor<4xi8>
  }
}
