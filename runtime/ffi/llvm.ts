/**
 * Machine code from LLVM IR text, in this process: libLLVM's C API through `bun:ffi`.
 *
 * The way of a module: parse the text in a fresh context, verify it, give it the host's triple and data layout, run the
 * optimiser's passes, generate an object file in memory, and let ORC's LLJIT link that into the process. An object is
 * plain bytes, so a cache may keep it (`emitObject`, `loadObject`); a module is never handed to the JIT itself, because
 * the C API for that differs between releases, while the one for objects is the same from 15 to 22.
 *
 * Outside names: `symbols` binds globals and functions that the IR declares to addresses (weights, a thread pool); any
 * other undefined name is looked up in this process, the C mathematics library and the compiler's support library. The
 * code reaches them through a table of addresses, so they may lie anywhere in memory; the IR must not call them
 * `dso_local`.
 *
 * Half precision: with F16C (x86 since 2012) or on AArch64, conversions between `float` and `half` are instructions. A
 * processor without them, and `double` to `half` on every x86, call `__truncsfhf2`, `__extendhfsf2` and `__truncdfhf2`,
 * which libgcc_s (GCC 12 or newer) or macOS's system library provides; where they are missing, linking says so by name.
 *
 * Bad IR ends in an `LlvmError`. Only what LLVM itself calls fatal (an instruction the processor does not have, say)
 * cannot be caught: it prints an error and ends the process with exit code 1.
 */
import { CFunction, type Pointer } from "bun:ffi";
import { DiagnosticError, type SourcePlace } from "../../ir/diagnostic-error.ts";
import { describeLlvmSearch, findLlvm, type LlvmLibrary, type NativePointer } from "./llvm-library.ts";
import { type Address, addressOf, copyBytes, cString, type NativeView } from "./memory.ts";

/** Where compilation stopped. */
export type LlvmStage = "library" | "parse" | "verify" | "target" | "optimise" | "generate" | "link";

/** IR text that LLVM does not accept, or code that it cannot generate or link. */
export class LlvmError extends DiagnosticError {
  constructor(
    readonly stage: LlvmStage,
    message: string,
    details: SourcePlace & { readonly source?: string } = {},
  ) {
    super(message, details);
    this.name = "LlvmError";
  }
}

/** 0 is only for debugging (about three times slower code); 1 to 3 gave kernels the same speed. */
export type CodegenLevel = 0 | 1 | 2 | 3;

export interface LlvmOptions {
  /** The library to use; the best one found without this. */
  readonly library?: LlvmLibrary;
  /** The name of the module in messages. */
  readonly name?: string;
  /** A pass pipeline in LLVM's own syntax; see `llvmPasses`. The empty string runs none. */
  readonly passes?: string;
  readonly codegenLevel?: CodegenLevel;
  /** A processor name in place of the host's. */
  readonly cpu?: string;
  /** Features appended to the host's, for example `-avx512f,-f16c`. */
  readonly features?: string;
}

/** Addresses for names that the IR declares without defining them. */
export type ExternalSymbols = Readonly<Record<string, Address>>;

/**
 * Pass pipelines, cheapest first. The times are for 80 loop nests (240 loops) from text to object on one core; the factors
 * compare the code's speed with `full`.
 *
 * `default<O2>` always vectorises: it overrides the C API's switches. Whoever wants no vectoriser takes `tidy`.
 */
export const llvmPasses = {
  /** For code in its final form (90 ms; four times slower on naive loops, which then accumulate in memory). */
  none: "",
  /** Moves invariants and accumulators out of loops, removes repeated work; no vectoriser (95 ms; vector loops 0.9). */
  tidy: "function(sroa,early-cse<memssa>,simplifycfg,loop-mssa(loop-rotate,licm),instcombine,simplifycfg),globaldce",
  /** `tidy` with LLVM's loop vectoriser, which makes scalar loops three times faster (180 ms; 0.9 to 1.0). */
  vectorize:
    "function(sroa,early-cse<memssa>,simplifycfg,instcombine,loop-mssa(loop-rotate,licm),loop(indvars)," +
    "loop-vectorize,instcombine,simplifycfg),globaldce",
  /** All of LLVM's middle end, with inlining, unrolling and both vectorisers (410 ms). */
  full: "default<O2>",
} as const;

