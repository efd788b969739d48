/**
 * Writes operations, regions and their parts. A hand-written format (`CustomFormat.print`) gets one of these, standing after
 * the op's name.
 */
import { infoOf, operandSegments, resultSegments } from "../assembly/definition-info.ts";
import { printFormat } from "../assembly/format-printer.ts";
import type { AttributeEntry } from "../attribute-map.ts";
import {
  ArrayAttribute,
  type Attribute,
  DenseElementsAttribute,
  DictionaryAttribute,
  ElementsAttribute,
  elementSpelling,
  entryText,
  FloatAttribute,
  IntegerAttribute,
  StringAttribute,
  SymbolReferenceAttribute,
  UnitAttribute,
} from "../attributes.ts";
import type { Block, BlockArgument, Operation, Region, Value } from "../operation.ts";
import { quoted } from "../quoted.ts";
import { functionResultsText, type Type } from "../types.ts";
import type { LocationPrinter } from "./location-printer.ts";
import { TextWriter } from "./text-writer.ts";
import type { ValueNames } from "./value-names.ts";

export interface RegionPrintOptions {
  /** Print `^bb0(…)` for the entry block when it has arguments. Default true. */
  readonly printEntryArguments?: boolean;
  /** Print the last operation of each block. Default true. */
  readonly printTerminator?: boolean;
}

export interface PrinterOptions {
  readonly generic: boolean;
  readonly locations: LocationPrinter | undefined;
  readonly elideLargerThan: number | undefined;
  /** Comments that say who uses each value. */
  readonly valueUsers?: boolean;
  /** `{...}` instead of regions. */
  readonly skipRegions?: boolean;
}

const indentStep = "  ";

export class OperationPrinter {
  readonly #names: ValueNames;
  readonly #options: PrinterOptions;
  readonly #out = new TextWriter();
  #indent = "";
  #defaultDialect: string | undefined = "builtin";

  constructor(names: ValueNames, options: PrinterOptions) {
    this.#names = names;
    this.#options = options;
  }

  /** What has been written so far. */
  get text(): string {
    return this.#out.text;
  }

  /** Text as it is. */
  write(text: string): void {
    this.#out.write(text);
  }

  // --------------------------------------------------------------------------------------------------------- values

  /** The name of a value: `%0`, `%r#1`, `%arg0`. */
  operand(value: Value): void {
    this.#names.write(value, this.#out);
  }

  /** The names of all operands of an operation between commas. */
  operandsOf({ operandUses }: Operation): void {
    for (let position = 0; position < operandUses.length; position++) {
      if (position > 0) this.#out.write(", ");
      this.#names.write(operandUses[position]!.value, this.#out);
    }
  }

  /** Names between commas. */
  operands(values: readonly Value[]): void {
    for (let position = 0; position < values.length; position++) {
      if (position > 0) this.#out.write(", ");
      this.#names.write(values[position]!, this.#out);
    }
  }

  /** `%x: type {a = 1}`, with the location when locations are printed. */
  blockArgument(argument: BlockArgument, attributes?: Attribute): void {
    this.#out.write(`${this.#names.value(argument)}: ${argument.type.text}`);
    if (attributes !== undefined) this.#out.write(` ${this.#attributeText(attributes)}`);
    this.#location(argument.location);
  }

