import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Attribute } from "../../ir/attributes.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import { Context } from "../../ir/context.ts";
import { evaluateOperation } from "../../ir/evaluate.ts";
import { unknownLocation } from "../../ir/location.ts";
import { createOperation, type Operation } from "../../ir/operation.ts";
import { allocateElements, type TensorData } from "../../ir/tensor-data.ts";
import { elementNameOf, f16, f32, f64, i1, i8, i32, i64, index, type Type } from "../../ir/types.ts";
import { propertyParameters } from "../../test/testing/property.ts";
import * as flags from "../arith/flags.ts";
import { arith } from "../arith/index.ts";
import { math } from "../math/index.ts";
import { scalarExpression, scalarHelpers } from "./scalar-code.ts";

const context = new Context([arith, math]);

function scalarOperation(
  definition: AnyDefinition,
  operands: readonly Type[],
  result: Type,
  properties: readonly (readonly [string, Attribute])[] = [],
): Operation {
  const values = operands.map(
    (type) => createOperation({ name: "test.value", resultTypes: [type], location: unknownLocation }).onlyResult,
  );
  return createOperation({
    name: definition.name,
    definition,
    operands: values,
    resultTypes: [result],
    properties,
    location: unknownLocation,
  });
}

function dataOf(value: number | bigint, type: Type): TensorData {
  const element = elementNameOf(type)!;
  const data = allocateElements(element, 1);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[0] = BigInt(value);
  else data[0] = Number(value);
  return { shape: [], element, data };
}

/** A value as compiled code holds it. */
function held(data: TensorData, type: Type): number | bigint {
  const value = data.data[0]!;
  return type === index ? Number(value) : value;
}

function compare(operation: Operation, inputs: readonly TensorData[]): void {
  const names = inputs.map((_, position) => `x${position}`);
  const code = scalarExpression(operation, names);
  expect(code, operation.name).toBeDefined();
  const values = inputs.map((input, position) => held(input, operation.operand(position).type));
  const compiled: number | bigint = new Function("h", ...names, `return ${code};`)(scalarHelpers, ...values);
  const [expected] = evaluateOperation(operation, inputs, context)!;
  const wanted = held(expected!, operation.onlyResult.type);
  const same = Object.is(compiled, wanted) || compiled === wanted;
  expect(
    same,
    `${operation.name}(${values.join(", ")}) on ${operation.operand(0).type}: compiled ${compiled}, evaluated ${wanted}`,
  ).toBe(true);
}

const float = (type: Type) =>
  fc
    .oneof(
      fc.double({ min: -100, max: 100, noNaN: true }),
      fc.constantFrom(0, -0, 1, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    )
    .map((value) => dataOf(value, type));
const whole = (type: Type) =>
  type === i64 || type === index
    ? fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }).map((value) => dataOf(value, type))
    : fc
        .integer({
          min: type === i8 ? -128 : type === i1 ? 0 : -(2 ** 31),
          max: type === i8 ? 127 : type === i1 ? 1 : 2 ** 31 - 1,
        })
        .map((value) => dataOf(value, type));
const input = (type: Type) => (type === f32 || type === f64 || type === f16 ? float(type) : whole(type));

function check(
  definition: AnyDefinition,
  operands: readonly Type[],
  result: Type,
  properties: readonly (readonly [string, Attribute])[] = [],
  usable: (inputs: readonly TensorData[]) => boolean = () => true,
): void {
  const operation = scalarOperation(definition, operands, result, properties);
  fc.assert(
    fc.property(fc.tuple(...operands.map(input)).filter(usable), (inputs) => compare(operation, inputs)),
    propertyParameters(60),
  );
}

const named = (name: string): AnyDefinition => {
  const definition = context.definition(name);
  if (definition === undefined) throw new Error(`no op ${name}`);
  return definition;
};

const words = (list: string) => list.split(" ");

