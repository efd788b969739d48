/** `anemone translate`: read a program in one format and write it in another. */
import { mkdirSync } from "node:fs";
import { basename, dirname, extname } from "node:path";
import colors from "picocolors";
import { defaultTarget } from "../../dialects/ane/index.ts";
import { writeMlpackage } from "../../dialects/mil/protobuf/index.ts";
import { printMilText } from "../../dialects/mil/text/printer.ts";
import { isModelPath, modelExtensions } from "../../frontends/mil/open-model.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { print } from "../../ir/printer/print.ts";
import { blobsOf, writeIr } from "../../ir/sidecar.ts";
import { UsageError } from "../failure.ts";
import { parseShapes } from "../inputs.ts";
import { longestPrintedResource } from "../opt/settings.ts";
import { writeWhole } from "../output-files.ts";
import { writeOut } from "../standard-output.ts";
import { parseTarget } from "../target.ts";
import { milPlaceOf, modelWeightsPath, writeMilFiles } from "../translate/mil-files.ts";
import { type ReadProgram, readProgram } from "../translate/program.ts";
import { namesWeights } from "../translate/program-weights.ts";

export interface TranslateOptions {
  readonly to?: string;
  readonly output?: string;
  readonly target?: string;
  readonly shape: readonly string[];
}

interface Format {
  /** Writes to standard output; missing where nobody could read that. */
  readonly print?: (program: ReadProgram) => Promise<void>;
  readonly write: (program: ReadProgram, path: string, input: string) => Promise<void>;
}

const formats = {
  mil: { print: printMil, write: writeMil },
  mlir: { print: printMlir, write: writeMlir },
  mlpackage: { write: writePackage },
  onnx: { write: writeOnnx },
} as const satisfies Record<string, Format>;

type FormatName = keyof typeof formats;

const formatNames = Object.keys(formats).filter((name): name is FormatName => Object.hasOwn(formats, name));
const readable = [".onnx", ".mlir", ".ir", ...modelExtensions];

const note = (message: string) => console.error(colors.dim(message));

export async function translateCommand(input: string, options: TranslateOptions): Promise<void> {
  const name = formatOf(options);
  const format: Format = formats[name];
  const { output } = options;
  if (output === undefined && format.print === undefined)
    throw new UsageError(
      `--to ${name} makes no text: name a place for it, -o ${basename(input, extname(input))}.${name}`,
    );
  const target = options.target === undefined ? defaultTarget : parseTarget(options.target);
  if (!isModelPath(input) && !readable.includes(extensionOf(input)))
    throw new DiagnosticError(`cannot be read: translate takes ${readable.join(", ")}, or a folder with a model.mil`, {
      file: input,
    });
  const shapes = parseShapes(options.shape);
  const program = await readProgram(input, { target, shapes });
  if (options.target !== undefined) await requireLowering(program, name, input);
  if (output === undefined) return format.print?.(program);
  await format.write(program, output, input);
  note(`wrote ${name} to ${output}`);
}

/** A chip counts only where a program is lowered for it. */
async function requireLowering(program: ReadProgram, format: FormatName, input: string): Promise<void> {
  const isMil = format === "mil" || format === "mlpackage";
  if (isMil && (await program.isLoweredToMil())) return;
  const why = isMil ? `${input} holds MIL already` : `${format} is written without it`;
  throw new UsageError(`--target is for programs that are lowered to MIL, but ${why}: leave it out`);
}

const extensionOf = (path: string) => extname(path).toLowerCase();

/** What `--to` names, or the extension of the output. */
function formatOf({ to, output }: TranslateOptions): FormatName {
  const extension = output === undefined ? "" : extensionOf(output).slice(1);
  const meant = formatNames.find((name) => name === extension);
  if (extension === "mlmodel")
    throw new UsageError(`a .mlmodel is not written: name a .mlpackage or a .mil, but not '${output}'`);
  if (to === undefined) {
    if (meant !== undefined) return meant;
    throw new UsageError(`name a format, --to ${formatNames.join("|")}, or an output that ends in one of them`);
  }
  const named = formatNames.find((name) => name === to);
  if (named === undefined) throw new UsageError(`--to takes ${formatNames.join(", ")}, but got '${to}'`);
  if (meant !== undefined && meant !== named)
    throw new UsageError(
      `--to ${named} and the output '${output}' do not go together: leave --to out, or name another file`,
    );
  return named;
}

/** Weights are in a file, whichever form names them. */
async function printMil(program: ReadProgram): Promise<void> {
  const document = program.forText(await program.document());
  await writeOut(printMilText(document));
  if (namesWeights(document)) note("note: weights are not printed: -o FILE.mil writes them too, beside the text");
}

async function writeMil(program: ReadProgram, path: string): Promise<void> {
  const place = milPlaceOf(path);
  const { document, weights } = await program.files(place.weightsPath);
  writeMilFiles(place, printMilText(program.forText(document)), weights);
}

/** Weights that are too large to print stay in a file, as with `anemone opt`. */
async function printMlir(program: ReadProgram): Promise<void> {
  const module = await program.module();
  const elided = [...blobsOf(module)].filter(({ bytes }) => 2 * bytes.length + 10 > longestPrintedResource).length;
  await writeOut(print(module, { inlineResources: true, elideResourcesLongerThan: longestPrintedResource }));
  if (elided === 0) return;
  const resources = `${elided} resource${elided === 1 ? " is" : "s are"}`;
  note(`note: ${resources} too large to print: with -o FILE.mlir the bytes are kept in FILE.mlir.weights`);
}

async function writeMlir(program: ReadProgram, path: string): Promise<void> {
  const module = await program.module();
  mkdirSync(dirname(path), { recursive: true });
  writeIr(path, module);
}

async function writePackage(program: ReadProgram, path: string): Promise<void> {
  const { document, weights } = await program.files(modelWeightsPath);
  mkdirSync(dirname(path), { recursive: true });
  writeMlpackage(path, program.model(document), weights);
}

async function writeOnnx(program: ReadProgram, path: string, input: string): Promise<void> {
  const { onnxOf } = await import("../translate/levels.ts");
  writeWhole(path, onnxOf(await program.sizedModule(), input));
}
