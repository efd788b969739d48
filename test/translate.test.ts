/** `anemone translate`: every pair of formats that can be, and what is said of the others. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { BlobWriter, readBlob } from "../dialects/mil/blob-storage/index.ts";
import { inCompilerForm } from "../dialects/mil/document/compiler-form.ts";
import { readMlpackage } from "../dialects/mil/protobuf/index.ts";
import { printMilText } from "../dialects/mil/text/printer.ts";
import { readMilText } from "../dialects/mil/text/reader.ts";
import { openModel } from "../frontends/mil/open-model.ts";
import { readOnnxModel } from "../frontends/onnx/protobuf.ts";
import { translateCommand } from "../tools/commands/translate.ts";
import { writeFolder } from "../tools/output-files.ts";
import { milPlaceOf, writeMilFiles } from "../tools/translate/mil-files.ts";
import { noise } from "./testing/networks.ts";
import { onnxModel } from "./testing/onnx-builder.ts";

const command = resolve(import.meta.dirname, "../tools/anemone.ts");
const folder = mkdtempSync(join(tmpdir(), "anemone-translate-"));
const at = (...names: string[]) => join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As people run it. */
function translate(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, "translate", ...args], {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, out: stdout, errors: stderr };
}

/** The same without a process of its own. */
const write = (input: string, output: string, options: { readonly to?: string; readonly shape?: string[] } = {}) =>
  translateCommand(at(input), { output: at(output), shape: [], ...options });

const milText = (path: string, offset: number) => `program(1.3)
[buildInfo = dict<string, string>({{"coremlc-version", "3600.25.1"}})]
{
    func main<ios18>(tensor<fp16, [1, 4]> x) {
            tensor<fp16, [1, 4]> scale = const()[name = string("scale"), val = tensor<fp16, [1, 4]>(BLOBFILE(path = string("@model_path/${path}"), offset = uint64(${offset})))];
            tensor<fp16, [1, 4]> scaled = mul(x = x, y = scale)[name = string("scaled")];
            tensor<fp16, [1, 4]> y = relu(x = scaled)[name = string("y")];
        } -> (y);
}
`;

const shapesType = "tuple<tuple<string, dict<string, tensor<int32, [?]>>>>";
const flexibleText = `program(1.3)
{
    func main<ios18>(tensor<fp16, [1, ?]> x) [FlexibleShapeInformation = ${shapesType}((("DefaultShapes", {{"x", [1, 5]}})))] {
            tensor<fp16, [1, ?]> y = relu(x = x)[name = string("y")];
        } -> (y);
}
`;

const scale = Uint16Array.of(0x3c00, 0x4000, 0xbc00, 0x3800);

beforeAll(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const writer = new BlobWriter();
  writer.add("fp32", new Uint8Array(Float32Array.of(1, 2, 3).buffer));
  const offset = writer.add("fp16", new Uint8Array(scale.buffer));
  mkdirSync(at("source", "weights"), { recursive: true });
  writeFileSync(at("source", "model.mil"), milText("weights/weight.bin", offset));
  writer.writeTo(at("source", "weights", "weight.bin"));
  // As hand-written programs have it: beside the text.
  writeFileSync(at("source", "flat.mil"), milText("weights.bin", offset));
  writer.writeTo(at("source", "weights.bin"));
  writeFileSync(
    at("model.onnx"),
    onnxModel({
      inputs: { x: { element: "f32", shape: ["n", 3, 8, 8] } },
      outputs: { y: { element: "f32", shape: ["n", 4, 8, 8] } },
      initializers: { w: noise([4, 3, 3, 3], 2) },
      nodes: [
        { op: "Conv", inputs: ["x", "w"], outputs: ["a"], attributes: { pads: [1, 1, 1, 1] } },
        { op: "Relu", inputs: ["a"], outputs: ["y"] },
      ],
    }),
  );
  writeFileSync(at("loops.mlir"), "func.func @main(%x: memref<4xf32>) {\n  return\n}\n");
});

const text = (...names: string[]) => readFileSync(at(...names), "utf8");
const bytes = (...names: string[]) => new Uint8Array(readFileSync(at(...names)));

