/** Operators that make tensors out of numbers: constants, ranges, identity matrices. */
import { eyeLike, range } from "../../../dialects/tensor/reference/generate.ts";
import { filled } from "../../../dialects/tensor/reference/values.ts";
import { allocateElements, elementCount, getNumber } from "../../../ir/tensor-data.ts";
import { sparseTensorDataOf } from "../tensor-values.ts";
import { since } from "./common.ts";
import { elementOf, type NodeImport, type OperatorTable, shapeOf, type Tensor } from "./node-import.ts";

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
  node.requireShape(shape);
  const value = node.tensor("value") ?? filled([1], "f32", 0);
  const data = allocateElements(value.element, elementCount(shape));
  const [only = 0] = value.data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.fill(BigInt(only));
  else data.fill(Number(only));
  return node.constant({ shape, element: value.element, data });
}

export const generateOperators: OperatorTable = {
  Constant: since(1, constant),
  ConstantOfShape: since(9, constantOfShape),
  EyeLike: since(9, (node) => {
    const input = node.input(0);
    node.requireSize(input.type.count);
    const element = node.elementType("dtype", elementOf(input));
    return node.constant(eyeLike(shapeOf(input), element, { k: node.integer("k", 0) }));
  }),
  Range: since(11, (node) => {
    const [start, limit, delta] = ["the start", "the limit", "the step"].map((what, at) =>
      node.constantInput(at, what),
    );
    const [first, end, step] = [start!, limit!, delta!].map((each) => getNumber(each, 0));
    node.requireSize(Math.ceil((end! - first!) / step!));
    return node.constant(range(start!, limit!, delta!));
  }),
};
