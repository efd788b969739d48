/**
 * Elementary functions. Those with an instruction use it; the rest was expanded into f32 arithmetic before (expand-math), and what
 * is left of it calls the host's `Math`, lane by lane in f64.
 *
 * `vector.fma` is a product and a sum, each rounded: WebAssembly has no fused one that every engine fuses. `math.fma` on f32,
 * which stands where the single rounding matters, is computed in f64, where the product is exact.
 */
import { fma as vectorFma } from "../../../dialects/vector/ops.ts";
import type { Operation } from "../../../ir/operation.ts";
import type { Expression } from "../binaryen.ts";
import type { Element } from "../element.ts";
import type { FunctionEmitter } from "../function-emitter.ts";
import { integerLanes } from "../lanes.ts";
import { emitInteger } from "./arith.ts";
import { applyLanes, dataOf, defineData, emitElementwise, type LaneOperation } from "./elementwise.ts";
import { asSigned, floatLanes, floats, integerConstant, integers, normalize } from "./scalars.ts";

type Emit = (emitter: FunctionEmitter, operation: Operation) => void;

function emitLanes(compute: LaneOperation): Emit {
  return (emitter, operation) => emitElementwise(emitter, operation, compute);
}

function unary(name: "abs" | "ceil" | "floor" | "trunc" | "nearest" | "sqrt"): Emit {
  return emitLanes({
    scalar: (emitter, [x], element) => floats(emitter, element)[name](emitter.take(x!)),
    vector: (emitter, [x], element) => floatLanes(emitter, element)[name](emitter.take(x!)),
  });
}

function scalarOne(emitter: FunctionEmitter, element: Element): Expression {
  return element.wasm === "f64" ? emitter.m.f64.const(1) : emitter.m.f32.const(1);
}

const rsqrt: LaneOperation = {
  scalar: (emitter, [x], element) => {
    const use = floats(emitter, element);
    return use.div(scalarOne(emitter, element), use.sqrt(emitter.take(x!)));
  },
  vector: (emitter, [x], element) => {
    const lanes = floatLanes(emitter, element);
    return lanes.div(lanes.splat(scalarOne(emitter, element)), lanes.sqrt(emitter.take(x!)));
  },
};

/** Halves away from zero: towards zero, and one further where at least a half was cut off. */
const round: LaneOperation = {
  scalar: (emitter, [x], element) => {
    const use = floats(emitter, element);
    emitter.share(x!);
    const whole = emitter.share(emitter.part(element.wasm, use.trunc(emitter.take(x!))));
    const cut = use.abs(use.sub(emitter.take(x!), emitter.take(whole)));
    const half = element.wasm === "f64" ? emitter.m.f64.const(0.5) : emitter.m.f32.const(0.5);
    const next = use.add(emitter.take(whole), use.copysign(scalarOne(emitter, element), emitter.take(x!)));
    return emitter.m.select(use.ge(cut, half), next, emitter.take(whole));
  },
};

function signMask({ m }: FunctionEmitter, { wasm }: Element): Expression {
  return wasm === "f64" ? m.i64x2.splat(m.i64.const(-(1n << 63n))) : m.i32x4.splat(m.i32.const(-(2 ** 31)));
}

const copysign: LaneOperation = {
  scalar: (emitter, [magnitude, sign], element) =>
    floats(emitter, element).copysign(emitter.take(magnitude!), emitter.take(sign!)),
  vector: (emitter, [magnitude, sign], element) => {
    const [a, b] = [emitter.take(magnitude!), emitter.take(sign!)];
    return emitter.m.v128.bitselect(b, a, signMask(emitter, element));
  },
};

/** A product and a sum. */
const multiplyAdd: LaneOperation = {
  scalar: (emitter, [a, b, c], element) => {
    const use = floats(emitter, element);
    return use.add(use.mul(emitter.take(a!), emitter.take(b!)), emitter.take(c!));
  },
  vector: (emitter, [a, b, c], element) => {
    const lanes = floatLanes(emitter, element);
    const product = lanes.mul(emitter.take(a!), emitter.take(b!));
    return lanes.add(product, emitter.take(c!));
  },
};

