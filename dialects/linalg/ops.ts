/**
 * The linalg dialect: structured operations on tensors or buffers. `linalg.generic` is a perfect loop nest in one op:
 * affine maps say which element of each operand a point of the iteration space touches, the region what to compute.
 */

import { AffineMap } from "../../ir/affine-map.ts";
import { ArrayAttribute } from "../../ir/attributes.ts";
import {
  affineMapAttribute,
  anyType,
  arrayOf,
  dialectEnumAttribute,
  i64Attribute,
  indexType,
  stringAttribute,
  type TypeConstraint,
  typeOf,
} from "../../ir/constraints.ts";
import {
  attribute,
  type OperationOf,
  op,
  optionalAttribute,
  region,
  result,
  variadicOperand,
  variadicResult,
} from "../../ir/declaration.ts";
import type { MemoryEffect } from "../../ir/interfaces.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { dynamic, index, MemRefType, ShapedType, TensorType, type Type } from "../../ir/types.ts";
import { example } from "../example.ts";
import { genericFormat, namedFormat } from "./formats.ts";

type Report = (message: string) => void;

export const iteratorTypes = ["parallel", "reduction", "window"] as const;
export type IteratorType = (typeof iteratorTypes)[number];
export const iteratorTypeAttribute = dialectEnumAttribute("linalg", "iterator_type", iteratorTypes);

const shaped: TypeConstraint<ShapedType> = typeOf(ShapedType, "a ranked tensor or a memref");
const rankedTensor: TypeConstraint<TensorType> = typeOf(TensorType, "a ranked tensor");

export const yieldOperation = op(
  "linalg.yield",
  { inputs: variadicOperand(anyType) },
  {
    doc: "Ends the region of a structured op and gives the new element of each output.",
    example: [
      "#identity = affine_map<(d0, d1) -> (d0, d1)>",
      '%x = "test.source"() : () -> tensor<2x4xf32>',
      '%out = "test.source"() : () -> tensor<2x4xf32>',
      '%r = linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%out : tensor<2x4xf32>) {',
      "^bb0(%in: f32, %old: f32):",
      "  %i = linalg.index 0 : index",
      "  %new = arith.addf %in, %old : f32",
      "  linalg.yield %new : f32",
      "} -> tensor<2x4xf32>",
    ].join("\n"),
    traits: ["Pure", "Terminator", "ReturnLike"],
    format: "attr-dict ($inputs^ `:` type($inputs))?",
  },
);

export const indexOperation = op(
  "linalg.index",
  { dim: attribute(i64Attribute), result: result(indexType) },
  {
    doc: "The position of the current point in one dimension of the iteration space.",
    example: [
      "#identity = affine_map<(d0, d1) -> (d0, d1)>",
      '%x = "test.source"() : () -> tensor<2x4xf32>',
      '%out = "test.source"() : () -> tensor<2x4xf32>',
      '%r = linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%out : tensor<2x4xf32>) {',
      "^bb0(%in: f32, %old: f32):",
      "  %i = linalg.index 0 : index",
      "  %new = arith.addf %in, %old : f32",
      "  linalg.yield %new : f32",
      "} -> tensor<2x4xf32>",
    ].join("\n"),
    traits: ["Pure"],
    format: "$dim attr-dict `:` type($result)",
    infer: () => index,
    verify: (operation, report) => {
      const around = operation.parentOperation;
      if (!generic.matches(around)) return;
      const iterators = around.attribute("iterator_types");
      if (!(iterators instanceof ArrayAttribute)) return;
      const rank = iterators.elements.length;
      if (operation.dim < 0 || operation.dim >= rank)
        report(`expects a dimension from 0 to ${rank - 1}, found ${operation.dim}`);
    },
  },
);

/** The results of a structured op: one per output that is a tensor. */
function tensorResults(outputs: readonly Value[]): readonly Type[] {
  return outputs.map((value) => value.type).filter((type) => type instanceof TensorType);
}

function elementOf(type: Type): Type {
  return type instanceof ShapedType ? type.element : type;
}

/** Buffers are read as inputs, and read and written as outputs; an output that the region does not read is only written. */
function structuredEffects(
  inputs: readonly Value[],
  outputs: readonly Value[],
  operation: Operation,
): readonly MemoryEffect[] {
  const effects: MemoryEffect[] = [];
  for (const value of inputs) if (value.type instanceof MemRefType) effects.push({ kind: "read", value });
  const args = operation.regions[0]?.entry?.arguments ?? [];
  for (const [position, value] of outputs.entries()) {
    if (!(value.type instanceof MemRefType)) continue;
    if (args[inputs.length + position]?.hasUses ?? true) effects.push({ kind: "read", value });
    effects.push({ kind: "write", value });
  }
  return effects;
}

