// Vectors made, repeated, and taken apart.
func.func @f(%x: f32, %v: vector<4xf32>, %w: vector<2x3x4xf32>, %i: index, %n: i32, %z: vector<f32>, %s: vector<[4]xf32>) {
  %0 = vector.broadcast %x : f32 to vector<2x4xf32>
  %1 = vector.broadcast %v : vector<4xf32> to vector<3x4xf32>
  %2 = vector.splat %x : vector<[4]xf32>
  %3 = vector.from_elements %x, %x : vector<2xf32>
  %4 = vector.extract %w[1] : vector<3x4xf32> from vector<2x3x4xf32>
  %5 = vector.extract %w[1, %i, 2] : f32 from vector<2x3x4xf32>
  %6 = vector.extract %z[] : f32 from vector<f32>
  %7 = vector.insert %v, %w [0, 1] : vector<4xf32> into vector<2x3x4xf32>
  %8 = vector.insert %x, %7 [%i, 1, %i] {test.a} : f32 into vector<2x3x4xf32>
  %9 = vector.extractelement %v[%i : index] : vector<4xf32>
  %10 = vector.extractelement %v[%n : i32] : vector<4xf32>
  %11 = vector.extractelement %z[] : vector<f32>
  %12 = vector.insertelement %x, %v[%n : i32] : vector<4xf32>
  %13 = vector.insertelement %x, %z[] : vector<f32>
  %14 = vector.step : vector<4xindex>
  %15 = vector.scalable.insert %v, %s[4] : vector<4xf32> into vector<[4]xf32>
  %16 = vector.scalable.extract %s[0] : vector<4xf32> from vector<[4]xf32>
  %17 = vector.vscale
  return
}
