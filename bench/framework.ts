/**
 * The framework side by side with `mlir-opt`: reading, verifying, rewriting and printing generated modules. Whole commands in
 * fresh processes, in turns, then what each step costs per operation inside one process.
 *
 *     npm run bench:framework               all of it (needs mlir-opt on the PATH; about three minutes)
 *     npm run bench:framework -- --quick    three rounds, no module of a million operations
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import type { ModuleShape } from "./framework-modules.ts";
import type { StepCosts } from "./framework-steps.ts";

const isQuick = process.argv.includes("--quick");
const rounds = isQuick ? 3 : 9;
const folder = mkdtempSync(join(tmpdir(), "anemone-bench-"));
const anemone = join(import.meta.dirname, "../bin/anemone");
const mlirOpt = ["mlir-opt-19", "mlir-opt"].find((name) => spawnSync(name, ["--version"]).status === 0);

interface Command {
  readonly name: string;
  readonly argv: readonly string[];
}

interface Run {
  readonly milliseconds: number;
  readonly cpu: number;
  readonly megabytes: number;
}

/** The peers for one job, given as the arguments that all understand. */
function peers(args: readonly string[]): Command[] {
  const ours = { name: "anemone", argv: [anemone, "opt", ...args] };
  if (mlirOpt === undefined) return [ours];
  return [
    ours,
    { name: "mlir-opt", argv: [mlirOpt, ...args] },
    { name: "mlir-opt, one thread", argv: [mlirOpt, "--mlir-disable-threading", ...args] },
  ];
}

async function runOnce({ argv }: Command): Promise<Run> {
  const start = performance.now();
  const child = Bun.spawn([...argv], { stdout: Bun.file("/dev/null"), stderr: "pipe" });
  const status = await child.exited;
  const milliseconds = performance.now() - start;
  if (status !== 0) throw new Error(`${argv.join(" ")}: ${await new Response(child.stderr).text()}`);
  const usage = child.resourceUsage()!;
  return { milliseconds, cpu: Number(usage.cpuTime.total) / 1e3, megabytes: usage.maxRSS / 1e6 };
}

