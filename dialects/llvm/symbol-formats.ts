/** The assembly of llvm functions and globals. */
import { type Attribute, OpaqueAttribute, StringAttribute, TypeAttribute, UnitAttribute } from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import { type Operation, Region } from "../../ir/operation.ts";
import type { OperationParser } from "../../ir/parser/operation-parser.ts";
import type { OperationPrinter } from "../../ir/printer/operation-printer.ts";
import { bytesOfText } from "../../ir/quoted.ts";
import { i8, type Type } from "../../ir/types.ts";
import { wordCodec, wordsOf } from "../upstream/formats.ts";
import { parseSignature, parseVisibility, printSignature, stringOf } from "../upstream/function-format.ts";
import {
  callingConventionAttribute,
  callingConventions,
  linkageAttribute,
  linkages,
  unnamedAddressAttribute,
  unnamedAddresses,
  visibilities,
  visibilityAttribute,
} from "./flags.ts";
import { ArrayType, LlvmFunctionType, VoidType } from "./types.ts";

type Properties = [string, Attribute][];

/** The first of these words if it is next; consumed. */
function acceptWord<W extends string>(parser: OperationParser, words: readonly W[]): W | undefined {
  const word = words.find((each) => parser.peekKeyword(each));
  if (word !== undefined) parser.expectKeyword(word);
  return word;
}

function acceptLinkage(parser: OperationParser, properties: Properties): void {
  properties.push(["linkage", linkageAttribute.encode(acceptWord(parser, linkages) ?? "external")]);
}

const shownVisibilities = visibilities.filter((word) => word !== "default");
const shownUnnamed = unnamedAddresses.filter((word) => word !== "none");
const visibilityCodec = wordCodec(visibilityAttribute);
const unnamedCodec = wordCodec(unnamedAddressAttribute);

function linkageOf(linkage: Attribute | undefined): string {
  return (linkage === undefined ? undefined : linkageAttribute.decode(linkage)) ?? "external";
}

/** How the range of a function's vector lengths is stored. */
const vscaleRange = /^#llvm\.vscale_range<minRange = (\d+) : i32, maxRange = (\d+) : i32>$/;

/** `comdat(@rules::@name)`, if it is there. */
function parseComdat(parser: OperationParser, properties: Properties): void {
  if (!parser.acceptKeyword("comdat")) return;
  parser.expect("(");
  properties.push(["comdat", parser.parseAttribute()]);
  parser.expect(")");
}

function printComdat(operation: Operation, printer: OperationPrinter): void {
  const comdat = operation.attribute("comdat");
  if (comdat !== undefined) printer.write(` comdat(${comdat})`);
}

/** `internal fastcc @name(%p: !llvm.ptr, …) -> i32 attributes {…} { … }` */
export const functionFormat: CustomFormat = {
  syntax:
    "($linkage)? ($visibility_)? ($CConv)? @$sym_name(%argument: type attr-dict, …) (-> type)? (attributes attr-dict)? ({ body })?",
  parse: (parser) => {
    const properties: Properties = [];
    acceptLinkage(parser, properties);
    const visibility = acceptWord(parser, shownVisibilities);
    if (visibility !== undefined) properties.push(["visibility_", visibilityAttribute.encode(visibility)]);
    const unnamed = acceptWord(parser, shownUnnamed);
    if (unnamed !== undefined) properties.push(["unnamed_addr", unnamedAddressAttribute.encode(unnamed)]);
    const convention = acceptWord(parser, callingConventions);
    if (convention !== undefined) properties.push(["CConv", callingConventionAttribute.encode(convention)]);
    const symbolVisibility = parseVisibility(parser);
    properties.push(["sym_name", StringAttribute.get(parser.parseSymbolName())]);
    const at = parser.offset;
    const signature = parseSignature(parser, { isVariadicAllowed: true });
    if (signature.results.length > 1) throw parser.error("an llvm function has at most one result", at);
    const type = LlvmFunctionType.get(
      signature.results[0] ?? VoidType.instance,
      signature.inputs,
      signature.isVariadic,
    );
    properties.push(["function_type", TypeAttribute.get(type)]);
    if (parser.acceptKeyword("vscale_range")) {
      const [least, most] = parser.delimited("(", ")", () => parser.parseSize());
      const range = `vscale_range<minRange = ${least} : i32, maxRange = ${most ?? least} : i32>`;
      properties.push(["vscale_range", OpaqueAttribute.get("llvm", range)]);
    }
    parseComdat(parser, properties);
    const attributes = parser.attributeDictionaryWithKeyword();
    const body = parser.parseOptionalRegion({ arguments: signature.args });
    return {
      properties: [...properties, ...symbolVisibility, ...signature.properties],
      attributes,
      regions: [body ?? new Region()],
    };
  },
  print: (operation, printer) => {
    const linkage = linkageOf(operation.attribute("linkage"));
    const type = operation.attribute("function_type");
    const convention = operation.attribute("CConv");
    const conventionWord = convention === undefined ? "ccc" : callingConventionAttribute.decode(convention);
    const symbolVisibility = stringOf(operation, "sym_visibility");
    const words = [
      linkage === "external" ? undefined : linkage,
      ...wordsOf(operation, "visibility_", visibilityCodec).filter((word) => word !== "default"),
      ...wordsOf(operation, "unnamed_addr", unnamedCodec).filter((word) => word !== "none"),
      conventionWord === "ccc" ? undefined : conventionWord,
      symbolVisibility,
    ].filter((word) => word !== undefined);
    printer.write(` ${words.map((word) => `${word} `).join("")}`);
    printer.symbolName(stringOf(operation, "sym_name") ?? "");
    if (type instanceof TypeAttribute && type.type instanceof LlvmFunctionType) {
      printSignature(operation, printer, type.type);
    }
    const range = vscaleRange.exec(operation.attribute("vscale_range")?.text ?? "");
    if (range !== null) printer.write(` vscale_range(${range[1]}, ${range[2]})`);
    printComdat(operation, printer);
    printer.attributeDictionaryWithKeyword(operation, [
      ...(range === null ? [] : ["vscale_range"]),
      "comdat",
      "linkage",
      "visibility_",
      "unnamed_addr",
      "CConv",
      "sym_visibility",
      "sym_name",
      "function_type",
      "arg_attrs",
      "res_attrs",
    ]);
    const [body] = operation.regions;
    if (body === undefined || body.blocks.length === 0) return;
    printer.write(" ");
    printer.region(body, { printEntryArguments: false });
  },
};

