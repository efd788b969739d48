/** Reductions, running sums and normalisations as ONNX nodes. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { type ElementName, elementCount } from "../../../ir/tensor-data.ts";
import type { GraphWriter, Term } from "./graph-writer.ts";
import { type Rule, resultShape, rule } from "./rule.ts";

type Reduction = (typeof tensor.reduceOps)[number];

/** `alone` is what the reduction of single elements is; ONNX gives them back as they are. */
const reduction = (
  definition: Reduction,
  opType: string,
  alone: (graph: GraphWriter, term: Term) => Term = (graph, term) => graph.node("Identity", [term]),
): Rule =>
  rule(definition, (operation, graph) => {
    const { input, axes, keep_dims: keepdims } = operation;
    const term = graph.of(input);
    if (axes.length === 0) return alone(graph, term);
    const shape = resultShape(operation);
    // Sums of narrow integers wrap; the cast back keeps their low bits.
    return graph.typed(opType, [term, graph.integers(axes)], { keepdims }, { shape }, 1);
  });

const magnitude = (graph: GraphWriter, term: Term) => graph.typed("Abs", [term]);

const extreme = (definition: typeof tensor.argmax, opType: string): Rule =>
  rule(definition, (operation, graph) => {
    const { input, axis, keep_dims: keepdims, select_last_index } = operation;
    const form = { shape: resultShape(operation), element: "i64" } as const;
    return graph.typed(opType, [graph.of(input)], { axis, keepdims, select_last_index }, form);
  });

/** Products of up to this many elements times their count are written with a mask. */
const mostMasked = 2 ** 24;

/** Running products: each element's product over those that a triangle of truth values leaves in. ONNX 21 has none. */
function runningProduct(
  graph: GraphWriter,
  term: Term,
  { axis, exclusive, reverse }: { readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean },
): Term {
  const size = term.shape[axis]!;
  if (elementCount(term.shape) * size > mostMasked) {
    throw graph.error(`operator set 21 has no running product, and ${size} steps are too many to write out`);
  }
  const data = new Uint8Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const isBefore = reverse ? column > row : column < row;
      data[row * size + column] = Number(isBefore || (column === row && !exclusive));
    }
  }
  const behind = term.shape.length - axis - 1;
  const mask = graph.constant({ shape: [size, size, ...new Array<number>(behind).fill(1)], element: "i1", data });
  const rows = [...term.shape.slice(0, axis), 1, ...term.shape.slice(axis)];
  const table = [...term.shape.slice(0, axis), size, ...term.shape.slice(axis)];
  const spread = graph.node("Reshape", [term, graph.integers(rows)], {}, { shape: rows });
  const chosen = graph.node(
    "Where",
    [mask, spread, graph.scalar(1, term.element)],
    {},
    {
      element: term.element,
      shape: table,
    },
  );
  return graph.typed("ReduceProd", [chosen, graph.integers([axis + 1])], { keepdims: 0 }, { shape: term.shape }, 1);
}

const foldingRules: readonly Rule[] = [
  ...[reduction(tensor.reduceSum, "ReduceSum"), reduction(tensor.reduceMean, "ReduceMean")],
  ...[reduction(tensor.reduceMax, "ReduceMax"), reduction(tensor.reduceMin, "ReduceMin")],
  reduction(tensor.reduceProd, "ReduceProd"),
  ...[reduction(tensor.reduceL1, "ReduceL1", magnitude), reduction(tensor.reduceL2, "ReduceL2", magnitude)],
  reduction(tensor.reduceLogSum, "ReduceLogSum", (graph, term) => graph.typed("Log", [term])),
  reduction(tensor.reduceLogSumExp, "ReduceLogSumExp"),
  reduction(tensor.reduceSumSquare, "ReduceSumSquare", (graph, term) => graph.typed("Mul", [term, term])),
  extreme(tensor.argmax, "ArgMax"),
  extreme(tensor.argmin, "ArgMin"),
  rule(tensor.cumsum, ({ input, axis, exclusive, reverse }, graph) =>
    graph.typed("CumSum", [graph.of(input), graph.scalar(axis, "i64")], { exclusive, reverse }, {}, 1),
  ),
  rule(tensor.cumprod, (operation, graph) => {
    const term = graph.of(operation.input);
    const element = graph.acceptedBy("ReduceProd", term.element);
    return graph.cast(runningProduct(graph, graph.cast(term, element), operation), term.element);
  }),
];

const alongAxis = (definition: typeof tensor.softmax, opType: string): Rule =>
  rule(definition, ({ input, axis }, graph) => graph.typed(opType, [graph.of(input)], { axis }));

const epsilonOf = (epsilon: number) => ({ epsilon: { float: epsilon } });

/** x/√(mean of x² + epsilon)·scale, in 32 bits for shorter floats, whose squares may be out of range. */
function rootMeanSquare(graph: GraphWriter, input: Term, scale: Term, axis: number, epsilon: number): Term {
  const element: ElementName = input.element === "f64" ? "f64" : "f32";
  const term = graph.cast(input, element);
  const axes = graph.integers(term.shape.map((_, each) => each).slice(axis));
  const shape = term.shape.map((size, each) => (each >= axis ? 1 : size));
  const mean = graph.node("ReduceMean", [graph.node("Mul", [term, term]), axes], { keepdims: 1 }, { shape });
  const root = graph.node("Sqrt", [graph.node("Add", [mean, graph.scalar(epsilon, element)])]);
  const normal = graph.node("Div", [term, root]);
  return graph.cast(graph.node("Mul", [normal, graph.cast(scale, element)]), input.element);
}

