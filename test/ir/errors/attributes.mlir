// RUN:
// CASE: an attribute that is missing
// expected-error@+2 {{needs the attribute 'permutation'}}
func.func @main(%x: tensor<2x3xf32>) {
  %0 = "tensor.transpose"(%x) : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}
// -----
// CASE: an attribute of another kind
// expected-error@+2 {{attribute 'axis' must be an integer attribute of type i64, but got "one"}}
func.func @main(%x: tensor<2x3xf32>) {
  %0 = "tensor.softmax"(%x) <{axis = "one"}> : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}
// -----
// CASE: a word that is none of those that it may be
// expected-error@+2 {{"constant", "reflect", "edge", "wrap"}}
func.func @main(%x: tensor<2xf32>) {
  %0 = "tensor.static_pad"(%x) <{low = array<i64: 1>, high = array<i64: 1>, mode = "mirror", value = 0.0 : f64}> : (tensor<2xf32>) -> tensor<4xf32>
  return
}
// -----
// CASE: an axis outside the shape
// expected-error@+2 {{an axis from 0 to 1 for rank 2}}
func.func @main(%x: tensor<2x3xf32>) {
  %0 = tensor.softmax %x {axis = 2 : i64} : tensor<2x3xf32>
  return
}
// -----
// CASE: a list that is not a permutation
// expected-error@+2 {{transpose}}
func.func @main(%x: tensor<2x3xf32>) {
  %0 = tensor.transpose %x {permutation = array<i64: 0, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}
// -----
// CASE: a symbol that two functions have
// expected-error@+4 {{redefines the symbol @same}}
func.func @same() {
  return
}
func.func @same() {
  return
}
