/**
 * Compressed weights on real networks: `auto` beats each uniform choice on error at equal size, the virtual engine computes with the
 * compressed numbers, and the options of the command and of `compile` are checked.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  type CompressOptions,
  compile,
  defaultContext,
  describeCompression,
  emitOnnx,
  lowerTo,
} from "../compiler/index.ts";
import { allPasses } from "../compiler/registry.ts";
import { functionsOf } from "../dialects/func/index.ts";
import { evaluateFunction } from "../ir/evaluate.ts";
import { parse } from "../ir/parser/parse.ts";
import { denseText, sample } from "../lowering/fused-to-ane/testing.ts";
import { emitMil } from "../lowering/mil-to-text/index.ts";
import { PassManager, type Remark } from "../passes/pass-manager.ts";
import { parsePipeline } from "../passes/pipeline.ts";
import { parseCompression } from "../tools/compression.ts";
import { longTests, longTestsNote, missingNetwork, shapesOf, testNetwork } from "./testing/networks.ts";
import { cifarPictures } from "./testing/pictures.ts";

const resnet = testNetwork("ResNet-20");
const squeezenet = testNetwork("SqueezeNet 1.1");

interface Compressed {
  readonly bytes: number;
  readonly all: number;
  /** The root of the sum of squares of all layers' errors. */
  readonly error: number;
  readonly worst: number;
  readonly forms: ReadonlySet<string>;
}

/** A network at the ane level, compressed anew for each question. */
function compressor(network: typeof resnet): (options: string) => Compressed {
  const { module, context } = lowerTo(network.path, "ane", { route: "ane", shapes: shapesOf(network) });
  return (options) => {
    const copy = module.clone();
    const remarks: Remark[] = [];
    const pipeline = parsePipeline(`compress-weights{${options}}`, allPasses);
    new PassManager(pipeline, context, { onRemark: (remark) => remarks.push(remark) }).run(copy);
    const layers = remarks.filter(({ kind }) => kind === "passed");
    const totals = layers.map((remark) => Number(remark.arguments.total));
    const summary = remarks.find(({ kind }) => kind === "analysis")!.arguments;
    return {
      bytes: Number(summary.after),
      all: Number(summary.before),
      error: Math.hypot(...totals),
      worst: Number(summary.error),
      forms: new Set(layers.map((remark) => String(remark.arguments.form))),
    };
  };
}

const missing = missingNetwork(resnet);
const uniform = ["scheme=int8", "scheme=int4", "scheme=blockwise", "scheme=sparse tolerance=0.2"];
const compared = longTests ? [resnet, squeezenet] : [resnet];

describe.skipIf(missing !== undefined)(
  `auto beats a uniform choice on error at equal size (${missing ?? longTestsNote})`,
  () => {
    describe.each(compared.map((network) => [network.name, network] as const))("%s", (_, network) => {
      const compressed = missing === undefined ? compressor(network) : undefined;
      test.each(longTests ? uniform : uniform.slice(0, 1))("%s", (scheme) => {
        const alone = compressed!(scheme);
        const auto = compressed!(`scheme=auto tolerance=1 size=${alone.bytes / alone.all}`);
        expect(auto.bytes).toBeLessThanOrEqual(alone.bytes);
        expect(auto.error).toBeLessThan(alone.error);
      });
    });
  },
);

/** A convolution, and a matrix product that reads its means. */
const network = `func.func @main(%x: tensor<1x16x6x6xf32> {anemone.input = "x"}) -> (tensor<1x40xf32> {anemone.output = "y"}) {
  %w = arith.constant ${denseText([32, 16, 3, 3], 2, 0.2)}
  %k = arith.constant ${denseText([32, 40], 3, 0.5)}
  %0 = tensor.conv2d %x, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x16x6x6xf32>, tensor<32x16x3x3xf32>) -> tensor<1x32x6x6xf32>
  %1 = tensor.relu %0 : tensor<1x32x6x6xf32>
  %2 = tensor.reduce_mean %1 {axes = array<i64: 2, 3>, keep_dims = false} : tensor<1x32x6x6xf32>
  %y = tensor.matmul %2, %k : tensor<1x32xf32>, tensor<32x40xf32>
  return %y : tensor<1x40xf32>
}`;
const source = () => parse(network, defaultContext());

