/**
 * Weights in the forms that Apple's compiler takes (MIL's `constexpr_*` ops), as plain data, and what each stands for: the f16
 * numbers that the engine multiplies with. Codes have one element per byte here; they are packed where a file is written.
 *
 * - affine: whole numbers of 8 bits, w = scale·(q - zero point), with one scale for all or one per channel
 * - palette: indices of a few bits into tables of f16 numbers, one table for all or one per group of channels
 * - sparse: a bit per element, and the numbers where it is set, in order
 * - blockwise: whole numbers of 4 or 8 bits, w = scale·q, with one scale per block of elements
 */
import { elementCount } from "../../../ir/tensor-data.ts";

/** Bits of an index into a palette (aneforge.md 5.8: palettes of 2, 4, 6 and 8 bits). */
export const paletteBits = [2, 4, 6, 8] as const;
export type PaletteBits = (typeof paletteBits)[number];

export interface AffineForm {
  readonly kind: "affine";
  readonly shape: readonly number[];
  readonly codes: Int8Array<ArrayBuffer>;
  /** The dimension along which scales vary. */
  readonly axis: number;
  /** One number, or one per element of `axis`. */
  readonly scale: Float16Array<ArrayBuffer>;
  /** The same count; undefined is 0. */
  readonly zeroPoint: Int8Array<ArrayBuffer> | undefined;
}

export interface PaletteForm {
  readonly kind: "palette";
  readonly shape: readonly number[];
  readonly bits: PaletteBits;
  readonly indices: Uint8Array<ArrayBuffer>;
  /** Groups along each dimension: each divides the dimension's size. */
  readonly groups: readonly number[];
  /** [...groups, 2^bits] */
  readonly table: Float16Array<ArrayBuffer>;
}

export interface SparseForm {
  readonly kind: "sparse";
  readonly shape: readonly number[];
  /** 1 where a number is stored, else 0. */
  readonly mask: Uint8Array<ArrayBuffer>;
  readonly values: Float16Array<ArrayBuffer>;
}

export interface BlockwiseForm {
  readonly kind: "blockwise";
  readonly shape: readonly number[];
  readonly bits: 4 | 8;
  readonly codes: Int8Array<ArrayBuffer>;
  /** Blocks along each dimension: each divides the dimension's size. */
  readonly blocks: readonly number[];
  /** One number per block, row-major. */
  readonly scale: Float16Array<ArrayBuffer>;
}

export type CompressedForm = AffineForm | PaletteForm | SparseForm | BlockwiseForm;

const packedBytes = (count: number, bits: number) => Math.ceil((count * bits) / 8);

/** Bytes of a form in a weight file, each part packed; without the records between them. */
export function storedBytes(form: CompressedForm): number {
  const count = elementCount(form.shape);
  switch (form.kind) {
    case "affine":
      return count + form.scale.byteLength + (form.zeroPoint?.byteLength ?? 0);
    case "palette":
      return packedBytes(count, form.bits) + form.table.byteLength;
    case "sparse":
      return packedBytes(count, 1) + form.values.byteLength;
    case "blockwise":
      return packedBytes(count, form.bits) + form.scale.byteLength;
  }
}

/**
 * Calls `visit` with each element's position and that of its block, row-major, where dimension d is cut into `blocks[d]`
 * equal parts.
 */
export function forEachBlockIndex(
  shape: readonly number[],
  blocks: readonly number[],
  visit: (element: number, block: number) => void,
): void {
  const count = elementCount(shape);
  if (count === 0) return;
  const rank = shape.length;
  // Per dimension, what each coordinate adds to the block's position.
  const offsets: number[][] = new Array(rank);
  let stride = 1;
  for (let axis = rank - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    const extent = size / blocks[axis]!;
    const step = stride;
    offsets[axis] = Array.from({ length: size }, (_, coordinate) => Math.floor(coordinate / extent) * step);
    stride *= blocks[axis]!;
  }
  const inner = offsets[rank - 1] ?? [0];
  const coordinates = new Array<number>(Math.max(0, rank - 1)).fill(0);
  let base = 0;
  for (let start = 0; start < count; start += inner.length) {
    for (let position = 0; position < inner.length; position++) visit(start + position, base + inner[position]!);
    for (let axis = rank - 2; axis >= 0; axis--) {
      const along = offsets[axis]!;
      base -= along[coordinates[axis]!]!;
      coordinates[axis]!++;
      if (coordinates[axis]! < along.length) {
        base += along[coordinates[axis]!]!;
        break;
      }
      coordinates[axis] = 0;
    }
  }
}

