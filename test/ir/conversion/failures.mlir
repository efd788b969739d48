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
// -----
// RUN: scf-to-cf
// CASE: a loop that makes a tensor
func.func @main(%t: tensor<8xf32>, %x: tensor<1xf32>) -> tensor<8xf32> {
  // expected-error@+1 {{tried scf-forall-to-for: its shared output is a tensor<8xf32>: only an scf.forall without shared outputs, on memrefs, becomes branches}}
  %0 = scf.forall (%i) in (8) shared_outs(%o = %t) -> (tensor<8xf32>) {
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %x into %o[%i] [1] [1] : tensor<1xf32> into tensor<8xf32>
    }
  }
  return %0 : tensor<8xf32>
}