/** In a process of its own: a child's peak memory is at least what this process has when it starts the child. */
function generate(file: string, { functions, operations }: ModuleShape): void {
  const script = join(import.meta.dirname, "framework-modules.ts");
  const { status, stderr } = spawnSync(process.execPath, [script, file, String(functions), String(operations)]);
  if (status !== 0) throw new Error(stderr.toString());
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** Medians over rounds in which the peers take turns, so that a slow moment of the machine hits all of them. */
async function measure(commands: readonly Command[]): Promise<Map<string, Run>> {
  const runs = new Map(commands.map(({ name }): [string, Run[]] => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const command of commands) runs.get(command.name)!.push(await runOnce(command));
  }
  return new Map(
    [...runs].map(([name, all]) => [
      name,
      {
        milliseconds: median(all.map((run) => run.milliseconds)),
        cpu: median(all.map((run) => run.cpu)),
        megabytes: median(all.map((run) => run.megabytes)),
      },
    ]),
  );
}

function row(...cells: readonly string[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}

async function commands(files: Readonly<Record<string, string>>): Promise<void> {
  const pipeline = "--pass-pipeline=builtin.module(canonicalize,cse)";
  const jobs: [string, string[]][] = [["start (`--help`)", ["--help"]]];
  for (const [title, file] of Object.entries(files)) {
    jobs.push([`parse + verify + print, ${title}`, [file]], [`canonicalize + cse, ${title}`, [file, pipeline]]);
  }
  row(
    "job",
    "anemone, ms",
    "mlir-opt, ms",
    "ratio",
    "one thread, ms",
    "ratio",
    "CPU, ms (ratio)",
    "resident, MB (ratio)",
  );
  row("---", "---", "---", "---", "---", "---", "---", "---");
  for (const [title, args] of jobs) {
    const results = await measure(peers(args));
    const ours = results.get("anemone")!;
    const theirs = results.get("mlir-opt");
    const single = results.get("mlir-opt, one thread");
    const text = (value: number | undefined) => value?.toFixed(0) ?? "-";
    const ratio = (mine: number, other: number | undefined) =>
      other === undefined ? "-" : `${(mine / other).toFixed(2)}×`;
    row(
      title,
      text(ours.milliseconds),
      text(theirs?.milliseconds),
      ratio(ours.milliseconds, theirs?.milliseconds),
      text(single?.milliseconds),
      ratio(ours.milliseconds, single?.milliseconds),
      `${text(ours.cpu)} (${ratio(ours.cpu, theirs?.cpu)})`,
      `${text(ours.megabytes)} (${ratio(ours.megabytes, theirs?.megabytes)})`,
    );
  }
}

/** What the steps cost inside one process: in its first run, and the median of later ones. */
function steps(file: string, repeats: number): StepCosts {
  const script = join(import.meta.dirname, "framework-steps.ts");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, file, String(repeats)], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as StepCosts;
}

function perOperation(files: Readonly<Record<string, string>>): void {
  const measured = Object.entries(files).map(([title, file]) => {
    const isLarge = title.startsWith("1,000,000");
    return { title, costs: steps(file, isLarge ? 1 : rounds) };
  });
  row(
    "step",
    ...measured.flatMap(({ title }) => (title.startsWith("1,000,000") ? [title] : [`${title}: first`, "later"])),
  );
  row("---", ...measured.flatMap(({ title }) => (title.startsWith("1,000,000") ? ["---"] : ["---", "---"])));
  for (const name of Object.keys(measured[0]!.costs.steps)) {
    const cells = measured.flatMap(({ title, costs }) => {
      const all = costs.steps[name]!;
      const text = (milliseconds: number) => `${((milliseconds * 1e3) / costs.operations).toFixed(2)}`;
      return title.startsWith("1,000,000") ? [text(all[0]!)] : [text(all[0]!), text(median(all.slice(1)))];
    });
    row(name, ...cells);
  }
  row(
    "resident, bytes per operation",
    ...measured.flatMap(({ title, costs }) => {
      const text = (costs.residentBytes / costs.operations).toFixed(0);
      return title.startsWith("1,000,000") ? [text] : [text, ""];
    }),
  );
}

/** Whether MLIR sees the same module in what we print of it. */
function agrees(file: string): boolean | undefined {
  if (mlirOpt === undefined) return undefined;
  const generic = (input: string) =>
    spawnSync(mlirOpt, ["--mlir-print-op-generic", input], { encoding: "utf8", maxBuffer: 1 << 28 }).stdout;
  const ours = spawnSync(anemone, ["opt", file, "--mlir-print-op-generic"], { encoding: "utf8", maxBuffer: 1 << 28 });
  const copy = join(folder, "copy.mlir");
  writeFileSync(copy, ours.stdout);
  return ours.status === 0 && generic(copy) === generic(file);
}

const files: { [title: string]: string } = {};
const shapes = {
  "100,000 ops": { functions: 1, operations: 100_000 },
  "1,000 × 100 ops": { functions: 1000, operations: 100 },
};
for (const [title, shape] of Object.entries(shapes)) {
  files[title] = join(folder, `${shape.functions}.mlir`);
  generate(files[title], shape);
}
try {
  const [load] = loadavg();
  console.log(
    `${cpus().length} × ${cpus()[0]?.model.trim()}, load ${load?.toFixed(1)}, Bun ${Bun.version}, ${mlirOpt ?? "no mlir-opt"}, medians of ${rounds}\n`,
  );
  await commands(files);
  console.log();
  const large = join(folder, "million.mlir");
  if (!isQuick) generate(large, { functions: 1, operations: 1_000_000 });
  perOperation(isQuick ? files : { ...files, "1,000,000 ops: first": large });
  for (const [title, file] of Object.entries(files)) {
    const verdict = agrees(file);
    if (verdict !== undefined)
      console.log(`\n${title}: mlir-opt reads ${verdict ? "the same" : "ANOTHER"} module in our output`);
    if (verdict === false) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
