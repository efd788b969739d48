// Operations of dialects that are not loaded: operands, results, regions, successors, attributes, all together.
%0:3 = "other.many"() : () -> (i32, f32, !other.type<"x", i32>)
%1 = "other.uses"(%0#0, %0#2) {a, b = 1} : (i32, !other.type<"x", i32>) -> i32
"other.regions"(%1) ({
}, {
^bb0(%x: f32):
  "other.inner"(%x, %1) : (f32, i32) -> ()
}, {
  "other.branch"()[^bb1, ^bb2] : () -> ()
^bb1:
  "other.end"() : () -> ()
^bb2:
  "other.end"() : () -> ()
}) {name = "y"} : (i32) -> ()
"other.graph"() ({
  %a = "other.first"(%b) : (i32) -> i32
  %b = "other.second"(%a) : (i32) -> i32
}) : () -> ()
"other.empty_block"() ({
^bb0:
}) : () -> ()
"other.types"() : () -> (!other.a, !other.b<>, !other.c<i32, [1, 2]>, !other<"x">)
