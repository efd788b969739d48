/** The pass: which weights it takes, what it says of the others, the rules of each target, and how `auto` chooses. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ane, type CompressedForm, targetOf, targets } from "../../dialects/ane/index.ts";
import { upstreamDialects } from "../../dialects/index.ts";
import { Context } from "../../ir/context.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { verify } from "../../ir/verifier.ts";
import { PassManager, type Remark } from "../../passes/pass-manager.ts";
import { parsePipeline } from "../../passes/pipeline.ts";
import { forAll } from "../../test/testing/property.ts";
import { chooseOptions, type Option, worthwhile } from "./choose.ts";
import { compressWeights } from "./compress-weights.ts";
import { foldingReason, streamingRules } from "./streaming.ts";

const context = new Context([...upstreamDialects, ane]);

interface Ran {
  readonly module: Operation;
  readonly remarks: readonly Remark[];
  /** What was said of each layer. */
  readonly said: readonly string[];
}

function compressed(text: string, options: string): Ran {
  const module = parse(text, context);
  verify(module, context);
  const remarks: Remark[] = [];
  const pipeline = parsePipeline(`compress-weights{${options}}`, [compressWeights]);
  new PassManager(pipeline, context, { onRemark: (remark) => remarks.push(remark) }).run(module);
  verify(module, context);
  const said = remarks.filter(({ kind }) => kind !== "analysis").map(({ kind, message }) => `${kind}: ${message}`);
  return { module, remarks, said };
}

/** Numbers of both signs, all different, the same each time. */
function denseText(shape: readonly number[], scale = 1): string {
  let state = 7;
  const count = shape.reduce((product, size) => product * size, 1);
  let texts = Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (((state >>> 8) / 2 ** 23 - 1) * scale).toFixed(5);
  });
  for (const size of shape.toReversed()) {
    const rows = texts;
    texts = Array.from(
      { length: rows.length / size },
      (_, row) => `[${rows.slice(row * size, (row + 1) * size).join(", ")}]`,
    );
  }
  return `dense<${texts[0]}> : tensor<${shape.join("x")}xf16>`;
}

const surface = (shape: readonly number[]) => `!ane.surface<${shape.join("x")}xf16>`;

/** A convolution of `batch` pictures. */
function convolution(batch: number, attributes = "", weights = denseText([8, 16, 3, 3])): string {
  const [x, y] = [surface([batch, 16, 4, 4]), surface([batch, attributes.includes("transposed") ? 16 : 8, 4, 4])];
  const kernel = surface([...(attributes.includes("transposed") ? [16, 16] : [8, 16]), 3, 3]);
  return `ane.program @p(%x: ${x}) -> (${y}) attributes {input_names = ["x"], output_names = ["y"]} {
    %w = ane.constant ${weights} -> ${kernel}
    %y = ane.conv %x, %w {padding = array<i64: 1, 1, 1, 1>${attributes}} : (${x}, ${kernel}) -> ${y}
    ane.return %y : ${y}
  }`;
}

function product(rhs: readonly number[], attributes: string, weights = denseText(rhs)): string {
  const rows = attributes.includes("transpose_rhs") ? rhs.at(-1)! : rhs.at(-2)!;
  const columns = attributes.includes("transpose_rhs") ? rhs.at(-2)! : rhs.at(-1)!;
  const [x, y] = [surface([...rhs.slice(0, -2), 3, rows]), surface([...rhs.slice(0, -2), 3, columns])];
  return `ane.program @p(%x: ${x}) -> (${y}) attributes {input_names = ["x"], output_names = ["y"]} {
    %w = ane.constant ${weights} -> ${surface(rhs)}
    %y = ane.matmul %x, %w ${attributes}: (${x}, ${surface(rhs)}) -> ${y}
    ane.return %y : ${y}
  }`;
}

