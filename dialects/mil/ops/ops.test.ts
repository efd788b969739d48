/** What MIL ops compute where that is more than one tensor op: numbers by hand, and what the verifier refuses. */
import { describe, expect, test } from "vitest";
import { Context } from "../../../ir/context.ts";
import { evaluateFunction } from "../../../ir/evaluate.ts";
import { parse } from "../../../ir/parser/parse.ts";
import { getNumber } from "../../../ir/tensor-data.ts";
import { verify } from "../../../ir/verifier.ts";
import { functionsOf } from "../../func/index.ts";
import { upstreamDialects } from "../../index.ts";
import { tensor } from "../../tensor/index.ts";
import { mil } from "../index.ts";

const context = new Context([...upstreamDialects, tensor, mil]);

/** Runs statements of MIL of which one gives %y. */
function run(statements: readonly string[], type: string, opset = "ios18"): number[] {
  const module = parse(
    `mil.program @p {
  mil.function @main() -> (${type}) attributes {input_names = [], opset = "${opset}", output_names = ["y"]} {
    ${statements.join("\n    ")}
    mil.return %y : ${type}
  }
}
func.func @main() -> ${type} {
  %y = mil.call @p() : () -> ${type}
  return %y : ${type}
}`,
    context,
  );
  verify(module, context);
  const [data] = evaluateFunction(functionsOf(module).get("main")!, [], context);
  return Array.from({ length: data!.data.length }, (_, index) => getNumber(data!, index));
}

const constant = (name: string, value: string) => `%${name} = mil.const ${value}`;
const line = constant("x", "dense<[[[1.0, 2.0, 3.0, 4.0]]]> : tensor<1x1x4xf32>");
const pair = constant("w", "dense<[[[1.0, 10.0]]]> : tensor<1x1x2xf32>");
const [t4, t2] = ["tensor<1x1x4xf32>", "tensor<1x1x2xf32>"];
const word = (name: string, text: string) => constant(name, `"${text}"`);
const numbers = (name: string, ...values: readonly number[]) =>
  constant(name, `dense<[${values.join(", ")}]> : tensor<${values.length}xi32>`);
const list = (count: number) => `tensor<${count}xi32>`;

describe("windows", () => {
  test("a convolution of a line", () => {
    const y = `%y = mil.conv(x = %x, weight = %w) : (${t4}, ${t2}) -> tensor<1x1x3xf32>`;
    expect(run([line, pair, y], "tensor<1x1x3xf32>")).toEqual([21, 32, 43]);
  });

  test.each([
    ["same", [21, 32, 43, 4]],
    ["same_lower", [10, 21, 32, 43]],
  ])("a convolution of a line, padded as %s", (type, wanted) => {
    const y = `%y = mil.conv(x = %x, weight = %w, pad_type = %p) : (${t4}, ${t2}, !mil.string) -> ${t4}`;
    expect(run([line, pair, word("p", type), y], t4)).toEqual(wanted);
  });

  test("a convolution in three dimensions", () => {
    const x = constant("x", "dense<1.0> : tensor<1x2x3x3x3xf32>");
    const w = constant("w", "dense<2.0> : tensor<1x2x2x2x2xf32>");
    const type = "tensor<1x1x2x2x2xf32>";
    const y = `%y = mil.conv(x = %x, weight = %w) : (tensor<1x2x3x3x3xf32>, tensor<1x2x2x2x2xf32>) -> ${type}`;
    expect(run([x, w, y], type)).toEqual(new Array(8).fill(32));
  });

  // Each element of x adds [1, 10] times itself to two places, two apart.
  const whole = [1, 10, 2, 20, 3, 30, 4, 40];
  test.each([
    ["valid", undefined, whole],
    ["same", undefined, whole],
    ["custom", [1, 2], whole.slice(1, -2)],
  ] as const)("a transposed convolution of a line, padded as %s", (type, pad, wanted) => {
    const result = `tensor<1x1x${wanted.length}xf32>`;
    const padding = pad === undefined ? [] : [numbers("pad", ...pad)];
    const inputs = `x = %x, weight = %w, strides = %s, pad_type = %p${pad === undefined ? "" : ", pad = %pad"}`;
    const types = `${t4}, ${t2}, ${list(1)}, !mil.string${pad === undefined ? "" : `, ${list(2)}`}`;
    const y = `%y = mil.conv_transpose(${inputs}) : (${types}) -> ${result}`;
    expect(run([line, pair, numbers("s", 2), word("p", type), ...padding, y], result)).toEqual(wanted);
  });

  test("a transposed convolution of a stated size", () => {
    const result = "tensor<1x1x9xf32>";
    const y = `%y = mil.conv_transpose(x = %x, weight = %w, strides = %s, output_shape = %o) : (${t4}, ${t2}, ${list(1)}, ${list(3)}) -> ${result}`;
    expect(run([line, pair, numbers("s", 2), numbers("o", 1, 1, 9), y], result)).toEqual([...whole, 0]);
  });

  test("pooling of a line", () => {
    const y = `%y = mil.max_pool(x = %x, kernel_sizes = %k, strides = %k, pad_type = %p) : (${t4}, ${list(1)}, ${list(1)}, !mil.string) -> ${t2}`;
    expect(run([line, numbers("k", 2), word("p", "valid"), y], t2)).toEqual([2, 4]);
  });
});

