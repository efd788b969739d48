/**
 * Compiling: a model, graph or dump goes down its device's levels and becomes a program that runs. What each level looked
 * like is kept as text when asked for; nothing is lowered behind the user's back, and every level can be taken up again.
 */

import { defaultTarget, isTargetName, targetOf } from "../dialects/ane/index.ts";
import { exportOnnx } from "../frontends/onnx/export/index.ts";
import type { Context, Dialect } from "../ir/context.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import type { Operation } from "../ir/operation.ts";
import { verify } from "../ir/verifier.ts";
import { overflowEntries } from "../lowering/ane-to-linalg/index.ts";
import type { Scheme } from "../lowering/compress-weights/index.ts";
import { llvmIrText } from "../lowering/llvm-to-text/index.ts";
import { joinedErrors, missingOps } from "../lowering/mil-rules/index.ts";
import { type EmittedMil, emitMil } from "../lowering/mil-to-text/index.ts";
import type { History } from "../passes/history/history.ts";
import type { AnyPass } from "../passes/pass.ts";
import { PassManager, type Remark } from "../passes/pass-manager.ts";
import { parsePipeline } from "../passes/pipeline.ts";
import { chooseDriver, type EngineDriver, openOnEngine } from "../runtime/devices/ane/drivers.ts";
import { AneVirtualProgram, describeOverflow } from "../runtime/devices/ane-virtual.ts";
import { hostCpu } from "../runtime/devices/host-cpu.ts";
import { ResidentStateProgram, type StateNames } from "../runtime/devices/resident-state.ts";
import { findLlvm, namedLlvmFault } from "../runtime/ffi/llvm-library.ts";
import type { Program } from "../runtime/program.ts";
import {
  CompressionLog,
  type CompressionReport,
  type CompressOptions,
  checkCompression,
  compressionStep,
} from "./compression.ts";
import { type ConcreteDevice, chooseDevice, type DeviceName, engineTarget, hostTarget } from "./devices.ts";
import { LevelDumps } from "./dumps.ts";
import { engineArtefact, statedStates } from "./engine-artefact.ts";
import { checkEntryPoint } from "./entry-point.ts";
import { loadHostProgram } from "./host-program.ts";
import {
  type Level,
  type LevelStep,
  levelOf,
  milPipeline,
  operationCount,
  type PipelineSettings,
  propertiesOf,
  type Route,
  stepsOf,
  taskCount,
} from "./levels.ts";
import { allPasses, defaultContext } from "./registry.ts";
import { loadSource, type Source } from "./source.ts";

export interface LowerOptions {
  readonly route: Route;
  /** The engine's chip. Default h16s. */
  readonly target?: string;
  /** Store the engine's weights compressed: by a scheme, or by one with settings. */
  readonly compress?: CompressOptions | Scheme;
  /** Sizes of inputs with dynamic dimensions, by input name. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Dialects of your own. */
  readonly dialects?: readonly Dialect[];
  readonly passes?: readonly AnyPass[];
  /** Write the IR of each level into this folder. */
  readonly irFolder?: string;
  /** Called with what is being done. */
  readonly onProgress?: (step: string) => void;
  readonly onRemark?: (remark: Remark) => void;
  /** Whose rules the engine's program must follow (docs/mil-rules.md): Espresso's, unless given. */
  readonly driver?: EngineDriver;
  /** Called with warnings as tools print them: what is known to fail on some chip or system. */
  readonly onWarning?: (text: string) => void;
  /** Keeps what every pass changed: `new History()` of `anemone/passes`. */
  readonly history?: History;
  /** 128-bit vectors that any machine has (for WebAssembly). */
  readonly portable?: boolean;
}

/** What a program looked like at one level. */
export interface LevelReport {
  readonly level: Level;
  readonly operations: number;
  /** Tasks of the engine's program; only at the ane level. */
  readonly tasks?: number;
  readonly milliseconds: number;
  /** Where the IR was written, if it was. */
  readonly path?: string;
}

export interface Lowered {
  readonly name: string;
  readonly module: Operation;
  readonly context: Context;
  readonly levels: readonly LevelReport[];
  /** What was asked to be compressed. */
  readonly compression?: CompressionReport;
}

function settingsOf(options: LowerOptions): PipelineSettings {
  const engine = {
    target: options.target ?? defaultTarget,
    milRoute: options.driver === "objc" ? "objc" : "e5rt",
    ...(options.compress === undefined ? {} : { compression: compressionStep(options.compress) }),
  };
  // Nothing of this machine's CPU is in the engine's program.
  if (options.portable || options.route === "ane")
    return { vectorBytes: 16, vectorRegisters: 16, fusedMultiplyAdd: false, ...engine };
  const { vectorBytes, vectorRegisters, fusedMultiplyAdd } = hostCpu(findLlvm().library?.host.features);
  return { vectorBytes, vectorRegisters, fusedMultiplyAdd, ...engine };
}

