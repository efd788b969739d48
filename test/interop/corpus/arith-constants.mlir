// Constants of every type, and the names that values get from them.
func.func @f() {
  %c0 = arith.constant 0 : index
  %c-1 = arith.constant -1 : index
  %c1_i32 = arith.constant 1 : i32
  %true = arith.constant true
  %false = arith.constant false
  %cst = arith.constant 1.000000e+00 : f32
  %cst_0 = arith.constant 0x7FC00000 : f32
  %cst_1 = arith.constant dense<[1, 2, 3]> : tensor<3xi64>
  %cst_2 = arith.constant dense<0.0> : vector<4x4xf16>
  %c-5_i8 = arith.constant -5 : i8
  %cst_3 = arith.constant dense<true> : vector<8xi1>
  %c9_i128 = arith.constant 9 : i128
  %cst_4 = arith.constant -2.5 : f64
  %0 = arith.constant {test.a = 1} 7 : i64
  %1 = arith.constant sparse<[[0]], [1.0]> : tensor<4xf32>
  %2 = arith.constant dense<> : tensor<0x4xf32>
  %3 = arith.constant dense_resource<not_here> : tensor<4xf32>
  return
}
