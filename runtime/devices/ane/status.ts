/**
 * What this machine has of the engine: whether Espresso is there with all functions that are needed, which system and chip it
 * is, and where compiled programs are kept. And the one `Engine` of this process, which counts what the system limits.
 */
import { readFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import { type EngineDeviceInfo, type EngineSearch, findAppleNeuralEngine } from "../../ffi/apple-neural-engine.ts";
import { type EspressoLibrary, type EspressoSearch, findEspresso } from "../../ffi/espresso.ts";
import { espressoFunctions } from "../../ffi/espresso-signatures.ts";
import { cacheFolder } from "../../object-cache.ts";
import { type CompilerIdentity, EngineCache } from "./cache.ts";
import { Engine, type EngineOptions } from "./engine.ts";
import { processLane } from "./lane.ts";

export interface EngineStatus {
  readonly available: boolean;
  readonly summary: string;
  readonly details: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The maker's name for the chip: `Apple M4 Pro`. */
export function chipName(): string {
  return cpus()[0]?.model.trim() || "an unknown processor";
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** A string of a property list in XML. */
function plistString(text: string, key: string): string | undefined {
  return new RegExp(`<key>${key}</key>\\s*<string>([^<]*)</string>`).exec(text)?.[1];
}

/** What the compiler is part of: the system's build, and the framework's own version. */
export function compilerIdentity(): Omit<CompilerIdentity, "target"> {
  const system = textOf("/System/Library/CoreServices/SystemVersion.plist");
  const resources = "/System/Library/PrivateFrameworks/Espresso.framework/Versions/A/Resources";
  return {
    systemBuild: plistString(system, "ProductBuildVersion") ?? `${process.platform} ${release()}`,
    frameworkVersion: plistString(textOf(join(resources, "Info.plist")), "CFBundleVersion") ?? "unknown",
    chip: hostArchitecture() ?? chipName(),
  };
}

/** The cache of compiled programs that the environment asks for. */
export function engineCache(environment: Environment = process.env): EngineCache | null {
  const folder = cacheFolder(environment);
  return folder === undefined ? null : new EngineCache(join(folder, "engine"));
}

/** Whether this machine's engine can be reached, and in a sentence how or why not. */
export function engineAvailability(
  platform: NodeJS.Platform = process.platform,
  architecture: string = process.arch,
  environment: Environment = process.env,
): Omit<EngineStatus, "details"> {
  const espresso = findEspresso(environment, platform, architecture);
  if (!isPossible(platform, architecture, environment)) {
    const translated = platform === "darwin" ? `: ${espresso.reason}` : "";
    const summary = `no Neural Engine on ${platform} ${architecture}${translated || ": it is part of Apple silicon, reached through macOS"}`;
    return { available: false, summary };
  }
  const classes = findAppleNeuralEngine(environment);
  // The framework's word counts where it gives one: virtual machines have the libraries, and no engine behind them.
  if (!espresso.isOverride && deviceInfo(classes)?.hasEngine === false) {
    return { available: false, summary: "macOS says that this machine has no Neural Engine" };
  }
  const library =
    espresso.library !== undefined ? "Espresso" : classes.engine !== undefined ? "AppleNeuralEngine" : undefined;
  if (library === undefined) {
    const summary = "the Neural Engine cannot be reached: neither Espresso nor AppleNeuralEngine can be used";
    return { available: false, summary };
  }
  return { available: true, summary: `the Neural Engine of ${chipName()}, through ${library}` };
}

/** Whether there may be an engine: on Apple silicon under macOS, and where a test says so. */
function isPossible(platform: NodeJS.Platform, architecture: string, environment: Environment): boolean {
  const { ANEMONE_ESPRESSO = "", ANEMONE_APPLE_NEURAL_ENGINE = "" } = environment;
  return (
    ANEMONE_ESPRESSO !== "" || ANEMONE_APPLE_NEURAL_ENGINE !== "" || (platform === "darwin" && architecture === "arm64")
  );
}

/** The same with all that was looked for and found, for people; it reads the sizes of all that is in the cache. */
export function engineStatus(
  platform: NodeJS.Platform = process.platform,
  architecture: string = process.arch,
  environment: Environment = process.env,
): EngineStatus {
  const availability = engineAvailability(platform, architecture, environment);
  if (!isPossible(platform, architecture, environment)) return { ...availability, details: [] };
  const classes = findAppleNeuralEngine(environment);
  const details = [
    describeEspresso(findEspresso(environment, platform, architecture)),
    `AppleNeuralEngine.framework: ${classes.engine === undefined ? classes.reason : "found"}`,
    describeSystem(deviceInfo(classes)),
    describeCache(engineCache(environment)),
  ];
  return { ...availability, details };
}

/** What the framework says of the machine, where it can be asked. */
function deviceInfo(search: EngineSearch): EngineDeviceInfo | undefined {
  try {
    return search.engine?.deviceInfo();
  } catch {
    return undefined;
  }
}

/** The engine's name in the compiler's words, `h16g`, where the framework gives it. */
export function hostArchitecture(): string | undefined {
  return deviceInfo(findAppleNeuralEngine())?.architecture || undefined;
}

function describeEspresso({ path, isOverride, library, reason }: EspressoSearch): string {
  const name = isOverride ? `${path} (named by ANEMONE_ESPRESSO)` : path;
  if (library === undefined) return `${name}: ${reason ?? "not found"}`;
  const missing = library.missingOptional;
  const known = Object.keys(espressoFunctions).length;
  const absent = missing.length === 0 ? "" : `; not needed and not there: ${missing.join(", ")}`;
  return `${name}: ${known - missing.length} of ${known} known functions${absent}`;
}

function describeSystem(info: EngineDeviceInfo | undefined): string {
  const { systemBuild, frameworkVersion } = compilerIdentity();
  const architecture = info?.architecture ? `, engine ${info.architecture}` : "";
  const cores = info?.cores === undefined ? "" : ` with ${info.cores} cores`;
  return `${chipName()}${architecture}${cores}, system build ${systemBuild}, Espresso ${frameworkVersion}`;
}

function describeCache(cache: EngineCache | null): string {
  if (cache === null) return "compiled programs are not kept (ANEMONE_CACHE=off)";
  const { programs, bytes } = cache.usage();
  return `compiled programs in ${cache.folder}: ${programs}, ${(bytes / 1e6).toFixed(1)} MB`;
}

/** One per library, as long as the process lives: the limits are the process's. */
const engines = new Map<EspressoLibrary, Engine>();

/**
 * The engine of this process.
 *
 * @throws DiagnosticError where this machine has none that can be used
 */
export function defaultEngine(options: Partial<Omit<EngineOptions, "library">> = {}): Engine {
  const { library, reason } = findEspresso();
  if (library === undefined) throw new DiagnosticError(`there is no Neural Engine to be reached: ${reason}`);
  let engine = engines.get(library);
  if (engine === undefined) {
    const lane = processLane();
    engine = new Engine({ library, cache: engineCache(), identity: compilerIdentity(), lane, ...options });
    engines.set(library, engine);
  }
  return engine;
}
