/** Constants of vector and tensor types. */
import { DenseElementsAttribute } from "../../ir/attributes.ts";
import { TensorType, type Type, VectorType } from "../../ir/types.ts";

/** All elements equal to `value`, for a static tensor or vector type. */
export function splatAttribute(value: number | bigint, type: Type): DenseElementsAttribute {
  if ((type instanceof TensorType && type.isStatic) || type instanceof VectorType) {
    return DenseElementsAttribute.splat(type, value);
  }
  throw new Error(`type ${type} has no constants`);
}
