/**
 * Reads weight files without copying them: a blob is a view of the file's bytes. Nothing in a file is believed: each record that is
 * looked up is checked against the file's size and against what the program states.
 *
 * What Apple's compiler tolerates is tolerated: garbage in reserved words (written before iOS 18), and records that are not on a
 * multiple of 64 (a program finds them by their offset).
 */
import { DiagnosticError, messageOf } from "../../../ir/diagnostic-error.ts";
import { mapFile } from "../../../ir/map-file.ts";
import type { MilNumbers, MilTensorType } from "../document/document.ts";
import { elementCountOf, type MilNumberType, milNumberFacts, milNumbersOf } from "../document/numbers.ts";
import { unpackBits } from "./bits.ts";
import {
  aligned,
  type BlobType,
  blobTypeOfCode,
  blobTypes,
  headerBytes,
  isBlobType,
  recordBytes,
  type StoredBlob,
  sentinel,
  storageVersion,
} from "./format.ts";

/** What a program says of a blob that it names. */
export interface ExpectedBlob {
  readonly type: MilNumberType;
  readonly elementCount: number;
}

/** A weight file whose header is right. */
export class BlobStorage {
  readonly bytes: Uint8Array;
  /** Names the file in diagnostics. */
  readonly file: string;
  /** The number of blobs that the header states. */
  readonly count: number;
  readonly #view: DataView;

