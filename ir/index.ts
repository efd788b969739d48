/** The public surface of the IR: data structures, declarations, the text form, verification, evaluation and rewriting. */
export * from "./affine-map.ts";
export * from "./attributes.ts";
export * from "./blob.ts";
export * from "./builder.ts";
export * from "./constraints.ts";
export * from "./context.ts";
export * from "./declaration.ts";
export * from "./diagnostic-error.ts";
export * from "./effects.ts";
export * from "./evaluate.ts";
export * from "./format.ts";
export * from "./interfaces.ts";
export * from "./location.ts";
export * from "./operation.ts";
export type { OperationPlace, ParseObserver } from "./parser/observer.ts";
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
export * from "./rewrite/conversion.ts";
export * from "./rewrite/greedy-driver.ts";
export * from "./rewrite/observer.ts";
export * from "./rewrite/pattern.ts";
export * from "./rewrite/pattern-set.ts";
export * from "./rewrite/rewriter.ts";
export * from "./sidecar.ts";
export * from "./symbol-table.ts";
export * from "./tensor-data.ts";
export * from "./types.ts";
export * from "./verifier.ts";
