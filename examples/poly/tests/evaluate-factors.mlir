// RUN: poly-evaluate-factors

// CASE: (p * q)(x) -> p(x) * q(x)
func.func @main(%p: !poly.polynomial<3>, %q: !poly.polynomial<4>, %x: i32) -> i32 {
  %product = poly.multiply %p, %q : !poly.polynomial<3>, !poly.polynomial<4>
  %value = poly.evaluate %product at %x : !poly.polynomial<7>
  return %value : i32
}
// AFTER
module {
  func.func @main(%p: !poly.polynomial<3>, %q: !poly.polynomial<4>, %x: i32) -> i32 {
    %0 = poly.evaluate %p at %x : !poly.polynomial<3>
    %1 = poly.evaluate %q at %x : !poly.polynomial<4>
    %value = arith.muli %0, %1 : i32
    return %value : i32
  }
}
// -----
// CASE: a product that is used twice stays
func.func @main(%p: !poly.polynomial<3>, %x: i32, %y: i32) -> (i32, i32) {
  %product = poly.multiply %p, %p : !poly.polynomial<3>, !poly.polynomial<3>
  %a = poly.evaluate %product at %x : !poly.polynomial<6>
  %b = poly.evaluate %product at %y : !poly.polynomial<6>
  return %a, %b : i32, i32
}
// AFTER
module {
  func.func @main(%p: !poly.polynomial<3>, %x: i32, %y: i32) -> (i32, i32) {
    %product = poly.multiply %p, %p : !poly.polynomial<3>, !poly.polynomial<3>
    %a = poly.evaluate %product at %x : !poly.polynomial<6>
    %b = poly.evaluate %product at %y : !poly.polynomial<6>
    return %a, %b : i32, i32
  }
}
// -----
// CASE: unless the option allows it
// RUN: poly-evaluate-factors{max-uses=2}
func.func @main(%p: !poly.polynomial<3>, %x: i32, %y: i32) -> (i32, i32) {
  %product = poly.multiply %p, %p : !poly.polynomial<3>, !poly.polynomial<3>
  %a = poly.evaluate %product at %x : !poly.polynomial<6>
  %b = poly.evaluate %product at %y : !poly.polynomial<6>
  return %a, %b : i32, i32
}
// AFTER
module {
  func.func @main(%p: !poly.polynomial<3>, %x: i32, %y: i32) -> (i32, i32) {
    %0 = poly.evaluate %p at %x : !poly.polynomial<3>
    %1 = poly.evaluate %p at %x : !poly.polynomial<3>
    %a = arith.muli %0, %1 : i32
    %2 = poly.evaluate %p at %y : !poly.polynomial<3>
    %3 = poly.evaluate %p at %y : !poly.polynomial<3>
    %b = arith.muli %2, %3 : i32
    return %a, %b : i32, i32
  }
}
// -----
// CASE: an option that does not exist
// RUN: poly-evaluate-factors{most=2}
// expected-error@-1 {{has no option 'most'; it has max-uses}}
func.func private @f()
