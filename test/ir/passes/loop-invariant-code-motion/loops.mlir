// RUN: builtin.module(loop-invariant-code-motion)
// CASE: arithmetic on values from outside leaves both loops
func.func @nested(%n: index, %x: i32, %y: i32) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (i32) {
    %s = scf.for %j = %c0 to %n step %c1 iter_args(%b = %a) -> (i32) {
      %p = arith.muli %x, %y : i32
      %q = arith.addi %p, %a : i32
      %t = arith.addi %b, %q : i32
      scf.yield %t : i32
    }
    scf.yield %s : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func @nested(%n: index, %x: i32, %y: i32) -> i32 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %p = arith.muli %x, %y : i32
    %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (i32) {
      %q = arith.addi %p, %a : i32
      %s = scf.for %j = %c0 to %n step %c1 iter_args(%b = %a) -> (i32) {
        %t = arith.addi %b, %q : i32
        scf.yield %t : i32
      }
      scf.yield %s : i32
    }
    return %r : i32
  }
}
// -----
// CASE: division by a number that may be zero stays; by a constant that is not, it goes
func.func @division(%n: index, %x: i32, %y: i32) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : i32
  %cm1 = arith.constant -1 : i32
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (i32) {
    %p = arith.divsi %x, %y : i32
    %q = arith.divsi %x, %c7 : i32
    %o = arith.remsi %x, %cm1 : i32
    %s = arith.addi %p, %q : i32
    %t = arith.addi %s, %o : i32
    scf.yield %t : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func @division(%n: index, %x: i32, %y: i32) -> i32 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c7 = arith.constant 7 : i32
    %cm1 = arith.constant -1 : i32
    %q = arith.divsi %x, %c7 : i32
    %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (i32) {
      %p = arith.divsi %x, %y : i32
      %o = arith.remsi %x, %cm1 : i32
      %s = arith.addi %p, %q : i32
      %t = arith.addi %s, %o : i32
      scf.yield %t : i32
    }
    return %r : i32
  }
}
// -----
// CASE: a read goes where nothing in the loop writes and the loop surely runs
func.func @reads(%m: memref<4xi32>, %n: index, %x: i32) -> (i32, i32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%a = %x) -> (i32) {
    %l = memref.load %m[%c1] : memref<4xi32>
    %t = arith.addi %a, %l : i32
    scf.yield %t : i32
  }
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (i32) {
    %l = memref.load %m[%c1] : memref<4xi32>
    %t = arith.addi %a, %l : i32
    scf.yield %t : i32
  }
  return %r, %s : i32, i32
}
// AFTER
module {
  func.func @reads(%m: memref<4xi32>, %n: index, %x: i32) -> (i32, i32) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %l = memref.load %m[%c1] : memref<4xi32>
    %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%a = %x) -> (i32) {
      %t = arith.addi %a, %l : i32
      scf.yield %t : i32
    }
    %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (i32) {
      %l_0 = memref.load %m[%c1] : memref<4xi32>
      %t = arith.addi %a, %l_0 : i32
      scf.yield %t : i32
    }
    return %r, %s : i32, i32
  }
}
// -----
// CASE: a read stays where the loop writes, unless to another allocation
func.func @writes(%m: memref<4xi32>, %x: i32) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %a = memref.alloc() : memref<4xi32>
  %b = memref.alloc() : memref<4xi32>
  memref.store %x, %a[%c1] : memref<4xi32>
  %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%s = %x) -> (i32) {
    %l = memref.load %a[%c1] : memref<4xi32>
    memref.store %s, %b[%i] : memref<4xi32>
    %t = arith.addi %s, %l : i32
    scf.yield %t : i32
  }
  %q = scf.for %i = %c0 to %c4 step %c1 iter_args(%s = %x) -> (i32) {
    %l = memref.load %m[%c1] : memref<4xi32>
    memref.store %s, %b[%i] : memref<4xi32>
    %t = arith.addi %s, %l : i32
    scf.yield %t : i32
  }
  %o = arith.addi %r, %q : i32
  return %o : i32
}
// AFTER
module {
  func.func @writes(%m: memref<4xi32>, %x: i32) -> i32 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %a = memref.alloc() : memref<4xi32>
    %b = memref.alloc() : memref<4xi32>
    memref.store %x, %a[%c1] : memref<4xi32>
    %l = memref.load %a[%c1] : memref<4xi32>
    %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%s = %x) -> (i32) {
      memref.store %s, %b[%i] : memref<4xi32>
      %t = arith.addi %s, %l : i32
      scf.yield %t : i32
    }
    %q = scf.for %i = %c0 to %c4 step %c1 iter_args(%s = %x) -> (i32) {
      %l_0 = memref.load %m[%c1] : memref<4xi32>
      memref.store %s, %b[%i] : memref<4xi32>
      %t = arith.addi %s, %l_0 : i32
      scf.yield %t : i32
    }
    %o = arith.addi %r, %q : i32
    return %o : i32
  }
}
// -----
// CASE: a read under a condition stays
func.func @conditional(%m: memref<4xi32>, %c: i1, %j: index, %x: i32) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%s = %x) -> (i32) {
    %t = scf.if %c -> (i32) {
      %l = memref.load %m[%j] : memref<4xi32>
      scf.yield %l : i32
    } else {
      scf.yield %s : i32
    }
    scf.yield %t : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func @conditional(%m: memref<4xi32>, %c: i1, %j: index, %x: i32) -> i32 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%s = %x) -> (i32) {
      %t = scf.if %c -> (i32) {
        %l = memref.load %m[%j] : memref<4xi32>
        scf.yield %l : i32
      } else {
        scf.yield %s : i32
      }
      scf.yield %t : i32
    }
    return %r : i32
  }
}
// -----
// CASE: a whole conditional goes where all in it may
func.func @whole(%n: index, %c: i1, %x: i32) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (i32) {
    %t = scf.if %c -> (i32) {
      %d = arith.addi %x, %x : i32
      scf.yield %d : i32
    } else {
      scf.yield %x : i32
    }
    %u = arith.addi %s, %t : i32
    scf.yield %u : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func @whole(%n: index, %c: i1, %x: i32) -> i32 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %t = scf.if %c -> (i32) {
      %d = arith.addi %x, %x : i32
      scf.yield %d : i32
    } else {
      scf.yield %x : i32
    }
    %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (i32) {
      %u = arith.addi %s, %t : i32
      scf.yield %u : i32
    }
    return %r : i32
  }
}
// -----
// CASE: out of both regions of a while
func.func @while(%n: i32, %x: i32) -> i32 {
  %r = scf.while (%v = %x) : (i32) -> i32 {
    %limit = arith.muli %n, %n : i32
    %more = arith.cmpi slt, %v, %limit : i32
    scf.condition(%more) %v : i32
  } do {
  ^bb0(%w: i32):
    %step = arith.addi %n, %x : i32
    %next = arith.addi %w, %step : i32
    scf.yield %next : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func @while(%n: i32, %x: i32) -> i32 {
    %limit = arith.muli %n, %n : i32
    %step = arith.addi %n, %x : i32
    %r = scf.while (%v = %x) : (i32) -> i32 {
      %more = arith.cmpi slt, %v, %limit : i32
      scf.condition(%more) %v : i32
    } do {
    ^bb0(%w: i32):
      %next = arith.addi %w, %step : i32
      scf.yield %next : i32
    }
    return %r : i32
  }
}
// -----
// CASE: out of a parallel loop
func.func @parallel(%m: memref<8xi32>, %x: i32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %y = arith.muli %x, %x : i32
    memref.store %y, %m[%i] : memref<8xi32>
    scf.reduce
  }
  return
}
// AFTER
module {
  func.func @parallel(%m: memref<8xi32>, %x: i32) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c8 = arith.constant 8 : index
    %y = arith.muli %x, %x : i32
    scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
      memref.store %y, %m[%i] : memref<8xi32>
      scf.reduce
    }
    return
  }
}
// -----
// CASE: a call is not known to be harmless
func.func private @unknown(i32) -> i32
func.func @call(%n: index, %x: i32) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (i32) {
    %t = func.call @unknown(%x) : (i32) -> i32
    scf.yield %t : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func private @unknown(i32) -> i32
  func.func @call(%n: index, %x: i32) -> i32 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (i32) {
      %t = func.call @unknown(%x) : (i32) -> i32
      scf.yield %t : i32
    }
    return %r : i32
  }
}
// -----
// CASE: a whole tensor operation goes, one on buffers stays; a size goes where the dimension is known to exist
func.func @tensors(%n: index, %t: tensor<4xf32>, %d: tensor<?xf32>, %m: memref<4xf32>, %k: index) -> (tensor<4xf32>, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %t, %s = %c0) -> (tensor<4xf32>, index) {
    %e = tensor.empty() : tensor<4xf32>
    %u = linalg.map ins(%t : tensor<4xf32>) outs(%e : tensor<4xf32>)
      (%x: f32) {
        %y = arith.addf %x, %x : f32
        linalg.yield %y : f32
      }
    linalg.map ins(%m : memref<4xf32>) outs(%m : memref<4xf32>)
      (%x: f32) {
        %y = arith.addf %x, %x : f32
        linalg.yield %y : f32
      }
    %size = tensor.dim %d, %c0 : tensor<?xf32>
    %other = tensor.dim %d, %k : tensor<?xf32>
    %v = linalg.map ins(%a, %u : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>)
      (%x: f32, %z: f32) {
        %y = arith.addf %x, %z : f32
        linalg.yield %y : f32
      }
    %w = arith.addi %size, %other : index
    scf.yield %v, %w : tensor<4xf32>, index
  }
  return %r#0, %r#1 : tensor<4xf32>, index
}
// AFTER
module {
  func.func @tensors(%n: index, %t: tensor<4xf32>, %d: tensor<?xf32>, %m: memref<4xf32>, %k: index) -> (tensor<4xf32>, index) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %e = tensor.empty() : tensor<4xf32>
    %u = linalg.map ins(%t : tensor<4xf32>) outs(%e : tensor<4xf32>)
      (%x: f32) {
        %y = arith.addf %x, %x : f32
        linalg.yield %y : f32
      }
    %size = tensor.dim %d, %c0 : tensor<?xf32>
    %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %t, %s = %c0) -> (tensor<4xf32>, index) {
      linalg.map ins(%m : memref<4xf32>) outs(%m : memref<4xf32>)
        (%x: f32) {
          %y = arith.addf %x, %x : f32
          linalg.yield %y : f32
        }
      %other = tensor.dim %d, %k : tensor<?xf32>
      %v = linalg.map { arith.addf } ins(%a, %u : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>)
      %w = arith.addi %size, %other : index
      scf.yield %v, %w : tensor<4xf32>, index
    }
    return %r#0, %r#1 : tensor<4xf32>, index
  }
}
