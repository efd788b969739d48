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
import { IntegerType } from "../../ir/types.ts";
import { caseNumbers, targetOperands } from "../upstream/switch-format.ts";
import { branch, conditionalBranch, switchBranch } from "./ops.ts";

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

/** A branch to one of many blocks by number; its operands are the number, those of the default and those of the cases. */
export function switchInterface(definition: AnyDefinition): AttachedInterface {
  return Branch.attach(definition, {
    successorOperands: (operation, successor) => {
      if (successor === 0) return { ...definition.operandGroup(operation, 1), field: 1 };
      const { cases } = targetOperands(operation);
      const before = cases.slice(0, successor - 1).reduce((sum, values) => sum + values.length, 0);
      return {
        start: definition.operandGroup(operation, 2).start + before,
        count: cases[successor - 1]?.length ?? 0,
        field: 2,
        part: { attribute: "case_operand_segments", position: successor - 1 },
      };
    },
    taken: (operation, [flag]) => {
      if (!(flag instanceof IntegerAttribute)) return undefined;
      const { type } = operation.operand(0);
      const width = type instanceof IntegerType ? type.width : 64;
      const known = BigInt.asIntN(width, flag.value);
      return caseNumbers(operation).findIndex((each) => BigInt.asIntN(width, each) === known) + 1;
    },
  });
}

export const cfInterfaces: readonly AttachedInterface[] = [
  ...branchInterfaces(branch, conditionalBranch),
  switchInterface(switchBranch),
  ConditionallySpeculatable.attach(switchBranch, () => "never"),
  ConditionallySpeculatable.attach(branch, () => "never"),
  ConditionallySpeculatable.attach(conditionalBranch, () => "never"),
];
