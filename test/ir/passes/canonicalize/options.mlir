// RUN: canonicalize{region-simplify=disabled}
// CASE: blocks stay as they are
func.func @main(%x: i32) -> i32 {
  %0 = arith.addi %x, %x : i32
  cf.br ^bb1
^bb1:
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
