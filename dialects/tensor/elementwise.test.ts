/** Elementwise ops and activations: values by hand, broadcasting, element types, and what is rejected. */
import { describe, expect, it } from "vitest";
import { bf16, f16, f32 as f32Type, i1 as i1Type, i32 as i32Type, TensorType, ui8 } from "../../ir/types.ts";
import { caseName, checkCase, complaint, data, f32, i1, i32, i64, type OpCase, opCase } from "./op-testing.ts";
import * as ops from "./ops.ts";

const { PI, E, LN2, SQRT1_2 } = Math;

/** One operand, same shape: `values` become `results`. */
const unary = (
  definition: OpCase["definition"],
  values: readonly number[],
  results: readonly number[],
  attributes = {},
) => opCase(definition, [f32([values.length], ...values)], attributes, f32([values.length], ...results));

const cases: readonly OpCase[] = [
  unary(ops.abs, [-2, 0, 3], [2, 0, 3]),
  opCase(ops.abs, [i64([2], -5, 5)], {}, i64([2], 5, 5)),
  unary(ops.neg, [-2, 0, 3], [2, -0, -3]),
  unary(ops.exp, [0, 1, LN2], [1, E, 2]),
  unary(ops.log, [1, E, 0], [0, 1, -Infinity]),
  unary(ops.sqrt, [0, 4, 2.25], [0, 2, 1.5]),
  unary(ops.rsqrt, [4, 0.25], [0.5, 2]),
  unary(ops.reciprocal, [4, -0.5], [0.25, -2]),
  unary(ops.sin, [0, PI / 2], [0, 1]),
  unary(ops.cos, [0, PI], [1, -1]),
  unary(ops.tan, [0, PI / 4], [0, 1]),
  unary(ops.asin, [0, 1], [0, PI / 2]),
  unary(ops.acos, [1, 0], [0, PI / 2]),
  unary(ops.atan, [0, 1], [0, PI / 4]),
  unary(ops.sinh, [0, LN2], [0, 0.75]),
  unary(ops.cosh, [0, LN2], [1, 1.25]),
  unary(ops.asinh, [0, 0.75], [0, LN2]),
  unary(ops.acosh, [1, 1.25], [0, LN2]),
  unary(ops.atanh, [0, 0.6], [0, LN2]),
  unary(ops.tanh, [0, LN2], [0, 0.6]),
  unary(ops.sigmoid, [0, LN2], [0.5, 2 / 3]),
  unary(ops.relu, [-1, 0, 2], [0, 0, 2]),
  opCase(ops.relu, [i32([3], -4, 0, 4)], {}, i32([3], 0, 0, 4)),
  unary(ops.erf, [0, 1, -1], [0, 0.8427008, -0.8427008]),
  unary(ops.floor, [-1.5, 1.5], [-2, 1]),
  unary(ops.ceil, [-1.5, 1.5], [-1, 2]),
  unary(ops.round, [0.5, 1.5, 2.5, -0.6], [0, 2, 2, -1]),
  unary(ops.sign, [-3, 0, 4], [-1, 0, 1]),
  opCase(ops.logicalNot, [i1([2], 0, 1)], {}, i1([2], 1, 0)),
  opCase(ops.bitwiseNot, [data("ui8", [2], [0, 15])], {}, data("ui8", [2], [255, 240])),
  unary(ops.silu, [0, LN2], [0, (LN2 * 2) / 3]),
  unary(ops.softplus, [0, -100], [LN2, 0]),
  unary(ops.softsign, [1, -3], [0.5, -0.75]),
  unary(ops.hardSwish, [-4, 0, 3, 1], [0, 0, 3, 2 / 3]),
  unary(ops.mish, [0, 1], [0, 0.8650984]),
  opCase(ops.isNan, [f32([3], Number.NaN, 1, Infinity)], {}, i1([3], 1, 0, 0)),

  unary(ops.gelu, [0, 1], [0, 0.8413447]),
  unary(ops.gelu, [1], [0.841192], { approximate: "tanh" }),
  unary(ops.leakyRelu, [-2, 2], [-0.02, 2]),
  unary(ops.leakyRelu, [-2, 2], [-1, 2], { alpha: 0.5 }),
  unary(ops.elu, [-LN2, 2], [-0.5, 2]),
  unary(ops.selu, [-LN2, 2], [-3, 6], { alpha: 2, gamma: 3 }),
  unary(ops.celu, [-2 * LN2, 2], [-1, 2], { alpha: 2 }),
  unary(ops.hardSigmoid, [-3, 0, 1, 3], [0, 0.5, 0.7, 1]),
  unary(ops.thresholdedRelu, [1, 2.5], [0, 2.5], { alpha: 2 }),
  unary(ops.shrink, [-2, 0.5, 2], [-1.5, 0, 1.5], { lambd: 1, bias: 0.5 }),
  unary(ops.swish, [0, LN2], [0, LN2 * 0.8], { alpha: 2 }),
  unary(ops.clip, [-1, 3, 9], [0, 3, 6], { min: 0, max: 6 }),
  unary(ops.clip, [-1, 9], [-1, 6], { max: 6 }),
  opCase(ops.clip, [i64([2], -5, 5)], { min: 0 }, i64([2], 0, 5)),
  opCase(ops.isInf, [f32([3], Infinity, -Infinity, 1)], {}, i1([3], 1, 1, 0)),
  opCase(ops.isInf, [f32([2], Infinity, -Infinity)], { detect_negative: false }, i1([2], 1, 0)),

  opCase(ops.add, [f32([2, 2], 1, 2, 3, 4), f32([2], 10, 20)], {}, f32([2, 2], 11, 22, 13, 24)),
  opCase(ops.add, [data("i8", [1], [127]), data("i8", [1], [1])], {}, data("i8", [1], [-128])),
  opCase(ops.sub, [f32([2, 1], 1, 2), f32([2], 10, 20)], {}, f32([2, 2], -9, -19, -8, -18)),
  opCase(ops.mul, [f32([2], 2, 3), f32([], 4)], {}, f32([2], 8, 12)),
  opCase(ops.div, [f32([2], 1, 1), f32([2], 4, 0)], {}, f32([2], 0.25, Infinity)),
  opCase(ops.div, [i32([3], 7, -7, 1), i32([3], 2, 2, 0)], {}, i32([3], 3, -3, 0)),
  opCase(ops.maximum, [f32([2], 1, 5), f32([2], 3, Number.NaN)], {}, f32([2], 3, Number.NaN)),
  opCase(ops.minimum, [f32([2], 1, 5), f32([2], 3, 2)], {}, f32([2], 1, 2)),
  opCase(ops.mod, [i32([2], -7, 7), i32([2], 3, -3)], {}, i32([2], 2, -2)),
  opCase(ops.fmod, [i32([2], -7, 7), i32([2], 3, -3)], {}, i32([2], -1, 1)),
  opCase(ops.atan2, [f32([2], 1, 0), f32([2], 0, -1)], {}, f32([2], PI / 2, PI)),
  opCase(ops.equal, [i64([2], 1, 2), i64([2], 1, 3)], {}, i1([2], 1, 0)),
  opCase(ops.equal, [i1([2], 1, 0), i1([], 0)], {}, i1([2], 0, 1)),
  opCase(ops.notEqual, [f32([2], 1, 2), f32([2], 1, 3)], {}, i1([2], 0, 1)),
  opCase(ops.greater, [f32([3], 1, 2, 3), f32([], 2)], {}, i1([3], 0, 0, 1)),
  opCase(ops.greaterEqual, [f32([3], 1, 2, 3), f32([], 2)], {}, i1([3], 0, 1, 1)),
  opCase(ops.less, [f32([3], 1, 2, 3), f32([], 2)], {}, i1([3], 1, 0, 0)),
  opCase(ops.lessEqual, [f32([3], 1, 2, 3), f32([], 2)], {}, i1([3], 1, 1, 0)),
  opCase(ops.logicalAnd, [i1([4], 0, 0, 1, 1), i1([4], 0, 1, 0, 1)], {}, i1([4], 0, 0, 0, 1)),
  opCase(ops.logicalOr, [i1([4], 0, 0, 1, 1), i1([4], 0, 1, 0, 1)], {}, i1([4], 0, 1, 1, 1)),
  opCase(ops.logicalXor, [i1([4], 0, 0, 1, 1), i1([4], 0, 1, 0, 1)], {}, i1([4], 0, 1, 1, 0)),
  opCase(ops.bitwiseAnd, [i32([1], 12), i32([1], 10)], {}, i32([1], 8)),
  opCase(ops.bitwiseOr, [i32([1], 12), i32([1], 10)], {}, i32([1], 14)),
  opCase(ops.bitwiseXor, [i32([1], 12), i32([1], 10)], {}, i32([1], 6)),
  opCase(ops.shiftLeft, [data("ui8", [2], [1, 1]), data("ui8", [2], [3, 9])], {}, data("ui8", [2], [8, 0])),
  opCase(ops.shiftRight, [i32([2], -8, 8), i32([], 1)], {}, i32([2], -4, 4)),
  opCase(ops.pow, [f32([2], 2, 3), i64([], 3)], {}, f32([2], 8, 27)),
  opCase(ops.prelu, [f32([1, 2, 2], -1, 1, -1, 1), f32([2, 1], 2, 3)], {}, f32([1, 2, 2], -2, 1, -3, 1)),
  opCase(ops.select, [i1([2, 1], 1, 0), f32([2], 1, 2), f32([], 9)], {}, f32([2, 2], 1, 2, 9, 9)),
  opCase(
    ops.convert,
    [f32([3], -1.5, 300, Number.NaN)],
    { result: TensorType.get([3], ui8) },
    data("ui8", [3], [255, 44, 0]),
  ),
  opCase(ops.convert, [i64([1], 2049)], { result: TensorType.get([1], f16) }, data("f16", [1], [2048])),
  opCase(ops.convert, [f32([1], 1 + SQRT1_2)], { result: TensorType.get([1], bf16) }, data("bf16", [1], [1.7109375])),
];

