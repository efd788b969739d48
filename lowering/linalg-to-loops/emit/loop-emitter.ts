/**
 * The open loops while a nest is written out. Every value goes to the outermost loop level that it can be computed at (an
 * index to the loop whose counter it needs last, a constant in front of the nest), and equal values of one level are
 * made once. So the code comes out as loop-invariant code motion and CSE would leave it.
 */
import { addi, constant, divui, minsi, muli, remui } from "../../../dialects/arith/ops.ts";
import { forOperation, yieldOperation } from "../../../dialects/scf/ops.ts";
import { type AffineExpression, evaluateAffine } from "../../../ir/affine-map.ts";
import { type Attribute, DenseElementsAttribute, FloatAttribute, IntegerAttribute } from "../../../ir/attributes.ts";
import { Builder } from "../../../ir/builder.ts";
import type { Location } from "../../../ir/location.ts";
import { Block, type Operation, Region, type Value } from "../../../ir/operation.ts";
import { FloatType, IndexType, IntegerType, index, type Type, VectorType } from "../../../ir/types.ts";
import type { Segment } from "../schedule/segments.ts";

interface Level {
  readonly builder: Builder;
  readonly memo: Map<string, Value>;
}

/** Where a loop stands: its counter (undefined while it makes a single trip) and the level at which that is known. */
export interface LoopBase {
  readonly value: Value | undefined;
  readonly level: number;
}

/** A part of an index: `stride` times the counter of a loop. */
export interface IndexTerm {
  readonly loop: number;
  readonly stride: number;
}

const atStart: LoopBase = { value: undefined, level: 0 };

export class LoopEmitter {
  readonly #levels: Level[];
  readonly #opened: Operation[] = [];
  readonly #location: Location;
  /** Per scheduled loop, where it stands. */
  readonly #bases: LoopBase[];
  readonly #identities = new Map<object, number>();

  /** Code goes in front of `anchor`; its outermost operations get `attributes`. */
  constructor(
    anchor: Operation,
    loopCount: number,
    location: Location,
    attributes: readonly (readonly [string, Attribute])[],
  ) {
    const { block } = anchor;
    if (block === undefined) throw new Error(`${anchor.name} is not in a block`);
    this.#location = location;
    const builder = new OuterBuilder({ block, before: anchor }, location, attributes);
    this.#levels = [{ builder, memo: new Map() }];
    this.#bases = Array.from({ length: loopCount }, () => atStart);
  }

  /** The innermost open level. */
  get depth(): number {
    return this.#levels.length - 1;
  }

  base(loop: number): LoopBase {
    return this.#bases[loop]!;
  }

  builderAt(level: number): Builder {
    return this.#levels[level]!.builder;
  }

  /** A number that stands for an object in memo keys. */
  identity(item: object): number {
    const known = this.#identities.get(item);
    if (known !== undefined) return known;
    const made = this.#identities.size;
    this.#identities.set(item, made);
    return made;
  }

  /** The value of `key` at a level, made by `make` on first use. */
  once(level: number, key: string, make: (builder: Builder) => Value): Value {
    const { builder, memo } = this.#levels[level]!;
    const known = memo.get(key);
    if (known !== undefined) return known;
    const made = make(builder);
    memo.set(key, made);
    return made;
  }

  constant(attribute: Attribute): Value {
    return this.once(0, `constant ${attribute}`, (builder) => builder.build(constant, { value: attribute }).result);
  }

  index(value: number): Value {
    return this.constant(IntegerAttribute.get(value, index));
  }

  /** A scalar constant, or all lanes of a vector. */
  number(value: number | bigint, type: Type): Value {
    if (type instanceof VectorType) return this.constant(DenseElementsAttribute.splat(type, value));
    if (type instanceof FloatType) return this.constant(FloatAttribute.get(Number(value), type));
    if (type instanceof IntegerType || type instanceof IndexType)
      return this.constant(IntegerAttribute.get(value, type));
    throw new Error(`type ${type} has no constants`);
  }

