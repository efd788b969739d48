/**
 * Constants that are stored compressed, one op per form. Each gives a surface of f16 like `ane.constant` does: the numbers that
 * `decompress` states. What the engine streams compressed and what Apple's compiler unfolds first is a matter of the target
 * (lowering/compress-weights/streaming.ts); the values are the same.
 */
import { DenseResourceAttribute, type ElementsAttribute, elementsAttribute } from "../../../ir/attributes.ts";
import type { Builder } from "../../../ir/builder.ts";
import { elementsAttributeConstraint, i64Attribute } from "../../../ir/constraints.ts";
import type { AnyDefinition } from "../../../ir/context.ts";
import { attribute, defaultAttribute, op, optionalAttribute, type Report, result } from "../../../ir/declaration.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { type ElementName, elementCount, type TensorData } from "../../../ir/tensor-data.ts";
import { f16, i1, i4, i8, TensorType, type Type, ui8 } from "../../../ir/types.ts";
import { halfSurface, SurfaceType } from "../surface-type.ts";
import { type CompressedForm, decompress, type PaletteBits, paletteBits } from "./forms.ts";

const output = result(halfSurface);
const elements = attribute(elementsAttributeConstraint);
const traits = ["Pure"] as const;

/** Checks the element type and rank of a part. */
function checkElements(name: string, part: ElementsAttribute, allowed: readonly Type[], report: Report): boolean {
  const { element } = part.type;
  if (allowed.includes(element)) return true;
  report(`${name} must have elements of ${allowed.join(" or ")}, but is ${part.type}`);
  return false;
}

/** Elements of a part; undefined while its bytes are not at hand (text without its weights). */
function known(part: ElementsAttribute): TensorData | undefined {
  return part instanceof DenseResourceAttribute && part.blob === undefined ? undefined : part.value;
}

/** Facts about the elements of an attribute, found once: verification runs often, and attributes are shared. */
function remembered(compute: (data: TensorData) => number): (part: ElementsAttribute) => number | undefined {
  const facts = new WeakMap<ElementsAttribute, number>();
  return (part) => {
    const found = facts.get(part);
    if (found !== undefined) return found;
    const data = known(part);
    if (data === undefined) return undefined;
    const computed = compute(data);
    facts.set(part, computed);
    return computed;
  };
}

const largest = remembered(({ data }) => {
  let found = 0;
  for (const value of data) if (Number(value) > found) found = Number(value);
  return found;
});

const countOfOnes = remembered(({ data }) => {
  let found = 0;
  for (const value of data) if (Number(value) !== 0) found++;
  return found;
});

const surfaceLike = (part: ElementsAttribute) => SurfaceType.get(part.type.shape, f16);

/** Whether each part count divides the size, dimension by dimension. */
function dividesEach(parts: readonly number[], shape: readonly number[]): boolean {
  return parts.length === shape.length && parts.every((part, axis) => part > 0 && shape[axis]! % part === 0);
}

export const affineConstant = op(
  "ane.affine_constant",
  {
    data: elements,
    scale: elements,
    zero_point: optionalAttribute(elementsAttributeConstraint),
    axis: defaultAttribute(i64Attribute, 0),
    result: output,
  },
  {
    doc: "Weights of 8 bits: scale·(data - zero_point), rounded once to f16. scale and zero_point hold one number, or one per element of axis.",
    example:
      "%w = ane.affine_constant dense<[[127, -3], [0, 64]]> : tensor<2x2xi8> scale dense<[0.5, 0.25]> : tensor<2xf16> -> !ane.surface<2x2xf16>",
    traits,
    format: "$data `scale` $scale attr-dict `->` type($result)",
    infer: ({ data }) => surfaceLike(data),
    verify: ({ data, scale, zero_point: zeroPoint, axis }, report) => {
      checkElements("data", data, [i8], report);
      checkElements("scale", scale, [f16], report);
      const { shape } = data.type;
      if (axis < 0 || axis >= shape.length) {
        report(`axis must be in 0 … ${shape.length - 1}, but is ${axis}`);
        return;
      }
      const isVector = scale.type.shape.length === 1 && scale.type.count === shape[axis];
      if (scale.type.shape.length !== 0 && !isVector)
        report(`scale must hold one number or ${shape[axis]} (dimension ${axis}), but is ${scale.type}`);
      if (zeroPoint === undefined) return;
      checkElements("zero_point", zeroPoint, [i8], report);
      if (zeroPoint.type.shape.join() !== scale.type.shape.join())
        report(`zero_point must have the shape of scale, but is ${zeroPoint.type}`);
    },
  },
);

