// References to symbols, nested, with names in quotes.
module @outer {
  module @inner {
    func.func private @f()
    func.func private @"a name"()
  }
}
"test.references"() {a = @outer, b = @outer::@inner, c = @outer::@inner::@f, d = @outer::@inner::@"a name", e = @missing} : () -> ()
