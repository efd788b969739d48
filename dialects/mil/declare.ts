/**
 * How ops of the mil dialect are declared: with the inputs that MIL gives them, by name. In MIL every input is a value, parameters
 * too, mostly of a constant; here it is the same. What must be known when compiling is declared as an attribute:
 *
 *     export const softmax = milOp(
 *       "softmax",
 *       { x: input, axis: defaultAttribute(i32Attribute, -1) },
 *       {
 *         doc: "e^x / Σ e^x along axis.",
 *         example: example("softmax", { x: "2x3xf16" }, { axis: -1 }, "2x3xf16"),
 *         means: ({ x, axis }, steps) => steps.build(tensor.softmax, { input: x, axis: axisOf(axis, shapeOf(x).length) }),
 *       },
 *     );
 *
 * `axis` is an operand of the op like `x`, which must come from a `mil.const`; `means` gets it as the number that it is, or the
 * default of the declaration. `dynamic: ["axis"]` allows any value, as MIL does for the limits of slices and for shapes; then the op
 * must state its result types, and has no meaning here until the value is known.
 *
 * What an op computes is said once, as ops of the tensor dialect (`means`): its result types, its evaluator and its lowering come
 * from that. An op that has no counterpart there says why (`refuses`), and gives `infer` where its types follow from its inputs.
 * `milOpWithResults` declares an op with other results than one (`{ outputs: variadicResult(milTensor) }`; `means` then returns a
 * list). Blocks are fields too (`body: region()`): `means` runs one with `steps.block(region, inputs)`, which returns the values that
 * the block ends with; they end in `mil.return`.
 *
 * `since` is the opset that brought the op, `inputsSince` the one that brought an input, `inputsUntil` the one that has it no more: the
 * verifier compares them with the opset of the function.
 */
import {
  type Attribute,
  DenseArrayAttribute,
  FloatAttribute,
  IntegerAttribute,
  StringAttribute,
} from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import {
  type AttributeConstraint,
  boolArrayAttribute,
  boolAttribute,
  f32ArrayAttribute,
  i32ArrayAttribute,
  type TypeConstraint,
  typeOf,
  unitAttribute,
} from "../../ir/constraints.ts";
import { Context } from "../../ir/context.ts";
import {
  attribute,
  defaultAttribute,
  type Field,
  type Fields,
  type InferenceView,
  type OperandField,
  op,
  operand,
  optionalAttribute,
  optionalOperand,
  type Report,
  result,
  type Trait,
  variadicOperand,
} from "../../ir/declaration.ts";
import { evaluateBlock } from "../../ir/evaluate.ts";
import { Evaluate, type MemoryEffect } from "../../ir/interfaces.ts";
import { unknownLocation } from "../../ir/location.ts";
import { Block, Operation, Value } from "../../ir/operation.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import {
  elementType,
  FloatType,
  f16,
  f32,
  IntegerType,
  i1,
  i32,
  NoneType,
  TensorType,
  type Type,
} from "../../ir/types.ts";
import { tensor } from "../tensor/index.ts";
import { constantValue, parameterOf, statementFields } from "./constant.ts";
import { milFormat } from "./format.ts";
import { Meaning, type MilSignature, type ParameterField, Signature, TensorSteps } from "./meaning.ts";
import { defaultOpset, hasSince, isOpset, type Opset } from "./opsets.ts";
import { milString, milTensor, milValue } from "./types.ts";

export { example, real, tuple } from "./example.ts";
export { axisOf, shapeOf, TensorSteps, withShape } from "./meaning.ts";
export { milTensor } from "./types.ts";

export const input = operand(milTensor);
export const output = result(milTensor);

/** A float parameter. MIL gives it the element type of the op's input; ops that are built here compute in f16. */
export const floatParameter: AttributeConstraint<number> = {
  description: "a float",
  decode: (attribute) => (attribute instanceof FloatAttribute ? attribute.value : undefined),
  encode: (value) => FloatAttribute.get(value, f16),
  impliedType: f16,
};
export const float = attribute(floatParameter);
export const floatOr = (fallback: number) => defaultAttribute(floatParameter, fallback);

// ------------------------------------------------------------------------------------------------------ parameters

const list = (element: Type | undefined, description: string) =>
  typeOf(
    TensorType,
    description,
    (type) =>
      type.rank === 1 &&
      (element === undefined ? type.element instanceof IntegerType && type.element !== i1 : type.element === element),
  );
const scalar = (description: string, matches: (element: Type) => boolean) =>
  typeOf(TensorType, description, (type) => type.rank === 0 && matches(type.element));

