/** Operators that read, write or find elements at positions held in other tensors. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { compress as compressData } from "../../../dialects/tensor/reference/gather-scatter.ts";
import { nonZero as nonZeroData } from "../../../dialects/tensor/reference/generate.ts";
import type { TensorData } from "../../../ir/tensor-data.ts";
import { convert, product, reshape, since } from "./common.ts";
import { elementOf, integersOf, type NodeImport, type OperatorTable, shapeOf, type Tensor } from "./node-import.ts";

/** Positions as i32 or i64, which the tensor dialect takes. */
function indices(node: NodeImport, position: number): Tensor {
  const value = node.input(position);
  const element = elementOf(value);
  return element === "i32" || element === "i64" ? value : convert(node, value, "i64");
}

const axisOf = (node: NodeImport, otherwise = 0) => node.axis(node.integer("axis", otherwise), node.input(0).type.rank);

const reductions = ["none", "add", "mul", "max", "min"] as const;

function scatterElements(node: NodeImport): Tensor {
  return node.emit(tensor.scatterElements, {
    input: node.input(0),
    indices: indices(node, 1),
    updates: node.input(2),
    axis: axisOf(node),
    reduction: node.oneOf("reduction", reductions, "none"),
  });
}

function oneHot(node: NodeImport): Tensor {
  const input = node.input(0);
  const depth = node.constantInteger(1, "the depth");
  return node.emit(tensor.oneHot, {
    indices: input,
    values: node.input(2),
    depth,
    axis: node.axis(node.integer("axis", -1), input.type.rank + 1),
  });
}

/** k from the attribute before version 10; the order of equal elements and of unsorted results is ours to choose. */
function topK(node: NodeImport): readonly Tensor[] {
  const k = node.version < 10 ? node.integer("k") : node.constantInteger(1, "k");
  return node.emitAll(tensor.topK, {
    input: node.input(0),
    k,
    axis: axisOf(node, -1),
    largest: node.flag("largest", true),
    sorted: node.flag("sorted", true),
  });
}

/** With a known condition: the slices (or elements) where it is true. */
function compress(node: NodeImport): Tensor {
  const condition = integersOf(node.constantInput(1, "the condition"));
  const chosen = condition.flatMap((value, index) => (value === 0 ? [] : [index]));
  const input = node.hasAttribute("axis")
    ? node.input(0)
    : reshape(node, node.input(0), [product(shapeOf(node.input(0)))]);
  const axis = node.axis(node.integer("axis", 0), input.type.rank);
  return node.emit(tensor.take, { input, indices: node.numbers(chosen, "i64"), axis });
}

/** Distinct elements (or slices along `axis`) of a known tensor, where they are first, where each one went, and how often. */
function unique(node: NodeImport): readonly Tensor[] {
  const data = node.constantInput(0, "the input");
  const flat: TensorData = node.hasAttribute("axis") ? data : { ...data, shape: [data.data.length] };
  const axis = node.axis(node.integer("axis", 0), flat.shape.length);
  const count = flat.shape[axis]!;
  const slices = Array.from({ length: count }, (_, index) => {
    const chosen = new Uint8Array(count);
    chosen[index] = 1;
    const slice = compressData(flat, { shape: [count], element: "i1", data: chosen }, { axis });
    return Array.from<number | bigint, number | bigint>(slice.data, (value) => value);
  });
  const keys = slices.map((slice) => slice.join());
  const firsts = [...new Set(keys)].map((key) => keys.indexOf(key));
  if (node.flag("sorted", true)) firsts.sort((a, b) => compareLists(slices[a]!, slices[b]!));
  const order = firsts.map((first) => keys[first]!);
  const values = node.emit(tensor.take, { input: node.constant(flat), indices: node.numbers(firsts, "i64"), axis });
  const counts = order.map((key) => keys.filter((each) => each === key).length);
  return [
    values,
    node.numbers(firsts, "i64"),
    node.numbers(
      keys.map((key) => order.indexOf(key)),
      "i64",
    ),
    node.numbers(counts, "i64"),
  ];
}

function compareLists(a: readonly (number | bigint)[], b: readonly (number | bigint)[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : a[at]! < b[at]! ? -1 : 1;
}

export const indexingOperators: OperatorTable = {
  Compress: since(9, compress),
  Gather: since(1, (node) =>
    node.emit(tensor.take, { input: node.input(0), indices: indices(node, 1), axis: axisOf(node) }),
  ),
  GatherElements: since(11, (node) =>
    node.emit(tensor.gatherElements, { input: node.input(0), indices: indices(node, 1), axis: axisOf(node) }),
  ),
  GatherND: since(11, (node) =>
    node.emit(tensor.gatherNd, {
      input: node.input(0),
      indices: indices(node, 1),
      batch_dims: node.integer("batch_dims", 0),
    }),
  ),
  NonZero: since(9, (node) => node.constant(nonZeroData(node.constantInput(0, "the input")))),
  OneHot: since(9, oneHot),
  ReverseSequence: since(10, (node) =>
    node.emit(tensor.reverseSequence, {
      input: node.input(0),
      lengths: indices(node, 1),
      batch_axis: node.axis(node.integer("batch_axis", 1), node.input(0).type.rank),
      time_axis: node.axis(node.integer("time_axis", 0), node.input(0).type.rank),
    }),
  ),
  Scatter: since(9, scatterElements),
  ScatterElements: since(11, scatterElements),
  ScatterND: since(11, (node) =>
    node.emit(tensor.scatterNd, {
      input: node.input(0),
      indices: indices(node, 1),
      updates: node.input(2),
      reduction: node.oneOf("reduction", reductions, "none"),
    }),
  ),
  TopK: since(1, topK),
  Trilu: since(14, (node) =>
    node.emit(tensor.trilu, {
      input: node.input(0),
      k: node.optionalInput(1) === undefined ? 0 : node.constantInteger(1, "the diagonal"),
      upper: node.flag("upper", true),
    }),
  ),
  Unique: since(11, unique),
};
