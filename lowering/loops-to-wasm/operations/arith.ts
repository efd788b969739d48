/** Integer and float arithmetic, comparisons and selections, on scalars and vectors. */
import type { IntegerPredicate } from "../../../dialects/arith/flags.ts";
import { addi, constant, muli, select, shli, subi } from "../../../dialects/arith/ops.ts";
import type { CombiningKind } from "../../../dialects/vector/ops.ts";
import { broadcast, splat as splatOperation } from "../../../dialects/vector/ops.ts";
import { ElementsAttribute } from "../../../ir/attributes.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { IndexType, MemRefType } from "../../../ir/types.ts";
import type { Expression } from "../binaryen.ts";
import type { Element } from "../element.ts";
import type { FunctionEmitter } from "../function-emitter.ts";
import { asMaskLanes, integerLanes } from "../lanes.ts";
import {
  addForms,
  constantForm,
  constantOf,
  isNonNegative,
  type LinearForm,
  scaleForm,
  termForm,
} from "../linear-form.ts";
import type { Part } from "../part.ts";
import { compareIntegerLanes, compareIntegers } from "./comparisons.ts";
import { applyLanes, dataOf, defineData, emitElementwise, type LaneOperation } from "./elementwise.ts";
import {
  asSigned,
  asUnsigned,
  fillsLanes,
  floatLanes,
  floats,
  integerConstant,
  integers,
  normalize,
  takeBoth,
} from "./scalars.ts";

type Emit = (emitter: FunctionEmitter, operation: Operation) => void;

type IntegerNames =
  | "add"
  | "sub"
  | "mul"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shr_s"
  | "shr_u"
  | "div_s"
  | "div_u"
  | "rem_s"
  | "rem_u";

/** An integer operation by the name of its instruction; `u` reads the operands unsigned, `s` signed. */
function integerBinary(
  name: IntegerNames,
  reading: "any" | "signed" | "unsigned",
  vector?: LaneOperation["vector"],
): LaneOperation {
  const read = {
    any: (_: FunctionEmitter, __: Element, value: Expression) => value,
    signed: asSigned,
    unsigned: asUnsigned,
  }[reading];
  return {
    scalar: (emitter, operands, element) => {
      const [a, b] = takeBoth(emitter, operands);
      const amountIsUnsigned = name === "shl" || name.startsWith("shr");
      const right = amountIsUnsigned ? asUnsigned(emitter, element, b) : read(emitter, element, b);
      return normalize(emitter, element, integers(emitter, element)[name](read(emitter, element, a), right));
    },
    ...(vector === undefined ? {} : { vector }),
  };
}

const vectorAdd: LaneOperation["vector"] = (emitter, operands, element) =>
  fillsLanes(element) ? integerLanes(emitter, element.laneBytes).add(...takeBoth(emitter, operands)) : undefined;
const vectorSub: LaneOperation["vector"] = (emitter, operands, element) =>
  fillsLanes(element) ? integerLanes(emitter, element.laneBytes).sub(...takeBoth(emitter, operands)) : undefined;

const vectorMul: LaneOperation["vector"] = (emitter, operands, element) => {
  if (!fillsLanes(element)) return undefined;
  const { m } = emitter;
  if (element.laneBytes === 2) return m.i16x8.mul(...takeBoth(emitter, operands));
  if (element.laneBytes === 4) return m.i32x4.mul(...takeBoth(emitter, operands));
  if (element.laneBytes === 8) return m.i64x2.mul(...takeBoth(emitter, operands));
  for (const operand of operands) emitter.share(operand);
  const low = m.i16x8.extmul_low_i8x16_s(...takeBoth(emitter, operands));
  const high = m.i16x8.extmul_high_i8x16_s(...takeBoth(emitter, operands));
  return m.i8x16.shuffle(
    low,
    high,
    Array.from({ length: 16 }, (_, byte) => 2 * byte),
  );
};

function bitwise(name: "and" | "or" | "xor"): LaneOperation {
  return integerBinary(name, "any", (emitter, operands) => emitter.m.v128[name](...takeBoth(emitter, operands)));
}

