#m = affine_map<(d0, d1) -> (d0, d1)>
module @named attributes {foo.bar = 1 : i32} {
  func.func private @ext(f32 {x.noalias}, i32) -> (f32 {x.y = 1 : i32})
  func.func @f(%a: f32 {x.name = "a"}, %b: i32, %i: index, %c: i1, %v: vector<4xf32>) -> f32 attributes {x.k} {
    %0 = arith.constant 1.0 : f32
    %1 = arith.constant dense<1.0> : tensor<2xf32>
    %2 = arith.constant true
    %3 = arith.addi %b, %b overflow<nsw, nuw> : i32
    %4 = arith.addi %b, %b : i32
    %5 = arith.addf %a, %a fastmath<nnan,contract> : f32
    %6 = arith.cmpf olt, %a, %a fastmath<fast> : f32
    %7 = arith.cmpi sge, %b, %b : i32
    %8 = arith.select %c, %a, %a : f32
    %88 = arith.select %c, %v, %v : vector<4xf32>
    %cv = arith.cmpf olt, %v, %v : vector<4xf32>
    %89 = arith.select %cv, %v, %v : vector<4xi1>, vector<4xf32>
    %9 = arith.extf %a : f32 to f64
    %10 = arith.truncf %9 : f64 to f32
    %110 = arith.truncf %9 to_nearest_even : f64 to f32
    %11 = arith.shli %b, %b overflow<nsw> : i32
    %12:2 = arith.addui_extended %b, %b : i32, i1
    %13 = arith.trunci %b : i32 to i16
    %14 = arith.index_cast %i : index to i32
    %15 = arith.negf %a fastmath<nsz> : f32
    %16 = math.exp %a fastmath<fast> : f32
    %17 = math.absi %b : i32
    %18 = math.fma %a, %a, %a : f32
    %19 = math.powf %a, %a : f32
    %20 = func.call @ext(%a, %b) : (f32, i32) -> f32
    %21:2 = builtin.unrealized_conversion_cast %a, %b : f32, i32 to i8, f64
    %22, %23 = arith.mulsi_extended %b, %b : i32
    cf.cond_br %c, ^x(%a : f32), ^y
  ^x(%z: f32):
    cf.br ^z(%z, %b: f32, i32)
  ^y:
    return %a : f32
  ^z(%q: f32, %w: i32):
    return %q: f32
  }
  func.func @scf(%lb: index, %ub: index, %st: index, %c: i1, %f: f32, %t: tensor<4xf32>) -> (f32, f32) {
    scf.for %i = %lb to %ub step %st { }
    %lo = arith.constant 0 : i32
    scf.for %i = %lo to %lo step %lo : i32 { }
    %0:2 = scf.for %i = %lb to %ub step %st iter_args(%x = %f, %y = %f) -> (f32, f32) { scf.yield %y, %x : f32, f32 }
    scf.if %c { }
    scf.if %c { } else { "a.b"() : () -> () }
    %1 = scf.if %c -> f32 { scf.yield %f : f32 } else { scf.yield %f : f32 }
    %2:2 = scf.while (%x = %f, %n = %c) : (f32, i1) -> (f32, i1) { scf.condition(%n) %x, %n : f32, i1 } do { ^bb0(%a: f32, %b: i1): scf.yield %a, %b : f32, i1 }
    scf.parallel (%i, %j) = (%lb, %lb) to (%ub, %ub) step (%st, %st) { scf.reduce }
    %3 = scf.parallel (%i) = (%lb) to (%ub) step (%st) init (%f) -> f32 { scf.reduce (%f : f32) { ^bb0(%p: f32, %q: f32): %r = arith.addf %p, %q : f32 scf.reduce.return %r : f32} }
    %4 = scf.forall (%i, %j) in (2, %ub) shared_outs(%o = %t) -> tensor<4xf32> { scf.forall.in_parallel { tensor.parallel_insert_slice %t into %o[%i][4][1] : tensor<4xf32> into tensor<4xf32> } }
    scf.forall (%i, %j) = (0, 1) to (2, %ub) step (1, %st) { }
    %5 = scf.execute_region -> f32 { scf.yield %f : f32}
    %6 = scf.index_switch %lb -> f32 case 2 { scf.yield %f : f32} default { scf.yield %f : f32}
    return %0#0, %1 : f32, f32
  }
}
