/** The package's `anemone/testing` entry: suites and arbitraries for testing your own dialects and passes with vitest. */
export { arbitraryControlFlow, type ControlFlowProgram, sampleBuffer } from "./arbitrary-control-flow.ts";
export { type ArbitraryModuleOptions, arbitraryModule, type RandomProgram } from "./arbitrary-module.ts";
export { difference } from "./compare.ts";
export { type ConformanceExceptions, type ConformanceOptions, conformance } from "./conformance.ts";
export { evaluateProgram } from "./evaluate-program.ts";
export { type Buffer, interpret, OutOfSteps, type Run, showRun, UndefinedBehaviour } from "./interpret.ts";
export { type PassConformanceOptions, passConformance } from "./pass-conformance.ts";
export {
  type ArbitraryProgramOptions,
  arbitraryProgram,
  programContext,
  type WellFormedProgram,
} from "./programs/arbitrary-program.ts";
export { forAll, forAllAsync, propertyParameters } from "./property.ts";
export { type TextFilesOptions, textFiles } from "./text-files.ts";
