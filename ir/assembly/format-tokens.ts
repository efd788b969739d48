/** Splits an assembly format into its tokens. */

export interface FormatToken {
  /** A literal stood in backticks, a variable behind `$`; both without these. */
  readonly kind: "literal" | "variable" | "word" | "punctuation";
  readonly text: string;
}

const token =
  /\s*(?:`(?<literal>[^`]*)`|\$(?<variable>[A-Za-z_][A-Za-z0-9_]*)|(?<word>[a-z][a-z-]*)|(?<punctuation>[()?:^,<>]))/y;

export function tokenizeFormat(format: string, error: (message: string) => Error): FormatToken[] {
  const tokens: FormatToken[] = [];
  const text = format.trimEnd();
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const groups = token.exec(text)?.groups;
    if (groups === undefined) throw error(`cannot read '${text.slice(at, at + 20)}'`);
    const { literal, variable, word, punctuation } = groups;
    if (literal !== undefined) tokens.push({ kind: "literal", text: literal });
    else if (variable !== undefined) tokens.push({ kind: "variable", text: variable });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else tokens.push({ kind: "punctuation", text: punctuation ?? "" });
  }
  return tokens;
}