  #location(location: Operation["location"]): void {
    const { locations } = this.#options;
    if (locations !== undefined) this.#out.write(` ${locations.spell(location)}`);
  }

  // ---------------------------------------------------------------------------------------------------------- types

  type(type: Type): void {
    this.#out.write(type.text);
  }

  /** Types between commas. */
  types(types: readonly Type[]): void {
    for (let position = 0; position < types.length; position++) {
      if (position > 0) this.#out.write(", ");
      this.#out.write(types[position]!.text);
    }
  }

  /** `T` or `(T, U)`: what stands after `->`. */
  resultTypes(types: readonly Type[]): void {
    this.#out.write(functionResultsText(types));
  }

  /** `(T, U) -> V` */
  functionType(inputs: readonly Type[], results: readonly Type[]): void {
    this.#out.write("(");
    this.types(inputs);
    this.#out.write(") -> ");
    this.resultTypes(results);
  }

  // ----------------------------------------------------------------------------------------------------- attributes

  /** An attribute; with `elideType` a number, string or dense constant without its `: type`. */
  attribute(attribute: Attribute, options: { readonly elideType?: boolean } = {}): void {
    const text = this.#attributeText(attribute);
    this.#out.write(options.elideType === true ? withoutType(attribute, text) : text);
  }

  #attributeText(attribute: Attribute): string {
    const limit = this.#options.elideLargerThan;
    return limit === undefined ? attribute.text : elidedText(attribute, limit);
  }

  /**
   * ` {a = 1}` with a space in front, or nothing: all discardable attributes, and the inherent ones that are not in
   * `elided` (what the custom form has written already) and differ from their default.
   */
  attributeDictionary(operation: Operation, elided: readonly string[] = []): void {
    if (hasMore(operation, elided)) this.#dictionary(remaining(operation, elided), " {", "}");
  }

  /** The same as ` attributes {a = 1}`. */
  attributeDictionaryWithKeyword(operation: Operation, elided: readonly string[] = []): void {
    if (hasMore(operation, elided)) this.#dictionary(remaining(operation, elided), " attributes {", "}");
  }

  /** ` <{a = 1}>`, or nothing: the inherent attributes that are not in `elided` and differ from their default. */
  propertyDictionary(operation: Operation, elided: readonly string[] = []): void {
    const inherent = remaining(operation, elided).filter(([name]) => operation.properties.has(name));
    this.#dictionary(inherent, " <{", "}>");
  }

  /** Entries in the order of their names, as MLIR keeps them. */
  #dictionary(entries: readonly (readonly [string, Attribute])[], open: string, close: string): void {
    if (entries.length === 0) return;
    const sorted = entries.length === 1 ? entries : entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    const limit = this.#options.elideLargerThan;
    this.#out.write(open);
    let isFirst = true;
    for (const [name, attribute] of sorted) {
      if (!isFirst) this.#out.write(", ");
      isFirst = false;
      this.#out.write(limit === undefined ? entryText(name, attribute) : elidedEntry(name, attribute, limit));
    }
    this.#out.write(close);
  }

  /** `@name` */
  symbolName(name: string): void {
    this.#out.write(SymbolReferenceAttribute.get(name).text);
  }

  // ---------------------------------------------------------------------------------------------- blocks and regions

  /** A line break and the current indentation. */
  newline(): void {
    this.#out.code(0x0a);
    this.#out.write(this.#indent);
  }

  /** Runs `body` one level deeper. */
  indented(body: () => void): void {
    const outer = this.#indent;
    this.#indent += indentStep;
    body();
    this.#indent = outer;
  }

  /** `^bb1` */
  successor(block: Block): void {
    this.#out.write(this.#names.block(block));
  }

  /** `{ … }` with its blocks indented. */
  region(region: Region, options: RegionPrintOptions = {}): void {
    const { printEntryArguments = true, printTerminator = true } = options;
    if (this.#options.skipRegions) {
      this.#out.write("{...}");
      return;
    }
    const outerDialect = this.#defaultDialect;
    this.#defaultDialect = region.parent?.definition?.options.defaultDialect;
    this.#out.write("{");
    for (const [position, block] of region.blocks.entries()) {
      const isLabelled = position > 0 || (printEntryArguments && this.#needsLabel(block));
      if (isLabelled) this.#label(block);
      if (this.#options.valueUsers) this.indented(() => this.#argumentUsers(block));
      this.#blockBody(block, printTerminator);
    }
    this.newline();
    this.#out.write("}");
    this.#defaultDialect = outerDialect;
  }

  /** Whether the entry block must be labelled: for its arguments, because it is empty (a region may have no block), or as a branch's target. */
  #needsLabel(entry: Block): boolean {
    return entry.arguments.length > 0 || entry.isEmpty || this.#names.isSuccessor(entry);
  }

  #label(block: Block): void {
    this.newline();
    this.successor(block);
    for (const [position, argument] of block.arguments.entries()) {
      this.#out.write(position === 0 ? "(" : ", ");
      this.blockArgument(argument);
    }
    this.#out.write(block.arguments.length > 0 ? "):" : ":");
  }

  #blockBody(block: Block, printTerminator: boolean): void {
    const outer = this.#indent;
    this.#indent += indentStep;
    for (let operation = block.first; operation !== undefined; operation = operation.next) {
      if (!printTerminator && operation.next === undefined) break;
      this.newline();
      this.operation(operation);
    }
    this.#indent = outer;
  }

  // ----------------------------------------------------------------------------------------------------- operations

  /** One operation in the form that the options ask for, without a line break. */
  operation(operation: Operation): void {
    this.#resultNames(operation);
    const format = this.#options.generic ? undefined : operation.definition?.options.format;
    if (format === undefined) this.#generic(operation);
    else {
      this.#out.write(this.#shortName(operation.name));
      if (typeof format === "string") printFormat(this, operation);
      else format.print(operation, this);
    }
    this.#location(operation.location);
    if (this.#options.valueUsers) this.#out.write(this.#usersComment(operation));
  }

  #argumentUsers(block: Block): void {
    for (const argument of block.arguments) {
      if (!argument.hasUses) continue;
      this.newline();
      this.#out.write(`// ${this.#names.value(argument)} is used by ${this.#usersOf(argument)}`);
    }
  }

  /** The operations that use a value, by the names of their results or their number. */
  #usersOf(value: Value): string {
    const nameOfUser = (user: Operation) =>
      user.results.length === 0
        ? (this.#names.operation(user) ?? user.name)
        : user.results.map((result) => this.#names.value(result)).join(", ");
    return value.users.map(nameOfUser).join(", ");
  }

  #usersComment(operation: Operation): string {
    const { results } = operation;
    const number = this.#names.operation(operation);
    if (results.length === 0) return number === undefined ? "" : ` // id: ${number}`;
    if (!operation.hasUses) return " // unused";
    const users = results.map((result) => (result.hasUses ? this.#usersOf(result) : "unused"));
    if (results.length > 1) return ` // users: ${users.map((each) => `(${each})`).join(", ")}`;
    return ` // ${results[0]!.users.length === 1 ? "user" : "users"}: ${users[0]}`;
  }

  #resultNames({ results }: Operation): void {
    const first = results[0];
    if (first === undefined) return;
    if (results.length === 1) {
      this.#names.write(first, this.#out);
      this.#out.write(" = ");
    } else this.#out.write(`${this.#names.value(first).slice(0, -"#0".length)}:${results.length} = `);
  }

  /** The name without the dialect that is the default here. */
  #shortName(name: string): string {
    const dialect = this.#defaultDialect;
    if (dialect === undefined || name.charCodeAt(0) !== dialect.charCodeAt(0) || !name.startsWith(`${dialect}.`)) {
      return name;
    }
    const rest = name.slice(dialect.length + 1);
    return rest.includes(".") ? name : rest;
  }

  #generic(operation: Operation): void {
    this.#out.write(quoted(operation.name));
    this.#out.code(0x28);
    const uses = operation.operandUses;
    for (let position = 0; position < uses.length; position++) {
      if (position > 0) this.#out.write(", ");
      this.#names.write(uses[position]!.value, this.#out);
    }
    this.#out.write(")");
    const { successors, inherentEntries, regions, discardableEntries, results } = operation;
    if (successors.length > 0) {
      this.#out.write(`[${successors.map((block) => this.#names.block(block)).join(", ")}]`);
    }
    if (inherentEntries !== undefined) this.#dictionary([...inherentEntries], " <{", "}>");
    if (regions.length > 0) {
      this.#out.write(" (");
      for (const [position, region] of regions.entries()) {
        if (position > 0) this.#out.write(", ");
        this.region(region);
      }
      this.#out.write(")");
    }
    if (discardableEntries !== undefined) this.#dictionary([...discardableEntries], " {", "}");
    this.#out.write(" : (");
    for (let position = 0; position < uses.length; position++) {
      if (position > 0) this.#out.write(", ");
      this.#out.write(uses[position]!.value.type.text);
    }
    this.#out.write(") -> ");
    if (results.length === 1) this.#out.write(functionResultsText([results[0]!.type]));
    else this.#out.write(`(${results.map((result) => result.type.text).join(", ")})`);
  }
}

