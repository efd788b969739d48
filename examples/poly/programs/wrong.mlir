func.func @main(%p: !poly.polynomial<1>, %q: !poly.polynomial<2>) -> !poly.polynomial<1> {
  %sum = "poly.add"(%p, %q) : (!poly.polynomial<1>, !poly.polynomial<2>) -> !poly.polynomial<1>
  return %sum : !poly.polynomial<1>
}