export const paletteConstant = op(
  "ane.palette_constant",
  {
    indices: elements,
    lut: elements,
    bits: attribute(i64Attribute),
    result: output,
  },
  {
    doc:
      "Weights as indices into a table: lut[group, index]. lut has the rank of indices and one more: the groups along each dimension (each divides " +
      "its size; all 1 is one table for all), then 2^bits numbers.",
    example:
      "%w = ane.palette_constant dense<[[0, 3], [1, 2]]> : tensor<2x2xui8> lut dense<[[[-1.0, -0.5, 0.0, 0.75]]]> : tensor<1x1x4xf16> {bits = 2 : i64} -> !ane.surface<2x2xf16>",
    traits,
    format: "$indices `lut` $lut attr-dict `->` type($result)",
    infer: ({ indices }) => surfaceLike(indices),
    verify: ({ indices, lut, bits }, report) => {
      const hasIndices = checkElements("indices", indices, [ui8], report);
      checkElements("lut", lut, [f16], report);
      const { shape } = indices.type;
      if (paletteBitsOf(bits) === undefined) {
        report(`bits must be one of ${paletteBits.join(", ")}, but is ${bits}`);
        return;
      }
      const entries = 2 ** bits;
      const groups = lut.type.shape.slice(0, -1);
      if (lut.type.shape.at(-1) !== entries || !dividesEach(groups, shape)) {
        report(
          `lut must have ${shape.length} numbers of groups that divide [${shape.join(", ")}], then ${entries} entries, but is ${lut.type}`,
        );
      }
      const found = hasIndices ? largest(indices) : undefined;
      if (found !== undefined && found >= entries) report(`has the index ${found}, but ${entries} entries`);
    },
  },
);

export const sparseConstant = op(
  "ane.sparse_constant",
  { mask: elements, values: elements, result: output },
  {
    doc: "Weights of which most are 0: the mask is true where a number is stored, and values are these numbers in row-major order.",
    example:
      "%w = ane.sparse_constant dense<[[true, false], [false, true]]> : tensor<2x2xi1> values dense<[1.0, -2.0]> : tensor<2xf16> -> !ane.surface<2x2xf16>",
    traits,
    format: "$mask `values` $values attr-dict `->` type($result)",
    infer: ({ mask }) => surfaceLike(mask),
    verify: ({ mask, values }, report) => {
      const hasMask = checkElements("mask", mask, [i1], report);
      checkElements("values", values, [f16], report);
      const ones = hasMask ? countOfOnes(mask) : undefined;
      if (values.type.shape.length !== 1 || (ones !== undefined && values.type.count !== ones))
        report(`values must be a list of ${ones ?? "as many numbers as the mask has ones"}, but is ${values.type}`);
    },
  },
);

export const blockwiseConstant = op(
  "ane.blockwise_constant",
  { data: elements, scale: elements, result: output },
  {
    doc:
      "Weights of 4 or 8 bits with a scale per block: scale·data, rounded once to f16. scale has the rank of data; each of its sizes divides that of data, " +
      "and the quotient is the block's.",
    example:
      "%w = ane.blockwise_constant dense<[[7, -3, 1, 0]]> : tensor<1x4xi8> scale dense<[[0.5, 0.25]]> : tensor<1x2xf16> -> !ane.surface<1x4xf16>",
    traits,
    format: "$data `scale` $scale attr-dict `->` type($result)",
    infer: ({ data }) => surfaceLike(data),
    verify: ({ data, scale }, report) => {
      checkElements("data", data, [i4, i8], report);
      checkElements("scale", scale, [f16], report);
      if (!dividesEach(scale.type.shape, data.type.shape))
        report(`scale must have sizes that divide [${data.type.shape.join(", ")}], but is ${scale.type}`);
    },
  },
);

export const compressedOps: readonly AnyDefinition[] = [
  affineConstant,
  paletteConstant,
  sparseConstant,
  blockwiseConstant,
];

