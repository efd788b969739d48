/**
 * Attributes: compile-time constants on operations. Like types they are interned by spelling, so equal means `===`.
 * Large constants are `DenseResourceAttribute`s that refer to a blob and never print its bytes.
 */
import type { AffineMap } from "./affine-map.ts";
import type { AttributeEntry } from "./attribute-map.ts";
import { type Blob, contentKey } from "./blob.ts";
import { floatLiteral, roundToKind } from "./float-bits.ts";
import { type ClassOf, forgetSpellings, intern } from "./intern.ts";
import { type Location, locationText } from "./location.ts";
import { bareIdentifier, quoted } from "./quoted.ts";
import {
  allocateElements,
  bf16ToNumber,
  type ElementArray,
  type ElementName,
  elementsFromBytes,
  type TensorData,
} from "./tensor-data.ts";
import {
  dialectSymbolText,
  elementNameOf,
  FloatType,
  f64,
  type IndexType,
  IntegerType,
  i1,
  i32,
  i64,
  NoneType,
  type ShapedType,
  type Type,
  typeKey,
} from "./types.ts";

export abstract class Attribute {
  /** The MLIR spelling. Large dense attributes compute it on demand; their identity is a content key. */
  abstract readonly text: string;
  /** Kept by attribute-map.ts. */
  lastSoleEntry: AttributeEntry | undefined = undefined;

  toString(): string {
    return this.text;
  }
}

/** By class: two attributes of one spelling (a type attribute and a symbol, say) stay apart. */
const internedAttributes = new Map<ClassOf<Attribute>, Map<string, Attribute>>();

/** Returns the one attribute of class `kind` with this key (usually its spelling), made by `make` on first use. */
export function internAttribute<A extends Attribute>(key: string, kind: ClassOf<A>, make: () => A): A {
  let table = internedAttributes.get(kind);
  if (table === undefined) {
    table = new Map();
    internedAttributes.set(kind, table);
  }
  return intern(table, key, kind, make);
}

/** The same as `forgetTypesOf`, for attributes. */
export function forgetAttributesOf(dialect: string): void {
  for (const table of internedAttributes.values()) forgetSpellings(table, dialect);
  forgetSpellings(internedResources, dialect);
}

export class UnitAttribute extends Attribute {
  readonly text = "unit";
  static readonly instance = new UnitAttribute();
  private constructor() {
    super();
  }
}

/** The integers of one type that were asked for: small ones by number, others by value. */
interface IntegerTable {
  readonly small: Map<number, IntegerAttribute>;
  readonly large: Map<bigint, IntegerAttribute>;
}

const integerTables = new Map<IntegerType | IndexType, IntegerTable>();

/** `value` of an integer of 32 bits as the type holds it; undefined where that takes more care. */
function wrapSmall(value: number, type: IntegerType | IndexType): number | undefined {
  if (!(type instanceof IntegerType)) return value;
  const { width } = type;
  if (type.signedness === "unsigned") return value >= 0 && width >= 32 ? value : undefined;
  if (width >= 32) return value;
  return type === i1 ? (value === 0 ? 0 : 1) : width === 0 ? 0 : (value << (32 - width)) >> (32 - width);
}

/** Interned by type and value. Programs compute with them by the thousand, so the spelling is made when asked for. */
export class IntegerAttribute extends Attribute {
  readonly type: IntegerType | IndexType;
  /** The value where it fits 32 bits signed, else NaN. */
  readonly small: number;
  private storedValue: bigint | undefined;
  private storedText: string | undefined = undefined;

  private constructor(small: number, value: bigint | undefined, type: IntegerType | IndexType) {
    super();
    this.small = small;
    this.storedValue = value;
    this.type = type;
  }

  get value(): bigint {
    if (this.storedValue === undefined) this.storedValue = BigInt(this.small);
    return this.storedValue;
  }

  /** The value as a number; exact up to 2^53. */
  get number(): number {
    return Number.isNaN(this.small) ? Number(this.value) : this.small;
  }

