/**
 * The op-declaration DSL. One `op(…)` declares an operation: its operands, results, attributes and regions by name, with
 * constraints. From it come the TypeScript type with accessors (`conv.input` is a `Value<TensorType>`), the typed builder,
 * parser, printer, verifier, shape inference, documentation, and test data. Adding an op touches one file.
 */

import { AcceptedShapes } from "./accepted-shapes.ts";
import type { DefinitionInfo } from "./assembly/definition-info.ts";
import { AttributeEntry } from "./attribute-map.ts";
import { type Attribute, DenseArrayAttribute } from "./attributes.ts";
import type {
  Accessors,
  AttributeField,
  BuildArguments,
  Field,
  Fields,
  InferenceView,
  NamedField,
  OperandField,
  RegionField,
  ResultField,
  SuccessorField,
} from "./fields.ts";
import type { OpFormat } from "./format.ts";
import {
  Evaluate,
  Fold,
  type FoldResult,
  type InterfaceImplementation,
  type MemoryEffect,
  MemoryEffects,
} from "./interfaces.ts";
import type { Location } from "./location.ts";
import {
  type Block,
  createOperation,
  Operation,
  OperationKind,
  type OperationState,
  Region,
  type Value,
} from "./operation.ts";
import type { TensorData } from "./tensor-data.ts";
import { i32, type Type } from "./types.ts";

export * from "./fields.ts";

// ---------------------------------------------------------------------------------------------------------- traits

/** Properties of an op that generic code may rely on. */
export type Trait =
  | "Pure"
  | "Commutative"
  | "Terminator"
  | "ReturnLike"
  | "IsolatedFromAbove"
  | "SymbolTable"
  | "Symbol"
  | "SingleBlock"
  | "NoTerminator"
  | "ConstantLike"
  | "SameOperandsAndResultType"
  | "AttrSizedOperandSegments"
  | "AttrSizedResultSegments"
  | "Idempotent"
  | "Involution"
  | "Elementwise";

/** Reports a broken rule; the op and its location are added. */
export type Report = (message: string) => void;

export interface OpOptions<F extends Fields> {
  /** One or more sentences for people: what it computes, shapes, dtypes, source of a formula. */
  readonly doc: string;
  /** IR text with one use of the op, which the conformance suite parses. */
  readonly example?: string;
  readonly traits?: readonly Trait[];
  /** An assembly format such as "$lhs `,` $rhs attr-dict `:` type($result)", or a hand-written pair. None: generic. */
  readonly format?: OpFormat;
  /** Result types from operands and attributes. Also checked by the verifier. Throws an Error with a sentence. */
  readonly infer?: (view: InferenceView<F>) => Type | readonly Type[];
  /** Rules beyond the constraints. */
  readonly verify?: (operation: Operation & Accessors<F>, report: Report) => void;
  readonly evaluate?: (
    operation: Operation & Accessors<F>,
    inputs: readonly TensorData[],
  ) => TensorData | readonly TensorData[];
  readonly fold?: (
    operation: Operation & Accessors<F>,
    constants: readonly (Attribute | undefined)[],
  ) => Value | Attribute | FoldResult;
  readonly effects?: (operation: Operation & Accessors<F>) => readonly MemoryEffect[];
  readonly interfaces?: readonly InterfaceImplementation[];
  /** Inside the regions of this op, ops of this dialect are written without its name (`return` in a `func.func`). */
  readonly defaultDialect?: string;
  /** The op must stand directly inside one of these. */
  readonly parents?: readonly string[];
}

/** An operation with the accessors of its declaration. */
export type OperationOf<D> = D extends OperationDefinition<infer F> ? Operation & Accessors<F> : never;

// ------------------------------------------------------------------------------------------------------ definition

const segmentProperty = { operand: "operandSegmentSizes", result: "resultSegmentSizes" } as const;

/** A declared op: builds, recognises and describes operations of one name. */
export class OperationDefinition<F extends Fields = Fields> {
  readonly name: string;
  readonly dialect: string;
  readonly fields: F;
  readonly options: OpOptions<F>;
  readonly traits: ReadonlySet<Trait>;
  /** What operations of this declaration hold. */
  readonly kind: OperationKind;
  /** Kept by assembly/definition-info.ts. */
  textInfo: DefinitionInfo | undefined = undefined;
  #shapes: AcceptedShapes | undefined;
  #structure: Structure | undefined;