const defaultPasses: string = llvmPasses.full;
const defaultCodegenLevel: CodegenLevel = 2;

/** `LLVMRelocPIC`: outside names go through the linker's tables, because weights lie further away than 2 GiB. */
const relocationModel = 2;
/** `LLVMCodeModelDefault`. */
const codeModel = 0;
const fileTypes = { assembly: 0, object: 1 } as const;
/** `LLVMReturnStatusAction`. */
const returnStatus = 2;

/** The library of `options`, else the best one on this machine; an error that tells what was looked for if none. */
function libraryFor(options: { readonly library?: LlvmLibrary }): LlvmLibrary {
  if (options.library !== undefined) return options.library;
  const search = findLlvm();
  if (search.library !== undefined) return search.library;
  const looked = describeLlvmSearch(search).join("\n  ");
  throw new LlvmError("library", `no usable libLLVM; set ANEMONE_LLVM to one (15 or newer)\n  ${looked}`);
}

/** The features string for `options`: the host's (unless another processor is named), then ours, then the caller's. */
function featuresFor(library: LlvmLibrary, options: LlvmOptions): string {
  const host = options.cpu === undefined ? library.host.features : "";
  // Some processors' tables ask for 256-bit vectors although they have 512-bit ones; the emitter decides the width.
  const width = host.includes("+avx512f") ? "-prefer-256-bit" : "";
  return [host, width, options.features ?? ""].filter((part) => part !== "").join(",");
}

/**
 * The pipeline text for a library. From LLVM 18 on, `instcombine` in a text also verifies that one round was enough, and ends
 * the process where it was not: that is meant for LLVM's own tests.
 */
function passesFor(library: LlvmLibrary, options: LlvmOptions): string {
  const passes = options.passes ?? defaultPasses;
  if (library.version < 18) return passes;
  return passes.replaceAll(/\binstcombine\b(?!<)/g, "instcombine<no-verify-fixpoint>");
}

/**
 * Everything besides the IR text that decides the bytes of an object: a part of a cache key.
 */
export function describeCodegen(options: LlvmOptions = {}): string {
  const library = libraryFor(options);
  return JSON.stringify({
    llvm: library.version,
    triple: library.host.triple,
    cpu: options.cpu ?? library.host.cpu,
    features: featuresFor(library, options),
    passes: passesFor(library, options),
    codegenLevel: options.codegenLevel ?? defaultCodegenLevel,
  });
}

/** `name:line:column: error: text` followed by the source line, as LLVM's readers write it. */
function parseError(library: LlvmLibrary, name: string, irText: string, message: string): LlvmError {
  const match = /^.*?:(\d+):(\d+): error: ([^\n]*)/.exec(message);
  const place = match === null ? {} : { line: Number(match[1]), column: Number(match[2]), source: irText };
  const text = (match?.[3] ?? message).trim();
  return new LlvmError("parse", `libLLVM ${library.version} does not accept the IR text: ${text}`, {
    file: name,
    ...place,
  });
}

/** Parses and verifies; the module belongs to the caller. */
function parseModule(library: LlvmLibrary, context: NativePointer, irText: string, name: string): NativePointer {
  const { functions } = library;
  const bytes = cString(irText);
  const buffer = functions.LLVMCreateMemoryBufferWithMemoryRangeCopy(bytes, bytes.length - 1, cString(name));
  const module = new BigUint64Array(1);
  const message = new BigUint64Array(1);
  // The parser takes ownership of the buffer.
  if (functions.LLVMParseIRInContext(context, buffer, module, message) !== 0) {
    throw parseError(library, name, irText, library.messageText(message[0] ?? null));
  }
  const parsed = module[0] ?? null;
  const invalid = functions.LLVMVerifyModule(parsed, returnStatus, message) !== 0;
  const text = library.messageText(message[0] ?? null);
  if (!invalid) return parsed;
  functions.LLVMDisposeModule(parsed);
  throw new LlvmError("verify", `libLLVM ${library.version} finds the module invalid: ${text.trim()}`, { file: name });
}

