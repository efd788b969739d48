/** Simplifying padding and slices of tensors around structured operations. */

import { fillOp } from "../../dialects/linalg/build.ts";
import { fill } from "../../dialects/linalg/ops.ts";
import { emptyTensor, padWith } from "../../dialects/tensor/upstream/build.ts";
import {
  empty,
  extractSlice,
  insertSlice,
  type PadOperation,
  pad,
  yieldOperation,
} from "../../dialects/tensor/upstream/ops.ts";
import { constantOf } from "../../ir/effects.ts";
import type { Value } from "../../ir/operation.ts";
import { type Pattern, refuse, rewrite } from "../../ir/rewrite/pattern.ts";

/** The value that a padding adds, where it is the same everywhere and defined outside. */
function paddingValue(operation: PadOperation): Value | undefined {
  const terminator = operation.region.entry?.last;
  if (!yieldOperation.matches(terminator)) return undefined;
  const { value } = terminator;
  return value.parentBlock?.parentOperation === operation ? undefined : value;
}

function isStatic(operation: PadOperation): boolean {
  return operation.low.length === 0 && operation.high.length === 0 && operation.nofold === undefined;
}

function sameScalar(a: Value, b: Value): boolean {
  const known = constantOf(a);
  return a === b || (known !== undefined && known === constantOf(b));
}

// pad(x, 0, 0) -> x
export const dropEmptyPadding: Pattern = rewrite(pad, "drop-empty-padding", (operation, rewriter) => {
  const isEmpty = [...operation.static_low, ...operation.static_high].every((amount) => amount === 0);
  if (!isStatic(operation) || !isEmpty || operation.source.type !== operation.result.type) return undefined;
  return rewriter.replace(operation, operation.source);
});

// pad(pad(x, a, b, v), c, d, v) -> pad(x, a + c, b + d, v)
export const mergePadding: Pattern = rewrite(pad, "merge-padding", (operation, rewriter) => {
  const inner = operation.source.definer;
  if (!pad.matches(inner)) return undefined;
  if (!isStatic(operation) || !isStatic(inner)) return refuse("the amounts are not known when compiling");
  const [value, innerValue] = [paddingValue(operation), paddingValue(inner)];
  if (value === undefined || innerValue === undefined || !sameScalar(value, innerValue))
    return refuse("the values differ");
  const sum = (a: readonly number[], b: readonly number[]) => a.map((amount, axis) => amount + b[axis]!);
  const low = sum(operation.static_low, inner.static_low);
  const high = sum(operation.static_high, inner.static_high);
  return rewriter.replace(operation, padWith(rewriter, inner.source, low, high, innerValue));
});

// pad(fill(v), a, b, v) -> fill(v)
export const padOfFill: Pattern = rewrite(pad, "pad-of-fill", (operation, rewriter) => {
  const inner = operation.source.definer;
  const value = paddingValue(operation);
  if (!fill.matches(inner) || value === undefined || !isStatic(operation)) return undefined;
  const [filled] = inner.inputs;
  if (filled === undefined || !sameScalar(filled, value)) return undefined;
  const { shape, element } = operation.result.type;
  return rewriter.replace(operation, fillOp(rewriter, filled, emptyTensor(rewriter, shape, element)).onlyResult);
});

interface Sliced {
  readonly static_offsets: readonly number[];
  readonly static_sizes: readonly number[];
  readonly static_strides: readonly number[];
  readonly offsets: readonly Value[];
  readonly sizes: readonly Value[];
  readonly strides: readonly Value[];
}

function isStaticSlice({ offsets, sizes, strides }: Sliced): boolean {
  return offsets.length + sizes.length + strides.length === 0;
}

// insert_slice(x into t) -> x, where x covers all of t
export const insertOfAll: Pattern = rewrite(insertSlice, "insert-of-all", (operation, rewriter) => {
  if (!isStaticSlice(operation) || operation.source.type !== operation.result.type) return undefined;
  const coversAll =
    operation.static_offsets.every((offset) => offset === 0) &&
    operation.static_strides.every((stride) => stride === 1);
  return coversAll ? rewriter.replace(operation, operation.source) : undefined;
});

// extract_slice(insert_slice(x into t at b), b) -> x
export const extractOfInsert: Pattern = rewrite(extractSlice, "extract-of-insert", (operation, rewriter) => {
  const inner = operation.source.definer;
  if (!insertSlice.matches(inner) || !isStaticSlice(operation) || !isStaticSlice(inner)) return undefined;
  const sameBox = (["static_offsets", "static_sizes", "static_strides"] as const).every(
    (list) => operation[list].join() === inner[list].join(),
  );
  return sameBox && inner.source.type === operation.result.type ? rewriter.replace(operation, inner.source) : undefined;
});

// extract_slice(empty) -> empty
export const extractOfEmpty: Pattern = rewrite(extractSlice, "extract-of-empty", (operation, rewriter) => {
  if (!empty.matches(operation.source.definer)) return undefined;
  const { shape, element } = operation.result.type;
  return rewriter.replace(operation, emptyTensor(rewriter, shape, element));
});
