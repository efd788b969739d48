/**
 * The scalar functions that JavaScript's `Math` lacks, in float64: the error function, activations written so that they
 * neither overflow nor cancel, rounding to even, and the C and Python rules for powers and remainders.
 */

/** 2/√π and 1/√π. */
const TWO_OVER_ROOT_PI = 1.1283791670955126;
const ONE_OVER_ROOT_PI = 0.5641895835477563;

/** Error function. From the series erf x = 2/√π · e^(-x²) · Σ 2ⁿx^(2n+1)/(2n+1)!!, whose terms all have one sign. */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (!(magnitude < 2)) return Number.isNaN(x) ? x : Math.sign(x) * (1 - erfc(magnitude));
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_ROOT_PI * Math.exp(-x * x) * sum;
}

/** 1 - erf(x) without cancellation: beyond 2 by the continued fraction e^(-x²)/√π / (x + ½/(x + 1/(x + 3/2/(x + …)))). */
export function erfc(x: number): number {
  if (x < 2) return x < -2 ? 2 - erfc(-x) : 1 - erf(x);
  if (x > 27) return 0;
  let denominator = x;
  for (let n = 100; n >= 1; n--) denominator = x + n / 2 / denominator;
  return (ONE_OVER_ROOT_PI * Math.exp(-x * x)) / denominator;
}

/** Gaussian error linear unit x·Φ(x). */
export function gelu(x: number): number {
  if (x === -Infinity) return -0;
  return 0.5 * x * erfc(-x * Math.SQRT1_2);
}

/** The tanh approximation of `gelu`. */
export function geluTanh(x: number): number {
  if (x === -Infinity) return -0;
  // ½(1 + tanh u) = sigmoid(2u), which keeps its relative accuracy for very negative u.
  return x * sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
}

/** 1 / (1 + e^-x). */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** x · sigmoid(alpha·x); with alpha 1 also called SiLU. */
export function swish(x: number, alpha = 1): number {
  const gate = sigmoid(alpha * x);
  return gate === 0 && x === -Infinity ? -0 : x * gate;
}

/** log(1 + e^x). */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** x · tanh(softplus(x)). */
export function mish(x: number): number {
  return x === -Infinity ? -0 : x * Math.tanh(softplus(x));
}

/** Rounds to the nearest integer, ties to even; keeps -0. */
export function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest < 0.5 || Number.isNaN(rest)) return below === x || below !== 0 ? below : below * Math.sign(x);
  const above = Math.ceil(x); // keeps the sign of -0.3, unlike below + 1
  return rest > 0.5 || above % 2 === 0 ? above : below;
}

/** C's pow, which Math.pow is not for bases ±1: 1^NaN = 1 and (±1)^±∞ = 1. */
export function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1;
  return base ** exponent;
}

/** Python's `%`: the result has the divisor's sign. NaN for divisor 0. */
export function floorModulo(a: number, b: number): number {
  const rest = a % b;
  if (rest === 0) return Math.sign(b) < 0 ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
}
