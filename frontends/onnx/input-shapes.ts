/**
 * A model's interface, and how its open dimensions get sizes. Anemone compiles static shapes; ONNX inputs may have
 * symbolic ("width") or unknown dimensions. Their sizes come from `shapes` (a whole shape per input) and `dimensions` (a
 * size per symbol). What is left open: the leading dimension of an input of rank 2 or more is a batch and becomes 1, any
 * other one is an error that says how to give it.
 */
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { ElementName } from "../../ir/tensor-data.ts";
import { dataTypeFacts, type OnnxDimension, type OnnxModel, type OnnxValueInfo, requiredInputs } from "./model.ts";

/** An input or output as the model declares it; `shape` is undefined where not even the rank is known. */
export interface OnnxPort {
  readonly name: string;
  /** Undefined where the model does not say. */
  readonly element: ElementName | undefined;
  readonly shape: readonly OnnxDimension[] | undefined;
}

export interface OnnxInterface {
  /** What a caller has to give: inputs with a default value (an initializer of the same name) are left out. */
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

/** The model's inputs and outputs, with symbolic dimensions by name. Throws `DiagnosticError` where one is no tensor of ours. */
export function modelInterface(model: OnnxModel): OnnxInterface {
  return {
    inputs: requiredInputs(model.graph).map((value) => portOf(model, value, "input")),
    outputs: model.graph.outputs.map((value) => portOf(model, value, "output")),
  };
}

function portOf(model: OnnxModel, { name, type }: OnnxValueInfo, role: "input" | "output"): OnnxPort {
  if (type === undefined) return { name, element: undefined, shape: undefined };
  const fail = (found: string) =>
    new DiagnosticError(`${role} "${name}" ${found}, which is not supported`, {
      file: model.file,
      notes: [{ message: "supported: dense tensors of float, double, float16, bfloat16, integers and bool" }],
    });
  if (type.kind !== "tensor") throw fail(`is a ${type.kind}`);
  const { element } = dataTypeFacts(type.dataType);
  if (element === undefined) throw fail(`has elements of type ${type.dataType}`);
  return { name, element, shape: type.shape };
}

/** A port whose dimensions all have sizes. */
export interface StaticPort {
  readonly name: string;
  readonly element: ElementName;
  readonly shape: readonly number[];
}

export interface ShapeOptions {
  /** A whole shape per input name. */
  readonly shapes?: Readonly<Record<string, readonly number[]>> | undefined;
  /** A size per symbol that the model's inputs use. */
  readonly dimensions?: Readonly<Record<string, number>> | undefined;
  /** Told about each choice made for the user (a batch dimension that became 1). */
  readonly note?: ((message: string) => void) | undefined;
}

/**
 * Gives every dimension of `inputs` a size. Throws `DiagnosticError` for sizes that contradict the model or each other, for
 * names that the model does not have, and for dimensions that stay open.
 */
export function resolveInputShapes(
  model: OnnxModel,
  inputs: readonly OnnxPort[],
  options: ShapeOptions,
): readonly StaticPort[] {
  const fail = (message: string, ...notes: readonly string[]) =>
    new DiagnosticError(message, { file: model.file, notes: notes.map((note) => ({ message: note })) });
  checkNames(inputs, options, fail);
  const symbols = new Map(Object.entries(options.dimensions ?? {}));
  for (const [symbol, size] of symbols) {
    if (!isSize(size)) throw fail(`dimension "${symbol}" must be a whole number from 0 up, but is ${size}`);
  }
  // Whole shapes first: they give sizes to symbols that other inputs share.
  for (const port of inputs) {
    const given = givenShape(options, port.name);
    if (given !== undefined) bindShape(port, given, symbols, fail);
  }
  return inputs.map((port) => {
    if (port.element === undefined) throw fail(`input "${port.name}" has no element type in the model`);
    return { name: port.name, element: port.element, shape: staticShape(port, symbols, options, fail) };
  });
}

type Fail = (message: string, ...notes: readonly string[]) => DiagnosticError;

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

function givenShape(options: ShapeOptions, name: string): readonly number[] | undefined {
  return Object.hasOwn(options.shapes ?? {}, name) ? options.shapes?.[name] : undefined;
}

function checkNames(inputs: readonly OnnxPort[], options: ShapeOptions, fail: Fail): void {
  const names = inputs.map(({ name }) => name);
  for (const name of Object.keys(options.shapes ?? {})) {
    if (!names.includes(name)) {
      throw fail(`there is no input "${name}" to give a shape to`, `the inputs are: ${names.join(", ") || "none"}`);
    }
  }
  const symbols = new Set(inputs.flatMap(({ shape }) => shape ?? []).filter((size) => typeof size === "string"));
  for (const symbol of Object.keys(options.dimensions ?? {})) {
    if (!symbols.has(symbol)) {
      throw fail(
        `no input has a dimension called "${symbol}"`,
        `the open dimensions are: ${[...symbols].join(", ") || "none"}`,
      );
    }
  }
}

/** How a shape reads in messages: `[n, 3, ?, 640]`. */
export function dimensionsText(shape: readonly OnnxDimension[] | undefined): string {
  return shape === undefined ? "of unknown rank" : `[${shape.map((size) => size ?? "?").join(", ")}]`;
}

function bindShape(port: OnnxPort, given: readonly number[], symbols: Map<string, number>, fail: Fail): void {
  const declared = port.shape;
  const what = `the shape [${given.join(", ")}] given for input "${port.name}"`;
  if (!given.every(isSize)) throw fail(`${what} must have whole numbers from 0 up`);
  if (declared === undefined) return;
  if (declared.length !== given.length) {
    throw fail(`${what} has rank ${given.length}, but the model's is ${dimensionsText(declared)}`);
  }
  for (const [axis, size] of declared.entries()) {
    const wanted = given[axis]!;
    if (typeof size === "number" && size !== wanted) {
      throw fail(`${what} contradicts the model's, ${dimensionsText(declared)}: dimension ${axis} is ${size}`);
    }
    if (typeof size !== "string") continue;
    const known = symbols.get(size);
    if (known !== undefined && known !== wanted) {
      throw fail(`${what} makes dimension "${size}" ${wanted}, but it is ${known} already`);
    }
    symbols.set(size, wanted);
  }
}

function staticShape(
  port: OnnxPort,
  symbols: Map<string, number>,
  options: ShapeOptions,
  fail: Fail,
): readonly number[] {
  const given = givenShape(options, port.name);
  if (given !== undefined) return given;
  const { name, shape } = port;
  if (shape === undefined) {
    throw fail(
      `input "${name}" has no shape in the model, not even a rank`,
      `give it one, for example --shape ${name}=1,3,224,224`,
    );
  }
  return shape.map((size, axis) => {
    if (typeof size === "number") return size;
    const known = size === undefined ? undefined : symbols.get(size);
    if (known !== undefined) return known;
    if (axis === 0 && shape.length >= 2) {
      if (size !== undefined) symbols.set(size, 1);
      options.note?.(`dimension ${size === undefined ? "0" : `"${size}"`} of input "${name}" is left open: taken as 1`);
      return 1;
    }
    throw fail(
      `input "${name}" ${dimensionsText(shape)}: dimension ${axis}${size === undefined ? "" : `, "${size}",`} has no size`,
      `give its shape, for example --shape ${name}=${exampleShape(shape, symbols)}`,
    );
  });
}

/** The shape with likely sizes in the open places. */
function exampleShape(shape: readonly OnnxDimension[], symbols: ReadonlyMap<string, number>): string {
  const likely = (size: OnnxDimension, axis: number) => {
    if (typeof size === "number") return size;
    const known = size === undefined ? undefined : symbols.get(size);
    if (known !== undefined) return known;
    if (axis === 0 && shape.length >= 2) return 1;
    return shape.length === 4 ? 640 : 128;
  };
  return shape.map(likely).join(",");
}
