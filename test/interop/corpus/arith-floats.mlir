// Float arithmetic with every fastmath flag.
func.func @f(%a: f32, %h: f16, %b: bf16, %d: f64, %v: vector<4xf32>, %t: tensor<2x?xf64>, %q: f128, %e: f8E5M2) {
  %0 = arith.addf %a, %a : f32
  %1 = arith.subf %0, %a fastmath<fast> : f32
  %2 = arith.mulf %1, %a fastmath<reassoc,nnan,ninf> : f32
  %3 = arith.divf %2, %a fastmath<nsz,arcp> : f32
  %4 = arith.remf %3, %a fastmath<contract> : f32
  %5 = arith.negf %4 fastmath<afn> : f32
  %6 = arith.maximumf %5, %a : f32
  %7 = arith.minimumf %6, %a : f32
  %8 = arith.maxnumf %7, %a fastmath<nnan> : f32
  %9 = arith.minnumf %8, %a {test.note} : f32
  %10 = arith.addf %h, %h : f16
  %11 = arith.mulf %b, %b : bf16
  %12 = arith.divf %d, %d fastmath<none> : f64
  %13 = arith.addf %v, %v fastmath<nsz> : vector<4xf32>
  %14 = arith.mulf %t, %t : tensor<2x?xf64>
  %15 = arith.addf %q, %q : f128
  %16 = arith.negf %e : f8E5M2
  %17 = arith.negf %v : vector<4xf32>
  return
}
