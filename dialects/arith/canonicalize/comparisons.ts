/** Canonical forms of comparisons and selections. */
import { constantOf } from "../../../ir/effects.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { anyConstant, type Pattern, rewrite } from "../../../ir/rewrite/pattern.ts";
import { IntegerType, i1 } from "../../../ir/types.ts";
import { elementOrSelf } from "../../upstream/constraints.ts";
import { type IntegerPredicate, integerPredicateAttribute } from "../flags.ts";
import { cmpi, extsi, extui, select, xori } from "../ops.ts";
import { isConstant } from "./common.ts";

/** The predicate for the operands in the other order. */
const swapped: { readonly [P in IntegerPredicate]: IntegerPredicate } = {
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
};

/** The predicate that holds when this one does not. */
const negated: { readonly [P in IntegerPredicate]: IntegerPredicate } = {
  eq: "ne",
  ne: "eq",
  slt: "sge",
  sle: "sgt",
  sgt: "sle",
  sge: "slt",
  ult: "uge",
  ule: "ugt",
  ugt: "ule",
  uge: "ult",
};

/** Zero-extended numbers are not negative: signed and unsigned order agree. */
const asUnsigned: { readonly [P in IntegerPredicate]: IntegerPredicate } = {
  eq: "eq",
  ne: "ne",
  slt: "ult",
  sle: "ule",
  sgt: "ugt",
  sge: "uge",
  ult: "ult",
  ule: "ule",
  ugt: "ugt",
  uge: "uge",
};

/** c < x -> x > c */
const constantToTheRightOfComparison = rewrite(
  cmpi,
  "constant-to-the-right-of-cmpi",
  (operation, rewriter) => {
    const { lhs, rhs, predicate } = operation;
    if (constantOf(rhs) !== undefined) return undefined;
    return rewriter.modify(operation, () => {
      operation.setOperand(0, rhs);
      operation.setOperand(1, lhs);
      operation.properties.set("predicate", integerPredicateAttribute.encode(swapped[predicate]));
    });
  },
  { operandDefiners: { 0: anyConstant } },
);

/** ext(a) < ext(b) -> a < b. Sign extension keeps both orders, zero extension makes them one. */
const comparisonOfExtensions = (extension: typeof extsi | typeof extui): Pattern =>
  rewrite(
    cmpi,
    `cmpi-of-${extension.name.slice(6)}`,
    (operation, rewriter) => {
      const [lhs, rhs] = [operation.lhs.definer?.operand(0), operation.rhs.definer?.operand(0)];
      if (lhs === undefined || lhs.type !== rhs?.type) return undefined;
      const predicate = extension === extui ? asUnsigned[operation.predicate] : operation.predicate;
      return rewriter.replaceWith(operation, cmpi, { predicate, lhs, rhs });
    },
    { operandDefiners: { 0: extension.name, 1: extension.name } },
  );

/** !(a < b) -> a >= b */
const negatedComparison = rewrite(
  xori,
  "negated-comparison",
  (operation, rewriter) => {
    const { definer } = operation.lhs;
    if (!cmpi.matches(definer) || !isConstant(operation.rhs, -1n)) return undefined;
    const { lhs, rhs, predicate } = definer;
    return rewriter.replaceWith(operation, cmpi, { predicate: negated[predicate], lhs, rhs });
  },
  { operandDefiners: { 0: cmpi.name, 1: anyConstant } },
);

/** The value that `condition` negates, if it is a negation. */
function negationOf(condition: Value): Value | undefined {
  const { definer } = condition;
  return xori.matches(definer) && isConstant(definer.rhs, -1n) ? definer.lhs : undefined;
}

/** !c ? a : b -> c ? b : a */
const selectOfNegation = rewrite(
  select,
  "select-of-negation",
  (operation, rewriter) => {
    const condition = negationOf(operation.condition);
    if (condition === undefined) return undefined;
    const { trueValue, falseValue } = operation;
    return rewriter.modify(operation, () => {
      operation.setOperand(0, condition);
      operation.setOperand(1, falseValue);
      operation.setOperand(2, trueValue);
    });
  },
  { operandDefiners: { 0: xori.name } },
);

/** c ? (c ? a : b) : d -> c ? a : d, and on the other side. */
const selectOfSameSelect = (side: 1 | 2): Pattern =>
  rewrite(
    select,
    side === 1 ? "select-of-select-when-true" : "select-of-select-when-false",
    (operation, rewriter) => {
      const inner: Operation | undefined = operation.operand(side).definer;
      if (!select.matches(inner) || inner.condition !== operation.condition) return undefined;
      return rewriter.modify(operation, () => operation.setOperand(side, inner.operand(side)));
    },
    { operandDefiners: { [side]: select.name } },
  );

/** c ? false : true -> !c */
const selectOfTruth = rewrite(
  select,
  "select-as-negation",
  (operation, rewriter) => {
    const { condition, trueValue, falseValue, result } = operation;
    if (result.type !== condition.type || elementOrSelf(result.type) !== i1) return undefined;
    if (!isConstant(trueValue, 0n) || !isConstant(falseValue, -1n)) return undefined;
    return rewriter.replaceWith(operation, xori, { lhs: condition, rhs: falseValue });
  },
  { operandDefiners: { 1: anyConstant, 2: anyConstant } },
);

/** c ? 1 : 0 -> extui(c) */
const selectOfOneAndZero = rewrite(
  select,
  "select-as-extension",
  (operation, rewriter) => {
    const { condition, trueValue, falseValue, result } = operation;
    if (condition.type !== i1 || !(result.type instanceof IntegerType) || result.type.width < 2) return undefined;
    if (!isConstant(trueValue, 1n) || !isConstant(falseValue, 0n)) return undefined;
    return rewriter.replaceWith(operation, extui, { input: condition, result: result.type });
  },
  { operandDefiners: { 1: anyConstant, 2: anyConstant } },
);

/** a == b ? a : b -> b, and a != b ? a : b -> a */
const selectOfEqual = rewrite(
  select,
  "select-of-compared-values",
  (operation, rewriter) => {
    const { definer } = operation.condition;
    if (!cmpi.matches(definer)) return undefined;
    const { lhs, rhs, predicate } = definer;
    const { trueValue, falseValue } = operation;
    if (!(lhs === trueValue && rhs === falseValue) && !(lhs === falseValue && rhs === trueValue)) return undefined;
    if (predicate === "eq") return rewriter.replace(operation, falseValue);
    return predicate === "ne" ? rewriter.replace(operation, trueValue) : undefined;
  },
  { operandDefiners: { 0: cmpi.name } },
);

export const comparisonCanonicalization: readonly Pattern[] = [
  constantToTheRightOfComparison,
  comparisonOfExtensions(extsi),
  comparisonOfExtensions(extui),
  negatedComparison,
  selectOfNegation,
  selectOfSameSelect(1),
  selectOfSameSelect(2),
  selectOfTruth,
  selectOfOneAndZero,
  selectOfEqual,
];
