/**
 * Recurrent operators. Where ONNX keeps weights, biases and states of the directions is said here; the steps themselves are
 * the tensor dialect's `build/recurrent.ts`.
 */
import {
  type Activation,
  type Cell,
  type CellState,
  type Direction,
  gruCell,
  lstmCell,
  project,
  rnnCell,
  unroll,
} from "../../../dialects/tensor/build/recurrent.ts";
import * as tensor from "../../../dialects/tensor/ops.ts";
import { add, ascending, concat, mul, reshape, since, sliceAxis, transpose } from "./common.ts";
import { elementOf, type NodeImport, type OperatorTable, shapeOf, type Tensor } from "./node-import.ts";

/** The activation functions that recurrent operators name. */
function activationNamed(
  node: NodeImport,
  name: string,
  alpha: number | undefined,
  beta: number | undefined,
): Activation {
  const functions: { readonly [name: string]: Activation } = {
    Affine: (input) => scaledBy(node, input, alpha ?? 1, beta ?? 0),
    Elu: (input) => node.emit(tensor.elu, { input, alpha: alpha ?? 1 }),
    HardSigmoid: (input) => node.emit(tensor.hardSigmoid, { input, alpha: alpha ?? 0.2, beta: beta ?? 0.5 }),
    LeakyRelu: (input) => node.emit(tensor.leakyRelu, { input, alpha: alpha ?? 0.01 }),
    Relu: (input) => node.emit(tensor.relu, { input }),
    ScaledTanh: (input) =>
      scaledBy(node, node.emit(tensor.tanh, { input: scaledBy(node, input, beta ?? 1, 0) }), alpha ?? 1, 0),
    Sigmoid: (input) => node.emit(tensor.sigmoid, { input }),
    Softplus: (input) => node.emit(tensor.softplus, { input }),
    Softsign: (input) => node.emit(tensor.softsign, { input }),
    Tanh: (input) => node.emit(tensor.tanh, { input }),
    ThresholdedRelu: (input) => node.emit(tensor.thresholdedRelu, { input, alpha: alpha ?? 1 }),
  };
  const known = Object.keys(functions).find((each) => each.toLowerCase() === name.toLowerCase());
  if (known === undefined)
    throw node.error(`the activation "${name}" is not supported`, `supported: ${Object.keys(functions).join(", ")}`);
  return functions[known]!;
}

function scaledBy(node: NodeImport, input: Tensor, factor: number, offset: number): Tensor {
  const element = elementOf(input);
  const scaled = factor === 1 ? input : mul(node, input, node.scalar(factor, element));
  return offset === 0 ? scaled : add(node, scaled, node.scalar(offset, element));
}

interface Kind {
  readonly gates: number;
  readonly activations: readonly string[];
  readonly hasCell: boolean;
  /** Gates whose recurrence bias must be added inside the step. */
  readonly separateBias: boolean;
  /** The step of a direction, whose row of the weights this is. */
  readonly cell: (row: number) => Cell;
}

/** One direction's row of a weight or bias: [directions, …] to […]. */
function rowOf(node: NodeImport, value: Tensor, row: number): Tensor {
  return reshape(node, sliceAxis(node, value, 0, row, 1), shapeOf(value).slice(1));
}

function directionOf(node: NodeImport, kind: Kind, input: Tensor, row: number): Direction {
  const hidden = shapeOf(node.input(2))[2]!;
  const [weight, recurrence] = [rowOf(node, node.input(1), row), rowOf(node, node.input(2), row)];
  const bias = node.optionalInput(3) === undefined ? undefined : rowOf(node, node.input(3), row);
  const half = kind.gates * hidden;
  const [inputBias, recurrenceBias] = [0, half].map((start) =>
    bias === undefined ? undefined : sliceAxis(node, bias, 0, start, half),
  );
  const both =
    inputBias === undefined || recurrenceBias === undefined
      ? undefined
      : kind.separateBias
        ? inputBias
        : add(node, inputBias, recurrenceBias);
  const names = node.node.attributes.get("activations");
  const all = names?.kind === "strings" ? names.value : [];
  const count = kind.activations.length;
  const [alphas, betas] = [node.floats("activation_alpha") ?? [], node.floats("activation_beta") ?? []];
  const activations = kind.activations.map((otherwise, index) =>
    activationNamed(
      node,
      all[row * count + index] ?? otherwise,
      alphas[row * count + index],
      betas[row * count + index],
    ),
  );
  const clip = node.hasAttribute("clip") ? node.float("clip") : undefined;
  const limited = (activation: Activation): Activation =>
    clip === undefined
      ? activation
      : (value) => activation(node.emit(tensor.clip, { input: value, min: -clip, max: clip }));
  return {
    projected: project(node, input, weight, both),
    recurrence,
    recurrenceBias: kind.separateBias ? recurrenceBias : undefined,
    activations: activations.map(limited),
    hidden,
  };
}

