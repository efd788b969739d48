/**
 * Autorelease pools for C functions with Objective-C behind them, such as Espresso's: what they autorelease on a thread without
 * a pool lives until the process ends. (A thread of a run loop has one; Bun's has none.)
 */
import { type BoundFunctions, bindFunctions } from "./foreign-table.ts";
import { openSharedLibrary } from "./libc.ts";
import type { Address } from "./memory.ts";
import { runtimeTable } from "./objc-signatures.ts";

/** In the system's shared cache, by this path. */
export const libobjcPath = "/usr/lib/libobjc.A.dylib";

const { objc_autoreleasePoolPush, objc_autoreleasePoolPop } = runtimeTable;
const poolTable = { objc_autoreleasePoolPush, objc_autoreleasePoolPop };

export type AutoreleasePools = BoundFunctions<typeof poolTable>;

/**
 * The functions that push and pop a pool: the library's own where it has them (a stand-in does), else macOS's. Undefined where
 * there is no Objective-C.
 */
export function findAutoreleasePools(
  symbol: (name: string) => Address | undefined,
  platform: NodeJS.Platform = process.platform,
): AutoreleasePools | undefined {
  const own = bindFunctions("the library", poolTable, symbol);
  if (own.missing.length === 0) return own.functions;
  if (platform !== "darwin") return undefined;
  const opened = openSharedLibrary(libobjcPath);
  if (opened.library === undefined) return undefined;
  const system = bindFunctions("libobjc", poolTable, opened.library.symbol);
  return system.missing.length === 0 ? system.functions : undefined;
}
