/**
 * Rewrites a function whose operations were assigned to stages: each stage becomes an `ane.program` beside the function and an
 * `ane.call` inside it. What stays in the function are conversions between f16 and the network's types, and host operations.
 */
import { call } from "../../dialects/ane/index.ts";
import { constant as arithConstant } from "../../dialects/arith/index.ts";
import type { FunctionOperation } from "../../dialects/func/index.ts";
import * as tensor from "../../dialects/tensor/index.ts";
import { convert as convertData } from "../../dialects/tensor/reference/elementwise.ts";
import { type DictionaryAttribute, elementsAttribute, StringAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { elementNameOf, f16, i1, TensorType } from "../../ir/types.ts";
import type { StageAssignment } from "./assign-stages.ts";
import type { EngineValue, TaskDraft } from "./draft.ts";
import { emitProgram, identityOf, neededDrafts, operandsOf, type Port } from "./emit-program.ts";
import type { Session } from "./session.ts";

/** Programs of a function, in order. They are in no block yet; the function calls them already. */
export function buildPrograms(
  func: FunctionOperation,
  session: Session,
  stages: StageAssignment,
  target: string,
): Operation[] {
  return new ProgramsOfFunction(func, session, stages, target).build();
}

class ProgramsOfFunction {
  readonly #func: FunctionOperation;
  readonly #session: Session;
  readonly #stages: StageAssignment;
  readonly #target: string;
  readonly #builder: Builder;
  /** Host values by what they hold: results of calls (f16). */
  readonly #called = new Map<object, Value>();
  /** Conversions made, by value and type. */
  readonly #converted = new Map<Value, Map<string, Value>>();
  readonly #portNames = new Map<object, string>();
  readonly #takenNames = new Set<string>();

  constructor(func: FunctionOperation, session: Session, stages: StageAssignment, target: string) {
    this.#func = func;
    this.#session = session;
    this.#stages = stages;
    this.#target = target;
    this.#builder = new Builder(at.before(this.#terminator), func.location);
  }

  get #terminator(): Operation {
    return this.#func.body.onlyBlock.last!;
  }

  build(): Operation[] {
    this.#nameArguments();
    const { host, engine, stages } = this.#stages;
    const outputs = this.#outputs();
    const programs: Operation[] = [];
    const last = Math.max(stages - 1, ...host.values());
    for (let stage = 0; stage <= last; stage++) {
      const made = this.#program(
        stage,
        outputs.filter(({ draft }) => draft?.stage === stage),
      );
      if (made !== undefined) programs.push(made);
      for (const [unit, own] of host) {
        if (own !== stage) continue;
        this.#useHostValues(unit);
        unit.moveBefore(this.#terminator);
      }
    }
    this.#useHostValues(this.#terminator);
    for (const unit of engine.toReversed()) unit.erase();
    this.#removeDeadConstants();
    return programs;
  }

  /** Weights are in the programs now. */
  #removeDeadConstants(): void {
    for (const operation of this.#func.body.onlyBlock.operations) {
      if (operation.definition?.hasTrait("ConstantLike") && !operation.hasUses) operation.erase();
    }
  }

  #nameArguments(): void {
    for (const [position, argument] of this.#func.body.onlyBlock.arguments.entries()) {
      const name = roleName(this.#func.arg_attrs?.[position], "anemone.input") ?? `in${position}`;
      this.#portNames.set(argument, this.#freeName(name));
    }
  }

  /** A name that no other port has, of letters, digits and underscores. */
  #freeName(wanted: string): string {
    const base = wanted.replaceAll(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d|$)/, "_");
    let name = base;
    for (let counter = 1; this.#takenNames.has(name); counter++) name = `${base}_${counter}`;
    this.#takenNames.add(name);
    return name;
  }

  #nameOf(identity: object, wanted: string): string {
    const known = this.#portNames.get(identity);
    if (known !== undefined) return known;
    const made = this.#freeName(wanted);
    this.#portNames.set(identity, made);
    return made;
  }

  /** Values that leave their program, each once: for results, host operations and later programs. */
  #outputs(): EngineValue[] {
    const found = new Map<object, EngineValue>();
    const add = (value: EngineValue) => {
      if (value.draft !== undefined) found.set(value.draft, value);
    };
    for (const [position, value] of this.#terminator.operands.entries()) {
      const engine = this.#known(value);
      if (engine === undefined) continue;
      add(engine);
      const name = roleName(this.#func.res_attrs?.[position], "anemone.output") ?? `out${position}`;
      if (engine.draft !== undefined) this.#nameOf(engine.draft, name);
    }
    for (const unit of this.#stages.host.keys()) {
      for (const value of unit.operands) {
        const engine = this.#known(value);
        if (engine !== undefined) add(engine);
      }
    }
    for (const draft of this.#session.drafts) {
      for (const operand of operandsOf(draft)) {
        if (operand.draft !== undefined && operand.draft.stage !== draft.stage) add(operand);
      }
    }
    return [...found.values()];
  }

  /** What a value of the function is on the engine, if an operation of the engine gave it. */
  #known(value: Value): EngineValue | undefined {
    const { definer } = value;
    if (definer === undefined || this.#stages.host.has(definer) || definer.definition?.hasTrait("ConstantLike"))
      return undefined;
    return this.#session.value(value);
  }

  #program(stage: number, outputs: readonly EngineValue[]): Operation | undefined {
    if (outputs.length === 0) return undefined;
    const results = outputs.map((value) => this.#asNumbers(value, stage));
    const drafts = neededDrafts(
      this.#session.drafts.filter((draft) => draft.stage === stage),
      results,
    );
    const inputs = this.#inputs(drafts, stage);
    const { sym_name: name } = this.#func;
    const symbol = this.#stages.stages === 1 ? `${name}_engine` : `${name}_engine_${stage}`;
    const ports = outputs.map(({ draft }, position): Port => {
      return { name: this.#nameOf(draft!, `value${this.#portNames.size}`), value: results[position]! };
    });
    const program = emitProgram({
      name: symbol,
      target: this.#target,
      drafts,
      inputs,
      outputs: ports,
      location: this.#func.location,
    });
    const operands = inputs.map(({ value }) => this.#hostHalf(value));
    const types = outputs.map(({ shape }) => TensorType.get(shape, f16));
    const made = this.#builder.build(call, { callee: symbol, inputs: operands.filter(isTensorValue), outputs: types });
    for (const [position, value] of outputs.entries()) this.#called.set(value.draft!, made.outputs[position]!);
    return program;
  }

  /** Truth values leave a program as 0 and 1. */
  #asNumbers(value: EngineValue, stage: number): EngineValue {
    if (value.element !== i1) return value;
    return this.#session.boolAsNumber(value, stage);
  }

  #inputs(drafts: readonly TaskDraft[], stage: number): Port[] {
    const found = new Map<object, Port>();
    for (const draft of drafts) {
      for (const operand of operandsOf(draft)) {
        if (operand.constant !== undefined || operand.draft?.stage === stage) continue;
        const identity = identityOf(operand);
        found.set(identity, { name: this.#nameOf(identity, `value${this.#portNames.size}`), value: operand });
      }
    }
    return [...found.values()];
  }

  /** The f16 tensor of host code that a program takes. */
  #hostHalf(value: EngineValue): Value {
    const source = value.port ?? this.#called.get(identityOf(value))!;
    return this.#cast(source, TensorType.get(value.shape, f16));
  }

  #cast(value: Value, type: TensorType): Value {
    if (value.type === type) return value;
    const made = this.#converted.get(value) ?? new Map<string, Value>();
    this.#converted.set(value, made);
    const known = made.get(type.text);
    if (known !== undefined) return known;
    const converted = this.#builder.build(tensor.convert, {
      input: isTensorValue(value) ? value : fail(value),
      result: type,
    }).result;
    made.set(type.text, converted);
    return converted;
  }

  /** Points the operands of a host operation to what calls gave. */
  #useHostValues(unit: Operation): void {
    for (const [position, value] of unit.operands.entries()) {
      const engine = this.#known(value);
      if (engine !== undefined) unit.setOperand(position, this.#hostValue(engine, value));
    }
  }

  #hostValue(engine: EngineValue, original: Value): Value {
    const { type } = original;
    if (!(type instanceof TensorType)) throw new Error(`a tensor is expected, found ${type}`);
    if (engine.constant !== undefined) {
      const data = convertData(engine.constant, elementNameOf(type.element) ?? "f32");
      return this.#builder.build(arithConstant, { value: elementsAttribute(type, data.data), result: type }).result;
    }
    const source = engine.port ?? this.#called.get(identityOf(engine))!;
    return this.#cast(source, type);
  }
}

function isTensorValue(value: Value): value is Value<TensorType> {
  return value.type instanceof TensorType;
}

function fail(value: Value): never {
  throw new Error(`a tensor is expected, found ${value.type}`);
}

function roleName(attributes: DictionaryAttribute | undefined, role: string): string | undefined {
  const found = attributes?.entries.get(role);
  return found instanceof StringAttribute ? found.value : undefined;
}
