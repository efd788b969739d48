// Loads, stores, copies, prefetches and atomic changes.
func.func @f(%m: memref<4x?xf32>, %s: memref<f32>, %i: index, %x: f32, %k: memref<8xi32>, %n: i32, %l: memref<?xf32, strided<[?], offset: ?>>) -> f32 {
  %0 = memref.load %m[%i, %i] : memref<4x?xf32>
  %1 = memref.load %s[] {nontemporal = true} : memref<f32>
  memref.store %0, %m[%i, %i] : memref<4x?xf32>
  memref.store %x, %s[] {nontemporal = true} : memref<f32>
  %2 = memref.load %l[%i] {test.a} : memref<?xf32, strided<[?], offset: ?>>
  memref.copy %m, %m : memref<4x?xf32> to memref<4x?xf32>
  memref.prefetch %m[%i, %i], read, locality<3>, data : memref<4x?xf32>
  memref.prefetch %s[], write, locality<0>, instr : memref<f32>
  %3 = memref.atomic_rmw addf %x, %m[%i, %i] : (f32, memref<4x?xf32>) -> f32
  %4 = memref.atomic_rmw assign %x, %s[] : (f32, memref<f32>) -> f32
  %5 = memref.atomic_rmw andi %n, %k[%i] : (i32, memref<8xi32>) -> i32
  %6 = memref.atomic_rmw maximumf %x, %s[] : (f32, memref<f32>) -> f32
  %7 = memref.atomic_rmw minu %n, %k[%i] : (i32, memref<8xi32>) -> i32
  %8 = memref.generic_atomic_rmw %k[%i] : memref<8xi32> {
  ^bb0(%old: i32):
    %new = arith.ori %old, %n : i32
    memref.atomic_yield %new : i32
  }
  memref.assume_alignment %m, 16 : memref<4x?xf32>
  return %2 : f32
}
