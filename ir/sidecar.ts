/**
 * The sidecar: a file of weights beside IR text. The text refers to blobs by key (`dense_resource<conv1_0123456789abcdef>`);
 * `model.mlir.weights` holds their bytes, so that a dump can be run again without one weight having been printed.
 *
 * The format, all numbers little-endian:
 *
 * | bytes | content |
 * |---|---|
 * | 0–7 | the magic `ANEMONEW` |
 * | 8–11 | version, 1 |
 * | 12–15 | length L of the index in bytes |
 * | 16–15+L | the index, JSON in UTF-8: `[{"key": …, "offset": …, "length": …}, …]` |
 * | offset … | each blob's bytes; offsets count from the start of the file and are multiples of 64 |
 *
 * A key ends in the first 64 bits of the content's SHA-256, which `verifyBlobs` checks.
 */
import { isUtf8 } from "node:buffer";
import { existsSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from "node:fs";
import { type Blob, BlobStore, contentKey } from "./blob.ts";
import type { Context } from "./context.ts";
import { DiagnosticError, messageOf } from "./diagnostic-error.ts";
import { mapFile } from "./map-file.ts";
import type { Operation } from "./operation.ts";
import { type ParseOptions, parse } from "./parser/parse.ts";
import { blobsOf } from "./printer/blobs-of.ts";
import { type PrintOptions, print } from "./printer/print.ts";

export { blobsOf };

const magic = new TextEncoder().encode("ANEMONEW");
const version = 1;
const headerBytes = 16;
/** Vectors and pages of weights may be read in place. */
const alignment = 64;

interface IndexEntry {
  readonly key: string;
  /** From the start of the file. */
  readonly offset: number;
  readonly length: number;
}

function aligned(offset: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/** Offsets relative to the payload's start, which depends on the length of the index that holds them. */
function layOut(blobs: readonly Blob[]): { readonly entries: readonly IndexEntry[]; readonly index: Uint8Array } {
  let payload = 0;
  for (;;) {
    let offset = payload;
    const entries = blobs.map(({ key, bytes }) => {
      const entry = { key, offset, length: bytes.length };
      offset = aligned(offset + bytes.length);
      return entry;
    });
    const index = new TextEncoder().encode(JSON.stringify(entries));
    const needed = aligned(headerBytes + index.length);
    // Larger offsets may need more digits: settled after a few rounds, since the payload only moves up.
    if (needed <= payload) return { entries, index };
    payload = needed;
  }
}

/** The bytes of a sidecar file with these blobs, each key once. */
export function writeSidecar(blobs: Iterable<Blob>): Uint8Array<ArrayBuffer> {
  const unique = [...new Map([...blobs].map((blob) => [blob.key, blob])).values()];
  const { entries, index } = layOut(unique);
  const last = entries.at(-1);
  const file = new Uint8Array(last === undefined ? headerBytes + index.length : last.offset + last.length);
  file.set(magic);
  const header = new DataView(file.buffer);
  header.setUint32(8, version, true);
  header.setUint32(12, index.length, true);
  file.set(index, headerBytes);
  for (const [position, { offset }] of entries.entries()) file.set(unique[position]!.bytes, offset);
  return file;
}

function isIndexEntry(value: unknown, fileLength: number): value is IndexEntry {
  if (typeof value !== "object" || value === null) return false;
  const { key, offset, length } = value as { readonly [name: string]: unknown };
  const isCount = (number: unknown): number is number => Number.isSafeInteger(number) && Number(number) >= 0;
  return typeof key === "string" && isCount(offset) && isCount(length) && offset + length <= fileLength;
}

/** The blobs of a sidecar file, as views of its bytes. `file` names it in errors. */
export function readSidecar(bytes: Uint8Array, file = "the file of weights"): BlobStore {
  const broken = (what: string) => new DiagnosticError(`${file} is not a file of weights: ${what}`, { file });
  if (bytes.length < headerBytes || magic.some((byte, position) => bytes[position] !== byte)) {
    throw broken("it does not start with 'ANEMONEW'");
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = header.getUint32(8, true);
  if (found !== version) throw broken(`its version is ${found}, expected ${version}`);
  const indexEnd = headerBytes + header.getUint32(12, true);
  if (indexEnd > bytes.length) throw broken("it ends inside its index");
  const store = new BlobStore();
  for (const entry of parseIndex(bytes.subarray(headerBytes, indexEnd), broken)) {
    if (!isIndexEntry(entry, bytes.length)) throw broken(`an entry of its index is wrong: ${JSON.stringify(entry)}`);
    store.add({ key: entry.key, bytes: bytes.subarray(entry.offset, entry.offset + entry.length) });
  }
  return store;
}

function parseIndex(bytes: Uint8Array, broken: (what: string) => Error): readonly unknown[] {
  let index: unknown;
  try {
    index = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw broken("its index is not JSON");
  }
  if (!Array.isArray(index)) throw broken("its index is not a list");
  return index;
}

/** Fails where a key does not end in the hash of its content: bytes that were changed or cut. Reads all bytes. */
export function verifyBlobs(blobs: BlobStore): void {
  for (const { key, bytes } of blobs.values()) {
    const suffix = contentKey(bytes, "").slice(1);
    if (!key.endsWith(suffix)) {
      throw new DiagnosticError(`the bytes of '${key}' are not those it was named after: their hash is ${suffix}`);
    }
  }
}

/** The path of the sidecar of an IR file. */
export function sidecarPath(path: string): string {
  return `${path}.weights`;
}

export interface PrintedIr {
  readonly text: string;
  /** The sidecar's bytes; undefined where the text refers to none. */
  readonly weights: Uint8Array<ArrayBuffer> | undefined;
}

/** The text of an operation and the sidecar that goes with it. */
export function printWithSidecar(operation: Operation, options: PrintOptions = {}): PrintedIr {
  const blobs = [...blobsOf(operation)];
  return { text: print(operation, options), weights: blobs.length === 0 ? undefined : writeSidecar(blobs) };
}

/** Writes `path`, and `path.weights` where the IR refers to blobs. */
export function writeIr(path: string, operation: Operation, options: PrintOptions = {}): void {
  writeIrText(path, print(operation, options), [...blobsOf(operation)]);
}

/** Writes text that is printed already, with the blobs that it refers to. */
export function writeIrText(path: string, text: string, blobs: readonly Blob[]): void {
  replaceFile(path, text);
  // Nothing can stand beside a device or a pipe.
  if (blobs.length > 0 && !isDevice(path)) replaceFile(sidecarPath(path), writeSidecar(blobs));
}

/** Whether a path leads to something that is there, but not a plain file. */
function isDevice(path: string): boolean {
  return existsSync(path) && !statSync(path).isFile();
}

/**
 * Writes a new file and puts it in the old one's place: the old one may be mapped, and its readers must keep it. What is not a
 * plain file (`/dev/null`, a pipe) is written to, never replaced; a link stays a link.
 */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const target = existsSync(path) ? realpathSync(path) : path;
  if (isDevice(target)) {
    writeFileSync(target, content);
    return;
  }
  const temporary = `${target}.${process.pid}.part`;
  writeFileSync(temporary, content);
  renameSync(temporary, target);
}

/** The text of a file; one that cannot be read is a diagnostic. */
export function readIrText(path: string): string {
  let bytes: Buffer;
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw new DiagnosticError("is a folder: give a file", { file: path });
  }
  try {
    bytes = readFileSync(path);
  } catch (error) {
    // "ENOENT: no such file or directory, open 'x'": the path is said already.
    const reason = messageOf(error).replace(/^E\w+: |, \w+ '.*$/g, "");
    throw new DiagnosticError(`cannot be read: ${reason}`, { file: path });
  }
  return decodeIrText(bytes, path);
}

/** Bytes as text; what is not UTF-8 is a diagnostic at its place. `file` names the source. */
export function decodeIrText(bytes: Buffer, file: string): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  // The first sequence that decodes to a replacement character which is not in the file as such.
  const before = bytes.toString("utf8").split("\ufffd")[0]!;
  const lines = before.split("\n");
  throw new DiagnosticError("is not UTF-8 text here: IR text is UTF-8, or is this a binary file?", {
    file,
    line: lines.length,
    column: lines.at(-1)!.length + 1,
  });
}

/** The blobs of the sidecar that stands beside an IR file; none where there is no sidecar. */
export function readSidecarOf(path: string): BlobStore {
  const weights = sidecarPath(path);
  return existsSync(weights) ? readSidecar(mapFile(weights), weights) : new BlobStore();
}

/** Reads IR text and, where it stands beside it, its sidecar. The IR is not verified. A file that cannot be read is a diagnostic. */
export function readIr(path: string, context: Context, options: ParseOptions = {}): Operation {
  const text = readIrText(path);
  const blobs = options.blobs ?? new BlobStore();
  for (const blob of readSidecarOf(path).values()) blobs.add(blob);
  return parse(text, context, { file: path, ...options, blobs });
}
