/**
 * The `anemone` command as people meet it: a child process with arguments, files, standard output and an exit code. The
 * second half is what it says to bad input: one diagnostic with a place, exit code 1 (2 for wrong usage), and nothing written.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, levels } from "../compiler/index.ts";
import { defaultContext } from "../compiler/registry.ts";
import { unsupportedOperators } from "../frontends/onnx/import.ts";
import { readOnnxModel } from "../frontends/onnx/protobuf.ts";
import { print } from "../ir/printer/print.ts";
import { readIr } from "../ir/sidecar.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { randomTensor } from "../tools/inputs.ts";
import { readNpy, writeNpy } from "../tools/npy.ts";
import { noise, testRoutes } from "./testing/networks.ts";
import { onnxModel } from "./testing/onnx-builder.ts";

/** As npm links it: the bundle where it is current, else the sources. */
const command = resolve(import.meta.dirname, "../bin/anemone");
const folder = mkdtempSync(join(tmpdir(), "anemone-cli-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly errors: string;
}

/** Runs the command in the test's folder. */
function anemone(args: readonly string[], input = "", environment: Readonly<Record<string, string>> = {}): Ended {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    encoding: "utf8",
    input,
    env: { ...process.env, ...environment },
    timeout: 60_000,
  });
  return { status, out: stdout, errors: stderr };
}

function succeeds(args: readonly string[], input?: string, environment?: Readonly<Record<string, string>>): Ended {
  const ended = anemone(args, input, environment);
  expect(ended.status, ended.errors).toBe(0);
  return ended;
}

const shape = [1, 3, 16, 16];
const x = noise(shape);
const weights: TensorData = noise([4, 3, 3, 3], 2);
/** y = relu(convolution) averaged per channel; the batch size is open. */
const model = onnxModel({
  inputs: { x: { element: "f32", shape: ["n", 3, 16, 16] } },
  outputs: { y: { element: "f32", shape: ["n", 4] } },
  initializers: { w: weights },
  nodes: [
    { op: "Conv", name: "stem", inputs: ["x", "w"], outputs: ["a"], attributes: { pads: [1, 1, 1, 1] } },
    { op: "Relu", inputs: ["a"], outputs: ["b"] },
    { op: "GlobalAveragePool", inputs: ["b"], outputs: ["c"] },
    { op: "Flatten", inputs: ["c"], outputs: ["y"] },
  ],
});
const sized = ["--shape", "x=1,3,16,16"];

/** Two functions in one module: enough to see each pass at work. */
const program = `func.func @main(%x: tensor<4xf32> {anemone.input = "x"}) -> (tensor<4xf32> {anemone.output = "y"}) {
  %unused = tensor.exp %x : tensor<4xf32>
  %a = tensor.relu %x : tensor<4xf32>
  %y = tensor.relu %a : tensor<4xf32>
  return %y : tensor<4xf32>
}
`;

beforeAll(async () => {
  writeFileSync(at("model.onnx"), model);
  writeFileSync(at("program.mlir"), program);
  writeNpy(at("x.npy"), x);
  const pixels = Buffer.from(Array.from({ length: 40 * 30 * 3 }, (_, index) => (index * 7) % 256));
  await sharp(pixels, { raw: { width: 40, height: 30, channels: 3 } })
    .png()
    .toFile(at("picture.png"));
});

/** What the model gives for an input, compiled in this process. */
async function outputFor(input: TensorData): Promise<TensorData> {
  using network = await compile(at("model.onnx"), { device: "cpu", shapes: { x: shape } });
  return network.program.run({ x: input }).y!;
}

