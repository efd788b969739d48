/**
 * The stand-in for Espresso with an engine behind it: it reads the MIL text and weights that it is told to compile by our own
 * readers, keeps "bundles" on disk, and computes with the virtual engine.
 */

import { JSCallback, type Pointer, toArrayBuffer } from "bun:ffi";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { elementBytes, elementCount, elementsFromBytes, type TensorData } from "../../ir/tensor-data.ts";
import { EspressoLibrary } from "../../runtime/ffi/espresso.ts";
import { espressoFunctions, espressoKinds } from "../../runtime/ffi/espresso-signatures.ts";
import { type Binding, bindFunctions, foreign, plain, text } from "../../runtime/ffi/foreign-table.ts";
import { openSharedLibrary } from "../../runtime/ffi/libc.ts";
import { type Address, copyBytes, cString, readAddress, readCString } from "../../runtime/ffi/memory.ts";
import type { TensorDescriptor } from "../../runtime/program.ts";
import { buildStandIn } from "./generate.ts";
import { readVirtualProgram, type VirtualPort, type VirtualProgram } from "./virtual-program.ts";

/** What the stand-in offers beside the symbols of Espresso. */
const controls = {
  stand_in_reset: foreign("void", []),
  stand_in_calls: foreign("u64", []),
  stand_in_calls_of: foreign("u64", [text("name")]),
  stand_in_compiles: foreign("u64", []),
  stand_in_live: foreign("u64", [text("kind")]),
  stand_in_fail_call: foreign("void", [plain("u64", "number"), plain("i32", "status")]),
  stand_in_fail_function: foreign("void", [text("name"), plain("u64", "times"), plain("i32", "status")]),
  stand_in_failed: foreign("string", []),
  stand_in_violations: foreign("string", []),
  stand_in_audit: foreign("string", []),
  stand_in_pool_depth: foreign("u64", []),
  stand_in_deepest_pool: foreign("u64", []),
  stand_in_pools_pushed: foreign("u64", []),
  stand_in_unpooled: foreign("string", []),
  stand_in_set_port_excess: foreign("void", [plain("i64", "bytes")]),
  stand_in_set_limits: foreign("void", [plain("u64", "programs"), plain("u64", "compilations")]),
  stand_in_set_callbacks: foreign("void", [
    plain("address", "compile"),
    plain("address", "open"),
    plain("address", "port"),
    plain("address", "count"),
    plain("address", "execute"),
  ]),
};

/** The bytes that a message may take in the stand-in. */
const messageBytes = 4096;
const markerFile = "bundle.json";

export interface StandInRun {
  readonly inputs: Readonly<Record<string, TensorData>>;
}

export class EspressoStandIn {
  readonly library: EspressoLibrary;
  readonly #controls: Binding<typeof controls>["functions"];
  readonly #callbacks: JSCallback[] = [];
  readonly #programs: VirtualProgram[] = [];
  /** Programs by what they were compiled from: the same text and weights give the same program. */
  readonly #byContent = new Map<string, number>();
  /** The target that the last compilation was told. */
  lastTarget = "";
  /** Called when a program runs, before it computes. */
  onRun: ((run: StandInRun) => void) | undefined;
  /** Makes the next compilations say this instead. */
  refuseToCompile: string | undefined;
  /** Makes bundles unusable, as after an update of the system. */
  refuseToOpen: string | undefined;
  /** Bundles that the compiler found in the folder that it was given, and did not make anew. */
  foundBundles = 0;
  /** Makes each run write a file of this name into the bundle. */
  leaveFile: string | undefined;
  /** Where programs came from last. */
  readonly #bundles = new Map<number, string>();

  private constructor(readonly path: string) {
    const opened = openSharedLibrary(path);
    if (opened.library === undefined) throw new Error(opened.reason);
    const bound = bindFunctions("the stand-in", controls, opened.library.symbol);
    if (bound.missing.length > 0) throw new Error(`the stand-in lacks ${bound.missing.join(", ")}`);
    this.#controls = bound.functions;
    const library = EspressoLibrary.open(path);
    if (typeof library === "string") throw new Error(library);
    this.library = library;
    this.#controls.stand_in_reset();
  }

