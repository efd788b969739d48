/**
 * Whole networks side by side in one run: ONNX Runtime on one thread, our machine code, WebAssembly, and the virtual engine.
 * Each figure is the median over rounds in which the peers take turns, so that a slow moment of the machine hits all of them.
 *
 *     npm run bench                      all networks
 *     npm run bench -- squeezenet        those whose name contains the word
 */
import { existsSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { compile } from "../compiler/index.ts";
import { modelPath } from "../examples/read-text/models.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import type { Program } from "../runtime/program.ts";
import { openReference } from "../test/reference/onnxruntime.ts";
import { randomTensor } from "../tools/inputs.ts";

const shared = join(import.meta.dirname, "../../shared/data/models");

interface Network {
  readonly name: string;
  readonly path: string;
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
}

const networks: readonly Network[] = [
  { name: "SqueezeNet 1.1", path: join(shared, "squeezenet1_1/squeezenet1_1-imagenet-caffe.onnx") },
  { name: "ResNet-20", path: join(shared, "resnet20-cifar10/resnet20-cifar10.onnx") },
  { name: "YuNet n 320x320", path: join(shared, "yunet/yunet_n_320_320.onnx") },
  { name: "MNIST CNN", path: join(shared, "mnist/mnist.onnx") },
  { name: "PP-OCRv4 detector 640x480", path: modelPath("detector"), shapes: { x: [1, 3, 640, 480] } },
  { name: "PP-OCRv4 recogniser 48x320", path: modelPath("recogniser"), shapes: { x: [1, 3, 48, 320] } },
  { name: "PP-OCR classifier 48x192", path: modelPath("classifier"), shapes: { x: [1, 3, 48, 192] } },
];

const routes = [
  { name: "LLVM", options: { device: "cpu" } },
  { name: "WebAssembly", options: { device: "cpu", llvm: false } },
  { name: "ane-virtual", options: { device: "ane-virtual" } },
] as const;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function timeOf(program: Program, runs: number): number {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    program.execute();
    return performance.now() - start;
  });
  return median(times);
}

async function measure(network: Network): Promise<string[]> {
  const shapes = network.shapes === undefined ? {} : { shapes: network.shapes };
  const reference = await openReference(network.path, { threads: 1 });
  const compiled = [];
  for (const { name, options } of routes) {
    const start = performance.now();
    const { program } = await compile(network.path, { ...options, ...shapes });
    compiled.push({ name, program, compileMilliseconds: performance.now() - start, times: [] as number[] });
  }
  const inputs: Record<string, TensorData> = Object.fromEntries(
    compiled[0]!.program.inputs.map(({ name, type }) => [name, randomTensor(type.shape, type.element, 1)]),
  );
  for (const { program } of compiled) {
    for (let warmUp = 0; warmUp < 10; warmUp++) program.run(inputs);
  }
  const referenceTimes: number[] = [];
  for (let round = 0; round < 5; round++) {
    referenceTimes.push(await reference.measure(inputs, 20, { threads: 1 }));
    for (const { program, times } of compiled) times.push(timeOf(program, 20));
  }
  await reference.close();
  const peer = median(referenceTimes);
  const cells = compiled.map(({ times }) => `${median(times).toFixed(2)} (${(median(times) / peer).toFixed(2)}×)`);
  const compileTimes = compiled.map(({ compileMilliseconds }) => (compileMilliseconds / 1000).toFixed(1)).join(" / ");
  for (const { program } of compiled) program.dispose();
  return [network.name, peer.toFixed(2), ...cells, compileTimes];
}

const wanted = process.argv[2]?.toLowerCase() ?? "";
console.log(
  `load average ${loadavg()[0]?.toFixed(1)}; milliseconds, median of 5 rounds of 20 runs; in brackets: times ONNX Runtime\n`,
);
console.log(
  `| network | ONNX Runtime, 1 thread | ${routes.map(({ name }) => name).join(" | ")} | compile, s (each route) |`,
);
console.log(`|---|---|${routes.map(() => "---|").join("")}---|`);
for (const network of networks.filter(({ name }) => name.toLowerCase().includes(wanted))) {
  if (existsSync(network.path)) console.log(`| ${(await measure(network)).join(" | ")} |`);
  else console.log(`| ${network.name} | skipped: ${network.path} is not there |`);
}
process.exit(0);
