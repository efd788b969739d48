/**
 * `anemone selftest`: what a Mac's owner runs, here against both stand-ins and the virtual engine; and what it does with an
 * engine that computes something else, refuses, dies or hangs. `ANEMONE_LONG_TESTS=1` runs all operators on the stand-ins.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { selftestCommand } from "../tools/commands/selftest.ts";
import { checkGroups } from "../tools/selftest/check.ts";
import { checksFor, parseSelection, type Selection } from "../tools/selftest/checks.ts";
import { distanceOf, isNear } from "../tools/selftest/compare.ts";
import { collectEnvironment } from "../tools/selftest/environment.ts";
import { operatorCases } from "../tools/selftest/operators.ts";
import { publishedAs } from "../tools/selftest/probes.ts";
import { isPassed, reportJson, reportText, type SelftestReport } from "../tools/selftest/report.ts";
import { type CheckResult, runHere, runInWorkers, type WorkerOrder, work } from "../tools/selftest/run.ts";
import { EspressoStandIn } from "./stand-in/espresso.ts";
import { virtualCompiler } from "./stand-in/objc/virtual-compiler.ts";
import { ObjcWorld, standInPath, standInProblem } from "./stand-in/objc/world.ts";
import { longTests } from "./testing/networks.ts";

const target = "h16g";
const selections = (...texts: string[]): Selection[] => texts.map((text) => parseSelection(text)!);
const statusesOf = (results: readonly CheckResult[]) => results.map(({ name, status }) => `${name} ${status}`);

/** What the command is given where nothing is said. */
const defaults = { device: "ane", driver: "both", output: "unused", budget: "10", isolation: true };
const command = join(import.meta.dirname, "../bin/anemone");
const run = (...args: string[]) => spawnSync(command, ["selftest", ...args], { encoding: "utf8", timeout: 100_000 });

