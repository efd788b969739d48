/**
 * The rewriter of conversion patterns. Every edit takes effect at once, so that the IR is always as a pattern sees it, and is
 * written to a log that can take it back. Values may be replaced by values of other types: casts stand between the two.
 * Whatever a pattern changes must go through here; only operations that it has just made are its own.
 */
import { at, type InsertionPoint } from "../../builder.ts";
import type { Context } from "../../context.ts";
import type { Location } from "../../location.ts";
import { Block, type BlockArgument, type Operation, type Region, type Value } from "../../operation.ts";
import type { Type } from "../../types.ts";
import { isRefusal, type Refusal } from "../pattern.ts";
import { Rewriter } from "../rewriter.ts";
import { type CastEditor, makeCast, seenThroughCasts } from "./casts.ts";
import { behindAll } from "./insertion.ts";
import type { SignatureConversion } from "./signature.ts";
import type { MaterializationKind, TypeConverter } from "./type-converter.ts";
import {
  detachOperands,
  insertBlock,
  moveUses,
  snapshotOperation,
  takeBlock,
  takeOperation,
  UndoLog,
} from "./undo-log.ts";

/** What a cast that the conversion made stands for. */
export interface CastOrigin {
  readonly kind: MaterializationKind;
  readonly types: TypeConverter;
  /** The value that is converted, for a target materialization. */
  readonly converted: Value | undefined;
}

/** How an edit touched something: a user of a replaced value has other operands, and nothing else. */
export type Touch = "all" | "operands";

/** What one application of a pattern did, for the driver to look at. */
export interface AppliedEdits {
  readonly made: readonly Operation[];
  readonly modified: readonly Operation[];
  /** Blocks and operations that stand elsewhere now, but are not new. */
  readonly moved: ReadonlySet<Block | Operation> | undefined;
}

/** One replacement per result: a value, or the values (none, several) that the result became. */
export type Replacements = Value | readonly (Value | readonly Value[])[];

/** A pattern's mistake, which is never a refusal: it replaced a result by too few or too many values. */
export class ReplacementCountError extends Error {
  readonly operation: Operation;

  constructor(operation: Operation, position: number, type: Type, wanted: readonly Type[], found: number) {
    const becomes = wanted.length === 0 ? "nothing" : wanted.join(", ");
    super(
      `gave ${plural(found)} for result ${position} of type ${type}, which becomes ${plural(wanted.length)} (${becomes})`,
    );
    this.operation = operation;
  }
}

const plural = (values: number) => (values === 1 ? "1 value" : `${values} values`);

export class ConversionRewriter extends Rewriter {
  readonly #log = new UndoLog();
  readonly #defaultTypes: TypeConverter;
  /** What stands inside erased operations, and these; an erased operation without regions is in no block, which tells enough. */
  readonly #erased = new Set<Operation>();
  readonly #erasedRoots: Operation[] = [];
  readonly #casts = new Map<Operation, CastOrigin>();
  readonly #targetCasts = new Map<Value, Operation[]>();
  #types: TypeConverter;
  #made: Operation[] = [];
  #modified: Operation[] = [];
  #moved: Set<Block | Operation> | undefined = undefined;
  /** Everything that edits touched; kept for expensive checks only. */
  touched: Map<Operation | Block, Touch> | undefined = undefined;

  constructor(context: Context, types: TypeConverter) {
    super({ block: new Block(), before: undefined }, context);
    this.#types = types;
    this.#defaultTypes = types;
  }

  /** The converter that the running pattern sees types by. */
  get types(): TypeConverter {
    return this.#types;
  }

  // ------------------------------------------------------------------------------------------------ values and casts

  /** The one value to use in place of an operand; a DiagnosticError where it became several values or none. */
  remapped(value: Value): Value {
    const values = this.remappedAll(value);
    if (isRefusal(values)) throw this.#sourceError(value, values.refusal);
    const [only] = values;
    if (only === undefined || values.length !== 1) throw this.#sourceError(value, severalValues(values.length));
    return only;
  }

  /** The values to use in place of an operand: seen through casts where these lead to the converted types. */
  remappedAll(value: Value): readonly Value[] | Refusal {
    const wanted = this.#types.tryConvertValue(value);
    if (isRefusal(wanted)) return wanted;
    return seenThroughCasts(value, wanted) ?? this.#targetCast(value, wanted);
  }

