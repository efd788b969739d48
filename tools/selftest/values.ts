/** Numbers for the self-test: the same on every machine for the same seed, and exact in f16. */

/** `count` numbers from a seed. */
export type Values = (count: number, seed: number) => number[];

/** Uniform in 0 to 1 (mulberry32). */
export function uniform(seed: number): () => number {
  let state = (seed + 1) * 0x9e3779b1;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const made = (count: number, seed: number, value: (next: () => number) => number): number[] => {
  const next = uniform(seed);
  return Array.from({ length: count }, () => Math.f16round(value(next)));
};

/** About N(0, 1): the sum of twelve uniform numbers has that variance. */
export const normal: Values = (count, seed) =>
  made(count, seed, (next) => {
    let sum = -6;
    for (let term = 0; term < 12; term++) sum += next();
    return sum;
  });

/** From 1/4 to 4. */
export const positives: Values = (count, seed) => made(count, seed, (next) => 0.25 + 3.75 * next());

/** From -4 to 0. */
export const negatives: Values = (count, seed) => made(count, seed, (next) => -4 * next());

/** Small whole numbers, many of them equal. */
export const wholes: Values = (count, seed) => made(count, seed, (next) => Math.floor(next() * 5) - 2);
