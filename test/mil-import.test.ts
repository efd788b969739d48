/**
 * MIL programs that Apple's compiler wrote, on the devices of this machine: the voice detectors of the corpus with their weights,
 * against ONNX Runtime, and every other program with random weights, against the reference semantics.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CompiledNetwork, compile, defaultContext } from "../compiler/index.ts";
import { targetOf } from "../dialects/ane/index.ts";
import { type FunctionOperation, functionsOf } from "../dialects/func/index.ts";
import { BlobStorage } from "../dialects/mil/blob-storage/reader.ts";
import type { MilDocument, MilNumbers, MilTensorType, MilValue } from "../dialects/mil/document/document.ts";
import { program } from "../dialects/mil/index.ts";
import { moduleOf } from "../dialects/mil/module/index.ts";
import { readMilText } from "../dialects/mil/text/reader.ts";
import { flexibleShapes } from "../frontends/mil/flexible-shapes.ts";
import { specialise } from "../frontends/mil/specialise.ts";
import { encodeModel } from "../frontends/onnx/encode.ts";
import { exportOnnx } from "../frontends/onnx/export/index.ts";
import type { OnnxModel, OnnxNode } from "../frontends/onnx/model.ts";
import { readOnnxModel } from "../frontends/onnx/protobuf.ts";
import { onnxTensorOf, tensorDataOf } from "../frontends/onnx/tensor-values.ts";
import { evaluateFunction } from "../ir/evaluate.ts";
import type { Operation } from "../ir/operation.ts";
import { allocateElements, type ElementName, elementCount, setNumber, type TensorData } from "../ir/tensor-data.ts";
import { elementNameOf, f32, TensorType } from "../ir/types.ts";
import { milFindings } from "../lowering/mil-rules/index.ts";
import { milToTensor } from "../lowering/mil-to-tensor/index.ts";
import { instantiate } from "../passes/pass.ts";
import { PassManager } from "../passes/pass-manager.ts";
import type { ReferenceModel } from "./reference/onnxruntime.ts";
import { referenceModels } from "./reference/reference-models.ts";
import { difference } from "./testing/compare.ts";
import { longTests, longTestsNote, sharedData, testRoutes } from "./testing/networks.ts";
import { soundFrames, speechLike } from "./testing/speech.ts";

const corpus = join(sharedData, "mil");
const files = existsSync(corpus)
  ? readdirSync(corpus)
      .filter((name) => name.endsWith(".mil"))
      .sort()
  : [];

const reference = referenceModels();

function documentOf(file: string): MilDocument {
  return readMilText(readFileSync(join(corpus, file), "utf8"), { file });
}

/** The program as a function of tensor ops. */
function tensorFunction(module: Operation): FunctionOperation {
  new PassManager([instantiate(milToTensor)], defaultContext()).run(module);
  return functionsOf(module).get("main")!;
}

// ------------------------------------------------------------------------------------------------------ voice detectors

const detectors = ["silero-vad-unified-v6.0.0", "unified_int8", "unified_mixed", "unified_palette_4bit"].map(
  (name) => ({
    name,
    file: `FluidInference_mobius__${name}.mil`,
    weights: join(corpus, "weights", `FluidInference_mobius__${name}.weight.bin`),
  }),
);
const onnxPath = join(sharedData, "models/silero-vad/silero_vad_op18_ifless.onnx");
const missing = [...detectors.map(({ weights }) => weights), onnxPath].find((path) => !existsSync(path));
const skipNote = missing === undefined ? "" : `SKIPPED: ${missing} is absent`;

interface Detector {
  readonly document: MilDocument;
  readonly module: Operation;
  /** The constants of the program by name, compressed ones expanded, in plain numbers. */
  readonly constants: ReadonlyMap<string, TensorData>;
}

