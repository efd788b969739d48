import { describe, expect, test } from "vitest";
import type { ElementName } from "../../../ir/tensor-data.ts";
import {
  type BinaryName,
  binary,
  binaryNames,
  celu,
  clip,
  convert,
  ElementTypeError,
  elu,
  hardSigmoid,
  isInf,
  leakyRelu,
  ShapeError,
  select,
  selu,
  shrink,
  swish,
  tensorOf,
  thresholdedRelu,
  type UnaryName,
  unary,
  unaryNames,
  valuesOf,
} from "./index.ts";
import { erf, erfc, floorModulo, gelu, power, roundHalfToEven } from "./special-functions.ts";

type Values = readonly (number | bigint)[];
const vector = (element: ElementName, values: Values) => tensorOf(element, [values.length], values);
const unaryOf = (name: UnaryName, element: ElementName, values: Values) =>
  valuesOf(unary(name, vector(element, values)));
const binaryOf = (name: BinaryName, element: ElementName, a: Values, b: Values) =>
  valuesOf(binary(name, vector(element, a), vector(element, b)));

describe("special functions", () => {
  test.each([
    [0.5, 0.5204998778130465, 0.4795001221869535],
    [-1, -0.8427007929497149, 1.842700792949715],
    [2.5, 0.999593047982555, 0.0004069520174449589],
    [6, 1, 2.1519736712498916e-17],
  ])("erf and erfc of %d", (x, expected, complement) => {
    expect(erf(x)).toBeCloseTo(expected, 15);
    expect(erfc(x) / complement).toBeCloseTo(1, 12);
  });
  test("erf at the ends", () => {
    expect([erf(Infinity), erf(-Infinity), erf(NaN), erf(0)]).toEqual([1, -1, NaN, 0]);
    expect([erfc(Infinity), erfc(-Infinity)]).toEqual([0, 2]);
  });
  test("gelu keeps its relative accuracy in the far left tail", () => {
    expect(gelu(-9) / -1.015729565358458e-18).toBeCloseTo(1, 12);
    expect([gelu(-Infinity), gelu(Infinity), gelu(NaN)]).toEqual([-0, Infinity, NaN]);
  });
  test("rounds half to even and keeps the sign of zero", () => {
    const inputs = [2.5, 1.5, 0.5, -0.5, -1.5, -2.5, -0.3, 0.49999999999999994, 2 ** 52 + 1, Infinity, NaN, -0];
    expect(inputs.map(roundHalfToEven)).toEqual([2, 2, 0, -0, -2, -2, -0, 0, 2 ** 52 + 1, Infinity, NaN, -0]);
  });
  test("power follows C", () => {
    expect([power(1, NaN), power(-1, Infinity), power(NaN, 0), power(-8, 1 / 3)]).toEqual([1, 1, 1, NaN]);
  });
  test("modulo has the divisor's sign", () => {
    expect([floorModulo(-7, 3), floorModulo(7, -3), floorModulo(-6, 3), floorModulo(6, -3)]).toEqual([2, -2, 0, -0]);
  });
});