const truth = scalar("a bool", (element) => element === i1);
const truths = list(i1, "a list of bools");
const integer = scalar("an integer", (element) => element instanceof IntegerType && element !== i1);
const integers = list(undefined, "a list of integers");
const realNumber = scalar("a float", (element) => element instanceof FloatType);
const reals = list(f32, "a list of fp32");

/** The types of values that can be a parameter. */
function typeOfParameter(constraint: AttributeConstraint<unknown>): TypeConstraint<Type> {
  const { impliedType } = constraint;
  if (constraint === boolAttribute) return truth;
  if (constraint === boolArrayAttribute) return truths;
  if (constraint === i32ArrayAttribute) return integers;
  if (constraint === f32ArrayAttribute) return reals;
  if (impliedType === NoneType.instance) return milString;
  if (impliedType instanceof IntegerType) return integer;
  return impliedType instanceof FloatType ? realNumber : milValue;
}

/** The same number in the type that a declaration asks for: MIL takes an axis of any integer type. */
function conversions(value: Attribute): Attribute[] {
  if (value instanceof IntegerAttribute) return [IntegerAttribute.get(value.value, i32)];
  if (value instanceof FloatAttribute) return [FloatAttribute.get(value.value, f32)];
  if (value instanceof DenseArrayAttribute && value.element instanceof IntegerType && value.element !== i1)
    return [DenseArrayAttribute.get(i32, value.values)];
  return [];
}

function decodeParameter<V>(constraint: AttributeConstraint<V>, value: Attribute): V | undefined {
  const plain = parameterOf(value);
  const direct = constraint.decode(plain);
  if (direct !== undefined) return direct;
  for (const converted of conversions(plain)) {
    const decoded = constraint.decode(converted);
    if (decoded !== undefined) return decoded;
  }
  return undefined;
}

/** The fields of the op: parameters are operands. */
type DeclaredFields<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends ParameterField<infer A>
    ? OperandField<Type, "one" extends A ? "one" : "optional">
    : F[K];
};

function declaredField(field: Field, isTuple: boolean): Field {
  if (field.kind !== "attribute") return field;
  const constraint = typeOfParameter(field.constraint);
  if (isTuple) return variadicOperand(constraint === truths ? truth : integer);
  return field.arity === "one" ? operand(constraint) : optionalOperand(constraint);
}

function declaredFields<F extends Fields>(fields: F, tuples: ReadonlySet<string>): DeclaredFields<F> {
  const declared: { [name: string]: Field } = {};
  for (const [name, field] of Object.entries(fields)) declared[name] = declaredField(field, tuples.has(name));
  return declared as DeclaredFields<F>;
}

/** The opset of the function that a block belongs to; undefined outside of functions. */
export function opsetAt(block: Block | undefined): Opset | undefined {
  for (let outer = block?.parentOperation; outer !== undefined; outer = outer.parentOperation) {
    if (outer.name !== "mil.function") continue;
    const stated = outer.attribute("opset");
    if (!(stated instanceof StringAttribute)) return defaultOpset;
    return isOpset(stated.value) ? stated.value : undefined;
  }
  return undefined;
}

function checkOpset(operation: Operation, signature: MilSignature, report: Report): void {
  const opset = opsetAt(operation.block);
  if (opset === undefined) return;
  const { since, inputsSince, inputsUntil } = signature;
  if (!hasSince(opset, since)) report(`exists since ${since}, but its function is of the opset ${opset}`);
  for (const [name, brought] of Object.entries(inputsSince)) {
    if (!hasSince(opset, brought) && inputOf(operation, name) !== undefined)
      report(`takes ${name} since ${brought}, but its function is of the opset ${opset}`);
  }
  for (const [name, gone] of Object.entries(inputsUntil)) {
    if (hasSince(opset, gone) && inputOf(operation, name) !== undefined)
      report(`takes ${name} until ${gone}, but its function is of the opset ${opset}`);
  }
}

function inputOf(operation: Operation, name: string): Value | undefined {
  const found = operation.definition?.readField(operation, name);
  return found instanceof Value ? found : undefined;
}

// ---------------------------------------------------------------------------------------------------------- meaning

/** Fields by name, parameters decoded. */
type View = { readonly [name: string]: unknown };

const valuesIn = (found: unknown): Value[] => {
  if (found instanceof Value) return [found];
  return Array.isArray(found) ? found.filter((each) => each instanceof Value) : [];
};

/** The inputs of an op, as its meaning and its type rule are asked with them. */
class Inputs {
  readonly #fields: readonly (readonly [string, Field])[];
  readonly #dynamic: ReadonlySet<string>;

