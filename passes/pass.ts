/**
 * Passes and the pass manager. A pass is a value: a name, typed options, the properties of the module that it needs and
 * establishes, and a function or a set of patterns. Pipelines are text in MLIR's syntax and run on any operation that
 * they are nested for.
 */

import { DiagnosticError } from "../ir/diagnostic-error.ts";
import type { Operation } from "../ir/operation.ts";
import { applyPatternsGreedily } from "../ir/rewrite/greedy-driver.ts";
import type { Pattern } from "../ir/rewrite/pattern.ts";
import type { Context, DiagnosticEngineLike } from "./pass-types.ts";

export type OptionValue = string | number | boolean;

/** A typed option of a pass: its default gives the type. */
export interface OptionDefinition<V extends OptionValue = OptionValue> {
  readonly doc: string;
  readonly default: V;
  /** The allowed words of a string option. */
  readonly choices?: readonly V[];
}

export type OptionDefinitions = { readonly [name: string]: OptionDefinition };
type Widen<V> = V extends string ? string : V extends number ? number : boolean;
export type OptionsOf<D extends OptionDefinitions> = { readonly [K in keyof D]: Widen<D[K]["default"]> };

/** What a pass gets beside the operation. */
export interface PassContext {
  readonly context: Context;
  /** Remarks for `report` and for people: what was done, or why not. */
  readonly remark: (operation: Operation, message: string) => void;
  readonly diagnostics?: DiagnosticEngineLike;
}

export interface PassDefinition<D extends OptionDefinitions = OptionDefinitions> {
  readonly name: string;
  readonly doc: string;
  readonly options: D;
  /** Properties of the module that must hold before ("bufferised", …). */
  readonly requires: readonly string[];
  /** Properties that hold afterwards. */
  readonly establishes: readonly string[];
  /** Properties that no longer hold afterwards. */
  readonly invalidates: readonly string[];
  /** Whether results stay bit-exact, or how they may change. */
  readonly exactness: string;
  /** The op name that the pass runs on; undefined: any. */
  readonly anchor: string | undefined;
  /** Runs on one operation; returns whether anything changed (exact). */
  readonly run: (operation: Operation, passContext: PassContext, options: OptionsOf<D>) => boolean;
}

interface PassParts<D extends OptionDefinitions> {
  readonly doc: string;
  readonly options?: D;
  readonly requires?: readonly string[];
  readonly establishes?: readonly string[];
  readonly invalidates?: readonly string[];
  readonly exactness?: string;
  readonly anchor?: string;
  readonly patterns?: readonly Pattern[];
  readonly run?: PassDefinition<D>["run"];
}

// Definitions are invariant in their options; a list of passes is only read through `instantiate`.
// biome-ignore lint/suspicious/noExplicitAny: the only argument that every PassDefinition<D> is assignable to
export type AnyPass = PassDefinition<any>;

/** Declares a pass. `name` is kebab-case and equal to its file's name. Give `patterns`, or `run`. */
export function pass<const D extends OptionDefinitions = {}>(name: string, parts: PassParts<D>): PassDefinition<D> {
  const { patterns } = parts;
  const run: PassDefinition<D>["run"] =
    parts.run ?? ((operation, { context }) => applyPatternsGreedily(operation, patterns ?? [], context).changed);
  return {
    name,
    doc: parts.doc,
    options: parts.options ?? ({} as D),
    requires: parts.requires ?? [],
    establishes: parts.establishes ?? [],
    invalidates: parts.invalidates ?? [],
    exactness: parts.exactness ?? "bit-exact",
    anchor: parts.anchor,
    run,
  };
}

/** A pass with its options filled in. */
export interface PassInstance {
  readonly kind: "pass";
  readonly definition: AnyPass;
  readonly options: { readonly [name: string]: OptionValue };
}

/** Passes that run on each operation of one name directly inside the current one. */
export interface NestedPipeline {
  readonly kind: "nested";
  readonly anchor: string;
  readonly steps: readonly PipelineStep[];
}

export type PipelineStep = PassInstance | NestedPipeline;

/** Fills in and checks options; an unknown name or a value of the wrong type is an error that says what is known. */
export function instantiate(definition: AnyPass, given: { readonly [name: string]: OptionValue } = {}): PassInstance {
  const known: OptionDefinitions = definition.options;
  for (const [name, value] of Object.entries(given)) {
    const option = known[name];
    if (option === undefined) {
      const names = Object.keys(known);
      throw new DiagnosticError(
        `pass '${definition.name}' has no option '${name}'${names.length === 0 ? "" : `; it has ${names.join(", ")}`}`,
      );
    }
    if (typeof value !== typeof option.default) {
      throw new DiagnosticError(
        `option '${name}' of pass '${definition.name}' must be a ${typeof option.default}, but got ${JSON.stringify(value)}`,
      );
    }
    if (option.choices !== undefined && !option.choices.includes(value)) {
      throw new DiagnosticError(
        `option '${name}' of pass '${definition.name}' must be one of ${option.choices.join(", ")}, but got ${value}`,
      );
    }
  }
  const defaults = Object.fromEntries(Object.entries(known).map(([name, option]) => [name, option.default]));
  return { kind: "pass", definition, options: { ...defaults, ...given } };
}
