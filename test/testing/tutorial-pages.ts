/**
 * For tests of the tutorial: what a reader who follows a page does, in order. A block of TypeScript names its file in its
 * first line (`// ops.ts`; `, continued`: below what is there; `, from chapter 2`: shown again); a `diff` block changes lines of the file that it
 * names; other files (`.mlir`, `.json`) are named last in the paragraph above their text; commands are run.
 */
import { type CodeBlock, codeBlocks, type ShownCommand, shownCommands } from "./documentation.ts";

export type Step =
  | { readonly kind: "write"; readonly file: string; readonly text: string; readonly line: number }
  | {
      readonly kind: "append" | "repeat" | "change";
      readonly file: string;
      readonly text: string;
      readonly line: number;
    }
  /** IR text that is no file: it must be read all the same. */
  | { readonly kind: "sample"; readonly text: string; readonly line: number }
  | { readonly kind: "command"; readonly command: ShownCommand; readonly line: number };

export function stepsOf(markdown: string): readonly Step[] {
  const lines = markdown.split("\n");
  const commands = shownCommands(markdown);
  return codeBlocks(markdown).flatMap((block): Step[] => {
    const { language, line } = block;
    if (language === "console")
      return commands
        .filter((command) => command.line === line)
        .map((command) => ({ kind: "command" as const, command, line }));
    if (language === "ts" || language === "diff") return [namedInside(block)];
    if (language === "text" || language === "") return [];
    if (language !== "mlir" && language !== "json")
      throw new Error(`line ${line}: nothing is done with a ${language} block`);
    const file = nameAbove(lines, line);
    if (file !== undefined) return [{ kind: "write", file, text: block.text, line }];
    if (language === "json") throw new Error(`line ${line}: the paragraph above names no file`);
    return [{ kind: "sample", text: block.text, line }];
  });
}

function namedInside({ language, text, line }: CodeBlock): Step {
  const [title = "", ...rest] = text.split("\n");
  const [, file, how] = /^\/\/ ([\w./-]+\.ts)(, continued|, from chapter \d+)?$/.exec(title) ?? [];
  if (file === undefined) throw new Error(`line ${line}: the block does not begin with the name of its file`);
  const body = rest.join("\n");
  if (language === "diff") return { kind: "change", file, text: body, line };
  const kind = how === undefined ? "write" : how === ", continued" ? "append" : "repeat";
  return { kind, file, text: body, line };
}

/** The file that the paragraph above a line's fence names last. */
function nameAbove(lines: readonly string[], fence: number): string | undefined {
  let end = fence - 1;
  while (lines[end - 1] === "") end--;
  let start = end;
  while (start > 0 && lines[start - 1] !== "") start--;
  const paragraph = lines.slice(start, end).join(" ");
  return [...paragraph.matchAll(/`([\w./-]+\.(?:mlir|json))`/g)].at(-1)?.[1];
}

/** The text of a file after a step that is about it. Empty lines separate the changes of a `diff` block. */
export function applied(before: string | undefined, step: Exclude<Step, { kind: "sample" | "command" }>): string {
  const { kind, file, text, line } = step;
  if (kind === "write") {
    if (before !== undefined) throw new Error(`line ${line}: ${file} is there already`);
    return `${text}\n`;
  }
  if (before === undefined) throw new Error(`line ${line}: ${file} is not there yet`);
  if (kind === "append") return `${before}\n${text}\n`;
  if (kind === "repeat") {
    if (!before.includes(text)) throw new Error(`line ${line}: ${file} does not hold these lines`);
    return before;
  }
  let after = before;
  for (const change of text.split("\n\n")) {
    const side = (mark: string) =>
      change
        .split("\n")
        .filter((each) => each.startsWith(" ") || each.startsWith(mark))
        .map((each) => `${each.slice(1)}\n`)
        .join("");
    const parts = after.split(side("-"));
    if (parts.length !== 2)
      throw new Error(`line ${line}: ${file} has these lines ${parts.length - 1} times:\n${side("-")}`);
    after = parts.join(side("+"));
  }
  return after;
}
