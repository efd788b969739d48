func.func @main(%x: !cmath.complex<f32>) -> (f32, f16) {
  %right = "cmath.norm"(%x) : (!cmath.complex<f32>) -> f32
  %wrong = "cmath.norm"(%x) : (!cmath.complex<f32>) -> f16
  return %right, %wrong : f32, f16
}
