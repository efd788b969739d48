/** The assembly of the irdl dialect, as upstream writes it. */
import {
  ArrayAttribute,
  type Attribute,
  IntegerAttribute,
  StringAttribute,
  SymbolReferenceAttribute,
  UnitAttribute,
} from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import { Block, type Operation, Region, type Value } from "../../ir/operation.ts";
import type { OperationParser } from "../../ir/parser/operation-parser.ts";
import type { OperationPrinter } from "../../ir/printer/operation-printer.ts";
import { quoted } from "../../ir/quoted.ts";
import { i32, type Type } from "../../ir/types.ts";
import { ConstraintType, RegionConstraintType, VariadicityArrayAttribute, variadicities } from "./types.ts";

/** `@name attributes {…} { … }`; a definition without a body may leave it out. */
export const definitionFormat: CustomFormat = {
  syntax: "@$sym_name (attributes attr-dict)? { body }",
  parse: (parser) => {
    const name = parser.parseSymbolName();
    const attributes = parser.attributeDictionaryWithKeyword();
    const body = parser.parseOptionalRegion({ ensureBlock: true }) ?? new Region([new Block()]);
    return { properties: [["sym_name", StringAttribute.get(name)]], attributes, regions: [body] };
  },
  print: (operation, printer) => {
    const name = operation.attribute("sym_name");
    printer.write(" ");
    if (name instanceof StringAttribute) printer.symbolName(name.value);
    printer.attributeDictionaryWithKeyword(operation, ["sym_name"]);
    const [body] = operation.regions;
    if (body?.entry === undefined || (body.blocks.length === 1 && body.entry.isEmpty)) return;
    printer.write(" ");
    printer.region(body, { printTerminator: true });
  },
};

function handles(parser: OperationParser, open: string, close: string, type: Type): Value[] {
  const operands = parser.operandList(open, close);
  return operands.map((operand) => parser.resolve(operand, type));
}

/** `name:` in front of a constraint, as newer files write it; undefined where a constraint or how often it comes is next. */
function optionalName(parser: OperationParser): string | undefined {
  const start = parser.offset;
  const name = parser.optionalKeyword();
  if (name !== undefined && parser.accept(":")) return name;
  parser.seek(start);
  return undefined;
}

/** Elements in parentheses of which all have a name or none has; gives the property that holds the names. */
function namedElements(parser: OperationParser, element: () => void): [string, Attribute][] {
  const names: string[] = [];
  let count = 0;
  parser.delimited("(", ")", () => {
    const at = parser.offset;
    const name = optionalName(parser);
    if (name !== undefined) names.push(name);
    element();
    count++;
    if (names.length > 0 && names.length < count)
      throw parser.error("only some constraints of this list have a name: give all one (`name: %0`), or none", at);
  });
  return names.length === 0 ? [] : [["names", ArrayAttribute.get(names.map((name) => StringAttribute.get(name)))]];
}

/** `name: ` of the constraint at a position; nothing where the list has no names. */
function namePrefix(operation: Operation, position: number): string {
  const list = operation.attribute("names");
  const name = list instanceof ArrayAttribute ? list.elements[position] : undefined;
  return name instanceof StringAttribute ? `${name.value}: ` : "";
}

/** `(%0, %1)` or `(first: %0, second: %1)`: operands that are all of one type. */
export function namedArgumentsFormat(operandType: Type): CustomFormat {
  return {
    syntax: "((name:)? %args, …) attr-dict",
    parse: (parser) => {
      const operands: Value[] = [];
      const properties = namedElements(parser, () => {
        operands.push(parser.resolve(parser.parseOperand(), operandType));
      });
      return { operands, properties, attributes: parser.attributeDictionary() };
    },
    print: (operation, printer) => {
      printer.write("(");
      for (const [position, value] of operation.operands.entries()) {
        printer.write(`${position > 0 ? ", " : ""}${namePrefix(operation, position)}`);
        printer.operand(value);
      }
      printer.write(")");
      printer.attributeDictionary(operation, ["names"]);
    },
  };
}

/** `(%0, %1)`: operands that are all of one type. */
export function listFormat(operandType: Type, resultTypes: readonly Type[] = []): CustomFormat {
  return {
    syntax: "(%args, …) attr-dict",
    parse: (parser) => {
      const operands = handles(parser, "(", ")", operandType);
      return { operands, resultTypes, attributes: parser.attributeDictionary() };
    },
    print: (operation, printer) => {
      printOperands(operation, printer);
      printer.attributeDictionary(operation);
    },
  };
}

function printOperands(operation: Operation, printer: OperationPrinter): void {
  printer.write("(");
  printer.operands(operation.operands);
  printer.write(")");
}