describe("what is compressed", () => {
  test("weights of convolutions and products, with sizes and errors in the remark", () => {
    const { said, remarks } = compressed(convolution(1), "scheme=int8");
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(
      /^passed: weights \[8, 16, 3, 3\] as int8: 2304 -> 1168 bytes, error 0\.\d\d % in the worst channel$/,
    );
    expect(remarks.at(-1)).toMatchObject({ kind: "analysis", arguments: { before: 2304, after: 1168, count: 1 } });
    expect(remarks.at(-1)?.message).toMatch(
      /^weights 2304 -> 1168 bytes, 1 tensors compressed, error at most 0\.\d\d %/,
    );
  });

  test.each([
    ["[40, 32]", product([40, 32], "")],
    ["[32, 40] of transpose_rhs", product([32, 40], "{transpose_rhs = true} ")],
  ])("weights %s of products are stored with a row per output", (_, text) => {
    const { module } = compressed(text, "scheme=int8");
    const found: unknown[] = [];
    module.walk((operation) => {
      if (operation.name === "ane.affine_constant")
        found.push(String(operation.onlyResult.type), operation.attribute("axis")?.text);
      if (operation.name === "ane.matmul") found.push(operation.attribute("transpose_rhs")?.text);
    });
    expect(found).toEqual(["!ane.surface<32x40xf16>", "0 : i64", "true"]);
  });

  const stays = (text: string, options: string) => {
    const { said, module } = compressed(text, options);
    const names: string[] = [];
    module.walk(({ name }) => {
      names.push(name);
    });
    expect(names.filter((name) => name.endsWith("_constant"))).toEqual([]);
    expect(said).toHaveLength(1);
    return said[0]!;
  };

  test.each([
    [
      "a transposed convolution",
      convolution(1, ", transposed = true", denseText([16, 16, 3, 3])),
      "scheme=int8",
      "transposed convolutions take f16 weights only",
    ],
    ["a batched product", product([2, 32, 32], ""), "scheme=int8", "the weights of batched products stay f16"],
    [
      "blockwise weights of a convolution of two pictures",
      convolution(2),
      "scheme=blockwise",
      "a convolution of more than one picture takes no blockwise weights",
    ],
    [
      "what the tolerance refuses",
      convolution(1),
      "scheme=int8 tolerance=0.001",
      /int8 has an error of 0\.\d\d % in its worst channel, above the tolerance of 0\.10 %/,
    ],
    [
      "what would be no smaller",
      product([32, 32], ""),
      "scheme=sparse tolerance=0",
      "sparse with 100.0 % kept takes 2176 bytes, no less than f16 (2048)",
    ],
    [
      "what is not finite",
      product([32, 32], "", "dense<0x7C00> : tensor<32x32xf16>"),
      "scheme=int8",
      "it holds numbers that are not finite",
    ],
    [
      "what is not at hand",
      product([32, 32], "", "dense_resource<far> : tensor<32x32xf16>"),
      "scheme=int8",
      "its numbers are not at hand",
    ],
    [
      "int8 on M1",
      convolution(1),
      "scheme=int8 target=h13",
      "h13 (A13) folds int8 weights to f16, they stream from A14 on",
    ],
    [
      "blockwise on M2",
      convolution(1),
      "scheme=blockwise target=h14",
      "h14 (A14) folds blockwise int8 weights to f16, they stream from A15 on",
    ],
    [
      "blockwise int4 anywhere",
      convolution(1),
      "scheme=blockwise block-bits=4 tolerance=0.5",
      "no engine streams blockwise int4 weights",
    ],
    [
      "a palette on M1 where one table is not enough",
      convolution(1),
      "scheme=int4 tolerance=0.06 target=h13",
      /palette of 4 bits has an error of .*; h13 \(A13\) folds palettes per group of channels to f16/,
    ],
  ] as const)("not %s", (_, text, options, reason) => {
    const message = stays(text, options);
    expect(message.startsWith("missed: weights [")).toBe(true);
    if (typeof reason === "string") expect(message).toContain(reason);
    else expect(message).toMatch(reason);
  });

  test("smaller files all the same, with folded=true", () => {
    expect(compressed(convolution(1), "scheme=int8 target=h13 folded=true").said[0]).toContain("as int8");
  });

  test("more tables where one is beyond the tolerance", () => {
    expect(compressed(convolution(1), "scheme=int4 tolerance=0.06").said[0]).toMatch(/palette of 4 bits, \d groups/);
  });

  test("a second run changes nothing", () => {
    const module = parse(convolution(1), context);
    const pipeline = parsePipeline("compress-weights{scheme=int8}", [compressWeights]);
    expect(new PassManager(pipeline, context).run(module)).toBe(true);
    expect(new PassManager(pipeline, context).run(module)).toBe(false);
  });
});

describe("targets", () => {
  const numbers = (count: number) => new Float16Array(count);
  const bytes = (count: number) => new Uint8Array(count);
  const codes = (count: number) => new Int8Array(count);
  const palette = (bits: 2 | 4 | 6 | 8, groups: number): CompressedForm => ({
    kind: "palette",
    shape: [4],
    bits,
    indices: bytes(4),
    groups: [groups],
    table: numbers(groups * 2 ** bits),
  });
  const affine = { kind: "affine", shape: [4], codes: codes(4), axis: 0, scale: numbers(4) } as const;
  const forms: Readonly<Record<string, CompressedForm>> = {
    "4-bit palette": palette(4, 1),
    "8-bit palette": palette(8, 1),
    "6-bit palette": palette(6, 1),
    "palette per group": palette(4, 2),
    sparse: { kind: "sparse", shape: [4], mask: bytes(4), values: numbers(0) },
    int8: { ...affine, zeroPoint: undefined },
    "int8 with zero points": { ...affine, zeroPoint: codes(4) },
    "blockwise int8": { kind: "blockwise", shape: [4], bits: 8, codes: codes(4), blocks: [2], scale: numbers(2) },
    "blockwise int4": { kind: "blockwise", shape: [4], bits: 4, codes: codes(4), blocks: [2], scale: numbers(2) },
  };
  const streamedBy = (target: string) =>
    Object.keys(forms).filter((name) => foldingReason(forms[name]!, targetOf(target)) === undefined);

  test("stream what was measured or read from their tables", () => {
    const m1 = ["4-bit palette", "8-bit palette", "sparse"];
    const m2 = [
      "4-bit palette",
      "8-bit palette",
      "6-bit palette",
      "palette per group",
      "sparse",
      "int8",
      "int8 with zero points",
    ];
    expect(streamedBy("h12")).toEqual([]);
    expect(streamedBy("h13")).toEqual(m1);
    expect(streamedBy("h14")).toEqual(m2);
    expect(streamedBy("h15")).toEqual([...m2, "blockwise int8"]);
    expect(streamedBy("h17s")).toEqual([...m2, "blockwise int8"]);
  });

  test("later ones stream all that earlier ones do", () => {
    const order = ["h13", "h14", "h15", "h16", "h17", "h18"].map(streamedBy);
    for (const [position, streamed] of order.entries())
      if (position > 0) expect(streamed).toEqual(expect.arrayContaining(order[position - 1]!));
    expect(targets.length).toBe(28);
  });

  test("every rule says where it comes from, and stands in the documentation", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/compression.md"), "utf8");
    for (const { what, since, source } of streamingRules) {
      expect(source).toMatch(/aneforge\.md|guide/);
      expect(page).toContain(`| ${what} | ${since ?? "no engine"}`);
    }
  });
});

