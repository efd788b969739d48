// Every conversion, on scalars and shaped values.
func.func @f(%i: i32, %s: i16, %f: f32, %h: f16, %x: index, %v: vector<4xi32>, %t: tensor<?xf32>, %m: memref<?xi8>, %b: i1) {
  %0 = arith.extsi %s : i16 to i32
  %1 = arith.extui %s : i16 to i64
  %2 = arith.trunci %i : i32 to i8
  %3 = arith.sitofp %i : i32 to f32
  %4 = arith.uitofp %i : i32 to f16
  %5 = arith.fptosi %f : f32 to i32
  %6 = arith.fptoui %f : f32 to i8
  %7 = arith.extf %h : f16 to f64
  %8 = arith.truncf %f : f32 to f16
  %9 = arith.truncf %f upward : f32 to bf16
  %10 = arith.truncf %f to_nearest_even {test.a} : f32 to f16
  %11 = arith.index_cast %x : index to i32
  %12 = arith.index_cast %i : i32 to index
  %13 = arith.index_castui %i : i32 to index
  %14 = arith.bitcast %i : i32 to f32
  %15 = arith.extsi %v : vector<4xi32> to vector<4xi64>
  %16 = arith.truncf %t : tensor<?xf32> to tensor<?xbf16>
  %17 = arith.bitcast %v : vector<4xi32> to vector<4xf32>
  %18 = arith.index_cast %v : vector<4xi32> to vector<4xindex>
  %19 = arith.extui %b : i1 to i32
  %20 = arith.extsi %b {test.note = 1} : i1 to i8
  return
}
