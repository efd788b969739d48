// Strings: escapes, bytes that are no text, typed strings, names in quotes.
"test.strings"() {a = "", b = "plain", c = "with \"quotes\" and \\ backslash", d = "tab\09newline\0Aend", e = "caf\C3\A9", f = "\00\01\FF", g = "typed" : i32, h = "typed" : !llvm.ptr, i = "\t\n"} : () -> ()
"test.names"() {"in quotes" = 1, "with-dash" = 2, "1st" = 3, _under = 4, a.b = 5, a$b = 6} : () -> ()