/** Whether an inherent attribute is left to the dictionary of a custom form. */
function isLeft(
  { name, value }: AttributeEntry,
  elided: readonly string[],
  definition: Operation["definition"],
): boolean {
  if (name === operandSegments || name === resultSegments || elided.includes(name)) return false;
  return definition === undefined || infoOf(definition).defaults.get(name) !== value;
}

/** Whether a custom form leaves anything to the dictionary. */
function hasMore({ inherentEntries, discardableEntries, definition }: Operation, elided: readonly string[]): boolean {
  for (let entry = inherentEntries; entry !== undefined; entry = entry.next) {
    if (isLeft(entry, elided, definition)) return true;
  }
  return discardableEntries !== undefined;
}

/** What a custom form leaves to the dictionary. */
function remaining(
  { inherentEntries, discardableEntries, definition }: Operation,
  elided: readonly string[],
): [string, Attribute][] {
  const left: [string, Attribute][] = [];
  for (let entry = inherentEntries; entry !== undefined; entry = entry.next) {
    if (isLeft(entry, elided, definition)) left.push([entry.name, entry.value]);
  }
  for (let entry = discardableEntries; entry !== undefined; entry = entry.next) {
    if (!elided.includes(entry.name)) left.push([entry.name, entry.value]);
  }
  return left;
}