/** The program as it is, or with every fp16 made fp32: then nothing but the order of sums may differ from ONNX. */
function openDetector({ file, weights }: (typeof detectors)[number], precision: "fp16" | "fp32"): Detector {
  const text = readFileSync(join(corpus, file), "utf8");
  const wide = text.replaceAll("tensor<fp16,", "tensor<fp32,").replaceAll('("fp16")', '("fp32")');
  const document = readMilText(precision === "fp16" ? text : wide, { file });
  const storage = BlobStorage.open(weights);
  const stored = (offset: number, type: MilTensorType): MilNumbers => {
    if (type.element !== "fp32") return storage.numbers(offset, type);
    try {
      return storage.numbers(offset, type);
    } catch {
      return floatsOf("fp16", storage.numbers(offset, { ...type, element: "fp16" }));
    }
  };
  const numbersOf = ({ type, content }: MilValue): MilNumbers => {
    if (type.kind === "tensor" && content.kind === "blob") return stored(content.offset, type);
    if (content.kind === "numbers") return content.numbers;
    throw new Error(`no numbers: ${content.kind}`);
  };
  const module = moduleOf(document, { file, weights: ({ offset }, type) => stored(offset, type) });
  const constants = new Map<string, TensorData>();
  for (const { mnemonic, results, attributes } of document.functions[0]!.block.operations) {
    const [result] = results;
    if (result?.type.kind !== "tensor" || result.type.element === "string") continue;
    const value = (name: string) => attributes.find((each) => each.name === name)!.value;
    const floats = (name: string) => {
      const { type } = value(name);
      return floatsOf(type.kind === "tensor" ? type.element : "fp32", numbersOf(value(name)));
    };
    const { shape } = result.type;
    const sizes = shape.map((size) => size ?? 0);
    const keep = (numbers: Float32Array<ArrayBuffer>) =>
      constants.set(result.name, { shape: sizes, element: "f32", data: numbers });
    if (mnemonic === "const") keep(floats("val"));
    if (mnemonic === "constexpr_affine_dequantize") keep(affine(floats, sizes));
    if (mnemonic === "constexpr_lut_to_dense") keep(palette(numbersOf(value("indices")), floats("lut"), sizes));
  }
  return { document, module, constants };
}

/** fp16 is in its bits. */
function floatsOf(element: string, numbers: MilNumbers): Float32Array<ArrayBuffer> {
  if (element !== "fp16") return Float32Array.from(numbers, Number);
  return Float32Array.from(new Float16Array(Uint16Array.from(numbers, Number).buffer));
}

/** scale·(code - zero point), a scale per index of the first dimension: written out once more, for comparison. */
function affine(floats: (name: string) => Float32Array, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const [codes, scale, zero] = [floats("quantized_data"), floats("scale"), floats("zero_point")];
  expect(floats("axis")[0]).toBe(0);
  const perRow = elementCount(shape) / shape[0]!;
  return Float32Array.from(codes, (code, index) => {
    const row = Math.floor(index / perRow);
    return Math.fround((scale[row] ?? scale[0]!) * (code - (zero[row] ?? zero[0]!)));
  });
}

/** Entries of a table of 16, two indices in a byte, the first in the low half. */
function palette(indices: MilNumbers, table: Float32Array, shape: readonly number[]): Float32Array<ArrayBuffer> {
  expect(table.length).toBe(16);
  return Float32Array.from({ length: elementCount(shape) }, (_, index) => {
    return table[(Number(indices[index >> 1]) >> (index % 2 === 0 ? 0 : 4)) & 15]!;
  });
}

/**
 * The ONNX model with the weights of a MIL program. What is the same: the frame of 64 + 512 samples at 16 kHz, the padding by
 * reflection, the transform (its weights are the same numbers), four convolutions, the LSTM cell, the last convolution. What is not:
 *
 * - the trained weights: those of the two files come from different trainings (they do not correlate), so that the files
 *   themselves agree in what they hear but not in numbers;
 * - MIL adds 2^-24 below the square root, which counts in pauses; the node for it is put in here as well. It limits activations to
 *   10,000, which no sound reaches, and computes in fp16 but for the LSTM;
 * - the LSTM's biases are summed and its gates are in the order input, forget, output, cell (ONNX: input, forget, cell, output);
 * - states are two inputs [1, 128] instead of one [2, 1, 128], and there is no sample rate: the branch for 8 kHz is left out.
 */
