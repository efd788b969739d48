// Tensors, memrefs and vectors with every kind of size, element, layout and memory space.
func.func private @tensors(tensor<f32>, tensor<4xf32>, tensor<?xf32>, tensor<4x?x8xi1>, tensor<*xf32>, tensor<0xf32>, tensor<2x3xindex>, tensor<2xcomplex<f32>>, tensor<2xvector<4xf32>>, tensor<4x4xf32, "sparse">, tensor<?x?xf64, 3 : i32>, tensor<4xf8E5M2>, tensor<4xui8>)
func.func private @memrefs(memref<f32>, memref<4xf32>, memref<?x?xf32>, memref<*xf32>, memref<*xi8, 3>, memref<4xf32, 1>, memref<4xf32, "shared">, memref<4xmemref<2xf32>>, memref<4xvector<4xf32>>, memref<8xindex>)
func.func private @strided(memref<4x4xf32, strided<[4, 1]>>, memref<4x4xf32, strided<[?, 1], offset: ?>>, memref<4xf32, strided<[2], offset: 3>, 1>, memref<?xf32, strided<[?]>>)
func.func private @maps(memref<4x4xf32, affine_map<(d0, d1) -> (d1, d0)>>, memref<16x8xf32, affine_map<(i, j) -> (i floordiv 4, j, i mod 4)>, 2>, memref<?xf32, affine_map<(d0)[s0] -> (d0 + s0)>>, memref<4xf32, affine_map<(d0) -> (d0)>>)
func.func private @vectors(vector<4xf32>, vector<f32>, vector<2x3x4xi8>, vector<[4]xf32>, vector<2x[8]xi1>, vector<[2]x[4]xf64>, vector<4xindex>)
func.func private @spaces(memref<4xf32, 0>, memref<4xf32, 0 : i32>, memref<2xf32, {a = 1, b}>)
