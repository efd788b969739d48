/**
 * The pass that writes what is known to fail on the way to the engine another way. Each pattern belongs to a rule (docs/mil-rules.md),
 * which finds nothing any more where the pattern has been.
 */
import { targetOf } from "../../dialects/ane/index.ts";
import * as mil from "../../dialects/mil/index.ts";
import type { Operation } from "../../ir/operation.ts";
import { applyPatternsGreedily } from "../../ir/rewrite/greedy-driver.ts";
import type { Pattern } from "../../ir/rewrite/pattern.ts";
import { pass } from "../../passes/pass.ts";
import { milSubject, routeOf, routeOptions } from "./check-mil-rules.ts";
import type { Facts } from "./rule.ts";
import { functionPatterns } from "./workarounds/functions.ts";
import { movementPatterns } from "./workarounds/movement.ts";
import { productPatterns } from "./workarounds/products.ts";
import { withBuildInfo, withComputedOutputs, withSortedPorts } from "./workarounds/program.ts";

/** The patterns for a route and chip. */
export function workaroundPatterns(facts: Facts): readonly Pattern[] {
  return [...functionPatterns, ...productPatterns(facts), ...movementPatterns(facts)];
}

/** Workarounds on whole functions, by the name that their rules give them. */
export const functionWorkarounds = ["build-info", "computed-outputs", "port-order"] as const;

export const milWorkarounds = pass("mil-workarounds", {
  doc: "Writes what is known to fail on the way to the engine another way (docs/mil-rules.md).",
  options: routeOptions,
  exactness: "the same up to rounding",
  anchor: "builtin.module",
  subject: milSubject,
  run: (module, { context }, { route, target }) => {
    const facts: Facts = { route: routeOf(route), target: targetOf(target) };
    const programs: mil.ProgramOperation[] = [];
    const calls: Operation[] = [];
    module.walk((operation) => {
      if (mil.program.matches(operation)) programs.push(operation);
      if (mil.call.matches(operation)) calls.push(operation);
    });
    const patterns = workaroundPatterns(facts);
    let changed = false;
    for (const program of programs) {
      changed = applyPatternsGreedily(program, patterns, context, { fold: false }).changed || changed;
      const main = mil.mainOf(program);
      if (main !== undefined) changed = withComputedOutputs(main) || changed;
      changed = withBuildInfo(program) || changed;
      if (facts.route === "objc") changed = withSortedPorts(program, calls) || changed;
    }
    return changed;
  },
});
