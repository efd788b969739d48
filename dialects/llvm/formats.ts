/** The assembly of llvm ops on values and memory that a format string does not express. */
import {
  type Attribute,
  DenseArrayAttribute,
  StringAttribute,
  TypeAttribute,
  UnitAttribute,
} from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import type { Operation } from "../../ir/operation.ts";
import type { OperationParser, UnresolvedOperand } from "../../ir/parser/operation-parser.ts";
import type { OperationPrinter } from "../../ir/printer/operation-printer.ts";
import { i1, i32, type Type, VectorType } from "../../ir/types.ts";
import { boolOfSameShape, type WordConstraint } from "../upstream/constraints.ts";
import { parseWord, wordCodec, wordsOf } from "../upstream/formats.ts";
import { atomicOrderingAttribute } from "./flags.ts";
import { LlvmVectorType, typeAtPath } from "./types.ts";

function numbersOf(operation: Operation, name: string): readonly number[] {
  const attribute = operation.attribute(name);
  return attribute instanceof DenseArrayAttribute ? attribute.numbers : [];
}

function elementOf(parser: OperationParser, type: Type, at: number): Type {
  if (type instanceof VectorType || type instanceof LlvmVectorType) return type.element;
  throw parser.error(`expected a vector type, found ${type}`, at);
}

/** `"slt" %a, %b : i32` */
export function compareFormat<W extends string>(constraint: WordConstraint<W>): CustomFormat {
  const codec = wordCodec(constraint);
  return {
    syntax: "$predicate %lhs, %rhs attr-dict : type(%lhs)",
    parse: (parser) => {
      const at = parser.offset;
      const word = parser.parseString();
      const predicate = codec.parse([word]);
      if (predicate === undefined) throw parser.error(`expected ${codec.description}, found "${word}"`, at);
      const lhs = parser.parseOperand();
      parser.expect(",");
      const rhs = parser.parseOperand();
      const attributes = parser.attributeDictionary();
      parser.expect(":");
      const type = parser.parseType();
      const result =
        type instanceof LlvmVectorType ? VectorType.get([type.count], i1, [type.isScalable]) : boolOfSameShape(type);
      return {
        operands: [parser.resolve(lhs, type), parser.resolve(rhs, type)],
        properties: [["predicate", predicate]],
        attributes,
        resultTypes: [result],
      };
    },
    print: (operation, printer) => {
      printer.write(` "${wordsOf(operation, "predicate", codec).join()}" `);
      printer.operands(operation.operands);
      printer.attributeDictionary(operation, ["predicate"]);
      printer.write(" : ");
      printer.type(operation.operand(0).type);
    },
  };
}

