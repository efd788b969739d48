// RUN: canonicalize
// CASE: a loop that never runs gives what it starts with
func.func @main(%x: f32) -> f32 {
  %one = arith.constant 1 : index
  %two = arith.constant 2 : index
  %0 = scf.for %i = %two to %one step %one iter_args(%c = %x) -> (f32) {
    %1 = func.call @step(%c, %i) : (f32, index) -> f32
    scf.yield %1 : f32
  }
  return %0 : f32
}
func.func private @step(f32, index) -> f32
// AFTER
module {
  func.func @main(%x: f32) -> f32 {
    return %x : f32
  }
  func.func private @step(f32, index) -> f32
}
// -----
// CASE: a loop that runs once is its body
func.func @main(%x: f32) -> f32 {
  %zero = arith.constant 0 : index
  %four = arith.constant 4 : index
  %eight = arith.constant 8 : index
  %0 = scf.for %i = %zero to %four step %eight iter_args(%c = %x) -> (f32) {
    %1 = func.call @step(%c, %i) : (f32, index) -> f32
    scf.yield %1 : f32
  }
  return %0 : f32
}
func.func private @step(f32, index) -> f32
// AFTER
module {
  func.func @main(%x: f32) -> f32 {
    %zero = arith.constant 0 : index
    %0 = call @step(%x, %zero) : (f32, index) -> f32
    return %0 : f32
  }
  func.func private @step(f32, index) -> f32
}
// -----
// CASE: a loop that runs twice stays
func.func @main(%x: f32) -> f32 {
  %zero = arith.constant 0 : index
  %five = arith.constant 5 : index
  %four = arith.constant 4 : index
  %0 = scf.for %i = %zero to %five step %four iter_args(%c = %x) -> (f32) {
    %1 = func.call @step(%c, %i) : (f32, index) -> f32
    scf.yield %1 : f32
  }
  return %0 : f32
}
func.func private @step(f32, index) -> f32
// AFTER
module {
  func.func @main(%x: f32) -> f32 {
    %zero = arith.constant 0 : index
    %five = arith.constant 5 : index
    %four = arith.constant 4 : index
    %0 = scf.for %i = %zero to %five step %four iter_args(%c = %x) -> (f32) {
      %1 = func.call @step(%c, %i) : (f32, index) -> f32
      scf.yield %1 : f32
    }
    return %0 : f32
  }
  func.func private @step(f32, index) -> f32
}
// -----
// CASE: a value that no iteration changes is not carried
func.func @main(%n: index, %x: f32, %y: f32) -> (f32, f32) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %0:2 = scf.for %i = %zero to %n step %one iter_args(%c = %x, %k = %y) -> (f32, f32) {
    %1 = func.call @step(%c, %k) : (f32, f32) -> f32
    scf.yield %1, %k : f32, f32
  }
  return %0#0, %0#1 : f32, f32
}
func.func private @step(f32, f32) -> f32
// AFTER
module {
  func.func @main(%n: index, %x: f32, %y: f32) -> (f32, f32) {
    %zero = arith.constant 0 : index
    %one = arith.constant 1 : index
    %0 = scf.for %i = %zero to %n step %one iter_args(%c = %x) -> (f32) {
      %1 = func.call @step(%c, %y) : (f32, f32) -> f32
      scf.yield %1 : f32
    }
    return %0, %y : f32, f32
  }
  func.func private @step(f32, f32) -> f32
}
// -----
// CASE: decided conditions
func.func @main(%x: f32) -> f32 {
  %true = arith.constant true
  %false = arith.constant false
  scf.if %false {
    func.call @never() : () -> ()
  }
  %0 = scf.if %true -> (f32) {
    %1 = func.call @then(%x) : (f32) -> f32
    scf.yield %1 : f32
  } else {
    %1 = func.call @else(%x) : (f32) -> f32
    scf.yield %1 : f32
  }
  return %0 : f32
}
func.func private @never()
func.func private @then(f32) -> f32
func.func private @else(f32) -> f32
// AFTER
module {
  func.func @main(%x: f32) -> f32 {
    %0 = call @then(%x) : (f32) -> f32
    return %0 : f32
  }
  func.func private @never()
  func.func private @then(f32) -> f32
  func.func private @else(f32) -> f32
}
// -----
// CASE: a condition whose branches yield the same
func.func @main(%c: i1, %x: f32) -> f32 {
  %0 = scf.if %c -> (f32) {
    scf.yield %x : f32
  } else {
    scf.yield %x : f32
  }
  return %0 : f32
}
// AFTER
module {
  func.func @main(%c: i1, %x: f32) -> f32 {
    return %x : f32
  }
}
// -----
// CASE: a region of one block
func.func @main(%x: f32) -> f32 {
  %0 = scf.execute_region -> f32 {
    %1 = func.call @inside(%x) : (f32) -> f32
    scf.yield %1 : f32
  }
  return %0 : f32
}
func.func private @inside(f32) -> f32
// AFTER
module {
  func.func @main(%x: f32) -> f32 {
    %0 = call @inside(%x) : (f32) -> f32
    return %0 : f32
  }
  func.func private @inside(f32) -> f32
}
// -----
// CASE: decided branches
func.func @main(%x: f32, %c: i1) -> f32 {
  %true = arith.constant true
  cf.assert %true, "holds"
  cf.cond_br %true, ^a(%x : f32), ^b
^a(%y: f32):
  cf.cond_br %c, ^c(%y : f32), ^c(%y : f32)
^b:
  cf.br ^c(%x : f32)
^c(%z: f32):
  return %z : f32
}
// AFTER
module {
  func.func @main(%x: f32, %c: i1) -> f32 {
    return %x : f32
  }
}
