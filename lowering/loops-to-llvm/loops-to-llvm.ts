/**
 * The pass `loops-to-llvm`: from loops, memrefs and vectors to the llvm dialect, in full: what cannot be converted is an error that lists
 * the patterns tried and their reasons. In order: copies of scattered buffers become loops, arithmetic on bf16 goes through
 * f32, pointers get what is known of them, structured control flow becomes branches, and one dialect conversion does the
 * rest. Each memref becomes one bare pointer, because all sizes and strides are known when compiling.
 */
import { module as builtinModule } from "../../dialects/builtin/ops.ts";
import type { Context } from "../../ir/context.ts";
import type { Operation } from "../../ir/operation.ts";
import { applyFullConversion, type ConversionPattern, ConversionTarget } from "../../ir/rewrite/conversion.ts";
import { pass } from "../../passes/pass.ts";
import { convertScfToCf } from "../scf-to-cf/scf-to-cf.ts";
import { arithmeticPatterns } from "./arithmetic-patterns.ts";
import { expandBf16 } from "./expand-bf16.ts";
import { expandCopies } from "./expand-copies.ts";
import { functionPatterns } from "./function-patterns.ts";
import { mathPatterns } from "./math-patterns.ts";
import { memoryPatterns } from "./memory-patterns.ts";
import { addPackedEntries } from "./packed-entries.ts";
import { annotatePointers } from "./pointer-attributes.ts";
import { llvmTypeConverter } from "./types.ts";
import { vectorAccessPatterns } from "./vector-access-patterns.ts";
import { vectorReductionPatterns } from "./vector-reduction-patterns.ts";
import { vectorShapePatterns } from "./vector-shape-patterns.ts";

export const loopsToLlvmPatterns: readonly ConversionPattern[] = [
  ...functionPatterns,
  ...arithmeticPatterns,
  ...mathPatterns,
  ...memoryPatterns,
  ...vectorAccessPatterns,
  ...vectorShapePatterns,
  ...vectorReductionPatterns,
];

/** Converts a module of the loops level into one of the llvm dialect. */
export function convertLoopsToLlvm(module: Operation, context: Context): boolean {
  expandCopies(module);
  expandBf16(module);
  annotatePointers(module, context);
  convertScfToCf(module, context);
  const target = new ConversionTarget().legalDialects("llvm").legal(builtinModule);
  const changed = applyFullConversion(module, target, loopsToLlvmPatterns, context, { types: llvmTypeConverter() });
  module.walk((operation) => {
    if (operation.name !== "builtin.unrealized_conversion_cast") return;
    const [from, to] = [operation.operand(0).type, operation.onlyResult.type];
    throw operation.error(`remains: a value of type ${from} is still needed as ${to}`);
  });
  addPackedEntries(module);
  return changed;
}

export const loopsToLlvm = pass("loops-to-llvm", {
  doc: "Converts loops on memrefs and vectors into the llvm dialect, with packed entries for @main and @prepare.",
  anchor: "builtin.module",
  requires: [],
  establishes: ["llvm"],
  run: (operation, { context }) => convertLoopsToLlvm(operation, context),
});
