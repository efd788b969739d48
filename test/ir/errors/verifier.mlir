// RUN:
// CASE: a use before its definition in the text
// expected-error@+2 {{use of undeclared SSA value}}
func.func @main() -> i32 {
  return %x : i32
}
// -----
// CASE: an op that no dialect has
// expected-error@+2 {{'tensor.frobnicate'}}
func.func @main(%x: tensor<2xf32>) {
  %0 = "tensor.frobnicate"(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
// CASE: shapes that do not broadcast
// expected-error@+2 {{broadcast}}
func.func @main(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  %0 = tensor.add %x, %y : tensor<2xf32>, tensor<3xf32>
  return
}
// -----
// CASE: a wrong element type
// expected-error@+2 {{must be}}
func.func @main(%x: tensor<2xi32>) {
  %0 = "tensor.exp"(%x) : (tensor<2xi32>) -> tensor<2xi32>
  return
}
// -----
// CASE: a function that returns another type than it says
// expected-error@+2 {{type}}
func.func @main(%x: i64) -> i32 {
  return %x : i64
}
// -----
// CASE: syntax
// expected-error@+2 {{expected}}
func.func @main(%x: i64) -> i64 {
  %0 = arith.addi %x %x : i64
  return %0 : i64
}
