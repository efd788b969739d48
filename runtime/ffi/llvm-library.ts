/**
 * One opened libLLVM: the table of C functions that Anemone calls, the host it generates code for, and the callbacks by
 * which LLVM reports problems. `findLlvm` tries the candidates of `llvm-search.ts` and tells what became of each.
 *
 * Function signatures follow the C headers `llvm-c/*.h`, reduced to those that are the same from release 15 to 22. All
 * calls and callbacks happen on the calling thread.
 */
import { dlopen, JSCallback, type Pointer } from "bun:ffi";
import { writeSync } from "node:fs";
import { messageOf } from "../../ir/diagnostic-error.ts";
import { openSharedLibrary } from "./libc.ts";
import { type LlvmCandidate, llvmCandidates, oldestVersion, versionFromPath } from "./llvm-search.ts";
import { type Address, addressOf, cString, readCString } from "./memory.ts";

const declarations = {
  // Core, IR reader, analysis.
  LLVMContextCreate: { args: [], returns: "ptr" },
  LLVMContextDispose: { args: ["ptr"], returns: "void" },
  LLVMContextSetDiagnosticHandler: { args: ["ptr", "ptr", "ptr"], returns: "void" },
  LLVMGetDiagInfoDescription: { args: ["ptr"], returns: "ptr" },
  LLVMGetDiagInfoSeverity: { args: ["ptr"], returns: "i32" },
  LLVMInstallFatalErrorHandler: { args: ["ptr"], returns: "void" },
  LLVMParseCommandLineOptions: { args: ["i32", "ptr", "ptr"], returns: "void" },
  LLVMCreateMemoryBufferWithMemoryRangeCopy: { args: ["ptr", "usize", "ptr"], returns: "ptr" },
  LLVMGetBufferStart: { args: ["ptr"], returns: "ptr" },
  LLVMGetBufferSize: { args: ["ptr"], returns: "usize" },
  LLVMDisposeMemoryBuffer: { args: ["ptr"], returns: "void" },
  LLVMParseIRInContext: { args: ["ptr", "ptr", "ptr", "ptr"], returns: "i32" },
  LLVMVerifyModule: { args: ["ptr", "i32", "ptr"], returns: "i32" },
  LLVMDisposeModule: { args: ["ptr"], returns: "void" },
  LLVMPrintModuleToString: { args: ["ptr"], returns: "ptr" },
  LLVMDisposeMessage: { args: ["ptr"], returns: "void" },
  LLVMSetTarget: { args: ["ptr", "ptr"], returns: "void" },
  LLVMSetModuleDataLayout: { args: ["ptr", "ptr"], returns: "void" },
  // Target machine.
  LLVMGetDefaultTargetTriple: { args: [], returns: "ptr" },
  LLVMGetHostCPUName: { args: [], returns: "ptr" },
  LLVMGetHostCPUFeatures: { args: [], returns: "ptr" },
  LLVMGetTargetFromTriple: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
  LLVMCreateTargetMachine: { args: ["ptr", "ptr", "ptr", "ptr", "i32", "i32", "i32"], returns: "ptr" },
  LLVMDisposeTargetMachine: { args: ["ptr"], returns: "void" },
  LLVMCreateTargetDataLayout: { args: ["ptr"], returns: "ptr" },
  LLVMDisposeTargetData: { args: ["ptr"], returns: "void" },
  LLVMTargetMachineEmitToMemoryBuffer: { args: ["ptr", "ptr", "i32", "ptr", "ptr"], returns: "i32" },
  // Optimiser.
  LLVMCreatePassBuilderOptions: { args: [], returns: "ptr" },
  LLVMDisposePassBuilderOptions: { args: ["ptr"], returns: "void" },
  LLVMRunPasses: { args: ["ptr", "ptr", "ptr", "ptr"], returns: "ptr" },
  // Errors: LLVMGetErrorMessage takes ownership of the error.
  LLVMGetErrorMessage: { args: ["ptr"], returns: "ptr" },
  LLVMDisposeErrorMessage: { args: ["ptr"], returns: "void" },
  // ORC.
  LLVMOrcCreateLLJITBuilder: { args: [], returns: "ptr" },
  LLVMOrcCreateLLJIT: { args: ["ptr", "ptr"], returns: "ptr" },
  LLVMOrcDisposeLLJIT: { args: ["ptr"], returns: "ptr" },
  LLVMOrcLLJITGetExecutionSession: { args: ["ptr"], returns: "ptr" },
  LLVMOrcExecutionSessionSetErrorReporter: { args: ["ptr", "ptr", "ptr"], returns: "void" },
  LLVMOrcLLJITGetMainJITDylib: { args: ["ptr"], returns: "ptr" },
  LLVMOrcLLJITGetGlobalPrefix: { args: ["ptr"], returns: "char" },
  LLVMOrcLLJITMangleAndIntern: { args: ["ptr", "ptr"], returns: "ptr" },
  LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess: { args: ["ptr", "char", "ptr", "ptr"], returns: "ptr" },
  LLVMOrcCreateDynamicLibrarySearchGeneratorForPath: { args: ["ptr", "ptr", "char", "ptr", "ptr"], returns: "ptr" },
  LLVMOrcJITDylibAddGenerator: { args: ["ptr", "ptr"], returns: "void" },
  LLVMOrcAbsoluteSymbols: { args: ["ptr", "usize"], returns: "ptr" },
  LLVMOrcJITDylibDefine: { args: ["ptr", "ptr"], returns: "ptr" },
  LLVMOrcDisposeMaterializationUnit: { args: ["ptr"], returns: "void" },
  LLVMOrcLLJITAddObjectFile: { args: ["ptr", "ptr", "ptr"], returns: "ptr" },
  LLVMOrcLLJITLookup: { args: ["ptr", "ptr", "ptr"], returns: "ptr" },
} as const;

