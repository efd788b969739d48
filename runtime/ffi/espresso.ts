/**
 * Espresso's `e5rt` calls as classes: one per kind of handle, each released exactly once, every status checked. The way of a
 * program: compiler → library → function → operation → ports and buffers → stream (`espresso-signatures.ts` has the facts).
 *
 * A call that fails throws an `EspressoError` that names the step, a sentence of ours for the code, and what the library says.
 * The library is looked for when first asked for; on a machine without one nothing happens but a reason.
 *
 * None of this was ever run on a Mac. It is tested against a stand-in library made from the same table of signatures;
 * `ANEMONE_ESPRESSO` names a library to use in place of the system's, which is how tests reach it.
 */
import { type Pointer, toArrayBuffer } from "bun:ffi";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { findAutoreleasePools } from "./autorelease.ts";
import { type EspressoFunctions, type EspressoKind, espressoFunctions } from "./espresso-signatures.ts";
import { type Binding, bindFunctions, cell } from "./foreign-table.ts";
import { openSharedLibrary } from "./libc.ts";
import { type Address, cString, readCString } from "./memory.ts";

/** Not a file on disk: the loader finds it in the system's shared cache by this path. */
export const espressoPath = "/System/Library/PrivateFrameworks/Espresso.framework/Espresso";

/** Sentences for the codes that calls return. (driver-stack.md B: the names in Apple's binaries.) */
const statusSentences: Readonly<Record<number, string>> = {
  1: "an argument of the call is invalid",
  2: "the operation is not valid in this state",
  3: "memory could not be allocated",
  4: "an access is out of bounds",
  5: "a type parameter is invalid",
  6: "a data type is invalid",
};

/** What a status code means, in a sentence. */
export function describeStatus(status: number): string {
  return statusSentences[status] ?? `the code ${status} is not known`;
}

/** A call into Espresso that failed. */
export class EspressoError extends DiagnosticError {
  constructor(
    /** What was being done: `compile the program`. */
    readonly step: string,
    /** The function that failed. */
    readonly functionName: string,
    /** The code that it returned; zero where it succeeded but gave nothing. */
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "EspressoError";
  }
}

type FunctionName = keyof EspressoFunctions;
type Functions = Binding<EspressoFunctions>["functions"];

/** An opened Espresso. Its handles are not for two threads at once, and not for a forked process. */
export class EspressoLibrary {
  readonly #functions: Functions;
  readonly #pools: ReturnType<typeof findAutoreleasePools>;

  private constructor(
    readonly path: string,
    binding: Binding<EspressoFunctions>,
    /** Functions of later or other versions that this one does not have. */
    readonly missingOptional: readonly string[],
    pools: ReturnType<typeof findAutoreleasePools>,
  ) {
    this.#functions = binding.functions;
    this.#pools = pools;
  }

  /** Opens the library at `path`; a string is the reason why it cannot be used. Throws nothing. */
  static open(path: string): EspressoLibrary | string {
    const opened = openSharedLibrary(path);
    if (opened.library === undefined) return opened.reason;
    const binding = bindFunctions("Espresso", espressoFunctions, opened.library.symbol);
    if (binding.missing.length > 0) {
      return `it lacks ${binding.missing.length} of the functions that are needed: ${binding.missing.join(", ")}`;
    }
    return new EspressoLibrary(path, binding, binding.missingOptional, findAutoreleasePools(opened.library.symbol));
  }

  get functions(): Functions {
    return this.#functions;
  }

  has(name: FunctionName): boolean {
    return this.#functions[name] !== undefined;
  }

  /** Runs `body` with an autorelease pool of its own: the library is Objective-C behind its C functions. */
  pooled<Result>(body: () => Result): Result {
    const pool = this.pushPool();
    try {
      return body();
    } finally {
      this.popPool(pool);
    }
  }

  /** The same as two calls, for a loop that cannot afford a closure; zero where there are no pools. */
  pushPool(): Address {
    return this.#pools === undefined ? 0 : Number(this.#pools.objc_autoreleasePoolPush());
  }

