/** The ane dialect: types and attributes in text, what the verifier refuses, targets. */
import { describe, expect, test } from "vitest";
import { Context } from "../../ir/context.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { f16 } from "../../ir/types.ts";
import { verifyAll } from "../../ir/verifier.ts";
import { upstreamDialects } from "../index.ts";
import {
  ActivationAttribute,
  activationNames,
  ane,
  engineRules,
  isSince,
  SurfaceType,
  targetOf,
  targets,
} from "./index.ts";

const context = new Context([...upstreamDialects, ane], { allowUnregistered: true });

/** A program around `body` with one input x of 1x4x8x8 and weights. */
function programOf(body: string, result = "!ane.surface<1x4x8x8xf16>", target = "h13"): string {
  return `ane.program @p(%x: !ane.surface<1x4x8x8xf16>) -> (${result}) attributes {input_names = ["x"], output_names = ["y"], target = "${target}"} {
  %w = ane.constant dense<1.0> : tensor<4x4x3x3xf16> -> !ane.surface<4x4x3x3xf16>
  %b = ane.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf16> -> !ane.surface<4xf16>
  ${body}
}`;
}

function complaints(text: string): string[] {
  try {
    return verifyAll(parse(text, context), context).map((error) => error.message);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

describe("surfaces", () => {
  const source = (type: string) => `%x = "test.source"() : () -> ${type}`;

  test.each([
    ["!ane.surface<1x64x56x56xf16>", "!ane.surface<1x64x56x56xf16>"],
    ["!ane.surface<1x64x56x56xf16, interleave = 1, dram>", "!ane.surface<1x64x56x56xf16>"],
    ["!ane.surface<4xi1, interleave = 8, sram>", "!ane.surface<4xi1, interleave = 8, sram>"],
    ["!ane.surface<f16>", "!ane.surface<f16>"],
  ])("%s", (text, wanted) => {
    expect(print(parse(source(text), context))).toContain(wanted);
  });

  test.each([
    ["!ane.surface<?x2xf16>", "a surface has static sizes, found '?'"],
    ["!ane.surface<2xf32>", "a surface has elements f16, i1, i32, ui8, i8, found f32"],
    ["!ane.surface<2xf16, wide>", "expected interleave, dram or sram, found 'wide'"],
  ])("%s is refused", (text, message) => {
    expect(complaints(source(text))).toEqual([message]);
  });

  test("sizes fill W, H, C, N from the right; rank 2 is [C, W], rank 5 [N, C, D, H, W]", () => {
    const read = (...shape: readonly number[]) => SurfaceType.get(shape).ndchw;
    expect(read()).toEqual({ n: 1, d: 1, c: 1, h: 1, w: 1 });
    expect(read(7)).toEqual({ n: 1, d: 1, c: 1, h: 1, w: 7 });
    expect(read(6, 7)).toEqual({ n: 1, d: 1, c: 6, h: 1, w: 7 });
    expect(read(5, 6, 7)).toEqual({ n: 1, d: 1, c: 5, h: 6, w: 7 });
    expect(read(2, 5, 6, 7)).toEqual({ n: 2, d: 1, c: 5, h: 6, w: 7 });
    expect(read(2, 3, 5, 6, 7)).toEqual({ n: 2, d: 5, c: 3, h: 6, w: 7 });
    expect(SurfaceType.get([2, 3]).tensor.element).toBe(f16);
  });
});

describe("activations", () => {
  test("are equal by function and parameters", () => {
    expect(ActivationAttribute.get("clip", 0, 1)).toBe(ActivationAttribute.get("clip", 0, 1));
    expect(ActivationAttribute.get("clip", 0, 1)).not.toBe(ActivationAttribute.get("clip", 0, 2));
  });

  test.each(activationNames)("%s round-trips", (name) => {
    const parameters = ActivationAttribute.get(
      name,
      ...(["clip", "scaled_tanh", "sigmoid_hard"].includes(name)
        ? [Number.NEGATIVE_INFINITY, 2]
        : ["leaky_relu", "elu", "thresholded_relu"].includes(name)
          ? [0.1]
          : []),
    );
    const text = `"test.op"() {a = ${parameters}} : () -> ()`;
    expect(print(parse(text, context))).toContain(parameters.text);
  });

  test.each([
    ["#ane.activation<swish>", /expected one of relu, relu6, .*, found 'swish'/],
    ["#ane.activation<leaky_relu>", /leaky_relu has 1 parameters \(alpha\), found 0/],
    ["#ane.activation<relu, 1.0>", /relu has 0 parameters \(none\), found 1/],
  ])("%s is refused", (text, message) => {
    expect(complaints(`"test.op"() {a = ${text}} : () -> ()`)[0]).toMatch(message);
  });
});

describe("the verifier refuses", () => {
  const T = "!ane.surface<1x4x8x8xf16>";
  test.each([
    [
      "a live gain",
      programOf(`%y = ane.elementwise %x gain %x {kind = "identity"} : (${T}, ${T}) -> ${T}\n  ane.return %y : ${T}`),
      "gain must be an ane.constant: its slot takes no second live operand",
    ],
    [
      "an offset of two dimensions",
      programOf(
        `%o = ane.constant dense<1.0> : tensor<8x8xf16> -> !ane.surface<8x8xf16>\n  %y = ane.elementwise %x offset %o {kind = "identity"} : (${T}, !ane.surface<8x8xf16>) -> ${T}\n  ane.return %y : ${T}`,
      ),
      "offset must hold one number or one per element of one dimension of [1, 4, 8, 8], but is !ane.surface<8x8xf16>",
    ],
    [
      "a wrong result",
      programOf(
        `%y = "ane.conv"(%x, %w) <{operandSegmentSizes = array<i32: 1, 1, 0, 0>}> : (${T}, !ane.surface<4x4x3x3xf16>) -> ${T}\n  ane.return %y : ${T}`,
      ),
      "result 0 must be !ane.surface<1x4x6x6xf16> by its operands and attributes",
    ],
    [
      "a transpose slot that is no permutation",
      programOf(
        `%y = ane.elementwise %x {kind = "identity", transpose = array<i64: 0, 1, 1, 2>} : (${T}) -> ${T}\n  ane.return %y : ${T}`,
      ),
      "the transpose slot must permute 4 dimensions, but is [0, 1, 1, 2]",
    ],
    [
      "truth values with an activation",
      programOf(
        `%c = ane.elementwise %x, %x {kind = "less", post_activation = #ane.activation<relu>} : (${T}, ${T}) -> !ane.surface<1x4x8x8xi1>\n  %y = ane.elementwise %c, %x, %x {kind = "select"} : (!ane.surface<1x4x8x8xi1>, ${T}, ${T}) -> ${T}\n  ane.return %y : ${T}`,
      ),
      "less gives truth values, which the activation, gain and offset slots do not take",
    ],
    [
      "truth values that leave the program",
      programOf(
        `%c = ane.elementwise %x, %x {kind = "less"} : (${T}, ${T}) -> !ane.surface<1x4x8x8xi1>\n  ane.return %c : !ane.surface<1x4x8x8xi1>`,
        "!ane.surface<1x4x8x8xi1>",
      ),
      "!ane.surface<1x4x8x8xi1> cannot be an argument or result: truth values stay inside a program",
    ],
    [
      "more than five dimensions",
      programOf(
        `%y = ane.move %x {kind = "reshape", shape = array<i64: 1, 1, 1, 4, 8, 8>} : (${T}) -> !ane.surface<1x1x1x4x8x8xf16>\n  ane.return %y : !ane.surface<1x1x1x4x8x8xf16>`,
        "!ane.surface<1x1x1x4x8x8xf16>",
      ),
      "'ane.move' gives !ane.surface<1x1x1x4x8x8xf16> of rank 6: the engine has at most 5 dimensions",
    ],
    ["an unknown target", programOf(`ane.return %x : ${T}`, T, "h99"), 'but is "h99"'],
    [
      "a missing attribute of a move",
      programOf(`%y = ane.move %x {kind = "transpose"} : (${T}) -> ${T}\n  ane.return %y : ${T}`),
      "transpose needs the attribute permutation",
    ],
    [
      "attention beyond its lengths",
      `%q = "test.source"() : () -> !ane.surface<1x1x600x8xf16>
       %y = ane.attention %q, %q, %q {scale = 1.0 : f64} : (!ane.surface<1x1x600x8xf16>, !ane.surface<1x1x600x8xf16>, !ane.surface<1x1x600x8xf16>) -> !ane.surface<1x1x600x8xf16>`,
      "lengths 600 and 600 give wrong results: one must be below 512 and neither above 2048",
    ],
  ])("%s", (_, text, message) => {
    expect(complaints(text).join("\n")).toContain(message);
  });
});

describe("targets", () => {
  test("are 28, with one name each", () => {
    expect(new Set(targets.map(({ name }) => name)).size).toBe(28);
  });

  test("differ by generation as measured", () => {
    expect(targetOf("H13").limits).toMatchObject({ spatial: 16384, kernelWidth: 13, poolWindow: 29, texture: false });
    expect(targetOf("h16s").limits).toMatchObject({ spatial: 65536, kernelWidth: 15, poolWindow: 31, texture: true });
    expect(targetOf("h11").limits.mil).toBe(false);
    expect([targetOf("h13g").cores, targetOf("h14c").cores, targetOf("h17d").cores, targetOf("m9").cores]).toEqual([
      8, 32, 64, 1,
    ]);
    expect(isSince(targetOf("h15"), "A15")).toBe(true);
    expect(isSince(targetOf("h14"), "A15")).toBe(false);
  });

  test("an unknown one is an error that lists the known", () => {
    expect(() => targetOf("m4")).toThrow(/no engine target 'm4': known are h11, h12/);
  });

  test("only old engines crop in fixed point", () => {
    expect(["h13", "h14", "h15", "h16s"].map((name) => engineRules(targetOf(name)).cropLimit)).toEqual([
      4094,
      4094,
      undefined,
      undefined,
    ]);
  });
});
