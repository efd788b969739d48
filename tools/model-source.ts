/** What `run` and `compile` work on: the model that the command line names, after the user's own passes where some are asked for. */
import { basename, extname } from "node:path";
import { levelOf, propertiesOf } from "../compiler/levels.ts";
import { allPasses, defaultContext } from "../compiler/registry.ts";
import { loadSource, type Source } from "../compiler/source.ts";
import type { Dialect } from "../ir/context.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import type { AnyPass } from "../passes/pass.ts";
import { PassManager } from "../passes/pass-manager.ts";
import { parsePipeline } from "../passes/pipeline.ts";
import { asUsage } from "./failure.ts";
import { loadAllExtensions } from "./load-extensions.ts";

export interface ModelOptions {
  /** Files with dialects and passes of the user's own. */
  readonly load: readonly string[];
  /** Passes that run first, in MLIR's syntax. */
  readonly passPipeline?: string;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

export interface ModelSource {
  readonly name: string;
  readonly source: Source;
  readonly dialects: readonly Dialect[];
  readonly passes: readonly AnyPass[];
}

export async function modelSource(path: string, options: ModelOptions): Promise<ModelSource> {
  const { dialects, passes } = await loadAllExtensions(options.load);
  const name = basename(path, extname(path));
  const { passPipeline } = options;
  if (passPipeline === undefined) return { name, source: path, dialects, passes };
  const context = defaultContext().with(dialects);
  const steps = asUsage(() => parsePipeline(passPipeline, [...allPasses, ...passes]));
  const { module } = loadSource(path, context, { shapes: options.shapes });
  new PassManager(steps, context, {
    properties: () => propertiesOf(levelOf(module)),
    // Errors are thrown as well.
    onDiagnostic: ({ severity, error }) => {
      if (severity !== "error") console.error(error.render(severity));
    },
  }).run(module);
  return { name, source: module, dialects, passes };
}

/** What a message about a program begins with; others are about this machine, or what was asked for. */
const isAboutProgram = /^('[\w.$-]+' op|the module) /;

/** Does work on a model: an error about an operation without a place (models in protobuf have no lines) says which file it is in. */
export async function aboutModel<R>(path: string, work: () => R | Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DiagnosticError) || !isAboutProgram.test(error.message)) throw error;
    if (error.details.file !== undefined || error.details.line !== undefined) throw error;
    throw new DiagnosticError(error.message, { ...error.origin, file: path });
  }
}

/** The same for a warning as tools print it: where it has a place, that comes first. */
export function warningAbout(path: string, text: string): string {
  return text.startsWith("warning: ") ? `${path}: ${text}` : text;
}
