/**
 * Packages that we write, read by Apple's own tools: `ANEMONE_COREMLTOOLS_PYTHON` names a Python that has coremltools (9.0 was tried;
 * it need not run on a Mac). Without it, nothing here runs.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { lowerTo } from "../../compiler/index.ts";
import type { MilBlock, MilDocument } from "../../dialects/mil/document/document.ts";
import { modelOf, writeMlpackage } from "../../dialects/mil/protobuf/index.ts";
import { openModel } from "../../frontends/mil/open-model.ts";
import { emitMil } from "../../lowering/mil-to-text/index.ts";
import { writeRandomWeights } from "../testing/mil-weights.ts";
import { shapesOf, testNetworks } from "../testing/networks.ts";

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
  },
);
