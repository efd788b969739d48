/** What generic passes know about LLVM's functions, branches and stack slots. */
import { IntegerAttribute, SymbolReferenceAttribute, TypeAttribute } from "../../ir/attributes.ts";
import { constantOf } from "../../ir/effects.ts";
import {
  type AttachedInterface,
  Branch,
  Callable,
  CallLike,
  ConditionallySpeculatable,
  InlineReturn,
  Inlining,
  SlotAccess,
  SlotAllocation,
  type Speculatability,
  SymbolUser,
} from "../../ir/interfaces.ts";
import type { Operation } from "../../ir/operation.ts";
import { branchInterfaces, switchInterface } from "../cf/interfaces.ts";
import { sdiv, srem, udiv, urem } from "./arithmetic.ts";
import { branch, call, conditionalBranch, llvmFunction, llvmReturn } from "./control.ts";
import { alloca, load, store, undef } from "./memory.ts";
import { invoke, switchBranch } from "./module-ops.ts";

/** Division by zero, and of the least number by -1, is undefined behaviour. */
const divisionSpeculatability =
  (isSigned: boolean) =>
  (operation: Operation): Speculatability => {
    const divisor = constantOf(operation.operand(1));
    if (!(divisor instanceof IntegerAttribute) || divisor.value === 0n) return "never";
    return isSigned && divisor.value === -1n ? "never" : "always";
  };

export const llvmInterfaces: readonly AttachedInterface[] = [
  ...branchInterfaces(branch, conditionalBranch),
  switchInterface(switchBranch),
  ConditionallySpeculatable.attach(switchBranch, () => "never"),
  Branch.attach(invoke, {
    successorOperands: (operation, successor) => ({
      ...invoke.operandGroup(operation, successor + 1),
      field: successor + 1,
    }),
  }),
  ConditionallySpeculatable.attach(branch, () => "never"),
  ConditionallySpeculatable.attach(conditionalBranch, () => "never"),
  ConditionallySpeculatable.attach(sdiv, divisionSpeculatability(true)),
  ConditionallySpeculatable.attach(srem, divisionSpeculatability(true)),
  ConditionallySpeculatable.attach(udiv, divisionSpeculatability(false)),
  ConditionallySpeculatable.attach(urem, divisionSpeculatability(false)),
  Callable.attach(llvmFunction, {
    region: (operation) => (operation.regions[0]?.entry === undefined ? undefined : operation.regions[0]),
    resultTypes: (operation) => llvmFunction.cast(operation).function_type.results,
    mayBeInlined: (operation) => {
      const { no_inline, optimize_none, personality, function_type: type } = llvmFunction.cast(operation);
      const refused = no_inline ?? optimize_none ?? personality;
      return refused === undefined && !type.isVariadic;
    },
  }),
  CallLike.attach(call, {
    callee: (operation) => {
      const { callee } = call.cast(operation);
      return callee === undefined ? operation.operands[0] : SymbolReferenceAttribute.get(callee);
    },
    arguments: (operation) => {
      const start = call.cast(operation).callee === undefined ? 1 : 0;
      return { start, count: operation.operandCount - start };
    },
    mayInline: (operation) => operation.attribute("TailCallKind")?.text.includes("musttail") !== true,
  }),
  SymbolUser.attach(call, (operation, resolve, report) => {
    const { callee } = call.cast(operation);
    if (callee === undefined) return;
    const found = resolve(SymbolReferenceAttribute.get(callee));
    if (found !== undefined && !llvmFunction.matches(found)) report(`calls @${callee}, which is a ${found.name}`);
  }),
  // Stack memory of the callee lives until the caller returns, so that its size must be known.
  Inlining.attach(alloca, (operation) => constantOf(operation.operand(0)) !== undefined),
  InlineReturn.attach(llvmReturn, {
    branch: (builder, destination, values) => {
      builder.build(branch, { dest: destination, destOperands: values });
    },
  }),
  SlotAllocation.attach(alloca, {
    slots: (operation) => {
      const size = constantOf(operation.operand(0));
      const element = operation.attribute("elem_type");
      const isOne = size instanceof IntegerAttribute && size.value === 1n;
      return isOne && element instanceof TypeAttribute ? [{ pointer: operation.onlyResult, type: element.type }] : [];
    },
    initialValue: (_operation, slot, builder) => builder.build(undef, { res: slot.type }).onlyResult,
  }),
  SlotAccess.attach(load, (operation, slot) => {
    const { addr, volatile_: isVolatile, ordering, res } = load.cast(operation);
    const isPlain = addr === slot.pointer && isVolatile === undefined && ordering === "not_atomic";
    return isPlain && res.type === slot.type ? { kind: "load", result: res } : undefined;
  }),
  SlotAccess.attach(store, (operation, slot) => {
    const { value, addr, volatile_: isVolatile, ordering } = store.cast(operation);
    const isPlain =
      addr === slot.pointer && value !== slot.pointer && isVolatile === undefined && ordering === "not_atomic";
    return isPlain && value.type === slot.type ? { kind: "store", value } : undefined;
  }),
];
