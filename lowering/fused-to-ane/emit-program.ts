/** Drafts as operations: the body of an `ane.program`, with its constants rounded to f16. */
import { constant, isSurfaceValue, program, returnOperation, SurfaceType } from "../../dialects/ane/index.ts";
import { elementsAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import { fuseLocations, type Location, nameOf } from "../../ir/location.ts";
import { Block, type Operation, Region, type Value } from "../../ir/operation.ts";
import { getNumber, type TensorData } from "../../ir/tensor-data.ts";
import { FunctionType, f16, i1, TensorType, type Type } from "../../ir/types.ts";
import { type EngineValue, resultShape, slotAttributes, slotConstant, type TaskDraft } from "./draft.ts";

/** A value that comes into a program, or goes out. */
export interface Port {
  readonly name: string;
  readonly value: EngineValue;
}

export interface ProgramParts {
  readonly name: string;
  readonly target: string;
  /** In order; all that outputs need. */
  readonly drafts: readonly TaskDraft[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly location: Location;
}

/** What identifies a value: the task that gives it, or the host value that it comes from. */
export function identityOf(value: EngineValue): object {
  const identity = value.draft ?? value.port ?? value.constant;
  if (identity === undefined) throw new Error("an engine value comes from nowhere");
  return identity;
}

class ProgramEmitter {
  readonly #builder: Builder;
  readonly #values = new Map<object, Value>();
  readonly #constants = new Map<string, Value>();
  readonly #constantNumbers = new Map<TensorData, Value>();

  constructor(builder: Builder) {
    this.#builder = builder;
  }

  bind(value: EngineValue, argument: Value): void {
    this.#values.set(identityOf(value), argument);
  }

  value(value: EngineValue): Value {
    if (value.constant !== undefined) return this.#constant(value.constant);
    const known = this.#values.get(identityOf(value));
    if (known === undefined) throw new Error("a task reads a value of another program");
    return known;
  }

  /** A constant as its surface: f16 (or i1). Equal ones are shared. */
  #constant(data: TensorData): Value {
    const known = this.#constantNumbers.get(data);
    if (known !== undefined) return known;
    const element = data.element === "i1" ? i1 : f16;
    const type = TensorType.get(data.shape, element);
    const rounded = data.element === "i1" ? data.data : toHalf(data);
    const attribute = elementsAttribute(type, rounded, "engine");
    const shared = this.#constants.get(attribute.text);
    const made =
      shared ??
      this.#builder.build(constant, { value: attribute, result: SurfaceType.get(data.shape, element) }).result;
    this.#constants.set(attribute.text, made);
    this.#constantNumbers.set(data, made);
    return made;
  }

  task(draft: TaskDraft): void {
    const operands: { [field: string]: Value | readonly Value[] | undefined } = {};
    for (const [field, operand] of Object.entries(draft.operands)) {
      if (operand === undefined) continue;
      operands[field] = isList(operand) ? operand.map((each) => this.value(each)) : this.value(operand);
    }
    for (const slot of ["gain", "offset"] as const) {
      const data = slotConstant(draft, slot);
      if (data !== undefined) operands[slot] = this.#constant(data);
    }
    const type = SurfaceType.get(resultShape(draft), draft.element);
    const location = fuseLocations(draft.locations);
    const args = { ...operands, ...draft.attributes, ...slotAttributes(draft), result: type };
    const made = this.#builder.build(draft.definition, args, location);
    const hint = nameOf(draft.origin.location);
    if (hint !== undefined) made.onlyResult.nameHint = hint.replaceAll(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d)/, "_");
    this.#values.set(draft, made.onlyResult);
  }
}

function isList(operand: EngineValue | readonly EngineValue[]): operand is readonly EngineValue[] {
  return Array.isArray(operand);
}

/** All ones in what f16 cannot hold. */
const exponentBits = 0x7c00;

/** Numbers rounded to f16. An error for finite ones that become infinite: no weight may overflow in silence. */
function toHalf(data: TensorData): Float16Array<ArrayBuffer> {
  const rounded =
    data.data instanceof Float32Array || data.data instanceof Float64Array || data.data instanceof Float16Array
      ? new Float16Array(data.data)
      : Float16Array.from({ length: data.data.length }, (_, index) => getNumber(data, index));
  const bits = new Uint16Array(rounded.buffer);
  for (let index = 0; index < bits.length; index++) {
    if ((bits[index]! & exponentBits) !== exponentBits) continue;
    const value = getNumber(data, index);
    if (Number.isFinite(value)) throw new OverflowingConstant(value);
  }
  return rounded;
}

/** A constant that f16 cannot hold. */
export class OverflowingConstant extends Error {
  constructor(value: number) {
    super(`a constant of ${value} is beyond the range of f16 (65504), in which the engine computes`);
  }
}

/** Drafts that outputs need, in order: those behind them first. */
export function neededDrafts(drafts: readonly TaskDraft[], outputs: readonly EngineValue[]): TaskDraft[] {
  const needed = new Set(outputs.map(({ draft }) => draft));
  for (const draft of drafts.toReversed()) {
    if (needed.has(draft)) for (const operand of operandsOf(draft)) needed.add(operand.draft);
  }
  return drafts.filter((draft) => needed.has(draft));
}

/** All values that a draft reads. */
export function operandsOf(draft: TaskDraft): readonly EngineValue[] {
  return Object.values(draft.operands).flatMap((operand): readonly EngineValue[] => {
    if (operand === undefined) return [];
    return isList(operand) ? operand : [operand];
  });
}

/** The program of these drafts, not yet in a block. */
export function emitProgram(parts: ProgramParts): Operation {
  const surfaceOf = ({ value }: Port): Type => SurfaceType.get(value.shape, value.element);
  const block = new Block();
  const builder = new Builder(at.endOf(block), parts.location);
  const emitter = new ProgramEmitter(builder);
  for (const port of parts.inputs) {
    const argument = block.addArgument(surfaceOf(port), parts.location);
    argument.nameHint = port.name;
    emitter.bind(port.value, argument);
  }
  for (const draft of parts.drafts) {
    try {
      emitter.task(draft);
    } catch (error) {
      if (error instanceof OverflowingConstant) throw draft.origin.error(`cannot run on the engine: ${error.message}`);
      throw error;
    }
  }
  const results = parts.outputs.map(({ value }) => emitter.value(value)).filter(isSurfaceValue);
  builder.build(returnOperation, { inputs: results });
  return program.build(
    {
      sym_name: parts.name,
      function_type: FunctionType.get(parts.inputs.map(surfaceOf), parts.outputs.map(surfaceOf)),
      target: parts.target,
      input_names: parts.inputs.map(({ name }) => name),
      output_names: parts.outputs.map(({ name }) => name),
      body: new Region([block]),
    },
    parts.location,
  );
}
