/**
 * A dataflow analysis of one's own: which signs an integer can have. With it, a pass that removes comparisons with zero
 * whose outcome the signs decide. Run it with
 *
 *     anemone opt FILE --load ./signs.ts --pass-pipeline='builtin.module(remove-sign-checks)'
 */
import { type Attribute, constantOf, IntegerAttribute, type Operation, type Value } from "anemone/ir";
import { type DataflowAnalysis, dataflow, pass, sparseForward } from "anemone/passes";

/** A fact: the signs that a number may have, as a set of bits. */
export const negative = 1;
export const zero = 2;
export const positive = 4;
const anySign = negative | zero | positive;

/** The signs that an operation gives for each sign of its operands. */
function combine(a: number, b: number, rule: (x: number, y: number) => number): number {
  let signs = 0;
  for (const x of [negative, zero, positive]) {
    for (const y of [negative, zero, positive]) if ((a & x) !== 0 && (b & y) !== 0) signs |= rule(x, y);
  }
  return signs;
}

function signsOfConstant(constant: Attribute | undefined): number {
  if (!(constant instanceof IntegerAttribute)) return anySign;
  return constant.value < 0n ? negative : constant.value === 0n ? zero : positive;
}

/** Whether a sum or product is stated not to wrap around, as signed numbers. */
function neverWraps(operation: Operation): boolean {
  return operation.attribute("overflowFlags")?.text.includes("nsw") ?? false;
}

export const signs: DataflowAnalysis<number> = sparseForward({
  name: "signs",
  // Two facts about one value are joined to what includes both. No set of three bits grows more than three times.
  lattice: {
    join: (a, b) => a | b,
    height: 3,
    print: (fact) => `{${["-", "0", "+"].filter((_sign, bit) => (fact & (1 << bit)) !== 0).join("")}}`,
  },
  unknown: () => anySign,
  transfer: (operation, operands) => {
    const [a = anySign, b = anySign] = operands;
    switch (operation.name) {
      case "arith.constant":
        return [signsOfConstant(operation.attribute("value"))];
      case "arith.addi":
        // Signs that differ may cancel; equal ones stay, if the sum does not wrap around.
        return neverWraps(operation)
          ? [combine(a, b, (x, y) => (x === zero ? y : y === zero || x === y ? x : anySign))]
          : undefined;
      case "arith.muli":
        return neverWraps(operation)
          ? [combine(a, b, (x, y) => (x === zero || y === zero ? zero : x === y ? positive : negative))]
          : undefined;
      case "arith.maxsi":
        return [combine(a, b, Math.max)];
      case "arith.minsi":
        return [combine(a, b, Math.min)];
      case "arith.select":
        return [(operands[1] ?? anySign) | (operands[2] ?? anySign)];
      default:
        return undefined;
    }
  },
});

/** What a pass asks for. */
export const signAnalysis = dataflow("sign-analysis", [signs]);

/** Whether `value ∘ 0` is decided by the signs that the value may have. */
function decide(predicate: bigint, found: number): boolean | undefined {
  // The numbers of MLIR's predicates: slt, sle, sgt, sge.
  const holds = [negative, negative | zero, positive, positive | zero][Number(predicate) - 2];
  if (holds === undefined) return undefined;
  if ((found & ~holds) === 0) return true;
  return (found & holds) === 0 ? false : undefined;
}

const isZero = (value: Value): boolean => {
  const constant = constantOf(value);
  return constant instanceof IntegerAttribute && constant.value === 0n;
};

export const removeSignChecks = pass("remove-sign-checks", {
  doc: "Replaces comparisons with zero that the sign of a number decides.",
  run: (root, { analysis, context, remark }) => {
    const solution = analysis(signAnalysis);
    const comparisons: Operation[] = [];
    root.walk((operation) => {
      if (operation.name === "arith.cmpi" && isZero(operation.operand(1))) comparisons.push(operation);
    });
    let changed = false;
    for (const comparison of comparisons) {
      const predicate = comparison.attribute("predicate");
      const found = solution.fact(signs, comparison.operand(0));
      if (found === undefined || !(predicate instanceof IntegerAttribute)) continue;
      const decided = decide(predicate.value, found);
      const { type } = comparison.onlyResult;
      if (decided === undefined) continue;
      const constant = context.materializeConstant(
        IntegerAttribute.get(decided ? 1 : 0, type),
        type,
        comparison.location,
      );
      if (constant === undefined) continue;
      comparison.block?.insertBefore(constant, comparison);
      comparison.replaceAllUsesWith(constant.results);
      remark(comparison, `is always ${decided}`);
      comparison.erase();
      changed = true;
    }
    return changed;
  },
});

export const passes = [removeSignChecks];
