/**
 * Dialect conversion: every operation that a target calls illegal is rewritten by patterns until all is legal. What a pattern
 * makes must become legal too, or the pattern counts as refused: its edits are taken back and the next one is tried on the
 * IR as it was. A conversion that fails as a whole leaves no trace either, and says for each operation why.
 */
import { Attribute } from "../../attributes.ts";
import type { Context } from "../../context.ts";
import { DiagnosticError } from "../../diagnostic-error.ts";
import { constantOf } from "../../effects.ts";
import { Fold } from "../../interfaces.ts";
import type { Operation, Value } from "../../operation.ts";
import { isRefusal, type Outcome, type Refusal, refuse } from "../pattern.ts";
import { castName, reconcile } from "./casts.ts";
import { ExpensiveChecks, UntrackedEditError } from "./expensive-checks.ts";
import type { ConversionPattern } from "./pattern.ts";
import {
  ConversionError,
  describeCast,
  FailureList,
  type LeftCast,
  type LegalizationAttempt,
  type LegalizationFailure,
  noPatternHint,
} from "./report.ts";
import { ConversionRewriter, forEachInside, ReplacementCountError, severalValues } from "./rewriter.ts";
import type { ConversionTarget, LegalityAnswer } from "./target.ts";
import { TypeConverter } from "./type-converter.ts";
import { PatternWays } from "./ways.ts";

export interface ConversionOptions {
  /** How types change; patterns may have converters of their own. Default: no type changes. */
  readonly types?: TypeConverter;
  /** Try to fold an illegal operation before patterns are tried. Default true. */
  readonly fold?: boolean;
  /** What to do where a converted and an unconverted value meet in the end. Default: "keep" in a partial conversion, else "fail". */
  readonly leftCasts?: "keep" | "fail";
  /** How deep patterns may be applied to what patterns made. Default 200. */
  readonly maxDepth?: number;
  /** Check after every pattern that it changed nothing behind the rewriter's back. Slow: for tests. */
  readonly expensiveChecks?: boolean;
  /** Collects the operations that a partial conversion leaves though the target does not call them legal. */
  readonly unconverted?: Set<Operation>;
}

/** What a conversion would do. The operations are those of the unchanged IR. */
export interface ConversionAnalysis {
  /** Legal as they are. */
  readonly legal: ReadonlySet<Operation>;
  /** Patterns would make these legal. */
  readonly legalizable: ReadonlySet<Operation>;
  /** The target says nothing of these, and no pattern takes them. */
  readonly unknown: ReadonlySet<Operation>;
  /** Illegal, and nothing helps. */
  readonly illegal: ReadonlyMap<Operation, LegalizationFailure>;
  /** The casts that would be left. */
  readonly leftCasts: readonly LeftCast[];
}

/** Converts what the target calls illegal inside `root`, and what patterns take of the rest; other operations may stay. */
export function applyPartialConversion(
  root: Operation,
  target: ConversionTarget,
  patterns: readonly ConversionPattern[],
  context: Context,
  options: ConversionOptions = {},
): boolean {
  return new Conversion(root, target, patterns, context, options, "partial").run();
}

/** Converts everything inside `root`: an operation that the target does not call legal is an error. */
export function applyFullConversion(
  root: Operation,
  target: ConversionTarget,
  patterns: readonly ConversionPattern[],
  context: Context,
  options: ConversionOptions = {},
): boolean {
  return new Conversion(root, target, patterns, context, options, "full").run();
}

/** Says what a partial conversion could and could not do, and leaves the IR as it is. */
export function analyzeConversion(
  root: Operation,
  target: ConversionTarget,
  patterns: readonly ConversionPattern[],
  context: Context,
  options: ConversionOptions = {},
): ConversionAnalysis {
  return new Conversion(root, target, patterns, context, options, "analysis").analyze();
}

type Mode = "partial" | "full" | "analysis";
/** How an operation came out; a failure: it stayed illegal. */
type Legalized = "legal" | "converted" | "unknown" | "skipped" | LegalizationFailure;

