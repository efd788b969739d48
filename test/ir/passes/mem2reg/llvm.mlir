// RUN: builtin.module(mem2reg)
// CASE: stack slots of the llvm dialect
llvm.func @diamond(%c: i1, %x: i32) -> i32 {
  %one = llvm.mlir.constant(1 : i32) : i32
  %p = llvm.alloca %one x i32 : (i32) -> !llvm.ptr
  llvm.cond_br %c, ^a, ^b
^a:
  llvm.store %x, %p : i32, !llvm.ptr
  llvm.br ^b
^b:
  %r = llvm.load %p : !llvm.ptr -> i32
  llvm.return %r : i32
}
// AFTER
module {
  llvm.func @diamond(%c: i1, %x: i32) -> i32 {
    %one = llvm.mlir.constant(1 : i32) : i32
    %0 = llvm.mlir.undef : i32
    llvm.cond_br %c, ^bb1, ^bb2(%0 : i32)
  ^bb1:
    llvm.br ^bb2(%x : i32)
  ^bb2(%1: i32):
    llvm.return %1 : i32
  }
}
// -----
// CASE: volatile accesses, other types and more than one element stay
llvm.func @stay(%n: i32, %x: i32) -> f32 {
  %one = llvm.mlir.constant(1 : i32) : i32
  %p = llvm.alloca %one x i32 : (i32) -> !llvm.ptr
  llvm.store volatile %x, %p : i32, !llvm.ptr
  %q = llvm.alloca %one x i32 : (i32) -> !llvm.ptr
  llvm.store %x, %q : i32, !llvm.ptr
  %f = llvm.load %q : !llvm.ptr -> f32
  %r = llvm.alloca %n x i32 : (i32) -> !llvm.ptr
  llvm.store %x, %r : i32, !llvm.ptr
  llvm.return %f : f32
}
// AFTER
module {
  llvm.func @stay(%n: i32, %x: i32) -> f32 {
    %one = llvm.mlir.constant(1 : i32) : i32
    %p = llvm.alloca %one x i32 : (i32) -> !llvm.ptr
    llvm.store volatile %x, %p : i32, !llvm.ptr
    %q = llvm.alloca %one x i32 : (i32) -> !llvm.ptr
    llvm.store %x, %q : i32, !llvm.ptr
    %f = llvm.load %q : !llvm.ptr -> f32
    %r = llvm.alloca %n x i32 : (i32) -> !llvm.ptr
    llvm.store %x, %r : i32, !llvm.ptr
    llvm.return %f : f32
  }
}