/** The steps that lead from where a module stands to `last`. A level that the route does not have is an error. */
function remainingSteps(steps: readonly LevelStep[], from: Level, last: Level, route: Route): readonly LevelStep[] {
  const end = steps.findIndex((step) => step.level === last);
  if (end < 0)
    throw new DiagnosticError(
      `the level '${last}' is not on the way for '${route}', which goes through ${steps.map((step) => step.level).join(", ")}`,
    );
  // A tensor-level module has not been through the tensor step yet; a lower one has been through its own.
  const start = from === "tensor" ? 0 : steps.findIndex((step) => step.level === from) + 1;
  if (start === 0 && from !== "tensor") {
    throw new DiagnosticError(
      `the module stands at the level '${from}', from which '${route}' cannot go on: it goes through ${steps.map((step) => step.level).join(", ")}`,
    );
  }
  if (start > end + 1) {
    throw new DiagnosticError(
      `the module stands at the level '${from}', which is below '${last}': lowering only goes down`,
    );
  }
  return steps.slice(start, end + 1);
}

/** A level that grew by this has left weights behind: those of the level before it. */
const notableGrowth = 48 * 2 ** 20;

/** Gives back what a level leaves behind before the next one takes as much again: the collector waits for the heap to double. */
class LevelMemory {
  #resident = process.memoryUsage.rss();

