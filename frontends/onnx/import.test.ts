import { describe, expect, test } from "vitest";
import { arith } from "../../dialects/arith/index.ts";
import { builtin } from "../../dialects/builtin/index.ts";
import { func, functionsOf } from "../../dialects/func/index.ts";
import { tensor } from "../../dialects/tensor/index.ts";
import { Context } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import { locationText } from "../../ir/location.ts";
import type { Operation } from "../../ir/operation.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { type ModelSpec, onnxGraph, onnxModel } from "../../test/testing/onnx-builder.ts";
import { type ImportOptions, importOnnx, modelInterface, UnknownContentsError } from "./import.ts";
import type { OnnxFunction, OnnxModel, OnnxNode } from "./model.ts";
import { decodeOnnxModel } from "./protobuf.ts";

const context = new Context([builtin, func, arith, tensor]);

const floats = (shape: readonly number[], ...values: number[]): TensorData => ({
  shape,
  element: "f32",
  data: Float32Array.from(values),
});
const integers = (...values: number[]): TensorData => ({
  shape: [values.length],
  element: "i64",
  data: BigInt64Array.from(values, BigInt),
});

function load(spec: ModelSpec): OnnxModel {
  return decodeOnnxModel(onnxModel(spec), "model.onnx");
}

function importSpec(spec: ModelSpec, options: Partial<ImportOptions> = {}): Operation {
  return importOnnx(load(spec), { context, ...options });
}

function mainOf(module: Operation) {
  const main = functionsOf(module).get("main");
  if (main === undefined) throw new Error("no function main");
  return main;
}

/** Names of the operations of `@main`, without the dialect of the tensor operations. */
function operationsOf(module: Operation): string[] {
  return mainOf(module).body.onlyBlock.operations.map(({ name }) => name.replace("tensor.", ""));
}

/** What importing throws, rendered for the user; anything but a DiagnosticError fails the test. */
function diagnosticOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof DiagnosticError) return error.render();
    throw error;
  }
  throw new Error("imported without an error");
}

/** y = relu(x) of any shape. */
const relu = (...shape: (number | string | undefined)[]): ModelSpec => ({
  inputs: { x: { element: "f32", shape } },
  outputs: ["y"],
  nodes: [{ op: "Relu", inputs: ["x"], outputs: ["y"], name: "activate" }],
});

describe("dimensions", () => {
  const typeOf = (spec: ModelSpec, options: Partial<ImportOptions> = {}) =>
    mainOf(importSpec(spec, options)).function_type.text;

  test("a leading open dimension becomes 1, with a note", () => {
    const notes: string[] = [];
    const type = typeOf(relu("n", 3), { note: (message) => notes.push(message) });
    expect(type).toBe("(tensor<1x3xf32>) -> tensor<1x3xf32>");
    expect(notes).toEqual(['dimension "n" of input "x" is left open: taken as 1']);
  });

  test("shapes and symbols are given by name", () => {
    expect(typeOf(relu("n", 3, "h"), { shapes: { x: [2, 3, 4] } })).toContain("tensor<2x3x4xf32>");
    expect(typeOf(relu("n", 3, "h"), { dimensions: { h: 7 } })).toContain("tensor<1x3x7xf32>");
  });

  test("a shape gives its symbols to the other inputs", () => {
    const spec: ModelSpec = {
      inputs: { a: { element: "f32", shape: ["n", "k"] }, b: { element: "f32", shape: ["k", "m"] } },
      outputs: ["y"],
      nodes: [{ op: "MatMul", inputs: ["a", "b"], outputs: ["y"] }],
    };
    expect(typeOf(spec, { shapes: { b: [5, 6] } })).toBe("(tensor<1x5xf32>, tensor<5x6xf32>) -> tensor<1x6xf32>");
    expect(diagnosticOf(() => importSpec(spec, { shapes: { a: [1, 4], b: [5, 6] } }))).toContain(
      'makes dimension "k" 5, but it is 4 already',
    );
  });

  test("any other open dimension is an error that says how to give it", () => {
    const text = diagnosticOf(() => importSpec(relu("n", 3, "height", "width")));
    expect(text).toContain('model.onnx: error: input "x" [n, 3, height, width]: dimension 2, "height", has no size');
    expect(text).toContain("--shape x=1,3,640,640");
    expect(diagnosticOf(() => importSpec(relu("length")))).toContain('dimension 0, "length", has no size');
    expect(diagnosticOf(() => importSpec(relu(1, undefined)))).toContain("dimension 1 has no size");
  });

  test("an input without a rank needs a whole shape", () => {
    const spec: ModelSpec = { ...relu(), inputs: { x: { element: "f32" } } };
    expect(diagnosticOf(() => importSpec(spec))).toContain("has no shape in the model, not even a rank");
    expect(typeOf(spec, { shapes: { x: [2, 2] } })).toContain("tensor<2x2xf32>");
  });

  test("wrong shapes, names and sizes are errors", () => {
    const give = (options: Partial<ImportOptions>) => diagnosticOf(() => importSpec(relu("n", 3), options));
    expect(give({ shapes: { x: [1, 4] } })).toContain("contradicts the model's, [n, 3]: dimension 1 is 3");
    expect(give({ shapes: { x: [1, 3, 3] } })).toContain("has rank 3, but the model's is [n, 3]");
    expect(give({ shapes: { x: [-1, 3] } })).toContain("whole numbers from 0 up");
    expect(give({ shapes: { z: [1, 3] } })).toContain('there is no input "z"');
    expect(give({ dimensions: { m: 3 } })).toContain('no input has a dimension called "m"');
    expect(give({ dimensions: { n: 1.5 } })).toContain("must be a whole number");
  });

  test("the interface names inputs that have no default, and symbols", () => {
    const model = load({
      inputs: { x: { element: "f16", shape: ["n", undefined, 3] }, w: { element: "f32", shape: [1] } },
      outputs: { y: { element: "i64", shape: [2] } },
      nodes: [{ op: "Foo", inputs: ["x", "w"], outputs: ["y"] }],
      initializers: { w: floats([1], 2) },
    });
    expect(modelInterface(model)).toEqual({
      inputs: [{ name: "x", element: "f16", shape: ["n", undefined, 3] }],
      outputs: [{ name: "y", element: "i64", shape: [2] }],
    });
  });
});

