/**
 * What lowered values are made of. A part is one WebAssembly value: in a local, a constant, or an expression that still waits
 * for its only use. Waiting saves a local and keeps expression trees whole; what reads memory is put into a local
 * before anything writes memory.
 */
import type { MemRefType } from "../../ir/types.ts";
import type { Expression, WasmType } from "./binaryen.ts";
import type { Element } from "./element.ts";
import type { LinearForm } from "./linear-form.ts";

export class Part {
  readonly type: WasmType;
  /** Whether a waiting expression reads memory. */
  readonly readsMemory: boolean;
  #local: number | undefined;
  #waiting: Expression | undefined;
  readonly #make: (() => Expression) | undefined;

  private constructor(
    type: WasmType,
    held: { local?: number; waiting?: Expression; make?: () => Expression },
    readsMemory = false,
  ) {
    this.type = type;
    this.readsMemory = readsMemory;
    this.#local = held.local;
    this.#waiting = held.waiting;
    this.#make = held.make;
  }

  static local(type: WasmType, local: number): Part {
    return new Part(type, { local });
  }

  static constant(type: WasmType, make: () => Expression): Part {
    return new Part(type, { make });
  }

  /** An expression that will be taken once. */
  static waiting(type: WasmType, expression: Expression, readsMemory: boolean): Part {
    return new Part(type, { waiting: expression }, readsMemory);
  }

  get local(): number | undefined {
    return this.#local;
  }

  get make(): (() => Expression) | undefined {
    return this.#make;
  }

  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** The waiting expression, which is gone afterwards. */
  release(): Expression {
    const expression = this.#waiting;
    if (expression === undefined) throw new Error("a value that waits for its only use was used twice");
    this.#waiting = undefined;
    return expression;
  }

  /** From now on the value is in a local. */
  settle(local: number): void {
    this.#local = local;
  }
}

/** A scalar (one part) or a vector (chunks, row by row). */
export interface DataValue {
  readonly kind: "data";
  readonly element: Element;
  /** Undefined for a scalar. */
  readonly shape: { readonly rows: number; readonly lanes: number } | undefined;
  readonly parts: readonly Part[];
}

/** A value of type `index`. */
export interface IndexValue {
  readonly kind: "index";
  readonly form: LinearForm;
}

/** A memref: the address of its element at index 0. */
export interface MemoryValue {
  readonly kind: "memory";
  readonly type: MemRefType;
  readonly address: LinearForm;
  /** The address of the buffer that it views, from which `memref.reinterpret_cast` counts; undefined where it is not known. */
  readonly origin: LinearForm | undefined;
  /** Sizes of dynamic dimensions, by axis. */
  readonly sizes: ReadonlyMap<number, LinearForm>;
}

/** A scalar that was loaded into all lanes at once, because it is only used for vectors. */
export interface SplatValue {
  readonly kind: "splat";
  readonly element: Element;
  readonly part: Part;
}

export type LoweredValue = DataValue | IndexValue | MemoryValue | SplatValue;
