/**
 * Passes. A pass is a value: a name, typed options, the properties of the module that it needs and establishes, the
 * analyses that survive it, and a function or a set of patterns. The pass manager runs it.
 */
import type { Operation } from "../ir/operation.ts";
import { applyPatternsGreedily } from "../ir/rewrite/greedy-driver.ts";
import type { Pattern } from "../ir/rewrite/pattern.ts";
import type { Analysis, AnyAnalysis } from "./analysis.ts";
import { fillOptions, type OptionDefinitions, type OptionsOf, type OptionValue } from "./manager/options.ts";
import type { Context, Remarker } from "./pass-types.ts";

export type { OptionDefinition, OptionDefinitions, OptionsOf, OptionValue } from "./manager/options.ts";

/**
 * What a pass gets beside the operation. `S`: the names of its statistics. Functions that count nothing take a plain
 * `PassContext`, which every pass's can be given for.
 */
export interface PassContext<S extends string = never> {
  readonly context: Context;
  /** Says what was done. */
  readonly remark: Remarker;
  /** Says what was not done, and why not. */
  readonly missed: Remarker;
  /** States a fact that helps people ("arena of 4096 bytes"). */
  readonly analysisRemark: Remarker;
  /** Warns the user; the pipeline goes on. */
  readonly warn: (operation: Operation, message: string) => void;
  /** Adds to a counter that the pass declares, for `--mlir-pass-statistics`. `amount` is 1 unless given. */
  readonly statistic: (name: S, amount?: number) => void;
  /** A fact about `operation` (the one that the pass runs on unless given), computed at most once until the IR changes. */
  readonly analysis: <T>(analysis: Analysis<T>, operation?: Operation) => T;
  /** Keeps analyses that this run left true, beyond those that the pass always `preserves`. */
  readonly preserve: (...analyses: readonly AnyAnalysis[]) => void;
}

/** What a pass works on. Where none is there it would do nothing, which the user is warned of. */
export interface PassSubject {
  /** Names of operations, or `tensor.*` for those of a dialect: one must be inside the operation that the pass runs on. */
  readonly operations: readonly string[];
  /** Where they come from, for the warning: "ane-to-mil makes them of programs of the engine". */
  readonly otherwise: string;
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
  /** Analyses that stay true although the pass changed the IR. */
  readonly preserves: readonly AnyAnalysis[];
  /** The counters that the pass keeps, with what they count. */
  readonly statistics: { readonly [name: string]: string };
  /** Whether results stay bit-exact, or how they may change. */
  readonly exactness: string;
  /** The op name that the pass runs on; undefined: any. */
  readonly anchor: string | undefined;
  readonly subject: PassSubject | undefined;
  /**
   * Runs on one operation; returns whether anything changed (exact). A method, so that a pass may run another with its own
   * context: what that one counts, this one declares too.
   */
  run(operation: Operation, passContext: PassContext, options: OptionsOf<D>): boolean;
}

interface PassParts<D extends OptionDefinitions, S extends string> {
  readonly doc: string;
  readonly options?: D;
  readonly requires?: readonly string[];
  readonly establishes?: readonly string[];
  readonly invalidates?: readonly string[];
  readonly preserves?: readonly AnyAnalysis[];
  readonly statistics?: { readonly [name in S]: string };
  readonly exactness?: string;
  readonly anchor?: string;
  readonly subject?: PassSubject;
  readonly patterns?: readonly Pattern[];
  readonly run?: (operation: Operation, passContext: PassContext<S>, options: OptionsOf<D>) => boolean;
}

// Definitions are invariant in their options; a list of passes is only read through `instantiate`.
// biome-ignore lint/suspicious/noExplicitAny: the only argument that every PassDefinition<D> is assignable to
export type AnyPass = PassDefinition<any>;

/** Declares a pass. `name` is kebab-case and equal to its file's name. Give `patterns`, or `run`. */
export function pass<const D extends OptionDefinitions = {}, S extends string = never>(
  name: string,
  parts: PassParts<D, S>,
): PassDefinition<D> {
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
    preserves: parts.preserves ?? [],
    statistics: parts.statistics ?? {},
    exactness: parts.exactness ?? "bit-exact",
    anchor: parts.anchor,
    subject: parts.subject,
    run,
  };
}

/** Where a step stands in the text of its pipeline. */
export interface PipelinePlace {
  readonly text: string;
  readonly offset: number;
}

/** A pass with its options filled in. */
export interface PassInstance {
  readonly kind: "pass";
  readonly definition: AnyPass;
  readonly options: { readonly [name: string]: OptionValue };
  readonly place?: PipelinePlace;
}

/** Passes that run on each operation of one name (`any`: each isolated operation) directly inside the current one. */
export interface NestedPipeline {
  readonly kind: "nested";
  readonly anchor: string;
  readonly steps: readonly PipelineStep[];
  readonly place?: PipelinePlace;
}

export type PipelineStep = PassInstance | NestedPipeline;

/** Fills in and checks options; an unknown name or a value of the wrong type is an error that says what is known. */
export function instantiate(
  definition: AnyPass,
  given: { readonly [name: string]: OptionValue } = {},
  place?: PipelinePlace,
): PassInstance {
  const options = fillOptions(definition.name, definition.options, given);
  return { kind: "pass", definition, options, ...(place === undefined ? {} : { place }) };
}