describe("folding", () => {
  test("what computes a shape becomes an attribute", () => {
    const module = importSpec({
      inputs: { x: { element: "f32", shape: [2, 3, 4] } },
      outputs: ["y"],
      nodes: [
        { op: "Shape", inputs: ["x"], outputs: ["shape"] },
        { op: "Gather", inputs: ["shape", "zero"], outputs: ["batch"] },
        { op: "Unsqueeze", inputs: ["batch", "axes"], outputs: ["first"] },
        { op: "Concat", inputs: ["first", "rest"], outputs: ["wanted"], attributes: { axis: 0 } },
        { op: "Reshape", inputs: ["x", "wanted"], outputs: ["y"] },
      ],
      initializers: { zero: { ...integers(0), shape: [] }, axes: integers(0), rest: integers(-1) },
    });
    expect(operationsOf(module)).toEqual(["static_reshape", "func.return"]);
  });

  test("small constants are computed, large ones stay operations on the weight", () => {
    const weight = (rows: number): TensorData => ({
      shape: [rows, 64],
      element: "f32",
      data: new Float32Array(rows * 64).map((_, i) => i),
    });
    const spec = (rows: number): ModelSpec => ({
      inputs: { x: { element: "f32", shape: [1, 64] } },
      outputs: ["y"],
      nodes: [
        { op: "Transpose", inputs: ["w"], outputs: ["t"] },
        { op: "MatMul", inputs: ["x", "t"], outputs: ["y"] },
      ],
      initializers: { w: weight(rows) },
    });
    expect(operationsOf(importSpec(spec(64)))).toEqual(["arith.constant", "matmul", "func.return"]);
    expect(operationsOf(importSpec(spec(65)))).toEqual(["arith.constant", "transpose", "matmul", "func.return"]);
  });

  test("a large computed tensor that must be known is computed", () => {
    const shape: TensorData = { shape: [5000], element: "i64", data: new BigInt64Array(5000).fill(2n) };
    const module = importSpec({
      inputs: { x: { element: "f32", shape: [3] } },
      outputs: ["y"],
      nodes: [
        { op: "Neg", inputs: ["large"], outputs: ["n"] },
        { op: "NonZero", inputs: ["n"], outputs: ["found"] },
        { op: "Shape", inputs: ["found"], outputs: ["s"] },
        { op: "Expand", inputs: ["x", "three"], outputs: ["y"] },
        { op: "Identity", inputs: ["s"], outputs: ["unused"] },
      ],
      initializers: { large: shape, three: integers(2, 3) },
    });
    expect(operationsOf(module)).toEqual(["broadcast", "func.return"]);
  });

  test("weights are views of the file where they are aligned", () => {
    // The protobuf encoding decides where the weight lies: pad until its offset is a multiple of four.
    const spec = (name: string): ModelSpec => ({
      name,
      inputs: { x: { element: "f32", shape: [1, 3, 8, 8] } },
      outputs: ["y"],
      nodes: [{ op: "Conv", inputs: ["x", "w"], outputs: ["y"] }],
      initializers: { w: { shape: [4, 3, 3, 3], element: "f32", data: new Float32Array(108).map((_, i) => i) } },
    });
    const models = ["g", "gg", "ggg", "gggg"].map((name) => load(spec(name)));
    const aligned = models.find(({ graph }) => {
      const payload = graph.initializers.get("w")?.payload;
      return payload?.kind === "raw" && payload.bytes.byteOffset % 4 === 0;
    });
    const payload = aligned?.graph.initializers.get("w")?.payload;
    if (aligned === undefined || payload?.kind !== "raw") throw new Error("no model is aligned");
    const [constant] = mainOf(importOnnx(aligned, { context })).body.onlyBlock.operations;
    const value = constant?.attribute("value");
    const blob = value !== undefined && "blob" in value ? value.blob : undefined;
    expect(blob).toMatchObject({ bytes: { byteOffset: payload.bytes.byteOffset, buffer: payload.bytes.buffer } });
  });

  test("initializers that are inputs too are constants", () => {
    const module = importSpec({
      inputs: { x: { element: "f32", shape: [2] }, w: { element: "f32", shape: [2] } },
      outputs: ["y"],
      nodes: [{ op: "Add", inputs: ["x", "w"], outputs: ["y"] }],
      initializers: { w: floats([2], 1, 2) },
    });
    expect(mainOf(module).function_type.text).toBe("(tensor<2xf32>) -> tensor<2xf32>");
  });

  test("a value that must be known names the inputs behind it, and can be fixed", () => {
    const spec: ModelSpec = {
      inputs: { x: { element: "f32", shape: [6] }, s: { element: "i64", shape: [2] } },
      outputs: ["y"],
      nodes: [
        { op: "Neg", inputs: ["s"], outputs: ["negative"] },
        { op: "Reshape", inputs: ["x", "negative"], outputs: ["y"], name: "fold" },
      ],
    };
    const text = diagnosticOf(() => importSpec(spec));
    expect(text).toContain('node Reshape "fold": the value of the shape must be known when compiling');
    expect(text).toContain('depends on the input "s": fix the value');
    expect(() => importSpec(spec)).toThrow(UnknownContentsError);
    const fixed = importSpec(spec, { constants: { s: integers(-2, -3) } });
    expect(mainOf(fixed).function_type.text).toBe("(tensor<6xf32>) -> tensor<2x3xf32>");
    expect(diagnosticOf(() => importSpec(spec, { constants: { s: integers(1) } }))).toContain(
      "does not fit the model's i64 [2]",
    );
    expect(diagnosticOf(() => importSpec(spec, { constants: { q: integers(1) } }))).toContain(
      'there is no input "q" to fix',
    );
  });
});

