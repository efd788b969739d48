/**
 * Types. Each distinct type exists once (it is interned by its MLIR spelling), so two types are equal exactly when they
 * are `===`. Builtin types live here; a dialect adds its own by extending `DialectType` and listing a parser for it.
 */
import type { Attribute } from "./attributes.ts";
import { type ClassOf, forgetSpellings, intern } from "./intern.ts";
import type { ElementName } from "./tensor-data.ts";

/** A dimension whose size is not known when compiling; printed as `?`. */
export const dynamic = -1;

export abstract class Type {
  /** The MLIR spelling, which identifies the type. */
  readonly text: string;

  protected constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

const internedTypes = new Map<string, Type>();
/** Types that are known as text only, because their dialect is not loaded, and types that contain such. */
const opaqueTypes = new WeakSet<Type>();

/**
 * Returns the one type spelled `text`, made by `make` on first use. Every factory of types goes through here. `parts` are the
 * types inside: the same spelling may stand for a type of a loaded dialect, and for one that is known as text only.
 */
export function internType<T extends Type>(
  text: string,
  kind: ClassOf<T>,
  make: () => T,
  parts: readonly Type[] = [],
): T {
  if (!parts.some((part) => opaqueTypes.has(part))) return intern(internedTypes, text, kind, make);
  return internOpaque(text, kind, make);
}

function internOpaque<T extends Type>(text: string, kind: ClassOf<T>, make: () => T): T {
  const type = intern(internedTypes, `${text} as text`, kind, make);
  opaqueTypes.add(type);
  return type;
}

/**
 * Forgets a dialect's types and those made of them, so that its classes can be loaded anew. Whoever still holds such a type
 * must not mix it with new ones.
 */
export function forgetTypesOf(dialect: string): void {
  forgetSpellings(internedTypes, dialect);
}

/** What tells this type from all others: its spelling, and whether it is known as text only. */
export function typeKey(type: Type): string {
  return opaqueTypes.has(type) ? `${type.text} as text` : type.text;
}

export type Signedness = "signless" | "signed" | "unsigned";

const signednessPrefix: Record<Signedness, string> = { signless: "i", signed: "si", unsigned: "ui" };

export class IntegerType extends Type {
  readonly width: number;
  readonly signedness: Signedness;

  private constructor(text: string, width: number, signedness: Signedness) {
    super(text);
    this.width = width;
    this.signedness = signedness;
  }

  static get(width: number, signedness: Signedness = "signless"): IntegerType {
    const text = `${signednessPrefix[signedness]}${width}`;
    return internType(text, IntegerType, () => new IntegerType(text, width, signedness));
  }
}

export class IndexType extends Type {
  static readonly instance = internType("index", IndexType, () => new IndexType());
  private constructor() {
    super("index");
  }
}

export class NoneType extends Type {
  static readonly instance = internType("none", NoneType, () => new NoneType());
  private constructor() {
    super("none");
  }
}

export const floatKinds = {
  f16: { width: 16, mantissa: 11 },
  bf16: { width: 16, mantissa: 8 },
  f32: { width: 32, mantissa: 24 },
  tf32: { width: 19, mantissa: 11 },
  f64: { width: 64, mantissa: 53 },
  f80: { width: 80, mantissa: 64 },
  f128: { width: 128, mantissa: 113 },
  f8E5M2: { width: 8, mantissa: 3 },
  f8E4M3: { width: 8, mantissa: 4 },
  f8E4M3FN: { width: 8, mantissa: 4 },
  f8E5M2FNUZ: { width: 8, mantissa: 3 },
  f8E4M3FNUZ: { width: 8, mantissa: 4 },
  f8E4M3B11FNUZ: { width: 8, mantissa: 4 },
} as const;
export type FloatKind = keyof typeof floatKinds;

export class FloatType extends Type {
  readonly kind: FloatKind;

  private constructor(kind: FloatKind) {
    super(kind);
    this.kind = kind;
  }

  /** Storage width in bits. */
  get width(): number {
    return floatKinds[this.kind].width;
  }