function checkStructured(
  operation: Operation,
  inputs: readonly Value[],
  outputs: readonly Value[],
  report: Report,
): void {
  const entry = operation.regions[0]?.entry;
  if (operation.regions[0]?.blocks.length !== 1 || entry === undefined) {
    report("expects a region of one block");
    return;
  }
  const wanted = [...inputs, ...outputs].map((value) => elementOf(value.type));
  const found = entry.arguments.map((argument) => argument.type);
  if (wanted.length !== found.length || wanted.some((type, position) => type !== found[position])) {
    report(`expects block arguments (${wanted.join(", ")}), found (${found.join(", ")})`);
  }
  const terminator = entry.last;
  if (!yieldOperation.matches(terminator)) {
    report(`expects its region to end in linalg.yield, found ${terminator?.name ?? "nothing"}`);
    return;
  }
  const yielded = terminator.operands.map((value) => value.type);
  const elements = outputs.map((value) => elementOf(value.type));
  if (yielded.length !== elements.length || yielded.some((type, position) => type !== elements[position])) {
    report(`expects linalg.yield of (${elements.join(", ")}), found (${yielded.join(", ")})`);
  }
}

/** Reports where the static sizes of the operands contradict each other under the maps. */
function checkSizes(operands: readonly Value[], maps: readonly AffineMap[], rank: number, report: Report): void {
  const sizes = new Map<number, { readonly size: number; readonly operand: number }>();
  for (const [position, value] of operands.entries()) {
    const map = maps[position]!;
    if (!(value.type instanceof ShapedType)) {
      if (map.results.length !== 0)
        report(`expects a map without results for operand ${position} of type ${value.type}`);
      continue;
    }
    if (map.dimensions !== rank) report(`expects maps of ${rank} dimensions, found ${map} for operand ${position}`);
    if (map.results.length !== value.type.rank) {
      report(`expects a map of ${value.type.rank} results for operand ${position}, found ${map}`);
      continue;
    }
    for (const [axis, expression] of map.results.entries()) {
      const size = value.type.shape[axis]!;
      if (expression.kind !== "dimension" || size === dynamic) continue;
      const known = sizes.get(expression.position);
      if (known === undefined) sizes.set(expression.position, { size, operand: position });
      else if (known.size !== size) {
        report(
          `dimension d${expression.position} has size ${known.size} in operand ${known.operand}, but ${size} in operand ${position}`,
        );
      }
    }
  }
  if (sizes.size === rank)
    checkAccesses(
      operands,
      maps,
      [...sizes].sort(([a], [b]) => a - b).map(([, { size }]) => size),
      report,
    );
}

/** Reports an operand of which the iteration space touches elements that it does not have. */
function checkAccesses(
  operands: readonly Value[],
  maps: readonly AffineMap[],
  sizes: readonly number[],
  report: Report,
): void {
  if (sizes.includes(0)) return;
  const last = sizes.map((size) => size - 1);
  for (const [position, value] of operands.entries()) {
    const map = maps[position]!;
    if (!(value.type instanceof ShapedType) || map.symbols > 0 || map.dimensions !== sizes.length) continue;
    const { shape } = value.type;
    for (const [axis, reached] of map.evaluate(last).entries()) {
      const size = shape[axis];
      if (map.results[axis]?.kind !== "dimension" && size !== undefined && size !== dynamic && reached >= size) {
        report(`reaches element ${reached} of dimension ${axis} of operand ${position}, which has size ${size}`);
      }
    }
  }
}

export const generic = op(
  "linalg.generic",
  {
    inputs: variadicOperand(anyType),
    outputs: variadicOperand(shaped),
    indexing_maps: attribute(arrayOf(affineMapAttribute)),
    iterator_types: attribute(arrayOf(iteratorTypeAttribute)),
    doc: optionalAttribute(stringAttribute),
    library_call: optionalAttribute(stringAttribute),
    resultTensors: variadicResult(rankedTensor),
    region: region(),
  },
  {
    doc: "A loop nest over all points of an iteration space; the region computes the outputs' elements at one point.",
    example: [
      "#identity = affine_map<(d0, d1) -> (d0, d1)>",
      '%x = "test.source"() : () -> tensor<2x4xf32>',
      '%out = "test.source"() : () -> tensor<2x4xf32>',
      '%r = linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%out : tensor<2x4xf32>) {',
      "^bb0(%in: f32, %old: f32):",
      "  %i = linalg.index 0 : index",
      "  %new = arith.addf %in, %old : f32",
      "  linalg.yield %new : f32",
      "} -> tensor<2x4xf32>",
    ].join("\n"),
    traits: ["SingleBlock"],
    format: genericFormat,
    infer: ({ outputs }) => tensorResults(outputs),
    effects: (operation) => structuredEffects(operation.inputs, operation.outputs, operation),
    verify: (operation, report) => {
      const { inputs, outputs, indexing_maps: maps, iterator_types: iterators } = operation;
      const operands = [...inputs, ...outputs];
      if (maps.length !== operands.length) {
        report(`expects one indexing map for each of ${operands.length} operands, found ${maps.length}`);
        return;
      }
      checkStructured(operation, inputs, outputs, report);
      checkSizes(operands, maps, iterators.length, report);
    },
  },
);
export type GenericOperation = OperationOf<typeof generic>;

