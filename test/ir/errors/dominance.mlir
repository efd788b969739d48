// RUN:
// CASE: a value that is never defined
// expected-error@+2 {{use of undeclared SSA value}}
func.func @main() -> i32 {
  return %x : i32
}
// -----
// CASE: a use before its definition in the same block
// expected-error@+2 {{does not dominate this use}}
func.func @main(%x: i64) -> i64 {
  %0 = arith.addi %1, %x : i64
  %1 = arith.muli %x, %x : i64
  return %0 : i64
}
// -----
// CASE: a definition in one branch, a use after both
// expected-error@+9 {{does not dominate this use}}
func.func @main(%c: i1, %x: i64) -> i64 {
  cf.cond_br %c, ^left, ^right
^left:
  %0 = arith.addi %x, %x : i64
  cf.br ^end
^right:
  cf.br ^end
^end:
  return %0 : i64
}
// -----
// CASE: a value of one function used in another
// expected-error@+6 {{undeclared}}
func.func @first(%x: i64) -> i64 {
  %0 = arith.addi %x, %x : i64
  return %0 : i64
}
func.func @second() -> i64 {
  return %0 : i64
}
// -----
// CASE: a value from inside a loop used outside
// expected-error@+5 {{undeclared}}
func.func @main(%n: index, %x: f32) -> f32 {
  scf.for %i = %n to %n step %n {
    %0 = arith.addf %x, %x : f32
  }
  return %0 : f32
}