  constructor(name: string, fields: F, options: OpOptions<F>) {
    this.name = name;
    this.fields = fields;
    this.options = options;
    this.dialect = name.slice(0, name.indexOf("."));
    this.traits = traitsOf(fields, options.traits);
    this.kind = new OperationKind(name, this as unknown as OperationDefinition);
    for (const fieldName of Object.keys(fields)) {
      if (!reservedNames.has(fieldName)) defineAccessor(fieldName);
      else if (fields[fieldName]?.kind !== "attribute")
        throw new Error(`'${name}': a field cannot be called ${fieldName}, which every operation has already`);
    }
  }

  /** Computed for the declarations that a program uses: starting a command declares hundreds. */
  get #parts(): Structure {
    if (this.#structure !== undefined) return this.#structure;
    const structure = structureOf(this.fields, this.#allInterfaces());
    this.#structure = structure;
    return structure;
  }

  get interfaces(): readonly InterfaceImplementation[] {
    return this.#parts.interfaces;
  }

  get operandFields(): readonly NamedField<OperandField>[] {
    return this.#parts.operands;
  }

  get resultFields(): readonly NamedField<ResultField>[] {
    return this.#parts.results;
  }

  get attributeFields(): readonly NamedField<AttributeField>[] {
    return this.#parts.attributes;
  }

  get regionFields(): readonly NamedField<RegionField>[] {
    return this.#parts.regions;
  }

  get successorFields(): readonly NamedField<SuccessorField>[] {
    return this.#parts.successors;
  }

  get operandLimits(): ArityLimits {
    return this.#parts.operandLimits;
  }

  get resultLimits(): ArityLimits {
    return this.#parts.resultLimits;
  }

  get regionLimits(): ArityLimits {
    return this.#parts.regionLimits;
  }

  get successorLimits(): ArityLimits {
    return this.#parts.successorLimits;
  }

  /** Kept by the verifier. */
  get acceptedShapes(): AcceptedShapes {
    this.#shapes ??= new AcceptedShapes(this as unknown as OperationDefinition);
    return this.#shapes;
  }

  hasTrait(trait: Trait): boolean {
    return this.traits.has(trait);
  }

  /** Whether `operation` is of this definition; narrows its type. Undefined is never matched. */
  matches(operation: Operation | undefined): operation is Operation & Accessors<F> {
    return operation?.storedKind === this.kind;
  }

  /** The typed view of an operation of this definition; an error for another. */
  cast(operation: Operation): Operation & Accessors<F> {
    if (!this.matches(operation)) throw operation.error(`is not the expected '${this.name}'`);
    return operation;
  }

  /** Makes an operation from positional parts (parser, clone, generic code). */
  create(state: OperationState): Operation & Accessors<F> {
    return this.cast(createOperation({ ...state, definition: this as unknown as OperationDefinition }));
  }

  /** The value of a field's accessor on an operation of this definition; undefined where there is no such field. */
  readField(operation: Operation, field: string): unknown {
    const parts = this.#parts;
    let { readers } = parts;
    if (readers === undefined) {
      readers = fieldReaders(this);
      parts.readers = readers;
    }
    return readers.get(field)?.(operation);
  }

  /** Makes an operation from named arguments; result types that are left out are inferred. It is not yet in a block. */
  build(
    args: BuildArguments<F>,
    location: Location,
    attributes?: Iterable<readonly [string, Attribute]>,
  ): Operation & Accessors<F> {
    const given: { readonly [name: string]: unknown } = args;
    const operandGroups = this.operandFields.map(({ name, field }) => {
      const group = toArray<Value>(given[name]);
      if (field.arity === "one" && group.length !== 1) throw new Error(`'${this.name}' needs the operand ${name}`);
      return group;
    });
    const properties = this.#encodeAttributes(given);
    if (this.traits.has("AttrSizedOperandSegments")) {
      properties.set(segmentProperty.operand, segmentSizes(operandGroups));
    }
    const resultGroups = this.#resultTypes(given, operandGroups, location);
    if (this.traits.has("AttrSizedResultSegments")) properties.set(segmentProperty.result, segmentSizes(resultGroups));
    const regions = this.regionFields.flatMap(({ name, field }) =>
      field.arity === "one" && given[name] === undefined ? [new Region()] : toArray<Region>(given[name]),
    );
    return this.create({
      name: this.name,
      definition: this as unknown as OperationDefinition,
      operands: operandGroups.flat(),
      resultTypes: resultGroups.flat(),
      properties,
      attributes,
      regions,
      successors: this.successorFields.flatMap(({ name }) => toArray<Block>(given[name])),
      location,
    });
  }

  /** The operand groups of an operation: where each field's operands start and how many there are. */
  operandGroup(operation: Operation, position: number): { readonly start: number; readonly count: number } {
    return groupOf(operation, this.operandFields, position, operation.operandCount, "operand");
  }

  resultGroup(operation: Operation, position: number): { readonly start: number; readonly count: number } {
    return groupOf(operation, this.resultFields, position, operation.results.length, "result");
  }

  #encodeAttributes(given: { readonly [name: string]: unknown }): Map<string, Attribute> {
    const properties = new Map<string, Attribute>();
    for (const { name, field } of this.attributeFields) {
      const value = given[name] ?? field.fallback;
      if (value === undefined) {
        if (field.arity === "optional") continue;
        throw new Error(`'${this.name}' needs the attribute ${name}`);
      }
      properties.set(name, this.#encode(name, field.constraint, value));
    }
    return properties;
  }

  /** Numbers come from people's models: one that is no whole number must not end in a RangeError of BigInt. */
  #encode(name: string, constraint: { readonly encode: (value: unknown) => Attribute }, value: unknown): Attribute {
    try {
      return constraint.encode(value);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new Error(`the attribute ${name} of '${this.name}' cannot hold ${value}: ${error.message}`);
    }
  }

