/**
 * The text reader on the committed pictures, its networks compiled for each device of this machine, reads what the same
 * pipeline reads with ONNX Runtime, which is what stands in them. And the program that `npm start` starts, as a stranger sees it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CompiledNetwork, compile } from "../compiler/index.ts";
import { loadAlphabet, modelPath } from "../examples/read-text/models.ts";
import { inputName, type NetworkFactory } from "../examples/read-text/network.ts";
import type { DeviceNetworks } from "../examples/read-text/networks.ts";
import { loadPicture } from "../examples/read-text/picture.ts";
import { readText, type TextLine } from "../examples/read-text/pipeline.ts";
import { engineReadingDifferences, type ReadingDifference } from "./read-text-ane-differences.ts";
import { openReferenceNetworks } from "./reference/read-text-networks.ts";
import { longTests, type TestRoute, testRoutes } from "./testing/networks.ts";

const root = resolve(import.meta.dirname, "..");
const pictures = join(root, "examples/pictures");
const all = ["receipt.png", "small-text.png", "rotated.png", "low-contrast.jpg"];

/** The default run leaves out what only costs time: each picture needs further shapes of the networks. */
const chosen: { readonly [R in TestRoute["name"]]: readonly string[] } = {
  LLVM: ["low-contrast.jpg"],
  WebAssembly: ["rotated.png"],
  "ane-virtual": [],
};

const truth = (picture: string) =>
  readFileSync(join(pictures, picture.replace(/\.\w+$/, ".txt")), "utf8")
    .trimEnd()
    .split("\n");

/** The networks of one route, each shape compiled once. */
class CompiledNetworks {
  readonly #options: TestRoute["options"];
  readonly #compiled = new Map<string, Promise<CompiledNetwork>>();

  constructor(options: TestRoute["options"]) {
    this.#options = options;
  }

  readonly open: NetworkFactory = async (network, shape) => {
    const key = `${network} ${shape.join("x")}`;
    const made =
      this.#compiled.get(key) ?? compile(modelPath(network), { ...this.#options, shapes: { [inputName]: shape } });
    this.#compiled.set(key, made);
    const { program, overflows } = await made;
    return {
      run: (inputs) => {
        const outputs = program.run(inputs);
        expect(overflows(), `${key}: values outside the engine's range`).toEqual([]);
        return outputs;
      },
    };
  };

  async close(): Promise<void> {
    for (const network of this.#compiled.values()) (await network)[Symbol.dispose]();
  }
}

const textsOf = (lines: readonly TextLine[]) => lines.map(({ text }) => text);

/** Lines that stand at the same place in both readings, less those that are equal. */
function differencesOf(picture: string, found: readonly string[], expected: readonly string[]) {
  const count = Math.max(found.length, expected.length);
  return Array.from({ length: count }, (_, place) => ({
    picture,
    expected: expected[place],
    found: found[place],
  })).filter((pair) => pair.expected !== pair.found);
}

describe("the text reader", () => {
  let reference: DeviceNetworks;
  let alphabet: readonly string[];
  const expected = new Map<string, readonly TextLine[]>();

  beforeAll(async () => {
    reference = openReferenceNetworks();
    alphabet = await loadAlphabet();
    for (const picture of all) expected.set(picture, await read(picture, reference.open));
  });
  const opened: CompiledNetworks[] = [];
  afterAll(async () => {
    await reference?.close();
    for (const networks of opened) await networks.close();
  });

  async function read(picture: string, open: NetworkFactory): Promise<readonly TextLine[]> {
    return readText(await loadPicture(join(pictures, picture)), open, alphabet);
  }

  test.each(all)("ONNX Runtime reads %s right", (picture) => {
    expect(textsOf(expected.get(picture)!)).toEqual(truth(picture));
  });

  for (const { name, options, missing } of testRoutes) {
    describe.skipIf(missing !== undefined)(missing === undefined ? name : `${name} (${missing})`, () => {
      const networks = new CompiledNetworks(options);
      opened.push(networks);

      for (const picture of all) {
        const isLong = !chosen[name].includes(picture);
        const title = isLong && !longTests ? `${picture} (SKIPPED: takes long; ANEMONE_LONG_TESTS=1 runs it)` : picture;
        test.skipIf(isLong && !longTests)(title, async () => {
          const lines = await read(picture, networks.open);
          const wanted = expected.get(picture)!;
          const differences = differencesOf(picture, textsOf(lines), textsOf(wanted));
          const known: readonly ReadingDifference[] = name === "ane-virtual" ? engineReadingDifferences : [];
          expect(differences).toEqual(
            known.filter((entry) => entry.picture === picture).map(({ cause: _, ...pair }) => pair),
          );
          expect(lines.map(({ rotated }) => rotated)).toEqual(wanted.map(({ rotated }) => rotated));
          // fp16 moves the detector's map, so that a crop may shift by a pixel.
          const allowed = name === "ane-virtual" ? 0.05 : 1e-3;
          for (const [place, { confidence }] of lines.entries())
            expect(Math.abs(confidence - wanted[place]!.confidence), lines[place]!.text).toBeLessThan(allowed);
        });
      }
    });
  }

  test("every known difference is of a picture and says its cause", () => {
    for (const { picture, cause } of engineReadingDifferences) {
      expect(all).toContain(picture);
      expect(cause.length).toBeGreaterThan(10);
    }
  });
});

describe("npm start", () => {
  const folder = mkdtempSync(join(tmpdir(), "anemone-start-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start = (...args: readonly string[]) =>
    spawnSync(process.execPath, [join(root, "examples/read-text/main.ts"), ...args], {
      cwd: root,
      encoding: "utf8",
    });

  test("prints the lines, and what became of each network, with the IR of each level", () => {
    const picture = join(pictures, "receipt.png");
    const { status, stdout, stderr } = start(picture);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Device: cpu \((LLVM \d+|WebAssembly)/m);
    for (const line of truth("receipt.png"))
      expect(stdout).toMatch(new RegExp(`^ {2}0\\.9\\d\\d {2}${RegExp.escape(line)}$`, "m"));
    expect(existsSync(join(root, /^Boxes: (.*)$/m.exec(stdout)![1]!))).toBe(true);
    const header = /^network .*$/m.exec(stdout)![0].split(/\s{2,}/);
    expect(header).toEqual(
      expect.arrayContaining([
        "tensor",
        "fused",
        "ane",
        "mil",
        "linalg",
        "buffers",
        "loops",
        "tasks",
        "runs",
        "ms",
        "IR",
      ]),
    );
    for (const network of ["detector", "classifier", "recogniser"]) {
      const row = new RegExp(`^${network} .*$`, "m").exec(stdout)![0].split(/\s{2,}/);
      expect(row.length).toBe(header.length);
      expect(Number(row[header.indexOf("tasks")])).toBeGreaterThan(10);
      const files = join(root, row.at(-1)!);
      expect(existsSync(join(files, "0-tensor.mlir")), basename(files)).toBe(true);
      expect(existsSync(join(files, "engine/3-mil.mlir")), basename(files)).toBe(true);
    }
  });

  test("a picture that cannot be read is a diagnostic, exit code 1", () => {
    const { status, stdout, stderr } = start(join(folder, "none.png"));
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/none\.png: error: no such file/);
  });
});
