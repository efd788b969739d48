/** The assembly of memref ops that a format string does not express. */

import {
  AffineMapAttribute,
  type Attribute,
  ElementsAttribute,
  IntegerAttribute,
  StringAttribute,
  TypeAttribute,
  UnitAttribute,
} from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import { i32, MemRefType, TensorType } from "../../ir/types.ts";
import {
  assembly,
  blank,
  colon,
  comma,
  dictionary,
  elementOf,
  indexList,
  operand,
  operands,
  optionally,
  type Part,
  regionPart,
  signature,
  spelled,
  text,
  typeOf,
  word,
} from "../upstream/assembly.ts";
import type { WordConstraint } from "../upstream/constraints.ts";

/** `(%size)[%symbol] {alignment = 64 : i64} : memref<?xf32>` */
export const allocFormat = assembly([
  operands("dynamicSizes", "(", ")"),
  optionally("symbolOperands", "[", [operands("symbolOperands", "[", "]")]),
  dictionary,
  colon,
  typeOf("memref"),
]);

/** `-> (T) { … }` */
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

/** `%m to offset: [0], sizes: [2, %n], strides: [4, 1] : T to U` */
export const reinterpretCastFormat = assembly([
  blank,
  operand("source"),
  text(" to offset: "),
  indexList("offsets", "static_offsets"),
  text(", sizes: "),
  indexList("sizes", "static_sizes"),
  text(", strides: "),
  indexList("strides", "static_strides"),
  dictionary,
  colon,
  typeOf("source"),
  text(" to "),
  typeOf("result"),
]);

/** `%m (d0, d1) -> (d1, d0) : T to U` */
export const transposeFormat = assembly([
  blank,
  operand("in"),
  blank,
  spelled(
    "permutation",
    (parser) => AffineMapAttribute.get(parser.parseAffineMap()),
    (attribute, printer) => printer.write(attribute instanceof AffineMapAttribute ? attribute.map.text : ""),
  ),
  dictionary,
  colon,
  typeOf("in"),
  text(" to "),
  typeOf("result"),
]);

/** One of two words, for a truth value. */
function choice(name: string, whenTrue: string, whenFalse: string): Part {
  const isTrue = IntegerAttribute.bool(true);
  const part = spelled(
    name,
    (parser) => {
      const isFirst = parser.acceptKeyword(whenTrue);
      if (!isFirst) parser.expectKeyword(whenFalse);
      return IntegerAttribute.bool(isFirst);
    },
    (attribute, printer) => printer.write(attribute === isTrue ? whenTrue : whenFalse),
  );
  return { ...part, syntax: `(${whenTrue} | ${whenFalse})` };
}

/** `%m[%i], read, locality<3>, data : memref<…>` */
export const prefetchFormat = assembly([
  blank,
  operand("memref"),
  operands("indices", "[", "]"),
  comma,
  choice("isWrite", "write", "read"),
  text(", locality<"),
  spelled(
    "localityHint",
    (parser) => IntegerAttribute.get(parser.parseSize(), i32),
    (attribute, printer) => printer.attribute(attribute, { elideType: true }),
  ),
  text(">, "),
  choice("isDataCache", "data", "instr"),
  dictionary,
  colon,
  typeOf("memref"),
]);

/** `addf %value, %m[%i] : (f32, memref<…>) -> f32` */
export function atomicFormat<V>(kinds: WordConstraint<V>): CustomFormat {
  return assembly([
    blank,
    word("kind", kinds),
    blank,
    operand("value"),
    comma,
    operand("memref"),
    operands("indices", "[", "]"),
    dictionary,
    colon,
    signature("value", "memref"),
  ]);
}

/** `%m[%i] : memref<…> { … }` */
export const genericAtomicFormat = assembly(
  [blank, operand("memref"), operands("indices", "[", "]"), colon, typeOf("memref"), blank, regionPart(), dictionary],
  { result: elementOf("memref") },
);
