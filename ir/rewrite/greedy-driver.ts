/**
 * The greedy driver: applies patterns and folds until nothing changes. It works through a list of operations, looks at the
 * users and definers of what changed again, keeps one constant per value in each isolated region, and removes what is
 * dead. A rewrite that does not end is stopped and reported by the patterns' names.
 */
import { Attribute } from "../attributes.ts";
import type { InsertionPoint } from "../builder.ts";
import type { Context } from "../context.ts";
import { DiagnosticError } from "../diagnostic-error.ts";
import { constantOf, Deadness } from "../effects.ts";
import { Fold, type FoldImplementation } from "../interfaces.ts";
import { Block, type Operation, type OperationKind, type Value } from "../operation.ts";
import { ConstantPool } from "./constant-pool.ts";
import { DivergenceMonitor } from "./divergence.ts";
import { Fingerprinter } from "./fingerprint.ts";
import type { RewriteObserver } from "./observer.ts";
import { isRefusal } from "./pattern.ts";
import { type IndexedPattern, PatternSet, type Patterns } from "./pattern-set.ts";
import { type RegionSimplification, simplifyRegions } from "./region-simplification.ts";
import { type RewriteListener, Rewriter } from "./rewriter.ts";

export interface PatternStatistics {
  tried: number;
  matched: number;
  /** Of those tried, how many declined with a reason. */
  refused: number;
}

/** Names and meaning are those of MLIR's greedy driver. */
export interface GreedyOptions {
  /** Fold through the Fold interface and materialise constants. Default true. */
  readonly fold?: boolean;
  /** Fold and remove dead code even where no pattern's root occurs. Default: only for an empty set of patterns. */
  readonly alwaysFold?: boolean;
  /** Sweeps over the whole IR, each until its work list is empty; -1: until nothing changes. Default 10. */
  readonly maxIterations?: number;
  /** Rewrites after which a sweep ends; -1: no limit. Default -1. */
  readonly maxNumRewrites?: number;
  /** Whether a sweep begins at the first operation (and goes inwards) or at the last. Default true. */
  readonly topDown?: boolean;
  /** What to do to blocks after each sweep. Default "disabled". */
  readonly regionSimplify?: RegionSimplification;
  /**
   * Compares fingerprints around every try, which is slow: a pattern that matched and changed nothing, or changed
   * something and did not match, is an error. Default false.
   */
  readonly expensiveChecks?: boolean;
  /** Rewrites in a row that lead from one operation to the next after which they are taken for endless. Default 16384. */
  readonly endlessAfter?: number;
}

export interface GreedyResult {
  readonly changed: boolean;
  /** Whether a sweep found nothing more to do; false where a limit ended the work. */
  readonly converged: boolean;
  /** Sweeps that were made. */
  readonly iterations: number;
  /** Patterns applied, operations folded and removed. */
  readonly rewrites: number;
  /** By pattern; patterns that were never tried are left out. */
  readonly statistics: ReadonlyMap<string, PatternStatistics>;
}

/**
 * Applies `patterns` inside `root` (not to `root` itself) to a fixed point. Without patterns it folds and removes dead
 * code; with patterns of which none is for an operation that occurs, it does nothing. Rewriting that does not end is a
 * DiagnosticError that names the patterns.
 */
export function applyPatternsGreedily(
  root: Operation,
  patterns: Patterns,
  context: Context,
  options: GreedyOptions = {},
): GreedyResult {
  return new GreedyDriver(root, PatternSet.of(patterns), context, options).run();
}

/** What the driver knows of all operations of one definition. */
interface KindInfo {
  readonly patterns: readonly IndexedPattern[];
  readonly fold: FoldImplementation | undefined;
  readonly isConstant: boolean;
  /** Whether anything could be done to such an operation while it is used. */
  readonly isActive: boolean;
}

