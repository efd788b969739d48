/**
 * How the arguments of a block change when their types are converted: each becomes one argument, several, none, or
 * values that exist already; and arguments may be added that had no counterpart.
 */
import type { Value } from "../../operation.ts";
import type { Type } from "../../types.ts";

/** What became of one old argument. */
export type ConvertedInput =
  | { readonly kind: "arguments"; readonly first: number; readonly count: number }
  | { readonly kind: "values"; readonly values: readonly Value[] };

export class SignatureConversion {
  readonly #inputs: (ConvertedInput | undefined)[];
  readonly #types: Type[] = [];

  /** For a block of `inputCount` arguments. One that is mapped to nothing is dropped, and must not be needed. */
  constructor(inputCount: number) {
    this.#inputs = Array.from({ length: inputCount }, () => undefined);
  }

  get inputCount(): number {
    return this.#inputs.length;
  }

  /** The types of the new arguments. */
  get types(): readonly Type[] {
    return this.#types;
  }

  /** What the old argument at `position` becomes; undefined: it is dropped. */
  input(position: number): ConvertedInput | undefined {
    return this.#inputs[position];
  }

  /** The old argument at `position` becomes new arguments of these types, behind the ones so far. */
  mapInput(position: number, types: readonly Type[]): this {
    this.#set(position, { kind: "arguments", first: this.#types.length, count: types.length });
    this.#types.push(...types);
    return this;
  }

  /** Adds arguments that no old one becomes. */
  addInputs(types: readonly Type[]): this {
    this.#types.push(...types);
    return this;
  }

  /** The old argument becomes `count` new arguments that were added before, from `first` on. */
  remapInput(position: number, first: number, count = 1): this {
    if (first < 0 || first + count > this.#types.length) {
      throw new Error(
        `argument ${position} cannot become arguments ${first} to ${first + count}: ${this.#types.length} exist`,
      );
    }
    this.#set(position, { kind: "arguments", first, count });
    return this;
  }

  /** The old argument goes; its users get these values (the converted form of the argument). */
  replaceInput(position: number, values: readonly Value[]): this {
    this.#set(position, { kind: "values", values });
    return this;
  }

  #set(position: number, input: ConvertedInput): void {
    if (position < 0 || position >= this.#inputs.length) {
      throw new Error(`there is no argument ${position}: the block has ${this.#inputs.length}`);
    }
    if (this.#inputs[position] !== undefined) throw new Error(`argument ${position} is mapped already`);
    this.#inputs[position] = input;
  }
}
