/**
 * The weight file of a MIL program, "blob storage" version 2 (source: coremltools, mlmodel/src/MILBlob/Blob/StorageFormat.hpp): a
 * header of 64 bytes, then per blob a metadata record of 64 bytes and the data, every record on a boundary of 64 bytes.
 * A program refers to a blob by the offset of its metadata record.
 */

import { contentKey } from "../../ir/blob.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";

const alignment = 64;
const recordBytes = 64;
const sentinel = 0xdeadbeef;

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
} as const;
export type BlobType = keyof typeof blobTypes;

export function isBlobType(name: string): name is BlobType {
  return Object.hasOwn(blobTypes, name);
}

const aligned = (size: number) => Math.ceil(size / alignment) * alignment;

/** Gathers blobs; equal ones are stored once. */
export class BlobWriter {
  readonly #records: { readonly type: BlobType; readonly bytes: Uint8Array; readonly offset: number }[] = [];
  readonly #offsets = new Map<string, number>();
  #end = alignment;

  /** Adds little-endian data of whole bytes; returns the offset of its metadata record. */
  add(type: BlobType, bytes: Uint8Array): number {
    const key = `${type} ${contentKey(bytes)}`;
    const known = this.#offsets.get(key);
    if (known !== undefined) return known;
    const offset = this.#end;
    this.#records.push({ type, bytes, offset });
    this.#offsets.set(key, offset);
    this.#end = aligned(offset + recordBytes + bytes.byteLength);
    return offset;
  }

  /** The file. */
  finish(): Uint8Array<ArrayBuffer> {
    const last = this.#records.at(-1);
    // Nothing pads the data of the last blob.
    const file = new Uint8Array(last === undefined ? alignment : last.offset + recordBytes + last.bytes.byteLength);
    const view = new DataView(file.buffer);
    view.setUint32(0, this.#records.length, true);
    view.setUint32(4, 2, true);
    for (const { type, bytes, offset } of this.#records) {
      view.setUint32(offset, sentinel, true);
      view.setUint32(offset + 4, blobTypes[type].code, true);
      view.setBigUint64(offset + 8, BigInt(bytes.byteLength), true);
      view.setBigUint64(offset + 16, BigInt(offset + recordBytes), true);
      file.set(bytes, offset + recordBytes);
    }
    return file;
  }
}

/** One blob of a file. */
export interface StoredBlob {
  readonly type: BlobType;
  /** Offset of the metadata record, by which programs refer to it. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * Reads one blob of a weight file.
 *
 * @throws DiagnosticError where `offset` is no metadata record, or its data lie outside of the file
 */
export function readBlob(file: Uint8Array, offset: number): StoredBlob {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (
    offset < 0 ||
    offset + recordBytes > file.byteLength ||
    offset % 4 !== 0 ||
    view.getUint32(offset, true) !== sentinel
  ) {
    throw new DiagnosticError(`the weight file (${file.byteLength} bytes) has no metadata record at offset ${offset}`);
  }
  const code = view.getUint32(offset + 4, true);
  const type = Object.entries(blobTypes).find(([, facts]) => facts.code === code)?.[0];
  if (type === undefined || !isBlobType(type))
    throw new DiagnosticError(`the blob at offset ${offset} has the unknown element type ${code}`);
  const size = Number(view.getBigUint64(offset + 8, true));
  const start = Number(view.getBigUint64(offset + 16, true));
  if (start + size > file.byteLength) {
    throw new DiagnosticError(
      `the blob at offset ${offset} has ${size} bytes at ${start}, beyond the file's ${file.byteLength}`,
    );
  }
  return { type, offset, bytes: file.subarray(start, start + size) };
}

/** All blobs of a weight file, in order. */
export function readBlobStorage(file: Uint8Array): StoredBlob[] {
  if (file.byteLength < alignment)
    throw new DiagnosticError(`a weight file has a header of ${alignment} bytes, found ${file.byteLength} bytes`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const version = view.getUint32(4, true);
  if (version !== 2) throw new DiagnosticError(`the weight file has version ${version}, expected 2`);
  const blobs: StoredBlob[] = [];
  let offset = alignment;
  for (let count = view.getUint32(0, true); count > 0; count--) {
    const blob = readBlob(file, offset);
    blobs.push(blob);
    offset = aligned(offset + recordBytes + blob.bytes.byteLength);
  }
  return blobs;
}
