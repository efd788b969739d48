/**
 * A compiled program as its user sees it, whatever runs it (LLVM, WebAssembly, the virtual engine): inputs and outputs by
 * name, `run`, and views of the bound buffers for loops that must not copy. Every device describes its function arguments by
 * `ArgumentDescriptor`s and checks inputs with the functions here, so that the messages are the same everywhere.
 */
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { type ElementName, elementBytes, elementCount, type TensorData } from "../ir/tensor-data.ts";

/** Shape and element type of a tensor that crosses the border of a program. */
export interface TensorDescriptor {
  readonly shape: readonly number[];
  readonly element: ElementName;
}

/** What an argument of compiled code is for; the attributes `anemone.input`, `.output`, `.prepared`, `.arena` say it in IR. */
export type ArgumentRole = "input" | "output" | "prepared" | "arena";

/** One pointer argument of compiled code, and what lies behind it. */
export interface ArgumentDescriptor {
  readonly role: ArgumentRole;
  /** The tensor's name; `arena` for the scratch memory. */
  readonly name: string;
  readonly type: TensorDescriptor;
  /** Size of the buffer, dense and row-major; sub-byte types take one byte per element. */
  readonly bytes: number;
}

/** A network that is ready to run. Not for two runs at once: the buffers are the program's own. */
export interface Program extends Disposable {
  /** The name of the network, for messages. */
  readonly name: string;
  /** What executes it: `cpu (LLVM 19.1.7)`, `cpu (WebAssembly)`, … */
  readonly device: string;
  readonly inputs: readonly ArgumentDescriptor[];
  readonly outputs: readonly ArgumentDescriptor[];
  /**
   * State that stays between runs, by the name of its input: zeros at first. `run` takes a new value for it and otherwise leaves it;
   * `inputView` shows it. Absent where the network has none.
   */
  readonly states?: readonly ArgumentDescriptor[];

  /**
   * Copies the inputs in, executes, and returns copies of the outputs.
   *
   * @throws DiagnosticError for a missing or unknown input, or one of another shape or element type
   */
  run(inputs: Readonly<Record<string, TensorData>>): Record<string, TensorData>;

  /** `run`, behind all runs that were queued before. The inputs must not change until it is done. */
  runAsync(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>>;

  /** Executes on what the input buffers hold; results are in the output buffers. */
  execute(): void;

  /** The buffer of an input itself: write to its data, then `execute`. Valid until the program is disposed: empty from then on. */
  inputView(name: string): TensorData;

  /** The buffer of an output itself: its data change with every execution. Empty once the program is disposed. */
  outputView(name: string): TensorData;

  /** Sets all state to zeros. */
  resetState?(): void;

  /** Frees the code and buffers; running and asking for views afterwards are errors. */
  dispose(): void;
}

/** What a disposed program says to who uses it. */
export function disposedError(program: string): DiagnosticError {
  return new DiagnosticError(`${program} was disposed: load it again to run it`);
}

/** The descriptor of an argument that holds a tensor. */
export function tensorArgument(role: ArgumentRole, name: string, type: TensorDescriptor): ArgumentDescriptor {
  return { role, name, type, bytes: elementCount(type.shape) * elementBytes(type.element) };
}

/** The descriptor of scratch memory. */
export function arenaArgument(bytes: number): ArgumentDescriptor {
  return { role: "arena", name: "arena", type: { shape: [bytes], element: "i8" }, bytes };
}

/** `f32[1, 3, 224, 224]`: how messages spell a tensor's type. */
export function describeTensor({ shape, element }: TensorDescriptor): string {
  return `${element}[${shape.join(", ")}]`;
}

/** What to say about names: `x (f32[2, 3]), y (i64[1])`. */
function listArguments(descriptors: readonly ArgumentDescriptor[]): string {
  if (descriptors.length === 0) return "none";
  return descriptors.map(({ name, type }) => `${name} (${describeTensor(type)})`).join(", ");
}

/** The descriptor of this name; an error that lists what there is. `kind` is "input" or "output". */
export function findArgument(
  program: string,
  kind: "input" | "output",
  descriptors: readonly ArgumentDescriptor[],
  name: string,
): ArgumentDescriptor {
  const found = descriptors.find((descriptor) => descriptor.name === name);
  if (found !== undefined) return found;
  throw new DiagnosticError(`${program} has no ${kind} '${name}'; its ${kind}s are ${listArguments(descriptors)}`);
}

/**
 * Checks that `inputs` has exactly the tensors that the program takes.
 *
 * @throws DiagnosticError naming the first one that is missing, unknown, or of another type
 */
export function checkInputs(
  program: string,
  descriptors: readonly ArgumentDescriptor[],
  inputs: Readonly<Record<string, TensorData>>,
): void {
  for (const descriptor of descriptors) {
    const given = Object.hasOwn(inputs, descriptor.name) ? inputs[descriptor.name] : undefined;
    if (given === undefined) {
      throw new DiagnosticError(
        `${program}: the input '${descriptor.name}' (${describeTensor(descriptor.type)}) is missing; ` +
          `given are ${Object.keys(inputs).join(", ") || "none"}`,
      );
    }
    checkTensor(program, descriptor, given);
  }
  for (const name of Object.keys(inputs)) findArgument(program, "input", descriptors, name);
}

/** Checks one input's type and that its data are as long as its shape says. */
function checkTensor(program: string, descriptor: ArgumentDescriptor, given: TensorData): void {
  const { name, type, bytes } = descriptor;
  const wanted = describeTensor(type);
  const isShaped =
    given.shape.length === type.shape.length && given.shape.every((size, axis) => size === type.shape[axis]);
  if (given.element !== type.element || !isShaped) {
    const shape = isShaped ? "" : `, and its shape is another`;
    const convert = given.element === type.element ? "" : `: convert its elements to ${type.element}${shape}`;
    throw new DiagnosticError(
      `${program}: the input '${name}' must be ${wanted}, but it is ${describeTensor(given)}${convert}`,
    );
  }
  if (given.data.byteLength !== bytes) {
    throw new DiagnosticError(
      `${program}: the input '${name}' (${wanted}) needs ${elementCount(type.shape)} elements, but its data have ` +
        `${given.data.length} (${given.data.byteLength} bytes instead of ${bytes})`,
    );
  }
}

/** What an artefact says of a function, as far as its arguments go. */
interface DescribedFunction {
  readonly arguments: readonly ArgumentDescriptor[];
}

/**
 * Checks that every prepared tensor that `@main` reads is one that `@prepare` writes, of the same size.
 *
 * @throws DiagnosticError naming the first one that is not
 */
export function checkPrepared(artefact: {
  readonly name: string;
  readonly main: DescribedFunction;
  readonly prepare?: DescribedFunction | undefined;
}): void {
  const { name, main, prepare } = artefact;
  for (const argument of main.arguments) {
    if (argument.role !== "prepared") continue;
    const source = prepare?.arguments.find(({ role, name: other }) => role === "prepared" && other === argument.name);
    if (source === undefined) {
      throw new DiagnosticError(
        `${name}: @main reads the prepared tensor '${argument.name}', which no @prepare computes`,
      );
    }
    if (source.bytes !== argument.bytes) {
      throw new DiagnosticError(
        `${name}: the prepared tensor '${argument.name}' has ${source.bytes} bytes in @prepare and ${argument.bytes} in @main`,
      );
    }
  }
}
