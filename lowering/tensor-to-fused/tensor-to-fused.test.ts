/** Grouping by device rules: which ops end up in one task, which stay apart and why, and that nothing else changes. */
import { describe, expect, it } from "vitest";
import { isTask } from "../../dialects/fused/index.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { parsePipeline } from "../../passes/pipeline.ts";
import { difference, randomNumbers, randomTensor, run, testContext } from "../fused-to-linalg/testing.ts";
import { expandFused } from "./expand-fused.ts";
import { tensorToFused } from "./tensor-to-fused.ts";

interface Outcome {
  readonly module: Operation;
  readonly remarks: readonly string[];
}

function transform(text: string, pipeline: string): Outcome {
  const module = parse(text, testContext);
  const remarks: string[] = [];
  const manager = new PassManager(parsePipeline(pipeline, [tensorToFused, expandFused]), testContext, {
    onRemark: ({ operation, message }) => remarks.push(`${operation.name} ${message}`),
  });
  manager.run(module);
  return { module, remarks };
}

/** Each task as its class and the ops inside, without the dialects' names. */
function tasksOf(module: Operation): string[] {
  const found: string[] = [];
  module.walk((operation) => {
    if (!isTask(operation)) return;
    const inside = operation.body.onlyBlock.operations
      .slice(0, -1)
      .map(({ name }) => name.slice(name.indexOf(".") + 1));
    found.push(`${operation.name.slice("fused.".length)}: ${inside.join(", ")}`);
  });
  return found;
}

const type = "tensor<1x4x8x8xf32>";
/** A function on two images and a weight; `lines` end in %r. */
const program = (
  ...lines: readonly string[]
) => `func.func @main(%x: ${type}, %y: ${type}, %w: tensor<4x4x1x1xf32>) -> ${type} {
  %k = arith.constant dense<[[[1.0]], [[2.0]], [[3.0]], [[4.0]]]> : tensor<4x1x1xf32>
  %three = arith.constant dense<3.0> : tensor<f32>
  ${lines.join("\n  ")}
  func.return %r : ${type}
}`;
const conv = (result: string, input: string) =>
  `${result} = tensor.conv2d ${input}, %w : (${type}, tensor<4x4x1x1xf32>) -> ${type}`;
const unary = (result: string, name: string, input: string) => `${result} = tensor.${name} ${input} : ${type}`;
const binary = (result: string, name: string, lhs: string, rhs: string, rhsType = type) =>
  `${result} = tensor.${name} ${lhs}, ${rhs} : ${type}, ${rhsType}`;

