/**
 * Conversion patterns: functions from an operation and its converted operands to an edit. The operands come as a list
 * whose entries also have their fields' names (`operands.lhs`, or `({ lhs, rhs })`). An ordinary pattern gets one value per
 * operand; a pattern made by `convertOneToN` gets a list per operand, for types that become several values or none.
 */
import type { Fields, OperationDefinition } from "../../declaration.ts";
import type { Operation, Value } from "../../operation.ts";
import type { Outcome } from "../pattern.ts";
import type { TypedOperation } from "../rewriter.ts";
import type { ConversionRewriter } from "./rewriter.ts";
import type { Named } from "./target.ts";
import type { TypeConverter } from "./type-converter.ts";

export interface ConversionPatternOptions {
  /** Higher is tried first, among patterns that lead to legal operations in equally many steps. Default 1. */
  readonly benefit?: number;
  /**
   * The ops that the pattern makes. With them the driver knows how many steps are left: it tries the shortest way first, and
   * leaves out patterns that lead nowhere.
   */
  readonly generates?: readonly Named[];
  /**
   * The pattern may be applied to what it made itself, because it makes smaller things each time (default: it may not be applied
   * to an op of the same name that it made, however indirectly).
   */
  readonly boundedRecursion?: boolean;
  /** How this pattern sees types, instead of the conversion's own converter. */
  readonly types?: TypeConverter;
}

interface PatternFacts extends ConversionPatternOptions {
  readonly name: string;
  /** The op name; undefined: any operation. */
  readonly root: string | undefined;
  readonly benefit: number;
}

/** A pattern that takes one converted value per operand; it is refused where an operand became several values or none. */
export interface OneToOnePattern extends PatternFacts {
  /** `operands` are the operation's operands, converted. */
  readonly apply: (operation: Operation, operands: readonly Value[], rewriter: ConversionRewriter) => Outcome;
  readonly applyGroups?: undefined;
}

/** A pattern that takes a list of converted values per operand. */
export interface OneToNPattern extends PatternFacts {
  readonly applyGroups: (
    operation: Operation,
    operands: readonly (readonly Value[])[],
    rewriter: ConversionRewriter,
  ) => Outcome;
  readonly apply?: undefined;
}

export type ConversionPattern = OneToOnePattern | OneToNPattern;

/** The operand fields whose names are free on a list: a field called `filter` or `values` is read by its position. */
type OperandNames<F extends Fields> = {
  [K in keyof F]: F[K] extends { readonly kind: "operand" }
    ? K extends keyof (readonly unknown[])
      ? never
      : K
    : never;
}[keyof F];

type Converted<One, Field> = Field extends { readonly kind: "operand"; readonly arity: infer A }
  ? A extends "variadic"
    ? readonly One[]
    : A extends "optional"
      ? One | undefined
      : One
  : never;

/** Converted operands by position and by field name. Their types are those of the converter, not of the declaration. */
export type ConvertedOperands<F extends Fields, One = Value> = readonly One[] & {
  readonly [K in OperandNames<F>]: Converted<One, F[K]>;
};

/** A conversion pattern on one op: `convert(add, "add-to-llvm", (op, { lhs, rhs }, rewriter) => …)`. */
export function convert<F extends Fields>(
  definition: OperationDefinition<F>,
  name: string,
  apply: (operation: TypedOperation<F>, operands: ConvertedOperands<F>, rewriter: ConversionRewriter) => Outcome,
  options: number | ConversionPatternOptions = {},
): OneToOnePattern {
  const named = operandNaming<F, Value>(definition);
  return {
    ...factsOf(name, definition.name, options),
    apply: (operation, operands, rewriter) =>
      definition.matches(operation) ? apply(operation, named(operation, operands), rewriter) : undefined,
  };
}

/** As `convert`, with a list of values per operand: `(op, { pair: [low, high] }, rewriter) => …`. */
export function convertOneToN<F extends Fields>(
  definition: OperationDefinition<F>,
  name: string,
  apply: (
    operation: TypedOperation<F>,
    operands: ConvertedOperands<F, readonly Value[]>,
    rewriter: ConversionRewriter,
  ) => Outcome,
  options: number | ConversionPatternOptions = {},
): OneToNPattern {
  const named = operandNaming<F, readonly Value[]>(definition);
  return {
    ...factsOf(name, definition.name, options),
    applyGroups: (operation, operands, rewriter) =>
      definition.matches(operation) ? apply(operation, named(operation, operands), rewriter) : undefined,
  };
}

/** A conversion pattern on any op (through an interface, say). */
export function convertAny(
  name: string,
  apply: (operation: Operation, operands: readonly Value[], rewriter: ConversionRewriter) => Outcome,
  options: number | ConversionPatternOptions = {},
): OneToOnePattern {
  return { ...factsOf(name, undefined, options), apply };
}

/** A conversion pattern on any op, with a list of values per operand. */
export function convertAnyOneToN(
  name: string,
  apply: (operation: Operation, operands: readonly (readonly Value[])[], rewriter: ConversionRewriter) => Outcome,
  options: number | ConversionPatternOptions = {},
): OneToNPattern {
  return { ...factsOf(name, undefined, options), applyGroups: apply };
}

function factsOf(
  name: string,
  root: string | undefined,
  options: number | ConversionPatternOptions,
): ConversionPatternOptions & { name: string; root: string | undefined; benefit: number } {
  const given = typeof options === "number" ? { benefit: options } : options;
  return { ...given, name, root, benefit: given.benefit ?? 1 };
}

/** A name that no field can have. */
const owner = Symbol("owner");

/** A list that knows whose operands it holds, so that getters can find a field's share. */
class OperandList<One> extends Array<One> {
  [owner]: Operation | undefined = undefined;

  // What `map` and `slice` give is an ordinary array.
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/** Turns a list of converted operands into one with the fields' names, as getters of a class made once per pattern. */
function operandNaming<F extends Fields, One>(
  definition: OperationDefinition<F>,
): (operation: Operation, operands: readonly One[]) => ConvertedOperands<F, One> {
  class NamedOperands extends OperandList<One> {}
  for (const [position, { name, field }] of definition.operandFields.entries()) {
    if (name in Array.prototype || name === "length") continue;
    Object.defineProperty(NamedOperands.prototype, name, {
      get(this: NamedOperands) {
        const { start, count } = definition.operandGroup(this[owner]!, position);
        if (field.arity === "variadic") return this.slice(start, start + count);
        return count === 0 ? undefined : this[start];
      },
    });
  }
  const isNamed = (list: readonly One[]): list is ConvertedOperands<F, One> => list instanceof NamedOperands;
  return (operation, operands) => {
    const list = new NamedOperands();
    list[owner] = operation;
    for (const operand of operands) list.push(operand);
    if (!isNamed(list)) throw new Error(`the operands of ${definition.name} have no names`);
    return list;
  };
}
