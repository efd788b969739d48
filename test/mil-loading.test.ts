/**
 * MIL programs from files: text, model, package and compiled folder are the same program, weights are found and checked, open sizes
 * get values, and what comes out runs on the CPU and on the virtual engine.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, lowerTo } from "../compiler/index.ts";
import { BlobWriter, ModelWeights } from "../dialects/mil/blob-storage/index.ts";
import { inCompilerForm } from "../dialects/mil/document/compiler-form.ts";
import type { MilDocument } from "../dialects/mil/document/document.ts";
import { moduleOf } from "../dialects/mil/module/index.ts";
import {
  type ModelDescription,
  modelOf,
  readMlmodel,
  writeMlmodel,
  writeMlpackage,
} from "../dialects/mil/protobuf/index.ts";
import { readMilText } from "../dialects/mil/text/reader.ts";
import { withShapeInformation } from "../frontends/mil/flexible-shapes.ts";
import { importMil } from "../frontends/mil/import.ts";
import { openModel } from "../frontends/mil/open-model.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { print } from "../ir/printer/print.ts";
import { elementCount, type TensorData } from "../ir/tensor-data.ts";
import { emitMil } from "../lowering/mil-to-text/index.ts";
import { compileCommand } from "../tools/commands/compile.ts";
import { randomTensor } from "../tools/inputs.ts";
import { difference } from "./testing/compare.ts";
import { writeRandomWeights } from "./testing/mil-weights.ts";
import { longTests } from "./testing/networks.ts";
import { forAll } from "./testing/property.ts";
import { refusalOf } from "./testing/refusal.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mil-loading-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const messageOf = (action: () => unknown) => refusalOf(action).replaceAll(`${folder}/`, "");

/** y = relu(W x + 1), with W in the weight file. */
const program = (path = "@model_path/weights/weight.bin", offset = 64, element = "fp16") => `program(1.3)
[buildInfo = dict<string, string>({{"coremlc-version", "3600.25.1"}})]
{
    func main<ios18>(tensor<fp16, [2, 3]> x) {
        tensor<${element}, [3, 4]> w = const()[name = string("w"), val = tensor<${element}, [3, 4]>(BLOBFILE(path = string("${path}"), offset = uint64(${offset})))];
        tensor<fp16, [2, 4]> p = matmul(transpose_x = bool(false), transpose_y = bool(false), x = x, y = w)[name = string("p")];
        tensor<fp16, [2, 4]> s = add(x = p, y = fp16(0x1p+0))[name = string("s")];
        tensor<fp16, [2, 4]> y = relu(x = s)[name = string("y")];
    } -> (y);
}
`;

const weights = Float16Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, -10, -11, -12]);

function weightFile(): BlobWriter {
  const writer = new BlobWriter();
  writer.addElements("fp16", new Uint16Array(weights.buffer));
  return writer;
}

/** Writes `name` below the test's folder, and the weights beside it. */
function written(name: string, content: string | Uint8Array, bytes: Uint8Array | undefined = weightFile().finish()) {
  const path = join(folder, name);
  mkdirSync(join(path, "../weights"), { recursive: true });
  writeFileSync(path, content);
  if (bytes === undefined) rmSync(join(path, "../weights/weight.bin"), { force: true });
  else writeFileSync(join(path, "../weights/weight.bin"), bytes);
  return path;
}

async function outputsOf(
  path: string,
  device: "cpu" | "ane-virtual",
  inputs?: Record<string, TensorData>,
): Promise<Record<string, TensorData>> {
  using network = await compile(path, { device });
  const { program } = network;
  const given =
    inputs ??
    Object.fromEntries(program.inputs.map(({ name, type }) => [name, randomTensor(type.shape, type.element, 0)]));
  return program.run(given);
}

