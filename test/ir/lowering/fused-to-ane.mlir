// RUN: tensor-to-fused{device=ane},fused-to-ane
// CASE: a task of a convolution with its bias and activation in its slots
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
    %0 = ane.call @main_engine(%x) : (tensor<1x2x4x4xf16>) -> tensor<1x3x4x4xf16>
    return %0 : tensor<1x3x4x4xf16>
  }
  ane.program @main_engine(%x: !ane.surface<1x2x4x4xf16>) -> (!ane.surface<1x3x4x4xf16>) attributes {input_names = ["x"], output_names = ["y"]} {
    %0 = constant dense<0.5> : tensor<3x2x1x1xf16> -> !ane.surface<3x2x1x1xf16>
    %1 = constant dense<[[[1.0]], [[2.0]], [[3.0]]]> : tensor<3x1x1xf16> -> !ane.surface<3x1x1xf16>
    %2 = conv %x, %0 offset %1 {post_activation = #ane.activation<relu>} : (!ane.surface<1x2x4x4xf16>, !ane.surface<3x2x1x1xf16>, !ane.surface<3x1x1xf16>) -> !ane.surface<1x3x4x4xf16>
    return %2 : !ane.surface<1x3x4x4xf16>
  }
}
// -----
// CASE: f32 networks are converted at the border
func.func @main(%x: tensor<1x4x4xf32> {anemone.input = "x"}) -> (tensor<1x4x4xf32> {anemone.output = "y"}) {
  %0 = tensor.softmax %x {axis = 2 : i64} : tensor<1x4x4xf32>
  return %0 : tensor<1x4x4xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<1x4x4xf32> {anemone.input = "x"}) -> (tensor<1x4x4xf32> {anemone.output = "y"}) {
    %0 = tensor.convert %x : tensor<1x4x4xf32> to tensor<1x4x4xf16>
    %1 = ane.call @main_engine(%0) : (tensor<1x4x4xf16>) -> tensor<1x4x4xf16>
    %2 = tensor.convert %1 : tensor<1x4x4xf16> to tensor<1x4x4xf32>
    return %2 : tensor<1x4x4xf32>
  }
  ane.program @main_engine(%x: !ane.surface<1x4x4xf16>) -> (!ane.surface<1x4x4xf16>) attributes {input_names = ["x"], output_names = ["y"]} {
    %0 = softmax %x {axis = 2 : i64} : (!ane.surface<1x4x4xf16>) -> !ane.surface<1x4x4xf16>
    return %0 : !ane.surface<1x4x4xf16>
  }
}
// -----
// CASE: what the engine cannot run is an error with its reason
// expected-error@+2 {{cannot run on the engine}}
func.func @main(%x: tensor<4x4xf32> {anemone.input = "x"}) -> (tensor<4x4xf32> {anemone.output = "y"}) {
  %0 = tensor.acosh %x : tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}
