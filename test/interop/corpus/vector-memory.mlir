// Vectors read from and written to memory: plain, masked, by indices, as boxes.
func.func @f(%m: memref<?x8xf32>, %l: memref<?xf32>, %i: index, %v: vector<4xf32>, %k: vector<4xi1>, %x: vector<4xi32>, %z: f32, %t: tensor<?x8xf32>, %p: vector<2x4xf32>, %pk: vector<2x4xi1>, %vv: memref<4xvector<4xf32>>, %g: tensor<16xf32>, %sm: memref<2x4xf32>, %zero: memref<f32>) {
  %0 = vector.load %m[%i, %i] : memref<?x8xf32>, vector<4xf32>
  vector.store %0, %m[%i, %i] : memref<?x8xf32>, vector<4xf32>
  %1 = vector.load %l[%i] {nontemporal = true} : memref<?xf32>, vector<[4]xf32>
  %2 = vector.load %vv[%i] : memref<4xvector<4xf32>>, vector<4xf32>
  vector.store %v, %l[%i] {nontemporal = true} : memref<?xf32>, vector<4xf32>
  %3 = vector.maskedload %m[%i, %i], %k, %v : memref<?x8xf32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  vector.maskedstore %l[%i], %k, %v : memref<?xf32>, vector<4xi1>, vector<4xf32>
  %4 = vector.gather %m[%i, %i] [%x], %k, %v : memref<?x8xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  %5 = vector.gather %g[%i] [%x], %k, %v : tensor<16xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  vector.scatter %l[%i] [%x], %k, %v : memref<?xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32>
  %6 = vector.expandload %l[%i], %k, %v : memref<?xf32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  vector.compressstore %l[%i], %k, %v {test.a} : memref<?xf32>, vector<4xi1>, vector<4xf32>
  %7 = vector.transfer_read %m[%i, %i], %z : memref<?x8xf32>, vector<4xf32>
  %8 = vector.transfer_read %m[%i, %i], %z {in_bounds = [true, false]} : memref<?x8xf32>, vector<2x4xf32>
  %9 = vector.transfer_read %m[%i, %i], %z, %pk {permutation_map = affine_map<(d0, d1) -> (d0, d1)>} : memref<?x8xf32>, vector<2x4xf32>
  %10 = vector.transfer_read %m[%i, %i], %z {permutation_map = affine_map<(d0, d1) -> (d1, d0)>} : memref<?x8xf32>, vector<2x4xf32>
  %11 = vector.transfer_read %m[%i, %i], %z {in_bounds = [true, true], permutation_map = affine_map<(d0, d1) -> (0, d1)>} : memref<?x8xf32>, vector<2x4xf32>
  %12 = vector.transfer_read %t[%i, %i], %z {in_bounds = [true]} : tensor<?x8xf32>, vector<4xf32>
  vector.transfer_write %v, %m[%i, %i] : vector<4xf32>, memref<?x8xf32>
  vector.transfer_write %p, %m[%i, %i], %pk {in_bounds = [true, true]} : vector<2x4xf32>, memref<?x8xf32>
  %13 = vector.transfer_write %p, %t[%i, %i] {permutation_map = affine_map<(d0, d1) -> (d1, d0)>} : vector<2x4xf32>, tensor<?x8xf32>
  %14 = vector.type_cast %sm : memref<2x4xf32> to memref<vector<2x4xf32>>
  %15 = vector.transfer_read %sm[%i, %i], %z {permutation_map = affine_map<(d0, d1) -> (d1)>} : memref<2x4xf32>, vector<2xf32>
  %16 = vector.transfer_read %zero[], %z : memref<f32>, vector<f32>
  return
}
