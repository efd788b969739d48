/**
 * Dialect conversion: every operation that a target calls illegal is rewritten by patterns until all is legal. Types may
 * change on the way: a converter says how, and where a converted value still meets an unconverted user a
 * `builtin.unrealized_conversion_cast` stands between them. An operation that no pattern takes ends in an error that lists
 * the patterns tried and why each refused.
 */
import { at } from "../builder.ts";
import type { Context } from "../context.ts";
import type { Accessors, Fields, OperationDefinition } from "../declaration.ts";
import { DiagnosticError } from "../diagnostic-error.ts";
import { isTriviallyDead } from "../effects.ts";
import { placeOf } from "../location.ts";
import { type Block, createOperation, type Operation, type Value } from "../operation.ts";
import type { Type } from "../types.ts";
import { isRefusal, type Outcome } from "./pattern.ts";
import { type RewriteListener, Rewriter } from "./rewriter.ts";

const castName = "builtin.unrealized_conversion_cast";

/** Maps types; rules are asked in the order they were added last first, and one that does not apply returns undefined. */
export class TypeConverter {
  readonly #rules: ((type: Type) => Type | undefined)[] = [];
  readonly #known = new Map<Type, Type>();

  /** Types that no rule takes stay as they are. */
  add(rule: (type: Type) => Type | undefined): this {
    this.#rules.unshift(rule);
    this.#known.clear();
    return this;
  }

  convert(type: Type): Type {
    const known = this.#known.get(type);
    if (known !== undefined) return known;
    const converted = this.#apply(type);
    this.#known.set(type, converted);
    return converted;
  }

  #apply(type: Type): Type {
    for (const rule of this.#rules) {
      const converted = rule(type);
      if (converted !== undefined) return converted;
    }
    return type;
  }

  isLegal(type: Type): boolean {
    return this.convert(type) === type;
  }
}

type Legality = boolean | ((operation: Operation) => boolean);

/** Which operations may remain. The most specific statement wins: op before dialect; unknown ops are legal in partial mode. */
export class ConversionTarget {
  readonly #ops = new Map<string, Legality>();
  readonly #dialects = new Map<string, Legality>();

  legalDialects(...names: readonly string[]): this {
    for (const name of names) this.#dialects.set(name, true);
    return this;
  }

  illegalDialects(...names: readonly string[]): this {
    for (const name of names) this.#dialects.set(name, false);
    return this;
  }

  dynamicDialect(name: string, isLegal: (operation: Operation) => boolean): this {
    this.#dialects.set(name, isLegal);
    return this;
  }

  legal(...definitions: readonly { readonly name: string }[]): this {
    for (const { name } of definitions) this.#ops.set(name, true);
    return this;
  }

  illegal(...definitions: readonly { readonly name: string }[]): this {
    for (const { name } of definitions) this.#ops.set(name, false);
    return this;
  }

  dynamic(definition: { readonly name: string }, isLegal: (operation: Operation) => boolean): this {
    this.#ops.set(definition.name, isLegal);
    return this;
  }

  /** undefined: the target says nothing about this op. */
  legality(operation: Operation): boolean | undefined {
    const { name } = operation;
    const stated = this.#ops.get(name) ?? this.#dialects.get(name.slice(0, name.indexOf(".")));
    return typeof stated === "function" ? stated(operation) : stated;
  }
}

export interface ConversionPattern {
  readonly name: string;
  /** The op name; undefined: any operation. */
  readonly root: string | undefined;
  readonly benefit: number;
  /** `operands` are the operation's operands, converted. */
  readonly apply: (operation: Operation, operands: readonly Value[], rewriter: ConversionRewriter) => Outcome;
}

/** A conversion pattern on one op. */
export function convert<F extends Fields>(
  definition: OperationDefinition<F>,
  name: string,
  apply: (operation: Operation & Accessors<F>, operands: readonly Value[], rewriter: ConversionRewriter) => Outcome,
  benefit = 1,
): ConversionPattern {
  return {
    name,
    root: definition.name,
    benefit,
    apply: (operation, operands, rewriter) =>
      definition.matches(operation) ? apply(operation, operands, rewriter) : undefined,
  };
}

