/**
 * AppleNeuralEngine.framework, the Objective-C route to the engine: a model is made from MIL text (or a network description)
 * and weights, its files are written where the daemon reads them, and it is compiled, loaded, evaluated with surfaces, and
 * unloaded. The sequence is that of driver-stack A.1, which several authors run; nothing here has been run on hardware by us.
 *
 * One lane: calls of a process are made one after another, on one thread.
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { DiagnosticError, messageOf } from "../../ir/diagnostic-error.ts";
import { libobjcPath } from "./autorelease.ts";
import { type EnginePorts, readPorts } from "./engine/attributes.ts";
import { EngineCallError } from "./engine/errors.ts";
import { type Surface, SurfaceFactory } from "./iosurface.ts";
import { errorCell, nil, ObjectiveC, type ObjectReference, openLookup, type SymbolLookup } from "./objc.ts";
import type { MessageName } from "./objc-signatures.ts";

/** How urgent calls are (`_ANEQoSMapper`, driver-stack A.3). Measured: no difference on an idle machine. */
export const qualityOfService = {
  realtime: 0,
  background: 9,
  utility: 17,
  default: 21,
  userInitiated: 25,
  userInteractive: 33,
} as const;
export type QualityOfService = keyof typeof qualityOfService;

/** A model as the framework takes it. */
export interface EngineSource {
  /** `mil`: MIL text; `netplist`: a serialised network description, the form of the bridge operators. */
  readonly kind: "mil" | "netplist";
  readonly description: Uint8Array;
  /** Weight files by their path below the model's folder, `weights/weight.bin`; kept reachable and unchanged until unload. */
  readonly weights: Readonly<Record<string, Uint8Array>>;
}

const descriptionFile = { mil: "model.mil", netplist: "net.plist" } as const;

/** One of them is needed. */
const requestFactories = [
  "+[_ANERequest requestWithInputs:inputIndices:outputs:outputIndices:procedureIndex:]",
  "+[_ANERequest requestWithInputs:inputIndices:outputs:outputIndices:weightsBuffer:perfStats:procedureIndex:]",
] as const satisfies readonly MessageName[];

/** The libraries of the route and where they lie; none of these files exists on disk, the loader finds them by path. */
const frameworkPaths = {
  runtime: libobjcPath,
  foundation: "/System/Library/Frameworks/Foundation.framework/Foundation",
  coreFoundation: "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation",
  surfaces: "/System/Library/Frameworks/IOSurface.framework/IOSurface",
  engine: "/System/Library/PrivateFrameworks/AppleNeuralEngine.framework/AppleNeuralEngine",
} as const;

/** Symbols of the libraries that the route needs; a stand-in stack gives its own. */
export interface EngineLibraries {
  readonly runtime: SymbolLookup;
  readonly surfaces: SymbolLookup;
}

/** What the framework says of the machine. */
export interface EngineDeviceInfo {
  readonly hasEngine: boolean;
  /** `h16g`; empty where the framework does not say. */
  readonly architecture: string;
  readonly subType: string;
  readonly product: string;
  readonly build: string;
  readonly engines: number | undefined;
  readonly cores: number | undefined;
  readonly isVirtualMachine: boolean;
}

/** Whether the route can be used, and what was looked for. */
export type EngineSearch =
  | { readonly engine: AppleNeuralEngine; readonly details: readonly string[] }
  | { readonly engine: undefined; readonly reason: string; readonly details: readonly string[] };

/** By the library that the environment names; empty for the system's own. */
const searches = new Map<string, EngineSearch>();

/**
 * Opens the frameworks of macOS, once per process. Never throws: what is missing is said. `ANEMONE_APPLE_NEURAL_ENGINE` names
 * one library to use in place of all of them, which is how tests reach their stand-in.
 */
export function findAppleNeuralEngine(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): EngineSearch {
  const override = environment.ANEMONE_APPLE_NEURAL_ENGINE ?? "";
  let search = searches.get(override);
  if (search === undefined) {
    search = override === "" ? searchFrameworks() : searchLibrary(override);
    searches.set(override, search);
  }
  return search;
}

