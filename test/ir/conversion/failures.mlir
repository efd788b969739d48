// RUN: loops-to-llvm
// CASE: the pattern that was tried, and its reason
func.func @main(%x: f32) {
  // expected-error@+1 {{tried arith-truncf-to-llvm: the rounding mode toward_zero has no instruction}}
  %r = arith.truncf %x toward_zero : f32 to f16
  return
}
// -----
// CASE: an op that nothing converts, and ops of that name that are
func.func @main(%x: f32) {
  %zero = arith.constant 0 : index
  // expected-error@+1 {{no pattern is known for 'tensor.insert'; there are patterns for 'vector.insert'}}
  %empty = arith.constant dense<0.0> : tensor<4xf32>
  %r = tensor.insert %x into %empty[%zero] : tensor<4xf32>
  return
}
// -----
// CASE: every operation that stays, not only the first
// expected-error@+1 {{'tensor.extract' op could not be legalized}}
func.func @main(%x: tensor<4xf32>, %i: index) {
  %r = tensor.extract %x[%i] : tensor<4xf32>
  return
}
// -----
// CASE: a type that no type stands for
// expected-error@+1 {{tried func-to-llvm: the type tensor<4xf32> does not exist in LLVM}}
func.func @main(%x: tensor<4xf32>) {
  return
}