/** A conversion pattern on any op (through an interface, say). */
export function convertAny(
  name: string,
  apply: (operation: Operation, operands: readonly Value[], rewriter: ConversionRewriter) => Outcome,
  benefit = 1,
): ConversionPattern {
  return { name, root: undefined, benefit, apply };
}

/** A rewriter whose `replace` accepts values of converted types, and that knows the converted form of each value. */
export class ConversionRewriter extends Rewriter {
  readonly types: TypeConverter;

  constructor(operation: Operation, context: Context, types: TypeConverter, listener: RewriteListener) {
    super(at.before(operation), context, listener);
    this.location = operation.location;
    this.types = types;
  }

  /** The value to use in place of an operand: seen through casts where these lead to the converted type. */
  remapped(value: Value): Value {
    const wanted = this.types.convert(value.type);
    if (value.type === wanted) return value;
    const source = castSource(value);
    if (source !== undefined && source.type === wanted) return source;
    return this.cast(value, wanted);
  }

  /** An unrealized cast of `value` to `type`. */
  cast(value: Value, type: Type): Value {
    if (value.type === type) return value;
    return this.insert(makeCast(this.context, value, type, this.location)).onlyResult;
  }

  override replace(operation: Operation, replacements: Value | readonly Value[]): true {
    const values: readonly Value[] = Array.isArray(replacements) ? replacements : [replacements as Value];
    const casted = values.map((value, position) => {
      const result = operation.results[position];
      if (result === undefined || value.type === result.type || !result.hasUses) return value;
      value.nameHint ??= result.nameHint;
      return this.cast(value, result.type);
    });
    return super.replace(operation, casted);
  }

  /** Gives the arguments of a block converted types; users of the old ones see casts. */
  convertArguments(block: Block): void {
    for (const argument of [...block.arguments]) {
      const wanted = this.types.convert(argument.type);
      if (wanted === argument.type) continue;
      const fresh = block.insertArgument(argument.index + 1, wanted, argument.location);
      fresh.nameHint = argument.nameHint;
      if (argument.hasUses) {
        const replacement = this.within(at.startOf(block), () => this.cast(fresh, argument.type));
        this.replaceAllUses(argument, replacement);
      }
      block.eraseArgument(argument.index);
    }
  }
}

function makeCast(context: Context, value: Value, type: Type, location: Operation["location"]): Operation {
  const definition = context.definition(castName);
  if (definition === undefined) throw new Error("dialect conversion needs the builtin dialect to be loaded");
  return createOperation({ name: castName, definition, operands: [value], resultTypes: [type], location });
}

function castSource(value: Value): Value | undefined {
  const { definer } = value;
  return definer?.name === castName && definer.operandCount === 1 ? definer.operand(0) : undefined;
}

export interface ConversionOptions {
  readonly types?: TypeConverter;
}

/** Converts what the target calls illegal inside `root`; other operations may stay. */
export function applyPartialConversion(
  root: Operation,
  target: ConversionTarget,
  patterns: readonly ConversionPattern[],
  context: Context,
  options: ConversionOptions = {},
): boolean {
  return new Conversion(root, target, patterns, context, options, false).run();
}

/** Converts everything inside `root`: an operation that the target does not call legal is an error. */
export function applyFullConversion(
  root: Operation,
  target: ConversionTarget,
  patterns: readonly ConversionPattern[],
  context: Context,
  options: ConversionOptions = {},
): boolean {
  return new Conversion(root, target, patterns, context, options, true).run();
}

/** Removes casts that cancel out (A→B→A) or that nobody uses. Returns whether any was removed. */
export function reconcileCasts(root: Operation, context: Context): boolean {
  let changed = false;
  root.walk((operation) => {
    if (operation.name !== castName || operation.operandCount !== 1 || operation.results.length !== 1) return;
    let source: Value | undefined = operation.operand(0);
    while (source !== undefined && source.type !== operation.onlyResult.type) source = castSource(source);
    if (source === undefined) return;
    operation.onlyResult.replaceAllUsesWith(source);
    changed = true;
  });
  const casts: Operation[] = [];
  root.walk((operation) => {
    if (operation.name === castName) casts.push(operation);
  });
  for (const cast of casts.reverse()) {
    if (cast.block === undefined || !isTriviallyDead(cast, context)) continue;
    cast.erase();
    changed = true;
  }
  return changed;
}