/** The type of a global whose text leaves it out: a string is an array of bytes, other values have a type. */
function impliedType(parser: OperationParser, value: Attribute | undefined, at: number): Type {
  if (value instanceof StringAttribute) return ArrayType.get(bytesOfText(value.value).length, i8);
  throw parser.error("expected ':' and the type of the global", at);
}

const globalWritten = [
  "linkage",
  "visibility_",
  "unnamed_addr",
  "thread_local_",
  "constant",
  "sym_name",
  "value",
  "comdat",
  "global_type",
] as const;

/** `internal constant @name(value) {…} : type { … }` */
export const globalFormat: CustomFormat = {
  syntax:
    "($linkage)? ($visibility_)? (thread_local)? ($unnamed_addr)? (constant)? @$sym_name($value) (comdat($comdat))? attr-dict (: $global_type)? ({ initializer })?",
  parse: (parser) => {
    const properties: Properties = [];
    acceptLinkage(parser, properties);
    const visibility = acceptWord(parser, shownVisibilities);
    if (visibility !== undefined) properties.push(["visibility_", visibilityAttribute.encode(visibility)]);
    if (parser.acceptKeyword("thread_local")) properties.push(["thread_local_", UnitAttribute.instance]);
    const unnamed = acceptWord(parser, shownUnnamed);
    if (unnamed !== undefined) properties.push(["unnamed_addr", unnamedAddressAttribute.encode(unnamed)]);
    if (parser.acceptKeyword("constant")) properties.push(["constant", UnitAttribute.instance]);
    properties.push(["sym_name", StringAttribute.get(parser.parseSymbolName())]);
    parser.expect("(", "before the value of the global");
    let value: Attribute | undefined;
    if (!parser.peek(")")) {
      value = parser.parseAttribute();
      properties.push(["value", value]);
    }
    parser.expect(")", "after the value of the global");
    parseComdat(parser, properties);
    const attributes = parser.attributeDictionary();
    const at = parser.offset;
    const type = parser.accept(":") ? parser.parseType() : impliedType(parser, value, at);
    properties.push(["global_type", TypeAttribute.get(type)]);
    return { properties, attributes, regions: [parser.parseOptionalRegion() ?? new Region()] };
  },
  print: (operation, printer) => {
    const value = operation.attribute("value");
    const type = operation.attribute("global_type");
    const words = [
      linkageOf(operation.attribute("linkage")),
      ...wordsOf(operation, "visibility_", visibilityCodec).filter((word) => word !== "default"),
      operation.attribute("thread_local_") === undefined ? undefined : "thread_local",
      ...wordsOf(operation, "unnamed_addr", unnamedCodec).filter((word) => word !== "none"),
      operation.attribute("constant") === undefined ? undefined : "constant",
    ].filter((word) => word !== undefined);
    printer.write(` ${words.join(" ")} `);
    printer.symbolName(stringOf(operation, "sym_name") ?? "");
    printer.write("(");
    if (value !== undefined) printer.attribute(value);
    printer.write(")");
    printComdat(operation, printer);
    printer.attributeDictionary(operation, globalWritten);
    if (!(value instanceof StringAttribute) && type instanceof TypeAttribute) {
      printer.write(" : ");
      printer.type(type.type);
    }
    const [initializer] = operation.regions;
    if (initializer === undefined || initializer.blocks.length === 0) return;
    printer.write(" ");
    printer.region(initializer);
  },
};
