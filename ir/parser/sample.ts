/** For tests: one text with every construct of the generic form that MLIR accepts as it stands. */
export const sample = `#map = affine_map<(d0, d1)[s0] -> (d0 * 2 + s0 floordiv 3, -d1 mod 4, (d0 + d1) ceildiv 8, 5)>
!t = tensor<2x?x3xf32, #map>
"builtin.module"() ({ // a comment
  "a.wrap"() ({
    %f = "a.b"(%later) {m = #map, t = !t, s = affine_set<(d0) : (d0 - 1 >= 0, d0 == 0)>} : (i32) -> (!t) loc(#loc2)
    %later = "a.c"() <{a = array<i64: 1, -2>, b = array<i1: true, false>, c = array<f32>}> : () -> i32
    "a.d"() {a = [1, 2.0, "s", unit, @x::@"y z"::@w, i32, {b = 3 : i8, "c d"}], h = 0xFF : i8} : () -> ()
    "a.d"() {big = 123456789012345678901234567890 : i128, neg = -5 : si8, text = "\\22\\n\\C3\\A9"} : () -> ()
    "a.e"() {a = dense<[[1, 2], [3, -4]]> : tensor<2x2xi32>, b = dense<"0x0000803F00000040"> : tensor<2xf32>} : () -> ()
    "a.e"() {c = dense<true> : vector<4xi1>, d = dense<> : tensor<0x3xi64>, r = dense_resource<blob> : tensor<2xf32>} : () -> ()
    "a.f"() {t = (complex<f32>, tuple<i1, tuple<>>, memref<?x4xf32, strided<[?, 1], offset: ?>, 2 : i32>) -> ((i32) -> i32)} : () -> ()
    "a.f"() {t = (memref<*xi8>, vector<[4]x2xf32>, tensor<*xf64>, none, index, !foo.bar<"a>", [b]>, !llvm.ptr) -> ()} : () -> ()
    "a.l"() {l = loc(callsite("x"("f":1:2) at fused<"m">["g", "h"]))} : () -> () loc(fused["a", "b":2:3])
    "a.self"(%r#2) ({}) : (f64) -> ()
    %r:3 = "a.g"() ({
    ^bb0(%x: i32 loc("q":1:1), %y: f32):
      "a.h"(%x, %y)[^bb2, ^bb3] : (i32, f32) -> ()
    ^bb2:
      "a.i"(%x) : (i32) -> ()
    ^bb3(%z: i1):
      "a.i"(%z) : (i1) -> ()
    }, {}) {u} : () -> (i32, i1, f64)
    %pair:2, %single = "a.j"(%pair#1) : (i8) -> (i16, i8, f32)
  }) : () -> ()
}) : () -> ()
#loc1 = loc("file \\22quoted\\22.mlir":10:3)
#loc2 = loc("name"(#loc1))

{-#
  dialect_resources: {
    builtin: {
      blob: "0x040000000000803F00000040"
    }
  }
#-}
`;
