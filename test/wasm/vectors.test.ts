/** Making, taking apart, rearranging and reducing vectors, against the same on arrays. */
import { describe, expect, test } from "vitest";
import type { ElementArray, ElementName } from "../../ir/tensor-data.ts";
import { dataOf, run, samples, valuesOf } from "./harness.ts";

/** Applies `body` (from `%x: X` to `%r: R`) to all of a buffer at once. */
async function apply(
  input: { readonly type: ElementName; readonly shape: readonly number[] },
  output: { readonly type: ElementName; readonly shape: readonly number[] },
  body: string,
  data: ElementArray,
): Promise<(number | bigint)[]> {
  const memory = ({ type, shape }: typeof input) => `memref<${[...shape, type].join("x")}>`;
  const vector = ({ type, shape }: typeof input) => `vector<${[...shape, type].join("x")}>`;
  const zeros = ({ shape }: typeof input) => shape.map(() => "%c0").join(", ");
  const text = `
    func.func @main(%a: ${memory(input)} {anemone.input = "a"}, %m: ${memory(output)} {anemone.output = "r"}) {
      %c0 = arith.constant 0 : index
      %x = vector.load %a[${zeros(input)}] : ${memory(input)}, ${vector(input)}
      ${body}
      vector.store %r, %m[${zeros(output)}] : ${memory(output)}, ${vector(output)}
      return
    }`;
  const [result] = await run(text, data);
  return valuesOf(result!);
}

const numbers = (type: ElementName, count: number) =>
  dataOf(
    type,
    Array.from({ length: count }, (_, i) => i + 1),
  );
const types: readonly ElementName[] = ["i8", "i16", "f16", "i32", "f32", "i64", "f64"];

