// RUN:
// CASE: braces without a body are no declaration
// expected-error@+1 {{expected a function body that is not empty}}
func.func @main() -> i32 { }
// -----
// CASE: nor with parameters
// expected-error@+1 {{expected a function body that is not empty}}
func.func private @main(%x: i32) -> i32 {
}
// -----
// CASE: a declaration cannot be public
// expected-error@+1 {{is a declaration, which cannot be public: write 'func.func private'}}
func.func @main(i32) -> i32
// -----
// CASE: nor where it says so
// expected-error@+1 {{is a declaration, which cannot be public}}
func.func public @main(i32) -> i32
// -----
// CASE: further arguments
// expected-error@+1 {{this function takes no variable number of arguments: '...' is for llvm.func}}
func.func private @printf(i32, ...) -> i32
// -----
// CASE: one wrong type is said once
// expected-error@+2 {{operand 'rhs' and result 'result' must be a signless integer or index, or a vector or tensor of them, but got f32}}
func.func @main(%x: i32, %y: f32) {
  %0 = "arith.addi"(%x, %y) : (i32, f32) -> f32
  return
}
// -----
// CASE: a misspelt op
// expected-error@+2 {{dialect 'arith' has no op 'adi'; did you mean arith.addi}}
func.func @main(%x: i32) {
  %0 = arith.adi %x, %x : i32
  return
}
// -----
// CASE: the right word in the wrong dialect
// expected-error@+2 {{dialect 'arith' has no op 'exp'; did you mean}}
func.func @main(%x: f32) {
  %0 = arith.exp %x : f32
  return
}
// -----
// CASE: a misspelt dialect
// expected-error@+2 {{no dialect 'arth' is loaded; did you mean arith?}}
func.func @main(%x: i32) {
  %0 = arth.addi %x, %x : i32
  return
}
