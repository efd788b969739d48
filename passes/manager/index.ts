/** The public surface of the pass manager: passes, options, pipelines, analyses, instrumentation. */
export { type Analysis, AnalysisCache, type AnalysisQuery, type AnyAnalysis, dominance } from "../analysis.ts";
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
