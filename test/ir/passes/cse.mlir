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
// -----
// CASE: reads with no write between are one; a write, or a call that may write, keeps them apart
func.func private @unknown()
func.func @main(%m: memref<4xf32>, %n: memref<4xf32>, %i: index) -> (f32, f32, f32, f32) {
  %0 = memref.load %m[%i] : memref<4xf32>
  %1 = memref.load %m[%i] : memref<4xf32>
  memref.store %0, %n[%i] : memref<4xf32>
  %2 = memref.load %m[%i] : memref<4xf32>
  func.call @unknown() : () -> ()
  %3 = memref.load %m[%i] : memref<4xf32>
  return %0, %1, %2, %3 : f32, f32, f32, f32
}
// AFTER
module {
  func.func private @unknown()
  func.func @main(%m: memref<4xf32>, %n: memref<4xf32>, %i: index) -> (f32, f32, f32, f32) {
    %0 = memref.load %m[%i] : memref<4xf32>
    memref.store %0, %n[%i] : memref<4xf32>
    %1 = memref.load %m[%i] : memref<4xf32>
    call @unknown() : () -> ()
    %2 = memref.load %m[%i] : memref<4xf32>
    return %0, %0, %1, %2 : f32, f32, f32, f32
  }
}
// -----
// CASE: a read is not moved out of what may run never
func.func @main(%m: memref<4xf32>, %c: i1, %i: index, %x: f32) -> (f32, f32) {
  %0 = scf.if %c -> (f32) {
    %1 = memref.load %m[%i] : memref<4xf32>
    scf.yield %1 : f32
  } else {
    scf.yield %x : f32
  }
  %2 = memref.load %m[%i] : memref<4xf32>
  return %0, %2 : f32, f32
}
// AFTER
module {
  func.func @main(%m: memref<4xf32>, %c: i1, %i: index, %x: f32) -> (f32, f32) {
    %0 = scf.if %c -> (f32) {
      %2 = memref.load %m[%i] : memref<4xf32>
      scf.yield %2 : f32
    } else {
      scf.yield %x : f32
    }
    %1 = memref.load %m[%i] : memref<4xf32>
    return %0, %1 : f32, f32
  }
}
// -----
// CASE: equal loops and conditions without effects are one
func.func @main(%n: index, %c: i1, %x: f32) -> (f32, f32, f32, f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (f32) {
    %s = scf.if %c -> (f32) {
      %p = arith.mulf %a, %x : f32
      scf.yield %p : f32
    } else {
      scf.yield %a : f32
    }
    scf.yield %s : f32
  }
  %1 = scf.for %j = %c0 to %n step %c1 iter_args(%b = %x) -> (f32) {
    %t = scf.if %c -> (f32) {
      %q = arith.mulf %x, %b : f32
      scf.yield %q : f32
    } else {
      scf.yield %b : f32
    }
    scf.yield %t : f32
  }
  %2 = scf.for %j = %c0 to %n step %c1 iter_args(%b = %x) -> (f32) {
    %q = arith.mulf %b, %x : f32
    scf.yield %q : f32
  }
  %3 = scf.for %j = %c0 to %n step %c1 iter_args(%b = %x) -> (f32) {
    %q = arith.mulf %b, %x : f32
    scf.yield %q : f32
  }
  return %0, %1, %2, %3 : f32, f32, f32, f32
}
// AFTER
module {
  func.func @main(%n: index, %c: i1, %x: f32) -> (f32, f32, f32, f32) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %0 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (f32) {
      %s = scf.if %c -> (f32) {
        %p = arith.mulf %a, %x : f32
        scf.yield %p : f32
      } else {
        scf.yield %a : f32
      }
      scf.yield %s : f32
    }
    %1 = scf.for %j = %c0 to %n step %c1 iter_args(%b = %x) -> (f32) {
      %q = arith.mulf %b, %x : f32
      scf.yield %q : f32
    }
    return %0, %0, %1, %1 : f32, f32, f32, f32
  }
}
// -----
// CASE: along the dominator tree, and not between blocks of which neither dominates the other
func.func @main(%c: i1, %x: i32, %y: i32) -> (i32, i32) {
  %0 = arith.addi %x, %y : i32
  cf.cond_br %c, ^bb1, ^bb2
^bb1:
  %1 = arith.muli %x, %y : i32
  %2 = arith.addi %x, %y : i32
  cf.br ^bb3(%1, %2 : i32, i32)
^bb2:
  %3 = arith.muli %x, %y : i32
  %4 = arith.addi %y, %x : i32
  cf.br ^bb3(%3, %4 : i32, i32)
^bb3(%a: i32, %b: i32):
  %5 = arith.addi %x, %y : i32
  %6 = arith.addi %5, %b : i32
  return %a, %6 : i32, i32
}
// AFTER
module {
  func.func @main(%c: i1, %x: i32, %y: i32) -> (i32, i32) {
    %0 = arith.addi %x, %y : i32
    cf.cond_br %c, ^bb1, ^bb2
  ^bb1:
    %1 = arith.muli %x, %y : i32
    cf.br ^bb3(%1, %0 : i32, i32)
  ^bb2:
    %2 = arith.muli %x, %y : i32
    cf.br ^bb3(%2, %0 : i32, i32)
  ^bb3(%a: i32, %b: i32):
    %3 = arith.addi %0, %b : i32
    return %a, %3 : i32, i32
  }
}
// -----
// CASE: a nested function sees nothing of what is around it
module {
  %0 = arith.constant 1 : i32
  %1 = arith.constant 1 : i32
  func.func @main() -> i32 {
    %2 = arith.constant 1 : i32
    return %2 : i32
  }
}
// AFTER
module {
  %0 = arith.constant 1 : i32
  func.func @main() -> i32 {
    %1 = arith.constant 1 : i32
    return %1 : i32
  }
}