  get text(): string {
    if (this.storedText === undefined) {
      if (this.type === i1) this.storedText = this.small === 0 ? "false" : "true";
      else this.storedText = `${this.value} : ${this.type}`;
    }
    return this.storedText;
  }

  static get(value: number | bigint, type: IntegerType | IndexType = i64): IntegerAttribute {
    let table = integerTables.get(type);
    if (table === undefined) {
      table = { small: new Map(), large: new Map() };
      integerTables.set(type, table);
    }
    if (typeof value === "number" && value === (value | 0)) {
      const small = wrapSmall(value | 0, type);
      if (small !== undefined) return IntegerAttribute.ofSmall(table, small, type);
    }
    let exact = BigInt(value);
    if (type instanceof IntegerType && type !== i1) {
      exact = type.signedness === "unsigned" ? BigInt.asUintN(type.width, exact) : BigInt.asIntN(type.width, exact);
    }
    if (type === i1) exact = exact === 0n ? 0n : 1n;
    const number = Number(exact);
    if (number === (number | 0)) return IntegerAttribute.ofSmall(table, number, type);
    let known = table.large.get(exact);
    if (known === undefined) {
      known = new IntegerAttribute(Number.NaN, exact, type);
      table.large.set(exact, known);
    }
    return known;
  }

  static bool(value: boolean): IntegerAttribute {
    return IntegerAttribute.get(value ? 1 : 0, i1);
  }

  private static ofSmall(table: IntegerTable, small: number, type: IntegerType | IndexType): IntegerAttribute {
    let known = table.small.get(small);
    if (known === undefined) {
      known = new IntegerAttribute(small, undefined, type);
      table.small.set(small, known);
    }
    return known;
  }
}

export class FloatAttribute extends Attribute {
  readonly text: string;
  readonly value: number;
  readonly type: FloatType;

  private constructor(text: string, value: number, type: FloatType) {
    super();
    this.text = text;
    this.value = value;
    this.type = type;
  }

  static get(value: number, type: FloatType): FloatAttribute {
    const rounded = roundToKind(value, type.kind);
    const text = `${floatLiteral(rounded, type.kind)} : ${type}`;
    return internAttribute(text, FloatAttribute, () => new FloatAttribute(text, rounded, type));
  }
}

export class StringAttribute extends Attribute {
  readonly text: string;
  readonly value: string;
  /** Some upstream ops type their strings; none means MLIR's `NoneType`. */
  readonly type: Type;

  private constructor(text: string, value: string, type: Type) {
    super();
    this.text = text;
    this.value = value;
    this.type = type;
  }

  static get(value: string, type: Type = NoneType.instance): StringAttribute {
    const text = type === NoneType.instance ? quoted(value) : `${quoted(value)} : ${type}`;
    return internAttribute(`${text} ${typeKey(type)}`, StringAttribute, () => new StringAttribute(text, value, type));
  }
}

function symbolText(name: string): string {
  return bareIdentifier.test(name) ? `@${name}` : `@${quoted(name)}`;
}

/** `@callee` or `@module::@callee`. */
export class SymbolReferenceAttribute extends Attribute {
  readonly text: string;
  /** The path of names; the first is looked up nearest to the use. */
  readonly path: readonly string[];

  private constructor(text: string, path: readonly string[]) {
    super();
    this.text = text;
    this.path = path;
  }

  get root(): string {
    return this.path[0]!;
  }

  static get(...path: readonly string[]): SymbolReferenceAttribute {
    if (path.length === 0) throw new Error("a symbol reference needs at least one name");
    const text = path.map(symbolText).join("::");
    return internAttribute(text, SymbolReferenceAttribute, () => new SymbolReferenceAttribute(text, path));
  }
}

export class TypeAttribute extends Attribute {
  readonly text: string;
  readonly type: Type;
  private constructor(type: Type) {
    super();
    this.text = type.text;
    this.type = type;
  }
  static get(type: Type): TypeAttribute {
    return internAttribute(typeKey(type), TypeAttribute, () => new TypeAttribute(type));
  }
}

