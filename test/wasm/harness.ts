/**
 * Runs IR text of the loops level as WebAssembly, and builds the text of loops that apply one operation to whole buffers, as
 * scalars and as vectors of several widths: each construct is compared with what TypeScript computes.
 */
import { upstreamDialects } from "../../dialects/index.ts";
import { Context } from "../../ir/context.ts";
import { parse } from "../../ir/parser/parse.ts";
import { allocateElements, type ElementArray, type ElementName, type TensorData } from "../../ir/tensor-data.ts";
import { verify } from "../../ir/verifier.ts";
import { type LoopsToWasmOptions, loopsToWasm, type WasmCode } from "../../lowering/loops-to-wasm/index.ts";
import { type CpuWasmProgram, loadWasmProgram } from "../../runtime/devices/cpu-wasm.ts";

const context = new Context(upstreamDialects, { allowUnregistered: true });

/** Code from text whose `@main` has arguments with roles. */
export async function generate(text: string, options: LoopsToWasmOptions = {}): Promise<WasmCode> {
  const module = parse(text, context, { file: "test.mlir" });
  verify(module, context);
  return loopsToWasm(module, options);
}

export async function compile(text: string, options: LoopsToWasmOptions = {}): Promise<CpuWasmProgram> {
  return loadWasmProgram({ name: "test", ...(await generate(text, options)) });
}

/** Runs a program on its inputs in order; gives the data of its outputs in order. */
export function execute(program: CpuWasmProgram, ...inputs: readonly ElementArray[]): ElementArray[] {
  const named: Record<string, TensorData> = {};
  for (const [position, { name, type }] of program.inputs.entries()) {
    named[name] = { ...type, data: inputs[position]! };
  }
  const outputs = program.run(named);
  return program.outputs.map(({ name }) => outputs[name]!.data);
}

export async function run(text: string, ...inputs: readonly ElementArray[]): Promise<ElementArray[]> {
  return execute(await compile(text), ...inputs);
}

/** Data of a type from numbers. */
export function dataOf(element: ElementName, values: readonly (number | bigint)[]): ElementArray {
  const data = allocateElements(element, values.length);
  for (const [position, value] of values.entries()) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[position] = BigInt(value);
    else data[position] = Number(value);
  }
  return data;
}

export function valuesOf(data: ElementArray): (number | bigint)[] {
  const values: (number | bigint)[] = [];
  for (const value of data) values.push(value);
  return values;
}

export interface ElementwiseCase {
  /** Types of the operands. */
  readonly inputs: readonly ElementName[];
  readonly output: ElementName;
  /**
   * The operations: `%x`, `%y`, `%z` are the operands, `%r` the result. `$x` stands for the type of the first operand (`f32` or
   * `vector<4xf32>`), `$y` and `$z` for the others, `$r` for the result's, `$c` for i1 of the same shape.
   */
  readonly body: string;
}

/** A loop over `count` elements, `lanes` at a time; 0 lanes: scalars. */
export function elementwiseText({ inputs, output, body }: ElementwiseCase, count: number, lanes: number): string {
  const shaped = (type: string) => (lanes === 0 ? type : `vector<${lanes}x${type}>`);
  const names = ["x", "y", "z"];
  const load = (name: string, type: string) =>
    lanes === 0
      ? `%${name} = memref.load %m${name}[%i] : memref<${count}x${type}>`
      : `%${name} = vector.load %m${name}[%i] : memref<${count}x${type}>, ${shaped(type)}`;
  const store =
    lanes === 0
      ? `memref.store %r, %mr[%i] : memref<${count}x${output}>`
      : `vector.store %r, %mr[%i] : memref<${count}x${output}>, ${shaped(output)}`;
  const parameters = inputs.map((type, position) => {
    const name = names[position]!;
    return `%m${name}: memref<${count}x${type}> {anemone.input = "${name}"}`;
  });
  const written = body
    .replaceAll("$x", shaped(inputs[0]!))
    .replaceAll("$y", shaped(inputs[1] ?? ""))
    .replaceAll("$z", shaped(inputs[2] ?? ""))
    .replaceAll("$r", shaped(output))
    .replaceAll("$c", shaped("i1"));
  return `
    func.func @main(${parameters.join(", ")}, %mr: memref<${count}x${output}> {anemone.output = "r"}) {
      %c0 = arith.constant 0 : index
      %step = arith.constant ${Math.max(lanes, 1)} : index
      %count = arith.constant ${count} : index
      scf.for %i = %c0 to %count step %step {
        ${inputs.map((type, position) => load(names[position]!, type)).join("\n        ")}
        ${written}
        ${store}
      }
      return
    }`;
}

/** Numbers that are hard on their type, and random ones; the same in every run. */
export function samples(element: ElementName, count: number, seed = 1): (number | bigint)[] {
  const random = generator(seed);
  const special = specialValues(element);
  return Array.from({ length: count }, (_, position) => {
    if (position % 2 === 0) return special[Math.floor(position / 2 + seed * 3) % special.length]!;
    return randomValue(element, random);
  });
}

/** A small generator of numbers in [0, 1) (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const floatSpecials = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-3, 65504, -3.75, Infinity, -Infinity, NaN, 1e-40, 7];

function specialValues(element: ElementName): readonly (number | bigint)[] {
  if (element === "i1") return [0, 1];
  if (element === "f32" || element === "f16" || element === "f64") return floatSpecials;
  if (element === "bf16") return [0, 0x8000, 0x3f80, 0xbf80, 0x7f80, 0xff80, 0x7fc0, 0x4049, 0x0001];
  const bits = BigInt(element.replace(/\D/g, ""));
  const [low, high] = [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
  const values = [0n, 1n, -1n, 2n, 7n, -7n, 100n, low, high, low + 1n, high - 1n];
  return element === "i64" ? values : values.map(Number);
}

function randomValue(element: ElementName, random: () => number): number | bigint {
  if (element === "i1") return random() < 0.5 ? 0 : 1;
  if (element === "f32" || element === "f64" || element === "f16")
    return (random() - 0.5) * 2 ** Math.floor(random() * 12);
  if (element === "bf16") return Math.floor(random() * 0x7f80) | (random() < 0.5 ? 0x8000 : 0);
  const bits = Number(element.replace(/\D/g, ""));
  if (bits === 64) {
    const whole = (BigInt(Math.floor(random() * 2 ** 32)) << 32n) | BigInt(Math.floor(random() * 2 ** 32));
    return BigInt.asIntN(64, whole);
  }
  return Math.floor((random() - 0.5) * 2 ** bits);
}
