// RUN: builtin.module(inline{max-operations=2})
// CASE: larger bodies stay calls; the caller is cleaned where something was inlined
func.func private @small(%x: i32) -> i32 {
  %c0 = arith.constant 0 : i32
  return %c0 : i32
}
func.func private @large(%x: i32) -> i32 {
  %a = arith.addi %x, %x : i32
  %b = arith.muli %a, %a : i32
  return %b : i32
}
func.func @main(%x: i32) -> i32 {
  %a = call @small(%x) : (i32) -> i32
  %b = call @large(%x) : (i32) -> i32
  %c = arith.addi %a, %b : i32
  return %c : i32
}
// AFTER
module {
  func.func private @large(%x: i32) -> i32 {
    %a = arith.addi %x, %x : i32
    %b = arith.muli %a, %a : i32
    return %b : i32
  }
  func.func @main(%x: i32) -> i32 {
    %b = call @large(%x) : (i32) -> i32
    return %b : i32
  }
}
