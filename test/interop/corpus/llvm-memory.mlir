// Memory in LLVM: stacks, addresses, loads, stores, atomics.
llvm.func @f(%n: i32, %p: !llvm.ptr, %i: i64, %x: f32, %v: vector<4xf32>, %g: !llvm.ptr<1>, %w: i32, %iv: vector<4xi64>) -> f32 {
  %0 = llvm.alloca %n x f32 : (i32) -> !llvm.ptr
  %1 = llvm.alloca %n x !llvm.array<4 x f32> {alignment = 16 : i64} : (i32) -> !llvm.ptr
  %2 = llvm.alloca inalloca %n x i8 : (i32) -> !llvm.ptr
  %3 = llvm.alloca %i x i64 : (i64) -> !llvm.ptr<5>
  %4 = llvm.getelementptr %p[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
  %5 = llvm.getelementptr inbounds %p[0, 1, %i] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.struct<(i32, array<4 x f32>)>
  %6 = llvm.getelementptr %p[-3] {test.a} : (!llvm.ptr) -> !llvm.ptr, i8
  %7 = llvm.getelementptr %p[%iv] : (!llvm.ptr, vector<4xi64>) -> !llvm.vec<4 x ptr>, f32
  %8 = llvm.load %p : !llvm.ptr -> f32
  %9 = llvm.load volatile %p {alignment = 4 : i64} : !llvm.ptr -> i32
  %10 = llvm.load %p atomic monotonic {alignment = 4 : i64} : !llvm.ptr -> f32
  %11 = llvm.load volatile %p atomic syncscope("singlethread") acquire {alignment = 8 : i64} : !llvm.ptr -> i64
  %12 = llvm.load %p invariant {nontemporal} : !llvm.ptr -> vector<4xf32>
  %13 = llvm.load %g : !llvm.ptr<1> -> f32
  llvm.store %x, %p : f32, !llvm.ptr
  llvm.store volatile %v, %p {alignment = 16 : i64, nontemporal} : vector<4xf32>, !llvm.ptr
  llvm.store %x, %p atomic release {alignment = 4 : i64} : f32, !llvm.ptr
  llvm.store %x, %p atomic syncscope("agent") seq_cst {alignment = 4 : i64} : f32, !llvm.ptr
  %14 = llvm.atomicrmw add %p, %w acq_rel : !llvm.ptr, i32
  %15 = llvm.atomicrmw volatile fadd %p, %x syncscope("agent") seq_cst {alignment = 8 : i64} : !llvm.ptr, f32
  %16 = llvm.atomicrmw _xor %p, %w monotonic : !llvm.ptr, i32
  %17 = llvm.atomicrmw uinc_wrap %p, %w release : !llvm.ptr, i32
  %18 = llvm.cmpxchg %p, %w, %w seq_cst seq_cst : !llvm.ptr, i32
  %19 = llvm.cmpxchg weak volatile %p, %w, %w syncscope("agent") acq_rel acquire {alignment = 4 : i64} : !llvm.ptr, i32
  %20 = llvm.extractvalue %19[1] : !llvm.struct<(i32, i1)>
  llvm.fence acquire
  llvm.fence syncscope("agent") seq_cst
  llvm.return %8 : f32
}