describe("outputs", () => {
  const run = (spec: ModelSpec, ...inputs: TensorData[]) => {
    const main = mainOf(importSpec(spec));
    return { main, results: evaluateFunction(main, inputs, context) };
  };

  test("an output may be an input, a constant, or stand twice", () => {
    const { main, results } = run(
      {
        inputs: { x: { element: "f32", shape: [2] } },
        outputs: ["x", "w", "same", "again"],
        nodes: [
          { op: "Identity", inputs: ["x"], outputs: ["same"] },
          { op: "Identity", inputs: ["w"], outputs: ["again"] },
        ],
        initializers: { w: floats([2], 3, 4) },
      },
      floats([2], 1, 2),
    );
    expect(results.map(({ data }) => [...data])).toEqual([
      [1, 2],
      [3, 4],
      [1, 2],
      [3, 4],
    ]);
    expect(main.res_attrs?.map(String)).toEqual(
      ["x", "w", "same", "again"].map((name) => `{anemone.output = "${name}"}`),
    );
  });

  test("what no output needs is left out", () => {
    const { main } = run(
      {
        inputs: { x: { element: "f32", shape: [2] } },
        outputs: ["y"],
        nodes: [
          { op: "Exp", inputs: ["x"], outputs: ["unused"] },
          { op: "Relu", inputs: ["x"], outputs: ["y"] },
        ],
      },
      floats([2], -1, 2),
    );
    expect(main.body.onlyBlock.operations.map(({ name }) => name)).toEqual(["tensor.relu", "func.return"]);
  });

  test("names: locations carry the node's, hints are made identifiers", () => {
    const module = importSpec({
      inputs: { "in:0": { element: "f32", shape: [2] } },
      outputs: ["out/0"],
      nodes: [
        { op: "Exp", inputs: ["in:0"], outputs: ["block.1/exp"], name: "block1/Exp" },
        { op: "Relu", inputs: ["block.1/exp"], outputs: ["out/0"] },
      ],
    });
    const [exp, reluOperation] = mainOf(module).body.onlyBlock.operations;
    expect(locationText(exp!.location)).toBe('"block1/Exp"("model.onnx":1:1)');
    expect(locationText(reluOperation!.location)).toBe('"out/0"("model.onnx":2:1)');
    expect(exp!.results[0]?.nameHint).toBe("block_1_exp");
    expect(mainOf(module).body.onlyBlock.arguments[0]?.nameHint).toBe("in_0");
  });
});