describe("help", () => {
  test("lists the commands, and each explains itself", () => {
    const { out, errors } = succeeds(["--help"]);
    expect(errors).toBe("");
    for (const name of ["run", "compile", "opt", "devices"]) {
      expect(out).toMatch(new RegExp(`^ {2}${name} .*\\w+`, "m"));
      const help = succeeds([name, "--help"]).out;
      expect(help).toContain(`Usage: anemone ${name}`);
      for (const line of help.matchAll(/^ {2}(--?[\w-]+.*)$/gm)) expect(line[1], name).toMatch(/\s{2,}\w/);
    }
  });

  test("the version is the package's", () => {
    const { version } = JSON.parse(readFileSync(resolve(command, "../../package.json"), "utf8"));
    expect(succeeds(["--version"]).out.trim()).toBe(version);
  });

  test.each([
    [[], /Usage: anemone/],
    [["polish"], /unknown command 'polish'/],
    [["run"], /missing required argument 'model'/],
    [["run", "model.onnx", "--fast"], /unknown option '--fast'/],
    [["run", "model.onnx", "--device=tpu"], /--device takes auto, cpu, ane, ane-virtual, but got 'tpu'/],
    [["run", "model.onnx", "--repeat=none"], /--repeat takes a whole number/],
    [
      ["run", "model.onnx", "--device=ane-virtual", "--target=h99"],
      /--target takes a Mac's chip .*h13 \(M1\), .* but got 'h99'/,
    ],
    [["run", "model.onnx", "--device=cpu", "--target=h13"], /--target is the engine to compile for/],
    [["run", "model.onnx", "--shape", "x=1,a"], /--shape x takes whole sizes/],
    [["run", "model.onnx", "--shape", "1,3"], /--shape takes NAME=VALUE/],
    [["run", "model.onnx", ...sized, "--input", "x=noise"], /--input x takes a \.npy/],
    [["run", "model.onnx", ...sized, "--input", "x=random:many"], /random:SEED/],
    [["compile", "model.onnx"], /required option '-o, --output <path>'/],
    [["compile", "model.onnx", "-o", "out.mlir", "--emit", "assembly"], /--emit takes tensor, fused/],
    [["compile", "model.onnx", "-o", "out.mlir", "--device", "tpu"], /--device takes cpu or ane/],
  ])("wrong usage exits with 2: anemone %j", (args, message) => {
    const { status, out, errors } = anemone(args);
    expect([status, out]).toEqual([2, ""]);
    expect(errors).toMatch(message);
    expect(errors).not.toContain("internal error");
  });
});

describe("anemone devices", () => {
  test("names each device, and the libraries looked for", () => {
    const { out } = succeeds(["devices"]);
    for (const device of ["cpu", "ane", "ane-virtual"]) expect(out).toMatch(new RegExp(`^${device} +(yes|no)`, "m"));
    expect(out).toMatch(/libLLVM/);
  });

  test("--json is one object", () => {
    const { devices } = JSON.parse(succeeds(["devices", "--json"]).out);
    expect(devices.map(({ name }: { name: string }) => name)).toEqual(["cpu", "ane", "ane-virtual"]);
  });

  test("a libLLVM that is not there is no crash: it says so, and programs run by WebAssembly", () => {
    const without = { ANEMONE_LLVM: at("none.so") };
    const { out } = succeeds(["devices"], "", without);
    expect(out).toContain("none.so");
    expect(out).toMatch(/WebAssembly \(no libLLVM/);
    const run = succeeds(["run", "model.onnx", ...sized, "--input", "x=x.npy"], "", without);
    expect(run.out).toMatch(/on cpu \(WebAssembly/);
    expect(run.errors).toMatch(/ANEMONE_LLVM names .*none\.so, which cannot be used \(not found\); WebAssembly/);
  });
});

describe("anemone run", () => {
  test.each(testRoutes.filter(({ missing }) => missing === undefined))(
    "$name: from .npy to .npy, which reads back equal",
    async ({ name, options }) => {
      const args = [`--device=${options.device}`, ...(options.llvm === false ? ["--no-llvm"] : [])];
      const { out, errors } = succeeds([
        "run",
        "model.onnx",
        ...sized,
        ...args,
        "--input",
        "x=x.npy",
        "--output",
        name,
      ]);
      expect(errors).toBe("");
      expect(out).toMatch(name === "ane-virtual" ? /on ane-virtual/ : new RegExp(`on cpu \\(${name}`));
      expect(readdirSync(at(name))).toEqual(["y.npy"]);
      using network = await compile(at("model.onnx"), { ...options, shapes: { x: shape } });
      expect(readNpy(join(at(name), "y.npy"))).toEqual(network.program.run({ x }).y);
    },
  );

  test("random and zero inputs are what they say, and a missing one is said aloud", async () => {
    const runs: readonly (readonly [string, TensorData])[] = [
      ["x=random:5", randomTensor(shape, "f32", 5)],
      ["x=zeros", { shape, element: "f32", data: new Float32Array(768) }],
    ];
    for (const [input, tensor] of runs) {
      const { errors } = succeeds(["run", "model.onnx", ...sized, "--input", input, "--output", "random"]);
      expect(errors).toBe("");
      expect(readNpy(at("random/y.npy"))).toEqual(await outputFor(tensor));
    }
    const { errors } = succeeds(["run", "model.onnx", ...sized, "--output", "random"]);
    expect(errors).toMatch(/input 'x' is not given: using random:0/);
    expect(readNpy(at("random/y.npy"))).toEqual(await outputFor(randomTensor(shape, "f32", 0)));
  });

  test("a picture covers the input, in RGB from 0 to 1", async () => {
    succeeds(["run", "model.onnx", ...sized, "--input", "x=picture.png", "--output", "picture"]);
    const { data } = await sharp(at("picture.png"))
      .resize(16, 16, { fit: "cover" })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const values = Float32Array.from(
      { length: 768 },
      (_, index) => data[(index % 256) * 3 + Math.floor(index / 256)]! / 255,
    );
    expect(readNpy(at("picture/y.npy"))).toEqual(await outputFor({ shape, element: "f32", data: values }));
  });

  test("--json prints one object and nothing else on standard output", () => {
    const { out } = succeeds(["run", "model.onnx", ...sized, "--json", "--repeat", "3", "--output", "json"]);
    expect(out.trimEnd().split("\n").length).toBe(1);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ runs: 3, overflows: [] });
    expect(report.device).toMatch(/^cpu/);
    expect(report.milliseconds).toBeGreaterThan(0);
    expect(report.outputs).toEqual([{ name: "y", shape: [1, 4], element: "f32", file: join("json", "y.npy") }]);
  });

  test("values outside the engine's range are reported by operation", () => {
    writeNpy(at("large.npy"), { shape, element: "f32", data: new Float32Array(768).fill(60000) });
    const args = ["run", "model.onnx", ...sized, "--device=ane-virtual", "--input", "x=large.npy"];
    const { overflows } = JSON.parse(succeeds([...args, "--json"]).out);
    expect(overflows.length).toBe(1);
    expect(overflows[0]).toMatch(/stem/);
    const { out, errors } = succeeds(args);
    expect(out + errors).toContain(overflows[0]);
  });
});