class Conversion {
  readonly #root: Operation;
  readonly #target: ConversionTarget;
  readonly #byRoot = new Map<string | undefined, ConversionPattern[]>();
  readonly #candidatesByName = new Map<string, readonly ConversionPattern[]>();
  readonly #context: Context;
  readonly #types: TypeConverter;
  readonly #full: boolean;
  readonly #pending: Operation[] = [];
  #fresh: Operation[] = [];
  readonly #erased = new Set<Operation>();
  #changed = false;

  constructor(
    root: Operation,
    target: ConversionTarget,
    patterns: readonly ConversionPattern[],
    context: Context,
    options: ConversionOptions,
    full: boolean,
  ) {
    this.#root = root;
    this.#target = target;
    this.#context = context;
    this.#types = options.types ?? new TypeConverter();
    this.#full = full;
    for (const pattern of [...patterns].sort((a, b) => b.benefit - a.benefit)) {
      const list = this.#byRoot.get(pattern.root) ?? [];
      list.push(pattern);
      this.#byRoot.set(pattern.root, list);
    }
  }

  run(): boolean {
    // Definitions are converted before their users (walk order), so that users find converted operands.
    const initial: Operation[] = [];
    this.#root.walk((operation) => {
      if (operation !== this.#root) initial.push(operation);
    });
    this.#pending.push(...initial.reverse());
    for (let operation = this.#pending.pop(); operation !== undefined; operation = this.#pending.pop()) {
      // What stood inside an erased operation still has its block.
      if (operation.block === undefined || operation.name === castName || this.#erased.has(operation)) continue;
      const legality = this.#target.legality(operation);
      if (legality === true || (legality === undefined && !this.#full)) continue;
      this.#legalize(operation);
    }
    reconcileCasts(this.#root, this.#context);
    return this.#changed;
  }

  #candidates(name: string): readonly ConversionPattern[] {
    let candidates = this.#candidatesByName.get(name);
    if (candidates === undefined) {
      candidates = [...(this.#byRoot.get(name) ?? []), ...(this.#byRoot.get(undefined) ?? [])];
      this.#candidatesByName.set(name, candidates);
    }
    return candidates;
  }

  #legalize(operation: Operation): void {
    const candidates = this.#candidates(operation.name);
    const refusals: string[] = [];
    for (const pattern of candidates) {
      this.#fresh = [];
      const rewriter = new ConversionRewriter(operation, this.#context, this.#types, {
        inserted: (inserted) => this.#fresh.push(inserted),
        erased: (erased) => this.#erased.add(erased),
      });
      const operands = operation.operands.map((value) => rewriter.remapped(value));
      const outcome = pattern.apply(operation, operands, rewriter);
      if (outcome === true) {
        this.#changed = true;
        // What the pattern made may itself be illegal; look at it (and into it) next.
        const made: Operation[] = [];
        for (const fresh of this.#fresh) if (fresh.block !== undefined) fresh.walk((each) => made.push(each));
        if (operation.block !== undefined && this.#target.legality(operation) === false) {
          throw operation.error(`is still illegal after the pattern ${pattern.name} changed it`);
        }
        this.#pending.push(...made.reverse());
        return;
      }
      refusals.push(isRefusal(outcome) ? `${pattern.name}: ${outcome.refusal}` : `${pattern.name}: does not apply`);
    }
    throw this.#failure(operation, refusals);
  }

  #failure(operation: Operation, refusals: readonly string[]): DiagnosticError {
    const notes = refusals.map((message) => ({ message: `tried ${message}` }));
    if (notes.length === 0) notes.push({ message: `no pattern is known for '${operation.name}'` });
    const error = operation.error("could not be legalized", notes);
    return new DiagnosticError(error.message, { ...placeOf(operation.location), notes });
  }
}