class GreedyDriver {
  readonly #root: Operation;
  readonly #patterns: PatternSet;
  readonly #context: Context;
  readonly #options: GreedyOptions;
  readonly #observer: RewriteObserver | undefined;
  readonly #fingerprinter: Fingerprinter | undefined;
  readonly #infos = new Map<OperationKind | string, KindInfo>();
  readonly #deadness: Deadness;
  readonly #pool: ConstantPool;
  readonly #rewriter: Rewriter;
  /** The rewriter's insertion point, one object for all operations. */
  readonly #point: { block: Block; before: Operation | undefined };
  /** A stack; holes are operations that were erased. An operation is in it iff its `scratch` is its place. */
  readonly #worklist: (Operation | undefined)[] = [];
  readonly #tried: number[];
  readonly #matched: number[];
  readonly #refused: number[];
  #rewrites = 0;
  /** The last block in which something was erased whose parent need not be looked at for that. */
  #quietBlock: Block | undefined = undefined;
  /** The number of rewrites at which the current sweep ends. */
  #rewriteLimit = Number.POSITIVE_INFINITY;
  #changed = false;
  #operationCount = 0;
  /** Whether there may be regions of several blocks. */
  #hasBranches = false;
  #monitor: DivergenceMonitor | undefined = undefined;
  /** What the current rewrite inserted, while a monitor wants to know. */
  #made: Operation[] = [];

  constructor(root: Operation, patterns: PatternSet, context: Context, options: GreedyOptions) {
    this.#root = root;
    this.#patterns = patterns;
    this.#context = context;
    this.#options = options;
    this.#observer = context.rewriteObserver;
    this.#fingerprinter = options.expensiveChecks ? new Fingerprinter() : undefined;
    this.#deadness = new Deadness(context);
    this.#pool = new ConstantPool(root, context, { inserted: (constant) => this.#insertedConstant(constant) });
    this.#point = { block: new Block(), before: undefined };
    this.#rewriter = new Rewriter(this.#point, context, this.#listener);
    this.#tried = patterns.patterns.map(() => 0);
    this.#matched = patterns.patterns.map(() => 0);
    this.#refused = patterns.patterns.map(() => 0);
  }

