/**
 * Canonical forms of arithmetic: constants on the right, chains of constants joined, casts that undo each other
 * removed. Each pattern has its equation as its comment. Folds of single operations are in fold.ts.
 */
import { IntegerAttribute } from "../../ir/attributes.ts";
import type { AnyDefinition, ConstantMaterializer } from "../../ir/context.ts";
import { constantOperation } from "../../ir/declaration.ts";
import { constantOf } from "../../ir/effects.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import { IntegerType, index, type Type } from "../../ir/types.ts";
import { foldElements, widthOf } from "./elements.ts";
import {
  addi,
  andi,
  arithOps,
  bitcast,
  cmpi,
  constant,
  extf,
  extsi,
  extui,
  indexCast,
  indexCastUi,
  muli,
  negf,
  ori,
  select,
  subi,
  truncf,
  trunci,
  typeOfAttribute,
  xori,
} from "./ops.ts";
import { integerFunctions } from "./scalar.ts";

const mnemonic = (definition: AnyDefinition): string => definition.name.slice(definition.name.indexOf(".") + 1);

function definedBy(value: Value, definition: AnyDefinition): Operation | undefined {
  const { definer } = value;
  return definer !== undefined && definer.name === definition.name ? definer : undefined;
}

/** c ∘ x -> x ∘ c */
const constantToTheRight = (definition: AnyDefinition): Pattern =>
  rewrite(definition, `constant-to-the-right-of-${mnemonic(definition)}`, (operation, rewriter) => {
    const [lhs, rhs] = operation.operands;
    if (lhs === undefined || rhs === undefined) return undefined;
    if (constantOf(lhs) === undefined || constantOf(rhs) !== undefined) return undefined;
    return rewriter.modify(operation, () => operation.setOperands([rhs, lhs]));
  });

const swapped = {
  eq: "eq",
  ne: "ne",
  slt: "sgt",
  sle: "sge",
  sgt: "slt",
  sge: "sle",
  ult: "ugt",
  ule: "uge",
  ugt: "ult",
  uge: "ule",
} as const;

/** c < x -> x > c */
const constantToTheRightOfComparison = rewrite(cmpi, "constant-to-the-right-of-cmpi", (operation, rewriter) => {
  const { lhs, rhs, predicate } = operation;
  if (constantOf(lhs) === undefined || constantOf(rhs) !== undefined) return undefined;
  return rewriter.replaceWith(operation, cmpi, { predicate: swapped[predicate], lhs: rhs, rhs: lhs });
});

/** (x ∘ a) ∘ b -> x ∘ (a ∘ b). Overflow flags do not carry over. */
const joinConstants = (definition: typeof addi | typeof muli | typeof andi | typeof ori | typeof xori): Pattern =>
  rewrite(definition as AnyDefinition, `join-constants-of-${mnemonic(definition)}`, (operation, rewriter) => {
    const [lhs, rhs] = operation.operands;
    const inner = lhs === undefined ? undefined : definedBy(lhs, definition);
    if (inner === undefined || rhs === undefined) return undefined;
    const [x, first] = inner.operands;
    const constants = [first === undefined ? undefined : constantOf(first), constantOf(rhs)];
    const { type } = operation.onlyResult;
    const compute = integerFunctions[operationMnemonic(definition)];
    const joined = foldElements(constants, type, (a, b) => compute(BigInt(a!), BigInt(b!), widthOf(type)));
    if (joined === undefined || x === undefined) return undefined;
    const made = rewriter.build(constant, { value: joined });
    return rewriter.replaceWith(operation, definition as typeof andi, { lhs: x, rhs: made.result });
  });

function operationMnemonic(definition: AnyDefinition): "addi" | "muli" | "andi" | "ori" | "xori" {
  const known = (["addi", "muli", "andi", "ori", "xori"] as const).find((name) => definition.name === `arith.${name}`);
  if (known === undefined) throw new Error(`${definition.name} does not join constants`);
  return known;
}

/** x - c -> x + (-c) */
const subtractionOfConstant = rewrite(subi, "subtraction-of-a-constant", (operation, rewriter) => {
  const { lhs, rhs } = operation;
  if (constantOf(lhs) !== undefined) return undefined;
  const negated = foldElements([constantOf(rhs)], rhs.type, (c) => -BigInt(c!));
  if (negated === undefined) return undefined;
  const made = rewriter.build(constant, { value: negated });
  return rewriter.replaceWith(operation, addi, { lhs, rhs: made.result });
});

/** -(-x) -> x */
const doubleNegation = rewrite(negf, "double-negation", (operation, rewriter) => {
  const inner = definedBy(operation.input, negf);
  return inner && rewriter.replace(operation, inner.operand(0));
});

/** !c ? a : b -> c ? b : a */
const selectOfNegation = rewrite(select, "select-of-negation", (operation, rewriter) => {
  const negation = definedBy(operation.condition, xori);
  const mask = negation === undefined ? undefined : constantOf(negation.operand(1));
  if (negation === undefined || !(mask instanceof IntegerAttribute) || mask.value === 0n) return undefined;
  const { trueValue, falseValue } = operation;
  return rewriter.replaceWith(operation, select, {
    condition: negation.operand(0),
    trueValue: falseValue,
    falseValue: trueValue,
  });
});

/** outer(inner(x)) -> x where the types come back and nothing is lost on the way. */
const undoneCast = (
  outer: AnyDefinition,
  inner: AnyDefinition,
  isLossless: (type: Type) => boolean = () => true,
): Pattern =>
  rewrite(outer, `${mnemonic(outer)}-of-${mnemonic(inner)}`, (operation, rewriter) => {
    const cast = definedBy(operation.operand(0), inner);
    if (cast === undefined) return undefined;
    const source = cast.operand(0);
    if (source.type !== operation.onlyResult.type || !isLossless(source.type)) return undefined;
    return rewriter.replace(operation, source);
  });

/** An index is 64 bits wide, so narrower integers survive the way there and back. */
const fitsIndex = (type: Type) => type !== index && type instanceof IntegerType && type.width <= 64;

/** ext(ext(x)) -> ext(x) */
const chainedExtension = (definition: typeof extsi | typeof extui): Pattern =>
  rewrite(definition, `chained-${mnemonic(definition)}`, (operation, rewriter) => {
    const inner = definedBy(operation.input, definition);
    if (inner === undefined) return undefined;
    return rewriter.replaceWith(operation, definition, { input: inner.operand(0), result: operation.result.type });
  });

export const arithCanonicalization: readonly Pattern[] = [
  ...arithOps.filter((definition) => definition.hasTrait("Commutative")).map(constantToTheRight),
  constantToTheRightOfComparison,
  ...[addi, muli, andi, ori, xori].map(joinConstants),
  subtractionOfConstant,
  doubleNegation,
  selectOfNegation,
  undoneCast(trunci, extsi),
  undoneCast(trunci, extui),
  undoneCast(truncf, extf),
  undoneCast(bitcast, bitcast),
  undoneCast(indexCast, indexCast, fitsIndex),
  undoneCast(indexCastUi, indexCastUi, fitsIndex),
  chainedExtension(extsi),
  chainedExtension(extui),
];

/** `arith.constant` for every typed attribute. */
export const materializeArithConstant: ConstantMaterializer = (value, type, location) =>
  typeOfAttribute(value) === type ? constantOperation(constant, value, type, location) : undefined;
