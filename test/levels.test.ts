/**
 * Every level of every network can be taken up again: its dump round-trips in both forms, MLIR's own tools read it, and
 * compiled from there it gives the same bits as the network compiled in one go. Of the larger networks a dump is lowered to the
 * next level, whose text must come out as it was dumped, which leads to the same program by steps; the smaller ones, and all with
 * `ANEMONE_LONG_TESTS=1`, are compiled and run from each dump.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CompiledNetwork, compile, type Level, type LevelReport, lowerTo } from "../compiler/index.ts";
import { defaultContext } from "../compiler/registry.ts";
import { missingMlirOpt, mlirOpt } from "../dialects/upstream/mlir-opt.ts";
import type { Operation } from "../ir/operation.ts";
import { parse } from "../ir/parser/parse.ts";
import { missingOracle, mlirGenericForm } from "../ir/printer/mlir-oracle.ts";
import { print } from "../ir/printer/print.ts";
import { readIr } from "../ir/sidecar.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { verify } from "../ir/verifier.ts";
import {
  longTests,
  longTestsNote,
  missingNetwork,
  noise,
  shapesOf,
  type TestNetwork,
  type TestRoute,
  testNetworks,
  testRoutes,
} from "./testing/networks.ts";

const context = defaultContext();
const folder = mkdtempSync(join(tmpdir(), "anemone-levels-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Those that compile in about a second. */
const small = new Set(["MNIST CNN", "ResNet-20", "SqueezeNet 1.1"]);

const routeLevels: { readonly [R in TestRoute["name"]]: readonly Level[] } = {
  LLVM: ["tensor", "fused", "linalg", "buffers", "loops", "llvm"],
  WebAssembly: ["tensor", "fused", "linalg", "buffers", "loops"],
  "ane-virtual": ["tensor", "fused", "ane", "linalg", "buffers", "loops", "llvm"],
};

/** Upstream dialects alone. */
const plainLevels: ReadonlySet<Level> = new Set(["linalg", "buffers", "loops", "llvm"]);

function read(text: string, file: string): Operation {
  const module = parse(text, context, { file });
  verify(module, context);
  return module;
}

/** Both texts of a dump lead to the same two texts. */
function expectRoundTrip(path: string): void {
  const text = readFileSync(path, "utf8");
  const module = readIr(path, context);
  verify(module, context);
  expectSameText(print(module), text);
  const generic = print(module, { generic: true });
  const again = read(generic, `${path} (generic)`);
  expectSameText(print(again, { generic: true }), generic);
  expectSameText(print(again, { valueNames: false }), print(module, { valueNames: false }));
}

/** Like toBe, without a difference of megabytes where it fails. */
function expectSameText(actual: string, expected: string): void {
  if (actual === expected) return;
  const [left, right] = [actual.split("\n"), expected.split("\n")];
  const line = left.findIndex((each, index) => each !== right[index]);
  expect.soft(left[line]?.slice(0, 400), `line ${line + 1} of ${left.length}`).toBe(right[line]?.slice(0, 400));
  expect(left.length, "number of lines").toBe(right.length);
}

/** MLIR reads the generic form, and what it prints is to us what we printed. */
function expectMlirAgrees(path: string, level: Level): void {
  const module = readIr(path, context);
  const generic = print(module, { generic: true, valueNames: false });
  const theirs = mlirGenericForm(generic);
  expectSameText(print(read(theirs, `${path} (from MLIR)`), { generic: true, valueNames: false }), generic);
  if (!plainLevels.has(level) || missingMlirOpt !== undefined) return;
  const { status, errors } = mlirOpt(print(module), [], { allowUnregistered: false });
  expect(errors.slice(0, 1000)).toBe("");
  expect(status).toBe(0);
}

async function outputsOf(source: string, network: TestNetwork, options: TestRoute["options"]) {
  using compiled: CompiledNetwork = await compile(source, { ...options, shapes: shapesOf(network) });
  return compiled.program.run({ [network.input]: noise(network.shape) });
}

function expectSameBits(actual: Record<string, TensorData>, expected: Record<string, TensorData>): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, { shape, element, data }] of Object.entries(expected)) {
    const other = actual[name]!;
    expect([other.shape, other.element]).toEqual([shape, element]);
    const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength);
    expect(bytes(other.data).equals(bytes(data)), `output "${name}" has the same bits`).toBe(true);
  }
}

for (const network of testNetworks) {
  const absent = missingNetwork(network);
  const runsEach = longTests || small.has(network.name);
  for (const { name: route, options, missing } of testRoutes) {
    if (route === "WebAssembly" && !runsEach) continue;
    const why = absent ?? missing;
    const note = runsEach ? "" : ` (runs from llvm; ${longTestsNote})`;
    describe.skipIf(why !== undefined)(`${network.name} by ${route}${why === undefined ? note : ` (${why})`}`, () => {
      let dumps: readonly LevelReport[] = [];
      let direct: Record<string, TensorData> = {};
      const pathOf = (level: Level) => dumps.find((dump) => dump.level === level)!.path!;

      beforeAll(async () => {
        const irFolder = join(folder, `${network.name} ${route}`);
        using compiled = await compile(network.path, { ...options, shapes: shapesOf(network), irFolder });
        dumps = compiled.levels;
        direct = compiled.program.run({ [network.input]: noise(network.shape) });
      });

      test("goes through all levels", () => {
        expect(dumps.map(({ level }) => level)).toEqual(routeLevels[route]);
      });

      for (const [position, level] of routeLevels[route].entries()) {
        const next = routeLevels[route][position + 1];
        test(`${level}: both forms round-trip`, () => expectRoundTrip(pathOf(level)));

        if (route !== "WebAssembly") {
          test.skipIf(missingOracle !== undefined)(
            `${level}: MLIR agrees${missingOracle === undefined ? "" : ` (SKIPPED: ${missingOracle})`}`,
            () => expectMlirAgrees(pathOf(level), level),
          );
        }

        if (runsEach || next === undefined) {
          test(`${level}: compiled and run again, the same bits`, async () => {
            expectSameBits(await outputsOf(pathOf(level), network, options), direct);
          });
        } else {
          test(`${level}: lowered to ${next}, the text that was dumped`, () => {
            const lowered = lowerTo(pathOf(level), next, { route: route === "ane-virtual" ? route : "cpu" });
            expectSameText(print(lowered.module), readFileSync(pathOf(next), "utf8"));
          });
        }
      }

      if (route === "ane-virtual") {
        test("mil: round-trips, and run again it gives the same bits", async () => {
          const irFolder = join(folder, `${network.name} engine`);
          const shapes = shapesOf(network);
          const lowered = lowerTo(network.path, "mil", { route: "ane", shapes, irFolder });
          const path = lowered.levels.at(-1)!.path!;
          expectRoundTrip(path);
          if (missingOracle === undefined) expectMlirAgrees(path, "mil");
          expectSameBits(await outputsOf(path, network, options), direct);
        });
      }
    });
  }
}
