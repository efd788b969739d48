/**
 * The pass `linalg-transpose-operands`: lays an operand of a contraction out so that vectors can run along the result. In
 * `q · kᵀ` (scores of an attention) both operands have the summed dimension last, so vectors would have to run along the sum and
 * be added up across their lanes, for every element of a result of few summands. One transposed copy of the second operand,
 * which is read many times, costs far less.
 */
import { genericOp, parallelIterators } from "../../dialects/linalg/build.ts";
import { generic } from "../../dialects/linalg/ops.ts";
import { emptyTensor } from "../../dialects/tensor/upstream/build.ts";
import { AffineMap } from "../../ir/affine-map.ts";
import { type Outcome, type Pattern, refuse, rewrite } from "../../ir/rewrite/pattern.ts";
import type { Rewriter } from "../../ir/rewrite/rewriter.ts";
import { TensorType } from "../../ir/types.ts";
import { pass } from "../../passes/pass.ts";
import { type StructuredOperation, structured } from "./structured.ts";

/** With more summands than this, adding across lanes is a small part of the work. */
const mostSummands = 256;
/** How often an element must be read for a copy to pay. */
const fewestReads = 16;
/** Vectors along the result need so many elements. */
const shortestRow = 8;

// c[i, j] += a[i, k] · b[j, k]  ->  t = bᵀ; c[i, j] += a[i, k] · t[k, j]
export const transposeOperand: Pattern = rewrite(generic, "transpose-operand", (operation, rewriter) => {
  const member = structured(operation);
  if (member === undefined || !member.iterators.includes("reduction")) return undefined;
  let reason: Outcome;
  for (const position of member.inputs.keys()) {
    const outcome = transposeInput(member, position, rewriter);
    if (outcome === true) return true;
    reason ??= outcome;
  }
  return reason;
});

function transposeInput(member: StructuredOperation, position: number, rewriter: Rewriter): Outcome {
  const { operation, inputs, outputs, maps, iterators, sizes } = member;
  const value = inputs[position]!;
  const { type } = value;
  const axes = maps[position]!.projectedDimensions;
  const output = maps[inputs.length]!.projectedDimensions;
  const [innermost, row] = [axes?.at(-1), output?.at(-1)];
  if (!(type instanceof TensorType) || axes === undefined || innermost === undefined || row === undefined)
    return undefined;
  if (outputs.length !== 1 || iterators[innermost] !== "reduction" || !axes.includes(row)) return undefined;
  const summands = sizes.reduce(
    (product, size, dimension) => (iterators[dimension] === "reduction" ? product * size : product),
    1,
  );
  if (summands > mostSummands) return refuse("there are enough summands to run vectors along the sum");
  const reads = sizes.reduce((product, size, dimension) => (axes.includes(dimension) ? product : product * size), 1);
  if (reads < fewestReads || sizes[row]! < shortestRow)
    return refuse("the operand is not read often enough for a copy to pay");
  const order = [...axes.keys()].filter((axis) => axes[axis] !== row);
  order.push(axes.indexOf(row));
  const shape = order.map((axis) => type.shape[axis]!);
  // The copy walks the result in order; its input's axis `order[i]` is indexed by dimension i.
  const source = AffineMap.projection(
    shape.length,
    order.map((_, axis) => order.indexOf(axis)),
  );
  const copy = genericOp(rewriter, {
    inputs: [value],
    outputs: [emptyTensor(rewriter, shape, type.element)],
    maps: [source, AffineMap.identity(shape.length)],
    iterators: parallelIterators(shape.length),
    body: (_, [element]) => [element!],
    location: operation.location,
  });
  const transposed = AffineMap.projection(
    sizes.length,
    order.map((axis) => axes[axis]!),
  );
  return rewriter.modify(operation, () => {
    operation.setOperand(position, copy.onlyResult);
    operation.properties.set("indexing_maps", encodeMaps(maps.with(position, transposed)));
  });
}

function encodeMaps(maps: readonly AffineMap[]) {
  return generic.fields.indexing_maps.constraint.encode(maps);
}

export const linalgTransposeOperands = pass("linalg-transpose-operands", {
  doc: "Copies operands of short contractions into an order in which vectors can run along the result.",
  patterns: [transposeOperand],
});
