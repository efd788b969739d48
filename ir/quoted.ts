/** Names and strings as MLIR spells them. */

/** What may be written without quotes. */
export const bareIdentifier = /^[A-Za-z_][A-Za-z0-9_$.]*$/;

/** Printable ASCII without quotes and backslashes. */
const plainText = /^[ !#-[\]-~]*$/;

/** An MLIR string literal; anything but printable ASCII is a `\XX` byte escape of its UTF-8 form. */
export function quoted(text: string): string {
  if (plainText.test(text)) return `"${text}"`;
  let result = '"';
  for (const byte of new TextEncoder().encode(text)) {
    if (byte === 0x22 || byte === 0x5c) result += `\\${String.fromCharCode(byte)}`;
    else if (byte >= 0x20 && byte < 0x7f) result += String.fromCharCode(byte);
    else result += `\\${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return `${result}"`;
}
