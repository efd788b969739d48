/** The assembly of vector ops on values that a format string does not express. */
import type { OperationParser } from "../../ir/parser/operation-parser.ts";
import { VectorType } from "../../ir/types.ts";
import { fastMathText } from "../arith/flags.ts";
import {
  assembly,
  blank,
  colon,
  comma,
  constrained,
  dictionary,
  elementOf,
  flags,
  indexList,
  numberList,
  operand,
  optionally,
  type Part,
  sameAs,
  text,
  typeOf,
} from "../upstream/assembly.ts";
import { combiningKindAttribute } from "./kinds.ts";

/** A vector type; an error for any other. */
export function parseVectorType(parser: OperationParser): VectorType {
  const start = parser.offset;
  const type = parser.parseType();
  if (!(type instanceof VectorType)) throw parser.error(`expected a vector type, found ${type}`, start);
  return type;
}

/** `%v[0, %i] : f32 from vector<2x4xf32>` */
export const extractFormat = assembly([
  blank,
  operand("vector"),
  indexList("dynamic_position", "static_position"),
  dictionary,
  colon,
  typeOf("result"),
  text(" from "),
  typeOf("vector"),
]);

/** `%x, %v [0, %i] : f32 into vector<2x4xf32>` */
export const insertFormat = assembly([
  blank,
  operand("source"),
  comma,
  operand("dest"),
  blank,
  indexList("dynamic_position", "static_position"),
  dictionary,
  colon,
  typeOf("source"),
  text(" into "),
  typeOf("dest"),
]);

/** `[%i : index]` or `[]`: where an element stands. */
const elementPosition: readonly Part[] = [
  text("["),
  optionally("position", "%", [operand("position"), colon, typeOf("position")]),
  text("]"),
];

/** `%v[%i : index] : vector<4xf32>` */
export const extractElementFormat = assembly([
  blank,
  operand("vector"),
  ...elementPosition,
  dictionary,
  colon,
  typeOf("vector"),
]);

/** `%x, %v[%i : index] : vector<4xf32>` */
export const insertElementFormat = assembly(
  [blank, operand("source"), comma, operand("dest"), ...elementPosition, dictionary, colon, typeOf("dest")],
  { source: elementOf("dest") },
);

/** `%a, %b [0, 4] : T, T`: positions in two vectors. */
export const shuffleFormat = assembly([
  blank,
  operand("v1"),
  comma,
  operand("v2"),
  blank,
  numberList("mask"),
  dictionary,
  colon,
  typeOf("v1"),
  comma,
  typeOf("v2"),
]);

const kind = constrained("kind", combiningKindAttribute);

/** `<add>, %v, %acc fastmath<reassoc> : vector<4xf32> into f32` */
export const reductionFormat = assembly(
  [
    blank,
    kind,
    comma,
    operand("vector"),
    optionally("acc", ",", [comma, operand("acc")]),
    flags(fastMathText),
    dictionary,
    colon,
    typeOf("vector"),
    text(" into "),
    typeOf("dest"),
  ],
  { acc: sameAs("dest") },
);

/** `<add>, %v, %acc [0, 1] : T to U` */
export const multiReductionFormat = assembly(
  [
    blank,
    kind,
    comma,
    operand("source"),
    comma,
    operand("acc"),
    blank,
    numberList("reduction_dims"),
    dictionary,
    colon,
    typeOf("source"),
    text(" to "),
    typeOf("dest"),
  ],
  { acc: sameAs("dest") },
);
