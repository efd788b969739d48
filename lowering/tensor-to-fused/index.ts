/** From tensor ops to tasks, and back. */
export { aneRules, assignSlots, type Slot, slots } from "./ane-rules.ts";
export { cpuRules } from "./cpu-rules.ts";
export { expandFused } from "./expand-fused.ts";
export { Group, GroupGraph } from "./group-graph.ts";
export { activationPatterns } from "./recognise-activations.ts";
export { normPatterns } from "./recognise-norms.ts";
export type { FusionRule, FusionRules, Proposal, Verdict } from "./rules.ts";
export { tensorToFused } from "./tensor-to-fused.ts";