/** The one scalar that all lanes of a vector hold; undefined where it is not known. */
function uniformScalar(emitter: FunctionEmitter, value: Value): Expression | undefined {
  const { definer } = value;
  if (constant.matches(definer) && definer.value instanceof ElementsAttribute) {
    const { splat: amount } = definer.value;
    return amount === undefined ? undefined : emitter.m.i32.const(Number(amount));
  }
  if (!broadcast.matches(definer) && !splatOperation.matches(definer)) return undefined;
  const source = definer.operand(0);
  const lowered = emitter.lowered(source);
  if (lowered.kind !== "data" || lowered.shape !== undefined) return undefined;
  const [part] = lowered.parts;
  if (part === undefined || (part.local === undefined && part.make === undefined)) return undefined;
  const amount = emitter.take(part);
  return part.type === "i64" ? emitter.m.i32.wrap(amount) : amount;
}

/** Vector shifts take one amount for all lanes. */
function shift(name: "shl" | "shr_s" | "shr_u"): LaneOperation {
  return integerBinary(name, name === "shr_u" ? "unsigned" : "signed", (emitter, operands, element, operation) => {
    if (!fillsLanes(element)) return undefined;
    const amount = uniformScalar(emitter, operation.operand(1));
    if (amount === undefined) return undefined;
    return integerLanes(emitter, element.laneBytes)[name](emitter.take(operands[0]!), amount);
  });
}

/** Quotients other than those rounded towards zero, from quotient and remainder. */
function roundedDivision(direction: "floor" | "ceil"): LaneOperation {
  return {
    scalar: (emitter, operands, element) => {
      const use = integers(emitter, element);
      const [a, b] = operands.map((operand) => emitter.share(operand));
      const read = (part: Part) => asSigned(emitter, element, emitter.take(part));
      const quotient = use.div_s(read(a!), read(b!));
      const rest = emitter.share(emitter.part(element.wasm, use.rem_s(read(a!), read(b!))));
      const signs = use.xor(emitter.take(rest), read(b!));
      const zero = () => integerConstant(emitter, element, 0);
      const hasRest = use.ne(emitter.take(rest), zero());
      const isOff = emitter.m.i32.and(
        hasRest,
        direction === "floor" ? use.lt_s(signs, zero()) : use.ge_s(signs, zero()),
      );
      const correction = element.wasm === "i64" ? emitter.m.i64.extend_u(isOff) : isOff;
      const rounded = direction === "floor" ? use.sub(quotient, correction) : use.add(quotient, correction);
      return normalize(emitter, element, rounded);
    },
  };
}

const ceilDivisionUnsigned: LaneOperation = {
  scalar: (emitter, operands, element) => {
    const use = integers(emitter, element);
    const [a, b] = operands.map((operand) =>
      emitter.share(emitter.part(element.wasm, asUnsigned(emitter, element, emitter.take(operand)))),
    );
    const quotient = use.div_u(emitter.take(a!), emitter.take(b!));
    const hasRest = use.ne(use.rem_u(emitter.take(a!), emitter.take(b!)), integerConstant(emitter, element, 0));
    const carry = element.wasm === "i64" ? emitter.m.i64.extend_u(hasRest) : hasRest;
    return normalize(emitter, element, use.add(quotient, carry));
  },
};

function integerExtremum(which: "min" | "max", isSigned: boolean): LaneOperation {
  return {
    scalar: (emitter, operands, element) => {
      const [a, b] = operands.map((operand) => emitter.share(operand));
      const predicate: IntegerPredicate = which === "min" ? (isSigned ? "slt" : "ult") : isSigned ? "sgt" : "ugt";
      const isFirst = compareIntegers(emitter, predicate, [a!, b!], element);
      return emitter.m.select(isFirst, emitter.take(a!), emitter.take(b!));
    },
    vector: (emitter, operands, element) => {
      if (!fillsLanes(element)) return undefined;
      if (element.laneBytes !== 8) {
        const { i8x16, i16x8, i32x4 } = emitter.m;
        return { 1: i8x16, 2: i16x8, 4: i32x4 }[element.laneBytes][`${which}_${isSigned ? "s" : "u"}`](
          ...takeBoth(emitter, operands),
        );
      }
      const [a, b] = operands.map((operand) => emitter.share(operand));
      const predicate: IntegerPredicate = which === "min" ? (isSigned ? "slt" : "ult") : isSigned ? "sgt" : "ugt";
      const isFirst = compareIntegerLanes(emitter, predicate, [a!, b!], element);
      if (isFirst === undefined) return undefined;
      return emitter.m.v128.bitselect(emitter.take(a!), emitter.take(b!), isFirst);
    },
  };
}

