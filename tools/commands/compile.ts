/** `anemone compile`: lower a model to a level and write its text (and weights) there. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import colors from "picocolors";
import { emitEngineProgram, emitLlvmIr, emitOnnx, emitWasm, lowerTo } from "../../compiler/compile.ts";
import { describeCompression } from "../../compiler/compression.ts";
import { type Level, levels } from "../../compiler/levels.ts";
import { modelOf, writeMlpackage } from "../../dialects/mil/protobuf/index.ts";
import { writeIr } from "../../ir/sidecar.ts";
import { type CompressionFlags, parseCompression } from "../compression.ts";
import { UsageError } from "../failure.ts";
import { parseShapes } from "../inputs.ts";
import { modelSource } from "../model-source.ts";
import { writeFolder, writeWhole } from "../output-files.ts";
import { withProgress } from "../progress.ts";
import { parseTarget } from "../target.ts";

export interface CompileOptions extends CompressionFlags {
  readonly output: string;
  readonly emit: string;
  readonly target: string;
  readonly device?: string;
  readonly shape: readonly string[];
  readonly load: readonly string[];
  readonly passPipeline?: string;
  readonly generic?: boolean;
}

const emissions = [...levels, "llvm-ir", "wasm", "onnx", "mlpackage"] as const;
type Emission = (typeof emissions)[number];

/** The level that a form other than IR text is written from. */
const written: { readonly [E in Emission]?: Level } = {
  "llvm-ir": "llvm",
  wasm: "loops",
  onnx: "tensor",
  mlpackage: "mil",
};
/** What is made for the engine whatever the device. */
const engineEmissions: ReadonlySet<Emission> = new Set(["ane", "mil", "mlpackage"]);
const levelFor = (emit: Emission): Level => levels.find((level) => level === emit) ?? written[emit] ?? "tensor";

export async function compileCommand(model: string, options: CompileOptions): Promise<void> {
  const emit = emissions.find((level) => level === options.emit);
  if (emit === undefined) throw new UsageError(`--emit takes ${emissions.join(", ")}, but got '${options.emit}'`);
  const target = parseTarget(options.target);
  const shapes = parseShapes(options.shape);
  const engine = engineEmissions.has(emit) || (emit === "fused" && options.device === "ane");
  if (options.device !== undefined && options.device !== "cpu" && options.device !== "ane") {
    throw new UsageError(`--device takes cpu or ane here, but got '${options.device}'`);
  }
  const level = levelFor(emit);
  const compress = parseCompression(options);
  if (compress !== undefined && !engineEmissions.has(emit))
    throw new UsageError(
      `--compress is for the engine's weights: it goes with --emit ane, mil or mlpackage, not ${emit}`,
    );
  if (emit === "mlpackage" && !/\.mlpackage\/?$/.test(options.output))
    throw new UsageError(`a model package is a folder whose name ends in .mlpackage, but got '${options.output}'`);
  const { source, dialects, passes } = await modelSource(model, { ...options, shapes });
  const warnings: string[] = [];
  const lowered = await withProgress("compiling", (progress) =>
    lowerTo(source, level, {
      route: engine ? "ane" : "cpu",
      target,
      shapes,
      dialects,
      passes,
      onProgress: progress,
      onWarning: (text) => warnings.push(text),
      portable: emit === "wasm",
      ...(compress === undefined ? {} : { compress }),
    }),
  );
  for (const text of warnings) console.error(colors.dim(text));
  if (lowered.compression !== undefined) console.error(colors.dim(describeCompression(lowered.compression)));
  if (emit === "mil") {
    const { text, blobs } = emitEngineProgram(lowered.module);
    writeFolder(options.output, { "model.mil": text, "weights/weight.bin": blobs });
  } else if (emit === "mlpackage") {
    const { document, blobs } = emitEngineProgram(lowered.module);
    mkdirSync(dirname(options.output), { recursive: true });
    writeMlpackage(options.output, modelOf(document), blobs.count === 0 ? undefined : blobs);
  } else if (emit === "llvm-ir") writeWhole(options.output, emitLlvmIr(lowered.module));
  else if (emit === "onnx") writeWhole(options.output, emitOnnx(lowered.module));
  else if (emit === "wasm") writeWhole(options.output, await emitWasm(lowered.module));
  else {
    mkdirSync(dirname(options.output), { recursive: true });
    writeIr(options.output, lowered.module, { generic: options.generic ?? false });
  }
  console.error(colors.dim(`wrote ${emit} to ${options.output}`));
}
