/**
 * How ops of the mil dialect are declared. An op has the name, inputs and parameters of its MIL counterpart: what MIL takes as
 * values are operands, what it takes as constants are attributes. What an op computes is stated once, as ops of the tensor
 * dialect (`means`): its result types, its evaluator and its lowering come from that.
 */
import { DenseElementsAttribute, FloatAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import { type AttributeConstraint, stringAttribute, typeOf } from "../../ir/constraints.ts";
import { type AnyDefinition, Context } from "../../ir/context.ts";
import {
  attribute,
  defaultAttribute,
  type Fields,
  type InferenceView,
  op,
  operand,
  optionalAttribute,
  result,
} from "../../ir/declaration.ts";
import { evaluateBlock } from "../../ir/evaluate.ts";
import { Evaluate, OpInterface } from "../../ir/interfaces.ts";
import { unknownLocation } from "../../ir/location.ts";
import { Block, type Operation, Value } from "../../ir/operation.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { elementType, f16, TensorType } from "../../ir/types.ts";
import { constant as arithConstant } from "../arith/ops.ts";
import { tensor } from "../tensor/index.ts";

const elements: ReadonlySet<string> = new Set(["f16", "f32", "i1", "i8", "i16", "i32", "ui8", "ui16", "i4", "ui4"]);

/** Any value of a MIL program. */
export const milTensor = typeOf(
  TensorType,
  "a static tensor",
  (type) => type.isStatic && elements.has(type.element.text),
);

export const input = operand(milTensor);
export const output = result(milTensor);

/** A float parameter. MIL gives it the element type of the op's input; ops that are built here compute in f16. */
export const floatParameter: AttributeConstraint<number> = {
  description: "a float attribute",
  decode: (attribute) => (attribute instanceof FloatAttribute ? attribute.value : undefined),
  encode: (value) => FloatAttribute.get(value, f16),
  impliedType: f16,
};
export const float = attribute(floatParameter);
export const floatOr = (fallback: number) => defaultAttribute(floatParameter, fallback);

/** The name that the op has in the program's text. */
export const nameField = { name: optionalAttribute(stringAttribute) };

/** Builds ops of the tensor dialect. */
export class TensorSteps {
  readonly builder: Builder;

  constructor(builder: Builder) {
    this.builder = builder;
  }

  build(definition: AnyDefinition, args: { readonly [name: string]: unknown }): Value {
    return this.builder.build(definition, args).onlyResult;
  }

  /** A number of the element type of `like`, broadcast where it is used. */
  scalar(value: number, like: Value): Value {
    const { type } = like;
    if (!(type instanceof TensorType)) throw new Error(`a tensor is expected, found ${type}`);
    const attribute = DenseElementsAttribute.splat(TensorType.get([], type.element), value);
    return this.builder.build(arithConstant, { value: attribute, result: attribute.type }).result;
  }
}

export function shapeOf(value: Value): readonly number[] {
  if (!(value.type instanceof TensorType)) throw new Error(`a tensor is expected, found ${value.type}`);
  return value.type.shape;
}

export function withShape(value: Value, shape: readonly number[]): TensorType {
  if (!(value.type instanceof TensorType)) throw new Error(`a tensor is expected, found ${value.type}`);
  return TensorType.get(shape, value.type.element);
}

/** A MIL axis, which may count from the end. */
export function axisOf(axis: number, rank: number): number {
  if (axis < -rank || axis >= rank) throw new Error(`axis ${axis} is outside of rank ${rank}`);
  return axis < 0 ? axis + rank : axis;
}

/** Builds what an operation computes, with `operands` in place of its operands, and returns one value per result. */
export type MeaningImplementation = (
  operation: Operation,
  operands: readonly Value[],
  builder: Builder,
) => readonly Value[];
export const Meaning = new OpInterface<MeaningImplementation>("mil-meaning");

/** Operands and attributes by field name. */
type View = { readonly [name: string]: unknown };

const valuesIn = (found: unknown): Value[] => {
  if (found instanceof Value) return [found];
  return Array.isArray(found) ? found.filter((each) => each instanceof Value) : [];
};

/** The fields of an op by kind, and the views that its meaning is asked with. */
class FieldNames {
  readonly #operands: readonly string[];
  readonly #attributes: readonly string[];

  constructor(fields: Fields) {
    const named = (kind: string) => Object.keys(fields).filter((name) => fields[name]!.kind === kind);
    this.#operands = named("operand");
    this.#attributes = named("attribute");
  }

  /** All operands in order. */
  operands(view: View): Value[] {
    return this.#operands.flatMap((name) => valuesIn(view[name]));
  }

  /** The view with other values in place of its operands. */
  substituted(view: View, operands: readonly Value[]): View {
    const changed: { [name: string]: unknown } = {};
    for (const name of this.#attributes) changed[name] = view[name];
    let next = 0;
    for (const name of this.#operands) {
      const count = valuesIn(view[name]).length;
      const own = operands.slice(next, next + count);
      changed[name] = Array.isArray(view[name]) ? own : own[0];
      next += count;
    }
    return changed;
  }
}

export interface MilOptions<F extends Fields> {
  readonly doc: string;
  readonly example: string;
  /** The same as ops of the tensor dialect. */
  readonly means: (view: InferenceView<F>, steps: TensorSteps) => Value | readonly Value[];
  /** The format between the op's name and its attributes; all operands unless stated. */
  readonly operands?: string;
}

const evaluators = new Context([tensor]);

/** Declares `mil.mnemonic` with these results. */
export function milOpWithResults<const F extends Fields, const R extends Fields>(
  mnemonic: string,
  fields: F,
  results: R,
  options: MilOptions<F>,
) {
  const names = new FieldNames(fields);
  const meaning = (view: View, operands: readonly Value[], builder: Builder): readonly Value[] => {
    const given = names.substituted(view, operands) as InferenceView<F>;
    const values = options.means(given, new TensorSteps(builder));
    return Array.isArray(values) ? values : [values as Value];
  };
  return op(
    `mil.${mnemonic}`,
    { ...fields, ...results, ...nameField },
    {
      doc: options.doc,
      example: options.example,
      traits: ["Pure"],
      format: `${options.operands ?? "operands"} attr-dict \`:\` functional-type(operands, results)`,
      infer: (view) => {
        const given = viewOf(view);
        const block = new Block();
        const operands = names.operands(given).map((value) => block.addArgument(value.type, unknownLocation));
        return meaning(given, operands, new Builder(at.endOf(block))).map((value) => value.type);
      },
      interfaces: [
        Meaning.implement((operation, operands, builder) => meaning(viewOf(operation), operands, builder)),
        Evaluate.implement((operation, inputs) => evaluateMeaning(operation, inputs, meaning)),
      ],
    },
  );
}

/** Declares `mil.mnemonic` with one result. */
export function milOp<const F extends Fields>(mnemonic: string, fields: F, options: MilOptions<F>) {
  return milOpWithResults(mnemonic, fields, { result: output }, options);
}

/** Accessors by name: an operation's, or those of arguments to a builder. */
function viewOf(view: object): View {
  return view as View;
}

/** Builds the meaning in a block of its own and runs that. */
function evaluateMeaning(
  operation: Operation,
  inputs: readonly TensorData[],
  meaning: (view: View, operands: readonly Value[], builder: Builder) => readonly Value[],
): readonly TensorData[] {
  const block = new Block();
  const { location } = operation;
  const environment = new Map<Value, TensorData>();
  const operands = inputs.map((data) => {
    const argument = block.addArgument(TensorType.get(data.shape, elementType(data.element)), location);
    environment.set(argument, data);
    return argument;
  });
  const results = meaning(viewOf(operation), operands, new Builder(at.endOf(block), location));
  evaluateBlock(block, environment, evaluators);
  return results.map((value) => environment.get(value)!);
}

/** A self-contained program for an op's documentation. */
export function example(line: string, ...inputs: readonly string[]): string {
  const sources = inputs.map((each) => {
    const colon = each.indexOf(":");
    return `${each.slice(0, colon)} = "test.source"() : () -> ${each.slice(colon + 1).trim()}`;
  });
  return [...sources, line].join("\n");
}