function createTargetMachine(library: LlvmLibrary, options: LlvmOptions, name: string): NativePointer {
  const { functions, host } = library;
  const target = new BigUint64Array(1);
  const message = new BigUint64Array(1);
  const triple = cString(host.triple);
  if (functions.LLVMGetTargetFromTriple(triple, target, message) !== 0) {
    throw new LlvmError("target", library.messageText(message[0] ?? null), { file: name });
  }
  const machine = functions.LLVMCreateTargetMachine(
    target[0] ?? null,
    triple,
    cString(options.cpu ?? host.cpu),
    cString(featuresFor(library, options)),
    options.codegenLevel ?? defaultCodegenLevel,
    relocationModel,
    codeModel,
  );
  if (machine === null) {
    throw new LlvmError("target", `libLLVM ${library.version} has no target machine for ${host.triple}`, {
      file: name,
    });
  }
  return machine;
}

function runPasses(
  library: LlvmLibrary,
  module: NativePointer,
  machine: NativePointer,
  options: LlvmOptions,
  name: string,
): void {
  const { functions } = library;
  const passes = passesFor(library, options);
  if (passes === "") return;
  const settings = functions.LLVMCreatePassBuilderOptions();
  const error = functions.LLVMRunPasses(module, cString(passes), machine, settings);
  functions.LLVMDisposePassBuilderOptions(settings);
  if (error !== null) {
    throw new LlvmError("optimise", `the pass pipeline "${passes}" failed: ${library.errorText(error)}`, {
      file: name,
    });
  }
}

/** Runs `use` on the optimised module with its target machine, and releases everything afterwards. */
function withOptimisedModule<Result>(
  irText: string,
  options: LlvmOptions,
  use: (library: LlvmLibrary, module: NativePointer, machine: NativePointer, name: string) => Result,
): Result {
  const library = libraryFor(options);
  const { functions } = library;
  const name = options.name ?? "module.ll";
  const released: (() => void)[] = [];
  library.currentTask = name;
  library.takeMessages();
  try {
    const context = functions.LLVMContextCreate();
    released.push(() => functions.LLVMContextDispose(context));
    library.attachDiagnostics(context);
    const machine = createTargetMachine(library, options, name);
    released.push(() => functions.LLVMDisposeTargetMachine(machine));
    const module = parseModule(library, context, irText, name);
    released.push(() => functions.LLVMDisposeModule(module));
    functions.LLVMSetTarget(module, cString(library.host.triple));
    const layout = functions.LLVMCreateTargetDataLayout(machine);
    functions.LLVMSetModuleDataLayout(module, layout);
    functions.LLVMDisposeTargetData(layout);
    runPasses(library, module, machine, options, name);
    return use(library, module, machine, name);
  } finally {
    for (const release of released.reverse()) release();
    library.currentTask = "";
  }
}

function emit(irText: string, options: LlvmOptions, fileType: keyof typeof fileTypes): Uint8Array {
  return withOptimisedModule(irText, options, (library, module, machine, name) => {
    const { functions } = library;
    const message = new BigUint64Array(1);
    const buffer = new BigUint64Array(1);
    const failed = functions.LLVMTargetMachineEmitToMemoryBuffer(machine, module, fileTypes[fileType], message, buffer);
    if (failed !== 0) throw new LlvmError("generate", library.messageText(message[0] ?? null), { file: name });
    const emitted = buffer[0] ?? null;
    const size = Number(functions.LLVMGetBufferSize(emitted));
    const bytes = copyBytes(Number(functions.LLVMGetBufferStart(emitted)), size);
    functions.LLVMDisposeMemoryBuffer(emitted);
    const errors = library.takeMessages();
    if (errors.length > 0) throw new LlvmError("generate", errors.join("; "), { file: name });
    return bytes;
  });
}

/** An object file for this machine. Names that it leaves undefined are bound by `loadObject`. */
export function emitObject(irText: string, options: LlvmOptions = {}): Uint8Array {
  return emit(irText, options, "object");
}

/** The assembly text of the same code, to look at. */
export function emitAssembly(irText: string, options: LlvmOptions = {}): string {
  return new TextDecoder().decode(emit(irText, options, "assembly"));
}

