// RUN: fold-batch-norm,canonicalize,constant-fold,dce
// CASE: a normalisation behind a convolution with constant weights goes into the weights
func.func @main(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
  %w = arith.constant dense<3.0> : tensor<1x1x1x1xf32>
  %s = arith.constant dense<2.0> : tensor<1xf32>
  %b = arith.constant dense<0.5> : tensor<1xf32>
  %m = arith.constant dense<1.0> : tensor<1xf32>
  %v = arith.constant dense<0.75> : tensor<1xf32>
  %0 = tensor.conv2d %x, %w : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %1 = tensor.batch_norm %0, %s, %b, %m, %v {epsilon = 0.25 : f64} : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  return %1 : tensor<1x1x2x2xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
    %0 = arith.constant dense<-1.5> : tensor<1xf32>
    %1 = arith.constant dense<6.0> : tensor<1x1x1x1xf32>
    %2 = tensor.conv2d %x, %1, %0 : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
    return %2 : tensor<1x1x2x2xf32>
  }
}
// -----
// CASE: a convolution that others use too keeps its weights
func.func @main(%x: tensor<1x1x2x2xf32>) -> (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) {
  %w = arith.constant dense<3.0> : tensor<1x1x1x1xf32>
  %s = arith.constant dense<2.0> : tensor<1xf32>
  %v = arith.constant dense<1.0> : tensor<1xf32>
  %0 = tensor.conv2d %x, %w : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %1 = tensor.batch_norm %0, %s, %v, %v, %v : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  return %0, %1 : tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<1x1x2x2xf32>) -> (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) {
    %w = arith.constant dense<3.0> : tensor<1x1x1x1xf32>
    %s = arith.constant dense<2.0> : tensor<1xf32>
    %v = arith.constant dense<1.0> : tensor<1xf32>
    %0 = tensor.conv2d %x, %w : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
    %1 = tensor.batch_norm %0, %s, %v, %v, %v : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
    return %0, %1 : tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>
  }
}