describe("one program in five forms", () => {
  const paths: Record<string, string> = {};
  beforeAll(() => {
    const document = readMilText(program());
    paths.mil = written("forms/model.mil", program());
    paths.mlmodel = written("forms/model.mlmodel", writeMlmodel(modelOf(document)));
    paths.mlmodelc = join(written("model.mlmodelc/model.mil", program()), "..");
    // A folder of any name that holds a program, as `compile --emit mil` writes it.
    paths.folder = join(written("emitted/model.mil", program()), "..");
    paths.mlpackage = join(folder, "model.mlpackage");
    writeMlpackage(paths.mlpackage, modelOf(document), weightFile());
  });

  test.each([
    ["mil", "ane-virtual"],
    ["mlpackage", "cpu"],
  ] as const)("%s runs on %s", async (form, device) => {
    const x: TensorData = { shape: [2, 3], element: "f16", data: Float16Array.of(1, 0, 0, 0, 0, 1) };
    const { y } = await outputsOf(paths[form]!, device, { x });
    expect([...(y?.data ?? [])]).toEqual([2, 3, 4, 5, 10, 0, 0, 0]);
  });

  test("the modules are the same, up to places in text", () => {
    const texts = Object.values(paths).map((path) => print(importMil(path)));
    expect(texts).toHaveLength(5);
    for (const text of texts) expect(text).toBe(texts[0]);
  });

  test("a package that is made of a lowered program reads back equal, with the same weights", async () => {
    const emitted = emitMil(lowerTo(paths.mil!, "mil", { route: "ane" }).module);
    const path = join(folder, "emitted.mlpackage");
    writeMlpackage(path, modelOf(emitted.document), emitted.blobs);
    const opened = openModel(path);
    expect(withoutPositions(opened.document)).toEqual(withoutPositions(emitted.document));
    const stored = opened.weights.storage("@model_path/weights/weight.bin");
    expect(Buffer.compare(stored.bytes, emitted.weights)).toBe(0);
    const x = { x: randomTensor([2, 3], "f16", 3) };
    expect(await outputsOf(path, "cpu", x)).toEqual(await outputsOf(paths.mil!, "cpu", x));
  });
});

test("compile --emit mil and mlpackage write one program and the same weights", async () => {
  const source = written("emit/model.mil", program());
  const emit = (form: string, output: string) =>
    compileCommand(source, { output: join(folder, output), emit: form, target: "h16s", shape: [], load: [] });
  await emit("mlpackage", "emit/out.mlpackage");
  await emit("mil", "emit/out");
  const [model, text] = [openModel(join(folder, "emit/out.mlpackage")), openModel(join(folder, "emit/out/model.mil"))];
  expect(withoutPositions(model.document)).toEqual(withoutPositions(text.document));
  const path = "@model_path/weights/weight.bin";
  expect(Buffer.compare(model.weights.storage(path).bytes, text.weights.storage(path).bytes)).toBe(0);
  await expect(emit("mlpackage", "emit/out")).rejects.toThrow(/a folder whose name ends in \.mlpackage/);
});

/** What only text has. */
function withoutPositions(document: MilDocument): unknown {
  return JSON.parse(
    JSON.stringify(document, (key, value: unknown) => {
      if (key === "position") return undefined;
      if (typeof value === "bigint") return `${value}`;
      return ArrayBuffer.isView(value)
        ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")
        : value;
    }),
  );
}

