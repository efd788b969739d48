// Convolutions and pooling with strides and dilations.
func.func @f(%i: tensor<1x10x10x3xf32>, %k: tensor<3x3x3x5xf32>, %o: tensor<1x4x4x5xf32>, %n: memref<1x3x?x?xf32>, %fk: memref<5x3x3x3xf32>, %no: memref<1x5x?x?xf32>, %d: tensor<3x3x3xf32>, %do: tensor<1x8x8x3xf32>, %w: tensor<3x3xf32>, %p: tensor<1x4x4x3xf32>, %q: tensor<1x10x10x3xi8>, %qw: tensor<3x3xi8>, %qp: tensor<1x4x4x3xi32>, %l: memref<10xf32>, %lk: memref<3xf32>, %lo: memref<8xf32>) {
  %0 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%i, %k : tensor<1x10x10x3xf32>, tensor<3x3x3x5xf32>) outs(%o : tensor<1x4x4x5xf32>) -> tensor<1x4x4x5xf32>
  %1 = linalg.conv_2d_nhwc_hwcf {dilations = dense<[3, 3]> : tensor<2xi64>} ins(%i, %k : tensor<1x10x10x3xf32>, tensor<3x3x3x5xf32>) outs(%o : tensor<1x4x4x5xf32>) -> tensor<1x4x4x5xf32>
  linalg.conv_2d_nchw_fchw {strides = dense<[1, 2]> : tensor<2xi64>} ins(%n, %fk : memref<1x3x?x?xf32>, memref<5x3x3x3xf32>) outs(%no : memref<1x5x?x?xf32>)
  %2 = linalg.depthwise_conv_2d_nhwc_hwc {test.a} ins(%i, %d : tensor<1x10x10x3xf32>, tensor<3x3x3xf32>) outs(%do : tensor<1x8x8x3xf32>) -> tensor<1x8x8x3xf32>
  %3 = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>} ins(%i, %w : tensor<1x10x10x3xf32>, tensor<3x3xf32>) outs(%p : tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>
  %4 = linalg.pooling_nhwc_max_unsigned {strides = dense<2> : tensor<2xi64>} ins(%q, %qw : tensor<1x10x10x3xi8>, tensor<3x3xi8>) outs(%qp : tensor<1x4x4x3xi32>) -> tensor<1x4x4x3xi32>
  %5 = linalg.pooling_nhwc_sum {strides = dense<2> : tensor<2xi64>} ins(%q, %w : tensor<1x10x10x3xi8>, tensor<3x3xf32>) outs(%p : tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>
  linalg.conv_1d ins(%l, %lk : memref<10xf32>, memref<3xf32>) outs(%lo : memref<8xf32>)
  return
}
