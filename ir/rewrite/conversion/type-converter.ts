/**
 * Type converters: rules from a type to the type, or types, that stand for it after a conversion, and how to make a value
 * of one type system from values of the other (materializations) where the two meet.
 */
import { TypeAttribute } from "../../attributes.ts";
import type { Builder } from "../../builder.ts";
import { DiagnosticError } from "../../diagnostic-error.ts";
import { type Location, originOf } from "../../location.ts";
import type { Operation, Value } from "../../operation.ts";
import { FunctionType, type Type } from "../../types.ts";
import { isRefusal, type Refusal, refuse } from "../pattern.ts";
import { SignatureConversion } from "./signature.ts";

/**
 * One type (itself: it is legal as it is), several, none (`[]`: values of it disappear), a refusal (`refuse("…")`: there is no
 * conversion), or undefined: the rule does not speak of this.
 */
export type ConvertedType = Type | readonly Type[] | Refusal | undefined;

export interface MaterializationRequest {
  /** What the values have to be made from. */
  readonly inputs: readonly Value[];
  /** The types to make. */
  readonly types: readonly Type[];
  /** For target materializations: the type of the value before conversion, where it is one value. */
  readonly originalType: Type | undefined;
  readonly location: Location;
}
/** Builds values of the wanted types; undefined: cannot, ask the next. */
export type Materialization = (
  builder: Builder,
  request: MaterializationRequest,
) => Value | readonly Value[] | undefined;
/** "source": back to an unconverted type, for a user that stays. "target": to a converted type. "argument": as source, of block arguments. */
export type MaterializationKind = "source" | "target" | "argument";

/** Converts types by rules; the rule added last is asked first. A type that no rule takes stays as it is. */
export class TypeConverter {
  readonly #rules: ((type: Type) => ConvertedType)[] = [];
  readonly #valueRules: ((value: Value) => ConvertedType)[] = [];
  readonly #materializations: Record<MaterializationKind, Materialization[]> = { source: [], target: [], argument: [] };
  readonly #known = new Map<Type, readonly Type[] | Refusal>();

  /** A rule by type alone: `(type) => type === i64 ? i32 : undefined`. */
  add(rule: (type: Type) => ConvertedType): this {
    this.#rules.unshift(rule);
    this.#known.clear();
    return this;
  }

  /** A rule that looks at the value itself (who defines it, which argument it is). Asked before the rules by type. */
  addInContext(rule: (value: Value) => ConvertedType): this {
    this.#valueRules.unshift(rule);
    return this;
  }

  /** Makes an unconverted value from converted ones, for users that stay. Without one, an unrealized cast remains. */
  addSourceMaterialization(materialize: Materialization): this {
    this.#materializations.source.unshift(materialize);
    return this;
  }

  /** Makes converted values from an unconverted one. Without one, an unrealized cast remains. */
  addTargetMaterialization(materialize: Materialization): this {
    this.#materializations.target.unshift(materialize);
    return this;
  }

  /** As a source materialization, for the arguments of blocks only; asked before the source materializations. */
  addArgumentMaterialization(materialize: Materialization): this {
    this.#materializations.argument.unshift(materialize);
    return this;
  }

  /** The one type that stands for `type`; a DiagnosticError where there is none or where there are several. */
  convert(type: Type): Type {
    const converted = this.convertToMany(type);
    const [only] = converted;
    if (only === undefined || converted.length !== 1) {
      throw new DiagnosticError(`the type ${type} becomes ${listed(converted)}, but one type is expected here`);
    }
    return only;
  }

  /** The types that stand for `type`, none or many; a DiagnosticError where it has no conversion. */
  convertToMany(type: Type): readonly Type[] {
    const converted = this.tryConvert(type);
    if (isRefusal(converted)) throw new DiagnosticError(converted.refusal);
    return converted;
  }