describe("the host's rules", () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    [
      "bias, activation and residual join a convolution",
      [
        conv("%c", "%x"),
        binary("%b", "add", "%c", "%k", "tensor<4x1x1xf32>"),
        unary("%a", "relu", "%b"),
        binary("%r", "add", "%a", "%y"),
      ],
      ["conv2d: conv2d, add, relu, add"],
    ],
    [
      "a residual joins the later of two convolutions",
      [conv("%c", "%x"), conv("%d", "%y"), binary("%r", "add", "%c", "%d")],
      ["conv2d: conv2d", "conv2d: conv2d, add"],
    ],
    [
      "elementwise chains are one task",
      [unary("%a", "exp", "%x"), binary("%b", "mul", "%a", "%y"), unary("%r", "tanh", "%b")],
      ["elementwise: exp, mul, tanh"],
    ],
    [
      "elementwise ops in front join a softmax, not a convolution",
      [
        unary("%a", "exp", "%x"),
        `%s = tensor.softmax %a {axis = 3 : i64} : ${type}`,
        unary("%b", "neg", "%s"),
        unary("%t", "tanh", "%y"),
        conv("%c", "%t"),
        binary("%r", "add", "%b", "%c"),
      ],
      ["softmax: exp, softmax, neg", "elementwise: tanh", "conv2d: conv2d, add"],
    ],
    [
      "constants of equal elements go inside",
      [binary("%a", "add", "%x", "%three", "tensor<f32>"), unary("%r", "relu", "%a")],
      ["elementwise: constant, add, relu"],
    ],
    [
      "a batch norm joins a convolution",
      [
        "%s = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>",
        conv("%c", "%x"),
        `%n = tensor.batch_norm %c, %s, %s, %s, %s : (${type}, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> ${type}`,
        unary("%r", "relu", "%n"),
      ],
      ["conv2d: conv2d, batch_norm, relu"],
    ],
  ];
  it.each(cases)("%s", (_, lines, wanted) => {
    expect(tasksOf(transform(program(...lines), "tensor-to-fused").module)).toEqual(wanted);
  });

  it("a value that is used inside and outside of its task is one of its results", () => {
    const text = program(
      conv("%c", "%x"),
      unary("%a", "relu", "%c"),
      conv("%d", "%c"),
      binary("%r", "add", "%a", "%d"),
    );
    const { module } = transform(text, "tensor-to-fused");
    expect(tasksOf(module)).toEqual(["conv2d: conv2d, relu", "conv2d: conv2d, add"]);
    const results: number[] = [];
    module.walk((operation) => {
      if (isTask(operation)) results.push(operation.outputs.length);
    });
    expect(results).toEqual([2, 1]);
  });

  it("says why an op stays apart", () => {
    const gate = [
      conv("%c", "%x"),
      `%p = tensor.reduce_mean %c {axes = array<i64: 2, 3>} : ${type}`,
      "%g = tensor.conv2d %p, %w : (tensor<1x4x1x1xf32>, tensor<4x4x1x1xf32>) -> tensor<1x4x1x1xf32>",
      binary("%r", "mul", "%c", "%g", "tensor<1x4x1x1xf32>"),
    ];
    const { module, remarks } = transform(program(...gate), "tensor-to-fused");
    expect(tasksOf(module)).toEqual(["conv2d: conv2d", "reduce: reduce_mean", "conv2d: conv2d", "elementwise: mul"]);
    expect(remarks).toEqual([
      "tensor.mul stays out of the task of 'tensor.conv2d' (pointwise-epilogue): its result has the shape [1, 4, 8, 8], that of the task [1, 4, 1, 1]: it would be computed again and again",
      "tensor.mul stays out of the task of 'tensor.conv2d': another task between them would wait for itself",
    ]);
  });

  it("leaves ops of no task where they are, in order", () => {
    const text = `func.func private @log(tensor<2xf32>)
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      func.call @log(%x) : (tensor<2xf32>) -> ()
      %a = tensor.exp %x : tensor<2xf32>
      func.call @log(%a) : (tensor<2xf32>) -> ()
      %b = tensor.neg %a : tensor<2xf32>
      func.call @log(%x) : (tensor<2xf32>) -> ()
      func.return %b : tensor<2xf32>
    }`;
    const { module } = transform(text, "tensor-to-fused");
    const calls: string[] = [];
    module.walk((operation) => {
      if (operation.name === "func.call" || isTask(operation))
        calls.push(operation.name === "func.call" ? `call ${operation.operand(0).nameHint}` : operation.name);
    });
    expect(calls).toEqual(["call x", "fused.elementwise", "call a", "call x"]);
  });
});

