// Elements combined: all, along dimensions, step by step, as products.
func.func @f(%v: vector<4xf32>, %m: vector<2x4xf32>, %n: vector<4xi32>, %x: f32, %a: vector<2xf32>, %b: vector<8xf32>, %k: vector<4x3xf32>, %c: vector<2x3xf32>, %k1: i32) {
  %0 = vector.reduction <add>, %v : vector<4xf32> into f32
  %1 = vector.reduction <add>, %v, %x fastmath<reassoc> : vector<4xf32> into f32
  %2 = vector.reduction <mul>, %n : vector<4xi32> into i32
  %3 = vector.reduction <minui>, %n, %k1 : vector<4xi32> into i32
  %4 = vector.reduction <minsi>, %n : vector<4xi32> into i32
  %5 = vector.reduction <maxui>, %n : vector<4xi32> into i32
  %6 = vector.reduction <maxsi>, %n : vector<4xi32> into i32
  %7 = vector.reduction <and>, %n : vector<4xi32> into i32
  %8 = vector.reduction <or>, %n : vector<4xi32> into i32
  %9 = vector.reduction <xor>, %n {test.a} : vector<4xi32> into i32
  %10 = vector.reduction <minimumf>, %v : vector<4xf32> into f32
  %11 = vector.reduction <maximumf>, %v fastmath<nnan> : vector<4xf32> into f32
  %12 = vector.reduction <minnumf>, %v : vector<4xf32> into f32
  %13 = vector.reduction <maxnumf>, %v : vector<4xf32> into f32
  %14 = vector.multi_reduction <add>, %m, %a [1] : vector<2x4xf32> to vector<2xf32>
  %15 = vector.multi_reduction <mul>, %m, %x [0, 1] : vector<2x4xf32> to f32
  %16:2 = vector.scan <add>, %m, %a {inclusive = true, reduction_dim = 1 : i64} : vector<2x4xf32>, vector<2xf32>
  %17 = vector.outerproduct %a, %v : vector<2xf32>, vector<4xf32>
  %18 = vector.outerproduct %a, %v, %m : vector<2xf32>, vector<4xf32>
  %19 = vector.outerproduct %v, %x : vector<4xf32>, f32
  %20 = vector.outerproduct %a, %v, %m {kind = #vector.kind<mul>} : vector<2xf32>, vector<4xf32>
  %21 = vector.contract {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]} %m, %k, %c : vector<2x4xf32>, vector<4x3xf32> into vector<2x3xf32>
  %22 = vector.contract {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"], kind = #vector.kind<maxnumf>} %v, %v, %x {test.b} : vector<4xf32>, vector<4xf32> into f32
  %23 = vector.fma %v, %v, %v : vector<4xf32>
  %24 = vector.matrix_multiply %v, %b {lhs_rows = 2 : i32, lhs_columns = 2 : i32, rhs_columns = 4 : i32} : (vector<4xf32>, vector<8xf32>) -> vector<8xf32>
  return
}
