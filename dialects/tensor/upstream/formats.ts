/** The assembly of the upstream tensor ops that a format string does not express. */
import { type Attribute, DenseArrayAttribute, IntegerAttribute, UnitAttribute } from "../../../ir/attributes.ts";
import type { CustomFormat } from "../../../ir/format.ts";
import type { Operation } from "../../../ir/operation.ts";
import type { OperationParser } from "../../../ir/parser/operation-parser.ts";
import { i32, TensorType } from "../../../ir/types.ts";
import { staticIndices } from "../../upstream/constraints.ts";
import {
  parseIndexList,
  parseReassociation,
  printIndexList,
  printReassociation,
  resolveIndices,
} from "../../upstream/formats.ts";

function staticsOf(operation: Operation, name: string): readonly number[] {
  const attribute = operation.attribute(name);
  return attribute === undefined ? [] : (staticIndices.decode(attribute) ?? []);
}

/** The operands in the groups that `operandSegmentSizes` states. */
function groupsOf(operation: Operation): readonly Operation["operands"][] {
  const sizes = operation.attribute("operandSegmentSizes");
  const counts = sizes instanceof DenseArrayAttribute ? sizes.numbers : [operation.operandCount];
  let start = 0;
  return counts.map((count) => {
    const group = operation.operands.slice(start, start + count);
    start += count;
    return group;
  });
}

function segments(...counts: readonly number[]): readonly [string, Attribute] {
  return ["operandSegmentSizes", DenseArrayAttribute.get(i32, counts)];
}

function parseTensorType(parser: OperationParser): TensorType {
  const start = parser.offset;
  const type = parser.parseType();
  if (!(type instanceof TensorType)) throw parser.error(`expected a ranked tensor type, found ${type}`, start);
  return type;
}

const sliceLists = ["static_offsets", "static_sizes", "static_strides"] as const;
const sliceWritten = [...sliceLists, "operandSegmentSizes"];

