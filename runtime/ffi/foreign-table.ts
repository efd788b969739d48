/**
 * The form in which the functions of a foreign library are written down once: per function its parameters (what each is,
 * who owns the handle in it), what it returns, and where the fact comes from. Two things are made of such a table: the
 * typed bindings that the runtime calls (`bindFunctions`, here), and the C source of a stand-in library with the same
 * symbols, which tests build. An argument that sources disagree on is marked `uncertain` in the table and nowhere else.
 *
 * A row is plain data:
 *
 *     e5rt_program_library_create: foreign("status", [created("library", "library"), text("bundle_path")], { source: … })
 *
 * Handles are opaque pointers with a *kind* (a word of the table's own). Objective-C and CoreFoundation references are
 * `object`s: 64 bits that need not be an address (tagged pointers), and so a bigint in JavaScript.
 */
import { CFunction, type FFITypeOrString, type Pointer } from "bun:ffi";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Address, NativeView } from "./memory.ts";

/** What crosses the border in one argument. `out-…` is the address of a cell that the callee fills. */
export type ForeignType =
  /** An opaque pointer of some kind. */
  | "handle"
  /** The address of a cell that receives a handle. */
  | "out-handle"
  /** The address of a cell that holds a handle, which the callee clears: how handles are released. */
  | "handle-slot"
  /** An Objective-C or CoreFoundation reference; zero is nil. */
  | "object"
  | "out-object"
  /** A zero-terminated UTF-8 string, read during the call. */
  | "string"
  /** The address of a cell that receives a string which the callee keeps. */
  | "out-string"
  | "bool"
  | "i32"
  | "u32"
  | "i64"
  | "u64"
  | "out-bool"
  | "out-u8"
  | "out-i32"
  | "out-u32"
  | "out-u64"
  | "out-address"
  /** The address of memory of the caller: bytes, numbers, a list of addresses. */
  | "data"
  /** An address that is not looked behind: a selector, a function, a block. */
  | "address";

/** What a call returns. `status` is an int32 error code whose zero means success. */
export type ForeignReturn =
  | "void"
  | "status"
  | "bool"
  | "i32"
  | "u32"
  | "i64"
  | "u64"
  | "string"
  | "address"
  | "object"
  | "handle";

/**
 * What a call does to the handle or object in an argument (or in the return value, `returned`):
 * - `borrows`: looks at it during the call only, or keeps it without the caller having to care;
 * - `creates`: gives a new one, which the caller releases once;
 * - `retains`: gives one more reference to what exists, which the caller releases once;
 * - `releases`: takes the caller's reference away.
 */
export type Ownership = "borrows" | "creates" | "retains" | "releases";

/** One reading of a disputed argument, and who reads it so. */
export interface Reading {
  readonly reading: string;
  readonly source: string;
}

export interface ForeignParameter {
  readonly name: string;
  readonly type: ForeignType;
  /** The handle's or object's kind: a call with another kind is a mistake. */
  readonly kind?: string;
  readonly ownership?: Ownership;
  /** Which way data behind a pointer flow; `in` where not said. */
  readonly direction?: "in" | "out" | "both";
  /** Whether null (zero, nil) may be given. */
  readonly nullable?: boolean;
  /** Sources disagree, or nobody has called it: what each says. */
  readonly uncertain?: readonly Reading[];
}

export interface ForeignFunction {
  readonly parameters: readonly ForeignParameter[];
  readonly returns: ForeignReturn;
  /** The kind and ownership of a returned handle or object. */
  readonly returned?: { readonly kind: string; readonly ownership: Ownership };
  /** The symbol, where it is not the row's name: one symbol may have rows per signature (`objc_msgSend`). */
  readonly symbol?: string;
  /** Not every version of the library has it: its binding may be undefined. */
  readonly optional?: boolean;
  /** Who says that the signature is this one. */
  readonly source?: string;
  /** What a caller has to know beyond the signature. */
  readonly note?: string;
}

export type ForeignTable = Readonly<Record<string, ForeignFunction>>;

/** A row of a table. */
export function foreign<const Returns extends ForeignReturn, const Parameters extends readonly ForeignParameter[]>(
  returns: Returns,
  parameters: Parameters,
): { readonly returns: Returns; readonly parameters: Parameters };
export function foreign<
  const Returns extends ForeignReturn,
  const Parameters extends readonly ForeignParameter[],
  const Details extends Omit<ForeignFunction, "parameters" | "returns">,