function withWeights(model: OnnxModel, constants: Detector["constants"]): OnnxModel {
  const constant = (name: string) => {
    const names = ["", "_to_fp16"].flatMap((half) =>
      ["", "_quantized", "_palettized"].map((form) => name + half + form),
    );
    const found = names.map((each) => constants.get(each)).find((each) => each !== undefined);
    if (found === undefined) throw new Error(`the program has no constant ${name}`);
    return found;
  };
  /** Rows of the gates input, forget, output, cell as input, forget, cell, output. */
  const gates = ({ shape, data }: TensorData): TensorData => {
    const part = data.length / 4;
    const ordered = new Float32Array(data.length);
    for (const [place, gate] of [0, 1, 3, 2].entries())
      for (let index = 0; index < part; index++) ordered[place * part + index] = Number(data[gate * part + index]);
    return { shape, element: "f32", data: ordered };
  };
  const replaced: Record<string, TensorData> = {
    "model.stft.forward_basis_buffer": constant("stft_forward_basis"),
    "model.decoder.rnn.weight_ih": gates(constant("concat_1")),
    "model.decoder.rnn.weight_hh": gates(constant("concat_2")),
    "model.decoder.rnn.bias_ih": gates(constant("concat_0")),
    "model.decoder.rnn.bias_hh": { shape: [512], element: "f32", data: new Float32Array(512) },
    "model.decoder.decoder.2.weight": constant("decoder_final_conv_weight"),
    "model.decoder.decoder.2.bias": constant("decoder_final_conv_bias"),
  };
  for (const layer of [0, 1, 2, 3]) {
    for (const part of ["weight", "bias"])
      replaced[`model.encoder.${layer}.reparam_conv.${part}`] = constant(`encoder_layers_${2 * layer}_${part}`);
  }
  const initializers = new Map(model.graph.initializers);
  for (const [name, data] of Object.entries(replaced)) {
    expect(initializers.get(name)?.shape, name).toEqual(data.shape);
    initializers.set(name, onnxTensorOf(name, data));
  }
  const epsilon: TensorData = { shape: [], element: "f32", data: Float32Array.of(2 ** -24) };
  initializers.set("epsilon", onnxTensorOf("epsilon", epsilon));
  return { ...model, graph: { ...model.graph, initializers, nodes: model.graph.nodes.map(withEpsilon) } };
}

/** In the branches: √(x + epsilon) for √x. */
function withEpsilon(node: OnnxNode): OnnxNode {
  const attributes = new Map(node.attributes);
  for (const [name, attribute] of attributes) {
    if (attribute.kind !== "graph") continue;
    const nodes = attribute.value.nodes.flatMap((each): OnnxNode[] => {
      if (each.opType !== "Sqrt") return [each];
      const sum = { ...each, opType: "Add", name: "", inputs: [...each.inputs, "epsilon"], outputs: ["shifted"] };
      return [sum, { ...each, inputs: ["shifted"] }];
    });
    attributes.set(name, { kind: "graph", value: { ...attribute.value, nodes } });
  }
  return { ...node, attributes };
}

const sampleRate: TensorData = { shape: [], element: "i64", data: BigInt64Array.of(16000n) };
const zeros = (...shape: number[]): TensorData => ({
  shape,
  element: "f32",
  data: new Float32Array(elementCount(shape)),
});
const frameOf = (data: Float32Array<ArrayBuffer>): TensorData => ({ shape: [1, data.length], element: "f32", data });
const copied = (tensor: TensorData): TensorData => ({ ...tensor, data: tensor.data.slice() });

/** What is known behind a frame. */
interface Heard {
  readonly said: number;
  readonly hidden: TensorData;
  readonly cell: TensorData;
}
const silence: Heard = { said: 0, hidden: zeros(1, 128), cell: zeros(1, 128) };
type Listener = (frame: TensorData, before: Heard) => Promise<Heard>;

const sound = speechLike(1.6, 16000);

/** What a detector hears in each frame; `before` says with what it comes there, its own last state unless stated. */
async function hear(listener: Listener, before?: readonly Heard[]): Promise<readonly Heard[]> {
  const heard: Heard[] = [];
  for (const frame of soundFrames(sound, 512, 64)) {
    const states = before ?? heard;
    heard.push(await listener(frameOf(frame), states[heard.length - 1] ?? silence));
  }
  return heard;
}

