// Products of matrices and vectors.
func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x16xf32>, %c: tensor<4x16xf32>, %q: tensor<4x8xi8>, %r: tensor<8x16xi8>, %s: tensor<4x16xi32>, %z: i32, %ma: memref<?x?xf32>, %ba: memref<2x4x8xf32>, %bb: memref<2x8x16xf32>, %bc: memref<2x4x16xf32>, %v8: memref<8xf32>, %v4: memref<4xf32>, %m48: memref<4x8xf32>, %v: memref<f32>) {
  %0 = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x16xf32>) outs(%c : tensor<4x16xf32>) -> tensor<4x16xf32>
  %1 = linalg.matmul {cast = #linalg.type_fn<cast_unsigned>} ins(%q, %r : tensor<4x8xi8>, tensor<8x16xi8>) outs(%s : tensor<4x16xi32>) -> tensor<4x16xi32>
  linalg.matmul ins(%ma, %ma : memref<?x?xf32>, memref<?x?xf32>) outs(%ma : memref<?x?xf32>)
  %2 = linalg.quantized_matmul ins(%q, %r, %z, %z : tensor<4x8xi8>, tensor<8x16xi8>, i32, i32) outs(%s : tensor<4x16xi32>) -> tensor<4x16xi32>
  linalg.matmul_transpose_a ins(%ma, %ma : memref<?x?xf32>, memref<?x?xf32>) outs(%ma : memref<?x?xf32>)
  linalg.matmul_transpose_b {test.a} ins(%ma, %ma : memref<?x?xf32>, memref<?x?xf32>) outs(%ma : memref<?x?xf32>)
  linalg.batch_matmul ins(%ba, %bb : memref<2x4x8xf32>, memref<2x8x16xf32>) outs(%bc : memref<2x4x16xf32>)
  linalg.matvec ins(%m48, %v8 : memref<4x8xf32>, memref<8xf32>) outs(%v4 : memref<4xf32>)
  linalg.vecmat ins(%v4, %m48 : memref<4xf32>, memref<4x8xf32>) outs(%v8 : memref<8xf32>)
  linalg.dot ins(%v8, %v8 : memref<8xf32>, memref<8xf32>) outs(%v : memref<f32>)
  return
}
