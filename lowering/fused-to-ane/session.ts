/**
 * What rules work with while a function is converted: the values known so far, the tasks drafted so far, constants, and the
 * target. A rule turns one op of the tensor dialect into tasks, or refuses with the reason.
 */
import { ActivationAttribute, type ActivationName, elementwise, move, type Target } from "../../dialects/ane/index.ts";
import type { AnyDefinition, Context } from "../../ir/context.ts";
import { constantOf } from "../../ir/effects.ts";
import { dataOfAttribute, evaluateOperation } from "../../ir/evaluate.ts";
import { OpInterface } from "../../ir/interfaces.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { getNumber, setNumber, type TensorData, zeros } from "../../ir/tensor-data.ts";
import { elementNameOf, elementType, f16, i1, isFloat, TensorType, type Type } from "../../ir/types.ts";
import { type EngineValue, reasonAgainst, resultShape, type SlotStep, type TaskDraft } from "./draft.ts";
import { reasonAgainstActivation, reasonAgainstTask, reasonAgainstTranspose } from "./legality.ts";

/** Thrown by rules: the op cannot run on the engine, and why. */
export class EngineRefusal extends Error {}

export function refuse(reason: string): never {
  throw new EngineRefusal(reason);
}

/** The element type of a value on the engine; undefined where there is none. */
export function engineElement(type: Type): Type | undefined {
  if (isFloat(type) && elementNameOf(type) !== undefined) return f16;
  return type === i1 ? i1 : undefined;
}

/** A rule for one op: gives what its results are. */
export type Rule = (session: Session, operation: Operation) => EngineValue | readonly EngineValue[];

/** How an op from outside becomes tasks: what its user declares or attaches, so that it reaches the engine. */
export const LowerToEngine = new OpInterface<Rule>("lower-to-engine");

export interface SessionOptions {
  readonly target: Target;
  readonly context: Context;
  /** Make one task of attention where the engine has one. */
  readonly nativeAttention?: boolean;
  /** Called when an op begins a new task although it follows one, with the reason. */
  readonly remark?: (operation: Operation, message: string) => void;
}

export class Session {
  readonly target: Target;
  readonly nativeAttention: boolean;
  readonly drafts: TaskDraft[] = [];
  readonly #values = new Map<Value, EngineValue>();
  readonly #context: Context;
  readonly #remark: SessionOptions["remark"];
  /** The op being converted and its program. */
  #operation: Operation | undefined;
  #stage = 0;

  constructor(options: SessionOptions) {
    this.target = options.target;
    this.nativeAttention = options.nativeAttention ?? false;
    this.#context = options.context;
    this.#remark = options.remark;
  }

  /** Converts one op by a rule; its operands are known. */
  convert(operation: Operation, rule: Rule, stage: number): void {
    this.#operation = operation;
    this.#stage = stage;
    const results = rule(this, operation);
    const list = Array.isArray(results) ? results : [results as EngineValue];
    for (const [position, result] of operation.results.entries()) this.define(result, list[position]!);
  }

  /** Converts several ops at once to one value, or tells why not. */
  convertTogether(
    operation: Operation,
    stage: number,
    rule: (session: Session) => EngineValue | string,
  ): EngineValue | undefined {
    this.#operation = operation;
    this.#stage = stage;
    const drafted = this.drafts.length;
    let reason: string;
    try {
      const made = rule(this);
      if (typeof made !== "string") return made;
      reason = made;
    } catch (error) {
      if (!(error instanceof EngineRefusal)) throw error;
      reason = error.message;
    }
    this.drafts.length = drafted;
    this.#remark?.(operation, `stays several tasks: ${reason}`);
    return undefined;
  }

  define(value: Value, engine: EngineValue): void {
    this.#values.set(value, engine);
  }

  isKnown(value: Value): boolean {
    return this.#values.has(value);
  }

  /** The rule that an op's user gave it. */
  ownRule(operation: Operation): Rule | undefined {
    return this.#context.implementation(LowerToEngine, operation);
  }

  /** What a value is on the engine. An op may join its task if it alone uses the value. */
  value(value: Value): EngineValue {
    const known = this.#values.get(value) ?? this.#constantValue(value);
    if (known === undefined) refuse(`uses a value of type ${value.type}, which the engine does not hold`);
    return { ...known, isSoleUse: known.isSoleUse && value.hasOneUse };
  }