const onnxListener =
  (model: ReferenceModel): Listener =>
  async (input, { hidden, cell }) => {
    const state: TensorData = {
      shape: [2, 1, 128],
      element: "f32",
      data: Float32Array.from([...hidden.data, ...cell.data], Number),
    };
    const { output, stateN } = await model.run({ input, sr: sampleRate, state });
    const half = (start: number): TensorData => ({
      shape: [1, 128],
      element: "f32",
      data: Float32Array.from(stateN!.data.slice(start, start + 128), Number),
    });
    return { said: Number(output!.data[0]), hidden: half(0), cell: half(128) };
  };

const milListener =
  ({ program }: CompiledNetwork): Listener =>
  async (audio_input, { hidden, cell }) => {
    const found = program.run({ audio_input, hidden_state: hidden, cell_state: cell });
    return {
      said: Number(found.vad_output!.data[0]),
      hidden: copied(found.new_hidden_state!),
      cell: copied(found.new_cell_state!),
    };
  };

describe.skipIf(missing !== undefined)(`Silero VAD as Apple's compiler wrote it ${skipNote}`, () => {
  const onnx = missing === undefined ? readOnnxModel(onnxPath) : undefined;

  test("the transform's weights are those of the ONNX model, the trained ones are others", () => {
    const { constants } = openDetector(detectors[0]!, "fp16");
    const correlation = (a: TensorData, b: TensorData) => {
      let [ab, aa, bb] = [0, 0, 0];
      for (const [index, value] of a.data.entries()) {
        const [x, y] = [Number(value), Number(b.data[index])];
        [ab, aa, bb] = [ab + x * y, aa + x * x, bb + y * y];
      }
      return ab / Math.sqrt(aa * bb);
    };
    const initializer = (name: string) => tensorDataOf(onnx!.graph.initializers.get(name)!);
    const basis = initializer("model.stft.forward_basis_buffer");
    expect(correlation(constants.get("stft_forward_basis_to_fp16")!, basis)).toBeGreaterThan(0.999999);
    const first = initializer("model.encoder.0.reparam_conv.weight");
    expect(Math.abs(correlation(constants.get("encoder_layers_0_weight_to_fp16")!, first))).toBeLessThan(0.05);
  });

  /** Programs by number, with the precision and route: two of them, or all. The others are evaluated. */
  const compiled: ReadonlySet<string> = new Set(["0 fp16 LLVM", "3 fp32 WebAssembly"]);
  for (const [position, detector] of detectors.entries()) {
    for (const { name: route, options, missing: absent } of testRoutes) {
      for (const precision of ["fp16", "fp32"] as const) {
        if (route === "ane-virtual" || !(longTests || compiled.has(`${position} ${precision} ${route}`))) continue;
        const title = `${detector.name} in ${precision} hears what the ONNX model with its weights hears, ${route}`;
        test.skipIf(absent !== undefined)(`${title} ${absent ?? ""}`, async () => {
          const { module, constants } = openDetector(detector, precision);
          using network = await compile(module, options);
          const inputs = ["audio_input", "cell_state", "hidden_state"];
          expect(network.program.inputs.map((input) => input.name)).toEqual(inputs);
          const wanted = await hear(onnxListener(await reference(encodeModel(withWeights(onnx!, constants)))));
          const said = wanted.map((each) => each.said);
          // Speech and pauses both occur, so that equality says something.
          expect(Math.max(...said)).toBeGreaterThan(0.5);
          expect(Math.min(...said)).toBeLessThan(0.2);
          const listener = milListener(network);
          // From ONNX's state in each frame, and from its own, where differences add up. In pauses fp16 rounds off whole
          // frequencies, whose sums are small.
          const allowed = precision === "fp32" ? { said: 2e-5, states: 1e-4 } : { said: 0.03, states: 0.06 };
          for (const states of [wanted, undefined]) {
            for (const [frame, found] of (await hear(listener, states)).entries()) {
              const where = `frame ${frame}, from ${states === undefined ? "its own state" : "the reference's state"}`;
              const expected = wanted[frame]!;
              expect(Math.abs(found.said - expected.said), where).toBeLessThan(allowed.said);
              if (precision === "fp16" && states === undefined) continue;
              expect(difference(found.hidden, expected.hidden, allowed.states), where).toBeUndefined();
              expect(difference(found.cell, expected.cell, allowed.states), where).toBeUndefined();
            }
          }
        });
      }
    }
  }

  for (const position of [1, 2]) {
    test(`${detectors[position]!.name}: some frames by the reference semantics`, async () => {
      const { module, constants } = openDetector(detectors[position]!, "fp32");
      const main = tensorFunction(module);
      const wanted = await hear(onnxListener(await reference(encodeModel(withWeights(onnx!, constants)))));
      for (const frame of [10, 30]) {
        const { hidden, cell } = wanted[frame - 1]!;
        const samples = [...soundFrames(sound, 512, 64)][frame]!;
        const [said, newHidden, newCell] = evaluateFunction(main, [frameOf(samples), cell, hidden], defaultContext());
        expect(Number(said!.data[0])).toBeCloseTo(wanted[frame]!.said, 4);
        expect(difference(newHidden!, wanted[frame]!.hidden)).toBeUndefined();
        expect(difference(newCell!, wanted[frame]!.cell)).toBeUndefined();
      }
    });
  }

  test("the engine is refused, because of the LSTM", () => {
    const { module } = openDetector(detectors[0]!, "fp16");
    const found = milFindings(module, { route: "e5rt", target: targetOf("h16s") });
    const recurrent = found.find(({ operation }) => operation.name === "mil.lstm");
    expect(recurrent?.severity).toBe("error");
    expect(recurrent?.message).toMatch(/expected .*, found .*; /);
  });
});

