// RUN: cse
// CASE: the second of two equal operations goes; operand order of a sum does not matter
func.func @main(%x: tensor<2xf32>, %y: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = tensor.add %x, %y : tensor<2xf32>, tensor<2xf32>
  %1 = tensor.add %y, %x : tensor<2xf32>, tensor<2xf32>
  %2 = tensor.sub %x, %y : tensor<2xf32>, tensor<2xf32>
  %3 = tensor.mul %0, %2 : tensor<2xf32>, tensor<2xf32>
  return %1, %3 : tensor<2xf32>, tensor<2xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<2xf32>, %y: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
    %0 = tensor.add %x, %y : tensor<2xf32>, tensor<2xf32>
    %1 = tensor.sub %x, %y : tensor<2xf32>, tensor<2xf32>
    %2 = tensor.mul %0, %1 : tensor<2xf32>, tensor<2xf32>
    return %0, %2 : tensor<2xf32>, tensor<2xf32>
  }
}
// -----
// CASE: operand order matters for a difference, attributes for a softmax
func.func @main(%x: tensor<2x2xf32>, %y: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
  %0 = tensor.sub %x, %y : tensor<2x2xf32>, tensor<2x2xf32>
  %1 = tensor.sub %y, %x : tensor<2x2xf32>, tensor<2x2xf32>
  %2 = tensor.softmax %x {axis = 0 : i64} : tensor<2x2xf32>
  %3 = tensor.softmax %x {axis = 1 : i64} : tensor<2x2xf32>
  return %0, %1, %2, %3 : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<2x2xf32>, %y: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
    %0 = tensor.sub %x, %y : tensor<2x2xf32>, tensor<2x2xf32>
    %1 = tensor.sub %y, %x : tensor<2x2xf32>, tensor<2x2xf32>
    %2 = tensor.softmax %x {axis = 0 : i64} : tensor<2x2xf32>
    %3 = tensor.softmax %x {axis = 1 : i64} : tensor<2x2xf32>
    return %0, %1, %2, %3 : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
  }
}
// -----
// CASE: reads of memory are not merged across a write, and an allocation is not another
func.func @main(%m: memref<4xf32>, %i: index, %x: f32) -> (f32, f32) {
  %a = memref.alloc() : memref<4xf32>
  %b = memref.alloc() : memref<4xf32>
  %0 = memref.load %m[%i] : memref<4xf32>
  memref.store %x, %m[%i] : memref<4xf32>
  %1 = memref.load %m[%i] : memref<4xf32>
  memref.store %0, %a[%i] : memref<4xf32>
  memref.store %1, %b[%i] : memref<4xf32>
  return %0, %1 : f32, f32
}
// AFTER
module {
  func.func @main(%m: memref<4xf32>, %i: index, %x: f32) -> (f32, f32) {
    %a = memref.alloc() : memref<4xf32>
    %b = memref.alloc() : memref<4xf32>
    %0 = memref.load %m[%i] : memref<4xf32>
    memref.store %x, %m[%i] : memref<4xf32>
    %1 = memref.load %m[%i] : memref<4xf32>
    memref.store %0, %a[%i] : memref<4xf32>
    memref.store %1, %b[%i] : memref<4xf32>
    return %0, %1 : f32, f32
  }
}
// -----
// CASE: what is computed outside a loop is seen inside; what is computed in one branch is not seen in the other
func.func @main(%n: index, %c: i1, %x: f32) -> f32 {
  %0 = arith.addf %x, %x : f32
  %1 = scf.if %c -> (f32) {
    %2 = arith.addf %x, %x : f32
    %3 = arith.mulf %2, %2 : f32
    scf.yield %3 : f32
  } else {
    %2 = arith.mulf %0, %0 : f32
    scf.yield %2 : f32
  }
  return %1 : f32
}
// AFTER
module {
  func.func @main(%n: index, %c: i1, %x: f32) -> f32 {
    %0 = arith.addf %x, %x : f32
    %1 = scf.if %c -> (f32) {
      %2 = arith.mulf %0, %0 : f32
      scf.yield %2 : f32
    } else {
      %2 = arith.mulf %0, %0 : f32
      scf.yield %2 : f32
    }
    return %1 : f32
  }
}
