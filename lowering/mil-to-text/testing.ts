/** What tests ask of emitted MIL text: its ops, and that every weight that it names is in the weight file, as it says. */
import { BlobStorage } from "../../dialects/mil/blob-storage/index.ts";
import type { MilAttribute, MilOperation, MilTensorType } from "../../dialects/mil/document/document.ts";
import { readMilText } from "../../dialects/mil/text/reader.ts";

/** A weight that a program names. */
export interface NamedBlob {
  readonly path: string;
  readonly offset: number;
  readonly type: MilTensorType;
}

export interface EmittedText {
  /** Names of the ports of `main`. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Statements in order, constants too. */
  readonly operations: readonly MilOperation[];
  readonly blobs: readonly NamedBlob[];
}

/** Reads the text of a program of one function. */
export function readEmitted(text: string): EmittedText {
  const [main] = readMilText(text).functions;
  if (main === undefined) throw new Error("the program has no function");
  const { operations, results } = main.block;
  return {
    inputs: main.parameters.map(({ name }) => name),
    outputs: results,
    operations,
    blobs: operations.flatMap(({ attributes }) => attributes.flatMap(blobIn)),
  };
}

function blobIn({ value: { type, content } }: MilAttribute): NamedBlob[] {
  if (content.kind !== "blob" || type.kind !== "tensor") return [];
  return [{ path: content.path, offset: content.offset, type }];
}

/** The ops of a program but its constants, by their MIL names. */
export function mnemonicsOf(text: string): readonly string[] {
  return readEmitted(text)
    .operations.map(({ mnemonic }) => mnemonic)
    .filter((name) => name !== "const");
}

/** Reads every weight that the text names; the file says where one is not of the stated type and size. */
export function checkWeights(text: string, weights: Uint8Array): readonly NamedBlob[] {
  const { blobs } = readEmitted(text);
  const storage = new BlobStorage(weights);
  for (const { offset, type } of blobs) storage.numbers(offset, type);
  return blobs;
}
