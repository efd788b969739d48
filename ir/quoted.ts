/** Names and strings as MLIR spells them. */

/** What may be written without quotes. */
export const bareIdentifier = /^[A-Za-z_][A-Za-z0-9_$.]*$/;

/** Printable ASCII without quotes and backslashes. */
const plainText = /^[ !#-[\]-~]*$/;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Where bytes that are no UTF-8 stand in a string: half a surrogate pair each, which no text has alone. */
const strayByte = 0xdc00;

/** The string of bytes that should be UTF-8. Bytes that are not are kept, each as a lone surrogate, U+DC80 to U+DCFF. */
export function textOfBytes(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return textWithStrayBytes(bytes);
  }
}

/** As long a prefix as is UTF-8, then one stray byte, and so on. */
function textWithStrayBytes(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at]!;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    let piece: string | undefined;
    try {
      piece = at + length > bytes.length ? undefined : decoder.decode(bytes.subarray(at, at + length));
    } catch {
      piece = undefined;
    }
    text += piece ?? String.fromCharCode(strayByte + lead);
    at += piece === undefined ? 1 : length;
  }
  return text;
}

/** The inverse of `textOfBytes`: the bytes of a string in UTF-8, stray bytes as they were. */
export function bytesOfText(text: string): Uint8Array {
  if (!/[\uDC80-\uDCFF]/.test(text)) return encoder.encode(text);
  const parts = text.split(/(?<![\uD800-\uDBFF])([\uDC80-\uDCFF])/);
  return Uint8Array.from(
    parts.flatMap((part, position) =>
      position % 2 === 1 ? [part.charCodeAt(0) - strayByte] : [...encoder.encode(part)],
    ),
  );
}

/** An MLIR string literal; anything but printable ASCII is a `\XX` byte escape of its UTF-8 form (or of a byte that is none). */
export function quoted(text: string): string {
  if (plainText.test(text)) return `"${text}"`;
  let result = '"';
  for (const byte of bytesOfText(text)) {
    if (byte === 0x22 || byte === 0x5c) result += `\\${String.fromCharCode(byte)}`;
    else if (byte >= 0x20 && byte < 0x7f) result += String.fromCharCode(byte);
    else result += `\\${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return `${result}"`;
}
