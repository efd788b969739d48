/**
 * Which compressed weights a target's engine reads from memory as they are. All others its compiler unfolds to f16 when it
 * compiles: that makes a smaller file, but costs accuracy without saving bandwidth. One table, with its sources (sections of the
 * notes aneforge.md, and chapters of the engine guide).
 */
import { type CompressedForm, type Generation, isSince, type Target } from "../../dialects/ane/index.ts";
import { elementCount } from "../../ir/tensor-data.ts";

interface StreamingRule {
  /** What of a form the rule speaks of, as people say it. */
  readonly what: string;
  readonly applies: (form: CompressedForm) => boolean;
  /** The first generation that streams it; undefined: none does. */
  readonly since: Generation | undefined;
  readonly source: string;
}

const isPalette = (form: CompressedForm) => form.kind === "palette";

export const streamingRules: readonly StreamingRule[] = [
  {
    what: "palettes of 4 and 8 bits",
    applies: isPalette,
    since: "A13",
    source: "aneforge.md 5.8; guide 7, 2.37 times the bandwidth on M1",
  },
  {
    what: "palettes of 2 and 6 bits",
    applies: (form) => form.kind === "palette" && (form.bits === 2 || form.bits === 6),
    since: "A14",
    source:
      "guide 25, codegen versions: the M1's descriptor has 4 and 8 bits, later ones 3 and 6; 2 bits by aneforge.md 5.8, never measured",
  },
  {
    what: "palettes per group of channels",
    applies: (form) => form.kind === "palette" && elementCount(form.groups) > 1,
    since: "A14",
    source: "guide 25, codegen versions: the M1's descriptor has one table only",
  },
  {
    what: "sparse weights",
    applies: (form) => form.kind === "sparse",
    since: "A13",
    source: "aneforge.md 5.8; guide 7, 1.55 to 1.64 times on M1 with 63 % zeros",
  },
  {
    what: "int8 weights",
    applies: (form) => form.kind === "affine",
    since: "A14",
    source: "guide 7: confirmed on M2, folded on M1",
  },
  {
    what: "int8 weights with zero points",
    applies: (form) => form.kind === "affine" && form.zeroPoint !== undefined,
    since: "A14",
    source: "guide 25, codegen versions and codecs: on M1 the zero point must be 0",
  },
  {
    what: "blockwise int8 weights",
    applies: (form) => form.kind === "blockwise",
    since: "A15",
    source: "guide 7: predicted from the gate bytes, measured on M5",
  },
  {
    what: "blockwise int4 weights",
    applies: (form) => form.kind === "blockwise" && form.bits === 4,
    since: undefined,
    source: "aneforge.md 5.8: int4 exists as palette only",
  },
];

/** Why a target does not stream a form; undefined where it does. */
export function foldingReason(form: CompressedForm, target: Target): string | undefined {
  for (const { what, applies, since } of streamingRules) {
    if (!applies(form)) continue;
    if (since === undefined) return `no engine streams ${what}`;
    if (!isSince(target, since))
      return `${target.name} (${target.generation}) folds ${what} to f16, they stream from ${since} on`;
  }
  return undefined;
}

/** Whether a target's compiler takes affine weights with zero points other than 0. */
export function takesZeroPoints(target: Target): boolean {
  return isSince(target, "A14");
}
