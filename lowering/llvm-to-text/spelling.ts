/** How LLVM IR text spells types, constants and names. Everything here is valid from LLVM 15 to 22. */
import {
  ArrayType,
  LlvmFunctionType,
  LlvmVectorType,
  PointerType,
  StructType,
  VoidType,
} from "../../dialects/llvm/types.ts";
import {
  type Attribute,
  ElementsAttribute,
  FloatAttribute,
  IntegerAttribute,
  StringAttribute,
} from "../../ir/attributes.ts";
import { getNumber, numberToBf16, type TensorData } from "../../ir/tensor-data.ts";
import { FloatType, IntegerType, type Type, VectorType } from "../../ir/types.ts";

const plainName = /^[-a-zA-Z$._][-a-zA-Z$._0-9]*$/;

/** A name without its sigil; quoted where it is not a plain identifier. */
export function nameText(name: string): string {
  return plainName.test(name) ? name : `"${escaped(new TextEncoder().encode(name))}"`;
}

/** Bytes as the inside of an LLVM string. */
export function escaped(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    text += isPlain ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, "0")}`;
  }
  return text;
}

const floatNames: Readonly<Record<string, string>> = {
  f16: "half",
  bf16: "bfloat",
  f32: "float",
  f64: "double",
  f80: "x86_fp80",
  f128: "fp128",
};

const knownTexts = new WeakMap<Type, string>();

/** The LLVM spelling of a type; an error for types that LLVM does not have. */
export function typeText(type: Type): string {
  let text = knownTexts.get(type);
  if (text === undefined) {
    text = spellType(type);
    knownTexts.set(type, text);
  }
  return text;
}

function spellType(type: Type): string {
  if (type instanceof IntegerType && type.signedness === "signless") return `i${type.width}`;
  if (type instanceof FloatType) {
    const name = floatNames[type.kind];
    if (name !== undefined) return name;
  }
  if (type instanceof VectorType && type.rank === 1) {
    const size = type.scalable[0] ? `vscale x ${type.shape[0]}` : String(type.shape[0]);
    return `<${size} x ${typeText(type.element)}>`;
  }
  if (type instanceof PointerType) return type.addressSpace === 0 ? "ptr" : `ptr addrspace(${type.addressSpace})`;
  if (type instanceof VoidType) return "void";
  if (type instanceof ArrayType) return `[${type.count} x ${typeText(type.element)}]`;
  if (type instanceof LlvmVectorType) {
    return `<${type.isScalable ? "vscale x " : ""}${type.count} x ${typeText(type.element)}>`;
  }
  if (type instanceof StructType) {
    if (type.structName !== undefined) return `%${nameText(type.structName)}`;
    const fields = type.fields.length === 0 ? "" : ` ${type.fields.map(typeText).join(", ")} `;
    return type.isPacked ? `<{${fields}}>` : `{${fields}}`;
  }
  if (type instanceof LlvmFunctionType) {
    const parameters = [...type.inputs.map(typeText), ...(type.isVariadic ? ["..."] : [])];
    return `${typeText(type.result)} (${parameters.join(", ")})`;
  }
  throw new Error(`the type ${type} does not exist in LLVM IR`);
}

/** The suffix by which an intrinsic's name says a type: `v16f32`, `i64`, `p0`. */
export function mangledType(type: Type): string {
  if (type instanceof IntegerType) return `i${type.width}`;
  if (type instanceof FloatType) return type.kind;
  if (type instanceof VectorType) {
    return `${type.scalable[0] ? "nx" : ""}v${type.shape[0]}${mangledType(type.element)}`;
  }
  if (type instanceof LlvmVectorType) return `${type.isScalable ? "nx" : ""}v${type.count}${mangledType(type.element)}`;
  if (type instanceof PointerType) return `p${type.addressSpace}`;
  throw new Error(`no intrinsic takes the type ${type}`);
}

const words = new DataView(new ArrayBuffer(8));

/** A float as its bits: always exact, whatever the value. */
export function floatText(value: number, type: FloatType): string {
  switch (type.kind) {
    case "f16":
      words.setFloat16(0, value);
      return `0xH${words.getUint16(0).toString(16).toUpperCase().padStart(4, "0")}`;
    case "bf16":
      return `0xR${numberToBf16(value).toString(16).toUpperCase().padStart(4, "0")}`;
    case "f32":
    case "f64": {
      // LLVM writes a float as the double of the same value.
      words.setFloat64(0, value);
      return `0x${words.getBigUint64(0).toString(16).toUpperCase().padStart(16, "0")}`;
    }
    default:
      throw new Error(`constants of type ${type} cannot be written`);
  }
}

function integerText(value: bigint, type: IntegerType): string {
  if (type.width === 1) return value === 0n ? "false" : "true";
  return BigInt.asIntN(type.width, value).toString();
}

/** A number as a constant of a scalar type. */
function scalarText(value: number | bigint, type: Type): string {
  if (type instanceof FloatType) return floatText(Number(value), type);
  if (type instanceof IntegerType) return integerText(BigInt(value), type);
  throw new Error(`a constant of type ${type} cannot be a number`);
}

/** Whether a scalar is all zero bits. */
function isZero(value: number | bigint): boolean {
  return typeof value === "bigint" ? value === 0n : Object.is(value, 0);
}

/** The type of the scalars inside arrays and vectors. */
function scalarTypeOf(type: Type): Type {
  if (type instanceof ArrayType || type instanceof LlvmVectorType) return scalarTypeOf(type.element);
  return type instanceof VectorType ? type.element : type;
}

/** Element `index` as a number or bigint, decoded. */
function elementAt(data: TensorData, index: number): number | bigint {
  const value = data.data[index]!;
  return typeof value === "bigint" ? value : getNumber(data, index);
}

/** The value part (without its type) of a constant of an LLVM type. */
export function constantText(value: Attribute, type: Type): string {
  if (value instanceof FloatAttribute || value instanceof IntegerAttribute) return scalarText(value.value, type);
  if (value instanceof StringAttribute) return `c"${escaped(latinBytes(value.value))}"`;
  if (value instanceof ElementsAttribute) {
    const { splat } = value;
    if (splat !== undefined && isZero(splat)) {
      return scalarTypeOf(type) === type ? scalarText(splat, type) : "zeroinitializer";
    }
    if (splat !== undefined) return repeated(type, scalarText(splat, scalarTypeOf(type)));
    const data = value.value;
    let next = 0;
    return nested(type, () => scalarText(elementAt(data, next++), scalarTypeOf(type)));
  }
  throw new Error(`${value} is not a constant that LLVM IR text can hold`);
}

/** Strings hold bytes, one per character, where all are below 256; others are UTF-8. */
function latinBytes(text: string): Uint8Array {
  const codes = Array.from(text, (character) => character.charCodeAt(0));
  return codes.every((code) => code < 256) ? Uint8Array.from(codes) : new TextEncoder().encode(text);
}

/** An aggregate whose scalars are all `text`. */
function repeated(type: Type, text: string): string {
  return nested(type, () => text);
}

function nested(type: Type, scalar: () => string): string {
  if (type instanceof ArrayType) return `[${parts(type.count, type.element, scalar)}]`;
  if (type instanceof VectorType && type.rank === 1) return `<${parts(type.shape[0]!, type.element, scalar)}>`;
  if (type instanceof LlvmVectorType) return `<${parts(type.count, type.element, scalar)}>`;
  return scalar();
}

function parts(count: number, element: Type, scalar: () => string): string {
  const prefix = typeText(element);
  return Array.from({ length: count }, () => `${prefix} ${nested(element, scalar)}`).join(", ");
}
