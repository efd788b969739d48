/**
 * Lattices: the facts that an analysis may find, and how two facts about one thing are joined into one that holds for both.
 * A fact only ever grows (to a less precise one), so that an analysis ends: after `height` growths at the latest, or, for
 * facts that can grow for ever, because `widen` jumps ahead.
 */
export interface Lattice<T> {
  /** The most precise fact that includes both. */
  readonly join: (a: T, b: T) => T;
  /** The fact that includes all others, if there is one: what has it is not looked at again. */
  readonly top?: T;
  /** Absent: `===`. */
  readonly equals?: (a: T, b: T) => boolean;
  /** Jumps from a fact that grew often to one that includes it and cannot grow often any more. */
  readonly widen?: (older: T, newer: T) => T;
  /** How often a fact may grow before the analysis is given up with an error. Default 1000. */
  readonly height?: number;
  /** For messages. */
  readonly print?: (fact: T) => string;
}

/** Growths of one fact after which `widen` is asked. */
export const widenAfter = 16;
export const defaultHeight = 1000;

export function sameFact<T>(lattice: Lattice<T>, a: T, b: T): boolean {
  return a === b || (lattice.equals?.(a, b) ?? false);
}

export function printFact<T>(lattice: Lattice<T>, fact: T): string {
  return lattice.print?.(fact) ?? String(fact);
}

/** Facts that are equal or nothing is known: `unknown` includes all others. */
export function flatLattice<T>(unknown: T, print?: (fact: T) => string): Lattice<T> {
  const lattice = { join: (a: T, b: T) => (a === b ? a : unknown), height: 2, top: unknown };
  return print === undefined ? lattice : { ...lattice, print };
}

/** Sets that grow by union. `height` bounds how many elements one set can have. */
export function setLattice<E>(height: number = defaultHeight): Lattice<ReadonlySet<E>> {
  return {
    join: (a, b) => (isSubset(b, a) ? a : isSubset(a, b) ? b : new Set([...a, ...b])),
    equals: (a, b) => a.size === b.size && isSubset(a, b),
    height,
    print: (fact) => `{${[...fact].join(", ")}}`,
  };
}

function isSubset<E>(inner: ReadonlySet<E>, outer: ReadonlySet<E>): boolean {
  if (inner.size > outer.size) return false;
  for (const element of inner) if (!outer.has(element)) return false;
  return true;
}
