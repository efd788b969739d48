/**
 * Recurrent MIL ops, unrolled over their steps. The order of gates, the shapes of states and the defaults: coremltools 9.0,
 * `mil/ops/defs/iOS15/recurrent.py`.
 */
import { boolAttribute, enumAttribute } from "../../../ir/constraints.ts";
import { defaultAttribute, optionalAttribute, optionalOperand, result } from "../../../ir/declaration.ts";
import type { Value } from "../../../ir/operation.ts";
import {
  type Activation,
  type Cell,
  type CellState,
  gruCell,
  lstmCell,
  project,
  rnnCell,
  unroll,
} from "../../tensor/build/recurrent.ts";
import { concat, reshape, type Steps, sliceAxis, type TensorValue } from "../../tensor/build/steps.ts";
import * as tensor from "../../tensor/ops.ts";
import { example, floatParameter, input, milOpWithResults, milTensor, shapeOf } from "../declare.ts";
import { sharedSteps, tensorValue } from "./tensor-steps.ts";

/** Activations without parameters. MIL names others too, whose parameters it does not say. */
const activationNames = ["tanh", "sigmoid", "relu", "linear"] as const;
type ActivationName = (typeof activationNames)[number];
const activationOr = (otherwise: ActivationName) => defaultAttribute(enumAttribute(activationNames), otherwise);

const activationOf =
  (steps: Steps, name: ActivationName): Activation =>
  (value) => {
    if (name === "linear") return value;
    const definitions = { tanh: tensor.tanh, sigmoid: tensor.sigmoid, relu: tensor.relu };
    return steps.emit(definitions[name], { input: value });
  };

/** The weights of one direction. */
interface Weights {
  readonly weight: TensorValue;
  readonly recurrence: TensorValue;
  readonly bias: TensorValue | undefined;
}

/** Checks the sizes of weights against those of the input, and returns the size of the state. */
function hiddenSize(x: Value, { weight, recurrence, bias }: Weights, gates: number): number {
  const [, , width] = shapeOf(x);
  const [rows, hidden = 0] = shapeOf(recurrence);
  if (shapeOf(x).length !== 3) throw new Error(`takes x of [steps, batch, width], found ${x.type}`);
  const fits =
    rows === gates * hidden &&
    shapeOf(weight).join() === [rows, width].join() &&
    (bias === undefined || shapeOf(bias).join() === `${rows}`);
  if (fits) return hidden;
  throw new Error(
    `takes weight_ih [${gates}·H, ${width}], weight_hh [${gates}·H, H] and a bias [${gates}·H], found ${weight.type}, ${recurrence.type}${bias === undefined ? "" : ` and ${bias.type}`}`,
  );
}

/** Hidden states of all steps as [steps, batch, H], or of the last as [1, batch, H]. */
function sequence(steps: Steps, states: readonly TensorValue[], last: TensorValue, all: boolean): TensorValue {
  const [batch = 1, hidden = 1] = shapeOf(last);
  const kept = all ? states : [last];
  return concat(
    steps,
    kept.map((state) => reshape(steps, state, [1, batch, hidden])),
    0,
  );
}

const direction = ["forward", "reverse"] as const;

const lstmFields = {
  x: input,
  initial_h: input,
  initial_c: input,
  weight_ih: input,
  weight_hh: input,
  bias: optionalOperand(milTensor),
  peephole: optionalOperand(milTensor),
  weight_ih_back: optionalOperand(milTensor),
  weight_hh_back: optionalOperand(milTensor),
  bias_back: optionalOperand(milTensor),
  peephole_back: optionalOperand(milTensor),
  direction: defaultAttribute(enumAttribute([...direction, "bidirectional"]), "forward"),
  output_sequence: defaultAttribute(boolAttribute, false),
  recurrent_activation: activationOr("sigmoid"),
  cell_activation: activationOr("tanh"),
  activation: activationOr("tanh"),
  clip: optionalAttribute(floatParameter),
};

export const lstm = milOpWithResults(
  "lstm",
  lstmFields,
  { outputs: result(milTensor), last_h: result(milTensor), last_c: result(milTensor) },
  {
    doc:
      "A long short-term memory over x [steps, batch, I]: input, forget and output gates σ(W·x + R·h + b), c = forget·c + input·g(…), " +
      "h = output·activation(c). The rows of weight_ih [4·H, I] and weight_hh [4·H, H] are those of the input, forget, output and cell " +
      "gate; one bias is the sum of both. Two directions lie side by side in the states. Gives all hidden states (or the last one), " +
      "the last hidden state and the last cell. Unrolled.",
    example: example(
      "lstm",
      { x: "3x1x2xf32", initial_h: "1x4xf32", initial_c: "1x4xf32", weight_ih: "16x2xf32", weight_hh: "16x4xf32" },
      { output_sequence: true },
      ...["3x1x4xf32", "1x4xf32", "1x4xf32"],
    ),
    means: (view, milSteps) => {
      const steps = sharedSteps(milSteps);
      if (view.clip !== undefined)
        throw new Error(
          "has no meaning here with a clip: Apple's documents differ in what it limits, the cell or its gate",
        );
      const names = [view.recurrent_activation, view.cell_activation, view.activation];
      const activations = names.map((name) => activationOf(steps, name));
      const x = tensorValue(view.x);
      const required = (value: Value | undefined, what: string) => {
        if (value === undefined) throw new Error(`needs ${what} for two directions`);
        return tensorValue(value);
      };
      const optional = (value: Value | undefined) => value && tensorValue(value);
      const isBoth = view.direction === "bidirectional";
      const forward = {
        weight: tensorValue(view.weight_ih),
        recurrence: tensorValue(view.weight_hh),
        bias: optional(view.bias),
        peephole: optional(view.peephole),
      };
      const directions = isBoth
        ? [
            forward,
            {
              weight: required(view.weight_ih_back, "weight_ih_back"),
              recurrence: required(view.weight_hh_back, "weight_hh_back"),
              bias: optional(view.bias_back),
              peephole: optional(view.peephole_back),
            },
          ]
        : [forward];
      const runs = directions.map((weights, row) => {
        const hidden = hiddenSize(x, weights, 4);
        const part = (value: Value) => sliceAxis(steps, tensorValue(value), 1, row * hidden, hidden);
        const start: CellState = { hidden: part(view.initial_h), cell: part(view.initial_c) };
        const cell = lstmCell({
          gates: { input: 0, forget: 1, output: 2, cell: 3 },
          peepholes: weights.peephole && { weights: weights.peephole, input: 0, forget: 1, output: 2 },
        });
        const projected = project(steps, x, weights.weight, weights.bias);
        const way = { projected, recurrence: weights.recurrence, activations, hidden };
        return unroll(steps, cell, way, start, view.direction === "reverse" || row === 1);
      });
      const beside = (values: readonly TensorValue[], axis: number) => concat(steps, values, axis);
      return [
        beside(
          runs.map(({ outputs, last }) => sequence(steps, outputs, last.hidden, view.output_sequence)),
          2,
        ),
        beside(
          runs.map(({ last }) => last.hidden),
          1,
        ),
        beside(
          runs.map(({ last }) => last.cell ?? last.hidden),
          1,
        ),
      ];
    },
  },
);