// ----------------------------------------------------------------------------------------------------------- named ops

/** `linalg.name` on values of these types, the output last. */
function namedExample(mnemonic: string, inputs: readonly string[], output: string): string {
  const names = inputs.map((_, position) => `%x${position}`);
  return example(
    `%r = linalg.${mnemonic} ins(${names.join(", ")} : ${inputs.join(", ")}) outs(%out : ${output}) -> ${output}`,
    ...inputs.map((type, position) => `%x${position}: ${type}`),
    `%out: ${output}`,
  );
}

/** A named structured op: its region repeats what its name says, as upstream keeps it. */
function named(mnemonic: string, inputs: readonly string[], output: string, doc: string) {
  const inputCount = inputs.length;
  return op(
    `linalg.${mnemonic}`,
    {
      inputs: variadicOperand(anyType),
      outputs: variadicOperand(shaped),
      resultTensors: variadicResult(rankedTensor),
      region: region(),
    },
    {
      doc,
      example: namedExample(mnemonic, inputs, output),
      traits: ["SingleBlock"],
      format: namedFormat(`linalg.${mnemonic}`),
      infer: ({ outputs }) => tensorResults(outputs),
      effects: (operation) => structuredEffects(operation.inputs, operation.outputs, operation),
      verify: (operation, report) => {
        const { inputs, outputs } = operation;
        if (inputs.length !== inputCount || outputs.length !== 1) {
          report(`expects ${inputCount} inputs and 1 output, found ${inputs.length} and ${outputs.length}`);
          return;
        }
        checkStructured(operation, inputs, outputs, report);
      },
    },
  );
}

export const fill = named("fill", ["f32"], "tensor<4xf32>", "Sets every element of the output to a scalar.");
export const copy = named(
  "copy",
  ["tensor<4xf32>"],
  "tensor<4xf32>",
  "Copies the elements of a shaped value of the same shape.",
);
export const matmul = named(
  "matmul",
  ["tensor<2x4xf32>", "tensor<4x3xf32>"],
  "tensor<2x3xf32>",
  "The matrix product, added to the output: C[m, n] += A[m, k] * B[k, n].",
);
export const batchMatmul = named(
  "batch_matmul",
  ["tensor<5x2x4xf32>", "tensor<5x4x3xf32>"],
  "tensor<5x2x3xf32>",
  "Matrix products by batch: C[b, m, n] += A[b, m, k] * B[b, k, n].",
);

/** What `linalg.generic`, the fills and the named ops have in common. */
export type StructuredOperation = OperationOf<typeof generic> | OperationOf<typeof fill>;

const d = (position: number) => ({ kind: "dimension", position }) as const;

function map(rank: number, ...positions: readonly number[]): AffineMap {
  return new AffineMap(rank, 0, positions.map(d));
}

/** The iteration space of any structured op: a generic's own maps, or those that a named op stands for. */
export function structureOf(
  operation: Operation,
): { readonly maps: readonly AffineMap[]; readonly iterators: readonly IteratorType[] } | undefined {
  if (generic.matches(operation)) return { maps: operation.indexing_maps, iterators: operation.iterator_types };
  if (fill.matches(operation) || copy.matches(operation)) {
    const rank = operation.outputs[0]?.type.rank ?? 0;
    const identity = AffineMap.identity(rank);
    const input = operation.inputs[0]?.type instanceof ShapedType ? identity : new AffineMap(rank, 0, []);
    return { maps: [input, identity], iterators: Array.from({ length: rank }, () => "parallel" as const) };
  }
  if (matmul.matches(operation)) {
    return { maps: [map(3, 0, 2), map(3, 2, 1), map(3, 0, 1)], iterators: ["parallel", "parallel", "reduction"] };
  }
  if (batchMatmul.matches(operation)) {
    return {
      maps: [map(4, 0, 1, 3), map(4, 0, 3, 2), map(4, 0, 1, 2)],
      iterators: ["parallel", "parallel", "parallel", "reduction"],
    };
  }
  return undefined;
}

export const linalgOps = [yieldOperation, indexOperation, generic, fill, copy, matmul, batchMatmul];