/** ONNX takes a scale and a bias of the normalised dimensions; those of other shapes are applied by nodes of their own. */
function layerNorm(
  graph: GraphWriter,
  input: Term,
  parameters: { readonly scale: Term; readonly bias: Term | undefined },
  axis: number,
  epsilon: number,
): Term {
  const normalised = input.shape.slice(axis);
  const isWhole = (term: Term | undefined) => term === undefined || term.shape.join() === normalised.join();
  const [scale, bias] = [parameters.scale, parameters.bias].map((term) => term && graph.cast(term, input.element));
  const attributes = { axis, ...epsilonOf(epsilon) };
  if (isWhole(scale) && isWhole(bias)) return graph.typed("LayerNormalization", [input, scale, bias], attributes);
  const ones = graph.splat(1, input.element, normalised);
  const normal = graph.typed("LayerNormalization", [input, ones], attributes);
  const scaled = graph.typed("Mul", [normal, scale]);
  return bias === undefined ? scaled : graph.typed("Add", [scaled, bias]);
}

/** (Σ |x|^p)^(1/p) along the axis as a divisor; ONNX knows p = 1 and 2. */
function lpNorm(graph: GraphWriter, term: Term, axis: number, p: number): Term {
  if (p === 1 || p === 2) return graph.typed("LpNormalization", [term], { axis, p });
  const power = graph.typed("Pow", [graph.typed("Abs", [term]), graph.scalar(p, term.element)]);
  const shape = term.shape.map((size, each) => (each === axis ? 1 : size));
  const sum = graph.typed("ReduceSum", [power, graph.integers([axis])], { keepdims: 1 }, { shape }, 1);
  const norm = graph.typed("Pow", [sum, graph.scalar(1 / p, term.element)]);
  const zero = graph.scalar(0, term.element);
  const isZero = graph.node("Equal", [norm, zero], {}, { element: "i1" });
  return graph.node(
    "Where",
    [isZero, zero, graph.typed("Div", [term, norm])],
    {},
    {
      element: term.element,
      shape: term.shape,
    },
  );
}

const normalizationRules: readonly Rule[] = [
  ...[alongAxis(tensor.softmax, "Softmax"), alongAxis(tensor.logSoftmax, "LogSoftmax")],
  alongAxis(tensor.hardmax, "Hardmax"),
  rule(tensor.batchNorm, ({ input, scale, bias, mean, variance, epsilon }, graph) => {
    const inputs = [input, scale, bias, mean, variance].map((value) => graph.of(value));
    return graph.node("BatchNormalization", inputs, epsilonOf(epsilon));
  }),
  rule(tensor.layerNorm, ({ input, scale, bias, axis, epsilon }, graph) => {
    const parameters = { scale: graph.of(scale), bias: bias && graph.of(bias) };
    return layerNorm(graph, graph.of(input), parameters, axis, epsilon);
  }),
  rule(tensor.rmsNorm, ({ input, scale, axis, epsilon }, graph) =>
    rootMeanSquare(graph, graph.of(input), graph.of(scale), axis, epsilon),
  ),
  rule(tensor.instanceNorm, ({ input, scale, bias, epsilon }, graph) => {
    const term = graph.of(input);
    const parameters = [scale, bias].map((value) => graph.cast(graph.of(value), term.element));
    if (term.shape.length > 2) return graph.typed("InstanceNormalization", [term, ...parameters], epsilonOf(epsilon));
    // Without a dimension behind the channels there is one of size 1.
    const shape = [...term.shape, 1];
    const spread = graph.node("Reshape", [term, graph.integers(shape)], {}, { shape });
    const normal = graph.typed("InstanceNormalization", [spread, ...parameters], epsilonOf(epsilon));
    return graph.node("Reshape", [normal, graph.integers(term.shape)], {}, { shape: term.shape });
  }),
  rule(tensor.groupNorm, ({ input, scale, bias, num_groups, epsilon }, graph) => {
    const term = graph.of(input);
    const parameters = [scale, bias].map((value) => graph.cast(graph.of(value), term.element));
    return graph.typed("GroupNormalization", [term, ...parameters], { num_groups, ...epsilonOf(epsilon) });
  }),
  rule(tensor.lrn, ({ input, size, alpha, beta, bias }, graph) =>
    graph.typed("LRN", [graph.of(input)], {
      size,
      alpha: { float: alpha },
      beta: { float: beta },
      bias: { float: bias },
    }),
  ),
  rule(tensor.lpNorm, ({ input, axis, p }, graph) => lpNorm(graph, graph.of(input), axis, p)),
  rule(tensor.meanVarianceNorm, ({ input, axes }, graph) =>
    graph.typed("MeanVarianceNormalization", [graph.of(input)], { axes }),
  ),
];

export const reductionRules: readonly Rule[] = [...foldingRules, ...normalizationRules];
