/** Checking MIL programs against the rules: which ones apply, and what they find as diagnostics. */
import * as mil from "../../dialects/mil/index.ts";
import type { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { nameOf } from "../../ir/location.ts";
import type { Operation } from "../../ir/operation.ts";
import {
  appliesTo,
  type Facts,
  type Finding,
  type FunctionRule,
  type FunctionView,
  type MilRule,
  type StatementRule,
} from "./rule.ts";
import { noPath } from "./rules/availability.ts";
import { milRules } from "./rules/index.ts";
import { Statement } from "./statement.ts";

/** A rule that a program breaks, and where. */
export interface RuleFinding {
  readonly rule: MilRule;
  readonly severity: "error" | "warning";
  readonly finding: Finding;
  /** What it is about. */
  readonly operation: Operation;
  /** What was expected and found, what to do, and the rule. */
  readonly message: string;
  /** The same with the op's name and place, and the rule's text and sources as a note. */
  readonly error: DiagnosticError;
}

/** A program's function `main` with what rules look at; undefined where it has none. */
export function functionView(program: mil.ProgramOperation): FunctionView | undefined {
  const main = mil.mainOf(program);
  const block = main?.body.entry;
  if (main === undefined || block === undefined) return undefined;
  const { operations } = block;
  const returned = block.last?.operands ?? [];
  return {
    program,
    main,
    inputs: block.arguments.map((value, position) => ({ name: main.input_names[position] ?? `${position}`, value })),
    outputs: returned.map((value, position) => ({ name: main.output_names[position] ?? `${position}`, value })),
    statements: operations.filter((each) => each !== block.last).map((each) => new Statement(each)),
  };
}

/** The rules for a route and chip, by the ops that they look at. */
class Applicable {
  readonly functionRules: readonly FunctionRule[];
  readonly #everywhere: readonly StatementRule[];
  readonly #byOp = new Map<string, readonly StatementRule[]>();

  constructor(facts: Facts, rules: readonly MilRule[]) {
    const applicable = rules.filter((rule) => appliesTo(rule, facts));
    this.functionRules = applicable.filter((rule) => "checkFunction" in rule);
    const statementRules = applicable.filter((rule) => "check" in rule);
    this.#everywhere = statementRules.filter((rule) => rule.ops === "any");
    for (const rule of statementRules) {
      if (rule.ops === "any") continue;
      for (const name of rule.ops) this.#byOp.set(name, [...(this.#byOp.get(name) ?? []), rule]);
    }
  }

  *rulesFor(mnemonic: string): Generator<StatementRule> {
    yield* this.#everywhere;
    yield* this.#byOp.get(mnemonic) ?? [];
  }
}

function described(rule: MilRule, finding: Finding, operation: Operation, facts: Facts): RuleFinding {
  const { expected, found, instead } = finding;
  const subject = new Statement(operation);
  // Its place may be a name, which the error says.
  const isNamed = operation.results.length > 0 && nameOf(operation.location) !== subject.name;
  const sources = rule.sources.map(({ mark, where }) => `${where} [${mark}]`).join("; ");
  const message = `${isNamed ? `"${subject.name}" ` : ""}breaks the rule ${rule.id}: expected ${expected}, found ${found}; ${instead}`;
  const error = operation.error(message, [
    { message: `${rule.says} Source: ${sources}. Checked for route ${facts.route}, target ${facts.target.name}.` },
  ]);
  return { rule, severity: rule.severity ?? "error", finding, operation, message, error };
}

/** Everything in one function that breaks a rule, in the order of the program. */
export function functionFindings(
  view: FunctionView,
  facts: Facts,
  rules: readonly MilRule[] = milRules,
): readonly RuleFinding[] {
  const applicable = new Applicable(facts, rules);
  const findings: RuleFinding[] = [];
  for (const rule of applicable.functionRules) {
    const found = rule.checkFunction(view, facts);
    for (const finding of [found ?? []].flat()) {
      findings.push(described(rule, finding, finding.operation ?? view.main, facts));
    }
  }
  for (const statement of view.statements) {
    if (statement.mnemonic === "const") continue;
    for (const rule of applicable.rulesFor(statement.mnemonic)) {
      const finding = rule.check(statement, facts);
      if (finding !== undefined)
        findings.push(described(rule, finding, finding.operation ?? statement.operation, facts));
    }
  }
  return findings;
}

/** Everything in a module's MIL programs that breaks a rule of a route and target. */
export function milFindings(
  module: Operation,
  facts: Facts,
  rules: readonly MilRule[] = milRules,
): readonly RuleFinding[] {
  const programs: mil.ProgramOperation[] = [];
  module.walk((operation) => {
    if (mil.program.matches(operation)) programs.push(operation);
  });
  return programs.flatMap((program) => {
    const view = functionView(program);
    return view === undefined ? [] : functionFindings(view, facts, rules);
  });
}

/** An error for each op in a module's MIL programs that no engine has. */
export function missingOps(module: Operation, facts: Facts): readonly DiagnosticError[] {
  return milFindings(module, facts, [noPath]).map(({ error }) => error);
}
