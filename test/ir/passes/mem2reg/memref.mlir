// RUN: builtin.module(mem2reg)
// CASE: a variable in straight code
func.func @straight(%x: i32) -> i32 {
  %m = memref.alloca() : memref<i32>
  memref.store %x, %m[] : memref<i32>
  %a = memref.load %m[] : memref<i32>
  %b = arith.addi %a, %a : i32
  memref.store %b, %m[] : memref<i32>
  %c = memref.load %m[] : memref<i32>
  return %c : i32
}
// AFTER
module {
  func.func @straight(%x: i32) -> i32 {
    %b = arith.addi %x, %x : i32
    return %b : i32
  }
}
// -----
// CASE: what is read before it is written is zero
func.func @unwritten() -> f32 {
  %m = memref.alloca() : memref<f32>
  %a = memref.load %m[] : memref<f32>
  return %a : f32
}
// AFTER
module {
  func.func @unwritten() -> f32 {
    %0 = arith.constant 0.0 : f32
    return %0 : f32
  }
}
// -----
// CASE: block arguments stand where values meet and are needed, and nowhere else
func.func @diamond(%c: i1, %x: i32, %y: i32) -> i32 {
  %m = memref.alloca() : memref<i32>
  memref.store %x, %m[] : memref<i32>
  cf.cond_br %c, ^a, ^b
^a:
  memref.store %y, %m[] : memref<i32>
  cf.br ^join
^b:
  cf.br ^join
^join:
  %r = memref.load %m[] : memref<i32>
  memref.store %x, %m[] : memref<i32>
  cf.cond_br %c, ^end, ^end
^end:
  return %r : i32
}
// AFTER
module {
  func.func @diamond(%c: i1, %x: i32, %y: i32) -> i32 {
    cf.cond_br %c, ^bb1, ^bb2
  ^bb1:
    cf.br ^bb3(%y : i32)
  ^bb2:
    cf.br ^bb3(%x : i32)
  ^bb3(%0: i32):
    cf.cond_br %c, ^bb4, ^bb4
  ^bb4:
    return %0 : i32
  }
}
// -----
// CASE: around a loop between blocks
func.func @loop(%n: i32) -> i32 {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %i = memref.alloca() : memref<i32>
  %s = memref.alloca() : memref<1xi32>
  %z = arith.constant 0 : index
  memref.store %c0, %i[] : memref<i32>
  memref.store %c0, %s[%z] : memref<1xi32>
  cf.br ^head
^head:
  %a = memref.load %i[] : memref<i32>
  %more = arith.cmpi slt, %a, %n : i32
  cf.cond_br %more, ^body, ^exit
^body:
  %b = memref.load %s[%z] : memref<1xi32>
  %t = arith.addi %b, %a : i32
  memref.store %t, %s[%z] : memref<1xi32>
  %next = arith.addi %a, %c1 : i32
  memref.store %next, %i[] : memref<i32>
  cf.br ^head
^exit:
  %r = memref.load %s[%z] : memref<1xi32>
  return %r : i32
}
// AFTER
module {
  func.func @loop(%n: i32) -> i32 {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %z = arith.constant 0 : index
    cf.br ^bb1(%c0, %c0 : i32, i32)
  ^bb1(%0: i32, %1: i32):
    %more = arith.cmpi slt, %0, %n : i32
    cf.cond_br %more, ^bb2, ^bb3
  ^bb2:
    %t = arith.addi %1, %0 : i32
    %next = arith.addi %0, %c1 : i32
    cf.br ^bb1(%next, %t : i32, i32)
  ^bb3:
    return %1 : i32
  }
}
// -----
// CASE: irreducible control flow
func.func @irreducible(%c: i1, %x: i32, %y: i32) -> i32 {
  %m = memref.alloca() : memref<i32>
  memref.store %x, %m[] : memref<i32>
  cf.cond_br %c, ^a, ^b
^a:
  %v = memref.load %m[] : memref<i32>
  %w = arith.addi %v, %y : i32
  memref.store %w, %m[] : memref<i32>
  cf.cond_br %c, ^b, ^exit
^b:
  %p = memref.load %m[] : memref<i32>
  %q = arith.muli %p, %y : i32
  memref.store %q, %m[] : memref<i32>
  cf.cond_br %c, ^a, ^exit
^exit:
  %r = memref.load %m[] : memref<i32>
  return %r : i32
}
// AFTER
module {
  func.func @irreducible(%c: i1, %x: i32, %y: i32) -> i32 {
    cf.cond_br %c, ^bb1(%x : i32), ^bb2(%x : i32)
  ^bb1(%0: i32):
    %w = arith.addi %0, %y : i32
    cf.cond_br %c, ^bb2(%w : i32), ^bb3(%w : i32)
  ^bb2(%1: i32):
    %q = arith.muli %1, %y : i32
    cf.cond_br %c, ^bb1(%q : i32), ^bb3(%q : i32)
  ^bb3(%2: i32):
    return %2 : i32
  }
}
// -----
// CASE: through loops and conditions, which carry the value
func.func @structured(%n: index, %c: i1, %x: i32) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = memref.alloca() : memref<i32>
  memref.store %x, %m[] : memref<i32>
  scf.for %i = %c0 to %n step %c1 {
    scf.if %c {
      %a = memref.load %m[] : memref<i32>
      %b = arith.addi %a, %x : i32
      memref.store %b, %m[] : memref<i32>
    }
  }
  %r = memref.load %m[] : memref<i32>
  return %r : i32
}
// AFTER
module {
  func.func @structured(%n: index, %c: i1, %x: i32) -> i32 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %0 = scf.for %i = %c0 to %n step %c1 iter_args(%arg4 = %x) -> (i32) {
      %1 = scf.if %c -> (i32) {
        %b = arith.addi %arg4, %x : i32
        scf.yield %b : i32
      } else {
        scf.yield %arg4 : i32
      }
      scf.yield %1 : i32
    }
    return %0 : i32
  }
}
// -----
// CASE: through both regions of a while
func.func @while(%n: i32) -> i32 {
  %c1 = arith.constant 1 : i32
  %m = memref.alloca() : memref<i32>
  memref.store %c1, %m[] : memref<i32>
  scf.while : () -> () {
    %a = memref.load %m[] : memref<i32>
    %more = arith.cmpi slt, %a, %n : i32
    scf.condition(%more)
  } do {
    %b = memref.load %m[] : memref<i32>
    %d = arith.addi %b, %b : i32
    memref.store %d, %m[] : memref<i32>
    scf.yield
  }
  %r = memref.load %m[] : memref<i32>
  return %r : i32
}
// AFTER
module {
  func.func @while(%n: i32) -> i32 {
    %c1 = arith.constant 1 : i32
    %0 = scf.while (%arg1 = %c1) : (i32) -> i32 {
      %more = arith.cmpi slt, %arg1, %n : i32
      scf.condition(%more) %arg1 : i32
    } do {
    ^bb0(%arg1: i32):
      %d = arith.addi %arg1, %arg1 : i32
      scf.yield %d : i32
    }
    return %0 : i32
  }
}
// -----
// CASE: a fresh variable in every turn
func.func @inside(%n: index, %x: i32) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (i32) {
    %m = memref.alloca() : memref<i32>
    memref.store %s, %m[] : memref<i32>
    %a = memref.load %m[] : memref<i32>
    %t = arith.addi %a, %x : i32
    scf.yield %t : i32
  }
  return %r : i32
}
// AFTER
module {
  func.func @inside(%n: index, %x: i32) -> i32 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (i32) {
      %t = arith.addi %s, %x : i32
      scf.yield %t : i32
    }
    return %r : i32
  }
}
// -----
// CASE: what escapes stays, as does what is larger than one element
func.func private @take(memref<i32>)
func.func @escapes(%x: i32, %i: index) -> (i32, i32) {
  %m = memref.alloca() : memref<i32>
  memref.store %x, %m[] : memref<i32>
  func.call @take(%m) : (memref<i32>) -> ()
  %a = memref.load %m[] : memref<i32>
  %n = memref.alloca() : memref<2xi32>
  memref.store %x, %n[%i] : memref<2xi32>
  %b = memref.load %n[%i] : memref<2xi32>
  return %a, %b : i32, i32
}
// AFTER
module {
  func.func private @take(memref<i32>)
  func.func @escapes(%x: i32, %i: index) -> (i32, i32) {
    %m = memref.alloca() : memref<i32>
    memref.store %x, %m[] : memref<i32>
    call @take(%m) : (memref<i32>) -> ()
    %a = memref.load %m[] : memref<i32>
    %n = memref.alloca() : memref<2xi32>
    memref.store %x, %n[%i] : memref<2xi32>
    %b = memref.load %n[%i] : memref<2xi32>
    return %a, %b : i32, i32
  }
}
// -----
// CASE: uses in blocks that nothing reaches
func.func @unreachable(%x: i32) -> i32 {
  %m = memref.alloca() : memref<i32>
  memref.store %x, %m[] : memref<i32>
  %r = memref.load %m[] : memref<i32>
  return %r : i32
^dead:
  %a = memref.load %m[] : memref<i32>
  %b = arith.addi %a, %x : i32
  memref.store %b, %m[] : memref<i32>
  cf.br ^dead
}
// AFTER
module {
  func.func @unreachable(%x: i32) -> i32 {
    %0 = arith.constant 0 : i32
    return %x : i32
  ^bb1:
    %b = arith.addi %0, %x : i32
    cf.br ^bb1
  }
}
// -----
// CASE: a parallel loop does not carry values
func.func @parallel(%n: index, %x: i32) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = memref.alloca() : memref<i32>
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    memref.store %x, %m[] : memref<i32>
    scf.reduce
  }
  %r = memref.load %m[] : memref<i32>
  return %r : i32
}
// AFTER
module {
  func.func @parallel(%n: index, %x: i32) -> i32 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %m = memref.alloca() : memref<i32>
    scf.parallel (%i) = (%c0) to (%n) step (%c1) {
      memref.store %x, %m[] : memref<i32>
      scf.reduce
    }
    %r = memref.load %m[] : memref<i32>
    return %r : i32
  }
}
