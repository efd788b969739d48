/**
 * Recurrent networks, unrolled: one product brings all steps of the input to the gates, then each step is a small
 * product and elementwise operations. Shapes are static, so the number of steps is known.
 */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { add, ascending, concat, mul, reshape, since, sliceAxis, sub, transpose } from "./common.ts";
import { elementOf, type NodeImport, type OperatorTable, shapeOf, type Tensor } from "./node-import.ts";

type Activation = (input: Tensor) => Tensor;

/** The parts of one direction; `state` entries are [batch, hidden]. */
interface Direction {
  /** Input times weights plus both biases of the gates that take them together, [steps, batch, gates·hidden]. */
  readonly projected: Tensor;
  /** [gates·hidden, hidden] */
  readonly recurrence: Tensor;
  /** Bias of the recurrence, [gates·hidden], where it is not in `projected`. */
  readonly recurrenceBias: Tensor | undefined;
  /** Peephole weights, [3·hidden]. */
  readonly peepholes: Tensor | undefined;
  readonly activations: readonly Activation[];
  readonly hidden: number;
}

interface CellState {
  readonly hidden: Tensor;
  readonly cell: Tensor | undefined;
}

/** One step: gates' part of the input, [batch, gates·hidden], and the state before, to the state after. */
type Cell = (input: Tensor, state: CellState, direction: Direction) => CellState;

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

/** Gate `index` of [batch, gates·hidden] (or of a bias, [gates·hidden]). */
function gate(node: NodeImport, gates: Tensor, index: number, hidden: number): Tensor {
  return sliceAxis(node, gates, gates.type.rank - 1, index * hidden, hidden);
}

interface Kind {
  readonly gates: number;
  readonly activations: readonly string[];
  readonly hasCell: boolean;
  /** Gates whose recurrence bias must be added inside the step. */
  readonly separateBias: boolean;
  readonly cell: Cell;
}

/** One direction's row of a weight or bias: [directions, …] to […]. */
function rowOf(node: NodeImport, value: Tensor, row: number): Tensor {
  return reshape(node, sliceAxis(node, value, 0, row, 1), shapeOf(value).slice(1));
}

function directionOf(node: NodeImport, kind: Kind, input: Tensor, row: number): Direction {
  const hidden = shapeOf(node.input(2))[2]!;
  const [steps = 1, batch = 1, width = 1] = shapeOf(input);
  const [weight, recurrence] = [rowOf(node, node.input(1), row), rowOf(node, node.input(2), row)];
  const bias = node.optionalInput(3) === undefined ? undefined : rowOf(node, node.input(3), row);
  const half = kind.gates * hidden;
  const [inputBias, recurrenceBias] = [0, half].map((start) =>
    bias === undefined ? undefined : sliceAxis(node, bias, 0, start, half),
  );
  const flat = node.emit(tensor.matmul, {
    lhs: reshape(node, input, [steps * batch, width]),
    rhs: weight,
    transpose_rhs: true,
  });
  const both =
    inputBias === undefined || recurrenceBias === undefined
      ? undefined
      : kind.separateBias
        ? inputBias
        : add(node, inputBias, recurrenceBias);
  const projected = both === undefined ? flat : add(node, flat, both);
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
    projected: reshape(node, projected, [steps, batch, half]),
    recurrence,
    recurrenceBias: kind.separateBias ? recurrenceBias : undefined,
    peepholes: node.optionalInput(7) === undefined || !kind.hasCell ? undefined : rowOf(node, node.input(7), row),
    activations: activations.map(limited),
    hidden,
  };
}

