/** What generic passes know about branches. */
import { type Attribute, IntegerAttribute } from "../../ir/attributes.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import {
  type AttachedInterface,
  Branch,
  ConditionallySpeculatable,
  type KnownOperands,
  type OperandRange,
} from "../../ir/interfaces.ts";
import type { Operation } from "../../ir/operation.ts";
import { branch, conditionalBranch } from "./ops.ts";

/** The truth of a constant `i1`; undefined where it is not known. */
export function truthOf(constant: Attribute | undefined): boolean | undefined {
  return constant instanceof IntegerAttribute ? constant.value !== 0n : undefined;
}

/** Both a branch and a conditional branch; their operand groups after the condition belong to their successors. */
export function branchInterfaces(
  unconditional: AnyDefinition,
  conditional: AnyDefinition,
): readonly AttachedInterface[] {
  const group = (operation: Operation, successor: number): OperandRange => ({
    ...conditional.operandGroup(operation, successor + 1),
    field: successor + 1,
  });
  return [
    Branch.attach(unconditional, {
      successorOperands: (operation) => ({ start: 0, count: operation.operandCount }),
      taken: () => 0,
    }),
    Branch.attach(conditional, {
      successorOperands: group,
      taken: (_operation, [condition]: KnownOperands) => {
        const truth = truthOf(condition);
        return truth === undefined ? undefined : truth ? 0 : 1;
      },
    }),
  ];
}

export const cfInterfaces: readonly AttachedInterface[] = [
  ...branchInterfaces(branch, conditionalBranch),
  ConditionallySpeculatable.attach(branch, () => "never"),
  ConditionallySpeculatable.attach(conditionalBranch, () => "never"),
];