function searchLibrary(path: string): EngineSearch {
  const opened = openLookup([path]);
  const details = [
    `${path} (named by ANEMONE_APPLE_NEURAL_ENGINE): ${opened.lookup === undefined ? opened.reason : "found"}`,
  ];
  if (opened.lookup === undefined) return { engine: undefined, reason: `${path} cannot be opened`, details };
  return openEngine({ runtime: opened.lookup, surfaces: opened.lookup }, details);
}

function searchFrameworks(): EngineSearch {
  if (process.platform !== "darwin" || process.arch !== "arm64") {
    const reason = `AppleNeuralEngine.framework is part of macOS on Apple silicon, and this is ${process.platform} ${process.arch}`;
    return { engine: undefined, reason, details: [] };
  }
  const details: string[] = [];
  const lookups: Record<string, SymbolLookup> = {};
  for (const [name, path] of Object.entries(frameworkPaths)) {
    const opened = openLookup([path]);
    details.push(`${path}: ${opened.lookup === undefined ? opened.reason : "found"}`);
    if (opened.lookup === undefined)
      return { engine: undefined, reason: `${basename(path)} cannot be opened`, details };
    lookups[name] = opened.lookup;
  }
  const { runtime, surfaces, coreFoundation } = lookups;
  return openEngine(
    {
      runtime: (symbol) => runtime?.(symbol),
      surfaces: (symbol) => surfaces?.(symbol) ?? coreFoundation?.(symbol),
    },
    details,
  );
}

/** Checks that libraries have every symbol, class and message that the route needs. */
export function openEngine(libraries: EngineLibraries, details: readonly string[] = []): EngineSearch {
  const objc = new ObjectiveC(libraries.runtime);
  const surfaces = new SurfaceFactory(objc, libraries.surfaces);
  const missing = [...objc.missing, ...surfaces.missing];
  if (missing.length > 0) return { engine: undefined, reason: `the libraries have no ${missing.join(", ")}`, details };
  const absent = objc.missingMessages("_ANE");
  const hasFactory = requestFactories.some((name) => !absent.some((message) => message.name === name));
  const required = absent.filter(
    ({ name, optional }) => !optional || (!hasFactory && requestFactories.some((factory) => factory === name)),
  );
  const notes = absent.map(({ name, optional }) => `${name}: not there${optional ? ", not needed" : ""}`);
  if (required.length > 0) {
    const names = required.map(({ name }) => name).join(", ");
    return { engine: undefined, reason: `the framework has no ${names}`, details: [...details, ...notes] };
  }
  return {
    engine: new AppleNeuralEngine(objc, surfaces, new Set(absent.map(({ name }) => name))),
    details: [...details, ...notes],
  };
}

/** The framework. */
export class AppleNeuralEngine {
  readonly objc: ObjectiveC;
  readonly #surfaces: SurfaceFactory;
  /** Optional messages that this version does not have. */
  readonly #absent: ReadonlySet<MessageName>;

  constructor(objc: ObjectiveC, surfaces: SurfaceFactory, absent: ReadonlySet<MessageName>) {
    this.objc = objc;
    this.#surfaces = surfaces;
    this.#absent = absent;
  }

  has(message: MessageName): boolean {
    return !this.#absent.has(message);
  }

