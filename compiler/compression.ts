/** Compressed weights as an option of compiling: the pass that it stands for, where it may be asked for, and what it did. */
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { compressWeights, missedSize, type Scheme, schemes } from "../lowering/compress-weights/index.ts";
import type { Remark } from "../passes/pass-manager.ts";
import type { Level, Route } from "./levels.ts";

/** How the engine's weights are stored; only for `ane` and `ane-virtual`. */
export interface CompressOptions {
  readonly scheme: Scheme;
  /** Greatest error of an output channel, as a part of its norm, from 0 to 1; each scheme has its own default. */
  readonly tolerance?: number;
  /** For `auto`: the least error at this part of the f16 bytes, above 0 and at most 1. Without it: as small as the tolerance allows. */
  readonly size?: number;
}

/** What compression did to a program's weights. */
export interface CompressionReport {
  /** Bytes of all constants as f16, and as they are stored now. */
  readonly before: number;
  readonly after: number;
  /** Tensors that are compressed. */
  readonly tensors: number;
  /** The greatest error of an output channel, as a part of its norm. */
  readonly error: number;
  /** Why the other large tensors stay f16, a reason for each. */
  readonly kept: readonly string[];
  /** Why the size that was asked for is not reached, where it is not. */
  readonly missed?: string;
}

/** The pass in a pipeline. Throws a DiagnosticError for values out of range. */
export function compressionStep(compress: CompressOptions | Scheme): string {
  const { scheme, tolerance, size } = typeof compress === "string" ? { scheme: compress } : compress;
  if (!schemes.includes(scheme))
    throw new DiagnosticError(
      scheme === undefined
        ? `the compression names no scheme: use ${schemes.join(", ")}`
        : `there is no compression '${scheme}': use ${schemes.join(", ")}`,
    );
  if (tolerance !== undefined && !(tolerance >= 0 && tolerance <= 1))
    throw new DiagnosticError(`the tolerance of compression must be from 0 to 1, but is ${tolerance}`);
  if (size !== undefined && !(size > 0 && size <= 1))
    throw new DiagnosticError(`the size of compressed weights is a part of f16, above 0 and at most 1, but is ${size}`);
  if (size !== undefined && scheme !== "auto")
    throw new DiagnosticError(`only the compression 'auto' chooses by size; '${scheme}' has a size of its own`);
  const options = [
    `scheme=${scheme}`,
    ...(tolerance === undefined ? [] : [`tolerance=${tolerance}`]),
    ...(size === undefined ? [] : [`size=${size}`]),
  ];
  return `compress-weights{${options.join(" ")}}`;
}

/** Refuses compression where there is no program of the engine on the way. */
export function checkCompression(route: Route, from: Level, last: Level): void {
  if (route === "cpu")
    throw new DiagnosticError("only the engine's weights are compressed: use the device ane or ane-virtual");
  const above: readonly Level[] = ["tensor", "fused"];
  if (from !== "ane" && !above.includes(from))
    throw new DiagnosticError(
      `the module stands at the level '${from}', behind 'ane', where weights are compressed: compress a program of a higher level`,
      from === "mil"
        ? {
            notes: [
              {
                message:
                  "`anemone translate PROGRAM -o NAME.onnx` makes one of MIL, where each of its ops can be said so",
              },
            ],
          }
        : {},
    );
  if (above.includes(last))
    throw new DiagnosticError(
      `weights are compressed at the level 'ane', behind '${last}', at which this compilation ends`,
    );
}

/** Gathers what the pass says of its work. */
export class CompressionLog {
  readonly #kept: string[] = [];
  #missed: string | undefined;
  #report: CompressionReport | undefined;

  /** What became of the weights; undefined before the pass has run. */
  get report(): CompressionReport | undefined {
    return this.#report;
  }

  listen({ pass, kind, name, message, arguments: facts }: Remark): void {
    if (pass !== compressWeights.name) return;
    if (name === missedSize) this.#missed = message;
    if (typeof facts.reason === "string") this.#kept.push(facts.reason);
    if (kind !== "analysis") return;
    const number = (fact: string) => Number(facts[fact] ?? 0);
    const [before, after, tensors, error] = [number("before"), number("after"), number("count"), number("error")];
    const missed = this.#missed === undefined ? {} : { missed: this.#missed };
    this.#report = { before, after, tensors, error, kept: [...this.#kept], ...missed };
  }
}

/** Reasons that are shown; there are as many as tensors. */
const shownReasons = 3;

/** A line for people, and a few on what stays f16. */
export function describeCompression({ before, after, tensors, error, kept, missed }: CompressionReport): string {
  const part = before === 0 ? 100 : (100 * after) / before;
  const counts = new Map<string, number>();
  for (const reason of kept) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const reasons = [...counts].sort(([, a], [, b]) => b - a).map(([reason, count]) => `  ${count} stay f16: ${reason}`);
  const hidden = reasons.length - shownReasons;
  return [
    `weights ${before} -> ${after} bytes (${part.toFixed(1)} %), ${tensors} tensors compressed, error at most ${(100 * error).toFixed(2)} % in a channel`,
    ...(missed === undefined ? [] : [`  ${missed}`]),
    ...reasons.slice(0, shownReasons),
    ...(hidden > 0 ? [`  and others, for ${hidden} more reasons`] : []),
  ].join("\n");
}
