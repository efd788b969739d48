/** What a MIL op means is built with the steps that front ends share. */
import { elementsAttribute } from "../../../ir/attributes.ts";
import type { Value } from "../../../ir/operation.ts";
import { elementType, TensorType } from "../../../ir/types.ts";
import { constant as arithConstant } from "../../arith/ops.ts";
import { convert, elementOf, type Steps, type TensorValue } from "../../tensor/build/steps.ts";
import type { TensorSteps } from "../declare.ts";

function isTensor(value: Value): value is TensorValue {
  return value.type instanceof TensorType;
}

/** The value as a tensor; only those have a meaning. */
export function tensorValue(value: Value): TensorValue {
  if (!isTensor(value)) throw new Error(`a tensor is expected, found ${value.type}`);
  return value;
}

/** The same builder for the tensor dialect's steps. Its errors get the op's name where they are caught. */
export function sharedSteps(steps: TensorSteps): Steps {
  return {
    emit: (definition, args) => tensorValue(steps.builder.build(definition, args).onlyResult),
    emitAll: (definition, args) => steps.builder.build(definition, args).results.map(tensorValue),
    constant: ({ shape, element, data }) => {
      const type = TensorType.get(shape, elementType(element));
      const value = elementsAttribute(type, data);
      return tensorValue(steps.builder.build(arithConstant, { value, result: type }).result);
    },
    error: (message) => new Error(message),
  };
}

/** Positions in a type that the tensor dialect indexes with: MIL has them in 16 bits too. */
export function indexValue(steps: Steps, indices: Value): TensorValue {
  const given = tensorValue(indices);
  const element = elementOf(given);
  return element === "i32" || element === "i64" ? given : convert(steps, given, "i32");
}
