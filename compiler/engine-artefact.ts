/**
 * From a module at the mil level to what the engine's driver loads. Host code around the calls may do nothing but convert
 * element types: @main is read as a plan of buffers and ports, not compiled. `{anemone.alias = N}` on a result makes it and
 * the argument N one buffer: state that stays on the engine.
 */
import { type FunctionOperation, functionsOf } from "../dialects/func/index.ts";
import { isTask } from "../dialects/fused/index.ts";
import * as mil from "../dialects/mil/index.ts";
import * as tensor from "../dialects/tensor/index.ts";
import { IntegerAttribute, StringAttribute } from "../ir/attributes.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import type { Operation, Value } from "../ir/operation.ts";
import type { ElementName } from "../ir/tensor-data.ts";
import { elementNameOf, TensorType, type Type } from "../ir/types.ts";
import { defaultWeightsPath, type EmittedMil, emitMilPrograms } from "../lowering/mil-to-text/index.ts";
import type {
  EngineArtefact,
  EngineInput,
  EngineOutput,
  EngineSegment,
  EngineState,
} from "../runtime/devices/ane/artefact.ts";
import { type StateNames, stateRefusal } from "../runtime/devices/resident-state.ts";
import { describeTensor, type TensorDescriptor } from "../runtime/program.ts";

export interface EngineArtefactOptions {
  /** The chip to compile for; the machine's own without this. */
  readonly target?: string;
  /** State that stays on the engine, by name. Beside what `anemone.alias` says. */
  readonly states?: readonly StateNames[];
}

/**
 * What a module's @main says of state: each result with `{anemone.alias = N}` is kept in the argument N.
 *
 * @throws DiagnosticError where there is no such argument
 */
export function statedStates(module: Operation): StateNames[] {
  const main = functionsOf(module).get("main");
  if (main === undefined) return [];
  return (main.res_attrs ?? []).flatMap(({ entries }, position) => {
    const alias = entries.get("anemone.alias");
    if (!(alias instanceof IntegerAttribute)) return [];
    const argument = Number(alias.value);
    const count = main.function_type.inputs.length;
    if (argument < 0 || argument >= count) {
      throw main.error(
        `has anemone.alias = ${argument} on result ${position}, but its arguments are 0 to ${count - 1}`,
      );
    }
    return [{ input: inputName(main, argument), output: outputName(main, position) }];
  });
}

const inputName = (main: FunctionOperation, position: number) =>
  roleName(main.arg_attrs?.[position]?.entries.get("anemone.input")) ?? `input${position}`;

const outputName = (main: FunctionOperation, position: number) =>
  roleName(main.res_attrs?.[position]?.entries.get("anemone.output")) ??
  (main.function_type.results.length === 1 ? "output" : `output${position}`);

/**
 * Plans the calls, buffers and conversions of a module.
 *
 * @throws DiagnosticError where @main does more than convert and call, or an alias joins what does not fit
 */
export function engineArtefact(module: Operation, name: string, options: EngineArtefactOptions = {}): EngineArtefact {
  const programs = emitMilPrograms(module);
  const main = functionsOf(module).get("main");
  const plan = new Plan(name, programs);
  if (main !== undefined) plan.addMain(main);
  else plan.addProgram(module);
  for (const state of [...statedStates(module), ...(options.states ?? [])]) plan.addState(state);
  return plan.finish(options.target);
}

function descriptorOf(operation: Operation, type: Type): TensorDescriptor {
  const element = type instanceof TensorType ? elementNameOf(type.element) : undefined;
  if (!(type instanceof TensorType) || element === undefined || !type.isStatic) {
    throw operation.error(`has the type ${type}: the engine's programs take and give static tensors of numbers`);
  }
  return { shape: type.shape, element };
}

const sameType = (a: TensorDescriptor, b: TensorDescriptor) =>
  a.element === b.element && a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);

const relativeWeightsPath = defaultWeightsPath.replace("@model_path/", "");

/** Bits that an element type holds exactly, of integers and of floats' significands. */
const exactBits: Partial<Record<ElementName, number>> = {
  ...{ i1: 1, i4: 4, ui4: 4, i8: 8, ui8: 8, i16: 16, ui16: 16, i32: 32, ui32: 32, i64: 64, ui64: 64 },
  ...{ bf16: 8, f16: 11, f32: 24, f64: 53 },
};

/** Whether a conversion to a wider float loses nothing, so that converting on from there gives what converting at once gives. */
function isExact(from: Type, to: Type): boolean {
  const [source, target] = [from, to].map((type) =>
    type instanceof TensorType ? elementNameOf(type.element) : undefined,
  );
  if (source === undefined || (target !== "f32" && target !== "f64")) return false;
  return (exactBits[source] ?? Number.POSITIVE_INFINITY) <= (exactBits[target] ?? 0);
}

