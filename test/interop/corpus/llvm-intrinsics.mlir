// Intrinsics with a form of their own, on scalars and vectors.
llvm.func @f(%x: f32, %v: vector<4xf32>, %i: i32, %w: vector<4xi32>, %p: !llvm.ptr, %k: vector<4xi1>, %pv: !llvm.vec<4 x ptr>, %c: i1, %n: i64, %b: i8) {
  %0 = llvm.intr.exp(%x) : (f32) -> f32
  %1 = llvm.intr.sqrt(%v) {fastmathFlags = #llvm.fastmath<fast>} : (vector<4xf32>) -> vector<4xf32>
  %2 = llvm.intr.fma(%x, %x, %x) : (f32, f32, f32) -> f32
  %3 = llvm.intr.fmuladd(%v, %v, %v) : (vector<4xf32>, vector<4xf32>, vector<4xf32>) -> vector<4xf32>
  %4 = llvm.intr.powi(%x, %i) : (f32, i32) -> f32
  %5 = llvm.intr.smax(%w, %w) : (vector<4xi32>, vector<4xi32>) -> vector<4xi32>
  %6 = "llvm.intr.ctlz"(%i) <{is_zero_poison = false}> : (i32) -> i32
  %7 = "llvm.intr.abs"(%w) <{is_int_min_poison = true}> : (vector<4xi32>) -> vector<4xi32>
  %8 = llvm.intr.ctpop(%i) : (i32) -> i32
  %9 = "llvm.intr.vector.reduce.add"(%w) : (vector<4xi32>) -> i32
  %10 = llvm.intr.vector.reduce.fmaximum(%v) {fastmathFlags = #llvm.fastmath<nnan>} : (vector<4xf32>) -> f32
  %11 = "llvm.intr.vector.reduce.fadd"(%x, %v) <{fastmathFlags = #llvm.fastmath<reassoc>}> : (f32, vector<4xf32>) -> f32
  %12 = llvm.intr.masked.load %p, %k, %v {alignment = 16 : i32} : (!llvm.ptr, vector<4xi1>, vector<4xf32>) -> vector<4xf32>
  %13 = llvm.intr.masked.gather %pv, %k, %v {alignment = 4 : i32} : (!llvm.vec<4 x ptr>, vector<4xi1>, vector<4xf32>) -> vector<4xf32>
  llvm.intr.masked.store %v, %p, %k {alignment = 16 : i32} : vector<4xf32>, vector<4xi1> into !llvm.ptr
  llvm.intr.masked.scatter %v, %pv, %k {alignment = 4 : i32} : vector<4xf32>, vector<4xi1> into !llvm.vec<4 x ptr>
  "llvm.intr.memcpy"(%p, %p, %n) <{isVolatile = false}> : (!llvm.ptr, !llvm.ptr, i64) -> ()
  "llvm.intr.memset"(%p, %b, %n) <{isVolatile = true}> : (!llvm.ptr, i8, i64) -> ()
  "llvm.intr.assume"(%c) : (i1) -> ()
  llvm.intr.lifetime.start 4, %p : !llvm.ptr
  llvm.intr.lifetime.end -1, %p : !llvm.ptr
  %14 = llvm.intr.stacksave : !llvm.ptr
  llvm.intr.stackrestore %14 : !llvm.ptr
  %15 = llvm.intr.get.active.lane.mask %n, %n : i64, i64 to vector<4xi1>
  %16 = llvm.intr.matrix.transpose %v {rows = 2 : i32, columns = 2 : i32} : vector<4xf32> into vector<4xf32>
  %17 = "llvm.intr.uadd.with.overflow"(%i, %i) : (i32, i32) -> !llvm.struct<(i32, i1)>
  %18 = llvm.intr.fshl(%i, %i, %i) : (i32, i32, i32) -> i32
  %19 = llvm.intr.expect %c, %c : i1
  llvm.return
}
