/** What the protobuf library throws for damaged bytes, as people can use it. */
import { messageOf } from "../../../ir/diagnostic-error.ts";

const words: readonly (readonly [RegExp, string])[] = [
  [/^index out of range: (\d+) \+ (\d+) > (\d+)$/, "a field of $2 bytes at byte $1 goes beyond the end at byte $3"],
  [/^index out of range\b.*/, "a field goes beyond the end of the message that it is in"],
  [/^illegal buffer\b.*/, "it is no sequence of bytes"],
  [/^invalid varint encoding\b.*/, "a number takes more than the 10 bytes that numbers have"],
  [/^invalid (tag|length) encoding\b.*/, "a $1 is larger than any can be"],
  [/^illegal tag: field number (\d+).*/, "a field has the number $1, which none can have"],
  [/^invalid end group tag\b.*/, "a group of fields ends that was not begun"],
  [/^The encoded data was not valid for encoding utf-8.*/, "a text is not UTF-8"],
  [/^invalid wire type (\d+)(?: at offset (\d+))?.*/, "a field is encoded in the unknown way $1, before byte $2"],
];

/** The reason in an exception of the library; the text of any other as it is. */
export function wireFault(error: unknown): string {
  const text = messageOf(error);
  const known = words.find(([pattern]) => pattern.test(text));
  return known === undefined ? text : text.replace(known[0], known[1]);
}
