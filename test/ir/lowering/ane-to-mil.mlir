// RUN: tensor-to-fused{device=ane},fused-to-ane,ane-to-mil
// CASE: a task becomes ops of MIL named after it, its slots ops behind it
func.func @main(%x: tensor<1x2x4x4xf16> {anemone.input = "x"}) -> (tensor<1x3x4x4xf16> {anemone.output = "y"}) {
  %w = arith.constant dense<0.5> : tensor<3x2x1x1xf16>
  %b = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf16>
  %0 = tensor.conv2d %x, %w, %b : (tensor<1x2x4x4xf16>, tensor<3x2x1x1xf16>, tensor<3xf16>) -> tensor<1x3x4x4xf16>
  %1 = tensor.relu %0 : tensor<1x3x4x4xf16>
  return %1 : tensor<1x3x4x4xf16>
}
// AFTER
module {
  func.func @main(%x: tensor<1x2x4x4xf16> {anemone.input = "x"}) -> (tensor<1x3x4x4xf16> {anemone.output = "y"}) {
    %0 = mil.call @main_engine(%x) : (tensor<1x2x4x4xf16>) -> tensor<1x3x4x4xf16>
    return %0 : tensor<1x3x4x4xf16>
  }
  mil.program @main_engine {
    function @main(%x: tensor<1x2x4x4xf16>) -> (tensor<1x3x4x4xf16>) attributes {input_names = ["x"], output_names = ["y"]} {
      %y_weight = const {name = "y_weight"} dense<0.5> : tensor<3x2x1x1xf16>
      %y_conv_strides = const {name = "y_conv_strides"} dense<1> : tensor<2xi32>
      %y_conv_pad_type = const {name = "y_conv_pad_type"} "custom"
      %y_conv_pad = const {name = "y_conv_pad"} dense<0> : tensor<4xi32>
      %y_conv_dilations = const {name = "y_conv_dilations"} dense<1> : tensor<2xi32>
      %y_conv_groups = const {name = "y_conv_groups"} dense<1> : tensor<i32>
      %y_conv = conv(x = %x, weight = %y_weight, strides = %y_conv_strides, pad_type = %y_conv_pad_type, pad = %y_conv_pad, dilations = %y_conv_dilations, groups = %y_conv_groups) {name = "y_conv"} : (tensor<1x2x4x4xf16>, tensor<3x2x1x1xf16>, tensor<2xi32>, !mil.string, tensor<4xi32>, tensor<2xi32>, tensor<i32>) -> tensor<1x3x4x4xf16>
      %y_bias = const {name = "y_bias"} dense<[[[[1.0]], [[2.0]], [[3.0]]]]> : tensor<1x3x1x1xf16>
      %y_biased = add(x = %y_conv, y = %y_bias) {name = "y_biased"} : (tensor<1x3x4x4xf16>, tensor<1x3x1x1xf16>) -> tensor<1x3x4x4xf16>
      %y = relu(x = %y_biased) {name = "y"} : (tensor<1x3x4x4xf16>) -> tensor<1x3x4x4xf16>
      return %y : tensor<1x3x4x4xf16>
    }
  }
}
