/**
 * MIL ops that read and write at positions held in tensors, or whose result holds positions. Inputs and defaults: coremltools 9.0,
 * `mil/ops/defs/iOS15/scatter_gather.py`, `tensor_operation.py` and their later versions.
 */
import {
  boolArrayAttribute,
  boolAttribute,
  enumAttribute,
  i32ArrayAttribute,
  i32Attribute,
} from "../../../ir/constraints.ts";
import {
  attribute,
  defaultAttribute,
  optionalAttribute,
  optionalOperand,
  optionalResult,
  result,
} from "../../../ir/declaration.ts";
import type { Value } from "../../../ir/operation.ts";
import { dynamic, elementType, i32, TensorType } from "../../../ir/types.ts";
import { ascending, broadcastTo, elementOf, reshape, type Steps, type TensorValue } from "../../tensor/build/steps.ts";
import * as tensor from "../../tensor/ops.ts";
import { concat as concatDefinition } from "../../tensor/upstream/ops.ts";
import {
  axisOf,
  example,
  float,
  floatParameter,
  input,
  milOp,
  milOpWithResults,
  milTensor,
  real,
  shapeOf,
  withShape,
} from "../declare.ts";
import { elementTypes } from "../types.ts";
import { sliceOf } from "./movement.ts";
import { indexValue, sharedSteps, tensorValue } from "./tensor-steps.ts";

const validate = { validate_indices: optionalAttribute(boolAttribute) };
const validated = { validate_indices: "ios17" } as const;

export const gatherAlongAxis = milOp(
  "gather_along_axis",
  { x: input, indices: input, axis: defaultAttribute(i32Attribute, 0), ...validate },
  {
    inputsSince: validated,
    doc: "result[i, j] = x[indices[i, j], j] for axis 0, and so on.",
    example: example("gather_along_axis", { x: "4x3xf16", indices: "2x3xi32" }, { axis: 0 }, "2x3xf16"),
    means: ({ x, indices, axis }, milSteps) => {
      const steps = sharedSteps(milSteps);
      return steps.emit(tensor.gatherElements, {
        input: tensorValue(x),
        indices: indexValue(steps, indices),
        axis: axisOf(axis, shapeOf(x).length),
      });
    },
  },
);

export const gatherNd = milOp(
  "gather_nd",
  { x: input, indices: input, batch_dims: optionalAttribute(i32Attribute), ...validate },
  {
    inputsSince: { batch_dims: "ios16", ...validated },
    doc: "Slices of x at the index tuples in the last dimension of indices; the first batch_dims dimensions of both go in step.",
    example: example("gather_nd", { x: "4x3x5xf16", indices: "7x2xi32" }, {}, "7x5xf16"),
    means: ({ x, indices, batch_dims = 0 }, milSteps) => {
      const steps = sharedSteps(milSteps);
      return steps.emit(tensor.gatherNd, { input: tensorValue(x), indices: indexValue(steps, indices), batch_dims });
    },
  },
);

const modes = ["update", "add", "sub", "mul", "div", "max", "min"] as const;
type Mode = (typeof modes)[number];
const modeOr = (otherwise: Mode) => defaultAttribute(enumAttribute(modes), otherwise);

/** What the tensor dialect combines with: a difference is a sum of the opposite, a quotient a product of the reciprocal. */
function combined(steps: Steps, mode: Mode, updates: TensorValue) {
  if (mode === "update") return { reduction: "none", updates } as const;
  if (mode === "sub") return { reduction: "add", updates: steps.emit(tensor.neg, { input: updates }) } as const;
  if (mode === "div") return { reduction: "mul", updates: steps.emit(tensor.reciprocal, { input: updates }) } as const;
  return { reduction: mode, updates } as const;
}

const scatterDoc = "; mode says how they are combined with data (sums where left out)";
const scattered = { data: input, indices: input, updates: input };

export const scatter = milOp(
  "scatter",
  { ...scattered, axis: defaultAttribute(i32Attribute, 0), mode: modeOr("add"), ...validate },
  {
    inputsSince: validated,
    doc: `data with the slices of updates written at indices [n] along axis${scatterDoc}.`,
    example: example("scatter", { data: "4x3xf16", indices: "2xi32", updates: "2x3xf16" }, { axis: 0 }, "4x3xf16"),
    means: ({ data, indices, updates, axis, mode }, milSteps) => {
      const steps = sharedSteps(milSteps);
      const [input, written] = [tensorValue(data), tensorValue(updates)];
      const at = axisOf(axis, input.type.rank);
      const whole = shapeOf(written);
      const places = indexValue(steps, indices);
      const column = reshape(
        steps,
        places,
        whole.map((_, each) => (each === at ? shapeOf(places)[0]! : 1)),
      );
      return steps.emit(tensor.scatterElements, {
        input,
        indices: broadcastTo(steps, column, whole),
        axis: at,
        ...combined(steps, mode, written),
      });
    },
  },
);