const requests: readonly (CompressOptions & { readonly forms: readonly string[] })[] = [
  { scheme: "int8", forms: ["ane.affine_constant", "ane.affine_constant"] },
  { scheme: "int4", forms: ["ane.palette_constant", "ane.palette_constant"] },
  { scheme: "sparse", tolerance: 0.3, forms: ["ane.sparse_constant", "ane.sparse_constant"] },
  { scheme: "blockwise", forms: ["ane.blockwise_constant", "ane.blockwise_constant"] },
];

/** What stands for a form in MIL. */
const expressions: Readonly<Record<string, string>> = {
  "ane.affine_constant": "= constexpr_affine_dequantize()[axis = int32(0), ",
  "ane.palette_constant": "= constexpr_lut_to_dense(indices = ",
  "ane.sparse_constant": "= constexpr_sparse_to_dense(mask = ",
  "ane.blockwise_constant": "= constexpr_blockwise_shift_scale(data = ",
};

describe("on the virtual engine", () => {
  const input = sample([1, 16, 6, 6], 5);

  test.each(requests)(
    "$scheme computes with the numbers that the constants stand for",
    async ({ forms, ...compress }) => {
      const { module, context, compression } = lowerTo(source(), "ane", { route: "ane", compress });
      const found: string[] = [];
      module.walk(({ name }) => {
        if (name.endsWith("_constant")) found.push(name);
      });
      expect(found).toEqual(forms);
      expect(compression!.after).toBeLessThan(compression!.before);
      const [wanted] = evaluateFunction(functionsOf(module).get("main")!, [input], context);
      using compiled = await compile(source(), { device: "ane-virtual", compress });
      expect(compiled.compression).toEqual(compression);
      expect(compiled.program.run({ x: input }).y!.data).toEqual(wanted!.data);
    },
  );

  test("a dump of the ane level is compressed as well, and not twice", async () => {
    const { module } = lowerTo(source(), "ane", { route: "ane" });
    const once = lowerTo(module.clone(), "ane", { route: "ane", compress: { scheme: "int8" } });
    expect(once.compression).toMatchObject({ tensors: 2 });
    const twice = lowerTo(once.module.clone(), "ane", { route: "ane", compress: { scheme: "int8" } });
    expect(twice.compression).toMatchObject({
      tensors: 0,
      before: once.compression!.after,
      after: once.compression!.after,
    });
  });
});

describe("in MIL", () => {
  const input = sample([1, 16, 6, 6], 5);
  const folder = mkdtempSync(join(tmpdir(), "anemone-compression-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(requests)("$scheme is written, read and run as the virtual engine does", async ({ forms, ...compress }) => {
    const { module, compression } = lowerTo(source(), "mil", { route: "ane", compress });
    const { text, weights } = emitMil(module);
    expect(text).toContain(expressions[forms[0]!]);
    // Each part has a record of 64 bytes and begins at a multiple of 64.
    const records = 1 + 2 * (text.match(/BLOBFILE/g)?.length ?? 0);
    expect(weights.byteLength).toBeLessThan(compression!.after + 64 * records);
    expect(emitMil(lowerTo(source(), "mil", { route: "ane", compress }).module).weights).toEqual(weights);

    const place = join(folder, compress.scheme);
    mkdirSync(join(place, "weights"), { recursive: true });
    writeFileSync(join(place, "model.mil"), text);
    writeFileSync(join(place, "weights/weight.bin"), weights);
    const { module: read } = lowerTo(join(place, "model.mil"), "tensor", { route: "ane" });
    const half = {
      shape: input.shape,
      element: "f16",
      data: Float16Array.from(Array.from(input.data, Number)),
    } as const;
    const [found] = evaluateFunction(functionsOf(read).get("main")!, [half], defaultContext());
    const { module: engine, context } = lowerTo(source(), "ane", { route: "ane", compress });
    const [wanted] = evaluateFunction(functionsOf(engine).get("main")!, [input], context);
    const numbers = Array.from(found!.data, Number);
    const differences = Array.from(wanted!.data, Number).map((number, index) => Math.abs(number - numbers[index]!));
    expect(Math.max(...differences)).toBeLessThanOrEqual(2e-3);
  });
});