describe("the engine's rules", () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[], readonly string[]])[] = [
    [
      "activation, gain, offset, activation and transpose fill the slots in order",
      [
        conv("%c", "%x"),
        unary("%a", "tanh", "%c"),
        binary("%g", "mul", "%a", "%k", "tensor<4x1x1xf32>"),
        binary("%o", "add", "%g", "%three", "tensor<f32>"),
        unary("%b", "relu", "%o"),
        `%t = tensor.transpose %b {permutation = array<i64: 0, 1, 3, 2>} : (${type}) -> ${type}`,
        unary("%r", "exp", "%t"),
      ],
      ["conv2d: constant, conv2d, tanh, mul, add, relu, transpose", "elementwise: exp"],
      [
        "tensor.exp stays out of the task of 'tensor.conv2d' (epilogue-slots): the pre-activation or post-activation slot comes before transpose, which is taken",
      ],
    ],
    [
      "a gain behind an offset begins a new task",
      [
        conv("%c", "%x"),
        binary("%o", "add", "%c", "%three", "tensor<f32>"),
        binary("%r", "mul", "%o", "%k", "tensor<4x1x1xf32>"),
      ],
      ["conv2d: constant, conv2d, add", "elementwise: mul"],
      [
        "tensor.mul stays out of the task of 'tensor.conv2d' (epilogue-slots): the gain slot comes before offset, which is taken",
      ],
    ],
    [
      "two live operands are a barrier",
      [conv("%c", "%x"), binary("%s", "add", "%c", "%y"), unary("%r", "relu", "%s")],
      ["conv2d: conv2d", "elementwise: add", "elementwise: relu"],
      [
        "tensor.add stays out of the task of 'tensor.conv2d' (epilogue-slots): it works on two live operands, which is a barrier: each slot takes one",
        "tensor.relu stays out of the task of 'tensor.add' (epilogue-slots): an elementwise op on two live operands is a barrier: it has no slots behind it",
      ],
    ],
    [
      "a result with two users is not extended",
      [conv("%c", "%x"), unary("%a", "relu", "%c"), binary("%r", "add", "%a", "%c")],
      ["conv2d: conv2d", "elementwise: relu", "elementwise: add"],
      [
        "tensor.relu stays out of the task of 'tensor.conv2d' (epilogue-slots): the task's result is used elsewhere too, and a task has one result",
        "tensor.add stays out of the task of 'tensor.conv2d' (epilogue-slots): it works on two live operands, which is a barrier: each slot takes one",
        "tensor.add stays out of the task of 'tensor.relu' (epilogue-slots): it works on two live operands, which is a barrier: each slot takes one",
      ],
    ],
    [
      "concat is a barrier",
      [
        conv("%c", "%x"),
        "%w1 = tensor.concat dim(1) %c, %y : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x8x8x8xf32>",
        "%a = tensor.relu %w1 : tensor<1x8x8x8xf32>",
        "%r = tensor.slice %a {sizes = array<i64: 1, 4, 8, 8>, starts = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1, 1, 1>} : (tensor<1x8x8x8xf32>) -> tensor<1x4x8x8xf32>",
      ],
      ["conv2d: conv2d", "move: concat", "elementwise: relu", "move: slice"],
      [
        "tensor.concat stays out of the task of 'tensor.conv2d' (epilogue-slots): concat is a barrier: its pieces come from several tasks",
        "tensor.relu stays out of the task of 'tensor.concat' (epilogue-slots): concat is a barrier",
        "tensor.slice stays out of the task of 'tensor.relu' (epilogue-slots): no slot holds 'tensor.slice'",
      ],
    ],
  ];
  it.each(cases)("%s", (_, lines, tasks, remarks) => {
    const outcome = transform(program(...lines), "tensor-to-fused{device=ane}");
    expect(tasksOf(outcome.module)).toEqual(tasks);
    expect(outcome.remarks).toEqual(remarks);
  });

  it("softmax between two products is attention, and a barrier", () => {
    const text = `func.func @main(%q: tensor<2x4x8xf32>, %k: tensor<2x4x8xf32>, %v: tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
      %scale = arith.constant dense<0.5> : tensor<f32>
      %s = tensor.matmul %q, %k {transpose_rhs = true} : tensor<2x4x8xf32>, tensor<2x4x8xf32>
      %d = tensor.mul %s, %scale : tensor<2x4x4xf32>, tensor<f32>
      %p = tensor.softmax %d {axis = 2 : i64} : tensor<2x4x4xf32>
      %o = tensor.matmul %p, %v : tensor<2x4x4xf32>, tensor<2x4x8xf32>
      %r = tensor.relu %o : tensor<2x4x8xf32>
      func.return %r : tensor<2x4x8xf32>
    }`;
    const { module, remarks } = transform(text, "tensor-to-fused{device=ane}");
    expect(tasksOf(module)).toEqual(["attention: constant, matmul, mul, softmax, matmul", "elementwise: relu"]);
    expect(remarks.at(-1)).toContain("attention is a barrier");
    expect(tasksOf(transform(text, "tensor-to-fused").module)).toEqual([
      "matmul: constant, matmul, mul",
      "softmax: softmax",
      "matmul: matmul, relu",
    ]);
  });
});

