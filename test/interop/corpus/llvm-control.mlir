// Control flow of LLVM: branches, weights, switches, exceptions.
llvm.func @callee(i32) -> i32
llvm.func @personality(...) -> i32
llvm.func @f(%c: i1, %x: i32, %l: i64, %p: !llvm.ptr) -> i32 attributes {personality = @personality} {
  %type = llvm.mlir.zero : !llvm.ptr
  llvm.cond_br %c, ^a(%x : i32), ^b
^a(%0: i32):
  llvm.cond_br %c weights([10, 90]), ^b, ^c(%0, %x : i32, i32) {test.a}
^b:
  llvm.switch %x : i32, ^c(%x, %x : i32, i32) [
    1: ^a(%x : i32),
    -2: ^b,
    3: ^c(%x, %x : i32, i32)
  ] {branch_weights = array<i32: 1, 2, 3, 4>}
^c(%1: i32, %2: i32):
  llvm.switch %l : i64, ^d [
  ]
^d:
  %3 = llvm.invoke @callee(%x) to ^e unwind ^caught : (i32) -> i32
^e:
  %4 = llvm.invoke %p(%x) to ^g unwind ^caught : !llvm.ptr, (i32) -> i32
^caught:
  %5 = llvm.landingpad cleanup (catch %type : !llvm.ptr) : !llvm.struct<(ptr, i32)>
  llvm.resume %5 : !llvm.struct<(ptr, i32)>
^g:
  llvm.br ^h(%4 : i32)
^h(%6: i32):
  llvm.return %6 : i32
}
llvm.func @loops(%c: i1) {
  llvm.br ^head
^head:
  llvm.cond_br %c, ^head, ^end {loop_annotation = #llvm.loop_annotation<mustProgress = true>}
^end:
  llvm.unreachable
}
