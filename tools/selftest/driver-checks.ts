/**
 * Checks of the drivers rather than of operators: compiled programs opened by another process, state that stays on the engine,
 * each form of compressed weights, widths that fill no row of a surface, programs that make room for each other, many runs. All
 * but the compressed weights compute with small whole numbers, so that results are exact.
 */
import * as ane from "../../dialects/ane/index.ts";
import type { Operation } from "../../ir/operation.ts";
import { elementCount } from "../../ir/tensor-data.ts";
import { type Scheme, schemes } from "../../lowering/compress-weights/index.ts";
import type { Program } from "../../runtime/program.ts";
import { type Check, type CheckOutcome, distanceDetails, inOrder, randomInputs, tensor, using } from "./check.ts";
import { describeDistance, distanceOf, isNear } from "./compare.ts";
import { engineModule, type ProgramDraft, type Surface } from "./engine-module.ts";
import type { Tolerance } from "./operators.ts";
import { openReference, type Subject } from "./subjects.ts";
import { normal, wholes } from "./values.ts";

const exact: Tolerance = { kind: "exact", limit: 0, source: "whole numbers" };
const corpusGate: Tolerance = { kind: "relative", limit: 0.02, source: "ANEForge's corpus gate (aneforge.md 6.8)" };

const driverCheck = (name: string, run: Check["run"], details: Pick<Check, "process" | "subjects"> = {}): Check => ({
  group: "driver",
  name,
  ...details,
  run,
});

const add = ({ builder, surface }: ProgramDraft, a: Surface, b: Surface): Surface =>
  surface(builder.build(ane.elementwise, { inputs: [a, b], kind: "add" }));

const relu = ({ builder, surface }: ProgramDraft, input: Surface): Surface =>
  surface(
    builder.build(ane.elementwise, {
      inputs: [input],
      kind: "identity",
      post_activation: ane.ActivationAttribute.get("relu"),
    }),
  );

/** A matrix product with weights in a file. */
function product(
  target: string,
  weights: readonly number[],
  [rows, k, n]: readonly [number, number, number],
): Operation {
  return engineModule(target, [{ name: "x", shape: [rows, k] }], ["y"], (draft) => [
    draft.surface(draft.builder.build(ane.matmul, { lhs: draft.inputs[0]!, rhs: draft.constant([k, n], weights) })),
  ]);
}

/** max(0, x), of several channels and this width. */
function rectifier(target: string, width: number): Operation {
  return engineModule(target, [{ name: "x", shape: [1, 3, 2, width] }], ["y"], (draft) => [
    relu(draft, draft.inputs[0]!),
  ]);
}

/** The same program, by whoever has it: compiled, or opened as it was compiled by the process before. */
function openingCheck(name: string, process?: "new"): Check {
  const run = async (subject: Subject): Promise<CheckOutcome> => {
    const source = product(subject.target, wholes(32 * 16, 9), [4, 32, 16]);
    const given = { x: tensor([4, 32], "f16", wholes(4 * 32, 10)) };
    const expected = await using(openReference(source, subject.target), (program) =>
      inOrder(program, program.run(given)),
    );
    const before = subject.compilations ?? 0;
    const start = performance.now();
    return using(subject.open("reopened", source), (program) => {
      const openMilliseconds = performance.now() - start;
      const compilations = (subject.compilations ?? 0) - before;
      const distance = distanceOf(inOrder(program, program.run(given)), expected);
      const how =
        subject.compilations === undefined
          ? "nothing to compile"
          : compilations === 0
            ? "opened without compiling"
            : `opened with ${compilations} ${compilations === 1 ? "compilation" : "compilations"}`;
      return {
        status: isNear(distance, exact) ? "passed" : "different",
        summary: `${how} in ${openMilliseconds.toFixed(1)} ms; ${describeDistance(distance)}`,
        details: { compilations, openMilliseconds, ...distanceDetails(distance, exact) },
      };
    });
  };
  return driverCheck(name, run, process === undefined ? {} : { process });
}

/** An output that is an input of the next run, in one buffer. */
const stateCheck = driverCheck("state", async (subject) => {
  const shape = [1, 3, 2, 40];
  const inputs = ["x", "total"].map((name) => ({ name, shape }));
  const source = engineModule(subject.target, inputs, ["next", "y"], (draft) => {
    const [x, total] = draft.inputs;
    const next = add(draft, x!, total!);
    return [next, relu(draft, next)];
  });
  const states = [{ input: "total", output: "next" }];
  return using(subject.open("state", source, { states }), (program) => {
    const runs = 5;
    let sums = new Array<number>(elementCount(shape)).fill(0);
    let wrong = 0;
    const takeRun = (seed: number) => {
      const values = wholes(elementCount(shape), seed);
      sums = sums.map((sum, index) => sum + values[index]!);
      const { y } = program.run({ x: tensor(shape, "f16", values) });
      const wanted = tensor(
        shape,
        "f16",
        sums.map((sum) => Math.max(0, sum)),
      );
      wrong += distanceOf([y!], [wanted]).different;
    };
    for (let run = 0; run < runs; run++) takeRun(run);
    program.resetState?.();
    sums = sums.map(() => 0);
    takeRun(runs);
    return {
      status: wrong === 0 ? "passed" : "different",
      summary: `${wrong} wrong elements in ${runs} runs that add up, and one after a reset`,
      details: { runs, wrong },
    };
  });
});

