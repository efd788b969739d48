// RUN:
// CASE: an op of a dialect that is loaded, but does not have it
// expected-error@+2 {{'tensor.frobnicate'}}
func.func @main(%x: tensor<2xf32>) {
  %0 = "tensor.frobnicate"(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
// CASE: an op of a dialect that is not loaded
// expected-error@+2 {{'mine.op'}}
func.func @main(%x: tensor<2xf32>) {
  %0 = "mine.op"(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
// CASE: the custom form of an unknown op cannot even be read
// expected-error@+2 {{tensor.frobnicate}}
func.func @main(%x: tensor<2xf32>) {
  %0 = tensor.frobnicate %x : tensor<2xf32>
  return
}
// -----
// CASE: a type of a dialect that is not loaded
// expected-error@+1 {{mine}}
func.func @main(%x: !mine.type) {
  return
}