  #resultTypes(
    given: { readonly [name: string]: unknown },
    operands: readonly (readonly Value[])[],
    location: Location,
  ): Type[][] {
    const stated = this.resultFields.map(({ name }) => given[name]);
    if (stated.every((value) => value !== undefined)) return stated.map((value) => toArray<Type>(value));
    const inferred = this.inferResultTypes(given, operands);
    if (inferred === undefined) {
      // Optional and variadic results that nobody asks for are not there.
      const missing = this.resultFields.find(
        ({ field }, position) => stated[position] === undefined && field.arity === "one",
      );
      if (missing === undefined) return stated.map((value) => toArray<Type>(value));
      throw new Error(
        `'${this.name}' at ${JSON.stringify(location)} cannot infer the type of ${missing.name}: pass it`,
      );
    }
    const variadic = this.resultFields.findIndex(({ field }) => field.arity !== "one");
    if (variadic < 0) return inferred.map((type) => [type]);
    const extra = inferred.length - (this.resultFields.length - 1);
    const groups: Type[][] = [];
    let start = 0;
    for (const position of this.resultFields.keys()) {
      const count = position === variadic ? extra : 1;
      groups.push(inferred.slice(start, start + count));
      start += count;
    }
    return groups;
  }

  /**
   * The result types that the declaration implies: by `infer`, by SameOperandsAndResultType, or by type variables and
   * exact constraints; undefined where it implies none. `view` has the operands and attributes by field name.
   */
  inferResultTypes(view: object, operands: readonly (readonly Value[])[]): readonly Type[] | undefined {
    const { infer } = this.options;
    if (infer !== undefined) {
      const inferred = infer(this.#withDefaults(view));
      return Array.isArray(inferred) ? inferred : [inferred as Type];
    }
    const first = operands.flat()[0];
    if (this.traits.has("SameOperandsAndResultType") && first !== undefined)
      return this.resultFields.map(() => first.type);
    const bound = new Map<string, Type>();
    for (const [position, { field }] of this.operandFields.entries()) {
      const value = operands[position]?.[0];
      if (field.constraint.variable !== undefined && value !== undefined)
        bound.set(field.constraint.variable, value.type);
    }
    const types = this.resultFields.map(({ field }) => {
      const { variable, only } = field.constraint;
      return variable === undefined ? (field.arity === "one" ? only : undefined) : bound.get(variable);
    });
    return types.every((type) => type !== undefined) ? types : undefined;
  }

  #withDefaults(view: object): InferenceView<F> {
    if (view instanceof Operation) return view as unknown as InferenceView<F>;
    const complete: { [name: string]: unknown } = { ...view };
    for (const { name, field } of this.attributeFields) complete[name] ??= field.fallback;
    for (const { name, field } of this.operandFields) if (field.arity === "variadic") complete[name] ??= [];
    return complete as InferenceView<F>;
  }

  /** Those that are listed, then those that options of their own declare. */
  #allInterfaces(): InterfaceImplementation[] {
    const { evaluate, fold, effects, interfaces = [] } = this.options;
    const implementations: InterfaceImplementation[] = [...interfaces];
    if (evaluate !== undefined) {
      implementations.push(
        Evaluate.implement((operation, inputs) => {
          const results = evaluate(this.cast(operation), inputs);
          return Array.isArray(results) ? results : [results as TensorData];
        }),
      );
    }
    if (fold !== undefined) {
      implementations.push(
        Fold.implement((operation, constants) => {
          const folded = fold(this.cast(operation), constants);
          if (folded === undefined || Array.isArray(folded)) return folded as FoldResult;
          return [folded as Value | Attribute];
        }),
      );
    }
    if (effects !== undefined)
      implementations.push(MemoryEffects.implement((operation) => effects(this.cast(operation))));
    return implementations;
  }
}