export const scatterAlongAxis = milOp(
  "scatter_along_axis",
  { ...scattered, axis: defaultAttribute(i32Attribute, 0), mode: modeOr("add"), ...validate },
  {
    inputsSince: validated,
    doc: `data with updates[i, j] written at [indices[i, j], j] for axis 0, and so on${scatterDoc}.`,
    example: example(
      "scatter_along_axis",
      { data: "4x3xf16", indices: "2x3xi32", updates: "2x3xf16" },
      { axis: 0 },
      "4x3xf16",
    ),
    means: ({ data, indices, updates, axis, mode }, milSteps) => {
      const steps = sharedSteps(milSteps);
      return steps.emit(tensor.scatterElements, {
        input: tensorValue(data),
        indices: indexValue(steps, indices),
        axis: axisOf(axis, shapeOf(data).length),
        ...combined(steps, mode, tensorValue(updates)),
      });
    },
  },
);

export const scatterNd = milOp(
  "scatter_nd",
  { ...scattered, mode: modeOr("add"), ...validate },
  {
    inputsSince: validated,
    doc: `data with the slices of updates written at the index tuples in the last dimension of indices${scatterDoc}.`,
    example: example("scatter_nd", { data: "4x3xf16", indices: "2x1xi32", updates: "2x3xf16" }, {}, "4x3xf16"),
    means: ({ data, indices, updates, mode }, milSteps) => {
      const steps = sharedSteps(milSteps);
      return steps.emit(tensor.scatterNd, {
        input: tensorValue(data),
        indices: indexValue(steps, indices),
        ...combined(steps, mode, tensorValue(updates)),
      });
    },
  },
);

export const sliceUpdate = milOp(
  "slice_update",
  {
    x: input,
    update: input,
    begin: attribute(i32ArrayAttribute),
    end: attribute(i32ArrayAttribute),
    stride: optionalAttribute(i32ArrayAttribute),
    begin_mask: optionalAttribute(boolArrayAttribute),
    end_mask: optionalAttribute(boolArrayAttribute),
    squeeze_mask: optionalAttribute(boolArrayAttribute),
  },
  {
    since: "ios18",
    doc: "x with update written where slice_by_index reads.",
    example: example("slice_update", { x: "4x3xf16", update: "2x3xf16" }, { begin: [1, 0], end: [3, 3] }, "4x3xf16"),
    means: ({ x, update, ...limits }, milSteps) => {
      const steps = sharedSteps(milSteps);
      const input = tensorValue(x);
      const { starts, sizes, strides } = sliceOf(shapeOf(x), limits);
      const places = sizes.map((size, axis) => ascending(size).map((index) => starts[axis]! + index * strides[axis]!));
      const tuples = places.reduce<number[][]>(
        (rows, along) => rows.flatMap((row) => along.map((place) => [...row, place])),
        [[]],
      );
      const indices = steps.constant({
        shape: [...sizes, sizes.length],
        element: "i32",
        data: Int32Array.from(tuples.flat()),
      });
      // The update lacks the dimensions that squeeze_mask drops.
      return steps.emit(tensor.scatterNd, { input, indices, updates: reshape(steps, tensorValue(update), sizes) });
    },
  },
);

// -------------------------------------------------------------------------------------------------- orders and marks

const indexTypes = ["int32", "uint16"] as const;
type IndexType = (typeof indexTypes)[number];

/** Positions (i64 in the tensor dialect) in the type that MIL gives them. */
function positions(steps: Steps, found: TensorValue, type: IndexType = "int32"): TensorValue {
  return steps.emit(tensor.convert, { input: found, result: TensorType.get(shapeOf(found), elementTypes[type]) });
}

export const topk = milOpWithResults(
  "topk",
  {
    x: input,
    k: defaultAttribute(i32Attribute, 1),
    axis: defaultAttribute(i32Attribute, -1),
    ascending: defaultAttribute(boolAttribute, false),
    sort: optionalAttribute(boolAttribute),
    return_indices: optionalAttribute(boolAttribute),
    output_indices_dtype: optionalAttribute(enumAttribute(indexTypes)),
  },
  { values: result(milTensor), indices: result(milTensor) },
  {
    inputsSince: { sort: "ios16", return_indices: "ios16", output_indices_dtype: "ios17" },
    doc: "The k greatest (or, ascending, least) elements along axis, best first, and their positions (int32 unless stated).",
    example: example("topk", { x: "2x5xf16" }, { axis: 1, k: 2 }, ...["2x2xf16", "2x2xi32"]),
    means: (
      { x, k, axis, ascending: isAscending, sort, return_indices: withIndices, output_indices_dtype: type },
      milSteps,
    ) => {
      if (withIndices === false) throw new Error("has no meaning here without its second result");
      const steps = sharedSteps(milSteps);
      const at = axisOf(axis, shapeOf(x).length);
      const options = { k, axis: at, largest: !isAscending, sorted: sort ?? true };
      const [values, indices] = steps.emitAll(tensor.topK, { input: tensorValue(x), ...options });
      return [values!, positions(steps, indices!, type)];
    },
  },
);

