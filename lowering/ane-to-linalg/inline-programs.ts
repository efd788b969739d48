/**
 * Calls of engine programs replaced by what their tasks compute, with the engine's rounding: one `fused` task per task of the
 * engine, on f32 tensors that hold values of f16. Each also counts the infinities that it gives, for the overflow report.
 */
import * as ane from "../../dialects/ane/index.ts";
import { constant as arithConstant } from "../../dialects/arith/index.ts";
import { strongestAnchor, tasks, yieldOperation } from "../../dialects/fused/index.ts";
import * as tensor from "../../dialects/tensor/index.ts";
import {
  DenseElementsAttribute,
  type ElementsAttribute,
  elementsAttribute,
  SymbolReferenceAttribute,
} from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import { type Location, nameOf, placeOf } from "../../ir/location.ts";
import { Block, type Operation, Region, type Value } from "../../ir/operation.ts";
import { resolveSymbol } from "../../ir/symbol-table.ts";
import { f16, f32, i1, i32, TensorType } from "../../ir/types.ts";
import type { OverflowEntry } from "./overflow-entries.ts";

/** A count of infinities, and what it counts for. */
interface Counted {
  readonly entry: OverflowEntry;
  /** `tensor<i32>` */
  readonly count: Value;
}

export interface InlineOptions {
  readonly countOverflow: boolean;
}

/** What is left of the calls of one function. */
export class InlinedPrograms {
  readonly #builder: Builder;
  readonly #options: InlineOptions;
  readonly #counted: Counted[] = [];
  readonly #constants = new Map<string, Value>();
  /** Positions in the report of what a host value depends on. */
  readonly #sources = new Map<Value, readonly number[]>();

  constructor(builder: Builder, options: InlineOptions) {
    this.#builder = builder;
    this.#options = options;
  }

  get counted(): readonly Counted[] {
    return this.#counted;
  }

