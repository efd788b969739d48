// Functions of LLVM: linkage, conventions, attributes, declarations, variadic ones, calls.
llvm.func @plain()
llvm.func internal @internal(%x: i32) -> i32 {
  llvm.return %x : i32
}
llvm.func @printf(!llvm.ptr {llvm.noalias}, ...) -> i32
llvm.func weak_odr fastcc @fast(%x: f32 {llvm.noundef}, %p: !llvm.ptr {llvm.align = 8 : i64, llvm.nocapture, llvm.byval = i32}) -> (f32 {llvm.noundef}) attributes {passthrough = ["nounwind", ["alignstack", "16"]]} {
  llvm.return %x : f32
}
llvm.func linkonce local_unnamed_addr @unnamed() attributes {alignment = 16 : i64, dso_local, section = ".text.special"} {
  llvm.return
}
llvm.func hidden @hidden() attributes {memory = #llvm.memory_effects<other = none, argMem = readwrite, inaccessibleMem = none>} {
  llvm.unreachable
}
llvm.func extern_weak protected @external_weak(i32) -> !llvm.struct<(i32, f32)>
llvm.func private @private(%x: i32) attributes {no_inline, no_unwind, will_return, target_cpu = "x86-64", target_features = #llvm.target_features<["+avx2", "+fma"]>, frame_pointer = #llvm.framePointerKind<all>, vscale_range = #llvm.vscale_range<minRange = 1 : i32, maxRange = 16 : i32>} {
  llvm.return
}
llvm.func @personality(...) -> i32
llvm.func @calls(%x: i32, %f: f32, %p: !llvm.ptr) -> i32 attributes {garbageCollector = "statepoint-example", personality = @personality} {
  llvm.call @plain() : () -> ()
  %0 = llvm.call @internal(%x) : (i32) -> i32
  %1 = llvm.call @printf(%p, %0) vararg(!llvm.func<i32 (ptr, ...)>) : (!llvm.ptr, i32) -> i32
  %2 = llvm.call fastcc @fast(%f, %p) {fastmathFlags = #llvm.fastmath<fast>} : (f32, !llvm.ptr) -> f32
  %3 = llvm.call %p(%x) : !llvm.ptr, (i32) -> i32
  %4 = llvm.call tail @internal(%x) {test.a} : (i32) -> i32
  %5 = llvm.call %p(%p, %x) vararg(!llvm.func<i32 (ptr, ...)>) : !llvm.ptr, (!llvm.ptr, i32) -> i32
  %6 = llvm.call_intrinsic "llvm.sqrt.f32"(%f) : (f32) -> f32
  %7 = llvm.inline_asm has_side_effects "nop", "" : () -> i32
  %8 = llvm.inline_asm is_align_stack asm_dialect = intel "mov $0, $1", "=r,r" %x : (i32) -> i32
  %9 = llvm.inline_asm operand_attrs = [{elementtype = i32}] "inc $0", "*m" %p : (!llvm.ptr) -> i32
  llvm.return %1 : i32
}