>(
  returns: Returns,
  parameters: Parameters,
  details: Details,
): { readonly returns: Returns; readonly parameters: Parameters } & Details;
export function foreign(returns: ForeignReturn, parameters: readonly ForeignParameter[], details: object = {}) {
  return { returns, parameters, ...details };
}

/** A handle that the call uses. */
export const handle = <const Kind extends string>(kind: Kind, name: string = kind) =>
  ({ name, type: "handle", kind, ownership: "borrows" }) as const;

/** A cell that receives a new handle. */
export const created = <const Kind extends string>(kind: Kind, name = `out_${kind}`) =>
  ({ name, type: "out-handle", kind, ownership: "creates" }) as const;

/** A cell that receives one more reference to an existing thing. */
export const retained = <const Kind extends string>(kind: Kind, name = `out_${kind}`) =>
  ({ name, type: "out-handle", kind, ownership: "retains" }) as const;

/** A cell with the handle that is given up. */
export const released = <const Kind extends string>(kind: Kind, name: string = kind) =>
  ({ name, type: "handle-slot", kind, ownership: "releases" }) as const;

/** An argument that is no handle. */
export const plain = <const Type extends ForeignType>(type: Type, name: string) => ({ name, type }) as const;

/** A string argument. */
export const text = (name: string) => ({ name, type: "string" }) as const;

/** Marks an argument as disputed. */
export const disputed = <const Parameter extends ForeignParameter>(
  parameter: Parameter,
  ...uncertain: readonly Reading[]
): Parameter & { readonly uncertain: readonly Reading[] } => ({ ...parameter, uncertain });

/** How each type is passed in C, to `bun:ffi`, and from JavaScript. */
const spellings = {
  handle: { c: "void *", ffi: "ptr" },
  "out-handle": { c: "void **", ffi: "ptr" },
  "handle-slot": { c: "void **", ffi: "ptr" },
  object: { c: "void *", ffi: "u64" },
  "out-object": { c: "void **", ffi: "ptr" },
  string: { c: "const char *", ffi: "ptr" },
  "out-string": { c: "const char **", ffi: "ptr" },
  bool: { c: "bool", ffi: "bool" },
  i32: { c: "int32_t", ffi: "i32" },
  u32: { c: "uint32_t", ffi: "u32" },
  i64: { c: "int64_t", ffi: "i64" },
  u64: { c: "uint64_t", ffi: "u64" },
  "out-bool": { c: "bool *", ffi: "ptr" },
  "out-u8": { c: "uint8_t *", ffi: "ptr" },
  "out-i32": { c: "int32_t *", ffi: "ptr" },
  "out-u32": { c: "uint32_t *", ffi: "ptr" },
  "out-u64": { c: "uint64_t *", ffi: "ptr" },
  "out-address": { c: "void **", ffi: "ptr" },
  data: { c: "void *", ffi: "ptr" },
  address: { c: "void *", ffi: "ptr" },
} as const satisfies Record<ForeignType, { c: string; ffi: FFITypeOrString }>;

const returnSpellings = {
  void: { c: "void", ffi: "void" },
  status: { c: "int32_t", ffi: "i32" },
  bool: { c: "bool", ffi: "bool" },
  i32: { c: "int32_t", ffi: "i32" },
  u32: { c: "uint32_t", ffi: "u32" },
  i64: { c: "int64_t", ffi: "i64" },
  u64: { c: "uint64_t", ffi: "u64" },
  string: { c: "const char *", ffi: "ptr" },
  address: { c: "void *", ffi: "ptr" },
  object: { c: "void *", ffi: "u64" },
  handle: { c: "void *", ffi: "ptr" },
} as const satisfies Record<ForeignReturn, { c: string; ffi: FFITypeOrString }>;

/** How an argument is given from JavaScript. A cell is a typed array with one element of its width. */
interface ArgumentValues {
  handle: Address;
  "out-handle": BigUint64Array;
  "handle-slot": BigUint64Array;
  object: bigint;
  "out-object": BigUint64Array;
  string: Uint8Array;
  "out-string": BigUint64Array;
  bool: boolean;
  i32: number;
  u32: number;
  i64: number | bigint;
  u64: number | bigint;
  "out-bool": Uint8Array;
  "out-u8": Uint8Array;
  "out-i32": Int32Array;
  "out-u32": Uint32Array;
  "out-u64": BigUint64Array;
  "out-address": BigUint64Array;
  data: NativeView | Address;
  address: Address;
}

interface ReturnValues {
  void: undefined;
  status: number;
  bool: boolean;
  i32: number;
  u32: number;
  i64: bigint;
  u64: bigint;
  /** The address of the string, null for none: `readCString` reads it. */
  string: Address | null;
  address: Address | null;
  object: bigint;
  handle: Address | null;
}

