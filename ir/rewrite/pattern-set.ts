/**
 * Sets of patterns: composed from patterns, lists and other sets, and indexed by the op that each pattern is tried on and
 * by what must define its operands, so that a driver does not call patterns that cannot match.
 */
import { DiagnosticError } from "../diagnostic-error.ts";
import type { Operation } from "../operation.ts";
import { anyConstant, type Pattern } from "./pattern.ts";

/** A pattern, a list of them, or a set. */
export type Patterns = Pattern | readonly Pattern[] | PatternSet;

/** What must define one operand. */
interface DefinerFilter {
  readonly position: number;
  readonly names: readonly string[];
  /** The first of `names`; most filters have no other. */
  readonly first: string | undefined;
  readonly hasMore: boolean;
  readonly acceptsConstants: boolean;
}

/** A pattern as drivers try it. */
export class IndexedPattern {
  readonly pattern: Pattern;
  /** The pattern's position in the set. */
  readonly position: number;
  readonly #filters: readonly DefinerFilter[];

  constructor(pattern: Pattern, position: number) {
    this.pattern = pattern;
    this.position = position;
    this.#filters = Object.entries(pattern.operandDefiners ?? {}).map(([key, wanted]) => {
      const names = typeof wanted === "string" ? [wanted] : wanted;
      const acceptsConstants = names.includes(anyConstant);
      return { position: Number(key), names, first: names[0], hasMore: names.length > 1, acceptsConstants };
    });
  }

  /** Whether the operation's operands are defined as the pattern asks. Cheap. */
  admits(operation: Operation): boolean {
    const filters = this.#filters;
    for (let at = 0; at < filters.length; at++) {
      const { position, names, first, hasMore, acceptsConstants } = filters[at]!;
      if (position >= operation.operandCount) return false;
      const { definer } = operation.operand(position);
      if (definer === undefined) return false;
      const { name } = definer;
      if (name === first || (hasMore && names.includes(name))) continue;
      if (!acceptsConstants || !definer.definition?.hasTrait("ConstantLike")) return false;
    }
    return true;
  }
}

/** Patterns in the order given; tried by benefit, highest first, ties in that order. Immutable. */
export class PatternSet implements Iterable<Pattern> {
  readonly patterns: readonly Pattern[];
  readonly #byRoot = new Map<string, IndexedPattern[]>();
  readonly #any: readonly IndexedPattern[];
  readonly #merged = new Map<string, readonly IndexedPattern[]>();

  constructor(patterns: readonly Pattern[]) {
    this.patterns = [...patterns];
    const sorted = this.patterns.map((pattern, position) => new IndexedPattern(pattern, position)).sort(byBenefit);
    this.#any = sorted.filter(({ pattern }) => pattern.root === undefined);
    for (const indexed of sorted) {
      const { root } = indexed.pattern;
      if (root === undefined) continue;
      const list = this.#byRoot.get(root);
      if (list === undefined) this.#byRoot.set(root, [indexed]);
      else list.push(indexed);
    }
  }

  /** The set of all patterns in `parts`, each once. */
  static of(...parts: readonly Patterns[]): PatternSet {
    const [only] = parts;
    if (parts.length === 1 && only instanceof PatternSet) return only;
    const all = new Set<Pattern>();
    for (const part of parts) {
      if ("apply" in part) all.add(part);
      else for (const pattern of part) all.add(pattern);
    }
    return new PatternSet([...all]);
  }

  /** This set and further patterns. */
  union(...parts: readonly Patterns[]): PatternSet {
    return PatternSet.of(this, ...parts);
  }

  /** Only the patterns with these names; an error for a name that no pattern has. */
  only(names: readonly string[]): PatternSet {
    this.#check(names);
    return new PatternSet(this.patterns.filter(({ name }) => names.includes(name)));
  }

  /** All but the patterns with these names; an error for a name that no pattern has. */
  without(names: readonly string[]): PatternSet {
    this.#check(names);
    return new PatternSet(this.patterns.filter(({ name }) => !names.includes(name)));
  }

  get size(): number {
    return this.patterns.length;
  }

  [Symbol.iterator](): Iterator<Pattern> {
    return this.patterns[Symbol.iterator]();
  }

  /** The patterns to try on an op, in order. */
  for(name: string): readonly IndexedPattern[] {
    const known = this.#merged.get(name);
    if (known !== undefined) return known;
    const own = this.#byRoot.get(name) ?? [];
    const merged = this.#any.length === 0 ? own : [...own, ...this.#any].sort(byBenefit);
    this.#merged.set(name, merged);
    return merged;
  }

  #check(names: readonly string[]): void {
    const known = new Set(this.patterns.map(({ name }) => name));
    for (const name of names) {
      if (known.has(name)) continue;
      const last = name.split("-").at(-1) ?? name;
      const similar = [...known].filter((each) => each.split("-").includes(last)).slice(0, 6);
      const hint = similar.length === 0 ? "" : `; similar: ${similar.join(", ")}`;
      throw new DiagnosticError(`no pattern is called '${name}'${hint}`);
    }
  }
}

function byBenefit(a: IndexedPattern, b: IndexedPattern): number {
  return b.pattern.benefit - a.pattern.benefit || a.position - b.position;
}