  constructor(fields: Fields, dynamic: readonly string[]) {
    this.#fields = Object.entries(fields);
    this.#dynamic = new Set(dynamic);
  }

  /** All operands in order. */
  operands(given: View): Value[] {
    return this.#fields.flatMap(([name]) => valuesIn(given[name]));
  }

  /**
   * Whether sizes are open, or a value that may be computed is no constant: then nothing follows from the inputs. Values that are no
   * tensors are open to a meaning, which knows tensors only.
   */
  isOpen(given: View, takesTensorsOnly: boolean): boolean {
    return this.#fields.some(([name, { kind }]) =>
      valuesIn(given[name]).some((value) => {
        if (kind === "attribute") return this.#dynamic.has(name) && constantValue(value) === undefined;
        return value.type instanceof TensorType ? !value.type.isStatic : takesTensorsOnly;
      }),
    );
  }

  /** The view with parameters decoded, and `operands` in place of the operands. */
  decoded(given: View, operands: readonly Value[]): View {
    const view: { [name: string]: unknown } = {};
    let next = 0;
    for (const [name, field] of this.#fields) {
      const found = given[name];
      if (field.kind === "attribute") {
        view[name] = this.#parameter(name, field.constraint, found) ?? field.fallback;
        next += valuesIn(found).length;
      } else if (field.kind === "operand") {
        const count = valuesIn(found).length;
        const own = operands.slice(next, next + count);
        view[name] = Array.isArray(found) ? own : own[0];
        next += count;
      } else view[name] = found;
    }
    return view;
  }

  #parameter(name: string, constraint: AttributeConstraint<unknown>, found: unknown): unknown {
    if (Array.isArray(found)) return this.#tuple(name, constraint, found);
    if (!(found instanceof Value)) return undefined;
    const value = constantValue(found);
    if (value === undefined) {
      if (this.#dynamic.has(name)) throw new Error(`needs ${name} as a constant here, found a value that is computed`);
      throw new Error(`must have a constant for ${name} (a mil.const), found a value that is computed`);
    }
    const decoded = decodeParameter(constraint, value);
    if (decoded !== undefined) return decoded;
    const { text } = value;
    throw new Error(
      `must have ${constraint.description} for ${name}, found ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`,
    );
  }

  /** Scalars side by side as the list that they make. */
  #tuple(name: string, constraint: AttributeConstraint<unknown>, found: readonly unknown[]): unknown {
    const scalars = found
      .map((each) => (each instanceof Value ? constantValue(each) : undefined))
      .map((value) => value && parameterOf(value));
    const numbers = scalars.filter((each) => each instanceof IntegerAttribute);
    if (numbers.length !== found.length)
      throw new Error(`must have constants for ${name} (mil.const), found values that are computed`);
    const type = numbers[0]?.type === i1 ? i1 : i32;
    return constraint.decode(
      DenseArrayAttribute.get(
        type,
        numbers.map((each) => each.value),
      ),
    );
  }
}

export interface MilOptions<F extends Fields> {
  readonly doc: string;
  readonly example: string;
  /** The same as ops of the tensor dialect. */
  readonly means?: (view: InferenceView<F>, steps: TensorSteps) => Value | readonly Value[];
  /** Why an op without `means` has none: completes "has no meaning in tensor ops: ". */
  readonly refuses?: string;
  /** Result types, of an op without `means`, or where they are known sooner. */
  readonly infer?: (view: InferenceView<F>) => Type | readonly Type[];
  /** Parameters that may be computed. */
  readonly dynamic?: readonly (keyof F & string)[];
  /** The opset that brought the op; the first one unless stated. */
  readonly since?: Opset;
  /** Inputs that came later than the op. */
  readonly inputsSince?: { readonly [K in keyof F]?: Opset };
  /** Inputs that the op has no more from this opset on. */
  readonly inputsUntil?: { readonly [K in keyof F]?: Opset };
  /** Parameters that MIL takes as a tuple of scalars, `begins = (a, b)`. */
  readonly tuples?: readonly (keyof F & string)[];
  /** Beside "Pure", which holds where no effects are stated. */
  readonly traits?: readonly Trait[];
  /** What it does beside giving results: to states, or to a source of random numbers. */
  readonly effects?: readonly MemoryEffect[];
  /** Rules beyond the constraints. */
  readonly verify?: (operation: Operation, report: Report) => void;
}

const evaluators = new Context([tensor]);

