// The values of (1 + 2x + 3x^2)' * (1 - x) at the elements of a buffer.
func.func @main(%x: memref<8xi32> {anemone.input = "x"}, %y: memref<8xi32> {anemone.output = "y"}) {
  %p = poly.constant [1, 2, 3]
  %derivative = poly.derive %p : !poly.polynomial<2>
  %q = poly.constant [1, -1]
  %product = func.call @times(%derivative, %q) : (!poly.polynomial<1>, !poly.polynomial<1>) -> !poly.polynomial<2>
  poly.evaluate_all %product, %x, %y : !poly.polynomial<2>, memref<8xi32>
  return
}

func.func private @times(%p: !poly.polynomial<1>, %q: !poly.polynomial<1>) -> !poly.polynomial<2> {
  %product = poly.multiply %p, %q : !poly.polynomial<1>, !poly.polynomial<1>
  return %product : !poly.polynomial<2>
}
