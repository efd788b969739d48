/**
 * Programs of the tensor level written as ONNX: each op, against values by hand and against the reference semantics, run by
 * ONNX Runtime and read back by the importer; whole networks; and what ONNX cannot say.
 */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { arith } from "../dialects/arith/index.ts";
import { builtin } from "../dialects/builtin/index.ts";
import { func, functionOperation, functionsOf, moduleOperation } from "../dialects/func/index.ts";
import { tensorType } from "../dialects/tensor/declare.ts";
import { tensor } from "../dialects/tensor/index.ts";
import { computeCases } from "../dialects/tensor/op-cases.ts";
import { buildOn, caseName, data, type OpCase, opCase } from "../dialects/tensor/op-testing.ts";
import * as ops from "../dialects/tensor/ops.ts";
import { exportedOpset, exportOnnx, exportOnnxModel, exportRules } from "../frontends/onnx/export/index.ts";
import { modelInterface, unsupportedOperators } from "../frontends/onnx/import.ts";
import { decodeOnnxModel, readOnnxModel } from "../frontends/onnx/protobuf.ts";
import { loadCase } from "../frontends/onnx/test-data.ts";
import { DictionaryAttribute, StringAttribute } from "../ir/attributes.ts";
import { Context } from "../ir/context.ts";
import { evaluateFunction, evaluateOperation } from "../ir/evaluate.ts";
import { nameLocation } from "../ir/location.ts";
import type { Operation } from "../ir/operation.ts";
import { parse } from "../ir/parser/parse.ts";
import { type ElementName, elementCount, type TensorData } from "../ir/tensor-data.ts";
import { verifyAll } from "../ir/verifier.ts";
import { conformanceExceptions } from "./onnx-conformance-exceptions.ts";
import { referenceModels } from "./reference/reference-models.ts";
import { arbitraryModule } from "./testing/arbitrary-module.ts";
import { difference } from "./testing/compare.ts";
import { importFor } from "./testing/onnx-case.ts";
import { forAll, forAllAsync } from "./testing/property.ts";

const context = new Context([builtin, func, arith, tensor]);
const shared = resolve(import.meta.dirname, "../../shared/data");

const reference = referenceModels();

const roles = (role: string, names: readonly string[]) =>
  names.map((name) => DictionaryAttribute.get([[`anemone.${role}`, StringAttribute.get(name)]]));

/** A program of one operation whose operands are its inputs. */
function programOf({ definition, inputs, attributes }: OpCase): Operation {
  const types = inputs.map(({ shape, element }) => tensorType(shape, element));
  const template = buildOn(definition, types, attributes);
  const results = template.results.map(({ type }) => type);
  const main = functionOperation(
    "main",
    types,
    results,
    (builder, args) => {
      const copy = template.clone(new Map(template.operands.map((value, position) => [value, args[position]!])));
      builder.insert(copy);
      return copy.results;
    },
    {
      argumentAttributes: roles("input", inputNames(types.length)),
      resultAttributes: roles(
        "output",
        results.map((_, position) => `y${position}`),
      ),
    },
  );
  return moduleOperation([main], nameLocation("case"));
}

const inputNames = (count: number) => Array.from({ length: count }, (_, position) => `x${position}`);
const named = (inputs: readonly TensorData[]) =>
  Object.fromEntries(inputs.map((value, position) => [`x${position}`, value]));

/** Reads the model back and runs it by the reference semantics. */
function evaluateImported(bytes: Uint8Array, inputs: Readonly<Record<string, TensorData>>): readonly TensorData[] {
  const { module, parameters } = importFor(decodeOnnxModel(bytes, "exported.onnx"), inputs, context);
  return evaluateFunction(
    functionsOf(module).get("main")!,
    parameters.map((name) => inputs[name]!),
    context,
  );
}

/**
 * What ONNX Runtime says of nodes that ONNX defines and it has no kernel for: element types, LRN over an even number of
 * channels, Resize along dimensions other than the last ones, and fused nodes that its optimiser makes of f64.
 */
const withoutKernel =
  /NOT_IMPLEMENTED|Could not find an implementation|size_ % 2 == 1|mode only supports|kernel is not supported/;

/** Element types that ONNX Runtime passes to nobody. */
const withoutArray: ReadonlySet<ElementName> = new Set(["bf16", "i4", "ui4"]);

