/**
 * How elements are stored and computed on the host. Arithmetic on the linalg level knows only signless integers, so
 * `ui8` is stored as `i8` and each operation remembers the signedness itself; types below a byte take a byte each.
 * `f16` and `bf16` are stored as they are and computed in `f32`.
 */
import { FloatType, f32, IntegerType, i1, i8, TensorType, type Type } from "../../ir/types.ts";

/** The element type in memory of a logical element type. */
export function storageElement(element: Type): Type {
  if (!(element instanceof IntegerType) || element === i1) return element;
  return IntegerType.get(Math.max(8, element.width));
}

/** The type in which arithmetic on this element type is done. */
export function computeElement(element: Type): Type {
  return element instanceof FloatType && element.width < 32 ? f32 : storageElement(element);
}

/** A tensor type with its elements as they are stored; any other type as it is. */
export function storageType(type: Type): Type {
  if (!(type instanceof TensorType)) return type;
  const element = storageElement(type.element);
  return element === type.element ? type : TensorType.get(type.shape, element, type.encoding);
}

/** Whether an element type is read as an unsigned number; i1 is 0 or 1. */
export function isUnsigned(element: Type): boolean {
  return element === i1 || (element instanceof IntegerType && element.signedness === "unsigned");
}

/** Whether values of a logical type fill fewer bits than their storage, so that results must be wrapped. */
export function isNarrow(element: Type): element is IntegerType {
  return element instanceof IntegerType && element !== i1 && element.width < i8.width;
}
