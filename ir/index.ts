/** The public surface of the IR: data structures, declarations, and the text form. */
export * from "./affine-map.ts";
export * from "./attributes.ts";
export * from "./blob.ts";
export * from "./builder.ts";
export * from "./constraints.ts";
export * from "./context.ts";
export * from "./declaration.ts";
export * from "./diagnostic-error.ts";
export * from "./format.ts";
export * from "./interfaces.ts";
export * from "./location.ts";
export * from "./operation.ts";
export {
  OperationParser,
  type RegionArgument,
  type RegionOptions,
  type UnresolvedOperand,
} from "./parser/operation-parser.ts";
export { type ParseOptions, parse } from "./parser/parse.ts";
export { TextParser } from "./parser/text-parser.ts";
export { OperationPrinter, type RegionPrintOptions } from "./printer/operation-printer.ts";
export { type PrintOptions, print } from "./printer/print.ts";
export * from "./sidecar.ts";
export * from "./symbol-table.ts";
export * from "./tensor-data.ts";
export * from "./types.ts";
