// Conditions: with and without else and results, nested, empty.
func.func @f(%c: i1, %d: i1, %x: f32, %y: f32) -> f32 {
  scf.if %c {
    "test.then"() : () -> ()
  }
  scf.if %c {
    "test.then"() : () -> ()
  } else {
    "test.else"() : () -> ()
  } {test.a}
  %0 = scf.if %c -> (f32) {
    scf.yield %x : f32
  } else {
    %1:2 = scf.if %d -> (f32, i1) {
      scf.yield %x, %c : f32, i1
    } else {
      scf.yield %y, %d : f32, i1
    }
    scf.yield %1#0 : f32
  }
  scf.if %d {
  }
  return %0 : f32
}
