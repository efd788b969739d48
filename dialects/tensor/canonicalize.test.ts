/**
 * Canonicalisation, one behaviour per case: an expression before, how it reads after, and that both compute the same bits
 * on inputs with zeros of both signs, infinities and NaN. Cases whose text does not change are the ones that must not.
 */
import { describe, expect, it } from "vitest";
import { DenseElementsAttribute, requireElementName } from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import { type AnyDefinition, Context } from "../../ir/context.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import { BlockArgument, type Operation, type Value } from "../../ir/operation.ts";
import { applyPatternsGreedily } from "../../ir/rewrite/greedy-driver.ts";
import type { ElementName } from "../../ir/tensor-data.ts";
import type { TensorType, Type } from "../../ir/types.ts";
import { verifyAll } from "../../ir/verifier.ts";
import { arith, constant } from "../arith/index.ts";
import { builtin } from "../builtin/index.ts";
import { functionOperation, moduleOperation } from "../func/build.ts";
import { func } from "../func/index.ts";
import { tensorType } from "./declare.ts";
import * as t from "./index.ts";
import { data } from "./op-testing.ts";

const context = new Context([builtin, func, arith, t.tensor]);
const type = (element: ElementName, ...shape: number[]) => tensorType(shape, element);

/** Builds by positional operands: `build(t.add, [x, y], { … })`. */
type Build = (definition: AnyDefinition, operands: readonly Value[], attributes?: object) => Value;

interface Case {
  readonly name: string;
  readonly inputs: readonly TensorType[];
  readonly before: (build: Build, args: readonly Value[], splat: (type: TensorType, value: number) => Value) => Value;
  readonly after: string;
}

const x = type("f32", 2, 3);
const integers = type("i32", 2, 3);
const scalar = type("f32");

const unchanged: readonly Case[] = [
  {
    name: "x + 0 stays for floats: it turns -0 into 0",
    inputs: [x],
    before: (build, [a], splat) => build(t.add, [a!, splat(scalar, 0)]),
    after: "add(%0, 0)",
  },
  {
    name: "x - -0 stays for floats",
    inputs: [x],
    before: (build, [a], splat) => build(t.sub, [a!, splat(scalar, -0)]),
    after: "sub(%0, -0)",
  },
  {
    name: "adding a zero that widens the shape stays",
    inputs: [type("i32", 1, 3)],
    before: (build, [a], splat) => build(t.add, [a!, splat(integers, 0)]),
    after: "add(%0, 0)",
  },
  {
    name: "f32 -> f16 -> f32 rounds, so it stays",
    inputs: [x],
    before: (build, [a]) => build(t.convert, [build(t.convert, [a!], { result: type("f16", 2, 3) })], { result: x }),
    after: "convert:tensor<2x3xf32>(convert:tensor<2x3xf16>(%0))",
  },
  {
    name: "f16 -> bf16 -> f32 loses bits, so it stays",
    inputs: [type("f16", 2, 3)],
    before: (build, [a]) => build(t.convert, [build(t.convert, [a!], { result: type("bf16", 2, 3) })], { result: x }),
    after: "convert:tensor<2x3xf32>(convert:tensor<2x3xbf16>(%0))",
  },
  {
    name: "i32 -> f32 -> i64 rounds, so it stays",
    inputs: [integers],
    before: (build, [a]) => build(t.convert, [build(t.convert, [a!], { result: x })], { result: type("i64", 2, 3) }),
    after: "convert:tensor<2x3xi64>(convert:tensor<2x3xf32>(%0))",
  },
  {
    name: "two constants are not swapped",
    inputs: [],
    before: (build, _, splat) => build(t.add, [splat(scalar, 2), splat(scalar, 3)]),
    after: "add(2, 3)",
  },
  {
    name: "a broadcast that makes the shape stays",
    inputs: [type("f32", 3), scalar],
    before: (build, [a, b]) => build(t.add, [build(t.broadcast, [a!], { result: x }), b!]),
    after: "add(broadcast:tensor<2x3xf32>(%0), %1)",
  },
  {
    name: "relu of a clip that lets negative numbers through stays",
    inputs: [x],
    before: (build, [a]) => build(t.relu, [build(t.clip, [a!], { min: -1, max: 6 })]),
    after: "relu(clip{min=-1 max=6}(%0))",
  },
  {
    name: "not(not(x)) of a number is a truth value, not the number",
    inputs: [x],
    before: (build, [a]) => build(t.logicalNot, [build(t.logicalNot, [a!])]),
    after: "logical_not(logical_not(%0))",
  },
  {
    name: "trilu of another trilu stays",
    inputs: [x],
    before: (build, [a]) => build(t.trilu, [build(t.trilu, [a!], { upper: false })]),
    after: "trilu(trilu{upper=false}(%0))",
  },
];

