/**
 * The weight file of a MIL program, "blob storage" version 2 (source: coremltools, mlmodel/src/MILBlob/Blob/StorageFormat.hpp and
 * BlobDataType.hpp), all numbers little-endian:
 *
 * | bytes | content |
 * |---|---|
 * | 0–3 | number of blobs |
 * | 4–7 | version, 2 |
 * | 8–63 | reserved, 0 |
 * | each multiple of 64 … | a metadata record of 64 bytes, then the blob's data |
 *
 * A record: the sentinel 0xDEADBEEF, the code of the element type (u32 each); the data's size in bytes, its offset in the file, and
 * the bits at its end that hold no element (u64 each); 32 reserved bytes. A program refers to a blob by the offset of its record.
 */
import type { MilNumberType } from "../document/numbers.ts";

export const alignment = 64;
export const headerBytes = 64;
export const recordBytes = 64;
export const storageVersion = 2;
export const sentinel = 0xdeadbeef;

/** Element types that a blob can have, with their codes (BlobDataType.hpp) and bits per element. */
export const blobTypes = {
  fp16: { code: 1, bits: 16 },
  fp32: { code: 2, bits: 32 },
  uint8: { code: 3, bits: 8 },
  int8: { code: 4, bits: 8 },
  bf16: { code: 5, bits: 16 },
  int16: { code: 6, bits: 16 },
  uint16: { code: 7, bits: 16 },
  int4: { code: 8, bits: 4 },
  uint1: { code: 9, bits: 1 },
  uint2: { code: 10, bits: 2 },
  uint4: { code: 11, bits: 4 },
  uint3: { code: 12, bits: 3 },
  uint6: { code: 13, bits: 6 },
  int32: { code: 14, bits: 32 },
  uint32: { code: 15, bits: 32 },
  fp8e4m3fn: { code: 16, bits: 8 },
  fp8e5m2: { code: 17, bits: 8 },
} as const satisfies Partial<Record<MilNumberType, { readonly code: number; readonly bits: number }>>;
export type BlobType = keyof typeof blobTypes;

export function isBlobType(name: string): name is BlobType {
  return Object.hasOwn(blobTypes, name);
}

const typesByCode: ReadonlyMap<number, BlobType> = new Map(
  Object.keys(blobTypes)
    .filter(isBlobType)
    .map((type) => [blobTypes[type].code, type]),
);

export function blobTypeOfCode(code: number): BlobType | undefined {
  return typesByCode.get(code);
}

/** The next offset at which a record may start. */
export function aligned(offset: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/** One blob of a file. */
export interface StoredBlob {
  readonly type: BlobType;
  /** Offset of the metadata record, by which programs refer to it. */
  readonly offset: number;
  /** As stored: elements below a byte are packed. */
  readonly bytes: Uint8Array;
  readonly elementCount: number;
}