describe("anemone compile", () => {
  test.each(levels)("--emit %s writes IR that runs again", async (level) => {
    const path = join(folder, "emit", `${level}.mlir`);
    const target = level === "mil" ? join(folder, "emit", "mil") : path;
    const { out } = succeeds(["compile", "model.onnx", ...sized, "--emit", level, "-o", target]);
    expect(out).toBe("");
    if (level === "mil") {
      expect(readdirSync(target).sort()).toEqual(["model.mil", "weights"]);
      expect(readdirSync(join(target, "weights"))).toEqual(["weight.bin"]);
      expect(readFileSync(join(target, "model.mil"), "utf8")).toMatch(/^program\(1\.3\)[\s\S]*conv\(/);
      expect(statSync(join(target, "weights/weight.bin")).size).toBeGreaterThan(4 * 27 * 2);
      return;
    }
    const run = succeeds(["run", path, "--input", "x=x.npy", "--output", `emit/${level}`]);
    expect(run.out).toMatch(level === "ane" ? /on ane-virtual/ : /on cpu/);
    using network = await compile(at("model.onnx"), {
      device: level === "ane" ? "ane-virtual" : "cpu",
      shapes: { x: shape },
    });
    expect(readNpy(join(folder, "emit", level, "y.npy"))).toEqual(network.program.run({ x }).y);
  });

  test("--emit llvm-ir, wasm and onnx, and --generic", () => {
    succeeds(["compile", "model.onnx", ...sized, "--emit", "llvm-ir", "-o", "emit/model.ll"]);
    expect(readFileSync(at("emit/model.ll"), "utf8")).toMatch(/^define .*@main\(/m);
    succeeds(["compile", "model.onnx", ...sized, "--emit", "wasm", "-o", "emit/model.wasm"]);
    expect(WebAssembly.validate(readFileSync(at("emit/model.wasm")))).toBe(true);
    succeeds(["compile", "model.onnx", ...sized, "--emit", "onnx", "-o", "emit/model.onnx"]);
    expect(unsupportedOperators(readOnnxModel(at("emit/model.onnx")))).toEqual([]);
    succeeds(["compile", "model.onnx", ...sized, "--emit", "linalg", "--generic", "-o", "emit/generic.mlir"]);
    expect(readFileSync(at("emit/generic.mlir"), "utf8")).toContain('"linalg.generic"(');
  });

  test("leaves no other files behind", () => {
    const written = readdirSync(join(folder, "emit"));
    const wanted = [...levels.flatMap((level) => [level, `${level}.mlir`, `${level}.mlir.weights`])];
    const others = ["generic.mlir", "generic.mlir.weights", "model.ll", "model.onnx", "model.wasm"];
    expect(written.filter((name) => !wanted.includes(name) && !others.includes(name))).toEqual([]);
  });
});

describe("anemone opt", () => {
  const pipeline = "--pass-pipeline=builtin.module(canonicalize,dce)";

  test("runs a pipeline on a file or on standard input", () => {
    const { out } = succeeds(["opt", "program.mlir", pipeline]);
    expect(out).toMatch(/%(\w+) = tensor\.relu %x : tensor<4xf32>\n\s+return %\1/);
    expect(out).not.toContain("tensor.exp");
    expect(succeeds(["opt", pipeline], program).out).toBe(out);
    expect(succeeds(["opt", "-", pipeline], program).out).toBe(out);
    succeeds(["opt", "program.mlir", pipeline, "-o", "optimised.mlir"]);
    expect(readFileSync(at("optimised.mlir"), "utf8")).toBe(out);
  });

  test("both forms round-trip, with the weights beside the text", () => {
    succeeds(["compile", "model.onnx", ...sized, "--emit", "fused", "-o", "round/fused.mlir"]);
    succeeds(["opt", "round/fused.mlir", "--mlir-print-op-generic", "-o", "round/generic.mlir"]);
    succeeds(["opt", "round/generic.mlir", "-o", "round/custom.mlir"]);
    const text = (name: string) => print(readIr(at(`round/${name}.mlir`), defaultContext()), { valueNames: false });
    expect(readFileSync(at("round/generic.mlir"), "utf8")).toContain('"builtin.module"() ({');
    expect(text("custom")).toBe(text("fused"));
    expect(readFileSync(at("round/custom.mlir.weights"))).toEqual(readFileSync(at("round/fused.mlir.weights")));
  });

  test("shows the IR between passes and their times on standard error", () => {
    const { out, errors } = succeeds(["opt", "program.mlir", pipeline, "--mlir-print-ir-after-all", "--mlir-timing"]);
    expect(errors.match(/IR Dump After (\S+)/g)).toEqual(["IR Dump After canonicalize", "IR Dump After dce"]);
    expect(errors).toMatch(/\d\.\d+ \( *\d+\.\d%\) {2}canonicalize\n/);
    expect(out).not.toContain("IR Dump");
    const changed = succeeds(["opt", pipeline, "--mlir-print-ir-after-change"], program.replace(/.*unused.*\n/, ""));
    expect(changed.errors.match(/IR Dump After (\S+)/g)).toEqual(["IR Dump After canonicalize"]);
  });

  test("--show-passes lists them with their options", () => {
    const { out } = succeeds(["opt", "--show-passes"]);
    for (const line of ["canonicalize: ", "tensor-to-fused: ", "    device="]) expect(out).toContain(line);
  });

  test("--load brings passes and dialects of the user's own", () => {
    const entry = (name: string) => JSON.stringify(resolve(command, "../..", name));
    writeFileSync(
      at("mine.ts"),
      `import { dialect } from ${entry("ir/index.ts")};
import { pass } from ${entry("passes/index.ts")};
export const dialects = [dialect("mine", { doc: "Mine." })];
export const passes = [pass("my-pass", { doc: "Says that it ran.", run: () => { console.error("it ran"); return false; } })];
`,
    );
    const { errors } = succeeds(["opt", "program.mlir", "--load", "mine.ts", "--pass-pipeline=my-pass"]);
    expect(errors).toContain("it ran");
  });
});

describe("bad input", () => {
  const bytes = Buffer.from(model);
  const ir = (...lines: readonly string[]) =>
    [
      `func.func @main(%x: tensor<4xf32> {anemone.input = "x"}) -> (tensor<4xf32> {anemone.output = "y"}) {`,
      ...lines.map((line) => `  ${line}`),
      "}",
    ].join("\n");
  const npy = (tensor: TensorData) => {
    writeNpy(at("bad-input.npy"), tensor);
    return readFileSync(at("bad-input.npy"));
  };
  const unknownOperator = onnxModel({
    inputs: { x: { element: "f32", shape: [4] } },
    outputs: ["y"],
    nodes: [{ op: "Wobble", name: "third", inputs: ["x"], outputs: ["y"] }],
  });

  interface BadInput {
    readonly file: string;
    readonly content: string | Uint8Array;
    /** Further arguments; `run FILE` where there are none. */
    readonly args?: readonly string[];
    readonly message: RegExp;
    /** 2 where the command line alone is wrong; 1 unless given. */
    readonly status?: number;
  }

  const inputFile = (file: string) => ["run", "model.onnx", ...sized, "--input", `x=${file}`];
  const cases: { readonly [name: string]: BadInput } = {
    "a program without @main": {
      file: "only-sum.mlir",
      args: ["run", "only-sum.mlir"],
      content: "func.func @sum(%a: i32) -> i32 {\n  return %a : i32\n}\nfunc.func private @more()",
      message: /^only-sum\.mlir:1:1: error: .*has no function @main to run; it has @sum, @more\n/,
    },
    "a program whose @main is elsewhere": {
      file: "declared-main.mlir",
      args: ["run", "declared-main.mlir"],
      content: "func.func private @main(memref<4xf32>)",
      message: /^declared-main\.mlir:1:1: error: .*has no body/,
    },
    "an argument that `run` cannot take": {
      file: "index-argument.mlir",
      args: ["run", "index-argument.mlir"],
      content: [
        "func.func @main(%a: memref<16xf32>, %n: index) -> f32 {",
        "  %0 = memref.load %a[%n] : memref<16xf32>",
        "  return %0 : f32",
        "}",
      ].join("\n"),
      message:
        /^index-argument\.mlir:1:1: error: .*@main's argument %n is index; `run` takes static tensors and memrefs/,
    },
    "an argument whose size is not known": {
      file: "dynamic-argument.mlir",
      args: ["run", "dynamic-argument.mlir"],
      content: "func.func @main(%a: tensor<?xf32>) -> tensor<?xf32> {\n  return %a : tensor<?xf32>\n}",
      message: /argument %a is tensor<\?xf32>, with a size that is not known; `run` takes static/,
    },
    "a second argument that `run` cannot take": {
      file: "second-argument.mlir",
      args: ["run", "second-argument.mlir"],
      content: "func.func @main(%a: tensor<4xf32>, %b: f32) -> f32 {\n  return %b : f32\n}",
      message: /@main's argument %b is f32; /,
    },
    "a buffer that is returned": {
      file: "returned-buffer.mlir",
      args: ["run", "returned-buffer.mlir"],
      content:
        'func.func @main(%a: memref<4xf32> {anemone.input = "a"}) -> memref<4xf32> {\n  return %a : memref<4xf32>\n}',
      message: /@main's result 0 is memref<4xf32>, and buffers are not returned: write to an argument/,
    },
    "a buffer that does not say what it is for": {
      file: "no-role.mlir",
      args: ["run", "no-role.mlir"],
      content: "func.func @main(%a: memref<4xf32>) {\n  return\n}",
      message:
        /nothing says what @main's argument %a, memref<4xf32>, is for: write {anemone.input = "a"} or {anemone.output = "a"}/,
    },
    "a model that is cut short": {
      file: "cut.onnx",
      content: bytes.subarray(0, bytes.length >> 1),
      message: /^cut\.onnx: error: not an ONNX model.*\nnote: the file may be cut short/,
    },
    "an empty model": { file: "empty.onnx", content: "", message: /^empty\.onnx: error: .*the file is empty/ },
    "a text named .onnx": {
      file: "text.onnx",
      content: "not a model",
      message: /^text\.onnx: error: not an ONNX model/,
    },
    "a file of another kind": {
      file: "model.pth",
      content: "x",
      message: /^model\.pth: error: '\.pth' files cannot be compiled: give an ONNX model/,
    },
    "a model that is not there": {
      file: "other.onnx",
      content: "",
      args: ["run", "none.onnx"],
      message: /^none\.onnx: error: there is no such file/,
    },
    "a folder": { file: "other.onnx", content: "", args: ["run", folder], message: /: error: is a folder/ },
    "an unknown operator": {
      file: "unknown.onnx",
      content: unknownOperator,
      message: /^unknown\.onnx: error: .*Wobble[\s\S]*third[\s\S]*supported[\s\S]*Conv/,
    },
    "a shape that the model contradicts": {
      file: "model.onnx",
      content: model,
      args: ["run", "model.onnx", "--shape", "x=1,4,16,16"],
      message: /^model\.onnx: error: the shape \[1, 4, 16, 16\] given for input "x" contradicts/,
    },
    "a dynamic size that is not given": {
      file: "dynamic.onnx",
      content: onnxModel({
        inputs: { x: { element: "f32", shape: [1, "length"] } },
        outputs: ["y"],
        nodes: [{ op: "Relu", inputs: ["x"], outputs: ["y"] }],
      }),
      message: /^dynamic\.onnx: error: .*"x"/,
    },
    "a shape for an input that does not exist": {
      file: "model.onnx",
      content: model,
      args: ["run", "model.onnx", ...sized, "--shape", "z=1"],
      message: /^model\.onnx: error: there is no input "z"/,
    },
    "an input that does not exist": {
      file: "x.npy",
      content: npy(x),
      args: [...inputFile("x.npy"), "--input", "z=zeros"],
      message: /error: the model has no input 'z'; its inputs are x/,
    },
    "an input of another shape": {
      file: "shape.npy",
      content: npy(noise([1, 3, 8, 8])),
      args: inputFile("shape.npy"),
      message: /error: .*'x' must be f32\[1, 3, 16, 16\], but it is f32\[1, 3, 8, 8\]/,
    },
    "an input of another element type": {
      file: "dtype.npy",
      content: npy({ shape, element: "i32", data: new Int32Array(768) }),
      args: inputFile("dtype.npy"),
      message: /error: .*'x' must be f32\[1, 3, 16, 16\], but it is i32/,
    },
    "garbage named .npy": {
      file: "garbage.npy",
      content: "garbage, garbage, garbage",
      args: inputFile("garbage.npy"),
      message: /^garbage\.npy: error: is not a readable \.npy file/,
    },
    "a .npy that is cut short": {
      file: "cut.npy",
      content: npy(x).subarray(0, 1000),
      args: inputFile("cut.npy"),
      message: /^cut\.npy: error: is not a readable \.npy file/,
    },
    "a .npy that is not there": {
      file: "other.npy",
      content: "",
      args: inputFile("none.npy"),
      message: /none\.npy.*: error: |error: .*none\.npy/,
    },
    "a picture that cannot be read": {
      file: "broken.png",
      content: "no picture",
      args: inputFile("broken.png"),
      message: /^broken\.png: error: is not a readable picture/,
    },
    "IR with a syntax error": {
      file: "syntax.mlir",
      content: ir("%y = tensor.relu %x : : tensor<4xf32>", "return %y : tensor<4xf32>"),
      message: /^syntax\.mlir:2:25: error: expected a type, found ':'\n.*\n +\^/,
    },
    "IR with a type error": {
      file: "type.mlir",
      content: ir("%y = tensor.relu %x : tensor<5xf32>", "return %y : tensor<5xf32>"),
      message: /^type\.mlir:2:\d+: error: .*tensor<[45]xf32>.*tensor<[45]xf32>/,
    },
    "IR whose verifier objects": {
      file: "verify.mlir",
      content: ir(
        `%y = "tensor.matmul"(%x, %x, %x) : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>`,
        "return %y : tensor<4xf32>",
      ),
      message: /^verify\.mlir:2:\d+: error: 'tensor\.matmul' op /,
    },
    "a use before its definition": {
      file: "use.mlir",
      content: ir(
        "%z = tensor.relu %y : tensor<4xf32>",
        "%y = tensor.relu %x : tensor<4xf32>",
        "return %z : tensor<4xf32>",
      ),
      message:
        /^use\.mlir:2:\d+: error: .*does not dominate this use\n.*\n +\^\nuse\.mlir:3:\d+: note: the operand is defined here/,
    },
    "a value that is never defined": {
      file: "undefined.mlir",
      content: ir("return %y : tensor<4xf32>"),
      message: /^undefined\.mlir:2:\d+: error: .*%y/,
    },
    "an unregistered op": {
      file: "unregistered.mlir",
      content: ir('%y = "mine.op"(%x) : (tensor<4xf32>) -> tensor<4xf32>', "return %y : tensor<4xf32>"),
      message: /^unregistered\.mlir:2:\d+: error: 'mine\.op' op is not registered/,
    },
    "IR without @main": {
      file: "no-main.mlir",
      content: "func.func @other() {\n  return\n}\n",
      message: /^no-main\.mlir.*: error: .*@main/,
    },
    "IR that is not text": { file: "binary.mlir", content: bytes, message: /^binary\.mlir:\d+:\d+: error: / },
    "weights that are cut short": {
      file: "weights.mlir.weights",
      content: "ANEMONEW",
      args: ["run", "weights.mlir"],
      message: /weights.*: error: .*is not a file of weights/,
    },
    "an engine that is not there": {
      file: "model.onnx",
      content: model,
      args: ["run", "model.onnx", ...sized, "--device=ane"],
      message: /error: (the device 'ane' is not available|running on the engine is not part)[\s\S]*ane-virtual/,
    },
    "an unknown pass": {
      file: "program.mlir",
      content: program,
      args: ["opt", "program.mlir", "--pass-pipeline=builtin.module(canonicalize,polish)"],
      message: /:1:29: error: no pass is called 'polish'[\s\S]*known passes: .*canonicalize/,
      status: 2,
    },
    "a pipeline with a syntax error": {
      file: "program.mlir",
      content: program,
      args: ["opt", "program.mlir", "--pass-pipeline=builtin.module(canonicalize"],
      message: /:1:\d+: error: expected '\)'/,
      status: 2,
    },
    "an unknown option of a pass": {
      file: "program.mlir",
      content: program,
      args: ["opt", "program.mlir", "--pass-pipeline=canonicalize{speed=9}"],
      message: /:1:\d+: error: pass 'canonicalize' has no option 'speed'/,
      status: 2,
    },
    "extensions that cannot be loaded": {
      file: "empty-extension.ts",
      content: "export const nothing = 1;\n",
      args: ["opt", "program.mlir", "--load", "empty-extension.ts"],
      message: /^empty-extension\.ts: error: exports neither/,
    },
    "IR that is not there": {
      file: "other.mlir",
      content: "",
      args: ["opt", "none.mlir"],
      message: /^none\.mlir: error: /,
    },
  };

  function snapshot(place: string): readonly string[] {
    return readdirSync(place, { recursive: true, encoding: "utf8" }).sort();
  }

  test.each(Object.entries(cases))("%s", (_, { file, content, args, message, status = 1 }) => {
    const place = mkdtempSync(at("bad-"));
    const copies = ["model.onnx", "program.mlir", "weights.mlir"];
    for (const name of copies) writeFileSync(join(place, name), name === "model.onnx" ? model : program);
    writeFileSync(join(place, "x.npy"), readFileSync(at("x.npy")));
    mkdirSync(join(place, "results"));
    writeFileSync(join(place, file), content);
    const before = snapshot(place);
    const given = args ?? ["run", file];
    const output = given[0] === "opt" ? ["-o", "results/out.mlir"] : ["--output", "results"];
    const runs = [[...given, ...output]];
    // What cannot be read cannot be compiled either.
    if (args === undefined && basename(file) !== "no-main.mlir")
      runs.push(
        ["compile", file, "--emit", "tensor", "-o", "results/out.mlir"],
        ["compile", file, "--emit", "mil", "-o", "results/mil"],
      );
    for (const each of runs) {
      const ended = spawnSync(command, each, {
        cwd: place,
        encoding: "utf8",
        timeout: 60_000,
      });
      expect(ended.stderr).toMatch(message);
      expect(ended.stderr).not.toContain("internal error");
      expect([ended.status, ended.stdout]).toEqual([status, ""]);
      expect(snapshot(place), "nothing is written").toEqual(before);
    }
  });
});
