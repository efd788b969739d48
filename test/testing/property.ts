/**
 * How property tests run. `npm test` runs the same few programs everywhere; `ANEMONE_PROPERTY_RUNS=20` runs twenty times as
 * many, new ones each time, and `ANEMONE_PROPERTY_SEED` repeats a run whose seed a failure printed.
 */
import fc from "fast-check";

function numberFrom(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new Error(`${name} must be a number, but is '${text}'`);
  return value;
}

/** fast-check's parameters for a property that needs `runs` runs to mean something. */
export function propertyParameters<T>(runs: number): fc.Parameters<T> {
  const factor = numberFrom("ANEMONE_PROPERTY_RUNS");
  const given = numberFrom("ANEMONE_PROPERTY_SEED");
  const seed = given ?? (factor === undefined ? 42 : undefined);
  return { numRuns: Math.max(1, Math.round(runs * (factor ?? 1))), ...(seed === undefined ? {} : { seed }) };
}

/** Checks that `predicate` does not throw for programs (or other values) of `arbitrary`. */
export function forAll<T>(arbitrary: fc.Arbitrary<T>, runs: number, predicate: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, predicate), propertyParameters(runs));
}

/** The same for a predicate that waits. */
export function forAllAsync<T>(
  arbitrary: fc.Arbitrary<T>,
  runs: number,
  predicate: (value: T) => Promise<void>,
): Promise<void> {
  return fc.assert(fc.asyncProperty(arbitrary, predicate), propertyParameters(runs));
}