/** Declares `mil.mnemonic` with these results. */
export function milOpWithResults<const F extends Fields, const R extends Fields>(
  mnemonic: string,
  fields: F,
  results: R,
  options: MilOptions<F>,
) {
  const { means, refuses, infer, dynamic = [], since = "ios15", traits = [], verify, effects } = options;
  const tuples = new Set<string>(options.tuples);
  const inputs = new Inputs(fields, dynamic);
  const signature: MilSignature = {
    mnemonic,
    inputs: inputFields(fields),
    since,
    inputsSince: opsetsOf(options.inputsSince),
    inputsUntil: opsetsOf(options.inputsUntil),
  };
  const meaning = (given: View, operands: readonly Value[], steps: TensorSteps): readonly Value[] => {
    if (means === undefined)
      throw new Error(`has no meaning in tensor ops${refuses === undefined ? "" : `: ${refuses}`}`);
    const values = means(inputs.decoded(given, operands) as InferenceView<F>, steps);
    return Array.isArray(values) ? values : [values as Value];
  };
  const inferred = (view: object): Type | readonly Type[] => {
    const given = viewOf(view);
    if (inputs.isOpen(given, infer === undefined)) return statedTypes(view);
    const operands = inputs.operands(given);
    if (infer !== undefined) return infer(inputs.decoded(given, operands) as InferenceView<F>);
    if (means === undefined) return statedTypes(view);
    const block = new Block();
    const placeholders = operands.map((value) => block.addArgument(value.type, unknownLocation));
    const steps = new TensorSteps(new Builder(at.endOf(block)), new Map());
    return meaning(given, placeholders, steps).map((value) => value.type);
  };
  return op(
    `mil.${mnemonic}`,
    {
      ...declaredFields(fields, tuples),
      ...results,
      ...statementFields,
      /** Its constant inputs stand in the bracket of attributes behind its arguments. */
      in_brackets: optionalAttribute(unitAttribute),
    },
    {
      doc: options.doc,
      example: options.example,
      traits: effects === undefined ? ["Pure", ...traits] : traits,
      ...(effects === undefined ? {} : { effects: () => effects }),
      format: milFormat,
      defaultDialect: "mil",
      infer: inferred,
      verify: (operation, report) => {
        checkOpset(operation, signature, report);
        verify?.(operation, report);
      },
      interfaces: [
        Signature.implement(signature),
        Meaning.implement((operation, operands, builder, outer = new Map()) => {
          try {
            return meaning(viewOf(operation), operands, new TensorSteps(builder, outer));
          } catch (error) {
            throw error instanceof Error && error.constructor === Error ? operation.error(error.message) : error;
          }
        }),
        Evaluate.implement((operation, data) =>
          evaluateMeaning(operation, data, (operands, builder) =>
            meaning(viewOf(operation), operands, new TensorSteps(builder, new Map())),
          ),
        ),
      ],
    },
  );
}

/** Declares `mil.mnemonic` with one result. */
export function milOp<const F extends Fields>(mnemonic: string, fields: F, options: MilOptions<F>) {
  return milOpWithResults(mnemonic, fields, { result: output }, options);
}

function inputFields(fields: Fields): MilSignature["inputs"] {
  const inputs = new Map<string, OperandField | ParameterField>();
  for (const [name, field] of Object.entries(fields)) {
    if (field.kind === "operand" || field.kind === "attribute") inputs.set(name, field);
  }
  return inputs;
}

function opsetsOf(given: { readonly [input: string]: Opset | undefined } = {}): { readonly [input: string]: Opset } {
  const stated: { [input: string]: Opset } = {};
  for (const [name, opset] of Object.entries(given)) if (opset !== undefined) stated[name] = opset;
  return stated;
}

/** Accessors by name: an operation's, or those of arguments to a builder. */
function viewOf(view: object): View {
  return view as View;
}

/** The result types that an operation has already. */
function statedTypes(view: object): readonly Type[] {
  if (view instanceof Operation) return view.results.map(({ type }) => type);
  throw new Error("has inputs of open sizes, or that are computed: state its result types");
}

/** Builds the meaning in a block of its own and runs that. */
function evaluateMeaning(
  operation: Operation,
  inputs: readonly TensorData[],
  meaning: (operands: readonly Value[], builder: Builder) => readonly Value[],
): readonly TensorData[] {
  const block = new Block();
  const { location } = operation;
  const environment = new Map<Value, TensorData>();
  const operands = inputs.map((data) => {
    const argument = block.addArgument(TensorType.get(data.shape, elementType(data.element)), location);
    environment.set(argument, data);
    return argument;
  });
  const results = meaning(operands, new Builder(at.endOf(block), location));
  evaluateBlock(block, environment, evaluators);
  return results.map((value) => environment.get(value)!);
}