describe("branches and functions", () => {
  const branches = {
    then_branch: {
      kind: "graph",
      value: onnxGraph({ outputs: ["a"], nodes: [{ op: "Exp", inputs: ["x"], outputs: ["a"] }] }),
    },
    else_branch: {
      kind: "graph",
      value: onnxGraph({ outputs: ["b"], nodes: [{ op: "Foo", inputs: ["x"], outputs: ["b"] }] }),
    },
  } as const;
  const conditional = (condition: TensorData | undefined): ModelSpec => ({
    inputs: { x: { element: "f32", shape: [2] }, ...(condition ? {} : { c: { element: "i1", shape: [] } }) },
    outputs: ["y"],
    nodes: [{ op: "If", inputs: ["c"], outputs: ["y"], attributes: branches }],
    initializers: condition ? { c: condition } : {},
  });

  test("a known condition takes one branch; the other may hold anything", () => {
    const taken: TensorData = { shape: [], element: "i1", data: Uint8Array.of(1) };
    expect(operationsOf(importSpec(conditional(taken)))).toEqual(["exp", "func.return"]);
  });

  test("a computed condition needs both branches", () => {
    expect(diagnosticOf(() => importSpec(conditional(undefined)))).toContain(
      'operator not supported: node Foo producing "b"',
    );
  });

  const node = (opType: string, inputs: string[], outputs: string[], more: Partial<OnnxNode> = {}): OnnxNode => ({
    name: "",
    opType,
    domain: "",
    overload: "",
    inputs,
    outputs,
    attributes: new Map(),
    docString: "",
    metadata: new Map(),
    ...more,
  });
  const body = (name: string, nodes: OnnxNode[]): OnnxFunction => ({
    name,
    domain: "mine",
    overload: "",
    inputs: ["a", "scale"],
    outputs: ["b"],
    attributes: [],
    attributeDefaults: new Map([["slope", { kind: "float", value: 0.5 }]]),
    nodes,
    opsets: new Map([["", 16]]),
    valueInfos: [],
    docString: "",
    metadata: new Map(),
  });
  const calling = (
    name: string,
    functions: OnnxFunction[],
    attributes: OnnxNode["attributes"] = new Map(),
  ): OnnxModel => {
    const model = load(relu(2));
    const nodes = [node(name, ["x"], ["y"], { domain: "mine", name: "call", attributes })];
    return { ...model, functions, opsets: new Map([...model.opsets, ["mine", 1]]), graph: { ...model.graph, nodes } };
  };
  const leaky = body("Leaky", [
    node("LeakyRelu", ["a"], ["b"], {
      name: "inside",
      attributes: new Map([["alpha", { kind: "reference", value: "slope", of: "float" }]]),
    }),
  ]);

  test("a function is imported in place, with its attributes and their defaults", () => {
    const alphas = [new Map(), new Map([["slope", { kind: "float", value: 0.25 }]] as const)].map((attributes) => {
      const [operation] = mainOf(importOnnx(calling("Leaky", [leaky], attributes), { context })).body.onlyBlock
        .operations;
      expect(operation?.name).toBe("tensor.leaky_relu");
      expect(locationText(operation!.location)).toBe(
        'callsite("inside"("model.onnx":1:1) at "call"("model.onnx":1:1))',
      );
      return operation?.attribute("alpha")?.text;
    });
    expect(alphas).toEqual(["0.5 : f64", "0.25 : f64"]);
  });

  test("an optional input that the caller leaves out is left out inside", () => {
    const clip = body("Limit", [node("Clip", ["a", "scale"], ["b"])]);
    expect(operationsOf(importOnnx(calling("Limit", [clip]), { context }))).toEqual(["func.return"]);
  });

  test("a function that calls itself is an error", () => {
    const loop = body("Loop", [node("Loop", ["a"], ["b"], { domain: "mine" })]);
    expect(diagnosticOf(() => importOnnx(calling("Loop", [loop]), { context }))).toContain(
      'the function "Loop" calls itself',
    );
  });
});

