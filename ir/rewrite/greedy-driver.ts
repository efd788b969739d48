/**
 * The greedy driver: applies patterns and folds until nothing changes. It works through a list of operations, looks at the
 * users and definers of what changed again, folds constants (each materialised once at the head of its block), and
 * removes dead pure operations. A rewrite that does not end is stopped and reported by the patterns' names.
 */
import { Attribute } from "../attributes.ts";
import { at } from "../builder.ts";
import type { Context } from "../context.ts";
import { constantOf, isTriviallyDead } from "../effects.ts";
import { Fold } from "../interfaces.ts";
import { nameOf } from "../location.ts";
import type { Block, Operation, Value } from "../operation.ts";
import { isRefusal, type Pattern } from "./pattern.ts";
import { type RewriteListener, Rewriter } from "./rewriter.ts";

export interface PatternStatistics {
  tried: number;
  matched: number;
}

export interface GreedyOptions {
  /** Fold through the Fold interface and materialise constants. Default true. */
  readonly fold?: boolean;
  /** Rewrites per operation of the input after which the driver gives up. Default 64. */
  readonly maxRewritesPerOperation?: number;
}

export interface GreedyResult {
  readonly changed: boolean;
  readonly statistics: ReadonlyMap<string, PatternStatistics>;
}

/** Indexes patterns by the op they are tried on, highest benefit first; ties keep the given order. */
export class PatternSet {
  readonly #byRoot = new Map<string, Pattern[]>();
  readonly #any: Pattern[];
  readonly #merged = new Map<string, readonly Pattern[]>();

  constructor(patterns: readonly Pattern[]) {
    const sorted = [...patterns].sort((a, b) => b.benefit - a.benefit);
    this.#any = sorted.filter((pattern) => pattern.root === undefined);
    for (const pattern of sorted) {
      if (pattern.root === undefined) continue;
      const list = this.#byRoot.get(pattern.root) ?? [];
      list.push(pattern);
      this.#byRoot.set(pattern.root, list);
    }
  }

