/** The package's `anemone/testing` entry: suites and arbitraries for testing your own dialects and passes with vitest. */
export { type ConformanceExceptions, type ConformanceOptions, conformance } from "./conformance.ts";
