// RUN:
// CASE: an operand list without its comma
// expected-error@+2 {{expected ','}}
func.func @main(%x: i64) -> i64 {
  %0 = arith.addi %x %x : i64
  return %0 : i64
}
// -----
// CASE: a region that is not closed
// expected-error@+3 {{expected}}
func.func @main(%x: i64) -> i64 {
  return %x : i64
// -----
// CASE: a type that does not exist
// expected-error@+1 {{f33}}
func.func @main(%x: f33) {
  return
}
// -----
// CASE: a shape with a hole
// expected-error@+1 {{expected}}
func.func @main(%x: tensor<2xx3xf32>) {
  return
}
// -----
// CASE: more names than results
// expected-error@+2 {{defines 1 result, but 2 are named}}
func.func @main(%x: i64) {
  %0, %1 = arith.addi %x, %x : i64
  return
}
// -----
// CASE: a name defined twice
// expected-error@+3 {{%0}}
func.func @main(%x: i64) {
  %0 = arith.addi %x, %x : i64
  %0 = arith.muli %x, %x : i64
  return
}
// -----
// CASE: a constant with a value too few
// expected-error@+2 {{expected}}
func.func @main() {
  %0 = arith.constant dense<[[1.0, 2.0], [3.0]]> : tensor<2x2xf32>
  return
}
// -----
// CASE: a number that does not fit its type
// expected-error@+2 {{does not fit}}
func.func @main() {
  %0 = arith.constant 300 : i8
  return
}
