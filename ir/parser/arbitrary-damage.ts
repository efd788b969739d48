/** For tests: random damage to a text: characters deleted, and pieces of the syntax put in or in place of one. */
import fc from "fast-check";

export interface Damage {
  /** Taken modulo the length of the text. */
  readonly at: number;
  readonly kind: "delete" | "insert" | "replace";
  readonly piece: string;
}

const pieces = [
  ...'<>(){}[]"-:,=#!%@^1x?*\\\né',
  "0x",
  "99999999999",
  "loc",
  "dense",
  "i32",
  "->",
  "//",
  "affine_map<",
  "::",
] as const;

export const damages: fc.Arbitrary<readonly Damage[]> = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom("delete", "insert", "replace"),
    piece: fc.constantFrom(...pieces),
  }),
  { minLength: 1, maxLength: 3 },
);

export function damaged(text: string, list: readonly Damage[]): string {
  let result = text;
  for (const { at, kind, piece } of list) {
    const place = at % result.length;
    const end = kind === "insert" ? place : place + 1;
    result = result.slice(0, place) + (kind === "delete" ? "" : piece) + result.slice(end);
  }
  return result;
}
