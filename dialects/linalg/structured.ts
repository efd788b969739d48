/** What structured ops have in common: their results, effects on buffers, and the rules about bodies and sizes. */
import type { AffineMap } from "../../ir/affine-map.ts";
import { type TypeConstraint, typeOf } from "../../ir/constraints.ts";
import type { Report } from "../../ir/declaration.ts";
import type { MemoryEffect } from "../../ir/interfaces.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { dynamic, MemRefType, ShapedType, TensorType, type Type } from "../../ir/types.ts";

export const shaped: TypeConstraint<ShapedType> = typeOf(ShapedType, "a ranked tensor or a memref");
export const rankedTensor: TypeConstraint<TensorType> = typeOf(TensorType, "a ranked tensor");

/** The results of a structured op: one per output that is a tensor. */
export function tensorResults(outputs: readonly Value[]): readonly Type[] {
  return outputs.map((value) => value.type).filter((type) => type instanceof TensorType);
}

export function elementOf(type: Type): Type {
  return type instanceof ShapedType ? type.element : type;
}

/** Buffers are read as inputs, and read and written as outputs; an output that the region does not read is only written. */
export function structuredEffects(
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

export function checkStructured(
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
  if (terminator?.name !== "linalg.yield") {
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
export function checkSizes(operands: readonly Value[], maps: readonly AffineMap[], rank: number, report: Report): void {
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
