/**
 * The state of one function while its body is written: locals, statements, lowered values, and the open loops.
 *
 * Addresses are sums of loop counters times constants. For each sum that a loop body needs, the loop gets a pointer that is set
 * in front of it and moved along at the end of each trip; what does not change in a loop is computed in front of it. So the
 * inner loops consist of loads with constant offsets from a few pointers.
 */
import type { Operation, Value } from "../../ir/operation.ts";
import { MemRefType } from "../../ir/types.ts";
import type { Expression, WasmModule, WasmType } from "./binaryen.ts";
import type { Element } from "./element.ts";
import {
  formKey,
  type IndexTerm,
  isNonNegative,
  type LinearForm,
  substituteTerm,
  termForm,
  withConstant,
} from "./linear-form.ts";
import { type DataValue, type LoweredValue, type MemoryValue, Part } from "./part.ts";

/** No buffer lies below this address, so an offset below it cannot make a pointer negative. */
export const firstAddress = 65536;
/** Larger offsets make engines check bounds explicitly. */
const largestOffset = 1 << 22;

/** A loop counter whose step is known. */
export interface Counter {
  readonly term: IndexTerm;
  readonly lower: LinearForm;
  readonly step: number;
}

/** An open loop (or the function's body, at depth 0). */
export class LoopScope {
  readonly parent: LoopScope | undefined;
  readonly depth: number;
  readonly counter: Counter | undefined;
  /** Runs in front of the loop, once. */
  readonly preheader: Expression[] = [];
  /** Runs at the end of each trip. */
  readonly increments: Expression[] = [];
  readonly pointers = new Map<string, number>();
  readonly hoisted: (readonly [WasmType, number])[] = [];

  constructor(parent: LoopScope | undefined, counter: ((depth: number) => Counter) | undefined) {
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    this.counter = counter?.(this.depth);
  }
}

/** What the whole module shares, as far as functions need it. */
export interface ModuleServices {
  readonly wasm: WasmModule;
  /** The address of a `memref.global`. */
  readonly globalAddress: (operation: Operation) => number;
  /** Reserves memory for a buffer that lives as long as the program. */
  readonly reserve: (bytes: number) => number;
  /** The internal name of a function of the host on f64, which is imported on first use. */
  readonly hostFunction: (name: string, parameters: number) => string;
  readonly typeCodes: Readonly<Record<WasmType, number>>;
  /** The type code of several values at once. */
  readonly tupleType: (types: readonly WasmType[]) => number;
}

export interface Address {
  readonly pointer: Expression;
  readonly offset: number;
}

export class FunctionEmitter {
  readonly services: ModuleServices;
  readonly m: WasmModule;
  /** Type codes of all locals, parameters first. */
  readonly locals: number[] = [];
  #labels = 0;
  scope = new LoopScope(undefined, undefined);
  #statements: Expression[] = [];
  #values = new Map<Value, LoweredValue>();
  #free: Record<WasmType, number[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  /** Locals of the open blocks, to be reused when a block ends. */
  readonly #blockLocals: (readonly [WasmType, number])[][] = [[]];
  #waitingReads: Part[] = [];
  #tookRead = false;
  readonly #constants = new Map<string, Part>();

  constructor(services: ModuleServices) {
    this.services = services;
    this.m = services.wasm;
  }

  // ------------------------------------------------------------------------------------------------------- locals
  /** A local that belongs to the open block. */
  newLocal(type: WasmType): number {
    const local = this.#free[type].pop() ?? this.#freshLocal(type);
    this.#blockLocals.at(-1)!.push([type, local]);
    return local;
  }