  release(): void {
    // Collecting takes as long as what is alive is large: not for a little in a process that holds much else.
    const grown = process.memoryUsage.rss() - this.#resident;
    if (grown < Math.max(notableGrowth, this.#resident / 4)) return;
    Bun.gc(true);
    this.#resident = process.memoryUsage.rss();
  }
}

/** Lowers a source to a level. A module that stands there already comes back as it is. */
export function lowerTo(source: Source, last: Level, options: LowerOptions): Lowered {
  const context = defaultContext().with(options.dialects ?? []);
  const progress = options.onProgress ?? (() => {});
  progress("reading");
  const { name, module } = loadSource(source, context, sourceOptions(options));
  const lowered = lowerModule(name, module, context, last, options);
  if (last === "mil") {
    for (const { input, output } of statedStates(module))
      options.onWarning?.(
        `'${output}' is kept as state in '${input}' ({anemone.alias}), which no MIL file says: who runs one joins them, as compile(…, { state: { ${input}: "${output}" } }) does`,
      );
  }
  return lowered;
}

/** The same from a module, which is changed in place. */
export function lowerModule(
  name: string,
  given: Operation,
  context: Context,
  last: Level,
  options: LowerOptions,
): Lowered {
  const module = given;
  let from = levelOf(module);
  const reports: LevelReport[] = [];
  const dumps = options.irFolder === undefined ? undefined : new LevelDumps(options.irFolder);
  const record = (level: Level, milliseconds: number) => {
    const tasks = level === "ane" ? { tasks: taskCount(module) } : {};
    const report = { level, operations: operationCount(module), milliseconds, ...tasks };
    reports.push(dumps === undefined ? report : { ...report, path: dumps.write(level, module) });
  };
  const passes = [...allPasses, ...(options.passes ?? [])];
  const compression = new CompressionLog();
  const onRemark = (remark: Remark) => {
    compression.listen(remark);
    options.onRemark?.(remark);
  };
  const listens = options.onRemark !== undefined || options.compress !== undefined;
  const finished = (): Lowered => ({
    name,
    module,
    context,
    levels: reports,
    ...(compression.report === undefined ? {} : { compression: compression.report }),
  });
  const run = (pipeline: string): number => {
    const start = performance.now();
    const manager = new PassManager(parsePipeline(pipeline, passes), context, {
      properties: propertiesOf(from),
      // Once per level, below: after each pass it would be a fourth of the compile time. `anemone opt` does it after each.
      verifyEach: false,
      // The levels are in order: a pass without work here means that nothing of the network is for the engine.
      warnWithoutSubject: false,
      ...(listens ? { onRemark } : {}),
      ...(options.history === undefined ? {} : { history: options.history }),
      onDiagnostic: ({ severity, error }) => {
        if (severity === "warning") options.onWarning?.(error.render("warning"));
      },
    });
    manager.run(module);
    verify(module, context);
    return performance.now() - start;
  };
  const descend = (): Lowered => {
    if (options.compress !== undefined) {
      checkCompression(options.route, from, last);
      if (from === "ane") run(compressionStep(options.compress));
    }
    // Read as MIL, it has not been through the rules of the way to the engine.
    if (from === "mil" && options.route === "ane") run(milPipeline(settingsOf(options)));
    if (from === last && last !== "tensor") return finished();
    const memory = new LevelMemory();
    for (const { level, pipeline } of remainingSteps(
      stepsOf(options.route, settingsOf(options)),
      from,
      last,
      options.route,
    )) {
      options.onProgress?.(level);
      record(level, run(pipeline));
      memory.release();
      // Said by the step, not read off the module: a program without operations of a level has gone through it all the same.
      from = level;
    }
    return finished();
  };
  if (from !== "mil" || last === "mil") return descend();
  return withMissingOps(module, options, () => {
    run("mil-to-tensor");
    from = "tensor";
    return descend();
  });
}

/**
 * A MIL program on its way to an engine: where it cannot go on, ops that no engine has are said first, in the program's own words. What they
 * are composed of may run all the same, so they alone are no reason to refuse it.
 */
function withMissingOps(module: Operation, options: LowerOptions, lower: () => Lowered): Lowered {
  const target = options.target ?? defaultTarget;
  if (options.route === "cpu" || !isTargetName(target)) return lower();
  const route = options.driver === "objc" ? "objc" : "e5rt";
  const missing = missingOps(module, { route, target: targetOf(target) });
  try {
    return lower();
  } catch (error) {
    const [first, ...others] = missing;
    if (!(error instanceof DiagnosticError) || first === undefined) throw error;
    throw joinedErrors(first, [...others, error]);
  }
}

export interface CompileOptions extends Omit<LowerOptions, "route" | "portable"> {
  /** Where to run. Default `auto`: the engine where there is one, else the host CPU. */
  readonly device?: DeviceName;
  /** `false` generates WebAssembly even where a libLLVM is. Default true. */
  readonly llvm?: boolean;
  /**
   * State that stays with the program, input to output by name: what the output leaves is what the input finds in the next run.
   * Beside the results that say so themselves (`{anemone.alias = N}`). On the engine both are one buffer.
   */
  readonly state?: Readonly<Record<string, string>>;
  /** How to reach the engine. Default: Espresso where it can be used, else AppleNeuralEngine. */
  readonly driver?: EngineDriver;
  /** Told what a user may want to know of the engine: a cached program that was damaged, a program that had to make room. */
  readonly onEngineRemark?: (text: string) => void;
}

/** A network that is compiled and ready to run. */
export interface CompiledNetwork extends Disposable {
  readonly name: string;
  readonly device: ConcreteDevice;
  readonly program: Program;
  readonly levels: readonly LevelReport[];
  /** What became of the engine's weights, where `compress` was asked for. */
  readonly compression?: CompressionReport;
  /** Where the last run left the engine's range on the virtual engine, a sentence per origin; empty on the CPU. */
  overflows(): readonly string[];
}

/** Whether a module at this level is host code, whose numeric rules are settled. */
function isHostLevel(level: Level): boolean {
  return level === "linalg" || level === "buffers" || level === "loops" || level === "llvm";
}

/** The state that the caller names. */
const statesOf = ({ state = {} }: CompileOptions): StateNames[] =>
  Object.entries(state).map(([input, output]) => ({ input, output }));

/** Whether this machine can run LLVM's code and the caller wants it. */
function usesLlvm(options: CompileOptions): boolean {
  return (options.llvm ?? true) && findLlvm().library !== undefined;
}

/**
 * Compiles a model (ONNX file, IR text of any level, module, or lazy graph) for a device.
 *
 * @throws DiagnosticError for bad input, an operation that the device cannot run, or a device that is not there
 */
export async function compile(source: Source, options: CompileOptions = {}): Promise<CompiledNetwork> {
  const device = chooseDevice(options.device ?? "auto");
  const llvm = usesLlvm(options);
  const fault = llvm || options.llvm === false ? undefined : namedLlvmFault();
  if (fault !== undefined) options.onWarning?.(`${fault}; WebAssembly is generated instead`);
  const context = defaultContext().with(options.dialects ?? []);
  options.onProgress?.("reading");
  const { name, module } = loadSource(source, context, sourceOptions(options));
  checkEntryPoint(module);
  const states = statedStates(module);
  for (const state of statesOf(options)) {
    if (!states.some(({ input, output }) => input === state.input && output === state.output)) states.push(state);
  }
  const start = levelOf(module);
  if (options.device === "ane-virtual" && isHostLevel(start) && overflowEntries(module) === undefined) {
    throw new DiagnosticError(
      `the module stands at the level '${start}', where it is host code for the CPU already: run it with --device=cpu, or take a dump of a higher level`,
    );
  }
  if (device === "ane") {
    if (options.device === "ane") return compileForEngine(name, module, context, options);
    const onEngine = await tryEngine(name, module, context, options);
    if (onEngine !== undefined) return onEngine;
  }
  // Nothing else than the virtual engine runs the engine's own ops. A MIL program is no dump of them: the CPU computes it in its own types.
  const route: Route = start === "ane" ? "ane-virtual" : device === "ane" ? "cpu" : device;
  if (start === "llvm" && !llvm) {
    throw new DiagnosticError(
      "the module is at the 'llvm' level, which only LLVM runs, and no libLLVM is used here: give a higher level",
    );
  }
  const last = llvm ? "llvm" : "loops";
  const lowered = lowerModule(name, module, context, last, { ...options, route, portable: !llvm });
  options.onProgress?.(llvm ? "machine code" : "WebAssembly");
  const host = await loadHostProgram(name, lowered.module, { llvm });
  // A lowered dump of an engine program still says that it is one.
  const entries = overflowEntries(lowered.module);
  const virtual = entries === undefined ? undefined : new AneVirtualProgram(host, entries);
  const program = ResidentStateProgram.join(virtual ?? host, states);
  return {
    name,
    device: virtual === undefined ? "cpu" : "ane-virtual",
    program,
    levels: lowered.levels,
    ...(lowered.compression === undefined ? {} : { compression: lowered.compression }),
    overflows: () => (virtual === undefined ? [] : describeOverflow(virtual.overflow())),
    [Symbol.dispose]: () => program.dispose(),
  };
}

/** A module on this machine's engine. What the engine cannot run is an error. */
async function compileForEngine(
  name: string,
  module: Operation,
  context: Context,
  options: CompileOptions,
): Promise<CompiledNetwork> {
  const known = options.target ?? hostTarget();
  const target = known ?? engineTarget();
  const driver = chooseDriver(options.driver);
  const chosen = driver === undefined ? {} : { driver };
  const lowered = lowerModule(name, module, context, "mil", { ...options, ...chosen, route: "ane", target });
  options.onProgress?.("engine program");
  // The machine's own engine is not named: the compiler takes it without being told.
  const artefact = engineArtefact(lowered.module, name, {
    ...(options.target === undefined ? {} : { target }),
    states: statesOf(options),
  });
  if (known === undefined)
    options.onEngineRemark?.(`unknown chip, compiling for ${target}: the option target names another`);
  const program = await openOnEngine(artefact, {
    ...chosen,
    ...(options.onEngineRemark === undefined ? {} : { onRemark: options.onEngineRemark }),
  });
  return {
    name,
    device: "ane",
    program,
    levels: lowered.levels,
    ...(lowered.compression === undefined ? {} : { compression: lowered.compression }),
    overflows: () => [],
    [Symbol.dispose]: () => program.dispose(),
  };
}

/** The same for `auto`: undefined, and said why, where the engine cannot take the module. */
async function tryEngine(
  name: string,
  module: Operation,
  context: Context,
  options: CompileOptions,
): Promise<CompiledNetwork | undefined> {
  if (isHostLevel(levelOf(module))) return undefined;
  try {
    return await compileForEngine(name, module.clone(), context, options);
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    options.onEngineRemark?.(`${name} does not run on the engine, but on the CPU: ${error.message}`);
    return undefined;
  }
}

function sourceOptions({ shapes }: { readonly shapes?: LowerOptions["shapes"] }): {
  shapes?: Readonly<Record<string, readonly number[]>>;
} {
  return shapes === undefined ? {} : { shapes };
}

/** LLVM IR text of a module at the llvm level; weights are external constants. */
export function emitLlvmIr(module: Operation): string {
  return llvmIrText(module).text;
}

/** The bytes of an ONNX model of a module at the tensor level. */
export function emitOnnx(module: Operation): Uint8Array {
  return exportOnnx(module);
}

/** The engine's program of a module at the mil level: as text and as a document, and the weights that it refers to. */
export function emitEngineProgram(module: Operation): EmittedMil {
  return emitMil(module);
}

/** A WebAssembly module with SIMD of a module at the loops level, with memory and weights of its own: any host can run it. */
export async function emitWasm(module: Operation): Promise<Uint8Array> {
  const { loopsToWasm } = await import("../lowering/loops-to-wasm/index.ts");
  return (await loopsToWasm(module, { standalone: true })).code;
}