/** The exported model in ONNX Runtime; undefined where it has no kernel or no array for an element type. */
async function runReference(
  bytes: Uint8Array,
  inputs: Readonly<Record<string, TensorData>>,
  results: readonly TensorData[],
) {
  if ([...Object.values(inputs), ...results].some(({ element }) => withoutArray.has(element))) return undefined;
  try {
    return await (await reference(bytes)).run(inputs);
  } catch (error) {
    if (error instanceof Error && withoutKernel.test(error.message)) return undefined;
    throw error;
  }
}

function expectSame(found: TensorData | undefined, wanted: TensorData, what: string): void {
  expect(found === undefined ? "is missing" : difference(found, wanted), what).toBeUndefined();
}

/** Numbers that find mistakes: both signs, zeros, ties, and in floats an infinity and a NaN where asked for. */
function samples(element: ElementName, count: number, shift = 0): readonly number[] {
  const isFloat = element.startsWith("f") || element === "bf16";
  const pool = isFloat
    ? [0.5, -1.5, 2.5, 0, 3, -0.25, 1, -7]
    : element === "i1"
      ? [1, 0, 0, 1, 1]
      : element.startsWith("u")
        ? [5, 0, 3, 12, 1, 7]
        : [5, -3, 0, 7, -8, 1, 2];
  return Array.from({ length: count }, (_, index) => pool[(index * 3 + shift) % pool.length]!);
}

const value = (element: ElementName, shape: readonly number[], shift = 0) =>
  data(element, shape, samples(element, elementCount(shape), shift));

/** An op on sample operands (`last`: what the last one repeats), with what the reference semantics give; undefined where it does not take the element type. */
function sampleCase(
  definition: OpCase["definition"],
  element: ElementName,
  shapes: readonly (readonly number[])[],
  attributes: OpCase["attributes"] = {},
  last?: readonly number[],
): OpCase | undefined {
  const inputs = shapes.map((shape, position) => {
    if (last === undefined || position !== shapes.length - 1) return value(element, shape, 2 * position);
    return data(
      element,
      shape,
      Array.from({ length: elementCount(shape) }, (_, index) => last[index % last.length]!),
    );
  });
  try {
    const types = inputs.map((input) => tensorType(input.shape, input.element));
    const operation = buildOn(definition, types, attributes);
    if (verifyAll(operation, context).length > 0) return undefined;
    const expected = evaluateOperation(operation, inputs, context);
    return expected === undefined ? undefined : opCase(definition, inputs, attributes, ...expected);
  } catch {
    return undefined;
  }
}

const sampleElements: readonly ElementName[] =
  process.env.ANEMONE_LONG_TESTS === "1"
    ? ["f32", "f64", "f16", "bf16", "i1", "i4", "ui4", "i8", "ui8", "i16", "ui16", "i32", "ui32", "i64", "ui64"]
    : ["f32", "i4"];

const elementwiseCases = sampleElements.flatMap((element) => [
  ...[...ops.unaryOps, ...ops.activationOps].map((definition) => sampleCase(definition, element, [[2, 5]])),
  ...[...ops.binaryOps, ops.prelu].map((definition) => sampleCase(definition, element, [[2, 5], [5]])),
  element.endsWith("4") ? undefined : sampleCase(ops.pow, element, [[2, 5], [5]], {}, [0, 1, 2, 3]),
  sampleCase(ops.clip, element, [[2, 5]], { min: 1, max: 4 }),
  sampleCase(ops.gelu, element, [[2, 5]], { approximate: "tanh" }),
]);

const i32Values = (...values: readonly number[]) => data("i32", [values.length], values);
const selectCase = opCase(
  ops.select,
  [data("i1", [3], [1, 0, 1]), i32Values(1, 2, 3), i32Values(4, 5, 6)],
  {},
  i32Values(1, 5, 3),
);
const convertCases = (["i8", "ui4", "i4", "bf16", "i1"] as const).map((element) => {
  const source = i32Values(3, -2, 0, 300);
  const operation = buildOn(ops.convert, [tensorType([4], "i32")], { result: tensorType([4], element) });
  const [expected] = evaluateOperation(operation, [source], context)!;
  return opCase(ops.convert, [source], { result: tensorType([4], element) }, expected!);
});

