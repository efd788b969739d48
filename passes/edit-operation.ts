/**
 * Changing the shape of operations that generic passes do not know: leaving out operands and results, with the segment
 * sizes of their declaration kept in step.
 */
import { DenseArrayAttribute } from "../ir/attributes.ts";
import type { OperandRange } from "../ir/interfaces.ts";
import { createOperation, type Operation, type OperationResult, Region, type Value } from "../ir/operation.ts";
import { i32, type Type } from "../ir/types.ts";

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

/** Inserts an operand at the end of a range, in place. */
export function appendToRange(operation: Operation, range: OperandRange, value: Value): void {
  const { definition } = operation;
  const sizes = operation.properties.get("operandSegmentSizes");
  if (definition !== undefined && sizes instanceof DenseArrayAttribute) {
    const field = range.field ?? fieldOfRange(operation, range);
    const grown = sizes.numbers.map((size, position) => (position === field ? size + 1 : size));
    operation.properties.set("operandSegmentSizes", DenseArrayAttribute.get(i32, grown));
  }
  resizePart(operation, range, 1);
  const operands = [...operation.operands];
  operands.splice(range.start + range.count, 0, value);
  operation.setOperands(operands);
}

/** Keeps the size of a part of a field in step. */
function resizePart(operation: Operation, { part }: OperandRange, by: number): void {
  if (part === undefined || by === 0) return;
  const sizes = operation.properties.get(part.attribute);
  if (!(sizes instanceof DenseArrayAttribute)) throw operation.error(`has no sizes in '${part.attribute}'`);
  const resized = sizes.numbers.map((size, position) => (position === part.position ? size + by : size));
  operation.properties.set(part.attribute, DenseArrayAttribute.get(i32, resized));
}

/** The only declared operand field of variable length that is this range. */
function fieldOfRange(operation: Operation, range: OperandRange): number {
  const fields = operation.definition?.operandFields ?? [];
  const fitting = [...fields.keys()].filter((position) => {
    const group = operation.definition?.operandGroup(operation, position);
    return fields[position]?.field.arity !== "one" && group?.start === range.start && group.count === range.count;
  });
  const [only] = fitting;
  if (only === undefined || fitting.length !== 1)
    throw operation.error(
      `has ${fitting.length} operand fields at ${range.start}: its interface must say which one it means`,
    );
  return only;
}

/** Removes operands by position, in place. `ranges` are those of which the op holds sizes beside its declared fields. */
export function removeOperands(
  operation: Operation,
  removed: ReadonlySet<number>,
  ranges: readonly OperandRange[] = [],
): void {
  if (removed.size === 0) return;
  for (const range of ranges) {
    const lost = [...removed].filter((position) => position >= range.start && position < range.start + range.count);
    resizePart(operation, range, -lost.length);
  }
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

/** The operation with one more result at the end. Returns what stands there now. */
export function appendResult(operation: Operation, type: Type): Operation {
  const sizes = operation.properties.get("resultSegmentSizes");
  if (sizes instanceof DenseArrayAttribute) {
    const grown = sizes.numbers.map((size, position) => (position === sizes.numbers.length - 1 ? size + 1 : size));
    operation.properties.set("resultSegmentSizes", DenseArrayAttribute.get(i32, grown));
  }
  return replaceKeepingRegions(operation, operation.results, [type]);
}

function replaceKeepingRegions(
  operation: Operation,
  kept: readonly OperationResult[],
  added: readonly Type[] = [],
): Operation {
  const regions = operation.regions.map((region) => {
    const moved = new Region();
    moved.takeBlocks(region);
    return moved;
  });
  const made = createOperation({
    name: operation.name,
    definition: operation.definition,
    operands: operation.operands,
    resultTypes: [...kept.map((result) => result.type), ...added],
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
