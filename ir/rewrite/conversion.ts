/**
 * Dialect conversion, from outside: what may remain (`ConversionTarget`), how types change (`TypeConverter`), patterns
 * (`convert`), and the three ways to run them. docs/dialect-conversion.md shows it step by step.
 */
export { castName, reconcileCasts } from "./conversion/casts.ts";
export {
  analyzeConversion,
  applyFullConversion,
  applyPartialConversion,
  type ConversionAnalysis,
  type ConversionOptions,
} from "./conversion/driver.ts";
export {
  type ConversionPattern,
  type ConversionPatternOptions,
  type ConvertedOperands,
  convert,
  convertAny,
  convertAnyOneToN,
  convertOneToN,
  type OneToNPattern,
  type OneToOnePattern,
} from "./conversion/pattern.ts";
export {
  ConversionError,
  type LeftCast,
  type LegalizationAttempt,
  type LegalizationFailure,
} from "./conversion/report.ts";
export { ConversionRewriter, type Replacements } from "./conversion/rewriter.ts";
export { type ConvertedInput, SignatureConversion } from "./conversion/signature.ts";
export { convertTypes, patternsForTypesOf } from "./conversion/structural.ts";
export { ConversionTarget, type LegalityAnswer, type LegalityRule, type Named } from "./conversion/target.ts";
export {
  type ConvertedType,
  type Materialization,
  type MaterializationKind,
  type MaterializationRequest,
  TypeConverter,
} from "./conversion/type-converter.ts";