// ------------------------------------------------------------------------------------------------------------ floats

function floatBinary(name: "add" | "sub" | "mul" | "div"): LaneOperation {
  return {
    scalar: (emitter, operands, element) => floats(emitter, element)[name](...takeBoth(emitter, operands)),
    vector: (emitter, operands, element) => floatLanes(emitter, element)[name](...takeBoth(emitter, operands)),
  };
}

/** IEEE minimum and maximum: WebAssembly's own. */
function floatExtremum(which: "min" | "max"): LaneOperation {
  return {
    scalar: (emitter, operands, element) => floats(emitter, element)[which](...takeBoth(emitter, operands)),
    vector: (emitter, operands, element) => floatLanes(emitter, element)[which](...takeBoth(emitter, operands)),
  };
}

/** The same between the operands of an operation. With a constant that is no NaN, one compare-and-choose does. */
function floatLimit(which: "min" | "max"): LaneOperation {
  const general = floatExtremum(which);
  return {
    scalar: general.scalar,
    vector: (emitter, operands, element, operation) => {
      const lanes = floatLanes(emitter, element);
      const limit = splatNumber(operation.operand(1)) ?? splatNumber(operation.operand(0));
      const isMinimumOfMinusZero = which === "min" && Object.is(limit, -0);
      if (limit === undefined || Number.isNaN(limit) || isMinimumOfMinusZero) {
        return lanes[which](...takeBoth(emitter, operands));
      }
      const [a, b] = takeBoth(emitter, operands);
      const [value, bound] = splatNumber(operation.operand(1)) === undefined ? [b, a] : [a, b];
      const chosen = lanes[which === "min" ? "pmin" : "pmax"](value, bound);
      // Against a bound of +0 a value of -0 is chosen as it is; adding +0 makes it +0 and changes nothing else.
      const needsPositiveZero = which === "max" && Object.is(limit, 0);
      return needsPositiveZero ? lanes.add(chosen, emitter.m.v128.const(new Uint8Array(16))) : chosen;
    },
  };
}

/** The number that all lanes of a constant have. */
function splatNumber(value: Value): number | undefined {
  const { definer } = value;
  if (!constant.matches(definer) || !(definer.value instanceof ElementsAttribute)) return undefined;
  const { splat: number } = definer.value;
  return number === undefined ? undefined : Number(number);
}

/** The extremum that ignores a NaN operand. */
function numberExtremum(which: "min" | "max"): LaneOperation {
  return {
    scalar: (emitter, operands, element) => {
      const use = floats(emitter, element);
      const [a, b] = operands.map((operand) => emitter.share(operand));
      const isNotNumber = (part: Part) => use.ne(emitter.take(part), emitter.take(part));
      const extremum = use[which](emitter.take(a!), emitter.take(b!));
      const { select: choose } = emitter.m;
      return choose(isNotNumber(a!), emitter.take(b!), choose(isNotNumber(b!), emitter.take(a!), extremum));
    },
    vector: (emitter, operands, element) => {
      const lanes = floatLanes(emitter, element);
      const [a, b] = operands.map((operand) => emitter.share(operand));
      const isNumber = (part: Part) => lanes.eq(emitter.take(part), emitter.take(part));
      const extremum = lanes[which](emitter.take(a!), emitter.take(b!));
      const { bitselect } = emitter.m.v128;
      return bitselect(bitselect(extremum, emitter.take(a!), isNumber(b!)), emitter.take(b!), isNumber(a!));
    },
  };
}

const negate: LaneOperation = {
  scalar: (emitter, [a], element) => floats(emitter, element).neg(emitter.take(a!)),
  vector: (emitter, [a], element) => floatLanes(emitter, element).neg(emitter.take(a!)),
};

/** C's fmod, by the host: the remainder of f32 values is exact in f64 and fits f32. */
const remainder: LaneOperation = {
  scalar: (emitter, operands, element) => {
    const { m } = emitter;
    const [a, b] = takeBoth(emitter, operands);
    const name = emitter.services.hostFunction("fmod", 2);
    if (element.wasm === "f64") return m.call(name, [a, b], emitter.typeCode("f64"));
    return m.f32.demote(m.call(name, [m.f64.promote(a), m.f64.promote(b)], emitter.typeCode("f64")));
  },
};

