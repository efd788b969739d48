/**
 * Constraints that the dialects with an upstream MLIR name share: "float or vector/tensor of float" types, enums stored
 * as flags, as integers or as `#dialect.word<…>`, and lists of indices where a sentinel marks the run-time ones.
 */
import {
  type Attribute,
  DenseArrayAttribute,
  IntegerAttribute,
  OpaqueAttribute,
  StringAttribute,
} from "../../ir/attributes.ts";
import { type AttributeConstraint, type TypeConstraint, wordSpelling } from "../../ir/constraints.ts";
import type { Value } from "../../ir/operation.ts";
import {
  dynamic,
  FloatType,
  IndexType,
  IntegerType,
  i1,
  i64,
  MemRefType,
  ShapedType,
  TensorType,
  type Type,
  UnrankedMemRefType,
  UnrankedTensorType,
  VectorType,
} from "../../ir/types.ts";

/** The element type of a vector or tensor; any other type is its own element. */
export function elementOrSelf(type: Type): Type {
  if (type instanceof VectorType || type instanceof TensorType || type instanceof UnrankedTensorType)
    return type.element;
  return type;
}

function isOfScalars(type: Type, isWanted: (element: Type) => boolean): type is Type {
  return isWanted(elementOrSelf(type));
}

/** A scalar that satisfies `isWanted`, or a vector or tensor of such elements. */
export function scalarLike(description: string, isWanted: (element: Type) => boolean): TypeConstraint {
  return { description, matches: (type): type is Type => isOfScalars(type, isWanted) };
}

const isSignless = (type: Type): boolean => type instanceof IntegerType && type.signedness === "signless";

export const floatLike = scalarLike("a float, or a vector or tensor of floats", (type) => type instanceof FloatType);
export const integerLike = scalarLike(
  "a signless integer or index, or a vector or tensor of them",
  (type) => isSignless(type) || type instanceof IndexType,
);
export const fixedWidthIntegerLike = scalarLike("a signless integer, or a vector or tensor of them", isSignless);
export const boolLike = scalarLike("an i1, or a vector or tensor of i1", (type) => type === i1);

/** `i1`, or a vector or tensor of `i1` of the same shape as `type`: what a comparison gives. */
export function boolOfSameShape(type: Type): Type {
  return withElement(type, i1);
}

/** `type` with its element type (or itself, for a scalar) replaced. */
export function withElement(type: Type, element: Type): Type {
  if (type instanceof VectorType) return VectorType.get(type.shape, element, type.scalable);
  if (type instanceof TensorType) return TensorType.get(type.shape, element, type.encoding);
  if (type instanceof UnrankedTensorType) return UnrankedTensorType.get(element);
  return element;
}

/** Whether two types are both scalars, or containers of one kind whose static sizes agree. */
export function sameShape(a: Type, b: Type): boolean {
  if (a instanceof ShapedType && b instanceof ShapedType) {
    return a.constructor === b.constructor && compatibleShapes(a.shape, b.shape);
  }
  return !(a instanceof ShapedType) && !(b instanceof ShapedType);
}

/** Whether two shaped types could have the same shape at run time, of which the rank may not be known either. */
export function compatibleRanks(a: Type, b: Type): boolean {
  return !(a instanceof ShapedType && b instanceof ShapedType) || compatibleShapes(a.shape, b.shape);
}

/** Whether two shapes could be the same at run time. */
export function compatibleShapes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === dynamic || b[axis] === dynamic || size === b[axis]);
}

export const vectorType: TypeConstraint<VectorType> = {
  description: "a vector",
  matches: (type): type is VectorType => type instanceof VectorType,
};

export const tensorOrMemRef: TypeConstraint<TensorType | MemRefType> = {
  description: "a ranked tensor or a memref",
  matches: (type): type is TensorType | MemRefType => type instanceof TensorType || type instanceof MemRefType,
};

/** A memref of known or unknown rank. */
export const anyRankMemRef: TypeConstraint<MemRefType | UnrankedMemRefType> = {
  description: "a memref of any rank",
  matches: (type): type is MemRefType | UnrankedMemRefType =>
    type instanceof MemRefType || type instanceof UnrankedMemRefType,
};

/** A tensor of known or unknown rank. */
export const anyRankTensor: TypeConstraint<TensorType | UnrankedTensorType> = {
  description: "a tensor of any rank",
  matches: (type): type is TensorType | UnrankedTensorType =>
    type instanceof TensorType || type instanceof UnrankedTensorType,
};

// ------------------------------------------------------------------------------------------------------------ enums

/** An `AttributeConstraint` whose value has a spelling of its own inside custom assembly (`fastmath<contract>`, `slt`). */
export interface WordConstraint<V> extends AttributeConstraint<V> {
  /** The words between `<` and `>`, or the one bare word. */
  readonly words: (value: V) => readonly string[];
  readonly fromWords: (words: readonly string[]) => V | undefined;
  readonly separator: string;
}

