// Transfers in the background.
func.func @f(%a: memref<8x8xf32>, %b: memref<64xf32, 1>, %t: memref<1xi32>, %i: index) {
  memref.dma_start %a[%i, %i], %b[%i], %i, %t[%i] : memref<8x8xf32>, memref<64xf32, 1>, memref<1xi32>
  memref.dma_start %b[%i], %a[%i, %i], %i, %t[%i], %i, %i : memref<64xf32, 1>, memref<8x8xf32>, memref<1xi32>
  memref.dma_wait %t[%i], %i : memref<1xi32>
  return
}
