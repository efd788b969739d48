// RUN: tensor-to-fused
// CASE: what follows a convolution joins it: bias, activation, a residual
func.func @main(%x: tensor<1x2x4x4xf32>, %w: tensor<2x2x1x1xf32>, %b: tensor<2xf32>) -> tensor<1x2x4x4xf32> {
  %0 = tensor.conv2d %x, %w, %b : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
  %1 = tensor.relu %0 : tensor<1x2x4x4xf32>
  %2 = tensor.add %1, %x : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>
  return %2 : tensor<1x2x4x4xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<1x2x4x4xf32>, %w: tensor<2x2x1x1xf32>, %b: tensor<2xf32>) -> tensor<1x2x4x4xf32> {
    %0 = fused.conv2d(%x_0 = %x, %w_1 = %w, %b_2 = %b : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32> {
      %1 = tensor.conv2d %x_0, %w_1, %b_2 : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
      %2 = tensor.relu %1 : tensor<1x2x4x4xf32>
      %3 = tensor.add %2, %x_0 : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>
      fused.yield %3 : tensor<1x2x4x4xf32>
    }
    return %0 : tensor<1x2x4x4xf32>
  }
}
// -----
// CASE: two products with a softmax between them are attention to the engine
// RUN: tensor-to-fused{device=ane}
func.func @main(%q: tensor<4x8xf32>, %k: tensor<4x8xf32>, %v: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = tensor.matmul %q, %k {transpose_rhs = true} : tensor<4x8xf32>, tensor<4x8xf32>
  %1 = tensor.softmax %0 {axis = 1 : i64} : tensor<4x4xf32>
  %2 = tensor.matmul %1, %v : tensor<4x4xf32>, tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}
// AFTER
module {
  func.func @main(%q: tensor<4x8xf32>, %k: tensor<4x8xf32>, %v: tensor<4x8xf32>) -> tensor<4x8xf32> {
    %0 = fused.attention(%q_0 = %q, %k_1 = %k, %v_2 = %v : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32> {
      %1 = tensor.matmul %q_0, %k_1 {transpose_rhs = true} : tensor<4x8xf32>, tensor<4x8xf32>
      %2 = tensor.softmax %1 {axis = 1 : i64} : tensor<4x4xf32>
      %3 = tensor.matmul %2, %v_2 : tensor<4x4xf32>, tensor<4x8xf32>
      fused.yield %3 : tensor<4x8xf32>
    }
    return %0 : tensor<4x8xf32>
  }
}
// -----
// CASE: an activation that is written out becomes the op that it is
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = tensor.sigmoid %x : tensor<8xf32>
  %1 = tensor.mul %x, %0 : tensor<8xf32>, tensor<8xf32>
  return %1 : tensor<8xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
    %0 = fused.elementwise(%x_0 = %x : tensor<8xf32>) -> tensor<8xf32> {
      %1 = tensor.silu %x_0 : tensor<8xf32>
      fused.yield %1 : tensor<8xf32>
    }
    return %0 : tensor<8xf32>
  }
}
// -----
// CASE: a value with two users is computed once
func.func @main(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = tensor.exp %x : tensor<2x3xf32>
  %1 = tensor.softmax %0 {axis = 1 : i64} : tensor<2x3xf32>
  %2 = tensor.reduce_sum %0 {axes = array<i64: 1>} : tensor<2x3xf32>
  %3 = tensor.div %0, %2 : tensor<2x3xf32>, tensor<2x1xf32>
  return %1, %3 : tensor<2x3xf32>, tensor<2x3xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
    %0 = fused.elementwise(%x_0 = %x : tensor<2x3xf32>) -> tensor<2x3xf32> {
      %4 = tensor.exp %x_0 : tensor<2x3xf32>
      fused.yield %4 : tensor<2x3xf32>
    }
    %1 = fused.softmax(%arg1 = %0 : tensor<2x3xf32>) -> tensor<2x3xf32> {
      %4 = tensor.softmax %arg1 {axis = 1 : i64} : tensor<2x3xf32>
      fused.yield %4 : tensor<2x3xf32>
    }
    %2 = fused.reduce(%arg1 = %0 : tensor<2x3xf32>) -> tensor<2x1xf32> {
      %4 = tensor.reduce_sum %arg1 {axes = array<i64: 1>} : tensor<2x3xf32>
      fused.yield %4 : tensor<2x1xf32>
    }
    %3 = fused.elementwise(%arg1 = %0, %arg2 = %2 : tensor<2x3xf32>, tensor<2x1xf32>) -> tensor<2x3xf32> {
      %4 = tensor.div %arg1, %arg2 : tensor<2x3xf32>, tensor<2x1xf32>
      fused.yield %4 : tensor<2x3xf32>
    }
    return %1, %3 : tensor<2x3xf32>, tensor<2x3xf32>
  }
}