export class ArrayAttribute extends Attribute {
  readonly text: string;
  readonly elements: readonly Attribute[];
  private constructor(text: string, elements: readonly Attribute[]) {
    super();
    this.text = text;
    this.elements = elements;
  }
  static get(elements: readonly Attribute[]): ArrayAttribute {
    const text = `[${elements.map(elementSpelling).join(", ")}]`;
    // Spelling alone does not tell a type attribute from an equally spelled one, so the classes take part in the key.
    const key = `${text} ${elements.map((element) => identity(element)).join()}`;
    return internAttribute(key, ArrayAttribute, () => new ArrayAttribute(text, [...elements]));
  }
}

/** Inside a list MLIR leaves out the types that a bare number has anyway, i64 and f64. */
export function elementSpelling(element: Attribute): string {
  if (element instanceof IntegerAttribute && element.type === i64) return String(element.value);
  if (element instanceof FloatAttribute && element.type === f64) return floatLiteral(element.value, "f64");
  return element.text;
}

/** Names of attributes that were found to be identifiers: a program has few, and prints them often. */
const bareNames = new Set<string>();

function isBare(name: string): boolean {
  if (bareNames.has(name)) return true;
  const isIdentifier = bareIdentifier.test(name);
  if (isIdentifier) bareNames.add(name);
  return isIdentifier;
}

/** `name = value`, or only `name` for a unit; the name quoted where it is not an identifier. */
export function entryText(name: string, value: Attribute): string {
  const key = isBare(name) ? name : quoted(name);
  return value === UnitAttribute.instance ? key : `${key} = ${value}`;
}

export class DictionaryAttribute extends Attribute {
  readonly text: string;
  readonly entries: ReadonlyMap<string, Attribute>;
  private constructor(text: string, entries: ReadonlyMap<string, Attribute>) {
    super();
    this.text = text;
    this.entries = entries;
  }
  /** Entries are kept sorted by name, as MLIR does. */
  static get(entries: Iterable<readonly [string, Attribute]>): DictionaryAttribute {
    const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    const text = `{${sorted.map(([name, value]) => entryText(name, value)).join(", ")}}`;
    const key = `${text} ${sorted.map(([, value]) => identity(value)).join()}`;
    return internAttribute(key, DictionaryAttribute, () => new DictionaryAttribute(text, new Map(sorted)));
  }
}

/** `array<i64: 1, 2>`: a packed list of one integer or float type (or i1). */
export class DenseArrayAttribute extends Attribute {
  readonly text: string;
  readonly element: IntegerType | FloatType;
  readonly values: readonly (number | bigint)[];
  /** `[1, 2]` */
  readonly elementsText: string;

  private constructor(
    text: string,
    element: IntegerType | FloatType,
    values: readonly (number | bigint)[],
    elementsText: string,
  ) {
    super();
    this.text = text;
    this.element = element;
    this.values = values;
    this.elementsText = elementsText;
  }

  /** The values as numbers. */
  get numbers(): readonly number[] {
    return this.values.map(Number);
  }

  static get(element: IntegerType | FloatType, given: readonly (number | bigint)[]): DenseArrayAttribute {
    const values =
      element instanceof FloatType ? given.map((value) => roundToKind(Number(value), element.kind)) : given;
    const spelled = values.map((value) => {
      if (element === i1) return value ? "true" : "false";
      // As a bigint: beyond 2^53 the shortest spelling of a number is not its value.
      return element instanceof FloatType ? floatLiteral(Number(value), element.kind) : String(BigInt(value));
    });
    const elements = `[${spelled.join(", ")}]`;
    const text = `array<${element}${values.length === 0 ? "" : `: ${elements.slice(1, -1)}`}>`;
    return internAttribute(
      text,
      DenseArrayAttribute,
      () => new DenseArrayAttribute(text, element, [...values], elements),
    );
  }