  /**
   * @param bytes the whole file; views of it are given out
   * @throws DiagnosticError where the header is not one of version 2
   */
  constructor(bytes: Uint8Array, file = "the weight file") {
    this.bytes = bytes;
    this.file = file;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.byteLength < headerBytes) {
      throw this.#error(`a weight file has a header of ${headerBytes} bytes, found ${bytes.byteLength} bytes`);
    }
    const version = this.#view.getUint32(4, true);
    if (version !== storageVersion) {
      const advice = version === 1 ? " (the format of neural-network models before ML programs)" : "";
      throw this.#error(`the weight file has version ${version}${advice}, expected ${storageVersion}`);
    }
    this.count = this.#view.getUint32(0, true);
    const room = Math.floor((bytes.byteLength - headerBytes) / recordBytes);
    if (this.count > room) {
      throw this.#error(
        `the header states ${this.count} blobs, but ${bytes.byteLength} bytes have room for ${room} records: is the file cut short?`,
      );
    }
  }

  /** Maps a file. */
  static open(path: string): BlobStorage {
    let bytes: Uint8Array;
    try {
      bytes = mapFile(path);
    } catch (error) {
      const reason = messageOf(error);
      throw new DiagnosticError(`the weight file cannot be read: ${reason}`, { file: path });
    }
    return new BlobStorage(bytes, path);
  }

  /**
   * The blob whose metadata record lies at `offset`.
   *
   * @throws DiagnosticError where there is no record, it is not right, or it is not what is expected
   */
  blob(offset: number, expected?: ExpectedBlob): StoredBlob {
    const blob = this.#record(offset);
    if (expected !== undefined) this.#check(blob, expected);
    return blob;
  }

  /** The elements of a blob that a program states to be of `type`; sub-byte elements are unpacked, others viewed where aligned. */
  numbers(offset: number, type: MilTensorType): MilNumbers {
    const { element } = type;
    if (!isBlobType(element))
      throw this.#error(`the blob at offset ${offset} is stated to hold ${element}: ${storable}`);
    const elementCount = elementCountOf(type);
    const { bytes } = this.blob(offset, { type: element, elementCount });
    const { bits, signed } = milNumberFacts[element];
    if (bits >= 8) return milNumbersOf(element, bytes);
    return signed ? unpackBits(bytes, bits, elementCount, true) : unpackBits(bytes, bits, elementCount);
  }

  /**
   * All blobs in order, as many as the header states.
   *
   * @throws DiagnosticError where a record is missing or not right
   */
  blobs(): StoredBlob[] {
    const blobs: StoredBlob[] = [];
    let end = headerBytes;
    while (blobs.length < this.count) {
      // Some writers do not pad the data.
      const offset = !this.#hasRecord(aligned(end)) && this.#hasRecord(end) ? end : aligned(end);
      const blob = this.#record(offset);
      blobs.push(blob);
      end = blob.bytes.byteOffset - this.bytes.byteOffset + blob.bytes.byteLength;
    }
    return blobs;
  }

  #hasRecord(offset: number): boolean {
    return offset + recordBytes <= this.bytes.byteLength && this.#view.getUint32(offset, true) === sentinel;
  }

  #record(offset: number): StoredBlob {
    const length = this.bytes.byteLength;
    if (!Number.isSafeInteger(offset) || offset < headerBytes || offset + recordBytes > length) {
      throw this.#error(
        `a blob's metadata record (${recordBytes} bytes) is expected at offset ${offset}, outside of the weight file (${length} bytes)`,
      );
    }
    const found = this.#view.getUint32(offset, true);
    if (found !== sentinel) {
      throw this.#error(
        `a blob's metadata record is expected at offset ${offset}: it starts with 0xdeadbeef, found 0x${found.toString(16).padStart(8, "0")}`,
      );
    }
    const code = this.#view.getUint32(offset + 4, true);
    const type = blobTypeOfCode(code);
    if (type === undefined) {
      throw this.#error(`the blob at offset ${offset} has the unknown element type ${code}, expected 1 to 17`);
    }
    // As bigint, so that no sum overflows.
    const size = this.#view.getBigUint64(offset + 8, true);
    const start = this.#view.getBigUint64(offset + 16, true);
    if (start + size > BigInt(length)) {
      throw this.#error(
        `the blob at offset ${offset} has ${size} bytes at ${start}, beyond the end of the weight file (${length} bytes)`,
      );
    }
    // An offset of 0, which faulty writers leave, would give the header as weights.
    if (start < BigInt(headerBytes) || (start < BigInt(offset + recordBytes) && start + size > BigInt(offset))) {
      throw this.#error(
        `the blob at offset ${offset} states that its data lie at ${start}, which is not behind its metadata record`,
      );
    }
    const from = Number(start);
    const bytes = this.bytes.subarray(from, from + Number(size));
    return { type, offset, bytes, elementCount: this.#elementCount(type, offset, Number(size)) };
  }

  #elementCount(type: BlobType, offset: number, size: number): number {
    const { bits } = blobTypes[type];
    if (bits >= 8) {
      if (size % (bits / 8) === 0) return size / (bits / 8);
      throw this.#error(`the blob at offset ${offset} has ${size} bytes, no whole number of ${type} elements`);
    }
    const padding = this.#view.getBigUint64(offset + 24, true);
    const used = BigInt(size) * 8n - padding;
    if (padding >= 8n || used < 0n || used % BigInt(bits) !== 0n) {
      throw this.#error(
        `the blob at offset ${offset} has ${size} bytes with ${padding} unused bits at the end, no whole number of ${type} elements`,
      );
    }
    return Number(used) / bits;
  }

  #check({ type, offset, elementCount, bytes }: StoredBlob, expected: ExpectedBlob): void {
    if (!isBlobType(expected.type)) {
      throw this.#error(`the blob at offset ${offset} is stated to hold ${expected.type}: ${storable}`);
    }
    if (type !== expected.type) {
      throw this.#error(`the blob at offset ${offset} holds ${type}, but the program states ${expected.type}`);
    }
    if (elementCount !== expected.elementCount) {
      throw this.#error(
        `the blob at offset ${offset} holds ${elementCount} elements of ${type} (${bytes.byteLength} bytes), but the program states ${expected.elementCount}`,
      );
    }
  }

  #error(message: string): DiagnosticError {
    return new DiagnosticError(message, { file: this.file });
  }
}

const storable = `a weight file holds ${Object.keys(blobTypes).join(", ")}`;

/**
 * Reads one blob of a weight file that is in memory.
 *
 * @throws DiagnosticError where `offset` is no metadata record, or its data lie outside of the file
 */
export function readBlob(file: Uint8Array, offset: number, expected?: ExpectedBlob): StoredBlob {
  return new BlobStorage(file).blob(offset, expected);
}

/** All blobs of a weight file that is in memory, in order. */
export function readBlobStorage(file: Uint8Array): StoredBlob[] {
  return new BlobStorage(file).blobs();
}