/** What the tables of values by hand leave out: the paths on which several nodes stand for one op. */
const furtherCases: readonly (OpCase | undefined)[] = [
  selectCase,
  ...convertCases,
  sampleCase(ops.cumprod, "f32", [[3, 4]], { axis: 1, exclusive: true, reverse: true }),
  sampleCase(ops.cumprod, "i8", [[3, 4]], { axis: 0 }),
  sampleCase(ops.reduceL1, "f32", [[3, 4]], { axes: [] }),
  sampleCase(ops.reduceSumSquare, "f32", [[3, 4]], { axes: [] }),
  sampleCase(ops.reduceSum, "i8", [[3, 40]], { axes: [1] }),
  sampleCase(ops.lpNorm, "f32", [[3, 4]], { axis: 1, p: 3 }),
  sampleCase(ops.layerNorm, "f32", [[3, 4], [3, 4], [4]], { axis: 1 }),
  sampleCase(ops.instanceNorm, "f32", [[3, 4], [4], [4]], {}),
  sampleCase(ops.rmsNorm, "f16", [[3, 4], [4]], { axis: 1 }),
  sampleCase(
    ops.matmul,
    "f32",
    [
      [2, 4, 3],
      [2, 5, 4],
    ],
    { transpose_lhs: true, transpose_rhs: true },
  ),
  sampleCase(
    ops.matmul,
    "f32",
    [
      [4, 3],
      [5, 4],
    ],
    { transpose_lhs: true, transpose_rhs: true },
  ),
  sampleCase(
    ops.matmul,
    "i8",
    [
      [4, 30],
      [30, 4],
    ],
    {},
  ),
  sampleCase(ops.convTranspose2d, "f32", [[1, 2, 3, 3], [2, 2, 3, 3], [2]], {
    strides: [2, 2],
    padding: [1, 1, 1, 1],
    output_padding: [2, 1],
  }),
  sampleCase(ops.convTranspose2d, "f32", [[1, 2, 3, 3], [2, 2, 3, 3], [2]], {
    padding: [0, 0, 1, 1],
    output_padding: [3, 2],
  }),
  sampleCase(ops.maxPool2d, "i32", [[1, 2, 4, 4]], { kernel: [2, 2] }),
  sampleCase(ops.staticPad, "f32", [[3, 4]], { low: [-1, 2], high: [1, -1] }),
  sampleCase(ops.staticPad, "f32", [[3, 4]], { low: [-1, 2], high: [1, -1], mode: "reflect" }),
  sampleCase(ops.slice, "i4", [[3, 4]], { starts: [2, 0], sizes: [3, 2], strides: [-1, 2] }),
  sampleCase(ops.slice, "f32", [[3, 4]], { starts: [0, 0], sizes: [0, 4], strides: [1, 1] }),
  sampleCase(ops.staticReshape, "f32", [[0, 4]], { result: tensorType([2, 0], "f32") }),
  opCase(
    ops.reverseSequence,
    [value("f32", [2, 3, 2]), i32Values(1, 2)],
    { batch_axis: 2, time_axis: 1 },
    data(
      "f32",
      [2, 3, 2],
      (({ data: d }) => [d[0], d[3], d[2], d[1], d[4], d[5], d[6], d[9], d[8], d[7], d[10], d[11]].map(Number))(
        value("f32", [2, 3, 2]),
      ),
    ),
  ),
  opCase(
    ops.quantizeLinear,
    [data("f64", [2, 2], [1, 300, 3, -9]), data("f64", [2], [2, 1]), data("i32", [2], [10, 1])],
    { axis: 0 },
    data("i32", [2, 2], [10, 160, 4, -8]),
  ),
  opCase(
    ops.dequantizeLinear,
    [data("i32", [2, 2], [1, 300, 3, -9]), data("f32", [2], [2, 1]), data("i32", [2], [10, 1])],
    { axis: 1 },
    data("f32", [2, 2], [-18, 299, -14, -10]),
  ),
];

const cases = [...computeCases, ...elementwiseCases, ...furtherCases].filter((each) => each !== undefined);

const counts = { cases: 0, inRuntime: 0 };