/** The code generator of LLVM for each architecture that Bun runs on. */
const targetNames: Readonly<Record<string, string>> = { x64: "X86", arm64: "AArch64" };

type OpenedFunctions = ReturnType<typeof dlopen<typeof declarations>>["symbols"];

/** What the bindings return and take for a C pointer; null is the null pointer. */
export type NativePointer = Pointer | bigint | null;

/** The processor that a libLLVM found itself on, in LLVM's words. */
export interface LlvmHost {
  /** For example `x86_64-pc-linux-gnu`. */
  readonly triple: string;
  /** For example `znver5`; `generic` where this release does not know the processor (its features are right then too). */
  readonly cpu: string;
  /** For example `+avx2,+avx512f,-amx-tile,…`. */
  readonly features: string;
}

export class LlvmLibrary {
  /** Messages of LLVM's diagnostic handlers since the last `takeMessages`. */
  private messages: string[] = [];
  /** Never closed: LLVM may call them as long as the process lives. */
  private readonly callbacks: readonly JSCallback[];
  /** What is being compiled, for the message of a fatal error, which ends the process. */
  currentTask = "";

  private constructor(
    readonly path: string,
    /** The major version. */
    readonly version: number,
    readonly functions: OpenedFunctions,
    readonly host: LlvmHost,
  ) {
    const diagnostic = new JSCallback((info: Pointer) => this.receiveDiagnostic(info), {
      args: ["ptr", "ptr"],
      returns: "void",
    });
    const jitError = new JSCallback((_context: Pointer, error: Pointer) => this.messages.push(this.errorText(error)), {
      args: ["ptr", "ptr"],
      returns: "void",
    });
    const fatal = new JSCallback((reason: Pointer) => this.reportFatal(reason), { args: ["ptr"], returns: "void" });
    this.callbacks = [diagnostic, jitError, fatal];
    functions.LLVMInstallFatalErrorHandler(fatal.ptr ?? null);
  }

