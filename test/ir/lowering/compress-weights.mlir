// RUN: compress-weights{scheme=int8 min-elements=4}
// CASE: int8: a scale for each output channel; what is no weight stays
ane.program @p(%x: !ane.surface<1x4x4x4xf16>) -> (!ane.surface<1x2x4x4xf16>) attributes {input_names = ["x"], output_names = ["y"]} {
  %w = ane.constant dense<[[[[127.0]], [[-3.0]], [[5.0]], [[0.0]]], [[[1.0]], [[0.5]], [[-1.0]], [[0.0]]]]> : tensor<2x4x1x1xf16> -> !ane.surface<2x4x1x1xf16>
  %s = ane.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf16> -> !ane.surface<4xf16>
  %0 = ane.conv %x, %w : (!ane.surface<1x4x4x4xf16>, !ane.surface<2x4x1x1xf16>) -> !ane.surface<1x2x4x4xf16>
  %y = ane.elementwise %0, %s {kind = "add"} : (!ane.surface<1x2x4x4xf16>, !ane.surface<4xf16>) -> !ane.surface<1x2x4x4xf16>
  ane.return %y : !ane.surface<1x2x4x4xf16>
}
// AFTER
module {
  ane.program @p(%x: !ane.surface<1x4x4x4xf16>) -> (!ane.surface<1x2x4x4xf16>) attributes {input_names = ["x"], output_names = ["y"]} {
    %w = affine_constant dense<[[[[127]], [[-3]], [[5]], [[0]]], [[[127]], [[64]], [[-127]], [[0]]]]> : tensor<2x4x1x1xi8> scale dense<[1.0, 0.00787]> : tensor<2xf16> -> !ane.surface<2x4x1x1xf16>
    %s = constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf16> -> !ane.surface<4xf16>
    %0 = conv %x, %w : (!ane.surface<1x4x4x4xf16>, !ane.surface<2x4x1x1xf16>) -> !ane.surface<1x2x4x4xf16>
    %y = elementwise %0, %s {kind = "add"} : (!ane.surface<1x2x4x4xf16>, !ane.surface<4xf16>) -> !ane.surface<1x2x4x4xf16>
    return %y : !ane.surface<1x2x4x4xf16>
  }
}
// -----
// RUN: compress-weights{scheme=int4 min-elements=4 palette-bits=2}
// CASE: int4: a table for all where that is within the tolerance; products have their output channels last
ane.program @p(%x: !ane.surface<1x2xf16>) -> (!ane.surface<1x8xf16>) attributes {input_names = ["x"], output_names = ["y"]} {
  %w = ane.constant dense<[[1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0], [0.0, -1.0, 0.0, -1.0, 0.0, -1.0, 0.0, -1.0]]> : tensor<2x8xf16> -> !ane.surface<2x8xf16>
  %y = ane.matmul %x, %w : (!ane.surface<1x2xf16>, !ane.surface<2x8xf16>) -> !ane.surface<1x8xf16>
  ane.return %y : !ane.surface<1x8xf16>
}
// AFTER
module {
  ane.program @p(%x: !ane.surface<1x2xf16>) -> (!ane.surface<1x8xf16>) attributes {input_names = ["x"], output_names = ["y"]} {
    %w = palette_constant dense<[[2, 1], [3, 0], [2, 1], [3, 0], [2, 1], [3, 0], [2, 1], [3, 0]]> : tensor<8x2xui8> lut dense<[[[-1.0, 0.0, 1.0, 2.0]]]> : tensor<1x1x4xf16> {bits = 2 : i64} -> !ane.surface<8x2xf16>
    %y = matmul %x, %w {transpose_rhs = true} : (!ane.surface<1x2xf16>, !ane.surface<8x2xf16>) -> !ane.surface<1x8xf16>
    return %y : !ane.surface<1x8xf16>
  }
}
// -----
// RUN: compress-weights{scheme=sparse min-elements=4 tolerance=0.2}
// CASE: sparse: the smallest go while each output channel keeps its norm
ane.program @p(%x: !ane.surface<1x8xf16>) -> (!ane.surface<1x2xf16>) attributes {input_names = ["x"], output_names = ["y"]} {
  %w = ane.constant dense<[[0.0, 0.0, 0.0, 10.0, 0.0, 1.0, 0.0, 0.0], [0.0, 3.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]]> : tensor<2x8xf16> -> !ane.surface<2x8xf16>
  %y = ane.matmul %x, %w {transpose_rhs = true} : (!ane.surface<1x8xf16>, !ane.surface<2x8xf16>) -> !ane.surface<1x2xf16>
  ane.return %y : !ane.surface<1x2xf16>
}
// AFTER
module {
  ane.program @p(%x: !ane.surface<1x8xf16>) -> (!ane.surface<1x2xf16>) attributes {input_names = ["x"], output_names = ["y"]} {
    %w = sparse_constant dense<[[false, false, false, true, false, false, false, false], [false, true, false, false, true, false, false, false]]> : tensor<2x8xi1> values dense<[10.0, 3.0, 1.0]> : tensor<3xf16> -> !ane.surface<2x8xf16>
    %y = matmul %x, %w {transpose_rhs = true} : (!ane.surface<1x8xf16>, !ane.surface<2x8xf16>) -> !ane.surface<1x2xf16>
    return %y : !ane.surface<1x2xf16>
  }
}
// -----
// RUN: compress-weights{scheme=blockwise min-elements=4 block-size=4}
// CASE: blockwise: a scale for each output channel and four input channels
ane.program @p(%x: !ane.surface<1x8xf16>) -> (!ane.surface<1x2xf16>) attributes {input_names = ["x"], output_names = ["y"]} {
  %w = ane.constant dense<[[127.0, 1.0], [-3.0, 2.0], [0.0, 127.0], [13.0, -127.0], [0.5, 254.0], [0.25, 0.0], [0.125, 2.0], [15.875, 8.0]]> : tensor<8x2xf16> -> !ane.surface<8x2xf16>
  %y = ane.matmul %x, %w : (!ane.surface<1x8xf16>, !ane.surface<8x2xf16>) -> !ane.surface<1x2xf16>
  ane.return %y : !ane.surface<1x2xf16>
}
// AFTER
module {
  ane.program @p(%x: !ane.surface<1x8xf16>) -> (!ane.surface<1x2xf16>) attributes {input_names = ["x"], output_names = ["y"]} {
    %w = blockwise_constant dense<[[127, -3, 0, 13, 4, 2, 1, 127], [1, 2, 127, -127, 127, 0, 1, 4]]> : tensor<2x8xi8> scale dense<[[1.0, 0.125], [1.0, 2.0]]> : tensor<2x2xf16> -> !ane.surface<2x8xf16>
    %y = matmul %x, %w {transpose_rhs = true} : (!ane.surface<1x8xf16>, !ane.surface<2x8xf16>) -> !ane.surface<1x2xf16>
    return %y : !ane.surface<1x2xf16>
  }
}
// -----
// RUN: compress-weights{scheme=int8 min-elements=4}
// CASE: what the target would unfold stays f16
ane.program @p(%x: !ane.surface<1x4xf16>) -> (!ane.surface<1x2xf16>) attributes {input_names = ["x"], output_names = ["y"], target = "h13"} {
  %w = ane.constant dense<[[127.0, 1.0], [-3.0, 2.0], [5.0, 3.0], [7.0, 4.0]]> : tensor<4x2xf16> -> !ane.surface<4x2xf16>
  %y = ane.matmul %x, %w : (!ane.surface<1x4xf16>, !ane.surface<4x2xf16>) -> !ane.surface<1x2xf16>
  ane.return %y : !ane.surface<1x2xf16>
}
// AFTER
module {
  ane.program @p(%x: !ane.surface<1x4xf16>) -> (!ane.surface<1x2xf16>) attributes {input_names = ["x"], output_names = ["y"], target = "h13"} {
    %w = constant dense<[[127.0, 1.0], [-3.0, 2.0], [5.0, 3.0], [7.0, 4.0]]> : tensor<4x2xf16> -> !ane.surface<4x2xf16>
    %y = matmul %x, %w : (!ane.surface<1x4xf16>, !ane.surface<4x2xf16>) -> !ane.surface<1x2xf16>
    return %y : !ane.surface<1x2xf16>
  }
}
// -----
// RUN: compress-weights{scheme=int8 min-elements=4 tolerance=0.0001}
// CASE: and so does what would lose more than the tolerance
ane.program @p(%x: !ane.surface<1x4xf16>) -> (!ane.surface<1x2xf16>) attributes {input_names = ["x"], output_names = ["y"]} {
  %w = ane.constant dense<[[127.0, 1.0], [-3.25, 2.0], [5.0, 3.0], [7.0, 4.0]]> : tensor<4x2xf16> -> !ane.surface<4x2xf16>
  %y = ane.matmul %x, %w : (!ane.surface<1x4xf16>, !ane.surface<4x2xf16>) -> !ane.surface<1x2xf16>
  ane.return %y : !ane.surface<1x2xf16>
}
// AFTER
module {
  ane.program @p(%x: !ane.surface<1x4xf16>) -> (!ane.surface<1x2xf16>) attributes {input_names = ["x"], output_names = ["y"]} {
    %w = constant dense<[[127.0, 1.0], [-3.25, 2.0], [5.0, 3.0], [7.0, 4.0]]> : tensor<4x2xf16> -> !ane.surface<4x2xf16>
    %y = matmul %x, %w : (!ane.surface<1x4xf16>, !ane.surface<4x2xf16>) -> !ane.surface<1x2xf16>
    return %y : !ane.surface<1x2xf16>
  }
}
// -----
// RUN: compress-weights{scheme=int9}
// expected-error@-1 {{scheme}}
module {
}

// -----
// RUN: compress-weights{tolerance=2}
// expected-error@-1 {{tolerance}}
module {
}
