/** The forms that each scheme tries on the weights of a layer, the preferred first. */
import { type CompressedForm, decompress, type PaletteBits, type Target } from "../../dialects/ane/index.ts";
import { buildPalette } from "./palette.ts";
import { prune } from "./prune.ts";
import { quantizeBlocks, quantizeSymmetric, quantizeWithZeroPoints } from "./quantize.ts";
import { foldingReason, takesZeroPoints } from "./streaming.ts";
import { type Weights, weightError } from "./weights.ts";

export const schemes = ["int8", "int4", "sparse", "blockwise", "auto"] as const;
export type Scheme = (typeof schemes)[number];

/**
 * What `worst` of the weights' error may be unless stated: about what the scheme does to ordinary weights, so that it is an
 * exception that refuses.
 */
export const defaultTolerance: Record<Scheme, number> = {
  int8: 0.05,
  int4: 0.3,
  sparse: 0.05,
  blockwise: 0.05,
  auto: 0.1,
};

export interface CandidateOptions {
  readonly target: Target;
  readonly tolerance: number;
  /** Of the scheme int4. */
  readonly paletteBits: PaletteBits;
  readonly blockSize: number;
  readonly blockBits: 4 | 8;
}

/** Makes a form when asked: forms of large weights are large, and most are only measured. */
export type Candidate = (weights: Weights) => CompressedForm;

/** Zero points where they pay: with a tenth less error than without, the form that is in use everywhere. */
function quantizeBytes(weights: Weights): CompressedForm {
  const symmetric = quantizeSymmetric(weights);
  const shifted = quantizeWithZeroPoints(weights);
  const [plain, other] = [symmetric, shifted].map((form) => weightError(weights, decompress(form)));
  return other!.total < 0.9 * plain!.total && other!.worst <= plain!.worst ? shifted : symmetric;
}

/** Output channels per table, from one table for all down to one for each. */
const tableSizes = [undefined, 16, 4, 1] as const;

/** The forms of one scheme, in the order in which they are tried. */
export function candidatesOf(scheme: Exclude<Scheme, "auto">, options: CandidateOptions): readonly Candidate[] {
  const { target, tolerance, paletteBits, blockSize, blockBits } = options;
  switch (scheme) {
    case "int8":
      return [takesZeroPoints(target) ? quantizeBytes : (weights) => quantizeSymmetric(weights)];
    case "int4":
      return tableSizes.map((channels) => (weights) => buildPalette(weights, paletteBits, channels));
    case "sparse":
      return [(weights) => prune(weights, tolerance)];
    case "blockwise":
      return [(weights) => quantizeBlocks(weights, blockBits, blockSize)];
  }
}

const oneWeight: Weights = { shape: [1, 1], numbers: Float16Array.of(1), axis: 0, inputAxis: 1 };

/**
 * All that `auto` chooses from. A palette of 8 bits is as large as int8, hardly more exact, and takes longest to
 * compute, so it is there only for engines that do not stream int8.
 */
export function allCandidates(options: CandidateOptions): readonly Candidate[] {
  const { target, tolerance, blockSize } = options;
  const palettes = (bits: PaletteBits): Candidate[] =>
    tableSizes.map((channels) => (weights) => buildPalette(weights, bits, channels));
  const streamsBytes = foldingReason(quantizeSymmetric(oneWeight), target) === undefined;
  const bytes: Candidate[] = [
    (weights) => quantizeSymmetric(weights),
    (weights) => quantizeSymmetric(weights, false),
    ...(takesZeroPoints(target) ? [quantizeWithZeroPoints] : []),
  ];
  return [
    ...(streamsBytes ? bytes : [(weights: Weights) => buildPalette(weights, 8)]),
    ...palettes(4),
    ...palettes(6).slice(0, 2),
    ...palettes(2).slice(2),
    (weights) => prune(weights, 0),
    (weights) => prune(weights, tolerance),
    (weights) => quantizeBlocks(weights, 8, blockSize),
  ];
}