describe.each(types)("%s", (type) => {
  const at = (data: ElementArray, positions: readonly number[]) => positions.map((position) => data[position]!);

  test("shuffles of one to many chunks", async () => {
    const masks = [
      [3, 2, 1, 0],
      [0, 1, 2, 3],
      [7, 7, 7],
      [0, 9, 1, 10, 2, 11, 3, 12, 4, 13, 5, 14],
      Array.from({ length: 18 }, (_, i) => (i * 7) % 18),
      Array.from({ length: 40 }, (_, i) => (i * 5 + 3) % 18),
    ];
    for (const mask of masks) {
      const body = `%r = vector.shuffle %x, %x [${mask.join(", ")}] : vector<9x${type}>, vector<9x${type}>`;
      const data = numbers(type, 9);
      const result = await apply({ type, shape: [9] }, { type, shape: [mask.length] }, body, data);
      expect(result).toEqual(
        at(
          data,
          mask.map((position) => position % 9),
        ),
      );
    }
  });

  test("shuffles of two vectors", async () => {
    const data = numbers(type, 16);
    const mask = [0, 8, 1, 9, 15, 7, 12, 4];
    const body = `
      %p = vector.extract_strided_slice %x {offsets = [0], sizes = [8], strides = [1]} : vector<16x${type}> to vector<8x${type}>
      %q = vector.extract_strided_slice %x {offsets = [8], sizes = [8], strides = [1]} : vector<16x${type}> to vector<8x${type}>
      %r = vector.shuffle %p, %q [${mask.join(", ")}] : vector<8x${type}>, vector<8x${type}>`;
    expect(await apply({ type, shape: [16] }, { type, shape: [8] }, body, data)).toEqual(at(data, mask));
  });

  test("rows: extract, insert, transpose, shape_cast, shuffle of rows", async () => {
    const data = numbers(type, 12);
    const shape = [3, 4];
    const input = { type, shape };
    const vector = `vector<3x4x${type}>`;
    expect(
      await apply(input, { type, shape: [4] }, `%r = vector.extract %x[1] : vector<4x${type}> from ${vector}`, data),
    ).toEqual(at(data, [4, 5, 6, 7]));
    const swapped = `
      %p = vector.extract %x[0] : vector<4x${type}> from ${vector}
      %q = vector.extract %x[2, 1] : ${type} from ${vector}
      %s = vector.insert %p, %x[2] : vector<4x${type}> into ${vector}
      %r = vector.insert %q, %s[1, 3] : ${type} into ${vector}`;
    expect(await apply(input, input, swapped, data)).toEqual(at(data, [0, 1, 2, 3, 4, 5, 6, 9, 0, 1, 2, 3]));
    expect(
      await apply(
        input,
        { type, shape: [4, 3] },
        `%r = vector.transpose %x, [1, 0] : ${vector} to vector<4x3x${type}>`,
        data,
      ),
    ).toEqual(at(data, [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]));
    expect(
      await apply(input, { type, shape: [2, 6] }, `%r = vector.shape_cast %x : ${vector} to vector<2x6x${type}>`, data),
    ).toEqual(valuesOf(data));
    expect(
      await apply(input, { type, shape: [2, 4] }, `%r = vector.shuffle %x, %x [5, 0] : ${vector}, ${vector}`, data),
    ).toEqual(at(data, [8, 9, 10, 11, 0, 1, 2, 3]));
  });

  test("broadcasts of scalars, rows and columns", async () => {
    const data = numbers(type, 4);
    const input = { type, shape: [4] };
    const vector = `vector<4x${type}>`;
    const scalar = `%s = vector.extract %x[2] : ${type} from ${vector}\n%r = vector.broadcast %s : ${type} to vector<2x5x${type}>`;
    expect(await apply(input, { type, shape: [2, 5] }, scalar, data)).toEqual(at(data, Array(10).fill(2)));
    const rows = `%r = vector.broadcast %x : ${vector} to vector<3x4x${type}>`;
    expect(await apply(input, { type, shape: [3, 4] }, rows, data)).toEqual(
      at(data, [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]),
    );
    const columns = `%t = vector.shape_cast %x : ${vector} to vector<4x1x${type}>\n%r = vector.broadcast %t : vector<4x1x${type}> to vector<4x3x${type}>`;
    expect(await apply(input, { type, shape: [4, 3] }, columns, data)).toEqual(
      at(data, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]),
    );
    const splat = `%s = vector.extract %x[3] : ${type} from ${vector}\n%r = vector.splat %s : vector<9x${type}>`;
    expect(await apply(input, { type, shape: [9] }, splat, data)).toEqual(at(data, Array(9).fill(3)));
  });

  test("slices, interleaving and positions known at run time", async () => {
    const data = numbers(type, 20);
    const vector = `vector<20x${type}>`;
    const slices = `
      %s = vector.extract_strided_slice %x {offsets = [5], sizes = [6], strides = [1]} : ${vector} to vector<6x${type}>
      %r = vector.insert_strided_slice %s, %x {offsets = [13], strides = [1]} : vector<6x${type}> into ${vector}`;
    const expected = valuesOf(data);
    for (let i = 0; i < 6; i++) expected[13 + i] = data[5 + i]!;
    expect(await apply({ type, shape: [20] }, { type, shape: [20] }, slices, data)).toEqual(expected);
    const interleaved = `%r = vector.interleave %x, %x : ${vector} -> vector<40x${type}>`;
    expect(await apply({ type, shape: [20] }, { type, shape: [40] }, interleaved, data)).toEqual(
      at(
        data,
        Array.from({ length: 40 }, (_, i) => i >> 1),
      ),
    );
    const odd = `%e, %r = vector.deinterleave %x : ${vector} -> vector<10x${type}>`;
    expect(await apply({ type, shape: [20] }, { type, shape: [10] }, odd, data)).toEqual(
      at(
        data,
        Array.from({ length: 10 }, (_, i) => 2 * i + 1),
      ),
    );
    const moved = `
      %c1 = arith.constant 1 : index
      %c3 = arith.constant 3 : index
      %c20 = arith.constant 20 : index
      %c19 = arith.constant 19 : index
      %r = scf.for %i = %c0 to %c20 step %c3 iter_args(%v = %x) -> (${vector}) {
        %from = arith.subi %c19, %i : index
        %s = vector.extract %x[%from] : ${type} from ${vector}
        %w = vector.insert %s, %v[%i] : ${type} into ${vector}
        scf.yield %w : ${vector}
      }`;
    expect(await apply({ type, shape: [20] }, { type, shape: [20] }, moved, data)).toEqual(
      at(
        data,
        Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? 19 - i : i)),
      ),
    );
  });
});

