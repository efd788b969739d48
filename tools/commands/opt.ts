/** `anemone opt`: read IR text, run a pipeline, print IR text. Under MLIR's flags, as far as they mean something here. */
import { writeFileSync } from "node:fs";
import { extname } from "node:path";
import { allDialects } from "../../compiler/all-dialects.ts";
import { levelOf, propertiesOf } from "../../compiler/levels.ts";
import { modelExtensions } from "../../frontends/mil/model-path.ts";
import type { Blob } from "../../ir/blob.ts";
import { Context } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { blobsOf, writeIrText } from "../../ir/sidecar.ts";
import { verifyAll } from "../../ir/verifier.ts";
import { genericPasses } from "../../passes/index.ts";
import { readReproducer, writeReproducer } from "../../passes/instrumentation/crash-reproducer.ts";
import { printAnyway } from "../../passes/instrumentation/print-anyway.ts";
import type { AnyPass, PipelineStep } from "../../passes/pass.ts";
import { PassManager, VerificationError } from "../../passes/pass-manager.ts";
import type { Severity } from "../../passes/pass-types.ts";
import { parsePipeline, printPipeline } from "../../passes/pipeline.ts";
import { asUsage, reportFailure, UsageError } from "../failure.ts";
import { loadAllExtensions } from "../load-extensions.ts";
import { describePass } from "../opt/describe-pass.ts";
import { ExpectedDiagnostics } from "../opt/expected-diagnostics.ts";
import type { OptOptions } from "../opt/flags.ts";
import { type Input, readInput, splitText } from "../opt/input.ts";
import { Reports } from "../opt/reports.ts";
import { verifyRoundTrip } from "../opt/round-trip.ts";
import { type Arguments, flagValue, isPassFlag, printOptions, readArguments } from "../opt/settings.ts";
import { writeOut } from "../standard-output.ts";

export type { OptOptions } from "../opt/flags.ts";

const defaultMarker = "// -----";

/** `args`: what the command line has beside the flags: a file, and passes as flags. */
export async function optCommand(args: readonly string[], options: OptOptions): Promise<void> {
  requireTextOutput(options.output);
  if (options.emitBytecode) throw new UsageError("--emit-bytecode: IR is written as text only; leave the flag out");
  const loaded = await loadAllExtensions([...options.load, ...options.irdlFile]);
  const ours = await passesFor(args, options);
  const passes = [...ours, ...loaded.passes];
  const dialects = [...allDialects, ...loaded.dialects];
  const context = new Context(dialects, { allowUnregistered: options.allowUnregisteredDialect ?? false });
  if (options.showPasses) {
    for (const each of passes) console.log(describePass(each));
    return;
  }
  if (options.showDialects) {
    console.log(`Available Dialects: ${[...context.dialects.keys()].sort().join(",")}`);
    return;
  }
  await new OptRun(readArguments(args, passes), options, passes, context).run();
}

/** Files of other formats are not what this command writes. */
function requireTextOutput(output: string | undefined): void {
  if (output === undefined) return;
  const extension = extname(output).toLowerCase();
  if ([".onnx", ...modelExtensions].includes(extension))
    throw new UsageError(
      `opt writes IR text, but got -o '${output}': name a .mlir; \`anemone translate\` writes other formats`,
    );
}

/**
 * The passes that may be named: the generic ones where no other can be, else all, with those of the lowerings. Loading these
 * takes longer than all else that is done to a small input.
 */
async function passesFor(args: readonly string[], options: OptOptions): Promise<readonly AnyPass[]> {
  const { passPipeline, runReproducer, showPasses, load, mlirPrintIrBefore, mlirPrintIrAfter } = options;
  const namesMore = [passPipeline, runReproducer, showPasses, mlirPrintIrBefore, mlirPrintIrAfter];
  const isGeneric = (argument: string) =>
    argument === "-" || !argument.startsWith("-") || isPassFlag(argument, genericPasses);
  if (load.length === 0 && namesMore.every((each) => each === undefined) && args.every(isGeneric)) return genericPasses;
  return (await import("../../compiler/registry.ts")).allPasses;
}

