/** The assembly that ops on tensors and on buffers share: boxes of them, and dimensions merged and split. */
import {
  assembly,
  blank,
  colon,
  dictionary,
  indexList,
  operand,
  type Part,
  reassociation,
  text,
  typeOf,
} from "./assembly.ts";

/** `[offsets] [sizes] [strides]` */
export const box: readonly Part[] = [
  indexList("offsets", "static_offsets"),
  blank,
  indexList("sizes", "static_sizes"),
  blank,
  indexList("strides", "static_strides"),
];

/** `%source[0, %i] [2, %n] [1, 1] : T to U` */
export const boxFormat = assembly([
  blank,
  operand("source"),
  ...box,
  dictionary,
  colon,
  typeOf("source"),
  text(" to "),
  typeOf("result"),
]);

/** `%src [[0, 1]] : T into U` */
export const collapseShapeFormat = assembly([
  blank,
  operand("src"),
  blank,
  reassociation,
  dictionary,
  colon,
  typeOf("src"),
  text(" into "),
  typeOf("result"),
]);

/** `%src [[0, 1]] output_shape [%n, 4] : T into U` */
export const expandShapeFormat = assembly([
  blank,
  operand("src"),
  blank,
  reassociation,
  text(" output_shape "),
  indexList("output_shape", "static_output_shape"),
  dictionary,
  colon,
  typeOf("src"),
  text(" into "),
  typeOf("result"),
]);
