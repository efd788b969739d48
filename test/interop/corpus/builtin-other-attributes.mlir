// Distinct, sparse, opaque and type attributes; attributes of dialects that are not there.
"test.distinct"() {a = distinct[0]<unit>, b = distinct[1]<42 : i32>, c = distinct[0]<unit>, d = [distinct[2]<"x">, distinct[1]<42 : i32>], e = distinct[3]<>} : () -> ()
"test.sparse"() {a = sparse<[[0, 0], [1, 2]], [1, 5]> : tensor<3x4xi32>, b = sparse<[0, 2], [1.0, -1.0]> : tensor<4xf32>, c = sparse<[], []> : tensor<2xi32>, d = sparse<[[0]], 3> : vector<4xi32>, e = sparse<0, 1.5> : tensor<1xf32>} : () -> ()
"test.unknown"() {a = #other.simple, b = #other.with<a, [1, 2], "x > y">, c = #other<other "form">, d = #other.nested<#other.inner<i32>>} : () -> ()
"test.layouts"() {a = strided<[1]>, b = strided<[4, 1], offset: 2>, c = strided<[?, ?], offset: ?>, d = strided<[]>} : () -> ()
"test.locations"() {a = loc(unknown), b = loc("file.mlir":1:2), c = loc("name")} : () -> ()
