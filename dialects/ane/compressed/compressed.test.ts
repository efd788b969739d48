/** Compressed constants: what each form stands for, bit by bit, what the verifier refuses, and that a program reads the f16 numbers. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { at, Builder } from "../../../ir/builder.ts";
import { Context } from "../../../ir/context.ts";
import { evaluateFunction } from "../../../ir/evaluate.ts";
import { Block } from "../../../ir/operation.ts";
import { parse } from "../../../ir/parser/parse.ts";
import { elementCount, getNumber } from "../../../ir/tensor-data.ts";
import { verifyAll } from "../../../ir/verifier.ts";
import { forAll } from "../../../test/testing/property.ts";
import { functionsOf } from "../../func/index.ts";
import { upstreamDialects } from "../../index.ts";
import { packBits, packedBytes, unpackBits } from "../../mil/blob-storage/index.ts";
import { tensor } from "../../tensor/index.ts";
import { ane } from "../index.ts";
import {
  buildCompressed,
  type CompressedForm,
  decompress,
  forEachBlockIndex,
  formOf,
  paletteBits,
  storedBytes,
  transposeForm,
} from "./index.ts";

const context = new Context([...upstreamDialects, tensor, ane]);

/** A shape and a divisor of each of its sizes. */
const cutShape = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 4 })
  .map((sizes) => ({ shape: sizes.map(([part, count]) => part * count), parts: sizes.map(([, count]) => count) }));

const halves = (count: number) =>
  fc
    .array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: count, maxLength: count })
    .map((numbers) => Float16Array.from(numbers));
const codes = (count: number, min: number, max: number) =>
  fc.array(fc.integer({ min, max }), { minLength: count, maxLength: count });

const affineForm: fc.Arbitrary<CompressedForm> = cutShape.chain(({ shape }) =>
  fc
    .tuple(fc.nat({ max: shape.length - 1 }), fc.boolean(), codes(elementCount(shape), -128, 127))
    .chain(([axis, hasZeroPoint, numbers]) =>
      fc.tuple(halves(shape[axis]!), codes(shape[axis]!, -128, 127)).map(
        ([scale, zeroPoint]): CompressedForm => ({
          kind: "affine",
          shape,
          axis,
          codes: Int8Array.from(numbers),
          scale,
          zeroPoint: hasZeroPoint ? Int8Array.from(zeroPoint) : undefined,
        }),
      ),
    ),
);
const paletteForm: fc.Arbitrary<CompressedForm> = fc
  .tuple(cutShape, fc.constantFrom(...paletteBits))
  .chain(([{ shape, parts }, bits]) =>
    fc.tuple(codes(elementCount(shape), 0, 2 ** bits - 1), halves(elementCount(parts) * 2 ** bits)).map(
      ([indices, table]): CompressedForm => ({
        kind: "palette",
        shape,
        bits,
        indices: Uint8Array.from(indices),
        groups: parts,
        table,
      }),
    ),
  );
const sparseForm: fc.Arbitrary<CompressedForm> = cutShape.chain(({ shape }) =>
  codes(elementCount(shape), 0, 1).chain((mask) =>
    halves(mask.filter((bit) => bit === 1).length).map(
      (values): CompressedForm => ({ kind: "sparse", shape, mask: Uint8Array.from(mask), values }),
    ),
  ),
);
const blockwiseForm: fc.Arbitrary<CompressedForm> = fc
  .tuple(cutShape, fc.constantFrom<4 | 8>(4, 8))
  .chain(([{ shape, parts }, bits]) =>
    fc.tuple(codes(elementCount(shape), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1), halves(elementCount(parts))).map(
      ([numbers, scale]): CompressedForm => ({
        kind: "blockwise",
        shape,
        bits,
        codes: Int8Array.from(numbers),
        blocks: parts,
        scale,
      }),
    ),
  );
const anyForm = fc.oneof(affineForm, paletteForm, sparseForm, blockwiseForm);

/** The same form with its parts packed for a weight file and unpacked again, and the bytes that this took. */
function throughFile(form: CompressedForm): { readonly form: CompressedForm; readonly bytes: number } {
  const count = elementCount(form.shape);
  switch (form.kind) {
    case "affine":
      return { form, bytes: form.codes.byteLength + form.scale.byteLength + (form.zeroPoint?.byteLength ?? 0) };
    case "palette": {
      const packed = packBits(form.indices, form.bits);
      const indices = unpackBits(packed, form.bits, count);
      return { form: { ...form, indices }, bytes: packed.byteLength + form.table.byteLength };
    }
    case "sparse": {
      const packed = packBits(form.mask, 1);
      return {
        form: { ...form, mask: unpackBits(packed, 1, count) },
        bytes: packed.byteLength + form.values.byteLength,
      };
    }
    case "blockwise": {
      const packed = packBits(form.codes, form.bits);
      const unpacked = unpackBits(packed, form.bits, count, true);
      return { form: { ...form, codes: unpacked }, bytes: packed.byteLength + form.scale.byteLength };
    }
  }
}