class Conversion {
  readonly #root: Operation;
  readonly #target: ConversionTarget;
  readonly #ways: PatternWays;
  readonly #context: Context;
  readonly #rewriter: ConversionRewriter;
  readonly #mode: Mode;
  readonly #options: ConversionOptions;
  readonly #fold: boolean;
  readonly #maxDepth: number;
  readonly #checks: ExpensiveChecks | undefined;
  /** The patterns whose results are being legalized, outermost first. */
  readonly #stack: { readonly pattern: ConversionPattern; readonly operation: string }[] = [];
  readonly #hints = new Map<string, string>();
  #changed = false;

  constructor(
    root: Operation,
    target: ConversionTarget,
    patterns: readonly ConversionPattern[],
    context: Context,
    options: ConversionOptions,
    mode: Mode,
  ) {
    this.#root = root;
    this.#target = target;
    this.#ways = new PatternWays(patterns, target, mode !== "full");
    this.#context = context;
    this.#rewriter = new ConversionRewriter(context, options.types ?? new TypeConverter());
    this.#mode = mode;
    this.#options = options;
    this.#fold = options.fold ?? true;
    this.#maxDepth = options.maxDepth ?? 200;
    this.#checks = options.expensiveChecks ? new ExpensiveChecks(root, this.#rewriter) : undefined;
  }