/** Whether an operation is a compressed constant. */
export function isCompressedConstant(operation: Operation | undefined): boolean {
  return operation !== undefined && compressedOps.some((definition) => definition.matches(operation));
}

function halves(part: ElementsAttribute): Float16Array<ArrayBuffer> {
  const { data } = part.value;
  return data instanceof Float16Array ? data : new Float16Array(0);
}

function signedBytes(part: ElementsAttribute): Int8Array<ArrayBuffer> {
  const { data } = part.value;
  return data instanceof Int8Array ? data : new Int8Array(0);
}

function bytes(part: ElementsAttribute): Uint8Array<ArrayBuffer> {
  const { data } = part.value;
  return data instanceof Uint8Array ? data : new Uint8Array(0);
}

function paletteBitsOf(bits: number): PaletteBits | undefined {
  return paletteBits.find((each) => each === bits);
}

/** What a compressed constant holds; undefined for every other operation. */
export function formOf(operation: Operation | undefined): CompressedForm | undefined {
  if (affineConstant.matches(operation)) {
    const { data, scale, zero_point: zeroPoint, axis } = operation;
    return {
      kind: "affine",
      shape: data.type.shape,
      codes: signedBytes(data),
      axis,
      scale: halves(scale),
      zeroPoint: zeroPoint === undefined ? undefined : signedBytes(zeroPoint),
    };
  }
  if (paletteConstant.matches(operation)) {
    const { indices, lut } = operation;
    const bits = paletteBitsOf(operation.bits);
    if (bits === undefined) return undefined;
    const groups = lut.type.shape.slice(0, -1);
    return {
      kind: "palette",
      shape: indices.type.shape,
      bits,
      indices: bytes(indices),
      groups,
      table: halves(lut),
    };
  }
  if (sparseConstant.matches(operation)) {
    const { mask, values } = operation;
    return { kind: "sparse", shape: mask.type.shape, mask: bytes(mask), values: halves(values) };
  }
  if (blockwiseConstant.matches(operation)) {
    const { data, scale } = operation;
    return {
      kind: "blockwise",
      shape: data.type.shape,
      bits: data.type.element === i4 ? 4 : 8,
      codes: signedBytes(data),
      blocks: scale.type.shape,
      scale: halves(scale),
    };
  }
  return undefined;
}

/** Builds the constant that holds a form. */
export function buildCompressed(builder: Builder, form: CompressedForm): Value<SurfaceType> {
  const part = (shape: readonly number[], element: Type, data: Parameters<typeof elementsAttribute>[1]) =>
    elementsAttribute(TensorType.get(shape, element), data, "engine");
  const made = SurfaceType.get(form.shape, f16);
  switch (form.kind) {
    case "affine": {
      const { shape, codes, scale, zeroPoint, axis } = form;
      const list = scale.length === 1 && shape[axis] !== 1 ? [] : [scale.length];
      return builder.build(affineConstant, {
        data: part(shape, i8, codes),
        scale: part(list, f16, scale),
        zero_point: zeroPoint === undefined ? undefined : part(list, i8, zeroPoint),
        axis,
        result: made,
      }).result;
    }
    case "palette": {
      const { shape, indices, groups, table, bits } = form;
      return builder.build(paletteConstant, {
        indices: part(shape, ui8, indices),
        lut: part([...groups, 2 ** bits], f16, table),
        bits,
        result: made,
      }).result;
    }
    case "sparse": {
      const { shape, mask, values } = form;
      return builder.build(sparseConstant, {
        mask: part(shape, i1, mask),
        values: part([values.length], f16, values),
        result: made,
      }).result;
    }
    case "blockwise": {
      const { shape, bits, codes, blocks, scale } = form;
      return builder.build(blockwiseConstant, {
        data: part(shape, bits === 4 ? i4 : i8, codes),
        scale: part(blocks, f16, scale),
        result: made,
      }).result;
    }
  }
}

/** The f16 numbers of a compressed constant as plain data. */
export function decompressed(operation: Operation): TensorData {
  const form = formOf(operation);
  if (form === undefined) throw operation.error("is not a compressed constant");
  const element: ElementName = "f16";
  const data = decompress(form);
  if (data.length !== elementCount(form.shape)) throw operation.error("does not hold a number per element");
  return { shape: form.shape, element, data };
}
