/**
 * An open document: its parts between `// -----` lines, each a program of its own, with the model of each. Parts whose text
 * has not changed keep their model.
 */
import type { BlobStore } from "../../ir/blob.ts";
import type { Context } from "../../ir/context.ts";
import { TextModel } from "./model.ts";

export interface DocumentPart {
  /** Where the part starts in the document. */
  readonly base: number;
  readonly model: TextModel;
}

const separator = /^\/\/ -----.*(?:\n|$)/gm;

/** The parts of a text with their offsets. The separating lines belong to none. */
export function partsOf(text: string): readonly { readonly base: number; readonly text: string }[] {
  const parts: { readonly base: number; readonly text: string }[] = [];
  let base = 0;
  for (const match of text.matchAll(separator)) {
    parts.push({ base, text: text.slice(base, match.index) });
    base = match.index + match[0].length;
  }
  parts.push({ base, text: text.slice(base) });
  return parts;
}

export class DocumentModel {
  readonly parts: readonly DocumentPart[];

  constructor(text: string, context: Context, blobs: BlobStore | undefined, previous: DocumentModel | undefined) {
    const known = new Map(
      (previous?.parts ?? [])
        .filter(({ model }) => model.context === context)
        .map(({ model }) => [model.source, model]),
    );
    this.parts = partsOf(text).map(({ base, text: part }) => ({
      base,
      model: known.get(part) ?? new TextModel(part, context, blobs),
    }));
  }

  /** The part that contains an offset; the one in front where a separating line does. */
  partAt(offset: number): DocumentPart {
    let found = this.parts[0]!;
    for (const part of this.parts) if (part.base <= offset) found = part;
    return found;
  }
}