describe("auto", () => {
  const option = fc.record({
    bytes: fc.integer({ min: 1, max: 60 }),
    error: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const layers = fc.array(fc.array(option, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
  const sizeOf = (chosen: readonly Option[]) => chosen.reduce((sum, { bytes }) => sum + bytes, 0);
  const noiseOf = (chosen: readonly Option[]) => chosen.reduce((sum, { error }) => sum + error ** 2, 0);

  /** Every way to choose one option per layer. */
  function* combinations(lists: readonly (readonly Option[])[]): Generator<Option[]> {
    const [first, ...rest] = lists;
    if (first === undefined) yield [];
    else for (const each of first) for (const others of combinations(rest)) yield [each, ...others];
  }

  test("without a size takes the smallest of each layer", () => {
    forAll(layers, 60, (lists) => {
      const chosen = chooseOptions(lists, undefined);
      for (const [layer, { bytes }] of chosen.entries())
        expect(bytes).toBe(Math.min(...lists[layer]!.map((each) => each.bytes)));
    });
  });

  test("with one has the least noise of all combinations that fit", () => {
    forAll(fc.tuple(layers, fc.integer({ min: 1, max: 240 })), 200, ([lists, budget]) => {
      const chosen = chooseOptions(lists, budget);
      const fitting = [...combinations(lists)].filter((each) => sizeOf(each) <= budget);
      if (fitting.length === 0) expect(chosen).toEqual(chooseOptions(lists, undefined));
      else {
        expect(sizeOf(chosen)).toBeLessThanOrEqual(budget);
        expect(noiseOf(chosen)).toBeCloseTo(Math.min(...fitting.map(noiseOf)), 12);
      }
    });
  });

  test("with large sizes is near the least noise, and keeps to the size", () => {
    const large = fc.record({
      bytes: fc.integer({ min: 100_000, max: 9_000_000 }),
      error: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const lists = fc.array(fc.array(large, { minLength: 2, maxLength: 4 }), { minLength: 3, maxLength: 6 });
    forAll(fc.tuple(lists, fc.double({ min: 0.2, max: 0.9, noNaN: true })), 60, ([given, part]) => {
      const most = given.reduce((sum, options) => sum + Math.max(...options.map(({ bytes }) => bytes)), 0);
      const chosen = chooseOptions(given, part * most);
      const fitting = [...combinations(given)].filter((each) => sizeOf(each) <= part * most);
      if (fitting.length === 0) return;
      expect(sizeOf(chosen)).toBeLessThanOrEqual(part * most);
      // What is merged on the way may cost up to a unit of size for each layer.
      const tighter = fitting.filter((each) => sizeOf(each) <= part * most * (1 - given.length / 4096));
      if (tighter.length > 0) expect(noiseOf(chosen)).toBeLessThanOrEqual(Math.min(...tighter.map(noiseOf)) + 1e-9);
    });
  });

  test("of options that lose in size and error nothing remains", () => {
    const kept = worthwhile([
      { bytes: 10, error: 0.1 },
      { bytes: 12, error: 0.1 },
      { bytes: 12, error: 0.3 },
      { bytes: 20, error: 0 },
    ]);
    expect(kept).toEqual([
      { bytes: 10, error: 0.1 },
      { bytes: 20, error: 0 },
    ]);
  });

  test("says where a size cannot be reached", () => {
    const { said } = compressed(convolution(1), "scheme=auto size=0.1 tolerance=0.05");
    expect(said[0]).toMatch(
      /^missed: 10\.00 % of the f16 bytes cannot be reached within the tolerance of 5\.00 %: with the smallest forms it is/,
    );
  });

  test("uses what the target streams", () => {
    expect(compressed(convolution(1), "scheme=auto tolerance=0.03 target=h13").said[0]).toContain(
      "as palette of 8 bits",
    );
    expect(compressed(convolution(1), "scheme=auto tolerance=0.01 target=h14").said[0]).toContain("as int8");
  });
});
