// Views of buffers: boxes, casts, reshapes, permutations, other types.
func.func @f(%m: memref<8x16xf32>, %d: memref<?x?xf32>, %b: memref<?xi8>, %i: index, %sh: memref<2xi32>, %r3: memref<8x16x4xf32>) {
  %0 = memref.subview %m[0, 4] [2, 4] [1, 2] : memref<8x16xf32> to memref<2x4xf32, strided<[16, 2], offset: 4>>
  %1 = memref.subview %m[%i, 0] [1, 16] [1, 1] : memref<8x16xf32> to memref<16xf32, strided<[1], offset: ?>>
  %2 = memref.subview %d[%i, %i] [%i, 4] [%i, 1] : memref<?x?xf32> to memref<?x4xf32, strided<[?, 1], offset: ?>>
  %3 = memref.subview %r3[0, 0, 0] [1, 16, 1] [1, 1, 1] {test.a} : memref<8x16x4xf32> to memref<16xf32, strided<[4]>>
  %4 = memref.view %b[%i][] : memref<?xi8> to memref<4x4xf32>
  %5 = memref.view %b[%i][%i, %i] : memref<?xi8> to memref<?x?xi16>
  %6 = memref.reinterpret_cast %m to offset: [0], sizes: [128], strides: [1] : memref<8x16xf32> to memref<128xf32>
  %7 = memref.reinterpret_cast %d to offset: [%i], sizes: [%i, 4], strides: [4, %i] : memref<?x?xf32> to memref<?x4xf32, strided<[4, ?], offset: ?>>
  %8 = memref.reinterpret_cast %m to offset: [5], sizes: [], strides: [] : memref<8x16xf32> to memref<f32, strided<[], offset: 5>>
  %9 = memref.cast %m : memref<8x16xf32> to memref<?x?xf32>
  %10 = memref.cast %9 : memref<?x?xf32> to memref<*xf32>
  %11 = memref.cast %10 : memref<*xf32> to memref<8x?xf32>
  %12 = memref.collapse_shape %m [[0, 1]] : memref<8x16xf32> into memref<128xf32>
  %13 = memref.expand_shape %12 [[0, 1, 2]] output_shape [2, 4, 16] : memref<128xf32> into memref<2x4x16xf32>
  %14 = memref.expand_shape %d [[0, 1], [2]] output_shape [%i, 4, %i] : memref<?x?xf32> into memref<?x4x?xf32>
  %15 = memref.transpose %m (i, j) -> (j, i) : memref<8x16xf32> to memref<16x8xf32, strided<[1, 16]>>
  %16 = memref.reshape %m(%sh) : (memref<8x16xf32>, memref<2xi32>) -> memref<?x?xf32>
  %17 = memref.reshape %10(%sh) : (memref<*xf32>, memref<2xi32>) -> memref<4x32xf32>
  %18 = memref.memory_space_cast %m : memref<8x16xf32> to memref<8x16xf32, 3>
  %19 = memref.memory_space_cast %10 : memref<*xf32> to memref<*xf32, 1>
  %20 = memref.collapse_shape %r3 [[0], [1, 2]] {test.b} : memref<8x16x4xf32> into memref<8x64xf32>
  return
}
