// RUN: canonicalize{enable-patterns=constant-to-the-right-of-addi,join-constants-of-addi disable-patterns=join-constants-of-addi}
// CASE: only the patterns that are named; folds are no patterns
func.func @main(%x: i32) -> (i32, i32, i32) {
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %0 = arith.addi %c1, %x : i32
  %1 = arith.addi %0, %c2 : i32
  %2 = arith.muli %c2, %x : i32
  %3 = arith.addi %c1, %c2 : i32
  return %1, %2, %3 : i32, i32, i32
}
// AFTER
module {
  func.func @main(%x: i32) -> (i32, i32, i32) {
    %c1 = arith.constant 1 : i32
    %c2 = arith.constant 2 : i32
    %0 = arith.constant 3 : i32
    %1 = arith.addi %x, %c1 : i32
    %2 = arith.addi %1, %c2 : i32
    %3 = arith.muli %c2, %x : i32
    return %2, %3, %0 : i32, i32, i32
  }
}
