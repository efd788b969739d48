/** The assembly of vector ops on values that a format string does not express. */
import {
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  IntegerAttribute,
  OpaqueAttribute,
} from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import type { OperationParser } from "../../ir/parser/operation-parser.ts";
import { VectorType } from "../../ir/types.ts";
import { fastMathAttribute, fastMathText } from "../arith/flags.ts";
import { opaqueBody, staticIndices } from "../upstream/constraints.ts";
import { parseAngleWords, parseIndexList, printFlags, printIndexList, resolveIndices } from "../upstream/formats.ts";

function positionOf(operation: Operation): readonly number[] {
  const attribute = operation.attribute("static_position");
  return attribute === undefined ? [] : (staticIndices.decode(attribute) ?? []);
}

/** A vector type; an error for any other. */
export function parseVectorType(parser: OperationParser): VectorType {
  const start = parser.offset;
  const type = parser.parseType();
  if (!(type instanceof VectorType)) throw parser.error(`expected a vector type, found ${type}`, start);
  return type;
}

// -------------------------------------------------------------------------------------------------- extract and insert

/** `%v[0, %i] : f32 from vector<2x4xf32>` */
export const extractFormat: CustomFormat = {
  syntax: "%vector[position] attr-dict : type(%result) from type(%vector)",
  parse: (parser) => {
    const source = parser.parseOperand();
    const position = parseIndexList(parser);
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const type = parser.parseType();
    parser.expectKeyword("from");
    const sourceType = parser.parseType();
    return {
      operands: [parser.resolve(source, sourceType), ...resolveIndices(parser, position.dynamics)],
      properties: [["static_position", staticIndices.encode(position.statics)]],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    const [source, ...dynamics] = operation.operands;
    printer.write(" ");
    printer.operand(source!);
    printIndexList(printer, positionOf(operation), dynamics);
    printer.attributeDictionary(operation, ["static_position"]);
    printer.write(" : ");
    printer.type(operation.onlyResult.type);
    printer.write(" from ");
    printer.type(source!.type);
  },
};

/** `%x, %v [0, %i] : f32 into vector<2x4xf32>` */
export const insertFormat: CustomFormat = {
  syntax: "%source, %dest [position] attr-dict : type(%source) into type(%dest)",
  parse: (parser) => {
    const source = parser.parseOperand();
    parser.expect(",");
    const target = parser.parseOperand();
    const position = parseIndexList(parser);
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const sourceType = parser.parseType();
    parser.expectKeyword("into");
    const type = parser.parseType();
    return {
      operands: [
        parser.resolve(source, sourceType),
        parser.resolve(target, type),
        ...resolveIndices(parser, position.dynamics),
      ],
      properties: [["static_position", staticIndices.encode(position.statics)]],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    const [source, target, ...dynamics] = operation.operands;
    printer.write(" ");
    printer.operands([source!, target!]);
    printer.write(" ");
    printIndexList(printer, positionOf(operation), dynamics);
    printer.attributeDictionary(operation, ["static_position"]);
    printer.write(" : ");
    printer.type(source!.type);
    printer.write(" into ");
    printer.type(target!.type);
  },
};

/** `[%i : index]` or `[]`: where an element stands. */
function parseElementPosition(parser: OperationParser): readonly Value[] {
  parser.expect("[");
  if (parser.accept("]")) return [];
  const position = parser.parseOperand();
  parser.expect(":");
  const type = parser.parseType();
  parser.expect("]");
  return [parser.resolve(position, type)];
}

/** `%v[%i : index] : vector<4xf32>` */
export const extractElementFormat: CustomFormat = {
  syntax: "%vector[(%position : type(%position))?] attr-dict : type(%vector)",
  parse: (parser) => {
    const source = parser.parseOperand();
    const position = parseElementPosition(parser);
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const type = parseVectorType(parser);
    return { operands: [parser.resolve(source, type), ...position], attributes, resultTypes: [type.element] };
  },
  print: (operation, printer) => {
    const [source, position] = operation.operands;
    printer.write(" ");
    printer.operand(source!);
    printer.write("[");
    if (position !== undefined) {
      printer.operand(position);
      printer.write(` : ${position.type}`);
    }
    printer.write("]");
    printer.attributeDictionary(operation);
    printer.write(" : ");
    printer.type(source!.type);
  },
};

/** `%x, %v[%i : index] : vector<4xf32>` */
export const insertElementFormat: CustomFormat = {
  syntax: "%source, %dest[(%position : type(%position))?] attr-dict : type(%dest)",
  parse: (parser) => {
    const source = parser.parseOperand();
    parser.expect(",");
    const target = parser.parseOperand();
    const position = parseElementPosition(parser);
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const type = parseVectorType(parser);
    return {
      operands: [parser.resolve(source, type.element), parser.resolve(target, type), ...position],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    const [source, target, position] = operation.operands;
    printer.write(" ");
    printer.operands([source!, target!]);
    printer.write("[");
    if (position !== undefined) {
      printer.operand(position);
      printer.write(` : ${position.type}`);
    }
    printer.write("]");
    printer.attributeDictionary(operation);
    printer.write(" : ");
    printer.type(target!.type);
  },
};

function integersOf(operation: Operation, name: string): string {
  const attribute = operation.attribute(name);
  if (attribute instanceof DenseArrayAttribute) return attribute.values.join(", ");
  if (!(attribute instanceof ArrayAttribute)) return "";
  return attribute.elements.map((each) => (each instanceof IntegerAttribute ? String(each.value) : "")).join(", ");
}

/** `%a, %b [0, 4] : T, T`: positions in two vectors; the result's first size is their number. */
export const shuffleFormat: CustomFormat = {
  syntax: "%v1, %v2 $mask attr-dict : type(%v1), type(%v2)",
  parse: (parser) => {
    const first = parser.parseOperand();
    parser.expect(",");
    const second = parser.parseOperand();
    const mask = parser.delimited("[", "]", () => IntegerAttribute.get(parser.parseSize()));
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const firstType = parseVectorType(parser);
    parser.expect(",");
    const secondType = parseVectorType(parser);
    const [, ...rest] = firstType.shape;
    return {
      operands: [parser.resolve(first, firstType), parser.resolve(second, secondType)],
      properties: [["mask", ArrayAttribute.get(mask)]],
      attributes,
      resultTypes: [VectorType.get([mask.length, ...rest], firstType.element)],
    };
  },
  print: (operation, printer) => {
    printer.write(" ");
    printer.operands(operation.operands);
    printer.write(` [${integersOf(operation, "mask")}]`);
    printer.attributeDictionary(operation, ["mask"]);
    printer.write(" : ");
    printer.types(operation.operands.map((value) => value.type));
  },
};

/** `%v, [1, 0] : T to U` */
export const transposeFormat: CustomFormat = {
  syntax: "%vector, $permutation attr-dict : type(%vector) to type(%result)",
  parse: (parser) => {
    const source = parser.parseOperand();
    parser.expect(",");
    const permutation = parser.delimited("[", "]", () => parser.parseSize());
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const sourceType = parser.parseType();
    parser.expectKeyword("to");
    const type = parser.parseType();
    return {
      operands: [parser.resolve(source, sourceType)],
      properties: [["permutation", DenseArrayAttribute.i64(permutation)]],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    printer.write(" ");
    printer.operand(operation.operand(0));
    printer.write(`, [${integersOf(operation, "permutation")}]`);
    printer.attributeDictionary(operation, ["permutation"]);
    printer.write(" : ");
    printer.type(operation.operand(0).type);
    printer.write(" to ");
    printer.type(operation.onlyResult.type);
  },
};

/** `%n, %m : vector<4x4xi1>` */
export const createMaskFormat: CustomFormat = {
  syntax: "%inputs, … attr-dict : type(%result)",
  parse: (parser) => {
    const sizes = parser.operandList();
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const type = parser.parseType();
    return { operands: resolveIndices(parser, sizes), attributes, resultTypes: [type] };
  },
  print: (operation, printer) => {
    if (operation.operandCount > 0) printer.write(" ");
    printer.operands(operation.operands);
    printer.attributeDictionary(operation);
    printer.write(" : ");
    printer.type(operation.onlyResult.type);
  },
};

// ---------------------------------------------------------------------------------------------------------- reductions

function kindWord(operation: Operation): string {
  const kind = operation.attribute("kind");
  return (kind === undefined ? undefined : opaqueBody(kind, "vector", "kind")) ?? "add";
}

function parseKind(parser: OperationParser): Attribute {
  return OpaqueAttribute.get("vector", `kind<${parser.angleBody().trim()}>`);
}

/** `<add>, %v, %acc fastmath<reassoc> : vector<4xf32> into f32` */
export const reductionFormat: CustomFormat = {
  syntax: "<$kind>, %vector (, %acc)? (fastmath<$fastmath>)? attr-dict : type(%vector) into type(%dest)",
  parse: (parser) => {
    const kind = parseKind(parser);
    parser.expect(",");
    const source = parser.parseOperand();
    const accumulator = parser.accept(",") ? parser.parseOperand() : undefined;
    const flags = parser.acceptKeyword("fastmath")
      ? parseAngleWords(parser, fastMathText.codec)
      : fastMathAttribute.encode([]);
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const sourceType = parser.parseType();
    parser.expectKeyword("into");
    const type = parser.parseType();
    return {
      operands: [
        parser.resolve(source, sourceType),
        ...(accumulator === undefined ? [] : [parser.resolve(accumulator, type)]),
      ],
      properties: [
        ["fastmath", flags],
        ["kind", kind],
      ],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    printer.write(` <${kindWord(operation)}>, `);
    printer.operands(operation.operands);
    printFlags(operation, printer, fastMathText);
    printer.attributeDictionary(operation, ["fastmath", "kind"]);
    printer.write(" : ");
    printer.type(operation.operand(0).type);
    printer.write(" into ");
    printer.type(operation.onlyResult.type);
  },
};

/** `<add>, %v, %acc [0, 1] : T to U` */
export const multiReductionFormat: CustomFormat = {
  syntax: "<$kind>, %source, %acc $reduction_dims attr-dict : type(%source) to type(%dest)",
  parse: (parser) => {
    const kind = parseKind(parser);
    parser.expect(",");
    const source = parser.parseOperand();
    parser.expect(",");
    const accumulator = parser.parseOperand();
    const axes = parser.delimited("[", "]", () => IntegerAttribute.get(parser.parseSize()));
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const sourceType = parser.parseType();
    parser.expectKeyword("to");
    const type = parser.parseType();
    return {
      operands: [parser.resolve(source, sourceType), parser.resolve(accumulator, type)],
      properties: [
        ["kind", kind],
        ["reduction_dims", ArrayAttribute.get(axes)],
      ],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    printer.write(` <${kindWord(operation)}>, `);
    printer.operands(operation.operands);
    printer.write(` [${integersOf(operation, "reduction_dims")}]`);
    printer.attributeDictionary(operation, ["kind", "reduction_dims"]);
    printer.write(" : ");
    printer.type(operation.operand(0).type);
    printer.write(" to ");
    printer.type(operation.onlyResult.type);
  },
};
