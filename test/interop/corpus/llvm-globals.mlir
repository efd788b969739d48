// Globals of LLVM, their initializers, comdats, constructors.
llvm.mlir.global external @plain() : i32
llvm.mlir.global internal constant @text("hello\0A\00") {addr_space = 0 : i32}
llvm.mlir.global private unnamed_addr constant @array(dense<[1, 2, 3]> : tensor<3xi32>) {alignment = 16 : i64} : !llvm.array<3 x i32>
llvm.mlir.global linkonce_odr @value(42 : i64) {section = ".data.special", dso_local} : i64
llvm.mlir.global internal thread_local @local(0 : i32) : i32
llvm.mlir.global internal @computed() : !llvm.struct<(i32, ptr)> {
  %0 = llvm.mlir.undef : !llvm.struct<(i32, ptr)>
  %1 = llvm.mlir.constant(1 : i32) : i32
  %2 = llvm.mlir.addressof @plain : !llvm.ptr
  %3 = llvm.insertvalue %1, %0[0] : !llvm.struct<(i32, ptr)>
  %4 = llvm.insertvalue %2, %3[1] : !llvm.struct<(i32, ptr)>
  llvm.return %4 : !llvm.struct<(i32, ptr)>
}
llvm.mlir.global hidden constant @hidden(1.0 : f32) : f32
llvm.mlir.global common @common(0 : i32) : i32
llvm.comdat @rules {
  llvm.comdat_selector @first any
  llvm.comdat_selector @second exactmatch
  llvm.comdat_selector @third largest
  llvm.comdat_selector @fourth nodeduplicate
  llvm.comdat_selector @fifth samesize
}
llvm.mlir.global linkonce_odr @shared(1 : i32) comdat(@rules::@first) : i32
llvm.func @prepare() {
  llvm.return
}
llvm.mlir.global_ctors {ctors = [@prepare], priorities = [65535 : i32]}
llvm.mlir.global_dtors {dtors = [@prepare], priorities = [0 : i32]}
llvm.linker_options ["/DEFAULTLIB:", "libcmt"]
