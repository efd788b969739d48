/**
 * The form of a rule of the MIL route: what it says, who says so, where it holds, and how it is checked. Rules are data; the
 * check, the page `docs/mil-rules.md` and the diagnostics all come from the one table of them (`rules/index.ts`).
 *
 * A source is marked with how far it can be trusted: V, checked on files by this project; S, stated by one who measured or
 * disassembled it; I, inferred; C, contradicted by another source. What is contradicted only warns, and only for the route and
 * the chips on which it was seen. Sections are those of the notes that the project keeps on the engine: `driver-stack` and
 * `aneforge`.
 */
import { type Generation, isSince, type Target } from "../../dialects/ane/index.ts";
import type * as mil from "../../dialects/mil/index.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import type { Statement } from "./statement.ts";

/** How a program reaches the engine: Espresso's C functions, or Objective-C messages to AppleNeuralEngine. */
export const milRoutes = ["e5rt", "objc"] as const;
export type MilRoute = (typeof milRoutes)[number];

/** What a program is checked for. */
export interface Facts {
  readonly route: MilRoute;
  readonly target: Target;
}

export interface RuleSource {
  readonly mark: "V" | "S" | "I" | "C";
  readonly where: string;
}
export const verified = (where: string): RuleSource => ({ mark: "V", where });
export const stated = (where: string): RuleSource => ({ mark: "S", where });
export const inferred = (where: string): RuleSource => ({ mark: "I", where });
export const contradicted = (where: string): RuleSource => ({ mark: "C", where });

/** What breaks a rule. Texts complete "expected …", "found …", and a sentence that says what to do. */
export interface Finding {
  readonly expected: string;
  readonly found: string;
  readonly instead: string;
  /** What it is about, where not the op or function that was checked. */
  readonly operation?: Operation;
}

/** Chips on which a rule holds: some by name, or those from or before a generation. */
export type TargetRange =
  | { readonly only: readonly string[] }
  | { readonly since: Generation }
  | { readonly before: Generation };

interface RuleParts {
  readonly id: string;
  /** The rule as a sentence. */
  readonly says: string;
  readonly sources: readonly RuleSource[];
  /** Default: both. */
  readonly routes?: readonly MilRoute[];
  /** Default: all. */
  readonly targets?: TargetRange;
  /** Default: error. */
  readonly severity?: "error" | "warning";
  /** The rewrite of `mil-workarounds` that turns programs which break the rule into ones which do not. */
  readonly workaround?: string;
}

/** Checked on each op of these names (`any`: each op). */
export interface StatementRule extends RuleParts {
  readonly ops: readonly string[] | "any";
  readonly check: (statement: Statement, facts: Facts) => Finding | undefined;
}

export interface Port {
  readonly name: string;
  readonly value: Value;
}

/** A function that a device runs, with its surroundings. */
export interface FunctionView {
  readonly program: mil.ProgramOperation;
  readonly main: mil.MilFunction;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly statements: readonly Statement[];
}

/** Checked on the function as a whole. */
export interface FunctionRule extends RuleParts {
  readonly checkFunction: (view: FunctionView, facts: Facts) => readonly Finding[] | Finding | undefined;
}

export type MilRule = StatementRule | FunctionRule;

/** Rules by theme, as the page lists them. */
export interface RuleGroup {
  readonly title: string;
  readonly rules: readonly MilRule[];
}

function includesTarget(range: TargetRange | undefined, target: Target): boolean {
  if (range === undefined) return true;
  if ("only" in range) return range.only.includes(target.name);
  return "since" in range ? isSince(target, range.since) : !isSince(target, range.before);
}

export function appliesTo(rule: MilRule, { route, target }: Facts): boolean {
  return (rule.routes?.includes(route) ?? true) && includesTarget(rule.targets, target);
}

export const shapeText = (shape: readonly number[] | undefined): string => `[${(shape ?? []).join(", ")}]`;
