/** The flags and predicates of arithmetic, spelled as MLIR spells them. */

import { i32 } from "../../ir/types.ts";
import { flagsAttribute, integerEnumAttribute } from "../upstream/constraints.ts";
import { wordCodec } from "../upstream/formats.ts";

/** What a float operation may assume or do beyond IEEE 754; `fast` in text is all of them. */
export const fastMathFlags = ["reassoc", "nnan", "ninf", "nsz", "arcp", "contract", "afn"] as const;
export type FastMathFlag = (typeof fastMathFlags)[number];
export const fastMathAttribute = flagsAttribute("arith", "fastmath", fastMathFlags, { separator: ",", all: "fast" });

/** `nsw`: signed overflow does not happen; `nuw`: unsigned overflow does not happen. */
export const overflowFlags = ["nsw", "nuw"] as const;
export type OverflowFlag = (typeof overflowFlags)[number];
export const overflowAttribute = flagsAttribute("arith", "overflow", overflowFlags, { separator: ", " });

export const integerPredicates = ["eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge"] as const;
export type IntegerPredicate = (typeof integerPredicates)[number];
export const integerPredicateAttribute = integerEnumAttribute(integerPredicates);

/** `o…` is false and `u…` true where an operand is NaN. */
export const floatPredicates = [
  "false",
  "oeq",
  "ogt",
  "oge",
  "olt",
  "ole",
  "one",
  "ord",
  "ueq",
  "ugt",
  "uge",
  "ult",
  "ule",
  "une",
  "uno",
  "true",
] as const;
export type FloatPredicate = (typeof floatPredicates)[number];
export const floatPredicateAttribute = integerEnumAttribute(floatPredicates);

export const roundingModes = ["to_nearest_even", "downward", "upward", "toward_zero", "to_nearest_away"] as const;
export const roundingModeAttribute = integerEnumAttribute(roundingModes, i32);

/** How the flags are written behind the operands. */
export const fastMathText = { name: "fastmath", keyword: "fastmath", codec: wordCodec(fastMathAttribute) };
export const overflowText = { name: "overflowFlags", keyword: "overflow", codec: wordCodec(overflowAttribute) };
