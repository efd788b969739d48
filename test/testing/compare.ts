/** Comparing tensors in tests: how far floats may be apart, and a sentence that says where they are. */
import { type ElementName, getNumber, type TensorData } from "../../ir/tensor-data.ts";

/** The greatest error of a float type relative to max(1, greatest expected magnitude); integers must be equal. */
const tolerances: { readonly [E in ElementName]?: number } = { f64: 1e-6, f32: 1e-4, f16: 2e-3, bf16: 1.6e-2 };

/**
 * Why `actual` does not equal `expected`, or undefined where it does: same shape, same element type, integers equal,
 * floats with max|a - b| / max(1, max|b|) within the tolerance, NaN and infinities in the same places.
 */
export function difference(actual: TensorData, expected: TensorData, tolerance?: number): string | undefined {
  if (actual.element !== expected.element) return `element type ${actual.element} instead of ${expected.element}`;
  const shapes = [actual, expected].map(({ shape }) => `[${shape.join(", ")}]`);
  if (shapes[0] !== shapes[1]) return `shape ${shapes[0]} instead of ${shapes[1]}`;
  const allowed = tolerance ?? tolerances[expected.element];
  if (allowed === undefined) {
    const at = actual.data.findIndex((value, index) => value !== expected.data[index]);
    return at < 0 ? undefined : `element ${at} is ${actual.data[at]} instead of ${expected.data[at]}`;
  }
  const worst = worstElement(actual, expected);
  if (worst.error <= allowed) return undefined;
  const { index, error } = worst;
  return `element ${index} is ${getNumber(actual, index)} instead of ${getNumber(expected, index)} (error ${error.toExponential(2)}, allowed ${allowed})`;
}

/** max|a - b| / max(1, max|b|) of two float tensors of one shape; infinite where NaN or infinities differ. */
export function errorBetween(actual: TensorData, expected: TensorData): number {
  return worstElement(actual, expected).error;
}

function worstElement(actual: TensorData, expected: TensorData): { readonly error: number; readonly index: number } {
  const count = expected.data.length;
  let scale = 1;
  for (let index = 0; index < count; index++) {
    const value = Math.abs(getNumber(expected, index));
    if (Number.isFinite(value)) scale = Math.max(scale, value);
  }
  let worst = { error: 0, index: -1 };
  for (let index = 0; index < count; index++) {
    const [a, b] = [getNumber(actual, index), getNumber(expected, index)];
    if (Object.is(a, b) || a === b) continue;
    const error = Number.isFinite(a) && Number.isFinite(b) ? Math.abs(a - b) / scale : Number.POSITIVE_INFINITY;
    if (error > worst.error) worst = { error, index };
  }
  return worst;
}
