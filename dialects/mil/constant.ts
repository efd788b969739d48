/**
 * Constants of a MIL program, and their plain values: an op's parameters are constants too. Where the file that a program was read
 * from keeps a constant in a weight file, the constant says where.
 */
import {
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  DenseElementsAttribute,
  ElementsAttribute,
  FloatAttribute,
  IntegerAttribute,
  StringAttribute,
} from "../../ir/attributes.ts";
import {
  type AttributeConstraint,
  arrayOf,
  attributeOf,
  i64Attribute,
  stringAttribute,
  unitAttribute,
} from "../../ir/constraints.ts";
import { attribute, type OperationOf, op, optionalAttribute, result } from "../../ir/declaration.ts";
import type { CustomFormat } from "../../ir/format.ts";
import { Operation, type Value } from "../../ir/operation.ts";
import { allocateElements, getNumber, setNumber } from "../../ir/tensor-data.ts";
import { elementNameOf, FloatType, IntegerType, TensorType, type Type } from "../../ir/types.ts";
import { milValue, StringType } from "./types.ts";

/** Attributes that MIL text puts in brackets, in order: [{name, type, value}, …] as `attributeList` (module/values.ts) makes them. */
export const attributeListConstraint = attributeOf(ArrayAttribute, "an array attribute");

/** What every statement of MIL text may have, beside its inputs. */
export const statementFields = {
  /** The attribute `name` of the statement. */
  name: optionalAttribute(stringAttribute),
  /** What its results are called, where that does not follow from `name`. */
  result_names: optionalAttribute(arrayOf(stringAttribute)),
  /** The names of inputs, then of attributes, as they were written, where that is not the alphabetical order. */
  written_order: optionalAttribute(arrayOf(stringAttribute)),
  /** Attributes beside `name`. */
  further_attributes: optionalAttribute(attributeListConstraint),
  /** Attributes of its blocks: a list of lists. */
  block_attributes: optionalAttribute(attributeListConstraint),
} as const;

/** What a constant holds: the kinds that `parameterOf` and module/values.ts know. */
const constantAttribute: AttributeConstraint<Attribute> = {
  description: "numbers (dense elements), a string, or an array",
  decode: (attribute) => {
    const isList = attribute instanceof ArrayAttribute || attribute instanceof DenseArrayAttribute;
    return isList || attribute instanceof ElementsAttribute || attribute instanceof StringAttribute
      ? attribute
      : undefined;
  },
  encode: (value) => value,
};

/** `{name = "w"} dense<1.0> : tensor<4xf16>`, `"valid"`, `["a"] : !mil.list<!mil.string, 1>` */
const constantFormat: CustomFormat = {
  syntax: "attr-dict $val (: type)?",
  parse: (parser) => {
    const attributes = parser.attributeDictionary();
    const val = parser.parseAttribute();
    let type: Type;
    if (val instanceof ElementsAttribute) type = val.type;
    else if (val instanceof StringAttribute) type = StringType.instance;
    else {
      parser.expect(":", "and the type of this constant");
      type = parser.parseType();
    }
    return { resultTypes: [type], properties: [["val", val]], attributes };
  },
  print: (operation, printer) => {
    const { val, result: made } = constant.cast(operation);
    printer.attributeDictionary(operation, ["val"]);
    printer.write(" ");
    printer.attribute(val);
    if (val instanceof ElementsAttribute || val instanceof StringAttribute) return;
    printer.write(" : ");
    printer.type(made.type);
  },
};

/**
 * Not ConstantLike: generic passes gather such constants at the start of a function, and MIL text keeps them where they are used. Nor
 * has it an evaluator, for folding would put a constant of another dialect in its place; programs run as what they mean.
 */
export const constant = op(
  "mil.const",
  {
    /** Numbers as elements; a string; a list or tensor of strings as an array. */
    val: attribute(constantAttribute),
    ...statementFields,
    /** The text has the value where it is used, without a statement of its own. */
    inline: optionalAttribute(unitAttribute),
    /** The weight file that holds the value, as the text names it, and the offset of its metadata record there. */
    path: optionalAttribute(stringAttribute),
    offset: optionalAttribute(i64Attribute),
    result: result(milValue),
  },
  {
    doc: "A constant of the program; a large one lies in the weight file.",
    example: "%w = mil.const dense<1.0> : tensor<4xf16>",
    traits: ["Pure"],
    format: constantFormat,
    infer: (view) => {
      const { val } = view;
      if (val instanceof ElementsAttribute) return val.type;
      if (val instanceof StringAttribute) return StringType.instance;
      // Of lists and open sizes the type is stated.
      if (view instanceof Operation) return view.results.map(({ type }) => type);
      throw new Error("cannot know the type of a list: state it");
    },
  },
);
export type ConstantOperation = OperationOf<typeof constant>;

/** What a value is known to be: the attribute of the `mil.const` that gives it. */
export function constantValue(value: Value): Attribute | undefined {
  const { definer } = value;
  return constant.matches(definer) ? definer.val : undefined;
}

/** A constant's value as the attributes that parameters are declared with: numbers, lists of them, strings. */
export function parameterOf(value: Attribute): Attribute {
  if (!(value instanceof ElementsAttribute) || value.type.rank > 1) return value;
  const { element, rank } = value.type;
  const isNumber = element instanceof IntegerType || element instanceof FloatType;
  if (!isNumber || elementNameOf(element) === undefined) return value;
  const data = value.value;
  const numbers = Array.from({ length: data.data.length }, (_, index): number | bigint => {
    const number = data.data[index]!;
    return typeof number === "bigint" ? number : getNumber(data, index);
  });
  if (rank === 1) return DenseArrayAttribute.get(element, numbers);
  const [number = 0] = numbers;
  return element instanceof IntegerType
    ? IntegerAttribute.get(number, element)
    : FloatAttribute.get(Number(number), element);
}

/** The other way: a parameter's attribute as the value of a constant, with its type; undefined where it is of no kind that MIL has. */
export function constantOfParameter(
  attribute: Attribute,
): { readonly val: Attribute; readonly type: Type } | undefined {
  if (attribute instanceof StringAttribute) return { val: attribute, type: StringType.instance };
  if (attribute instanceof ElementsAttribute) return { val: attribute, type: attribute.type };
  if (attribute instanceof IntegerAttribute || attribute instanceof FloatAttribute) {
    const val = DenseElementsAttribute.splat(TensorType.get([], attribute.type), attribute.value);
    return { val, type: val.type };
  }
  if (!(attribute instanceof DenseArrayAttribute)) return undefined;
  const { element, values } = attribute;
  const name = elementNameOf(element);
  if (name === undefined) return undefined;
  const data = { shape: [values.length], element: name, data: allocateElements(name, values.length) };
  for (const [index, value] of values.entries()) setNumber(data, index, Number(value));
  const val = DenseElementsAttribute.get(TensorType.get(data.shape, element), data.data);
  return { val, type: val.type };
}