// --------------------------------------------------------------------------------------------------- index arithmetic

/** Index sums and products stay sums (linear-form.ts); other results become locals. */
function emitIndexArithmetic(emitter: FunctionEmitter, operation: Operation): boolean {
  if (!(operation.onlyResult.type instanceof IndexType)) return false;
  const [a, b] = operation.operands.map((value) => emitter.index(value));
  const form = combineForms(operation, a!, b!);
  if (form === undefined) return false;
  emitter.defineIndex(operation.onlyResult, form);
  return true;
}

function combineForms(operation: Operation, a: LinearForm, b: LinearForm): LinearForm | undefined {
  if (addi.matches(operation)) return addForms(a, b);
  if (subi.matches(operation)) return addForms(a, scaleForm(b, -1));
  const [left, right] = [constantOf(a), constantOf(b)];
  if (muli.matches(operation)) {
    if (right !== undefined) return scaleForm(a, right);
    return left === undefined ? undefined : scaleForm(b, left);
  }
  if (shli.matches(operation)) return right === undefined ? undefined : scaleForm(a, 2 ** right);
  if (left === undefined || right === undefined) return undefined;
  const folded = foldConstants[operation.name]?.(left, right);
  return folded === undefined ? undefined : constantForm(folded);
}

const foldConstants: Readonly<Record<string, (a: number, b: number) => number | undefined>> = {
  "arith.minsi": Math.min,
  "arith.maxsi": Math.max,
  "arith.divui": (a, b) => (a >= 0 && b > 0 ? Math.floor(a / b) : undefined),
  "arith.remui": (a, b) => (a >= 0 && b > 0 ? a % b : undefined),
};

/** Results that cannot be negative where these operands are not. */
const staysNonNegative: Readonly<Record<string, (operands: readonly boolean[]) => boolean>> = {
  "arith.minsi": (operands) => operands.every(Boolean),
  "arith.maxsi": (operands) => operands.some(Boolean),
  "arith.minui": (operands) => operands.some(Boolean),
  "arith.remui": (operands) => operands.some(Boolean),
  "arith.divui": (operands) => operands.every(Boolean),
  "arith.andi": (operands) => operands.some(Boolean),
  "arith.shrui": (operands) => operands[0] ?? false,
};

export function emitInteger(compute: LaneOperation): Emit {
  return (emitter, operation) => {
    if (emitIndexArithmetic(emitter, operation)) return;
    if (!(operation.onlyResult.type instanceof IndexType)) {
      emitElementwise(emitter, operation, compute);
      return;
    }
    const areNonNegative = operation.operands.map((value) => isNonNegative(emitter.index(value)));
    const operands = operation.operands.map((value) => dataOf(emitter, value));
    const computed = applyLanes(emitter, operation, compute, operands);
    defineData(emitter, operation.onlyResult, computed, staysNonNegative[operation.name]?.(areNonNegative) ?? false);
  };
}

// ---------------------------------------------------------------------------------------------------------- selection

function emitSelect(emitter: FunctionEmitter, operation: Operation): void {
  if (!select.matches(operation)) return;
  const { m } = emitter;
  const { condition, trueValue, falseValue, result } = operation;
  if (result.type instanceof IndexType || result.type instanceof MemRefType) {
    const [then, otherwise] = [trueValue, falseValue].map((value) => {
      const lowered = emitter.lowered(value);
      if (lowered.kind === "index") return emitter.evaluate(lowered.form);
      return emitter.evaluate(emitter.memory(value).address);
    });
    const chosen = m.select(emitter.take(emitter.scalar(condition)), then!, otherwise!);
    if (result.type instanceof IndexType) {
      const nonNegative = [trueValue, falseValue].every((value) => isNonNegative(emitter.index(value)));
      emitter.defineIndexExpression(result, chosen, nonNegative);
    } else {
      const address = termForm(emitter.newTerm(chosen, true));
      emitter.defineMemory(result, { address, origin: undefined, sizes: new Map() });
    }
    return;
  }
  const test = dataOf(emitter, condition);
  const [then, otherwise] = [trueValue, falseValue].map((value) => dataOf(emitter, value));
  const { element, shape } = then!;
  const other = asMaskLanes(emitter, otherwise!, element.laneBytes);
  if (test.shape === undefined) {
    const [part] = test.parts;
    if (then!.parts.length > 1) emitter.share(part!);
    const parts = then!.parts.map((first, position) =>
      emitter.part(
        first.type,
        m.select(emitter.take(part!), emitter.take(first), emitter.take(other.parts[position]!)),
      ),
    );
    emitter.define(result, { element, shape, parts });
    return;
  }
  const mask = asMaskLanes(emitter, test, element.laneBytes);
  const parts = then!.parts.map((first, position) => {
    const [a, b] = [emitter.take(first), emitter.take(other.parts[position]!)];
    return emitter.part("v128", m.v128.bitselect(a, b, emitter.take(mask.parts[position]!)));
  });
  emitter.define(result, { element, shape, parts });
}

