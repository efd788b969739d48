/**
 * Runs scalar f32 arithmetic on many numbers at once, in JavaScript and bit-exactly: what the accuracy tests of the expansions
 * measure, on every machine. Only pure operations and scf.if, whose branches are both run and blended lane by lane.
 */

import type { FloatPredicate, IntegerPredicate } from "../../dialects/arith/flags.ts";
import { cmpf, cmpi, constant } from "../../dialects/arith/ops.ts";
import { ifOperation } from "../../dialects/scf/ops.ts";
import { FloatAttribute, IntegerAttribute } from "../../ir/attributes.ts";
import type { Block, Operation, Value } from "../../ir/operation.ts";
import { f32 } from "../../ir/types.ts";

/** f32 values as they are; integers and truth values as i32. */
export type Lanes = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

const single = new Float32Array(1);
const pattern = new Int32Array(single.buffer);

/** a·b + c with one rounding to f32. */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const rounded = Math.fround(sum);
  if (!Number.isFinite(sum)) return rounded;
  const back = sum - product;
  const error = product - (sum - back) + (c - back);
  if (error === 0) return rounded;
  // The sum in double was rounded; that matters where it lies exactly between two f32 numbers.
  const rest = sum - rounded;
  const neighbour = rounded + 2 * rest;
  const isTie = rest !== 0 && Math.fround(neighbour) === neighbour;
  return isTie && Math.sign(rest) === Math.sign(error) ? neighbour : rounded;
}

function roundEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest < 0.5) return floor;
  return rest > 0.5 || floor % 2 !== 0 ? floor + 1 : floor;
}

const floatBinary: Readonly<Record<string, (a: number, b: number) => number>> = {
  "arith.addf": (a, b) => a + b,
  "arith.subf": (a, b) => a - b,
  "arith.mulf": (a, b) => a * b,
  "arith.divf": (a, b) => a / b,
  "math.copysign": (a, b) => {
    single[0] = b;
    return pattern[0]! < 0 ? -Math.abs(a) : Math.abs(a);
  },
};
const floatUnary: Readonly<Record<string, (a: number) => number>> = {
  "arith.negf": (a) => -a,
  "math.absf": Math.abs,
  "math.sqrt": Math.sqrt,
  "math.trunc": Math.trunc,
  "math.floor": Math.floor,
  "math.ceil": Math.ceil,
  "math.roundeven": roundEven,
  "arith.sitofp": (a) => a,
  "arith.uitofp": (a) => a >>> 0,
};
const integerBinary: Readonly<Record<string, (a: number, b: number) => number>> = {
  "arith.addi": (a, b) => a + b,
  "arith.subi": (a, b) => a - b,
  "arith.muli": Math.imul,
  "arith.andi": (a, b) => a & b,
  "arith.ori": (a, b) => a | b,
  "arith.xori": (a, b) => a ^ b,
  "arith.shli": (a, b) => a << inRange(b),
  "arith.shrui": (a, b) => a >>> inRange(b),
  "arith.shrsi": (a, b) => a >> inRange(b),
};

/** Shifting by 32 or more is undefined: the expansions must never do it. */
function inRange(amount: number): number {
  if (amount < 0 || amount > 31) throw new Error(`shifts by ${amount}`);
  return amount;
}

