/** The names by which `irdl.base` knows the kinds of types and attributes: upstream's. */
import {
  AffineMapAttribute,
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  DictionaryAttribute,
  ElementsAttribute,
  FloatAttribute,
  IntegerAttribute,
  OpaqueAttribute,
  StringAttribute,
  SymbolReferenceAttribute,
  TypeAttribute,
  UnitAttribute,
} from "../../ir/attributes.ts";
import {
  ComplexType,
  DialectType,
  FloatType,
  FunctionType,
  floatKinds,
  IndexType,
  IntegerType,
  MemRefType,
  NoneType,
  TensorType,
  TupleType,
  type Type,
  UnrankedMemRefType,
  UnrankedTensorType,
  VectorType,
} from "../../ir/types.ts";
import { DynamicAttribute } from "./dynamic.ts";

const builtinTypes: readonly (readonly [string, (type: Type) => boolean])[] = [
  ["integer", (type) => type instanceof IntegerType],
  ["index", (type) => type instanceof IndexType],
  ["none", (type) => type instanceof NoneType],
  ["complex", (type) => type instanceof ComplexType],
  ["tuple", (type) => type instanceof TupleType],
  ["function", (type) => type instanceof FunctionType],
  ["tensor", (type) => type instanceof TensorType],
  ["unranked_tensor", (type) => type instanceof UnrankedTensorType],
  ["memref", (type) => type instanceof MemRefType],
  ["unranked_memref", (type) => type instanceof UnrankedMemRefType],
  ["vector", (type) => type instanceof VectorType],
];

const builtinAttributes: readonly (readonly [string, (attribute: Attribute) => boolean])[] = [
  ["unit", (attribute) => attribute instanceof UnitAttribute],
  ["integer", (attribute) => attribute instanceof IntegerAttribute],
  ["float", (attribute) => attribute instanceof FloatAttribute],
  ["string", (attribute) => attribute instanceof StringAttribute],
  ["type", (attribute) => attribute instanceof TypeAttribute],
  ["array", (attribute) => attribute instanceof ArrayAttribute],
  ["dictionary", (attribute) => attribute instanceof DictionaryAttribute],
  ["dense_array", (attribute) => attribute instanceof DenseArrayAttribute],
  ["symbol_ref", (attribute) => attribute instanceof SymbolReferenceAttribute],
  ["affine_map", (attribute) => attribute instanceof AffineMapAttribute],
  ["dense_intorfp_elements", (attribute) => attribute instanceof ElementsAttribute],
];

/** `!builtin.integer`, `!llvm.ptr`, `#builtin.string`, …: the kind of a type (held as a type attribute) or attribute. */
export function baseNamesOf(attribute: Attribute): readonly string[] {
  const names = builtinAttributes.filter(([, matches]) => matches(attribute)).map(([name]) => `#builtin.${name}`);
  if (attribute instanceof DynamicAttribute) names.push(`#${attribute.dialect}.${attribute.mnemonic}`);
  if (attribute instanceof OpaqueAttribute)
    names.push(`#${attribute.dialect}.${/^[\w$.]*/.exec(attribute.body)?.[0] ?? ""}`);
  if (attribute instanceof TypeAttribute) names.push(...typeNames(attribute.type));
  return names;
}

function typeNames(type: Type): readonly string[] {
  if (type instanceof DialectType) return [/^![\w$]+\.[\w$]+/.exec(type.text)?.[0] ?? type.text];
  if (type instanceof FloatType) return [`!builtin.${type.kind}`];
  return builtinTypes.filter(([, matches]) => matches(type)).map(([name]) => `!builtin.${name}`);
}

/** Whether a base name of the builtin dialect exists; those of other dialects are looked up in the loaded ones. */
export function isBuiltinBase(name: string): boolean {
  const rest = name.slice("!builtin.".length);
  if (name.startsWith("!builtin."))
    return Object.hasOwn(floatKinds, rest) || builtinTypes.some(([known]) => known === rest);
  return name.startsWith("#builtin.") && builtinAttributes.some(([known]) => known === rest);
}
