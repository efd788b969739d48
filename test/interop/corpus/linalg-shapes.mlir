// map, reduce, transpose, broadcast, in the short form and with a region; softmax.
func.func @f(%a: tensor<4x8xf32>, %b: tensor<4x8xf32>, %o: tensor<4x8xf32>, %r: tensor<4xf32>, %t: tensor<8x4xf32>, %m: memref<4x8xf32>, %mr: memref<8xf32>, %x: f32, %i: tensor<4x8xi32>, %ri: tensor<4xi32>, %s: tensor<f32>) {
  %0 = linalg.map { arith.addf } ins(%a, %b : tensor<4x8xf32>, tensor<4x8xf32>) outs(%o : tensor<4x8xf32>)
  %1 = linalg.map { arith.mulf {fastmath = #arith.fastmath<fast>} } ins(%a, %b : tensor<4x8xf32>, tensor<4x8xf32>) outs(%o : tensor<4x8xf32>)
  %2 = linalg.map { arith.addi {overflowFlags = #arith.overflow<nsw>} } ins(%i, %i : tensor<4x8xi32>, tensor<4x8xi32>) outs(%i : tensor<4x8xi32>)
  %3 = linalg.map { math.exp } ins(%a : tensor<4x8xf32>) outs(%o : tensor<4x8xf32>)
  %4 = linalg.map ins(%a, %b : tensor<4x8xf32>, tensor<4x8xf32>) outs(%o : tensor<4x8xf32>)
    (%in: f32, %in_0: f32) {
      %5 = arith.addf %in, %in_0 : f32
      %6 = arith.mulf %5, %in : f32
      linalg.yield %6 : f32
    }
  linalg.map outs(%m : memref<4x8xf32>)
    () {
      linalg.yield %x : f32
    }
  %7 = linalg.reduce { arith.addf } ins(%a : tensor<4x8xf32>) outs(%r : tensor<4xf32>) dimensions = [1]
  linalg.reduce { arith.maximumf } ins(%m : memref<4x8xf32>) outs(%mr : memref<8xf32>) dimensions = [0] {test.a}
  %8:2 = linalg.reduce ins(%a, %i : tensor<4x8xf32>, tensor<4x8xi32>) outs(%r, %ri : tensor<4xf32>, tensor<4xi32>) dimensions = [1]
    (%in: f32, %in_0: i32, %init: f32, %init_1: i32) {
      %9 = arith.addf %in, %init : f32
      %10 = arith.addi %in_0, %init_1 : i32
      linalg.yield %9, %10 : f32, i32
    }
  %11 = linalg.reduce { arith.mulf } ins(%a : tensor<4x8xf32>) outs(%s : tensor<f32>) dimensions = [0, 1]
  %12 = linalg.transpose ins(%a : tensor<4x8xf32>) outs(%t : tensor<8x4xf32>) permutation = [1, 0]
  %13 = linalg.broadcast ins(%r : tensor<4xf32>) outs(%o : tensor<4x8xf32>) dimensions = [1]
  linalg.broadcast ins(%mr : memref<8xf32>) outs(%m : memref<4x8xf32>) dimensions = [0] {test.b}
  %14 = linalg.softmax dimension(1) ins(%a : tensor<4x8xf32>) outs(%o : tensor<4x8xf32>) -> tensor<4x8xf32>
  linalg.softmax {test.c} dimension(0) ins(%m : memref<4x8xf32>) outs(%m : memref<4x8xf32>)
  return
}
