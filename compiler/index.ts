/**
 * The package's main entry: the lazy graph API, compiling for a device, and running. `anemone/ir`, `anemone/dialects`,
 * `anemone/passes` and `anemone/testing` are the entries for people who write passes and dialects.
 */
export * from "../frontends/graph/index.ts";
export { DiagnosticError } from "../ir/diagnostic-error.ts";
export type { ElementName, TensorData } from "../ir/tensor-data.ts";
export type { ArgumentDescriptor, Program } from "../runtime/program.ts";
export {
  type CompiledNetwork,
  type CompileOptions,
  compile,
  emitEngineProgram,
  emitLlvmIr,
  emitOnnx,
  emitWasm,
  type LevelReport,
  type Lowered,
  type LowerOptions,
  lowerTo,
} from "./compile.ts";
export { type CompressionReport, type CompressOptions, describeCompression } from "./compression.ts";
export { type DeviceName, describeDevices, deviceNames } from "./devices.ts";
export { type Level, levels } from "./levels.ts";
export { allDialects, allPasses, defaultContext } from "./registry.ts";
