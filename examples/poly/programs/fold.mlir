func.func @main(%x: i32) -> i32 {
  %p = poly.constant [1, 2, 3]
  %derivative = poly.derive %p : !poly.polynomial<2>
  %q = poly.constant [1]
  %product = poly.multiply %q, %derivative : !poly.polynomial<0>, !poly.polynomial<1>
  %value = poly.evaluate %product at %x : !poly.polynomial<1>
  return %value : i32
}