describe("reductions", () => {
  const lengths = [1, 3, 4, 7, 8, 16, 21, 32];
  const bits = (type: ElementName) => Number(type.replace(/\D/g, ""));

  test.each(["i8", "i16", "i32", "i64"] as const)("of %s", async (type) => {
    const kinds: Record<string, (a: bigint, b: bigint) => bigint> = {
      add: (a, b) => a + b,
      mul: (a, b) => a * b,
      and: (a, b) => a & b,
      or: (a, b) => a | b,
      xor: (a, b) => a ^ b,
      minsi: (a, b) => (a < b ? a : b),
      maxsi: (a, b) => (a > b ? a : b),
      minui: (a, b) => (BigInt.asUintN(64, a) < BigInt.asUintN(64, b) ? a : b),
      maxui: (a, b) => (BigInt.asUintN(64, a) > BigInt.asUintN(64, b) ? a : b),
    };
    for (const [kind, combine] of Object.entries(kinds)) {
      for (const length of lengths) {
        const data = dataOf(type, samples(type, length));
        const body = `
          %start = vector.extract %x[0] : ${type} from vector<${length}x${type}>
          %s = vector.reduction <${kind}>, %x, %start : vector<${length}x${type}> into ${type}
          %r = vector.broadcast %s : ${type} to vector<1x${type}>`;
        const total = [data[0]!, ...valuesOf(data)]
          .map(BigInt)
          .reduce((a, b) => BigInt.asIntN(bits(type), combine(a, b)));
        const expected = valuesOf(dataOf(type, [total]));
        expect(
          await apply({ type, shape: [length] }, { type, shape: [1] }, body, data),
          `${kind} of ${length}`,
        ).toEqual(expected);
      }
    }
  });

  test("float sums are in order, or halved where that is allowed", async () => {
    const data = Float32Array.of(2 ** 24, 1, 1, 1, -(2 ** 24), 1, 1, 1);
    const sum = (flags: string) => `
      %s = vector.reduction <add>, %x${flags} : vector<8xf32> into f32
      %r = vector.broadcast %s : f32 to vector<1xf32>`;
    const shapes = [{ type: "f32", shape: [8] } as const, { type: "f32", shape: [1] } as const] as const;
    // 2^24 + 1 rounds back to 2^24.
    expect(await apply(...shapes, sum(""), data)).toEqual([3]);
    // Chunk by chunk nothing is lost.
    expect(await apply(...shapes, sum(" fastmath<reassoc>"), data)).toEqual([6]);
  });

  test.each(["f32", "f64", "f16"] as const)("of %s", async (type) => {
    const round = { f32: Math.fround, f64: (x: number) => x, f16: Math.f16round }[type];
    const kinds: Record<string, (a: number, b: number) => number> = {
      maximumf: Math.max,
      minimumf: Math.min,
      maxnumf: (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b)),
      minnumf: (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b)),
    };
    for (const [kind, combine] of Object.entries(kinds)) {
      for (const length of lengths) {
        const data = dataOf(type, samples(type, length, length));
        const body = `
          %s = vector.reduction <${kind}>, %x : vector<${length}x${type}> into ${type}
          %r = vector.broadcast %s : ${type} to vector<1x${type}>`;
        const expected = valuesOf(data)
          .map(Number)
          .reduce((a, b) => combine(a, b));
        expect(
          await apply({ type, shape: [length] }, { type, shape: [1] }, body, data),
          `${kind} of ${length}`,
        ).toEqual([round(expected)]);
      }
    }
  });

  test("of masks", async () => {
    const body = `
      %zero = arith.constant dense<0> : vector<7xi32>
      %k = arith.cmpi sgt, %x, %zero : vector<7xi32>
      %any = vector.reduction <or>, %k : vector<7xi1> into i1
      %all = vector.reduction <and>, %k : vector<7xi1> into i1
      %p = arith.extui %any : i1 to i32
      %q = arith.extui %all : i1 to i32
      %v = vector.broadcast %p : i32 to vector<2xi32>
      %r = vector.insert %q, %v[1] : i32 into vector<2xi32>`;
    const shapes = [{ type: "i32", shape: [7] } as const, { type: "i32", shape: [2] } as const] as const;
    expect(await apply(...shapes, body, Int32Array.of(0, 0, 0, 0, 0, 0, 3))).toEqual([1, 0]);
    expect(await apply(...shapes, body, Int32Array.of(1, 1, 1, 1, 1, 1, 3))).toEqual([1, 1]);
    expect(await apply(...shapes, body, new Int32Array(7))).toEqual([0, 0]);
  });
});