const changed: readonly Case[] = [
  {
    name: "relu(relu(x)) -> relu(x)",
    inputs: [x],
    before: (build, [a]) => build(t.relu, [build(t.relu, [build(t.relu, [a!])])]),
    after: "relu(%0)",
  },
  { name: "neg(neg(x)) -> x", inputs: [x], before: (build, [a]) => build(t.neg, [build(t.neg, [a!])]), after: "%0" },
  {
    name: "bitwise_not(bitwise_not(x)) -> x",
    inputs: [integers],
    before: (build, [a]) => build(t.bitwiseNot, [build(t.bitwiseNot, [a!])]),
    after: "%0",
  },
  {
    name: "not(not(x)) -> x",
    inputs: [type("i1", 4)],
    before: (build, [a]) => build(t.logicalNot, [build(t.logicalNot, [a!])]),
    after: "%0",
  },
  {
    name: "f(c, x) -> f(x, c)",
    inputs: [x],
    before: (build, [a], splat) => build(t.maximum, [splat(scalar, 2), a!]),
    after: "maximum(%0, 2)",
  },
  {
    name: "x + 0 -> x for integers, the zero on the left",
    inputs: [integers],
    before: (build, [a], splat) => build(t.add, [splat(type("i32"), 0), a!]),
    after: "%0",
  },
  {
    name: "x + 0 -> x for 64-bit integers",
    inputs: [type("i64", 2)],
    before: (build, [a], splat) => build(t.add, [a!, splat(type("i64", 2), 0)]),
    after: "%0",
  },
  {
    name: "x + -0 -> x for floats",
    inputs: [x],
    before: (build, [a], splat) => build(t.add, [a!, splat(x, -0)]),
    after: "%0",
  },
  {
    name: "x - 0 -> x",
    inputs: [x],
    before: (build, [a], splat) => build(t.sub, [a!, splat(scalar, 0)]),
    after: "%0",
  },
  {
    name: "x · 1 -> x, in bf16",
    inputs: [type("bf16", 2, 3)],
    before: (build, [a], splat) => build(t.mul, [splat(type("bf16"), 1), a!]),
    after: "%0",
  },
  {
    name: "x / 1 -> x",
    inputs: [x],
    before: (build, [a], splat) => build(t.div, [a!, splat(x, 1)]),
    after: "%0",
  },
  {
    name: "limits of limits",
    inputs: [x],
    before: (build, [a]) => build(t.clip, [build(t.clip, [a!], { min: -1, max: 6 })], { min: 0, max: 9 }),
    after: "clip{min=0 max=6}(%0)",
  },
  {
    name: "limits that do not overlap",
    inputs: [x],
    before: (build, [a]) => build(t.clip, [build(t.clip, [a!], { min: 0, max: 1 })], { min: 2 }),
    after: "clip{min=2 max=2}(%0)",
  },
  {
    name: "limits of which the maximum wins",
    inputs: [x],
    before: (build, [a]) => build(t.clip, [build(t.clip, [a!], { min: 3, max: -3 })], { min: -1 }),
    after: "clip{min=3 max=-1}(%0)",
  },
  { name: "clip without limits -> x", inputs: [x], before: (build, [a]) => build(t.clip, [a!]), after: "%0" },
  {
    name: "relu(clip(x, 0, 6)) -> clip(x, 0, 6)",
    inputs: [x],
    before: (build, [a]) => build(t.relu, [build(t.clip, [a!], { min: 0, max: 6 })]),
    after: "clip{min=0 max=6}(%0)",
  },
  {
    name: "convert(x: T -> T) -> x",
    inputs: [x],
    before: (build, [a]) => build(t.convert, [a!], { result: x }),
    after: "%0",
  },
  {
    name: "f16 -> f32 -> f16 is nothing",
    inputs: [type("f16", 2, 3)],
    before: (build, [a]) => build(t.convert, [build(t.convert, [a!], { result: x })], { result: type("f16", 2, 3) }),
    after: "%0",
  },
  {
    name: "i8 -> f16 -> i32 goes directly",
    inputs: [type("i8", 2, 3)],
    before: (build, [a]) =>
      build(t.convert, [build(t.convert, [a!], { result: type("f16", 2, 3) })], { result: integers }),
    after: "convert:tensor<2x3xi32>(%0)",
  },
  {
    name: "ui8 -> i16 -> f32 goes directly",
    inputs: [type("ui8", 2, 3)],
    before: (build, [a]) => build(t.convert, [build(t.convert, [a!], { result: type("i16", 2, 3) })], { result: x }),
    after: "convert:tensor<2x3xf32>(%0)",
  },
  {
    name: "transpose(transpose(x, p), q) -> transpose(x, p ∘ q)",
    inputs: [type("f32", 2, 3, 4)],
    before: (build, [a]) =>
      build(t.transpose, [build(t.transpose, [a!], { permutation: [1, 2, 0] })], { permutation: [0, 2, 1] }),
    after: "transpose{permutation=1,0,2}(%0)",
  },
  {
    name: "a transpose and its inverse vanish",
    inputs: [type("f32", 2, 3, 4)],
    before: (build, [a]) =>
      build(t.transpose, [build(t.transpose, [a!], { permutation: [1, 2, 0] })], { permutation: [2, 0, 1] }),
    after: "%0",
  },
  {
    name: "static_reshape(static_reshape(x)) -> static_reshape(x)",
    inputs: [x],
    before: (build, [a]) =>
      build(t.staticReshape, [build(t.staticReshape, [a!], { result: type("f32", 6) })], { result: type("f32", 3, 2) }),
    after: "static_reshape:tensor<3x2xf32>(%0)",
  },
  {
    name: "a reshape there and back vanishes",
    inputs: [x],
    before: (build, [a]) =>
      build(t.staticReshape, [build(t.staticReshape, [a!], { result: type("f32", 6) })], { result: x }),
    after: "%0",
  },
  {
    name: "broadcast(broadcast(x)) -> broadcast(x)",
    inputs: [scalar],
    before: (build, [a]) => build(t.broadcast, [build(t.broadcast, [a!], { result: type("f32", 3) })], { result: x }),
    after: "broadcast:tensor<2x3xf32>(%0)",
  },
  {
    name: "broadcast(x: T -> T) -> x",
    inputs: [x],
    before: (build, [a]) => build(t.broadcast, [a!], { result: x }),
    after: "%0",
  },
  {
    name: "f(broadcast(x), y) -> f(x, y)",
    inputs: [type("f32", 3), x],
    before: (build, [a, b]) => build(t.sub, [build(t.broadcast, [a!], { result: x }), b!]),
    after: "sub(%0, %1)",
  },
  {
    name: "one of two broadcasts of the same value remains",
    inputs: [type("f32", 3)],
    before: (build, [a]) => {
      const wide = build(t.broadcast, [a!], { result: x });
      return build(t.add, [wide, wide]);
    },
    after: "add(%0, broadcast:tensor<2x3xf32>(%0))",
  },
  {
    name: "a broadcast condition goes into select",
    inputs: [type("i1", 3), x, x],
    before: (build, [c, a, b]) => build(t.select, [build(t.broadcast, [c!], { result: type("i1", 2, 3) }), a!, b!]),
    after: "select(%0, %1, %2)",
  },
  {
    name: "slice of all -> x",
    inputs: [x],
    before: (build, [a]) => build(t.slice, [a!], { starts: [0, 0], sizes: [2, 3], strides: [1, 1] }),
    after: "%0",
  },
  {
    name: "slice(slice(x)) -> slice(x), backward too",
    inputs: [type("f32", 9)],
    before: (build, [a]) => {
      const inner = build(t.slice, [a!], { starts: [8], sizes: [4], strides: [-2] });
      return build(t.slice, [inner], { starts: [1], sizes: [2], strides: [2] });
    },
    after: "slice{starts=6 sizes=2 strides=-4}(%0)",
  },
  {
    name: "static_pad by nothing -> x",
    inputs: [x],
    before: (build, [a]) => build(t.staticPad, [a!], { low: [0, 0], high: [0, 0] }),
    after: "%0",
  },
  {
    name: "tile once -> x",
    inputs: [x],
    before: (build, [a]) => build(t.tile, [a!], { repeats: [1, 1] }),
    after: "%0",
  },
  {
    name: "concat(x) -> x",
    inputs: [x],
    before: (build, [a]) => build(t.concat, [a!], { dim: 1 }),
    after: "%0",
  },
  {
    name: "reverse of nothing -> x",
    inputs: [x],
    before: (build, [a]) => build(t.reverse, [a!], { axes: [] }),
    after: "%0",
  },
  {
    name: "reverse(reverse(x, 0 1), 1) -> reverse(x, 0)",
    inputs: [x],
    before: (build, [a]) => build(t.reverse, [build(t.reverse, [a!], { axes: [0, 1] })], { axes: [1] }),
    after: "reverse{axes=0}(%0)",
  },
];