describe("weights that are not right", () => {
  const load = (text: string, bytes?: Uint8Array | undefined) => {
    const path = written("wrong/model.mil", text, bytes);
    return messageOf(() => importMil(path));
  };

  test("a missing file", () => {
    const path = written("wrong/model.mil", program(), undefined);
    rmSync(join(folder, "wrong/weights"), { recursive: true });
    expect(messageOf(() => importMil(path))).toMatch(
      /^wrong\/model\.mil:5:\d+: error: the program names the weight file "@model_path\/weights\/weight\.bin", but there is no wrong\/weights\/weight\.bin/,
    );
  });

  test.each([
    "@model_path/../../etc/passwd",
    "@model_path/weights/../../x.bin",
    "/etc/passwd",
    "weights/weight.bin",
    "@model_path/",
    "@model_path//etc/passwd",
    "@model_path/./x",
    "@model_path/a\\\\b",
  ])("the path %s", (path) => {
    expect(load(program(path))).toMatch(
      /^wrong\/model\.mil:5:\d+: error: weights are named by a path below @model_path/,
    );
  });

  test("a folder for a file", () => {
    expect(load(program("@model_path/weights"))).toContain("is no file");
  });

  test("another type, another size, no record, a file that is cut", () => {
    const bytes = weightFile().finish();
    const file = /wrong\/weights\/weight\.bin: error: /;
    expect(load(program(undefined, 64, "int8"))).toMatch(file);
    expect(load(program(undefined, 64, "int8"))).toContain("at offset 64 holds fp16, but the program states int8");
    expect(load(program(undefined, 128))).toContain("expected at offset 128");
    expect(load(program(undefined, 2 ** 52))).toContain(`outside of the weight file (${bytes.length} bytes)`);
    const larger = program().replaceAll("[3, 4]", "[3, 5]").replaceAll("[2, 4]", "[2, 5]");
    expect(load(larger)).toContain("holds 12 elements of fp16 (24 bytes), but the program states 15");
    for (let length = 0; length < bytes.length; length += 7)
      expect(load(program(), bytes.subarray(0, length))).toMatch(file);
  });
});

test("a damaged model is imported, or refused with a diagnostic", () => {
  const whole = writeMlmodel(modelOf(readMilText(program())));
  const path = written("damaged/model.mlmodel", whole);
  const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
  forAll(fc.array(change, { minLength: 1, maxLength: 3 }), 100, (changes) => {
    const damaged = whole.slice();
    for (const [position, byte] of changes) damaged[position] = byte;
    writeFileSync(path, damaged);
    try {
      importMil(path);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
    }
  });
});