  static get(kind: FloatKind): FloatType {
    return internType(kind, FloatType, () => new FloatType(kind));
  }
}

export class ComplexType extends Type {
  readonly element: Type;
  private constructor(text: string, element: Type) {
    super(text);
    this.element = element;
  }
  static get(element: Type): ComplexType {
    const text = `complex<${element}>`;
    return internType(text, ComplexType, () => new ComplexType(text, element), [element]);
  }
}

export class TupleType extends Type {
  readonly elements: readonly Type[];
  private constructor(text: string, elements: readonly Type[]) {
    super(text);
    this.elements = elements;
  }
  static get(elements: readonly Type[]): TupleType {
    const text = `tuple<${elements.join(", ")}>`;
    return internType(text, TupleType, () => new TupleType(text, [...elements]), elements);
  }
}

export class FunctionType extends Type {
  readonly inputs: readonly Type[];
  readonly results: readonly Type[];
  private constructor(text: string, inputs: readonly Type[], results: readonly Type[]) {
    super(text);
    this.inputs = inputs;
    this.results = results;
  }
  static get(inputs: readonly Type[], results: readonly Type[]): FunctionType {
    const text = `(${inputs.join(", ")}) -> ${functionResultsText(results)}`;
    const make = () => new FunctionType(text, [...inputs], [...results]);
    return internType(text, FunctionType, make, [...inputs, ...results]);
  }
}

/** `T` for one result that is not itself a function, `(T, U)` otherwise: MLIR's rule after `->`. */
export function functionResultsText(results: readonly Type[]): string {
  const single = results.length === 1 ? results[0] : undefined;
  return single !== undefined && !(single instanceof FunctionType) ? single.text : `(${results.join(", ")})`;
}

function dimensionsText(shape: readonly number[]): string {
  return shape.map((size) => `${size === dynamic ? "?" : size}x`).join("");
}

/** A type with a shape (`dynamic` marks unknown sizes) and an element type. */
export abstract class ShapedType extends Type {
  readonly shape: readonly number[];
  readonly element: Type;

  protected constructor(text: string, shape: readonly number[], element: Type) {
    super(text);
    // Shape rules compute sizes from attributes: what comes out of impossible ones must not become a type.
    if (!shape.every((size) => Number.isSafeInteger(size) && (size >= 0 || size === dynamic)))
      throw new Error(`would have a type with impossible sizes: ${shape.join(", ")}`);
    this.shape = shape;
    this.element = element;
  }

  get rank(): number {
    return this.shape.length;
  }

  get isStatic(): boolean {
    return this.shape.every((size) => size !== dynamic);
  }

  /** The number of elements of a static shape. */
  get count(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }
}

/** `tensor<2x3xf32>`: an immutable value of known rank. */
export class TensorType extends ShapedType {
  readonly encoding: Attribute | undefined;

  private constructor(text: string, shape: readonly number[], element: Type, encoding: Attribute | undefined) {
    super(text, shape, element);
    this.encoding = encoding;
  }

  static get(shape: readonly number[], element: Type, encoding?: Attribute): TensorType {
    const text = `tensor<${dimensionsText(shape)}${element}${encoding === undefined ? "" : `, ${encoding}`}>`;
    return internType(text, TensorType, () => new TensorType(text, [...shape], element, encoding), [element]);
  }
}

/** `tensor<*xf32>`: only read, verified and printed; our dialects take ranked tensors. */
export class UnrankedTensorType extends Type {
  readonly element: Type;
  private constructor(text: string, element: Type) {
    super(text);
    this.element = element;
  }
  static get(element: Type): UnrankedTensorType {
    const text = `tensor<*x${element}>`;
    return internType(text, UnrankedTensorType, () => new UnrankedTensorType(text, element), [element]);
  }
}

/** `memref<2x3xf32, strided<[3, 1], offset: ?>>`: a reference to a buffer. */
export class MemRefType extends ShapedType {
  /** A strided layout or affine map; undefined means dense row-major. */
  readonly layout: Attribute | undefined;
  readonly memorySpace: Attribute | undefined;

  private constructor(
    text: string,
    shape: readonly number[],
    element: Type,
    layout: Attribute | undefined,
    memorySpace: Attribute | undefined,
  ) {
    super(text, shape, element);
    this.layout = layout;
    this.memorySpace = memorySpace;
  }

  static get(shape: readonly number[], element: Type, layout?: Attribute, memorySpace?: Attribute): MemRefType {
    // The default layout and memory space are left out, so that one type has one spelling.
    const kept = layout?.text === identityLayoutText(shape.length) ? undefined : layout;
    const space = defaultMemorySpace(memorySpace);
    const extras = [kept, space].filter((extra) => extra !== undefined).map((extra) => `, ${extra}`);
    const text = `memref<${dimensionsText(shape)}${element}${extras.join("")}>`;
    return internType(text, MemRefType, () => new MemRefType(text, [...shape], element, kept, space), [element]);
  }
}

function identityLayoutText(rank: number): string {
  const names = Array.from({ length: rank }, (_, axis) => `d${axis}`).join(", ");
  return `affine_map<(${names}) -> (${names})>`;
}

function defaultMemorySpace(space: Attribute | undefined): Attribute | undefined {
  return space?.text === "0 : i64" ? undefined : space;
}

/** `memref<*xf32>`: only read, verified and printed. */
export class UnrankedMemRefType extends Type {
  readonly element: Type;
  readonly memorySpace: Attribute | undefined;
  private constructor(text: string, element: Type, memorySpace: Attribute | undefined) {
    super(text);
    this.element = element;
    this.memorySpace = memorySpace;
  }
  static get(element: Type, memorySpace?: Attribute): UnrankedMemRefType {
    const space = defaultMemorySpace(memorySpace);
    const text = `memref<*x${element}${space === undefined ? "" : `, ${space}`}>`;
    return internType(text, UnrankedMemRefType, () => new UnrankedMemRefType(text, element, space), [element]);
  }
}

/** `vector<16xf32>`; `vector<[4]xf32>` where a dimension is scalable. */
export class VectorType extends ShapedType {
  readonly scalable: readonly boolean[];

