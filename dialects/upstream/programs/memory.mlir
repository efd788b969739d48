memref.global "private" constant @g : memref<2x2xf32> = dense<[[1.0, 2.0],[3.0,4.0]]>
memref.global @h : memref<2x2xf32>
memref.global @u : memref<2x2xf32> = uninitialized {alignment = 64 : i64}
memref.global "private" constant @r : memref<2x2xf32> = dense_resource<blob1>
func.func @m(%i: index, %s: memref<?x4xf32>, %b: memref<?xi8>, %f: f32, %t: memref<4x4xf32>) {
  %0 = memref.alloc() : memref<2xf32>
  %1 = memref.alloc(%i) {alignment = 64 : i64} : memref<?xf32>
  %2 = memref.alloc(%i)[%i] : memref<?xf32, affine_map<(d0)[s0] -> (d0 + s0)>>
  %3 = memref.alloca(%i) : memref<?xf32>
  memref.dealloc %1 : memref<?xf32>
  %4 = memref.load %s[%i, %i] : memref<?x4xf32>
  %44 = memref.load %s[%i, %i] {nontemporal = true} : memref<?x4xf32>
  memref.store %f, %s[%i, %i] : memref<?x4xf32>
  %5 = memref.get_global @g : memref<2x2xf32>
  %6 = memref.view %b[%i][%i] : memref<?xi8> to memref<?x4xf32>
  %7 = memref.subview %t[0, %i] [2, %i] [1, 1] : memref<4x4xf32> to memref<2x?xf32, strided<[4, 1], offset: ?>>
  %77 = memref.subview %t[0, %i] [1, %i] [1, 1] : memref<4x4xf32> to memref<?xf32, strided<[1], offset: ?>>
  %8 = memref.reinterpret_cast %t to offset: [%i], sizes: [2, %i], strides: [4, 1] : memref<4x4xf32> to memref<2x?xf32, strided<[4, 1], offset: ?>>
  memref.copy %t, %t : memref<4x4xf32> to memref<4x4xf32>
  %9 = memref.cast %t : memref<4x4xf32> to memref<?x?xf32>
  %10 = memref.dim %s, %i : memref<?x4xf32>
  %11 = memref.collapse_shape %t [[0, 1]] : memref<4x4xf32> into memref<16xf32>
  %12 = memref.expand_shape %11 [[0, 1]] output_shape [4, 4] : memref<16xf32> into memref<4x4xf32>
  %13 = memref.expand_shape %1 [[0, 1]] output_shape [%i, 4] : memref<?xf32> into memref<?x4xf32>
  %14 = memref.extract_aligned_pointer_as_index %t : memref<4x4xf32> -> index
  memref.assume_alignment %t, 64 : memref<4x4xf32>
  %15, %16, %17:2, %18:2 = memref.extract_strided_metadata %t : memref<4x4xf32> -> memref<f32>, index, index, index, index, index
  %19 = memref.rank %t : memref<4x4xf32>
  %20 = memref.alloca_scope -> f32 { memref.alloca_scope.return %f : f32 }
  %21 = memref.transpose %t (i, j) -> (j, i) : memref<4x4xf32> to memref<4x4xf32, strided<[1, 4]>>
  memref.prefetch %t[%i, %i], read, locality<3>, data : memref<4x4xf32>
  %22 = memref.atomic_rmw addf %f, %t[%i, %i] : (f32, memref<4x4xf32>) -> f32
  return
}
func.func @v(%i: index, %s: memref<?x4xf32>, %f: f32, %v: vector<4xf32>, %m: vector<4xi1>, %v2: vector<2x4xf32>, %iv: vector<4xi32>, %t: tensor<4x4xf32>) {
  %0 = vector.load %s[%i, %i] : memref<?x4xf32>, vector<4xf32>
  %00 = vector.load %s[%i, %i] {nontemporal = true} : memref<?x4xf32>, vector<4xf32>
  vector.store %v, %s[%i, %i] : memref<?x4xf32>, vector<4xf32>
  %1 = vector.maskedload %s[%i, %i], %m, %v : memref<?x4xf32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  vector.maskedstore %s[%i, %i], %m, %v : memref<?x4xf32>, vector<4xi1>, vector<4xf32>
  %2 = vector.broadcast %f : f32 to vector<4xf32>
  %3 = vector.splat %f : vector<4xf32>
  %4 = vector.extract %v2[0] : vector<4xf32> from vector<2x4xf32>
  %5 = vector.extract %v2[0, 1] : f32 from vector<2x4xf32>
  %6 = vector.extract %v2[%i, 1] : f32 from vector<2x4xf32>
  %7 = vector.insert %f, %v2[0, 1] : f32 into vector<2x4xf32>
  %8 = vector.insert %v, %v2[%i] : vector<4xf32> into vector<2x4xf32>
  %9 = vector.extractelement %v[%i : index] : vector<4xf32>
  %10 = vector.insertelement %f, %v[%i : index] : vector<4xf32>
  %11 = vector.fma %v, %v, %v : vector<4xf32>
  %12 = vector.reduction <add>, %v : vector<4xf32> into f32
  %13 = vector.reduction <maximumf>, %v, %f fastmath<fast> : vector<4xf32> into f32
  %14 = vector.shuffle %v, %v [0, 4, 1, 5] : vector<4xf32>, vector<4xf32>
  %15 = vector.transfer_read %s[%i, %i], %f : memref<?x4xf32>, vector<4xf32>
  %16 = vector.transfer_read %s[%i, %i], %f {in_bounds = [true]} : memref<?x4xf32>, vector<4xf32>
  %17 = vector.transfer_read %s[%i, %i], %f, %m {permutation_map = affine_map<(d0, d1) -> (d0)>} : memref<?x4xf32>, vector<4xf32>
  vector.transfer_write %v, %s[%i, %i] : vector<4xf32>, memref<?x4xf32>
  %18 = vector.transfer_write %v, %t[%i, %i] {in_bounds=[true]} : vector<4xf32>, tensor<4x4xf32>
  %19 = vector.bitcast %v : vector<4xf32> to vector<4xi32>
  %20 = vector.constant_mask [2] : vector<4xi1>
  %21 = vector.create_mask %i : vector<4xi1>
  %22 = vector.step : vector<4xindex>
  %23 = vector.interleave %v, %v : vector<4xf32> -> vector<8xf32>
  %24 = vector.gather %s[%i, %i] [%iv], %m, %v : memref<?x4xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  vector.scatter %s[%i, %i] [%iv], %m, %v : memref<?x4xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32>
  %25 = vector.shape_cast %v2 : vector<2x4xf32> to vector<8xf32>
  %26 = vector.transpose %v2, [1, 0] : vector<2x4xf32> to vector<4x2xf32>
  %27 = vector.extract_strided_slice %v2 {offsets = [0], sizes = [1], strides = [1]} : vector<2x4xf32> to vector<1x4xf32>
  %28 = vector.insert_strided_slice %v, %v2 {offsets = [0, 0], strides = [1]} : vector<4xf32> into vector<2x4xf32>
  %29 = vector.multi_reduction <add>, %v2, %f [0, 1] : vector<2x4xf32> to f32
  %30, %31 = vector.deinterleave %v : vector<4xf32> -> vector<2xf32>
  return
}
{-# dialect_resources: { builtin: { blob1: "0x400000000000803F0000803F0000803F0000803F" } } #-}