  /** The patterns to try on an op, in order. */
  for(name: string): readonly Pattern[] {
    const known = this.#merged.get(name);
    if (known !== undefined) return known;
    const merged = [...(this.#byRoot.get(name) ?? []), ...this.#any].sort((a, b) => b.benefit - a.benefit);
    this.#merged.set(name, merged);
    return merged;
  }
}

/** Applies `patterns` inside `root` (not to `root` itself) to a fixed point. */
export function applyPatternsGreedily(
  root: Operation,
  patterns: readonly Pattern[],
  context: Context,
  options: GreedyOptions = {},
): GreedyResult {
  return new GreedyDriver(root, new PatternSet(patterns), context, options).run();
}

class GreedyDriver {
  readonly #root: Operation;
  readonly #patterns: PatternSet;
  readonly #context: Context;
  readonly #fold: boolean;
  readonly #limitPerOperation: number;
  readonly #worklist: (Operation | undefined)[] = [];
  readonly #positions = new Map<Operation, number>();
  readonly #statistics = new Map<string, PatternStatistics>();
  readonly #constants = new Map<Block, Map<string, Operation>>();
  readonly #recent: { pattern: string; operation: string }[] = [];
  #changed = false;

  constructor(root: Operation, patterns: PatternSet, context: Context, options: GreedyOptions) {
    this.#root = root;
    this.#patterns = patterns;
    this.#context = context;
    this.#fold = options.fold ?? true;
    this.#limitPerOperation = options.maxRewritesPerOperation ?? 64;
  }

  run(): GreedyResult {
    this.#root.walk((operation) => {
      if (operation !== this.#root) this.#push(operation);
    });
    this.#worklist.reverse();
    for (const [position, operation] of this.#worklist.entries())
      if (operation !== undefined) this.#positions.set(operation, position);
    let budget = (this.#worklist.length + 16) * this.#limitPerOperation;
    for (let operation = this.#pop(); operation !== undefined; operation = this.#pop()) {
      if (!this.#step(operation)) continue;
      this.#changed = true;
      if (--budget <= 0) throw this.#divergence(operation);
    }
    return { changed: this.#changed, statistics: this.#statistics };
  }

  #push(operation: Operation): void {
    if (this.#positions.has(operation)) return;
    this.#positions.set(operation, this.#worklist.length);
    this.#worklist.push(operation);
  }

  #pop(): Operation | undefined {
    while (this.#worklist.length > 0) {
      const operation = this.#worklist.pop();
      if (operation === undefined) continue;
      this.#positions.delete(operation);
      return operation;
    }
    return undefined;
  }

  #forget(operation: Operation): void {
    const position = this.#positions.get(operation);
    if (position === undefined) return;
    this.#worklist[position] = undefined;
    this.#positions.delete(operation);
  }

  readonly #listener: RewriteListener = {
    inserted: (operation) => operation.walk((each) => this.#push(each)),
    erased: (operation) => {
      this.#forget(operation);
      for (const value of operation.operands) if (value.definer !== undefined) this.#push(value.definer);
      const parent = operation.parentOperation;
      if (parent !== undefined && parent !== this.#root) this.#push(parent);
    },
    modified: (operation) => {
      this.#push(operation);
    },
    replaced: (operation) => {
      for (const result of operation.results) for (const user of result.users) this.#push(user);
    },
  };

  #step(operation: Operation): boolean {
    if (operation.block === undefined) return false;
    if (isTriviallyDead(operation, this.#context)) {
      this.#rewriter(operation).erase(operation);
      return true;
    }
    if (this.#fold && this.#tryFold(operation)) return true;
    for (const pattern of this.#patterns.for(operation.name)) {
      const statistics = this.#statisticsOf(pattern.name);
      statistics.tried++;
      const where = nameOf(operation.location);
      const outcome = pattern.apply(operation, this.#rewriter(operation));
      if (outcome === undefined || isRefusal(outcome)) continue;
      statistics.matched++;
      this.#recent.push({
        pattern: pattern.name,
        operation: where === undefined ? operation.name : `${operation.name} (${where})`,
      });
      if (this.#recent.length > 64) this.#recent.shift();
      return true;
    }
    return false;
  }

  #rewriter(operation: Operation): Rewriter {
    const rewriter = new Rewriter(at.before(operation), this.#context, this.#listener);
    rewriter.location = operation.location;
    return rewriter;
  }

  #statisticsOf(name: string): PatternStatistics {
    let statistics = this.#statistics.get(name);
    if (statistics === undefined) {
      statistics = { tried: 0, matched: 0 };
      this.#statistics.set(name, statistics);
    }
    return statistics;
  }

  #tryFold(operation: Operation): boolean {
    if (operation.definition?.hasTrait("ConstantLike")) return false;
    const fold = this.#context.implementation(Fold, operation);
    if (fold === undefined) return false;
    const folded = fold(operation, operation.operands.map(constantOf));
    if (folded === undefined) return false;
    const values: Value[] = [];
    for (const [position, each] of folded.entries()) {
      const result = operation.results[position];
      if (result === undefined) return false;
      if (!(each instanceof Attribute)) {
        if (each === result) return false;
        values.push(each);
        continue;
      }
      const constant = this.#materialize(each, operation, result);
      if (constant === undefined) return false;
      values.push(constant);
    }
    if (values.length !== operation.results.length) return false;
    this.#recent.push({ pattern: "fold", operation: operation.name });
    if (this.#recent.length > 64) this.#recent.shift();
    return this.#rewriter(operation).replace(operation, values);
  }

  /** A constant in the block of `operation`, shared by value and type and placed at the block's head. */
  #materialize(value: Attribute, operation: Operation, result: Value): Value | undefined {
    const block = operation.block!;
    let constants = this.#constants.get(block);
    if (constants === undefined) {
      constants = new Map();
      this.#constants.set(block, constants);
    }
    const key = `${result.type} ${value}`;
    const known = constants.get(key);
    if (known?.block === block && known.results[0]?.type === result.type) {
      if (block.first !== known) known.moveBefore(block.first!);
      return known.results[0];
    }
    const constant = this.#context.materializeConstant(value, result.type, operation.location, operation);
    if (constant === undefined) return undefined;
    const rewriter = new Rewriter(at.startOf(block), this.#context, this.#listener);
    rewriter.insert(constant);
    constants.set(key, constant);
    return constant.onlyResult;
  }

  #divergence(operation: Operation): Error {
    const cycle = [...new Set(this.#recent.map((entry) => entry.pattern))];
    const lately = this.#recent.slice(-6).map((entry) => `${entry.pattern} on ${entry.operation}`);
    return operation.error(
      `is being rewritten without end by ${cycle.length === 1 ? "the pattern" : "patterns that undo each other:"} ${cycle.join(", ")}`,
      lately.map((message) => ({ message })),
    );
  }
}
