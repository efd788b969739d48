/** Strings as MIL text writes them: with C's escapes, other characters as they are. */
import { bytesOfText, textOfBytes } from "../../../ir/quoted.ts";

const shortEscapes: Readonly<Record<string, string>> = {
  "\\": "\\",
  '"': '"',
  "'": "'",
  "?": "?",
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** A string in quotes. Control characters without a short escape are written by their three octal digits, which no digit behind them can join. */
export function quotedText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
  if (!/["\\\x00-\x1f\x7f]/.test(text)) return `"${text}"`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
  const escaped = text.replaceAll(/["\\\x00-\x1f\x7f]/g, (found) => {
    if (found === '"' || found === "\\") return `\\${found}`;
    if (found === "\n") return "\\n";
    if (found === "\t") return "\\t";
    if (found === "\r") return "\\r";
    return `\\${found.charCodeAt(0).toString(8).padStart(3, "0")}`;
  });
  return `"${escaped}"`;
}

/**
 * The text of a string in quotes. `\101` and `\x41` are bytes of UTF-8, `\u0041` is a character.
 *
 * @returns the text, or the position in `source` of an escape that does not exist
 */
export function unquotedText(source: string): string | { readonly wrongEscape: number } {
  const inner = source.slice(1, -1);
  if (!inner.includes("\\")) return inner;
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const found of inner.matchAll(/\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|(.))/gs)) {
    const [whole, octal, hexadecimal, unicode, letter = ""] = found;
    parts.push(bytesOfText(inner.slice(at, found.index)));
    at = found.index + whole.length;
    if (octal !== undefined) parts.push(Uint8Array.of(Number.parseInt(octal, 8)));
    else if (hexadecimal !== undefined) parts.push(Uint8Array.of(Number.parseInt(hexadecimal, 16)));
    else if (unicode !== undefined) parts.push(bytesOfText(String.fromCharCode(Number.parseInt(unicode, 16))));
    else {
      const meant = Object.hasOwn(shortEscapes, letter) ? shortEscapes[letter] : undefined;
      if (meant === undefined) return { wrongEscape: found.index + 1 };
      parts.push(bytesOfText(meant));
    }
  }
  parts.push(bytesOfText(inner.slice(at)));
  return textOfBytes(Buffer.concat(parts));
}
