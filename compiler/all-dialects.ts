/**
 * All dialects that come with Anemone, as a plain list. Apart from the list of passes (registry.ts): who reads IR text needs
 * the dialects, and evaluating what lowers them takes a while.
 */
import { ane } from "../dialects/ane/index.ts";
import { fused } from "../dialects/fused/index.ts";
import { upstreamDialects } from "../dialects/index.ts";
import { mil } from "../dialects/mil/index.ts";
import { tensor } from "../dialects/tensor/index.ts";
import { Context, type ContextOptions, type Dialect } from "../ir/context.ts";

/** Every dialect of Anemone, upstream ones first. */
export const allDialects: readonly Dialect[] = [...upstreamDialects, tensor, fused, ane, mil];

/** A context of all dialects. */
export function defaultContext(options: ContextOptions = {}): Context {
  return new Context(allDialects, options);
}
