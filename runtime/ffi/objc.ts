/**
 * Objective-C from JavaScript, as far as the engine's framework needs it: classes, messages of the table in
 * `objc-signatures.ts`, autorelease pools, reference counts, and Foundation's values both ways. An object is a bigint (its
 * 64 bits need not be an address: small strings and numbers are kept in the reference itself), nil is 0n.
 *
 * Ownership follows Cocoa: what a message returns belongs to the innermost autorelease pool. Whoever keeps an object calls
 * `retain`, and `release` once. Every use of this class therefore stands inside `pool`.
 */
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { type ArgumentOf, type BoundFunction, bindFunctions, cell, type ForeignParameter } from "./foreign-table.ts";
import { openSharedLibrary } from "./libc.ts";
import { type Address, addressOf, copyBytes, cString, readCString } from "./memory.ts";
import { type MessageName, type MessageTable, messageParts, messageTable, runtimeTable } from "./objc-signatures.ts";

/** A reference to an object or class. */
export type ObjectReference = bigint;

export const nil: ObjectReference = 0n;

/** How a library's symbols are found; the libraries of a stand-in stack are given this way. */
export type SymbolLookup = (symbol: string) => Address | undefined;

/** The arguments of a message: those of its row behind the receiver and the selector. */
export type MessageArguments<Name extends MessageName> = MessageTable[Name]["parameters"] extends readonly [
  infer _Receiver,
  infer _Selector,
  ...infer Rest extends readonly ForeignParameter[],
]
  ? { -readonly [Position in keyof Rest]: ArgumentOf<Rest[Position]> }
  : never;

type MessageResult<Name extends MessageName> = ReturnType<BoundFunction<MessageTable[Name]>>;

/** A value of Foundation in JavaScript's own terms. Whole numbers beyond 2^53 are bigints. */
export type PlainValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** What an `NSError` says. */
export interface ErrorDescription {
  readonly domain: string;
  readonly code: number;
  readonly description: string;
}

/** Nothing that the engine hands out is nested deeper; a dictionary that holds itself ends here. */
const deepestValue = 32;

/** The Objective-C runtime of a process. */
export class ObjectiveC {
  readonly #runtime;
  readonly #messages;
  /** Symbols of the runtime that are not there. */
  readonly missing: readonly string[];
  readonly #classes = new Map<string, ObjectReference>();
  readonly #selectors = new Map<MessageName, Address>();

  constructor(lookup: SymbolLookup) {
    const runtime = bindFunctions("libobjc", runtimeTable, lookup);
    const messages = bindFunctions("libobjc", messageTable, lookup);
    this.#runtime = runtime.functions;
    this.#messages = messages.functions;
    this.missing = [...runtime.missing, ...messages.missing];
  }

  /** Runs `body` with an autorelease pool of its own, which is emptied however it ends. */
  pool<Result>(body: () => Result): Result {
    const pool = this.#runtime.objc_autoreleasePoolPush();
    try {
      return body();
    } finally {
      this.#runtime.objc_autoreleasePoolPop(Number(pool));
    }
  }

  /** The same as two calls, for a loop that cannot afford a closure. */
  pushPool(): Address {
    return Number(this.#runtime.objc_autoreleasePoolPush());
  }

  popPool(pool: Address): void {
    this.#runtime.objc_autoreleasePoolPop(pool);
  }

  retain(object: ObjectReference): ObjectReference {
    return this.#runtime.objc_retain(object);
  }

  /** The last release deallocates, and what is deallocated may autorelease: it has a pool of its own. */
  release(object: ObjectReference): void {
    if (object !== nil) this.pool(() => this.#runtime.objc_release(object));
  }

  /** The class of this name, nil where no loaded library has it. */
  findClass(name: string): ObjectReference {
    const known = this.#classes.get(name);
    if (known !== undefined) return known;
    const found = this.#runtime.objc_getClass(cString(name));
    if (found !== nil) this.#classes.set(name, found);
    return found;
  }

  /** @throws DiagnosticError where no loaded library has the class */
  class(name: string): ObjectReference {
    const found = this.findClass(name);
    if (found === nil)
      throw new DiagnosticError(`objc_getClass: there is no class ${name}: this version of macOS is not supported`);
    return found;
  }

  #selector(name: MessageName): Address {
    const known = this.#selectors.get(name);
    if (known !== undefined) return known;
    const { selector } = messageParts(name);
    const address = this.#runtime.sel_registerName(cString(selector));
    if (address === null || Number(address) === 0)
      throw new DiagnosticError(`sel_registerName: no selector ${selector}`);
    this.#selectors.set(name, Number(address));
    return Number(address);
  }

  /** Sends an instance message. */
  send<Name extends MessageName>(
    name: Name,
    target: ObjectReference,
    ...args: MessageArguments<Name>
  ): MessageResult<Name> {
    return this.message(name)(target, ...args);
  }

  /** Sends a message to the class that the row names. */
  sendClass<Name extends MessageName>(name: Name, ...args: MessageArguments<Name>): MessageResult<Name> {
    return this.message(name)(this.class(messageParts(name).className), ...args);
  }

  /** A message ready to be sent often. */
  message<Name extends MessageName>(
    name: Name,
  ): (target: ObjectReference, ...args: MessageArguments<Name>) => MessageResult<Name> {
    const selector = this.#selector(name);
    const send = this.#messages[name] as (
      target: ObjectReference,
      selector: Address,
      ...args: MessageArguments<Name>
    ) => MessageResult<Name>;
    return (target, ...args) => send(target, selector, ...args);
  }

