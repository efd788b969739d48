/**
 * How long it takes from a model to the engine's program, MIL text and weight file in memory: ONNX files, and ResNet-18 with random
 * weights in the graph API (the time to draw them included). Each run is a process of its own, so nothing is compiled or cached before: "in process" counts from the
 * call with the compiler's modules loaded to the bytes, "whole process" everything from the start of Bun. Time is what all threads have
 * computed, beside the time by the clock; memory is the most that was resident, less that of a process which loads the same modules only.
 *
 *     npm run bench:mil-compile
 *     npm run bench:mil-compile -- resnet      those whose name contains the word
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { modelPath } from "../examples/read-text/models.ts";

const rounds = 5;
const shared = join(import.meta.dirname, "../../shared/data/models");

interface Network {
  readonly name: string;
  /** An ONNX file; a graph of examples/ where there is none. */
  readonly path?: string;
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
}

const networks: readonly Network[] = [
  { name: "SqueezeNet 1.1", path: join(shared, "squeezenet1_1/squeezenet1_1-imagenet-caffe.onnx") },
  { name: "PP-OCRv4 detector 640x480", path: modelPath("detector"), shapes: { x: [1, 3, 640, 480] } },
  { name: "PP-OCRv4 recogniser 48x320", path: modelPath("recogniser"), shapes: { x: [1, 3, 48, 320] } },
  { name: "PP-OCR classifier 48x192", path: modelPath("classifier"), shapes: { x: [1, 3, 48, 192] } },
  { name: "ResNet-18, graph API" },
];

/** What a run says of itself. */
interface Run {
  readonly milliseconds: number;
  /** What the main thread computed; 0 where the system does not say. */
  readonly mainThread: number;
  /** What all threads computed, those that compile and collect garbage too. */
  readonly computed: number;
  /** Bytes of the source's weights (fp32) and of the weight file (fp16). */
  readonly sourceWeights: number;
  readonly weights: number;
  readonly text: number;
  /** Most bytes resident. */
  readonly memory: number;
}

/** Milliseconds that the main thread has computed. */
function mainThreadTime(): number {
  const path = `/proc/self/task/${process.pid}/schedstat`;
  return existsSync(path) ? Number(readFileSync(path, "utf8").split(" ")[0]) / 1e6 : 0;
}

/** In a process of its own: one network, or nothing but the modules. */
async function child(name: string): Promise<void> {
  const { emitMil } = await import("../lowering/mil-to-text/index.ts");
  const { lowerTo } = await import("../compiler/compile.ts");
  const { Weights, resnet18 } = await import("../examples/resnet18.ts");
  const network = networks.find((each) => each.name === name);
  const random = new Weights();
  const start = performance.now();
  const mainThread = mainThreadTime();
  const before = process.cpuUsage();
  let [weights, text, sourceWeights] = [0, 0, 0];
  if (network !== undefined) {
    const { path, shapes } = network;
    const lowered = lowerTo(path ?? resnet18({ weights: random }), "mil", {
      route: "ane",
      ...(shapes === undefined ? {} : { shapes }),
    });
    const emitted = emitMil(lowered.module);
    weights = emitted.weights.byteLength;
    text = emitted.text.length;
    sourceWeights = path === undefined ? random.count * 4 : Bun.file(path).size;
    if (process.env["BENCH_LEVELS"] !== undefined) {
      for (const { level, milliseconds } of lowered.levels) console.error(`${level} ${milliseconds.toFixed(0)} ms`);
    }
  }
  const { user, system } = process.cpuUsage(before);
  const run: Run = {
    milliseconds: performance.now() - start,
    mainThread: mainThreadTime() - mainThread,
    computed: (user + system) / 1e3,
    sourceWeights,
    weights,
    text,
    memory: process.resourceUsage().maxRSS * 1024,
  };
  console.log(JSON.stringify(run));
}

interface WholeRun extends Run {
  /** Of the whole process. */
  readonly process: number;
}

function spawned(name: string): WholeRun {
  const start = performance.now();
  const { stdout, stderr, status } = spawnSync(process.execPath, [import.meta.path, "--child", name], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  if (stderr !== "") console.error(stderr);
  return { ...(JSON.parse(stdout) as Run), process: performance.now() - start };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function measure(words: readonly string[]): void {
  const wanted = networks.filter(({ name, path }) => {
    const isNamed = words.length === 0 || words.some((word) => name.toLowerCase().includes(word.toLowerCase()));
    const isThere = path === undefined || existsSync(path);
    if (isNamed && !isThere) console.error(`${name} is skipped: ${path} is not there`);
    return isNamed && isThere;
  });
  const runs = new Map<string, WholeRun[]>(["", ...wanted.map(({ name }) => name)].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) for (const [name, list] of runs) list.push(spawned(name));
  const of = (name: string, value: (run: WholeRun) => number) => median(runs.get(name)!.map(value));
  const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  const base = of("", ({ memory }) => memory);
  console.log(`${cpus()[0]?.model}, load average ${loadavg()[0]!.toFixed(1)}, medians of ${rounds} processes\n`);
  console.log(
    "| network | in process, ms (computed by the main thread, by all) | whole process, ms | MIL text, KB | weights read / written, MB | memory above the base, MB (× weights read) |",
  );
  console.log("|---|---|---|---|---|---|");
  for (const { name } of wanted) {
    const more = of(name, ({ memory }) => memory) - base;
    const source = of(name, ({ sourceWeights }) => sourceWeights);
    const cells = [
      name,
      `${of(name, ({ milliseconds }) => milliseconds).toFixed(0)} (${of(name, (run) => run.mainThread).toFixed(0)}, ${of(name, ({ computed }) => computed).toFixed(0)})`,
      of(name, (run) => run.process).toFixed(0),
      (of(name, ({ text }) => text) / 1024).toFixed(0),
      `${megabytes(source)} / ${megabytes(of(name, ({ weights }) => weights))}`,
      `${megabytes(more)} (${(more / source).toFixed(1)}×)`,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
  const start = of("", (run) => run.process);
  console.log(`\nBase: ${megabytes(base)} MB and ${start.toFixed(0)} ms for a process that loads the compiler only.`);
}

const [flag, name] = process.argv.slice(2);
if (flag === "--child") await child(name ?? "");
else measure(process.argv.slice(2));