describe("movements", () => {
  const matrix = constant("x", "dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>");

  test("gather by rows in step", () => {
    const i = constant("i", "dense<[[1], [0]]> : tensor<2x1xi32>");
    const one = constant("one", "dense<1> : tensor<i32>");
    const y =
      "%y = mil.gather(x = %x, indices = %i, axis = %one, batch_dims = %one) : (tensor<2x2xf32>, tensor<2x1xi32>, tensor<i32>, tensor<i32>) -> tensor<2x1xf32>";
    expect(run([matrix, i, one, y], "tensor<2x1xf32>")).toEqual([2, 3]);
  });

  test("concatenation in turns", () => {
    const z = constant("z", "dense<[[5.0, 6.0], [7.0, 8.0]]> : tensor<2x2xf32>");
    const y =
      "%y = mil.concat(values = (%x, %z), axis = %a, interleave = %t) : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<i32>, tensor<i1>) -> tensor<4x2xf32>";
    const parameters = [constant("a", "dense<0> : tensor<i32>"), constant("t", "dense<true> : tensor<i1>")];
    expect(run([matrix, z, ...parameters, y], "tensor<4x2xf32>")).toEqual([1, 2, 5, 6, 3, 4, 7, 8]);
  });

  test("a split into equal parts", () => {
    const y =
      "%q:2 = mil.split(x = %x, axis = %a, num_splits = %n) : (tensor<2x2xf32>, tensor<i32>, tensor<i32>) -> (tensor<2x1xf32>, tensor<2x1xf32>)";
    const second = "%y = mil.identity(x = %q#1) : (tensor<2x1xf32>) -> tensor<2x1xf32>";
    const parameters = [constant("a", "dense<-1> : tensor<i32>"), constant("n", "dense<2> : tensor<i32>")];
    expect(run([matrix, ...parameters, y, second], "tensor<2x1xf32>")).toEqual([2, 4]);
  });

  test.each([
    [true, false, [1, 1.5, 2]],
    [false, true, [1, 1.5, 2]],
    [false, false, [1, 5 / 3, 2]],
  ])("linear enlargement, corners aligned: %s, by pixel centres: %s", (corners, centres, wanted) => {
    const x = constant("x", "dense<[[[[1.0, 2.0]]]]> : tensor<1x1x1x2xf32>");
    const f = constant("f", "dense<1.5> : tensor<f32>");
    const flags = [constant("c", `dense<${corners}> : tensor<i1>`), constant("h", `dense<${centres}> : tensor<i1>`)];
    const result = "tensor<1x1x1x3xf32>";
    const y = `%y = mil.upsample_bilinear(x = %x, scale_factor_width = %f, align_corners = %c, half_pixel_centers = %h) : (tensor<1x1x1x2xf32>, tensor<f32>, tensor<i1>, tensor<i1>) -> ${result}`;
    const found = run([x, f, ...flags, y], result);
    for (const [index, value] of wanted.entries()) expect(found[index]).toBeCloseTo(value, 5);
  });
});

describe("opsets", () => {
  test.each([
    [
      "an op",
      [
        line.replace("1x1x4", "1x1x1x4").replace("[[[", "[[[[").replace("]]]", "]]]]"),
        "%y = mil.scaled_dot_product_attention(query = %x, key = %x, value = %x) : (tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>) -> tensor<1x1x1x4xf32>",
      ],
      "tensor<1x1x1x4xf32>",
      "exists since ios18, but its function is of the opset ios17",
    ],
    [
      "a word",
      [line, word("d", "int16"), `%y = mil.cast(x = %x, dtype = %d) : (${t4}, !mil.string) -> tensor<1x1x4xi16>`],
      "tensor<1x1x4xi16>",
      undefined,
    ],
  ])("%s", (_, statements, type, message) => {
    if (message === undefined) {
      expect(() => run(statements, type, "ios16")).toThrow("takes the dtype int16 since ios17");
      expect(run(statements, type, "ios17")).toEqual([1, 2, 3, 4]);
    } else expect(() => run(statements, type, "ios17")).toThrow(message);
  });
});
