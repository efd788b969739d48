/**
 * The two ways to the engine: Espresso's C functions, the first choice, and AppleNeuralEngine.framework's classes. A network is
 * opened by the first that this machine has, or by the one that is asked for, and never by another in silence.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import { type AppleNeuralEngine, findAppleNeuralEngine } from "../../ffi/apple-neural-engine.ts";
import { findEspresso } from "../../ffi/espresso.ts";
import type { ArgumentDescriptor, Program } from "../../program.ts";
import { ObjcEngine } from "../ane-objc/engine.ts";
import { ObjcProgram } from "../ane-objc/program.ts";
import type { EngineArtefact } from "./artefact.ts";
import { processLane, type Remark } from "./lane.ts";
import { AneProgram } from "./program.ts";
import { defaultEngine } from "./status.ts";

export const engineDrivers = ["espresso", "objc"] as const;
export type EngineDriver = (typeof engineDrivers)[number];

/** A network on the engine, by either driver. */
export interface EngineProgram extends Program {
  /** State that stays between runs, by the name of its input: all zeros at first; `run` takes a new value for it. */
  readonly states: readonly ArgumentDescriptor[];
  resetState(): void;
}

export interface OpenOptions {
  /** Default: what `ANEMONE_ANE_DRIVER` says, else the first that this machine has. */
  readonly driver?: EngineDriver;
  readonly onRemark?: Remark;
}

/** Why each driver cannot be used here; undefined for one that can. */
export function driverFaults(): Readonly<Record<EngineDriver, string | undefined>> {
  return { espresso: findEspresso().reason, objc: faultOf(findAppleNeuralEngine()) };
}

const faultOf = (search: ReturnType<typeof findAppleNeuralEngine>) =>
  search.engine === undefined ? search.reason : undefined;

/**
 * The driver to use: the one that is asked for, else what `ANEMONE_ANE_DRIVER` says, else the first that this machine has;
 * undefined where it has none.
 *
 * @throws DiagnosticError where the environment names no driver
 */
export function chooseDriver(wanted?: EngineDriver, environment = process.env): EngineDriver | undefined {
  const driver = wanted ?? namedDriver(environment);
  if (driver !== undefined) return driver;
  const faults = driverFaults();
  return engineDrivers.find((name) => faults[name] === undefined);
}

/**
 * The driver that `ANEMONE_ANE_DRIVER` names, if it does. Looks for no library.
 *
 * @throws DiagnosticError where it names no driver
 */
export function namedDriver(environment = process.env): EngineDriver | undefined {
  const { ANEMONE_ANE_DRIVER: named = "" } = environment;
  const driver = engineDrivers.find((name) => name === named);
  if (driver !== undefined || named === "") return driver;
  throw new DiagnosticError(`ANEMONE_ANE_DRIVER must be ${engineDrivers.join(" or ")}, but is '${named}'`);
}

/** One per process: it counts what the system limits. */
let objcEngine: ObjcEngine | undefined;

function objcEngineFor(framework: AppleNeuralEngine): ObjcEngine {
  if (objcEngine?.framework !== framework) objcEngine = new ObjcEngine({ framework, lane: processLane() });
  return objcEngine;
}

/**
 * Compiles and loads a network on this machine's engine.
 *
 * @throws DiagnosticError where no driver can be used, EspressoError or EngineCallError where a step fails
 */
export async function openOnEngine(artefact: EngineArtefact, options: OpenOptions = {}): Promise<EngineProgram> {
  const faults = driverFaults();
  const driver = chooseDriver(options.driver);
  const remarks = options.onRemark === undefined ? {} : { onRemark: options.onRemark };
  if (driver === "espresso" && faults.espresso === undefined)
    return AneProgram.open(artefact, defaultEngine(), remarks);
  const { engine } = findAppleNeuralEngine();
  if (driver === "objc" && engine !== undefined) return ObjcProgram.open(artefact, objcEngineFor(engine), remarks);
  const wanted = driver === undefined ? engineDrivers : [driver];
  const reasons = wanted.map((name) => `${name}: ${faults[name]}`).join("; ");
  throw new DiagnosticError(`${artefact.name} cannot be run on the engine: ${reasons}`);
}