describe("MIL text and packages", () => {
  test("become one another without loss", async () => {
    await write("source/model.mil", "one.mlpackage");
    await write("one.mlpackage", "back", { to: "mil" });
    expect(text("back", "model.mil")).toBe(text("source", "model.mil"));
    expect(bytes("back", "weights", "weight.bin")).toEqual(bytes("source", "weights", "weight.bin"));
    const { model } = readMlpackage(at("one.mlpackage"));
    expect(model.specificationVersion).toBe(9);
    expect(model.description.input?.map(({ name }) => name)).toEqual(["x"]);
  });

  test("a weight file elsewhere is put where the format has it", async () => {
    await write("source/flat.mil", "moved", { to: "mil" });
    expect(text("moved", "model.mil")).toBe(text("source", "model.mil"));
    expect(bytes("moved", "weights", "weight.bin")).toEqual(bytes("source", "weights.bin"));
  });

  test("each of several in one folder has weights of its own, which its next version replaces", async () => {
    const values = (name: string) => {
      const path = at("shared-folder", `${name}.mil`);
      const { document, weights } = openModel(path);
      const [main] = document.functions;
      const contents = main?.block.operations.flatMap(({ attributes }) => attributes.map(({ value }) => value.content));
      const blob = contents?.find((content) => content.kind === "blob");
      if (blob?.kind !== "blob") throw new Error(`${path} has no weights`);
      return weights.blob(blob, { type: "fp16", elementCount: 4 }).bytes.slice();
    };
    const halved = new BlobWriter();
    const offset = halved.add("fp16", new Uint8Array(scale.map((bits) => bits - 0x400).buffer));
    halved.writeTo(at("source", "halved.bin"));
    writeFileSync(at("source", "halved.mil"), milText("halved.bin", offset));
    for (const name of ["first.mil", "model.mil", 'odd "n%me".mil'])
      await write("source/flat.mil", `shared-folder/${name}`);
    const kept = values("first");
    for (const name of ["second.mil", "model.mil"]) await write("source/halved.mil", `shared-folder/${name}`);
    expect(values("first")).toEqual(kept);
    expect(values('odd "n%me"')).toEqual(kept);
    expect(values("second")).not.toEqual(kept);
    expect(values("model")).toEqual(values("second"));
    const found = readdirSync(at("shared-folder", "weights")).sort();
    expect(found).toEqual(["first.bin", 'odd "n%25me".bin', "second.bin", "weight.bin"]);
    writeFileSync(at("source", "none.mil"), flexibleText);
    await write("source/none.mil", "shared-folder/model.mil");
    expect(existsSync(at("shared-folder", "weights", "weight.bin"))).toBe(false);
  });

  test("a weight file of another program is never written over", async () => {
    mkdirSync(at("foreign", "weights"), { recursive: true });
    writeFileSync(at("foreign", "weights", "weight.bin"), "theirs");
    const attempt = () => write("source/model.mil", "foreign", { to: "mil" });
    await expect(attempt()).rejects.toThrow(/is there already, and no model\.mil beside it says that it is its own/);
    writeFileSync(at("foreign", "other.mil"), milText("weights/weight.bin", 64));
    await expect(attempt()).rejects.toThrow(/is there already, and other\.mil has its weights in it/);
    expect(text("foreign", "weights", "weight.bin")).toBe("theirs");
    expect(readdirSync(at("foreign")).sort()).toEqual(["other.mil", "weights"]);
  });

  test.skipIf(process.getuid?.() !== 0 || process.platform !== "linux")(
    "are written where only the folder itself is open (skipped where the user cannot be changed)",
    () => {
      mkdirSync(at("closed", "open"), { recursive: true });
      const nobody = 65534;
      chownSync(at("closed", "open"), nobody, nobody);
      const { seteuid } = process;
      if (seteuid === undefined) throw new Error("there are no users here");
      chmodSync(folder, 0o755);
      seteuid(nobody);
      try {
        writeMilFiles(milPlaceOf(at("closed", "open", "x.mil")), "text", Uint8Array.of(1));
        expect(() => writeMilFiles(milPlaceOf(at("closed", "x.mil")), "text", undefined)).toThrow(/EACCES/);
      } finally {
        seteuid(0);
      }
      expect(readdirSync(at("closed", "open")).sort()).toEqual(["weights", "x.mil"]);
      expect(readdirSync(at("closed"))).toEqual(["open"]);
    },
  );

  test("nothing is left of files that could not be written", () => {
    mkdirSync(at("taken", "x.mil"), { recursive: true });
    const write = () => writeMilFiles(milPlaceOf(at("taken", "x.mil")), "text", Uint8Array.of(1));
    expect(write).toThrow(/is a folder, and a file is needed/);
    const broken = {
      writeTo: () => {
        throw new Error("no space");
      },
    };
    expect(() => writeFolder(at("taken", "new"), { "a/b.mil": "text", "c/d.bin": broken })).toThrow("no space");
    expect(readdirSync(at("taken"))).toEqual(["x.mil"]);
  });

  test("several weight files become one", async () => {
    const both = text("source", "model.mil").replace(
      "            tensor<fp16, [1, 4]> y =",
      `            tensor<fp32, [3]> more = const()[val = tensor<fp32, [3]>(BLOBFILE(path = string("@model_path/weights.bin"), offset = uint64(64)))];\n$&`,
    );
    writeFileSync(at("source", "both.mil"), both);
    await write("source/both.mil", "gathered", { to: "mil" });
    const [main] = readMilText(text("gathered", "model.mil")).functions;
    const places = main?.block.operations.flatMap(({ attributes }) =>
      attributes.flatMap(({ value }) => (value.content.kind === "blob" ? [value.content] : [])),
    );
    expect(places?.map(({ path }) => path)).toEqual(Array(2).fill("@model_path/weights/weight.bin"));
    const file = bytes("gathered", "weights", "weight.bin");
    const found = places?.map(({ offset }) => readBlob(file, offset).bytes.slice().buffer);
    expect(found).toEqual([scale.buffer, Float32Array.of(1, 2, 3).buffer]);
  });

  test("become IR, and IR becomes MIL", async () => {
    await write("source/model.mil", "program.mlir");
    expect(text("program.mlir")).toContain("mil.program");
    await write("program.mlir", "again", { to: "mil" });
    const [before] = readMilText(text("source", "model.mil")).functions;
    const [after] = readMilText(text("again", "model.mil")).functions;
    expect(after?.block.operations.map(({ mnemonic }) => mnemonic)).toEqual(["const", "mul", "relu"]);
    expect(after?.block.results).toEqual(before?.block.results);
  });

  test("sizes that a program leaves open stay open, or are set", async () => {
    writeFileSync(at("flexible.mil"), flexibleText);
    await write("flexible.mil", "flexible.mlir");
    expect(text("flexible.mlir")).toContain("tensor<1x?xf16>");
    await write("flexible.mil", "default.onnx");
    const [input] = readOnnxModel(at("default.onnx")).graph.inputs;
    expect(JSON.stringify(input?.type)).toContain("[1,5]");
    await write("flexible.mil", "seven.mil", { shape: ["x=1,7"] });
    expect(text("seven.mil")).toContain("func main<ios18>(tensor<fp16, [1, 7]> x)");
  });

  test("become ONNX", async () => {
    await write("source/model.mil", "made.onnx");
    const { graph } = readOnnxModel(at("made.onnx"));
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(["Mul", "Relu"]);
  });
});