/** The value that JavaScript gives for a parameter. */
export type ArgumentOf<Parameter extends ForeignParameter> =
  | ArgumentValues[Parameter["type"]]
  | (Parameter extends { readonly nullable: true } ? null : never);

type ArgumentsOf<Parameters extends readonly ForeignParameter[]> = {
  -readonly [Position in keyof Parameters]: ArgumentOf<Parameters[Position]>;
};

/** The JavaScript function for a row. */
export type BoundFunction<Row extends ForeignFunction> = (
  ...args: ArgumentsOf<Row["parameters"]>
) => ReturnValues[Row["returns"]];

/** The JavaScript functions for a table. */
export type BoundFunctions<Table extends ForeignTable> = {
  readonly [Name in keyof Table]: Table[Name] extends { readonly optional: true }
    ? BoundFunction<Table[Name]> | undefined
    : BoundFunction<Table[Name]>;
};

export interface Binding<Table extends ForeignTable> {
  readonly functions: BoundFunctions<Table>;
  /** Symbols that the library does not have, optional ones left out. Calling one of their functions throws. */
  readonly missing: readonly string[];
  /** Optional symbols that it does not have. */
  readonly missingOptional: readonly string[];
}

/** The address of a row's symbol; some loaders hand out C symbols with the leading underscore of the object format. */
function findSymbol(name: string, lookup: (symbol: string) => Address | undefined): Address | undefined {
  return lookup(name) ?? lookup(`_${name}`);
}

/**
 * Makes the functions of a table callable. Each is compiled by `bun:ffi` when first asked for: a table may be long.
 *
 * @param library the library's name, for messages
 * @param lookup gives the address of a symbol, undefined where there is none
 */
export function bindFunctions<const Table extends ForeignTable>(
  library: string,
  table: Table,
  lookup: (symbol: string) => Address | undefined,
): Binding<Table> {
  const functions = {};
  const missing: string[] = [];
  const missingOptional: string[] = [];
  for (const [name, row] of Object.entries(table)) {
    const symbol = row.symbol ?? name;
    const address = findSymbol(symbol, lookup);
    if (address === undefined) (row.optional ? missingOptional : missing).push(symbol);
    Object.defineProperty(functions, name, {
      configurable: true,
      enumerable: true,
      get: () => {
        const value = address === undefined ? absent(library, symbol, row) : compileCall(row, address);
        // From now on a plain property, as fast as one.
        Object.defineProperty(functions, name, { value, enumerable: true });
        return value;
      },
    });
  }
  return { functions: functions as BoundFunctions<Table>, missing: [...new Set(missing)], missingOptional };
}

function absent(library: string, symbol: string, row: ForeignFunction): (() => never) | undefined {
  if (row.optional) return undefined;
  return () => {
    throw new DiagnosticError(`${library} has no function ${symbol}: this version of the system is not supported`);
  };
}

function compileCall(row: ForeignFunction, address: Address): CallableFunction {
  return CFunction({
    ptr: address as Pointer,
    args: row.parameters.map(({ type }) => spellings[type].ffi),
    returns: returnSpellings[row.returns].ffi,
  });
}

/** The C declaration of a row, without a semicolon: `int32_t e5rt_x(void **out_y, const char *path)`. */
export function cDeclaration(name: string, row: ForeignFunction): string {
  const parameters = row.parameters.map((parameter) => `${cType(parameter)}${parameter.name}`).join(", ");
  const returns = returnSpellings[row.returns].c;
  return `${returns}${returns.endsWith("*") ? "" : " "}${row.symbol ?? name}(${parameters || "void"})`;
}

function cType({ type }: ForeignParameter): string {
  const { c } = spellings[type];
  return c.endsWith("*") ? c : `${c} `;
}

/** Rows with an argument that sources disagree on, with what they say: for reports and the documentation. */
export function uncertainArguments(
  table: ForeignTable,
): { readonly name: string; readonly parameter: string; readonly readings: readonly Reading[] }[] {
  return Object.entries(table).flatMap(([name, { parameters }]) =>
    parameters.flatMap(({ name: parameter, uncertain }) =>
      uncertain === undefined ? [] : [{ name, parameter, readings: uncertain }],
    ),
  );
}

/** A cell for a callee to fill with 64 bits. Reading it as a handle: `Number(cell[0])`. */
export function cell(): BigUint64Array<ArrayBuffer> {
  return new BigUint64Array(1);
}
