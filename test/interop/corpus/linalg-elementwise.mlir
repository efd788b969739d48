// Named functions of elements, on tensors and buffers, with casts between types.
func.func @f(%a: tensor<4x?xf32>, %b: tensor<4x?xf32>, %o: tensor<4x?xf32>, %m: memref<8xf32>, %i: memref<8xi32>, %k: memref<8xi8>, %c: tensor<4xi1>, %x: tensor<4xf32>, %s: f32, %h: memref<8xf16>) {
  linalg.fill ins(%s : f32) outs(%m : memref<8xf32>)
  %0 = linalg.fill {test.a} ins(%s : f32) outs(%o : tensor<4x?xf32>) -> tensor<4x?xf32>
  linalg.fill ins(%s : f32) outs(%h : memref<8xf16>)
  linalg.copy ins(%m : memref<8xf32>) outs(%m : memref<8xf32>)
  linalg.copy ins(%k : memref<8xi8>) outs(%i : memref<8xi32>)
  linalg.copy {cast = #linalg.type_fn<cast_unsigned>} ins(%k : memref<8xi8>) outs(%m : memref<8xf32>)
  linalg.copy ins(%m : memref<8xf32>) outs(%i : memref<8xi32>)
  linalg.copy ins(%m : memref<8xf32>) outs(%h : memref<8xf16>)
  %1 = linalg.exp ins(%a : tensor<4x?xf32>) outs(%o : tensor<4x?xf32>) -> tensor<4x?xf32>
  %2 = linalg.log ins(%a : tensor<4x?xf32>) outs(%o : tensor<4x?xf32>) -> tensor<4x?xf32>
  linalg.abs ins(%m : memref<8xf32>) outs(%m : memref<8xf32>)
  linalg.ceil ins(%m : memref<8xf32>) outs(%m : memref<8xf32>)
  linalg.floor ins(%m : memref<8xf32>) outs(%m : memref<8xf32>)
  linalg.negf ins(%m : memref<8xf32>) outs(%m : memref<8xf32>)
  linalg.reciprocal ins(%m : memref<8xf32>) outs(%m : memref<8xf32>)
  linalg.round ins(%m : memref<8xf32>) outs(%m : memref<8xf32>)
  linalg.sqrt ins(%m : memref<8xf32>) outs(%m : memref<8xf32>)
  linalg.rsqrt ins(%m : memref<8xf32>) outs(%m : memref<8xf32>)
  linalg.square ins(%m : memref<8xf32>) outs(%m : memref<8xf32>)
  linalg.tanh ins(%h : memref<8xf16>) outs(%h : memref<8xf16>)
  linalg.erf ins(%m : memref<8xf32>) outs(%m : memref<8xf32>)
  %3 = linalg.add ins(%a, %b : tensor<4x?xf32>, tensor<4x?xf32>) outs(%o : tensor<4x?xf32>) -> tensor<4x?xf32>
  linalg.add ins(%i, %i : memref<8xi32>, memref<8xi32>) outs(%i : memref<8xi32>)
  linalg.sub ins(%i, %i : memref<8xi32>, memref<8xi32>) outs(%i : memref<8xi32>)
  linalg.mul ins(%i, %i : memref<8xi32>, memref<8xi32>) outs(%i : memref<8xi32>)
  linalg.div ins(%i, %i : memref<8xi32>, memref<8xi32>) outs(%i : memref<8xi32>)
  linalg.div ins(%m, %m : memref<8xf32>, memref<8xf32>) outs(%m : memref<8xf32>)
  linalg.div_unsigned ins(%i, %i : memref<8xi32>, memref<8xi32>) outs(%i : memref<8xi32>)
  linalg.max ins(%i, %i : memref<8xi32>, memref<8xi32>) outs(%i : memref<8xi32>)
  linalg.min ins(%m, %m : memref<8xf32>, memref<8xf32>) outs(%m : memref<8xf32>)
  linalg.powf ins(%m, %m : memref<8xf32>, memref<8xf32>) outs(%m : memref<8xf32>)
  %4 = linalg.add ins(%c, %c : tensor<4xi1>, tensor<4xi1>) outs(%c : tensor<4xi1>) -> tensor<4xi1>
  %5 = linalg.mul ins(%c, %c : tensor<4xi1>, tensor<4xi1>) outs(%c : tensor<4xi1>) -> tensor<4xi1>
  %6 = linalg.select ins(%c, %x, %x : tensor<4xi1>, tensor<4xf32>, tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  linalg.elemwise_unary ins(%m : memref<8xf32>) outs(%m : memref<8xf32>)
  linalg.elemwise_unary {fun = #linalg.unary_fn<rsqrt>} ins(%h : memref<8xf16>) outs(%m : memref<8xf32>)
  linalg.elemwise_binary ins(%k, %i : memref<8xi8>, memref<8xi32>) outs(%i : memref<8xi32>)
  linalg.elemwise_binary {fun = #linalg.binary_fn<max_unsigned>, cast = #linalg.type_fn<cast_unsigned>} ins(%k, %i : memref<8xi8>, memref<8xi32>) outs(%i : memref<8xi32>)
  return
}
