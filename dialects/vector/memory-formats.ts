/** The assembly of vector transfers. */
import { AffineMap, dimension } from "../../ir/affine-map.ts";
import {
  AffineMapAttribute,
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  IntegerAttribute,
} from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import type { Operation } from "../../ir/operation.ts";
import type { OperationParser } from "../../ir/parser/operation-parser.ts";
import { i1, i32, ShapedType, type Type, VectorType } from "../../ir/types.ts";
import { resolveIndices } from "../upstream/formats.ts";
import { parseVectorType } from "./formats.ts";

function parseShaped(parser: OperationParser): ShapedType {
  const start = parser.offset;
  const type = parser.parseType();
  if (!(type instanceof ShapedType))
    throw parser.error(`expected a vector, tensor or memref type, found ${type}`, start);
  return type;
}

// ----------------------------------------------------------------------------------------------------------- transfers

function defaultMap(memory: ShapedType, vector: VectorType): AffineMap {
  const skipped = memory.rank - vector.rank;
  return new AffineMap(
    memory.rank,
    0,
    vector.shape.map((_, axis) => dimension(axis + skipped)),
  );
}

const notInBounds = IntegerAttribute.bool(false);

/** Fills the transfer's attributes that the text may leave out. */
function transferAttributes(
  attributes: Map<string, Attribute>,
  memory: ShapedType,
  vector: VectorType,
): (readonly [string, Attribute])[] {
  const map = attributes.get("permutation_map") ?? AffineMapAttribute.get(defaultMap(memory, vector));
  const results = map instanceof AffineMapAttribute ? map.map.results.length : vector.rank;
  const inBounds =
    attributes.get("in_bounds") ?? ArrayAttribute.get(Array.from({ length: results }, () => notInBounds));
  attributes.delete("permutation_map");
  attributes.delete("in_bounds");
  return [
    ["in_bounds", inBounds],
    ["permutation_map", map],
  ];
}

/** What the text leaves out since it follows from the types. */
function impliedTransferAttributes(operation: Operation, memory: Type, vector: Type): readonly string[] {
  const elided = ["operandSegmentSizes"];
  const map = operation.attribute("permutation_map");
  if (
    map instanceof AffineMapAttribute &&
    memory instanceof ShapedType &&
    vector instanceof VectorType &&
    map.map.text === defaultMap(memory, vector).text
  ) {
    elided.push("permutation_map");
  }
  const inBounds = operation.attribute("in_bounds");
  if (inBounds instanceof ArrayAttribute && inBounds.elements.every((each) => each === notInBounds))
    elided.push("in_bounds");
  return elided;
}

function segments(...counts: readonly number[]): readonly [string, Attribute] {
  return ["operandSegmentSizes", DenseArrayAttribute.get(i32, counts)];
}

function maskTypeFor(vector: VectorType): VectorType {
  return VectorType.get(vector.shape, i1, vector.scalable);
}

/** The type of a transfer's mask: the vector's shape, permuted back to the order of memory. */
function transferMaskType(map: Attribute, vector: VectorType): VectorType {
  if (!(map instanceof AffineMapAttribute)) return maskTypeFor(vector);
  const sizes = new Map<number, number>();
  for (const [axis, result] of map.map.results.entries()) {
    if (result.kind === "dimension") sizes.set(result.position, vector.shape[axis] ?? 1);
  }
  const order = [...sizes.keys()].sort((a, b) => a - b);
  return VectorType.get(
    order.map((position) => sizes.get(position)!),
    i1,
  );
}

/** `%m[%i, %j], %padding, %mask {…} : T, V` */
export const transferReadFormat: CustomFormat = {
  syntax: "%source[%indices, …], %padding (, %mask)? attr-dict : type(%source), type(%result)",
  parse: (parser) => {
    const source = parser.parseOperand();
    const indices = parser.operandList("[", "]");
    parser.expect(",");
    const padding = parser.parseOperand();
    const mask = parser.accept(",") ? parser.parseOperand() : undefined;
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const memory = parseShaped(parser);
    parser.expect(",");
    const type = parseVectorType(parser);
    const properties = transferAttributes(attributes, memory, type);
    const map = properties[1]![1];
    return {
      operands: [
        parser.resolve(source, memory),
        ...resolveIndices(parser, indices),
        parser.resolve(padding, memory.element),
        ...(mask === undefined ? [] : [parser.resolve(mask, transferMaskType(map, type))]),
      ],
      properties: [segments(1, indices.length, 1, mask === undefined ? 0 : 1), ...properties],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    const [source, ...rest] = operation.operands;
    const hasMask = segmentCount(operation, 3) === 1;
    const tail = hasMask ? 2 : 1;
    printer.write(" ");
    printer.operand(source!);
    printer.write("[");
    printer.operands(rest.slice(0, -tail));
    printer.write("], ");
    printer.operands(rest.slice(-tail));
    const type = operation.onlyResult.type;
    printer.attributeDictionary(operation, impliedTransferAttributes(operation, source!.type, type));
    printer.write(" : ");
    printer.types([source!.type, type]);
  },
};

function segmentCount(operation: Operation, position: number): number {
  const sizes = operation.attribute("operandSegmentSizes");
  return sizes instanceof DenseArrayAttribute ? (sizes.numbers[position] ?? 0) : 0;
}

/** `%v, %m[%i, %j], %mask {…} : V, T` */
export const transferWriteFormat: CustomFormat = {
  syntax: "%vector, %source[%indices, …] (, %mask)? attr-dict : type(%vector), type(%source)",
  parse: (parser) => {
    const vector = parser.parseOperand();
    parser.expect(",");
    const target = parser.parseOperand();
    const indices = parser.operandList("[", "]");
    const mask = parser.accept(",") ? parser.parseOperand() : undefined;
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const type = parseVectorType(parser);
    parser.expect(",");
    const memory = parseShaped(parser);
    const properties = transferAttributes(attributes, memory, type);
    const map = properties[1]![1];
    return {
      operands: [
        parser.resolve(vector, type),
        parser.resolve(target, memory),
        ...resolveIndices(parser, indices),
        ...(mask === undefined ? [] : [parser.resolve(mask, transferMaskType(map, type))]),
      ],
      properties: [segments(1, 1, indices.length, mask === undefined ? 0 : 1), ...properties],
      attributes,
      resultTypes: memory.text.startsWith("tensor") ? [memory] : [],
    };
  },
  print: (operation, printer) => {
    const [vector, target, ...rest] = operation.operands;
    const hasMask = segmentCount(operation, 3) === 1;
    const indices = hasMask ? rest.slice(0, -1) : rest;
    printer.write(" ");
    printer.operands([vector!, target!]);
    printer.write("[");
    printer.operands(indices);
    printer.write("]");
    if (hasMask) {
      printer.write(", ");
      printer.operands(rest.slice(-1));
    }
    printer.attributeDictionary(operation, impliedTransferAttributes(operation, target!.type, vector!.type));
    printer.write(" : ");
    printer.types([vector!.type, target!.type]);
  },
};
