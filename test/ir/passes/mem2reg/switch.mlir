// RUN: builtin.module(mem2reg)
// CASE: the cases of a switch pass the value
func.func @switch(%n: i32, %x: i32, %y: i32) -> i32 {
  %m = memref.alloca() : memref<i32>
  memref.store %x, %m[] : memref<i32>
  cf.switch %n : i32, [
    default: ^end(%y : i32),
    1: ^write,
    2: ^end(%x : i32)
  ]
^write:
  memref.store %y, %m[] : memref<i32>
  cf.br ^end(%x : i32)
^end(%p: i32):
  %r = memref.load %m[] : memref<i32>
  %s = arith.addi %r, %p : i32
  return %s : i32
}
// AFTER
module {
  func.func @switch(%n: i32, %x: i32, %y: i32) -> i32 {
    cf.switch %n : i32, [
      default: ^bb2(%y, %x : i32, i32),
      1: ^bb1,
      2: ^bb2(%x, %x : i32, i32)
    ]
  ^bb1:
    cf.br ^bb2(%x, %y : i32, i32)
  ^bb2(%p: i32, %0: i32):
    %s = arith.addi %0, %p : i32
    return %s : i32
  }
}