/** Steps of one direction: the hidden state after each, in order of time, and the last state. */
function runDirection(
  node: NodeImport,
  kind: Kind,
  direction: Direction,
  start: CellState,
  isBackward: boolean,
  lengths: Tensor | undefined,
): { readonly outputs: readonly Tensor[]; readonly last: CellState } {
  const [steps = 0, batch = 1, width = 1] = shapeOf(direction.projected);
  const outputs = new Array<Tensor>(steps);
  const zero = node.scalar(0, elementOf(direction.projected));
  let state = start;
  for (const turn of ascending(steps)) {
    const step = isBackward ? steps - 1 - turn : turn;
    const input = reshape(node, sliceAxis(node, direction.projected, 0, step, 1), [batch, width]);
    const next = kind.cell(input, state, direction);
    if (lengths === undefined) {
      state = next;
      outputs[step] = next.hidden;
      continue;
    }
    // Beyond a sequence's length its state stays, and its output is zero.
    const condition = node.emit(tensor.greater, { lhs: lengths, rhs: node.scalar(step, elementOf(lengths)) });
    const choose = (lhs: Tensor, rhs: Tensor) => node.emit(tensor.select, { condition, lhs, rhs });
    outputs[step] = choose(next.hidden, zero);
    state = {
      hidden: choose(next.hidden, state.hidden),
      cell: next.cell === undefined || state.cell === undefined ? undefined : choose(next.cell, state.cell),
    };
  }
  return { outputs, last: state };
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
    return runDirection(node, kind, directionOf(node, kind, input, row), start, isBackward, lengths);
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

function recur(node: NodeImport, state: Tensor, weight: Tensor): Tensor {
  return node.emit(tensor.matmul, { lhs: state, rhs: weight, transpose_rhs: true });
}

/** H = f(x·W + H·R + b) */
const rnn = (node: NodeImport): Kind => ({
  gates: 1,
  activations: ["Tanh"],
  hasCell: false,
  separateBias: false,
  cell: (input, state, { recurrence, activations: [f] }) => ({
    hidden: f!(add(node, input, recur(node, state.hidden, recurrence))),
    cell: undefined,
  }),
});

/** Gates z, r, h; H = (1 - z)·h + z·H. With linear_before_reset r multiplies the product of state and weights. */
const gru = (node: NodeImport): Kind => ({
  gates: 3,
  activations: ["Sigmoid", "Tanh"],
  hasCell: false,
  separateBias: true,
  cell: (input, state, { recurrence, recurrenceBias, activations: [f, g], hidden }) => {
    const biased = (value: Tensor, index: number, count: number) =>
      recurrenceBias === undefined
        ? value
        : add(node, value, sliceAxis(node, recurrenceBias, 0, index * hidden, count * hidden));
    const rowsOf = (index: number, count: number) => sliceAxis(node, recurrence, 0, index * hidden, count * hidden);
    const both = f!(
      add(node, sliceAxis(node, input, 1, 0, 2 * hidden), biased(recur(node, state.hidden, rowsOf(0, 2)), 0, 2)),
    );
    const [update, reset] = [gate(node, both, 0, hidden), gate(node, both, 1, hidden)];
    const inner = node.flag("linear_before_reset")
      ? mul(node, reset, biased(recur(node, state.hidden, rowsOf(2, 1)), 2, 1))
      : biased(recur(node, mul(node, reset, state.hidden), rowsOf(2, 1)), 2, 1);
    const candidate = g!(add(node, gate(node, input, 2, hidden), inner));
    const kept = mul(node, update, state.hidden);
    const fresh = mul(node, sub(node, node.scalar(1, elementOf(update)), update), candidate);
    return { hidden: add(node, fresh, kept), cell: undefined };
  },
});

/** Gates i, o, f, c; C = f·C + i·c; H = o·h(C). Peepholes let the gates i, f and o see the cell. */
const lstm = (node: NodeImport): Kind => ({
  gates: 4,
  activations: ["Sigmoid", "Tanh", "Tanh"],
  hasCell: true,
  separateBias: false,
  cell: (input, state, { recurrence, peepholes, activations: [f, g, h], hidden }) => {
    const before = state.cell ?? state.hidden;
    const gates = add(node, input, recur(node, state.hidden, recurrence));
    const peep = (value: Tensor, index: number, cell: Tensor) =>
      peepholes === undefined ? value : add(node, value, mul(node, gate(node, peepholes, index, hidden), cell));
    const inputGate = f!(peep(gate(node, gates, 0, hidden), 0, before));
    const forgetGate = node.flag("input_forget")
      ? sub(node, node.scalar(1, elementOf(inputGate)), inputGate)
      : f!(peep(gate(node, gates, 2, hidden), 2, before));
    const candidate = g!(gate(node, gates, 3, hidden));
    const cell = add(node, mul(node, forgetGate, before), mul(node, inputGate, candidate));
    const outputGate = f!(peep(gate(node, gates, 1, hidden), 1, cell));
    return { hidden: mul(node, outputGate, h!(cell)), cell };
  },
});

export const recurrentOperators: OperatorTable = {
  GRU: since(7, (node) => recurrent(node, gru(node))),
  LSTM: since(7, (node) => recurrent(node, lstm(node))),
  RNN: since(7, (node) => recurrent(node, rnn(node))),
};
