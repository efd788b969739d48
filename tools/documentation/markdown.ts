/** Facts about ops and passes as Markdown. */
import type { AttributeFacts, DialectFacts, OperationFacts, OptionFacts, PassFacts, ValueFacts } from "./facts.ts";

/** Inside a cell of a table. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ").trim();
}

/** Text of people in which `<…>` must not become HTML, and stars no emphasis. */
function prose(text: string): string {
  return text.replaceAll(/`[^`]*`|[<>*]|(?<!\w)_|_(?!\w)/g, (found) => (found.length > 1 ? found : `\\${found}`));
}

function code(text: string): string {
  if (text === "") return '`""`';
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(heads), `|${heads.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

const arities = { one: "", optional: "optional; ", variadic: "any number; each ", default: "" } as const;

function valueRow({ name, arity, constraint, variable }: ValueFacts): readonly string[] {
  const shared = variable === undefined ? "" : ` (type ${code(variable)})`;
  return [code(`%${name}`), `${arities[arity]}${prose(constraint)}${shared}`];
}

function attributeRow({ name, arity, constraint, default: value }: AttributeFacts): readonly string[] {
  const presence = arity === "optional" ? "optional; " : "";
  const fallback = value === undefined ? "" : `; default ${code(value)}`;
  return [code(name), `${presence}${prose(constraint)}${fallback}`];
}

function partsTable(facts: OperationFacts): string {
  const rows: (readonly string[])[] = [];
  const add = (kind: string, cells: readonly string[]) => rows.push([kind, ...cells]);
  for (const each of facts.operands) add("operand", valueRow(each));
  for (const each of facts.attributes) add("attribute", attributeRow(each));
  for (const { name, arity } of facts.regions) add("region", [code(name), arity === "variadic" ? "any number" : ""]);
  for (const { name, arity } of facts.successors) {
    add("successor", [code(`^${name}`), arity === "variadic" ? "any number" : ""]);
  }
  for (const each of facts.results) add("result", valueRow(each));
  return table(["", "name", "what it is"], rows);
}

function listLine(title: string, words: readonly string[]): string {
  return words.length === 0 ? "" : `- ${title}: ${words.map(code).join(", ")}`;
}

function paragraphs(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n\n");
}

function lines(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n");
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}

/** An op's documentation below its heading. */
export function operationMarkdown(facts: OperationFacts): string {
  return paragraphs([
    prose(facts.summary),
    prose(facts.description),
    fenced("text", facts.syntax),
    partsTable(facts),
    lines([
      listLine("Traits", facts.traits),
      listLine("Interfaces", facts.interfaces),
      listLine("Stands directly inside", facts.parents),
      listLine("Canonicalization", facts.canonicalization),
    ]),
    facts.example === undefined ? "" : `Example:\n\n${fenced("mlir", facts.example)}`,
  ]);
}

function symbolSection(title: string, sigil: string, facts: DialectFacts, list: DialectFacts["types"]): string {
  if (list.length === 0) return "";
  const rows = list.map(({ mnemonic, doc }) => [code(`${sigil}${facts.name}.${mnemonic}`), prose(doc)]);
  return `## ${title}\n\n${table(["", "what it is"], rows)}`;
}

/** The anchor that Markdown viewers give a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}

export function dialectMarkdown(facts: DialectFacts): string {
  const rows = facts.operations.map(({ name, summary }) => [`[${code(name)}](#${anchorOf(name)})`, prose(summary)]);
  return `${paragraphs([
    `# Dialect ${code(facts.name)}`,
    prose(facts.doc),
    symbolSection("Types", "!", facts, facts.types),
    symbolSection("Attributes", "#", facts, facts.attributes),
    rows.length === 0 ? "" : `## Operations\n\n${table(["", "what it does"], rows)}`,
    ...facts.operations.map((each) => `### ${code(each.name)}\n\n${operationMarkdown(each)}`),
  ])}\n`;
}

function optionRow({ name, type, default: value, choices, empty, doc }: OptionFacts): readonly string[] {
  const orEmpty = empty === undefined ? "" : `; or empty for ${empty}`;
  const words = choices.length === 0 ? "" : ` (one of ${choices.map(code).join(", ")}${orEmpty})`;
  return [code(name), type, value === "" ? "none" : code(value), `${prose(doc)}${words}`];
}

function passMarkdown(facts: PassFacts): string {
  return paragraphs([
    `## ${code(facts.name)}`,
    prose(facts.summary),
    prose(facts.description),
    table(["option", "type", "default", "what it does"], facts.options.map(optionRow)),
    lines([
      facts.anchor === undefined ? "- Runs on: any operation" : `- Runs on: ${code(facts.anchor)}`,
      `- Exactness: ${prose(facts.exactness)}`,
      listLine("Requires", facts.requires),
      listLine("Establishes", facts.establishes),
      listLine("Invalidates", facts.invalidates),
      listLine("Preserves the analyses", facts.preserves),
    ]),
    table(
      ["statistic", "what it counts"],
      facts.statistics.map(({ name, doc }) => [code(name), prose(doc)]),
    ),
  ]);
}

export function passesMarkdown(passes: readonly PassFacts[]): string {
  const rows = passes.map(({ name, summary }) => [`[${code(name)}](#${anchorOf(name)})`, prose(summary)]);
  return `${paragraphs([
    "# Passes",
    "In the order in which a program meets them. A pipeline names them with their options: " +
      "`builtin.module(PASS{OPTION=VALUE},func.func(PASS,PASS))`.",
    table(["", "what it does"], rows),
    ...passes.map(passMarkdown),
  ])}\n`;
}

export function indexMarkdown(dialects: readonly DialectFacts[], passes: readonly PassFacts[]): string {
  const rows = dialects.map(({ name, doc, operations }) => [
    `[${code(name)}](dialects/${name}.md)`,
    prose(doc),
    `${operations.length}`,
  ]);
  const parts = [
    "# Reference",
    "Written by `anemone docs` from the declarations: change those, not these pages.",
    rows.length === 0 ? "" : `## Dialects\n\n${table(["", "what it holds", "operations"], rows)}`,
    passes.length === 0
      ? ""
      : `## Passes\n\n${table(
          ["", "what it does"],
          passes.map(({ name, summary }) => [`[${code(name)}](passes.md#${anchorOf(name)})`, prose(summary)]),
        )}`,
    rows.length === 0
      ? ""
      : paragraphs([
          "## How to read the syntax",
          "`%name` stands for an operand or a result, `$name` for an attribute, `{ name }` for a region, `^name` for a block. " +
            "`( … )?` may be left out, `( a | b )` is one of the two, `, …` repeats. `attr-dict` is the dictionary of further " +
            'attributes, `{key = value}`, and may be left out too. Every op can also be written in the generic form, `"dialect.op"(…) : (…) -> (…)`.',
        ]),
  ];
  return `${paragraphs(parts)}\n`;
}