// ------------------------------------------------------------------------------------------------------ other programs

/** Numbers in [-1, 1) that are the same each time. */
function* random(seed: number): Generator<number, never> {
  let state = (seed * 2654435761) >>> 0;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 31 - 1;
  }
}

/** Weights for a program that came without its file: small, so that no sum leaves the range of fp16. */
function randomWeights({ offset }: { readonly offset: number }, { element, shape }: MilTensorType): MilNumbers {
  const numbers = random(offset + 1);
  const list = Float64Array.from(
    { length: elementCount(shape.map((size) => size ?? 0)) },
    () => 0.1 * numbers.next().value,
  );
  if (element === "fp16") return new Uint16Array(Float16Array.from(list).buffer);
  if (element === "fp32") return Float32Array.from(list);
  throw new Error(`no random weights of ${element}`);
}

function randomInput(seed: number, type: TensorType): TensorData {
  const element: ElementName = elementNameOf(type.element)!;
  const data: TensorData = { shape: type.shape, element, data: allocateElements(element, type.count) };
  const numbers = random(seed);
  for (let index = 0; index < type.count; index++) {
    const value = numbers.next().value;
    // Whole numbers are positions in the programs of the corpus.
    setNumber(data, index, element.startsWith("f") ? value : Math.abs(Math.trunc(4 * value)));
  }
  return data;
}

const detectorFiles = new Set(detectors.map(({ file }) => file));
/** What the reference semantics run in seconds; the others are left to ONNX Runtime, on the program written as ONNX. */
const slow = [
  "DecodeAttentionQKVGenerator",
  "FactoredGenerationRMSNormClassifierGenerator",
  "RWKVStyleTwoStepRecurrentGenerator",
];
const isEvaluated = (file: string) => quick.has(file) || slow.some((name) => file.endsWith(`${name}.mil`));
/** What they run in a moment. */
const quick = new Set([
  "FluidInference_FluidAudio__Argmax.mil",
  "FluidInference_FluidAudio__TokenDurationPrediction.mil",
  "FluidInference_FluidAudio__TransposeEncoder.mil",
  "apple_coremltools__add_model.mil",
  "christopherkarani_swift-ane__conv.mil",
  "christopherkarani_swift-ane__fused_qkv.mil",
  "jafreck_ironmill__base.mil",
  "joshuaswarren_ane-linux-experiments__h14-anec-matvec.mil",
]);