  #constantValue(value: Value): EngineValue | undefined {
    const data = dataOfAttribute(constantOf(value));
    if (data === undefined) return undefined;
    const made = constantEngineValue(data);
    this.#values.set(value, made);
    return made;
  }

  /** The data of a value that is known when compiling. */
  constant(value: Value): TensorData | undefined {
    return this.value(value).constant;
  }

  /** Like `constant`; refuses where the value is not known. `what` names it. */
  required(value: Value, what: string): TensorData {
    return this.constant(value) ?? refuse(`${what} must be known when compiling`);
  }

  /** The results of an op whose operands are all constant, else undefined. */
  folded(operation: Operation): readonly TensorData[] | undefined {
    if (operation.operandCount === 0) return undefined;
    const inputs: TensorData[] = [];
    for (const operand of operation.operands) {
      const data = this.constant(operand);
      if (data === undefined) return undefined;
      inputs.push(data);
    }
    return evaluateOperation(operation, inputs, this.#context);
  }

  /** An operand that a task reads: of f16 (or i1 where allowed). Integers do not exist on the engine. */
  operand(value: Value): EngineValue {
    const known = this.value(value);
    if (engineElement(known.element) === undefined)
      refuse(`its operand has elements of ${known.element}, and the engine computes in f16`);
    if (known.port !== undefined && known.element === i1)
      refuse("truth values cannot enter a program: they exist inside one only");
    return known;
  }

  /** Begins a task. `shape` is what reaches its slots. */
  task(
    definition: AnyDefinition,
    operands: TaskDraft["operands"],
    attributes: TaskDraft["attributes"],
    shape: readonly number[],
    element: Type = f16,
  ): EngineValue {
    const origin = this.#operation!;
    const draft: TaskDraft = {
      definition,
      operands,
      attributes,
      shape,
      element,
      hasSlots: definition.fields["post_activation"] !== undefined,
      steps: [],
      locations: [origin.location],
      origin,
      stage: this.#stage,
    };
    const reason = reasonAgainstTask(draft, this.target);
    if (reason !== undefined) refuse(reason);
    this.drafts.push(draft);
    return { shape, element, draft, isSoleUse: true };
  }

  /** Puts a step behind a value: into its task's slots where it fits, else into a task of its own. */
  follow(value: EngineValue, step: SlotStep): EngineValue {
    const reason = value.draft?.stage === this.#stage ? reasonAgainst(value, step) : "no task gives its operand";
    if (reason === undefined && value.draft !== undefined) {
      const { draft } = value;
      draft.steps.push(step);
      draft.locations.push(this.#operation!.location);
      return { shape: resultShape(draft), element: f16, draft, isSoleUse: true };
    }
    if (value.draft !== undefined && reason !== undefined)
      this.#remark?.(this.#operation!, `is a task of its own: ${reason}`);
    if (step.kind === "transpose") {
      const shape = step.permutation.map((axis) => value.shape[axis]!);
      return this.move([value], { kind: "transpose", permutation: step.permutation }, shape);
    }
    const started = this.elementwise("identity", [value], value.shape);
    started.draft!.steps.push(step);
    return started;
  }

  activate(value: EngineValue, name: ActivationName, ...parameters: readonly number[]): EngineValue {
    const activation = ActivationAttribute.get(name, ...parameters);
    const reason = reasonAgainstActivation(activation, this.target);
    if (reason !== undefined) refuse(reason);
    return this.follow(value, { kind: "activation", activation });
  }

  transpose(value: EngineValue, permutation: readonly number[]): EngineValue {
    const reason = reasonAgainstTranspose(value.shape, this.target);
    if (reason !== undefined) refuse(reason);
    return this.follow(value, { kind: "transpose", permutation });
  }

  gain(value: EngineValue, data: TensorData): EngineValue {
    return this.follow(value, { kind: "gain", data });
  }

  offset(value: EngineValue, data: TensorData): EngineValue {
    return this.follow(value, { kind: "offset", data });
  }

  elementwise(
    kind: string,
    inputs: readonly EngineValue[],
    shape: readonly number[],
    element: Type = f16,
  ): EngineValue {
    return this.task(elementwise, { inputs }, { kind }, shape, element);
  }

  /** Truth values as 0 and 1 of f16, in the program of `stage`. */
  boolAsNumber(value: EngineValue, stage: number): EngineValue {
    this.#stage = stage;
    this.#operation = value.draft?.origin ?? this.#operation;
    const numbers = [1, 0].map((each) => constantEngineValue(scalarData(each)));
    return this.elementwise("select", [value, ...numbers], value.shape);
  }

  /** A move; one that changes nothing is left out. */
  move(inputs: readonly EngineValue[], attributes: TaskDraft["attributes"], shape: readonly number[]): EngineValue {
    const isTruth = inputs.every(({ element }) => element === i1);
    return this.task(move, { inputs }, attributes, shape, isTruth ? i1 : f16);
  }

  reshape(value: EngineValue, shape: readonly number[]): EngineValue {
    if (value.constant !== undefined) return constantEngineValue({ ...value.constant, shape });
    if (value.shape.join() === shape.join()) return value;
    return this.move([value], { kind: "reshape", shape }, shape);
  }

  /** The type of an op's only result as a shape; refuses types that the engine has not. */
  resultShape(operation: Operation): readonly number[] {
    const { type } = operation.onlyResult;
    if (!(type instanceof TensorType)) throw new Error(`a tensor is expected, found ${type}`);
    if (engineElement(type.element) === undefined)
      refuse(`its result has elements of ${type.element}, and the engine computes in f16`);
    return type.shape;
  }
}

export function constantEngineValue(data: TensorData): EngineValue {
  return { shape: data.shape, element: elementType(data.element), constant: data, isSoleUse: false };
}

/** Numbers of a tensor mapped one by one, in f64. */
export function mapData(data: TensorData, change: (value: number) => number): TensorData {
  const mapped = zeros(data.shape, "f64");
  for (let index = 0; index < data.data.length; index++) setNumber(mapped, index, change(getNumber(data, index)));
  return mapped;
}

/** A number as data. */
export function scalarData(value: number): TensorData {
  return { shape: [], element: "f64", data: Float64Array.of(value) };
}
