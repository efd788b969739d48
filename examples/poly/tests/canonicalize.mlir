// RUN: canonicalize

// CASE: constants fold
func.func @main() -> !poly.polynomial<2> {
  %p = poly.constant [1, 2]
  %q = poly.constant [3, 4]
  %product = poly.multiply %p, %q : !poly.polynomial<1>, !poly.polynomial<1>
  return %product : !poly.polynomial<2>
}
// AFTER
module {
  func.func @main() -> !poly.polynomial<2> {
    %0 = poly.constant [3, 10, 8]
    return %0 : !poly.polynomial<2>
  }
}
// -----
// CASE: p + 0 -> p
func.func @main(%p: !poly.polynomial<1>) -> !poly.polynomial<1> {
  %zero = poly.constant [0, 0]
  %sum = poly.add %p, %zero : !poly.polynomial<1>
  return %sum : !poly.polynomial<1>
}
// AFTER
module {
  func.func @main(%p: !poly.polynomial<1>) -> !poly.polynomial<1> {
    return %p : !poly.polynomial<1>
  }
}
// -----
// CASE: 1 * p -> p
func.func @main(%p: !poly.polynomial<1>) -> !poly.polynomial<1> {
  %one = poly.constant [1]
  %product = poly.multiply %one, %p : !poly.polynomial<0>, !poly.polynomial<1>
  return %product : !poly.polynomial<1>
}
// AFTER
module {
  func.func @main(%p: !poly.polynomial<1>) -> !poly.polynomial<1> {
    return %p : !poly.polynomial<1>
  }
}
// -----
// CASE: p' + q' -> (p + q)'
func.func @main(%p: !poly.polynomial<3>, %q: !poly.polynomial<3>) -> !poly.polynomial<2> {
  %0 = poly.derive %p : !poly.polynomial<3>
  %1 = poly.derive %q : !poly.polynomial<3>
  %sum = poly.add %0, %1 : !poly.polynomial<2>
  return %sum : !poly.polynomial<2>
}
// AFTER
module {
  func.func @main(%p: !poly.polynomial<3>, %q: !poly.polynomial<3>) -> !poly.polynomial<2> {
    %0 = poly.add %p, %q : !poly.polynomial<3>
    %sum = poly.derive %0 : !poly.polynomial<3>
    return %sum : !poly.polynomial<2>
  }
}