/** The text breaks rules of the IR. */
class InvalidInput extends Error {
  readonly all: readonly DiagnosticError[];

  constructor(all: readonly DiagnosticError[]) {
    super("invalid IR");
    this.all = all;
  }
}

/** What a text became. */
interface Output {
  readonly text: string;
  readonly blobs: readonly Blob[];
  /** Resources that were too long to print. */
  readonly elided: number;
}

class OptRun {
  readonly #arguments: Arguments;
  readonly #options: OptOptions;
  readonly #passes: readonly AnyPass[];
  readonly #context: Context;
  readonly #reports: Reports;
  readonly #history: unknown[] = [];
  /** Where diagnostics go while `--verify-diagnostics` looks at a part. */
  #expected: ExpectedDiagnostics | undefined;

  constructor(given: Arguments, options: OptOptions, passes: readonly AnyPass[], context: Context) {
    this.#arguments = given;
    this.#options = options;
    this.#passes = passes;
    this.#context = context;
    this.#reports = new Reports(options, passes, (severity, error) => this.#emit(severity, error));
  }

  async run(): Promise<void> {
    const { passPipeline, runReproducer = false } = this.#options;
    const { file, steps, splitMarker } = this.#arguments;
    if (steps.length > 0 && passPipeline !== undefined) {
      throw new UsageError("--pass-pipeline and passes as flags exclude each other: put all into the pipeline");
    }
    if (runReproducer && (steps.length > 0 || passPipeline !== undefined)) {
      throw new UsageError("--run-reproducer runs the pipeline in the file: leave the passes out");
    }
    // Before the text is read: a wrong pipeline is said at once.
    if (passPipeline !== undefined) asUsage(() => parsePipeline(passPipeline, this.#passes));
    const input = await readInput(file);
    const isSplit = this.#options.splitInputFile === true || splitMarker !== undefined;
    const parts = isSplit ? splitText(input.text, splitMarker ?? defaultMarker) : [input.text];
    const outputs: Output[] = [];
    let failed = false;
    for (const part of parts) {
      const output = this.#part({ ...input, text: part });
      if (output === undefined) failed = true;
      else outputs.push(output);
    }
    await this.#reports.finish();
    if (this.#options.history !== undefined) writeFileSync(this.#options.history, this.#historyText(isSplit));
    if (failed) process.exitCode = 1;
    // A failure leaves no output behind, unless other parts have one.
    if (!failed || (isSplit && outputs.length > 0)) await this.#write(outputs);
  }

  /** Runs one text to its end; undefined where it failed, which has been reported. */
  #part(input: Input): Output | undefined {
    if (this.#options.verifyDiagnostics !== true) return this.#guarded(() => this.#process(input));
    const expected = new ExpectedDiagnostics(input.text, input.file);
    this.#expected = expected;
    const output = this.#guarded(() => this.#process(input));
    this.#expected = undefined;
    const problems = expected.finish();
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) return undefined;
    return output ?? { text: "", blobs: [], elided: 0 };
  }

  #guarded(step: () => Output): Output | undefined {
    try {
      return step();
    } catch (error) {
      if (error instanceof UsageError) throw error;
      if (error instanceof InvalidInput) {
        for (const each of error.all) this.#emit("error", each);
      } else if (error instanceof VerificationError) {
        for (const each of [error, ...error.all.slice(1)]) this.#emit("error", each);
      } else if (error instanceof DiagnosticError) this.#emit("error", error);
      else if (this.#expected === undefined) {
        reportFailure(error);
        if (this.#reports.failure !== undefined) console.error(`note: ${this.#reports.failure}`);
      } else this.#emit("error", new DiagnosticError(String(error)));
      return undefined;
    }
  }

  #emit(severity: Severity, error: DiagnosticError): void {
    if (this.#expected !== undefined) this.#expected.emit(severity, error);
    else if (severity === "error") reportFailure(error);
    else console.error(error.render(severity));
  }

  #process({ file, text, blobs }: Input): Output {
    const { implicitModule, verifyRoundtrip = false } = this.#options;
    const context = this.#context;
    const module = this.#reports.measure("Parser", () => parse(text, context, { file, blobs, implicitModule }));
    this.#reports.measure("Verifier", () => {
      const errors = verifyAll(module, context);
      if (errors.length > 0) throw new InvalidInput(errors);
    });
    if (verifyRoundtrip) this.#reports.measure("Round trip", () => verifyRoundTrip(module, context, file));
    this.#runPasses(module, text);
    return this.#reports.measure("Output", () => this.#print(module));
  }

  #runPasses(module: Operation, text: string): void {
    const { dumpPassPipeline = false, history, mlirGenerateReproducer } = this.#options;
    const { steps, verifyEach } = this.#pipelineFor(module, text);
    if (dumpPassPipeline) {
      const count = `${steps.length} pass${steps.length === 1 ? "" : "es"}`;
      console.error(`Pass Manager with ${count}:\n${printPipeline(steps, module.name)}\n`);
    }
    if (mlirGenerateReproducer !== undefined) writeReproducer(mlirGenerateReproducer, module, steps, verifyEach);
    const manager = new PassManager(steps, this.#context, {
      verifyEach,
      instrumentation: this.#reports.instrumentation,
      properties: () => propertiesOf(levelOf(module)),
      // Errors are thrown as well, and reported where they are caught.
      onDiagnostic: ({ severity, error }) => {
        if (severity !== "error") this.#emit(severity, error);
      },
      history: history !== undefined,
    });
    try {
      manager.run(module);
    } finally {
      if (history !== undefined) this.#history.push(manager.history);
    }
  }

  #pipelineFor(
    module: Operation,
    text: string,
  ): { readonly steps: readonly PipelineStep[]; readonly verifyEach: boolean } {
    const { passPipeline, runReproducer = false, verifyEach } = this.#options;
    const verifies = flagValue("--verify-each", verifyEach);
    if (!runReproducer) {
      const steps =
        passPipeline === undefined ? this.#arguments.steps : parsePipeline(passPipeline, this.#passes, module.name);
      return { steps, verifyEach: verifies };
    }
    const reproducer = readReproducer(text, this.#context);
    if (reproducer === undefined) {
      throw new DiagnosticError(
        "is not a reproducer: it has no {-# external_resources: { mlir_reproducer: { pipeline: … } } #-}",
        { file: this.#arguments.file },
      );
    }
    const steps = parsePipeline(reproducer.pipeline, this.#passes, module.name);
    return { steps, verifyEach: verifies && reproducer.verifyEach };
  }

  #print(module: Operation): Output {
    const { elideResourcesLongerThan, inlineResources = true, ...options } = printOptions(this.#options);
    const blobs = [...blobsOf(module)];
    // Without --verify-each it may be invalid by now.
    if (this.#options.output !== undefined) return { text: printAnyway(module, options), blobs, elided: 0 };
    // Two hexadecimal digits a byte, and "0x" with the alignment in front.
    const elided = blobs.filter(({ bytes }) => 2 * bytes.length + 10 > elideResourcesLongerThan).length;
    const resources = blobs.length === 0 ? {} : { inlineResources, elideResourcesLongerThan };
    return { text: printAnyway(module, { ...options, ...resources }), blobs, elided };
  }

  async #write(outputs: readonly Output[]): Promise<void> {
    const { output, outputSplitMarker } = this.#options;
    const text = outputs
      .map((each) => `${each.text.trimEnd()}\n`)
      .join(outputSplitMarker === "" ? "" : `${outputSplitMarker}\n`);
    if (output !== undefined) {
      const blobs = new Map(outputs.flatMap((each) => each.blobs.map((blob) => [blob.key, blob] as const)));
      writeIrText(output, text, [...blobs.values()]);
      return;
    }
    await writeOut(text);
    const elided = outputs.reduce((sum, each) => sum + each.elided, 0);
    if (elided > 0 && this.#options.mlirElideResourceStringsIfLarger === undefined) {
      console.error(
        `note: ${elided} resource${elided === 1 ? " is" : "s are"} too large to print: with -o FILE the bytes are kept in FILE.weights`,
      );
    }
  }

  #historyText(isSplit: boolean): string {
    return `${JSON.stringify(isSplit ? this.#history : (this.#history[0] ?? []), undefined, 1)}\n`;
  }
}