describe("recognised activations", () => {
  const splat = (name: string, value: number) =>
    `%${name} = arith.constant dense<${Number.isInteger(value) ? value.toFixed(1) : value}> : tensor<f32>`;
  const scalar = (result: string, op: string, lhs: string, rhs: string) =>
    `${result} = tensor.${op} ${lhs}, ${rhs} : ${type}, tensor<f32>`;
  const gate = [
    scalar("%a", "add", "%x", "%three"),
    `%g = tensor.clip %a {max = 6.0 : f64, min = 0.0 : f64} : ${type}`,
  ];
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    [
      "x·clip(x + 3, 0, 6)/6",
      [splat("six", 6), ...gate, binary("%m", "mul", "%x", "%g"), scalar("%r", "div", "%m", "%six")],
      "hard_swish",
    ],
    [
      "(clip(x + 3, 0, 6)·⅙)·x",
      [splat("sixth", 1 / 6), ...gate, scalar("%m", "mul", "%g", "%sixth"), binary("%r", "mul", "%m", "%x")],
      "hard_swish",
    ],
    ["clip(x + 3, 0, 6)/6", [splat("six", 6), ...gate, scalar("%r", "div", "%g", "%six")], "hard_sigmoid"],
    ["x·sigmoid(x)", [unary("%g", "sigmoid", "%x"), binary("%r", "mul", "%x", "%g")], "silu"],
    [
      "x·tanh(softplus(x))",
      [unary("%s", "softplus", "%x"), unary("%t", "tanh", "%s"), binary("%r", "mul", "%t", "%x")],
      "mish",
    ],
    [
      "½·(x·(1 + erf(x/√2)))",
      [
        splat("root", Math.SQRT2),
        splat("one", 1),
        splat("half", 0.5),
        scalar("%d", "div", "%x", "%root"),
        unary("%e", "erf", "%d"),
        scalar("%p", "add", "%e", "%one"),
        binary("%m", "mul", "%x", "%p"),
        scalar("%r", "mul", "%m", "%half"),
      ],
      "gelu",
    ],
    [
      "½·x·(1 + tanh(√(2/π)(x + 0.044715x³)))",
      [
        ...[
          splat("cube", 3),
          splat("c", 0.044715),
          splat("scale", Math.sqrt(2 / Math.PI)),
          splat("one", 1),
          splat("half", 0.5),
        ],
        scalar("%x3", "pow", "%x", "%cube"),
        scalar("%cx", "mul", "%x3", "%c"),
        binary("%s", "add", "%x", "%cx"),
        scalar("%u", "mul", "%s", "%scale"),
        unary("%t", "tanh", "%u"),
        scalar("%p", "add", "%t", "%one"),
        scalar("%h", "mul", "%x", "%half"),
        binary("%r", "mul", "%h", "%p"),
      ],
      "gelu",
    ],
  ];
  const next = randomNumbers(11);
  it.each(cases)("%s", (_, lines, wanted) => {
    const inputs = [
      randomTensor([1, 4, 8, 8], "f32", -6, 6, next),
      randomTensor([1, 4, 8, 8], "f32", -1, 1, next),
      randomTensor([4, 4, 1, 1], "f32", -1, 1, next),
    ];
    const before = run(parse(program(...lines), testContext), inputs);
    const { module } = transform(program(...lines), "tensor-to-fused");
    expect(tasksOf(module)).toEqual([`elementwise: ${wanted}`]);
    expect(difference(run(module, inputs)[0]!, before[0]!, 1e-5)).toBeUndefined();
  });

  it("is not done for other constants, or when switched off", () => {
    const other = [splat("seven", 7), ...gate, binary("%m", "mul", "%x", "%g"), scalar("%r", "div", "%m", "%seven")];
    expect(tasksOf(transform(program(...other), "tensor-to-fused").module)).toEqual([
      "elementwise: constant, constant, add, clip, mul, div",
    ]);
    expect(tasksOf(transform(program(...cases[3]![1]), "tensor-to-fused{recognise=false}").module)).toEqual([
      "elementwise: sigmoid, mul",
    ]);
  });
});