  popPool(pool: Address): void {
    if (pool !== 0) this.#pools?.objc_autoreleasePoolPop(pool);
  }

  /** What the library says of the last failure on this thread; empty where it says nothing. */
  lastMessage(): string {
    return readCString(this.#functions.e5rt_get_last_error_message?.() ?? null).trim();
  }

  /** @throws EspressoError where a call gave another status than zero */
  check(step: string, functionName: FunctionName, status: number): void {
    if (status !== 0) throw this.failure(step, functionName, status);
  }

  failure(step: string, functionName: FunctionName, status: number): EspressoError {
    const said = this.lastMessage();
    const words = status === 0 ? "it gave no handle" : describeStatus(status);
    const details = `${functionName} gave ${status}${said === "" ? "" : `: ${said}`}`;
    return new EspressoError(step, functionName, status, `cannot ${step}: ${words} (${details})`);
  }

  /** Calls a function that fills a cell with a handle. */
  obtain(step: string, functionName: FunctionName, call: (out: BigUint64Array) => number): Address {
    const out = cell();
    this.check(step, functionName, call(out));
    const address = Number(out[0]);
    if (address === 0) throw this.failure(step, functionName, 0);
    return address;
  }
}

/** Libraries stay loaded as long as the process lives. */
const openedLibraries = new Map<string, EspressoLibrary | string>();

export interface EspressoSearch {
  readonly path: string;
  /** Whether `ANEMONE_ESPRESSO` named it. */
  readonly isOverride: boolean;
  readonly library: EspressoLibrary | undefined;
  /** Why there is none. */
  readonly reason: string | undefined;
}

/** Why a machine cannot have the framework that runs on the engine; undefined where it can. */
export function platformFault(
  platform: NodeJS.Platform,
  architecture: string,
  processor = cpus()[0]?.model ?? "",
): string | undefined {
  if (platform !== "darwin") return "it is a framework of macOS";
  if (architecture === "arm64") return undefined;
  // Rosetta tells its programs `Apple M1` or `VirtualApple @ 2.50GHz`.
  return /Apple/.test(processor)
    ? `this is a Bun for ${architecture}, which Rosetta translates, and Rosetta does not reach the engine: install Bun for arm64 (\`npm ci\` under an arm64 Node)`
    : "it needs Apple silicon, and this Mac has an Intel processor";
}

/**
 * Looks for Espresso: where `ANEMONE_ESPRESSO` (a hook for tests) points, else in its place on macOS on Apple silicon. Elsewhere
 * nothing is opened.
 */
export function findEspresso(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  architecture: string = process.arch,
): EspressoSearch {
  const stated = environment.ANEMONE_ESPRESSO;
  const isOverride = stated !== undefined && stated !== "";
  const path = isOverride ? stated : espressoPath;
  const fault = isOverride ? undefined : platformFault(platform, architecture);
  if (fault !== undefined) return { path, isOverride, library: undefined, reason: fault };
  let opened = openedLibraries.get(path);
  if (opened === undefined) {
    opened = EspressoLibrary.open(path);
    openedLibraries.set(path, opened);
  }
  return typeof opened === "string"
    ? { path, isOverride, library: undefined, reason: opened }
    : { path, isOverride, library: opened, reason: undefined };
}

/** The function that releases each kind. */
const releases = {
  compiler_config: "e5rt_e5_compiler_config_options_release",
  compiler_options: "e5rt_e5_compiler_options_release",
  compiler: "e5rt_e5_compiler_release",
  library: "e5rt_program_library_release",
  function: "e5rt_program_function_release",
  operation_options: "e5rt_precompiled_compute_op_create_options_release",
  operation: "e5rt_execution_stream_operation_release",
  tensor_desc: "e5rt_tensor_desc_release",
  port: "e5rt_io_port_release",
  buffer: "e5rt_buffer_object_release",
  stream: "e5rt_execution_stream_release",
} as const satisfies Partial<Record<EspressoKind, FunctionName>>;
export type OwnedKind = keyof typeof releases;

/** Where failures to release go: whoever releases has no use for an exception in the middle of it. */
export type ReleaseReport = (failure: EspressoError) => void;

/** A handle that this process owns. */
export abstract class EspressoHandle implements Disposable {
  #address: Address;