describe("open sizes", () => {
  const information = (kinds: string) =>
    `[FlexibleShapeInformation = tuple<tuple<string, dict<string, tensor<int32, [?]>>>, tuple<string, dict<string, list<tensor<int32, [2]>, ?>>>>(${kinds})]`;
  const stated = information(`(("DefaultShapes", {{"x", [1, 3]}}), ("RangeDims", {{"x", [[1, 4], [3, -1]]}}))`);
  const flexible = (attributes = "") => `program(1.3)
{
    func main<ios18>(tensor<fp16, [?, ?]> x, tensor<fp16, [1]> b) ${attributes} {
        tensor<fp16, [?, ?]> t = transpose(perm = tensor<int32, [2]>([1, 0]), x = x)[name = string("t")];
        tensor<fp16, [?, ?]> c = concat(axis = int32(0), interleave = bool(false), values = (t, t))[name = string("c")];
        tensor<fp16, [?, ?]> y = add(x = c, y = b)[name = string("y")];
    } -> (y);
}
`;
  const typesOf = (path: string, shapes?: Record<string, readonly number[]>) =>
    /func.*@main\((.*?)\) -> \((.*?)\)/
      .exec(print(importMil(path, shapes === undefined ? {} : { shapes })))
      ?.slice(1, 3);

  test("are those that the caller gives, else the program's defaults", async () => {
    const path = written("flexible.mil", flexible(stated));
    expect(typesOf(path)).toEqual(["%x: tensor<1x3xf16>, %b: tensor<1xf16>", "tensor<6x1xf16>"]);
    expect(typesOf(path, { x: [4, 5] })).toEqual(["%x: tensor<4x5xf16>, %b: tensor<1xf16>", "tensor<10x4xf16>"]);
    using network = await compile(path, { device: "cpu", shapes: { x: [2, 3] } });
    const inputs = { x: randomTensor([2, 3], "f16", 1), b: randomTensor([1], "f16", 2) };
    expect(network.program.run(inputs).y?.shape).toEqual([6, 2]);
  });

  test("of a model file are those of its description", () => {
    const document = readMilText(flexible());
    const path = written("flexible.mlmodel", writeMlmodel(modelOf(document)));
    // A model made of a program states 1 for what is open.
    expect(typesOf(path)).toEqual(["%x: tensor<1x1xf16>, %b: tensor<1xf16>", "tensor<2x1xf16>"]);
    expect(typesOf(path, { x: [7, 1] })?.[1]).toBe("tensor<2x7xf16>");
  });

  test.each<[string, Record<string, readonly number[]>, string]>([
    ["no default", {}, "leaves sizes open: give them with --shape x=1,1"],
    ["another rank", { x: [1, 2, 3] }, "the input 'x' is tensor<?x?xf16>, which cannot have the shape [1, 2, 3]"],
    ["a size that is stated", { x: [1, 3], b: [2] }, "the input 'b' is tensor<1xf16>, which cannot have the shape [2]"],
    ["a negative size", { x: [-1, 3] }, "cannot have the shape [-1, 3]"],
    ["a name that is no input", { z: [1] }, "there is no input 'z' to give a shape; the inputs are x, b"],
  ])("%s", (_, shapes, message) => {
    const path = written("open.mil", flexible());
    expect(messageOf(() => importMil(path, { shapes }))).toContain(message);
  });

  test("outside of the model's range", () => {
    const path = written("flexible.mil", flexible(stated));
    const given = (x: readonly number[]) => messageOf(() => importMil(path, { shapes: { x } }));
    expect(given([5, 3])).toContain("the input 'x' has 5 in dimension 0, but the model allows 1 to 4");
    expect(given([1, 2])).toContain("the input 'x' has 2 in dimension 1, but the model allows 3 or more");
    const enumerated = information(
      `(("DefaultShapes", {{"x", [1, 3]}}), ("EnumeratedShapes", {{"x", [[1, 3], [2, 3]]}}))`,
    );
    const listed = written("listed.mil", flexible(enumerated));
    expect(typesOf(listed, { x: [2, 3] })?.[1]).toBe("tensor<6x2xf16>");
    expect(messageOf(() => importMil(listed, { shapes: { x: [2, 4] } }))).toContain(
      "has the shape [2, 4], but the model allows [1, 3], [2, 3]",
    );
  });

  test("go from text into a description and back", () => {
    const document = readMilText(flexible(stated));
    const [main] = document.functions;
    const model = modelOf(document);
    expect(model.document.functions[0]?.attributes).toEqual([]);
    expect(withShapeInformation(readMlmodel(writeMlmodel(model))).functions[0]?.attributes).toEqual(main?.attributes);
    expect(withShapeInformation({ ...model, document }).functions).toEqual(document.functions);
  });

  test("a type that contradicts the sizes is said at its op", () => {
    const path = written("open.mil", flexible().replace("tensor<fp16, [?, ?]> c", "tensor<fp16, [5, ?]> c"));
    expect(messageOf(() => importMil(path, { shapes: { x: [1, 3] } }))).toMatch(
      /^open\.mil:5:\d+: error: .*result 0 is declared as tensor<5x\?xf16>, but is tensor<6x1xf16>/,
    );
  });
});

test("a model of several functions runs the one that it names", async () => {
  const text = (name: string, operation: string) =>
    readMilText(
      `program(1.3) { func ${name}<ios18>(tensor<fp16, [2]> x) { tensor<fp16, [2]> y = ${operation}(x = x)[name = string("y")]; } -> (y); }`,
    );
  const model = modelOf(text("main", "relu"));
  const functions = [...text("first", "relu").functions, ...text("second", "abs").functions];
  const named = (description: Partial<ModelDescription>) =>
    written(
      "several.mlmodel",
      writeMlmodel({
        ...model,
        document: { ...model.document, functions },
        description: { ...model.description, input: [], output: [], ...description },
      }),
    );
  const x: TensorData = { shape: [2], element: "f16", data: Float16Array.of(-1, 2) };
  const { y } = await outputsOf(named({ defaultFunctionName: "second" }), "cpu", { x });
  expect([...(y?.data ?? [])]).toEqual([1, 2]);
  expect(messageOf(() => importMil(named({})))).toContain("names no other one; its functions are first, second");
});