/** A value as an expression of arguments and constants, with the attributes that differ from their defaults. */
function expression(value: Value): string {
  const operation = value.definer;
  if (value instanceof BlockArgument) return `%${value.index}`;
  if (operation === undefined) throw new Error("a value that nothing defines");
  if (constant.matches(operation)) {
    const splat = operation.value instanceof DenseElementsAttribute ? operation.value.splat : undefined;
    return Object.is(splat, -0) ? "-0" : String(splat);
  }
  const { definition } = operation;
  const shown = definition!.attributeFields.flatMap(({ name, field }) => {
    const stored = operation.attribute(name);
    const decoded = stored === undefined ? undefined : field.constraint.decode(stored);
    return decoded === undefined || decoded === field.fallback ? [] : [`${name}=${decoded}`];
  });
  const isTyped = definition!.options.infer === undefined && !definition!.hasTrait("SameOperandsAndResultType");
  const attributes = shown.length === 0 ? "" : `{${shown.join(" ")}}`;
  const stated = isTyped ? `:${operation.onlyResult.type}` : "";
  return `${operation.name.slice("tensor.".length)}${attributes}${stated}(${operation.operands.map(expression).join(", ")})`;
}

function functionOf({ inputs, before }: Case): Operation {
  const make = (builder: Builder, args: readonly Value[]): readonly Value[] => {
    const build: Build = (definition, operands, attributes = {}) => {
      const named = definition.operandFields.map(({ name, field }, position) => [
        name,
        field.arity === "variadic" ? operands.slice(position) : operands[position],
      ]);
      return builder.build(definition, { ...Object.fromEntries(named), ...attributes }).onlyResult;
    };
    const splat = (of: TensorType, value: number) =>
      builder.build(constant, { value: DenseElementsAttribute.splat(of, value) }).result;
    return [before(build, args, splat)];
  };
  const results: Type[] = [];
  // The function's type must state its results, which a first, discarded build tells.
  functionOperation("sketch", inputs, [], (builder, args) => {
    results.push(...make(builder, args).map((value) => value.type));
    return undefined;
  });
  return functionOperation("f", inputs, results, make);
}