/** fp16 sums in another order: an error of some steps of the last bit, relative to the greatest number. */
const tolerance = 0.01;

describe.skipIf(files.length === 0)(`programs of the corpus with random weights (${longTestsNote})`, () => {
  for (const file of files) {
    if (detectorFiles.has(file) || !(longTests || quick.has(file))) continue;
    const { missing: absent, options } = testRoutes[quick.has(file) && !longTests ? 1 : 0]!;
    test.skipIf(absent !== undefined)(`${file} ${absent ?? ""}`, async () => {
      const document = documentOf(file);
      const module = moduleOf(document, { file, weights: randomWeights });
      for (const each of module.regions[0]!.onlyBlock.operations) {
        // Open sizes are those that the file gives as defaults.
        if (program.matches(each))
          specialise(program.cast(each), { shapes: {}, flexible: flexibleShapes(document, undefined), file });
      }
      using network = await compile(module, options);
      const tensors = module.clone();
      const main = tensorFunction(tensors);
      const names = network.program.inputs.map(({ name }) => name);
      const inputs = main.function_type.inputs.map((type, position) => {
        if (!(type instanceof TensorType)) throw new Error(`an input of type ${type}`);
        return randomInput(position + 1, type);
      });
      const given = Object.fromEntries(names.map((name, position) => [name, inputs[position]!]));
      const found = network.program.run(given);
      const outputs = network.program.outputs.map(({ name }) => name);
      const results = isEvaluated(file)
        ? evaluateFunction(main, inputs, defaultContext())
        : await (await reference(exportOnnx(tensors)))
            .run(given)
            .then((wanted) => outputs.map((name) => wanted[name]!));
      expect(results.length).toBe(outputs.length);
      for (const [position, name] of outputs.entries())
        expect(
          difference(found[name]!, results[position]!, isWhole(results[position]!) ? undefined : tolerance),
          name,
        ).toBeUndefined();
    });
  }

  test("the list of quick programs is of this corpus", () => {
    expect([...quick].filter((file) => !files.includes(file))).toEqual([]);
  });
});

function isWhole({ element }: TensorData): boolean {
  return !element.startsWith("f") && element !== "bf16";
}

const digits = { mil: "jafreck_ironmill__base.mil", onnx: join(sharedData, "models/mnist/mnist.onnx") };
const digitsMissing =
  files.includes(digits.mil) && existsSync(digits.onnx) ? "" : "SKIPPED: the corpus or the model is absent";

test.skipIf(digitsMissing !== "")(
  `a network of digits, its weights in the text, gives what its ONNX model gives ${digitsMissing}`,
  async () => {
    const module = moduleOf(documentOf(digits.mil), { file: digits.mil });
    using network = await compile(module, { device: "cpu", llvm: false });
    const inputs = { Input3: randomInput(7, TensorType.get([1, 1, 28, 28], f32)) };
    const wanted = await (await reference(digits.onnx)).run(inputs);
    expect(difference(network.program.run(inputs).Plus214_Output_0!, wanted.Plus214_Output_0!)).toBeUndefined();
  },
);

test("what no engine has runs on the CPU, where no device is asked for", async () => {
  const text = `program(1.3)[buildInfo = dict<string, string>({})] {
    func main<ios16>(tensor<fp32, [1, 4]> x) {
      tensor<fp32, [1, 4]> y = tan(x = x)[name = string("y")];
    } -> (y);
  }`;
  const module = moduleOf(readMilText(text, { file: "tangents.mil" }), { file: "tangents.mil" });
  await expect(compile(module, { device: "ane-virtual", llvm: false })).rejects.toThrow(
    /found tan: there is no table for it/,
  );
  using network = await compile(module, { llvm: false });
  expect(network.device).toBe("cpu");
  const angles = [0, 0.5, 1, -1];
  const line = (values: readonly number[]): TensorData => ({
    shape: [1, 4],
    element: "f32",
    data: Float32Array.from(values),
  });
  const x = line(angles);
  const wanted = line(angles.map(Math.tan));
  expect(difference(network.program.run({ x }).y!, wanted)).toBeUndefined();
});