/** `size` at `axis`, 1 elsewhere: parts of a shape that is cut along one dimension. */
export function partsAlong(rank: number, axis: number, size: number): number[] {
  return Array.from({ length: rank }, (_, each) => (each === axis ? size : 1));
}

/** The f16 numbers that a form stands for, row-major. Each is computed exactly and rounded once. */
export function decompress(form: CompressedForm): Float16Array<ArrayBuffer> {
  const numbers = new Float16Array(elementCount(form.shape));
  switch (form.kind) {
    case "affine": {
      const { shape, axis, scale, zeroPoint, codes } = form;
      const parts = partsAlong(shape.length, axis, scale.length);
      forEachBlockIndex(shape, parts, (element, channel) => {
        numbers[element] = scale[channel]! * (codes[element]! - (zeroPoint?.[channel] ?? 0));
      });
      return numbers;
    }
    case "palette": {
      const { shape, groups, table, indices, bits } = form;
      forEachBlockIndex(shape, groups, (element, group) => {
        numbers[element] = table[group * 2 ** bits + indices[element]!]!;
      });
      return numbers;
    }
    case "sparse": {
      let next = 0;
      for (const [element, isStored] of form.mask.entries()) if (isStored) numbers[element] = form.values[next++] ?? 0;
      return numbers;
    }
    case "blockwise": {
      const { shape, blocks, scale, codes } = form;
      forEachBlockIndex(shape, blocks, (element, block) => {
        numbers[element] = scale[block]! * codes[element]!;
      });
      return numbers;
    }
  }
}

/** Elements of a matrix, row-major, in the order of its transpose, put into `moved`. */
function transposeInto<A extends { [index: number]: number }>(elements: A, shape: readonly number[], moved: A): A {
  const [rows = 1, columns = 1] = shape;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) moved[column * rows + row] = elements[row * columns + column]!;
  return moved;
}

/** The transpose of a matrix of weights in the same form: it stands for the same numbers, transposed. */
export function transposeForm(form: CompressedForm): CompressedForm {
  const count = elementCount(form.shape);
  const shape = form.shape.toReversed();
  switch (form.kind) {
    case "affine":
      return {
        ...form,
        shape,
        codes: transposeInto(form.codes, form.shape, new Int8Array(count)),
        axis: 1 - form.axis,
      };
    case "palette": {
      const [rows = 1, columns = 1] = form.groups;
      const entries = 2 ** form.bits;
      const table = new Float16Array(form.table.length);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const from = (row * columns + column) * entries;
          table.set(form.table.subarray(from, from + entries), (column * rows + row) * entries);
        }
      }
      const indices = transposeInto(form.indices, form.shape, new Uint8Array(count));
      return { ...form, shape, indices, groups: form.groups.toReversed(), table };
    }
    case "sparse": {
      const mask = transposeInto(form.mask, form.shape, new Uint8Array(count));
      const numbers = transposeInto(decompress(form), form.shape, new Float16Array(count));
      return { ...form, shape, mask, values: numbers.filter((_, element) => mask[element] === 1) };
    }
    case "blockwise":
      return {
        ...form,
        shape,
        codes: transposeInto(form.codes, form.shape, new Int8Array(count)),
        blocks: form.blocks.toReversed(),
        scale: transposeInto(form.scale, form.blocks, new Float16Array(form.scale.length)),
      };
  }
}

/** How a form is called in remarks: `palette of 4 bits, 8 groups`. */
export function formName(form: CompressedForm): string {
  switch (form.kind) {
    case "affine":
      return form.zeroPoint === undefined ? "int8" : "int8 with zero points";
    case "palette": {
      const groups = elementCount(form.groups);
      return `palette of ${form.bits} bits${groups === 1 ? "" : `, ${groups} groups`}`;
    }
    case "sparse":
      return `sparse with ${((100 * form.values.length) / Math.max(1, form.mask.length)).toFixed(1)} % kept`;
    case "blockwise":
      return `blockwise int${form.bits}, ${form.scale.length} blocks`;
  }
}
