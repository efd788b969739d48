/** How two elements combine, in the ops that combine many. */
import { dialectEnumAttribute } from "../../ir/constraints.ts";

export const combiningKinds = [
  "add",
  "mul",
  "minui",
  "minsi",
  "minnumf",
  "maxui",
  "maxsi",
  "maxnumf",
  "and",
  "or",
  "xor",
  "maximumf",
  "minimumf",
] as const;
export type CombiningKind = (typeof combiningKinds)[number];
export const combiningKindAttribute = dialectEnumAttribute("vector", "kind", combiningKinds);
