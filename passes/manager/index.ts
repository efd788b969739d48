/** The public surface of the pass manager: passes, options, pipelines, analyses, instrumentation. */

export { type Analysis, AnalysisCache, type AnalysisQuery, type AnyAnalysis, dominance } from "../analysis.ts";
export {
  type CompilationState,
  History,
  type HistoryEntry,
  type HistoryOptions,
  type Moment,
  type SymbolText,
} from "../history/history.ts";
export {
  CrashReproducer,
  type ReproducerOptions,
  readReproducer,
  writeReproducer,
} from "../instrumentation/crash-reproducer.ts";
export { IrPrinting, type IrPrintingOptions } from "../instrumentation/ir-printing.ts";
export { printAnyway } from "../instrumentation/print-anyway.ts";
export {
  type RemarkFilter,
  type RemarkRecord,
  Remarks,
  remarkDiagnostic,
  remarksAsYaml,
} from "../instrumentation/remarks.ts";
export { type PatternCounts, Statistics, type StatisticsDisplay } from "../instrumentation/statistics.ts";
export { StopAfter } from "../instrumentation/stop-after.ts";
export { Timing, type TimingDisplay, type TimingFormat } from "../instrumentation/timing.ts";
export {
  type AnyPass,
  instantiate,
  type NestedPipeline,
  type PassContext,
  type PassDefinition,
  type PassInstance,
  type PipelineStep,
  pass,
} from "../pass.ts";
export { PassManager, type PassManagerOptions, VerificationError } from "../pass-manager.ts";
export type {
  Diagnostic,
  DiagnosticHandler,
  Remark,
  RemarkArguments,
  RemarkDetails,
  Remarker,
  RemarkKind,
  Severity,
} from "../pass-types.ts";
export { parsePipeline, printPipeline, stepOfFlag } from "../pipeline.ts";
export { checkAnchors, checkRequirements } from "./check-pipeline.ts";
export type { Instrumentation, PassExecution, PassOutcome, PipelineExecution } from "./instrumentation.ts";
export type { OptionDefinition, OptionDefinitions, OptionsOf, OptionValue } from "./options.ts";