/** What follows from the fields of a declaration. */
interface Structure {
  readonly interfaces: readonly InterfaceImplementation[];
  readonly operands: readonly NamedField<OperandField>[];
  readonly results: readonly NamedField<ResultField>[];
  readonly attributes: readonly NamedField<AttributeField>[];
  readonly regions: readonly NamedField<RegionField>[];
  readonly successors: readonly NamedField<SuccessorField>[];
  readonly operandLimits: ArityLimits;
  readonly resultLimits: ArityLimits;
  readonly regionLimits: ArityLimits;
  readonly successorLimits: ArityLimits;
  /** Per field, what its accessor gives; made when one is asked. */
  readers: ReadonlyMap<string, FieldReader> | undefined;
}

function structureOf(fields: Fields, interfaces: readonly InterfaceImplementation[]): Structure {
  const named = Object.entries(fields).map(([name, field]) => ({ name, field }));
  const pick = <K extends Field["kind"]>(kind: K) =>
    named.filter((entry): entry is NamedField<Extract<Field, { kind: K }>> => entry.field.kind === kind);
  const operands = pick("operand");
  const results = pick("result");
  const regions = pick("region");
  const successors = pick("successor");
  return {
    interfaces,
    operands,
    results,
    attributes: pick("attribute"),
    regions,
    successors,
    operandLimits: arityLimits("operand", operands),
    resultLimits: arityLimits("result", results),
    regionLimits: arityLimits("region", regions),
    successorLimits: arityLimits("successor", successors),
    readers: undefined,
  };
}

/** Declares an op. `name` is `dialect.mnemonic`; field names become accessors and builder arguments. */
export function op<const F extends Fields>(name: string, fields: F, options: OpOptions<F>): OperationDefinition<F> {
  return new OperationDefinition(name, fields, options);
}

const noValues: readonly Value[] = [];

/** A constant of an op without operands whose only attribute is called `value`: `definition.build({ value })`, but fast. */
export function constantOperation<F extends Fields>(
  definition: OperationDefinition<F>,
  value: Attribute,
  type: Type,
  location: Location,
): Operation {
  const entry = new AttributeEntry("value", value, undefined);
  return new Operation(definition.kind, location, noValues, [type], entry, undefined, undefined, undefined);
}

// -------------------------------------------------------------------------------------------------------- plumbing

/** The declared traits, and those that follow from several fields of open size. */
function traitsOf(fields: Fields, declared: readonly Trait[] = []): ReadonlySet<Trait> {
  const traits = new Set(declared);
  let operands = 0;
  let results = 0;
  for (const name in fields) {
    const { kind, arity } = fields[name]!;
    if (arity === "one") continue;
    if (kind === "operand") operands++;
    else if (kind === "result") results++;
  }
  if (operands > 1) traits.add("AttrSizedOperandSegments");
  if (results > 1) traits.add("AttrSizedResultSegments");
  return traits;
}

function toArray<T>(value: unknown): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? [...value] : [value as T];
}

function segmentSizes(groups: readonly (readonly unknown[])[]): Attribute {
  return DenseArrayAttribute.get(
    i32,
    groups.map((group) => group.length),
  );
}