  run(): boolean {
    const failures = new FailureList();
    this.#orUndo(() => {
      for (const operation of this.#collect()) {
        const outcome = this.#legalizeTop(operation);
        if (typeof outcome === "object") failures.add(outcome);
        else if (outcome === "unknown" || outcome === "skipped") this.#options.unconverted?.add(operation);
      }
      if (failures.count > 0) throw new ConversionError(failures, []);
      const left = this.#finish();
      const mustFail = (this.#options.leftCasts ?? (this.#mode === "full" ? "fail" : "keep")) === "fail";
      if (mustFail && left.length > 0) throw new ConversionError(failures, left);
    });
    return this.#changed;
  }

  analyze(): ConversionAnalysis {
    const analysis = {
      legal: new Set<Operation>(),
      legalizable: new Set<Operation>(),
      unknown: new Set<Operation>(),
      illegal: new Map<Operation, LegalizationFailure>(),
      leftCasts: [] as readonly LeftCast[],
    };
    const sets = { legal: analysis.legal, converted: analysis.legalizable, unknown: analysis.unknown };
    this.#orUndo(() => {
      for (const operation of this.#collect()) {
        const outcome = this.#legalizeTop(operation);
        if (typeof outcome === "object") analysis.illegal.set(operation, outcome);
        else if (outcome !== "skipped") sets[outcome].add(operation);
      }
      analysis.leftCasts = this.#finish();
    });
    this.#rewriter.undoTo(0);
    this.#checks?.expectOriginal();
    return analysis;
  }

  // ------------------------------------------------------------------------------------------------------- operations

  /** Runs `body`; whatever it throws, the IR is then as it was. */
  #orUndo(body: () => void): void {
    try {
      body();
    } catch (error) {
      this.#rewriter.undoTo(0);
      if (!(error instanceof UntrackedEditError)) this.#checks?.expectOriginal();
      throw error;
    }
  }

  /** Definitions come before their users, so that users find converted operands. */
  #collect(): readonly Operation[] {
    const operations: Operation[] = [];
    forEachInside(this.#root, (operation) => {
      if (operation === this.#root) return true;
      operations.push(operation);
      return !this.#target.isRecursivelyLegal(operation);
    });
    return operations;
  }

  #legalizeTop(operation: Operation): Legalized {
    if (this.#rewriter.isErased(operation)) return "converted";
    return this.#legalize(operation);
  }

  #legalize(operation: Operation): Legalized {
    if (operation.name === castName) return "legal";
    const answer = this.#target.answer(operation);
    if (answer === true) return "legal";
    const mustGo = answer !== undefined || this.#mode === "full";
    const { patterns, useless } = this.#ways.for(operation.name);
    if (!mustGo && patterns.length === 0) return "unknown";
    const attempts: LegalizationAttempt[] = [];
    let wasSkipped = false;
    const attempted = (outcome: true | "skipped" | LegalizationAttempt): boolean => {
      if (outcome === true) return true;
      if (outcome === "skipped") wasSkipped = true;
      else if (outcome.refusal !== "") attempts.push(outcome);
      return false;
    };
    if (mustGo && this.#fold && attempted(this.#tryFold(operation))) return this.#converted();
    for (const pattern of patterns) {
      if (attempted(this.#tryPattern(operation, pattern))) return this.#converted();
    }
    if (!mustGo) return "unknown";
    if (wasSkipped) return "skipped";
    for (const { pattern, leaves } of useless) {
      const refusal = `left out: it makes '${leaves}', which is not legal and which no pattern takes`;
      attempts.push({ pattern: pattern.name, refusal });
    }
    return this.#failure(operation, answer, attempts);
  }

  #converted(): "converted" {
    this.#changed = true;
    return "converted";
  }

  #failure(
    operation: Operation,
    answer: LegalityAnswer,
    attempts: readonly LegalizationAttempt[],
  ): LegalizationFailure {
    return {
      operation: operation.name,
      location: operation.location,
      reason: isRefusal(answer) ? answer.refusal : undefined,
      attempts,
      hint: attempts.length === 0 ? this.#hint(operation.name) : undefined,
    };
  }

  #hint(name: string): string {
    let hint = this.#hints.get(name);
    if (hint === undefined) {
      hint = noPatternHint(name, this.#ways.roots);
      this.#hints.set(name, hint);
    }
    return hint;
  }

  // --------------------------------------------------------------------------------------------------------- patterns

  #tryPattern(operation: Operation, pattern: ConversionPattern): true | "skipped" | LegalizationAttempt {
    const { name } = pattern;
    const recursion = this.#recursionThrough(operation, pattern);
    if (recursion !== undefined) return { pattern: name, refusal: recursion };
    const observer = this.#context.rewriteObserver;
    if (observer?.begin?.("pattern", name, operation) === false) return "skipped";
    observer?.tried?.(name);
    const mark = this.#rewriter.mark;
    this.#checks?.before();
    const start = observer?.time === undefined ? 0 : performance.now();
    const outcome = this.#apply(operation, pattern);
    observer?.time?.(name, performance.now() - start);
    if (outcome !== true) {
      this.#rewriter.undoTo(mark);
      this.#checks?.afterRefusal(name);
      const attempt = attemptOf(pattern, outcome);
      if (isRefusal(outcome)) observer?.refused?.(name, operation, attempt.refusal);
      return attempt;
    }
    this.#checks?.afterSuccess(name);
    observer?.matched?.(name, operation, "pattern");
    this.#stack.push({ pattern, operation: operation.name });
    const fault = this.#legalizeEdits(operation, name);
    this.#stack.pop();
    if (fault === undefined) return true;
    this.#rewriter.undoTo(mark);
    return fault;
  }

  /** What the pattern says; a DiagnosticError that it throws counts as a refusal, with the place that the error names. */
  #apply(operation: Operation, pattern: ConversionPattern): Outcome | ThrownRefusal {
    const rewriter = this.#rewriter;
    rewriter.begin(operation, pattern.types);
    try {
      if (pattern.apply === undefined) {
        const groups = this.#operandGroups(operation);
        return isRefusal(groups) ? groups : pattern.applyGroups(operation, groups, rewriter);
      }
      const operands = this.#operandValues(operation);
      return isRefusal(operands) ? operands : pattern.apply(operation, operands, rewriter);
    } catch (error) {
      if (error instanceof ReplacementCountError)
        throw error.operation.error(`is replaced wrongly: the pattern '${pattern.name}' ${error.message}`);
      if (error instanceof DiagnosticError) return { refusal: error.message, thrown: error };
      if (!(error instanceof Error)) throw error;
      throw new Error(`pattern '${pattern.name}' failed on '${operation.name}': ${error.message}`, { cause: error });
    }
  }

  #operandGroups(operation: Operation): (readonly Value[])[] | Refusal {
    const groups: (readonly Value[])[] = [];
    for (const { value, index } of operation.operandUses) {
      const values = this.#rewriter.remappedAll(value);
      if (isRefusal(values)) return refuse(`operand ${index}: ${values.refusal}`);
      groups.push(values);
    }
    return groups;
  }

  #operandValues(operation: Operation): Value[] | Refusal {
    const uses = operation.operandUses;
    const operands: Value[] = [];
    for (let index = 0; index < uses.length; index++) {
      const { value } = uses[index]!;
      const values = this.#rewriter.remappedAll(value);
      if (isRefusal(values)) return refuse(`operand ${index}: ${values.refusal}`);
      if (values.length !== 1) return refuse(`operand ${index} of type ${value.type} ${severalValues(values.length)}`);
      operands.push(values[0]!);
    }
    return operands;
  }

  /** Why a pattern may not be applied to what it made itself; undefined where it may. */
  #recursionThrough(operation: Operation, pattern: ConversionPattern): string | undefined {
    if (this.#stack.length === 0) return undefined;
    const first = this.#stack.findIndex((each) => each.pattern === pattern && each.operation === operation.name);
    if (pattern.boundedRecursion || first < 0) {
      if (this.#stack.length < this.#maxDepth) return undefined;
      const cycle = this.#stack.slice(-this.#maxDepth).map((each) => each.pattern.name);
      return `patterns are applied to what they made more than ${this.#maxDepth} deep: ${[...new Set(cycle)].join(", ")}`;
    }
    const ring = [...this.#stack.slice(first).map((each) => each.pattern.name), pattern.name];
    return ring.length === 2
      ? `it made this operation itself (give it boundedRecursion if what it makes gets smaller)`
      : `it made this operation itself, by ${ring.join(" -> ")}`;
  }

  /** Legalizes what a pattern made and changed; what is wrong where that cannot be done. */
  #legalizeEdits(operation: Operation, pattern: string): LegalizationAttempt | undefined {
    const rewriter = this.#rewriter;
    const { made, modified, moved } = rewriter.edits;
    if (!rewriter.isErased(operation) && !modified.includes(operation)) {
      if (this.#target.legality(operation) !== true && !this.#mayStay(operation)) {
        return { pattern, refusal: "it said that it did something, but the operation is as it was, and illegal" };
      }
    }
    for (const changed of modified) {
      if (rewriter.isErased(changed)) continue;
      const outcome = this.#legalize(changed);
      if (typeof outcome !== "object") continue;
      const where = changed === operation ? "the operation, changed in place," : `'${changed.name}', which it changed,`;
      return { pattern, refusal: `it applied, but ${where} could not be legalized`, because: outcome };
    }
    for (const each of made.some(({ regions }) => regions.length > 0) ? withContents(made, moved) : made) {
      if (rewriter.isErased(each)) continue;
      const outcome = this.#legalize(each);
      if (typeof outcome !== "object") continue;
      return { pattern, refusal: `it applied, but its '${each.name}' could not be legalized`, because: outcome };
    }
    return undefined;
  }

  #mayStay(operation: Operation): boolean {
    return this.#mode !== "full" && this.#target.legality(operation) === undefined;
  }

  // ------------------------------------------------------------------------------------------------------------ folds

  #tryFold(operation: Operation): true | "skipped" | LegalizationAttempt {
    const nothing = notTried("fold");
    if (operation.results.length === 0 || operation.definition?.hasTrait("ConstantLike")) return nothing;
    const fold = this.#context.implementation(Fold, operation);
    if (fold === undefined) return nothing;
    const folded = fold(operation, operation.operands.map(constantOf));
    if (folded === undefined || folded.length !== operation.results.length) return nothing;
    const observer = this.#context.rewriteObserver;
    if (observer?.begin?.("fold", operation.name, operation) === false) return "skipped";
    const rewriter = this.#rewriter;
    const mark = rewriter.mark;
    rewriter.begin(operation);
    const values = this.#foldedValues(operation, folded);
    if (values === undefined) {
      rewriter.undoTo(mark);
      return nothing;
    }
    rewriter.replace(operation, values);
    observer?.matched?.(operation.name, operation, "fold");
    const fault = this.#legalizeEdits(operation, "fold");
    if (fault === undefined) return true;
    rewriter.undoTo(mark);
    return fault;
  }

  #foldedValues(operation: Operation, folded: readonly (Value | Attribute)[]): readonly Value[] | undefined {
    const values: Value[] = [];
    for (const [position, each] of folded.entries()) {
      const result = operation.results[position]!;
      if (!(each instanceof Attribute)) {
        if (each === result || each.type !== result.type) return undefined;
        values.push(each);
        continue;
      }
      const constant = this.#context.materializeConstant(each, result.type, operation.location, operation);
      if (constant === undefined) return undefined;
      values.push(this.#rewriter.insert(constant).onlyResult);
    }
    return values;
  }

  // ------------------------------------------------------------------------------------------------------------ casts

  /** Removes casts that cancel out, materializes the others where the converter can, and says which are left. */
  #finish(): readonly LeftCast[] {
    const rewriter = this.#rewriter;
    this.#expectNoUseOfErased();
    if (rewriter.casts.size === 0) return [];
    reconcile(this.#castsAround(), rewriter.castEditor);
    const left: LeftCast[] = [];
    for (const [cast, { kind, types, converted }] of [...rewriter.casts]) {
      if (rewriter.isErased(cast)) continue;
      rewriter.begin(cast);
      const request = {
        inputs: cast.operands,
        types: cast.results.map((result) => result.type),
        originalType: converted?.type,
        location: cast.location,
      };
      const values = types.materialize(kind, rewriter, request);
      if (values !== undefined) {
        this.#expectLegalMaterialization(kind, cast);
        rewriter.replace(cast, values);
        this.#changed = true;
        continue;
      }
      const [user] = cast.results.flatMap((result) => result.users);
      const why = types.hasMaterialization(kind)
        ? `no ${kind} materialization takes this`
        : `the type converter has no ${kind} materialization`;
      left.push(describeCast(cast, user ?? cast, why));
    }
    return left;
  }

  /** The conversion's own casts, and those that were there before on the same chains. */
  #castsAround(): readonly Operation[] {
    const rewriter = this.#rewriter;
    const all = new Set<Operation>();
    const add = (operation: Operation | undefined): void => {
      if (operation?.name === castName && !rewriter.isErased(operation)) all.add(operation);
    };
    for (const cast of rewriter.casts.keys()) add(cast);
    for (const cast of all) {
      add(cast.operandUses[0]?.value.definer);
      for (const { firstUse } of cast.results) {
        for (let use = firstUse; use !== undefined; use = use.next) add(use.owner);
      }
    }
    return [...all];
  }

  #expectLegalMaterialization(kind: string, cast: Operation): void {
    for (const made of this.#rewriter.edits.made) {
      if (this.#target.legality(made) !== false) continue;
      throw cast.error(`could not be replaced: a ${kind} materialization made '${made.name}', which is illegal`);
    }
  }

  #expectNoUseOfErased(): void {
    for (const root of this.#rewriter.erasedRoots) {
      if (!root.hasUses) continue;
      for (const result of root.results) {
        const [user] = result.users;
        if (user === undefined) continue;
        throw root.error(`was erased by a pattern, but its result ${result.index} is still used by '${user.name}'`);
      }
    }
  }
}

interface ThrownRefusal {
  readonly refusal: string;
  readonly thrown: DiagnosticError;
}

function attemptOf({ name, root }: ConversionPattern, outcome: Outcome | ThrownRefusal): LegalizationAttempt {
  // A pattern for any op that does not speak of this one is not worth a line.
  if (!isRefusal(outcome)) return root === undefined ? notTried(name) : { pattern: name, refusal: "does not apply" };
  return "thrown" in outcome
    ? { pattern: name, refusal: outcome.refusal, thrown: outcome.thrown }
    : { pattern: name, refusal: outcome.refusal };
}

/** An attempt that the report leaves out. */
function notTried(pattern: string): LegalizationAttempt {
  return { pattern, refusal: "" };
}

/** New operations and those that came inside them (as in a copy), without what was there before and only moved. */
function withContents(made: readonly Operation[], moved: ReadonlySet<object> | undefined): readonly Operation[] {
  const all = new Set<Operation>();
  for (const root of made) {
    forEachInside(root, (operation) => {
      if (operation !== root && (moved?.has(operation) || moved?.has(operation.block!))) return false;
      all.add(operation);
      return true;
    });
  }
  return [...all];
}
