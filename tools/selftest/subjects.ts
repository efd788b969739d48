/**
 * What the self-test runs programs on: the engine by either driver, or (a dry run) the virtual engine as WebAssembly; and the
 * virtual engine as the reference, in machine code where there is a libLLVM.
 */
import { type CompileOptions, compile, lowerTo } from "../../compiler/compile.ts";
import type { CompressionReport, CompressOptions } from "../../compiler/compression.ts";
import { engineTarget } from "../../compiler/devices.ts";
import { engineArtefact } from "../../compiler/engine-artefact.ts";
import type { Source } from "../../compiler/source.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { EngineArtefact } from "../../runtime/devices/ane/artefact.ts";
import { EngineCache } from "../../runtime/devices/ane/cache.ts";
import { driverFaults, type EngineDriver } from "../../runtime/devices/ane/drivers.ts";
import { Engine } from "../../runtime/devices/ane/engine.ts";
import type { EngineLane } from "../../runtime/devices/ane/lane.ts";
import { AneProgram } from "../../runtime/devices/ane/program.ts";
import { compilerIdentity } from "../../runtime/devices/ane/status.ts";
import { ObjcEngine } from "../../runtime/devices/ane-objc/engine.ts";
import { ObjcProgram } from "../../runtime/devices/ane-objc/program.ts";
import type { StateNames } from "../../runtime/devices/resident-state.ts";
import { findAppleNeuralEngine } from "../../runtime/ffi/apple-neural-engine.ts";
import { findEspresso } from "../../runtime/ffi/espresso.ts";
import type { Program } from "../../runtime/program.ts";

export const subjectNames = ["espresso", "objc", "ane-virtual"] as const;
export type SubjectName = (typeof subjectNames)[number];

/** A program that Anemone's own rules do not give to the engine. It did not come to the driver. */
export class Refusal extends Error {
  constructor(readonly reason: DiagnosticError) {
    super(reason.message);
    this.name = "Refusal";
  }
}

/** Beside a program's source. */
export interface SourceOptions {
  readonly states?: readonly StateNames[];
  /** Where nothing can be compressed so for the target, the program is refused. */
  readonly compress?: CompressOptions;
}

/** How a subject is set up beside what is usual. */
export interface Variant {
  /** Programs that may be loaded at a time. */
  readonly loadedPrograms?: number;
  /** For `objc`: models are told where their files are before they are compiled. */
  readonly setsModelUrl?: boolean;
}

/** Something that programs run on. */
export interface Subject {
  readonly name: SubjectName;
  /** The engine whose rules programs are compiled by. */
  readonly target: string;
  /**
   * Compiles and loads; the caller disposes.
   *
   * @throws Refusal where lowering does not let it through; what else is thrown comes from opening it
   */
  open(name: string, source: Source, options?: SourceOptions): Promise<Program>;
  /** Programs that this process has had compiled; undefined where there is no compile service. */
  readonly compilations: number | undefined;
  /** The same machine, set up otherwise. Its remarks come to this one. */
  variant(variant: Variant): Subject;
  /** What the driver told since the last call: a program that made room, a bundle that was compiled again. */
  takeRemarks(): string[];
}

export interface SubjectOptions {
  readonly target?: string;
  /** Where Espresso's compiled programs are kept; nowhere without it. Not the user's own: what is there says nothing of today. */
  readonly cacheFolder?: string;
}

/**
 * After a compilation that failed the service wants a pause of 15 s, so that others do not suffer; a test that is to end in
 * minutes gives it less.
 */
const pauseAfterFailure = 3_000;

/** The engine's drivers that this machine can use. */
export function usableDrivers(): EngineDriver[] {
  return Object.entries(driverFaults()).flatMap(([name, fault]) =>
    fault === undefined ? subjectNames.filter((known): known is EngineDriver => known === name) : [],
  );
}

/** @throws DiagnosticError where this machine does not have it */
export function openSubject(name: SubjectName, { target = engineTarget(), cacheFolder }: SubjectOptions = {}): Subject {
  if (name === "ane-virtual") return virtualSubject(target);
  const remarks: string[] = [];
  return engineSubject(name, target, remarks, (variant) =>
    name === "espresso" ? espressoDriver(remarks, variant, cacheFolder) : objcDriver(remarks, variant),
  );
}

