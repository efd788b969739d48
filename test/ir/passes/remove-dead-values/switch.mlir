// RUN: builtin.module(remove-dead-values)
// CASE: what the cases of a switch pass for a dead argument goes
func.func @switch(%n: i32, %x: i32, %y: i32) -> i32 {
  %d = arith.muli %x, %y : i32
  cf.switch %n : i32, [
    default: ^end(%d, %y : i32, i32),
    1: ^other,
    2: ^end(%x, %x : i32, i32)
  ]
^other:
  cf.br ^end(%d, %x : i32, i32)
^end(%dead: i32, %used: i32):
  return %used : i32
}
// AFTER
module {
  func.func @switch(%n: i32, %x: i32, %y: i32) -> i32 {
    cf.switch %n : i32, [
      default: ^bb2(%y : i32),
      1: ^bb1,
      2: ^bb2(%x : i32)
    ]
  ^bb1:
    cf.br ^bb2(%x : i32)
  ^bb2(%used: i32):
    return %used : i32
  }
}
