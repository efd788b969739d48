/**
 * A compilation's history: what the module looked like after each pass, as an immer value with patches. A state maps each
 * symbol to its immutable text; what a pass did not touch is the same object in the states before and behind it. Passes
 * that changed nothing add a state that is the one before.
 *
 * ```ts
 * const manager = new PassManager(parsePipeline("canonicalize,cse", allPasses), context, { history: true });
 * manager.run(module);
 * manager.history.at("canonicalize").symbols["@main"].text;
 * manager.history.diff("canonicalize", "cse");
 * ```
 */
import { createRequire } from "node:module";
import type { Immer, Patch } from "immer";
import type { Operation } from "../../ir/operation.ts";
import { createOperation, Region } from "../../ir/operation.ts";
import { symbolName } from "../../ir/symbol-table.ts";
import { printAnyway } from "../instrumentation/print-anyway.ts";
import type { Instrumentation, PassOutcome, PipelineExecution } from "../manager/instrumentation.ts";
import type { PassInstance } from "../pass.ts";
import { unifiedDiff } from "./line-diff.ts";
import { type SymbolText, symbolText } from "./symbol-text.ts";

export type { SymbolText } from "./symbol-text.ts";

/** The module at one moment. */
export interface CompilationState {
  /** The module's own attributes: the text of it with an empty body. */
  readonly frame: string;
  /** By `@name`, or `#position name` for operations without one. */
  readonly symbols: { readonly [key: string]: SymbolText };
  /** The keys in the order of the module. */
  readonly order: readonly string[];
}

export interface HistoryEntry {
  /** The pass that ran; `input` for the state before the first. */
  readonly pass: string;
  /** The symbol (or the op's name) that a nested pass ran on; undefined: the whole module. */
  readonly on: string | undefined;
  readonly changed: boolean;
  readonly failed: boolean;
  readonly state: CompilationState;
  /** From the state before to this one, and back. */
  readonly patches: readonly Patch[];
  readonly inversePatches: readonly Patch[];
}

/** A pass by name (`canonicalize`; the second of its name is `canonicalize#2`), or a position: 0 is the input. */
export type Moment = string | number;

export interface HistoryOptions {
  /** Freeze all states: slow under JavaScriptCore, good in tests. Default false. */
  readonly autoFreeze?: boolean;
}

const emptyState: CompilationState = { frame: "", symbols: {}, order: [] };

export class History implements Instrumentation {
  readonly #immer: Immer;
  readonly #entries: HistoryEntry[] = [];
  #root: Operation | undefined;

  constructor({ autoFreeze = false }: HistoryOptions = {}) {
    // Loaded by those who keep a history: others start without it.
    const immer: typeof import("immer") = createRequire(import.meta.url)("immer");
    immer.enablePatches();
    this.#immer = new immer.Immer({ autoFreeze });
  }