const corpus = resolve(import.meta.dirname, "../../shared/data/mil");
const models = existsSync(corpus)
  ? readdirSync(join(corpus, "mlmodel")).filter((name) => existsSync(join(corpus, name.replace(/mlmodel$/, "mil"))))
  : [];

describe.skipIf(models.length === 0)(
  "models that Apple's compiler wrote as text (skipped where ../shared/data is absent)",
  () => {
    test.each(models)("%s gives the same text but for the compiler's version", async (name) => {
      const printed = printMilText(inCompilerForm(openModel(join(corpus, "mlmodel", name)).document));
      const compiled = readFileSync(join(corpus, name.replace(/mlmodel$/, "mil")), "utf8");
      const withoutVersion = (program: string) => program.trimEnd().replace(/"(coremlc-[\w-]+)", "[\d.]+"/g, '"$1"');
      expect(withoutVersion(printed)).toBe(withoutVersion(compiled));
    });
  },
);

test("ONNX becomes each of them", async () => {
  const shape = ["x=1,3,8,8"];
  await write("model.onnx", "from-onnx.mlpackage", { shape });
  const { model } = readMlpackage(at("from-onnx.mlpackage"));
  expect(model.document.functions[0]?.block.operations.map(({ mnemonic }) => mnemonic)).toContain("conv");
  await write("model.onnx", "from-onnx.mlir", { shape });
  expect(text("from-onnx.mlir")).toContain("tensor.relu");
  await write("from-onnx.mlir", "again.onnx");
  expect(readOnnxModel(at("again.onnx")).graph.nodes.map(({ opType }) => opType)).toEqual(["Conv", "Relu"]);
});

