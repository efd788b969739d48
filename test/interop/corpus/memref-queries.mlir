// What is known of buffers when running: sizes, ranks, addresses, parts.
func.func @f(%m: memref<8x?xf32>, %u: memref<*xf32>, %i: index, %s: memref<4xf32, strided<[?], offset: ?>, 2>) -> index {
  %0 = memref.dim %m, %i : memref<8x?xf32>
  %1 = memref.dim %u, %i : memref<*xf32>
  %2 = memref.rank %u : memref<*xf32>
  %3 = memref.rank %m {test.a} : memref<8x?xf32>
  %4 = memref.extract_aligned_pointer_as_index %m : memref<8x?xf32> -> index
  %base, %offset, %sizes:2, %strides:2 = memref.extract_strided_metadata %m : memref<8x?xf32> -> memref<f32>, index, index, index, index, index
  %base_0, %offset_1, %size, %stride = memref.extract_strided_metadata %s : memref<4xf32, strided<[?], offset: ?>, 2> -> memref<f32, 2>, index, index, index
  %z = memref.alloc() : memref<f32>
  %base_2, %offset_3 = memref.extract_strided_metadata %z : memref<f32> -> memref<f32>, index
  return %sizes#1 : index
}