function withoutType(attribute: Attribute, text: string): string {
  if (attribute instanceof StringAttribute) return quoted(attribute.value);
  const isTyped =
    attribute instanceof IntegerAttribute ||
    attribute instanceof FloatAttribute ||
    attribute instanceof ElementsAttribute;
  // Booleans have no type suffix to drop.
  const suffix = isTyped ? ` : ${attribute.type}` : "";
  return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text;
}

/** The text of an attribute with large constants replaced. */
function elidedText(attribute: Attribute, limit: number): string {
  if (attribute instanceof DenseElementsAttribute) {
    const isLarge = !attribute.isSplat && attribute.data.length > limit;
    return isLarge ? `dense_resource<__elided__> : ${attribute.type}` : attribute.text;
  }
  if (attribute instanceof ArrayAttribute) {
    const { elements } = attribute;
    const spelled = elements.map((each) => (containsElements(each) ? elidedText(each, limit) : elementSpelling(each)));
    return `[${spelled.join(", ")}]`;
  }
  if (attribute instanceof DictionaryAttribute) {
    return `{${[...attribute.entries].map(([name, value]) => elidedEntry(name, value, limit)).join(", ")}}`;
  }
  return attribute.text;
}

function containsElements(attribute: Attribute): boolean {
  if (attribute instanceof ArrayAttribute) return attribute.elements.some(containsElements);
  if (attribute instanceof DictionaryAttribute) return [...attribute.entries.values()].some(containsElements);
  return attribute instanceof DenseElementsAttribute;
}

function elidedEntry(name: string, value: Attribute, limit: number): string {
  if (value === UnitAttribute.instance || !containsElements(value)) return entryText(name, value);
  return `${entryText(name, UnitAttribute.instance)} = ${elidedText(value, limit)}`;
}