  /** Whether the framework has the method of a row. The first message to a class runs its `+initialize`. */
  has(name: MessageName): boolean {
    return this.pool(() => {
      const { isClassMethod, className } = messageParts(name);
      const found = this.findClass(className);
      if (found === nil) return false;
      const selector = this.#selector(name);
      if (isClassMethod) return this.send("-[NSObject respondsToSelector:]", found, selector);
      return this.send("+[NSObject instancesRespondToSelector:]", found, selector);
    });
  }

  /** Rows of classes that begin with a prefix which the loaded libraries cannot answer. */
  missingMessages(classPrefix: string): readonly { readonly name: MessageName; readonly optional: boolean }[] {
    const names = Object.keys(messageTable) as MessageName[];
    return names
      .filter((name) => messageParts(name).className.startsWith(classPrefix) && !this.has(name))
      .map((name) => ({ name, optional: messageTable[name].optional ?? false }));
  }

  /** An object where nil means that the call refused. */
  require(step: string, object: ObjectReference): ObjectReference {
    if (object === nil) throw new DiagnosticError(`${step}: gave nothing (nil)`);
    return object;
  }

  /** An autoreleased NSString. Text with a zero character cannot be given. */
  string(text: string): ObjectReference {
    const step = "+[NSString stringWithUTF8String:]";
    if (text.includes("\0")) throw new DiagnosticError(`${step}: the text has a zero character`);
    return this.require(step, this.sendClass(step, cString(text)));
  }

  /** An autoreleased NSNumber. */
  number(value: number | bigint): ObjectReference {
    const step = "+[NSNumber numberWithLongLong:]";
    return this.require(step, this.sendClass(step, BigInt(value)));
  }

  /** An autoreleased NSData with a copy of the bytes. */
  data(bytes: Uint8Array): ObjectReference {
    const step = "+[NSData dataWithBytes:length:]";
    return this.require(step, this.sendClass(step, bytes.byteLength === 0 ? 0 : bytes, bytes.byteLength));
  }

  /** An autoreleased NSData that refers to the bytes: the caller keeps them reachable and unchanged while it lives. */
  dataWithoutCopy(bytes: Uint8Array): ObjectReference {
    if (bytes.byteLength === 0) return this.data(bytes);
    const step = "+[NSData dataWithBytesNoCopy:length:freeWhenDone:]";
    // The address that stays: a small array's memory moves when its buffer is first asked for.
    return this.require(step, this.sendClass(step, addressOf(bytes), bytes.byteLength, false));
  }

  /** An autoreleased NSArray. */
  array(objects: readonly ObjectReference[]): ObjectReference {
    const step = "+[NSArray arrayWithObjects:count:]";
    return this.require(step, this.sendClass(step, references(objects), objects.length));
  }

  /** An autoreleased NSDictionary. */
  dictionary(entries: Iterable<readonly [key: ObjectReference, value: ObjectReference]>): ObjectReference {
    const step = "+[NSDictionary dictionaryWithObjects:forKeys:count:]";
    const pairs = [...entries];
    const values = references(pairs.map(([, value]) => value));
    const keys = references(pairs.map(([key]) => key));
    return this.require(step, this.sendClass(step, values, keys, pairs.length));
  }

  /** A value of JavaScript as an autoreleased object of Foundation. Numbers must be whole. */
  fromPlain(value: PlainValue): ObjectReference {
    if (typeof value === "string") return this.string(value);
    if (typeof value === "boolean") {
      const step = "+[NSNumber numberWithBool:]";
      return this.require(step, this.sendClass(step, value));
    }
    if (typeof value === "number" || typeof value === "bigint") {
      if (typeof value === "number" && !Number.isSafeInteger(value))
        throw new DiagnosticError(`${value} is no whole number: NSNumbers are made of whole numbers only`);
      return this.number(value);
    }
    if (value instanceof Uint8Array) return this.data(value);
    if (isList(value)) return this.array(value.map((element) => this.fromPlain(element)));
    return this.dictionary(
      Object.entries(value).map(([key, entry]) => [this.string(key), this.fromPlain(entry)] as const),
    );
  }

