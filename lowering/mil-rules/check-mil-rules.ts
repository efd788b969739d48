/**
 * The pass that checks MIL programs against what is known of the route to the engine: errors end the pipeline with the whole
 * list, what only some chip or author reports is a warning.
 */
import { defaultTarget, targetNames, targetOf } from "../../dialects/ane/index.ts";
import * as mil from "../../dialects/mil/index.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { pass } from "../../passes/pass.ts";
import { milFindings, type RuleFinding } from "./check.ts";
import { type MilRoute, milRoutes } from "./rule.ts";

export const routeOptions = {
  route: { doc: "how programs reach the engine", default: "e5rt", choices: milRoutes },
  target: { doc: "the engine that the program is for", default: defaultTarget, choices: targetNames },
} as const;

/** One error for all findings: the first, with the others as notes. */
export function findingsError(findings: readonly RuleFinding[]): DiagnosticError {
  const [first, ...others] = findings.map(({ error }) => error);
  return joinedErrors(first!, others);
}

/** One error for several: the first, with the others and their notes as its notes. */
export function joinedErrors(first: DiagnosticError, others: readonly DiagnosticError[]): DiagnosticError {
  const notes = others.flatMap(({ message, details: { notes: own = [], ...place } }) => [
    { message, ...place },
    ...own,
  ]);
  return new DiagnosticError(first.message, { ...first.origin, notes: [...(first.details.notes ?? []), ...notes] });
}

/** What the passes of this folder look at. */
export const milSubject = {
  operations: [mil.program.name],
  otherwise: "ane-to-mil makes one of each ane.program, and a .mil file or a Core ML model holds one",
};

export function routeOf(name: string): MilRoute {
  return name === "objc" ? "objc" : "e5rt";
}

export const checkMilRules = pass("check-mil-rules", {
  doc: "Checks MIL programs against the rules of a route to the engine and a chip (docs/mil-rules.md).",
  options: routeOptions,
  anchor: "builtin.module",
  subject: milSubject,
  run: (module, { warn }, { route, target }) => {
    const findings = milFindings(module, { route: routeOf(route), target: targetOf(target) });
    for (const { severity, operation, message, rule } of findings) {
      const sources = rule.sources.map(({ mark, where }) => `${where} [${mark}]`).join("; ");
      if (severity === "warning") warn(operation, `${message} (${sources})`);
    }
    const errors = findings.filter(({ severity }) => severity === "error");
    if (errors.length > 0) throw findingsError(errors);
    return false;
  },
});