  /** An unrealized cast of `value` to `type`, at the insertion point. */
  cast(value: Value, type: Type): Value {
    if (value.type === type) return value;
    return this.castAll([value], [type])[0]!;
  }

  /** An unrealized cast of values to values of these types, at the insertion point. */
  castAll(values: readonly Value[], types: readonly Type[]): readonly Value[] {
    return this.#insertCast(values, types, this.location, "source", undefined).results;
  }

  /** The value of type `type` that users of an unconverted value see in place of `values`. */
  #sourceCast(values: readonly Value[], type: Type, near: Operation, location: Location): Value {
    const [only] = values;
    if (only !== undefined && values.length === 1 && only.type === type) return only;
    const point = behindAll(values, near);
    return this.within(point, () => this.#insertCast(values, [type], location, "source", undefined).onlyResult);
  }

  /** `value` as values of converted types, made once, right behind its definition. */
  #targetCast(value: Value, wanted: readonly Type[]): readonly Value[] {
    if (wanted.length === 0) return [];
    const known = this.#targetCasts.get(value);
    for (const cast of known ?? []) {
      const { results } = cast;
      if (results.length === wanted.length && results.every((result, at) => result.type === wanted[at])) return results;
    }
    const made = this.within(this.#behindTargetCasts(value), () =>
      this.#insertCast([value], wanted, value.location, "target", value),
    );
    if (known === undefined) this.#targetCasts.set(value, [made]);
    else known.push(made);
    return made.results;
  }

  /** Right behind a value and the casts of its neighbours, so that these stand in the order in which they are asked for. */
  #behindTargetCasts(value: Value): InsertionPoint {
    const { definer } = value;
    const point = definer === undefined ? at.startOf(value.parentBlock!) : at.after(definer);
    let { before } = point;
    for (let step = 0; step < 64 && before !== undefined && this.#casts.get(before)?.kind === "target"; step++) {
      before = before.next;
    }
    return { block: point.block, before };
  }

  #insertCast(
    values: readonly Value[],
    types: readonly Type[],
    location: Location,
    kind: MaterializationKind,
    converted: Value | undefined,
  ): Operation {
    const cast = makeCast(this.context, values, types, location);
    const { block, before } = this.point;
    block.insertBefore(cast, before);
    this.#log.inserted(cast);
    this.#casts.set(cast, { kind, types: this.#types, converted });
    this.touched?.set(cast, "all");
    return cast;
  }

  #sourceError(value: Value, message: string): Error {
    return this.#subject(value).error(message);
  }

  #subject(value: Value): Operation {
    const subject = value.definer ?? value.parentBlock?.parentOperation;
    if (subject === undefined) throw new Error(`a value of type ${value.type} stands nowhere`);
    return subject;
  }

  // ------------------------------------------------------------------------------------------- replacing and erasing

  /**
   * Replaces each result by a value or by a list of values, whose types may differ from the result's, and erases the operation.
   * Users that are converted later get the new values; others get a cast.
   */
  override replace(operation: Operation, replacements: Replacements): true {
    const { results } = operation;
    const list: readonly (Value | readonly Value[])[] = isList(replacements) ? replacements : [replacements];
    if (list.length !== results.length) {
      throw new Error(`${operation.name} has ${results.length} results but got ${list.length} replacements`);
    }
    for (let position = 0; position < results.length; position++) {
      const result = results[position]!;
      const each = list[position]!;
      this.#checkCount(operation, position, result, isList(each) ? each.length : 1);
      if (isList(each)) this.#replaceBySeveral(operation, result, each);
      else {
        if (result.nameHint !== undefined && each.nameHint === undefined) this.#setName(each, result.nameHint);
        if (!result.hasUses) continue;
        const isSame = each.type === result.type;
        const stand = isSame ? each : this.#sourceCast([each], result.type, operation, operation.location);
        this.replaceAllUses(result, stand);
      }
    }
    return this.erase(operation);
  }

  /** Where the converter says what a result's type becomes, a pattern gives as many values as that has types. */
  #checkCount(operation: Operation, position: number, result: Value, found: number): void {
    const wanted = this.#types.tryConvertValue(result);
    if (isRefusal(wanted) || wanted.length === found || (wanted.length === 1 && wanted[0] === result.type)) return;
    throw new ReplacementCountError(operation, position, result.type, wanted, found);
  }

  #replaceBySeveral(operation: Operation, result: Value, values: readonly Value[]): void {
    this.#passOnName(result, values);
    if (!result.hasUses) return;
    this.replaceAllUses(result, this.#sourceCast(values, result.type, operation, operation.location));
  }

  /**
   * Erases an operation with all inside it; it still names its operands, but is no longer among their users. Its results may
   * be used by operations that are erased later.
   */
  override erase(operation: Operation): true {
    if (operation.block === undefined) throw operation.error("is erased twice, or was never in a block");
    // Who goes on building does so where the operation was.
    if (this.point.before === operation) this.point = { block: operation.block, before: operation.next };
    this.#erasedRoots.push(operation);
    if (operation.regions.length > 0) return this.#eraseWithContents(operation);
    this.touched?.set(operation, "all");
    const attach = detachOperands([operation]);
    const putBack = takeOperation(operation);
    this.#log.push(() => {
      this.#erasedRoots.pop();
      putBack();
      attach();
    });
    return true;
  }

  #eraseWithContents(operation: Operation): true {
    const contents = this.#contentsOf(operation);
    for (const each of contents) {
      this.#erased.add(each);
      this.touched?.set(each, "all");
    }
    const attach = detachOperands(contents);
    const putBack = takeOperation(operation);
    this.#log.push(() => {
      this.#erasedRoots.pop();
      putBack();
      attach();
      for (const each of contents) this.#erased.delete(each);
    });
    return true;
  }

  /** An operation with all inside it that is not erased yet. */
  #contentsOf(operation: Operation): readonly Operation[] {
    const contents: Operation[] = [];
    forEachInside(operation, (each) => {
      if (this.#erased.has(each)) return false;
      contents.push(each);
      return true;
    });
    return contents;
  }

  /** Changes operands, attributes, successors or result types of an operation in place. */
  override modify(operation: Operation, change: () => void): true {
    this.#log.push(snapshotOperation(operation));
    this.touched?.set(operation, "all");
    change();
    this.#modified.push(operation);
    return true;
  }

  override replaceAllUses(value: Value, replacement: Value): void {
    if (value === replacement) return;
    if (this.touched !== undefined) for (const user of value.users) this.#touchOperands(user);
    this.#log.push(moveUses(value, replacement));
  }

  protected override inserted(operation: Operation): void {
    this.#log.inserted(operation);
    this.#made.push(operation);
    if (this.touched !== undefined) operation.walk((each) => this.touched?.set(each, "all"));
  }

  #touchOperands(operation: Operation): void {
    if (!this.touched?.has(operation)) this.touched?.set(operation, "operands");
  }

  #noteMoved(subject: Block | Operation): void {
    this.#moved ??= new Set();
    this.#moved.add(subject);
    this.touched?.set(subject, "all");
  }

  #passOnName({ nameHint }: Value, values: readonly Value[]): void {
    if (nameHint === undefined) return;
    for (const [position, value] of values.entries()) {
      if (value.nameHint === undefined)
        this.#setName(value, values.length === 1 ? nameHint : `${nameHint}_${position}`);
    }
  }

  #setName(value: Value, name: string): void {
    value.nameHint = name;
    this.#log.push(() => {
      value.nameHint = undefined;
    });
  }

  // ------------------------------------------------------------------------------------------------- moving operations

  /** Moves an operation that is in a block to another place. */
  move(operation: Operation, point: InsertionPoint): void {
    this.#move([operation], point);
  }

  /** Moves all operations of `source` to `point`; its arguments become `values`. The block, then empty, is erased. */
  inlineBlock(source: Block, point: InsertionPoint, values: readonly Value[] = []): void {
    if (values.length !== source.arguments.length) {
      throw new Error(`the block has ${source.arguments.length} arguments, but ${values.length} values are given`);
    }
    for (const [position, argument] of source.arguments.entries()) this.replaceAllUses(argument, values[position]!);
    this.#move(source.operations, point);
    if (source.region !== undefined) this.eraseBlock(source);
  }

  #move(operations: readonly Operation[], { block, before }: InsertionPoint): void {
    for (const operation of operations) {
      const putBack = takeOperation(operation);
      block.insertBefore(operation, before);
      this.#noteMoved(operation);
      this.#log.push(() => {
        operation.unlink();
        putBack();
      });
    }
  }

  // ------------------------------------------------------------------------------------------------------------ blocks

  /** A new block with arguments, before `before` in the region or at its end. */
  createBlock(region: Region, argumentTypes: readonly Type[] = [], before?: Block): Block {
    const block = new Block();
    for (const type of argumentTypes) block.addArgument(type, this.location);
    this.#place(block, region, before);
    return block;
  }

  /** Cuts a block in two: `first` and all behind it (undefined: nothing) go into a new block that follows. */
  splitBlock(block: Block, first: Operation | undefined): Block {
    const { region } = block;
    if (region === undefined) throw new Error("a block that is in no region cannot be split");
    const rest = new Block();
    const moved: Operation[] = [];
    for (let each = first; each !== undefined; each = each.next) moved.push(each);
    this.#place(rest, region, region.blocks[region.blocks.indexOf(block) + 1]);
    this.#move(moved, at.endOf(rest));
    return rest;
  }

  /** Moves all blocks of a region into another, before `before` or at its end. */
  inlineRegion(from: Region, to: Region, before?: Block): void {
    this.moveBlocks([...from.blocks], to, before);
  }

  moveBlocks(blocks: readonly Block[], to: Region, before?: Block): void {
    // From the last on, so that each is the last of its region when a whole region moves.
    const putBack = [...blocks].reverse().map((block) => takeBlock(block));
    let position = before === undefined ? to.blocks.length : to.blocks.indexOf(before);
    for (const block of blocks) {
      insertBlock(to, block, position++);
      this.#noteMoved(block);
    }
    this.#log.push(() => {
      for (const block of [...blocks].reverse()) block.region?.remove(block);
      for (const back of putBack.reverse()) back();
    });
  }

  /** Erases a block with all in it. */
  eraseBlock(block: Block): void {
    for (const operation of block.operations.reverse()) this.erase(operation);
    this.touched?.set(block, "all");
    this.#log.push(takeBlock(block));
  }

  #place(block: Block, region: Region, before: Block | undefined): void {
    insertBlock(region, block, before === undefined ? region.blocks.length : region.blocks.indexOf(before));
    this.touched?.set(block, "all");
    this.#log.push(() => region.remove(block));
  }

  // -------------------------------------------------------------------------------------------------- block arguments

  /** Gives the arguments of a block converted types; users of the old ones see casts until they are converted. */
  convertArguments(block: Block): void {
    this.applySignature(block, this.#types.convertSignature(block.arguments));
  }

  /** Converts the arguments of all blocks of a region; those of the first by `entry`, where it is given. */
  convertRegion(region: Region, entry?: SignatureConversion): void {
    for (const [position, block] of region.blocks.entries()) {
      if (position === 0 && entry !== undefined) this.applySignature(block, entry);
      else this.convertArguments(block);
    }
  }

  /** Changes the arguments of a block in place. An argument whose type stays is kept. */
  applySignature(block: Block, conversion: SignatureConversion): void {
    const old = [...block.arguments];
    if (conversion.inputCount !== old.length) {
      throw new Error(`the block has ${old.length} arguments, but the conversion is for ${conversion.inputCount}`);
    }
    const keeper = new Map<number, BlockArgument>();
    for (const [position, argument] of old.entries()) {
      const input = conversion.input(position);
      if (input?.kind !== "arguments" || input.count !== 1) continue;
      if (conversion.types[input.first] === argument.type && !keeper.has(input.first)) {
        keeper.set(input.first, argument);
      }
    }
    if (keeper.size === old.length && conversion.types.length === old.length) {
      if (old.every((argument, position) => keeper.get(position) === argument)) return;
    }
    const origin = originsOf(conversion, old.length);
    const list = conversion.types.map((type, position) => {
      const from = origin.get(position);
      const location = (from === undefined ? undefined : old[from]?.location) ?? this.location;
      return keeper.get(position) ?? block.addArgument(type, location);
    });
    const kept = new Set(list);
    block.restoreArguments([...list, ...old.filter((argument) => !kept.has(argument))]);
    this.#log.push(() => block.restoreArguments(old));
    this.touched?.set(block, "all");
    for (const [position, argument] of old.entries()) {
      if (kept.has(argument)) continue;
      const input = conversion.input(position);
      const values =
        input === undefined
          ? []
          : input.kind === "values"
            ? input.values
            : list.slice(input.first, input.first + input.count);
      if (input?.kind === "arguments") this.#passOnName(argument, values);
      if (argument.hasUses) this.replaceAllUses(argument, this.#argumentCast(block, values, argument));
    }
    block.restoreArguments(list);
  }

  #argumentCast(block: Block, values: readonly Value[], argument: Value): Value {
    const [only] = values;
    if (only !== undefined && values.length === 1 && only.type === argument.type) return only;
    return this.within(
      at.startOf(block),
      () => this.#insertCast(values, [argument.type], argument.location, "argument", undefined).onlyResult,
    );
  }

  // -------------------------------------------------------------------------------------------------- for the driver

  /** Stands before `operation`, with nothing done yet. */
  begin(operation: Operation, types: TypeConverter = this.#defaultTypes): void {
    this.#types = types;
    this.point = at.before(operation);
    this.location = operation.location;
    // What was collected before may still be looked at by the driver.
    if (this.#made.length > 0) this.#made = [];
    if (this.#modified.length > 0) this.#modified = [];
    this.#moved = undefined;
  }

  /** What was done since `begin`. */
  get edits(): AppliedEdits {
    return { made: this.#made, modified: this.#modified, moved: this.#moved };
  }

  get mark(): number {
    return this.#log.mark;
  }

  /** Takes back all edits since `mark`. */
  undoTo(mark: number): void {
    for (const operation of this.#log.undoTo(mark)) {
      const origin = this.#casts.get(operation);
      if (origin === undefined) continue;
      this.#casts.delete(operation);
      if (origin.converted !== undefined) this.#forgetTargetCast(origin.converted, operation);
    }
  }

  #forgetTargetCast(value: Value, cast: Operation): void {
    const rest = (this.#targetCasts.get(value) ?? []).filter((each) => each !== cast);
    if (rest.length === 0) this.#targetCasts.delete(value);
    else this.#targetCasts.set(value, rest);
  }

  /** Whether an operation that was once in a block is gone, or inside one that is. */
  isErased(operation: Operation): boolean {
    return operation.block === undefined || this.#erased.has(operation);
  }

  /** Operations erased so far, outermost only. */
  get erasedRoots(): readonly Operation[] {
    return this.#erasedRoots;
  }

  /** The casts made by the conversion, with what each stands for. */
  get casts(): ReadonlyMap<Operation, CastOrigin> {
    return this.#casts;
  }

  get castEditor(): CastEditor {
    return {
      replaceAllUses: (value, replacement) => this.replaceAllUses(value, replacement),
      erase: (casts) => {
        for (const cast of casts) this.erase(cast);
      },
    };
  }
}

/** What is said of an operand that did not become one value. */
export function severalValues(count: number): string {
  return `became ${count === 0 ? "no values" : `${count} values`}, but one is expected; use convertOneToN`;
}

function isList<T>(value: Value | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

/** For each new argument the old one that it came from. */
function originsOf(conversion: SignatureConversion, count: number): ReadonlyMap<number, number> {
  const origins = new Map<number, number>();
  for (let position = 0; position < count; position++) {
    const input = conversion.input(position);
    if (input?.kind !== "arguments") continue;
    for (let each = input.first; each < input.first + input.count; each++) origins.set(each, position);
  }
  return origins;
}

/** Calls `visit` on an operation and, where it says true, on all inside it. Nesting may be deep. */
export function forEachInside(root: Operation, visit: (operation: Operation) => boolean): void {
  if (root.regions.length === 0) {
    visit(root);
    return;
  }
  const pending: Operation[] = [root];
  for (let operation = pending.pop(); operation !== undefined; operation = pending.pop()) {
    if (!visit(operation)) continue;
    for (let r = operation.regions.length - 1; r >= 0; r--) {
      const { blocks } = operation.regions[r]!;
      for (let b = blocks.length - 1; b >= 0; b--) {
        for (let inner = blocks[b]!.last; inner !== undefined; inner = inner.previous) pending.push(inner);
      }
    }
  }
}
