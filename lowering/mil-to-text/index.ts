/**
 * MIL programs as the files that Apple's compiler reads: text, and a weight file. The same program gives the same bytes. Each
 * parameter of an op is a `const()` statement of its own before it (the engine's compiler takes flags no other way), named
 * `OP_PARAMETER`; arguments stand in alphabetical order.
 */
import * as mil from "../../dialects/mil/index.ts";
import { type Attribute, ElementsAttribute, StringAttribute } from "../../ir/attributes.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import type { ElementName, TensorData } from "../../ir/tensor-data.ts";
import { elementNameOf, TensorType } from "../../ir/types.ts";
import { BlobWriter, isBlobType } from "./blob-storage.ts";
import { MilSpelling, milTypeName } from "./spelling.ts";

export * from "./blob-storage.ts";
export { hexFloat } from "./spelling.ts";

/** Where a program's text says that its weights lie, relative to the model's folder. */
export const defaultWeightsPath = "@model_path/weights/weight.bin";

export interface MilPort {
  readonly name: string;
  readonly type: TensorType;
}

/** A program as files, and its ports in order. */
export interface EmittedMil {
  /** The symbol that host code calls. */
  readonly name: string;
  /** `model.mil` */
  readonly text: string;
  /** `weights/weight.bin` */
  readonly weights: Uint8Array<ArrayBuffer>;
  readonly inputs: readonly MilPort[];
  readonly outputs: readonly MilPort[];
}

export interface EmitOptions {
  readonly weightsPath?: string;
}

/** Every MIL program of a module as files, in order. */
export function emitMilPrograms(module: Operation, options: EmitOptions = {}): EmittedMil[] {
  const found: mil.ProgramOperation[] = [];
  module.walk((operation) => {
    if (mil.program.matches(operation)) found.push(operation);
  });
  return found.map((program) => new ProgramText(program, options).emit());
}

/**
 * The only MIL program of a module as files.
 *
 * @throws DiagnosticError where there is none or several
 */
export function emitMil(module: Operation, options: EmitOptions = {}): EmittedMil {
  const programs = emitMilPrograms(module, options);
  const [only] = programs;
  if (only === undefined || programs.length > 1) {
    const names = programs.map(({ name }) => `@${name}`).join(", ");
    throw new DiagnosticError(
      `expected a module with one mil.program, found ${programs.length}${names === "" ? "" : ` (${names})`}`,
    );
  }
  return only;
}

class ProgramText {
  readonly #program: mil.ProgramOperation;
  readonly #weightsPath: string;
  readonly #spelling: MilSpelling;
  readonly #blobs = new BlobWriter();
  readonly #names = new Map<Value, string>();
  readonly #taken = new Set<string>();
  readonly #lines: string[] = [];

  constructor(program: mil.ProgramOperation, { weightsPath = defaultWeightsPath }: EmitOptions) {
    this.#program = program;
    this.#weightsPath = weightsPath;
    this.#spelling = new MilSpelling(program.version);
  }