describe("unary", () => {
  test("relu keeps NaN", () => expect(unaryOf("relu", "f32", [-1, NaN, 2])).toEqual([0, NaN, 2]));
  test("rounds once to the element type", () => {
    expect(unaryOf("exp", "f32", [1])).toEqual([Math.fround(Math.E)]);
    expect(unaryOf("exp", "f16", [1])).toEqual([2.71875]);
    expect(unaryOf("exp", "bf16", [1])).toEqual([2.71875]);
    expect(unaryOf("exp", "f64", [1])).toEqual([Math.E]);
  });
  test("f16 overflows to infinity", () => expect(unaryOf("exp", "f16", [12])).toEqual([Infinity]));
  test("abs and neg of the least integer wrap", () => {
    expect(unaryOf("abs", "i8", [-128, -3])).toEqual([-128, 3]);
    expect(unaryOf("neg", "i4", [-8, 7])).toEqual([-8, -7]);
    expect(unaryOf("abs", "i64", [-(2n ** 63n), -3n])).toEqual([-(2n ** 63n), 3n]);
    expect(unaryOf("neg", "ui8", [1])).toEqual([255]);
  });
  test("bitwise_not fills the width", () => {
    expect(unaryOf("bitwise_not", "ui4", [0, 5])).toEqual([15, 10]);
    expect(unaryOf("bitwise_not", "ui64", [0n])).toEqual([2n ** 64n - 1n]);
    expect(unaryOf("bitwise_not", "i1", [0, 1])).toEqual([1, 0]);
  });
  test("activations far from zero neither overflow nor give NaN", () => {
    const far: Values = [-Infinity, -1e4, 1e4, Infinity];
    for (const name of ["gelu", "gelu_tanh", "silu", "hard_swish", "mish"] as const) {
      expect(unaryOf(name, "f64", far).map((value) => Math.abs(Number(value)))).toEqual([0, 0, 1e4, Infinity]);
    }
    expect(unaryOf("softplus", "f64", far)).toEqual([0, 0, 1e4, Infinity]);
    expect(unaryOf("sigmoid", "f64", far)).toEqual([0, 0, 1, 1]);
    expect(unaryOf("softsign", "f64", [-Infinity, 1, Infinity])).toEqual([-1, 0.5, 1]);
  });
  test("hard_swish, silu, mish and gelu_tanh at one", () => {
    expect(unaryOf("hard_swish", "f64", [-3, 1, 3])).toEqual([-0, 1 * (1 / 6 + 0.5), 3]);
    expect(unaryOf("silu", "f64", [1])[0]).toBeCloseTo(0.7310585786300049, 15);
    expect(unaryOf("mish", "f64", [1])[0]).toBeCloseTo(0.8650983882673103, 15);
    expect(unaryOf("gelu_tanh", "f64", [1])[0]).toBeCloseTo(0.8411919906082768, 15);
  });
  test("tests give i1", () => {
    expect(unary("is_nan", vector("f16", [NaN, 1])).element).toBe("i1");
    expect(unaryOf("is_nan", "bf16", [NaN, Infinity])).toEqual([1, 0]);
    expect(unaryOf("logical_not", "i64", [0n, 5n])).toEqual([1, 0]);
  });
  test("every operation has a form for f32 or i32, of the element type it states", () => {
    for (const name of unaryNames) {
      const element = name === "bitwise_not" ? "i32" : "f32";
      expect(unary(name, vector(element, [1, 2])).data).toHaveLength(2);
    }
  });
  test("refuses element types that an operation does not have", () => {
    expect(() => unary("exp", vector("i32", [1]))).toThrow(new ElementTypeError("exp", "a float element type", "i32"));
    expect(() => unary("bitwise_not", vector("f32", [1]))).toThrow("expected an integer element type, found f32");
  });
});

describe("activations with attributes", () => {
  const x = vector("f64", [-2, -0.5, 0, 1, 3, NaN]);
  test.each([
    ["leaky_relu", leakyRelu(x, { alpha: 0.1 }), [-0.2, -0.05, 0, 1, 3, NaN]],
    ["elu", elu(x, { alpha: 2 }), [2 * Math.expm1(-2), 2 * Math.expm1(-0.5), 0, 1, 3, NaN]],
    ["selu", selu(x, { alpha: 2, gamma: 3 }), [6 * Math.expm1(-2), 6 * Math.expm1(-0.5), 0, 3, 9, NaN]],
    ["celu", celu(x, { alpha: 2 }), [2 * Math.expm1(-1), 2 * Math.expm1(-0.25), 0, 1, 3, NaN]],
    ["hard_sigmoid", hardSigmoid(x, { alpha: 0.25, beta: 0.5 }), [0, 0.375, 0.5, 0.75, 1, NaN]],
    ["thresholded_relu", thresholdedRelu(x, { alpha: 1 }), [0, 0, 0, 0, 3, NaN]],
    ["shrink", shrink(x, { lambd: 0.5, bias: 0.25 }), [-1.75, 0, 0, 0.75, 2.75, NaN]],
    ["clip", clip(x, { min: -1, max: 2 }), [-1, -0.5, 0, 1, 2, NaN]],
    ["clip without a maximum", clip(x, { min: 0 }), [0, 0, 0, 1, 3, NaN]],
    ["clip with crossed limits", clip(x, { min: 5, max: 2 }), [2, 2, 2, 2, 2, NaN]],
    ["swish", swish(x, { alpha: 0 }), [-1, -0.25, 0, 0.5, 1.5, NaN]],
  ])("%s", (_, result, expected) => expect(valuesOf(result)).toEqual(expected));
  test("clip of 64-bit integers is exact", () => {
    expect(valuesOf(clip(vector("i64", [2n ** 62n + 1n, -5n]), { min: -3n }))).toEqual([2n ** 62n + 1n, -3n]);
  });
  test("is_inf detects the signs asked for", () => {
    const infinities = vector("f32", [-Infinity, Infinity, NaN, 1]);
    expect(valuesOf(isInf(infinities))).toEqual([1, 1, 0, 0]);
    expect(valuesOf(isInf(infinities, { detect_negative: false }))).toEqual([0, 1, 0, 0]);
    expect(valuesOf(isInf(infinities, { detect_positive: false }))).toEqual([1, 0, 0, 0]);
  });
});