describe("the corpus", () => {
  test("has a case for every kind of task that a target has", () => {
    const names = operatorCases("h17").map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of ["activation.sin", "elementwise.select", "move.tile", "reduce.log_sum_exp.plane", "attention"])
      expect(names).toContain(name);
    // sin and cos came with the A15.
    expect(operatorCases("h13").map(({ name }) => name)).not.toContain("activation.sin");
  });

  test("names of checks are unique, and chosen by group and beginning", () => {
    const names = checksFor(target).map(({ group, name }) => `${group} ${name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(checksFor(target, selections("probes:ceiling.")).map(({ name }) => name)).toEqual([
      "ceiling.below",
      "ceiling.at",
      "ceiling.partial",
    ]);
    expect(parseSelection("operater")).toBeUndefined();
  });
});

describe("comparisons", () => {
  const of = (...values: number[]) => [
    { shape: [values.length], element: "f32", data: Float32Array.from(values) } as const,
  ];
  test("infinities and what is no number count as far away, but for equal ones", () => {
    expect(distanceOf(of(1, Infinity), of(1, Infinity)).different).toBe(0);
    expect(distanceOf(of(1, 2), of(1, Infinity)).greatest).toBe(Infinity);
    expect(distanceOf(of(Number.NaN), of(0)).greatest).toBe(Infinity);
    expect(isNear(distanceOf(of(1.01, 4), of(1, 4)), { kind: "relative", limit: 0.0026, source: "" })).toBe(true);
    expect(isNear(distanceOf(of(1.01, 4), of(1, 4)), { kind: "relative", limit: 0.0024, source: "" })).toBe(false);
    expect(isNear(distanceOf(of(1.01), of(1)), { kind: "exact", limit: 0, source: "" })).toBe(false);
  });

  test("a probe is as published within the tolerance of its source", () => {
    expect(publishedAs([Infinity, 1.5], { values: [Infinity, 1], where: "", tolerance: 0.5 })).toBe(true);
    expect(publishedAs([5120], { values: [5116], where: "" })).toBe(false);
  });
});

/**
 * In long runs the drivers, all operators, a network and a latency; else one or two of some. Each list is for a subject of its
 * own: one process may compile 119 programs.
 */
const few = longTests
  ? [selections("driver", "probes:ceiling.", "networks:pyramid", "latency:dispatch"), selections("operators")]
  : [selections("driver:state", "operators:conv.bias")];

/** The checks of `few` that did not pass. */
async function notPassed(subject: "espresso" | "objc"): Promise<string[]> {
  const lines: string[] = [];
  for (const only of few) {
    const results = await runHere({ subject, target, only, budget: 500_000 });
    lines.push(
      ...results.filter(({ status }) => status !== "passed").map(({ name, summary }) => `${name}: ${summary}`),
    );
  }
  return lines;
}

const reportOf = (checks: readonly CheckResult[]): SelftestReport => ({
  format: 1,
  date: "2026-01-01T00:00:00.000Z",
  isDryRun: false,
  environment: collectEnvironment(),
  subjects: [{ name: "objc", target, seconds: 1, checks }],
});

/** What a worker writes. */
async function linesOf(order: WorkerOrder): Promise<{ readonly started?: number; readonly result?: CheckResult }[]> {
  const lines: string[] = [];
  await work(order, (line) => lines.push(line));
  return lines.map((line) => JSON.parse(line));
}

describe.skipIf(standInProblem !== undefined)(`on stand-ins (${standInProblem ?? "built"})`, () => {
  afterEach(() => {
    delete process.env.ANEMONE_APPLE_NEURAL_ENGINE;
    delete process.env.ANEMONE_ESPRESSO;
  });

  test("everything passes by the Objective-C route, and nothing is left behind", async () => {
    process.env.ANEMONE_APPLE_NEURAL_ENGINE = standInPath;
    using world = new ObjcWorld(virtualCompiler);
    world.setLimits({ compilations: 500 });
    expect(await notPassed("objc")).toEqual([]);
    expect(world.problems()).toEqual([]);
  });

  test("what one process has compiled, the next one opens; remarks of the driver are in the report", async () => {
    process.env.ANEMONE_APPLE_NEURAL_ENGINE = standInPath;
    using world = new ObjcWorld(virtualCompiler);
    const only = selections("driver:reopen.", "driver:eviction", "driver:model URL");
    const order = { subject: "objc", target, only, count: 60 } as const;
    const [first, compiled, ...nothing] = await linesOf({ ...order, from: 0 });
    expect([first, nothing]).toEqual([{ started: 0 }, []]);
    expect(compiled!.result!.summary).toMatch(/^opened with 1 compilation in .*; equal$/);
    // The next check that wants another process ends this worker too.
    const [, opened, , evicted, ...rest] = await linesOf({ ...order, from: 1 });
    expect([opened!.result!.status, rest]).toEqual(["passed", []]);
    expect(opened!.result!.summary).toMatch(/^opened without compiling in .*; equal$/);
    expect(evicted!.result!.status).toBe("passed");
    const text = reportText(reportOf([evicted!.result!]));
    expect(text).toContain("remark: width 8 is unloaded to make room for width 10");
    const [, url] = await linesOf({ ...order, from: 3 });
    expect([url!.result!.name, url!.result!.status, world.urls]).toEqual(["model URL", "passed", 1]);
    expect(world.problems()).toEqual([]);
  });

  test("what the driver objects to is a failure; what does not come to it is refused, and that alone is no success", async () => {
    process.env.ANEMONE_APPLE_NEURAL_ENGINE = standInPath;
    using world = new ObjcWorld((folder, file) => {
      const program = virtualCompiler(folder, file);
      return { ...program, inputs: program.inputs.map((port) => ({ ...port, name: `${port.name}_renamed` })) };
    });
    const [width] = await runHere({ subject: "objc", target, only: selections("driver:width.1"), budget: 100_000 });
    expect(width!.summary).toContain("the loaded program has the inputs x_renamed, but its text has x");
    expect(width!.status).toBe("failed");
    // Blockwise weights came with the A15.
    const only = selections("driver:compressed.blockwise");
    const refused = await runHere({ subject: "objc", target: "h13", only, budget: 100_000 });
    expect(statusesOf(refused)).toEqual(["compressed.blockwise refused"]);
    expect(refused[0]!.summary).toContain("no weight is stored as blockwise for h13");
    expect(isPassed(reportOf(refused))).toBe(false);
    expect(isPassed(reportOf([{ ...refused[0]!, status: "passed" }, refused[0]!]))).toBe(true);
    expect(world.problems()).toEqual([]);
  });

  test("a run that ends in an overflow is a finding", async () => {
    process.env.ANEMONE_APPLE_NEURAL_ENGINE = standInPath;
    using world = new ObjcWorld(virtualCompiler);
    const outcomeOf = async (only: string) => {
      world.failFunction("-[_ANEInMemoryModel evaluateWithQoS:options:request:error:]", 1, 5);
      const [result] = await runHere({ subject: "objc", target, only: selections(only), budget: 100_000 });
      return [result!.status, result!.summary.includes("the inference overflowed")];
    };
    expect(await outcomeOf("probes:ceiling.at")).toEqual(["passed", true]);
    expect(await outcomeOf("driver:width.1")).toEqual(["different", true]);
    expect(world.problems()).toEqual([]);
  });

  test("a virtual machine has the frameworks and no engine", async () => {
    process.env.ANEMONE_APPLE_NEURAL_ENGINE = standInPath;
    using world = new ObjcWorld(virtualCompiler);
    world.setEngine(false);
    await expect(selftestCommand({ ...defaults, driver: "objc" })).rejects.toThrow(
      "macOS says that this machine has no Neural Engine",
    );
    expect(world.problems()).toEqual([]);
  });

  test("everything passes through Espresso, and nothing is left behind", async () => {
    const standIn = EspressoStandIn.open();
    if (typeof standIn === "string") throw new Error(standIn);
    process.env.ANEMONE_ESPRESSO = standIn.path;
    standIn.reset();
    standIn.connect();
    const cacheFolder = mkdtempSync(join(tmpdir(), "anemone-selftest-"));
    try {
      expect(await notPassed("espresso")).toEqual([]);
      const order = { subject: "espresso", target, only: selections("driver:reopen."), count: 1, cacheFolder } as const;
      const summaryOf = async (from: number) => (await linesOf({ ...order, from }))[1]!.result!.summary;
      expect(await summaryOf(0)).toMatch(/^opened with 1 compilation/);
      expect(await summaryOf(1)).toMatch(/^opened without compiling/);
      expect(standIn.audit()).toEqual([]);
    } finally {
      rmSync(cacheFolder, { recursive: true });
      standIn.disconnect();
    }
  });

  test("an engine that computes something else, or refuses, is found out and named", async () => {
    process.env.ANEMONE_APPLE_NEURAL_ENGINE = standInPath;
    using world = new ObjcWorld((folder, file) => {
      const text = readFileSync(join(folder, file), "utf8");
      if (text.includes("reverse(")) throw new Error("reverse is not supported");
      const program = virtualCompiler(folder, file);
      return {
        ...program,
        run: (given, made) => {
          program.run(given, made);
          // One element of one result is one unit in the last place off.
          if (made[0]![2] !== undefined) made[0]![2]! ^= 1;
        },
      };
    });
    const only = selections("operators:move.transpose", "operators:move.reverse");
    const results = await runHere({ subject: "objc", target, only, budget: 100_000 });
    expect(statusesOf(results)).toEqual(["move.transpose different", "move.reverse failed"]);
    expect(results[0]!.summary).toMatch(/^1 of \d+ elements differ/);
    expect(results[1]!.summary).toContain("reverse is not supported");
    expect(world.problems()).toEqual([]);
    const report = reportOf(results);
    expect(isPassed(report)).toBe(false);
    const text = reportText(report);
    expect(text).toContain("== objc (h16g): 1 different, 1 failed, in 1 s");
    expect(text).toContain("failed    operators: move.reverse: -[_ANEInMemoryModel compileWithQoS:options:error:]");
    expect(JSON.parse(reportJson(report))).toMatchObject({ format: 1, subjects: [{ name: "objc" }] });
  });
});

describe("workers", () => {
  const only = selections("probes:ceiling.");
  /** A worker in shell: `$1` is its order. */
  const worker = (script: string) => ["/bin/sh", "-c", script, "worker"];
  const finish = (position: number, name: string) => {
    const result = { group: "probes", name, status: "passed", summary: "", details: {}, milliseconds: 1 };
    return `echo '${JSON.stringify({ finished: position, result })}'`;
  };
  const runWith = (script: string, patience = 20_000) =>
    runInWorkers({ subject: "objc", target, only, budget: 60_000 }, { command: worker(script), patience });

  test("one that dies loses its check only; the next goes on behind it", async () => {
    const results = await runWith(`
      case "$1" in
        *'"from":0'*) ${finish(0, "ceiling.below")}; echo '{"started":1}'; echo "bad access" >&2; kill -SEGV $$;;
        *'"from":2'*) ${finish(2, "ceiling.partial")};;
      esac`);
    expect(statusesOf(results)).toEqual(["ceiling.below passed", "ceiling.at failed", "ceiling.partial passed"]);
    expect(results[1]!.summary).toBe("its process died (SIGSEGV): bad access");
  });

  test("where none comes to a check, there is one attempt", async () => {
    const results = await runWith("echo 'no framework' >&2; exit 3");
    expect(statusesOf(results)).toEqual(["ceiling.below failed", "ceiling.at failed", "ceiling.partial failed"]);
    expect(results[2]!.summary).toBe("its process died (exit code 3): no framework");
  });

  test("one that hangs is ended", async () => {
    const results = await runWith(
      `case "$1" in *'"from":0'*) echo '{"started":0}'; exec sleep 60;; *) ${finish(1, "a")}; ${finish(2, "b")};; esac`,
      300,
    );
    expect(results.map(({ status }) => status)).toEqual(["failed", "passed", "passed"]);
    expect(results[0]!.summary).toContain("hung: it gave no answer within 0.3 s");
  });

  test("one that is at work when the time is up is ended", async () => {
    const start = performance.now();
    const script = `${finish(0, "ceiling.below")}; echo '{"started":1}'; exec sleep 60`;
    const results = await runInWorkers({ subject: "objc", target, only, budget: 500 }, { command: worker(script) });
    expect(results.map(({ status }) => status)).toEqual(["passed", "skipped", "skipped"]);
    expect(results[1]!.summary).toBe("not run to its end: the time was up");
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  test("one that ends without a word is not asked for ever", async () => {
    const results = await runWith("exit 0");
    expect(results.map(({ status }) => status)).toEqual(["failed", "failed", "failed"]);
    expect(results[0]!.summary).toBe("its process ended without a result");
  });

  test("when the time is up the rest is skipped", async () => {
    const results = await runHere({ subject: "ane-virtual", target, only, budget: -1 });
    expect(results.map(({ status }) => status)).toEqual(["skipped", "skipped", "skipped"]);
  });
});

describe("the command", () => {
  test.skipIf(process.platform === "darwin")("without an engine says so and exits with 2", () => {
    const { status, stderr } = run();
    expect(status).toBe(2);
    expect(stderr).toContain("the self-test is for a Mac with a Neural Engine, and there is none to be reached here");
    expect(stderr).toContain("--device=ane-virtual runs it without one");
  });

  test.each([
    [{ device: "gpu" }, "--device takes ane or ane-virtual here, but got 'gpu'"],
    [{ driver: "metal" }, "--driver takes both, espresso, objc, but got 'metal'"],
    [{ device: "ane-virtual", only: "speed" }, `--only takes ${checkGroups.join(", ")}`],
    [{ device: "ane-virtual", target: "h99" }, "--target takes a Mac's chip"],
    [{ device: "ane-virtual", budget: "soon" }, "--budget takes a number of seconds"],
  ])("wrong usage: %j", async (options, message) => {
    await expect(selftestCommand({ ...defaults, ...options })).rejects.toThrow(new RegExp(`^${message}`));
  });

  test("a rehearsal from end to end, in a process of its own, with its report", () => {
    const folder = mkdtempSync(join(tmpdir(), "anemone-selftest-"));
    try {
      const { status, stdout, stderr } = run("--device=ane-virtual", "--only=operators:move.reverse", "-o", folder);
      expect(stderr).toContain("operators (0 of 1 checks done)");
      expect(stdout).toContain("ane-virtual: 1 passed");
      expect(status).toBe(0);
      const report = JSON.parse(readFileSync(join(folder, "anemone-selftest.json"), "utf8")) as SelftestReport;
      expect(report.isDryRun).toBe(true);
      expect(statusesOf(report.subjects[0]!.checks)).toEqual(["move.reverse passed"]);
      expect(readFileSync(join(folder, "anemone-selftest.txt"), "utf8")).toContain("no hardware");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
