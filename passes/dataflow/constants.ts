/**
 * Sparse conditional constant propagation, as an analysis: which values are the same constant whenever they are computed,
 * given that branches on constants go one way. Operations are asked through their Fold interface.
 */
import { Attribute } from "../../ir/attributes.ts";
import { Fold } from "../../ir/interfaces.ts";
import type { Operation } from "../../ir/operation.ts";
import { flatLattice } from "./lattice.ts";
import type { DataflowAnalysis } from "./solver.ts";
import { type FactQuery, sparseForward } from "./sparse-forward.ts";

/** The constant that a value always has, or that it varies. */
export type ConstantFact = Attribute | "varies";

export const constants: DataflowAnalysis<ConstantFact> = sparseForward<ConstantFact>({
  name: "constants",
  lattice: flatLattice<ConstantFact>("varies", (fact) => (fact === "varies" ? fact : fact.text)),
  unknown: () => "varies",
  // A fold may know more of fewer constants (x * 0), so results are joined with what was found before.
  accumulate: true,
  started: ({ controlFlow }, factOf) => {
    controlFlow.constants = (operation) => constantsOf(operation, factOf);
  },
  transfer: (operation, operands, factOf, { context }) => {
    if (operation.regions.length > 0) return undefined;
    const fold = context.implementation(Fold, operation);
    if (fold === undefined || operation.results.every((result) => factOf(result) === "varies")) return undefined;
    const folded = fold(
      operation,
      operands.map((fact) => (fact === "varies" ? undefined : fact)),
    );
    if (folded === undefined || folded.length !== operation.results.length) return undefined;
    const facts: ConstantFact[] = [];
    for (const each of folded) {
      const fact = each instanceof Attribute ? each : factOf(each);
      if (fact === undefined) return undefined;
      facts.push(fact);
    }
    return facts;
  },
});

/** The constants of an operation's operands; undefined while one has not been reached. */
function constantsOf(
  operation: Operation,
  factOf: FactQuery<ConstantFact>,
): readonly (Attribute | undefined)[] | undefined {
  const found: (Attribute | undefined)[] = [];
  for (const operand of operation.operands) {
    const fact = factOf(operand);
    if (fact === undefined) return undefined;
    found.push(fact === "varies" ? undefined : fact);
  }
  return found;
}