describe("refusals", () => {
  test("all unknown operators at once, with what is supported", () => {
    const text = diagnosticOf(() =>
      importSpec({
        inputs: { x: { element: "f32", shape: [2] } },
        outputs: ["y", "z"],
        nodes: [
          { op: "Frobnicate", inputs: ["x"], outputs: ["y"], name: "first" },
          { op: "Fuse", inputs: ["x"], outputs: ["z"], domain: "com.example" },
        ],
        domains: { "com.example": 2 },
      }),
    );
    expect(text).toContain("2 nodes have operators that are not supported");
    expect(text).toContain('node Frobnicate "first" (operator set ai.onnx 17)');
    expect(text).toContain('node com.example.Fuse producing "z" (operator set com.example 2)');
    expect(text).toMatch(/supported operators: Abs, Acos, .*Xor/);
  });

  test("an operator that is newer than the model's operator set", () => {
    const text = diagnosticOf(() =>
      importSpec({ ...relu(2), opset: 11, nodes: [{ op: "HardSwish", inputs: ["x"], outputs: ["y"] }] }),
    );
    expect(text).toContain("operator set ai.onnx 11, which is known from version 14");
  });

  const one = (op: string, more: Partial<ModelSpec["nodes"][number]> = {}, spec: Partial<ModelSpec> = {}) =>
    diagnosticOf(() =>
      importSpec({ ...relu(2, 3), ...spec, nodes: [{ op, inputs: ["x"], outputs: ["y"], name: "it", ...more }] }),
    );

  test.each([
    ["a missing input", one("Add"), 'node Add "it": input 1 is missing'],
    ["a missing attribute", one("Cast"), 'node Cast "it": attribute to is missing'],
    [
      "an attribute of the wrong kind",
      one("Flatten", { attributes: { axis: "1" } }),
      "attribute axis must be of kind int, but is string",
    ],
    [
      "an axis out of range",
      one("Softmax", { attributes: { axis: 2 } }),
      "axis must be from -2 to 1 for rank 2, but is 2",
    ],
    [
      "an unknown word",
      one("Gelu", { attributes: { approximate: "fast" } }, { opset: 20 }),
      'attribute approximate must be one of none, tanh, but is "fast"',
    ],
    [
      "an element type of none of ours",
      one("Cast", { attributes: { to: 8 } }),
      "the element type string is not supported",
    ],
    ["shapes that do not fit", one("MatMul", { inputs: ["x", "x"] }), 'node MatMul "it": matmul: expected'],
    [
      "an element type that the operator has not",
      one("BitwiseNot", {}, { opset: 18 }),
      "expected an integer element type, found f32",
    ],
    [
      "an output that is not supported",
      one(
        "MaxPool",
        { inputs: ["p"], outputs: ["y", "i"], attributes: { kernel_shape: [1, 1] } },
        { inputs: { p: { element: "f32", shape: [1, 1, 2, 2] } } },
      ),
      'output 1, "i", is not supported',
    ],
    [
      "four-dimensional convolution",
      one("Conv", { inputs: ["p", "p"] }, { inputs: { p: { element: "f32", shape: [1, 1, 2, 2, 2, 2] } } }),
      "4 spatial dimensions",
    ],
    [
      "training",
      one(
        "BatchNormalization",
        { inputs: ["x", "s", "s", "s", "s"], attributes: { training_mode: 1 } },
        { initializers: { s: floats([3], 1, 1, 1) } },
      ),
      "(training), which is not supported",
    ],
  ])("%s", (_, text, expected) => {
    expect(text).toContain(expected);
    expect(text).toMatch(/^model\.onnx.*error: /);
  });

  test("operator sets that are too old, but for operators that never changed", () => {
    const sum = { ...relu(2), opset: 3, nodes: [{ op: "Add", inputs: ["x", "x"], outputs: ["y"] }] };
    const text = diagnosticOf(() => importSpec(sum));
    expect(text).toContain("operator set 3 is not supported: 7 to 28 are");
    expect(text).toContain("node Add producing");
    expect(() => importSpec({ ...relu(2), opset: 3 })).not.toThrow();
  });

  test("a note for operator sets newer than what is known", () => {
    const notes: string[] = [];
    importSpec({ ...relu(2), opset: 99 }, { note: (message) => notes.push(message) });
    expect(notes).toEqual(["the model uses operator set 99; up to 28 are known, newer operators may differ"]);
  });
});
