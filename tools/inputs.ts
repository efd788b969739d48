/** Reads what the command line says about inputs: `NAME=1,3,224,224` and `NAME=FILE.npy|FILE.png|random:SEED|zeros`. */

import { DiagnosticError } from "../ir/diagnostic-error.ts";
import {
  type ElementName,
  elementBytes,
  elementCount,
  getNumber,
  setNumber,
  type TensorData,
  zeros,
} from "../ir/tensor-data.ts";
import { UsageError } from "./failure.ts";
import { readNpy } from "./npy.ts";

/** Splits `NAME=VALUE` at the first `=`. */
function splitAssignment(text: string, option: string): readonly [string, string] {
  const cut = text.indexOf("=");
  if (cut <= 0) throw new UsageError(`${option} takes NAME=VALUE, but got '${text}'`);
  return [text.slice(0, cut), text.slice(cut + 1)];
}

/** `--shape` options by input name. */
export function parseShapes(options: readonly string[]): Record<string, readonly number[]> {
  return Object.fromEntries(
    options.map((option) => {
      const [name, text] = splitAssignment(option, "--shape");
      const sizes = text
        .replace(/^\[|\]$/g, "")
        .split(/[,x]/)
        .map(Number);
      if (text === "" || sizes.some((size) => !Number.isInteger(size) || size < 0)) {
        throw new UsageError(`--shape ${name} takes whole sizes such as 1,3,224,224, but got '${text}'`);
      }
      return [name, sizes];
    }),
  );
}

interface InputType {
  readonly name: string;
  readonly type: { readonly shape: readonly number[]; readonly element: ElementName };
}

/** The tensors for a program's inputs and given states; an input that no option names gets `random:0`, which is said aloud. */
export async function readInputs(
  options: readonly string[],
  { inputs, states = [] }: { readonly inputs: readonly InputType[]; readonly states?: readonly InputType[] },
  note: (message: string) => void,
): Promise<Record<string, TensorData>> {
  const given = new Map(options.map((option) => splitAssignment(option, "--input")));
  for (const name of given.keys()) {
    if ([...inputs, ...states].some((each) => each.name === name)) continue;
    const names = (list: readonly InputType[]) => list.map((each) => each.name).join(", ") || "none";
    const kept = states.length === 0 ? "" : `, its states ${names(states)}`;
    throw new DiagnosticError(`the model has no input '${name}'; its inputs are ${names(inputs)}${kept}`);
  }
  const tensors: Record<string, TensorData> = {};
  for (const { name, type } of inputs) {
    const source = given.get(name);
    if (source === undefined) note(`input '${name}' is not given: using random:0 (--input ${name}=FILE.npy gives it)`);
    tensors[name] = await readInput(name, source ?? "random:0", type, note);
  }
  // A state that is not given stays what it is: zeros.
  for (const { name, type } of states) {
    const source = given.get(name);
    if (source !== undefined) tensors[name] = await readInput(name, source, type, note);
  }
  return tensors;
}

async function readInput(
  name: string,
  source: string,
  type: InputType["type"],
  note: (message: string) => void,
): Promise<TensorData> {
  if (source === "zeros") return zeros(type.shape, type.element);
  if (/^random:\d+$/.test(source))
    return randomTensor(type.shape, type.element, Number(source.slice("random:".length)));
  if (source.endsWith(".npy")) return asFloats(name, readNpy(source), type.element, note);
  if (/\.(png|jpe?g)$/i.test(source)) return (await import("./picture-input.ts")).readPicture(name, source, type);
  throw new UsageError(`--input ${name} takes a .npy, .png or .jpg file, random:SEED or zeros, but got '${source}'`);
}

const isFloat = (element: ElementName) => element.startsWith("f") || element === "bf16";

/** Floats of another width are rounded to the input's, which is said aloud; other types are left to the program to refuse. */
function asFloats(name: string, read: TensorData, element: ElementName, note: (message: string) => void): TensorData {
  if (read.element === element || !isFloat(read.element) || !isFloat(element)) return read;
  note(`input '${name}' is ${read.element} in its file, and is converted to ${element}`);
  const converted = zeros(read.shape, element);
  for (let index = 0; index < read.data.length; index++) setNumber(converted, index, getNumber(read, index));
  return converted;
}

/** Reproducible values: floats in [-1, 1), integers in [0, 8), truth values at random. */
export function randomTensor(shape: readonly number[], element: ElementName, seed: number): TensorData {
  const tensor = zeros(shape, element);
  let state = (seed * 2654435761 + 0x9e3779b9) >>> 0;
  for (let i = 0; i < tensor.data.length; i++) {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    const unit = state / 2 ** 32;
    setNumber(tensor, i, isFloat(element) ? unit * 2 - 1 : element === "i1" ? Math.round(unit) : Math.floor(unit * 8));
  }
  return tensor;
}

/** A few words on a tensor's values, for people. */
export function summarize(tensor: TensorData): string {
  const count = elementCount(tensor.shape);
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let nans = 0;
  for (let i = 0; i < count; i++) {
    const value = getNumber(tensor, i);
    if (Number.isNaN(value)) nans++;
    else {
      least = Math.min(least, value);
      most = Math.max(most, value);
      sum += value;
    }
  }
  const bytes = count * elementBytes(tensor.element);
  if (count === 0) return "no elements";
  return `min ${least.toPrecision(5)}, max ${most.toPrecision(5)}, mean ${(sum / count).toPrecision(5)}${nans > 0 ? `, ${nans} NaN` : ""} (${bytes} bytes)`;
}