/** A conversion of element types, by itself or as the only op of a task. */
function isConversion(operation: Operation): boolean {
  if (tensor.convert.matches(operation)) return true;
  if (!isTask(operation) || operation.operandCount !== 1) return false;
  const [only, ...others] = operation.body.onlyBlock.operations;
  const isYield = others.length === 1 && others[0]!.definition?.hasTrait("Terminator") === true;
  return only !== undefined && isYield && tensor.convert.matches(only);
}

/** Where a value of @main is. */
interface Place {
  /** The argument that it is (a conversion of), if it is one. */
  readonly argument?: number;
  /** The buffer that a call left it in. */
  readonly buffer?: number;
  /** Whether it was converted since: behind a conversion that rounds, a second one would have to be computed. */
  readonly converted?: "exact" | "rounded";
}

class Plan {
  readonly #name: string;
  readonly #programs: readonly EmittedMil[];
  readonly #buffers: TensorDescriptor[] = [];
  readonly #segments: EngineSegment[] = [];
  readonly #inputs: { readonly name: string; readonly type: TensorDescriptor; readonly buffers: number[] }[] = [];
  readonly #outputs: { readonly name: string; readonly type: TensorDescriptor; readonly buffer: number }[] = [];
  readonly #places = new Map<Value, Place>();
  readonly #states: EngineState[] = [];

  constructor(name: string, programs: readonly EmittedMil[]) {
    this.#name = name;
    this.#programs = programs;
  }

  addMain(main: FunctionOperation): void {
    const block = main.body.onlyBlock;
    for (const [position, argument] of block.arguments.entries()) {
      this.#inputs.push({ name: inputName(main, position), type: descriptorOf(main, argument.type), buffers: [] });
      this.#places.set(argument, { argument: position });
    }
    for (const operation of block.operations) {
      if (mil.call.matches(operation)) this.#addCall(operation, mil.call.cast(operation).callee);
      else if (isConversion(operation)) this.#addConversion(operation);
      else if (operation === block.last) this.#addResults(main, operation);
      else throw onlyConversions(operation, "is host code that computes");
    }
  }

