/**
 * Canonical forms of integer arithmetic: constants on the right, subtractions of constants as additions, chains of
 * constants joined. Each pattern has its equation as its comment; all hold modulo 2^width. Overflow flags are dropped.
 */
import type { Attribute } from "../../../ir/attributes.ts";
import type { AnyDefinition } from "../../../ir/context.ts";
import { constantOf } from "../../../ir/effects.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { anyConstant, type Pattern, rewrite } from "../../../ir/rewrite/pattern.ts";
import type { Rewriter } from "../../../ir/rewrite/rewriter.ts";
import { constantOfType } from "../elements.ts";
import { computeInteger } from "../fold.ts";
import { addi, adduiExtended, andi, muli, mulsiExtended, muluiExtended, ori, subi, xori } from "../ops.ts";
import type { IntegerMnemonic } from "../scalar.ts";
import { chained, isConstant, mnemonicOf, setOperands } from "./common.ts";

/** c ∘ x -> x ∘ c */
export const constantToTheRight = (definition: AnyDefinition): Pattern =>
  rewrite(
    definition,
    `constant-to-the-right-of-${mnemonicOf(definition)}`,
    (operation, rewriter) => {
      const lhs = operation.operand(0);
      const rhs = operation.operand(1);
      if (constantOf(rhs) !== undefined) return undefined;
      return rewriter.modify(operation, () => {
        operation.setOperand(0, rhs);
        operation.setOperand(1, lhs);
      });
    },
    { operandDefiners: { 0: anyConstant } },
  );

/** `a ∘ b` of two constants as a value to be used by `operation`. */
function computed(
  mnemonic: IntegerMnemonic,
  a: Attribute | undefined,
  b: Attribute | undefined,
  operation: Operation,
  rewriter: Rewriter,
): Value | undefined {
  const { type } = operation.onlyResult;
  const value = a && b && computeInteger(mnemonic, a, b, type);
  return value && rewriter.constant(value, type, operation);
}

/** (x ∘ a) ∘ b -> x ∘ (a ∘ b) */
const joinConstants = (definition: AnyDefinition, mnemonic: IntegerMnemonic): Pattern =>
  chained(
    `join-constants-of-${mnemonic}`,
    definition,
    definition,
    (operation, { inner, innerConstants, constant }, rewriter) => {
      const joined = computed(mnemonic, innerConstants[1], constant, operation, rewriter);
      return joined && setOperands(rewriter, operation, inner.operand(0), joined);
    },
  );

/** (a - x) + b -> (a + b) - x */
const addedToDifference = chained(
  "constant-added-to-difference",
  addi,
  subi,
  (operation, { inner, innerConstants, constant }, rewriter) => {
    const joined = computed("addi", innerConstants[0], constant, operation, rewriter);
    return joined && rewriter.replaceWith(operation, subi, { lhs: joined, rhs: inner.operand(1) });
  },
);

/** x + y * -1 -> x - y */
const addedNegation = (side: 0 | 1): Pattern =>
  rewrite(
    addi,
    side === 0 ? "negation-added-on-the-left" : "negation-added",
    (operation, rewriter) => {
      const product = operation.operand(side).definer;
      if (product === undefined || !isConstant(product.operand(1), -1n)) return undefined;
      return rewriter.replaceWith(operation, subi, { lhs: operation.operand(1 - side), rhs: product.operand(0) });
    },
    { operandDefiners: { [side]: muli.name } },
  );

/** x - c -> x + (-c) */
const subtractionOfConstant = rewrite(
  subi,
  "subtraction-of-a-constant",
  (operation, rewriter) => {
    const { lhs, rhs } = operation;
    if (constantOf(lhs) !== undefined) return undefined;
    const zero = constantOfType(0n, rhs.type);
    const negated = computed("subi", zero, constantOf(rhs), operation, rewriter);
    return negated && rewriter.replaceWith(operation, addi, { lhs, rhs: negated });
  },
  { operandDefiners: { 1: anyConstant } },
);

/** a - (x + b) -> (a - b) - x */
const subtractedSum = rewrite(
  subi,
  "constant-less-a-sum",
  (operation, rewriter) => {
    const sum = operation.rhs.definer;
    const joined = sum && computed("subi", constantOf(operation.lhs), constantOf(sum.operand(1)), operation, rewriter);
    return joined && setOperands(rewriter, operation, joined, sum.operand(0));
  },
  { operandDefiners: { 0: anyConstant, 1: addi.name } },
);

/** a - (b - x) -> x + (a - b) */
const subtractedDifference = rewrite(
  subi,
  "constant-less-a-difference",
  (operation, rewriter) => {
    const difference = operation.rhs.definer;
    if (difference === undefined) return undefined;
    const joined = computed("subi", constantOf(operation.lhs), constantOf(difference.operand(0)), operation, rewriter);
    return joined && rewriter.replaceWith(operation, addi, { lhs: difference.operand(1), rhs: joined });
  },
  { operandDefiners: { 0: anyConstant, 1: subi.name } },
);

/** (a - b) - a -> 0 - b */
const differenceLessItsFirst = rewrite(
  subi,
  "difference-less-its-first",
  (operation, rewriter) => {
    const inner = operation.lhs.definer;
    if (inner === undefined || inner.operand(0) !== operation.rhs) return undefined;
    const zero = constantOfType(0n, operation.result.type);
    const value = zero && rewriter.constant(zero, operation.result.type, operation);
    return value && setOperands(rewriter, operation, value, inner.operand(1));
  },
  { operandDefiners: { 0: subi.name } },
);

/** The low half alone is the plain operation. */
const lowHalfOnly = (
  extended: typeof mulsiExtended | typeof adduiExtended,
  plain: typeof muli | typeof addi,
  unused: number,
): Pattern =>
  rewrite(extended as AnyDefinition, `${mnemonicOf(extended)}-of-which-one-result-is-used`, (operation, rewriter) => {
    if (operation.results[unused]!.hasUses) return undefined;
    const made = rewriter.build(plain, { lhs: operation.operand(0), rhs: operation.operand(1) });
    rewriter.replaceAllUses(operation.results[0]!, made.result);
    return rewriter.erase(operation);
  });

export const integerCanonicalization: readonly Pattern[] = [
  joinConstants(addi, "addi"),
  joinConstants(muli, "muli"),
  joinConstants(andi, "andi"),
  joinConstants(ori, "ori"),
  joinConstants(xori, "xori"),
  addedToDifference,
  addedNegation(0),
  addedNegation(1),
  subtractionOfConstant,
  subtractedSum,
  subtractedDifference,
  differenceLessItsFirst,
  lowHalfOnly(adduiExtended, addi, 1),
  lowHalfOnly(mulsiExtended, muli, 1),
  lowHalfOnly(muluiExtended, muli, 1),
];