  /**
   * Opens the library at `path`.
   *
   * @returns the library, or the reason why it cannot be used. Throws nothing.
   */
  static open(path: string): LlvmLibrary | string {
    const target = targetNames[process.arch];
    if (target === undefined) return `no LLVM code generator is known for the architecture ${process.arch}`;
    const named = versionFromPath(path);
    if (named !== undefined && named < oldestVersion) return tooOld(named);
    const probe = openSharedLibrary(path);
    if (probe.library === undefined) return probe.reason;
    try {
      const version = libraryVersion(path, probe.library.symbol, named);
      if (typeof version === "string") return version;
      if (version < oldestVersion) return tooOld(version);
      const functions = dlopen(path, declarations).symbols;
      initialiseTarget(path, target);
      disableMachineScheduler(functions);
      return new LlvmLibrary(path, version, functions, readHost(functions));
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Routes a context's diagnostics here; without this, LLVM prints them and an error ends the process. */
  attachDiagnostics(context: NativePointer): void {
    this.functions.LLVMContextSetDiagnosticHandler(context, this.callbacks[0]?.ptr ?? null, null);
  }

  /** Routes a JIT session's errors here; without this, LLVM prints them on standard error. */
  attachJitErrors(session: NativePointer): void {
    this.functions.LLVMOrcExecutionSessionSetErrorReporter(session, this.callbacks[1]?.ptr ?? null, null);
  }

  /** The messages received since the last call. */
  takeMessages(): string[] {
    const messages = this.messages;
    this.messages = [];
    return messages;
  }

  /** The text of an `LLVMErrorRef`, which this consumes. */
  errorText(error: NativePointer): string {
    const message = this.functions.LLVMGetErrorMessage(error);
    const text = readCString(message);
    this.functions.LLVMDisposeErrorMessage(message);
    return text;
  }

  /** The text of a message that LLVM allocated, which this frees. */
  messageText(message: NativePointer): string {
    return takeMessage(this.functions, message);
  }

  private receiveDiagnostic(info: Pointer): void {
    // Severities: 0 error, 1 warning, 2 remark, 3 note. Only errors say that the result cannot be used.
    if (this.functions.LLVMGetDiagInfoSeverity(info) !== 0) return;
    this.messages.push(this.messageText(this.functions.LLVMGetDiagInfoDescription(info)));
  }

  /** LLVM ends the process when this returns; all that is left to do is to say what happened. */
  private reportFatal(reason: Pointer): void {
    const text = `error: libLLVM ${this.version} gave up on ${this.currentTask}: ${readCString(reason)}\n`;
    writeSync(2, text);
    process.exit(1);
  }
}

function tooOld(version: number): string {
  return `version ${version} is too old: Anemone needs LLVM ${oldestVersion} or newer (opaque pointers and the ORC C API)`;
}

/** The major version by asking the library, or by what it exports; a string is the reason for refusing it. */
function libraryVersion(
  path: string,
  symbol: (name: string) => Address | undefined,
  named: number | undefined,
): number | string {
  if (symbol("LLVMGetVersion") !== undefined) {
    const opened = dlopen(path, { LLVMGetVersion: { args: ["ptr", "ptr", "ptr"], returns: "void" } });
    const major = new Uint32Array(1);
    opened.symbols.LLVMGetVersion(major, null, null);
    return major[0] ?? 0;
  }
  if (named !== undefined) return named;
  if (symbol("LLVMContextCreate") === undefined) return "not a libLLVM: it does not export LLVMContextCreate";
  // LLVMGetVersion came with 16; this function existed in 15 and 16 only.
  if (symbol("LLVMContextSetOpaquePointers") !== undefined) return 15;
  return `the version is older than LLVM ${oldestVersion}`;
}

function initialiseTarget(path: string, target: string): void {
  const parts = ["TargetInfo", "Target", "TargetMC", "AsmPrinter", "AsmParser"];
  const names = parts.map((part) => `LLVMInitialize${target}${part}`);
  const initialisers = dlopen(
    path,
    Object.fromEntries(names.map((name) => [name, { args: [], returns: "void" }] as const)),
  );
  for (const name of names) initialisers.symbols[name]?.();
}

/**
 * Switches off the machine instruction scheduler for the whole process. Kernels arrive in their final order with as many
 * live accumulators as there are vector registers; the scheduler hoists loads above them and spills the accumulators
 * (measured on a large matrix kernel: half the speed). An option that LLVM does not know would end the process: this
 * one exists in 15 to 22.
 */
function disableMachineScheduler(functions: OpenedFunctions): void {
  const words = [cString("anemone"), cString("-enable-misched=0")];
  const list = BigUint64Array.from(words, (word) => BigInt(addressOf(word)));
  functions.LLVMParseCommandLineOptions(words.length, list, null);
}

function takeMessage(functions: OpenedFunctions, message: NativePointer): string {
  const text = readCString(message);
  functions.LLVMDisposeMessage(message);
  return text;
}

function readHost(functions: OpenedFunctions): LlvmHost {
  return {
    triple: takeMessage(functions, functions.LLVMGetDefaultTargetTriple()),
    cpu: takeMessage(functions, functions.LLVMGetHostCPUName()),
    features: takeMessage(functions, functions.LLVMGetHostCPUFeatures()),
  };
}

/** What became of one candidate. `available` means usable, but a better one is in use. */
export type LlvmOutcome = "used" | "available" | "not found" | `refused: ${string}`;

export interface LlvmSearchEntry {
  readonly path: string;
  readonly version: number | undefined;
  readonly outcome: LlvmOutcome;
}

export interface LlvmSearch {
  readonly library: LlvmLibrary | undefined;
  readonly entries: readonly LlvmSearchEntry[];
}

/** Libraries stay loaded, so a second search gets the same object. */
const openedLibraries = new Map<string, LlvmLibrary | string>();

function openOnce(path: string): LlvmLibrary | string {
  const known = openedLibraries.get(path);
  if (known !== undefined) return known;
  const opened = LlvmLibrary.open(path);
  openedLibraries.set(path, opened);
  return opened;
}

function judge(candidate: LlvmCandidate, chosen: LlvmLibrary | undefined): LlvmOutcome | LlvmLibrary {
  const { path, version, found } = candidate;
  if (version !== undefined && version < oldestVersion) return found ? `refused: ${tooOld(version)}` : "not found";
  if (chosen !== undefined) return found ? "available" : "not found";
  // A bare name may still be known to the dynamic loader.
  if (!found && path.includes("/")) return "not found";
  const opened = openOnce(path);
  if (typeof opened !== "string") return opened;
  return found ? `refused: ${opened}` : "not found";
}

/**
 * Looks for a libLLVM that can be used: the file that `ANEMONE_LLVM` names, else the newest of those installed.
 *
 * @param environment stands in for the process's environment variables
 * @returns the library (undefined when there is none) and what became of every candidate
 */
export function findLlvm(environment: NodeJS.ProcessEnv = process.env): LlvmSearch {
  let library: LlvmLibrary | undefined;
  const entries: LlvmSearchEntry[] = [];
  for (const candidate of llvmCandidates(environment)) {
    const judged = judge(candidate, library);
    const used = judged instanceof LlvmLibrary;
    if (used) library = judged;
    entries.push({
      path: candidate.path,
      version: used ? judged.version : candidate.version,
      outcome: used ? "used" : judged,
    });
  }
  return { library, entries };
}

/** What is wrong with the library that `ANEMONE_LLVM` names; undefined where it is in use, or none is named. */
export function namedLlvmFault(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const { ANEMONE_LLVM: named = "" } = environment;
  const { library, entries } = findLlvm(environment);
  if (named === "" || library !== undefined) return undefined;
  return `ANEMONE_LLVM names ${named}, which cannot be used (${entries[0]?.outcome ?? "not found"})`;
}

/** The report as lines: one per file found, and one that names all that was looked for in vain. */
export function describeLlvmSearch(search: LlvmSearch): string[] {
  const present = search.entries.filter((entry) => entry.outcome !== "not found");
  const missing = search.entries.filter((entry) => entry.outcome === "not found");
  const lines = present.map((entry) => {
    const version = entry.version === undefined ? "" : ` (LLVM ${entry.version})`;
    return `${entry.path}${version}: ${entry.outcome}`;
  });
  if (missing.length > 0) lines.push(`not found: ${missing.map((entry) => entry.path).join(", ")}`);
  return lines;
}
