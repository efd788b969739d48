// Modules in modules, with names, attributes and visibility.
module {
}
module @named {
  module @inner attributes {test.a = 1} {
    func.func @f() {
      return
    }
  }
  module attributes {test.unnamed} {
  }
}
builtin.module @"in quotes" attributes {other.x = "y"} {
}
"builtin.module"() <{sym_name = "generic"}> ({
^bb0:
}) : () -> ()
"builtin.module"() <{sym_name = "hidden", sym_visibility = "private"}> ({
  "test.op"() : () -> ()
}) : () -> ()