/** A set of flags spelled `#dialect.mnemonic<a, b>`; the empty set is `none`, the full set `all` where that is named. */
export function flagsAttribute<const W extends string>(
  dialect: string,
  mnemonic: string,
  flags: readonly W[],
  options: { readonly separator: string; readonly all?: string },
): WordConstraint<readonly W[]> {
  const words = (value: readonly W[]): readonly string[] => {
    const kept = flags.filter((flag) => value.includes(flag));
    if (kept.length === 0) return ["none"];
    return kept.length === flags.length && options.all !== undefined ? [options.all] : kept;
  };
  const fromWords = (given: readonly string[]): readonly W[] | undefined => {
    if (options.all !== undefined && given.includes(options.all)) return flags;
    if (given.length === 1 && given[0] === "none") return [];
    const known = flags.filter((flag) => given.includes(flag));
    return new Set(given).size === known.length ? known : undefined;
  };
  return {
    description: `#${dialect}.${mnemonic}<…> with flags among ${flags.join(", ")}`,
    words,
    fromWords,
    separator: options.separator,
    decode: (attribute) => {
      const inner = opaqueBody(attribute, dialect, mnemonic);
      return inner === undefined ? undefined : fromWords(inner.split(",").map((word) => word.trim()));
    },
    encode: (value) => OpaqueAttribute.get(dialect, `${mnemonic}<${words(value).join(options.separator)}>`),
  };
}

/** What stands between `<` and `>` in `#dialect.mnemonic<…>`; undefined for any other attribute. */
export function opaqueBody(attribute: Attribute, dialect: string, mnemonic: string): string | undefined {
  if (!(attribute instanceof OpaqueAttribute) || attribute.dialect !== dialect) return undefined;
  const { body } = attribute;
  return body.startsWith(`${mnemonic}<`) && body.endsWith(">") ? body.slice(mnemonic.length + 1, -1).trim() : undefined;
}

/** One of a closed set of words, held as an integer: its position in `words`. */
export function integerEnumAttribute<const W extends string>(
  words: readonly W[],
  type: IntegerType = i64,
): WordConstraint<W> {
  const decode = (attribute: Attribute): W | undefined =>
    attribute instanceof IntegerAttribute && attribute.type === type ? words[attribute.number] : undefined;
  const encode = (value: W): Attribute => IntegerAttribute.get(words.indexOf(value), type);
  return {
    description: `an integer attribute of type ${type} for one of ${words.join(", ")}`,
    decode,
    encode,
    spelling: wordSpelling(words, encode, decode),
    words: (value) => [value],
    fromWords: (given) => words.find((word) => given.length === 1 && word === given[0]),
    separator: ", ",
  };
}

/** The name of a symbol: what `@name` refers to. */
export const symbolNameAttribute: AttributeConstraint<string> = {
  description: "a string attribute that is not empty",
  decode: (attribute) => (attribute instanceof StringAttribute && attribute.value !== "" ? attribute.value : undefined),
  encode: (value) => StringAttribute.get(value),
};

// --------------------------------------------------------------------------------------------------- index lists

/** The sentinel in static index lists that stands for an operand (MLIR's `ShapedType::kDynamic`, exact as a number). */
export const dynamicIndex = -(2 ** 63);

/** `array<i64: …>` where `dynamicIndex` marks the entries that are operands. */
export const staticIndices: AttributeConstraint<readonly number[]> = {
  description: "an array<i64> attribute",
  decode: (attribute) =>
    attribute instanceof DenseArrayAttribute && attribute.element === i64 ? attribute.numbers : undefined,
  encode: (value) => DenseArrayAttribute.get(i64, value.map(BigInt)),
};

/** An index that is known when compiling, or an SSA value of type `index`. */
export type MixedIndex = number | Value;

/** Splits a list of static and run-time indices into the attribute's list and the operands. */
export function splitIndices(mixed: readonly MixedIndex[]): {
  readonly statics: readonly number[];
  readonly dynamics: readonly Value[];
} {
  return {
    statics: mixed.map((index) => (typeof index === "number" ? index : dynamicIndex)),
    dynamics: mixed.filter((index): index is Value => typeof index !== "number"),
  };
}

/** The inverse of `splitIndices`. Missing operands read as nothing, so that the verifier can complain about them. */
export function mixedIndices(statics: readonly number[], dynamics: readonly Value[]): readonly MixedIndex[] {
  let next = 0;
  return statics.flatMap((value): readonly MixedIndex[] => {
    if (value !== dynamicIndex) return [value];
    const operand = dynamics[next++];
    return operand === undefined ? [] : [operand];
  });
}

/** The sizes of a shaped type that a list of mixed indices describes. */
export function shapeOfMixed(mixed: readonly MixedIndex[]): readonly number[] {
  return mixed.map((index) => (typeof index === "number" ? index : dynamic));
}

/** Reports an alignment that is no power of two. */
export function checkAlignment(alignment: number | undefined, report: (message: string) => void): void {
  if (alignment !== undefined && (alignment <= 0 || !Number.isInteger(Math.log2(alignment))))
    report(`expects an alignment that is a power of two, found ${alignment}`);
}

/** Reports where a static list and its operands disagree; `what` names the list in the message. */
export function checkIndexList(
  what: string,
  statics: readonly number[],
  dynamics: readonly Value[],
  rank: number | undefined,
  report: (message: string) => void,
): void {
  const wanted = statics.filter((value) => value === dynamicIndex).length;
  if (rank !== undefined && statics.length !== rank) report(`expected ${rank} ${what}, found ${statics.length}`);
  const negative =
    what !== "offsets" && what !== "sizes" ? undefined : statics.find((value) => value < 0 && value !== dynamicIndex);
  if (negative !== undefined) report(`expects ${what} that are not negative, found ${negative}`);
  if (wanted !== dynamics.length) {
    report(`static_${what} leaves ${wanted} entries to operands, but there are ${dynamics.length} operands`);
  }
}