  /** What the machine has. */
  deviceInfo(): EngineDeviceInfo {
    const { objc } = this;
    return objc.pool(() => {
      // Their results are typed `id`: what is no text or number says nothing here.
      const text = (name: MessageName, ask: () => ObjectReference) => {
        const answer = this.has(name) ? objc.toPlain(ask()) : "";
        return typeof answer === "object" ? "" : String(answer);
      };
      const number = (name: MessageName, ask: () => number) => (this.has(name) ? ask() : undefined);
      return {
        hasEngine: objc.sendClass("+[_ANEDeviceInfo hasANE]"),
        // Targets are spelled small.
        architecture: text("+[_ANEDeviceInfo aneArchitectureType]", () =>
          objc.sendClass("+[_ANEDeviceInfo aneArchitectureType]"),
        ).toLowerCase(),
        subType: text("+[_ANEDeviceInfo aneSubType]", () => objc.sendClass("+[_ANEDeviceInfo aneSubType]")),
        product: text("+[_ANEDeviceInfo productName]", () => objc.sendClass("+[_ANEDeviceInfo productName]")),
        build: text("+[_ANEDeviceInfo buildVersion]", () => objc.sendClass("+[_ANEDeviceInfo buildVersion]")),
        engines: number("+[_ANEDeviceInfo numANEs]", () => objc.sendClass("+[_ANEDeviceInfo numANEs]")),
        cores: number("+[_ANEDeviceInfo numANECores]", () => objc.sendClass("+[_ANEDeviceInfo numANECores]")),
        isVirtualMachine:
          this.has("+[_ANEDeviceInfo isVirtualMachine]") && objc.sendClass("+[_ANEDeviceInfo isVirtualMachine]"),
      };
    });
  }

  /** A surface that the caller releases. */
  createSurface(bytes: number): Surface {
    return this.#surfaces.create(bytes);
  }

  /** A model that is neither compiled nor loaded. The caller disposes it. */
  createModel(source: EngineSource): EngineModel {
    const { objc } = this;
    const reference = objc.pool(() => objc.retain(this.#makeModel(source)));
    const textOf = (name: "-[_ANEInMemoryModel hexStringIdentifier]" | "-[_ANEInMemoryModel localModelPath]") =>
      objc.checkedText(name, objc.send(name, reference));
    try {
      const { identifier, folder } = objc.pool(() => ({
        identifier: textOf("-[_ANEInMemoryModel hexStringIdentifier]"),
        folder: textOf("-[_ANEInMemoryModel localModelPath]"),
      }));
      if (identifier === "") throw new EngineCallError("-[_ANEInMemoryModel hexStringIdentifier]", undefined);
      if (!isAbsolute(folder) || basename(folder) !== identifier) {
        throw new DiagnosticError(
          `-[_ANEInMemoryModel localModelPath]: expected a folder named by the identifier ${identifier}, found '${folder}'`,
        );
      }
      return new EngineModel(this, reference, source, identifier, folder);
    } catch (error) {
      objc.release(reference);
      throw error;
    }
  }

  #makeModel({ kind, description, weights }: EngineSource): ObjectReference {
    const { objc } = this;
    const entries = Object.entries(weights).map(([path, bytes]) => {
      // MIL names a weight file by the path in its BLOBFILE values, a network description by its plain name.
      const key = kind === "mil" ? `@model_path/${path}` : path;
      const value = objc.dictionary([
        [objc.string("offset"), objc.number(0)],
        [objc.string("data"), objc.dataWithoutCopy(bytes)],
      ]);
      return [objc.string(key), value] as const;
    });
    const text = objc.data(description);
    const files = objc.dictionary(entries);
    const step =
      kind === "mil"
        ? "+[_ANEInMemoryModelDescriptor modelWithMILText:weights:optionsPlist:]"
        : "+[_ANEInMemoryModelDescriptor modelWithNetworkDescription:weights:optionsPlist:]";
    const descriptor = objc.require(step, objc.sendClass(step, text, files, nil));
    const make = "+[_ANEInMemoryModel inMemoryModelWithDescriptor:]";
    return objc.require(make, objc.sendClass(make, descriptor));
  }
}

/** A port's surface in a request. */
export interface BoundSurface {
  readonly index: number;
  readonly surface: Surface;
}

/** A model of the framework, its staged files, and whether it is loaded. */
export class EngineModel {
  readonly #engine: AppleNeuralEngine;
  readonly #reference: ObjectReference;
  readonly #source: EngineSource;
  readonly identifier: string;
  /** Where the daemon reads the model's files. */
  readonly folder: string;
  #loaded = false;
  #disposed = false;

  constructor(
    engine: AppleNeuralEngine,
    reference: ObjectReference,
    source: EngineSource,
    identifier: string,
    folder: string,
  ) {
    this.#engine = engine;
    this.#reference = reference;
    this.#source = source;
    this.identifier = identifier;
    this.folder = folder;
  }

