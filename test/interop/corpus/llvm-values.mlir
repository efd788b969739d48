// Constants, aggregates and vectors in LLVM.
llvm.mlir.global internal constant @text("hello\00")
llvm.func @f(%x: f32, %v: vector<4xf32>, %i: i32, %s: !llvm.struct<(i32, array<2 x f32>)>, %sv: vector<[4]xf32>) -> f32 {
  %0 = llvm.mlir.constant(42 : i32) : i32
  %1 = llvm.mlir.constant(1.5 : f32) : f32
  %2 = llvm.mlir.constant(dense<[1.0, 2.0, 3.0, 4.0]> : vector<4xf32>) : vector<4xf32>
  %3 = llvm.mlir.constant(dense<0> : tensor<4xi32>) : !llvm.array<4 x i32>
  %4 = llvm.mlir.constant("text") : !llvm.array<4 x i8>
  %5 = llvm.mlir.constant(true) : i1
  %6 = llvm.mlir.constant([1.0 : f32, 2.0 : f32]) : !llvm.struct<(f32, f32)>
  %7 = llvm.mlir.constant(7 : index) {test.a} : i64
  %9 = llvm.mlir.undef : !llvm.struct<(i32, f32)>
  %10 = llvm.mlir.poison : vector<4xf32>
  %11 = llvm.mlir.zero : !llvm.ptr
  %12 = llvm.mlir.addressof @text : !llvm.ptr
  %13 = llvm.mlir.addressof @f : !llvm.ptr
  %14 = llvm.insertvalue %0, %s[0] : !llvm.struct<(i32, array<2 x f32>)>
  %15 = llvm.insertvalue %x, %14[1, 0] {test.b} : !llvm.struct<(i32, array<2 x f32>)>
  %16 = llvm.extractvalue %15[1, 1] : !llvm.struct<(i32, array<2 x f32>)>
  %17 = llvm.extractvalue %15[1] : !llvm.struct<(i32, array<2 x f32>)>
  %18 = llvm.extractelement %v[%i : i32] : vector<4xf32>
  %19 = llvm.insertelement %x, %v[%i : i32] : vector<4xf32>
  %20 = llvm.shufflevector %v, %v [0, 5, -1, 2] : vector<4xf32>
  %21 = llvm.shufflevector %sv, %sv [0, 0, 0, 0] : vector<[4]xf32>
  %22 = llvm.mlir.none : !llvm.token
  llvm.return %16 : f32
}
