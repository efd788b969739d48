/** Constants with their elements as they are stored. The bytes stay what they are: a blob is shared, not copied. */
import { constant } from "../../dialects/arith/ops.ts";
import {
  type Attribute,
  DenseElementsAttribute,
  DenseResourceAttribute,
  ElementsAttribute,
  requireElementName,
} from "../../ir/attributes.ts";
import { constantOf } from "../../ir/effects.ts";
import type { Operation } from "../../ir/operation.ts";
import { elementsFromBytes } from "../../ir/tensor-data.ts";
import { ShapedType, TensorType } from "../../ir/types.ts";
import { storageType } from "./storage-types.ts";

/** The same elements with their storage type. */
function storedAttribute(attribute: Attribute): Attribute {
  if (!(attribute instanceof ElementsAttribute) || !(attribute.type instanceof TensorType)) return attribute;
  const type = storageType(attribute.type);
  if (type === attribute.type || !(type instanceof ShapedType)) return attribute;
  if (attribute instanceof DenseResourceAttribute) {
    return attribute.blob === undefined
      ? DenseResourceAttribute.unresolved(type, attribute.key)
      : DenseResourceAttribute.get(type, attribute.blob);
  }
  const { data } = attribute instanceof DenseElementsAttribute ? attribute : attribute.value;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return DenseElementsAttribute.get(type, elementsFromBytes(requireElementName(type.element), bytes));
}

/** An `arith.constant` of what a constant-like op holds, in storage type, not in a block; undefined where it has no value. */
export function storedConstant(operation: Operation): Operation | undefined {
  const value = constantOf(operation.onlyResult);
  if (value === undefined) return undefined;
  const made = constant.build({ value: storedAttribute(value) }, operation.location);
  made.result.nameHint = operation.onlyResult.nameHint;
  return made;
}