/** `(%0, optional %1, variadic %2)` or `(a: %0, b: optional %1)` */
export const variadicListFormat: CustomFormat = {
  syntax: "((name:)? (single | optional | variadic)? %args, …) attr-dict",
  parse: (parser) => {
    const operands: Value[] = [];
    const words: (typeof variadicities)[number][] = [];
    const names = namedElements(parser, () => {
      const word = variadicities.find((each) => parser.acceptKeyword(each));
      words.push(word ?? "single");
      operands.push(parser.resolve(parser.parseOperand(), ConstraintType.instance));
    });
    const properties: [string, Attribute][] = [["variadicity", VariadicityArrayAttribute.get(words)]];
    properties.push(...names);
    return { operands, properties, attributes: parser.attributeDictionary() };
  },
  print: (operation, printer) => {
    const list = operation.attribute("variadicity");
    const words = list instanceof VariadicityArrayAttribute ? list.words : [];
    printer.write("(");
    for (const [position, value] of operation.operands.entries()) {
      printer.write(`${position > 0 ? ", " : ""}${namePrefix(operation, position)}`);
      const word = words[position] ?? "single";
      if (word !== "single") printer.write(`${word} `);
      printer.operand(value);
    }
    printer.write(")");
    printer.attributeDictionary(operation, ["variadicity", "names"]);
  },
};

/** `{"name" = %0, "other" = %1}` */
export const namedListFormat: CustomFormat = {
  syntax: "{ $name = %attributeValues, … } attr-dict",
  parse: (parser) => {
    const operands: Value[] = [];
    const names: Attribute[] = [];
    if (parser.peek("{"))
      parser.delimited("{", "}", () => {
        names.push(StringAttribute.get(parser.parseString()));
        parser.expect("=", "and the constraint of this attribute");
        operands.push(parser.resolve(parser.parseOperand(), ConstraintType.instance));
      });
    const properties: [string, Attribute][] = [["attributeValueNames", ArrayAttribute.get(names)]];
    return { operands, properties, attributes: parser.attributeDictionary() };
  },
  print: (operation, printer) => {
    const list = operation.attribute("attributeValueNames");
    const names = list instanceof ArrayAttribute ? list.elements : [];
    if (names.length > 0) {
      printer.write(" {");
      for (const [position, value] of operation.operands.entries()) {
        const name = names[position];
        printer.write(`${position > 0 ? ", " : ""}${quoted(name instanceof StringAttribute ? name.value : "")} = `);
        printer.operand(value);
      }
      printer.write("}");
    }
    printer.attributeDictionary(operation, ["attributeValueNames"]);
  },
};

/** `@dialect::@type` or `"!dialect.type"` */
export const baseFormat: CustomFormat = {
  syntax: "($base_ref | $base_name) attr-dict",
  parse: (parser) => {
    const properties: [string, Attribute][] = [];
    const reference = parser.parseOptionalAttribute();
    if (reference !== undefined && !(reference instanceof StringAttribute)) properties.push(["base_ref", reference]);
    const name = reference instanceof StringAttribute ? reference : parser.parseOptionalAttribute();
    if (name !== undefined) properties.push(["base_name", name]);
    return { properties, attributes: parser.attributeDictionary(), resultTypes: [ConstraintType.instance] };
  },
  print: (operation, printer) => {
    for (const key of ["base_ref", "base_name"]) {
      const attribute = operation.attribute(key);
      if (attribute === undefined) continue;
      printer.write(" ");
      printer.attribute(attribute);
    }
    printer.attributeDictionary(operation, ["base_ref", "base_name"]);
  },
};

/** `@dialect::@type<%0, %1>` */
export const parametricFormat: CustomFormat = {
  syntax: "$base_type<%args, …> attr-dict",
  parse: (parser) => {
    const at = parser.offset;
    const base = parser.parseAttribute();
    if (!(base instanceof SymbolReferenceAttribute))
      throw parser.error(`expected a symbol such as @cmath::@complex, found ${base}`, at);
    const operands = handles(parser, "<", ">", ConstraintType.instance);
    const attributes = parser.attributeDictionary();
    return { operands, properties: [["base_type", base]], attributes, resultTypes: [ConstraintType.instance] };
  },
  print: (operation, printer) => {
    printer.write(` ${operation.attribute("base_type")}<`);
    printer.operands(operation.operands);
    printer.write(">");
    printer.attributeDictionary(operation, ["base_type"]);
  },
};

/** `(%0, %1) with size 3`; both parts may be left out. */
export const regionFormat: CustomFormat = {
  syntax: "((%entryBlockArgs, …))? (with size $numberOfBlocks)? attr-dict",
  parse: (parser) => {
    const properties: [string, Attribute][] = [];
    const isConstrained = parser.peek("(");
    const operands = isConstrained ? handles(parser, "(", ")", ConstraintType.instance) : [];
    if (isConstrained) properties.push(["constrainedArguments", UnitAttribute.instance]);
    if (parser.acceptKeyword("with")) {
      parser.expectKeyword("size");
      properties.push(["numberOfBlocks", IntegerAttribute.get(parser.parseInteger(), i32)]);
    }
    const attributes = parser.attributeDictionary();
    return { operands, properties, attributes, resultTypes: [RegionConstraintType.instance] };
  },
  print: (operation, printer) => {
    if (operation.attribute("constrainedArguments") !== undefined) printOperands(operation, printer);
    const size = operation.attribute("numberOfBlocks");
    if (size instanceof IntegerAttribute) printer.write(` with size ${size.value}`);
    printer.attributeDictionary(operation, ["constrainedArguments", "numberOfBlocks"]);
  },
};
