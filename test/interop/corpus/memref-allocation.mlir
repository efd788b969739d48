// Buffers made and freed: static and dynamic sizes, symbols, alignment, scopes, growth.
func.func @f(%n: index, %x: f32) -> f32 {
  %0 = memref.alloc() : memref<4xf32>
  %1 = memref.alloc(%n) {alignment = 64 : i64} : memref<?x4xf32>
  %2 = memref.alloc(%n, %n) : memref<?x?xf32, 1>
  %3 = memref.alloc(%n)[%n] : memref<?xf32, affine_map<(d0)[s0] -> (d0 + s0)>>
  %4 = memref.alloc()[%n] : memref<4xf32, affine_map<(d0)[s0] -> (d0 * s0)>>
  %5 = memref.alloca() : memref<16xi8>
  %6 = memref.alloca(%n) {alignment = 16 : i64, test.a} : memref<?xf32>
  %7 = memref.realloc %0 : memref<4xf32> to memref<8xf32>
  %8 = memref.realloc %7(%n) {alignment = 8 : i64} : memref<8xf32> to memref<?xf32>
  memref.dealloc %1 : memref<?x4xf32>
  %u = memref.cast %8 : memref<?xf32> to memref<*xf32>
  memref.dealloc %u : memref<*xf32>
  %9 = memref.alloca_scope -> (f32) {
    %10 = memref.alloca() : memref<f32>
    memref.store %x, %10[] : memref<f32>
    memref.alloca_scope.return %x : f32
  }
  memref.alloca_scope {
    memref.alloca_scope.return
  } {test.scope}
  return %9 : f32
}