describe("scalar code agrees with the evaluators of single operations", () => {
  it.each(words("addf subf mulf divf maximumf minimumf maxnumf minnumf"))("arith.%s", (mnemonic) => {
    for (const type of [f32, f64, f16]) check(named(`arith.${mnemonic}`), [type, type], type);
  });

  it.each(words("addi subi muli andi ori xori minsi maxsi minui maxui"))("arith.%s", (mnemonic) => {
    for (const type of [i8, i32, i64]) check(named(`arith.${mnemonic}`), [type, type], type);
  });

  it.each(words("divsi divui remsi remui floordivsi ceildivsi"))("arith.%s", (mnemonic) => {
    const isDefined = ([a, b]: readonly TensorData[]) => {
      const [dividend, divisor] = [BigInt(a!.data[0]!), BigInt(b!.data[0]!)];
      // Zero divisors and the one quotient that does not fit are undefined.
      return divisor !== 0n && !(divisor === -1n && dividend <= -(2n ** 7n));
    };
    for (const type of [i8, i32, i64]) check(named(`arith.${mnemonic}`), [type, type], type, [], isDefined);
  });

  it.each(words("shli shrsi shrui"))("arith.%s", (mnemonic) => {
    const inRange = ([, b]: readonly TensorData[]) => BigInt(b!.data[0]!) >= 0n && BigInt(b!.data[0]!) < 8n;
    for (const type of [i8, i32]) check(named(`arith.${mnemonic}`), [type, type], type, [], inRange);
  });

  it("arith.cmpi and arith.cmpf", () => {
    for (const predicate of flags.integerPredicates) {
      const properties = [["predicate", flags.integerPredicateAttribute.encode(predicate)]] as const;
      for (const type of [i8, i32, i64]) check(named("arith.cmpi"), [type, type], i1, properties);
    }
    for (const predicate of flags.floatPredicates) {
      const properties = [["predicate", flags.floatPredicateAttribute.encode(predicate)]] as const;
      check(named("arith.cmpf"), [f32, f32], i1, properties);
    }
  });

  it("casts", () => {
    check(named("arith.extf"), [f16], f32);
    check(named("arith.truncf"), [f64], f32);
    check(named("arith.truncf"), [f32], f16);
    check(named("arith.extsi"), [i8], i64);
    check(named("arith.extsi"), [i1], i32);
    check(named("arith.extui"), [i8], i32);
    check(named("arith.extui"), [i1], i64);
    check(named("arith.trunci"), [i64], i32);
    check(named("arith.trunci"), [i32], i8);
    check(named("arith.trunci"), [i64], i1);
    check(named("arith.sitofp"), [i32], f32);
    check(named("arith.sitofp"), [i64], f64);
    check(named("arith.uitofp"), [i8], f32);
    check(named("arith.uitofp"), [i1], f32);
    check(named("arith.index_cast"), [index], i64);
    check(named("arith.index_cast"), [i64], index);
    check(named("arith.index_cast"), [index], i32);
    check(named("arith.bitcast"), [f32], i32);
    check(named("arith.bitcast"), [i64], f64);
    const fits = ([value]: readonly TensorData[]) => Math.abs(Number(value!.data[0])) < 100;
    check(named("arith.fptosi"), [f32], i32, [], fits);
    check(named("arith.fptosi"), [f64], i64, [], fits);
    check(named("arith.select"), [i1, f32, f32], f32);
    check(named("arith.negf"), [f32], f32);
  });

  it.each(
    words("absf ceil floor trunc sqrt exp log sin cos tanh erf exp2 log2 log1p expm1 round roundeven rsqrt atan"),
  )("math.%s", (mnemonic) => {
    check(named(`math.${mnemonic}`), [f32], f32);
  });

  it.each(words("powf copysign atan2"))("math.%s", (mnemonic) => {
    check(named(`math.${mnemonic}`), [f32, f32], f32);
  });

  it.each(words("ctpop ctlz cttz absi"))("math.%s", (mnemonic) => {
    for (const type of [i8, i32]) check(named(`math.${mnemonic}`), [type], type);
  });
});
