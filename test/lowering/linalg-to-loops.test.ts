import { describe, expect, it } from "vitest";
import { functionDefinition } from "../../dialects/func/ops.ts";
import { upstreamDialects } from "../../dialects/index.ts";
import { tensor } from "../../dialects/tensor/index.ts";
import { Context } from "../../ir/context.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { setNumber, type TensorData, zeros } from "../../ir/tensor-data.ts";
import { elementNameOf, f32, TensorType } from "../../ir/types.ts";
import { bufferize } from "../../lowering/bufferize/index.ts";
import { linalgToLoops, outlineKernels, vectorize } from "../../lowering/linalg-to-loops/index.ts";
import { instantiate } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { difference } from "../testing/compare.ts";
import { MlirProgram, missingMlirRun } from "../testing/mlir-run.ts";

const context = new Context([...upstreamDialects, tensor]);

function lower(text: string, vectorBytes: number, outline = true): Operation {
  const module = parse(text, context);
  const passes = [
    instantiate(bufferize),
    instantiate(vectorize, { "vector-bytes": vectorBytes }),
    instantiate(linalgToLoops),
  ];
  new PassManager(outline ? [...passes, instantiate(outlineKernels)] : passes, context).run(module);
  return module;
}

/** Small whole numbers and halves, so that sums are exact in any order. */
function inputData(type: TensorType, seed: number): TensorData {
  const element = elementNameOf(type.element);
  if (element === undefined) throw new Error(`no data of type ${type.element}`);
  const data = zeros(type.shape, element);
  let state = seed * 2654435761 + 12345;
  for (let position = 0; position < data.data.length; position++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const value = ((state >>> 16) % 17) - 8;
    setNumber(
      data,
      position,
      element.startsWith("f") || element === "bf16" ? value / 2 : element === "i1" ? value & 1 : value,
    );
  }
  return data;
}

/** Compares every function of a module: reference semantics before lowering, machine code after it. */
function check(text: string, vectorBytes: number, outline = true): void {
  const reference = parse(text, context);
  const program = new MlirProgram(lower(text, vectorBytes, outline));
  try {
    for (const func of reference.regions[0]!.onlyBlock.operations) {
      if (!functionDefinition.matches(func)) continue;
      const inputs = func.function_type.inputs.map((type, position) => {
        if (!(type instanceof TensorType)) throw new Error("expects tensors");
        return inputData(type, position + 1);
      });
      const expected = evaluateFunction(func, inputs, context);
      const actual = program.call(func.sym_name, inputs);
      expect(actual.length).toBe(expected.length);
      for (const [position, result] of actual.entries()) {
        const wrong = difference(result, expected[position]!);
        if (wrong !== undefined)
          throw new Error(`@${func.sym_name}, result ${position}, vectors of ${vectorBytes} bytes: ${wrong}\n${text}`);
      }
    }
  } finally {
    program.dispose();
  }
}

const parallel = (count: number) => Array.from({ length: count }, () => '"parallel"');
const reductions = (count: number) => Array.from({ length: count }, () => '"reduction"');

interface Operand {
  readonly map: string;
  readonly type: string;
}

/** A function `@name` of one generic whose output begins as zero. */
function genericFunction(
  name: string,
  dimensions: string,
  inputs: readonly Operand[],
  output: Operand,
  iterators: readonly string[],
  body: string,
  initial = "0.0 : f32",
): string {
  const args = inputs.map(({ type }, position) => `%x${position}: tensor<${type}>`);
  const element = output.type.split("x").at(-1)!;
  const elements = [...inputs, output].map(
    ({ type }, position) => `%${"abcdefgh"[position]}: ${type.split("x").at(-1)}`,
  );
  return `
func.func @${name}(${args.join(", ")}) -> tensor<${output.type}> {
  %initial = arith.constant ${initial}
  %empty = tensor.empty() : tensor<${output.type}>
  %filled = linalg.fill ins(%initial : ${element}) outs(%empty : tensor<${output.type}>) -> tensor<${output.type}>
  %result = linalg.generic {indexing_maps = [${[...inputs, output].map(({ map }) => `affine_map<(${dimensions}) -> (${map})>`).join(", ")}], iterator_types = [${iterators.join(", ")}]} ins(${inputs.map((_, position) => `%x${position}`).join(", ")} : ${inputs.map(({ type }) => `tensor<${type}>`).join(", ")}) outs(%filled : tensor<${output.type}>) {
  ^bb0(${elements.join(", ")}):
${body}
  } -> tensor<${output.type}>
  return %result : tensor<${output.type}>
}`;
}

