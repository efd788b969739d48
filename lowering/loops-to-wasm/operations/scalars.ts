/** Scalars in their canonical form (element.ts), and the instructions that work on them or on lanes of them. */
import type { Expression } from "../binaryen.ts";
import type { Element } from "../element.ts";
import type { FunctionEmitter } from "../function-emitter.ts";
import type { Part } from "../part.ts";

/** The instructions on a scalar integer. */
export function integers({ m }: FunctionEmitter, { wasm }: Element) {
  return wasm === "i64" ? m.i64 : m.i32;
}

export function integerConstant({ m }: FunctionEmitter, { wasm }: Element, value: number | bigint): Expression {
  return wasm === "i64"
    ? m.i64.const(BigInt.asIntN(64, BigInt(value)))
    : m.i32.const(Number(BigInt.asIntN(32, BigInt(value))));
}

/** Brings a result of arithmetic back to its canonical form: sign-extended from its width, truth values as 0 or 1. */
export function normalize(emitter: FunctionEmitter, element: Element, value: Expression): Expression {
  const { m } = emitter;
  const { bits, wasm } = element;
  if (bits === 32 || bits === 64) return value;
  if (bits === 1) return m.i32.and(value, m.i32.const(1));
  if (wasm === "i32" && bits === 8) return m.i32.extend8_s(value);
  if (wasm === "i32" && bits === 16) return m.i32.extend16_s(value);
  const { shl, shr_s } = integers(emitter, element);
  const unused = integerConstant(emitter, element, (wasm === "i64" ? 64 : 32) - bits);
  const again = integerConstant(emitter, element, (wasm === "i64" ? 64 : 32) - bits);
  return shr_s(shl(value, unused), again);
}

/** A scalar with its upper bits cleared. */
export function asUnsigned(emitter: FunctionEmitter, element: Element, value: Expression): Expression {
  const { bits } = element;
  if (bits === 1 || bits === 32 || bits === 64) return value;
  return integers(emitter, element).and(value, integerConstant(emitter, element, (1n << BigInt(bits)) - 1n));
}

/** A scalar as a signed number: only truth values differ from their canonical form (1 is -1). */
export function asSigned({ m }: FunctionEmitter, { bits }: Element, value: Expression): Expression {
  return bits === 1 ? m.i32.sub(m.i32.const(0), value) : value;
}

export function floats({ m }: FunctionEmitter, { wasm }: Element) {
  return wasm === "f64" ? m.f64 : m.f32;
}

export function floatLanes({ m }: FunctionEmitter, { wasm }: Element) {
  return wasm === "f64" ? m.f64x2 : m.f32x4;
}

export function takeBoth(emitter: FunctionEmitter, operands: readonly Part[]): readonly [Expression, Expression] {
  return [emitter.take(operands[0]!), emitter.take(operands[1]!)];
}

/** Vector instructions exist for whole lane widths only, and not for truth values. */
export function fillsLanes({ bits, laneBytes }: Element): boolean {
  return bits === laneBytes * 8;
}
