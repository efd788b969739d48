// Parallel loops with and without reductions.
func.func @f(%n: index, %x: f32, %i: i32) -> (f32, i32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.parallel (%a) = (%c0) to (%n) step (%c1) {
    "test.use"(%a) : (index) -> ()
    scf.reduce
  }
  scf.parallel (%a, %b) = (%c0, %c0) to (%n, %n) step (%c1, %c1) {
    scf.parallel (%c) = (%a) to (%b) step (%c1) {
    } {test.inner}
  }
  %0:2 = scf.parallel (%a, %b) = (%c0, %c1) to (%n, %n) step (%c1, %c1) init (%x, %i) -> (f32, i32) {
    scf.reduce(%x, %i : f32, i32) {
    ^bb0(%l: f32, %r: f32):
      %1 = arith.addf %l, %r : f32
      scf.reduce.return %1 : f32
    }, {
    ^bb0(%l: i32, %r: i32):
      %1 = arith.muli %l, %r : i32
      scf.reduce.return %1 : i32
    }
  }
  return %0#0, %0#1 : f32, i32
}