describe("what cannot be", () => {
  test("is said, the most frequent reason first", () => {
    const compress = { scheme: "int8" } as const;
    const { compression } = lowerTo(source(), "ane", { route: "ane", target: "h13", compress });
    expect(compression).toMatchObject({ tensors: 0, error: 0 });
    expect(describeCompression(compression!).split("\n")).toEqual([
      "weights 11776 -> 11776 bytes (100.0 %), 0 tensors compressed, error at most 0.00 % in a channel",
      "  2 stay f16: h13 (A13) folds int8 weights to f16, they stream from A14 on",
    ]);
    const many = describeCompression({ ...compression!, kept: ["a", "b", "c", "c", "d", "e"] }).split("\n");
    expect(many.slice(1)).toEqual([
      "  2 stay f16: c",
      "  1 stay f16: a",
      "  1 stay f16: b",
      "  and others, for 2 more reasons",
    ]);
  });

  test("weights for the CPU are not compressed", async () => {
    const refused = compile(source(), { device: "cpu", compress: { scheme: "int8" } });
    await expect(refused).rejects.toThrow(
      "only the engine's weights are compressed: use the device ane or ane-virtual",
    );
  });

  test.each([
    [{ scheme: "int8", tolerance: 2 }, "the tolerance of compression must be from 0 to 1, but is 2"],
    [{ scheme: "int8", size: 0.5 }, "only the compression 'auto' chooses by size"],
    [{ scheme: "auto", size: 0 }, "above 0 and at most 1, but is 0"],
  ] as const)("%j", (compress, message) => {
    expect(() => lowerTo(source(), "ane", { route: "ane", compress })).toThrow(message);
  });

  test("a scheme by its name alone", () => {
    const bytes = (compress: "int8" | { scheme: "int8" }) =>
      lowerTo(source(), "ane", { route: "ane", compress }).compression?.after;
    expect(bytes("int8")).toBe(bytes({ scheme: "int8" }));
    // What TypeScript would refuse, from JavaScript.
    const wrong: readonly [string, string][] = [
      ['"int9"', "there is no compression 'int9': use int8"],
      ["{}", "the compression names no scheme: use int8, int4, sparse, blockwise, auto"],
    ];
    for (const [json, message] of wrong)
      expect(() => lowerTo(source(), "ane", { route: "ane", compress: JSON.parse(json) })).toThrow(message);
  });

  test("a size that cannot be reached is said", () => {
    const compress = { scheme: "auto", size: 0.01 } as const;
    const { compression } = lowerTo(source(), "ane", { route: "ane", compress });
    expect(compression?.missed).toMatch(
      /^1\.00 % of the f16 bytes cannot be reached within the tolerance of 10\.00 %: with the smallest forms it is \d+\.\d\d %$/,
    );
    expect(describeCompression(compression!)).toContain("cannot be reached within the tolerance");
    const { compression: reached } = lowerTo(source(), "ane", { route: "ane", compress: { ...compress, size: 0.9 } });
    expect(reached).not.toHaveProperty("missed");
  });

  test("a level above or behind that of the engine's programs", () => {
    const compress = { scheme: "int8" } as const;
    expect(() => lowerTo(source(), "fused", { route: "ane", compress })).toThrow("behind 'fused', at which this");
    const { module } = lowerTo(source(), "linalg", { route: "ane-virtual" });
    expect(() => lowerTo(module, "loops", { route: "ane-virtual", compress })).toThrow("stands at the level 'linalg'");
  });
});

