/**
 * How a tensor lies in a surface: batches, channels, depth, rows and columns with a stride each, rows on boundaries of 64
 * bytes. A surface is not dense (a `[1, C, 1, 1]` tensor takes 64 bytes per channel), programs' tensors are: packing writes
 * a dense tensor into a surface, unpacking reads it back. What lies between the rows is neither written nor looked at.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";

/** Rows of a surface begin at multiples of this (driver-stack A.4: recorded inside compiled programs). */
export const rowAlignment = 64;

/** Dimensions and strides (in bytes) of a tensor in a surface. */
export interface SurfaceLayout {
  readonly batches: number;
  readonly channels: number;
  readonly depth: number;
  readonly height: number;
  readonly width: number;
  /** 1, 2, 4 or 8. */
  readonly elementBytes: number;
  readonly batchStride: number;
  readonly depthStride: number;
  readonly planeStride: number;
  readonly rowStride: number;
}

/** Elements of the tensor. */
export function layoutElements({ batches, channels, depth, height, width }: SurfaceLayout): number {
  return batches * channels * depth * height * width;
}

/** Bytes of the surface: its size is the program's to say, by the stride of a batch (A.4). */
export function surfaceBytes({ batches, batchStride }: SurfaceLayout): number {
  return batches * batchStride;
}

export const roundUp = (size: number, alignment: number): number => Math.ceil(size / alignment) * alignment;

/**
 * The layout that A.4 gives for a shape: right-aligned in [N, C, H, W] (rank 5: [N, C, D, H, W]), padded rows, dense planes.
 * A loaded program states its own; this one is for those that state none.
 */
export function defaultLayout(shape: readonly number[], elementBytes: number): SurfaceLayout {
  if (shape.length > 5) throw new DiagnosticError(`a surface has at most five dimensions, found [${shape.join(", ")}]`);
  const four = shape.length === 5 ? shape : [...Array<number>(4 - shape.length).fill(1), ...shape];
  const [batches = 1, channels = 1, depth = 1, height = 1, width = 1] =
    four.length === 5 ? four : [four[0]!, four[1]!, 1, four[2]!, four[3]!];
  const rowStride = roundUp(width * elementBytes, rowAlignment);
  const planeStride = rowStride * height;
  const depthStride = planeStride * channels;
  const batchStride = depthStride * depth;
  return { batches, channels, depth, height, width, elementBytes, batchStride, depthStride, planeStride, rowStride };
}

/** One loop over a surface: how often, how far apart. */
interface Loop {
  readonly count: number;
  readonly stride: number;
}

/**
 * The loops from outside to inside in the order of the dense tensor, with loops of one turn left out and those united whose
 * steps join; `run` is what lies contiguous inside the innermost.
 */
function loopsOf(layout: SurfaceLayout): { readonly loops: readonly Loop[]; readonly runBytes: number } {
  const { batches, channels, depth, height, width, elementBytes } = layout;
  const outward: Loop[] = [
    { count: width, stride: elementBytes },
    { count: height, stride: layout.rowStride },
    { count: depth, stride: layout.depthStride },
    { count: channels, stride: layout.planeStride },
    { count: batches, stride: layout.batchStride },
  ];
  const loops: Loop[] = [];
  let runBytes = elementBytes;
  for (const { count, stride } of outward) {
    if (count === 1) continue;
    const inner = loops[0];
    if (inner === undefined && stride === runBytes) runBytes *= count;
    else if (inner !== undefined && stride === inner.count * inner.stride)
      loops[0] = { count: inner.count * count, stride: inner.stride };
    else loops.unshift({ count, stride });
  }
  return { loops, runBytes };
}

/** Whether the tensor lies dense in its surface, so that a view of the surface is the tensor. */
export function isDense(layout: SurfaceLayout): boolean {
  return loopsOf(layout).loops.length === 0;
}

/**
 * Checks that strides do not let elements overlap or leave the surface.
 *
 * @throws DiagnosticError naming `what` and the stride
 */
