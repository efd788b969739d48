llvm.mlir.global internal constant @str("hello\00") {addr_space = 0 : i32}
llvm.mlir.global private constant @w(dense<[1.0, 2.0]> : tensor<2xf32>) {addr_space = 0 : i32, alignment = 64 : i64} : !llvm.array<2 x f32>
llvm.mlir.global private constant @wr(dense_resource<blob1> : tensor<4xf32>) : !llvm.array<4 x f32>
llvm.mlir.global external @e() : i32
llvm.mlir.global internal @init() : !llvm.ptr { %0 = llvm.mlir.addressof @str : !llvm.ptr
 llvm.return %0 : !llvm.ptr }
llvm.func @malloc(i64) -> !llvm.ptr
llvm.func @printf(!llvm.ptr, ...) -> i32
llvm.func internal @priv(%p: !llvm.ptr {llvm.noalias}, %q: i64) attributes {passthrough = ["noinline", ["x", "y"]]} { llvm.return }
llvm.func @f(%a: i32, %p: !llvm.ptr, %f: f32, %v: vector<4xf32>, %c: i1, %l: i64, %vi: vector<4xi32>, %vm: vector<4xi1>) -> i32 {
  %0 = llvm.call @malloc(%l) : (i64) -> !llvm.ptr
  llvm.call @priv(%p, %l) : (!llvm.ptr, i64) -> ()
  %1 = llvm.call @printf(%p, %a) vararg(!llvm.func<i32 (ptr, ...)>) : (!llvm.ptr, i32) -> i32
  %2 = llvm.call %p(%a) : !llvm.ptr, (i32) -> i32
  %22 = llvm.call fastcc @malloc(%l) {fastmathFlags = #llvm.fastmath<fast>} : (i64) -> !llvm.ptr
  %3 = llvm.icmp "slt" %a, %a : i32
  %4 = llvm.fcmp "olt" %f, %f : f32
  %5 = llvm.fcmp "olt" %f, %f {fastmathFlags = #llvm.fastmath<nnan>} : f32
  %6 = llvm.add %a, %a : i32
  %7 = llvm.add %a, %a overflow<nsw, nuw> : i32
  %8 = llvm.fadd %f, %f : f32
  %9 = llvm.fadd %f, %f {fastmathFlags = #llvm.fastmath<contract, reassoc>} : f32
  %10 = llvm.fneg %f : f32
  %11 = llvm.sext %a : i32 to i64
  %12 = llvm.zext %a : i32 to i64
  %14 = llvm.trunc %a : i32 to i16
  %15 = llvm.bitcast %a : i32 to f32
  %16 = llvm.inttoptr %l : i64 to !llvm.ptr
  %17 = llvm.getelementptr %p[%l] : (!llvm.ptr, i64) -> !llvm.ptr, f32
  %18 = llvm.getelementptr inbounds %p[0, %l, 2] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.array<4 x struct<(i32, f32, ptr)>>
  %19 = llvm.load %p : !llvm.ptr -> f32
  %20 = llvm.load %p {alignment = 4 : i64} : !llvm.ptr -> f32
  %21 = llvm.load volatile %p invariant {alignment = 4 : i64, nontemporal} : !llvm.ptr -> f32
  llvm.store %f, %p : f32, !llvm.ptr
  llvm.store %f, %p {alignment = 4 : i64, nontemporal} : f32, !llvm.ptr
  %23 = llvm.alloca %a x f32 : (i32) -> !llvm.ptr
  %24 = llvm.alloca %a x f32 {alignment = 8 : i64} : (i32) -> !llvm.ptr
  %25 = llvm.select %c, %a, %a : i1, i32
  %26 = llvm.select %c, %f, %f {fastmathFlags = #llvm.fastmath<nnan>}: i1, f32
  %27 = llvm.mlir.constant(1 : i32) : i32
  %28 = llvm.mlir.constant(dense<1.0> : vector<4xf32>) : vector<4xf32>
  %29 = llvm.mlir.undef : i32
  %30 = llvm.mlir.poison : i32
  %31 = llvm.mlir.zero : !llvm.ptr
  %32 = llvm.mlir.addressof @w : !llvm.ptr
  %33 = llvm.insertelement %f, %v[%a : i32] : vector<4xf32>
  %34 = llvm.extractelement %v[%a : i32] : vector<4xf32>
  %35 = llvm.shufflevector %v, %v [0, 4, 1, 5] : vector<4xf32>
  %36 = llvm.mlir.undef : !llvm.struct<(ptr, i32, array<2 x i64>)>
  %37 = llvm.insertvalue %a, %36[1] : !llvm.struct<(ptr, i32, array<2 x i64>)>
  %38 = llvm.extractvalue %37[2, 1] : !llvm.struct<(ptr, i32, array<2 x i64>)>
  %39 = llvm.freeze %a : i32
  %40 = llvm.intr.fma(%f, %f, %f) : (f32, f32, f32) -> f32
  %41 = llvm.intr.exp(%f) : (f32) -> f32
  %42 = llvm.intr.exp(%f) {fastmathFlags = #llvm.fastmath<fast>} : (f32) -> f32
  %43 = llvm.intr.smax(%a, %a) : (i32, i32) -> i32
  %44 = llvm.intr.maximum(%f, %f) : (f32, f32) -> f32
  %45 = llvm.intr.masked.load %p, %vm, %v {alignment = 4 : i32} : (!llvm.ptr, vector<4xi1>, vector<4xf32>) -> vector<4xf32>
  llvm.intr.masked.store %v, %p, %vm {alignment = 4 : i32} : vector<4xf32>, vector<4xi1> into !llvm.ptr
  %46 = "llvm.intr.vector.reduce.add"(%vi) : (vector<4xi32>) -> i32
  %47 = "llvm.intr.vector.reduce.fadd"(%f, %v) <{fastmathFlags = #llvm.fastmath<reassoc>}> : (f32, vector<4xf32>) -> f32
  %48 = llvm.intr.vector.reduce.fmax(%v) : (vector<4xf32>) -> f32
  %488 = llvm.intr.vector.reduce.fmaximum(%v) : (vector<4xf32>) -> f32
  "llvm.intr.memcpy"(%p, %p, %l) <{isVolatile = false}> : (!llvm.ptr, !llvm.ptr, i64) -> ()
  %i8 = llvm.mlir.constant(0 : i8) : i8
  "llvm.intr.memset"(%p, %i8, %l) <{isVolatile = false}> : (!llvm.ptr, i8, i64) -> ()
  "llvm.intr.prefetch"(%p) <{rw = 0 : i32, hint = 3 : i32, cache = 1 : i32}> : (!llvm.ptr) -> ()
  "llvm.intr.assume"(%c) : (i1) -> ()
  %49 = llvm.intr.copysign(%f, %f) : (f32, f32) -> f32
  %50 = llvm.fptosi %f : f32 to i32
  %51 = "llvm.intr.ctlz"(%a) <{is_zero_poison = false}> : (i32) -> i32
  %52 = "llvm.intr.abs"(%a) <{is_int_min_poison = false}> : (i32) -> i32
  %53 = llvm.ptrtoint %p : !llvm.ptr to i64
  %54 = llvm.addrspacecast %p : !llvm.ptr to !llvm.ptr<1>
  %55 = llvm.udiv %a, %a : i32
  %56 = llvm.intr.powi(%f, %a) : (f32, i32) -> f32
  %57 = llvm.icmp "eq" %p, %p : !llvm.ptr
  llvm.cond_br %c weights([1, 2]), ^b(%a : i32), ^d
^b(%q: i32):
  llvm.br ^e
^d:
  llvm.cond_br %c, ^e, ^g
^e:
  llvm.return %a : i32
^g:
  llvm.unreachable
}
{-# dialect_resources: { builtin: { blob1: "0x400000000000803F0000803F0000803F0000803F" } } #-}
