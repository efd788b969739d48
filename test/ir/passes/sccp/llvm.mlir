// RUN: builtin.module(sccp)
// CASE: constants in llvm functions are llvm's
llvm.func @g(%c: i1) -> i32 {
  %a = llvm.mlir.constant(5 : i32) : i32
  llvm.cond_br %c, ^a, ^b(%a : i32)
^a:
  llvm.br ^b(%a : i32)
^b(%v: i32):
  llvm.return %v : i32
}
// AFTER
module {
  llvm.func @g(%c: i1) -> i32 {
    %0 = llvm.mlir.constant(5 : i32) : i32
    %a = llvm.mlir.constant(5 : i32) : i32
    llvm.cond_br %c, ^bb1, ^bb2(%a : i32)
  ^bb1:
    llvm.br ^bb2(%a : i32)
  ^bb2(%v: i32):
    llvm.return %0 : i32
  }
}
