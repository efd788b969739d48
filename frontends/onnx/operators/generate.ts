/** Operators that make tensors out of numbers: constants, ranges, identity matrices, windows. */
import { eyeLike, range } from "../../../dialects/tensor/reference/generate.ts";
import { filled } from "../../../dialects/tensor/reference/values.ts";
import { allocateElements, elementCount } from "../../../ir/tensor-data.ts";
import { sparseTensorDataOf } from "../tensor-values.ts";
import { ascending, since } from "./common.ts";
import {
  elementOf,
  type NodeImport,
  type OperatorImport,
  type OperatorTable,
  shapeOf,
  type Tensor,
} from "./node-import.ts";

/** The one attribute that is given holds the value. */
function constant(node: NodeImport): Tensor {
  const dense = node.tensor("value");
  if (dense !== undefined) return node.constant(dense);
  const sparse = node.node.attributes.get("sparse_value");
  if (sparse?.kind === "sparse-tensor") return node.constant(sparseTensorDataOf(sparse.value));
  if (node.hasAttribute("value_float")) return node.scalar(node.float("value_float"), "f32");
  if (node.hasAttribute("value_int")) return integerConstant(node, []);
  const floats = node.floats("value_floats");
  if (floats !== undefined) return node.numbers(floats, "f32");
  if (node.hasAttribute("value_ints")) return integerConstant(node, undefined);
  throw node.error(`has no value that is supported: ${[...node.node.attributes.keys()].join(", ") || "no attributes"}`);
}

/** Whole numbers, exact in 64 bits. */
function integerConstant(node: NodeImport, shape: readonly number[] | undefined): Tensor {
  const [one, many] = [node.node.attributes.get("value_int"), node.node.attributes.get("value_ints")];
  const values = one?.kind === "int" ? [one.value] : many?.kind === "ints" ? many.value : [];
  return node.constant({ shape: shape ?? [values.length], element: "i64", data: BigInt64Array.from(values) });
}

function constantOfShape(node: NodeImport): Tensor {
  const shape = node.constantIntegers(0, "the shape");
  const value = node.tensor("value") ?? filled([1], "f32", 0);
  if (shape.some((size) => size < 0)) throw node.error(`the shape has a negative size: [${shape.join(", ")}]`);
  const data = allocateElements(value.element, elementCount(shape));
  const [only = 0] = value.data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.fill(BigInt(only));
  else data.fill(Number(only));
  return node.constant({ shape, element: value.element, data });
}

/** A cosine window: `weights` of cos(0), cos(x), cos(2x), … with alternating signs; periodic unless told otherwise. */
const cosineWindow =
  (weights: readonly number[]): OperatorImport =>
  (node) => {
    const size = node.constantInteger(0, "the size");
    const period = node.flag("periodic", true) ? size : size - 1;
    const value = (index: number) =>
      weights.reduce((sum, weight, order) => {
        const angle = (2 * Math.PI * order * index) / Math.max(1, period);
        return sum + (order % 2 === 0 ? 1 : -1) * weight * Math.cos(angle);
      }, 0);
    return node.numbers(ascending(size).map(value), node.elementType("output_datatype", "f32"));
  };

/** [bins, mels]: triangles between neighbouring points that lie evenly on the mel scale, as ONNX MelWeightMatrix. */
function melWeightMatrix(node: NodeImport): Tensor {
  const number = (position: number, what: string) => Number(node.constantInput(position, what).data[0]);
  const [mels, length, rate] = [number(0, "num_mel_bins"), number(1, "dft_length"), number(2, "sample_rate")];
  const toMel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
  const low = toMel(number(3, "lower_edge_hertz"));
  const step = (toMel(number(4, "upper_edge_hertz")) - low) / (mels + 2);
  const bins = Math.floor(length / 2) + 1;
  const points = ascending(mels + 2).map((index) => {
    const hertz = 700 * (10 ** ((low + index * step) / 2595) - 1);
    return Math.floor(((length + 1) * hertz) / rate);
  });
  const weights = new Array<number>(bins * mels).fill(0);
  for (const mel of ascending(mels)) {
    const [left = 0, centre = 0, right = 0] = points.slice(mel, mel + 3);
    if (centre === left) weights[centre * mels + mel] = 1;
    for (let bin = left; bin <= centre && centre > left; bin++)
      weights[bin * mels + mel] = (bin - left) / (centre - left);
    for (let bin = centre; bin < right; bin++) weights[bin * mels + mel] = (right - bin) / (right - centre);
  }
  return node.numbers(weights, node.elementType("output_datatype", "f32"), [bins, mels]);
}

export const generateOperators: OperatorTable = {
  BlackmanWindow: since(17, cosineWindow([0.42, 0.5, 0.08])),
  Constant: since(1, constant),
  ConstantOfShape: since(9, constantOfShape),
  EyeLike: since(9, (node) => {
    const input = node.input(0);
    const element = node.elementType("dtype", elementOf(input));
    return node.constant(eyeLike(shapeOf(input), element, { k: node.integer("k", 0) }));
  }),
  HammingWindow: since(17, cosineWindow([25 / 46, 21 / 46])),
  HannWindow: since(17, cosineWindow([0.5, 0.5])),
  MelWeightMatrix: since(17, melWeightMatrix),
  Range: since(11, (node) => {
    const [start, limit, delta] = ["the start", "the limit", "the step"].map((what, at) =>
      node.constantInput(at, what),
    );
    return node.constant(range(start!, limit!, delta!));
  }),
};
