/** The regions of named structured ops, which upstream does not print in custom form: built from the operands' types. */
import { type Attribute, FloatAttribute, IntegerAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import type { Location } from "../../ir/location.ts";
import { Block, createOperation, Region, type Value } from "../../ir/operation.ts";
import { FloatType, IntegerType, i1, i32, i64, index, ShapedType, type Type } from "../../ir/types.ts";
import * as arith from "../arith/ops.ts";
import * as math from "../math/ops.ts";
import type { BinaryFunction, BodyKind, UnaryFunction } from "./named-table.ts";

function elementOf(type: Type): Type {
  return type instanceof ShapedType ? type.element : type;
}

/** What the body's attributes say. */
export interface BodyChoices {
  readonly isUnsigned: boolean;
  readonly unary: UnaryFunction;
  readonly binary: BinaryFunction;
}

/** The declarations of the ops of this dialect that a body ends in or asks for its position with. */
export interface BodyDefinitions {
  readonly yield: AnyDefinition | undefined;
  readonly index: AnyDefinition | undefined;
}

/** Builds scalar code as named ops have it; an error, a sentence, where they have none for a type. */
class ScalarBuilder {
  readonly #builder: Builder;
  readonly #index: (dim: number) => Value;

  constructor(builder: Builder, indexOf: (dim: number) => Value) {
    this.#builder = builder;
    this.#index = indexOf;
  }

  apply(definition: AnyDefinition, operands: readonly Value[], type = operands[0]!.type): Value {
    const defaults = definition.attributeFields.flatMap(({ name, field }): (readonly [string, Attribute])[] =>
      field.fallback === undefined ? [] : [[name, field.constraint.encode(field.fallback)]],
    );
    const { name } = definition;
    const properties = new Map(defaults);
    const { location } = this.#builder;
    const parts = { name, definition, operands, resultTypes: [type], properties, location };
    return this.#builder.insert(createOperation(parts)).onlyResult;
  }

  constant(value: Attribute, type: Type): Value {
    return this.#builder.build(arith.constant, { value, result: type }).result;
  }

  /** A scalar as another type; integers are signed unless said otherwise. */
  converted(value: Value, type: Type, isUnsigned: boolean): Value {
    const from = value.type;
    if (from === type) return value;
    const to = (definition: AnyDefinition) => this.apply(definition, [value], type);
    if (from === index || type === index) return to(arith.indexCast);
    if (from instanceof IntegerType && type instanceof FloatType) return to(isUnsigned ? arith.uitofp : arith.sitofp);
    if (from instanceof FloatType && type instanceof IntegerType) return to(isUnsigned ? arith.fptoui : arith.fptosi);
    if (from instanceof IntegerType && type instanceof IntegerType) {
      if (from.width < type.width) return to(isUnsigned ? arith.extui : arith.extsi);
      return to(arith.trunci);
    }
    if (from instanceof FloatType && type instanceof FloatType)
      return to(from.width < type.width ? arith.extf : arith.truncf);
    throw new Error(`named structured ops do not convert ${from} to ${type}`);
  }

  unary(fun: UnaryFunction, value: Value): Value {
    const { type } = value;
    if (!(type instanceof FloatType)) throw new Error(`'${fun}' takes floats, found ${type}`);
    if (fun === "reciprocal") return this.apply(arith.divf, [this.constant(FloatAttribute.get(1, type), type), value]);
    if (fun === "square") return this.apply(arith.mulf, [value, value]);
    return this.apply(unaryDefinitions[fun], [value]);
  }

  binary(fun: BinaryFunction, lhs: Value, rhs: Value): Value {
    const { type } = lhs;
    const definitions = binaryDefinitions[fun];
    const kind = type instanceof FloatType ? "float" : type === i1 ? "bool" : "integer";
    const definition = definitions[kind];
    if (definition === undefined) throw new Error(`'${fun}' is not defined for ${type}`);
    return this.apply(definition, [lhs, rhs]);
  }

  /** The linear congruential generator of linalg.fill_rng_2d. */
  random([low, high, seed]: readonly Value[], output: Type): Value {
    const f64 = FloatType.get("f64");
    const integer = (value: number) => this.constant(IntegerAttribute.get(value, i64), i64);
    const half = this.converted(integer(2147483647), f64, false);
    const column = this.converted(this.#index(1), i32, false);
    const row = this.converted(this.#index(0), i32, false);
    const next = (state: Value) => {
      const factor = this.converted(integer(1103515245), i32, false);
      const scaled = this.binary("mul", state, factor);
      return this.binary("add", scaled, this.converted(integer(12345), i32, false));
    };
    const first = next(this.binary("add", row, seed!));
    const bits = next(this.binary("add", column, first));
    const shifted = this.binary("add", half, this.converted(bits, f64, false));
    const range = this.binary("sub", high!, low!);
    const step = this.binary("mul", range, this.constant(FloatAttribute.get(2.3283064e-10, f64), f64));
    return this.converted(this.binary("add", this.binary("mul", shifted, step), low!), output, false);
  }
}

const unaryDefinitions: { readonly [F in Exclude<UnaryFunction, "reciprocal" | "square">]: AnyDefinition } = {
  exp: math.exp,
  log: math.log,
  abs: math.absf,
  ceil: math.ceil,
  floor: math.floor,
  negf: arith.negf,
  round: math.round,
  sqrt: math.sqrt,
  rsqrt: math.rsqrt,
  tanh: math.tanh,
  erf: math.erf,
};

const binaryDefinitions: {
  readonly [F in BinaryFunction]: { readonly [K in "float" | "integer" | "bool"]?: AnyDefinition };
} = {
  add: { float: arith.addf, integer: arith.addi, bool: arith.ori },
  sub: { float: arith.subf, integer: arith.subi },
  mul: { float: arith.mulf, integer: arith.muli, bool: arith.andi },
  div: { float: arith.divf, integer: arith.divsi },
  div_unsigned: { integer: arith.divui },
  max_signed: { float: arith.maximumf, integer: arith.maxsi, bool: arith.maxsi },
  min_signed: { float: arith.minimumf, integer: arith.minsi, bool: arith.minsi },
  max_unsigned: { float: arith.maximumf, integer: arith.maxui, bool: arith.maxui },
  min_unsigned: { float: arith.minimumf, integer: arith.minui, bool: arith.minui },
  powf: { float: math.powf },
};

function result(scalars: ScalarBuilder, body: BodyKind, args: readonly Value[], choices: BodyChoices): Value {
  const output = args.at(-1)!;
  const { type } = output;
  const cast = (value: Value | undefined, isUnsigned = choices.isUnsigned) => {
    if (value === undefined) throw new Error("has too few operands");
    return scalars.converted(value, type, isUnsigned);
  };
  const [a, b, zeroA, zeroB] = args;
  switch (body.kind) {
    case "cast":
      return cast(a);
    case "unary":
      return scalars.unary(body.fun ?? choices.unary, cast(a));
    case "binary": {
      const lhs = cast(a);
      return scalars.binary(body.fun ?? choices.binary, lhs, cast(b));
    }
    case "select":
      return scalars.apply(arith.select, args.slice(0, 3), type);
    case "multiply-add": {
      let lhs = cast(a);
      if (body.isQuantized) lhs = scalars.binary("sub", lhs, cast(zeroA));
      let rhs = cast(b);
      if (body.isQuantized) rhs = scalars.binary("sub", rhs, cast(zeroB));
      return scalars.binary("add", output, scalars.binary("mul", lhs, rhs));
    }
    case "pool":
      return scalars.binary(body.fun, output, cast(a, body.isUnsigned ?? false));
    case "random":
      return scalars.random(args, type);
  }
}

/** The region of a named op for operands of these types (the output last). Throws a sentence for types that it does not take. */
export function namedBody(
  body: BodyKind,
  operandTypes: readonly Type[],
  location: Location,
  choices: BodyChoices,
  definitions: BodyDefinitions,
): Region {
  const block = new Block();
  const args = operandTypes.map((type) => block.addArgument(elementOf(type), location));
  if (args.length === 0) return new Region([block]);
  const builder = new Builder(at.endOf(block), location);
  const insert = (name: string, definition: AnyDefinition | undefined, parts: object) =>
    builder.insert(createOperation({ name, definition, location, ...parts }));
  const indexOf = (dim: number) =>
    insert("linalg.index", definitions.index, {
      resultTypes: [index],
      properties: new Map([["dim", IntegerAttribute.get(dim)]]),
    }).onlyResult;
  const value = result(new ScalarBuilder(builder, indexOf), body, args, choices);
  insert("linalg.yield", definitions.yield, { operands: [value] });
  return new Region([block]);
}
