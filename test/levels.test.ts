/**
 * Every level of every network can be taken up again: its dump round-trips in both forms, MLIR's own tools read it, and
 * compiled from there it gives the same bits as the network compiled in one go. The larger networks go from each dump to the
 * next level, which must come out as it was dumped, and are run from the last: by steps that is the same program. The smaller
 * ones, and all with `ANEMONE_LONG_TESTS=1`, are compiled and run from each dump. ResNet-20, YuNet, the detector and the recogniser are left
 * to the long run.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lowerModule } from "../compiler/compile.ts";
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
import { difference } from "./testing/compare.ts";
import {
  longTests,
  longTestsNote,
  missingNetwork,
  sampleInput,
  shapesOf,
  type TestNetwork,
  type TestRoute,
  testNetworks,
  testRoutes,
} from "./testing/networks.ts";

const context = defaultContext();
const folder = mkdtempSync(join(tmpdir(), "anemone-levels-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Those that are compiled from each of their dumps in the default run, and by which routes. */
const small = new Map<string, readonly TestRoute["name"][]>([
  ["MNIST CNN", ["LLVM", "WebAssembly", "ane-virtual"]],
  ["SqueezeNet 1.1", ["LLVM"]],
]);
/** Those that only the long run takes up again; models.test.ts and read-text.test.ts compile and run them whole. */
const onlyLong = new Set(["text recogniser", "text detector", "YuNet n 320", "ResNet-20"]);
if (!longTests) console.log(`levels of networks: larger ones by steps, the largest not at all (${longTestsNote})`);

const routeLevels: { readonly [R in TestRoute["name"]]: readonly Level[] } = {
  LLVM: ["tensor", "fused", "linalg", "buffers", "loops", "llvm"],
  WebAssembly: ["tensor", "fused", "linalg", "buffers", "loops"],
  "ane-virtual": ["tensor", "fused", "ane", "linalg", "buffers", "loops", "llvm"],
};

/** Of the larger networks on the virtual engine: its levels below `linalg` are made by the same passes as the CPU's. */
const upperLevels = 4;

/**
 * MIL names no tasks: taken up again, its operations are grouped into tasks anew, and a value that was rounded to fp16 between
 * two tasks may stay inside one. Where this changes bits, the greatest error, at twice what was measured.
 */
const milTolerance: { readonly [network: string]: number } = { "text recogniser": 2e-3 };

const mlirNote = missingOracle === undefined ? ", MLIR agrees" : ` (without MLIR: SKIPPED, ${missingOracle})`;

/** Upstream dialects alone. */
const plainLevels: ReadonlySet<Level> = new Set(["linalg", "buffers", "loops", "llvm"]);

function read(text: string, file: string): Operation {
  const module = parse(text, context, { file });
  verify(module, context);
  return module;
}

/** Both texts of a dump lead to the same two texts, and MLIR reads the generic one as we do. */
function expectRoundTrip(module: Operation, path: string, level: Level): void {
  expectSameText(print(module), readFileSync(path, "utf8"));
  const generic = print(module, { generic: true, valueNames: false });
  const theirs = missingOracle === undefined ? mlirGenericForm(generic) : generic;
  const again = read(theirs, `${path} (generic)`);
  expectSameText(print(again, { generic: true, valueNames: false }), generic);
  expectSameText(print(again, { valueNames: false }), print(module, { valueNames: false }));
  if (!plainLevels.has(level) || missingMlirOpt !== undefined) return;
  const { status, errors } = mlirOpt(print(module), [], { allowUnregistered: false });
  expect(errors.slice(0, 1000)).toBe("");
  expect(status).toBe(0);
}

/** Like toBe, without a difference of megabytes where it fails. */
function expectSameText(actual: string, expected: string): void {
  if (actual === expected) return;
  const [left, right] = [actual.split("\n"), expected.split("\n")];
  const line = left.findIndex((each, index) => each !== right[index]);
  expect.soft(left[line]?.slice(0, 400), `line ${line + 1} of ${left.length}`).toBe(right[line]?.slice(0, 400));
  expect(left.length, "number of lines").toBe(right.length);
}

/** The text of a module without what a dump does not keep: value names made up on the way, and original places. */
function essence(module: Operation): string {
  const string = /"(?:[^"\\\n]|\\.)*"/.source;
  return print(module, { valueNames: false }).replaceAll(new RegExp(`(location|name) = ${string}`, "g"), "$1");
}

function readDump(path: string): Operation {
  const module = readIr(path, context);
  verify(module, context);
  return module;
}

async function outputsOf(source: string, network: TestNetwork, options: TestRoute["options"]) {
  using compiled: CompiledNetwork = await compile(source, { ...options, shapes: shapesOf(network) });
  return compiled.program.run({ [network.input]: await sampleInput(network) });
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
  for (const { name: route, options, missing } of testRoutes) {
    const runsEach = longTests || (small.get(network.name)?.includes(route) ?? false);
    if (route === "WebAssembly" && !runsEach) continue;
    if (!longTests && onlyLong.has(network.name)) continue;
    const why = absent ?? missing;
    const covered = routeLevels[route].slice(0, runsEach || route === "LLVM" ? undefined : upperLevels);
    const note = runsEach ? "" : ` (by steps, runs from ${covered.at(-1)}; ${longTestsNote})`;
    describe.skipIf(why !== undefined)(`${network.name} by ${route}${why === undefined ? note : ` (${why})`}`, () => {
      let dumps: readonly LevelReport[] = [];
      let direct: Record<string, TensorData> = {};
      const pathOf = (level: Level) => dumps.find((dump) => dump.level === level)!.path!;

      beforeAll(async () => {
        const irFolder = join(folder, `${network.name} ${route}`);
        using compiled = await compile(network.path, { ...options, shapes: shapesOf(network), irFolder });
        dumps = compiled.levels;
        direct = compiled.program.run({ [network.input]: await sampleInput(network) });
      });

      test("goes through all levels", () => {
        expect(dumps.map(({ level }) => level)).toEqual(routeLevels[route]);
      });

      for (const [position, level] of covered.entries()) {
        const next = covered[position + 1];
        test(`${level}: both forms round-trip${mlirNote}`, () =>
          expectRoundTrip(readDump(pathOf(level)), pathOf(level), level));

        if (runsEach || next === undefined) {
          test(`${level}: compiled and run again, the same bits`, async () => {
            expectSameBits(await outputsOf(pathOf(level), network, options), direct);
          });
        } else {
          test(`${level}: lowered to ${next}, the same program`, () => {
            const module = readDump(pathOf(level));
            lowerModule(network.name, module, context, next, { route: route === "ane-virtual" ? route : "cpu" });
            expectSameText(essence(module), essence(readDump(pathOf(next))));
          });
        }
      }

      if (route === "ane-virtual") {
        test(`mil: both forms round-trip${mlirNote}, and run again it gives the same`, async () => {
          const irFolder = join(folder, `${network.name} engine`);
          const lowered = lowerTo(network.path, "mil", { route: "ane", shapes: shapesOf(network), irFolder });
          const path = lowered.levels.at(-1)!.path!;
          expectRoundTrip(readDump(path), path, "mil");
          const outputs = await outputsOf(path, network, options);
          const tolerance = milTolerance[network.name];
          if (tolerance === undefined) expectSameBits(outputs, direct);
          else {
            for (const [name, values] of Object.entries(direct))
              expect(difference(outputs[name]!, values, tolerance)).toBeUndefined();
          }
        });
      }
    });
  }
}