const integerAdd = integerBinary("add", "any", vectorAdd);
const integerMul = integerBinary("mul", "any", vectorMul);
const floatAdd = floatBinary("add");
const floatMul = floatBinary("mul");

/** How two elements combine in a reduction. */
export function combiner(kind: CombiningKind, { kind: elementKind }: Element): LaneOperation {
  const isInteger = elementKind === "integer" || elementKind === "index";
  const table: Readonly<Record<CombiningKind, LaneOperation>> = {
    add: isInteger ? integerAdd : floatAdd,
    mul: isInteger ? integerMul : floatMul,
    minsi: integerExtremum("min", true),
    maxsi: integerExtremum("max", true),
    minui: integerExtremum("min", false),
    maxui: integerExtremum("max", false),
    and: bitwise("and"),
    or: bitwise("or"),
    xor: bitwise("xor"),
    minimumf: floatExtremum("min"),
    maximumf: floatExtremum("max"),
    minnumf: numberExtremum("min"),
    maxnumf: numberExtremum("max"),
  };
  return table[kind];
}

export const arithEmitters: Readonly<Record<string, Emit>> = {
  "arith.addi": emitInteger(integerAdd),
  "arith.subi": emitInteger(integerBinary("sub", "any", vectorSub)),
  "arith.muli": emitInteger(integerMul),
  "arith.shli": emitInteger(shift("shl")),
  "arith.shrsi": emitInteger(shift("shr_s")),
  "arith.shrui": emitInteger(shift("shr_u")),
  "arith.divsi": emitInteger(integerBinary("div_s", "signed")),
  "arith.divui": emitInteger(integerBinary("div_u", "unsigned")),
  "arith.remsi": emitInteger(integerBinary("rem_s", "signed")),
  "arith.remui": emitInteger(integerBinary("rem_u", "unsigned")),
  "arith.ceildivsi": emitInteger(roundedDivision("ceil")),
  "arith.floordivsi": emitInteger(roundedDivision("floor")),
  "arith.ceildivui": emitInteger(ceilDivisionUnsigned),
  "arith.andi": emitInteger(bitwise("and")),
  "arith.ori": emitInteger(bitwise("or")),
  "arith.xori": emitInteger(bitwise("xor")),
  "arith.minsi": emitInteger(integerExtremum("min", true)),
  "arith.maxsi": emitInteger(integerExtremum("max", true)),
  "arith.minui": emitInteger(integerExtremum("min", false)),
  "arith.maxui": emitInteger(integerExtremum("max", false)),
  "arith.addf": (emitter, operation) => emitElementwise(emitter, operation, floatAdd),
  "arith.subf": (emitter, operation) => emitElementwise(emitter, operation, floatBinary("sub")),
  "arith.mulf": (emitter, operation) => emitElementwise(emitter, operation, floatMul),
  "arith.divf": (emitter, operation) => emitElementwise(emitter, operation, floatBinary("div")),
  "arith.remf": (emitter, operation) => emitElementwise(emitter, operation, remainder),
  "arith.negf": (emitter, operation) => emitElementwise(emitter, operation, negate),
  "arith.maximumf": (emitter, operation) => emitElementwise(emitter, operation, floatLimit("max")),
  "arith.minimumf": (emitter, operation) => emitElementwise(emitter, operation, floatLimit("min")),
  "arith.maxnumf": (emitter, operation) => emitElementwise(emitter, operation, numberExtremum("max")),
  "arith.minnumf": (emitter, operation) => emitElementwise(emitter, operation, numberExtremum("min")),
  "arith.select": emitSelect,
};