describe("files and folders that are no program", () => {
  test("are named by what they are", () => {
    expect(messageOf(() => openModel(join(folder, "none.mil")))).toBe("none.mil: error: there is no such file");
    mkdirSync(join(folder, "folder.mil"));
    expect(messageOf(() => openModel(join(folder, "folder.mil")))).toContain("is a folder, expected a .mil file");
    writeFileSync(join(folder, "file.mlpackage"), "");
    expect(messageOf(() => openModel(join(folder, "file.mlpackage")))).toContain(
      "is a file, expected a .mlpackage folder",
    );
    mkdirSync(join(folder, "old.mlmodelc"));
    expect(messageOf(() => openModel(join(folder, "old.mlmodelc")))).toContain("it has no model.mil");
    writeFileSync(join(folder, "old.mlmodelc/model.espresso.net"), "");
    expect(messageOf(() => openModel(join(folder, "old.mlmodelc")))).toContain("holds a neural network");
    mkdirSync(join(folder, "several.mlmodelc/model0"), { recursive: true });
    writeFileSync(join(folder, "several.mlmodelc/model0/model.mil"), program());
    expect(messageOf(() => openModel(join(folder, "several.mlmodelc")))).toContain("holds a pipeline of models");
  });

  test("what cannot be run says why", async () => {
    const path = written("state.mil", program().replace("x) {", "x, state<tensor<fp16, [2]>> kept) {"));
    await expect(compile(path, { device: "cpu" })).rejects.toThrow(
      /cannot be run: its input kept is !mil\.state.*, and a state outlives the call: make it an input and an output/,
    );
    const rows = `program(1.3) { func main<ios18>(tensor<fp16, [2, 3]> x) { tensor<int32, [?, 2]> y = non_zero(x = x)[name = string("y")]; } -> (y); }`;
    await expect(compile(written("rows.mil", rows))).rejects.toThrow(
      "how many rows it gives depends on the values of x",
    );
    const large = program().replaceAll("[2, ", "[99999999999, ");
    await expect(compile(written("large.mil", large))).rejects.toThrow(
      /the program's (input|output|scratch).* takes \d+\.\d GiB of memory, which could not be had/,
    );
  });
});

describe("the device", () => {
  const text = (operation: string, results = "tensor<fp16, [1, 4]> y") =>
    `program(1.3) { func main<ios18>(tensor<fp16, [1, 4]> x) { ${results} = ${operation}(x = x)[name = string("y")]; } -> (y); }`;

  test("is the CPU where nothing else is asked for, in the program's own types", async () => {
    // The engine has no tangent, and doubles what it can.
    using tangent = await compile(written("tangent.mil", text("tan")));
    using square = await compile(written("square.mil", text("square")));
    expect([tangent.device, square.device]).toEqual(["cpu", "cpu"]);
    const x: TensorData = { shape: [1, 4], element: "f16", data: Float16Array.of(0, 1, 250, 300) };
    const { y } = square.program.run({ x });
    expect([y?.element, ...(y?.data ?? [])]).toEqual(["f16", 0, 1, 62496, Number.POSITIVE_INFINITY]);
    using virtual = await compile(written("square.mil", text("square")), { device: "ane-virtual" });
    expect(virtual.device).toBe("ane-virtual");
  });

  test("an op that no engine has is named first, in the program's own words", async () => {
    const refusal = compile(written("tangent.mil", text("tan")), { device: "ane-virtual" });
    await expect(refusal).rejects.toThrow(
      /^'mil\.tan' op \(y\) breaks the rule no-path: .*found tan: there is no table for it; .*--device=cpu/,
    );
    const error: unknown = await refusal.catch((thrown: unknown) => thrown);
    const notes = error instanceof DiagnosticError ? error.details.notes?.map(({ message }) => message) : [];
    expect(notes).toContainEqual(expect.stringContaining("'tensor.tan' op (y) cannot run on the engine"));
  });

  test("a dump of the engine's ops runs on the virtual engine", async () => {
    const { module } = lowerTo(written("square.mil", text("square")), "ane", { route: "ane" });
    using network = await compile(module);
    expect(network.device).toBe("ane-virtual");
  });
});