  private constructor(text: string, shape: readonly number[], element: Type, scalable: readonly boolean[]) {
    super(text, shape, element);
    this.scalable = scalable;
  }

  static get(shape: readonly number[], element: Type, scalable: readonly boolean[] = []): VectorType {
    const sizes = shape.map((size, index) => (scalable[index] ? `[${size}]x` : `${size}x`)).join("");
    if (shape.some((size) => size < 1))
      throw new Error(`would have a vector type with impossible sizes: ${shape.join(", ")}`);
    const text = `vector<${sizes}${element}>`;
    return internType(text, VectorType, () => new VectorType(text, [...shape], element, [...scalable]), [element]);
  }
}

/** What plain data holds a value of a type. */
export interface DataShape {
  readonly shape: readonly number[];
  readonly element: ElementName;
}

/** Base of the types that dialects define; spelled `!dialect.rest`. */
export abstract class DialectType extends Type {
  readonly dialect: string;

  /** The plain data that evaluators take and give for a value of this type; undefined where there is none. */
  get data(): DataShape | undefined {
    return undefined;
  }

  /** `body` is what follows `!dialect.`, for example `surface<1x64xf16>`. */
  protected constructor(dialect: string, body: string) {
    super(`!${dialect}.${body}`);
    this.dialect = dialect;
  }
}

/** A type of a dialect that is not loaded: kept as text. */
export class OpaqueType extends Type {
  readonly dialect: string;
  readonly body: string;
  private constructor(text: string, dialect: string, body: string) {
    super(text);
    this.dialect = dialect;
    this.body = body;
  }
  static get(dialect: string, body: string): OpaqueType {
    const text = `!${dialectSymbolText(dialect, body)}`;
    return internOpaque(text, OpaqueType, () => new OpaqueType(text, dialect, body));
  }
}

/** `dialect.body` where the body reads as a name, perhaps with one `<…>` behind it; `dialect<body>` for any other. */
export function dialectSymbolText(dialect: string, body: string): string {
  const name = /^[A-Za-z_][A-Za-z0-9_$.]*/.exec(body)?.[0] ?? "";
  const rest = body.slice(name.length);
  const isSimple = name !== "" && (rest === "" || (rest.startsWith("<") && firstClose(rest) === rest.length - 1));
  // A minus sign directly before the bracket would make an arrow of it.
  return isSimple ? `${dialect}.${body}` : `${dialect}<${body}${body.endsWith("-") ? " " : ""}>`;
}

/** Where the `<` that `text` starts with is closed; strings and arrows are passed over. */
function firstClose(text: string): number {
  let depth = 0;
  for (const { 0: token, index: at } of text.matchAll(/"(?:[^"\\]|\\.)*"|->|[<>]/g)) {
    if (token === "<") depth++;
    else if (token === ">") depth--;
    if (depth === 0) return at;
  }
  return -1;
}

export const f16 = FloatType.get("f16");
export const bf16 = FloatType.get("bf16");
export const f32 = FloatType.get("f32");
export const f64 = FloatType.get("f64");
export const i1 = IntegerType.get(1);
export const i4 = IntegerType.get(4);
export const i8 = IntegerType.get(8);
export const i16 = IntegerType.get(16);
export const i32 = IntegerType.get(32);
export const i64 = IntegerType.get(64);
export const ui8 = IntegerType.get(8, "unsigned");
export const index = IndexType.instance;

const elementTypes: Record<ElementName, Type> = {
  f64,
  f32,
  f16,
  bf16,
  i1,
  i4,
  i8,
  i16,
  i32,
  i64,
  ui4: IntegerType.get(4, "unsigned"),
  ui8,
  ui16: IntegerType.get(16, "unsigned"),
  ui32: IntegerType.get(32, "unsigned"),
  ui64: IntegerType.get(64, "unsigned"),
};

/** The type of an element name of plain tensor data. */
export function elementType(element: ElementName): Type {
  return elementTypes[element];
}

/** The plain-data element name of a type, or undefined where plain data cannot hold it. `index` is held as i64. */
export function elementNameOf(type: Type): ElementName | undefined {
  if (type === index) return "i64";
  const text = type.text;
  return Object.hasOwn(elementTypes, text) ? (text as ElementName) : undefined;
}

export function isFloat(type: Type): type is FloatType {
  return type instanceof FloatType;
}

export function isInteger(type: Type): type is IntegerType {
  return type instanceof IntegerType;
}
