/**
 * Dialects and the context that holds the loaded ones. A context is an ordinary value: make one from a list of dialects
 * (`new Context([builtin, func, mine])`); nothing registers itself by being imported.
 */
import type { Attribute } from "./attributes.ts";
import type { OperationDefinition } from "./declaration.ts";
import { DiagnosticError } from "./diagnostic-error.ts";
import type { AttachedInterface, InterfaceImplementation, OpInterface } from "./interfaces.ts";
import type { Location } from "./location.ts";
import type { Operation } from "./operation.ts";
import type { TextParser } from "./parser/text-parser.ts";
import type { RewriteObserver } from "./rewrite/observer.ts";
import type { Pattern } from "./rewrite/pattern.ts";
import { PatternSet } from "./rewrite/pattern-set.ts";
import type { DialectType, Type } from "./types.ts";

/** How a dialect's types are read: the parser stands after `!dialect.mnemonic`. */
export interface TypeDefinition {
  readonly mnemonic: string;
  readonly doc: string;
  readonly parse: (parser: TextParser) => DialectType;
}

/** How a dialect's attributes are read: the parser stands after `#dialect.mnemonic`. */
export interface AttributeDefinition {
  readonly mnemonic: string;
  readonly doc: string;
  readonly parse: (parser: TextParser) => Attribute;
}

/** Makes the dialect's constant operation for an attribute, or undefined where it has none for this type. Not in a block. */
export type ConstantMaterializer = (value: Attribute, type: Type, location: Location) => Operation | undefined;

export interface Dialect {
  readonly name: string;
  readonly doc: string;
  // Definitions are invariant in their fields; a list of them is only read through the general view.
  readonly ops: readonly OperationDefinition[];
  readonly types: readonly TypeDefinition[];
  readonly attributes: readonly AttributeDefinition[];
  /** Rewrites that `canonicalize` applies. */
  readonly canonicalization: readonly Pattern[];
  /** Interfaces attached to ops of this or other dialects. */
  readonly attach: readonly AttachedInterface[];
  readonly materializeConstant: ConstantMaterializer | undefined;
}

export interface DialectOptions {
  readonly doc: string;
  readonly ops?: readonly AnyDefinition[];
  readonly types?: readonly TypeDefinition[];
  readonly attributes?: readonly AttributeDefinition[];
  readonly canonicalization?: readonly Pattern[];
  readonly attach?: readonly AttachedInterface[];
  readonly materializeConstant?: ConstantMaterializer;
}

// biome-ignore lint/suspicious/noExplicitAny: the only argument that every OperationDefinition<F> is assignable to
export type AnyDefinition = OperationDefinition<any>;

/** Declares a dialect from its parts. */
export function dialect(name: string, options: DialectOptions): Dialect {
  for (const definition of options.ops ?? []) {
    if (!definition.name.startsWith(`${name}.`))
      throw new Error(`op '${definition.name}' does not belong to dialect '${name}'`);
  }
  return {
    name,
    doc: options.doc,
    ops: options.ops ?? [],
    types: options.types ?? [],
    attributes: options.attributes ?? [],
    canonicalization: options.canonicalization ?? [],
    attach: options.attach ?? [],
    materializeConstant: options.materializeConstant,
  };
}

export interface ContextOptions {
  /** Accept operations, types and attributes of dialects that are not loaded (in generic form). */
  readonly allowUnregistered?: boolean;
}

export class Context {
  readonly dialects: ReadonlyMap<string, Dialect>;
  readonly allowUnregistered: boolean;
  /** Watches and may veto every rewrite made under this context (counting, bisecting, timing); undefined costs nothing. */
  rewriteObserver: RewriteObserver | undefined = undefined;
  readonly #definitions = new Map<string, OperationDefinition>();
  readonly #attached = new Map<OperationDefinition, InterfaceImplementation[]>();

  #canonicalization: PatternSet | undefined = undefined;

  constructor(dialects: readonly Dialect[], options: ContextOptions = {}) {
    const byName = new Map<string, Dialect>();
    for (const each of dialects) {
      const known = byName.get(each.name);
      if (known === each) continue;
      if (known !== undefined)
        throw new DiagnosticError(
          `two different dialects are called '${each.name}': rename one, or leave it out of the context`,
        );
      byName.set(each.name, each);
      for (const definition of each.ops) this.#definitions.set(definition.name, definition);
    }
    this.dialects = byName;
    this.allowUnregistered = options.allowUnregistered ?? false;
    for (const each of byName.values()) {
      for (const { definition, implementation } of each.attach) {
        const list = this.#attached.get(definition) ?? [];
        list.push(implementation);
        this.#attached.set(definition, list);
      }
    }
  }

  /** This context with further dialects. */
  with(dialects: readonly Dialect[], options: ContextOptions = {}): Context {
    return new Context([...this.dialects.values(), ...dialects], {
      allowUnregistered: this.allowUnregistered,
      ...options,
    });
  }

  definition(name: string): OperationDefinition | undefined {
    return this.#definitions.get(name);
  }

  get definitions(): IterableIterator<OperationDefinition> {
    return this.#definitions.values();
  }

  /** The implementation of an interface for an operation: attached from outside first, then declared; else undefined. */
  implementation<I>(wanted: OpInterface<I>, operation: Operation): I | undefined {
    const { definition } = operation;
    if (definition === undefined) return undefined;
    const attached = this.#attached.get(definition);
    return (attached === undefined ? undefined : wanted.find(attached)) ?? wanted.find(definition.interfaces);
  }

  /** All canonicalization patterns of the loaded dialects. */
  get canonicalizationPatterns(): readonly Pattern[] {
    return this.canonicalization.patterns;
  }

  /** The same as a set, indexed once. */
  get canonicalization(): PatternSet {
    this.#canonicalization ??= PatternSet.of([...this.dialects.values()].flatMap((each) => each.canonicalization));
    return this.#canonicalization;
  }

  /** Makes a constant operation through the dialect of `like`, else through any loaded dialect that can. */
  materializeConstant(value: Attribute, type: Type, location: Location, like?: Operation): Operation | undefined {
    const own = like?.definition === undefined ? undefined : this.dialects.get(like.definition.dialect);
    const made = own?.materializeConstant?.(value, type, location);
    if (made !== undefined) return made;
    for (const candidate of this.dialects.values()) {
      const other = candidate === own ? undefined : candidate.materializeConstant?.(value, type, location);
      if (other !== undefined) return other;
    }
    return undefined;
  }
}