  static i64(values: readonly number[]): DenseArrayAttribute {
    return DenseArrayAttribute.get(i64, values);
  }

  static i32(values: readonly number[]): DenseArrayAttribute {
    return DenseArrayAttribute.get(i32, values);
  }
}

export class AffineMapAttribute extends Attribute {
  readonly text: string;
  readonly map: AffineMap;
  private constructor(map: AffineMap) {
    super();
    this.text = `affine_map<${map}>`;
    this.map = map;
  }
  static get(map: AffineMap): AffineMapAttribute {
    return internAttribute(map.text, AffineMapAttribute, () => new AffineMapAttribute(map));
  }
}

/** `strided<[s0, s1], offset: o>`: a memref's layout in elements; `dynamic` (types.ts) prints as `?`. */
export class StridedLayoutAttribute extends Attribute {
  readonly text: string;
  readonly strides: readonly number[];
  readonly offset: number;
  private constructor(text: string, strides: readonly number[], offset: number) {
    super();
    this.text = text;
    this.strides = strides;
    this.offset = offset;
  }
  static get(strides: readonly number[], offset: number): StridedLayoutAttribute {
    const spell = (value: number) => (value === -1 ? "?" : String(value));
    const text = `strided<[${strides.map(spell).join(", ")}]${offset === 0 ? "" : `, offset: ${spell(offset)}`}>`;
    return internAttribute(text, StridedLayoutAttribute, () => new StridedLayoutAttribute(text, [...strides], offset));
  }
}

export class LocationAttribute extends Attribute {
  readonly text: string;
  readonly location: Location;
  private constructor(text: string, location: Location) {
    super();
    this.text = text;
    this.location = location;
  }
  static get(location: Location): LocationAttribute {
    const text = `loc(${locationText(location)})`;
    return internAttribute(text, LocationAttribute, () => new LocationAttribute(text, location));
  }
}

/** An attribute spelled `#dialect.body` that keeps its text: enums of upstream dialects, and unloaded dialects. */
export class OpaqueAttribute extends Attribute {
  readonly text: string;
  readonly dialect: string;
  readonly body: string;
  private constructor(dialect: string, body: string) {
    super();
    this.text = `#${dialectSymbolText(dialect, body)}`;
    this.dialect = dialect;
    this.body = body;
  }
  static get(dialect: string, body: string): OpaqueAttribute {
    return internAttribute(`${dialect}.${body}`, OpaqueAttribute, () => new OpaqueAttribute(dialect, body));
  }
}

/** A builtin attribute that nothing here computes with, kept as it was written: `affine_set<…>`, `distinct[0]<…>`. */
export class VerbatimAttribute extends Attribute {
  readonly text: string;
  private constructor(text: string) {
    super();
    this.text = text;
  }
  static get(text: string): VerbatimAttribute {
    return internAttribute(text, VerbatimAttribute, () => new VerbatimAttribute(text));
  }
}

/** A constant tensor or vector whose elements the attribute can give. */
export abstract class ElementsAttribute extends Attribute {
  abstract readonly type: ShapedType;
  /** All elements, splats expanded. The arrays are shared: never write to them. */
  abstract get value(): TensorData;
  /** The one value that all elements have, or undefined. Cheap for splats and small constants only. */
  abstract get splat(): number | bigint | undefined;
}

/** The name by which plain data knows an element type; an error for types that have no host array. */
export function requireElementName(type: Type): ElementName {
  const name = elementNameOf(type);
  if (name === undefined) throw new Error(`element type ${type} has no host representation`);
  return name;
}

function elementText(value: number | bigint, element: ElementName, type: Type): string {
  if (element === "i1") return value ? "true" : "false";
  if (type instanceof FloatType) {
    return floatLiteral(element === "bf16" ? bf16ToNumber(Number(value)) : Number(value), type.kind);
  }
  return String(value);
}

