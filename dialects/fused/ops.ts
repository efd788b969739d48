/**
 * The fused dialect: one op is one task of an engine, an anchor with the tensor ops that join it in a region. A task sees
 * only its inputs (and splat constants of its own), so that it can be looked at, moved and scheduled alone.
 */
import { anyTensor } from "../../ir/constraints.ts";
import { type OperationOf, op, region, variadicOperand, variadicResult } from "../../ir/declaration.ts";
import { evaluateBlock } from "../../ir/evaluate.ts";
import { Evaluate } from "../../ir/interfaces.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import type { Type } from "../../ir/types.ts";
import { example } from "../example.ts";
import { type AnchorClass, anchorClasses, containsAnchor } from "./anchors.ts";
import { taskFormat } from "./format.ts";

export const yieldOperation = op(
  "fused.yield",
  { values: variadicOperand(anyTensor) },
  {
    doc: "Ends the region of a task and gives its results.",
    example: example(
      [
        "%y = fused.elementwise(%x = %a : tensor<2xf32>) -> tensor<2xf32> {",
        "  %r = tensor.relu %x : tensor<2xf32>",
        "  fused.yield %r : tensor<2xf32>",
        "}",
      ].join("\n"),
      "%a: tensor<2xf32>",
    ),
    traits: ["Pure", "Terminator", "ReturnLike"],
    parents: anchorClasses.map((anchor) => `fused.${anchor}`),
    format: "attr-dict ($values^ `:` type($values))?",
  },
);

const spelled = (types: readonly Type[]): string => `(${types.join(", ")})`;

function checkTask(operation: Operation, anchor: AnchorClass, report: (message: string) => void): void {
  const [body] = operation.regions;
  const block = body?.entry;
  if (block === undefined) {
    report("needs a region with one block");
    return;
  }
  const inputs = operation.operands.map((value) => value.type);
  const args = block.arguments.map((argument) => argument.type);
  if (spelled(inputs) !== spelled(args)) {
    report(`has inputs ${spelled(inputs)}, but its block has arguments ${spelled(args)}: they must be the same`);
  }
  const terminator = block.last;
  if (!yieldOperation.matches(terminator)) {
    report(
      `must end its region with 'fused.yield', but ends it with ${terminator === undefined ? "nothing" : `'${terminator.name}'`}`,
    );
    return;
  }
  const results = operation.results.map((result) => result.type);
  const yielded = terminator.values.map((value) => value.type);
  if (spelled(results) !== spelled(yielded)) {
    report(`has results ${spelled(results)}, but its region yields ${spelled(yielded)}: they must be the same`);
  }
  if (!containsAnchor(block.operations, anchor)) {
    const wanted = anchor === "attention" ? "a softmax between two matrix products" : `an op of the class ${anchor}`;
    report(`has no anchor in its region: expected ${wanted}`);
  }
  // An unused one would be removed, and the task be without an anchor then.
  const unused = block.operations.find((each) => each.results.length > 0 && !each.hasUses);
  if (unused !== undefined) report(`has '${unused.name}' in its region, whose result nothing uses`);
}

/** Runs the region on the inputs' data. */
const evaluateTask = Evaluate.implement((operation, inputs, context) => {
  const block = operation.regions[0]!.onlyBlock;
  const environment = new Map<Value, TensorData>(
    block.arguments.map((argument, position) => [argument, inputs[position]!]),
  );
  return evaluateBlock(block, environment, context);
});

