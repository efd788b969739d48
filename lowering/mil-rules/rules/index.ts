/** All rules of the MIL route, by theme. */
import type { MilRule, RuleGroup } from "../rule.ts";
import { availabilityRules } from "./availability.ts";
import { computationRules } from "./computation.ts";
import { movementRules } from "./movement.ts";
import { portRules } from "./ports.ts";
import { shapeRules } from "./shapes.ts";

export const ruleGroups: readonly RuleGroup[] = [
  portRules,
  shapeRules,
  availabilityRules,
  computationRules,
  movementRules,
];

export const milRules: readonly MilRule[] = ruleGroups.flatMap(({ rules }) => rules);
