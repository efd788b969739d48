/** What recurrent ops of MIL compute, against the same written as plain loops over steps, gates and units. */
import { describe, expect, test } from "vitest";
import { getNumber, type TensorData } from "../../../ir/tensor-data.ts";
import * as mil from "../index.ts";
import { compute, expectClose, f32, numbersOf, part, some } from "./op-testing.ts";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
/** Row `row` of [rows, columns] times a vector. */
const dot = (matrix: TensorData, row: number, vector: readonly number[]) =>
  vector.reduce((sum, value, column) => sum + value * getNumber(matrix, row * vector.length + column), 0);

describe("recurrent networks", () => {
  const [steps, width, hidden] = [4, 3, 2];
  const x = some(1, steps, 1, width);
  const [h0, c0] = [some(2, 1, hidden), some(3, 1, hidden)];
  const weights = (gates: number, seed: number) => ({
    weight_ih: some(seed, gates * hidden, width),
    weight_hh: some(seed + 1, gates * hidden, hidden),
    bias: some(seed + 2, gates * hidden),
  });
  type Weights = ReturnType<typeof weights>;
  /** W·x + R·h + b of one gate. */
  const gateOf = (
    { weight_ih, weight_hh, bias }: Weights,
    gate: number,
    input: readonly number[],
    state: readonly number[],
  ) =>
    Array.from({ length: hidden }, (_, unit) => {
      const row = gate * hidden + unit;
      return dot(weight_ih, row, input) + dot(weight_hh, row, state) + getNumber(bias, row);
    });

  /** States after each step, in the order in which the steps are taken. */
  function lstmStates(given: Weights, peephole: readonly number[] | undefined, order: readonly number[]) {
    let [h, c] = [numbersOf(h0), numbersOf(c0)];
    return order.map((step) => {
      const input = part(x, step * width, width);
      const gates = [0, 1, 2, 3].map((gate) => gateOf(given, gate, input, h));
      const peep = (gate: number, unit: number, cell: readonly number[]) =>
        (peephole?.[gate * hidden + unit] ?? 0) * cell[unit]!;
      const before = c;
      c = before.map((value, unit) => {
        const inputGate = sigmoid(gates[0]![unit]! + peep(0, unit, before));
        const forgetGate = sigmoid(gates[1]![unit]! + peep(1, unit, before));
        return forgetGate * value + inputGate * Math.tanh(gates[3]![unit]!);
      });
      const after = c;
      h = after.map((value, unit) => sigmoid(gates[2]![unit]! + peep(2, unit, after)) * Math.tanh(value));
      return { h, c };
    });
  }

  test.each(["forward", "reverse"])("lstm, %s, all steps and the last one", (direction) => {
    const given = weights(4, 10);
    const order = direction === "forward" ? [0, 1, 2, 3] : [3, 2, 1, 0];
    const states = lstmStates(given, undefined, order);
    const inTime = direction === "forward" ? states : [...states].reverse();
    const inputs = { x, initial_h: h0, initial_c: c0, ...given };
    const [all, lastH, lastC] = compute(mil.lstm, inputs, { direction, output_sequence: true });
    expectClose(
      all!,
      inTime.flatMap(({ h }) => h),
    );
    expectClose(lastH!, states.at(-1)!.h);
    expectClose(lastC!, states.at(-1)!.c);
    const [only] = compute(mil.lstm, inputs, { direction });
    expect(only!.shape).toEqual([1, 1, hidden]);
    expectClose(only!, states.at(-1)!.h);
  });

  test("lstm with peepholes", () => {
    const [given, peephole] = [weights(4, 20), some(25, 3 * hidden)];
    const states = lstmStates(given, numbersOf(peephole), [0, 1, 2, 3]);
    const [, lastH, lastC] = compute(mil.lstm, { x, initial_h: h0, initial_c: c0, ...given, peephole });
    expectClose(lastH!, states.at(-1)!.h);
    expectClose(lastC!, states.at(-1)!.c);
  });

  test("lstm in two directions: states side by side", () => {
    const [forward, backward] = [weights(4, 30), weights(4, 40)];
    const there = lstmStates(forward, undefined, [0, 1, 2, 3]);
    const back = lstmStates(backward, undefined, [3, 2, 1, 0]);
    const twice = (data: TensorData) => f32([1, 2 * hidden], ...numbersOf(data), ...numbersOf(data));
    const [all, lastH, lastC] = compute(
      mil.lstm,
      {
        ...{ x, initial_h: twice(h0), initial_c: twice(c0), ...forward },
        ...{ weight_ih_back: backward.weight_ih, weight_hh_back: backward.weight_hh, bias_back: backward.bias },
      },
      { direction: "bidirectional", output_sequence: true },
    );
    const inTime = [...back].reverse();
    expectClose(
      all!,
      there.flatMap(({ h }, step) => [...h, ...inTime[step]!.h]),
    );
    expectClose(lastH!, [...there.at(-1)!.h, ...back.at(-1)!.h]);
    expectClose(lastC!, [...there.at(-1)!.c, ...back.at(-1)!.c]);
  });

  test("gru: gates reset, new, update; the reset gate multiplies the product", () => {
    const given = weights(3, 50);
    let h = numbersOf(h0);
    const states = [0, 1, 2, 3].map((step) => {
      const input = part(x, step * width, width);
      const [reset, , update] = [0, 1, 2].map((gate) => gateOf(given, gate, input, h).map(sigmoid));
      const before = h;
      h = before.map((value, unit) => {
        const row = hidden + unit;
        const inner = reset![unit]! * dot(given.weight_hh, row, before);
        const fresh = Math.tanh(dot(given.weight_ih, row, input) + getNumber(given.bias, row) + inner);
        return (1 - update![unit]!) * fresh + update![unit]! * value;
      });
      return h;
    });
    const [all, last] = compute(mil.gru, { x, initial_h: h0, ...given }, { output_sequence: true });
    expectClose(all!, states.flat());
    expectClose(last!, states.at(-1)!);
  });

  test("rnn with relu, backward", () => {
    const given = weights(1, 60);
    let h = numbersOf(h0);
    for (const step of [3, 2, 1, 0])
      h = gateOf(given, 0, part(x, step * width, width), h).map((value) => Math.max(0, value));
    const [, last] = compute(mil.rnn, { x, initial_h: h0, ...given }, { direction: "reverse", activation: "relu" });
    expectClose(last!, h);
  });

  test("weights of other sizes are refused", () => {
    const given = { ...weights(4, 10), weight_ih: some(1, 4 * hidden, width + 1) };
    expect(() => compute(mil.lstm, { x, initial_h: h0, initial_c: c0, ...given })).toThrow(/weight_ih \[4·H, 3\]/);
  });
});
