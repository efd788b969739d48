/** The signature of a function: `(%a: f32 {x.y}, %b: i32) -> (f32 {x.z})`, or types only where there is no body. */
import { ArrayAttribute, type Attribute, DictionaryAttribute, StringAttribute } from "../../ir/attributes.ts";
import type { Operation } from "../../ir/operation.ts";
import type { OperationParser, RegionArgument } from "../../ir/parser/operation-parser.ts";
import type { OperationPrinter } from "../../ir/printer/operation-printer.ts";
import { FunctionType, type Type } from "../../ir/types.ts";

export interface Signature {
  /** Empty where the arguments have no names (a declaration). */
  readonly args: readonly RegionArgument[];
  readonly inputs: readonly Type[];
  readonly results: readonly Type[];
  readonly isVariadic: boolean;
  /** `arg_attrs` and `res_attrs`, where any is not empty. */
  readonly properties: readonly (readonly [string, Attribute])[];
}

const none = DictionaryAttribute.get([]);

function attributesProperty(
  name: string,
  each: readonly DictionaryAttribute[],
): readonly (readonly [string, Attribute])[] {
  return each.every((attributes) => attributes === none) ? [] : [[name, ArrayAttribute.get(each)]];
}

export interface SignatureOptions {
  /** Whether `...` may end the parameters: a function of the dialect may take any number of further arguments. */
  readonly isVariadicAllowed: boolean;
}

/** Reads from `(` to the end of the result types. */
export function parseSignature(parser: OperationParser, { isVariadicAllowed }: SignatureOptions): Signature {
  const args: RegionArgument[] = [];
  const inputs: Type[] = [];
  const argumentAttributes: DictionaryAttribute[] = [];
  let isVariadic = false;
  parser.expect("(", "before the parameters");
  while (!parser.peek(")")) {
    if (inputs.length > 0) parser.expect(",", "between parameters");
    const at = parser.offset;
    isVariadic = parser.accept("...");
    if (isVariadic && !isVariadicAllowed)
      throw parser.error("this function takes no variable number of arguments: '...' is for llvm.func", at);
    if (isVariadic) break;
    const operand = parser.parseOptionalOperand();
    if (operand !== undefined) parser.expect(":", "behind the parameter's name");
    else if (args.length > 0) throw parser.error("expected a name for the parameter, since others have one", at);
    const type = parser.parseType();
    argumentAttributes.push(DictionaryAttribute.get(parser.attributeDictionary()));
    const location = parser.parseOptionalLocation() ?? parser.location(at);
    if (operand !== undefined) {
      if (args.length < inputs.length) throw parser.error("only some parameters have a name", at);
      args.push({ name: operand.name, type, location, offset: operand.offset });
    }
    inputs.push(type);
  }
  parser.expect(")", "after the parameters");
  const results: Type[] = [];
  const resultAttributes: DictionaryAttribute[] = [];
  const parseResult = () => {
    results.push(parser.parseType());
    resultAttributes.push(DictionaryAttribute.get(parser.attributeDictionary()));
  };
  if (parser.accept("->")) {
    if (parser.peek("(")) parser.delimited("(", ")", parseResult);
    else results.push(parser.parseType());
  }
  return {
    args,
    inputs,
    results,
    isVariadic,
    properties: [
      ...attributesProperty("arg_attrs", argumentAttributes),
      ...attributesProperty("res_attrs", resultAttributes),
    ],
  };
}

function dictionaries(operation: Operation, name: string): readonly Attribute[] {
  const attribute = operation.attribute(name);
  return attribute instanceof ArrayAttribute ? attribute.elements : [];
}

function printDictionary(printer: OperationPrinter, attribute: Attribute | undefined): void {
  if (!(attribute instanceof DictionaryAttribute) || attribute === none) return;
  printer.write(" ");
  printer.attribute(attribute);
}

/** Writes what `parseSignature` reads. */
export function printSignature(
  operation: Operation,
  printer: OperationPrinter,
  signature: { readonly inputs: readonly Type[]; readonly results: readonly Type[]; readonly isVariadic?: boolean },
): void {
  const args = operation.regions[0]?.entry?.arguments;
  const argumentAttributes = dictionaries(operation, "arg_attrs");
  printer.write("(");
  for (const [position, type] of signature.inputs.entries()) {
    if (position > 0) printer.write(", ");
    const argument = args?.[position];
    const attributes = argumentAttributes[position];
    if (argument !== undefined) printer.blockArgument(argument, attributes === none ? undefined : attributes);
    else {
      printer.type(type);
      printDictionary(printer, attributes);
    }
  }
  if (signature.isVariadic) printer.write(signature.inputs.length > 0 ? ", ..." : "...");
  printer.write(")");
  const { results } = signature;
  if (results.length === 0) return;
  const resultAttributes = dictionaries(operation, "res_attrs");
  const [only] = results;
  const needsParentheses =
    results.length > 1 || only instanceof FunctionType || resultAttributes.some((each) => each !== none);
  printer.write(needsParentheses ? " -> (" : " -> ");
  for (const [position, type] of results.entries()) {
    if (position > 0) printer.write(", ");
    printer.type(type);
    printDictionary(printer, resultAttributes[position]);
  }
  if (needsParentheses) printer.write(")");
}

const visibilities = ["public", "private", "nested"] as const;

/** `private`, if a visibility is next, as the `sym_visibility` property. */
export function parseVisibility(parser: OperationParser): readonly (readonly [string, Attribute])[] {
  for (const word of visibilities) {
    if (parser.acceptKeyword(word)) return [["sym_visibility", StringAttribute.get(word)]];
  }
  return [];
}

/** The value of a string attribute of an operation. */
export function stringOf(operation: Operation, name: string): string | undefined {
  const attribute = operation.attribute(name);
  return attribute instanceof StringAttribute ? attribute.value : undefined;
}