describe("recognised norms", () => {
  const rows = "tensor<2x5x6xf32>";
  const mean = "tensor<2x5x1xf32>";
  const norm = (lines: readonly string[]) => `func.func @main(%x: ${rows}) -> ${rows} {
    %two = arith.constant dense<2.0> : tensor<f32>
    %eps = arith.constant dense<1.0e-05> : tensor<f32>
    %s = arith.constant dense<[1.0, 2.0, 3.0, -1.0, 0.5, 0.25]> : tensor<6xf32>
    ${lines.join("\n    ")}
    func.return %r : ${rows}
  }`;
  const meanOf = (result: string, input: string) =>
    `${result} = tensor.reduce_mean ${input} {axes = array<i64: 2>} : ${rows}`;
  const deviation = [meanOf("%m", "%x"), `%d = tensor.sub %x, %m : ${rows}, ${mean}`];
  const root = (input: string) => [
    `%q = tensor.pow ${input}, %two : ${rows}, tensor<f32>`,
    meanOf("%v", "%q"),
    `%e = tensor.add %v, %eps : ${mean}, tensor<f32>`,
    `%t = tensor.sqrt %e : ${mean}`,
  ];
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    [
      "layer_norm with scale and bias",
      [
        ...deviation,
        ...root("%d"),
        `%n = tensor.div %d, %t : ${rows}, ${mean}`,
        `%a = tensor.mul %n, %s : ${rows}, tensor<6xf32>`,
        `%r = tensor.add %s, %a : tensor<6xf32>, ${rows}`,
      ],
      ["norm: layer_norm"],
    ],
    [
      "layer_norm alone, by a reciprocal",
      [...deviation, ...root("%d"), `%i = tensor.reciprocal %t : ${mean}`, `%r = tensor.mul %i, %d : ${mean}, ${rows}`],
      ["norm: constant, layer_norm"],
    ],
    [
      "rms_norm with scale",
      [...root("%x"), `%n = tensor.div %x, %t : ${rows}, ${mean}`, `%r = tensor.mul %s, %n : tensor<6xf32>, ${rows}`],
      ["norm: rms_norm"],
    ],
    [
      "not where the variance is of something else",
      [...deviation, ...root("%x"), `%r = tensor.div %d, %t : ${rows}, ${mean}`],
      ["reduce: reduce_mean", "reduce: constant, constant, pow, reduce_mean, add, sqrt", "elementwise: sub, div"],
    ],
  ];
  it.each(cases)("%s", (_, lines, wanted) => {
    const input = randomTensor([2, 5, 6], "f32", -3, 5, randomNumbers(13));
    const before = run(parse(norm(lines), testContext), [input]);
    const { module } = transform(norm(lines), "tensor-to-fused");
    expect(tasksOf(module)).toEqual(wanted);
    expect(difference(run(module, [input])[0]!, before[0]!, 1e-5)).toBeUndefined();
  });
});

describe("expand-fused", () => {
  it("gives the ops back as they were", () => {
    const text = program(
      conv("%c", "%x"),
      unary("%a", "relu", "%c"),
      conv("%d", "%a"),
      binary("%r", "add", "%d", "%a"),
    );
    const before = print(parse(text, testContext));
    expect(print(transform(text, "tensor-to-fused{recognise=false},expand-fused").module)).toBe(before);
  });
});
