/** `parse`: IR text to operations. SKELETON. */
import type { BlobStore } from "../blob.ts";
import type { Context } from "../context.ts";
import type { Operation } from "../operation.ts";

export interface ParseOptions {
  /** The name for locations and messages; `-` unless given. */
  readonly file?: string;
  /** Where `dense_resource<key>` finds its bytes; resources that the text itself contains are added. */
  readonly blobs?: BlobStore;
}

/** Reads a module: the text's only `builtin.module`, or one made around the text's operations. */
export function parse(_text: string, _context: Context, _options: ParseOptions = {}): Operation {
  throw new Error("not there yet");
}