  emit(): EmittedMil {
    const { version, build_info, sym_name: name } = this.#program;
    const main = mil.mainOf(this.#program);
    if (main === undefined) throw this.#program.error("has no function main to write");
    const info = [...build_info.entries].map(([key, value]): [string, string] => [
      key,
      value instanceof StringAttribute ? value.value : value.text,
    ]);
    const entry = main.body.onlyBlock;
    const returned = entry.last?.operands ?? [];
    this.#namePorts(main, returned);
    for (const operation of entry.operations) this.#operation(operation);
    const inputs = entry.arguments.map(
      (argument): MilPort => ({ name: this.#nameOf(argument), type: tensorType(argument) }),
    );
    const outputs = returned.map((value): MilPort => ({ name: this.#nameOf(value), type: tensorType(value) }));
    const parameters = inputs.map((port) => `${this.#typeOf(port.type)} ${port.name}`).join(", ");
    const text = [
      this.#spelling.header(version, info),
      "{\n",
      `    func main<${main.opset}>(${parameters}) {\n`,
      ...this.#lines.map((line) => `        ${line}\n`),
      `    } -> (${outputs.map((port) => port.name).join(", ")});\n`,
      "}\n",
    ].join("");
    return { name, text, weights: this.#blobs.finish(), inputs, outputs };
  }

  #namePorts(main: mil.MilFunction, returned: readonly Value[]): void {
    for (const [position, argument] of main.body.onlyBlock.arguments.entries()) {
      this.#setName(argument, main.input_names[position]!);
    }
    for (const [position, value] of returned.entries()) {
      const name = main.output_names[position]!;
      if (value.definer === undefined || this.#names.has(value) || mil.constant.matches(value.definer)) {
        throw main.error(
          `returns as ${name} what is an input, a constant or returned already: put an op between, such as mil.mul by 1`,
        );
      }
      this.#setName(value, name);
    }
  }

  #setName(value: Value, wanted: string): string {
    const name = this.#fresh(wanted);
    this.#names.set(value, name);
    return name;
  }

  #fresh(wanted: string): string {
    const base = wanted.replaceAll(/[^A-Za-z0-9_@]/g, "_").replace(/^(?=\d|@|$)/, "_");
    let name = base;
    for (let counter = 1; this.#taken.has(name); counter++) name = `${base}_${counter}`;
    this.#taken.add(name);
    return name;
  }

  #nameOf(value: Value): string {
    const name = this.#names.get(value);
    if (name === undefined) throw new Error("a value is used before it is written");
    return name;
  }

  #typeOf(type: TensorType): string {
    return this.#spelling.type(milTypeName(elementName(type)), type.shape);
  }

  #operation(operation: Operation): void {
    if (mil.returnOperation.matches(operation)) return;
    const stated = operation.attribute("name");
    const wanted = stated instanceof StringAttribute ? stated.value : (operation.results[0]?.nameHint ?? "v");
    const several = operation.results.length > 1;
    const names = operation.results.map(
      (result, position) =>
        this.#names.get(result) ?? this.#setName(result, several ? `${wanted}_${position}` : wanted),
    );
    const [name = wanted] = names;
    if (mil.constant.matches(operation)) {
      this.#lines.push(this.#constant(operation, name, operation.val));
      return;
    }
    const args = this.#arguments(operation);
    const declared = operation.results.map(
      (result, position) => `${this.#typeOf(tensorType(result))} ${names[position]}`,
    );
    const label = several ? wanted : name;
    const mnemonic = operation.name.slice("mil.".length);
    this.#lines.push(
      `${declared.join(", ")} = ${mnemonic}(${args.join(", ")})[name = ${this.#spelling.string(label)}];`,
    );
  }

  /** `input = name`, in alphabetical order. */
  #arguments(operation: Operation): string[] {
    const { definition } = operation;
    if (definition === undefined) throw operation.error("is not a declared MIL op");
    const args: [string, string][] = [];
    for (const [position, { name: field, field: kind }] of definition.operandFields.entries()) {
      const { start, count } = definition.operandGroup(operation, position);
      const values = operation.operands.slice(start, start + count).map((value) => this.#nameOf(value));
      if (kind.arity === "variadic") args.push([field, `(${values.join(", ")})`]);
      else if (values[0] !== undefined) args.push([field, values[0]]);
    }
    return args.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([field, value]) => `${field} = ${value}`);
  }

  #inline(name: string, data: TensorData): string {
    const type = this.#spelling.type(milTypeName(data.element), data.shape);
    return `${type} ${name} = const()[name = ${this.#spelling.string(name)}, val = ${this.#spelling.value(data)}];`;
  }

  /** Numbers with dimensions lie in the weight file; scalars, truth values and positions in the text. */
  #constant(operation: Operation, name: string, value: Attribute): string {
    if (value instanceof StringAttribute) {
      return `${this.#spelling.type("string", [])} ${name} = const()[name = ${this.#spelling.string(name)}, val = ${this.#spelling.string(value.value)}];`;
    }
    if (!(value instanceof ElementsAttribute)) throw operation.error("holds a value that MIL text cannot hold");
    const data = value.value;
    const element = milTypeName(data.element);
    const isInline = data.shape.length === 0 || data.element === "i32" || !isBlobType(element);
    if (isInline) return this.#inline(name, data);
    const { buffer, byteOffset, byteLength } = data.data;
    const offset = this.#blobs.add(element, new Uint8Array(buffer, byteOffset, byteLength));
    const type = this.#spelling.type(element, data.shape);
    const spelled = this.#spelling.blob(element, data.shape, this.#weightsPath, offset);
    return `${type} ${name} = const()[name = ${this.#spelling.string(name)}, val = ${spelled}];`;
  }
}

function tensorType(value: Value): TensorType {
  if (!(value.type instanceof TensorType)) throw new Error(`a tensor is expected, found ${value.type}`);
  return value.type;
}

function elementName(type: TensorType): ElementName {
  const name = elementNameOf(type.element);
  if (name === undefined) throw new Error(`MIL has no element type ${type.element}`);
  return name;
}
