// RUN: mil-to-tensor
// CASE: a MIL program becomes tensor ops
mil.program @p {
  mil.function @main(%x: tensor<2x3xf16>) -> (tensor<2x3xf16>) attributes {input_names = ["x"], output_names = ["y"]} {
    %a = mil.const dense<2.0> : tensor<3xf16>
    %y = mil.mul(x = %x, y = %a) : (tensor<2x3xf16>, tensor<3xf16>) -> tensor<2x3xf16>
    mil.return %y : tensor<2x3xf16>
  }
}
func.func @main(%t: tensor<2x3xf16> {anemone.input = "x"}) -> (tensor<2x3xf16> {anemone.output = "y"}) {
  %r = mil.call @p(%t) : (tensor<2x3xf16>) -> tensor<2x3xf16>
  return %r : tensor<2x3xf16>
}
// AFTER
module {
  func.func @main(%t: tensor<2x3xf16> {anemone.input = "x"}) -> (tensor<2x3xf16> {anemone.output = "y"}) {
    %a = arith.constant dense<2.0> : tensor<3xf16>
    %y = tensor.mul %t, %a : tensor<2x3xf16>, tensor<3xf16>
    return %y : tensor<2x3xf16>
  }
}