describe("binary", () => {
  test("broadcasts both operands", () => {
    const sum = binary("add", tensorOf("i32", [2, 1], [10, 20]), tensorOf("i32", [3], [1, 2, 3]));
    expect(sum.shape).toEqual([2, 3]);
    expect(valuesOf(sum)).toEqual([11, 12, 13, 21, 22, 23]);
  });
  test("broadcasting with an empty dimension is empty", () => {
    expect(binary("add", tensorOf("f32", [0, 2], []), tensorOf("f32", [1], [1])).shape).toEqual([0, 2]);
  });
  test("refuses shapes that do not broadcast and mixed types", () => {
    const mismatch = () => binary("add", tensorOf("f32", [2], [1, 2]), tensorOf("f32", [3], [1, 2, 3]));
    expect(mismatch).toThrow(new ShapeError("add", "shapes that broadcast together", "[2] and [3]"));
    expect(() => binary("add", vector("f32", [1]), vector("f64", [1]))).toThrow(ElementTypeError);
  });
  test("integer arithmetic wraps", () => {
    expect(binaryOf("add", "i8", [127], [1])).toEqual([-128]);
    expect(binaryOf("sub", "ui8", [0], [1])).toEqual([255]);
    expect(binaryOf("mul", "i32", [0x12345679], [0x7654321])).toEqual([Math.imul(0x12345679, 0x7654321)]);
    expect(binaryOf("mul", "ui32", [0xffffffff], [0xffffffff])).toEqual([1]);
    expect(binaryOf("mul", "i64", [2n ** 62n + 1n], [4n])).toEqual([4n]);
    expect(binaryOf("add", "ui64", [2n ** 64n - 1n], [2n])).toEqual([1n]);
  });
  test("integer division truncates, and by zero gives 0", () => {
    expect(binaryOf("div", "i32", [-7, 7, 5, -(2 ** 31)], [2, -2, 0, -1])).toEqual([-3, -3, 0, -(2 ** 31)]);
    expect(binaryOf("div", "i64", [-7n, 5n, -(2n ** 63n)], [2n, 0n, -1n])).toEqual([-3n, 0n, -(2n ** 63n)]);
    for (const name of ["mod", "fmod"] as const) {
      expect(binaryOf(name, "i16", [5], [0])).toEqual([0]);
      expect(binaryOf(name, "i64", [5n], [0n])).toEqual([0n]);
    }
  });
  test("float division by zero follows IEEE 754", () => {
    expect(binaryOf("div", "f32", [1, -1, 0], [0, 0, 0])).toEqual([Infinity, -Infinity, NaN]);
  });
  test("mod takes the divisor's sign, fmod the dividend's", () => {
    expect(binaryOf("mod", "i8", [-7, 7], [3, -3])).toEqual([2, -2]);
    expect(binaryOf("mod", "i64", [-7n, 7n], [3n, -3n])).toEqual([2n, -2n]);
    expect(binaryOf("fmod", "i8", [-7, 7], [3, -3])).toEqual([-1, 1]);
    expect(binaryOf("fmod", "f64", [-7.5, 7.5], [2, -2])).toEqual([-1.5, 1.5]);
    expect(binaryOf("mod", "f64", [-7.5, 7.5], [2, -2])).toEqual([0.5, -0.5]);
  });
  test("powers of integers are exact modulo the width", () => {
    expect(binaryOf("pow", "i32", [3, -2, 2, -1], [4, 3, -1, -3])).toEqual([81, -8, 0, -1]);
    expect(binaryOf("pow", "i64", [3n], [39n])).toEqual([3n ** 39n]);
    expect(binaryOf("pow", "ui8", [3], [255])).toEqual([Number(3n ** 255n % 256n)]);
  });
  test("pow takes an exponent of another type", () => {
    const result = binary("pow", vector("i32", [9, 2]), vector("f32", [0.5, 3]));
    expect(result.element).toBe("i32");
    expect(valuesOf(result)).toEqual([3, 8]);
  });
  test("maximum and minimum propagate NaN from either side", () => {
    expect(binaryOf("maximum", "f32", [NaN, 1, 2], [1, NaN, 3])).toEqual([NaN, NaN, 3]);
    expect(binaryOf("minimum", "f32", [NaN, 1, 2], [1, NaN, 3])).toEqual([NaN, NaN, 2]);
    expect(binaryOf("maximum", "ui64", [2n ** 64n - 1n], [1n])).toEqual([2n ** 64n - 1n]);
  });
  test("comparisons with NaN are false but not_equal", () => {
    for (const name of ["equal", "less", "less_equal", "greater", "greater_equal"] as const) {
      expect(binaryOf(name, "f32", [NaN, 1], [NaN, 1])[0]).toBe(0);
    }
    expect(binaryOf("not_equal", "f32", [NaN, 1], [NaN, 1])).toEqual([1, 0]);
  });
  test("64-bit comparisons see the last bit", () => {
    expect(binaryOf("less", "i64", [2n ** 60n], [2n ** 60n + 1n])).toEqual([1]);
    expect(binary("less", vector("i64", [1n]), vector("i64", [2n])).element).toBe("i1");
  });
  test("shifts beyond the width move every bit out; right shifts keep the sign of signed types", () => {
    expect(binaryOf("shift_left", "ui8", [3, 3, 3], [1, 7, 8])).toEqual([6, 128, 0]);
    expect(binaryOf("shift_right", "i8", [-8, -8, 8], [1, 9, 9])).toEqual([-4, -1, 0]);
    expect(binaryOf("shift_right", "ui32", [0x80000000], [31])).toEqual([1]);
    expect(binaryOf("shift_left", "ui64", [1n, 1n], [63n, 64n])).toEqual([2n ** 63n, 0n]);
  });
  test("prelu scales negative elements and keeps NaN", () => {
    expect(binaryOf("prelu", "f32", [-2, 3, NaN], [0.5, 0.5, 0.5])).toEqual([-1, 3, NaN]);
  });
  test("logic treats anything but 0 as true", () => {
    expect(binaryOf("logical_and", "i32", [2, 2, 0], [4, 0, 0])).toEqual([1, 0, 0]);
    expect(binaryOf("logical_xor", "i1", [1, 1, 0], [1, 0, 0])).toEqual([0, 1, 0]);
  });
  test("every operation has a form for f32 or i32", () => {
    for (const name of binaryNames) {
      const element = /bitwise|shift/.test(name) ? "i32" : "f32";
      expect(binaryOf(name, element, [1, 2], [3, 1])).toHaveLength(2);
    }
  });
});