const corpus = "../shared/data/mil";
const sources = existsSync(corpus)
  ? [
      ...readdirSync(corpus)
        .filter((name) => name.endsWith(".mil"))
        .map((name) => join(corpus, name)),
      ...readdirSync(join(corpus, "mlmodel")).map((name) => join(corpus, "mlmodel", name)),
    ]
  : [];

/** What the default run compiles: text and a model, with weights and without, with open sizes, and what the engine refuses. */
const quick = ["swift-ane__conv", "TransposeEncoder", "encoder-v6", "Argmax"];
/** What the engine cannot run, by name, with its reason. */
const onlyOnHost: readonly (readonly [name: RegExp, reason: RegExp])[] = [
  [/Argmax|TokenDurationPrediction/, /'tensor\.argmax' op \(\w+\) cannot run on the engine/],
  [/silero-vad-unified|unified_|decoder/, /found lstm: recurrent cells have no hardware form/],
];

describe.skipIf(sources.length === 0)("programs of the corpus on random weights (skipped without ../shared)", () => {
  const chosen = sources.filter((path) => longTests || quick.some((part) => path.includes(part)));

  test.each(chosen)("%s", async (source) => {
    const name = source.split("/").at(-1)!;
    const home = join(folder, "corpus", name);
    mkdirSync(home, { recursive: true });
    cpSync(source, join(home, name));
    const path = join(home, name);
    const { document } = openModel(path);
    writeRandomWeights(document, home);
    const host = await outputsOf(path, "cpu");
    const main = document.functions[0]!;
    expect(Object.keys(host)).toEqual([...main.block.results]);
    for (const output of Object.values(host)) expect(output.data).toHaveLength(elementCount(output.shape));
    const refused = onlyOnHost.find(([pattern]) => pattern.test(name));
    if (refused !== undefined) {
      await expect(compile(path, { device: "ane-virtual" })).rejects.toThrow(refused[1]);
      return;
    }
    const engine = await outputsOf(path, "ane-virtual");
    for (const [output, values] of Object.entries(host))
      expect(difference(engine[output]!, values, 2e-2)).toBeUndefined();
  });
});

const pairs = sources
  .filter((path) => path.endsWith(".mlmodel"))
  .map((path) => [path, path.replace("/mlmodel/", "/").replace(".mlmodel", ".mil")] as const)
  .filter(([, text]) => existsSync(text));

/**
 * Apple's compiler sorts the inputs of a function and the arguments of an operation by name, and states its own version; it
 * changes nothing else (dialects/mil/protobuf/protobuf.test.ts compares the documents).
 */
test.each(pairs)("%s is the same module as its text, with its weights", (path, text) => {
  const home = join(folder, "pairs", path.split("/").at(-1)!);
  mkdirSync(join(home, "weights"), { recursive: true });
  const stored = text.replace("/mil/", "/mil/weights/").replace(".mil", ".weight.bin");
  cpSync(stored, join(home, "weights/weight.bin"));
  const weights = new ModelWeights(home);
  const moduleTextOf = (document: MilDocument) =>
    print(
      moduleOf({ ...inCompilerForm(document), attributes: [] }, { weights: (...named) => weights.numbers(...named) }),
    );
  expect(moduleTextOf(openModel(path).document)).toBe(moduleTextOf(openModel(text).document));
});
