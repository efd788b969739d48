// RUN: reconcile-unrealized-casts
// CASE: casts there and back cancel out, a cast that nobody uses goes, one that is needed stays
func.func @main(%x: i64) -> (i64, index) {
  %0 = builtin.unrealized_conversion_cast %x : i64 to index
  %1 = builtin.unrealized_conversion_cast %0 : index to i64
  %2 = builtin.unrealized_conversion_cast %x : i64 to f32
  %3 = builtin.unrealized_conversion_cast %x : i64 to index
  return %1, %3 : i64, index
}
// AFTER
module {
  func.func @main(%x: i64) -> (i64, index) {
    %0 = builtin.unrealized_conversion_cast %x : i64 to index
    return %x, %0 : i64, index
  }
}
