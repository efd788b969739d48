/**
 * State that stays with a program between runs, on devices that run host code: what an output leaves is copied to an input behind
 * each run, so that a network with state has the same inputs and outputs on every device. (On the engine both are one buffer.)
 */
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { type ArgumentDescriptor, checkInputs, describeTensor, findArgument, type Program } from "../program.ts";

/** State by the names of the input and output that carry it. */
export interface StateNames {
  readonly input: string;
  readonly output: string;
}

/** What to say where a state cannot be. */
export function stateRefusal({ input, output }: StateNames, reason: string): DiagnosticError {
  return new DiagnosticError(`the output '${output}' cannot be kept as state in the input '${input}': ${reason}`);
}

const bytesOf = ({ data }: TensorData) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** A program with some of its inputs and outputs joined. It owns the program. */
export class ResidentStateProgram implements Program {
  readonly inputs: readonly ArgumentDescriptor[];
  readonly outputs: readonly ArgumentDescriptor[];
  readonly states: readonly ArgumentDescriptor[];
  readonly #program: Program;
  readonly #names: readonly StateNames[];
  /** Where the states come from and go to. */
  readonly #copies: readonly { readonly from: Uint8Array; readonly to: Uint8Array }[];

  /**
   * Joins inputs and outputs of a program; the program itself where there are none to join.
   *
   * @throws DiagnosticError where an input or output is unknown, named twice, or they differ in type; the program is disposed then
   */
  static join(program: Program, names: readonly StateNames[]): Program {
    if (names.length === 0) return program;
    try {
      return new ResidentStateProgram(program, names);
    } catch (error) {
      program.dispose();
      throw error;
    }
  }

  private constructor(program: Program, names: readonly StateNames[]) {
    this.#program = program;
    this.#names = names;
    this.#copies = names.map((state, position) => {
      const input = program.inputs.find(({ name }) => name === state.input);
      const output = program.outputs.find(({ name }) => name === state.output);
      if (input === undefined) throw stateRefusal(state, `${program.name} has the inputs ${listed(program.inputs)}`);
      if (output === undefined) throw stateRefusal(state, `${program.name} has the outputs ${listed(program.outputs)}`);
      const [kept, given] = [input, output].map(({ type }) => describeTensor(type));
      if (kept !== given) throw stateRefusal(state, `one is ${given}, the other ${kept}`);
      const taken = names.slice(0, position).find((each) => each.input === state.input || each.output === state.output);
      if (taken !== undefined) throw stateRefusal(state, `'${taken.output}' is kept in '${taken.input}' already`);
      return { from: bytesOf(program.outputView(state.output)), to: bytesOf(program.inputView(state.input)) };
    });
    const isState = (name: string) => names.some(({ input }) => input === name);
    this.inputs = program.inputs.filter(({ name }) => !isState(name));
    this.states = program.inputs.filter(({ name }) => isState(name));
    this.outputs = program.outputs.filter(({ name }) => !names.some(({ output }) => output === name));
  }

  get name(): string {
    return this.#program.name;
  }

  get device(): string {
    return this.#program.device;
  }

  run(inputs: Readonly<Record<string, TensorData>>): Record<string, TensorData> {
    const taken = [...this.inputs, ...this.states.filter(({ name }) => Object.hasOwn(inputs, name))];
    checkInputs(this.name, taken, inputs);
    for (const { name } of taken) bytesOf(this.#program.inputView(name)).set(bytesOf(inputs[name]!));
    this.execute();
    const outputs: Record<string, TensorData> = {};
    for (const { name } of this.outputs) {
      const { shape, element, data } = this.#program.outputView(name);
      outputs[name] = { shape, element, data: data.slice() };
    }
    return outputs;
  }

  async runAsync(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>> {
    // Not in the caller's turn: what is started in order runs in order.
    await undefined;
    return this.run(inputs);
  }

  execute(): void {
    this.#program.execute();
    for (const { from, to } of this.#copies) to.set(from);
  }

  inputView(name: string): TensorData {
    const { name: known } = findArgument(this.name, "input", [...this.inputs, ...this.states], name);
    return this.#program.inputView(known);
  }

  outputView(name: string): TensorData {
    const state = this.#names.find(({ output }) => output === name);
    if (state !== undefined) return this.#program.inputView(state.input);
    return this.#program.outputView(findArgument(this.name, "output", this.outputs, name).name);
  }

  resetState(): void {
    for (const { input } of this.#names) bytesOf(this.#program.inputView(input)).fill(0);
  }

  dispose(): void {
    this.#program.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

const listed = (list: readonly ArgumentDescriptor[]) => list.map(({ name }) => `'${name}'`).join(", ") || "none";