  constructor(
    readonly library: EspressoLibrary,
    readonly kind: OwnedKind,
    address: Address,
  ) {
    this.#address = address;
  }

  /** The handle. @throws DiagnosticError where it was released already */
  get address(): Address {
    if (this.#address === 0) {
      throw new DiagnosticError(`the ${this.kind.replace("_", " ")} was released: it cannot be used any more`);
    }
    return this.#address;
  }

  get isReleased(): boolean {
    return this.#address === 0;
  }

  /**
   * Gives the handle back; does nothing the second time. Where that fails nobody knows whether the handle was freed: it is
   * given up, since to leak it once is better than to free it twice.
   */
  release(report?: ReleaseReport): void {
    if (this.#address === 0) return;
    const slot = cell();
    slot[0] = BigInt(this.#address);
    this.#address = 0;
    const name = releases[this.kind];
    const status = this.library.functions[name]?.(slot) ?? 0;
    if (status !== 0) report?.(this.library.failure(`release the ${this.kind.replace("_", " ")}`, name, status));
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** The device types that a program may be compiled for. */
export const deviceMasks = { cpu: 1, gpu: 2, engine: 4, any: 7 } as const;

export interface CompilerSettings {
  /** The folder in which the compiler keeps its bundles. */
  readonly bundleFolder: string;
  /** Bits of `deviceMasks`. Default: the engine, nothing else. */
  readonly deviceMask?: number;
  /** `h13`, …; the machine's own without this. Check it before: the library ignores a target that it does not know. */
  readonly target?: string;
}

class CompilerConfig extends EspressoHandle {
  constructor(library: EspressoLibrary, bundleFolder: string) {
    const name = "e5rt_e5_compiler_config_options_create";
    const address = library.obtain("make the compiler's configuration", name, library.functions[name]);
    super(library, "compiler_config", address);
    guarded(this, () => {
      const set = "e5rt_e5_compiler_config_options_set_cache_bundle_location";
      const status = library.functions[set](this.address, absolutePath(bundleFolder));
      library.check("set the folder for compiled bundles", set, status);
    });
  }
}

class Compiler extends EspressoHandle {
  constructor(library: EspressoLibrary, config: CompilerConfig) {
    const name = "e5rt_e5_compiler_create_with_config";
    const create = library.functions[name];
    super(
      library,
      "compiler",
      library.obtain("make the compiler", name, (out) => create(out, config.address)),
    );
  }
}

class CompilerOptions extends EspressoHandle {
  constructor(library: EspressoLibrary, { deviceMask = deviceMasks.engine, target }: CompilerSettings) {
    const name = "e5rt_e5_compiler_options_create";
    super(library, "compiler_options", library.obtain("make the compiler's options", name, library.functions[name]));
    guarded(this, () => {
      const mask = "e5rt_e5_compiler_options_set_compute_device_types_mask";
      library.check("choose the Neural Engine", mask, library.functions[mask](this.address, deviceMask));
      const segmenter = "e5rt_e5_compiler_options_set_segmenter";
      const status = library.functions[segmenter](this.address, cString("graph"));
      library.check("choose the compiler's segmenter", segmenter, status);
      if (target === undefined) return;
      const custom = "e5rt_e5_compiler_options_set_custom_ane_compiler_options";
      const chosen = library.functions[custom](this.address, cString(`TargetArchitecture=${target}`));
      library.check(`choose the target ${target}`, custom, chosen);
    });
  }
}

/** Paths are read by a service with another working directory than this process. */
const absolutePath = (path: string) => cString(resolve(path));

/** Runs the rest of a constructor; what was made is released where that fails. */
function guarded(made: EspressoHandle, rest: () => void): void {
  try {
    rest();
  } catch (error) {
    made.release();
    throw error;
  }
}

/**
 * Compiles the MIL text at `path`. Recompilation is never forced: what the compiler has in its bundle folder it may take.
 *
 * @throws EspressoError where a step fails; nothing is left behind then
 */
export function compileProgram(
  library: EspressoLibrary,
  path: string,
  settings: CompilerSettings,
  report?: ReleaseReport,
): ProgramLibrary {
  const made: EspressoHandle[] = [];
  const keep = <Handle extends EspressoHandle>(handle: Handle): Handle => {
    made.push(handle);
    return handle;
  };
  try {
    const config = keep(new CompilerConfig(library, settings.bundleFolder));
    const compiler = keep(new Compiler(library, config));
    const options = keep(new CompilerOptions(library, settings));
    const name = "e5rt_e5_compiler_compile";
    const compile = library.functions[name];
    const address = library.obtain("compile the program", name, (out) =>
      compile(compiler.address, absolutePath(path), options.address, out),
    );
    return new ProgramLibrary(library, address);
  } finally {
    for (const handle of made.reverse()) handle.release(report);
  }
}

/** A compiled program, in this process. */
export class ProgramLibrary extends EspressoHandle {
  constructor(library: EspressoLibrary, address: Address) {
    super(library, "library", address);
  }

  /** Opens a bundle that was compiled before. */
  static open(library: EspressoLibrary, bundlePath: string): ProgramLibrary {
    const name = "e5rt_program_library_create";
    const create = library.functions[name];
    const address = library.obtain("open the compiled bundle", name, (out) => create(out, absolutePath(bundlePath)));
    return new ProgramLibrary(library, address);
  }

  /** Where the compiled bundle lies; undefined where this version cannot say. */
  bundlePath(): string | undefined {
    const name = "e5rt_program_library_get_e5_bundle_path";
    const get = this.library.functions[name];
    if (get === undefined) return undefined;
    const address = this.library.obtain("ask for the compiled bundle's path", name, (out) => get(this.address, out));
    return readCString(address);
  }

  programFunction(functionName: string): ProgramFunction {
    const name = "e5rt_program_library_retain_program_function";
    const retain = this.library.functions[name];
    const address = this.library.obtain(`find the function '${functionName}'`, name, (out) =>
      retain(this.address, cString(functionName), out),
    );
    return new ProgramFunction(this.library, address);
  }
}

export class ProgramFunction extends EspressoHandle {
  constructor(library: EspressoLibrary, address: Address) {
    super(library, "function", address);
  }
}

/** How an operation is to be made of a function. */
export class OperationOptions extends EspressoHandle {
  constructor(library: EspressoLibrary, programFunction: ProgramFunction, operationName: string) {
    const name = "e5rt_precompiled_compute_op_create_options_create_with_program_function";
    const create = library.functions[name];
    super(
      library,
      "operation_options",
      library.obtain("make the operation's options", name, (out) => create(out, programFunction.address)),
    );
    guarded(this, () => {
      const set = "e5rt_precompiled_compute_op_create_options_set_operation_name";
      library.check("name the operation", set, library.functions[set](this.address, cString(operationName)));
      const allocate = "e5rt_precompiled_compute_op_create_options_set_allocate_intermediate_buffers";
      const status = library.functions[allocate](this.address, true);
      library.check("let the operation allocate its intermediate buffers", allocate, status);
    });
  }
}

/** A function that is ready to be encoded on a stream. */
export class StreamOperation extends EspressoHandle {
  constructor(library: EspressoLibrary, options: OperationOptions) {
    const name = "e5rt_execution_stream_operation_create_precompiled_compute_operation_with_options";
    const create = library.functions[name];
    super(
      library,
      "operation",
      library.obtain("load the program", name, (out) => create(out, options.address)),
    );
  }

  port(direction: "input" | "output", portName: string): Port {
    const name =
      direction === "input"
        ? "e5rt_execution_stream_operation_retain_input_port"
        : "e5rt_execution_stream_operation_retain_output_port";
    const retain = this.library.functions[name];
    const address = this.library.obtain(`find the ${direction} port '${portName}'`, name, (out) =>
      retain(this.address, cString(portName), out),
    );
    return new Port(this.library, address, `${direction} port '${portName}'`);
  }
}

class TensorDescription extends EspressoHandle {
  constructor(library: EspressoLibrary, address: Address) {
    super(library, "tensor_desc", address);
  }
}

/** Where a tensor enters or leaves an operation. */
export class Port extends EspressoHandle {
  constructor(
    library: EspressoLibrary,
    address: Address,
    readonly description: string,
  ) {
    super(library, "port", address);
  }

  /**
   * The bytes of its tensor as the loaded program has it; undefined where this version cannot say.
   *
   * @throws EspressoError where it is asked and fails
   */
  tensorBytes(report?: ReleaseReport): number | undefined {
    const retainName = "e5rt_io_port_retain_tensor_desc";
    const sizeName = "e5rt_tensor_desc_get_size";
    const { [retainName]: retain, [sizeName]: getSize } = this.library.functions;
    if (retain === undefined || getSize === undefined || !this.library.has("e5rt_tensor_desc_release"))
      return undefined;
    const address = this.library.obtain(`describe the ${this.description}`, retainName, (out) =>
      retain(this.address, out),
    );
    const description = new TensorDescription(this.library, address);
    try {
      const size = cell();
      const status = getSize(address, size);
      this.library.check(`ask for the size of the ${this.description}`, sizeName, status);
      return Number(size[0]);
    } finally {
      description.release(report);
    }
  }

  /** Makes a buffer the memory of this port. */
  bind(buffer: BufferObject): void {
    const name = "e5rt_io_port_bind_buffer_object";
    const status = this.library.functions[name](this.address, buffer.address);
    this.library.check(`bind a buffer to the ${this.description}`, name, status);
  }
}

/** Buffers hold whole lines of 64 bytes. (ANEForge allocates them so: aneforge.md 4.2.) */
export function bufferBytes(bytes: number): number {
  return Math.max(64, Math.ceil(bytes / 64) * 64);
}

/** `BufferType` of memory that the process reads and writes by its address. */
const hostBuffer = 0;

/** Memory that ports can be bound to: dense and row-major for what the caller sees. */
export class BufferObject extends EspressoHandle {
  /** The memory. Its `bytes` are detached (length zero) once the buffer is released, so that no view outlives them. */
  readonly memory: ArrayBuffer;

  constructor(
    library: EspressoLibrary,
    /** What was asked for: the tensor, without what fills up the last line. */
    readonly bytes: number,
  ) {
    const name = "e5rt_buffer_object_alloc";
    const allocate = library.functions[name];
    const size = bufferBytes(bytes);
    super(
      library,
      "buffer",
      library.obtain(`allocate a buffer of ${size} bytes`, name, (out) => allocate(out, size, hostBuffer)),
    );
    let memory = new ArrayBuffer(0);
    guarded(this, () => {
      const get = "e5rt_buffer_object_get_data_ptr";
      const getAddress = library.functions[get];
      const data = library.obtain("find a buffer's memory", get, (out) => getAddress(this.address, out));
      memory = toArrayBuffer(data as Pointer, 0, size);
    });
    this.memory = memory;
    // Programs and states start from zeros, whatever the allocator gave.
    new Uint8Array(memory).fill(0);
  }

  override release(report?: ReleaseReport): void {
    if (!this.isReleased && this.memory !== undefined && !this.memory.detached) this.memory.transfer(0);
    super.release(report);
  }
}

/** Where operations are encoded once, and run as often as wanted. */
export class ExecutionStream extends EspressoHandle {
  readonly #execute: Functions["e5rt_execution_stream_execute_sync"];

  constructor(library: EspressoLibrary) {
    const name = "e5rt_execution_stream_create";
    super(library, "stream", library.obtain("make the execution stream", name, library.functions[name]));
    this.#execute = library.functions.e5rt_execution_stream_execute_sync;
  }

  encode(operation: StreamOperation): void {
    const name = "e5rt_execution_stream_encode_operation";
    this.library.check("encode the program", name, this.library.functions[name](this.address, operation.address));
  }

  /** Runs what is encoded, and waits for it. */
  execute(): void {
    const status = this.#execute(this.address);
    if (status !== 0) throw this.library.failure("run the program", "e5rt_execution_stream_execute_sync", status);
  }
}