  /** Builds and opens the stand-in; a string says why there can be none. */
  static open(): EspressoStandIn | string {
    const built = buildStandIn({
      name: "espresso",
      table: espressoFunctions,
      kinds: espressoKinds,
      bodies: "espresso.c",
    });
    return built.path === undefined ? built.reason : new EspressoStandIn(built.path);
  }

  /** Puts the readers and the virtual engine behind the symbols. */
  connect(): void {
    if (this.#callbacks.length > 0) return;
    const callback = (args: readonly ("ptr" | "i32")[], work: (...values: never[]) => number) => {
      const made = new JSCallback(work, { args: [...args], returns: "i32" });
      this.#callbacks.push(made);
      return Number(made.ptr);
    };
    this.#controls.stand_in_set_callbacks(
      callback(
        ["ptr", "ptr", "ptr", "ptr", "ptr"],
        (path: Address, folder: Address, target: Address, bundle: Address, message: Address) =>
          this.#guarded(message, () =>
            this.#compile(readCString(path), readCString(folder), readCString(target), bundle),
          ),
      ),
      callback(["ptr", "ptr"], (path: Address, message: Address) =>
        this.#guarded(message, () => this.#openBundle(readCString(path))),
      ),
      callback(["i32", "i32", "ptr", "ptr"], (program: number, isOutput: number, name: Address, bytes: Address) =>
        this.#port(program, isOutput, readCString(name), bytes),
      ),
      callback(["i32", "i32"], (program: number, isOutput: number) => this.#ports(program, isOutput).length),
      callback(["i32", "ptr", "ptr"], (program: number, inputs: Address, outputs: Address) =>
        this.#execute(program, inputs, outputs),
      ),
    );
  }

