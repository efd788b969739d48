/**
 * Packages that we write, read by Apple's own tools: `ANEMONE_COREMLTOOLS_PYTHON` names a Python that has coremltools (9.0 was tried;
 * it need not run on a Mac). Without it, nothing here runs.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, lowerTo } from "../../compiler/index.ts";
import { BlobStorage, BlobWriter } from "../../dialects/mil/blob-storage/index.ts";
import type { MilBlock, MilDocument } from "../../dialects/mil/document/document.ts";
import { modelOf, readMlmodel, writeMlmodel, writeMlpackage } from "../../dialects/mil/protobuf/index.ts";
import { printMilText } from "../../dialects/mil/text/printer.ts";
import { readMilText } from "../../dialects/mil/text/reader.ts";
import { openModel } from "../../frontends/mil/open-model.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { schemes } from "../../lowering/compress-weights/index.ts";
import { emitMil } from "../../lowering/mil-to-text/index.ts";
import { difference } from "../testing/compare.ts";
import { writeRandomWeights } from "../testing/mil-weights.ts";
import { longTests, shapesOf, testNetwork, testNetworks } from "../testing/networks.ts";

const python = process.env.ANEMONE_COREMLTOOLS_PYTHON;
const corpus = "../shared/data/mil";
const folder = mkdtempSync(join(tmpdir(), "anemone-coremltools-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What coremltools says of each package, in order. */
function loaded(paths: readonly string[]): readonly Record<string, unknown>[] {
  const script = resolve(import.meta.dirname, "coremltools-load.py");
  const { stdout, stderr, error } = spawnSync(python ?? "", [script, ...paths], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  if (lines.length !== paths.length) throw new Error(stderr);
  return lines.map((line): Record<string, unknown> => JSON.parse(line));
}

/** Writes the package of a model; undefined where the engine does not take it. */
function packageOf(model: string, target: string): MilDocument | undefined {
  try {
    const { document, blobs } = emitMil(lowerTo(model, "mil", { route: "ane" }).module);
    writeMlpackage(target, modelOf(document), blobs);
    return document;
  } catch (error) {
    if (error instanceof DiagnosticError) return undefined;
    throw error;
  }
}

/** What must come out: operations of the document by kind, as Apple's tools count them. */
function expected(document: MilDocument): Record<string, unknown> {
  const main = document.functions.find(({ name }) => name === "main")!;
  return {
    operations: operationsIn(main.block).sort(),
    inputs: main.parameters.map(({ name }) => name).sort(),
    outputs: main.block.results,
  };
}

const operationsIn = ({ operations }: MilBlock): string[] =>
  operations.flatMap(({ mnemonic }) => (mnemonic === "const" ? [] : [mnemonic]));

const isMissing = python === undefined || !existsSync(corpus);
describe.skipIf(isMissing)(
  "coremltools reads our packages (skipped without ANEMONE_COREMLTOOLS_PYTHON and ../shared)",
  () => {
    test("MIL text of the corpus, translated", { timeout: 300_000 }, () => {
      const names = isMissing ? [] : readdirSync(corpus).filter((name) => name.endsWith(".mil"));
      const documents: MilDocument[] = [];
      const paths = names.map((name) => {
        const home = join(folder, name);
        mkdirSync(home);
        cpSync(join(corpus, name), join(home, name));
        const { document } = openModel(join(home, name));
        writeRandomWeights(document, home);
        documents.push(document);
        const path = join(folder, `${basename(name, ".mil")}.mlpackage`);
        writeMlpackage(path, modelOf(document));
        if (existsSync(join(home, "weights"))) {
          cpSync(join(home, "weights"), join(path, "Data/com.apple.CoreML/weights"), { recursive: true });
        }
        return path;
      });
      const found = loaded(paths);
      for (const [index, name] of names.entries()) {
        // coremltools takes weights from the folder `weights` alone.
        if (name.includes("h14-anec-matvec")) continue;
        expect(found[index], name).toMatchObject(expected(documents[index]!));
      }
    });

    test("networks, compiled", { timeout: 300_000 }, () => {
      const networks = testNetworks.filter(({ path }) => existsSync(path));
      expect(networks.length).toBeGreaterThan(0);
      const made = networks.map((network) => {
        const { name, path } = network;
        const { document, blobs } = emitMil(lowerTo(path, "mil", { route: "ane", shapes: shapesOf(network) }).module);
        const target = join(folder, `${name.replaceAll(/\W/g, "_")}.mlpackage`);
        writeMlpackage(target, modelOf(document), blobs);
        return { name, document, target };
      });
      const found = loaded(made.map(({ target }) => target));
      for (const [index, { name, document }] of made.entries())
        expect(found[index], name).toMatchObject(expected(document));
    });

    test("operators that the engine takes, one by one", { timeout: 900_000 }, () => {
      const cases = "../shared/data/onnx-node";
      const names = readdirSync(cases).filter((_, index) => longTests || index % 6 === 0);
      const made = names.flatMap((name) => {
        const document = packageOf(join(cases, name, "model.onnx"), join(folder, `${name}.mlpackage`));
        return document === undefined ? [] : [{ name, document }];
      });
      expect(made.length).toBeGreaterThan(20);
      const found = loaded(made.map(({ name }) => join(folder, `${name}.mlpackage`)));
      for (const [index, { name, document }] of made.entries())
        expect(found[index], name).toMatchObject(expected(document));
    });

    test("compressed weights of every scheme", { timeout: 300_000 }, () => {
      const { path } = testNetwork("MNIST CNN");
      const made = schemes.map((scheme) => {
        const compress = { scheme, tolerance: 1 };
        const { document, blobs } = emitMil(lowerTo(path, "mil", { route: "ane", compress }).module);
        const target = join(folder, `compressed-${scheme}.mlpackage`);
        writeMlpackage(target, modelOf(document), blobs);
        return { scheme, document, target };
      });
      const found = loaded(made.map(({ target }) => target));
      for (const [index, { scheme, document }] of made.entries()) {
        const wanted = expected(document);
        expect(JSON.stringify(wanted.operations)).toContain("constexpr_");
        expect(found[index], scheme).toMatchObject(wanted);
      }
    });
  },
);

/** Packages that nothing here can run, with the reason. */
const unrunnable: readonly (readonly [name: RegExp, reason: RegExp])[] = [
  [/^classifier/, /its output classLabel is !mil\.string/],
  [/^lists/, /mil\.make_list' op .* has no meaning in tensor ops/],
  [/^state/, /its input s is !mil\.state/],
];

describe.skipIf(python === undefined)(
  "we read what coremltools writes (skipped without ANEMONE_COREMLTOOLS_PYTHON)",
  () => {
    let packages: Record<string, { inputs: Record<string, number[]>; output: number[] } | null> = {};
    const made = join(folder, "made");
    beforeAll(() => {
      mkdirSync(made);
      const script = resolve(import.meta.dirname, "coremltools-make.py");
      const { stdout, stderr } = spawnSync(python ?? "", [script, made], { encoding: "utf8", maxBuffer: 2 ** 28 });
      const line = stdout.split("\n").findLast((each) => each.startsWith("{"));
      if (line === undefined) throw new Error(stderr);
      packages = JSON.parse(line);
    }, 300_000);

    test("the bytes of models and weights come back", () => {
      expect(Object.keys(packages).length).toBeGreaterThan(20);
      for (const name of Object.keys(packages)) {
        const home = join(made, `${name}.mlpackage/Data/com.apple.CoreML`);
        const bytes = new Uint8Array(readFileSync(join(home, "model.mlmodel")));
        expect(Buffer.compare(writeMlmodel(readMlmodel(bytes, name)), bytes), name).toBe(0);
        const weights = join(home, "weights/weight.bin");
        if (!existsSync(weights)) continue;
        const writer = new BlobWriter({ share: false });
        for (const { type, bytes, elementCount } of BlobStorage.open(weights).blobs())
          writer.add(type, bytes, elementCount);
        expect(Buffer.compare(writer.finish(), readFileSync(weights)), name).toBe(0);
      }
    });

    test("programs are written as text and read again", () => {
      for (const name of Object.keys(packages)) {
        const { document } = openModel(join(made, `${name}.mlpackage`));
        expect(printMilText(readMilText(printMilText(document))), name).toBe(printMilText(document));
      }
    });

    test("they compute what numpy computes", { timeout: 300_000 }, async () => {
      for (const [name, expectation] of Object.entries(packages)) {
        const path = join(made, `${name}.mlpackage`);
        const refused = unrunnable.find(([pattern]) => pattern.test(name));
        if (refused !== undefined) {
          await expect(compile(path, { device: "cpu" }), name).rejects.toThrow(refused[1]);
          continue;
        }
        using network = await compile(path, { device: "cpu" });
        const inputs = Object.fromEntries(
          network.program.inputs.map(({ name: input, type }) => {
            const values = expectation?.inputs[input] ?? [];
            const { shape, element } = type;
            return [input, { shape, element, data: (element === "i32" ? Int32Array : Float32Array).from(values) }];
          }),
        );
        const [output] = Object.values(network.program.run(inputs));
        const reference = {
          shape: output!.shape,
          element: output!.element,
          data: Float32Array.from(expectation!.output),
        };
        expect(difference(output!, reference, 1e-5), name).toBeUndefined();
      }
    });
  },
);
