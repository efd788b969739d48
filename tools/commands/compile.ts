/** `anemone compile`: lower a model to a level and write its text (and weights) there. */
import { mkdirSync } from "node:fs";
import { dirname, extname } from "node:path";
import colors from "picocolors";
import { emitEngineProgram, emitLlvmIr, emitOnnx, emitWasm, lowerTo } from "../../compiler/compile.ts";
import { describeCompression } from "../../compiler/compression.ts";
import { type Level, levels } from "../../compiler/levels.ts";
import { modelOf, writeMlpackage } from "../../dialects/mil/protobuf/index.ts";
import { writeIr } from "../../ir/sidecar.ts";
import { emitMil } from "../../lowering/mil-to-text/index.ts";
import { type CompressionFlags, parseCompression } from "../compression.ts";
import { UsageError } from "../failure.ts";
import { parseShapes } from "../inputs.ts";
import { aboutModel, modelSource, warningAbout } from "../model-source.ts";
import { writeWhole } from "../output-files.ts";
import { withProgress } from "../progress.ts";
import { parseTarget } from "../target.ts";
import { milPlaceOf, writeMilFiles } from "../translate/mil-files.ts";

export interface CompileOptions extends CompressionFlags {
  readonly output: string;
  /** What the output's extension says, unless given. */
  readonly emit?: string;
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

/** What an extension says; other names are those of IR text, or of MIL's folder. */
const extensions: { readonly [extension: string]: Emission } = {
  ".mil": "mil",
  ".mlpackage": "mlpackage",
  ".onnx": "onnx",
  ".wasm": "wasm",
  ".ll": "llvm-ir",
};
const isIrText = (emit: Emission) => emit !== "mil" && levels.some((level) => level === emit);

/** What `--emit` names, else what the output's extension says, else the last level. A file never says that it is what it is not. */
function emissionOf({ emit, output }: CompileOptions): Emission {
  const extension = extname(output).toLowerCase();
  const meant = Object.hasOwn(extensions, extension) ? extensions[extension] : undefined;
  const named = emissions.find((each) => each === emit);
  if (emit !== undefined && named === undefined)
    throw new UsageError(`--emit takes ${emissions.join(", ")}, but got '${emit}'`);
  if (extension === ".mlmodel" || (extension === ".mlmodelc" && named !== "mil"))
    throw new UsageError(`a ${extension} is not written: name a .mlpackage or a .mil, but not '${output}'`);
  if (named === undefined) return meant ?? "llvm";
  if (named === "mlpackage" && meant !== named)
    throw new UsageError(`a model package is a folder whose name ends in .mlpackage, but got '${output}'`);
  const isText = extension === ".mlir" || extension === ".ir";
  if ((meant !== undefined && meant !== named) || (isText && !isIrText(named)))
    throw new UsageError(
      `--emit ${named} and the output '${output}' do not go together: leave --emit out, or name ${places(named)}`,
    );
  return named;
}

function places(emit: Emission): string {
  if (emit === "mil") return "a folder or a .mil file";
  return `a ${isIrText(emit) ? ".mlir" : Object.keys(extensions).find((each) => extensions[each] === emit)} file`;
}

export async function compileCommand(model: string, options: CompileOptions): Promise<void> {
  const emit = emissionOf(options);
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
  const { source, dialects, passes } = await modelSource(model, { ...options, shapes });
  const warnings: string[] = [];
  const lowered = await aboutModel(model, () =>
    withProgress("compiling", (progress) =>
      lowerTo(source, level, {
        route: engine ? "ane" : "cpu",
        target,
        shapes,
        dialects,
        passes,
        onProgress: progress,
        onWarning: (text) => warnings.push(warningAbout(model, text)),
        portable: emit === "wasm",
        ...(compress === undefined ? {} : { compress }),
      }),
    ),
  );
  for (const text of warnings) console.error(colors.dim(text));
  if (lowered.compression !== undefined) console.error(colors.dim(describeCompression(lowered.compression)));
  if (emit === "mil") {
    const place = milPlaceOf(options.output);
    const { text, blobs } = emitMil(lowered.module, { weightsPath: place.weightsPath });
    writeMilFiles(place, text, blobs.isEmpty ? undefined : blobs);
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