/** What each class of task computes, and a task of it for the documentation: operands, and the op inside. */
const classes: {
  readonly [C in AnchorClass]: {
    readonly doc: string;
    readonly inside: readonly string[];
    readonly inputs: readonly string[];
    readonly result: string;
  };
} = {
  attention: {
    doc: "Attention: a softmax between two matrix products.",
    inputs: ["tensor<4x8xf32>", "tensor<4x8xf32>", "tensor<4x8xf32>"],
    inside: [
      "%s = tensor.matmul %x0, %x1 {transpose_rhs = true} : tensor<4x8xf32>, tensor<4x8xf32>",
      "%p = tensor.softmax %s {axis = 1 : i64} : tensor<4x4xf32>",
      "%r = tensor.matmul %p, %x2 : tensor<4x4xf32>, tensor<4x8xf32>",
    ],
    result: "tensor<4x8xf32>",
  },
  conv2d: {
    doc: "A convolution (or transposed convolution) with what joins it: bias, activation, residual.",
    inputs: ["tensor<1x3x8x8xf32>", "tensor<4x3x3x3xf32>"],
    inside: [
      "%c = tensor.conv2d %x0, %x1 : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>",
      "%r = tensor.relu %c : tensor<1x4x6x6xf32>",
    ],
    result: "tensor<1x4x6x6xf32>",
  },
  matmul: {
    doc: "A matrix product with what joins it.",
    inputs: ["tensor<2x3xf32>", "tensor<3x4xf32>", "tensor<4xf32>"],
    inside: [
      "%m = tensor.matmul %x0, %x1 : tensor<2x3xf32>, tensor<3x4xf32>",
      "%r = tensor.add %m, %x2 : tensor<2x4xf32>, tensor<4xf32>",
    ],
    result: "tensor<2x4xf32>",
  },
  norm: {
    doc: "A normalisation by statistics of its input, with what joins it.",
    inputs: ["tensor<2x8xf32>", "tensor<8xf32>"],
    inside: ["%r = tensor.layer_norm %x0, %x1 {axis = 1 : i64} : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>"],
    result: "tensor<2x8xf32>",
  },
  softmax: {
    doc: "A softmax, its logarithm or its limit, with what joins it.",
    inputs: ["tensor<2x8xf32>"],
    inside: ["%r = tensor.softmax %x0 {axis = 1 : i64} : tensor<2x8xf32>"],
    result: "tensor<2x8xf32>",
  },
  reduce: {
    doc: "A reduction over axes, with what joins it.",
    inputs: ["tensor<2x8xf32>"],
    inside: ["%r = tensor.reduce_sum %x0 {axes = array<i64: 1>, keep_dims = false} : tensor<2x8xf32>"],
    result: "tensor<2xf32>",
  },
  pool: {
    doc: "A pooling over windows, with what joins it.",
    inputs: ["tensor<1x3x8x8xf32>"],
    inside: [
      "%r = tensor.max_pool2d %x0 {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>",
    ],
    result: "tensor<1x3x4x4xf32>",
  },
  resample: {
    doc: "Resampling to another size or at given positions, with what joins it.",
    inputs: ["tensor<1x3x4x4xf32>"],
    inside: [
      '%r = tensor.resize %x0 {mode = "nearest", scales = array<f64: 1.0, 1.0, 2.0, 2.0>} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>',
    ],
    result: "tensor<1x3x8x8xf32>",
  },
  elementwise: {
    doc: "Elementwise ops only.",
    inputs: ["tensor<2x8xf32>", "tensor<8xf32>"],
    inside: ["%s = tensor.add %x0, %x1 : tensor<2x8xf32>, tensor<8xf32>", "%r = tensor.tanh %s : tensor<2x8xf32>"],
    result: "tensor<2x8xf32>",
  },
  move: {
    doc: "Ops that only move elements, or read them at given positions, with what joins them.",
    inputs: ["tensor<2x8xf32>"],
    inside: ["%r = tensor.transpose %x0 {permutation = array<i64: 1, 0>} : (tensor<2x8xf32>) -> tensor<8x2xf32>"],
    result: "tensor<8x2xf32>",
  },
};

/** A program with one task of a class, for its documentation. */
function exampleTask(anchor: AnchorClass): string {
  const { inputs, inside, result } = classes[anchor];
  const sources = inputs.map((type, position) => `%a${position} = "test.source"() : () -> ${type}`);
  const bound = inputs.map((_, position) => `%x${position} = %a${position}`).join(", ");
  const header = `%y = fused.${anchor}(${bound} : ${inputs.join(", ")}) -> ${result} {`;
  return [...sources, header, ...inside.map((line) => `  ${line}`), `  fused.yield %r : ${result}`, "}"].join("\n");
}

function task<A extends AnchorClass>(anchor: A) {
  return op(
    `fused.${anchor}`,
    { inputs: variadicOperand(anyTensor), outputs: variadicResult(anyTensor), body: region() },
    {
      doc: classes[anchor].doc,
      example: exampleTask(anchor),
      traits: ["IsolatedFromAbove", "SingleBlock"],
      format: taskFormat,
      effects: () => [],
      interfaces: [evaluateTask],
      verify: (operation, report) => checkTask(operation, anchor, report),
    },
  );
}

/** The op of each class of tasks. */
export const tasks = {
  attention: task("attention"),
  conv2d: task("conv2d"),
  matmul: task("matmul"),
  norm: task("norm"),
  softmax: task("softmax"),
  reduce: task("reduce"),
  pool: task("pool"),
  resample: task("resample"),
  elementwise: task("elementwise"),
  move: task("move"),
} as const satisfies { readonly [C in AnchorClass]: unknown };

export type TaskOperation = OperationOf<ReturnType<typeof task>>;

/** Whether an operation is a task of any class. */
export function isTask(operation: Operation | undefined): operation is TaskOperation {
  return anchorClasses.some((anchor) => tasks[anchor].matches(operation));
}

export const fusedOps = [...Object.values(tasks), yieldOperation];