/** `[[1, 2], [3, 4]]`: the spelled elements of a shape, row-major, as nested lists. */
export function nestedText(shape: readonly number[], texts: readonly string[]): string {
  if (shape.length === 0) return texts[0] ?? "";
  let groups = texts;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    const count = shape.slice(0, axis).reduce((product, value) => product * value, 1);
    const source = groups;
    groups = Array.from({ length: count }, (_, i) => `[${source.slice(i * size, (i + 1) * size).join(", ")}]`);
  }
  return groups[0] ?? "[]";
}

/** `dense<[1.0, 2.0]> : tensor<2xf32>`: elements inline. A splat keeps one element. */
export class DenseElementsAttribute extends ElementsAttribute {
  readonly type: ShapedType;
  /** One element for a splat, else all of them, row-major. */
  readonly data: ElementArray;
  readonly element: ElementName;

  private constructor(type: ShapedType, element: ElementName, data: ElementArray) {
    super();
    this.type = type;
    this.element = element;
    this.data = data;
  }

  get isSplat(): boolean {
    return this.data.length === 1 && this.type.count !== 0;
  }

  override get splat(): number | bigint | undefined {
    if (!this.isSplat) return undefined;
    const value = this.data[0]!;
    return this.element === "bf16" ? bf16ToNumber(Number(value)) : value;
  }

  override get value(): TensorData {
    if (this.data.length === this.type.count) return { shape: this.type.shape, element: this.element, data: this.data };
    const data = allocateElements(this.element, this.type.count);
    const splat = this.data[0]!;
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.fill(BigInt(splat));
    else data.fill(Number(splat));
    return { shape: this.type.shape, element: this.element, data };
  }

  override get text(): string {
    const texts: string[] = [];
    for (const value of this.data) texts.push(elementText(value, this.element, this.type.element));
    const isEmpty = this.type.count === 0;
    const body = isEmpty ? "" : this.isSplat ? texts[0]! : nestedText(this.type.shape, texts);
    return `dense<${body}> : ${this.type}`;
  }

  /** `data` holds all elements, or one for a splat. All-equal data become a splat. The array must not change later. */
  static get(type: ShapedType, data: ElementArray): DenseElementsAttribute {
    const element = requireElementName(type.element);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const size = data.BYTES_PER_ELEMENT;
    let kept = data;
    if (data.length > 1 && allElementsEqual(bytes, size)) {
      kept = elementsFromBytes(element, bytes.subarray(0, size));
    }
    const keptBytes = new Uint8Array(kept.buffer, kept.byteOffset, kept.byteLength);
    const key = `${type} ${keptBytes.length <= 64 ? Buffer.from(keptBytes).toString("hex") : contentKey(keptBytes)}`;
    return internAttribute(key, DenseElementsAttribute, () => new DenseElementsAttribute(type, element, kept));
  }

  static splat(type: ShapedType, value: number | bigint): DenseElementsAttribute {
    const element = requireElementName(type.element);
    const data = allocateElements(element, 1);
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[0] = BigInt(value);
    else if (element === "bf16") {
      const view = new DataView(new ArrayBuffer(4));
      view.setFloat32(0, roundToKind(Number(value), "bf16"));
      data[0] = view.getUint32(0) >>> 16;
    } else data[0] = Number(value);
    return DenseElementsAttribute.get(type, data);
  }
}

function allElementsEqual(bytes: Uint8Array, size: number): boolean {
  for (let position = size; position < bytes.length; position++) {
    if (bytes[position] !== bytes[position - size]) return false;
  }
  return true;
}

/** `dense_resource<key> : tensor<…>`: elements in a blob. Without the blob only the text is known. */
export class DenseResourceAttribute extends ElementsAttribute {
  readonly text: string;
  readonly type: ShapedType;
  readonly key: string;
  readonly blob: Blob | undefined;

  private constructor(text: string, type: ShapedType, key: string, blob: Blob | undefined) {
    super();
    this.text = text;
    this.type = type;
    this.key = key;
    this.blob = blob;
  }

  override get splat(): undefined {
    return undefined;
  }

