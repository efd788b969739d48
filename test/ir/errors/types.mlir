// RUN:
// CASE: operands of two types
// expected-error@+3 {{%y}}
func.func @main(%x: i64, %y: i32) {
  // The format gives one type for both operands.
  %0 = arith.addi %x, %y : i64
  return
}
// -----
// CASE: an element type that the op does not take
// expected-error@+2 {{operand 'input' must be a static tensor of floats, but got tensor<2xi32>}}
func.func @main(%x: tensor<2xi32>) {
  %0 = "tensor.exp"(%x) : (tensor<2xi32>) -> tensor<2xi32>
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
// CASE: a result of another shape than the op gives
// expected-error@+2 {{result 0 must be tensor<3x2xf32> by its operands and attributes, but is tensor<2x3xf32>}}
func.func @main(%x: tensor<2x3xf32>) {
  %0 = "tensor.transpose"(%x) <{permutation = array<i64: 1, 0>}> : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}
// -----
// CASE: channels that do not agree
// expected-error@+2 {{conv2d}}
func.func @main(%x: tensor<1x3x8x8xf32>, %w: tensor<4x2x3x3xf32>) {
  %0 = tensor.conv2d %x, %w : (tensor<1x3x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x6x6xf32>
  return
}
// -----
// CASE: a function that returns another type than it says
// expected-error@+2 {{returns values of type (i64), but the function's result types are (i32)}}
func.func @main(%x: i64) -> i32 {
  return %x : i64
}
// -----
// CASE: a call with other arguments
// expected-error@+3 {{takes (i64)}}
func.func private @callee(i64)
func.func @main(%x: i32) {
  func.call @callee(%x) : (i32) -> ()
  return
}
// -----
// CASE: a task whose region gives another type
// expected-error@+2 {{they must be the same}}
func.func @main(%x: tensor<2xf32>) -> tensor<3xf32> {
  %0 = fused.elementwise(%a = %x : tensor<2xf32>) -> tensor<3xf32> {
    %1 = tensor.relu %a : tensor<2xf32>
    fused.yield %1 : tensor<2xf32>
  }
  return %0 : tensor<3xf32>
}
