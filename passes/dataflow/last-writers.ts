/**
 * Reaching stores, as a dense analysis: for each buffer, which operations may have written it last. A value that is an
 * allocation is a buffer of its own; writes through other values (views, parameters) may reach every buffer.
 */
import type { Context } from "../../ir/context.ts";
import { effectsOf } from "../../ir/effects.ts";
import type { MemoryEffect } from "../../ir/interfaces.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { denseForward } from "./dense-forward.ts";
import type { DataflowAnalysis } from "./solver.ts";

/** Who may have written a buffer last; "entry": nobody since the function began. */
export type Writer = Operation | "entry";

/** The last writers of each allocation, and of all memory that is not an allocation of its own (`undefined`). */
export type LastWriters = ReadonlyMap<Value | undefined, ReadonlySet<Writer>>;

const atEntry: LastWriters = new Map([[undefined, new Set<Writer>(["entry"])]]);

/** The writers of one buffer; where it was never written to by name, whoever wrote unnamed memory. */
export function writersOf(state: LastWriters, buffer: Value): ReadonlySet<Writer> {
  return state.get(buffer) ?? state.get(undefined) ?? new Set<Writer>(["entry"]);
}

function joinStates(a: LastWriters, b: LastWriters): LastWriters {
  if (a === b) return a;
  const joined = new Map<Value | undefined, ReadonlySet<Writer>>();
  for (const buffer of new Set([...a.keys(), ...b.keys()])) {
    const [left, right] = [a.get(buffer) ?? a.get(undefined), b.get(buffer) ?? b.get(undefined)];
    joined.set(buffer, new Set([...(left ?? []), ...(right ?? [])]));
  }
  return joined;
}

function sameStates(a: LastWriters, b: LastWriters): boolean {
  if (a.size !== b.size) return false;
  for (const [buffer, writers] of a) {
    const others = b.get(buffer);
    if (others === undefined || others.size !== writers.size) return false;
    for (const writer of writers) if (!others.has(writer)) return false;
  }
  return true;
}

/** The allocation that a value is, if an operation makes it. */
function allocationOf(value: Value | undefined, context: Context): Value | undefined {
  const { definer } = value ?? {};
  if (value === undefined || definer === undefined) return undefined;
  const isAllocated = effectsOf(definer, context)?.some((each) => each.kind === "allocate" && each.value === value);
  return isAllocated ? value : undefined;
}

/** Whether an allocation's pointer is only used to read and write it: then no other value can reach it. */
function isUnescaped(allocation: Value, context: Context): boolean {
  return allocation.users.every((user) => {
    const effects = effectsOf(user, context);
    return (
      user.results.every((result) => result.type !== allocation.type) &&
      effects?.some(({ value }) => value === allocation) === true &&
      user.operandUses.filter((use) => use.value === allocation).length === 1
    );
  });
}

function write(state: LastWriters, operation: Operation, effect: MemoryEffect, context: Context): LastWriters {
  const allocation = allocationOf(effect.value, context);
  const written = new Map(state);
  const writer = new Set<Writer>([operation]);
  if (allocation !== undefined) {
    // One element may be written and others stay, so that earlier writers remain unless the buffer is fresh.
    const earlier = effect.kind === "allocate" ? [] : writersOf(state, allocation);
    written.set(allocation, new Set([...earlier, ...writer]));
    if (effect.kind === "allocate" || isUnescaped(allocation, context)) return written;
  }
  for (const [buffer, writers] of state) {
    if (buffer !== undefined && buffer !== allocation && isUnescaped(buffer, context)) continue;
    written.set(buffer, new Set([...writers, ...writer]));
  }
  return written;
}

export const lastWriters: DataflowAnalysis<LastWriters> = denseForward<LastWriters>({
  name: "last-writers",
  lattice: {
    join: joinStates,
    equals: sameStates,
    height: 1_000_000,
    print: (state) => `the writers of ${state.size} buffers`,
  },
  entry: () => atEntry,
  transfer: (operation, before, { context }) => {
    const effects = effectsOf(operation, context);
    if (effects === undefined) return write(before, operation, { kind: "write" }, context);
    let state = before;
    for (const effect of effects) if (effect.kind !== "read") state = write(state, operation, effect, context);
    return state;
  },
});
