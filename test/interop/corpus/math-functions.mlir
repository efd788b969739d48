// Every function of one float, and the ones of two and three, with flags.
func.func @f(%x: f32, %y: f32, %v: vector<4xf32>, %t: tensor<?xf64>, %i: i32, %w: vector<4xi64>, %v2: vector<4xi32>) {
  %0 = math.absf %x : f32
  %1 = math.acos %x : f32
  %2 = math.acosh %x : f32
  %3 = math.asin %x : f32
  %4 = math.asinh %x : f32
  %5 = math.atan %x : f32
  %6 = math.atanh %x : f32
  %7 = math.atan2 %x, %y : f32
  %8 = math.cbrt %x : f32
  %9 = math.ceil %x : f32
  %10 = math.copysign %x, %y : f32
  %11 = math.cos %x : f32
  %12 = math.cosh %x : f32
  %13 = math.sin %x : f32
  %14 = math.sinh %x : f32
  %15 = math.erf %x : f32
  %16 = math.exp %x fastmath<fast> : f32
  %17 = math.exp2 %v : vector<4xf32>
  %18 = math.expm1 %t : tensor<?xf64>
  %19 = math.floor %x : f32
  %20 = math.fma %x, %y, %x fastmath<contract> : f32
  %21 = math.log %x : f32
  %22 = math.log10 %x : f32
  %23 = math.log1p %x : f32
  %24 = math.log2 %x {test.a} : f32
  %25 = math.powf %x, %y : f32
  %26 = math.round %x : f32
  %27 = math.roundeven %x : f32
  %28 = math.rsqrt %x : f32
  %29 = math.sqrt %v fastmath<nnan,ninf> : vector<4xf32>
  %30 = math.tan %x : f32
  %31 = math.tanh %x : f32
  %32 = math.trunc %x : f32
  %33 = math.absi %i : i32
  %34 = math.ctlz %i : i32
  %35 = math.cttz %w : vector<4xi64>
  %36 = math.ctpop %i : i32
  %37 = math.ipowi %i, %i : i32
  %38 = math.fpowi %x, %i : f32, i32
  %39 = math.fpowi %v, %v2 fastmath<fast> : vector<4xf32>, vector<4xi32>
  return
}
