/**
 * The Objective-C route as this process uses it: the framework, on a lane with what is counted per process. The framework keeps
 * what it compiled itself, by the content of the model, so there is no cache of ours here: a model that the daemon knows is
 * loaded without being compiled.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type { AppleNeuralEngine, EngineModel, EngineSource, QualityOfService } from "../../ffi/apple-neural-engine.ts";
import { EngineCallError } from "../../ffi/engine/errors.ts";
import { EngineLane, type LaneOptions, type Remark } from "../ane/lane.ts";
import { CompilePauseError } from "../ane/limits.ts";

export interface ObjcEngineOptions extends LaneOptions {
  readonly framework: AppleNeuralEngine;
  /** How urgent calls are. Default `default` (21), what all known users pass. */
  readonly quality?: QualityOfService;
  /** Tells models where their files are before they are compiled: what one build of macOS may need. Default false. */
  readonly setsModelUrl?: boolean;
}

/** Beyond this many weights in one program some chips refuse it on this route (driver-stack A.5: M4, M4 Max, M5 Max). */
const weightsOnAllChips = 16;

/** `_ANERequest validate` (A.4). */
const mostPorts = 255;

export class ObjcEngine extends EngineLane {
  readonly framework: AppleNeuralEngine;
  readonly quality: QualityOfService;
  readonly #setsModelUrl: boolean;

  constructor(options: ObjcEngineOptions) {
    super(options);
    this.framework = options.framework;
    this.quality = options.quality ?? "default";
    this.#setsModelUrl = options.setsModelUrl ?? false;
  }

  /**
   * This route compiles for the machine's own engine: there is an option that names another (`kANEFTargetArchitectureKey`,
   * driver-stack A.3), but nobody is known to have used it.
   *
   * @throws DiagnosticError where a network is for another engine
   */
  checkTarget(name: string, target: string | undefined, remark: Remark): void {
    if (target === undefined) return;
    const { architecture } = this.framework.deviceInfo();
    if (architecture === "")
      remark(
        `${name} is for the engine ${target}; this machine does not say which engine it has, and compiles for that`,
      );
    else if (architecture !== target.toLowerCase()) {
      throw new DiagnosticError(
        `${name} is to be compiled for ${target}, but the engine of this machine is ${architecture}, and the driver objc compiles for ` +
          `no other: leave out the target, or use --target=${architecture}, or the driver espresso`,
      );
    }
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
   * A loaded model: by the daemon's own copy where it has one, else compiled. The caller unloads and disposes it. Its files are
   * staged in both cases: loading saves what the framework thinks are the files where the daemon has forgotten the model in the
   * meantime (driver-stack A.2), and compiles from them.
   *
   * @throws EngineCallError naming the step, CompilePauseError where the compile service needs a pause
   */
  open(name: string, source: EngineSource, remark: Remark): EngineModel {
    const model = this.framework.createModel(source);
    try {
      model.stage();
      if (this.#setsModelUrl) model.setUrl();
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
