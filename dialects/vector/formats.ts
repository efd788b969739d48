/** The assembly of vector ops that a format string does not express. */
import { AffineMap, dimension } from "../../ir/affine-map.ts";
import {
  AffineMapAttribute,
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  IntegerAttribute,
  OpaqueAttribute,
} from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import type { OperationParser } from "../../ir/parser/operation-parser.ts";
import { i1, i32, ShapedType, type Type, VectorType } from "../../ir/types.ts";
import { fastMathAttribute, fastMathText } from "../arith/flags.ts";
import { opaqueBody, staticIndices } from "../upstream/constraints.ts";
import { parseAngleWords, parseIndexList, printFlags, printIndexList, resolveIndices } from "../upstream/formats.ts";

function positionOf(operation: Operation): readonly number[] {
  const attribute = operation.attribute("static_position");
  return attribute === undefined ? [] : (staticIndices.decode(attribute) ?? []);
}

function parseShaped(parser: OperationParser): ShapedType {
  const start = parser.offset;
  const type = parser.parseType();
  if (!(type instanceof ShapedType))
    throw parser.error(`expected a vector, tensor or memref type, found ${type}`, start);
  return type;
}

function parseVectorType(parser: OperationParser): VectorType {
  const start = parser.offset;
  const type = parser.parseType();
  if (!(type instanceof VectorType)) throw parser.error(`expected a vector type, found ${type}`, start);
  return type;
}

/** `%m[%i], %mask, %pass : T, M, V into V` */
export const maskedLoadFormat: CustomFormat = {
  parse: (parser) => {
    const base = parser.parseOperand();
    const indices = parser.operandList("[", "]");
    parser.expect(",");
    const mask = parser.parseOperand();
    parser.expect(",");
    const passThrough = parser.parseOperand();
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const start = parser.offset;
    const types = parser.parseTypeList();
    parser.expectKeyword("into");
    const type = parser.parseType();
    const [baseValue, ...vectors] = parser.resolveAll([base, mask, passThrough], types, start);
    return {
      operands: [baseValue!, ...resolveIndices(parser, indices), ...vectors],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    const [base, ...rest] = operation.operands;
    const [mask, passThrough] = rest.slice(-2);
    printer.write(" ");
    printer.operand(base!);
    printer.write("[");
    printer.operands(rest.slice(0, -2));
    printer.write("], ");
    printer.operands([mask!, passThrough!]);
    printer.attributeDictionary(operation);
    printer.write(" : ");
    printer.types([base!, mask!, passThrough!].map((value) => value.type));
    printer.write(" into ");
    printer.type(operation.onlyResult.type);
  },
};

/** `%m[%i], %mask, %value : T, M, V` */
export const maskedStoreFormat: CustomFormat = {
  parse: (parser) => {
    const base = parser.parseOperand();
    const indices = parser.operandList("[", "]");
    parser.expect(",");
    const mask = parser.parseOperand();
    parser.expect(",");
    const value = parser.parseOperand();
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const start = parser.offset;
    const [baseValue, ...vectors] = parser.resolveAll([base, mask, value], parser.parseTypeList(), start);
    return { operands: [baseValue!, ...resolveIndices(parser, indices), ...vectors], attributes };
  },
  print: (operation, printer) => {
    const [base, ...rest] = operation.operands;
    const [mask, value] = rest.slice(-2);
    printer.write(" ");
    printer.operand(base!);
    printer.write("[");
    printer.operands(rest.slice(0, -2));
    printer.write("], ");
    printer.operands([mask!, value!]);
    printer.attributeDictionary(operation);
    printer.write(" : ");
    printer.types([base!, mask!, value!].map((each) => each.type));
  },
};

function indexedVectorFormat(hasResult: boolean): CustomFormat {
  return {
    parse: (parser) => {
      const base = parser.parseOperand();
      const indices = parser.operandList("[", "]");
      parser.expect("[");
      const lanes = parser.parseOperand();
      parser.expect("]");
      parser.expect(",");
      const mask = parser.parseOperand();
      parser.expect(",");
      const last = parser.parseOperand();
      const attributes = parser.attributeDictionary();
      parser.expect(":");
      const start = parser.offset;
      const [baseValue, ...vectors] = parser.resolveAll([base, lanes, mask, last], parser.parseTypeList(), start);
      if (hasResult) parser.expectKeyword("into");
      const resultTypes = hasResult ? [parser.parseType()] : [];
      return { operands: [baseValue!, ...resolveIndices(parser, indices), ...vectors], attributes, resultTypes };
    },
    print: (operation, printer) => {
      const [base, ...rest] = operation.operands;
      const [lanes, mask, last] = rest.slice(-3);
      printer.write(" ");
      printer.operand(base!);
      printer.write("[");
      printer.operands(rest.slice(0, -3));
      printer.write("] [");
      printer.operand(lanes!);
      printer.write("], ");
      printer.operands([mask!, last!]);
      printer.attributeDictionary(operation);
      printer.write(" : ");
      printer.types([base!, lanes!, mask!, last!].map((value) => value.type));
      if (!hasResult) return;
      printer.write(" into ");
      printer.type(operation.onlyResult.type);
    },
  };
}

/** `%m[%i] [%lanes], %mask, %pass : T, I, M, V into V` */
export const gatherFormat = indexedVectorFormat(true);
/** `%m[%i] [%lanes], %mask, %value : T, I, M, V` */
export const scatterFormat = indexedVectorFormat(false);

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

// -------------------------------------------------------------------------------------------------- extract and insert

/** `%v[0, %i] : f32 from vector<2x4xf32>` */
export const extractFormat: CustomFormat = {
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