describe("elementwise ops", () => {
  it.each(cases.map((each) => [caseName(each), each] as const))("%s", (_, each) => checkCase(each));

  it("covers every op of the theme", () => {
    const covered = new Set(cases.map(({ definition }) => definition.name));
    const missing = [...ops.elementwiseOps, ...ops.activationOps].filter(({ name }) => !covered.has(name));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it("rejects shapes that do not broadcast", () => {
    const types = [TensorType.get([2, 3], f32Type), TensorType.get([2], f32Type)];
    expect(complaint(ops.add, types, {})).toMatch(
      /add: expected shapes that broadcast together, found \[2, 3\] and \[2\]/,
    );
  });

  it("rejects operands of different element types", () => {
    const types = [TensorType.get([2], f32Type), TensorType.get([2], i32Type)];
    expect(complaint(ops.mul, types, {})).toMatch(/mul: expected operands of one element type, found f32, i32/);
  });

  it("rejects element types that an op does not define", () => {
    expect(complaint(ops.exp, [TensorType.get([2], i32Type)], {})).toMatch(
      /exp: expected a float element type, found i32/,
    );
    expect(complaint(ops.leakyRelu, [TensorType.get([2], i32Type)], {})).toMatch(
      /operand 'input' and result 'result' must be a static tensor of floats, but got tensor<2xi32>/,
    );
  });

  it("rejects dynamic shapes with a hint", () => {
    expect(complaint(ops.relu, [TensorType.get([-1], f32Type)], {})).toMatch(/tensor<\?xf32>: specialise the dynamic/);
  });

  it("rejects a condition that is not a truth value", () => {
    const vector = TensorType.get([2], f32Type);
    expect(complaint(ops.select, [vector, vector, vector], {})).toMatch(/'condition' must be a static tensor of i1/);
  });

  it("rejects a slope that would widen the input, and a conversion that would reshape", () => {
    const [small, large] = [TensorType.get([1, 2], f32Type), TensorType.get([2, 2], f32Type)];
    expect(complaint(ops.prelu, [small, large], {})).toMatch(/a slope that broadcasts to \[1, 2\], found \[2, 2\]/);
    expect(complaint(ops.convert, [small], { result: TensorType.get([2], i1Type) })).toMatch(
      /convert: expected a result of/,
    );
  });

  it("rejects limits outside the element type", () => {
    expect(complaint(ops.clip, [TensorType.get([2], ui8)], { min: -1 })).toMatch(
      /min must be a value of ui8, from 0 to 255/,
    );
  });
});
