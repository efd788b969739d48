/**
 * How fast MIL text is read and printed: a program of 630 KB as speech models have them, one that is mostly numbers, and the largest
 * of the corpus where it is there. Each in fresh processes (cold: the parser is loaded and nothing is compiled yet), then over and
 * over in one process (warm). Time is what all threads have computed, the median of the runs.
 *
 *     npm run bench:mil
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { MilDocument } from "../dialects/mil/document/document.ts";
import { printMilText } from "../dialects/mil/text/printer.ts";
import { readMilText } from "../dialects/mil/text/reader.ts";
import { largeProgram } from "../dialects/mil/text/sample.ts";

const coldRuns = 9;
const warmRuns = 20;

interface Times {
  readonly read: number;
  readonly print: number;
}

/** Milliseconds that the process has computed. */
function computed(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e3;
}

function measure(text: string): Times {
  let document: MilDocument = { version: "1.0", attributes: [], functions: [] };
  const read = computed(() => {
    document = readMilText(text);
  });
  return { read, print: computed(() => printMilText(document)) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** One tensor of fp32 values in the text, as programs without a weight file have them. */
function numbersProgram(count: number): string {
  const numbers = Float32Array.from({ length: count }, (_, index) => Math.sin(index) / 8);
  return printMilText({
    version: "1.3",
    attributes: [
      {
        name: "weights",
        value: {
          type: { kind: "tensor", element: "fp32", shape: [count / 100, 100] },
          content: { kind: "numbers", numbers },
        },
      },
    ],
    functions: [],
  });
}

function coldTimes(file: string): Times[] {
  return Array.from({ length: coldRuns }, () => {
    const { stdout, stderr } = spawnSync(process.execPath, [import.meta.path, "--once", file], { encoding: "utf8" });
    const [read, print] = stdout.split(" ").map(Number);
    if (read === undefined || print === undefined) throw new Error(stderr);
    return { read, print };
  });
}

function report(): void {
  const folder = mkdtempSync(join(tmpdir(), "anemone-bench-"));
  const programs: [string, string][] = [
    ["generated, 630 KB", largeProgram(630_000)],
    ["fp32 numbers, 3 MB", numbersProgram(200_000)],
  ];
  const corpus = join(import.meta.dirname, "../../shared/data/mil/jafreck_ironmill__base.mil");
  if (existsSync(corpus)) programs.push([basename(corpus, ".mil"), readFileSync(corpus, "utf8")]);
  console.log(`${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}, Bun ${Bun.version}\n`);
  console.log("| program | bytes | read, cold: ms | MB/s | read, warm: ms | MB/s | print, warm: MB/s |");
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  for (const [name, text] of programs) {
    const file = join(folder, "program.mil");
    writeFileSync(file, text);
    const cold = median(coldTimes(file).map(({ read }) => read));
    const runs = Array.from({ length: warmRuns }, () => measure(text)).slice(warmRuns / 4);
    const read = median(runs.map((run) => run.read));
    const print = median(runs.map((run) => run.print));
    const rate = (milliseconds: number) => (text.length / 1e3 / milliseconds).toFixed(1);
    console.log(
      `| ${name} | ${text.length} | ${cold.toFixed(0)} | ${rate(cold)} | ${read.toFixed(1)} | ${rate(read)} | ${rate(print)} |`,
    );
  }
  rmSync(folder, { recursive: true, force: true });
}

const [flag, file] = process.argv.slice(2);
if (flag === "--once" && file !== undefined) {
  const { read, print } = measure(readFileSync(file, "utf8"));
  console.log(read, print);
} else report();