const singleFields = {
  x: input,
  initial_h: input,
  weight_ih: input,
  weight_hh: input,
  bias: optionalOperand(milTensor),
  direction: defaultAttribute(enumAttribute(direction), "forward"),
  output_sequence: defaultAttribute(boolAttribute, false),
};
const singleResults = { outputs: result(milTensor), last_h: result(milTensor) };

interface SingleView {
  readonly x: Value;
  readonly initial_h: Value;
  readonly direction: (typeof direction)[number];
  readonly output_sequence: boolean;
}

/** One direction of a cell whose only state is what it gives. */
function single(steps: Steps, view: SingleView, weights: Weights, cell: Cell, activations: readonly Activation[]) {
  const x = tensorValue(view.x);
  const [, hidden = 1] = shapeOf(weights.recurrence);
  const projected = project(steps, x, weights.weight, weights.bias);
  const way = { projected, recurrence: weights.recurrence, activations, hidden };
  const start: CellState = { hidden: tensorValue(view.initial_h), cell: undefined };
  const { outputs, last } = unroll(steps, cell, way, start, view.direction === "reverse");
  return [sequence(steps, outputs, last.hidden, view.output_sequence), last.hidden];
}

export const gru = milOpWithResults(
  "gru",
  {
    ...singleFields,
    recurrent_activation: activationOr("sigmoid"),
    activation: activationOr("tanh"),
    reset_after: optionalAttribute(boolAttribute),
    input_bias: optionalOperand(milTensor),
  },
  singleResults,
  {
    inputsSince: { reset_after: "ios18", input_bias: "ios18" },
    doc:
      "A gated recurrent unit over x [steps, batch, I]: reset and update gates σ(W·x + R·h + b), new = activation(W·x + b + reset·(R·h)), " +
      "h = (1 - update)·new + update·h. The rows of weight_ih [3·H, I] and weight_hh [3·H, H] are those of the reset, new and update gate. Unrolled.",
    example: example(
      "gru",
      { x: "3x1x2xf32", initial_h: "1x4xf32", weight_ih: "12x2xf32", weight_hh: "12x4xf32" },
      { output_sequence: true },
      ...["3x1x4xf32", "1x4xf32"],
    ),
    means: (view, milSteps) => {
      if (view.reset_after === true || view.input_bias !== undefined)
        throw new Error("has no meaning here with reset_after or an input_bias: where they act is not documented");
      const steps = sharedSteps(milSteps);
      const stated = {
        weight: tensorValue(view.weight_ih),
        recurrence: tensorValue(view.weight_hh),
        bias: view.bias && tensorValue(view.bias),
      };
      const hidden = hiddenSize(view.x, stated, 3);
      // The cell wants update, reset, new.
      const ordered = (rows: TensorValue) =>
        concat(
          steps,
          [2, 0, 1].map((gate) => sliceAxis(steps, rows, 0, gate * hidden, hidden)),
          0,
        );
      const weights = {
        weight: ordered(stated.weight),
        recurrence: ordered(stated.recurrence),
        bias: stated.bias && ordered(stated.bias),
      };
      const activations = [view.recurrent_activation, view.activation].map((name) => activationOf(steps, name));
      return single(steps, view, weights, gruCell(true), activations);
    },
  },
);

export const rnn = milOpWithResults("rnn", { ...singleFields, activation: activationOr("tanh") }, singleResults, {
  doc: "A simple recurrent network over x [steps, batch, I]: h = activation(W·x + R·h + b), with weight_ih [H, I] and weight_hh [H, H]. Unrolled.",
  example: example(
    "rnn",
    { x: "3x1x2xf32", initial_h: "1x4xf32", weight_ih: "4x2xf32", weight_hh: "4x4xf32" },
    { output_sequence: true },
    ...["3x1x4xf32", "1x4xf32"],
  ),
  means: (view, milSteps) => {
    const steps = sharedSteps(milSteps);
    const weights = {
      weight: tensorValue(view.weight_ih),
      recurrence: tensorValue(view.weight_hh),
      bias: view.bias && tensorValue(view.bias),
    };
    hiddenSize(view.x, weights, 1);
    return single(steps, view, weights, rnnCell, [activationOf(steps, view.activation)]);
  },
});

export const recurrentOps = [lstm, gru, rnn];
