/** Reading what `anemone opt` works on: one text, or the parts of one between separators. */

import { isModelPath } from "../../frontends/mil/model-path.ts";
import { BlobStore } from "../../ir/blob.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { blobsOf, decodeIrText, readIrText, readSidecarOf } from "../../ir/sidecar.ts";

export interface Input {
  /** The name for diagnostics. */
  readonly file: string;
  readonly text: string;
  /** The weights that stand beside the text. */
  readonly blobs: BlobStore;
}

/** Reads a file with its weights, or standard input for `-`. */
export async function readInput(file: string): Promise<Input> {
  if (file === "-") {
    const bytes = Buffer.from(await Bun.stdin.arrayBuffer());
    return { file: "<stdin>", text: decodeIrText(bytes, "<stdin>"), blobs: new BlobStore() };
  }
  if (file.toLowerCase().endsWith(".onnx")) {
    throw new DiagnosticError(
      "is an ONNX model, not IR text: `anemone compile MODEL --emit tensor -o OUT.mlir` makes IR of it",
      { file },
    );
  }
  if (isModelPath(file)) return importedInput(file);
  return { file, text: readIrText(file), blobs: readSidecarOf(file) };
}

/** A MIL program as the IR that it is read as; its operations keep their places in the program's text. */
async function importedInput(file: string): Promise<Input> {
  const [{ importMil }, { print }] = await Promise.all([
    import("../../frontends/mil/import.ts"),
    import("../../ir/printer/print.ts"),
  ]);
  const module = importMil(file);
  const blobs = new BlobStore();
  for (const blob of blobsOf(module)) blobs.add(blob);
  return { file, text: print(module, { debugInfo: true }), blobs };
}

/** A part of a text, padded in front so that its lines have the numbers that they have in the whole. */
export function splitText(text: string, marker: string): readonly string[] {
  const lines = text.split("\n");
  const parts: string[] = [];
  let start = 0;
  for (const [position, line] of lines.entries()) {
    if (line.trimEnd() !== marker) continue;
    parts.push("\n".repeat(start) + lines.slice(start, position).join("\n"));
    start = position + 1;
  }
  parts.push("\n".repeat(start) + lines.slice(start).join("\n"));
  return parts;
}