export const argsort = milOp(
  "argsort",
  {
    x: input,
    axis: defaultAttribute(i32Attribute, -1),
    ascending: defaultAttribute(boolAttribute, false),
  },
  {
    doc: "The positions (int32) of the elements along axis in falling order, or in rising order.",
    example: example("argsort", { x: "2x5xf16" }, { axis: 1 }, "2x5xi32"),
    means: ({ x, axis, ascending: isAscending }, milSteps) => {
      const steps = sharedSteps(milSteps);
      const at = axisOf(axis, shapeOf(x).length);
      const options = { k: shapeOf(x)[at]!, axis: at, largest: !isAscending };
      const [, indices] = steps.emitAll(tensor.topK, { input: tensorValue(x), ...options });
      return positions(steps, indices!);
    },
  },
);

export const oneHot = milOp(
  "one_hot",
  {
    indices: input,
    one_hot_vector_size: attribute(i32Attribute),
    axis: defaultAttribute(i32Attribute, -1),
    on_value: optionalOperand(milTensor),
    off_value: optionalOperand(milTensor),
  },
  {
    doc: "Along a new dimension axis of that size, on_value (1) at the position that indices holds and off_value (0) elsewhere, in the type of the two (int32 where left out).",
    example: example("one_hot", { indices: "3xi32" }, { axis: 1, one_hot_vector_size: 4 }, "3x4xi32"),
    means: ({ indices, one_hot_vector_size: depth, axis, on_value: on, off_value: off }, milSteps) => {
      const steps = sharedSteps(milSteps);
      const element =
        on === undefined ? (off === undefined ? "i32" : elementOf(tensorValue(off))) : elementOf(tensorValue(on));
      const value = (given: Value | undefined, otherwise: number) =>
        given === undefined
          ? steps.emit(tensor.convert, {
              input: steps.constant({ shape: [1], element: "i32", data: Int32Array.of(otherwise) }),
              result: TensorType.get([1], elementType(element)),
            })
          : reshape(steps, tensorValue(given), [1]);
      const values = steps.emit(concatDefinition, { inputs: [value(off, 0), value(on, 1)], dim: 0 });
      const at = axisOf(axis, shapeOf(indices).length + 1);
      return steps.emit(tensor.oneHot, { indices: tensorValue(indices), values, depth, axis: at });
    },
  },
);

export const nonZero = milOp(
  "non_zero",
  { x: input },
  {
    doc: "The positions of the elements that are not 0, a row each: int32 [n, rank].",
    example: example("non_zero", { x: "2x3xf16" }, {}, "?x2xi32"),
    infer: ({ x }) => TensorType.get([dynamic, shapeOf(x).length], i32),
    refuses: "how many rows it gives depends on the values of x",
  },
);

export const nonMaximumSuppression = milOpWithResults(
  "non_maximum_suppression",
  {
    boxes: input,
    scores: input,
    iou_threshold: float,
    score_threshold: optionalAttribute(floatParameter),
    max_boxes: attribute(i32Attribute),
    per_class_suppression: defaultAttribute(boolAttribute, false),
  },
  {
    coordinates: result(milTensor),
    kept_scores: result(milTensor),
    indices: result(milTensor),
    count: optionalResult(milTensor),
  },
  {
    inputsUntil: { score_threshold: "ios17" },
    doc:
      "Boxes [n, B, 4] (centre, size) by falling score [n, B, K], without those that overlap a better one by more than iou_threshold, and how many are " +
      "left. Since ios17 boxes [n, 4, B] and scores [n, K, B], without a score_threshold and a count.",
    example: example(
      "non_maximum_suppression",
      { boxes: "1x8x4xf16", scores: "1x8x2xf16" },
      { iou_threshold: real(0.5), score_threshold: real(0.25), max_boxes: 3 },
      ...["1x3x4xf16", "1x3x2xf16", "1x3xi32", "1xi32"],
    ),
    infer: ({ boxes, scores, max_boxes: most, score_threshold: threshold }) => {
      if (threshold === undefined) {
        const [batch = 1, classes = 1] = shapeOf(scores);
        const kept = [withShape(boxes, [batch, 4, most]), withShape(scores, [batch, classes, most])];
        return [...kept, TensorType.get([batch, most], i32)];
      }
      const [batch = 1, , classes = 1] = shapeOf(scores);
      return [
        withShape(boxes, [batch, most, 4]),
        withShape(scores, [batch, most, classes]),
        TensorType.get([batch, most], i32),
        TensorType.get([batch], i32),
      ];
    },
    refuses: "each box depends on the boxes that were kept before it",
  },
);

export const indexingOps = [
  ...[gatherAlongAxis, gatherNd, scatter, scatterAlongAxis, scatterNd, sliceUpdate],
  ...[topk, argsort, oneHot, nonZero, nonMaximumSuppression],
];