/** `%x, %v[%i : i32] : vector<4xf32>` */
export const insertElementFormat: CustomFormat = {
  syntax: "%value, %vector[%position : type(%position)] attr-dict : type(%vector)",
  parse: (parser) => {
    const value = parser.parseOperand();
    parser.expect(",");
    const vector = parser.parseOperand();
    parser.expect("[");
    const position = parser.parseOperand();
    parser.expect(":");
    const positionType = parser.parseType();
    parser.expect("]");
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const at = parser.offset;
    const type = parser.parseType();
    return {
      operands: [
        parser.resolve(vector, type),
        parser.resolve(value, elementOf(parser, type, at)),
        parser.resolve(position, positionType),
      ],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    const [vector, value, position] = operation.operands;
    printer.write(" ");
    printer.operands([value!, vector!]);
    printer.write("[");
    printer.operand(position!);
    printer.write(" : ");
    printer.type(position!.type);
    printer.write("]");
    printer.attributeDictionary(operation);
    printer.write(" : ");
    printer.type(vector!.type);
  },
};

/** The vector that a mask of this length picks; scalable where its operands are. */
export function shuffleType(length: number, operand: Type, element: Type): VectorType {
  return VectorType.get([length], element, operand instanceof VectorType && operand.scalable[0] ? [true] : []);
}

function parsePath(parser: OperationParser): readonly number[] {
  return parser.delimited("[", "]", () => parser.parseSize(i32));
}

function partType(parser: OperationParser, container: Type, path: readonly number[], at: number): Type {
  const type = typeAtPath(container, path);
  if (type === undefined) throw parser.error(`there is no part [${path.join(", ")}] in ${container}`, at);
  return type;
}

/** `%x, %s[1] : !llvm.struct<…>` */
export const insertValueFormat: CustomFormat = {
  syntax: "%value, %container$position attr-dict : type(%container)",
  parse: (parser) => {
    const value = parser.parseOperand();
    parser.expect(",");
    const container = parser.parseOperand();
    const path = parsePath(parser);
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const at = parser.offset;
    const type = parser.parseType();
    return {
      operands: [parser.resolve(container, type), parser.resolve(value, partType(parser, type, path, at))],
      properties: [["position", DenseArrayAttribute.i64(path)]],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    const [container, value] = operation.operands;
    printer.write(" ");
    printer.operands([value!, container!]);
    printer.write(`[${numbersOf(operation, "position").join(", ")}]`);
    printer.attributeDictionary(operation, ["position"]);
    printer.write(" : ");
    printer.type(container!.type);
  },
};

// --------------------------------------------------------------------------------------------------------------- memory

/** `inalloca %n x f32 {alignment = 8 : i64} : (i32) -> !llvm.ptr` */
export const allocaFormat: CustomFormat = {
  syntax: "(inalloca)? %arraySize x $elem_type attr-dict : (type(%arraySize)) -> type(%res)",
  parse: (parser) => {
    const properties: [string, Attribute][] = [];
    if (parser.acceptKeyword("inalloca")) properties.push(["inalloca", UnitAttribute.instance]);
    const size = parser.parseOperand();
    parser.expectKeyword("x");
    properties.push(["elem_type", TypeAttribute.get(parser.parseType())]);
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const at = parser.offset;
    const { inputs, results } = parser.functionType();
    return { operands: parser.resolveAll([size], inputs, at), properties, attributes, resultTypes: results };
  },
  print: (operation, printer) => {
    if (operation.attribute("inalloca") !== undefined) printer.write(" inalloca");
    printer.write(" ");
    printer.operand(operation.operand(0));
    printer.write(" x ");
    printTypeAttribute(operation, printer, "elem_type");
    printer.attributeDictionary(operation, ["elem_type", "inalloca"]);
    printer.write(" : ");
    printSignature(operation, printer);
  },
};

function printTypeAttribute(operation: Operation, printer: OperationPrinter, name: string): void {
  const attribute = operation.attribute(name);
  if (attribute instanceof TypeAttribute) printer.type(attribute.type);
}

function printSignature(operation: Operation, printer: OperationPrinter): void {
  printer.functionType(
    operation.operands.map((value) => value.type),
    operation.results.map((result) => result.type),
  );
}

const dynamicPosition = -(2 ** 31);

/** `inbounds %p[0, %i] : (!llvm.ptr, i64) -> !llvm.ptr, f32` */
export const getElementPointerFormat: CustomFormat = {
  syntax: "(inbounds)? %base[indices] attr-dict : (type(operands)) -> type(%res), $elem_type",
  parse: (parser) => {
    const properties: [string, Attribute][] = [];
    if (parser.acceptKeyword("inbounds")) properties.push(["inbounds", UnitAttribute.instance]);
    const base = parser.parseOperand();
    const dynamics: UnresolvedOperand[] = [];
    const indices = parser.delimited("[", "]", () => {
      const operand = parser.parseOptionalOperand();
      if (operand === undefined) return parser.parseSize(i32);
      dynamics.push(operand);
      return dynamicPosition;
    });
    properties.push(["rawConstantIndices", DenseArrayAttribute.get(i32, indices)]);
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const at = parser.offset;
    const { inputs, results } = parser.functionType();
    parser.expect(",");
    properties.push(["elem_type", TypeAttribute.get(parser.parseType())]);
    return {
      operands: parser.resolveAll([base, ...dynamics], inputs, at),
      properties,
      attributes,
      resultTypes: results,
    };
  },
  print: (operation, printer) => {
    const [base, ...dynamics] = operation.operands;
    if (operation.attribute("inbounds") !== undefined) printer.write(" inbounds");
    printer.write(" ");
    printer.operand(base!);
    printer.write("[");
    let next = 0;
    for (const [position, value] of numbersOf(operation, "rawConstantIndices").entries()) {
      if (position > 0) printer.write(", ");
      const operand = value === dynamicPosition ? dynamics[next++] : undefined;
      if (operand === undefined) printer.write(String(value));
      else printer.operand(operand);
    }
    printer.write("]");
    printer.attributeDictionary(operation, ["elem_type", "inbounds", "rawConstantIndices"]);
    printer.write(" : ");
    printSignature(operation, printer);
    printer.write(", ");
    printTypeAttribute(operation, printer, "elem_type");
  },
};

const orderingCodec = wordCodec(atomicOrderingAttribute);

/** `atomic syncscope("agent") monotonic`, if it is there. */
function parseOrdering(parser: OperationParser, properties: [string, Attribute][]): void {
  if (!parser.acceptKeyword("atomic")) return;
  if (parser.acceptKeyword("syncscope")) {
    parser.expect("(");
    properties.push(["syncscope", StringAttribute.get(parser.parseString())]);
    parser.expect(")");
  }
  properties.push(["ordering", parseWord(parser, orderingCodec)]);
}

function printOrdering(operation: Operation, printer: OperationPrinter): void {
  const [ordering] = wordsOf(operation, "ordering", orderingCodec);
  if (ordering === undefined || ordering === "not_atomic") return;
  printer.write(" atomic");
  const scope = operation.attribute("syncscope");
  if (scope instanceof StringAttribute) printer.write(` syncscope(${scope})`);
  printer.write(` ${ordering}`);
}

/** `volatile %p atomic monotonic invariant {alignment = 4 : i64} : !llvm.ptr -> f32` */
export const loadFormat: CustomFormat = {
  syntax:
    "(volatile)? %addr (atomic (syncscope($syncscope))? $ordering)? (invariant)? attr-dict : type(%addr) -> type(%res)",
  parse: (parser) => {
    const properties: [string, Attribute][] = [];
    if (parser.acceptKeyword("volatile")) properties.push(["volatile_", UnitAttribute.instance]);
    const address = parser.parseOperand();
    parseOrdering(parser, properties);
    if (parser.acceptKeyword("invariant")) properties.push(["invariant", UnitAttribute.instance]);
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const type = parser.parseType();
    parser.expect("->");
    return { operands: [parser.resolve(address, type)], properties, attributes, resultTypes: [parser.parseType()] };
  },
  print: (operation, printer) => {
    if (operation.attribute("volatile_") !== undefined) printer.write(" volatile");
    printer.write(" ");
    printer.operand(operation.operand(0));
    printOrdering(operation, printer);
    if (operation.attribute("invariant") !== undefined) printer.write(" invariant");
    printer.attributeDictionary(operation, ["volatile_", "ordering", "syncscope", "invariant"]);
    printer.write(" : ");
    printer.type(operation.operand(0).type);
    printer.write(" -> ");
    printer.type(operation.onlyResult.type);
  },
};

/** `volatile %x, %p atomic monotonic {alignment = 4 : i64} : f32, !llvm.ptr` */
export const storeFormat: CustomFormat = {
  syntax:
    "(volatile)? %value, %addr (atomic (syncscope($syncscope))? $ordering)? attr-dict : type(%value), type(%addr)",
  parse: (parser) => {
    const properties: [string, Attribute][] = [];
    if (parser.acceptKeyword("volatile")) properties.push(["volatile_", UnitAttribute.instance]);
    const value = parser.parseOperand();
    parser.expect(",");
    const address = parser.parseOperand();
    parseOrdering(parser, properties);
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const at = parser.offset;
    return { operands: parser.resolveAll([value, address], parser.parseTypeList(), at), properties, attributes };
  },
  print: (operation, printer) => {
    if (operation.attribute("volatile_") !== undefined) printer.write(" volatile");
    printer.write(" ");
    printer.operands(operation.operands);
    printOrdering(operation, printer);
    printer.attributeDictionary(operation, ["volatile_", "ordering", "syncscope"]);
    printer.write(" : ");
    printer.types(operation.operands.map((each) => each.type));
  },
};
