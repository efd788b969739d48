/** The assembly of the upstream tensor ops that a format string does not express. */
import { IntegerAttribute } from "../../../ir/attributes.ts";
import {
  assembly,
  blank,
  colon,
  dictionary,
  elementOf,
  indexList,
  operand,
  operands,
  regionPart,
  signature,
  spelled,
  text,
  typeOf,
  unit,
} from "../../upstream/assembly.ts";
import { box } from "../../upstream/view-formats.ts";

/** `%s into %t[0, %i] [2, %n] [1, 1] : T into U`; the result, where there is one, is of the second type. */
export const insertSliceFormat = assembly([
  blank,
  operand("source"),
  text(" into "),
  operand("dest"),
  ...box,
  dictionary,
  colon,
  typeOf("source"),
  text(" into "),
  typeOf("dest"),
]);

/** `%t nofold low[1, %i] high[0, 0] { … } : T to U` */
export const padFormat = assembly([
  blank,
  operand("source"),
  blank,
  unit("nofold", "nofold"),
  text("low"),
  indexList("low", "static_low"),
  text(" high"),
  indexList("high", "static_high"),
  blank,
  regionPart(),
  dictionary,
  colon,
  typeOf("source"),
  text(" to "),
  typeOf("result"),
]);

/** `%n { … } : T` */
export const generateFormat = assembly([
  blank,
  operands("dynamicExtents"),
  blank,
  regionPart(),
  dictionary,
  colon,
  typeOf("result"),
]);

/** `dim(0) %a, %b : (T, U) -> V` */
export const concatFormat = assembly([
  text(" dim("),
  spelled(
    "dim",
    (parser) => IntegerAttribute.get(parser.parseSize()),
    (attribute, printer) => printer.attribute(attribute, { elideType: true }),
  ),
  text(") "),
  operands("inputs"),
  dictionary,
  colon,
  signature("inputs"),
]);

/** `%a, %b : tensor<2xf32>` */
export const fromElementsFormat = assembly([blank, operands("elements"), dictionary, colon, typeOf("result")], {
  elements: elementOf("result"),
});
