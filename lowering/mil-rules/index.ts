/** What is known of MIL programs on their way to the engine: rules, their check, and workarounds as rewrites. */
export { functionFindings, functionView, milFindings, missingOps, type RuleFinding } from "./check.ts";
export { checkMilRules, findingsError, joinedErrors } from "./check-mil-rules.ts";
export { functionWorkarounds, milWorkarounds, workaroundPatterns } from "./mil-workarounds.ts";
export { rulesPage } from "./page.ts";
export {
  appliesTo,
  type Facts,
  type Finding,
  type FunctionView,
  type MilRoute,
  type MilRule,
  milRoutes,
} from "./rule.ts";
export { milRules, ruleGroups } from "./rules/index.ts";
