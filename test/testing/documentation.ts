/** For tests of documentation: the blocks of a Markdown page, and whether an output is what a page shows. */

export interface CodeBlock {
  /** `ts`, `console`, … */
  readonly language: string;
  /** What follows the language. */
  readonly info: string;
  readonly text: string;
  /** The line of its first fence. */
  readonly line: number;
}

/** The fenced blocks of a page. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  const found: CodeBlock[] = [];
  const lines = markdown.split("\n");
  for (let start = 0; start < lines.length; start++) {
    const fence = /^```(\w*) ?(.*)$/.exec(lines[start]!);
    if (fence === null) continue;
    const length = lines.slice(start + 1).indexOf("```");
    if (length < 0) throw new Error(`the block at line ${start + 1} is not closed`);
    const text = lines.slice(start + 1, start + 1 + length).join("\n");
    found.push({ language: fence[1]!, info: fence[2]!, text, line: start + 1 });
    start += length + 1;
  }
  return found;
}

/** A command of a `console` block with the output that it shows; undefined where it shows none. */
export interface ShownCommand {
  readonly command: string;
  readonly output: string | undefined;
  /** The exit status that the block's info states (`exit=1`); 0 unless stated. */
  readonly status: number;
  readonly line: number;
}

export function shownCommands(markdown: string): readonly ShownCommand[] {
  return codeBlocks(markdown)
    .filter(({ language }) => language === "console")
    .flatMap(({ text, info, line }) => {
      const status = Number(/exit=(\d+)/.exec(info)?.[1] ?? 0);
      return text
        .split(/^\$ /m)
        .slice(1)
        .map((part): ShownCommand => {
          const cut = part.indexOf("\n");
          const command = cut < 0 ? part : part.slice(0, cut);
          const output = cut < 0 ? "" : part.slice(cut + 1).trimEnd();
          return { command, output: output === "" ? undefined : output, status, line };
        });
    });
}

/** A pattern for a shown output: `…` alone on a line stands for any lines, and within a line for any text. */
export function shownPattern(output: string): RegExp {
  const literally = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const lines = output.split("\n").map((line) => {
    if (line === "…") return "(?:.*\\n)*?";
    return `${line.trimEnd().split("…").map(literally).join(".*")}[^\\S\\n]*\\n`;
  });
  return new RegExp(`^${lines.join("")}$`);
}