  get loaded(): boolean {
    return this.#loaded;
  }

  /** Writes the model's files, each whole before it has its name: another process may compile the same model. */
  stage(): void {
    const { kind, description, weights } = this.#source;
    const files = { [descriptionFile[kind]]: description, ...weights };
    for (const [path, bytes] of Object.entries(files)) {
      const target = join(this.folder, path);
      const temporary = `${target}.${process.pid}.tmp`;
      try {
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(temporary, bytes);
        renameSync(temporary, target);
      } catch (error) {
        throw new DiagnosticError(`staging ${path}: cannot write ${target}: ${messageOf(error)}`);
      }
    }
  }

  /** Whether the staged files are still there: another process that unloads the same model deletes them. */
  isStaged(): boolean {
    return existsSync(join(this.folder, descriptionFile[this.#source.kind]));
  }

  /** Whether the daemon has the compiled model already, so that loading is enough. */
  isCompiled(): boolean {
    const name = "-[_ANEInMemoryModel compiledModelExists]";
    const { objc } = this.#engine;
    return this.#engine.has(name) && objc.pool(() => objc.send(name, this.#reference));
  }

  /**
   * Tells the model where its files are, before it is compiled. The framework does so itself when it has saved them; one author's
   * build crashed where it had not (driver-stack A.2). Not done unless asked for.
   *
   * @throws DiagnosticError where this version of the framework has no such method
   */
  setUrl(): void {
    const { objc } = this.#engine;
    const name = "-[_ANEInMemoryModel setModelURL:]";
    if (!this.#engine.has(name)) throw new DiagnosticError(`${name}: this version of the framework does not have it`);
    objc.pool(() => {
      const make = "+[NSURL fileURLWithPath:]";
      objc.send(name, this.#reference, objc.require(make, objc.sendClass(make, objc.string(this.folder))));
    });
  }

  /** @throws EngineCallError */
  compile(quality: QualityOfService): void {
    const name = "-[_ANEInMemoryModel compileWithQoS:options:error:]";
    this.#try(name, (error, objc) =>
      objc.send(name, this.#reference, qualityOfService[quality], objc.dictionary([]), error),
    );
  }

  /** @throws EngineCallError */
  load(quality: QualityOfService): void {
    const name = "-[_ANEInMemoryModel loadWithQoS:options:error:]";
    this.#try(name, (error, objc) =>
      objc.send(name, this.#reference, qualityOfService[quality], objc.dictionary([]), error),
    );
    this.#loaded = true;
  }

  /** The ports of the loaded program. */
  ports(): EnginePorts {
    const { objc } = this.#engine;
    const name = "-[_ANEInMemoryModel modelAttributes]";
    return readPorts(objc.pool(() => objc.toPlain(objc.require(name, objc.send(name, this.#reference)))));
  }

  /** Binds surfaces to ports. The caller disposes the request. */
  createRequest(
    inputs: readonly BoundSurface[],
    outputs: readonly BoundSurface[],
    quality: QualityOfService,
  ): EngineRequest {
    const { objc } = this.#engine;
    const reference = objc.pool(() => {
      const wrap = "+[_ANEIOSurfaceObject objectWithIOSurface:]";
      const surfacesOf = (ports: readonly BoundSurface[]) =>
        objc.array(ports.map(({ surface }) => objc.require(wrap, objc.sendClass(wrap, surface.reference))));
      const indicesOf = (ports: readonly BoundSurface[]) => objc.array(ports.map(({ index }) => objc.number(index)));
      const made = this.#makeRequest(
        [surfacesOf(inputs), indicesOf(inputs), surfacesOf(outputs), indicesOf(outputs)],
        objc.number(0),
      );
      const validate = "-[_ANERequest validate]";
      if (this.#engine.has(validate) && !objc.send(validate, made)) throw new EngineCallError(validate, undefined);
      return objc.retain(made);
    });
    try {
      return new EngineRequest(this.#engine, this.#reference, reference, quality);
    } catch (error) {
      objc.release(reference);
      throw error;
    }
  }

  /** By the factory that takes least, else by the one with arguments that others have filled with nil. */
  #makeRequest(
    lists: [
      inputs: ObjectReference,
      inputIndices: ObjectReference,
      outputs: ObjectReference,
      outputIndices: ObjectReference,
    ],
    procedure: ObjectReference,
  ): ObjectReference {
    const { objc } = this.#engine;
    const [short, long] = requestFactories;
    if (this.#engine.has(short)) return objc.require(short, objc.sendClass(short, ...lists, procedure));
    return objc.require(long, objc.sendClass(long, ...lists, nil, nil, procedure));
  }

  /** The framework deletes the staged files with it. @throws EngineCallError */
  unload(quality: QualityOfService): void {
    if (!this.#loaded) return;
    this.#loaded = false;
    const name = "-[_ANEInMemoryModel unloadWithQoS:error:]";
    this.#try(name, (error, objc) => objc.send(name, this.#reference, qualityOfService[quality], error));
  }

  /** Gives the model up; once. It must be unloaded. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#engine.objc.release(this.#reference);
    // Left over where it was never loaded, or where unloading failed. What cannot be removed is the system's to clean up.
    try {
      rmSync(this.folder, { recursive: true, force: true });
    } catch {}
  }

  #try(step: string, call: (error: BigUint64Array, objc: ObjectiveC) => boolean): void {
    const { objc } = this.#engine;
    objc.pool(() => {
      const error = errorCell();
      if (!call(error, objc)) throw new EngineCallError(step, objc.describeError(error));
    });
  }
}

/** Surfaces bound to a loaded model, mapped into it: evaluating is one message. */
export class EngineRequest {
  readonly #engine: AppleNeuralEngine;
  readonly #model: ObjectReference;
  readonly #reference: ObjectReference;
  readonly #quality: number;
  readonly #error = errorCell();
  readonly #options: ObjectReference;
  readonly #evaluate;
  #mapped = false;
  #disposed = false;

  constructor(
    engine: AppleNeuralEngine,
    model: ObjectReference,
    reference: ObjectReference,
    quality: QualityOfService,
  ) {
    this.#engine = engine;
    this.#model = model;
    this.#reference = reference;
    this.#quality = qualityOfService[quality];
    this.#evaluate = engine.objc.message("-[_ANEInMemoryModel evaluateWithQoS:options:request:error:]");
    const { objc } = engine;
    this.#options = objc.pool(() => objc.retain(objc.dictionary([])));
  }

  /** Maps the surfaces for all coming evaluations, where the framework can. @throws EngineCallError */
  map(): void {
    const { objc } = this.#engine;
    const name = "-[_ANEInMemoryModel mapIOSurfacesWithRequest:cacheInference:error:]";
    if (this.#mapped || !this.#engine.has(name)) return;
    objc.pool(() => {
      const error = errorCell();
      if (!objc.send(name, this.#model, this.#reference, true, error))
        throw new EngineCallError(name, objc.describeError(error));
    });
    this.#mapped = true;
  }

  /** Runs the program on what the surfaces hold; returns when it is done. @throws EngineCallError */
  evaluate(): void {
    const { objc } = this.#engine;
    const pool = objc.pushPool();
    try {
      this.#error[0] = 0n;
      if (!this.#evaluate(this.#model, this.#quality, this.#options, this.#reference, this.#error)) {
        throw new EngineCallError(
          "-[_ANEInMemoryModel evaluateWithQoS:options:request:error:]",
          objc.describeError(this.#error),
        );
      }
    } finally {
      objc.popPool(pool);
    }
  }

  /** Unmaps the surfaces and gives the request up; once. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const { objc } = this.#engine;
    const unmap = "-[_ANEInMemoryModel unmapIOSurfacesWithRequest:]";
    if (this.#mapped && this.#engine.has(unmap)) objc.pool(() => objc.send(unmap, this.#model, this.#reference));
    objc.release(this.#options);
    objc.release(this.#reference);
  }
}
