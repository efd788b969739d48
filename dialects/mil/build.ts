/** Building MIL ops from plain values: what is a parameter becomes a constant of its own in front of the op. */
import { type Attribute, DenseArrayAttribute, FloatAttribute, IntegerAttribute } from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import { type Operation, Value } from "../../ir/operation.ts";
import { IntegerType, isFloat, TensorType } from "../../ir/types.ts";
import { constant, constantOfParameter } from "./constant.ts";
import { floatParameter, opsetAt } from "./declare.ts";
import { signatureOf } from "./meaning.ts";
import { hasSince } from "./opsets.ts";

export interface BuildOptions {
  /** The op's `name`. */
  readonly name?: string | undefined;
  /** What the constant for a parameter is called. */
  readonly nameConstant: (parameter: string) => string;
}

/**
 * Builds an op whose parameters are given as numbers, strings and lists of them, each as a `mil.const` in front of it. Those with a
 * default are written out; those that the opset of the function does not know yet are not.
 *
 * @throws Error where a required parameter is missing, or a value is not what the declaration asks for
 */
export function buildWithConstants(
  builder: Builder,
  definition: AnyDefinition,
  args: { readonly [name: string]: unknown },
  { name, nameConstant }: BuildOptions,
): Operation {
  const signature = signatureOf(definition);
  if (signature === undefined) throw new Error(`'${definition.name}' is no op with parameters`);
  const opset = opsetAt(builder.point.block);
  const given: { [name: string]: unknown } = { name };
  for (const [input, field] of signature.inputs) {
    const value = args[input];
    if (field.kind === "operand" || value instanceof Value) {
      given[input] = value;
      continue;
    }
    const since = signature.inputsSince[input];
    const isKnown = since === undefined || opset === undefined || hasSince(opset, since);
    const stated = value ?? (isKnown ? field.fallback : undefined);
    if (stated === undefined) continue;
    let attribute = field.constraint.encode(stated);
    if (field.constraint === floatParameter && attribute instanceof FloatAttribute)
      attribute = FloatAttribute.get(Number(stated), floatElement(args) ?? attribute.type);
    const place = (value: Attribute, label: string): Value => {
      const plain = constantOfParameter(value);
      if (plain === undefined) throw new Error(`the parameter ${input} of '${definition.name}' cannot be ${value}`);
      const { result } = builder.build(constant, { val: plain.val, name: label, result: plain.type });
      result.nameHint = label;
      return result;
    };
    const called = nameConstant(input);
    const isTuple = definition.operandFields.find((each) => each.name === input)?.field.arity === "variadic";
    given[input] = isTuple
      ? scalarsOf(attribute).map((value, position) => place(value, `${called}_${position}`))
      : place(attribute, called);
  }
  const made = builder.build(definition, given);
  if (name !== undefined && made.results.length === 1) made.onlyResult.nameHint = name;
  return made;
}

/** The numbers of a list, which MIL takes one by one. */
function scalarsOf(list: Attribute): Attribute[] {
  if (!(list instanceof DenseArrayAttribute)) return [list];
  const { element, values } = list;
  return values.map((value) =>
    element instanceof IntegerType ? IntegerAttribute.get(value, element) : FloatAttribute.get(Number(value), element),
  );
}

/** The type of the floats that an op computes on. */
function floatElement(args: { readonly [name: string]: unknown }) {
  for (const value of Object.values(args)) {
    if (value instanceof Value && value.type instanceof TensorType && isFloat(value.type.element))
      return value.type.element;
  }
  return undefined;
}
