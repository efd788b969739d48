/**
 * The stand-in for Objective-C and the engine's framework as tests use it: opened afresh for a test, with an engine of the
 * test's behind it, and what it saw: mistakes of the caller, objects that were never released, calls.
 */
import { dlopen, JSCallback, type Pointer, toArrayBuffer } from "bun:ffi";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type { ElementName } from "../../../ir/tensor-data.ts";
import { type AppleNeuralEngine, openEngine } from "../../../runtime/ffi/apple-neural-engine.ts";
import { defaultLayout, type SurfaceLayout } from "../../../runtime/ffi/engine/surface-layout.ts";
import { openSharedLibrary } from "../../../runtime/ffi/libc.ts";
import { cString } from "../../../runtime/ffi/memory.ts";
import { buildObjcStandIn } from "./generate.ts";

/** A port of a program behind the stand-in. */
export interface StandInPort {
  readonly name: string;
  readonly shape: readonly number[];
  readonly element: ElementName;
  /** Where it is not the one that the framework would choose. */
  readonly layout?: SurfaceLayout;
}

/** A program as the test's engine runs it, on dense tensors. */
export interface StandInProgram {
  readonly inputs: readonly StandInPort[];
  readonly outputs: readonly StandInPort[];
  run(inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]): void;
}

/** What stands for the compiler: reads the staged files, checks them, and gives a program; throws what it objects to. */
export type StandInCompiler = (folder: string, descriptionFile: string) => StandInProgram;

const typeNames: Partial<Record<ElementName, string>> = {
  f16: "Float16",
  f32: "Float32",
  i8: "Int8",
  ui8: "UInt8",
  i32: "Int32",
};

/** Bytes of the text buffers that the library offers (`bodies.c`). */
const messageBytes = 4096;

const built = buildObjcStandIn();

/** Where the library is, for `ANEMONE_APPLE_NEURAL_ENGINE`; undefined where there is none. */
export const standInPath: string | undefined = built.path;

/** Why there is no stand-in on this machine; undefined where there is one. */
export const standInProblem: string | undefined = built.path === undefined ? built.reason : undefined;

const symbols = built.path === undefined ? undefined : openSymbols(built.path);

function openSymbols(path: string) {
  return dlopen(path, {
    stand_in_reset: { args: ["ptr"], returns: "void" },
    stand_in_set_callbacks: { args: ["ptr", "ptr", "ptr"], returns: "void" },
    stand_in_set_limits: { args: ["u64", "u64"], returns: "void" },
    stand_in_set_engine: { args: ["bool"], returns: "void" },
    stand_in_set_odd_answers: { args: ["bool"], returns: "void" },
    stand_in_set_architecture: { args: ["ptr"], returns: "void" },
    stand_in_urls: { args: [], returns: "u64" },
    stand_in_set_idle: { args: ["bool"], returns: "void" },
    stand_in_hide: { args: ["ptr"], returns: "void" },
    stand_in_purge: { args: [], returns: "void" },
    stand_in_compiles: { args: [], returns: "u64" },
    stand_in_loaded: { args: [], returns: "u64" },
    stand_in_pool_depth: { args: [], returns: "u64" },
    stand_in_calls: { args: [], returns: "u64" },
    stand_in_calls_of: { args: ["ptr"], returns: "u64" },
    stand_in_fail_call: { args: ["u64", "i32"], returns: "void" },
    stand_in_fail_function: { args: ["ptr", "u64", "i32"], returns: "void" },
    stand_in_failed: { args: [], returns: "cstring" },
    stand_in_violations: { args: [], returns: "cstring" },
    stand_in_audit: { args: [], returns: "cstring" },
  }).symbols;
}

/** A stand-in world for one test. */
export class ObjcWorld implements Disposable {
  readonly folder: string;
  readonly #library: NonNullable<typeof symbols>;
  readonly #programs: StandInProgram[] = [];
  readonly #callbacks: JSCallback[];