  beforePipeline({ nested, root }: PipelineExecution): void {
    // A further pipeline on the same module goes on where the last one ended.
    if (nested !== undefined || root === this.#root) return;
    this.#root = root;
    this.#record("input", root, true, false);
  }

  afterPass({ definition }: PassInstance, operation: Operation, { changed }: PassOutcome): void {
    this.#record(definition.name, operation, changed, false);
  }

  afterFailure({ definition }: PassInstance, operation: Operation): void {
    this.#record(definition.name, operation, true, true);
  }

  #record(pass: string, operation: Operation, changed: boolean, failed: boolean): void {
    const root = this.#root;
    if (root === undefined) return;
    const before = this.#entries.at(-1)?.state ?? emptyState;
    const on = operation === root ? undefined : (symbolName(operation) ?? operation.name);
    if (!changed) {
      this.#entries.push({ pass, on, changed, failed, state: before, patches: [], inversePatches: [] });
      return;
    }
    const [state, patches, inversePatches] = this.#immer.produceWithPatches(before, (draft) => {
      update(draft, before, root, operation, failed);
    });
    this.#entries.push({ pass, on, changed, failed, state, patches, inversePatches });
  }

  /** All moments, the input first. */
  get entries(): readonly HistoryEntry[] {
    return this.#entries;
  }

  /** The patches of every pass, in order; applied to the empty state they give the last one. */
  get patches(): readonly Patch[] {
    return this.#entries.flatMap((entry) => entry.patches);
  }

  /** The state behind a pass. */
  at(moment: Moment): CompilationState {
    return this.entry(moment).state;
  }

  entry(moment: Moment): HistoryEntry {
    const entry = typeof moment === "number" ? this.#entries.at(moment) : this.#named(moment);
    if (entry !== undefined) return entry;
    const known = this.#entries.map(({ pass }, position) => `${position} ${pass}`).join(", ");
    throw new Error(`the history has no moment '${moment}'; it has ${known === "" ? "none: nothing ran" : known}`);
  }

  /** Without a number the last run of the name: nested passes run once per function. */
  #named(name: string): HistoryEntry | undefined {
    const [pass, number] = name.split("#");
    const runs = this.#entries.filter((entry) => entry.pass === pass);
    return number === undefined ? runs.at(-1) : runs[Number(number) - 1];
  }

  /** The whole text of the module at a moment. */
  text(moment: Moment): string {
    const { frame, symbols, order } = this.at(moment);
    if (frame === "") return order.map((key) => symbols[key]!.text).join("");
    const body = order.map((key) => symbols[key]!.text.replaceAll(/^(?=.)/gm, "  ")).join("");
    return frame.replace(/\{\s*\}\s*$/, () => `{\n${body}}\n`);
  }

  /** The unified diff between two moments for each symbol that differs, by its key. */
  diffBySymbol(before: Moment, after: Moment): ReadonlyMap<string, string> {
    const [a, b] = [this.at(before), this.at(after)];
    const differences = new Map<string, string>();
    if (a === b) return differences;
    const add = (key: string, old: string, fresh: string) => {
      const text = unifiedDiff(old, fresh, { before: `${before} ${key}`, after: `${after} ${key}` });
      if (text !== "") differences.set(key, text);
    };
    add("module", a.frame, b.frame);
    for (const key of new Set([...a.order, ...b.order])) {
      const [old, fresh] = [a.symbols[key], b.symbols[key]];
      if (old !== fresh) add(key, old?.text ?? "", fresh?.text ?? "");
    }
    return differences;
  }

  /** The unified diffs of all symbols together; empty where nothing differs. */
  diff(before: Moment, after: Moment): string {
    return [...this.diffBySymbol(before, after).values()].join("");
  }

  /** Plain data for a file: the first state in full, then patches. */
  toJSON(): unknown {
    return this.#entries.map(({ pass, on, changed, failed, patches }) => ({ pass, on, changed, failed, patches }));
  }
}

/** Whether the module's parts are kept apart; another operation is one text as a whole. */
function hasParts(root: Operation): boolean {
  return root.definition?.hasTrait("SymbolTable") ?? false;
}

/** Brings the draft up to date after a pass on `changed`. Only what it may have touched is printed. */
function update(
  draft: { frame: string; symbols: { [key: string]: SymbolText }; order: readonly string[] },
  before: CompilationState,
  root: Operation,
  changed: Operation,
  mayBeInvalid: boolean,
): void {
  if (changed !== root && hasParts(root)) {
    const top = topLevel(changed, root);
    const position = symbolName(top) === undefined ? bodyOf(root).indexOf(top) : 0;
    setText(draft.symbols, before, keyOf(top, position), top, mayBeInvalid);
    return;
  }
  const frame = hasParts(root) ? frameText(root) : "";
  if (frame !== before.frame) draft.frame = frame;
  const order: string[] = [];
  for (const [position, operation] of bodyOf(root).entries()) {
    const key = keyOf(operation, position);
    order.push(key);
    setText(draft.symbols, before, key, operation, mayBeInvalid);
  }
  const present = new Set(order);
  for (const key of before.order) if (!present.has(key)) delete draft.symbols[key];
  if (order.length !== before.order.length || order.some((key, position) => key !== before.order[position]))
    draft.order = order;
}

/** The text, as the object that held it before where it is the same. */
function setText(
  symbols: { [key: string]: SymbolText },
  before: CompilationState,
  key: string,
  operation: Operation,
  mayBeInvalid: boolean,
): void {
  const known = before.symbols[key];
  const text = symbolText(operation, known, mayBeInvalid);
  if (text !== known) symbols[key] = text;
}

function bodyOf(root: Operation): Operation[] {
  if (!hasParts(root)) return [root];
  return root.regions.flatMap((region) => region.blocks.flatMap((block) => block.operations));
}

/** The operation of the module's body that `operation` is in. */
function topLevel(operation: Operation, root: Operation): Operation {
  let top = operation;
  for (let outer = top.parentOperation; outer !== undefined && outer !== root; outer = top.parentOperation) top = outer;
  return top;
}

function keyOf(operation: Operation, position: number): string {
  const name = symbolName(operation);
  return name === undefined ? `#${position} ${operation.name}` : `@${name}`;
}

/** The operation around the body, without it. */
function frameText({ name, definition, properties, attributes, location }: Operation): string {
  const regions = [new Region([])];
  return printAnyway(createOperation({ name, definition, properties, attributes, location, regions }));
}