const floatComparisons: Readonly<Record<FloatPredicate, (a: number, b: number) => boolean>> = {
  false: () => false,
  oeq: (a, b) => a === b,
  ogt: (a, b) => a > b,
  oge: (a, b) => a >= b,
  olt: (a, b) => a < b,
  ole: (a, b) => a <= b,
  one: (a, b) => a < b || a > b,
  ord: (a, b) => !(Number.isNaN(a) || Number.isNaN(b)),
  ueq: (a, b) => !(a < b || a > b),
  ugt: (a, b) => !(a <= b),
  uge: (a, b) => !(a < b),
  ult: (a, b) => !(a >= b),
  ule: (a, b) => !(a > b),
  une: (a, b) => a !== b,
  uno: (a, b) => Number.isNaN(a) || Number.isNaN(b),
  true: () => true,
};
const integerComparisons: Readonly<Record<IntegerPredicate, (a: number, b: number) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  slt: (a, b) => a < b,
  sle: (a, b) => a <= b,
  sgt: (a, b) => a > b,
  sge: (a, b) => a >= b,
  ult: (a, b) => a >>> 0 < b >>> 0,
  ule: (a, b) => a >>> 0 <= b >>> 0,
  ugt: (a, b) => a >>> 0 > b >>> 0,
  uge: (a, b) => a >>> 0 >= b >>> 0,
};

/** Runs a block of scalar operations on `count` lanes and returns the lanes of its terminator's operands. */
export function runLanes(block: Block, environment: Map<Value, Lanes>, count: number): readonly Lanes[] {
  for (const operation of block.operations) {
    const operands = operation.operands.map((value) => {
      const lanes = environment.get(value);
      if (lanes === undefined) throw operation.error("uses a value that was not computed");
      return lanes;
    });
    if (operation.definition?.hasTrait("Terminator")) return operands;
    const results = runOperation(operation, operands, environment, count);
    for (const [position, result] of operation.results.entries()) environment.set(result, results[position]!);
  }
  return [];
}

function runOperation(
  operation: Operation,
  operands: readonly Lanes[],
  environment: Map<Value, Lanes>,
  count: number,
): readonly Lanes[] {
  if (ifOperation.matches(operation)) {
    const [condition] = operands;
    const then = runLanes(operation.thenRegion.onlyBlock, environment, count);
    const otherwise = runLanes(operation.elseRegion.onlyBlock, environment, count);
    return then.map((lanes, position) => lanes.map((lane, i) => (condition![i] ? lane : otherwise[position]![i]!)));
  }
  const result: Lanes = operation.onlyResult.type === f32 ? new Float32Array(count) : new Int32Array(count);
  const compute = laneFunction(operation, operands);
  for (let lane = 0; lane < count; lane++) result[lane] = compute(lane);
  return [result];
}

/** What an operation computes in one lane. */
function laneFunction(operation: Operation, operands: readonly Lanes[]): (lane: number) => number {
  const [a, b, c] = operands;
  if (constant.matches(operation)) {
    const { value } = operation;
    if (!(value instanceof FloatAttribute) && !(value instanceof IntegerAttribute))
      throw operation.error("is no scalar");
    const number = Number(value.value);
    return () => number;
  }
  if (cmpf.matches(operation)) {
    const holds = floatComparisons[operation.predicate];
    return (lane) => Number(holds(a![lane]!, b![lane]!));
  }
  if (cmpi.matches(operation)) {
    const holds = integerComparisons[operation.predicate];
    return (lane) => Number(holds(a![lane]!, b![lane]!));
  }
  const { name } = operation;
  if (name === "arith.select") return (lane) => (a![lane] ? b![lane]! : c![lane]!);
  if (name === "math.fma") return (lane) => fusedMultiplyAdd(a![lane]!, b![lane]!, c![lane]!);
  if (name === "arith.bitcast") {
    const bits = a instanceof Float32Array ? new Int32Array(a.buffer) : new Float32Array(a!.buffer);
    return (lane) => bits[lane]!;
  }
  if (name === "arith.fptosi") {
    return (lane) => {
      const whole = Math.trunc(a![lane]!);
      if (!(whole >= -(2 ** 31) && whole < 2 ** 31)) throw operation.error(`is undefined for ${a![lane]}`);
      return whole;
    };
  }
  const unary = floatUnary[name];
  if (unary !== undefined) return (lane) => unary(a![lane]!);
  const binary = floatBinary[name] ?? integerBinary[name];
  if (binary === undefined) throw operation.error("is not known to the lane interpreter");
  return (lane) => binary(a![lane]!, b![lane]!);
}
