/** Writes an operation by its compiled assembly format. */
import { type Attribute, StringAttribute } from "../attributes.ts";
import type { AttributeField, NamedField, OperationDefinition } from "../declaration.ts";
import type { Operation, Value } from "../operation.ts";
import type { OperationPrinter } from "../printer/operation-printer.ts";
import type { Type } from "../types.ts";
import type { CompiledFormat, Element, OptionalGroup, TypeTarget } from "./compile.ts";
import { infoOf } from "./definition-info.ts";
import { isSymbolName, isUnit } from "./format-parser.ts";

/** The printer stands behind the op's name. */
export function printFormat(printer: OperationPrinter, operation: Operation): void {
  const { definition } = operation;
  const format = definition === undefined ? undefined : infoOf(definition).format;
  if (definition === undefined || format === undefined) throw operation.error("has no assembly format");
  new FormatWriter(printer, operation, definition, format).write();
}

/** Single characters that follow, or are followed by, something without a blank; MLIR's rules. */
const noSpaceBefore = "<>(){}[],";
const noSpaceBeforeAfterPunctuation = ">)}],";
const noSpaceBehind = "<({[";

class FormatWriter {
  readonly #printer: OperationPrinter;
  readonly #operation: Operation;
  readonly #definition: OperationDefinition;
  readonly #format: CompiledFormat;
  #wantsSpace = true;
  #isBehindPunctuation = false;

  constructor(
    printer: OperationPrinter,
    operation: Operation,
    definition: OperationDefinition,
    format: CompiledFormat,
  ) {
    this.#printer = printer;
    this.#operation = operation;
    this.#definition = definition;
    this.#format = format;
  }

  write(): void {
    for (const element of this.#format.elements) this.#element(element);
  }

  #literal(text: string): void {
    if (this.#wantsSpace && this.#needsSpaceBefore(text)) this.#printer.write(" ");
    this.#printer.write(text);
    this.#wantsSpace = text.length !== 1 || !noSpaceBehind.includes(text);
    this.#isBehindPunctuation = !/^[A-Za-z_]/.test(text);
  }

  #needsSpaceBefore(text: string): boolean {
    if (text.length !== 1 && text !== "->") return true;
    const first = text.charAt(0);
    return !(this.#isBehindPunctuation ? noSpaceBeforeAfterPunctuation : noSpaceBefore).includes(first);
  }

  /** The blank in front of anything but a literal. */
  #space(): void {
    if (this.#wantsSpace || !this.#isBehindPunctuation) this.#printer.write(" ");
    this.#wantsSpace = true;
    this.#isBehindPunctuation = false;
  }

  #element(element: Element): void {
    const printer = this.#printer;
    const operation = this.#operation;
    switch (element.kind) {
      case "space":
        if (element.text === "\n") printer.newline();
        else printer.write(element.text);
        this.#wantsSpace = false;
        this.#isBehindPunctuation = element.text === "";
        return;
      case "literal":
        this.#literal(element.text);
        return;
      case "operand":
        this.#values(this.#operandGroup(element.position));
        return;
      case "operands":
        this.#values(operation.operands);
        return;
      case "attribute":
        this.#attribute(element.field, element.isQualified);
        return;
      case "region":
        this.#regions(this.#regionGroup(element.position));
        return;
      case "regions":
        this.#regions(operation.regions);
        return;
      case "successor":
        this.#successors(this.#successorGroup(element.position));
        return;
      case "successors":
        this.#successors(operation.successors);
        return;
      case "type": {
        const types = this.#types(element.target);
        if (types.length === 0) return;
        this.#space();
        printer.types(types);
        return;
      }
      case "functional-type":
        this.#space();
        printer.functionType(this.#types(element.inputs), this.#types(element.results));
        return;
      case "attr-dict":
        this.#dictionary(element.hasKeyword);
        return;
      case "prop-dict":
        printer.propertyDictionary(operation, [...this.#format.written]);
        this.#wantsSpace = true;
        this.#isBehindPunctuation = false;
        return;
      case "group":
        this.#group(element);
        return;
    }
  }

  #dictionary(hasKeyword: boolean): void {
    const written = [...this.#format.written];
    if (hasKeyword) this.#printer.attributeDictionaryWithKeyword(this.#operation, written);
    else this.#printer.attributeDictionary(this.#operation, written);
    this.#wantsSpace = true;
    this.#isBehindPunctuation = false;
  }

  #values(values: readonly Value[]): void {
    if (values.length === 0) return;
    this.#space();
    this.#printer.operands(values);
  }

  #regions(regions: Operation["regions"]): void {
    for (const [position, region] of regions.entries()) {
      if (position > 0) this.#printer.write(",");
      this.#space();
      this.#printer.region(region);
    }
  }

  #successors(successors: Operation["successors"]): void {
    for (const [position, block] of successors.entries()) {
      if (position > 0) this.#printer.write(",");
      this.#space();
      this.#printer.successor(block);
    }
  }

