/**
 * What the self-test runs programs on: the engine by either driver, or (a dry run) the virtual engine as WebAssembly; and the
 * virtual engine as the reference, in machine code where there is a libLLVM.
 */
import { compile, lowerTo } from "../../compiler/compile.ts";
import { engineTarget } from "../../compiler/devices.ts";
import { engineArtefact } from "../../compiler/engine-artefact.ts";
import type { Source } from "../../compiler/source.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { driverFaults, type EngineDriver } from "../../runtime/devices/ane/drivers.ts";
import { Engine } from "../../runtime/devices/ane/engine.ts";
import { AneProgram } from "../../runtime/devices/ane/program.ts";
import { compilerIdentity, engineCache } from "../../runtime/devices/ane/status.ts";
import { ObjcEngine } from "../../runtime/devices/ane-objc/engine.ts";
import { ObjcProgram } from "../../runtime/devices/ane-objc/program.ts";
import { findAppleNeuralEngine } from "../../runtime/ffi/apple-neural-engine.ts";
import { findEspresso } from "../../runtime/ffi/espresso.ts";
import type { Program } from "../../runtime/program.ts";

export const subjectNames = ["espresso", "objc", "ane-virtual"] as const;
export type SubjectName = (typeof subjectNames)[number];

/** Something that programs run on. */
export interface Subject {
  readonly name: SubjectName;
  /** The engine whose rules programs are compiled by. */
  readonly target: string;
  /** Compiles and loads; the caller disposes. @throws DiagnosticError naming the step */
  open(name: string, source: Source): Promise<Program>;
}

/**
 * After a compilation that failed the service wants a pause of 15 s, so that others do not suffer; a test that is to end in
 * minutes gives it less.
 */
const limits = { pauseAfterFailure: 3_000 };

/** The engine's drivers that this machine can use. */
export function usableDrivers(): EngineDriver[] {
  return Object.entries(driverFaults()).flatMap(([name, fault]) =>
    fault === undefined ? subjectNames.filter((known): known is EngineDriver => known === name) : [],
  );
}

/** @throws DiagnosticError where this machine does not have it */
export function openSubject(name: SubjectName, target = engineTarget()): Subject {
  if (name === "ane-virtual") return virtualSubject(target);
  const onRemark = () => {};
  const lowered = (programName: string, source: Source) => {
    const { module } = lowerTo(source, "mil", { route: "ane", target, driver: name });
    return engineArtefact(module, programName);
  };
  if (name === "espresso") {
    const { library, reason } = findEspresso();
    if (library === undefined) throw new DiagnosticError(`Espresso cannot be used: ${reason}`);
    const engine = new Engine({ library, cache: engineCache(), identity: compilerIdentity(), limits });
    return { name, target, open: (program, source) => AneProgram.open(lowered(program, source), engine, { onRemark }) };
  }
  const search = findAppleNeuralEngine();
  if (search.engine === undefined) throw new DiagnosticError(`AppleNeuralEngine cannot be used: ${search.reason}`);
  const engine = new ObjcEngine({ framework: search.engine, limits });
  return { name, target, open: (program, source) => ObjcProgram.open(lowered(program, source), engine, { onRemark }) };
}

function virtualSubject(target: string): Subject {
  return {
    name: "ane-virtual",
    target,
    open: async (_, source) => (await compile(source, { device: "ane-virtual", target, llvm: false })).program,
  };
}

/** The same program by the engine's rules on this machine. */
export async function openReference(source: Source, target: string): Promise<Program> {
  return (await compile(source, { device: "ane-virtual", target })).program;
}
