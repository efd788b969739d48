// RUN: loops-to-llvm
// CASE: buffers are pointers, and a packed entry takes them all at once
func.func @main(%x: memref<4xf32> {anemone.input = "x", anemone.type = tensor<4xf32>}, %y: memref<4xf32> {anemone.output = "y", anemone.type = tensor<4xf32>}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.for %i = %c0 to %c4 step %c1 {
    %0 = memref.load %x[%i] : memref<4xf32>
    %1 = arith.negf %0 : f32
    memref.store %1, %y[%i] : memref<4xf32>
  }
  return
}
// AFTER
module {
  llvm.func @main(%x: !llvm.ptr {anemone.input = "x", anemone.type = tensor<4xf32>, llvm.align = 64 : i64, llvm.noalias, llvm.nonnull, llvm.noundef}, %y: !llvm.ptr {anemone.output = "y", anemone.type = tensor<4xf32>, llvm.align = 64 : i64, llvm.noalias, llvm.nonnull, llvm.noundef}) {
    %c0 = llvm.mlir.constant(0 : i64) : i64
    %c1 = llvm.mlir.constant(1 : i64) : i64
    %c4 = llvm.mlir.constant(4 : i64) : i64
    llvm.br ^bb1(%c0 : i64)
  ^bb1(%i: i64):
    %0 = llvm.getelementptr inbounds %x[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %1 = llvm.load %0 {alignment = 4 : i64} : !llvm.ptr -> f32
    %2 = llvm.fneg %1 : f32
    %3 = llvm.getelementptr inbounds %y[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    llvm.store %2, %3 {alignment = 4 : i64} : f32, !llvm.ptr
    %4 = llvm.add %i, %c1 : i64
    %5 = llvm.icmp "slt" %4, %c4 : i64
    llvm.cond_br %5, ^bb1(%4 : i64), ^bb2
  ^bb2:
    llvm.return
  }
  llvm.func @_packed_main(%arg0: !llvm.ptr) {
    %0 = llvm.load %arg0 {alignment = 8 : i64} : !llvm.ptr -> !llvm.ptr
    %1 = llvm.getelementptr %arg0[1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %2 = llvm.load %1 {alignment = 8 : i64} : !llvm.ptr -> !llvm.ptr
    llvm.call @main(%0, %2) : (!llvm.ptr, !llvm.ptr) -> ()
    llvm.return
  }
}