export function checkLayout(what: string, layout: SurfaceLayout): void {
  const { batches, channels, depth, height, width, elementBytes } = layout;
  const fail = (problem: string) => new DiagnosticError(`${what}: ${problem} (${JSON.stringify(layout)})`);
  for (const size of [batches, channels, depth, height, width]) {
    if (!Number.isSafeInteger(size) || size < 1) throw fail("a dimension is not a positive whole number");
  }
  if (![1, 2, 4, 8].includes(elementBytes)) throw fail("elements have 1, 2, 4 or 8 bytes");
  const { rowStride, planeStride, depthStride, batchStride } = layout;
  for (const stride of [rowStride, planeStride, depthStride, batchStride]) {
    if (!Number.isSafeInteger(stride) || stride < 0 || stride % elementBytes !== 0)
      throw fail("a stride is no multiple of the element's size");
  }
  if (height > 1 && rowStride < width * elementBytes) throw fail("rows overlap");
  if (channels > 1 && planeStride < rowEnd(layout)) throw fail("planes overlap");
  const last =
    (channels - 1) * planeStride + (depth - 1) * depthStride + (height - 1) * rowStride + width * elementBytes;
  if (batchStride < last) throw fail("a batch is longer than its stride");
}

const rowEnd = ({ height, rowStride, width, elementBytes }: SurfaceLayout) =>
  (height - 1) * rowStride + width * elementBytes;

type ElementView = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/** The bytes as numbers of one element's size; moving such numbers changes no bit. */
function elementsOf(bytes: Uint8Array, elementBytes: number): ElementView {
  const { buffer, byteOffset, byteLength } = bytes;
  switch (elementBytes) {
    case 1:
      return bytes;
    case 2:
      return new Uint16Array(buffer, byteOffset, byteLength >> 1);
    case 4:
      return new Uint32Array(buffer, byteOffset, byteLength >> 2);
    default:
      return new BigUint64Array(buffer, byteOffset, byteLength >> 3);
  }
}

/** Below this a loop over elements is faster than a call that copies them. */
const shortRun = 16;

/** A copy between a dense tensor and a surface, worked out once: what runs per call only copies. */
export type SurfaceCopy = () => void;

/**
 * Prepares packing (`into` = "surface") or unpacking (`into` = "tensor").
 *
 * @param dense the tensor's bytes, row-major
 * @param surface at least `surfaceBytes(layout)` bytes
 */
export function prepareCopy(
  into: "surface" | "tensor",
  dense: Uint8Array,
  surface: Uint8Array,
  layout: SurfaceLayout,
): SurfaceCopy {
  checkLayout("surface", layout);
  const wanted = layoutElements(layout) * layout.elementBytes;
  if (dense.byteLength !== wanted)
    throw new DiagnosticError(
      `the dense tensor has ${dense.byteLength} bytes, but the surface's elements have ${wanted}`,
    );
  if (surface.byteLength < surfaceBytes(layout))
    throw new DiagnosticError(
      `the surface has ${surface.byteLength} bytes, but its tensor takes ${surfaceBytes(layout)}`,
    );
  const { loops, runBytes } = loopsOf(layout);
  const unit = layout.elementBytes;
  const packed = elementsOf(dense, unit);
  const strided = elementsOf(surface, unit);
  const run = runBytes / unit;
  const counts = loops.map(({ count }) => count);
  const strides = loops.map(({ stride }) => stride / unit);
  const toSurface = into === "surface";
  if (loops.length === 0) {
    const part = strided.subarray(0, packed.length);
    return toSurface ? () => copyElements(part, packed) : () => copyElements(packed, part);
  }
  /** Copies what lies inside loop `level`; returns where the dense tensor goes on. */
  const copy = (level: number, from: number, position: number): number => {
    const count = counts[level]!;
    const stride = strides[level]!;
    let dense = position;
    let offset = from;
    const innermost = level === counts.length - 1;
    for (let turn = 0; turn < count; turn++, offset += stride) {
      if (!innermost) dense = copy(level + 1, offset, dense);
      else if (run < shortRun) {
        if (toSurface) for (let index = 0; index < run; index++) strided[offset + index] = packed[dense + index]!;
        else for (let index = 0; index < run; index++) packed[dense + index] = strided[offset + index]!;
        dense += run;
      } else {
        if (toSurface) copyElements(strided, packed.subarray(dense, dense + run), offset);
        else copyElements(packed, strided.subarray(offset, offset + run), dense);
        dense += run;
      }
    }
    return dense;
  };
  return () => {
    copy(0, 0, 0);
  };
}

/** `set` for two views of one kind, which the types of their union do not show. */
function copyElements(target: ElementView, source: ElementView, offset = 0): void {
  if (target instanceof BigUint64Array) {
    if (source instanceof BigUint64Array) target.set(source, offset);
  } else if (!(source instanceof BigUint64Array)) target.set(source, offset);
}
