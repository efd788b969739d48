/** The flags `--compress`, `--compress-tolerance` and `--compress-size`. */
import type { CompressOptions } from "../compiler/compression.ts";
import { schemes } from "../lowering/compress-weights/index.ts";
import { UsageError } from "./failure.ts";

export interface CompressionFlags {
  readonly compress?: string;
  readonly compressTolerance?: string;
  readonly compressSize?: string;
}

function partOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value >= 0 && value <= 1)) throw new UsageError(`${flag} takes a number from 0 to 1, but got '${text}'`);
  return value;
}

/** What the flags ask for; undefined without `--compress`. Throws a UsageError for values that they do not take. */
export function parseCompression(flags: CompressionFlags): CompressOptions | undefined {
  const tolerance = partOf("--compress-tolerance", flags.compressTolerance);
  const size = partOf("--compress-size", flags.compressSize);
  if (flags.compress === undefined) {
    const given = tolerance !== undefined ? "--compress-tolerance" : size !== undefined ? "--compress-size" : undefined;
    if (given !== undefined) throw new UsageError(`${given} goes with --compress`);
    return undefined;
  }
  const scheme = schemes.find((each) => each === flags.compress);
  if (scheme === undefined) throw new UsageError(`--compress takes ${schemes.join(", ")}, but got '${flags.compress}'`);
  if (size !== undefined && scheme !== "auto") throw new UsageError("--compress-size goes with --compress=auto");
  if (size === 0) throw new UsageError("--compress-size takes a part of the f16 bytes, above 0");
  return { scheme, ...(tolerance === undefined ? {} : { tolerance }), ...(size === undefined ? {} : { size }) };
}