  /** The text of an NSString; empty for nil. */
  text(string: ObjectReference): string {
    if (string === nil) return "";
    const step = "-[NSString UTF8String]";
    const address = this.send(step, string);
    if (address === null || Number(address) === 0) throw new DiagnosticError(`${step}: gave no text`);
    return readCString(address);
  }

  /**
   * The text of a result whose declaration says no class (`id`): a message that its class does not know would end the process.
   *
   * @throws DiagnosticError naming `step` where it is no string
   */
  checkedText(step: string, object: ObjectReference): string {
    if (object === nil || this.#isA(object, "NSString")) return this.text(object);
    throw new DiagnosticError(`${step}: expected a string (NSString), found ${this.#description(object)}`);
  }

  #description(object: ObjectReference): string {
    return this.text(this.send("-[NSObject description]", object));
  }

  /** The elements of an NSArray; they live as long as it does. */
  elements(array: ObjectReference): ObjectReference[] {
    const count = Number(this.send("-[NSArray count]", array));
    const step = "-[NSArray objectAtIndex:]";
    return Array.from({ length: count }, (_, index) => this.require(step, this.send(step, array, index)));
  }

  #isA(object: ObjectReference, className: string): boolean {
    return this.send("-[NSObject isKindOfClass:]", object, this.class(className));
  }

  /** An object of Foundation as a value; of another class, its description. */
  toPlain(object: ObjectReference, depth = 0): PlainValue {
    if (depth > deepestValue)
      throw new DiagnosticError(`a value of the framework is nested deeper than ${deepestValue}`);
    if (object === nil) return "";
    if (this.#isA(object, "NSString")) return this.text(object);
    if (this.#isA(object, "NSNumber")) return this.#toNumber(object);
    if (this.#isA(object, "NSArray")) return this.elements(object).map((element) => this.toPlain(element, depth + 1));
    if (this.#isA(object, "NSDictionary")) {
      const keys = "-[NSDictionary allKeys]";
      const value = "-[NSDictionary objectForKey:]";
      const entries = this.elements(this.require(keys, this.send(keys, object))).map((key): [string, PlainValue] => [
        String(this.toPlain(key, depth + 1)),
        this.toPlain(this.require(value, this.send(value, object, key)), depth + 1),
      ]);
      return Object.fromEntries(entries);
    }
    if (this.#isA(object, "NSData")) {
      const length = Number(this.send("-[NSData length]", object));
      return copyBytes(Number(this.send("-[NSData bytes]", object)), length);
    }
    return this.#description(object);
  }

  #toNumber(object: ObjectReference): number | bigint {
    // A floating-point return would need another shape of call than all others do: its text says the same.
    if (/^[fd]/.test(readCString(this.send("-[NSNumber objCType]", object))))
      return Number(this.text(this.send("-[NSNumber stringValue]", object)));
    const value = this.send("-[NSNumber longLongValue]", object);
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }

  /** What an error cell holds behind a call that said no; undefined where the callee gave no error. */
  describeError(errors: BigUint64Array): ErrorDescription | undefined {
    const error = errors[0] ?? nil;
    if (error === nil) return undefined;
    return {
      domain: this.text(this.send("-[NSError domain]", error)),
      code: Number(this.send("-[NSError code]", error)),
      description: this.text(this.send("-[NSError localizedDescription]", error)),
    };
  }
}

/** The list of references that Foundation's constructors read. */
function references(objects: readonly ObjectReference[]): BigUint64Array {
  const list = new BigUint64Array(Math.max(objects.length, 1));
  list.set(objects);
  return list;
}

function isList(value: readonly PlainValue[] | { readonly [key: string]: PlainValue }): value is readonly PlainValue[] {
  return Array.isArray(value);
}

/** A zeroed `NSError *` cell. */
export const errorCell: () => BigUint64Array<ArrayBuffer> = cell;

/** Symbols of the first library of these that opens, for those that are one framework under several names. */
export function openLookup(
  paths: readonly string[],
): { readonly lookup: SymbolLookup } | { readonly lookup: undefined; readonly reason: string } {
  let reason = "no path to look at";
  for (const path of paths) {
    const opened = openSharedLibrary(path);
    if (opened.library !== undefined) return { lookup: opened.library.symbol };
    reason = opened.reason;
  }
  return { lookup: undefined, reason };
}