/** `%t[0, %i] [2, %n] [1, 1] : T to U` */
export const extractSliceFormat: CustomFormat = {
  syntax: "%source[offsets] [sizes] [strides] attr-dict : type(%source) to type(%result)",
  parse: (parser) => {
    const source = parser.parseOperand();
    const lists = sliceLists.map(() => parseIndexList(parser));
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const sourceType = parser.parseType();
    parser.expectKeyword("to");
    const type = parser.parseType();
    return {
      operands: [parser.resolve(source, sourceType), ...lists.flatMap((list) => resolveIndices(parser, list.dynamics))],
      properties: [
        segments(1, ...lists.map((list) => list.dynamics.length)),
        ...lists.map((list, position) => [sliceLists[position]!, staticIndices.encode(list.statics)] as const),
      ],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    const [source = [], ...groups] = groupsOf(operation);
    printer.write(" ");
    printer.operands(source);
    for (const [position, name] of sliceLists.entries()) {
      if (position > 0) printer.write(" ");
      printIndexList(printer, staticsOf(operation, name), groups[position] ?? []);
    }
    printer.attributeDictionary(operation, sliceWritten);
    printer.write(" : ");
    printer.type(operation.operand(0).type);
    printer.write(" to ");
    printer.type(operation.onlyResult.type);
  },
};

/** `%s into %t[0, %i] [2, %n] [1, 1] : T into U`, with a result or (parallel_insert_slice) without. */
function insertSliceFormatOf(hasResult: boolean): CustomFormat {
  return {
    syntax: "%source into %dest[offsets] [sizes] [strides] attr-dict : type(%source) into type(%dest)",
    parse: (parser) => {
      const source = parser.parseOperand();
      parser.expectKeyword("into");
      const target = parser.parseOperand();
      const lists = sliceLists.map(() => parseIndexList(parser));
      const attributes = parser.attributeDictionary();
      parser.expect(":");
      const sourceType = parser.parseType();
      parser.expectKeyword("into");
      const type = parser.parseType();
      return {
        operands: [
          parser.resolve(source, sourceType),
          parser.resolve(target, type),
          ...lists.flatMap((list) => resolveIndices(parser, list.dynamics)),
        ],
        properties: [
          segments(1, 1, ...lists.map((list) => list.dynamics.length)),
          ...lists.map((list, position) => [sliceLists[position]!, staticIndices.encode(list.statics)] as const),
        ],
        attributes,
        resultTypes: hasResult ? [type] : [],
      };
    },
    print: (operation, printer) => {
      const [source = [], target = [], ...groups] = groupsOf(operation);
      printer.write(" ");
      printer.operands(source);
      printer.write(" into ");
      printer.operands(target);
      for (const [position, name] of sliceLists.entries()) {
        if (position > 0) printer.write(" ");
        printIndexList(printer, staticsOf(operation, name), groups[position] ?? []);
      }
      printer.attributeDictionary(operation, sliceWritten);
      printer.write(" : ");
      printer.type(operation.operand(0).type);
      printer.write(" into ");
      printer.type(operation.operand(1).type);
    },
  };
}

export const insertSliceFormat = insertSliceFormatOf(true);
export const parallelInsertSliceFormat = insertSliceFormatOf(false);

/** `%t nofold low[1, %i] high[0, 0] { … } : T to U` */
export const padFormat: CustomFormat = {
  syntax: "%source (nofold)? low[sizes] high[sizes] { region } attr-dict : type(%source) to type(%result)",
  parse: (parser) => {
    const source = parser.parseOperand();
    const properties: (readonly [string, Attribute])[] = [];
    if (parser.acceptKeyword("nofold")) properties.push(["nofold", UnitAttribute.instance]);
    parser.expectKeyword("low");
    const low = parseIndexList(parser);
    parser.expectKeyword("high");
    const high = parseIndexList(parser);
    const body = parser.parseRegion();
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const sourceType = parser.parseType();
    parser.expectKeyword("to");
    const type = parser.parseType();
    return {
      operands: [parser.resolve(source, sourceType), ...resolveIndices(parser, [...low.dynamics, ...high.dynamics])],
      properties: [
        ...properties,
        segments(1, low.dynamics.length, high.dynamics.length),
        ["static_high", staticIndices.encode(high.statics)],
        ["static_low", staticIndices.encode(low.statics)],
      ],
      attributes,
      resultTypes: [type],
      regions: [body],
    };
  },
  print: (operation, printer) => {
    const [source = [], low = [], high = []] = groupsOf(operation);
    printer.write(" ");
    printer.operands(source);
    if (operation.attribute("nofold") !== undefined) printer.write(" nofold");
    printer.write(" low");
    printIndexList(printer, staticsOf(operation, "static_low"), low);
    printer.write(" high");
    printIndexList(printer, staticsOf(operation, "static_high"), high);
    printer.write(" ");
    printer.region(operation.regions[0]!);
    printer.attributeDictionary(operation, ["nofold", "operandSegmentSizes", "static_low", "static_high"]);
    printer.write(" : ");
    printer.type(operation.operand(0).type);
    printer.write(" to ");
    printer.type(operation.onlyResult.type);
  },
};

/** `%n { … } : T` */
export const generateFormat: CustomFormat = {
  syntax: "%dynamicExtents, … { body } attr-dict : type(%result)",
  parse: (parser) => {
    const sizes = parser.operandList();
    const operands = resolveIndices(parser, sizes);
    const body = parser.parseRegion();
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    return { operands, attributes, resultTypes: [parser.parseType()], regions: [body] };
  },
  print: (operation, printer) => {
    printer.write(" ");
    printer.operands(operation.operands);
    if (operation.operandCount > 0) printer.write(" ");
    printer.region(operation.regions[0]!);
    printer.attributeDictionary(operation);
    printer.write(" : ");
    printer.type(operation.onlyResult.type);
  },
};

/** `%t [[0, 1]] : T into U` */
export const collapseShapeFormat: CustomFormat = {
  syntax: "%src $reassociation attr-dict : type(%src) into type(%result)",
  parse: (parser) => {
    const source = parser.parseOperand();
    const reassociation = parseReassociation(parser);
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const sourceType = parser.parseType();
    parser.expectKeyword("into");
    const type = parser.parseType();
    return {
      operands: [parser.resolve(source, sourceType)],
      properties: [["reassociation", reassociation]],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    printer.write(" ");
    printer.operand(operation.operand(0));
    printer.write(" ");
    printReassociation(operation, printer);
    printer.attributeDictionary(operation, ["reassociation"]);
    printer.write(" : ");
    printer.type(operation.operand(0).type);
    printer.write(" into ");
    printer.type(operation.onlyResult.type);
  },
};

/** `%t [[0, 1]] output_shape [%n, 4] : T into U` */
export const expandShapeFormat: CustomFormat = {
  syntax: "%src $reassociation output_shape [sizes] attr-dict : type(%src) into type(%result)",
  parse: (parser) => {
    const source = parser.parseOperand();
    const reassociation = parseReassociation(parser);
    parser.expectKeyword("output_shape");
    const shape = parseIndexList(parser);
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const sourceType = parser.parseType();
    parser.expectKeyword("into");
    const type = parser.parseType();
    return {
      operands: [parser.resolve(source, sourceType), ...resolveIndices(parser, shape.dynamics)],
      properties: [
        ["reassociation", reassociation],
        ["static_output_shape", staticIndices.encode(shape.statics)],
      ],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    const [source, ...sizes] = operation.operands;
    printer.write(" ");
    printer.operand(source!);
    printer.write(" ");
    printReassociation(operation, printer);
    printer.write(" output_shape ");
    printIndexList(printer, staticsOf(operation, "static_output_shape"), sizes);
    printer.attributeDictionary(operation, ["reassociation", "static_output_shape"]);
    printer.write(" : ");
    printer.type(source!.type);
    printer.write(" into ");
    printer.type(operation.onlyResult.type);
  },
};

/** `dim(0) %a, %b : (T, U) -> V` */
export const concatFormat: CustomFormat = {
  syntax: "dim($dim) %inputs, … attr-dict : (type(%inputs)) -> type(%result)",
  parse: (parser) => {
    parser.expectKeyword("dim");
    parser.expect("(");
    const axis = IntegerAttribute.get(parser.parseSize());
    parser.expect(")");
    const inputs = parser.operandList();
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const start = parser.offset;
    const { inputs: types, results } = parser.functionType();
    return {
      operands: parser.resolveAll(inputs, types, start),
      properties: [["dim", axis]],
      attributes,
      resultTypes: results,
    };
  },
  print: (operation, printer) => {
    const axis = operation.attribute("dim");
    printer.write(` dim(${axis instanceof IntegerAttribute ? axis.value : 0}) `);
    printer.operands(operation.operands);
    printer.attributeDictionary(operation, ["dim"]);
    printer.write(" : ");
    printer.functionType(
      operation.operands.map((value) => value.type),
      operation.results.map((result) => result.type),
    );
  },
};

/** `%a, %b : tensor<2xf32>` */
export const fromElementsFormat: CustomFormat = {
  syntax: "%elements, … attr-dict : type(%result)",
  parse: (parser) => {
    const elements = parser.operandList();
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const type = parseTensorType(parser);
    return {
      operands: elements.map((each) => parser.resolve(each, type.element)),
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    printer.write(" ");
    printer.operands(operation.operands);
    printer.attributeDictionary(operation);
    printer.write(" : ");
    printer.type(operation.onlyResult.type);
  },
};