/** Weights as a scheme stores them, three of four zero where it is for sparse ones. */
function compressedCheck(scheme: Exclude<Scheme, "auto">): Check {
  return driverCheck(`compressed.${scheme}`, async (subject) => {
    const [rows, k, n] = [4, 256, 64];
    const dense = normal(k * n, 21).map((value) => value / 16);
    const weights = scheme === "sparse" ? dense.map((value, index) => (index % 4 === 0 ? value : 0)) : dense;
    const source = () => product(subject.target, weights, [rows, k, n]);
    // Whether the weights are good enough is not the question: both sides have the same.
    const options = { compress: { scheme, tolerance: 1 } };
    const given = { x: tensor([rows, k], "f16", normal(rows * k, 22)) };
    const expected = await using(openReference(source(), subject.target, options), (program) =>
      inOrder(program, program.run(given)),
    );
    return using(subject.open(`compressed ${scheme}`, source(), options), (program) => {
      const distance = distanceOf(inOrder(program, program.run(given)), expected);
      return {
        status: isNear(distance, corpusGate) ? "passed" : "different",
        summary: describeDistance(distance),
        details: distanceDetails(distance, corpusGate),
      };
    });
  });
}

const rectified = (values: readonly number[]) => values.map((value) => Math.max(0, value));

/** Elements of a result that are not max(0, x). */
function wrongElements(program: Program, width: number, seed: number): number {
  const shape = [1, 3, 2, width];
  const values = wholes(elementCount(shape), seed);
  const found = inOrder(program, program.run({ x: tensor(shape, "f16", values) }));
  return distanceOf(found, [tensor(shape, "f16", rectified(values))]).different;
}

/** Rows of a surface begin at multiples of 64 bytes: 32 elements of f16. */
function widthCheck(width: number): Check {
  return driverCheck(`width.${width}`, async (subject) =>
    using(subject.open(`width ${width}`, rectifier(subject.target, width)), (program) => {
      const wrong = wrongElements(program, width, width);
      return {
        status: wrong === 0 ? "passed" : "different",
        summary: `${wrong} of ${6 * width} elements of [1, 3, 2, ${width}] are wrong`,
        details: { width, wrong },
      };
    }),
  );
}

/** More programs than there are places: those that ran longest ago make room, and load themselves again. */
const evictionCheck = driverCheck("eviction", async (subject) => {
  const places = 2;
  const limited = subject.variant({ loadedPrograms: places });
  const widths = [8, 9, 10];
  const programs: Program[] = [];
  try {
    for (const width of widths) programs.push(await limited.open(`width ${width}`, rectifier(subject.target, width)));
    let wrong = 0;
    for (const round of [1, 2])
      for (const [index, program] of programs.entries()) wrong += wrongElements(program, widths[index]!, round);
    return {
      status: wrong === 0 ? "passed" : "different",
      summary: `${wrong} wrong elements in two rounds of ${widths.length} programs with ${places} places`,
      details: { programs: widths.length, places, wrong, compilations: limited.compilations ?? null },
    };
  } finally {
    for (const program of programs) program.dispose();
  }
});

/** More than this is no noise of the allocator: 64 KB a run. */
const notableGrowth = 64 * 2 ** 20;

const manyRunsCheck = driverCheck("many runs", async (subject) =>
  using(subject.open("many runs", rectifier(subject.target, 33)), (program) => {
    const runs = 1000;
    const given = randomInputs(program, 7);
    const resident = () => {
      Bun.gc(true);
      return process.memoryUsage.rss();
    };
    for (let run = 0; run < 50; run++) program.run(given);
    const before = resident();
    const start = performance.now();
    for (let run = 0; run < runs; run++) program.run(given);
    const milliseconds = performance.now() - start;
    const growth = resident() - before;
    const wrong = wrongElements(program, 33, 8);
    return {
      status: wrong === 0 && growth < notableGrowth ? "passed" : "different",
      summary: `${runs} runs in ${milliseconds.toFixed(0)} ms; the process grew by ${(growth / 1e6).toFixed(1)} MB; ${wrong} wrong elements behind them`,
      details: { runs, milliseconds, growthBytes: growth, wrong },
    };
  }),
);

/** A call that one build of macOS may need and others may not survive: in a process of its own. */
const modelUrlCheck = driverCheck(
  "model URL",
  async (subject) =>
    using(subject.variant({ setsModelUrl: true }).open("model URL", rectifier(subject.target, 7)), (program) => {
      const wrong = wrongElements(program, 7, 1);
      return {
        status: wrong === 0 ? "passed" : "different",
        summary: `with setModelURL: before compiling, ${wrong} elements are wrong`,
        details: { wrong },
      };
    }),
  { subjects: ["objc"], process: "own" },
);

/** In this order: what is compiled by the first is opened by the second, in another process. */
export function driverChecks(): Check[] {
  return [
    openingCheck("reopen.compile"),
    openingCheck("reopen.open", "new"),
    stateCheck,
    ...[1, 31, 33, 131].map(widthCheck),
    ...schemes.filter((scheme) => scheme !== "auto").map(compressedCheck),
    evictionCheck,
    manyRunsCheck,
    modelUrlCheck,
  ];
}