  #addConversion(operation: Operation): void {
    const place = this.#places.get(operation.operands[0]!);
    if (place === undefined) throw onlyConversions(operation, "converts what no program gives and no argument is");
    if (place.converted === "rounded") throw onlyConversions(operation, "converts what was converted before");
    const converted = isExact(operation.operands[0]!.type, operation.results[0]!.type) ? "exact" : "rounded";
    this.#places.set(operation.results[0]!, { ...place, converted });
  }

  /** A program that nothing calls: its ports are the inputs and outputs. */
  addProgram(module: Operation): void {
    const [only, ...others] = this.#programs;
    if (only === undefined || others.length > 0) {
      throw module.error(
        `has ${this.#programs.length} programs for the engine and no function @main that says how they are called`,
      );
    }
    for (const { name, type } of only.inputs) {
      const described = descriptorOf(module, type);
      this.#inputs.push({ name, type: described, buffers: [this.#buffers.push(described) - 1] });
    }
    for (const { name, type } of only.outputs) {
      const described = descriptorOf(module, type);
      this.#outputs.push({ name, type: described, buffer: this.#buffers.push(described) - 1 });
    }
    const inputs = only.inputs.map(({ name }, position) => ({ name, buffer: this.#inputs[position]!.buffers[0]! }));
    const outputs = only.outputs.map(({ name }, position) => ({ name, buffer: this.#outputs[position]!.buffer }));
    this.#segments.push(segmentOf(only, inputs, outputs));
  }

  finish(target: string | undefined): EngineArtefact {
    if (this.#segments.length === 0) {
      throw new DiagnosticError(`${this.#name} has nothing for the engine to run: use --device=cpu`);
    }
    return {
      name: this.#name,
      ...(target === undefined ? {} : { target }),
      segments: this.#segments,
      buffers: this.#buffers,
      inputs: this.#inputs.map((input): EngineInput => ({ ...input, buffers: [...input.buffers] })),
      outputs: this.#outputs.map((output): EngineOutput => ({ ...output })),
      states: this.#states,
    };
  }

  #addCall(operation: Operation, callee: string): void {
    const program = this.#programs.find(({ name }) => name === callee);
    if (program === undefined) throw operation.error(`calls @${callee}, which is no MIL program of this module`);
    const inputs = operation.operands.map((value, position) => ({
      name: program.inputs[position]!.name,
      buffer: this.#bufferOf(operation, value),
    }));
    const outputs = operation.results.map((value, position) => {
      const buffer = this.#buffers.push(descriptorOf(operation, value.type)) - 1;
      this.#places.set(value, { buffer });
      return { name: program.outputs[position]!.name, buffer };
    });
    this.#segments.push(segmentOf(program, inputs, outputs));
  }

  /** The buffer in which a call finds a value. */
  #bufferOf(operation: Operation, value: Value): number {
    const wanted = descriptorOf(operation, value.type);
    const place = this.#places.get(value);
    if (place?.buffer !== undefined) {
      const type = this.#buffers[place.buffer]!;
      if (!sameType(type, wanted)) {
        throw onlyConversions(
          operation,
          `takes ${describeTensor(wanted)}, converted from ${describeTensor(type)} between two programs`,
        );
      }
      return place.buffer;
    }
    const input = place?.argument === undefined ? undefined : this.#inputs[place.argument];
    if (input === undefined) throw onlyConversions(operation, "takes a value that is neither an argument nor a result");
    const known = input.buffers.find((buffer) => sameType(this.#buffers[buffer]!, wanted));
    if (known !== undefined) return known;
    const made = this.#buffers.push(wanted) - 1;
    input.buffers.push(made);
    return made;
  }

  #addResults(main: FunctionOperation, terminator: Operation): void {
    for (const [position, value] of terminator.operands.entries()) {
      const name = outputName(main, position);
      const place = this.#places.get(value);
      if (place === undefined) {
        throw onlyConversions(terminator, `returns as '${name}' what is neither computed by a program nor an argument`);
      }
      // An argument that is returned goes through a buffer of the result's own type, which no program sees.
      const buffer = place.buffer ?? this.#bufferOf(terminator, value);
      this.#outputs.push({ name, type: descriptorOf(main, value.type), buffer });
    }
  }

  /** Makes the buffer of an output that of an input. */
  addState(state: StateNames): void {
    const input = this.#inputs.find(({ name }) => name === state.input);
    const output = this.#outputs.find(({ name }) => name === state.output);
    const refuse = (reason: string) => stateRefusal(state, reason);
    if (input === undefined) throw refuse(`${this.#name} has the inputs ${names(this.#inputs)}`);
    if (output === undefined) throw refuse(`${this.#name} has the outputs ${names(this.#outputs)}`);
    if (this.#states.some((each) => each.input === state.input && each.output === state.output)) return;
    const taken = this.#states.find((each) => each.input === state.input || each.output === state.output);
    if (taken !== undefined) throw refuse(`'${taken.output}' is kept in '${taken.input}' already`);
    const [buffer, ...others] = input.buffers;
    if (buffer === undefined || others.length > 0) {
      throw refuse(buffer === undefined ? "no program reads it" : "programs read it in several element types");
    }
    const [kept, given] = [this.#buffers[buffer]!, this.#buffers[output.buffer]!];
    if (!sameType(kept, given)) throw refuse(`one is ${describeTensor(given)}, the other ${describeTensor(kept)}`);
    const writer = this.#segments.findIndex(({ outputs }) => outputs.some((port) => port.buffer === output.buffer));
    if (this.#segments.slice(writer + 1).some(({ inputs }) => inputs.some((port) => port.buffer === buffer))) {
      throw refuse("a later program of the same run reads what the input held before");
    }
    this.#replaceBuffer(output.buffer, buffer);
    this.#states.push(state);
  }

  /** Gives all that uses a buffer another; the old one takes no memory any more. */
  #replaceBuffer(old: number, buffer: number): void {
    const moved = (index: number) => {
      const joined = index === old ? buffer : index;
      return joined > old ? joined - 1 : joined;
    };
    this.#buffers.splice(old, 1);
    const ports = (list: EngineSegment["inputs"]) => list.map((port) => ({ ...port, buffer: moved(port.buffer) }));
    for (const [position, segment] of this.#segments.entries()) {
      this.#segments[position] = { ...segment, inputs: ports(segment.inputs), outputs: ports(segment.outputs) };
    }
    for (const [position, input] of this.#inputs.entries()) {
      this.#inputs[position] = { ...input, buffers: input.buffers.map(moved) };
    }
    for (const [position, output] of this.#outputs.entries()) {
      this.#outputs[position] = { ...output, buffer: moved(output.buffer) };
    }
  }
}

function segmentOf(
  { name, text, weights }: EmittedMil,
  inputs: EngineSegment["inputs"],
  outputs: EngineSegment["outputs"],
): EngineSegment {
  return { kind: "mil", name, text, weights, weightsPath: relativeWeightsPath, inputs, outputs };
}

const roleName = (attribute: unknown) => (attribute instanceof StringAttribute ? attribute.value : undefined);
const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => `'${name}'`).join(", ") || "none";

function onlyConversions(operation: Operation, what: string): DiagnosticError {
  return operation.error(
    `${what}: around the engine's programs, the device 'ane' only converts element types ` +
      "(--device=ane-virtual runs the rest on the host)",
  );
}