  run(): GreedyResult {
    const limit = this.#options.maxIterations ?? 10;
    const most = this.#options.maxNumRewrites ?? -1;
    let iterations = 0;
    let converged = !this.#hasWork();
    let changed = false;
    while (!converged && (limit < 0 || iterations < limit)) {
      this.#changed = false;
      if (most >= 0) this.#rewriteLimit = this.#rewrites + most;
      iterations++;
      this.#seed();
      this.#process();
      if (this.#simplifyRegions()) this.#changed = true;
      changed ||= this.#changed;
      converged = !this.#changed;
    }
    return { changed, converged, iterations, rewrites: this.#rewrites, statistics: this.#statistics() };
  }

  /** Whether there is anything that the patterns could be applied to, or all is to be folded anyway. */
  #hasWork(): boolean {
    if (this.#options.alwaysFold ?? this.#patterns.size === 0) return true;
    if ((this.#options.regionSimplify ?? "disabled") !== "disabled") return true;
    const later: (Operation | undefined)[] = [];
    this.#enter(this.#root, later);
    while (later.length > 0) {
      let operation = later.pop();
      while (operation !== undefined) {
        if (this.#infoOf(operation).patterns.length > 0) return true;
        if (operation.regions.length > 0) {
          later.push(operation.next);
          this.#enter(operation, later);
          break;
        }
        operation = operation.next;
      }
    }
    return false;
  }

  /** Puts the first operations of all blocks in an operation on a list, the first block last. */
  #enter(operation: Operation, later: (Operation | undefined)[]): void {
    for (let at = operation.regions.length - 1; at >= 0; at--) {
      const { blocks } = operation.regions[at]!;
      for (let position = blocks.length - 1; position >= 0; position--) later.push(blocks[position]!.first);
    }
  }

  /** Puts the last operations of all blocks in an operation on a list, the last block on top. */
  #enterLast({ regions }: Operation, later: (Operation | undefined)[]): void {
    for (const { blocks } of regions) {
      if (blocks.length > 1) this.#hasBranches = true;
      for (const block of blocks) later.push(block.last);
    }
  }

  /**
   * Fills the work list and unites constants, in one walk from the last operation to the first: so the first is on top, and
   * users come before definers, which removes what is dead before work is spent on it.
   */
  #seed(): void {
    const worklist = this.#worklist;
    const observer = this.#observer;
    const constants: Operation[] = [];
    const later: (Operation | undefined)[] = [];
    /** Operations whose insides are walked, and how many constants there were before; each is on `later` too. */
    const entered: Operation[] = [];
    const marks: number[] = [];
    worklist.length = 0;
    this.#operationCount = 0;
    this.#enterLast(this.#root, later);
    while (later.length > 0) {
      let operation = later.pop();
      while (operation !== undefined && this.#rewrites < this.#rewriteLimit) {
        const { previous } = operation;
        const isUsed = operation.hasUses;
        if (operation === entered[entered.length - 1]) {
          entered.pop();
          const mark = marks.pop()!;
          // At once, while they are in the processor's cache.
          if (operation.definition?.hasTrait("IsolatedFromAbove")) this.#uniteConstants(constants, mark);
        } else {
          if (!isUsed && this.#deadness.isTriviallyDead(operation) && this.#mayRemove(operation)) {
            operation.erase();
            observer?.matched?.(operation.name, operation, "dead");
            this.#countRewrite();
            operation = previous;
            continue;
          }
          if (operation.hasParts && operation.regions.length > 0) {
            later.push(operation);
            entered.push(operation);
            marks.push(constants.length);
            this.#enterLast(operation, later);
            break;
          }
        }
        this.#operationCount++;
        const info = this.#infoOf(operation);
        if (info.isConstant && isUsed) constants.push(operation);
        if (info.isActive || !isUsed) {
          operation.scratch = worklist.length;
          worklist.push(operation);
        }
        operation = previous;
      }
    }
    this.#uniteConstants(constants, 0);
    if (!(this.#options.topDown ?? true)) this.#reverse();
  }

  /** Unites the constants behind `from`, which are listed backwards, in the order of the program, so that they keep it. */
  #uniteConstants(constants: Operation[], from: number): void {
    if (this.#options.fold ?? true)
      for (let at = constants.length - 1; at >= from; at--) this.#uniteConstant(constants[at]!);
    constants.length = from;
  }

  #mayRemove(operation: Operation): boolean {
    return this.#observer?.begin?.("dead", operation.name, operation) !== false;
  }

  /** So that the last operation is taken first. */
  #reverse(): void {
    const worklist = this.#worklist;
    for (let low = 0, high = worklist.length - 1; low <= high; low++, high--) {
      const first = worklist[low]!;
      const last = worklist[high]!;
      worklist[low] = last;
      worklist[high] = first;
      last.scratch = low;
      first.scratch = high;
    }
  }

  #process(): void {
    const worklist = this.#worklist;
    // Endless rewriting is looked for once there were more rewrites than a sound run usually has.
    const watchFrom = this.#rewrites + this.#operationCount + 256;
    while (worklist.length > 0 && this.#rewrites < this.#rewriteLimit) {
      const operation = worklist.pop();
      if (operation === undefined) continue;
      operation.scratch = -1;
      if (operation.block === undefined) continue;
      this.#step(operation);
      if (this.#rewrites >= watchFrom && this.#monitor === undefined) {
        const limit = this.#options.endlessAfter ?? 16_384;
        this.#monitor = new DivergenceMonitor(this.#root, this.#operationCount, limit);
      }
    }
  }

  #push(operation: Operation): void {
    const { scratch } = operation;
    const worklist = this.#worklist;
    if (scratch >= 0 && worklist[scratch] === operation) return;
    operation.scratch = worklist.length;
    worklist.push(operation);
  }

  /** Puts an operation on top of the list, wherever it stands now: what is dead must go before others are rewritten. */
  #pushAgain(operation: Operation): void {
    const { scratch } = operation;
    if (scratch >= 0 && this.#worklist[scratch] === operation) this.#worklist[scratch] = undefined;
    this.#push(operation);
  }