/** A driver with an engine of its own: what it counts begins at zero. */
interface Driver {
  readonly engine: EngineLane;
  open(artefact: EngineArtefact): Promise<Program>;
}

const limitsOf = ({ loadedPrograms }: Variant) => ({
  pauseAfterFailure,
  ...(loadedPrograms === undefined ? {} : { loadedPrograms }),
});

function espressoDriver(remarks: string[], variant: Variant, cacheFolder: string | undefined): Driver {
  const { library, reason } = findEspresso();
  if (library === undefined) throw new DiagnosticError(`Espresso cannot be used: ${reason}`);
  const cache = cacheFolder === undefined ? null : new EngineCache(cacheFolder);
  const engine = new Engine({ library, cache, identity: compilerIdentity(), limits: limitsOf(variant) });
  return { engine, open: (artefact) => AneProgram.open(artefact, engine, { onRemark: (text) => remarks.push(text) }) };
}

function objcDriver(remarks: string[], variant: Variant): Driver {
  const search = findAppleNeuralEngine();
  if (search.engine === undefined) throw new DiagnosticError(`AppleNeuralEngine cannot be used: ${search.reason}`);
  const { setsModelUrl = false } = variant;
  const engine = new ObjcEngine({ framework: search.engine, limits: limitsOf(variant), setsModelUrl });
  return { engine, open: (artefact) => ObjcProgram.open(artefact, engine, { onRemark: (text) => remarks.push(text) }) };
}

function engineSubject(
  name: EngineDriver,
  target: string,
  remarks: string[],
  driverFor: (variant: Variant) => Driver,
  variant: Variant = {},
): Subject {
  const driver = driverFor(variant);
  const lowered = (programName: string, source: Source, { states = [], compress }: SourceOptions) =>
    orRefusal(() => {
      const options = compress === undefined ? {} : { compress };
      const { module, compression } = lowerTo(source, "mil", { route: "ane", target, driver: name, ...options });
      checkCompressed(target, compression, compress);
      return engineArtefact(module, programName, { states });
    });
  return {
    name,
    target,
    open: async (programName, source, options = {}) => driver.open(lowered(programName, source, options)),
    get compilations() {
      return driver.engine.budget.used;
    },
    variant: (other) => engineSubject(name, target, remarks, driverFor, other),
    takeRemarks: () => remarks.splice(0),
  };
}

/** Errors of lowering are the rules that a program does not keep. */
function orRefusal<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw error instanceof DiagnosticError ? new Refusal(error) : error;
  }
}

function checkCompressed(
  target: string,
  report: CompressionReport | undefined,
  wanted: CompressOptions | undefined,
): void {
  if (wanted === undefined || (report?.tensors ?? 0) > 0) return;
  const reasons = report === undefined || report.kept.length === 0 ? "" : `: ${report.kept.join("; ")}`;
  throw new DiagnosticError(`no weight is stored as ${wanted.scheme} for ${target}${reasons}`);
}

function virtualSubject(target: string): Subject {
  const subject: Subject = {
    name: "ane-virtual",
    target,
    open: async (_, source, options = {}) => openVirtual(source, target, options, false),
    compilations: undefined,
    variant: () => subject,
    takeRemarks: () => [],
  };
  return subject;
}

/** The same program by the engine's rules on this machine. @throws Refusal */
export async function openReference(source: Source, target: string, options: SourceOptions = {}): Promise<Program> {
  return openVirtual(source, target, options, true);
}

async function openVirtual(
  source: Source,
  target: string,
  { states = [], compress }: SourceOptions,
  llvm: boolean,
): Promise<Program> {
  const options: CompileOptions = {
    device: "ane-virtual",
    target,
    llvm,
    state: Object.fromEntries(states.map(({ input, output }) => [input, output])),
    ...(compress === undefined ? {} : { compress }),
  };
  try {
    const { program, compression } = await compile(source, options);
    checkCompressed(target, compression, compress);
    return program;
  } catch (error) {
    // There is no driver on this way, so that what is objected to is the program.
    throw error instanceof DiagnosticError ? new Refusal(error) : error;
  }
}