describe("forms", () => {
  test("a position's block, by the definition", () => {
    forAll(cutShape, 60, ({ shape, parts }) => {
      const wanted: number[] = [];
      for (let element = 0; element < elementCount(shape); element++) {
        let [rest, block, stride] = [element, 0, 1];
        for (let axis = shape.length - 1; axis >= 0; axis--) {
          const coordinate = rest % shape[axis]!;
          rest = Math.floor(rest / shape[axis]!);
          block += Math.floor((coordinate * parts[axis]!) / shape[axis]!) * stride;
          stride *= parts[axis]!;
        }
        wanted.push(block);
      }
      const found: number[] = [];
      forEachBlockIndex(shape, parts, (element, block) => {
        found[element] = block;
      });
      expect(found).toEqual(wanted);
    });
  });

  test("parts packed and unpacked give the same numbers, in as many bytes as stated", () => {
    forAll(anyForm, 120, (form) => {
      const { form: again, bytes } = throughFile(form);
      expect(decompress(again)).toEqual(decompress(form));
      expect(storedBytes(form)).toBe(bytes);
    });
  });

  test("an op gives back the form that it was built of", () => {
    forAll(anyForm, 80, (form) => {
      const block = new Block();
      const made = buildCompressed(new Builder(at.endOf(block)), form);
      expect(verifyAll(made.definer!, context).map(({ message }) => message)).toEqual([]);
      const found = formOf(made.definer);
      expect(found?.kind).toBe(form.kind);
      expect(decompress(found!)).toEqual(decompress(form));
      expect(storedBytes(found!)).toBeLessThanOrEqual(storedBytes(form));
    });
  });

  test("numbers are computed exactly and rounded once", () => {
    const scale = Float16Array.of(0.1);
    const affine = (code: number, zero: number) =>
      decompress({
        kind: "affine",
        shape: [1],
        axis: 0,
        codes: Int8Array.of(code),
        scale,
        zeroPoint: Int8Array.of(zero),
      })[0];
    expect(affine(127, -128)).toBe(Math.f16round(scale[0]! * 255));
    expect(affine(-128, 127)).toBe(Math.f16round(scale[0]! * -255));
    expect(affine(5, 5)).toBe(0);
  });

  test("the transpose of a matrix stands for the transposed numbers, in as many bytes", () => {
    const matrices = anyForm.filter(({ shape }) => shape.length === 2);
    forAll(matrices, 60, (form) => {
      const [rows = 1, columns = 1] = form.shape;
      const [numbers, moved] = [decompress(form), transposeForm(form)];
      const wanted = Float16Array.from(numbers, (_, at) => numbers[(at % rows) * columns + Math.floor(at / rows)]!);
      expect(moved.shape).toEqual([columns, rows]);
      expect(decompress(moved)).toEqual(wanted);
      expect(storedBytes(moved)).toBe(storedBytes(form));
      expect(decompress(transposeForm(moved))).toEqual(numbers);
    });
  });

  test("packed bytes round up", () => {
    expect(packedBytes(3, 6)).toBe(3);
    const indices = Uint8Array.of(1, 2, 3);
    expect(
      storedBytes({ kind: "palette", shape: [3], bits: 6, indices, groups: [1], table: new Float16Array(64) }),
    ).toBe(3 + 128);
  });
});