  override get value(): TensorData {
    const { blob, type, key } = this;
    if (blob === undefined) {
      throw new Error(
        `the data of dense_resource<${key}> are not at hand: load the sidecar file of weights beside the IR`,
      );
    }
    const element = requireElementName(type.element);
    return { shape: type.shape, element, data: viewElements(element, blob.bytes) };
  }

  static get(type: ShapedType, blob: Blob): DenseResourceAttribute {
    return DenseResourceAttribute.make(type, blob.key, blob);
  }

  /** A reference whose blob is not known (IR read without its sidecar). */
  static unresolved(type: ShapedType, key: string): DenseResourceAttribute {
    return DenseResourceAttribute.make(type, key, undefined);
  }

  private static make(type: ShapedType, key: string, blob: Blob | undefined): DenseResourceAttribute {
    const shown = bareIdentifier.test(key) ? key : quoted(key);
    const text = `dense_resource<${shown}> : ${type}`;
    const identityKey = `${blob === undefined ? "unresolved" : "resolved"} ${text}`;
    const known = internedResources.get(identityKey)?.deref();
    if (known !== undefined) return known;
    const made = new DenseResourceAttribute(text, type, key, blob);
    internedResources.set(identityKey, new WeakRef(made));
    collectedResources.register(made, identityKey);
    return made;
  }
}

/** Held weakly, unlike other attributes: weights go when the last program that uses them goes. */
const internedResources = new Map<string, WeakRef<DenseResourceAttribute>>();
const collectedResources = new FinalizationRegistry<string>((key) => {
  if (internedResources.get(key)?.deref() === undefined) internedResources.delete(key);
});

/** Elements of bytes without a copy where alignment allows. */
function viewElements(element: ElementName, bytes: Uint8Array): ElementArray {
  const size = allocateElements(element, 1).BYTES_PER_ELEMENT;
  const { buffer, byteOffset, byteLength } = bytes;
  if (byteOffset % size !== 0 || !(buffer instanceof ArrayBuffer)) return elementsFromBytes(element, bytes);
  const whole = elementsOfBuffer(element, buffer, byteOffset, byteLength / size);
  return whole;
}

function elementsOfBuffer(element: ElementName, buffer: ArrayBuffer, offset: number, length: number): ElementArray {
  switch (element) {
    case "f64":
      return new Float64Array(buffer, offset, length);
    case "f32":
      return new Float32Array(buffer, offset, length);
    case "f16":
      return new Float16Array(buffer, offset, length);
    case "bf16":
    case "ui16":
      return new Uint16Array(buffer, offset, length);
    case "i1":
    case "ui4":
    case "ui8":
      return new Uint8Array(buffer, offset, length);
    case "i4":
    case "i8":
      return new Int8Array(buffer, offset, length);
    case "i16":
      return new Int16Array(buffer, offset, length);
    case "i32":
      return new Int32Array(buffer, offset, length);
    case "ui32":
      return new Uint32Array(buffer, offset, length);
    case "i64":
      return new BigInt64Array(buffer, offset, length);
    case "ui64":
      return new BigUint64Array(buffer, offset, length);
  }
}

const identities = new WeakMap<Attribute, number>();
let nextIdentity = 0;

/** A number that is the same exactly for the same interned attribute. */
function identity(attribute: Attribute): number {
  const known = identities.get(attribute);
  if (known !== undefined) return known;
  const made = nextIdentity++;
  identities.set(attribute, made);
  return made;
}

/** A constant of plain data: inline when small (at most `inlineLimit` elements) or a splat, else a blob reference. */
export function elementsAttribute(
  type: ShapedType,
  data: ElementArray,
  hint?: string,
  inlineLimit = 16,
): ElementsAttribute {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data.length <= inlineLimit || allElementsEqual(bytes, data.BYTES_PER_ELEMENT)) {
    return DenseElementsAttribute.get(type, data);
  }
  return DenseResourceAttribute.get(type, { key: contentKey(bytes, hint), bytes });
}