  /**
   * Opens a loop over a segment; a single trip opens nothing (no trips, over an empty dimension, do). Gives the carried values inside. Close in reverse order.
   */
  open(loop: number, segment: Segment, initial: readonly Value[]): readonly Value[] {
    const { begin, end, step, last } = segment;
    if (begin < end && begin + step >= end) {
      this.#opened.push(singleTrip);
      return initial;
    }
    const level = this.#levels.at(-1)!;
    const block = new Block();
    const counter = block.addArgument(index, this.#location);
    const carried = initial.map((value) => block.addArgument(value.type, this.#location));
    const operation = level.builder.build(forOperation, {
      lowerBound: this.index(begin),
      upperBound: this.index(end),
      step: this.index(step),
      initArgs: initial,
      region: new Region([block]),
    });
    // What is hoisted to this level from now on must come before the loop that needs it.
    level.builder.point = { block: level.builder.point.block, before: operation };
    this.#levels.push({ builder: new Builder({ block, before: undefined }, this.#location), memo: new Map() });
    this.#opened.push(operation);
    const largest = begin + Math.floor((end - begin - 1) / step) * step;
    let value: Value = counter;
    if (last < largest) value = this.#inner.build(minsi, { lhs: counter, rhs: this.index(last) }).result;
    this.#bases[loop] = { value, level: this.depth };
    return carried;
  }

  /** Closes the innermost loop, handing `values` to the next trip; gives the final values outside. */
  close(loop: number, values: readonly Value[]): readonly Value[] {
    const operation = this.#opened.pop();
    if (operation === undefined) throw new Error("no loop is open");
    if (operation === singleTrip) return values;
    this.#inner.build(yieldOperation, { inputs: values });
    this.#levels.pop();
    const level = this.#levels.at(-1)!;
    level.builder.point = { block: level.builder.point.block, before: operation.next };
    this.#bases[loop] = atStart;
    return operation.results;
  }

  get #inner(): Builder {
    return this.#levels.at(-1)!.builder;
  }

  /** The deepest level among the loops that terms use. */
  levelOf(loops: Iterable<number>): number {
    let level = 0;
    for (const loop of loops) level = Math.max(level, this.base(loop).level);
    return level;
  }

  /** `shift + Σ stride · counter`, built from the outermost loop inwards so that each level adds its own part. */
  linear(terms: readonly IndexTerm[], shift: number): Value {
    const turning = terms
      .filter(({ loop, stride }) => stride !== 0 && this.base(loop).value !== undefined)
      .sort((a, b) => this.base(a.loop).level - this.base(b.loop).level);
    let sum: Value | undefined;
    let key = "";
    let level = 0;
    for (const { loop, stride } of turning) {
      const { value, level: at } = this.base(loop);
      key += ` ${loop}:${stride}`;
      level = at;
      const outer = sum;
      sum = this.once(at, `linear${key}`, () => this.#plus(at, outer, this.#times(at, value!, stride)));
    }
    if (sum === undefined) return this.index(shift);
    if (shift === 0) return sum;
    const variable = sum;
    return this.once(level, `linear${key} + ${shift}`, () => this.#plus(level, variable, this.index(shift)));
  }

  #times(level: number, value: Value, factor: number): Value {
    if (factor === 1) return value;
    return this.builderAt(level).build(muli, { lhs: value, rhs: this.index(factor) }).result;
  }

  #plus(level: number, lhs: Value | undefined, rhs: Value): Value {
    return lhs === undefined ? rhs : this.builderAt(level).build(addi, { lhs, rhs }).result;
  }

  /** `lhs + rhs` at a level, made once. */
  plus(level: number, lhs: Value, rhs: Value): Value {
    return this.once(level, `plus ${this.identity(lhs)} ${this.identity(rhs)}`, () => this.#plus(level, lhs, rhs));
  }

  /** `value · factor` at a level, made once. */
  times(level: number, value: Value, factor: number): Value {
    if (factor === 1) return value;
    return this.once(level, `times ${this.identity(value)} ${factor}`, () => this.#times(level, value, factor));
  }

  /**
   * An affine expression over index values. `sizes` bounds the dimensions, which tells where a numerator could be negative.
   */
  affine(
    expression: AffineExpression,
    level: number,
    dimensionValue: (position: number) => Value,
    sizes: readonly number[],
  ): Value {
    const visit = (each: AffineExpression): Value => {
      switch (each.kind) {
        case "constant":
          return this.index(each.value);
        case "dimension":
          return dimensionValue(each.position);
        case "symbol":
          throw new Error("an indexing map of a structured operation has no symbols");
        case "add":
          return this.plus(level, visit(each.lhs), visit(each.rhs));
        case "mul":
          if (each.rhs.kind !== "constant") throw new Error("a product of two dimensions is not affine");
          return this.times(level, visit(each.lhs), each.rhs.value);
        default:
          return this.#division(each.kind, each.lhs, each.rhs, level, visit, sizes);
      }
    };
    return visit(expression);
  }

  /** Division with floor semantics: the numerator is lifted to a non-negative multiple of the divisor first. */
  #division(
    kind: "mod" | "floordiv" | "ceildiv",
    lhs: AffineExpression,
    rhs: AffineExpression,
    level: number,
    visit: (expression: AffineExpression) => Value,
    sizes: readonly number[],
  ): Value {
    if (rhs.kind !== "constant" || rhs.value <= 0)
      throw new Error("an affine division needs a positive constant divisor");
    const divisor = rhs.value;
    const rounding = kind === "ceildiv" ? divisor - 1 : 0;
    const smallest = smallestValue(lhs, sizes) + rounding;
    const lift = smallest >= 0 ? 0 : Math.ceil(-smallest / divisor);
    const shift = rounding + lift * divisor;
    const base = visit(lhs);
    const numerator = shift === 0 ? base : this.plus(level, base, this.index(shift));
    const divisorValue = this.index(divisor);
    const key = `${kind} ${this.identity(numerator)} ${divisor}`;
    if (kind === "mod") {
      return this.once(level, key, (builder) => builder.build(remui, { lhs: numerator, rhs: divisorValue }).result);
    }
    const quotient = this.once(
      level,
      key,
      (builder) => builder.build(divui, { lhs: numerator, rhs: divisorValue }).result,
    );
    return lift === 0 ? quotient : this.plus(level, quotient, this.index(-lift));
  }
}

/** Stands on the stack for a loop that makes one trip and needs no code. */
const singleTrip: Operation = constant.build({ value: IntegerAttribute.get(0, index) }, { kind: "unknown" });

/** A lower bound of an expression over a box of dimensions. */
function smallestValue(expression: AffineExpression, sizes: readonly number[]): number {
  const bounds = (each: AffineExpression): readonly [number, number] => {
    switch (each.kind) {
      case "constant":
        return [each.value, each.value];
      case "dimension":
        return [0, sizes[each.position]! - 1];
      case "symbol":
        return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      default: {
        const [low, high] = bounds(each.lhs);
        const [otherLow, otherHigh] = bounds(each.rhs);
        if (each.kind === "add") return [low + otherLow, high + otherHigh];
        if (each.kind === "mod") return [0, otherHigh - 1];
        const corners = [low, high].flatMap((a) =>
          [otherLow, otherHigh].map((b) => evaluateAffine({ kind: each.kind, lhs: fixed(a), rhs: fixed(b) }, [])),
        );
        return [Math.min(...corners), Math.max(...corners)];
      }
    }
  };
  return bounds(expression)[0];
}

function fixed(value: number): AffineExpression {
  return { kind: "constant", value };
}

/** Marks what is inserted at the outermost level, so that the nest can be told from its neighbours. */
class OuterBuilder extends Builder {
  readonly #attributes: readonly (readonly [string, Attribute])[];

  constructor(
    point: { block: Block; before: Operation | undefined },
    location: Location,
    attributes: readonly (readonly [string, Attribute])[],
  ) {
    super(point, location);
    this.#attributes = attributes;
  }

  protected override inserted(operation: Operation): void {
    for (const [name, value] of this.#attributes) operation.attributes.set(name, value);
  }
}
