/**
 * Text that is almost IR: a program with one token left out, replaced, or the rest cut off. Whoever reads it must end in a
 * diagnostic or in a program that can be verified, and, if it is right, written and read back.
 */
const tokens = /"(?:[^"\\]|\\.)*"|->|[%@#!^]?[\w.$-]+|\s+|./gsu;

/** What takes the place of a token, in turn. */
const hostile = ["%nothing", "-7", '"text"', "]", "tensor<2x3xf32>", "@name", "99999999999999999999", "", "loc", "{"];

export interface Damage {
  readonly what: string;
  readonly text: string;
}

/** Damages of `text` behind `from` (an offset), three for each of up to `limit` tokens. */
export function* damagesOf(text: string, from = 0, limit = 80): Generator<Damage> {
  let position = 0;
  for (const match of text.slice(from).matchAll(tokens)) {
    const [token] = match;
    if (token.trim() === "") continue;
    if (++position > limit) return;
    const start = from + match.index;
    const end = start + token.length;
    const replacement = hostile[position % hostile.length]!;
    yield { what: `without '${token}'`, text: text.slice(0, start) + text.slice(end) };
    yield { what: `'${replacement}' for '${token}'`, text: text.slice(0, start) + replacement + text.slice(end) };
    yield { what: `cut before '${token}'`, text: text.slice(0, start) };
  }
}
