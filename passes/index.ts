/** Passes for users: the pass API, pipelines, the pass manager, and the generic passes. */

export { canonicalize } from "./canonicalize.ts";
export { constantFold } from "./constant-fold.ts";
export { cse } from "./cse.ts";
export { dce, symbolDce } from "./dce.ts";
export * from "./manager/index.ts";
export { reconcileUnrealizedCasts } from "./reconcile-unrealized-casts.ts";

import { canonicalize } from "./canonicalize.ts";
import { constantFold } from "./constant-fold.ts";
import { cse } from "./cse.ts";
import { dce, symbolDce } from "./dce.ts";
import type { AnyPass } from "./pass.ts";
import { reconcileUnrealizedCasts } from "./reconcile-unrealized-casts.ts";

/** The passes that know no dialect. */
export const genericPasses: readonly AnyPass[] = [
  canonicalize,
  constantFold,
  cse,
  dce,
  symbolDce,
  reconcileUnrealizedCasts,
];