  /** The types that stand for `type`, or why there are none. */
  tryConvert(type: Type): readonly Type[] | Refusal {
    let known = this.#known.get(type);
    if (known === undefined) {
      known = asTypes(type, firstAnswer(this.#rules, type));
      this.#known.set(type, known);
    }
    return known;
  }

  /** The types that stand for a value, by the rules in context and then by its type. */
  tryConvertValue(value: Value): readonly Type[] | Refusal {
    if (this.#valueRules.length === 0) return this.tryConvert(value.type);
    const answer = firstAnswer(this.#valueRules, value);
    return answer === undefined ? this.tryConvert(value.type) : asTypes(value.type, answer);
  }

  /** The types of all values, converted, one after the other. */
  convertTypes(types: readonly Type[]): readonly Type[] {
    return types.flatMap((type) => this.convertToMany(type));
  }

  convertFunctionType(type: FunctionType): FunctionType {
    return FunctionType.get(this.convertTypes(type.inputs), this.convertTypes(type.results));
  }

  /** The arguments of a block, each converted on its own; a DiagnosticError where one has no conversion. */
  convertSignature(values: readonly Value[]): SignatureConversion {
    const conversion = new SignatureConversion(values.length);
    for (const [position, value] of values.entries()) {
      const types = this.tryConvertValue(value);
      if (isRefusal(types)) {
        throw new DiagnosticError(`argument ${position}: ${types.refusal}`, originOf(value.location));
      }
      conversion.mapInput(position, types);
    }
    return conversion;
  }

  /** Whether a type stays as it is. */
  isLegal(type: Type): boolean {
    const converted = this.tryConvert(type);
    return !isRefusal(converted) && converted.length === 1 && converted[0] === type;
  }

  isLegalValue(value: Value): boolean {
    const converted = this.tryConvertValue(value);
    return !isRefusal(converted) && converted.length === 1 && converted[0] === value.type;
  }

  /**
   * Whether all types of an operation stay as they are: of its operands, results and the arguments of its blocks, and of the
   * function type that it states, if it is a function. For `target.dynamic(call, (op) => types.isLegalOperation(op))`.
   */
  isLegalOperation(operation: Operation): boolean {
    for (const use of operation.operandUses) if (!this.isLegalValue(use.value)) return false;
    for (const result of operation.results) if (!this.isLegalValue(result)) return false;
    for (const region of operation.regions) {
      for (const block of region.blocks) {
        for (const argument of block.arguments) if (!this.isLegalValue(argument)) return false;
      }
    }
    const stated = operation.properties.get("function_type");
    return (
      !(stated instanceof TypeAttribute) || !(stated.type instanceof FunctionType) || this.isLegalSignature(stated.type)
    );
  }

  isLegalSignature(type: FunctionType): boolean {
    return type.inputs.every((each) => this.isLegal(each)) && type.results.every((each) => this.isLegal(each));
  }

  /** Whether this converter can make values of that kind itself. */
  hasMaterialization(kind: MaterializationKind): boolean {
    return this.#materializationsFor(kind).length > 0;
  }

  /** Values of the wanted types from the first materialization that can; undefined where none can. */
  materialize(
    kind: MaterializationKind,
    builder: Builder,
    request: MaterializationRequest,
  ): readonly Value[] | undefined {
    for (const materialize of this.#materializationsFor(kind)) {
      const made = materialize(builder, request);
      if (made === undefined) continue;
      const values: readonly Value[] = Array.isArray(made) ? made : [made as Value];
      const found = values.map((value) => value.type);
      if (found.length !== request.types.length || found.some((type, position) => type !== request.types[position])) {
        throw new DiagnosticError(
          `${kind === "argument" ? "an" : "a"} ${kind} materialization made ${listed(found)}, but ${listed(request.types)} was asked for`,
          originOf(request.location),
        );
      }
      return values;
    }
    return undefined;
  }

  #materializationsFor(kind: MaterializationKind): readonly Materialization[] {
    const own = this.#materializations[kind];
    return kind === "argument" ? [...own, ...this.#materializations.source] : own;
  }
}

function firstAnswer<T>(rules: readonly ((subject: T) => ConvertedType)[], subject: T): ConvertedType {
  for (const rule of rules) {
    const answer = rule(subject);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function asTypes(type: Type, answer: ConvertedType): readonly Type[] | Refusal {
  if (answer === undefined) return [type];
  if (isRefusal(answer)) return refuse(`the type ${type} has no conversion: ${answer.refusal}`);
  return isList(answer) ? answer : [answer];
}

function isList(answer: Type | readonly Type[]): answer is readonly Type[] {
  return Array.isArray(answer);
}

/** "i32", "(i32, i64)" or "nothing". */
export function listed(types: readonly Type[]): string {
  const [only] = types;
  if (only === undefined) return "nothing";
  return types.length === 1 ? `${only}` : `(${types.join(", ")})`;
}
