// CASE: a sum of different degrees
func.func @main(%p: !poly.polynomial<1>, %q: !poly.polynomial<2>) {
  // expected-error@+1 {{operand 'rhs' must have the type of 'lhs', !poly.polynomial<1>, but got !poly.polynomial<2>}}
  %0 = "poly.add"(%p, %q) : (!poly.polynomial<1>, !poly.polynomial<2>) -> !poly.polynomial<1>
  return
}
// -----
// CASE: a constant without coefficients
// expected-error@+1 {{expects at least one coefficient}}
%p = poly.constant []
// -----
// CASE: a degree that is too great
// expected-error@+1 {{expected a degree of at most 64, found 65}}
func.func private @f(!poly.polynomial<65>)