const multiplyAdd = (a = "%a", b = "%b", out = "%c") => `    %p = arith.mulf ${a}, ${b} : f32
    %s = arith.addf ${out}, %p : f32
    linalg.yield %s : f32`;

function convolution(name: string, oc: number, size: number, ic: number, k: number, stride: number): string {
  const inner = (size - 1) * stride + k;
  const times = stride === 1 ? "" : ` * ${stride}`;
  return genericFunction(
    name,
    "n, o, h, w, i, u, v",
    [
      { map: `n, i, h${times} + u, w${times} + v`, type: `1x${ic}x${inner}x${inner}xf32` },
      { map: "o, i, u, v", type: `${oc}x${ic}x${k}x${k}xf32` },
    ],
    { map: "n, o, h, w", type: `1x${oc}x${size}x${size}xf32` },
    [...parallel(4), ...reductions(3)],
    multiplyAdd(),
  );
}

function matmul(name: string, m: number, n: number, k: number, transposed: boolean): string {
  return genericFunction(
    name,
    "m, n, k",
    [
      { map: "m, k", type: `${m}x${k}xf32` },
      transposed ? { map: "n, k", type: `${n}x${k}xf32` } : { map: "k, n", type: `${k}x${n}xf32` },
    ],
    { map: "m, n", type: `${m}x${n}xf32` },
    [...parallel(2), ...reductions(1)],
    multiplyAdd(),
  );
}

const identityBody = "    linalg.yield %a : f32";