  #attribute(named: NamedField<AttributeField>, isQualified: boolean): void {
    const attribute = this.#attributeOf(named);
    if (attribute === undefined) return;
    this.#space();
    if (isSymbolName(named) && attribute instanceof StringAttribute) {
      this.#printer.symbolName(attribute.value);
      return;
    }
    const { spelling, impliedType } = named.field.constraint;
    const short = isQualified ? undefined : spelling?.print(attribute);
    if (short !== undefined) this.#printer.write(short);
    else this.#printer.attribute(attribute, { elideType: impliedType !== undefined });
  }

  /** The attribute of a field; its default where it is absent. */
  #attributeOf({ name }: NamedField<AttributeField>): Attribute | undefined {
    return this.#operation.attribute(name) ?? infoOf(this.#definition).defaults.get(name);
  }

  #group({ elements, otherwise, anchor }: OptionalGroup): void {
    if (!this.#isPresent(anchor)) {
      for (const element of otherwise) this.#element(element);
      return;
    }
    const unit = anchor.kind === "attribute" && isUnit(anchor.field) ? anchor : undefined;
    const isFirst = elements.find((element) => element.kind !== "space") === unit;
    for (const element of elements) {
      if (element !== unit) this.#element(element);
      else if (isFirst && unit !== undefined) this.#literal(unit.field.name);
    }
  }

  /** Whether the anchor of a group has something to print. */
  #isPresent(anchor: Element): boolean {
    const operation = this.#operation;
    switch (anchor.kind) {
      case "operand":
        return this.#operandGroup(anchor.position).length > 0;
      case "operands":
        return operation.operandCount > 0;
      case "attribute": {
        const { name } = anchor.field;
        const attribute = operation.attribute(name);
        return attribute !== undefined && attribute !== infoOf(this.#definition).defaults.get(name);
      }
      case "region":
        return this.#regionGroup(anchor.position).some((region) => region.blocks.length > 0);
      case "regions":
        return operation.regions.length > 0;
      case "successor":
        return this.#successorGroup(anchor.position).length > 0;
      case "successors":
        return operation.successors.length > 0;
      case "type":
        return this.#types(anchor.target).length > 0;
      case "functional-type":
        return this.#types(anchor.inputs).length > 0 || this.#types(anchor.results).length > 0;
      default:
        return true;
    }
  }

  #operandGroup(position: number): readonly Value[] {
    const { start, count } = this.#definition.operandGroup(this.#operation, position);
    return this.#operation.operands.slice(start, start + count);
  }

  #regionGroup(position: number): Operation["regions"] {
    const isOne = this.#definition.regionFields[position]?.field.arity === "one";
    return this.#operation.regions.slice(position, isOne ? position + 1 : undefined);
  }

  #successorGroup(position: number): Operation["successors"] {
    const isOne = this.#definition.successorFields[position]?.field.arity === "one";
    return this.#operation.successors.slice(position, isOne ? position + 1 : undefined);
  }

  #types(target: TypeTarget): readonly Type[] {
    const operation = this.#operation;
    switch (target.kind) {
      case "operand":
        return this.#operandGroup(target.position).map((value) => value.type);
      case "operands":
        return operation.operands.map((value) => value.type);
      case "results":
        return operation.results.map((result) => result.type);
      case "result": {
        const { start, count } = this.#definition.resultGroup(operation, target.position);
        return operation.results.slice(start, start + count).map((result) => result.type);
      }
    }
  }
}