/** The IR text after LLVM's passes, to look at. */
export function optimiseIr(irText: string, options: LlvmOptions = {}): string {
  return withOptimisedModule(irText, options, (library, module) =>
    library.messageText(library.functions.LLVMPrintModuleToString(module)),
  );
}

/** Libraries that generated code may call without asking, beyond what this process exports. Missing ones are skipped. */
const supportLibraries = process.platform === "darwin" ? [] : ["libm.so.6", "libgcc_s.so.1"];

/** Code linked into this process. Its addresses are valid until it is disposed. */
export class JitModule {
  private jit: NativePointer;

  private constructor(
    private readonly library: LlvmLibrary,
    private readonly name: string,
  ) {
    const { functions } = library;
    const created = new BigUint64Array(1);
    const error = functions.LLVMOrcCreateLLJIT(created, functions.LLVMOrcCreateLLJITBuilder());
    if (error !== null) throw new LlvmError("link", library.errorText(error), { file: name });
    this.jit = created[0] ?? null;
    library.attachJitErrors(functions.LLVMOrcLLJITGetExecutionSession(this.jit));
  }

  /** Links an object file with the given symbols. Names are resolved at the first `lookup`. */
  static load(library: LlvmLibrary, object: Uint8Array, symbols: ExternalSymbols, name: string): JitModule {
    const module = new JitModule(library, name);
    try {
      module.define(symbols);
      module.addLibraries();
      module.addObject(object);
      return module;
    } catch (error) {
      module.dispose();
      throw error;
    }
  }

  /**
   * The address of a function or variable that the module defines.
   *
   * @throws LlvmError if there is none, or if a name that the module uses is defined nowhere
   */
  lookup(symbol: string): Address {
    if (this.jit === null) throw new LlvmError("link", `the code of ${this.name} was disposed`, { file: this.name });
    const address = new BigUint64Array(1);
    this.library.takeMessages();
    this.check(this.library.functions.LLVMOrcLLJITLookup(this.jit, address, cString(symbol)), `"${symbol}"`);
    return Number(address[0]);
  }

