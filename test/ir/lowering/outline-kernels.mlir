// RUN: outline-kernels
// CASE: equal loop nests share a kernel
func.func @main(%x: memref<4xf32>, %y: memref<4xf32>, %z: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.for %i = %c0 to %c4 step %c1 {
    %0 = memref.load %x[%i] : memref<4xf32>
    %1 = arith.addf %0, %0 : f32
    memref.store %1, %y[%i] : memref<4xf32>
  }
  scf.for %i = %c0 to %c4 step %c1 {
    %0 = memref.load %y[%i] : memref<4xf32>
    %1 = arith.addf %0, %0 : f32
    memref.store %1, %z[%i] : memref<4xf32>
  }
  return
}
// AFTER
module {
  func.func @main(%x: memref<4xf32>, %y: memref<4xf32>, %z: memref<4xf32>) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    call @kernel_0(%x, %y) : (memref<4xf32>, memref<4xf32>) -> ()
    call @kernel_0(%y, %z) : (memref<4xf32>, memref<4xf32>) -> ()
    return
  }
  func.func private @kernel_0(%arg0: memref<4xf32> {llvm.noalias}, %arg1: memref<4xf32> {llvm.noalias}) {
    %c0 = arith.constant 0 : index
    %c4 = arith.constant 4 : index
    %c1 = arith.constant 1 : index
    scf.for %i = %c0 to %c4 step %c1 {
      %0 = memref.load %arg0[%i] : memref<4xf32>
      %1 = arith.addf %0, %0 : f32
      memref.store %1, %arg1[%i] : memref<4xf32>
    }
    return
  }
}
