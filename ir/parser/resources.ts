/**
 * Reads `{-# dialect_resources: { builtin: { key: "0x04000000…" } } #-}`: bytes in hexadecimal, behind four bytes that give
 * their alignment. Sections and dialects other than this one are skipped.
 */
import { type Blob, contentKey } from "../blob.ts";
import type { TextParser } from "./text-parser.ts";

export const sectionStart = "{-#";
const sectionEnd = "#-}";

export interface ResourceSection {
  /** Blobs by the key that this text uses. */
  readonly blobs: ReadonlyMap<string, Blob>;
  /** The offset behind the section. */
  readonly end: number;
}

export function readResourceSection(parser: TextParser): ResourceSection {
  const blobs = new Map<string, Blob>();
  parser.expect(sectionStart);
  if (!parser.peek(sectionEnd)) parser.commaSeparated(() => readEntry(parser, [], blobs));
  parser.expect(sectionEnd, "to close this section");
  return { blobs, end: parser.offset };
}

/** `key: value`, where a value is a string, a word or a group of entries. */
function readEntry(parser: TextParser, path: readonly string[], blobs: Map<string, Blob>): void {
  if (path.length > 8) throw parser.error("resources are nested too deep");
  const key = parser.parseOptionalString() ?? parser.keyword("a key");
  parser.expect(":");
  if (parser.peek("{")) {
    parser.delimited("{", "}", () => readEntry(parser, [...path, key], blobs));
    return;
  }
  const at = parser.offset;
  const text = parser.parseOptionalString();
  if (text === undefined) parser.keyword("a resource value");
  else if (path[0] === "dialect_resources" && path[1] === "builtin") blobs.set(key, blobOfHex(parser, key, text, at));
}

const alignmentBytes = 4;

function blobOfHex(parser: TextParser, key: string, text: string, at: number): Blob {
  const hex = text.startsWith("0x") ? text.slice(2) : "";
  const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
  if (hex.length < 2 * alignmentBytes || bytes.length * 2 !== hex.length) {
    throw parser.error(`resource '${key}' is not a string of hexadecimal bytes with an alignment in front`, at);
  }
  const content = bytes.slice(alignmentBytes);
  return { key: keyOfContent(key, content), bytes: content };
}

/** The key itself if it already names this content, else one that does: equal keys must mean equal bytes. */
function keyOfContent(key: string, bytes: Uint8Array): string {
  const suffix = contentKey(bytes, "").slice(1);
  return key.endsWith(`_${suffix}`) ? key : contentKey(bytes, key);
}
