// Loops with a condition: types that differ before and behind it, no values at all.
func.func @f(%x: f32, %n: i32, %c: i1) -> (i64, f32) {
  %0:2 = scf.while (%a = %x, %b = %n) : (f32, i32) -> (i64, f32) {
    %1 = arith.extsi %b : i32 to i64
    scf.condition(%c) %1, %a : i64, f32
  } do {
  ^bb0(%l: i64, %f: f32):
    %2 = arith.trunci %l : i64 to i32
    scf.yield %f, %2 : f32, i32
  }
  scf.while : () -> () {
    scf.condition(%c)
  } do {
    scf.yield
  }
  %3 = scf.while (%a = %x) : (f32) -> f32 {
    scf.condition(%c) %a : f32
  } do {
  ^bb0(%a: f32):
    scf.yield %a : f32
  } attributes {test.a}
  return %0#0, %3 : i64, f32
}