  /** Frees the code. Calling into it afterwards crashes the process. */
  dispose(): void {
    if (this.jit === null) return;
    const error = this.library.functions.LLVMOrcDisposeLLJIT(this.jit);
    this.jit = null;
    if (error !== null) throw new LlvmError("link", this.library.errorText(error), { file: this.name });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private define(symbols: ExternalSymbols): void {
    const { functions } = this.library;
    const names = Object.keys(symbols);
    if (names.length === 0) return;
    // LLVMOrcCSymbolMapPair: name pointer, address, one byte of flags (1 = exported), padded to 24 bytes.
    const pairs = new BigUint64Array(names.length * 3);
    for (const [index, symbol] of names.entries()) {
      const address = symbols[symbol] ?? 0;
      if (!Number.isSafeInteger(address) || address <= 0) {
        throw new LlvmError("link", `the symbol "${symbol}" has no valid address: ${address}`, { file: this.name });
      }
      const entry = functions.LLVMOrcLLJITMangleAndIntern(this.jit, cString(symbol));
      pairs.set([BigInt(entry ?? 0), BigInt(address), 1n], index * 3);
    }
    const unit = functions.LLVMOrcAbsoluteSymbols(pairs, names.length);
    const error = functions.LLVMOrcJITDylibDefine(this.mainLibrary(), unit);
    if (error !== null) functions.LLVMOrcDisposeMaterializationUnit(unit);
    this.check(error, "external symbols");
  }

  private addLibraries(): void {
    const { functions } = this.library;
    const prefix = functions.LLVMOrcLLJITGetGlobalPrefix(this.jit);
    const generator = new BigUint64Array(1);
    const failure = functions.LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(generator, prefix, null, null);
    this.check(failure, "this process's symbols");
    functions.LLVMOrcJITDylibAddGenerator(this.mainLibrary(), generator[0] ?? null);
    for (const file of supportLibraries) {
      const path = cString(file);
      const missing = functions.LLVMOrcCreateDynamicLibrarySearchGeneratorForPath(generator, path, prefix, null, null);
      if (missing === null) functions.LLVMOrcJITDylibAddGenerator(this.mainLibrary(), generator[0] ?? null);
      else this.library.errorText(missing);
    }
  }

  private addObject(object: Uint8Array): void {
    const { functions } = this.library;
    if (object.byteLength === 0) throw new LlvmError("link", "the object file is empty", { file: this.name });
    // The JIT takes ownership of the copy.
    const buffer = functions.LLVMCreateMemoryBufferWithMemoryRangeCopy(object, object.byteLength, cString(this.name));
    this.check(functions.LLVMOrcLLJITAddObjectFile(this.jit, this.mainLibrary(), buffer), "the object file");
  }

  private mainLibrary(): NativePointer {
    return this.library.functions.LLVMOrcLLJITGetMainJITDylib(this.jit);
  }

  private check(error: NativePointer, what: string): void {
    if (error === null) return;
    // The error that lookup returns only names what failed; the session's errors say why.
    const messages = [this.library.errorText(error), ...this.library.takeMessages()];
    throw new LlvmError("link", `cannot link ${what} of ${this.name}: ${messages.join("; ")}`, { file: this.name });
  }
}

/**
 * Links an object file made by `emitObject`, possibly by an earlier process on the same machine.
 *
 * @param symbols addresses for names that the object leaves undefined; what lies there must outlive the module
 */
export function loadObject(
  object: Uint8Array,
  symbols: ExternalSymbols = {},
  options: Pick<LlvmOptions, "library" | "name"> = {},
): JitModule {
  return JitModule.load(libraryFor(options), object, symbols, options.name ?? "module.ll");
}

/** Compiles and links IR text: `emitObject` followed by `loadObject`. */
export function compileLlvmIr(irText: string, options: LlvmOptions & { symbols?: ExternalSymbols } = {}): JitModule {
  return loadObject(emitObject(irText, options), options.symbols ?? {}, options);
}

/** A native function of pointers. A typed array passes the address of its first element, a number is an address itself. */
export type NativeFunction = (...pointers: (NativeView | Address)[]) => void;

/** The most arguments that `bun:ffi` passes to a native function. */
export const maximumArgumentCount = 32;

/**
 * A JavaScript function for `void f(ptr, …, ptr)` at `address`. Arrays passed to it stay where they are during the call.
 * A call costs about 5 ns, and 2 ns more per argument where they are spread from an array. An empty array has no address
 * that may be read or written.
 *
 * @param address of a function whose module is not disposed; calling it later crashes the process
 * @param argumentCount how many pointers it takes, at most `maximumArgumentCount`
 */
export function callable(address: Address, argumentCount: number): NativeFunction {
  if (argumentCount > maximumArgumentCount) {
    throw new LlvmError(
      "link",
      `a native call takes at most ${maximumArgumentCount} pointers, not ${argumentCount}: ` +
        "give the function one pointer to a list of them, and call it by listCallable",
    );
  }
  const call = CFunction({
    ptr: address as Pointer,
    args: Array.from({ length: argumentCount }, () => "ptr" as const),
    returns: "void",
  });
  return call as unknown as NativeFunction;
}

/**
 * A JavaScript function for `void f(ptr)` at `address`, whose one parameter points to a list of `argumentCount` pointers.
 * For any number of pointers. A call costs about 12 ns per address and 45 ns per array, whose address must be asked for:
 * whoever calls often with the same buffers passes their addresses. Not for use from inside itself.
 */
export function listCallable(address: Address, argumentCount: number): NativeFunction {
  const call = callable(address, 1);
  const words = new Uint32Array(Math.max(1, argumentCount) * 2);
  return (...pointers) => {
    if (pointers.length !== argumentCount) {
      throw new LlvmError("link", `the native function takes ${argumentCount} pointers, not ${pointers.length}`);
    }
    for (let index = 0; index < argumentCount; index += 1) {
      const pointer = pointers[index] ?? 0;
      const target = typeof pointer === "number" ? pointer : addressOf(pointer);
      // Both processors that Bun runs on are little-endian; two halves avoid a BigInt per pointer.
      words[2 * index] = target >>> 0;
      words[2 * index + 1] = (target / 0x1_0000_0000) >>> 0;
    }
    call(words);
  };
}