test("text is printed where no output is named", () => {
  const mil = translate("source/model.mil", "--to", "mil");
  expect(mil).toMatchObject({ status: 0, out: text("source", "model.mil") });
  expect(mil.errors).toBe("note: weights are not printed: -o FILE.mil writes them too, beside the text\n");
  const ir = translate("source/model.mil", "--to", "mlir");
  expect(ir.out).toContain("mil.program");
  expect(ir.out).toContain("dense<[[1.0, 2.0, -1.0, 0.5]]>");
});

describe("what cannot be", () => {
  test.each([
    [
      "a damaged program",
      ["source/model.onnx.mil", "--to", "mil"],
      1,
      "source/model.onnx.mil:1:1: error: expected 'program'",
    ],
    [
      "a folder that is no package",
      ["source/weights", "--to", "mil"],
      1,
      "source/weights: error: cannot be read: translate takes .onnx, .mlir, ",
    ],
    ["a level below", ["loops.mlir", "-o", "x.onnx"], 1, "loops.mlir: error: the program stands at the level 'loops'"],
  ])("%s, as the command says it", (_, args, status, message) => {
    writeFileSync(at("source", "model.onnx.mil"), readFileSync(at("model.onnx")).toString("latin1"));
    const ended = translate(...args);
    expect(ended.errors).toContain(message);
    expect(ended).toMatchObject({ status, out: "" });
    expect(existsSync(at("x.onnx"))).toBe(false);
  });

  test.each([
    ["an unknown format", { to: "hwx" }, "--to takes mil, mlir, mlpackage, onnx, but got 'hwx'"],
    ["no format", {}, "name a format, --to mil|mlir|mlpackage|onnx"],
    ["a package on standard output", { to: "mlpackage" }, "name a place for it, -o model.mlpackage"],
    ["a model file", { to: "mil", output: at("x.mlmodel") }, "a .mlmodel is not written: name a .mlpackage or a .mil"],
    ["two formats", { to: "mil", output: at("x.onnx") }, "do not go together"],
    [
      "a chip for MIL",
      { to: "mil", target: "h13" },
      /--target is for programs that are lowered to MIL, but .* holds MIL already/,
    ],
    ["a chip for IR", { to: "mlir", target: "h13" }, "but mlir is written without it"],
    ["an unknown chip", { to: "mil", target: "h99" }, /--target takes .*h13/],
  ])("%s", async (_, options, message) => {
    const settings = { shape: [], ...options };
    await expect(translateCommand(at("source", "model.mil"), settings)).rejects.toThrow(message);
  });

  test("weights that are missing, or of another type", async () => {
    writeFileSync(at("lost.mil"), milText("weights/lost.bin", 64));
    await expect(write("lost.mil", "lost.mlpackage")).rejects.toThrow(
      /the program names the weight file "@model_path\/weights\/lost.bin", but there is no/,
    );
    writeFileSync(at("source", "other.mil"), milText("weights.bin", 64));
    await expect(write("source/other.mil", "other.mlpackage")).rejects.toThrow(
      /holds fp32, but the program states fp16/,
    );
    expect(readdirSync(folder).filter((name) => /^(lost|other)\.mlpackage/.test(name))).toEqual([]);
  });
});
