/**
 * The Objective-C route as this process uses it: the framework, and what is counted per process: programs that are loaded,
 * programs that were compiled, the pause after a compilation that failed. The framework keeps what it compiled itself, by the
 * content of the model, so there is no cache of ours here: a model that the daemon knows is loaded without being compiled.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type { AppleNeuralEngine, EngineModel, EngineSource, QualityOfService } from "../../ffi/apple-neural-engine.ts";
import { EngineCallError } from "../../ffi/engine-errors.ts";
import {
  type Clock,
  CompileBudget,
  CompilePauseError,
  defaultLimits,
  type EngineLimits,
  systemClock,
} from "../ane/limits.ts";

export interface ObjcEngineOptions {
  readonly framework: AppleNeuralEngine;
  readonly limits?: Partial<EngineLimits>;
  readonly clock?: Clock;
  /** How urgent calls are. Default `default` (21), what all known users pass. */
  readonly quality?: QualityOfService;
}

/** Told in a sentence what a user may want to know. */
export type Remark = (text: string) => void;

/** A loaded program that can be asked to make room. */
export interface Resident {
  readonly name: string;
  /** When it ran last: a count of runs. */
  lastRun: number;
  evict(): void;
}

/** Beyond this many weights in one program some chips refuse it on this route (driver-stack A.5: M4, M4 Max, M5 Max). */
const weightsOnAllChips = 16;

/** `_ANERequest validate` (A.4). */
const mostPorts = 255;

export class ObjcEngine {
  readonly framework: AppleNeuralEngine;
  readonly limits: EngineLimits;
  readonly clock: Clock;
  readonly budget: CompileBudget;
  readonly quality: QualityOfService;
  readonly #residents = new Set<Resident>();
  #runs = 0;
  #running: string | undefined;

  constructor({ framework, limits, clock = systemClock, quality = "default" }: ObjcEngineOptions) {
    this.framework = framework;
    this.limits = { ...defaultLimits, ...limits };
    this.clock = clock;
    this.quality = quality;
    this.budget = new CompileBudget(this.limits, clock);
  }

  get loadedPrograms(): number {
    return this.#residents.size;
  }

  /** Runs `work` on the engine's one lane. A run inside a run (from a callback) is a mistake. */
  run<Result>(name: string, residents: readonly Resident[], work: () => Result): Result {
    if (this.#running !== undefined)
      throw new DiagnosticError(`${name} cannot run inside of a run of ${this.#running}: the engine has one lane`);
    this.#running = name;
    const run = ++this.#runs;
    for (const resident of residents) resident.lastRun = run;
    try {
      return work();
    } finally {
      this.#running = undefined;
    }
  }

  /** Enters a program that is about to be loaded, after those that ran longest ago have made room. */
  admit(resident: Resident, remark: Remark): void {
    const { loadedPrograms: limit } = this.limits;
    if (limit < 1)
      throw new DiagnosticError(`${resident.name} cannot be loaded: the limit of loaded programs is ${limit}`);
    while (this.#residents.size >= limit) {
      const oldest = [...this.#residents].reduce((a, b) => (b.lastRun < a.lastRun ? b : a));
      remark(
        `${oldest.name} is unloaded to make room for ${resident.name}: one process can load ${limit} programs at a time; ` +
          "it loads itself again when it is run",
      );
      this.dismiss(oldest);
      oldest.evict();
    }
    resident.lastRun = ++this.#runs;
    this.#residents.add(resident);
  }

  dismiss(resident: Resident): void {
    this.#residents.delete(resident);
  }

  /** `open`, with the pauses that the compile service needs. */
  async openPatiently(name: string, source: EngineSource, remark: Remark): Promise<EngineModel> {
    for (;;) {
      try {
        return this.open(name, source, remark);
      } catch (error) {
        if (!(error instanceof CompilePauseError)) throw error;
        remark(`waiting ${Math.ceil(error.remaining / 1000)} s before ${name} is compiled: ${error.message}`);
        await this.clock.sleep(error.remaining);
      }
    }
  }

  /**
   * A loaded model: by the daemon's own copy where it has one, else staged and compiled. The caller unloads and disposes it.
   *
   * @throws EngineCallError naming the step, CompilePauseError where the compile service needs a pause
   */
  open(name: string, source: EngineSource, remark: Remark): EngineModel {
    const model = this.framework.createModel(source);
    try {
      if (model.isCompiled()) {
        try {
          model.load(this.quality);
          return model;
        } catch (error) {
          if (!(error instanceof EngineCallError)) throw error;
          remark(`the compiled program of ${name} does not load and is compiled anew: ${error.message}`);
        }
      }
      this.#compile(name, model, source);
      model.load(this.quality);
      return model;
    } catch (error) {
      closeModel(model, this.quality);
      throw error;
    }
  }

  #compile(name: string, model: EngineModel, source: EngineSource): void {
    this.budget.take("the system's cache of compiled models");
    model.stage();
    try {
      try {
        model.compile(this.quality);
      } catch (error) {
        // Another process that unloads the same model takes its files away: once more, with the files in place.
        if (!(error instanceof EngineCallError) || model.isStaged()) throw error;
        model.stage();
        model.compile(this.quality);
      }
    } catch (error) {
      if (!(error instanceof EngineCallError)) throw error;
      this.budget.failed(error.message);
      throw withAdvice(name, error, source);
    }
    this.budget.succeeded();
  }
}

/** Unloads and gives up a model; the failure of one step does not keep back the next. Returns the first failure. */
export function closeModel(model: EngineModel, quality: QualityOfService): unknown {
  try {
    model.unload(quality);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    model.dispose();
  }
}

function withAdvice(name: string, error: EngineCallError, { kind, description }: EngineSource): unknown {
  if (kind !== "mil") return error;
  const weights = new TextDecoder().decode(description).match(/\bBLOBFILE\s*\(/g)?.length ?? 0;
  if (weights <= weightsOnAllChips) return error;
  return new DiagnosticError(error.message, {
    notes: [
      {
        message:
          `${name} reads ${weights} weights from files: on this route some chips (M4, M4 Max, M5 Max) take ${weightsOnAllChips} per program. ` +
          "The driver e5rt has no such limit",
      },
    ],
  });
}

/** @throws DiagnosticError where a program has more ports than a request can name */
export function checkPortCount(name: string, inputs: number, outputs: number): void {
  for (const [kind, count] of [
    ["inputs", inputs],
    ["outputs", outputs],
  ] as const) {
    if (count < 1 || count > mostPorts)
      throw new DiagnosticError(`${name} has ${count} ${kind}: a request to the engine takes 1 to ${mostPorts}`);
  }
}
