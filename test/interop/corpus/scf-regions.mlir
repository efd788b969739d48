// Regions that run once, and one of several by a number.
func.func @f(%n: index, %c: i1, %x: f32) -> (f32, i64) {
  %0 = scf.execute_region -> f32 {
    cf.cond_br %c, ^a, ^b
  ^a:
    scf.yield %x : f32
  ^b:
    %1 = arith.negf %x : f32
    scf.yield %1 : f32
  }
  scf.execute_region {
    scf.yield
  }
  %2:2 = scf.execute_region -> (f32, i64) {
    %c1 = arith.constant 1 : i64
    scf.yield %x, %c1 : f32, i64
  } {test.a}
  %3 = scf.index_switch %n -> f32
  case 0 {
    scf.yield %x : f32
  }
  case -5 {
    scf.yield %0 : f32
  }
  default {
    scf.yield %2#0 : f32
  }
  scf.index_switch %n {test.b}
  default {
    scf.yield
  }
  %4:2 = scf.index_switch %n -> f32, i64
  case 7 {
    scf.yield %2#0, %2#1 : f32, i64
  }
  default {
    scf.yield %3, %2#1 : f32, i64
  }
  return %4#0, %4#1 : f32, i64
}
