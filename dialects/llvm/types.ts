/**
 * The types of the llvm dialect: `!llvm.ptr`, arrays, structs and functions. Scalars and vectors are MLIR's own. Inside
 * another llvm type the prefix `!llvm.` is left out: `!llvm.struct<(ptr, array<4 x f32>)>`.
 */

import type { TypeDefinition } from "../../ir/context.ts";
import type { TextParser } from "../../ir/parser/text-parser.ts";
import { quoted } from "../../ir/quoted.ts";
import { DialectType, FloatType, IntegerType, internType, type Type, VectorType } from "../../ir/types.ts";

/** How a type is written inside an llvm type. */
function nestedText(type: Type): string {
  return type instanceof DialectType && type.dialect === "llvm" ? type.text.slice("!llvm.".length) : type.text;
}

/** A pointer; what it points to is said by the operations that use it. */
export class PointerType extends DialectType {
  readonly addressSpace: number;
  private constructor(body: string, addressSpace: number) {
    super("llvm", body);
    this.addressSpace = addressSpace;
  }
  static get(addressSpace = 0): PointerType {
    const body = addressSpace === 0 ? "ptr" : `ptr<${addressSpace}>`;
    return internType(`!llvm.${body}`, PointerType, () => new PointerType(body, addressSpace));
  }
}

export class VoidType extends DialectType {
  static readonly instance = internType("!llvm.void", VoidType, () => new VoidType());
  private constructor() {
    super("llvm", "void");
  }
}

/** Types without parameters that only pass through us. */
export class OpaqueLlvmType extends DialectType {
  private constructor(body: string) {
    super("llvm", body);
  }
  static get(body: "token" | "label" | "metadata" | "x86_mmx" | "ppc_fp128"): OpaqueLlvmType {
    return internType(`!llvm.${body}`, OpaqueLlvmType, () => new OpaqueLlvmType(body));
  }
}

export class ArrayType extends DialectType {
  readonly count: number;
  readonly element: Type;
  private constructor(body: string, count: number, element: Type) {
    super("llvm", body);
    this.count = count;
    this.element = element;
  }
  static get(count: number, element: Type): ArrayType {
    const body = `array<${count} x ${nestedText(element)}>`;
    return internType(`!llvm.${body}`, ArrayType, () => new ArrayType(body, count, element));
  }
}

/** A struct: literal (its fields identify it) or with a name; without fields where it is opaque. */
export class StructType extends DialectType {
  readonly fields: readonly Type[];
  readonly isPacked: boolean;
  readonly structName: string | undefined;
  readonly isOpaque: boolean;
  private constructor(
    body: string,
    fields: readonly Type[],
    isPacked: boolean,
    structName: string | undefined,
    isOpaque: boolean,
  ) {
    super("llvm", body);
    this.fields = fields;
    this.isPacked = isPacked;
    this.structName = structName;
    this.isOpaque = isOpaque;
  }
  static get(
    fields: readonly Type[],
    options: { readonly isPacked?: boolean; readonly name?: string } = {},
  ): StructType {
    const { isPacked = false, name } = options;
    const prefix = `${name === undefined ? "" : `${quoted(name)}, `}${isPacked ? "packed " : ""}`;
    const body = `struct<${prefix}(${fields.map(nestedText).join(", ")})>`;
    return internType(`!llvm.${body}`, StructType, () => new StructType(body, [...fields], isPacked, name, false));
  }
  /** A named struct whose fields are not known here. */
  static opaque(name: string): StructType {
    const body = `struct<${quoted(name)}, opaque>`;
    return internType(`!llvm.${body}`, StructType, () => new StructType(body, [], false, name, true));
  }
}

/** A function's signature; `VoidType` as the result of a function without one. */
export class LlvmFunctionType extends DialectType {
  readonly result: Type;
  readonly inputs: readonly Type[];
  readonly isVariadic: boolean;
  private constructor(body: string, result: Type, inputs: readonly Type[], isVariadic: boolean) {
    super("llvm", body);
    this.result = result;
    this.inputs = inputs;
    this.isVariadic = isVariadic;
  }
  static get(result: Type, inputs: readonly Type[], isVariadic = false): LlvmFunctionType {
    const parameters = [...inputs.map(nestedText), ...(isVariadic ? ["..."] : [])];
    const body = `func<${nestedText(result)} (${parameters.join(", ")})>`;
    return internType(
      `!llvm.${body}`,
      LlvmFunctionType,
      () => new LlvmFunctionType(body, result, [...inputs], isVariadic),
    );
  }
  /** The results as a list: empty for void. */
  get results(): readonly Type[] {
    return this.result === VoidType.instance ? [] : [this.result];
  }
}

/** A vector of elements that MLIR's vectors do not take (pointers). */
export class LlvmVectorType extends DialectType {
  readonly count: number;
  readonly element: Type;
  readonly isScalable: boolean;
  private constructor(body: string, count: number, element: Type, isScalable: boolean) {
    super("llvm", body);
    this.count = count;
    this.element = element;
    this.isScalable = isScalable;
  }
  static get(count: number, element: Type, isScalable = false): LlvmVectorType {
    const body = `vec<${isScalable ? "? x " : ""}${count} x ${nestedText(element)}>`;
    return internType(`!llvm.${body}`, LlvmVectorType, () => new LlvmVectorType(body, count, element, isScalable));
  }
}

