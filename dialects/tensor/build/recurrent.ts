/**
 * Recurrent networks, unrolled: one product brings all steps of the input to the gates, then each step is a small product and
 * elementwise operations. Shapes are static, so the number of steps is known. Who calls knows where its format keeps weights,
 * and in what order the gates lie.
 */
import * as tensor from "../ops.ts";
import {
  add,
  ascending,
  elementOf,
  mul,
  reshape,
  type Steps,
  scalar,
  shapeOf,
  sliceAxis,
  sub,
  type TensorValue,
} from "./steps.ts";

export type Activation = (input: TensorValue) => TensorValue;

/** One direction; states are [batch, hidden]. */
export interface Direction {
  /** Input times weights plus the biases that are added before the step, [steps, batch, gates·hidden]. */
  readonly projected: TensorValue;
  /** [gates·hidden, hidden] */
  readonly recurrence: TensorValue;
  /** Bias of the recurrence, [gates·hidden], where it is not in `projected`. */
  readonly recurrenceBias?: TensorValue | undefined;
  readonly activations: readonly Activation[];
  readonly hidden: number;
}

export interface CellState {
  readonly hidden: TensorValue;
  readonly cell: TensorValue | undefined;
}

/** One step: the gates' part of the input, [batch, gates·hidden], and the state before, to the state after. */
export type Cell = (steps: Steps, input: TensorValue, state: CellState, direction: Direction) => CellState;

/** Input [steps, batch, width] times weight [gates·hidden, width] plus bias [gates·hidden], as `projected` wants it. */
export function project(
  steps: Steps,
  input: TensorValue,
  weight: TensorValue,
  bias: TensorValue | undefined,
): TensorValue {
  const [length = 1, batch = 1, width = 1] = shapeOf(input);
  const rows = reshape(steps, input, [length * batch, width]);
  const flat = steps.emit(tensor.matmul, { lhs: rows, rhs: weight, transpose_rhs: true });
  const biased = bias === undefined ? flat : add(steps, flat, bias);
  return reshape(steps, biased, [length, batch, shapeOf(weight)[0]!]);
}

function recur(steps: Steps, state: TensorValue, weight: TensorValue): TensorValue {
  return steps.emit(tensor.matmul, { lhs: state, rhs: weight, transpose_rhs: true });
}

/** Gate `index` of [batch, gates·hidden] (or of a bias, [gates·hidden]). */
function gate(steps: Steps, gates: TensorValue, index: number, hidden: number): TensorValue {
  return sliceAxis(steps, gates, gates.type.rank - 1, index * hidden, hidden);
}

/** H = f(x·W + H·R + b) */
export const rnnCell: Cell = (steps, input, state, { recurrence, activations: [f] }) => ({
  hidden: f!(add(steps, input, recur(steps, state.hidden, recurrence))),
  cell: undefined,
});

/**
 * Gates update, reset, new; H = (1 - update)·new + update·H. With `linearBeforeReset` reset multiplies the product of state and
 * weights, else the state.
 */
export const gruCell =
  (linearBeforeReset: boolean): Cell =>
  (steps, input, state, { recurrence, recurrenceBias, activations: [f, g], hidden }) => {
    const biased = (value: TensorValue, index: number, count: number) =>
      recurrenceBias === undefined
        ? value
        : add(steps, value, sliceAxis(steps, recurrenceBias, 0, index * hidden, count * hidden));
    const rowsOf = (index: number, count: number) => sliceAxis(steps, recurrence, 0, index * hidden, count * hidden);
    const before = biased(recur(steps, state.hidden, rowsOf(0, 2)), 0, 2);
    const both = f!(add(steps, sliceAxis(steps, input, 1, 0, 2 * hidden), before));
    const [update, reset] = [gate(steps, both, 0, hidden), gate(steps, both, 1, hidden)];
    const inner = linearBeforeReset
      ? mul(steps, reset, biased(recur(steps, state.hidden, rowsOf(2, 1)), 2, 1))
      : biased(recur(steps, mul(steps, reset, state.hidden), rowsOf(2, 1)), 2, 1);
    const candidate = g!(add(steps, gate(steps, input, 2, hidden), inner));
    const kept = mul(steps, update, state.hidden);
    const fresh = mul(steps, sub(steps, scalar(steps, 1, elementOf(update)), update), candidate);
    return { hidden: add(steps, fresh, kept), cell: undefined };
  };

/** Where the gates of an LSTM lie, and the weights by which three of them see the cell. */
export interface LstmLayout {
  readonly gates: { readonly input: number; readonly output: number; readonly forget: number; readonly cell: number };
  /** [3·hidden], with the order of the gates in it. */
  readonly peepholes?:
    | {
        readonly weights: TensorValue;
        readonly input: number;
        readonly output: number;
        readonly forget: number;
      }
    | undefined;
  /** The forget gate is 1 less the input gate. */
  readonly couplesInputAndForget?: boolean;
}

/** C = forget·C + input·g(cell); H = output·h(C). */
export const lstmCell =
  ({ gates: places, peepholes, couplesInputAndForget = false }: LstmLayout): Cell =>
  (steps, input, state, { recurrence, activations: [f, g, h], hidden }) => {
    const before = state.cell ?? state.hidden;
    const gates = add(steps, input, recur(steps, state.hidden, recurrence));
    const peep = (which: "input" | "output" | "forget", cell: TensorValue) => {
      const value = gate(steps, gates, places[which], hidden);
      if (peepholes === undefined) return value;
      return add(steps, value, mul(steps, gate(steps, peepholes.weights, peepholes[which], hidden), cell));
    };
    const inputGate = f!(peep("input", before));
    const forgetGate = couplesInputAndForget
      ? sub(steps, scalar(steps, 1, elementOf(inputGate)), inputGate)
      : f!(peep("forget", before));
    const candidate = g!(gate(steps, gates, places.cell, hidden));
    const cell = add(steps, mul(steps, forgetGate, before), mul(steps, inputGate, candidate));
    const outputGate = f!(peep("output", cell));
    return { hidden: mul(steps, outputGate, h!(cell)), cell };
  };

/** Steps of one direction: the hidden state after each, in order of time, and the last state. `lengths` is [batch, 1]. */
export function unroll(
  steps: Steps,
  cell: Cell,
  direction: Direction,
  start: CellState,
  isBackward: boolean,
  lengths?: TensorValue,
): { readonly outputs: readonly TensorValue[]; readonly last: CellState } {
  const [length = 0, batch = 1, width = 1] = shapeOf(direction.projected);
  const outputs = new Array<TensorValue>(length);
  let state = start;
  for (const turn of ascending(length)) {
    const step = isBackward ? length - 1 - turn : turn;
    const input = reshape(steps, sliceAxis(steps, direction.projected, 0, step, 1), [batch, width]);
    const next = cell(steps, input, state, direction);
    if (lengths === undefined) {
      state = next;
      outputs[step] = next.hidden;
      continue;
    }
    // Beyond a sequence's length its state stays, and its output is zero.
    const rhs = scalar(steps, step, elementOf(lengths));
    const condition = steps.emit(tensor.greater, { lhs: lengths, rhs });
    const choose = (lhs: TensorValue, otherwise: TensorValue) =>
      steps.emit(tensor.select, { condition, lhs, rhs: otherwise });
    outputs[step] = choose(next.hidden, scalar(steps, 0, elementOf(next.hidden)));
    state = {
      hidden: choose(next.hidden, state.hidden),
      cell: next.cell === undefined || state.cell === undefined ? undefined : choose(next.cell, state.cell),
    };
  }
  return { outputs, last: state };
}
