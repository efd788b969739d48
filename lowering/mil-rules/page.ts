/** The page `docs/mil-rules.md`, made from the table of rules. */
import { type MilRule, milRoutes, type RuleGroup, type TargetRange } from "./rule.ts";
import { ruleGroups } from "./rules/index.ts";

const marks: Readonly<Record<string, string>> = {
  V: "checked on files by this project",
  S: "stated by a named source from its own measurement or disassembly",
  I: "inferred",
  C: "contradicted by another source",
};

function targetsText(range: TargetRange | undefined): string {
  if (range === undefined) return "all";
  if ("only" in range) return range.only.join(", ");
  return "since" in range ? `from ${range.since} on` : `before ${range.before}`;
}

const cell = (text: string): string => text.replaceAll("|", "\\|");

function row(rule: MilRule): string {
  const { id, says, sources, routes, targets, severity = "error", workaround } = rule;
  const cells = [
    `\`${id}\``,
    says,
    routes?.join(", ") ?? "both",
    targetsText(targets),
    severity,
    workaround === undefined ? "" : `\`${workaround}\``,
    sources.map(({ mark, where }) => `[${mark}] ${where}`).join("; "),
  ];
  return `| ${cells.map(cell).join(" | ")} |`;
}

function section({ title, rules }: RuleGroup): string {
  const lines = [
    `## ${title}`,
    "",
    "| rule | what it says | route | chips | if broken | rewritten by | sources |",
    "|---|---|---|---|---|---|---|",
    ...rules.map(row),
  ];
  return lines.join("\n");
}

export function rulesPage(groups: readonly RuleGroup[] = ruleGroups): string {
  const count = groups.reduce((sum, { rules }) => sum + rules.length, 0);
  const intro = [
    "# Rules of the MIL route",
    "",
    "<!-- made from lowering/mil-rules/rules by the test beside it; change the rules, not this page -->",
    "",
    "What is known of programs on their way to the Neural Engine as MIL: limits, ops that fail, and how inputs and outputs are",
    "bound. A program is checked before it is written: `anemone opt FILE --check-mil-rules='route=e5rt target=h16s'`, and as a step",
    "of every compilation for the engine. What has a workaround is rewritten before that by `--mil-workarounds` with the same options.",
    "",
    `There are ${count} rules for ${milRoutes.length} routes: ${milRoutes.map((route) => `\`${route}\``).join(" (Espresso) and ")} (AppleNeuralEngine through Objective-C).`,
    `None has been tried on hardware by this project. Sources are marked: ${Object.entries(marks)
      .map(([mark, text]) => `[${mark}] ${text}`)
      .join("; ")}. What is contradicted only warns, for the route and the chips on which it was seen.`,
    "`driver-stack` and `aneforge` are the notes that the project keeps on the engine, by section; `ane-guide` is sbryngelson/ane-guide, edition 2.",
  ];
  return `${[intro.join("\n"), ...groups.map(section)].join("\n\n")}\n`;
}
