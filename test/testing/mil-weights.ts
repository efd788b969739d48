/** Weight files for MIL programs that came without theirs: every blob that the program names, at its offset, with random numbers. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { blobTypes, isBlobType, packedBytes } from "../../dialects/mil/blob-storage/index.ts";
import type { MilDocument, MilTensorType, MilValue } from "../../dialects/mil/document/document.ts";
import { elementCountOf } from "../../dialects/mil/document/numbers.ts";

interface NamedBlob {
  readonly type: MilTensorType;
  readonly path: string;
  readonly offset: number;
}

function blobsOf(document: MilDocument): NamedBlob[] {
  const found: NamedBlob[] = [];
  const visit = (part: unknown): void => {
    if (typeof part !== "object" || part === null || ArrayBuffer.isView(part)) return;
    if (isBlobValue(part)) found.push({ type: part.type, path: part.content.path, offset: part.content.offset });
    else for (const inner of Object.values(part)) visit(inner);
  };
  visit(document);
  return found;
}

function isBlobValue(part: object): part is MilValue & {
  readonly type: MilTensorType;
  readonly content: { readonly kind: "blob"; readonly path: string; readonly offset: number };
} {
  const { content } = part as { readonly content?: unknown };
  return typeof content === "object" && content !== null && "kind" in content && content.kind === "blob";
}

/** Writes the weight files of a program below `folder`, which stands for `@model_path`. The same program gets the same numbers. */
export function writeRandomWeights(document: MilDocument, folder: string): void {
  const byPath = Map.groupBy(blobsOf(document), ({ path }) => path);
  for (const [path, blobs] of byPath) {
    const file = join(folder, ...path.split("/").slice(1));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, weightFile(blobs));
  }
}

function weightFile(blobs: readonly NamedBlob[]): Uint8Array {
  const sizes = blobs.map(({ type }) => packedBytes(elementCountOf(type), bitsOf(type)));
  const file = new Uint8Array(Math.max(...blobs.map(({ offset }, index) => offset + 64 + sizes[index]!)));
  const view = new DataView(file.buffer);
  view.setUint32(0, new Set(blobs.map(({ offset }) => offset)).size, true);
  view.setUint32(4, 2, true);
  for (const [index, { type, offset }] of blobs.entries()) {
    const { element } = type;
    if (!isBlobType(element)) throw new Error(`a weight file cannot hold ${element}`);
    const size = sizes[index]!;
    view.setUint32(offset, 0xdeadbeef, true);
    view.setUint32(offset + 4, blobTypes[element].code, true);
    view.setBigUint64(offset + 8, BigInt(size), true);
    view.setBigUint64(offset + 16, BigInt(offset + 64), true);
    view.setBigUint64(offset + 24, BigInt(size * 8 - elementCountOf(type) * bitsOf(type)), true);
    fill(file.subarray(offset + 64, offset + 64 + size), element, offset);
  }
  return file;
}

const bitsOf = ({ element }: MilTensorType) => (isBlobType(element) ? blobTypes[element].bits : 8);

/** Small floats, so that sums stay in range; bytes of any value for integers. */
function fill(bytes: Uint8Array, element: string, seed: number): void {
  let state = (seed * 2654435761 + 1) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  if (element === "fp16") {
    const numbers = new Float16Array(bytes.byteLength / 2);
    bytes.set(new Uint8Array(numbers.map(() => (next() - 0.5) / 8).buffer));
  } else if (element === "fp32") {
    const numbers = new Float32Array(bytes.byteLength / 4);
    bytes.set(new Uint8Array(numbers.map(() => (next() - 0.5) / 8).buffer));
  } else for (let index = 0; index < bytes.length; index++) bytes[index] = Math.floor(next() * 256);
}
