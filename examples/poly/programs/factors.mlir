func.func @main(%p: !poly.polynomial<3>, %x: i32, %y: i32) -> (i32, i32) {
  %product = poly.multiply %p, %p : !poly.polynomial<3>, !poly.polynomial<3>
  %a = poly.evaluate %product at %x : !poly.polynomial<6>
  %b = poly.evaluate %product at %y : !poly.polynomial<6>
  return %a, %b : i32, i32
}
