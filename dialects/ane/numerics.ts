/**
 * The engine's numbers, as rules that the evaluator and the virtual engine follow. All figures are measurements on real
 * machines (driver-stack.md G.5, aneforge.md 5.6). Effects that are not modelled yet have their entries here: the activation tables
 * with 33 knots, the first stage of the multiplier array, which adds groups of four products in f16, and where int8 weights meet
 * their scales.
 */
import { isSince, type Target } from "./targets.ts";

export interface EngineRules {
  /**
   * Results of multiply-accumulate (matrix products, convolutions with more than one product per result) are below 2 to this
   * power in magnitude: after rounding, larger ones are infinite (32752 passes, 32760 rounds to 2^15 and does not).
   */
  readonly accumulatorRange: number;
  /** The same for all other results: f16 ends below 2^16. */
  readonly halfRange: number;
  /** ln 0. */
  readonly logOfZero: number;
  /** A crop that starts inside the last dimension goes through 12 + 4 fixed bits on A13 and A14: larger values become infinite. */
  readonly cropLimit: number | undefined;
  /**
   * A matrix product with int8 weights that the engine reads as they are takes its other operand through the same 12 + 4 fixed bits:
   * larger values become infinite (aneforge.md 5.6; seen with matmul, not stated of convolutions). undefined: the compiler unfolds int8.
   */
  readonly byteWeightLimit: number | undefined;
  /** How activations are computed: "exact" functions rounded once, until the engine's tables are modelled. */
  readonly activations: "exact";
  /**
   * What compressed weights are to the multipliers: the f16 numbers that they stand for. The engine has a stream of scales behind the
   * sum (guide 25, post-scale), so that int8 products may be summed before they are scaled and rounded; nobody has measured it.
   */
  readonly compressedWeights: "unfolded";
  /** How products are summed: in 32 bits, until the f16 tiles of four are modelled. */
  readonly partialSums: "f32";
}

export function engineRules(target: Target): EngineRules {
  const cropsInFixedPoint = target.generation === "A13" || target.generation === "A14";
  return {
    accumulatorRange: 15,
    halfRange: 16,
    logOfZero: -45440,
    cropLimit: cropsInFixedPoint ? 4094 : undefined,
    byteWeightLimit: isSince(target, "A14") ? 4094 : undefined,
    activations: "exact",
    compressedWeights: "unfolded",
    partialSums: "f32",
  };
}
