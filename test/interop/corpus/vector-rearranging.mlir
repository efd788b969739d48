// Elements of vectors in another order or shape.
func.func @f(%v: vector<4xf32>, %m: vector<2x4xf32>, %t: vector<2x3x4xi8>, %i: index, %s: vector<[4]xf32>) {
  %0 = vector.shuffle %v, %v [0, 5, 2, 7, 1] : vector<4xf32>, vector<4xf32>
  %1 = vector.shuffle %m, %m [0, 2] : vector<2x4xf32>, vector<2x4xf32>
  %2 = vector.interleave %v, %v : vector<4xf32> -> vector<8xf32>
  %3, %4 = vector.deinterleave %2 : vector<8xf32> -> vector<4xf32>
  %5 = vector.interleave %s, %s {test.a} : vector<[4]xf32> -> vector<[8]xf32>
  %6 = vector.shape_cast %m : vector<2x4xf32> to vector<8xf32>
  %7 = vector.bitcast %m : vector<2x4xf32> to vector<2x8xi16>
  %8 = vector.transpose %t, [2, 0, 1] : vector<2x3x4xi8> to vector<4x2x3xi8>
  %9 = vector.extract_strided_slice %m {offsets = [0, 1], sizes = [2, 2], strides = [1, 1]} : vector<2x4xf32> to vector<2x2xf32>
  %10 = vector.insert_strided_slice %9, %m {offsets = [0, 2], strides = [1, 1]} : vector<2x2xf32> into vector<2x4xf32>
  %12 = vector.flat_transpose %6 {rows = 2 : i32, columns = 4 : i32} : vector<8xf32> -> vector<8xf32>
  return
}