/** Awkward values of a type: both zeros, infinities, NaN, ties and ordinary numbers. */
function awkward(of: TensorType) {
  const floats = [-0, 0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5, -1.5, 7.25, 1e-5];
  const whole = [0, 1, -1, 2, 100, -7, 5, 3, 64];
  const element = requireElementName(of.element);
  const source = element.includes("f") ? floats : whole;
  return data(
    element,
    of.shape,
    Array.from({ length: of.count }, (_, index) => source[(index * 2 + 1) % source.length]!),
  );
}

function check(each: Case): void {
  const operation = functionOf(each);
  const home = moduleOperation([operation]);
  const inputs = each.inputs.map(awkward);
  const [expected] = evaluateFunction(operation, inputs, context);
  applyPatternsGreedily(home, context.canonicalizationPatterns, context, { fold: false });
  const returned = operation.regions[0]!.entry!.last!.operand(0);
  expect(expression(returned)).toBe(each.after);
  expect(verifyAll(operation, context).map(({ message }) => message)).toEqual([]);
  const [found] = evaluateFunction(operation, inputs, context);
  expect(found).toEqual(expected);
}

describe("canonicalisation", () => {
  it.each(changed.map((each) => [each.name, each] as const))("%s", (_, each) => check(each));
});

describe("canonicalisation leaves alone what would change bits", () => {
  it.each(unchanged.map((each) => [each.name, each] as const))("%s", (_, each) => check(each));
});
