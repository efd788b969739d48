/** The assembly of memref ops that a format string does not express. */

import { AffineMap, dimension } from "../../ir/affine-map.ts";
import {
  AffineMapAttribute,
  type Attribute,
  DenseArrayAttribute,
  ElementsAttribute,
  IntegerAttribute,
  StringAttribute,
  SymbolReferenceAttribute,
  TypeAttribute,
  UnitAttribute,
} from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import type { Operation } from "../../ir/operation.ts";
import { i1, i32, MemRefType, TensorType } from "../../ir/types.ts";
import { staticIndices } from "../upstream/constraints.ts";
import {
  parseIndexList,
  parseReassociation,
  parseWord,
  printIndexList,
  printReassociation,
  resolveIndices,
  type WordCodec,
  wordsOf,
} from "../upstream/formats.ts";

function staticsOf(operation: Operation, name: string): readonly number[] {
  const attribute = operation.attribute(name);
  return attribute === undefined ? [] : (staticIndices.decode(attribute) ?? []);
}

/** The run-time operands behind the first `leading` ones, in the groups that `operandSegmentSizes` states. */
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

/** `(%size)[%symbol] {alignment = 64 : i64} : memref<?xf32>` */
export const allocFormat: CustomFormat = {
  syntax: "(%dynamicSizes, …) ([%symbolOperands, …])? attr-dict : type(%memref)",
  parse: (parser) => {
    const sizes = parser.operandList("(", ")");
    const symbols = parser.peek("[") ? parser.operandList("[", "]") : [];
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const type = parser.parseType();
    return {
      operands: resolveIndices(parser, [...sizes, ...symbols]),
      properties: [segments(sizes.length, symbols.length)],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    const [sizes = [], symbols = []] = groupsOf(operation);
    printer.write("(");
    printer.operands(sizes);
    printer.write(")");
    if (symbols.length > 0) {
      printer.write("[");
      printer.operands(symbols);
      printer.write("]");
    }
    printer.attributeDictionary(operation, ["operandSegmentSizes"]);
    printer.write(" : ");
    printer.type(operation.onlyResult.type);
  },
};

export const scopeFormat: CustomFormat = {
  syntax: "(-> (type(outputs)))? { bodyRegion } attr-dict",
  parse: (parser) => {
    const types = parser.accept("->") ? parser.parseResultTypes() : [];
    const body = parser.parseRegion({ implicitTerminator: "memref.alloca_scope.return" });
    return { resultTypes: types, regions: [body], attributes: parser.attributeDictionary() };
  },
  print: (operation, printer) => {
    if (operation.results.length > 0) {
      printer.write(" -> (");
      printer.types(operation.results.map((result) => result.type));
      printer.write(")");
    }
    printer.write(" ");
    printer.region(operation.regions[0]!, { printTerminator: operation.results.length > 0 });
    printer.attributeDictionary(operation);
  },
};

/** `"private" constant @name : memref<…> = dense<…> {alignment = …}` */
export const globalFormat: CustomFormat = {
  syntax: "($sym_visibility)? (constant)? @$sym_name : $type (= $initial_value | = uninitialized)? attr-dict",
  parse: (parser) => {
    const properties: [string, Attribute][] = [];
    const visibility = parser.parseOptionalString();
    if (visibility !== undefined) properties.push(["sym_visibility", StringAttribute.get(visibility)]);
    if (parser.acceptKeyword("constant")) properties.push(["constant", UnitAttribute.instance]);
    properties.push(["sym_name", StringAttribute.get(parser.parseSymbolName())]);
    parser.expect(":");
    const start = parser.offset;
    const type = parser.parseType();
    if (!(type instanceof MemRefType)) throw parser.error(`expected a memref type, found ${type}`, start);
    properties.push(["type", TypeAttribute.get(type)]);
    if (parser.accept("=")) {
      const initial = parser.acceptKeyword("uninitialized")
        ? UnitAttribute.instance
        : parser.parseAttribute(TensorType.get(type.shape, type.element));
      properties.push(["initial_value", initial]);
    }
    return { properties, attributes: parser.attributeDictionary() };
  },
  print: (operation, printer) => {
    const visibility = operation.attribute("sym_visibility");
    const name = operation.attribute("sym_name");
    const type = operation.attribute("type");
    const initial = operation.attribute("initial_value");
    if (visibility instanceof StringAttribute) {
      printer.write(" ");
      printer.attribute(visibility);
    }
    if (operation.attribute("constant") !== undefined) printer.write(" constant");
    printer.write(" ");
    printer.symbolName(name instanceof StringAttribute ? name.value : "");
    printer.write(" : ");
    if (type instanceof TypeAttribute) printer.type(type.type);
    if (initial !== undefined) {
      printer.write(" = ");
      if (initial instanceof ElementsAttribute) printer.attribute(initial, { elideType: true });
      else printer.write("uninitialized");
    }
    printer.attributeDictionary(operation, ["sym_visibility", "constant", "sym_name", "type", "initial_value"]);
  },
};

export const getGlobalFormat: CustomFormat = {
  syntax: "@$name : type(%result) attr-dict",
  parse: (parser) => {
    const name = parser.parseSymbolName();
    parser.expect(":");
    const type = parser.parseType();
    const attributes = parser.attributeDictionary();
    return { properties: [["name", SymbolReferenceAttribute.get(name)]], attributes, resultTypes: [type] };
  },
  print: (operation, printer) => {
    const name = operation.attribute("name");
    printer.write(" ");
    if (name !== undefined) printer.attribute(name);
    printer.write(" : ");
    printer.type(operation.onlyResult.type);
    printer.attributeDictionary(operation, ["name"]);
  },
};

const viewLists = ["static_offsets", "static_sizes", "static_strides"] as const;
const viewWritten = [...viewLists, "operandSegmentSizes"];

/** `%source[0, %i] [2, %n] [1, 1] : memref<…> to memref<…>` */
export const subviewFormat: CustomFormat = {
  syntax: "%source[offsets] [sizes] [strides] attr-dict : type(%source) to type(%result)",
  parse: (parser) => {
    const source = parser.parseOperand();
    const lists = viewLists.map(() => parseIndexList(parser));
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const sourceType = parser.parseType();
    parser.expectKeyword("to");
    const type = parser.parseType();
    return {
      operands: [parser.resolve(source, sourceType), ...lists.flatMap((list) => resolveIndices(parser, list.dynamics))],
      properties: [
        segments(1, ...lists.map((list) => list.dynamics.length)),
        ...lists.map((list, position) => [viewLists[position]!, staticIndices.encode(list.statics)] as const),
      ],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    const [source = [], ...groups] = groupsOf(operation);
    printer.write(" ");
    printer.operands(source);
    for (const [position, name] of viewLists.entries()) {
      if (position > 0) printer.write(" ");
      printIndexList(printer, staticsOf(operation, name), groups[position] ?? []);
    }
    printer.attributeDictionary(operation, viewWritten);
    printer.write(" : ");
    printer.type(operation.operand(0).type);
    printer.write(" to ");
    printer.type(operation.onlyResult.type);
  },
};

const castWords = ["offset", "sizes", "strides"] as const;

/** `%source to offset: [%o], sizes: [2], strides: [1] : memref<…> to memref<…>` */
export const reinterpretCastFormat: CustomFormat = {
  syntax: "%source to offset: [offset], sizes: [sizes], strides: [strides] attr-dict : type(%source) to type(%result)",
  parse: (parser) => {
    const source = parser.parseOperand();
    parser.expectKeyword("to");
    const lists = castWords.map((word, position) => {
      if (position > 0) parser.expect(",");
      parser.expectKeyword(word);
      parser.expect(":");
      return parseIndexList(parser);
    });
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const sourceType = parser.parseType();
    parser.expectKeyword("to");
    const type = parser.parseType();
    return {
      operands: [parser.resolve(source, sourceType), ...lists.flatMap((list) => resolveIndices(parser, list.dynamics))],
      properties: [
        segments(1, ...lists.map((list) => list.dynamics.length)),
        ...lists.map((list, position) => [viewLists[position]!, staticIndices.encode(list.statics)] as const),
      ],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    const [source = [], ...groups] = groupsOf(operation);
    printer.write(" ");
    printer.operands(source);
    printer.write(" to ");
    for (const [position, word] of castWords.entries()) {
      printer.write(`${position > 0 ? ", " : ""}${word}: `);
      printIndexList(printer, staticsOf(operation, viewLists[position]!), groups[position] ?? []);
    }
    printer.attributeDictionary(operation, viewWritten);
    printer.write(" : ");
    printer.type(operation.operand(0).type);
    printer.write(" to ");
    printer.type(operation.onlyResult.type);
  },
};

/** `%source [[0, 1]] output_shape [%n, 4] : T into U` */
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

/** `%source [[0, 1]] : T into U` */
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

/** `%source (d0, d1) -> (d1, d0) : T to U` */
export const transposeFormat: CustomFormat = {
  syntax: "%in $permutation attr-dict : type(%in) to type(%result)",
  parse: (parser) => {
    const source = parser.parseOperand();
    const map = parser.parseAffineMap();
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const sourceType = parser.parseType();
    parser.expectKeyword("to");
    const type = parser.parseType();
    return {
      operands: [parser.resolve(source, sourceType)],
      properties: [["permutation", AffineMapAttribute.get(map)]],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    const permutation = operation.attribute("permutation");
    printer.write(" ");
    printer.operand(operation.operand(0));
    if (permutation instanceof AffineMapAttribute) printer.write(` ${permutation.map}`);
    printer.attributeDictionary(operation, ["permutation"]);
    printer.write(" : ");
    printer.type(operation.operand(0).type);
    printer.write(" to ");
    printer.type(operation.onlyResult.type);
  },
};

/** `%m, 64 : memref<…>` */
export const assumeAlignmentFormat: CustomFormat = {
  syntax: "%memref, $alignment attr-dict : type(%memref)",
  parse: (parser) => {
    const source = parser.parseOperand();
    parser.expect(",");
    const alignment = IntegerAttribute.get(parser.parseSize(), i32);
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const type = parser.parseType();
    return { operands: [parser.resolve(source, type)], properties: [["alignment", alignment]], attributes };
  },
  print: (operation, printer) => {
    const alignment = operation.attribute("alignment");
    printer.write(" ");
    printer.operand(operation.operand(0));
    printer.write(`, ${alignment instanceof IntegerAttribute ? alignment.value : 0}`);
    printer.attributeDictionary(operation, ["alignment"]);
    printer.write(" : ");
    printer.type(operation.operand(0).type);
  },
};

/** `%m[%i], read, locality<3>, data : memref<…>` */
export const prefetchFormat: CustomFormat = {
  syntax: "%memref[%indices, …], (read | write), locality<$localityHint>, (data | instr) attr-dict : type(%memref)",
  parse: (parser) => {
    const source = parser.parseOperand();
    const indices = parser.operandList("[", "]");
    parser.expect(",");
    const isWrite = parser.acceptKeyword("write");
    if (!isWrite) parser.expectKeyword("read");
    parser.expect(",");
    parser.expectKeyword("locality");
    parser.expect("<");
    const locality = IntegerAttribute.get(parser.parseSize(), i32);
    parser.expect(">");
    parser.expect(",");
    const isData = parser.acceptKeyword("data");
    if (!isData) parser.expectKeyword("instr");
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const type = parser.parseType();
    return {
      operands: [parser.resolve(source, type), ...resolveIndices(parser, indices)],
      properties: [
        ["isDataCache", IntegerAttribute.bool(isData)],
        ["isWrite", IntegerAttribute.bool(isWrite)],
        ["localityHint", locality],
      ],
      attributes,
    };
  },
  print: (operation, printer) => {
    const [source, ...indices] = operation.operands;
    const isSet = (name: string) => operation.attribute(name) === IntegerAttribute.get(1, i1);
    const locality = operation.attribute("localityHint");
    printer.write(" ");
    printer.operand(source!);
    printer.write("[");
    printer.operands(indices);
    printer.write(`], ${isSet("isWrite") ? "write" : "read"}`);
    printer.write(`, locality<${locality instanceof IntegerAttribute ? locality.value : 0}>`);
    printer.write(`, ${isSet("isDataCache") ? "data" : "instr"}`);
    printer.attributeDictionary(operation, ["isDataCache", "isWrite", "localityHint"]);
    printer.write(" : ");
    printer.type(source!.type);
  },
};

/** `addf %value, %m[%i] : (f32, memref<…>) -> f32` */
export function atomicFormat(kinds: WordCodec): CustomFormat {
  return {
    syntax: "$kind %value, %memref[%indices, …] attr-dict : (type(%value), type(%memref)) -> type(%result)",
    parse: (parser) => {
      const kind = parseWord(parser, kinds);
      const value = parser.parseOperand();
      parser.expect(",");
      const target = parser.parseOperand();
      const indices = parser.operandList("[", "]");
      const attributes = parser.attributeDictionary();
      parser.expect(":");
      const start = parser.offset;
      const { inputs, results } = parser.functionType();
      const values = parser.resolveAll([value, target], inputs, start);
      return {
        operands: [...values, ...resolveIndices(parser, indices)],
        properties: [["kind", kind]],
        attributes,
        resultTypes: results,
      };
    },
    print: (operation, printer) => {
      const [value, target, ...indices] = operation.operands;
      printer.write(` ${wordsOf(operation, "kind", kinds).join()} `);
      printer.operands([value!, target!]);
      printer.write("[");
      printer.operands(indices);
      printer.write("]");
      printer.attributeDictionary(operation, ["kind"]);
      printer.write(" : ");
      printer.functionType([value!.type, target!.type], [operation.onlyResult.type]);
    },
  };
}

/** `affine_map` permutations as lists: `[1, 0]` becomes `(d0, d1) -> (d1, d0)`. */
export function permutationMap(permutation: readonly number[]): AffineMap {
  return new AffineMap(permutation.length, 0, permutation.map(dimension));
}

/** `%m[%i] : memref<…> { … }` */
export const genericAtomicFormat: CustomFormat = {
  syntax: "%memref[%indices, …] : type(%memref) { atomic_body } attr-dict",
  parse: (parser) => {
    const target = parser.parseOperand();
    const indices = parser.operandList("[", "]");
    parser.expect(":");
    const at = parser.offset;
    const type = parser.parseType();
    if (!(type instanceof MemRefType)) throw parser.error(`expected a memref type, found ${type}`, at);
    const operands = [parser.resolve(target, type), ...resolveIndices(parser, indices)];
    const body = parser.parseRegion();
    return { operands, regions: [body], attributes: parser.attributeDictionary(), resultTypes: [type.element] };
  },
  print: (operation, printer) => {
    const [target, ...indices] = operation.operands;
    printer.write(" ");
    printer.operand(target!);
    printer.write("[");
    printer.operands(indices);
    printer.write("] : ");
    printer.type(target!.type);
    printer.write(" ");
    printer.region(operation.regions[0]!);
    printer.attributeDictionary(operation);
  },
};
