/** The open documents with their models, which are made when they are asked for and kept until the text changes. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { BlobStore } from "../../ir/blob.ts";
import type { Context } from "../../ir/context.ts";
import { readSidecar, sidecarPath } from "../../ir/sidecar.ts";
import { DocumentModel, type DocumentPart } from "./document.ts";

interface Entry {
  readonly version: number;
  readonly context: Context;
  readonly model: DocumentModel;
  /** How long making the model took. */
  readonly milliseconds: number;
}

export class Workspace {
  context: Context;
  readonly #entries = new Map<string, Entry>();

  constructor(context: Context) {
    this.context = context;
  }

  model(document: TextDocument): DocumentModel {
    return this.#entry(document).model;
  }

  /** How long the last model of a document took to make; 0 before the first. */
  milliseconds(uri: string): number {
    return this.#entries.get(uri)?.milliseconds ?? 0;
  }

  #entry(document: TextDocument): Entry {
    const { uri, version } = document;
    const known = this.#entries.get(uri);
    if (known?.version === version && known.context === this.context) return known;
    const start = performance.now();
    const model = new DocumentModel(document.getText(), this.context, blobsBeside(uri), known?.model);
    const entry = { version, context: this.context, model, milliseconds: performance.now() - start };
    this.#entries.set(uri, entry);
    return entry;
  }

  forget(uri: string): void {
    this.#entries.delete(uri);
  }

  /** The part of a document at an offset, and the offset in it. */
  at(document: TextDocument, offset: number): { readonly part: DocumentPart; readonly offset: number } {
    const part = this.model(document).partAt(offset);
    return { part, offset: Math.min(Math.max(0, offset - part.base), part.model.source.length) };
  }
}

/** The weights that lie beside a document's file. */
export function blobsBeside(uri: string): BlobStore | undefined {
  if (!uri.startsWith("file:")) return undefined;
  try {
    const path = sidecarPath(fileURLToPath(uri));
    return existsSync(path) ? readSidecar(readFileSync(path), path) : undefined;
  } catch {
    // Without its weights a document can still be read, up to the diagnostics that say what is missing.
    return undefined;
  }
}
