/**
 * Which patterns to try on an op, and in which order. Patterns that say what they generate are ordered by the number of
 * steps that are left behind them, as MLIR does; those that lead to something that nothing converts are left out.
 */
import type { ConversionPattern } from "./pattern.ts";
import type { ConversionTarget } from "./target.ts";

export interface Candidates {
  readonly patterns: readonly ConversionPattern[];
  /** Patterns that are not worth trying, with the op that they would leave. */
  readonly useless: readonly { readonly pattern: ConversionPattern; readonly leaves: string }[];
}

const nowhere = Number.POSITIVE_INFINITY;

export class PatternWays {
  readonly #target: ConversionTarget;
  readonly #mayRemain: boolean;
  readonly #byRoot = new Map<string, ConversionPattern[]>();
  readonly #any: readonly ConversionPattern[];
  readonly #known = new Map<string, Candidates>();
  /** Steps until an op is legal; only for ops that matter, and only if any pattern says what it generates. */
  readonly #steps: Map<string, number> | undefined;

  /** `mayRemain`: an op that the target does not speak of may stay. */
  constructor(patterns: readonly ConversionPattern[], target: ConversionTarget, mayRemain: boolean) {
    this.#target = target;
    this.#mayRemain = mayRemain;
    this.#any = patterns.filter(({ root }) => root === undefined);
    for (const pattern of patterns) {
      if (pattern.root === undefined) continue;
      const list = this.#byRoot.get(pattern.root);
      if (list === undefined) this.#byRoot.set(pattern.root, [pattern]);
      else list.push(pattern);
    }
    this.#steps = patterns.some(({ generates }) => generates !== undefined) ? new Map() : undefined;
    this.#countSteps(patterns);
  }

  /** The op names that have patterns of their own. */
  get roots(): Iterable<string> {
    return this.#byRoot.keys();
  }

  for(name: string): Candidates {
    let known = this.#known.get(name);
    if (known === undefined) {
      known = this.#candidates(name);
      this.#known.set(name, known);
    }
    return known;
  }

  #candidates(name: string): Candidates {
    const all = [...(this.#byRoot.get(name) ?? []), ...this.#any];
    if (this.#steps === undefined) return { patterns: sorted(all, () => 0), useless: [] };
    const useful = all.filter((pattern) => this.#stepsBehind(pattern) < nowhere);
    const useless = all.flatMap((pattern) => {
      const dead = pattern.generates?.find((each) => this.#stepsOf(each.name) === nowhere);
      return dead === undefined ? [] : [{ pattern, leaves: dead.name }];
    });
    return { patterns: sorted(useful, (pattern) => this.#stepsBehind(pattern)), useless };
  }

  #stepsBehind({ generates }: ConversionPattern): number {
    return (generates ?? []).reduce((most, { name }) => Math.max(most, this.#stepsOf(name)), 0);
  }

  #stepsOf(name: string): number {
    const stated = this.#target.byName(name);
    if (stated === "legal" || stated === "dynamic" || (stated === undefined && this.#mayRemain)) return 0;
    // A pattern for any op may take it.
    return this.#steps?.get(name) ?? (this.#any.length > 0 ? 1 : nowhere);
  }

  /** Shortest ways to legality, by relaxing until nothing gets shorter. */
  #countSteps(patterns: readonly ConversionPattern[]): void {
    for (let changed = this.#steps !== undefined; changed; ) {
      changed = false;
      for (const pattern of patterns) {
        if (pattern.root === undefined) continue;
        const way = 1 + this.#stepsBehind(pattern);
        if (way >= (this.#steps?.get(pattern.root) ?? nowhere)) continue;
        this.#steps?.set(pattern.root, way);
        changed = true;
      }
    }
  }
}

/** Fewest steps first, then highest benefit; ties keep the given order. */
function sorted(
  patterns: readonly ConversionPattern[],
  steps: (pattern: ConversionPattern) => number,
): readonly ConversionPattern[] {
  return [...patterns].sort((a, b) => steps(a) - steps(b) || b.benefit - a.benefit);
}
