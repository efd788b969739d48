/** The enums of the linalg dialect. */
import { dialectEnumAttribute } from "../../ir/constraints.ts";
import { binaryFunctions, unaryFunctions } from "./named-table.ts";

export const iteratorTypes = ["parallel", "reduction", "window"] as const;
export type IteratorType = (typeof iteratorTypes)[number];
export const iteratorTypeAttribute = dialectEnumAttribute("linalg", "iterator_type", iteratorTypes);

/** How integers of different widths and kinds become one type. */
export const castAttribute = dialectEnumAttribute("linalg", "type_fn", ["cast_signed", "cast_unsigned"]);
export const unaryAttribute = dialectEnumAttribute("linalg", "unary_fn", unaryFunctions);
export const binaryAttribute = dialectEnumAttribute("linalg", "binary_fn", binaryFunctions);
