/** All rules by op. An op without one stays off the engine, with the reason. */
import type { AnyDefinition } from "../../../ir/context.ts";
import type { Rule } from "../session.ts";
import { computeRules } from "./compute.ts";
import { elementwiseRules } from "./elementwise.ts";
import { movementRules } from "./movement.ts";

export { reasonWithoutRule } from "./movement.ts";
export const engineRulesByOp: ReadonlyMap<AnyDefinition, Rule> = new Map([
  ...computeRules,
  ...elementwiseRules,
  ...movementRules,
]);
