/** Reads an operation by its compiled assembly format. */
import type { Attribute } from "../attributes.ts";
import { DenseArrayAttribute, StringAttribute, UnitAttribute } from "../attributes.ts";
import { stringAttribute } from "../constraints.ts";
import type { AttributeField, NamedField, OperandField, OperationDefinition, ResultField } from "../declaration.ts";
import { DiagnosticError } from "../diagnostic-error.ts";
import type { Block, Region, Value } from "../operation.ts";
import type { OperationParser, UnresolvedOperand } from "../parser/operation-parser.ts";
import type { ParsedState } from "../parser/operation-state.ts";
import { i32, type Type } from "../types.ts";
import type { CompiledFormat, Element, OptionalGroup, TypeTarget } from "./compile.ts";
import { operandSegments, resultSegments } from "./definition-info.ts";
import { type FieldTypes, operandTypes, resultTypes } from "./format-types.ts";

/** The parser stands behind the op's name. */
export function parseFormat(
  parser: OperationParser,
  definition: OperationDefinition,
  format: CompiledFormat,
): ParsedState {
  return new FormatReader(parser, definition, format).read();
}

/** Whether a field names the symbol that the op defines: MLIR writes it as `@name`. */
export function isSymbolName({ name, field }: NamedField<AttributeField>): boolean {
  return name === "sym_name" && field.constraint === stringAttribute;
}

/** A field that is there or not: its literal says so. */
export function isUnit({ field }: NamedField<AttributeField>): boolean {
  return field.constraint.decode(UnitAttribute.instance) === true;
}

class FormatReader {
  readonly #parser: OperationParser;
  readonly #definition: OperationDefinition;
  readonly #format: CompiledFormat;
  /** Operands per field; all in the first entry where `operands` was written. */
  readonly #operands: UnresolvedOperand[][];
  readonly #operandTypes: FieldTypes = [];
  readonly #resultTypes: FieldTypes = [];
  /** Where the types of operands were written, for messages. */
  #typesAt: number | undefined;
  readonly #properties = new Map<string, Attribute>();
  #attributes: Map<string, Attribute> | undefined;
  readonly #regions: Region[] = [];
  readonly #successors: Block[] = [];

  constructor(parser: OperationParser, definition: OperationDefinition, format: CompiledFormat) {
    this.#parser = parser;
    this.#definition = definition;
    this.#format = format;
    this.#operands = definition.operandFields.map(() => []);
  }

  read(): ParsedState {
    for (const element of this.#format.elements) this.#element(element);
    const operands = this.#resolveOperands();
    const resultGroups = this.#resolveResults(operands);
    const { traits } = this.#definition;
    if (traits.has("AttrSizedOperandSegments")) this.#properties.set(operandSegments, sizes(operands));
    if (traits.has("AttrSizedResultSegments")) this.#properties.set(resultSegments, sizes(resultGroups));
    return {
      operands: operands.flat(),
      resultTypes: resultGroups.flat(),
      properties: this.#properties,
      attributes: this.#attributes,
      regions: this.#regions,
      successors: this.#successors,
    };
  }

  // ------------------------------------------------------------------------------------------------------- elements

  #element(element: Element): void {
    const parser = this.#parser;
    switch (element.kind) {
      case "space":
        return;
      case "literal":
        if (element.isWord) parser.expectKeyword(element.text);
        else parser.expect(element.text);
        return;
      case "operand":
        this.#operands[element.position] = this.#operandsOf(element.field);
        return;
      case "attribute":
        this.#attribute(element.field, element.isQualified);
        return;
      case "region":
        this.#regionsOf(element.field.field.arity);
        return;
      case "successor":
        this.#successorsOf(element.field.field.arity);
        return;
      case "operands":
        this.#allOperands();
        return;
      case "regions":
        this.#regionsOf("variadic");
        return;
      case "successors":
        this.#successorsOf("variadic");
        return;
      case "type":
        this.#typesAt = parser.offset;
        this.#setTypes(element.target, this.#isSingle(element.target) ? [parser.parseType()] : this.#optionalTypes());
        return;
      case "functional-type": {
        this.#typesAt = parser.offset;
        this.#setTypes(element.inputs, parser.parseTypesInParentheses());
        parser.expect("->", "in this function type");
        this.#setTypes(element.results, parser.parseResultTypes());
        return;
      }
      case "attr-dict":
        this.#attributes = element.hasKeyword ? parser.attributeDictionaryWithKeyword() : this.#dictionary();
        return;
      case "prop-dict":
        this.#propertyDictionary();
        return;
      case "group":
        this.#group(element);
        return;
    }
  }

  #operandsOf({ field }: NamedField<OperandField>): UnresolvedOperand[] {
    if (field.arity === "one") return [this.#parser.parseOperand()];
    if (field.arity === "variadic") return this.#parser.operandList();
    const operand = this.#parser.parseOptionalOperand();
    return operand === undefined ? [] : [operand];
  }

