/** How far two results are apart, and whether that is near enough. */
import { getNumber, type TensorData } from "../../ir/tensor-data.ts";
import type { Tolerance } from "./operators.ts";

/** The distance of two lists of tensors. */
export interface Distance {
  readonly elements: number;
  /** Elements that are not equal. */
  readonly different: number;
  /** The greatest difference; infinite where one side is and the other is not. */
  readonly greatest: number;
  /** The greatest difference over the greatest finite magnitude of the reference. */
  readonly relative: number;
  /** The worst element: what was found and what was expected. */
  readonly worst: { readonly found: number; readonly expected: number } | undefined;
}

export function distanceOf(found: readonly TensorData[], expected: readonly TensorData[]): Distance {
  let elements = 0;
  let different = 0;
  let greatest = 0;
  let magnitude = 0;
  let worst: Distance["worst"];
  for (const [position, wanted] of expected.entries()) {
    const given = found[position];
    if (given === undefined || given.data.length !== wanted.data.length) throw new Error("results of different sizes");
    for (let index = 0; index < wanted.data.length; index++) {
      const a = getNumber(given, index);
      const b = getNumber(wanted, index);
      elements++;
      if (Number.isFinite(b)) magnitude = Math.max(magnitude, Math.abs(b));
      if (Object.is(a, b) || a === b) continue;
      different++;
      const difference = Math.abs(a - b);
      // Infinite or not a number on one side.
      const size = Number.isFinite(difference) ? difference : Number.POSITIVE_INFINITY;
      if (worst === undefined || size > greatest) worst = { found: a, expected: b };
      greatest = Math.max(greatest, size);
    }
  }
  return { elements, different, greatest, relative: greatest === 0 ? 0 : greatest / (magnitude || 1), worst };
}

export function isNear({ different, greatest, relative }: Distance, { kind, limit }: Tolerance): boolean {
  if (kind === "exact") return different === 0;
  return (kind === "absolute" ? greatest : relative) <= limit;
}

/** `worst 0.5 for 0.25; 3 of 40 elements differ` */
export function describeDistance({ elements, different, greatest, relative, worst }: Distance): string {
  if (worst === undefined) return "equal";
  return (
    `${different} of ${elements} elements differ, by ${greatest.toPrecision(3)} at most (${relative.toExponential(1)} of the greatest value): ` +
    `${worst.found} instead of ${worst.expected}`
  );
}
