/**
 * The caller's side of a network on the engine, whichever driver runs it: its inputs, outputs and states by name, each tied to
 * the dense tensors of the buffers (f16 mostly), with the conversions between.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import { allocateElements, elementCount, type TensorData } from "../../../ir/tensor-data.ts";
import { type ArgumentDescriptor, checkInputs, findArgument, tensorArgument } from "../../program.ts";
import type { EngineArtefact, EngineInput } from "./artefact.ts";
import { type Conversion, conversion } from "./conversions.ts";

interface BoundInput extends ArgumentDescriptor {
  readonly buffers: readonly number[];
  readonly targets: readonly { readonly convert: Conversion; readonly view: TensorData }[];
}

interface BoundOutput extends ArgumentDescriptor {
  readonly buffer: number;
  readonly convert: Conversion;
  readonly view: TensorData;
}

export class NetworkPorts {
  /** What `run` takes, without states. */
  readonly inputs: readonly BoundInput[];
  /** State that stays between runs, by the name of its input. */
  readonly states: readonly BoundInput[];
  readonly outputs: readonly BoundOutput[];
  readonly #artefact: EngineArtefact;
  readonly #name: string;

  /** @param views the buffers of the artefact as dense tensors, in its order */
  constructor(artefact: EngineArtefact, views: readonly TensorData[]) {
    const { name, states } = artefact;
    this.#artefact = artefact;
    this.#name = name;
    const viewOf = (buffer: number): TensorData => {
      const view = views[buffer];
      if (view === undefined) throw new Error(`${name} names the buffer ${buffer}, which is not there`);
      return view;
    };
    const bind = ({ name: input, type, buffers }: EngineInput): BoundInput => ({
      ...tensorArgument("input", input, type),
      buffers,
      targets: buffers.map((buffer) => {
        const view = viewOf(buffer);
        return { view, convert: conversion(type.element, view.element) };
      }),
    });
    const isState = ({ name: input }: EngineInput) => states.some((state) => state.input === input);
    this.inputs = artefact.inputs.filter((input) => !isState(input)).map(bind);
    this.states = artefact.inputs.filter(isState).map(bind);
    this.outputs = artefact.outputs
      .filter((output) => !states.some((state) => state.output === output.name))
      .map(({ name: output, type, buffer }) => {
        const view = viewOf(buffer);
        return {
          ...tensorArgument("output", output, type),
          buffer,
          view,
          convert: conversion(view.element, type.element),
        };
      });
  }

  /**
   * Checks and converts the caller's tensors into the buffers. A state may be given, and is left as it is where it is not.
   *
   * @returns the states that were given
   * @throws DiagnosticError for an input that is missing, unknown, or of another type
   */
  fill(inputs: Readonly<Record<string, TensorData>>): readonly BoundInput[] {
    const given = this.states.filter(({ name }) => Object.hasOwn(inputs, name));
    const taken = given.length === 0 ? this.inputs : [...this.inputs, ...given];
    checkInputs(this.#name, taken, inputs);
    for (const { name, targets } of taken) for (const { convert, view } of targets) convert(inputs[name]!, view);
    return given;
  }

  /** Copies of the outputs in the caller's types. */
  read(): Record<string, TensorData> {
    const outputs: Record<string, TensorData> = {};
    for (const { name, type, convert, view } of this.outputs) {
      const { shape, element } = type;
      const made = { shape, element, data: allocateElements(element, elementCount(shape)) };
      convert(view, made);
      outputs[name] = made;
    }
    return outputs;
  }

  /** The buffer of an input or a state. */
  inputView(name: string): TensorData {
    const bound = [...this.states, ...this.inputs].find((input) => input.name === name);
    const [only, ...others] = bound?.targets ?? [];
    if (only === undefined) findArgument(this.#name, "input", this.inputs, name);
    if (only === undefined || others.length > 0) {
      throw new DiagnosticError(
        `${this.#name}: the input '${name}' fills ${bound?.targets.length ?? 0} buffers: give it to run() instead of writing to a view`,
      );
    }
    return only.view;
  }

  /** The buffer of an output, or of the state that an output carries on. */
  outputView(name: string): TensorData {
    const state = this.#artefact.states.find(({ output }) => output === name);
    if (state !== undefined) return this.inputView(state.input);
    const bound = this.outputs.find((output) => output.name === name);
    if (bound === undefined) findArgument(this.#name, "output", this.outputs, name);
    return bound!.view;
  }

  /** Sets all state to zeros. */
  resetState(): void {
    for (const { targets } of this.states) {
      for (const { view } of targets) {
        const { buffer, byteOffset, byteLength } = view.data;
        new Uint8Array(buffer, byteOffset, byteLength).fill(0);
      }
    }
  }
}
