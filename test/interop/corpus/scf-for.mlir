// Counted loops: with and without values, of any integer type, nested, with attributes.
func.func @f(%n: index, %x: f32, %m: memref<?xf32>, %i: i32) -> (f32, i32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %j = %c0 to %n step %c1 {
    scf.for %k = %j to %n step %c1 {
      memref.store %x, %m[%k] : memref<?xf32>
    } {test.inner}
  }
  %0 = scf.for %j = %c0 to %n step %c1 iter_args(%sum = %x) -> (f32) {
    %1 = memref.load %m[%j] : memref<?xf32>
    %2 = arith.addf %sum, %1 : f32
    scf.yield %2 : f32
  }
  %3:2 = scf.for %j = %i to %i step %i iter_args(%a = %x, %b = %i) -> (f32, i32) : i32 {
    scf.yield %a, %j : f32, i32
  } {test.outer = 1}
  scf.for %j = %c0 to %n step %c1 {
  }
  return %3#0, %3#1 : f32, i32
}