describe("each op as ONNX nodes", () => {
  test.each(cases.map((each) => [`${caseName(each)} ${each.inputs.map(({ element }) => element).join()}`, each]))(
    "%s",
    async (_, each) => {
      const bytes = exportOnnx(programOf(each));
      const inputs = named(each.inputs);
      for (const [position, found] of evaluateImported(bytes, inputs).entries()) {
        expectSame(found, each.expected[position]!, `read back, result ${position}`);
      }
      const results = await runReference(bytes, inputs, each.expected);
      counts.cases++;
      if (results === undefined) return;
      counts.inRuntime++;
      for (const [position, wanted] of each.expected.entries()) {
        expectSame(results[`y${position}`], wanted, `ONNX Runtime, result ${position}`);
      }
    },
  );

  test("run in ONNX Runtime, most of them", () => {
    // The others are bf16 and 4-bit, which it takes from nobody, and a few types without a kernel.
    expect(counts.inRuntime).toBeGreaterThan(counts.cases / 2);
  });

  test("cover the dialect", () => {
    const covered = new Set(cases.map(({ definition }) => definition.name));
    expect(ops.computeOps.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([]);
    const rules = new Set(exportRules.map(({ name }) => name));
    expect(ops.computeOps.map(({ name }) => name).filter((name) => !rules.has(name))).toEqual([]);
  });
});

/** Numbers in [-1, 1) that are the same each time. */
function noise(shape: readonly number[], seed = 1): TensorData {
  let state = seed;
  const numbers = Float32Array.from({ length: elementCount(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return { shape, element: "f32", data: numbers };
}

const models = join(shared, "models");
const sampleRate: TensorData = { shape: [], element: "i64", data: BigInt64Array.of(16000n) };
const networks: { readonly [name: string]: { readonly path: string; readonly inputs: Record<string, TensorData> } } = {
  "MNIST CNN": { path: "mnist/mnist.onnx", inputs: { Input3: noise([1, 1, 28, 28]) } },
  "ResNet-20": { path: "resnet20-cifar10/resnet20-cifar10.onnx", inputs: { input: noise([2, 3, 32, 32]) } },
  "SqueezeNet 1.1": {
    path: "squeezenet1_1/squeezenet1_1-imagenet-caffe.onnx",
    inputs: { data_0: noise([1, 3, 227, 227]) },
  },
  "YuNet n": { path: "yunet/yunet_n_dynamic.onnx", inputs: { input: noise([1, 3, 64, 96]) } },
  "YuNet s": { path: "yunet/yunet_s_320_320.onnx", inputs: { input: noise([1, 3, 320, 320]) } },
  "Silero VAD": {
    path: "silero-vad/silero_vad_op18_ifless.onnx",
    inputs: { input: noise([1, 576]), sr: sampleRate, state: noise([2, 1, 128], 2) },
  },
};

describe("networks written and read back (skipped where ../shared/data/models is absent)", () => {
  for (const [name, { path: file, inputs }] of Object.entries(networks)) {
    const path = join(models, file);
    test.skipIf(!existsSync(path))(name, async () => {
      const original = readOnnxModel(path);
      const { inputs: ports, outputs } = modelInterface(original);
      const values = Object.fromEntries(Object.values(inputs).map((value, position) => [ports[position]!.name, value]));
      const { module } = importFor(original, values, context);
      const bytes = exportOnnx(module);
      const written = decodeOnnxModel(bytes, file);
      expect(modelInterface(written).outputs.map((port) => port.name)).toEqual(outputs.map((port) => port.name));
      const expected = await (await reference(path)).run(values);
      const found = await (await reference(bytes)).run(values);
      for (const { name: output } of outputs) expectSame(found[output], expected[output]!, output);
      // What is written says all that was read: writing it again gives the same bytes.
      const again = exportOnnx(importFor(written, values, context).module);
      expect(Buffer.from(again).equals(bytes), "written again").toBe(true);
    });
  }
});

const nodeCases = join(shared, "onnx-node");
const caseNames = existsSync(nodeCases)
  ? readdirSync(nodeCases)
      .filter((each) => each.startsWith("test_"))
      .sort()
  : [];
/** Every how many-th conformance case is written and read back. */
const step = process.env.ANEMONE_LONG_TESTS === "1" ? 1 : 61;

describe("conformance cases (skipped where ../shared/data/onnx-node is absent)", () => {
  for (const [position, name] of caseNames.entries()) {
    if (position % step !== 0 || conformanceExceptions[name] !== undefined) continue;
    test(name, async (check) => {
      const directory = join(nodeCases, name);
      const unknown = unsupportedOperators(readOnnxModel(join(directory, "model.onnx")));
      if (unknown.length > 0) check.skip(`unknown operators: ${unknown.join(", ")}`);
      const { model, dataSets } = loadCase(directory);
      const { inputs, outputs } = dataSets[0]!;
      const values = Object.fromEntries(inputs.map(({ name: input, data: given }) => [input, given]));
      const { module, parameters } = importFor(model, values, context);
      const bytes = exportOnnx(module);
      const given = Object.fromEntries(parameters.map((input) => [input, values[input]!]));
      const readBack = evaluateImported(bytes, given);
      for (const [index, wanted] of outputs.entries())
        expectSame(readBack[index], wanted.data, `read back, ${wanted.name}`);
      const found = await runReference(
        bytes,
        given,
        outputs.map(({ data: wanted }) => wanted),
      );
      for (const { name: output, data: wanted } of outputs) {
        if (found !== undefined) expectSame(found[output], wanted, `ONNX Runtime, ${output}`);
      }
    });
  }
});

describe("random programs", () => {
  /** The results of `@main` of a module, and of the model that it is written as. */
  const portsOf = (bytes: Uint8Array) => modelInterface(decodeOnnxModel(bytes, "random.onnx"));

  test("come back with the same meaning", () => {
    forAll(arbitraryModule([tensor], { continuous: true, maxSteps: 6 }), 20, (program) => {
      const module = program.build();
      const wanted = evaluateFunction(functionsOf(module).get("main")!, program.inputs, context);
      const bytes = exportOnnx(module);
      const names = portsOf(bytes).inputs.map(({ name }) => name);
      const given = Object.fromEntries(names.map((name, position) => [name, program.inputs[position]!]));
      for (const [position, found] of evaluateImported(bytes, given).entries())
        expectSame(found, wanted[position]!, `result ${position}`);
    });
  });

  test("give in ONNX Runtime what the reference semantics give", async () => {
    const programs = arbitraryModule([tensor], { continuous: true, maxSteps: 6, elements: ["f32"] });
    await forAllAsync(programs, 12, async (program) => {
      const module = program.build();
      const wanted = evaluateFunction(functionsOf(module).get("main")!, program.inputs, context);
      const bytes = exportOnnx(module);
      const { inputs, outputs } = portsOf(bytes);
      const given = Object.fromEntries(inputs.map(({ name }, position) => [name, program.inputs[position]!]));
      const found = await runReference(bytes, given, wanted);
      if (found === undefined) return;
      for (const [position, { name }] of outputs.entries()) expectSame(found[name], wanted[position]!, name);
    });
  });
});

describe("what the model keeps", () => {
  const program = `
    func.func @main(%x: tensor<1x4xf32> {anemone.input = "the input"}) ->
        (tensor<1x4xf32> {anemone.output = "out:0"}, tensor<1x4xf32> {anemone.output = "same"}, tensor<2xf32> {anemone.output = "list"}) {
      %weights = arith.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
      %list = arith.constant dense<[1.0, -0.0]> : tensor<2xf32>
      %sum = func.call @twice(%x) : (tensor<1x4xf32>) -> tensor<1x4xf32>
      %scaled = tensor.mul %sum, %weights : tensor<1x4xf32>, tensor<1x4xf32> loc("block/scale")
      %gated = tensor.silu %scaled : tensor<1x4xf32> loc("block/gate")
      return %gated, %x, %list : tensor<1x4xf32>, tensor<1x4xf32>, tensor<2xf32>
    }
    func.func private @twice(%y: tensor<1x4xf32>) -> tensor<1x4xf32> {
      %z = tensor.add %y, %y : tensor<1x4xf32>, tensor<1x4xf32>
      return %z : tensor<1x4xf32>
    }`;
  const { graph, opsets } = exportOnnxModel(parse(program, context));

  test("names of inputs, outputs, nodes, values and weights", () => {
    expect(opsets.get("")).toBe(exportedOpset);
    expect(graph.inputs.map(({ name }) => name)).toEqual(["the input"]);
    expect(graph.outputs.map(({ name }) => name)).toEqual(["out:0", "same", "list"]);
    expect([...graph.initializers.keys()].sort()).toEqual(["list_1", "weights"]);
    expect(graph.nodes.map(({ opType, name, inputs, outputs }) => [opType, name, inputs, outputs])).toEqual([
      ["Identity", "Identity", ["list_1"], ["list"]],
      ["Add", "Add", ["the input", "the input"], ["z"]],
      ["Mul", "block/scale", ["z", "weights"], ["scaled"]],
      ["Sigmoid", "block/gate", ["scaled"], ["block_gate_out"]],
      ["Mul", "block/gate_1", ["scaled", "block_gate_out"], ["out:0"]],
      ["Identity", "Identity_1", ["the input"], ["same"]],
    ]);
  });

  test("a large constant of one value is made by a node", () => {
    const text = `func.func @main() -> tensor<100x100xf32> {
      %c = arith.constant dense<0.5> : tensor<100x100xf32>
      return %c : tensor<100x100xf32>
    }`;
    const bytes = exportOnnx(parse(text, context));
    expect(bytes.length).toBeLessThan(400);
    const [result] = evaluateImported(bytes, {});
    expect(result!.data.length).toBe(10000);
    expect(result!.data.every((each) => each === 0.5)).toBe(true);
  });
});

describe("what ONNX cannot say is an error that names the operation and the reason", () => {
  const body = (types: string, lines: string, result: string) =>
    `func.func @main(%x: ${types}) -> ${result} {\n${lines}\n}`;
  const refused: readonly (readonly [string, string, RegExp])[] = [
    [
      "an exponent that is not whole",
      body(
        "tensor<1x1x4x4xf32>",
        '%y = tensor.lp_pool2d %x {kernel = array<i64: 2, 2>, p = 2.5 : f64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x3x3xf32> loc("pool")\nreturn %y : tensor<1x1x3x3xf32>',
        "tensor<1x1x3x3xf32>",
      ),
      /'tensor.lp_pool2d' "pool" cannot be written as ONNX: LpPool takes whole exponents from 1 up, not p = 2.5/,
    ],
    [
      "scales that give other sizes",
      body(
        "tensor<4xf32>",
        '%y = tensor.resize %x {mode = "linear", scales = array<f64: 1.9>} : (tensor<4xf32>) -> tensor<8xf32>\nreturn %y : tensor<8xf32>',
        "tensor<8xf32>",
      ),
      /'tensor.resize' cannot be written as ONNX: Resize takes scales or sizes, and dimension 0 has a scale of 1.9 from 4 to 8/,
    ],
    [
      "single elements",
      body(
        "tensor<4xf32>",
        "%i = arith.constant 1 : index\n%e = tensor.extract %x[%i] : tensor<4xf32>\n%y = tensor.from_elements %e : tensor<1xf32>\nreturn %y : tensor<1xf32>",
        "tensor<1xf32>",
      ),
      /'arith.constant' cannot be written as ONNX: it makes a value of type index, and ONNX knows tensors only/,
    ],
    [
      "open shapes",
      body("tensor<?xf32>", "return %x : tensor<?xf32>", "tensor<?xf32>"),
      /"x" is of type tensor<\?xf32>, not a tensor of static shape/,
    ],
    [
      "64 bits where ONNX has 32",
      body(
        "tensor<1x1x4x4xi64>",
        "%y = tensor.max_pool2d %x {kernel = array<i64: 2, 2>} : (tensor<1x1x4x4xi64>) -> tensor<1x1x3x3xi64>\nreturn %y : tensor<1x1x3x3xi64>",
        "tensor<1x1x3x3xi64>",
      ),
      /MaxPool takes f16, f32, f64, i8, ui8, and none of them holds every i64/,
    ],
    [
      "a function that calls itself",
      body(
        "tensor<4xf32>",
        "%y = func.call @main(%x) : (tensor<4xf32>) -> tensor<4xf32>\nreturn %y : tensor<4xf32>",
        "tensor<4xf32>",
      ),
      /@main calls itself/,
    ],
  ];
  test.each(refused)("%s", (_, text, message) => {
    expect(() => exportOnnx(parse(text, context))).toThrow(message);
  });
});