  /** Takes the engine away: everything succeeds and computes nothing. */
  disconnect(): void {
    this.#controls.stand_in_set_callbacks(0, 0, 0, 0, 0);
    for (const callback of this.#callbacks.splice(0)) callback.close();
  }

  /** Forgets handles, counts, faults and limits. */
  reset(): void {
    this.#controls.stand_in_reset();
    this.onRun = undefined;
    this.refuseToCompile = undefined;
    this.refuseToOpen = undefined;
    this.leaveFile = undefined;
    this.foundBundles = 0;
  }

  /** Autorelease pools: how many are open, how deep they were at most, how many there were, and what was called in none. */
  get pools(): { readonly depth: number; readonly deepest: number; readonly pushed: number; readonly outside: string } {
    return {
      depth: Number(this.#controls.stand_in_pool_depth()),
      deepest: Number(this.#controls.stand_in_deepest_pool()),
      pushed: Number(this.#controls.stand_in_pools_pushed()),
      outside: readCString(this.#controls.stand_in_unpooled()),
    };
  }

  /** Makes ports say that their tensors are so much larger. */
  setPortExcess(bytes: number): void {
    this.#controls.stand_in_set_port_excess(bytes);
  }

  get calls(): number {
    return Number(this.#controls.stand_in_calls());
  }

  callsOf(name: keyof typeof espressoFunctions): number {
    return Number(this.#controls.stand_in_calls_of(cString(name)));
  }

  get compiles(): number {
    return Number(this.#controls.stand_in_compiles());
  }

  live(kind: (typeof espressoKinds)[number]): number {
    return Number(this.#controls.stand_in_live(cString(kind)));
  }

  failCall(number: number, status = 2): void {
    this.#controls.stand_in_fail_call(number, status);
  }

  failFunction(name: keyof typeof espressoFunctions, times: number, status = 2): void {
    this.#controls.stand_in_fail_function(cString(name), times, status);
  }

  /** The function that failed on request; empty where none did. */
  get failed(): string {
    return readCString(this.#controls.stand_in_failed());
  }

  setLimits(programs: number, compilations = 1_000_000): void {
    this.#controls.stand_in_set_limits(programs, compilations);
  }

  /** Mistakes in calls so far, and handles that were not released. */
  audit(): string[] {
    const lines = [this.#controls.stand_in_violations(), this.#controls.stand_in_audit()].map(readCString);
    return lines
      .join("")
      .split("\n")
      .filter((line) => line !== "");
  }

  /** Runs a callback; what it throws becomes a message, as the library gives one. */
  #guarded(message: Address, work: () => number): number {
    try {
      return work();
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      writeText(message, said, messageBytes);
      // A defect of the stand-in itself must not look like a program that was refused.
      if (!(error instanceof DiagnosticError)) console.error(error);
      return -1;
    }
  }

  #compile(path: string, bundleFolder: string, target: string, bundlePath: Address): number {
    if (this.refuseToCompile !== undefined) throw new DiagnosticError(this.refuseToCompile);
    // The compiler is a service: it has a working directory of its own, and gives paths back without links.
    if (!isAbsolute(path) || !isAbsolute(bundleFolder)) throw new DiagnosticError(`${path} is not there`);
    this.lastTarget = target;
    const program = this.#read(path);
    const folder = join(realpathSync(bundleFolder), `${contentOf(path).slice(0, 16)}.bundle`);
    this.#bundles.set(program, folder);
    if (existsSync(join(folder, markerFile))) {
      this.foundBundles++;
      writeText(bundlePath, folder, messageBytes);
      return program;
    }
    mkdirSync(folder, { recursive: true });
    cpSync(path, join(folder, "model.mil"));
    const weights = join(dirname(path), "weights");
    if (existsSync(weights)) cpSync(weights, join(folder, "weights"), { recursive: true });
    writeFileSync(join(folder, markerFile), JSON.stringify({ target }));
    writeText(bundlePath, folder, messageBytes);
    return program;
  }

  #openBundle(path: string): number {
    if (this.refuseToOpen !== undefined) throw new DiagnosticError(this.refuseToOpen);
    if (!isAbsolute(path) || !existsSync(join(path, markerFile))) {
      throw new DiagnosticError("Invalid E5 path specified. @ GetE5PathFromCompositeBundle");
    }
    const program = this.#read(join(path, "model.mil"));
    this.#bundles.set(program, path);
    return program;
  }

  /** Reads and checks a program with its weights; gives its number. */
  #read(path: string): number {
    const content = contentOf(path);
    const known = this.#byContent.get(content);
    if (known !== undefined) return known;
    const number = this.#programs.push(readVirtualProgram(path)) - 1;
    this.#byContent.set(content, number);
    return number;
  }

  #ports(program: number, isOutput: number): readonly VirtualPort[] {
    const found = this.#programs[program];
    return (isOutput ? found?.outputs : found?.inputs) ?? [];
  }

  #port(program: number, isOutput: number, name: string, bytes: Address): number {
    const ports = this.#ports(program, isOutput);
    const index = ports.findIndex((port) => port.name === name);
    const port = ports[index];
    if (port !== undefined) new BigUint64Array(memoryAt(bytes, 8))[0] = BigInt(bytesOf(port.type));
    return index;
  }

  #execute(number: number, inputs: Address, outputs: Address): number {
    const program = this.#programs[number];
    if (program === undefined) return 2;
    if (this.leaveFile !== undefined) writeFileSync(join(this.#bundles.get(number) ?? "", this.leaveFile), "left");
    const given = program.inputs.map((port, index) => tensorAt(readAddress(inputs + 8 * index), port.type));
    this.onRun?.({ inputs: Object.fromEntries(program.inputs.map(({ name }, index) => [name, given[index]!])) });
    for (const [index, result] of program.run(given).entries()) {
      const { buffer, byteOffset, byteLength } = result.data;
      const target = memoryAt(readAddress(outputs + 8 * index), byteLength);
      new Uint8Array(target).set(new Uint8Array(buffer, byteOffset, byteLength));
    }
    return 0;
  }
}

const bytesOf = ({ shape, element }: TensorDescriptor) => elementCount(shape) * elementBytes(element);

const memoryAt = (address: Address, bytes: number) => toArrayBuffer(address as Pointer, 0, bytes);

function writeText(address: Address, said: string, limit: number): void {
  const bytes = cString(said).subarray(0, limit - 1);
  const target = new Uint8Array(memoryAt(address, bytes.length + 1));
  target.set(bytes);
  target[bytes.length] = 0;
}

function tensorAt(address: Address, { shape, element }: TensorDescriptor): TensorData {
  const bytes = copyBytes(address, bytesOf({ shape, element }));
  return { shape, element, data: elementsFromBytes(element, bytes) };
}

/** The hash of a program's text and weights. */
function contentOf(path: string): string {
  const hash = createHash("sha256").update(readFileSync(path));
  const weights = join(dirname(path), "weights", "weight.bin");
  if (existsSync(weights)) hash.update(readFileSync(weights));
  return hash.digest("hex");
}