function groupOf(
  operation: Operation,
  fields: readonly NamedField<OperandField | ResultField>[],
  position: number,
  total: number,
  kind: "operand" | "result",
): { readonly start: number; readonly count: number } {
  let variable = 0;
  for (const { field } of fields) if (field.arity !== "one") variable++;
  if (variable === 0) return fixedGroups[position] ?? { start: position, count: 1 };
  if (variable > 1) {
    const sizes = operation.attribute(segmentProperty[kind]);
    const numbers = sizes instanceof DenseArrayAttribute ? sizes.numbers : [];
    const start = numbers.slice(0, position).reduce((sum, size) => sum + size, 0);
    return { start, count: numbers[position] ?? 0 };
  }
  const extra = total - (fields.length - variable);
  let start = 0;
  for (let at = 0; at < fields.length; at++) {
    const count = fields[at]!.field.arity === "one" ? 1 : Math.max(0, extra);
    if (at === position) return { start, count };
    start += count;
  }
  return { start: 0, count: 0 };
}

/** The groups of fields that all take one value, made once: they are asked for per operand. */
const fixedGroups = Array.from({ length: 8 }, (_, start) => ({ start, count: 1 }));

/** How many values the fields of one kind take. */
export interface ArityLimits {
  readonly kind: string;
  readonly least: number;
  readonly most: number;
}

function arityLimits(kind: string, fields: readonly { readonly field: { readonly arity: string } }[]): ArityLimits {
  const least = fields.filter(({ field }) => field.arity === "one").length;
  const most = fields.some(({ field }) => field.arity === "variadic") ? Number.POSITIVE_INFINITY : fields.length;
  return { kind, least, most };
}

type FieldReader = (operation: Operation) => unknown;

/** What the accessors of a definition's fields compute. */
function fieldReaders<F extends Fields>(definition: OperationDefinition<F>): ReadonlyMap<string, FieldReader> {
  const readers = new Map<string, FieldReader>();
  const grouped = (
    position: number,
    kind: "operand" | "result",
    arity: "one" | "optional" | "variadic",
  ): FieldReader => {
    const limits = kind === "operand" ? definition.operandLimits : definition.resultLimits;
    if (limits.least === limits.most) {
      if (kind === "result") return (operation) => operation.results[position];
      return (operation) => operation.operandUses[position]?.value;
    }
    return (operation) => {
      const { start, count } =
        kind === "operand" ? definition.operandGroup(operation, position) : definition.resultGroup(operation, position);
      const values = kind === "operand" ? operation.operands : operation.results;
      if (arity === "variadic") return values.slice(start, start + count);
      return count === 0 ? undefined : values[start];
    };
  };
  for (const [position, { name, field }] of definition.operandFields.entries())
    readers.set(name, grouped(position, "operand", field.arity));
  for (const [position, { name, field }] of definition.resultFields.entries())
    readers.set(name, grouped(position, "result", field.arity));
  for (const { name, field } of definition.attributeFields) {
    readers.set(name, (operation) => {
      const stored = operation.attribute(name);
      return stored === undefined ? field.fallback : field.constraint.decode(stored);
    });
  }
  for (const [position, { name, field }] of definition.regionFields.entries()) {
    readers.set(name, (operation) =>
      field.arity === "one" ? operation.regions[position] : operation.regions.slice(position),
    );
  }
  for (const [position, { name, field }] of definition.successorFields.entries()) {
    readers.set(name, (operation) =>
      field.arity === "one" ? operation.successors[position] : operation.successors.slice(position),
    );
  }
  return readers;
}

/** Members of every operation. */
const reservedNames: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Operation.prototype),
  ...Object.getOwnPropertyNames(Object.prototype),
  "location",
  "inherentEntries",
  "discardableEntries",
  "results",
  "storedKind",
  "storedOperands",
  "storedParts",
  "block",
  "next",
  "previous",
  "order",
  "scratch",
]);

const accessorNames = new Set<string>();

/**
 * Gives operations an accessor of this name, which asks their declaration. All operations are of one class, whatever their
 * declaration, because a loop over objects of many classes is several times slower.
 */
function defineAccessor(name: string): void {
  if (accessorNames.has(name)) return;
  accessorNames.add(name);
  Object.defineProperty(Operation.prototype, name, {
    get(this: Operation) {
      return this.definition?.readField(this, name);
    },
    configurable: true,
  });
}
