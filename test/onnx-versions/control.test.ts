/** Recurrent networks and control flow, which are unrolled. */
import { onnxGraph } from "../testing/onnx-builder.ts";
import { compareAll, data, some } from "./samples.ts";

compareAll({
  recurrence: {
    "LSTM, both ways, lengths, peepholes": {
      op: "LSTM",
      opset: 14,
      inputs: [
        some([4, 3, 5]),
        some([2, 8, 5]),
        some([2, 8, 2]),
        some([2, 16]),
        data([3], [4, 1, 3], "i32"),
        some([2, 3, 2]),
        some([2, 3, 2], "f32", 2),
        some([2, 6]),
      ],
      attributes: { hidden_size: 2, direction: "bidirectional" },
      outputs: 3,
    },
    "LSTM, backward, clip, coupled gates": {
      op: "LSTM",
      opset: 7,
      inputs: [some([3, 2, 4]), some([1, 12, 4]), some([1, 12, 3])],
      attributes: { hidden_size: 3, direction: "reverse", clip: 0.5, input_forget: 1 },
      outputs: 3,
    },
    "GRU, reset after the product": {
      op: "GRU",
      opset: 14,
      inputs: [some([3, 2, 4]), some([1, 9, 4]), some([1, 9, 3]), some([1, 18])],
      attributes: { hidden_size: 3, linear_before_reset: 1 },
      outputs: 2,
    },
    "GRU, both ways": {
      op: "GRU",
      opset: 7,
      inputs: [some([3, 2, 4]), some([2, 9, 4]), some([2, 9, 3]), some([2, 18]), undefined, some([2, 2, 3])],
      attributes: { hidden_size: 3, direction: "bidirectional" },
      outputs: 2,
    },
    "RNN, other activation": {
      op: "RNN",
      opset: 14,
      inputs: [some([3, 2, 4]), some([1, 3, 4]), some([1, 3, 3])],
      attributes: { hidden_size: 3, activations: ["Relu"] },
      outputs: 2,
    },
  },
  control: {
    "If on a computed condition": {
      op: "If",
      opset: 13,
      inputs: [data([], [0], "i1")],
      attributes: {
        then_branch: {
          kind: "graph",
          value: onnxGraph({
            outputs: ["t"],
            nodes: [{ op: "Constant", inputs: [], outputs: ["t"], attributes: { value: data([2], [1, 2]) } }],
          }),
        },
        else_branch: {
          kind: "graph",
          value: onnxGraph({
            outputs: ["e"],
            nodes: [{ op: "Constant", inputs: [], outputs: ["e"], attributes: { value: data([2], [3, 4]) } }],
          }),
        },
      },
    },
    "Loop with a known number of turns": {
      op: "Loop",
      opset: 13,
      inputs: [data([], [3], "i64"), data([], [1], "i1"), some([2])],
      constantsFrom: 0,
      attributes: {
        body: {
          kind: "graph",
          value: onnxGraph({
            inputs: {
              turn: { element: "i64", shape: [] },
              go: { element: "i1", shape: [] },
              sum: { element: "f32", shape: [2] },
            },
            outputs: {
              on: { element: "i1", shape: [] },
              next: { element: "f32", shape: [2] },
              seen: { element: "f32", shape: [2] },
            },
            nodes: [
              { op: "Identity", inputs: ["go"], outputs: ["on"] },
              { op: "Cast", inputs: ["turn"], outputs: ["real"], attributes: { to: 1 } },
              { op: "Add", inputs: ["sum", "real"], outputs: ["next"] },
              { op: "Mul", inputs: ["next", "next"], outputs: ["seen"] },
            ],
          }),
        },
      },
      outputs: 2,
    },
    "Scan backward over two inputs": {
      op: "Scan",
      opset: 11,
      inputs: [some([2]), some([4, 2]), some([2, 4], "f32", 2)],
      attributes: {
        num_scan_inputs: 2,
        scan_input_axes: [0, 1],
        scan_input_directions: [1, 0],
        scan_output_axes: [1],
        scan_output_directions: [1],
        body: {
          kind: "graph",
          value: onnxGraph({
            inputs: {
              state: { element: "f32", shape: [2] },
              a: { element: "f32", shape: [2] },
              b: { element: "f32", shape: [2] },
            },
            outputs: { next: { element: "f32", shape: [2] }, seen: { element: "f32", shape: [2] } },
            nodes: [
              { op: "Mul", inputs: ["a", "b"], outputs: ["product"] },
              { op: "Add", inputs: ["state", "product"], outputs: ["next"] },
              { op: "Sub", inputs: ["next", "a"], outputs: ["seen"] },
            ],
          }),
        },
      },
      outputs: 2,
    },
  },
});