describe.skipIf(missingMlirRun !== undefined)(
  `loops against the reference${missingMlirRun === undefined ? "" : ` (${missingMlirRun})`}`,
  () => {
    for (const bytes of [16, 32, 64]) {
      it(`computes convolutions with vectors of ${bytes} bytes`, () => {
        check(
          [
            convolution("unit", 8, 13, 5, 1, 1),
            convolution("odd", 7, 9, 3, 3, 1),
            convolution("strided", 6, 18, 3, 3, 2),
            convolution("wide", 5, 37, 2, 5, 1),
            convolution("leap", 3, 20, 2, 3, 3),
            convolution("tiny", 4, 2, 3, 2, 1),
          ].join("\n"),
          bytes,
        );
      });

      it(`computes matrix products with vectors of ${bytes} bytes`, () => {
        check(
          [
            matmul("square", 24, 32, 17, false),
            matmul("odd", 13, 19, 7, false),
            matmul("row", 1, 50, 33, false),
            matmul("transposed", 9, 21, 40, true),
            matmul("fully_connected", 1, 30, 67, true),
            matmul("column", 31, 1, 12, false),
          ].join("\n"),
          bytes,
        );
      });

      it(`moves elements with vectors of ${bytes} bytes`, () => {
        const move = (name: string, dims: string, from: Operand, to: Operand) =>
          genericFunction(name, dims, [from], to, parallel(dims.split(",").length), identityBody);
        check(
          [
            move("transpose", "i, j", { map: "i, j", type: "33x47xf32" }, { map: "j, i", type: "47x33xf32" }),
            move("aligned", "i, j", { map: "i, j", type: "32x64xf32" }, { map: "j, i", type: "64x32xf32" }),
            move(
              "permute",
              "i, j, k, l",
              { map: "i, j, k, l", type: "2x5x7x9xf32" },
              { map: "i, k, l, j", type: "2x7x9x5xf32" },
            ),
            move(
              "to_last",
              "i, j, k",
              { map: "k, i, j", type: "3x14x14xf32" },
              { map: "i, j, k", type: "14x14x3xf32" },
            ),
            move("broadcast", "i, j", { map: "j", type: "19xf32" }, { map: "i, j", type: "6x19xf32" }),
            move("repeat", "i, j", { map: "i", type: "6xf32" }, { map: "i, j", type: "6x19xf32" }),
            move("every_second", "i, j", { map: "i, j * 2", type: "4x45xf32" }, { map: "i, j", type: "4x23xf32" }),
            move("every_fifth", "i, j", { map: "i, j * 5", type: "4x101xf32" }, { map: "i, j", type: "4x20xf32" }),
            move(
              "nearest",
              "i, j",
              { map: "i floordiv 2, j floordiv 2", type: "5x9xf32" },
              { map: "i, j", type: "10x18xf32" },
            ),
            move(
              "upsample",
              "c, h, a, w, b",
              { map: "c, h, w", type: "3x5x37xf32" },
              { map: "c, h, a, w, b", type: "3x5x2x37x2xf32" },
            ),
            move("thirds", "i, k", { map: "k, i", type: "3x100xf32" }, { map: "i, k", type: "100x3xf32" }),
            move("quarters", "i, k", { map: "k, i", type: "4x70xf32" }, { map: "i, k", type: "70x4xf32" }),
            move("wrap", "i, j", { map: "i, j mod 7", type: "3x7xf32" }, { map: "i, j", type: "3x20xf32" }),
          ].join("\n"),
          bytes,
        );
      });

      it(`reduces with vectors of ${bytes} bytes`, () => {
        const sum = "    %s = arith.addf %b, %a : f32\n    linalg.yield %s : f32";
        const largest = "    %s = arith.maximumf %b, %a : f32\n    linalg.yield %s : f32";
        const squares = "    %p = arith.mulf %a, %a : f32\n    %s = arith.addf %p, %b : f32\n    linalg.yield %s : f32";
        const reduce = (name: string, dims: string, from: Operand, to: Operand, kinds: string[], body: string) =>
          genericFunction(name, dims, [from], to, kinds, body);
        const windowed = (name: string, body: string) => `
func.func @${name}(%x: tensor<1x5x17x19xf32>) -> tensor<1x5x8x9xf32> {
  %initial = arith.constant -9.0 : f32
  %empty = tensor.empty() : tensor<1x5x8x9xf32>
  %window = tensor.empty() : tensor<3x3xf32>
  %filled = linalg.fill ins(%initial : f32) outs(%empty : tensor<1x5x8x9xf32>) -> tensor<1x5x8x9xf32>
  %result = linalg.generic {indexing_maps = [affine_map<(n, c, h, w, u, v) -> (n, c, h * 2 + u, w * 2 + v)>, affine_map<(n, c, h, w, u, v) -> (u, v)>, affine_map<(n, c, h, w, u, v) -> (n, c, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%x, %window : tensor<1x5x17x19xf32>, tensor<3x3xf32>) outs(%filled : tensor<1x5x8x9xf32>) {
  ^bb0(%a: f32, %w: f32, %b: f32):
${body}
  } -> tensor<1x5x8x9xf32>
  return %result : tensor<1x5x8x9xf32>
}`;
        check(
          [
            reduce(
              "rows",
              "i, j",
              { map: "i, j", type: "7x75xf32" },
              { map: "i", type: "7xf32" },
              [...parallel(1), ...reductions(1)],
              sum,
            ),
            reduce(
              "columns",
              "i, j",
              { map: "j, i", type: "75x37xf32" },
              { map: "i", type: "37xf32" },
              [...parallel(1), ...reductions(1)],
              largest,
            ),
            reduce(
              "planes",
              "c, h, w",
              { map: "c, h, w", type: "11x13x13xf32" },
              { map: "c", type: "11xf32" },
              [...parallel(1), ...reductions(2)],
              squares,
            ),
            reduce(
              "everything",
              "i, j",
              { map: "i, j", type: "23x37xf32" },
              { map: "", type: "f32" },
              reductions(2),
              sum,
            ),
            reduce(
              "middle",
              "i, j, k",
              { map: "i, j, k", type: "3x20x18xf32" },
              { map: "i, k", type: "3x18xf32" },
              ['"parallel"', '"reduction"', '"parallel"'],
              sum,
            ),
            reduce(
              "short",
              "i, j",
              { map: "i, j", type: "50x3xf32" },
              { map: "i", type: "50xf32" },
              [...parallel(1), ...reductions(1)],
              largest,
            ),
            windowed("max_pool", largest),
            windowed("sum_pool", sum),
          ].join("\n"),
          bytes,
        );
      });
    }

    it("computes depthwise and grouped convolutions", () => {
      const depthwise = genericFunction(
        "depthwise",
        "n, c, h, w, u, v",
        [
          { map: "n, c, h + u, w + v", type: "1x6x16x22xf32" },
          { map: "c, u, v", type: "6x3x3xf32" },
        ],
        { map: "n, c, h, w", type: "1x6x14x20xf32" },
        [...parallel(4), ...reductions(2)],
        multiplyAdd(),
      );
      const grouped = genericFunction(
        "grouped",
        "n, g, o, h, w, i, u, v",
        [
          { map: "n, g, i, h + u, w + v", type: "1x2x3x9x9xf32" },
          { map: "g, o, i, u, v", type: "2x5x3x3x3xf32" },
        ],
        { map: "n, g, o, h, w", type: "1x2x5x7x7xf32" },
        [...parallel(5), ...reductions(3)],
        multiplyAdd(),
      );
      for (const bytes of [16, 64]) check(`${depthwise}\n${grouped}`, bytes);
    });

    it("computes transposed convolutions, whose results alternate in memory", () => {
      const transposed = genericFunction(
        "transposed",
        "o, h, a, w, b, i",
        [
          { map: "i, h, w", type: "5x9x21xf32" },
          { map: "i, o, a, b", type: "5x3x2x2xf32" },
        ],
        { map: "o, h, a, w, b", type: "3x9x2x21x2xf32" },
        [...parallel(5), ...reductions(1)],
        multiplyAdd(),
      );
      for (const bytes of [16, 32, 64]) check(transposed, bytes);
    });

    it("reads tensors by computed indices", () => {
      const lookUp = (name: string, table: string, result: string, map: string, index: string) => `
func.func @${name}(%table: tensor<${table}xf32>, %rows: tensor<9xi64>) -> tensor<${result}xf32> {
  %empty = tensor.empty() : tensor<${result}xf32>
  %result = linalg.generic {indexing_maps = [affine_map<(i, j) -> (${map})>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%rows : tensor<9xi64>) outs(%empty : tensor<${result}xf32>) {
  ^bb0(%row: i64, %o: f32):
    %eight = arith.constant 8 : i64
    %shifted = arith.addi %row, %eight : i64
    %at = arith.index_cast %shifted : i64 to index
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %value = tensor.extract %table[${index}] : tensor<${table}xf32>
    %twice = arith.addf %value, %value : f32
    linalg.yield %twice : f32
  } -> tensor<${result}xf32>
  return %result : tensor<${result}xf32>
}`;
      const text = [
        lookUp("rows", "17x43", "9x43", "i", "%at, %j"),
        lookUp("columns", "43x17", "43x9", "j", "%i, %at"),
      ].join("\n");
      for (const bytes of [16, 64]) check(text, bytes);
    });

    it("runs bodies with control flow as scalars", () => {
      const clamp = (body: string) => `
func.func @main(%x: tensor<5x7xf32>) -> tensor<5x7xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<5x7xf32>
  %result = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<5x7xf32>) outs(%empty : tensor<5x7xf32>) {
  ^bb0(%a: f32, %o: f32):
    %positive = arith.cmpf ogt, %a, %zero : f32
${body}
    linalg.yield %r : f32
  } -> tensor<5x7xf32>
  return %result : tensor<5x7xf32>
}`;
      const branch = `    %r = scf.if %positive -> (f32) {
      %double = arith.addf %a, %a : f32
      scf.yield %double : f32
    } else {
      scf.yield %zero : f32
    }`;
      const select = `    %double = arith.addf %a, %a : f32
    %r = arith.select %positive, %double, %zero : f32`;
      const reference = parse(clamp(select), context);
      const program = new MlirProgram(lower(clamp(branch), 64));
      try {
        const input = inputData(TensorType.get([5, 7], f32), 3);
        const expected = evaluateFunction(reference.regions[0]!.onlyBlock.first!, [input], context);
        expect(program.call("main", [input])).toEqual(expected);
      } finally {
        program.dispose();
      }
    });

    it("computes in half precision and in integers", () => {
      const typed = (name: string, type: string, product: string, sum: string, initial: string) =>
        genericFunction(
          name,
          "i, j, k",
          [
            { map: "i, k", type: `7x11x${type}` },
            { map: "k, j", type: `11x37x${type}` },
          ],
          { map: "i, j", type: `7x37x${type}` },
          [...parallel(2), ...reductions(1)],
          `    %p = arith.${product} %a, %b : ${type}\n    %s = arith.${sum} %c, %p : ${type}\n    linalg.yield %s : ${type}`,
          `${initial} : ${type}`,
        );
      const text = [
        typed("halves", "f16", "mulf", "addf", "0.0"),
        typed("doubles", "f64", "mulf", "addf", "0.0"),
        typed("words", "i32", "muli", "addi", "0"),
        typed("long_words", "i64", "muli", "addi", "0"),
        typed("bytes", "i8", "muli", "addi", "0"),
      ].join("\n");
      for (const bytes of [16, 32, 64]) check(text, bytes);
    });

    it("keeps the order of reductions that are not associative", () => {
      const argMax = `
func.func @arg_max(%x: tensor<6x40xf32>) -> (tensor<6xf32>, tensor<6xi64>) {
  %low = arith.constant -100.0 : f32
  %none = arith.constant 0 : i64
  %e0 = tensor.empty() : tensor<6xf32>
  %e1 = tensor.empty() : tensor<6xi64>
  %f0 = linalg.fill ins(%low : f32) outs(%e0 : tensor<6xf32>) -> tensor<6xf32>
  %f1 = linalg.fill ins(%none : i64) outs(%e1 : tensor<6xi64>) -> tensor<6xi64>
  %best, %where = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<6x40xf32>) outs(%f0, %f1 : tensor<6xf32>, tensor<6xi64>) {
  ^bb0(%a: f32, %b: f32, %c: i64):
    %j = linalg.index 1 : index
    %at = arith.index_cast %j : index to i64
    %greater = arith.cmpf ogt, %a, %b : f32
    %v = arith.select %greater, %a, %b : f32
    %k = arith.select %greater, %at, %c : i64
    linalg.yield %v, %k : f32, i64
  } -> (tensor<6xf32>, tensor<6xi64>)
  return %best, %where : tensor<6xf32>, tensor<6xi64>
}
func.func @arg_max_columns(%x: tensor<40x21xf32>) -> (tensor<21xf32>, tensor<21xi64>) {
  %low = arith.constant -100.0 : f32
  %none = arith.constant 0 : i64
  %e0 = tensor.empty() : tensor<21xf32>
  %e1 = tensor.empty() : tensor<21xi64>
  %f0 = linalg.fill ins(%low : f32) outs(%e0 : tensor<21xf32>) -> tensor<21xf32>
  %f1 = linalg.fill ins(%none : i64) outs(%e1 : tensor<21xi64>) -> tensor<21xi64>
  %best, %where = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<40x21xf32>) outs(%f0, %f1 : tensor<21xf32>, tensor<21xi64>) {
  ^bb0(%a: f32, %b: f32, %c: i64):
    %j = linalg.index 1 : index
    %at = arith.index_cast %j : index to i64
    %greater = arith.cmpf ogt, %a, %b : f32
    %v = arith.select %greater, %a, %b : f32
    %k = arith.select %greater, %at, %c : i64
    linalg.yield %v, %k : f32, i64
  } -> (tensor<21xf32>, tensor<21xi64>)
  return %best, %where : tensor<21xf32>, tensor<21xi64>
}`;
      for (const bytes of [16, 64]) check(argMax, bytes);
    });
  },
);
