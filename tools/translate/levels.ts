/** Modules on their way between formats: read, lowered to MIL where they are not there yet, raised to tensors for ONNX. */
import colors from "picocolors";
import { emitOnnx, lowerTo } from "../../compiler/compile.ts";
import { type Level, levelOf } from "../../compiler/levels.ts";
import { allPasses, defaultContext } from "../../compiler/registry.ts";
import { loadSource } from "../../compiler/source.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Operation } from "../../ir/operation.ts";
import { type EmitOptions, type EmittedMil, emitMil } from "../../lowering/mil-to-text/index.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { parsePipeline } from "../../passes/pipeline.ts";
import { aboutModel, warningAbout } from "../model-source.ts";
import type { TranslateSettings } from "./program.ts";

/** The module of an ONNX model or of IR text. */
export function loadModule(path: string, { shapes }: TranslateSettings): Operation {
  return loadSource(path, defaultContext(), { shapes }).module;
}

/** The engine's program of a module, which is lowered for it unless it holds one. */
export async function emittedMil(
  module: Operation,
  path: string,
  { target, shapes, ...options }: TranslateSettings & EmitOptions,
): Promise<EmittedMil> {
  requireLevel(module, ["tensor", "fused", "ane", "mil"], "MIL", path);
  if (isMil(module)) return emitMil(module, options);
  const onWarning = (text: string) => console.error(colors.dim(warningAbout(path, text)));
  return aboutModel(path, () =>
    emitMil(lowerTo(module, "mil", { route: "ane", target, shapes, onWarning }).module, options),
  );
}

export function isMil(module: Operation): boolean {
  return levelOf(module) === "mil";
}

/** The bytes of an ONNX model of a module, whose MIL program, if it holds one, becomes tensors before. */
export function onnxOf(module: Operation, path: string): Uint8Array {
  requireLevel(module, ["tensor", "mil"], "ONNX", path);
  if (!isMil(module)) return emitOnnx(module);
  const raised = module.clone();
  new PassManager(parsePipeline("mil-to-tensor", allPasses), defaultContext()).run(raised);
  return emitOnnx(raised);
}

function requireLevel(module: Operation, wanted: readonly Level[], format: string, file: string): void {
  const level = levelOf(module);
  if (wanted.includes(level)) return;
  throw new DiagnosticError(
    `the program stands at the level '${level}', from which there is no way back: ${format} is written from the levels ${wanted.join(", ")}; every level can be written with --to mlir`,
    { file },
  );
}