  /** `operands`: dealt out to the fields, of which at most one takes another number than one. */
  #allOperands(): void {
    const all = this.#parser.operandList();
    const groups = this.#deal(all, this.#definition.operandFields, "operand");
    for (const [position, group] of groups.entries()) this.#operands[position] = group;
  }

  #deal<T>(all: readonly T[], fields: readonly NamedField<OperandField | ResultField>[], kind: string): T[][] {
    const variable = fields.filter(({ field }) => field.arity !== "one").length;
    const extra = all.length - (fields.length - variable);
    if (extra < 0 || (variable === 0 && extra > 0)) {
      const wanted = `${variable > 0 ? "at least " : ""}${fields.length - variable}`;
      throw this.#parser.operationError(`expects ${wanted} ${kind}s, found ${all.length}`);
    }
    let start = 0;
    return fields.map(({ field }) => {
      const count = field.arity === "one" ? 1 : extra;
      start += count;
      return all.slice(start - count, start);
    });
  }

  #regionsOf(arity: "one" | "variadic"): void {
    if (arity === "one") {
      this.#regions.push(this.#parser.parseRegion());
      return;
    }
    if (!this.#parser.peek("{")) return;
    this.#regions.push(...this.#parser.commaSeparated(() => this.#parser.parseRegion()));
  }

  #successorsOf(arity: "one" | "variadic"): void {
    if (arity === "one") {
      this.#successors.push(this.#parser.parseSuccessor());
      return;
    }
    if (!this.#parser.peek("^")) return;
    this.#successors.push(...this.#parser.commaSeparated(() => this.#parser.parseSuccessor()));
  }

  #dictionary(): Map<string, Attribute> {
    const at = this.#parser.offset;
    const entries = this.#parser.attributeDictionary();
    for (const name of entries.keys()) {
      if (this.#format.written.has(name)) {
        throw this.#parser.error(`'${name}' has a place in the custom form: it cannot stand in the dictionary too`, at);
      }
    }
    return entries;
  }

  #propertyDictionary(): void {
    if (!this.#parser.accept("<")) return;
    for (const [name, attribute] of this.#parser.attributeDictionary()) this.#properties.set(name, attribute);
    this.#parser.expect(">");
  }

  // --------------------------------------------------------------------------------------------------------- groups

  #group(group: OptionalGroup): void {
    const [first, ...rest] = group.elements.filter((element) => element.kind !== "space");
    if (first === undefined || !this.#isStarted(first)) {
      for (const element of group.otherwise) this.#element(element);
      return;
    }
    const { anchor } = group;
    const unit = anchor.kind === "attribute" && isUnit(anchor.field) ? anchor : undefined;
    if (unit !== undefined) this.#properties.set(unit.field.name, UnitAttribute.instance);
    // A unit anchor is said by the group's being there: by its literal, or its own name where it comes first.
    if (first === unit) this.#parser.expectKeyword(unit.field.name);
    else this.#element(first);
    for (const element of rest) if (element !== unit) this.#element(element);
  }

  /** Whether an element that may be absent is next. */
  #isStarted(element: Element): boolean {
    const parser = this.#parser;
    switch (element.kind) {
      case "literal":
        return element.isWord ? parser.peekKeyword(element.text) : parser.peek(element.text);
      case "operand":
      case "operands":
        return parser.peek("%");
      case "region":
      case "regions":
        return parser.peek("{");
      case "successor":
      case "successors":
        return parser.peek("^");
      case "attribute":
        return this.#startsAttribute(element.field, element.isQualified);
      case "type":
        return startsType(parser);
      case "functional-type":
        return parser.peek("(");
      default:
        return false;
    }
  }

  #startsAttribute(named: NamedField<AttributeField>, isQualified: boolean): boolean {
    const parser = this.#parser;
    if (isUnit(named)) return parser.peekKeyword(named.name);
    if (isSymbolName(named)) return parser.peek("@");
    const { spelling } = named.field.constraint;
    if (spelling === undefined || isQualified) return startsAttribute(parser);
    return spelling.opens === "keyword" ? parser.peekIdentifier() !== undefined : parser.peek(spelling.opens);
  }

  // ----------------------------------------------------------------------------------------------------- attributes

  #attribute(named: NamedField<AttributeField>, isQualified: boolean): void {
    const { name, field } = named;
    if (field.arity === "optional" && !this.#startsAttribute(named, isQualified)) return;
    const at = this.#parser.offset;
    const attribute = this.#readAttribute(named, isQualified);
    if (field.constraint.decode(attribute) === undefined) {
      throw this.#parser.error(`'${name}' must be ${field.constraint.description}, found ${attribute}`, at);
    }
    this.#properties.set(name, attribute);
  }

  #readAttribute(named: NamedField<AttributeField>, isQualified: boolean): Attribute {
    if (isSymbolName(named)) return StringAttribute.get(this.#parser.parseSymbolName());
    const { spelling, impliedType } = named.field.constraint;
    if (spelling === undefined || isQualified) return this.#parser.parseAttribute(impliedType);
    // An attribute outside the words or of another element type is written in full, in quotes or as `array<…>`.
    const isInFull = spelling.opens === "keyword" ? this.#parser.peek('"') : !this.#parser.peek(spelling.opens);
    return isInFull ? this.#parser.parseAttribute(impliedType) : spelling.parse(this.#parser);
  }

  // ---------------------------------------------------------------------------------------------------------- types

  #isSingle(target: TypeTarget): boolean {
    if (target.kind === "operand") return this.#definition.operandFields[target.position]?.field.arity === "one";
    return target.kind === "result" && this.#definition.resultFields[target.position]?.field.arity === "one";
  }

  #optionalTypes(): Type[] {
    const first = this.#parser.parseOptionalType();
    if (first === undefined) return [];
    return this.#parser.accept(",") ? [first, ...this.#parser.parseTypeList()] : [first];
  }

  #setTypes(target: TypeTarget, types: readonly Type[]): void {
    const { operandFields, resultFields } = this.#definition;
    switch (target.kind) {
      case "operand":
        this.#operandTypes[target.position] = types;
        return;
      case "result":
        this.#resultTypes[target.position] = types;
        return;
      case "operands": {
        const counts = this.#operands.map((group) => group.length);
        const total = counts.reduce((sum, count) => sum + count, 0);
        if (total !== types.length) throw this.#typeCountError(total, types.length);
        let start = 0;
        for (const position of operandFields.keys()) {
          const end = start + counts[position]!;
          this.#operandTypes[position] = types.slice(start, end);
          start = end;
        }
        return;
      }
      case "results":
        for (const [position, group] of this.#deal(types, resultFields, "result").entries()) {
          this.#resultTypes[position] = group;
        }
    }
  }

  #typeCountError(operands: number, types: number): Error {
    return this.#parser.error(`there are ${operands} operands here, but ${types} types`, this.#typesAt);
  }

  /** The operands' values per field. */
  #resolveOperands(): Value[][] {
    const counts = this.#operands.map((group) => group.length);
    const types = operandTypes(this.#definition, this.#operandTypes, this.#resultTypes, counts);
    return this.#operands.map((group, position) => {
      const groupTypes = types[position];
      const { name } = this.#definition.operandFields[position]!;
      if (groupTypes === undefined) throw this.#parser.operationError(`cannot tell the type of ${name} from this text`);
      if (groupTypes.length !== group.length) throw this.#typeCountError(group.length, groupTypes.length);
      this.#operandTypes[position] = groupTypes;
      return group.map((operand, index) => this.#parser.resolve(operand, groupTypes[index]!));
    });
  }

  /** The result types per field. */
  #resolveResults(operands: readonly (readonly Value[])[]): (readonly Type[])[] {
    const groups = resultTypes(this.#definition, this.#operandTypes, this.#resultTypes);
    if (groups.every((group) => group !== undefined)) return groups;
    const inferred = this.#infer(operands);
    if (inferred === undefined) {
      const { name } = this.#definition.resultFields[groups.indexOf(undefined)]!;
      throw this.#parser.operationError(`cannot tell the type of ${name} from this text`);
    }
    return this.#deal(inferred, this.#definition.resultFields, "result");
  }

  #infer(operands: readonly (readonly Value[])[]): readonly Type[] | undefined {
    const definition = this.#definition;
    const view: { [name: string]: unknown } = {};
    for (const [position, { name, field }] of definition.operandFields.entries()) {
      const group = operands[position] ?? [];
      view[name] = field.arity === "variadic" ? group : group[0];
    }
    for (const { name, field } of definition.attributeFields) {
      const attribute = this.#properties.get(name) ?? this.#attributes?.get(name);
      if (attribute === undefined) {
        if (field.arity === "one") throw this.#parser.operationError(`needs the attribute '${name}'`);
        continue;
      }
      view[name] = field.constraint.decode(attribute);
      if (view[name] === undefined) {
        throw this.#parser.operationError(`'${name}' must be ${field.constraint.description}, found ${attribute}`);
      }
    }
    for (const [position, { name, field }] of definition.regionFields.entries()) {
      view[name] = field.arity === "one" ? this.#regions[position] : this.#regions.slice(position);
    }
    try {
      return definition.inferResultTypes(view, operands);
    } catch (error) {
      if (error instanceof DiagnosticError || !(error instanceof Error)) throw error;
      throw this.#parser.operationError(error.message);
    }
  }
}

function sizes(groups: readonly (readonly unknown[])[]): Attribute {
  return DenseArrayAttribute.get(
    i32,
    groups.map((group) => group.length),
  );
}

/** Whether a type may be next: a word, `!` or `(`. */
function startsType(parser: OperationParser): boolean {
  return parser.peek("!") || parser.peek("(") || parser.peekIdentifier() !== undefined;
}

/** Whether an attribute may be next. */
function startsAttribute(parser: OperationParser): boolean {
  return (
    parser.peekNumber() ||
    parser.peekIdentifier() !== undefined ||
    ['"', "[", "{", "@", "#", "!", "("].some((each) => parser.peek(each))
  );
}