/** Outputs: all hidden states [steps, directions, batch, hidden], the last one, the last cell; batch first with layout 1. */
function recurrent(node: NodeImport, kind: Kind): readonly (Tensor | undefined)[] {
  const isBatchFirst = node.flag("layout");
  const input = isBatchFirst ? transpose(node, node.input(0), [1, 0, 2]) : node.input(0);
  const [, batch = 1] = shapeOf(input);
  const way = node.oneOf("direction", ["forward", "reverse", "bidirectional"], "forward");
  const rows = way === "bidirectional" ? [0, 1] : [0];
  const hidden = shapeOf(node.input(2))[2]!;
  const lengths = node.optionalInput(4) === undefined ? undefined : reshape(node, node.input(4), [batch, 1]);
  const initial = (position: number, row: number) => {
    const given = node.optionalInput(position);
    if (given === undefined) return node.filled([batch, hidden], 0, elementOf(input));
    return rowOf(node, isBatchFirst ? transpose(node, given, [1, 0, 2]) : given, row);
  };
  const runs = rows.map((row) => {
    const start = { hidden: initial(5, row), cell: kind.hasCell ? initial(6, row) : undefined };
    const isBackward = way === "reverse" || row === 1;
    return unroll(node, kind.cell(row), directionOf(node, kind, input, row), start, isBackward, lengths);
  });
  const steps = runs[0]!.outputs.length;
  const all = concat(
    node,
    ascending(steps).map((step) => {
      const parts = runs.map(({ outputs }) => reshape(node, outputs[step]!, [1, 1, batch, hidden]));
      return concat(node, parts, 1);
    }),
    0,
  );
  const last = (value: (state: CellState) => Tensor) => {
    const states = concat(
      node,
      runs.map(({ last }) => reshape(node, value(last), [1, batch, hidden])),
      0,
    );
    return isBatchFirst ? transpose(node, states, [1, 0, 2]) : states;
  };
  return [
    isBatchFirst ? transpose(node, all, [2, 0, 1, 3]) : all,
    last((state) => state.hidden),
    kind.hasCell ? last((state) => state.cell ?? state.hidden) : undefined,
  ];
}

const rnn: Kind = {
  gates: 1,
  activations: ["Tanh"],
  hasCell: false,
  separateBias: false,
  cell: () => rnnCell,
};

/** Gates z, r, h. */
const gru = (node: NodeImport): Kind => ({
  gates: 3,
  activations: ["Sigmoid", "Tanh"],
  hasCell: false,
  separateBias: true,
  cell: () => gruCell(node.flag("linear_before_reset")),
});

/** Gates i, o, f, c. Peepholes let the gates i, o and f see the cell. */
const lstm = (node: NodeImport): Kind => ({
  gates: 4,
  activations: ["Sigmoid", "Tanh", "Tanh"],
  hasCell: true,
  separateBias: false,
  cell: (row) =>
    lstmCell({
      gates: { input: 0, output: 1, forget: 2, cell: 3 },
      peepholes:
        node.optionalInput(7) === undefined
          ? undefined
          : { weights: rowOf(node, node.input(7), row), input: 0, output: 1, forget: 2 },
      couplesInputAndForget: node.flag("input_forget"),
    }),
});

export const recurrentOperators: OperatorTable = {
  GRU: since(7, (node) => recurrent(node, gru(node))),
  LSTM: since(7, (node) => recurrent(node, lstm(node))),
  RNN: since(7, (node) => recurrent(node, rnn)),
};
