/** Ops that move elements, or read and write at positions, as ONNX nodes. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { collapseShape, concat, expandShape } from "../../../dialects/tensor/upstream/ops.ts";
import type { GraphWriter, Term } from "./graph-writer.ts";
import { type Rule, resultShape, rule } from "./rule.ts";

/** Before every first position, whatever the size: where a backward slice that takes the first element ends. */
const beforeAll = -(2n ** 63n);

interface Slicing {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
}

function sliced(graph: GraphWriter, term: Term, { starts, sizes, strides }: Slicing): Term {
  const isWhole = (axis: number) => starts[axis] === 0 && sizes[axis] === term.shape[axis] && strides[axis] === 1;
  const axes = [...term.shape.keys()].filter((axis) => !isWhole(axis));
  if (axes.length === 0) return graph.node("Identity", [term]);
  const end = (axis: number): number | bigint => {
    const [start, size, stride] = [starts[axis]!, sizes[axis]!, strides[axis]!];
    if (size === 0) return start;
    const last = start + (size - 1) * stride;
    if (stride > 0) return last + 1;
    return last === 0 ? beforeAll : last - 1;
  };
  const lists = [axes.map((axis) => starts[axis]!), axes.map(end), axes, axes.map((axis) => strides[axis]!)];
  const places = lists.map((list) => graph.integers(list));
  return graph.typed("Slice", [term, ...places], {}, { shape: sizes }, 1);
}

function reshaped(graph: GraphWriter, term: Term, shape: readonly number[]): Term {
  // A size of 0 would otherwise stand for the size that was.
  const attributes = shape.includes(0) ? { allowzero: 1 } : {};
  return graph.node("Reshape", [term, graph.integers(shape)], attributes, { shape });
}

/** Elements are taken away first: ONNX leaves open what a mode mirrors otherwise. */
function padded(
  graph: GraphWriter,
  term: Term,
  {
    low,
    high,
    mode,
    value,
  }: {
    readonly low: readonly number[];
    readonly high: readonly number[];
    readonly mode: string;
    readonly value: number;
  },
  shape: readonly number[],
): Term {
  const isCut = [...low, ...high].some((size) => size < 0);
  const kept = isCut
    ? sliced(graph, term, {
        starts: low.map((size) => Math.max(0, -size)),
        sizes: term.shape.map((size, axis) => size + Math.min(0, low[axis]!) + Math.min(0, high[axis]!)),
        strides: low.map(() => 1),
      })
    : term;
  const pads = graph.integers([...low, ...high].map((size) => Math.max(0, size)));
  const element = graph.acceptedBy("Pad", term.element);
  const filler = mode === "constant" && !Object.is(value, 0) ? graph.scalar(value, element) : undefined;
  return graph.typed("Pad", [kept, pads, filler], { mode }, { shape }, 1);
}

const isList = (axes: readonly number[], wanted: readonly number[]) => axes.join() === wanted.join();

/** ONNX reverses along one of the first two dimensions for each index of the other. */
function sequencesReversed(graph: GraphWriter, term: Term, lengths: Term, batch: number, time: number): Term {
  const counts = graph.cast(lengths, "i64");
  if (isList([batch, time], [0, 1]) || isList([batch, time], [1, 0])) {
    return graph.typed("ReverseSequence", [term, counts], { batch_axis: batch, time_axis: time }, {}, 1);
  }
  const perm = [batch, time, ...[...term.shape.keys()].filter((axis) => axis !== batch && axis !== time)];
  const back = [...perm.keys()].map((axis) => perm.indexOf(axis));
  const front = graph.node("Transpose", [term], { perm }, { shape: perm.map((axis) => term.shape[axis]!) });
  const turned = graph.typed("ReverseSequence", [front, counts], { batch_axis: 0, time_axis: 1 }, {}, 1);
  return graph.node("Transpose", [turned], { perm: back }, { shape: term.shape });
}