/** f32: the product is exact in f64, the sum is rounded there and then to f32. f64 is not fused. */
const fusedMultiplyAdd: LaneOperation = {
  scalar: (emitter, operands, element) => {
    if (element.wasm === "f64") return multiplyAdd.scalar(emitter, operands, element);
    const { m } = emitter;
    const [a, b, c] = operands.map((operand) => m.f64.promote(emitter.take(operand)));
    return m.f32.demote(m.f64.add(m.f64.mul(a!, b!), c!));
  },
  vector: (emitter, operands, element, operation) => {
    if (element.wasm === "f64") return multiplyAdd.vector?.(emitter, operands, element, operation);
    const { f64x2, f32x4, i8x16 } = emitter.m;
    for (const operand of operands) emitter.share(operand);
    const high = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
    const half = (isHigh: boolean): Expression => {
      const [a, b, c] = operands.map((operand) => {
        const lanes = isHigh
          ? i8x16.shuffle(emitter.take(operand), emitter.take(operand), high)
          : emitter.take(operand);
        return f64x2.promote_low_f32x4(lanes);
      });
      return f32x4.demote_f64x2_zero(f64x2.add(f64x2.mul(a!, b!), c!));
    };
    return i8x16.shuffle(half(false), half(true), [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
  },
};

/** A function of the host, on f64. */
function host(name: string, parameters: number): Emit {
  return emitLanes({
    scalar: (emitter, operands, element) => {
      const { m } = emitter;
      const isDouble = element.wasm === "f64";
      const values = operands.map((operand) =>
        isDouble ? emitter.take(operand) : m.f64.promote(emitter.take(operand)),
      );
      const called = m.call(emitter.services.hostFunction(name, parameters), values, emitter.typeCode("f64"));
      return isDouble ? called : m.f32.demote(called);
    },
  });
}

/** A float to an integer power, as the host's `pow`. */
function emitIntegerPower(emitter: FunctionEmitter, operation: Operation): void {
  const [base, power] = operation.operands.map((value) => dataOf(emitter, value));
  if (base?.shape !== undefined) throw operation.error("is not lowered for vectors: run expand-math first");
  const { m } = emitter;
  const exponent = emitter.take(power!.parts[0]!);
  const wide = power!.element.wasm === "i64" ? m.f64.convert_s.i64(exponent) : m.f64.convert_s.i32(exponent);
  const compute: LaneOperation = {
    scalar: (_, [x], element) => {
      const value = element.wasm === "f64" ? emitter.take(x!) : m.f64.promote(emitter.take(x!));
      const called = m.call(emitter.services.hostFunction("pow", 2), [value, wide], emitter.typeCode("f64"));
      return element.wasm === "f64" ? called : m.f32.demote(called);
    },
  };
  defineData(emitter, operation.onlyResult, applyLanes(emitter, operation, compute, [base!]));
}

/** By squaring. Of a negative power only the integer part is left: that of 1 and -1 is not 0. */
const integerPower: LaneOperation = {
  scalar: (emitter, [x, y], element) => {
    const { m } = emitter;
    const use = integers(emitter, element);
    const constant = (value: number) => integerConstant(emitter, element, value);
    const power = emitter.share(emitter.part(element.wasm, asSigned(emitter, element, emitter.take(y!))));
    const [base, rest, result] = [asSigned(emitter, element, emitter.take(x!)), emitter.take(power), constant(1)].map(
      (initial) => {
        const local = emitter.newLocal(element.wasm);
        emitter.setLocal(local, initial);
        return { get: () => emitter.get(local, element.wasm), set: (value: Expression) => m.local.set(local, value) };
      },
    );
    const isOdd = (value: Expression) => use.ne(use.and(value, constant(1)), constant(0));
    const original = emitter.share(emitter.part(element.wasm, base!.get()));
    const label = emitter.newLabel();
    const trip = m.block(null, [
      m.if(isOdd(rest!.get()), result!.set(use.mul(result!.get(), base!.get()))),
      base!.set(use.mul(base!.get(), base!.get())),
      rest!.set(use.shr_u(rest!.get(), constant(1))),
      m.br(label, use.ne(rest!.get(), constant(0))),
    ]);
    emitter.addStatements([m.loop(label, trip)]);
    const isUnit = (unit: number) => use.eq(emitter.take(original), constant(unit));
    const signed = m.select(isOdd(emitter.take(power)), constant(-1), constant(1));
    const fraction = m.select(isUnit(1), constant(1), m.select(isUnit(-1), signed, constant(0)));
    const isNegative = use.lt_s(emitter.take(power), constant(0));
    return normalize(emitter, element, m.select(isNegative, fraction, result!.get()));
  },
};

const absoluteInteger: LaneOperation = {
  scalar: (emitter, [x], element) => {
    const use = integers(emitter, element);
    emitter.share(x!);
    const negative = use.sub(integerConstant(emitter, element, 0), emitter.take(x!));
    const isNegative = use.lt_s(emitter.take(x!), integerConstant(emitter, element, 0));
    return emitter.m.select(isNegative, negative, emitter.take(x!));
  },
  vector: (emitter, [x], element) =>
    element.bits === element.laneBytes * 8 ? integerLanes(emitter, element.laneBytes).abs(emitter.take(x!)) : undefined,
};

function countBits(name: "clz" | "ctz" | "popcnt"): LaneOperation {
  return {
    scalar: (emitter, [x], element) => {
      const use = integers(emitter, element);
      const width = element.wasm === "i64" ? 64 : 32;
      const { bits } = element;
      const mask = integerConstant(emitter, element, BigInt.asUintN(width, (1n << BigInt(bits)) - 1n));
      const value = bits === width ? emitter.take(x!) : use.and(emitter.take(x!), mask);
      if (name === "clz") return use.sub(use.clz(value), integerConstant(emitter, element, width - bits));
      if (name === "popcnt" || bits === width) return use[name](value);
      // A bit behind the last one ends the count of trailing zeros.
      return use.ctz(use.or(value, integerConstant(emitter, element, 1n << BigInt(bits))));
    },
  };
}

function emitVectorFma(emitter: FunctionEmitter, operation: Operation): void {
  if (vectorFma.matches(operation)) emitElementwise(emitter, operation, multiplyAdd);
}

const hostUnary = [
  "acos",
  "acosh",
  "asin",
  "asinh",
  "atan",
  "atanh",
  "cbrt",
  "cos",
  "cosh",
  "erf",
  "exp",
  "exp2",
  "expm1",
  "log",
  "log10",
  "log1p",
  "log2",
  "sin",
  "sinh",
  "tan",
  "tanh",
] as const;

export const mathEmitters: Readonly<Record<string, Emit>> = {
  ...Object.fromEntries(hostUnary.map((name) => [`math.${name}`, host(name, 1)])),
  "math.atan2": host("atan2", 2),
  "math.powf": host("pow", 2),
  "math.fpowi": emitIntegerPower,
  "math.absf": unary("abs"),
  "math.ceil": unary("ceil"),
  "math.floor": unary("floor"),
  "math.trunc": unary("trunc"),
  "math.roundeven": unary("nearest"),
  "math.sqrt": unary("sqrt"),
  "math.rsqrt": emitLanes(rsqrt),
  "math.round": emitLanes(round),
  "math.copysign": emitLanes(copysign),
  "math.fma": emitLanes(fusedMultiplyAdd),
  "math.ipowi": emitInteger(integerPower),
  "math.absi": emitInteger(absoluteInteger),
  "math.ctlz": emitInteger(countBits("clz")),
  "math.cttz": emitInteger(countBits("ctz")),
  "math.ctpop": emitInteger(countBits("popcnt")),
  "vector.fma": emitVectorFma,
};
