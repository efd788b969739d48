/** `print`: operations to IR text. SKELETON. */
import type { Operation } from "../operation.ts";

export interface PrintOptions {
  /** Only the generic form, which any MLIR tool reads. */
  readonly generic?: boolean;
  /** Print `loc(…)` behind operations and block arguments. */
  readonly debugInfo?: boolean;
  /** With `debugInfo`, spell each location out instead of `loc(#loc1)`. */
  readonly localScope?: boolean;
  /** Print `dense<…>` of more elements than this as `dense_resource<__elided__>`. */
  readonly elideLargerThan?: number;
  /** Append the bytes of resources as `{-# dialect_resources … #-}`. */
  readonly inlineResources?: boolean;
  /** Keep the names that values came with. Default true. */
  readonly valueNames?: boolean;
}

export function print(_operation: Operation, _options: PrintOptions = {}): string {
  throw new Error("not there yet");
}
