/**
 * What compressed weights cost in accuracy: ResNet-20 on pictures of CIFAR-10 and SqueezeNet on photographs, on the virtual engine,
 * with each scheme beside f16. Prints the tables of docs/compression.md.
 *
 *     npx bun bench/compression.ts           200 pictures
 *     npx bun bench/compression.ts 1000      all of them
 */
import { join } from "node:path";
import { type CompressOptions, compile } from "../compiler/index.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { shapesOf, sharedData, testNetwork } from "../test/testing/networks.ts";
import { cifarPictures, photograph } from "../test/testing/pictures.ts";

const schemes: readonly (CompressOptions | undefined)[] = [
  undefined,
  { scheme: "int8" },
  { scheme: "int4" },
  { scheme: "sparse" },
  { scheme: "sparse", tolerance: 0.2 },
  { scheme: "blockwise" },
  { scheme: "auto" },
  { scheme: "auto", size: 0.5121 },
  { scheme: "auto", size: 0.3, tolerance: 0.3 },
];

function nameOf(options: CompressOptions | undefined): string {
  if (options === undefined) return "f16";
  const { scheme, tolerance, size } = options;
  const flags = [
    `--compress=${scheme}`,
    ...(tolerance === undefined ? [] : [`--compress-tolerance=${tolerance}`]),
    ...(size === undefined ? [] : [`--compress-size=${size}`]),
  ];
  return `\`${flags.join(" ")}\``;
}

interface Outcome {
  readonly name: string;
  readonly bytes: string;
  readonly error: string;
  /** Outputs for each input. */
  readonly outputs: readonly (readonly number[])[];
}

async function outcome(
  network: string,
  inputs: readonly TensorData[],
  compress: CompressOptions | undefined,
): Promise<Outcome> {
  const known = testNetwork(network);
  using compiled = await compile(known.path, {
    device: "ane-virtual",
    shapes: shapesOf(known),
    ...(compress === undefined ? {} : { compress }),
  });
  const outputs = inputs.map((input) => {
    const [output] = Object.values(compiled.program.run({ [known.input]: input }));
    return Array.from(output!.data, Number);
  });
  const report = compiled.compression;
  return {
    name: nameOf(compress),
    bytes: report === undefined ? "100.0 %" : `${((100 * report.after) / report.before).toFixed(1)} %`,
    error: report === undefined ? "" : `${(100 * report.error).toFixed(1)} %`,
    outputs,
  };
}

const greatest = (numbers: readonly number[]) => numbers.indexOf(Math.max(...numbers));

/** ‖a - b‖/‖b‖ over all outputs. */
function difference(a: Outcome, b: Outcome): string {
  let [noise, signal] = [0, 0];
  for (const [index, wanted] of b.outputs.entries()) {
    for (const [position, number] of wanted.entries()) {
      noise += (a.outputs[index]![position]! - number) ** 2;
      signal += number ** 2;
    }
  }
  return `${(100 * Math.sqrt(noise / signal)).toFixed(2)} %`;
}

function same(a: Outcome, b: Outcome): number {
  return a.outputs.filter((output, index) => greatest(output) === greatest(b.outputs[index]!)).length;
}

const count = Number(process.argv[2] ?? 200);
if (!Number.isInteger(count) || count < 1) throw new Error(`expected a number of pictures, found '${process.argv[2]}'`);
const pictures = cifarPictures(count);
console.log(`ResNet-20, ${pictures.length} pictures of CIFAR-10\n`);
console.log(
  "| weights | size | worst channel | right | as with f16 | outputs differ by |\n|---|---:|---:|---:|---:|---:|",
);
let plain: Outcome | undefined;
for (const compress of schemes) {
  const found = await outcome(
    "ResNet-20",
    pictures.map(({ input }) => input),
    compress,
  );
  plain ??= found;
  const right = found.outputs.filter((output, index) => greatest(output) === pictures[index]!.label).length;
  const share = (part: number) => `${((100 * part) / pictures.length).toFixed(1)} %`;
  console.log(
    `| ${found.name} | ${found.bytes} | ${found.error} | ${share(right)} | ${share(same(found, plain))} | ${difference(found, plain)} |`,
  );
}

const files = ["cat_720p.jpg", "grace_hopper.bmp", "hot_dog.jpg", "parrot.jpg"];
const photographs = await Promise.all(files.map((file) => photograph(join(sharedData, "images", file))));
console.log(`\nSqueezeNet 1.1, ${files.length} photographs\n`);
console.log(
  "| weights | size | worst channel | first class as with f16 | outputs differ by |\n|---|---:|---:|---:|---:|",
);
plain = undefined;
for (const compress of schemes) {
  const found = await outcome("SqueezeNet 1.1", photographs, compress);
  plain ??= found;
  console.log(
    `| ${found.name} | ${found.bytes} | ${found.error} | ${same(found, plain)} of ${files.length} | ${difference(found, plain)} |`,
  );
}
