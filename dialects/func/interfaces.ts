/** What generic passes know about functions, calls and returns. */
import { ArrayAttribute, SymbolReferenceAttribute, TypeAttribute } from "../../ir/attributes.ts";
import { type AttachedInterface, Callable, CallLike, InlineReturn } from "../../ir/interfaces.ts";
import type { Operation } from "../../ir/operation.ts";
import { FunctionType } from "../../ir/types.ts";
import { branch } from "../cf/ops.ts";
import { call, functionDefinition, returnOperation } from "./ops.ts";

/** The entries of an array attribute (`arg_attrs`) that stay. */
export function keepEntries(operation: Operation, name: string, kept: readonly number[]): void {
  const entries = operation.properties.get(name);
  if (!(entries instanceof ArrayAttribute)) return;
  operation.properties.set(name, ArrayAttribute.get(kept.flatMap((position) => entries.elements[position] ?? [])));
}

export const funcInterfaces: readonly AttachedInterface[] = [
  Callable.attach(functionDefinition, {
    region: (operation) => (operation.regions[0]?.entry === undefined ? undefined : operation.regions[0]),
    resultTypes: (operation) => functionDefinition.cast(operation).function_type.results,
    keepInSignature: (operation, inputs, results) => {
      const type = functionDefinition.cast(operation).function_type;
      const kept = FunctionType.get(
        inputs.map((position) => type.inputs[position]!),
        results.map((position) => type.results[position]!),
      );
      operation.properties.set("function_type", TypeAttribute.get(kept));
      keepEntries(operation, "arg_attrs", inputs);
      keepEntries(operation, "res_attrs", results);
    },
    mayBeInlined: (operation) => operation.attribute("no_inline") === undefined,
  }),
  CallLike.attach(call, {
    callee: (operation) => SymbolReferenceAttribute.get(call.cast(operation).callee),
    arguments: (operation) => ({ start: 0, count: operation.operandCount }),
  }),
  InlineReturn.attach(returnOperation, {
    branch: (builder, destination, values) => {
      builder.build(branch, { dest: destination, destOperands: values });
    },
  }),
];
