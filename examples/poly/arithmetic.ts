/**
 * What the operations mean: arithmetic on lists of i32 coefficients, the constant term first. Everything wraps modulo 2^32,
 * so the laws of rings hold exactly. Evaluators and folders are made of these functions.
 */

export type Coefficients = readonly number[];

export function sum(p: Coefficients, q: Coefficients): Coefficients {
  return p.map((coefficient, power) => (coefficient + (q[power] ?? 0)) | 0);
}

export function product(p: Coefficients, q: Coefficients): Coefficients {
  const made = new Array<number>(p.length + q.length - 1).fill(0);
  for (const [i, a] of p.entries()) {
    for (const [j, b] of q.entries()) made[i + j] = (made[i + j]! + Math.imul(a, b)) | 0;
  }
  return made;
}

/** The derivative; that of a constant is the constant 0. */
export function derivative(p: Coefficients): Coefficients {
  return p.length === 1 ? [0] : p.slice(1).map((coefficient, power) => Math.imul(coefficient, power + 1));
}

/** The value at `x`, by Horner's rule. */
export function valueAt(p: Coefficients, x: number): number {
  return p.reduceRight((value, coefficient) => (Math.imul(value, x) + coefficient) | 0, 0);
}