  /** Replaces one call. */
  inline(call: Operation): void {
    const { callee } = ane.call.cast(call);
    const program = resolveSymbol(call, SymbolReferenceAttribute.get(callee));
    if (!ane.program.matches(program)) throw call.error(`calls @${callee}, which is not an ane.program in this module`);
    this.#builder.point = at.before(call);
    this.#builder.location = call.location;
    const rules = ane.engineRules(ane.targetOf(program.target));
    const values = new Map<Value, Value>();
    const block = program.body.onlyBlock;
    for (const [position, argument] of block.arguments.entries()) {
      const name = program.input_names[position] ?? `in${position}`;
      values.set(argument, this.#admit(call.operand(position), name, rules));
    }
    for (const task of block.operations) {
      if (ane.returnOperation.matches(task)) {
        const results = task.inputs.map((value) => this.#leave(values.get(value)!));
        call.replaceAllUsesWith(results);
      } else if (ane.constant.matches(task)) values.set(task.result, this.#constant(task.value));
      else if (ane.isCompressedConstant(task)) values.set(task.onlyResult, this.#constant(unfolded(task)));
      else values.set(task.onlyResult, this.#task(task, values, rules));
    }
    call.erase();
  }

  /** An input, with what is no number as +inf. */
  #admit(input: Value, name: string, rules: ane.EngineRules): Value {
    const group = new TaskGroup([input], rules);
    const wide = group.steps.admit(group.inside(input));
    const counts = this.#options.countOverflow ? [wide.value] : [];
    const { value, count } = this.#finish(group, wide.value, counts, `${name}_in`);
    const sources = this.#sources.get(input) ?? [];
    this.#record({ name, kind: "input", location: "", sources }, value, count);
    return value;
  }

  #task(task: Operation, values: ReadonlyMap<Value, Value>, rules: ane.EngineRules): Value {
    this.#builder.location = task.location;
    const operands = task.operands.map((operand) => values.get(operand)!);
    const group = new TaskGroup(operands, rules);
    const outside = new Map<Value, Value>(task.operands.map((operand, position) => [operand, operands[position]!]));
    const { steps } = group;
    const wide = steps.settle(
      ane.expandTask(steps, task, (value) => ({ value: group.inside(outside.get(value)!), settled: true })),
    );
    const ofResult = canOverflow(task, rules) ? [wide.value] : [];
    const watched = this.#options.countOverflow ? [...steps.watched, ...ofResult] : [];
    const { value, count } = this.#finish(group, wide.value, watched, task.onlyResult.nameHint);
    const sources = [...new Set(operands.flatMap((operand) => this.#sources.get(operand) ?? []))];
    const name = nameOf(task.location) ?? task.onlyResult.nameHint ?? `${task.name}#${this.#counted.length}`;
    this.#record({ name, kind: "task", location: placeText(task.location), sources }, value, count);
    return value;
  }

  #record(entry: OverflowEntry, value: Value, count: Value | undefined): void {
    if (count === undefined) {
      this.#sources.set(value, entry.sources);
      return;
    }
    this.#sources.set(value, [this.#counted.length]);
    this.#counted.push({ entry, count });
  }

  /** Closes a task: its result, and how many infinities `counted` values have. */
  #finish(group: TaskGroup, value: Value, counted: readonly Value[], hint: string | undefined) {
    const counts = counted.map((each) => group.countInfinities(each));
    const total = counts.reduce<Value | undefined>(
      (sum, count) => (sum === undefined ? count : group.steps.build(tensor.add, { lhs: sum, rhs: count })),
      undefined,
    );
    const results = group.close(this.#builder, total === undefined ? [value] : [value, total]);
    const [result, count] = results;
    if (hint !== undefined && result !== undefined) result.nameHint ??= hint;
    return { value: result!, count };
  }

  /** Back to f16 for host code. */
  #leave(value: Value): Value {
    if (!isTensorValue(value) || value.type.element !== f32) return value;
    const result = TensorType.get(value.type.shape, f16);
    const made = this.#builder.build(tensor.convert, { input: value, result }).result;
    const sources = this.#sources.get(value);
    if (sources !== undefined) this.#sources.set(made, sources);
    return made;
  }

  /** Weights widened once, when compiling. */
  #constant(value: ElementsAttribute): Value {
    const known = this.#constants.get(value.text);
    if (known !== undefined) return known;
    const { type } = value;
    const wide = type.element === f16 ? widened(value) : value;
    const entry = this.#builder.point.block.first;
    const made = this.#builder.within(
      entry === undefined ? this.#builder.point : at.before(entry),
      () => this.#builder.build(arithConstant, { value: wide, result: wide.type }).result,
    );
    this.#constants.set(value.text, made);
    return made;
  }
}

/** The f16 numbers of a compressed constant, made once, when compiling. */
function unfolded(operation: Operation): ElementsAttribute {
  const { shape, data } = ane.decompressed(operation);
  return elementsAttribute(TensorType.get(shape, f16), data, "engine");
}

function widened(value: ElementsAttribute): ElementsAttribute {
  const type = TensorType.get(value.type.shape, f32);
  const { data } = value instanceof DenseElementsAttribute ? value : value.value;
  const wide = Float32Array.from({ length: data.length }, (_, index) => admitted(Number(data[index])));
  return value instanceof DenseElementsAttribute
    ? DenseElementsAttribute.get(type, wide)
    : elementsAttribute(type, wide, "engine");
}

/** `file:line:column` of the first place that a location leads to; empty where there is none. */
function placeText(location: Location): string {
  const { file, line, column } = placeOf(location);
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

/** A number that is none is +inf to the engine. */
function admitted(value: number): number {
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
}

function isTensorValue(value: Value): value is Value<TensorType> {
  return value.type instanceof TensorType;
}

/** A `fused` task while its region is filled. */
class TaskGroup {
  readonly steps: ane.EngineSteps;
  readonly #block = new Block();
  readonly #outside: readonly Value[];
  readonly #inside = new Map<Value, Value>();

  constructor(operands: readonly Value[], rules: ane.EngineRules) {
    this.#outside = [...new Set(operands)];
    for (const operand of this.#outside) {
      const argument = this.#block.addArgument(operand.type, operand.location);
      argument.nameHint = operand.nameHint;
      this.#inside.set(operand, argument);
    }
    this.steps = new ane.EngineSteps(new Builder(at.endOf(this.#block)), rules);
  }

  inside(operand: Value): Value {
    return this.#inside.get(operand)!;
  }

  /** How many elements are infinite, as `tensor<i32>`. */
  countInfinities(value: Value): Value {
    const { steps } = this;
    const infinity = steps.scalar(Number.POSITIVE_INFINITY);
    const isInfinite = steps.build(tensor.equal, { lhs: steps.build(tensor.abs, { input: value }), rhs: infinity });
    const { type } = value;
    if (!(type instanceof TensorType)) throw new Error(`a tensor is expected, found ${type}`);
    const ones = steps.build(tensor.convert, { input: isInfinite, result: TensorType.get(type.shape, i32) });
    return steps.build(tensor.reduceSum, { input: ones, axes: type.shape.map((_, axis) => axis), keep_dims: false });
  }

  /** Builds the task before the builder's point. A result that is an operand needs none. */
  close(builder: Builder, results: readonly Value[]): readonly Value[] {
    const operations = this.#block.operations;
    const same = this.#outside.filter((operand) => results.includes(this.inside(operand)));
    if (results.length === same.length)
      return results.map((result) => same.find((operand) => this.inside(operand) === result)!);
    const inside = new Builder(at.endOf(this.#block), builder.location);
    inside.build(yieldOperation, { values: results.filter(isTensorValue) });
    const definition = tasks[strongestAnchor(operations) ?? "elementwise"];
    for (const operation of operations) operation.location = builder.location;
    const made = builder.insert(
      definition.build(
        {
          inputs: this.#outside.filter(isTensorValue),
          outputs: results.filter(isTensorValue).map(({ type }) => type),
          body: new Region([this.#block]),
        },
        builder.location,
      ),
    );
    return made.results;
  }
}

/** Whether a task can give an infinity although its operands have none. */
function canOverflow(task: Operation, rules: ane.EngineRules): boolean {
  // Truth values, from a comparison with a constant for example.
  if (task.onlyResult.type instanceof ane.SurfaceType && task.onlyResult.type.element === i1) return false;
  if (ane.move.matches(task)) {
    return task.kind === "slice" && rules.cropLimit !== undefined && (task.begin?.at(-1) ?? 0) !== 0;
  }
  const activations = ["post_activation", "pre_activation"].map((name) => task.attribute(name));
  const [post, pre] = activations.map((each) => (each instanceof ane.ActivationAttribute ? each : undefined));
  if (post?.facts.saturating) return false;
  const hasAffine = task.operands.some((operand) => ane.constant.matches(operand.definer)) && "gain" in task;
  const isExact = (each: typeof post) => each === undefined || each.facts.exact === true;
  if (hasAffine || !isExact(post) || !isExact(pre)) return true;
  if (ane.pool.matches(task)) return task.kind === "l2";
  if (ane.reduce.matches(task)) return !["max", "min", "mean", "log_sum_exp"].includes(task.kind);
  if (ane.softmax.matches(task) || ane.resample.matches(task)) return false;
  if (ane.elementwise.matches(task)) return canOverflowElementwise.has(task.kind);
  return true;
}

const canOverflowElementwise: ReadonlySet<ane.ElementwiseKind> = new Set<ane.ElementwiseKind>([
  ...(["add", "sub", "mul", "real_div", "pow", "prelu"] as const),
]);
