/**
 * What the declarations of the tensor dialect's compute ops share: the constraints on operands (static shapes, element
 * types that plain data can hold), and the step from shapes, in which the reference functions speak, to types. Shape
 * inference and evaluation themselves live in `reference/`; a declaration only names them.
 */
import { requireElementName } from "../../ir/attributes.ts";
import { type TypeConstraint, typeOf, typeVariable } from "../../ir/constraints.ts";
import type { Value } from "../../ir/operation.ts";
import type { ElementName } from "../../ir/tensor-data.ts";
import { elementType, TensorType } from "../../ir/types.ts";
import { ElementTypeError, formatShape, ShapeError } from "./reference/shape-error.ts";

export { example } from "../example.ts";

const floatNames: readonly ElementName[] = ["f64", "f32", "f16", "bf16"];
const narrowIntegerNames: readonly ElementName[] = ["i4", "i8", "i16", "ui4", "ui8", "ui16"];
const integerNames: readonly ElementName[] = [...narrowIntegerNames, "i32", "i64", "ui32", "ui64"];

/** A tensor of static shape whose element type is one of `names`. `description` completes "a static tensor of …". */
export function staticTensor(names: readonly ElementName[], description: string): TypeConstraint<TensorType> {
  const allowed: ReadonlySet<string> = new Set(names);
  return typeOf(
    TensorType,
    `a static tensor of ${description}`,
    (type) => type.isStatic && allowed.has(type.element.text),
  );
}

export const floatTensor = staticTensor(floatNames, "floats");
export const integerTensor = staticTensor(integerNames, "integers");
export const numericTensor = staticTensor([...floatNames, ...integerNames], "floats or integers");
export const bitsTensor = staticTensor([...integerNames, "i1"], "integers or i1");
export const boolTensor = staticTensor(["i1"], "i1");
/** Any element type with a host representation. */
export const anyElementTensor = staticTensor([...floatNames, ...integerNames, "i1"], "floats, integers or i1");
/** Positions along an axis. */
export const indexTensor = staticTensor(["i32", "i64"], "i32 or i64");
/** What quantization produces. */
export const quantizedTensor = staticTensor([...narrowIntegerNames, "i32"], "integers of up to 32 bits");

/** `constraint` as the type that all operands and results named by it share. */
export function same(constraint: TypeConstraint<TensorType>): TypeConstraint<TensorType> {
  return typeVariable("T", constraint);
}

export type TensorValue = Value<TensorType>;

/** The sizes of a value; an error for dynamic ones, on which no shape can be computed. */
export function shapeOf(value: TensorValue): readonly number[] {
  if (!value.type.isStatic) {
    throw new Error(`expected static shapes, found ${value.type}: specialise the dynamic dimensions first`);
  }
  return value.type.shape;
}

/** The name of a value's element type as plain data has it; an error for types without one (f8, complex). */
export function elementOf(value: TensorValue): ElementName {
  return requireElementName(value.type.element);
}

/** The type of a tensor with the element type of `like` and another shape. */
export function reshaped(like: TensorValue, shape: readonly number[]): TensorType {
  return TensorType.get(shape, like.type.element);
}

export function tensorType(shape: readonly number[], element: ElementName): TensorType {
  return TensorType.get(shape, elementType(element));
}

/** Throws unless all values have one element type. */
export function requireOneElement(op: string, ...values: readonly (TensorValue | undefined)[]): void {
  const types = values.filter((value) => value !== undefined).map((value) => value.type.element);
  if (types.some((type) => type !== types[0])) {
    throw new ElementTypeError(op, "operands of one element type", types.join(", "));
  }
}

/** Throws unless `axis` is in 0 … rank - 1: operations hold resolved axes only, front ends count negative ones. */
export function requireAxis(op: string, axis: number, rank: number): void {
  if (axis < 0 || axis >= rank) {
    throw new ShapeError(op, `an axis from 0 to ${rank - 1} for rank ${rank}`, `axis ${axis}`);
  }
}

/** Throws unless `axes` are in 0 … rank - 1, each once. */
export function requireAxes(op: string, axes: readonly number[], rank: number): void {
  for (const axis of axes) requireAxis(op, axis, rank);
  if (new Set(axes).size !== axes.length) throw new ShapeError(op, "each axis once", `axes ${formatShape(axes)}`);
}

/** Throws unless `value` has one of the ranks from `least` to `greatest`. */
export function requireRank(op: string, what: string, value: TensorValue, least: number, greatest = least): void {
  const { rank } = value.type;
  if (rank >= least && rank <= greatest) return;
  const range =
    greatest === least ? `${least}` : greatest === Infinity ? `${least} or more` : `${least} to ${greatest}`;
  throw new ShapeError(op, `${what} of rank ${range}`, `rank ${rank} (${value.type})`);
}