describe("flags", () => {
  test("become options", () => {
    expect(parseCompression({})).toBeUndefined();
    expect(parseCompression({ compress: "int8" })).toEqual({ scheme: "int8" });
    expect(parseCompression({ compress: "auto", compressTolerance: "0.25", compressSize: "0.4" })).toEqual({
      scheme: "auto",
      tolerance: 0.25,
      size: 0.4,
    });
  });

  test.each([
    [{ compress: "int9" }, "--compress takes int8, int4, sparse, blockwise, auto, but got 'int9'"],
    [{ compress: "int8", compressTolerance: "" }, "--compress-tolerance takes a number from 0 to 1, but got ''"],
    [{ compress: "int8", compressTolerance: "1.5" }, "--compress-tolerance takes a number from 0 to 1, but got '1.5'"],
    [{ compress: "int8", compressSize: "0.5" }, "--compress-size goes with --compress=auto"],
    [{ compress: "auto", compressSize: "0" }, "--compress-size takes a part of the f16 bytes, above 0"],
    [{ compressTolerance: "0.1" }, "--compress-tolerance goes with --compress"],
  ])("%j", (flags, message) => {
    expect(() => parseCompression(flags)).toThrow(message);
  });
});

/** The class of the greatest output. */
const classOf = (data: ArrayLike<number | bigint>) => {
  const numbers = Array.from(data, Number);
  return numbers.indexOf(Math.max(...numbers));
};

const whyNot = missing ?? (longTests ? undefined : "SKIPPED: takes a minute; ANEMONE_LONG_TESTS=1 runs it");

describe.skipIf(whyNot !== undefined)(`ResNet-20 on pictures${whyNot === undefined ? "" : ` (${whyNot})`}`, () => {
  const pictures = whyNot === undefined ? cifarPictures(200) : [];
  const classes = async (compress?: CompressOptions) => {
    using compiled = await compile(resnet.path, {
      device: "ane-virtual",
      shapes: shapesOf(resnet),
      ...(compress === undefined ? {} : { compress }),
    });
    return pictures.map(({ input }) => classOf(compiled.program.run({ [resnet.input]: input }).output!.data));
  };
  const share = (found: readonly number[], wanted: readonly number[]) =>
    found.filter((each, index) => each === wanted[index]).length / wanted.length;
  const labels = pictures.map(({ label }) => label);

  // What a scheme costs on average is in docs/compression.md.
  const kept: readonly (readonly [CompressOptions, number])[] = [
    [{ scheme: "int8" }, 0.95],
    [{ scheme: "blockwise" }, 0.95],
    [{ scheme: "auto", size: 0.5 }, 0.95],
    [{ scheme: "auto" }, 0.85],
    [{ scheme: "int4" }, 0.8],
    [{ scheme: "sparse" }, 0.9],
  ];

  test("sees the same with compressed weights", async () => {
    const plain = await classes();
    expect(share(plain, labels)).toBeGreaterThan(0.7);
    for (const [compress, least] of kept) {
      const found = await classes(compress);
      expect(share(found, plain), JSON.stringify(compress)).toBeGreaterThanOrEqual(least);
      expect(share(found, labels), JSON.stringify(compress)).toBeGreaterThan(0.65);
    }
  });
});

describe("docs/compression.md", () => {
  const repository = resolve(import.meta.dirname, "..");
  const page = readFileSync(join(repository, "docs/compression.md"), "utf8");
  const commands = /```sh\n([\s\S]*?)```/.exec(page)![1]!.trim().split("\n");
  const folder = mkdtempSync(join(tmpdir(), "anemone-compression-page-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test(`its commands in their order do what it says${longTests ? "" : ` (those for opt alone; ${longTestsNote})`}`, () => {
    writeFileSync(join(folder, "model.onnx"), emitOnnx(source()));
    let said = "";
    for (const command of longTests ? commands : commands.filter((each) => each.includes("out/engine.mlir"))) {
      const line = command.replace(/^npx anemone/, `"${process.execPath}" "${repository}/tools/anemone.ts"`);
      const { status, stderr } = spawnSync("bash", ["-c", line], { cwd: folder, encoding: "utf8", timeout: 60_000 });
      expect(status, stderr).toBe(0);
      said = stderr;
    }
    expect(said).toMatch(/remark: \[analysis\] compress-weights .*: weights \d+ -> \d+ bytes, 2 tensors compressed/);
    expect(readFileSync(join(folder, "out/small.mlir"), "utf8").match(/= palette_constant/g)).toHaveLength(2);
  });
});