describe("select", () => {
  test("broadcasts condition and operands", () => {
    const condition = tensorOf("i1", [2, 1], [1, 0]);
    const result = select(condition, tensorOf("i64", [3], [1n, 2n, 3n]), tensorOf("i64", [], [9n]));
    expect(result.shape).toEqual([2, 3]);
    expect(valuesOf(result)).toEqual([1n, 2n, 3n, 9n, 9n, 9n]);
  });
  test("moves bits of bf16", () => {
    const result = select(vector("i1", [0, 1]), vector("bf16", [1, 2]), vector("bf16", [3, 4]));
    expect(valuesOf(result)).toEqual([3, 2]);
  });
});

describe("convert", () => {
  const converted = (from: ElementName, values: Values, to: ElementName) => valuesOf(convert(vector(from, values), to));
  test("float to integer truncates, keeps the low bits, and maps NaN and infinities to 0", () => {
    expect(converted("f32", [1.9, -1.9, 300, -1, NaN, Infinity], "i8")).toEqual([1, -1, 44, -1, 0, 0]);
    expect(converted("f32", [-1], "ui8")).toEqual([255]);
    expect(converted("f64", [-1.5, NaN, 2 ** 40], "i64")).toEqual([-1n, 0n, 2n ** 40n]);
    expect(converted("f32", [9, -9], "i4")).toEqual([-7, 7]);
  });
  test("integers keep their low bits", () => {
    expect(converted("i64", [2n ** 40n + 5n, -1n], "i32")).toEqual([5, -1]);
    expect(converted("i32", [-1], "ui64")).toEqual([2n ** 64n - 1n]);
  });
  test("truth is anything but 0", () => {
    expect(converted("f32", [0, -0, 0.1, NaN], "i1")).toEqual([0, 0, 1, 1]);
    expect(converted("i64", [0n, 2n ** 32n], "i1")).toEqual([0, 1]);
  });
  test("floats round to nearest even, once", () => {
    expect(converted("f32", [65519, 65520, 1e-8], "f16")).toEqual([65504, Infinity, 0]);
    expect(converted("f64", [1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -40], "bf16")).toEqual([
      1,
      1 + 2 ** -6,
      1 + 2 ** -7,
    ]);
    // 2^54 + 2^30 + 1 lies just above the middle of two f32 numbers; rounding to f64 first would hide the 1.
    expect(converted("i64", [2n ** 54n + 2n ** 30n + 1n], "f32")).toEqual([2 ** 54 + 2 ** 31]);
    expect(converted("i64", [2n ** 54n + 3n], "f64")).toEqual([2 ** 54 + 4]);
  });
});
