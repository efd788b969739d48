// RUN: dce
// CASE: a chain that ends nowhere
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = tensor.exp %x : tensor<2xf32>
  %1 = tensor.relu %0 : tensor<2xf32>
  %2 = tensor.neg %x : tensor<2xf32>
  return %2 : tensor<2xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
    %0 = tensor.neg %x : tensor<2xf32>
    return %0 : tensor<2xf32>
  }
}
// -----
// CASE: writes and calls stay, reads whose value nobody uses do not
func.func private @callee()
func.func @main(%m: memref<4xf32>, %i: index, %x: f32) {
  %0 = memref.load %m[%i] : memref<4xf32>
  memref.store %x, %m[%i] : memref<4xf32>
  func.call @callee() : () -> ()
  return
}
// AFTER
module {
  func.func private @callee()
  func.func @main(%m: memref<4xf32>, %i: index, %x: f32) {
    memref.store %x, %m[%i] : memref<4xf32>
    call @callee() : () -> ()
    return
  }
}
// -----
// CASE: a loop that writes nothing
func.func @main(%n: index, %x: f32) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (f32) {
    %1 = arith.mulf %a, %x : f32
    scf.yield %1 : f32
  }
  return %x : f32
}
// AFTER
module {
  func.func @main(%n: index, %x: f32) -> f32 {
    return %x : f32
  }
}
// -----
// CASE: a block that cannot be reached, and what only it uses
func.func @main(%x: i32) -> i32 {
  %0 = arith.addi %x, %x : i32
  cf.br ^bb2
^bb1:
  %1 = arith.muli %0, %0 : i32
  cf.br ^bb1
^bb2:
  return %x : i32
}
// AFTER
module {
  func.func @main(%x: i32) -> i32 {
    cf.br ^bb1
  ^bb1:
    return %x : i32
  }
}
// -----
// CASE: what the body of a loop used last
func.func @main(%m: memref<4xf32>, %n: index, %x: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = arith.mulf %x, %x : f32
  scf.for %i = %c0 to %n step %c1 {
    %1 = arith.addf %0, %x : f32
    memref.store %x, %m[%i] : memref<4xf32>
  }
  return
}
// AFTER
module {
  func.func @main(%m: memref<4xf32>, %n: index, %x: f32) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    scf.for %i = %c0 to %n step %c1 {
      memref.store %x, %m[%i] : memref<4xf32>
    }
    return
  }
}