  #freshLocal(type: WasmType): number {
    this.locals.push(this.typeCode(type));
    return this.locals.length - 1;
  }

  /** A local for several values at once. */
  newTuple(types: readonly WasmType[]): number {
    this.locals.push(this.services.tupleType(types));
    return this.locals.length - 1;
  }

  newLabel(): string {
    return `loop${this.#labels++}`;
  }

  get(local: number, type: WasmType): Expression {
    return this.m.local.get(local, this.typeCode(type));
  }

  typeCode(type: WasmType): number {
    return this.services.typeCodes[type];
  }

  // --------------------------------------------------------------------------------------------------- statements
  /** To be called before each operation: what it makes reads memory only if it takes what does. */
  beginOperation(): void {
    this.#tookRead = false;
  }

  /** Adds a statement that may have effects; values that wait and read memory are computed before it. */
  effect(statement: Expression): void {
    this.settleReads();
    this.#statements.push(statement);
  }

  /** Puts what waits and reads memory into locals. */
  settleReads(): void {
    const waiting = this.#waitingReads;
    this.#waitingReads = [];
    for (const part of waiting) if (part.isWaiting) this.share(part);
  }

  /** Computes `expression` into a local of the open block. */
  toLocal(type: WasmType, expression: Expression): Part {
    const local = this.newLocal(type);
    this.#statements.push(this.m.local.set(local, expression));
    return Part.local(type, local);
  }

  setLocal(local: number, expression: Expression): void {
    this.#statements.push(this.m.local.set(local, expression));
  }

  /** Runs `body` and gives the statements it made; its locals are free afterwards. */
  block(body: () => void): Expression[] {
    this.settleReads();
    const outer = this.#statements;
    const statements: Expression[] = [];
    this.#statements = statements;
    this.#blockLocals.push([]);
    body();
    this.settleReads();
    for (const [type, local] of this.#blockLocals.pop()!) this.#free[type].push(local);
    this.#statements = outer;
    return statements;
  }

  /** Runs `body` inside a new loop; gives its statements, what goes in front of the loop, and what ends each trip. */
  loopBody(
    counter: ((depth: number) => Counter) | undefined,
    body: (scope: LoopScope) => void,
  ): { readonly statements: Expression[]; readonly scope: LoopScope } {
    const scope = new LoopScope(this.scope, counter);
    this.scope = scope;
    const statements = this.block(() => body(scope));
    this.scope = scope.parent!;
    // Pointers live as long as the loop; afterwards the block around it may reuse them.
    this.#blockLocals.at(-1)!.push(...scope.hoisted);
    return { statements, scope };
  }

  addStatements(statements: readonly Expression[]): void {
    this.#statements.push(...statements);
  }

  sequence(statements: readonly Expression[]): Expression {
    const [only] = statements;
    return statements.length === 1 && only !== undefined ? only : this.m.block(null, statements);
  }

  // ------------------------------------------------------------------------------------------------------- parts
  /** The value of a part; a waiting one can be taken once only. */
  take(part: Part): Expression {
    if (part.local !== undefined) return this.get(part.local, part.type);
    if (part.make !== undefined) return part.make();
    if (part.readsMemory) this.#tookRead = true;
    return part.release();
  }

  /** Makes a part readable many times. */
  share(part: Part): Part {
    if (part.isWaiting) {
      part.settle(this.toLocal(part.type, part.release()).local!);
    }
    return part;
  }

  /** An expression as a part that waits for its only use. */
  part(type: WasmType, expression: Expression): Part {
    const part = Part.waiting(type, expression, this.#tookRead);
    if (this.#tookRead) this.#waitingReads.push(part);
    return part;
  }

  /** The same, read from memory by the expression itself. */
  loadedPart(type: WasmType, expression: Expression): Part {
    this.#tookRead = true;
    return this.part(type, expression);
  }

  /** A vector constant; all but zero are made once, at the function's start. */
  vectorConstant(bytes: Uint8Array): Part {
    const make = () => this.m.v128.const([...bytes]);
    if (bytes.every((byte) => byte === 0)) return Part.constant("v128", make);
    const key = bytes.join();
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const local = this.#freshLocal("v128");
    this.rootScope.preheader.push(this.m.local.set(local, make()));
    const part = Part.local("v128", local);
    this.#constants.set(key, part);
    return part;
  }

  get rootScope(): LoopScope {
    let scope = this.scope;
    while (scope.parent !== undefined) scope = scope.parent;
    return scope;
  }

  // ------------------------------------------------------------------------------------------------------- values
  lowered(value: Value): LoweredValue {
    const found = this.#values.get(value);
    if (found === undefined) throw new Error(`a value of type ${value.type} is used before it is lowered`);
    return found;
  }

  data(value: Value): DataValue {
    const found = this.lowered(value);
    if (found.kind === "data") return found;
    throw new Error(`expects a scalar or vector, found ${value.type}`);
  }

  index(value: Value): LinearForm {
    const found = this.lowered(value);
    if (found.kind === "index") return found.form;
    throw new Error(`expects an index, found ${value.type}`);
  }

  memory(value: Value): MemoryValue {
    const found = this.lowered(value);
    if (found.kind === "memory") return found;
    throw new Error(`expects a memref, found ${value.type}`);
  }

  /** A scalar of any kind as one part. */
  scalar(value: Value): Part {
    const found = this.lowered(value);
    if (found.kind === "index") return this.part("i32", this.evaluate(found.form));
    const [part] = found.kind === "data" ? found.parts : [];
    if (part === undefined) throw new Error(`expects a scalar, found ${value.type}`);
    return part;
  }

  set(value: Value, lowered: LoweredValue): void {
    this.#values.set(value, lowered);
  }

  /** Gives a value the parts of its data. Unless the value has one use in the same block, they go into locals now. */
  define(value: Value, data: Omit<DataValue, "kind">): void {
    if (!this.isUsedOnceNearby(value)) for (const part of data.parts) this.share(part);
    this.#values.set(value, { kind: "data", ...data });
  }

  defineScalar(value: Value, element: Element, expression: Expression): void {
    this.define(value, { element, shape: undefined, parts: [this.part(element.wasm, expression)] });
  }

  defineIndex(value: Value, form: LinearForm): void {
    this.#values.set(value, { kind: "index", form });
  }

  /** An index that is no sum of known ones: a local of its own. */
  defineIndexExpression(value: Value, expression: Expression, nonNegative: boolean): void {
    this.defineIndex(value, termForm(this.newTerm(expression, nonNegative)));
  }

  /** Computes an index into a local. */
  newTerm(expression: Expression, nonNegative: boolean): IndexTerm {
    const part = this.toLocal("i32", expression);
    return { local: part.local!, depth: this.scope.depth, nonNegative };
  }

  defineMemory(value: Value, memory: Omit<MemoryValue, "kind" | "type">): void {
    if (!(value.type instanceof MemRefType)) throw new Error(`expects a memref, found ${value.type}`);
    this.#values.set(value, { kind: "memory", type: value.type, ...memory });
  }

  /**
   * Whether a value has one use, later in its own block. What the block's end hands on is computed where it stands: waiting
   * would keep all its operands in registers until then.
   */
  isUsedOnceNearby(value: Value): boolean {
    if (!value.hasOneUse) return false;
    const user = value.uses[0]?.owner;
    return user?.block === value.parentBlock && user?.next !== undefined;
  }

  // -------------------------------------------------------------------------------------------------- index forms
  /** The value of a form at the present point. */
  evaluate(form: LinearForm, scope: LoopScope = this.scope): Expression {
    const { stable, here } = splitForm(withConstant(form, 0), scope);
    let sum: Expression | undefined;
    if (stable.terms.size > 0) sum = this.get(this.#pointer(stable, scope), "i32");
    for (const [term, coefficient] of here) {
      const scaled = this.#scaled(this.get(term.local, "i32"), coefficient);
      sum = sum === undefined ? scaled : this.m.i32.add(sum, scaled);
    }
    if (sum === undefined) return this.m.i32.const(form.constant | 0);
    return form.constant === 0 ? sum : this.m.i32.add(sum, this.m.i32.const(form.constant | 0));
  }

  #scaled(value: Expression, factor: number): Expression {
    if (factor === 1) return value;
    const shift = Math.log2(factor);
    if (Number.isInteger(shift)) return this.m.i32.shl(value, this.m.i32.const(shift));
    return this.m.i32.mul(value, this.m.i32.const(factor | 0));
  }

  /** Where an access at this address goes: a pointer, and a constant offset from it. */
  address(form: LinearForm): Address {
    const { constant } = form;
    if (form.terms.size === 0) return { pointer: this.m.i32.const(constant | 0), offset: 0 };
    const keepsWhole = constant >= 0 && constant <= largestOffset && isNonNegative(form);
    const bias = keepsWhole ? 0 : Math.floor(constant / firstAddress) * firstAddress;
    const { stable, here } = splitForm(withConstant(form, bias), this.scope);
    if (stable.terms.size === 0) {
      return { pointer: this.evaluate(withConstant(form, bias)), offset: constant - bias };
    }
    let pointer = this.get(this.#pointer(stable, this.scope), "i32");
    for (const [term, coefficient] of here) {
      pointer = this.m.i32.add(pointer, this.#scaled(this.get(term.local, "i32"), coefficient));
    }
    return { pointer, offset: constant - bias };
  }

  /** A local that holds the value of a form whenever the body of `scope` runs. Its terms must not belong to that body. */
  #pointer(form: LinearForm, scope: LoopScope): number {
    const [first] = form.terms;
    if (form.constant === 0 && form.terms.size === 1 && first?.[1] === 1) return first[0].local;
    const { counter, parent } = scope;
    if (parent === undefined) throw new Error("a form without a loop has no pointer");
    const coefficient = counter === undefined ? undefined : form.terms.get(counter.term);
    if (coefficient === undefined && splitForm(form, parent).here.size === 0) return this.#pointer(form, parent);
    const key = formKey(form);
    const known = scope.pointers.get(key);
    if (known !== undefined) return known;
    const local = this.#freshLocal("i32");
    scope.pointers.set(key, local);
    scope.hoisted.push(["i32", local]);
    const initial =
      counter === undefined || coefficient === undefined ? form : substituteTerm(form, counter.term, counter.lower);
    scope.preheader.push(this.m.local.set(local, this.evaluate(initial, parent)));
    if (counter !== undefined && coefficient !== undefined) {
      const step = this.m.i32.const((coefficient * counter.step) | 0);
      scope.increments.push(this.m.local.set(local, this.m.i32.add(this.get(local, "i32"), step)));
    }
    return local;
  }
}

/** Takes a form apart: what can be had from pointers of the loops, and the terms defined in the body of `scope` itself. */
function splitForm(
  form: LinearForm,
  scope: LoopScope,
): { readonly stable: LinearForm; readonly here: ReadonlyMap<IndexTerm, number> } {
  const stable = new Map<IndexTerm, number>();
  const here = new Map<IndexTerm, number>();
  for (const [term, coefficient] of form.terms) {
    const isHere = term.depth >= scope.depth && term !== scope.counter?.term;
    (isHere ? here : stable).set(term, coefficient);
  }
  return { stable: { constant: form.constant, terms: stable }, here };
}