describe("the verifier refuses", () => {
  const surface = (sizes: string) => `!ane.surface<${sizes}xf16>`;
  const complaints = (text: string): string => {
    try {
      return verifyAll(parse(text, context), context)
        .map(({ message }) => message)
        .join("\n");
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  test.each([
    [
      "scales that are not one per channel",
      `%w = ane.affine_constant dense<1> : tensor<2x3xi8> scale dense<1.0> : tensor<3xf16> -> ${surface("2x3")}`,
      "scale must hold one number or 2 (dimension 0), but is tensor<3xf16>",
    ],
    [
      "an axis that is none",
      `%w = ane.affine_constant dense<1> : tensor<2x3xi8> scale dense<1.0> : tensor<f16> {axis = 2 : i64} -> ${surface("2x3")}`,
      "axis must be in 0 … 1, but is 2",
    ],
    [
      "zero points that differ in shape",
      `%w = ane.affine_constant dense<1> : tensor<2x3xi8> scale dense<1.0> : tensor<2xf16> {zero_point = dense<1> : tensor<i8>} -> ${surface("2x3")}`,
      "zero_point must have the shape of scale, but is tensor<i8>",
    ],
    [
      "codes of another type",
      `%w = ane.affine_constant dense<1> : tensor<2x3xui8> scale dense<1.0> : tensor<2xf16> -> ${surface("2x3")}`,
      "data must have elements of i8, but is tensor<2x3xui8>",
    ],
    [
      "an index beyond the table",
      `%w = ane.palette_constant dense<[0, 4]> : tensor<2xui8> lut dense<0.0> : tensor<1x4xf16> {bits = 2 : i64} -> ${surface("2")}`,
      "has the index 4, but 4 entries",
    ],
    [
      "bits that no palette has",
      `%w = ane.palette_constant dense<0> : tensor<2xui8> lut dense<0.0> : tensor<1x8xf16> {bits = 3 : i64} -> ${surface("2")}`,
      "bits must be one of 2, 4, 6, 8, but is 3",
    ],
    [
      "groups that do not divide",
      `%w = ane.palette_constant dense<0> : tensor<3xui8> lut dense<0.0> : tensor<2x4xf16> {bits = 2 : i64} -> ${surface("3")}`,
      "lut must have 1 numbers of groups that divide [3], then 4 entries",
    ],
    [
      "more values than the mask has ones",
      `%w = ane.sparse_constant dense<[true, false]> : tensor<2xi1> values dense<1.0> : tensor<2xf16> -> ${surface("2")}`,
      "values must be a list of 1, but is tensor<2xf16>",
    ],
    [
      "blocks that do not divide",
      `%w = ane.blockwise_constant dense<1> : tensor<2x3xi8> scale dense<1.0> : tensor<2x2xf16> -> ${surface("2x3")}`,
      "scale must have sizes that divide [2, 3], but is tensor<2x2xf16>",
    ],
    [
      "another shape of the result",
      `%w = "ane.blockwise_constant"() <{data = dense<1> : tensor<2x3xi8>, scale = dense<1.0> : tensor<2x3xf16>}> : () -> ${surface("3x2")}`,
      "result 0 must be !ane.surface<2x3xf16>",
    ],
  ])("%s", (_, text, message) => {
    expect(complaints(text)).toContain(message);
  });

  test("nothing where the bytes are not at hand", () => {
    const text = `%w = ane.palette_constant dense_resource<far> : tensor<64xui8> lut dense<0.0> : tensor<1x16xf16> {bits = 4 : i64} -> ${surface("64")}`;
    expect(complaints(text)).toBe("");
  });
});

/** y = x·w on the engine of `target`. */
function product(weight: string, target: string, input: readonly number[]): number[] {
  const text = `
    func.func @main(%x: tensor<1x2xf16>) -> tensor<1x2xf16> {
      %r = ane.call @p(%x) : (tensor<1x2xf16>) -> tensor<1x2xf16>
      return %r : tensor<1x2xf16>
    }
    ane.program @p(%x: !ane.surface<1x2xf16>) -> (!ane.surface<1x2xf16>) attributes {input_names = ["x"], output_names = ["y"], target = "${target}"} {
      %w = ${weight}
      %y = ane.matmul %x, %w {transpose_rhs = true} : (!ane.surface<1x2xf16>, !ane.surface<2x2xf16>) -> !ane.surface<1x2xf16>
      ane.return %y : !ane.surface<1x2xf16>
    }`;
  const module = parse(text, context);
  const x = { shape: [1, 2], element: "f16", data: Float16Array.from(input) } as const;
  const [output] = evaluateFunction(functionsOf(module).get("main")!, [x], context);
  return Array.from({ length: 2 }, (_, index) => getNumber(output!, index));
}

describe("in a program", () => {
  const surface = "!ane.surface<2x2xf16>";
  const affine = `ane.affine_constant dense<[[2, 0], [-4, 1]]> : tensor<2x2xi8> scale dense<[0.5, 0.25]> : tensor<2xf16> -> ${surface}`;

  test.each([
    [affine, [10, -6]],
    [
      `ane.palette_constant dense<[[0, 1], [2, 3]]> : tensor<2x2xui8> lut dense<[[[1.0, 2.0, 3.0, -1.0]]]> : tensor<1x1x4xf16> {bits = 2 : i64} -> ${surface}`,
      [10 + 2 * 16, 30 - 16],
    ],
    [
      `ane.sparse_constant dense<[[false, true], [true, false]]> : tensor<2x2xi1> values dense<[2.0, 3.0]> : tensor<2xf16> -> ${surface}`,
      [32, 30],
    ],
    [
      `ane.blockwise_constant dense<[[1, 1], [2, -3]]> : tensor<2x2xi4> scale dense<[[1.0, 2.0], [0.5, 1.0]]> : tensor<2x2xf16> -> ${surface}`,
      [10 + 2 * 16, 10 - 48],
    ],
  ])("%s", (weight, wanted) => {
    expect(product(weight, "h16s", [10, 16])).toEqual(wanted);
  });

  test("operands above 4094 become infinite beside int8 weights, where the engine streams them", () => {
    const large = [4094, 4096];
    expect(product(affine, "h13", large)).toEqual([4094, -3070]);
    // 4096 became infinite, and ∞·0 is 0.
    expect(product(affine, "h14", large)).toEqual([0, Number.POSITIVE_INFINITY]);
    expect(product(affine, "h14", [4094, 4094])).toEqual([4094, -3070]);
    const plain = `ane.constant dense<[[1.0, 0.0], [-1.0, 0.25]]> : tensor<2x2xf16> -> ${surface}`;
    expect(product(plain, "h14", large)).toEqual([4094, -3070]);
  });
});