const movementRules: readonly Rule[] = [
  rule(tensor.staticReshape, (operation, graph) => reshaped(graph, graph.of(operation.input), resultShape(operation))),
  rule(collapseShape, (operation, graph) => reshaped(graph, graph.of(operation.src), resultShape(operation))),
  rule(expandShape, (operation, graph) => reshaped(graph, graph.of(operation.src), resultShape(operation))),
  rule(tensor.broadcast, (operation, graph) => {
    const shape = resultShape(operation);
    return graph.typed("Expand", [graph.of(operation.input), graph.integers(shape)], {}, { shape }, 1);
  }),
  rule(tensor.transpose, (operation, graph) =>
    graph.node(
      "Transpose",
      [graph.of(operation.input)],
      { perm: operation.permutation },
      {
        shape: resultShape(operation),
      },
    ),
  ),
  rule(tensor.slice, (operation, graph) => sliced(graph, graph.of(operation.input), operation)),
  rule(tensor.staticPad, (operation, graph) =>
    padded(graph, graph.of(operation.input), operation, resultShape(operation)),
  ),
  rule(tensor.tile, (operation, graph) => {
    const repeats = graph.integers(operation.repeats);
    return graph.typed("Tile", [graph.of(operation.input), repeats], {}, { shape: resultShape(operation) }, 1);
  }),
  rule(tensor.depthToSpace, (operation, graph) => {
    const { block_size: blocksize, mode } = operation;
    return graph.typed(
      "DepthToSpace",
      [graph.of(operation.input)],
      { blocksize, mode },
      {
        shape: resultShape(operation),
      },
    );
  }),
  rule(tensor.spaceToDepth, (operation, graph) =>
    graph.typed(
      "SpaceToDepth",
      [graph.of(operation.input)],
      { blocksize: operation.block_size },
      {
        shape: resultShape(operation),
      },
    ),
  ),
  rule(tensor.reverse, ({ input, axes }, graph) => {
    const term = graph.of(input);
    return sliced(graph, term, {
      starts: term.shape.map((size, axis) => (axes.includes(axis) ? Math.max(0, size - 1) : 0)),
      sizes: term.shape,
      strides: term.shape.map((_, axis) => (axes.includes(axis) ? -1 : 1)),
    });
  }),
  rule(concat, (operation, graph) => {
    const terms = operation.inputs.map((value) => graph.of(value));
    return graph.typed("Concat", terms, { axis: operation.dim }, { shape: resultShape(operation) });
  }),
];

const indexingRules: readonly Rule[] = [
  rule(tensor.take, (operation, graph) => {
    const inputs = [graph.of(operation.input), graph.of(operation.indices)];
    return graph.typed("Gather", inputs, { axis: operation.axis }, { shape: resultShape(operation) }, 1);
  }),
  rule(tensor.gatherElements, (operation, graph) => {
    const inputs = [graph.of(operation.input), graph.of(operation.indices)];
    return graph.typed("GatherElements", inputs, { axis: operation.axis }, { shape: resultShape(operation) }, 1);
  }),
  rule(tensor.gatherNd, (operation, graph) => {
    const inputs = [graph.of(operation.input), graph.cast(graph.of(operation.indices), "i64")];
    const { batch_dims } = operation;
    return graph.typed("GatherND", inputs, { batch_dims }, { shape: resultShape(operation) }, 1);
  }),
  rule(tensor.scatterElements, ({ input, indices, updates, axis, reduction }, graph) => {
    const [data, changes] = [graph.of(input), graph.of(updates)];
    const element = graph.acceptedBy("ScatterElements", data.element);
    const inputs = [graph.cast(data, element), graph.of(indices), graph.cast(changes, element)];
    return graph.cast(graph.node("ScatterElements", inputs, { axis, reduction }), data.element);
  }),
  rule(tensor.scatterNd, ({ input, indices, updates, reduction }, graph) => {
    const [data, changes] = [graph.of(input), graph.of(updates)];
    const element = graph.acceptedBy("ScatterND", data.element);
    const places = graph.cast(graph.of(indices), "i64");
    const inputs = [graph.cast(data, element), places, graph.cast(changes, element)];
    return graph.cast(graph.node("ScatterND", inputs, { reduction }), data.element);
  }),
  rule(tensor.oneHot, (operation, graph) => {
    const [indices, values] = [graph.of(operation.indices), graph.of(operation.values)];
    const places = graph.cast(indices, graph.acceptedBy("OneHot", indices.element));
    const pair = graph.cast(values, graph.acceptedBy("OneHot", values.element));
    const inputs = [places, graph.scalar(operation.depth, "i64"), pair];
    const form = { element: pair.element, shape: resultShape(operation) };
    return graph.cast(graph.node("OneHot", inputs, { axis: operation.axis }, form), values.element);
  }),
  rule(tensor.trilu, ({ input, k, upper }, graph) =>
    graph.typed("Trilu", [graph.of(input), graph.scalar(k, "i64")], { upper }, {}, 1),
  ),
  rule(tensor.topK, (operation, graph) => {
    const { input, k, axis, largest, sorted } = operation;
    const term = graph.of(input);
    const wide = graph.cast(term, graph.acceptedBy("TopK", term.element));
    const shape = resultShape(operation);
    const results = [
      { element: wide.element, shape },
      { element: "i64", shape },
    ] as const;
    const [values, indices] = graph.nodeWith("TopK", [wide, graph.integers([k])], { axis, largest, sorted }, results);
    return [graph.cast(values!, term.element), indices!];
  }),
  rule(tensor.reverseSequence, ({ input, lengths, batch_axis, time_axis }, graph) =>
    sequencesReversed(graph, graph.of(input), graph.of(lengths), batch_axis, time_axis),
  ),
];

export const placementRules: readonly Rule[] = [...movementRules, ...indexingRules];
