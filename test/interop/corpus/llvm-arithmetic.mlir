// Numbers in LLVM: with flags, on vectors, compared and converted.
llvm.func @f(%a: i32, %b: i32, %x: f32, %y: f32, %v: vector<4xi32>, %w: vector<4xf32>, %p: !llvm.ptr, %pv: !llvm.vec<4 x ptr>, %c: i1, %h: f16, %l: i64) -> i32 {
  %0 = llvm.add %a, %b : i32
  %1 = llvm.sub %0, %b overflow<nsw> : i32
  %2 = llvm.mul %1, %b overflow<nsw, nuw> : i32
  %3 = llvm.shl %2, %b overflow<nuw> : i32
  %4 = llvm.udiv %3, %b : i32
  %5 = llvm.sdiv %4, %b : i32
  %6 = llvm.urem %5, %b : i32
  %7 = llvm.srem %6, %b : i32
  %8 = llvm.and %7, %b : i32
  %9 = llvm.or %8, %b : i32
  %10 = llvm.xor %9, %b : i32
  %11 = llvm.lshr %10, %b : i32
  %12 = llvm.ashr %11, %b {test.a} : i32
  %13 = llvm.add %v, %v : vector<4xi32>
  %14 = llvm.fadd %x, %y : f32
  %15 = llvm.fsub %14, %y {fastmathFlags = #llvm.fastmath<fast>} : f32
  %16 = llvm.fmul %15, %y {fastmathFlags = #llvm.fastmath<nnan, ninf>} : f32
  %17 = llvm.fdiv %16, %y {fastmathFlags = #llvm.fastmath<contract>, test.b} : f32
  %18 = llvm.frem %17, %y : f32
  %19 = llvm.fneg %w : vector<4xf32>
  %20 = llvm.icmp "eq" %a, %b : i32
  %21 = llvm.icmp "slt" %v, %v : vector<4xi32>
  %22 = llvm.icmp "ugt" %p, %p : !llvm.ptr
  %23 = llvm.icmp "ne" %pv, %pv : !llvm.vec<4 x ptr>
  %24 = llvm.fcmp "oeq" %x, %y : f32
  %25 = llvm.fcmp "_true" %w, %w {fastmathFlags = #llvm.fastmath<nnan>} : vector<4xf32>
  %26 = llvm.select %c, %a, %b : i1, i32
  %27 = llvm.select %21, %v, %v : vector<4xi1>, vector<4xi32>
  %28 = llvm.select %c, %x, %y {fastmathFlags = #llvm.fastmath<nsz>} : i1, f32
  %29 = llvm.freeze %a : i32
  %30 = llvm.sext %a : i32 to i64
  %31 = llvm.zext %a : i32 to i64
  %33 = llvm.trunc %l : i64 to i8
  %34 = llvm.fpext %h : f16 to f32
  %35 = llvm.fptrunc %x : f32 to f16
  %36 = llvm.sitofp %a : i32 to f32
  %37 = llvm.uitofp %v : vector<4xi32> to vector<4xf32>
  %38 = llvm.fptosi %x : f32 to i64
  %39 = llvm.fptoui %x : f32 to i8
  %40 = llvm.bitcast %x : f32 to i32
  %41 = llvm.bitcast %v : vector<4xi32> to vector<2xi64>
  %42 = llvm.inttoptr %l : i64 to !llvm.ptr
  %43 = llvm.ptrtoint %p : !llvm.ptr to i64
  %44 = llvm.addrspacecast %p : !llvm.ptr to !llvm.ptr<3>
  llvm.return %12 : i32
}