  constructor(compiler: StandInCompiler) {
    if (symbols === undefined) throw new Error(standInProblem);
    this.#library = symbols;
    this.folder = mkdtempSync(join(tmpdir(), "anemone-objc-"));
    symbols.stand_in_reset(cString(this.folder));
    const compile = new JSCallback(
      (folder: Pointer, file: Pointer, message: Pointer) =>
        this.#guarded(message, () => this.#programs.push(compiler(readText(folder), readText(file))) - 1),
      { args: ["ptr", "ptr", "ptr"], returns: "i32" },
    );
    const describe = new JSCallback(
      (program: number, text: Pointer, size: bigint) => writeText(text, Number(size), this.#describe(program)),
      { args: ["i32", "ptr", "u64"], returns: "void" },
    );
    const execute = new JSCallback(
      (program: number, inputs: Pointer, outputs: Pointer, message: Pointer) =>
        this.#guarded(message, () => {
          const found = this.#programs[program]!;
          found.run(memoryOf(inputs, found.inputs), memoryOf(outputs, found.outputs));
          return 0;
        }),
      { args: ["i32", "ptr", "ptr", "ptr"], returns: "i32" },
    );
    this.#callbacks = [compile, describe, execute];
    symbols.stand_in_set_callbacks(compile.ptr, describe.ptr, execute.ptr);
  }

  /** An exception must not leave a callback: it becomes a failure with its message. */
  #guarded(message: Pointer, work: () => number): number {
    try {
      return work();
    } catch (error) {
      writeText(message, messageBytes, error instanceof Error ? error.message : String(error));
      return -1;
    }
  }

  /** Symbols are sorted by name, which is what the engine's compiler is seen to do. */
  #describe(program: number): string {
    const found = this.#programs[program];
    if (found === undefined) return "";
    const lines = (side: string, ports: readonly StandInPort[]) => {
      const sorted = ports.map(({ name }) => name).sort();
      return ports.map(({ name, shape, element, layout }) => {
        const type = typeNames[element];
        if (type === undefined) throw new Error(`a port of ${element} has no type in the framework`);
        const l = layout ?? defaultLayout(shape, type.endsWith("16") ? 2 : type.endsWith("32") ? 4 : 1);
        const sizes = [l.batches, l.channels, l.depth, l.height, l.width];
        const strides = [l.batchStride, l.depthStride, l.planeStride, l.rowStride];
        return [side, name, type, sorted.indexOf(name), ...sizes, ...strides].join(" ");
      });
    };
    return [...lines("input", found.inputs), ...lines("output", found.outputs)].join("\n");
  }

  /** Opens the framework, as the runtime does on a Mac. */
  open(): ReturnType<typeof openEngine> {
    const { library } = openSharedLibrary(built.path!);
    if (library === undefined) throw new Error("the stand-in does not open");
    return openEngine({ runtime: library.symbol, surfaces: library.symbol });
  }

  framework(): AppleNeuralEngine {
    const opened = this.open();
    if (opened.engine === undefined) throw new DiagnosticError(opened.reason);
    return opened.engine;
  }

  setLimits({ compilations = 119, programs = 127 }: { compilations?: number; programs?: number }): void {
    this.#library.stand_in_set_limits(compilations, programs);
  }

  setEngine(present: boolean): void {
    this.#library.stand_in_set_engine(present);
  }

  /** What the framework calls the engine. */
  setArchitecture(name: string): void {
    this.#library.stand_in_set_architecture(cString(name));
  }

  /** Methods whose result is typed `id` give numbers instead of strings. */
  setOddAnswers(odd: boolean): void {
    this.#library.stand_in_set_odd_answers(odd);
  }

  /** Models that were told their folder. */
  get urls(): number {
    return Number(this.#library.stand_in_urls());
  }

  /** Evaluating succeeds at once and computes nothing: for measuring what is around it. */
  setIdle(idle: boolean): void {
    this.#library.stand_in_set_idle(idle);
  }

  /** A version of the framework without this selector. */
  hide(selector: string): void {
    this.#library.stand_in_hide(cString(selector));
  }

  /** The daemon forgets what it compiled. */
  purge(): void {
    this.#library.stand_in_purge();
  }

  /** Calls so far that could fail. */
  get calls(): number {
    return Number(this.#library.stand_in_calls());
  }

  callsOf(name: string): number {
    return Number(this.#library.stand_in_calls_of(cString(name)));
  }

  get compiles(): number {
    return Number(this.#library.stand_in_compiles());
  }

  get loaded(): number {
    return Number(this.#library.stand_in_loaded());
  }

  /** The call of this number from now fails once: with an error of this code, or (-1) without saying why. */
  failCall(number: number, code: number): void {
    this.#library.stand_in_fail_call(number, code);
  }

  failFunction(name: string, times: number, code: number): void {
    this.#library.stand_in_fail_function(cString(name), times, code);
  }

  /** The call that failed on request; empty where none did. */
  get failed(): string {
    return String(this.#library.stand_in_failed());
  }

  /** Mistakes of the caller, and what it left behind: objects, pools, loaded programs, files. Empty when all is well. */
  problems(): string[] {
    const lines = [String(this.#library.stand_in_violations()), String(this.#library.stand_in_audit())]
      .join("\n")
      .split("\n")
      .filter((line) => line !== "");
    if (this.#library.stand_in_pool_depth() !== 0n) lines.push("an autorelease pool is open");
    if (this.loaded > 0 && !this.failed.includes("unload")) lines.push(`${this.loaded} programs are loaded`);
    for (const name of readdirSync(this.folder)) lines.push(`${name} is still staged`);
    return lines;
  }

  [Symbol.dispose](): void {
    this.#library.stand_in_set_callbacks(null, null, null);
    for (const callback of this.#callbacks) callback.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function readText(address: Pointer): string {
  const bytes = new Uint8Array(toArrayBuffer(address, 0, 16384));
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

function writeText(address: Pointer, size: number, text: string): void {
  const bytes = new TextEncoder().encode(text).subarray(0, size - 1);
  const target = new Uint8Array(toArrayBuffer(address, 0, size));
  target.set(bytes);
  target[bytes.length] = 0;
}

function memoryOf(list: Pointer, ports: readonly StandInPort[]): Uint8Array[] {
  const addresses = new BigUint64Array(toArrayBuffer(list, 0, 8 * ports.length));
  return ports.map(({ shape, element }, position) => {
    const size = { f16: 2, f32: 4, i32: 4 }[element as "f16"] ?? 1;
    const bytes = shape.reduce((product, length) => product * length, 1) * size;
    return new Uint8Array(toArrayBuffer(Number(addresses[position]) as Pointer, 0, bytes));
  });
}
