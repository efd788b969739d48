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
      %0 = const {name = "y_weight"} dense<0.5> : tensor<3x2x1x1xf16>
      %1 = conv %x, %0 {name = "y_conv", pad_type = "custom"} : (tensor<1x2x4x4xf16>, tensor<3x2x1x1xf16>) -> tensor<1x3x4x4xf16>
      %2 = const {name = "y_bias"} dense<[[[[1.0]], [[2.0]], [[3.0]]]]> : tensor<1x3x1x1xf16>
      %3 = add %1, %2 {name = "y_biased"} : (tensor<1x3x4x4xf16>, tensor<1x3x1x1xf16>) -> tensor<1x3x4x4xf16>
      %y = relu %3 {name = "y"} : (tensor<1x3x4x4xf16>) -> tensor<1x3x4x4xf16>
      return %y : tensor<1x3x4x4xf16>
    }
  }
}
