/**
 * Writes weight files. The writer holds views of the weights until it streams them into the file, so that writing takes no
 * second copy of them; the same blobs in the same order give the same bytes, those that Apple's writer gives.
 */
import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { contentKey } from "../../../ir/blob.ts";
import type { MilNumbers } from "../document/document.ts";
import { packBits, packedBytes } from "./bits.ts";
import { aligned, type BlobType, blobTypes, headerBytes, recordBytes, sentinel, storageVersion } from "./format.ts";

interface BlobRecord {
  readonly type: BlobType;
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly paddingBits: number;
}

export interface BlobWriterOptions {
  /** Whether equal blobs are stored once (the default). */
  readonly share?: boolean;
}

export class BlobWriter {
  readonly #records: BlobRecord[] = [];
  readonly #offsets = new Map<string, number>();
  readonly #share: boolean;
  #end = headerBytes;

  constructor({ share = true }: BlobWriterOptions = {}) {
    this.#share = share;
  }

  /**
   * Adds little-endian data; elements below a byte are packed already (`packBits`), and `elementCount` says how many they are.
   * Returns the offset of the metadata record. The bytes must not change before the file is written.
   */
  add(type: BlobType, bytes: Uint8Array, elementCount?: number): number {
    const { bits } = blobTypes[type];
    const count = elementCount ?? Math.floor((bytes.byteLength * 8) / bits);
    if (packedBytes(count, bits) !== bytes.byteLength) {
      throw new Error(`${count} elements of ${type} take ${packedBytes(count, bits)} bytes, found ${bytes.byteLength}`);
    }
    const key = this.#share ? `${type} ${count} ${contentKey(bytes)}` : "";
    const known = this.#offsets.get(key);
    if (known !== undefined) return known;
    const offset = aligned(this.#end);
    this.#records.push({ type, bytes, offset, paddingBits: bytes.byteLength * 8 - count * bits });
    if (this.#share) this.#offsets.set(key, offset);
    this.#end = offset + recordBytes + bytes.byteLength;
    return offset;
  }

  /** Adds elements as they lie in memory, one per byte for types below a byte, which are packed here. */
  addElements(type: BlobType, elements: MilNumbers): number {
    const { bits } = blobTypes[type];
    if (bits >= 8) return this.add(type, new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength));
    if (!(elements instanceof Uint8Array || elements instanceof Int8Array)) {
      throw new Error(`elements of ${type} are held one per byte`);
    }
    return this.add(type, packBits(elements, bits), elements.length);
  }

  /** Whether nothing was added. */
  get isEmpty(): boolean {
    return this.#records.length === 0;
  }

  /** Blobs of the file. */
  get count(): number {
    return this.#records.length;
  }

  /** Bytes of the file. Nothing pads the data of the last blob. */
  get byteLength(): number {
    return this.#end;
  }

  /** The file in pieces, in order: headers and gaps are new, data are what was added. */
  *chunks(): Generator<Uint8Array> {
    const header = new Uint8Array(headerBytes);
    const view = new DataView(header.buffer);
    view.setUint32(0, this.#records.length, true);
    view.setUint32(4, storageVersion, true);
    yield header;
    let end = headerBytes;
    for (const record of this.#records) {
      const gap = record.offset - end;
      const head = new Uint8Array(gap + recordBytes);
      const fields = new DataView(head.buffer, gap);
      fields.setUint32(0, sentinel, true);
      fields.setUint32(4, blobTypes[record.type].code, true);
      fields.setBigUint64(8, BigInt(record.bytes.byteLength), true);
      fields.setBigUint64(16, BigInt(record.offset + recordBytes), true);
      fields.setBigUint64(24, BigInt(record.paddingBits), true);
      yield head;
      yield record.bytes;
      end = record.offset + recordBytes + record.bytes.byteLength;
    }
  }

  /** The file in memory. */
  finish(): Uint8Array<ArrayBuffer> {
    const file = new Uint8Array(this.#end);
    let position = 0;
    for (const chunk of this.chunks()) {
      file.set(chunk, position);
      position += chunk.byteLength;
    }
    return file;
  }

  /** Streams the file to `path`, where it appears whole: the blobs may be views of the file that it replaces. */
  writeTo(path: string): void {
    const temporary = `${path}.${process.pid}.part`;
    const handle = openSync(temporary, "w");
    try {
      for (const chunk of this.chunks()) writeWhole(handle, chunk);
    } catch (error) {
      closeSync(handle);
      rmSync(temporary, { force: true });
      throw error;
    }
    closeSync(handle);
    renameSync(temporary, path);
  }
}

function writeWhole(handle: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.byteLength) done += writeSync(handle, bytes, done, bytes.byteLength - done);
}