/** A type of the target machine, by name, with types and numbers as its parameters. */
export class TargetType extends DialectType {
  readonly targetName: string;
  readonly parameters: readonly (Type | number)[];
  private constructor(body: string, targetName: string, parameters: readonly (Type | number)[]) {
    super("llvm", body);
    this.targetName = targetName;
    this.parameters = parameters;
  }
  static get(targetName: string, parameters: readonly (Type | number)[]): TargetType {
    const spelled = parameters.map((each) => `, ${typeof each === "number" ? each : nestedText(each)}`).join("");
    const body = `target<${quoted(targetName)}${spelled}>`;
    return internType(`!llvm.${body}`, TargetType, () => new TargetType(body, targetName, [...parameters]));
  }
}

export const pointer = PointerType.get();
export const voidType = VoidType.instance;

/** Whether a value of this type may exist in LLVM IR. */
export function isLlvmCompatible(type: Type): boolean {
  if (type instanceof IntegerType) return type.signedness === "signless";
  if (type instanceof FloatType) return true;
  if (type instanceof VectorType) return type.rank === 1 && isLlvmCompatible(type.element);
  return type instanceof DialectType && type.dialect === "llvm";
}

/** The type at a path of positions inside arrays and structs; undefined where there is none. */
export function typeAtPath(type: Type, path: readonly number[]): Type | undefined {
  let current: Type | undefined = type;
  for (const position of path) {
    if (current instanceof ArrayType) current = position >= 0 && position < current.count ? current.element : undefined;
    else if (current instanceof StructType) current = current.fields[position];
    else return undefined;
  }
  return current;
}

// ------------------------------------------------------------------------------------------------------------- parsing

const parsers: { readonly [mnemonic: string]: (parser: TextParser) => DialectType } = {
  ptr: (parser) => {
    if (!parser.accept("<")) return pointer;
    const addressSpace = parser.parseSize();
    parser.expect(">");
    return PointerType.get(addressSpace);
  },
  void: () => VoidType.instance,
  array: (parser) => {
    parser.expect("<");
    const count = parser.parseSize();
    parser.expectTimes();
    const element = parseNested(parser);
    parser.expect(">");
    return ArrayType.get(count, element);
  },
  vec: (parser) => {
    parser.expect("<");
    const isScalable = parser.accept("?");
    if (isScalable) parser.expectTimes();
    const count = parser.parseSize();
    parser.expectTimes();
    const element = parseNested(parser);
    parser.expect(">");
    return LlvmVectorType.get(count, element, isScalable);
  },
  struct: (parser) => {
    parser.expect("<");
    const name = parser.parseOptionalString();
    if (name !== undefined) {
      parser.expect(",");
      if (parser.acceptKeyword("opaque")) {
        parser.expect(">");
        return StructType.opaque(name);
      }
    }
    const isPacked = parser.acceptKeyword("packed");
    const fields = parser.delimited("(", ")", () => parseNested(parser));
    parser.expect(">");
    return StructType.get(fields, name === undefined ? { isPacked } : { isPacked, name });
  },
  func: (parser) => {
    parser.expect("<");
    const result = parseNested(parser);
    let isVariadic = false;
    parser.expect("(");
    const inputs: Type[] = [];
    while (!parser.peek(")")) {
      if (inputs.length > 0) parser.expect(",");
      isVariadic = parser.accept("...");
      if (isVariadic) break;
      inputs.push(parseNested(parser));
    }
    parser.expect(")");
    parser.expect(">");
    return LlvmFunctionType.get(result, inputs, isVariadic);
  },
  target: (parser) => {
    parser.expect("<");
    const name = parser.parseString();
    const parameters: (Type | number)[] = [];
    while (parser.accept(",")) parameters.push(parser.peekNumber() ? parser.parseSize() : parseNested(parser));
    parser.expect(">");
    return TargetType.get(name, parameters);
  },
  token: () => OpaqueLlvmType.get("token"),
  label: () => OpaqueLlvmType.get("label"),
  metadata: () => OpaqueLlvmType.get("metadata"),
  x86_mmx: () => OpaqueLlvmType.get("x86_mmx"),
  ppc_fp128: () => OpaqueLlvmType.get("ppc_fp128"),
};

const mnemonics = Object.keys(parsers);

/** A type where llvm types need no prefix. */
export function parseNested(parser: TextParser): Type {
  const mnemonic = mnemonics.find((each) => parser.peekKeyword(each));
  if (mnemonic === undefined) return parser.parseType();
  parser.expectKeyword(mnemonic);
  return parsers[mnemonic]!(parser);
}

const docs: { readonly [mnemonic: string]: string } = {
  ptr: "A pointer, with an address space other than 0 in angle brackets.",
  void: "No value: the result of functions that return nothing.",
  array: "`array<N x T>`: N elements one behind the other.",
  vec: "`vec<N x T>`: a vector of pointers or other types that MLIR's vectors do not take.",
  struct: "`struct<(T, U)>`: fields of several types; `packed` without padding.",
  target: '`target<"name", T, 1>`: a type of the target machine, with its parameters.',
  func: "`func<R (T, U, ...)>`: a function's signature.",
};

export const llvmTypes: readonly TypeDefinition[] = mnemonics.map((mnemonic) => ({
  mnemonic,
  doc: docs[mnemonic] ?? `LLVM's ${mnemonic} type.`,
  parse: parsers[mnemonic]!,
}));
