/** Canonical forms of casts, and of float signs: what undoes itself goes, and two steps become one. */
import type { AnyDefinition } from "../../../ir/context.ts";
import type { Operation } from "../../../ir/operation.ts";
import { type Pattern, rewrite } from "../../../ir/rewrite/pattern.ts";
import { IntegerType, index, type Type } from "../../../ir/types.ts";
import { elementOrSelf } from "../../upstream/constraints.ts";
import {
  andi,
  bitcast,
  divf,
  extf,
  extsi,
  extui,
  indexCast,
  indexCastUi,
  mulf,
  negf,
  ori,
  truncf,
  trunci,
  xori,
} from "../ops.ts";
import { mnemonicOf } from "./common.ts";

/** A pattern on `outer(inner(x))`. */
function castOfCast(outer: AnyDefinition, inner: AnyDefinition, apply: CastRule): Pattern {
  return rewrite(
    outer,
    `${mnemonicOf(outer)}-of-${mnemonicOf(inner)}`,
    (operation, rewriter) => {
      const cast = operation.operand(0).definer;
      if (cast === undefined) return undefined;
      const made = apply(cast, operation.onlyResult.type);
      if (made === undefined) return undefined;
      if (made === "source") return rewriter.replace(operation, cast.operand(0));
      const { type } = operation.onlyResult;
      return rewriter.replace(operation, rewriter.insert(castTo(made, cast, type, operation)).results);
    },
    { operandDefiners: { 0: inner.name } },
  );
}

/** What `outer(inner(x))` is: x itself, one cast of x, or as it was. */
type CastRule = (inner: Operation, type: Type) => "source" | AnyDefinition | undefined;

function castTo(definition: AnyDefinition, inner: Operation, type: Type, operation: Operation): Operation {
  return definition.build({ input: inner.operand(0), result: type }, operation.location);
}

const width = (type: Type): number => {
  const element = elementOrSelf(type);
  return element instanceof IntegerType ? element.width : 64;
};

/** There and back again. */
const undone =
  (isLossless: (type: Type) => boolean = () => true): CastRule =>
  (inner, type) => {
    const source = inner.operand(0).type;
    return source === type && isLossless(source) ? "source" : undefined;
  };

/** An index is 64 bits wide, so narrower integers survive the way there and back. */
const fitsIndex = (type: Type) => type !== index && type instanceof IntegerType && type.width <= 64;

/** trunc(ext(x)): x, a shorter truncation, or a shorter extension. */
const truncationOfExtension =
  (extension: AnyDefinition): CastRule =>
  (inner, type) => {
    const source = inner.operand(0).type;
    if (source === type) return "source";
    return width(source) > width(type) ? trunci : extension;
  };

const always =
  (definition: AnyDefinition): CastRule =>
  () =>
    definition;

/** ext(a) ∘ ext(b) -> ext(a ∘ b): bits do not mix. */
const bitwiseOfExtensions = (
  definition: typeof andi | typeof ori | typeof xori,
  extension: typeof extsi | typeof extui,
): Pattern =>
  rewrite(
    definition as AnyDefinition,
    `${mnemonicOf(definition)}-of-${mnemonicOf(extension)}`,
    (operation, rewriter) => {
      const [lhs, rhs] = [operation.operand(0).definer?.operand(0), operation.operand(1).definer?.operand(0)];
      if (lhs === undefined || rhs === undefined || lhs.type !== rhs.type) return undefined;
      const narrow = rewriter.build(definition, { lhs, rhs });
      return rewriter.replaceWith(operation, extension, { input: narrow.result, result: operation.onlyResult.type });
    },
    { operandDefiners: { 0: extension.name, 1: extension.name } },
  );

/** -(-x) -> x */
const doubleNegation = rewrite(
  negf,
  "double-negation",
  (operation, rewriter) => {
    const inner = operation.input.definer;
    return inner && rewriter.replace(operation, inner.operand(0));
  },
  { operandDefiners: { 0: negf.name } },
);

/** (-a) ∘ (-b) -> a ∘ b: exact, signs multiply. */
const signsCancel = (definition: typeof mulf | typeof divf): Pattern =>
  rewrite(
    definition,
    `signs-cancel-in-${mnemonicOf(definition)}`,
    (operation, rewriter) => {
      const [lhs, rhs] = [operation.lhs.definer, operation.rhs.definer];
      if (lhs === undefined || rhs === undefined) return undefined;
      return rewriter.modify(operation, () => {
        operation.setOperand(0, lhs.operand(0));
        operation.setOperand(1, rhs.operand(0));
      });
    },
    { operandDefiners: { 0: negf.name, 1: negf.name } },
  );

export const castCanonicalization: readonly Pattern[] = [
  castOfCast(trunci, extsi, truncationOfExtension(extsi)),
  castOfCast(trunci, extui, truncationOfExtension(extui)),
  castOfCast(trunci, trunci, always(trunci)),
  castOfCast(extsi, extsi, always(extsi)),
  castOfCast(extui, extui, always(extui)),
  // The top bit of a zero extension is zero.
  castOfCast(extsi, extui, always(extui)),
  castOfCast(truncf, extf, undone()),
  castOfCast(extf, extf, always(extf)),
  castOfCast(bitcast, bitcast, (inner, type) => (inner.operand(0).type === type ? "source" : bitcast)),
  castOfCast(indexCast, indexCast, undone(fitsIndex)),
  castOfCast(indexCastUi, indexCastUi, undone(fitsIndex)),
  ...[andi, ori, xori].flatMap((definition) => [
    bitwiseOfExtensions(definition, extsi),
    bitwiseOfExtensions(definition, extui),
  ]),
  doubleNegation,
  signsCancel(mulf),
  signsCancel(divf),
];
