/**
 * The pass `linalg-collapse-dimensions`: dimensions of size 1 leave the iteration spaces of structured operations, so that a 1×1
 * convolution reads `x[n, ic, oh, ow]` and not `x[n, ic, oh + kh, ow + kw]`, and is seen to be a matrix product. Operands keep
 * their shapes. (Neighbouring dimensions that every operand walks as one, like that convolution's oh · ow, are
 * merged into one loop when loops are scheduled: only then the strides in memory are known.)
 */
import { constant } from "../../dialects/arith/ops.ts";
import { genericOp } from "../../dialects/linalg/build.ts";
import { generic, indexOperation, yieldOperation } from "../../dialects/linalg/ops.ts";
import { AffineMap, affineConstant, dimension, substituteAffine, symbol } from "../../ir/affine-map.ts";
import { IntegerAttribute } from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import type { Value } from "../../ir/operation.ts";
import { type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import { index } from "../../ir/types.ts";
import { pass } from "../../passes/pass.ts";
import { readsOperand, type StructuredOperation, structured } from "./structured.ts";

// a loop of one trip is no loop
export const dropUnitDimensions: Pattern = rewrite(generic, "drop-unit-dimensions", (operation, rewriter) => {
  const member = structured(operation);
  if (member === undefined) return undefined;
  const dropped = member.sizes.flatMap((size, position) =>
    size === 1 && isDroppable(member, position) ? [position] : [],
  );
  if (dropped.length === 0) return undefined;
  const renumbered = member.sizes.map((_, position) => position - dropped.filter((other) => other < position).length);
  const rank = member.sizes.length - dropped.length;
  const maps = member.maps.map(
    (map) =>
      new AffineMap(
        rank,
        0,
        map.results.map((result) =>
          substituteAffine(
            result,
            (position) => (dropped.includes(position) ? affineConstant(0) : dimension(renumbered[position]!)),
            symbol,
          ),
        ),
      ),
  );
  // A window that only lent its shape may have lost all its dimensions.
  const kept = member.inputs.flatMap((_, position) =>
    readsOperand(member, position) || usesDimensions(maps[position]!) ? [position] : [],
  );
  const made = genericOp(rewriter, {
    inputs: kept.map((position) => member.inputs[position]!),
    outputs: member.outputs,
    maps: [...kept.map((position) => maps[position]!), ...maps.slice(member.inputs.length)],
    iterators: member.iterators.filter((_, position) => !dropped.includes(position)),
    location: operation.location,
    attributes: operation.attributes,
    body: (builder, elements) => copyBody(builder, member, kept, elements, dropped, renumbered),
  });
  return rewriter.replace(operation, made.results);
});

function usesDimensions(map: AffineMap): boolean {
  return map.results.some((result) => result.kind !== "constant");
}

/** Dimensions of the outputs stay, so that what follows still sees them in the outputs' own order. */
function isDroppable(member: StructuredOperation, position: number): boolean {
  const inOutputs = member.maps
    .slice(member.inputs.length)
    .some((map) => map.results.some((result) => result.kind === "dimension" && result.position === position));
  return !inOutputs;
}

function copyBody(
  builder: Builder,
  { body, inputs }: StructuredOperation,
  kept: readonly number[],
  elements: readonly Value[],
  dropped: readonly number[],
  renumbered: readonly number[],
): readonly Value[] {
  const mapping = new Map<Value, Value>();
  for (const [at, position] of kept.entries()) mapping.set(body.arguments[position]!, elements[at]!);
  for (const [position, argument] of body.arguments.slice(inputs.length).entries())
    mapping.set(argument, elements[kept.length + position]!);
  for (const operation of body.operations) {
    if (yieldOperation.matches(operation)) return operation.inputs.map((value) => mapping.get(value) ?? value);
    if (indexOperation.matches(operation)) {
      const value = dropped.includes(operation.dim)
        ? builder.build(constant, { value: IntegerAttribute.get(0, index) }).result
        : builder.build(indexOperation, { dim: renumbered[operation.dim]!, result: index }).result;
      mapping.set(operation.result, value);
    } else builder.insert(operation.clone(mapping));
  }
  return [];
}

export const linalgCollapseDimensions = pass("linalg-collapse-dimensions", {
  doc: "Removes dimensions of size 1 from the iteration spaces of structured operations.",
  patterns: [dropUnitDimensions],
});