  readonly #listener: RewriteListener = {
    inserted: (operation) => this.#inserted(operation),
    erased: (operation) => this.#erased(operation),
    modified: (operation) => {
      this.#deadness.changed(operation);
      this.#push(operation);
    },
    constant: (value, type, like) => this.#pool.valueOf(value, type, like),
  };

  #inserted(operation: Operation): void {
    this.#pool.inserted(operation);
    if (operation.regions.length === 0) this.#insertedOne(operation);
    else {
      this.#hasBranches = true;
      operation.walk((each) => this.#insertedOne(each));
    }
  }

  /** A constant of the pool: it is where it belongs, and has a use as soon as it is made. */
  #insertedConstant(constant: Operation): void {
    this.#insertedOne(constant, this.#infoOf(constant).isActive);
  }

  #insertedOne(operation: Operation, isActive = true): void {
    this.#operationCount++;
    if (isActive) this.#push(operation);
    if (this.#monitor === undefined) return;
    this.#monitor.inserted();
    this.#made.push(operation);
  }

  #erased(operation: Operation): void {
    this.#operationCount--;
    this.#monitor?.erased(operation);
    this.#deadness.changed(operation);
    const { scratch, operandCount } = operation;
    const worklist = this.#worklist;
    if (scratch >= 0 && worklist[scratch] === operation) worklist[scratch] = undefined;
    if (operandCount === 0) this.#pool.erased(operation);
    // What is used once at most after this may be dead, or have more to simplify; constants only the former.
    for (let index = 0; index < operandCount; index++) {
      const value = operation.operand(index);
      const { definer } = value;
      const others = value.firstUse?.next;
      if (definer === undefined || others?.next !== undefined) continue;
      if (others === undefined && this.#monitor !== undefined) this.#pushAgain(definer);
      else if (others === undefined || definer.operandCount > 0 || others.owner === operation) this.#push(definer);
    }
    const { block } = operation;
    if (block === undefined || block === this.#quietBlock) return;
    const parent = block.parentOperation;
    if (parent === undefined || parent === this.#root || parent.definition?.hasTrait("IsolatedFromAbove"))
      this.#quietBlock = block;
    else this.#push(parent);
  }

  #infoOf(operation: Operation): KindInfo {
    const { storedKind } = operation;
    // Operations of dialects that are not loaded have a kind each.
    const key = storedKind.definition === undefined ? storedKind.name : storedKind;
    let info = this.#infos.get(key);
    if (info === undefined) {
      const patterns = this.#patterns.for(operation.name);
      const isConstant = operation.definition?.hasTrait("ConstantLike") ?? false;
      const folds = (this.#options.fold ?? true) && !isConstant;
      const fold = folds ? this.#context.implementation(Fold, operation) : undefined;
      info = { patterns, fold, isConstant, isActive: patterns.length > 0 || fold !== undefined };
      this.#infos.set(key, info);
    }
    return info;
  }

  #step(operation: Operation): void {
    const info = this.#infoOf(operation);
    if (!operation.hasUses && this.#deadness.isTriviallyDead(operation)) {
      if (!this.#mayRemove(operation)) return;
      this.#rewriter.erase(operation);
      this.#observer?.matched?.(operation.name, operation, "dead");
      this.#countRewrite();
      return;
    }
    if (info.isConstant && (this.#options.fold ?? true) && this.#uniteConstant(operation)) return;
    if (info.fold !== undefined && this.#tryFold(operation, info.fold)) return;
    const { patterns } = info;
    for (let at = 0; at < patterns.length; at++) {
      const indexed = patterns[at]!;
      if (indexed.admits(operation) && this.#tryPattern(operation, indexed)) return;
    }
  }

  #countRewrite(): void {
    this.#rewrites++;
    this.#changed = true;
  }

  /** Points the rewriter before the operation. */
  #aim(operation: Operation): void {
    this.#point.block = operation.block!;
    this.#point.before = operation;
    this.#rewriter.point = this.#point satisfies InsertionPoint;
    this.#rewriter.location = operation.location;
  }

  #tryPattern(operation: Operation, indexed: IndexedPattern): boolean {
    const { pattern, position } = indexed;
    const observer = this.#observer;
    if (observer?.begin?.("pattern", pattern.name, operation) === false) return false;
    observer?.tried?.(pattern.name);
    this.#tried[position]!++;
    this.#aim(operation);
    const before = this.#fingerprinter?.of(this.#root);
    const generation = this.#monitor?.generationOf(operation) ?? 0;
    this.#made.length = 0;
    const started = observer?.time === undefined ? 0 : performance.now();
    let outcome: unknown;
    try {
      outcome = pattern.apply(operation, this.#rewriter);
    } catch (error) {
      if (error instanceof DiagnosticError || !(error instanceof Error)) throw error;
      throw new Error(`pattern '${pattern.name}' failed on '${operation.name}': ${error.message}`, { cause: error });
    }
    observer?.time?.(pattern.name, performance.now() - started);
    const isMatch = outcome !== undefined && !isRefusal(outcome);
    if (before !== undefined) this.#check(indexed, operation, isMatch, before !== this.#fingerprinter?.of(this.#root));
    if (!isMatch) {
      if (isRefusal(outcome)) {
        this.#refused[position]!++;
        observer?.refused?.(pattern.name, operation, outcome.refusal);
      }
      return false;
    }
    this.#matched[position]!++;
    observer?.matched?.(pattern.name, operation, "pattern");
    this.#countRewrite();
    if (this.#monitor !== undefined) this.#watch(`the pattern ${pattern.name}`, operation, generation);
    return true;
  }

  #watch(action: string, operation: Operation, generation: number): void {
    const error = this.#monitor?.record(action, operation, generation, this.#made);
    if (error !== undefined) throw error;
    for (const each of this.#made) if (each.block !== undefined && !each.hasUses) this.#pushAgain(each);
  }

  #check({ pattern }: IndexedPattern, operation: Operation, isMatch: boolean, isChanged: boolean): void {
    if (isMatch === isChanged) return;
    throw operation.error(
      isMatch
        ? `pattern '${pattern.name}' says that it matched, but it changed nothing: return undefined or refuse(…) there`
        : `pattern '${pattern.name}' says that it did not match, but it changed the IR: return true there`,
    );
  }

  #tryFold(operation: Operation, fold: FoldImplementation): boolean {
    const count = operation.operandCount;
    const constants: (Attribute | undefined)[] = [];
    for (let index = 0; index < count; index++) constants.push(constantOf(operation.operand(index)));
    const folded = fold(operation, constants);
    if (folded === undefined) return false;
    const { results } = operation;
    if (folded.length !== results.length) return false;
    for (let position = 0; position < folded.length; position++) {
      const each = folded[position];
      if (each === undefined || each === results[position]) return false;
    }
    const observer = this.#observer;
    if (observer?.begin?.("fold", operation.name, operation) === false) return false;
    const generation = this.#monitor?.generationOf(operation) ?? 0;
    this.#made.length = 0;
    const values: Value[] = [];
    for (let position = 0; position < folded.length; position++) {
      const each = folded[position]!;
      const value = each instanceof Attribute ? this.#pool.valueOf(each, results[position]!.type, operation) : each;
      if (value === undefined) return false;
      values.push(value);
    }
    this.#rewriter.replace(operation, values);
    observer?.matched?.(operation.name, operation, "fold");
    this.#countRewrite();
    if (this.#monitor !== undefined) this.#watch(`the fold of '${operation.name}'`, operation, generation);
    return true;
  }

  /** Puts a constant to the others of its region; true where an equal one was there and replaced it. */
  #uniteConstant(constant: Operation): boolean {
    const observer = this.#observer;
    const before = this.#pool.changes;
    const begin = observer?.begin;
    const known = this.#pool.adopt(constant, begin && (() => begin("fold", constant.name, constant)));
    if (this.#pool.changes !== before) {
      this.#changed = true;
      observer?.matched?.(constant.name, constant, "fold");
    }
    if (known === undefined) return false;
    const kept = known.onlyResult;
    kept.nameHint ??= constant.results[0]?.nameHint;
    this.#rewriter.replace(constant, kept);
    if (this.#pool.changes === before) observer?.matched?.(constant.name, constant, "fold");
    this.#countRewrite();
    return true;
  }

  #simplifyRegions(): boolean {
    const level = this.#options.regionSimplify ?? "disabled";
    return level !== "disabled" && this.#hasBranches && simplifyRegions(this.#root, this.#context, level);
  }

  #statistics(): Map<string, PatternStatistics> {
    const statistics = new Map<string, PatternStatistics>();
    for (const [position, { name }] of this.#patterns.patterns.entries()) {
      const tried = this.#tried[position]!;
      if (tried === 0) continue;
      let entry = statistics.get(name);
      if (entry === undefined) {
        entry = { tried: 0, matched: 0, refused: 0 };
        statistics.set(name, entry);
      }
      entry.tried += tried;
      entry.matched += this.#matched[position]!;
      entry.refused += this.#refused[position]!;
    }
    return statistics;
  }
}
