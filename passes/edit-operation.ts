/**
 * Changing the shape of operations that generic passes do not know: leaving out operands and results, with the segment
 * sizes of their declaration kept in step.
 */
import { DenseArrayAttribute } from "../ir/attributes.ts";
import { createOperation, type Operation, type OperationResult, Region } from "../ir/operation.ts";
import { i32 } from "../ir/types.ts";

/** How many of `removed` lie in each declared group of operands or results. */
function shrunkSegments(operation: Operation, kind: "operand" | "result", removed: ReadonlySet<number>): void {
  const { definition } = operation;
  const name = kind === "operand" ? "operandSegmentSizes" : "resultSegmentSizes";
  const sizes = operation.properties.get(name);
  if (definition === undefined || !(sizes instanceof DenseArrayAttribute)) return;
  const fields = kind === "operand" ? definition.operandFields : definition.resultFields;
  const kept = fields.map((_field, position) => {
    const { start, count } =
      kind === "operand" ? definition.operandGroup(operation, position) : definition.resultGroup(operation, position);
    let left = count;
    for (let at = start; at < start + count; at++) if (removed.has(at)) left--;
    return left;
  });
  operation.properties.set(name, DenseArrayAttribute.get(i32, kept));
}

/** Removes operands by position, in place. */
export function removeOperands(operation: Operation, removed: ReadonlySet<number>): void {
  if (removed.size === 0) return;
  shrunkSegments(operation, "operand", removed);
  operation.setOperands(operation.operands.filter((_value, position) => !removed.has(position)));
}

/**
 * The operation without some results, which must have no uses. Results cannot be taken from an operation, so another one with
 * its regions takes its place. Returns what stands there now.
 */
export function removeResults(operation: Operation, removed: ReadonlySet<number>): Operation {
  if (removed.size === 0) return operation;
  for (const position of removed) {
    if (operation.results[position]?.hasUses) throw operation.error(`result ${position} is still used`);
  }
  shrunkSegments(operation, "result", removed);
  const kept = operation.results.filter((_result, position) => !removed.has(position));
  return replaceKeepingRegions(operation, kept);
}

function replaceKeepingRegions(operation: Operation, kept: readonly OperationResult[]): Operation {
  const regions = operation.regions.map((region) => {
    const moved = new Region();
    moved.takeBlocks(region);
    return moved;
  });
  const made = createOperation({
    name: operation.name,
    definition: operation.definition,
    operands: operation.operands,
    resultTypes: kept.map((result) => result.type),
    properties: operation.properties,
    attributes: operation.attributes,
    regions,
    successors: operation.successors,
    location: operation.location,
  });
  operation.block?.insertBefore(made, operation);
  for (const [position, result] of kept.entries()) {
    const replacement = made.results[position]!;
    replacement.nameHint = result.nameHint;
    result.replaceAllUsesWith(replacement);
  }
  operation.erase();
  return made;
}
