/**
 * Reproducers: when a pass crashes or refuses, or leaves invalid IR behind, a file with the IR from before and the pipeline
 * is written, in the form that `anemone opt --run-reproducer FILE` and mlir-opt read. The IR is in the generic form, which
 * every tool with its dialects reads.
 */
import { writeFileSync } from "node:fs";
import type { Context } from "../../ir/context.ts";
import type { Operation } from "../../ir/operation.ts";
import { externalResources } from "../../ir/parser/external-resources.ts";
import { print } from "../../ir/printer/print.ts";
import { quoted } from "../../ir/quoted.ts";
import { blobsOf, sidecarPath, writeSidecar } from "../../ir/sidecar.ts";
import type { Instrumentation, PassExecution, PipelineExecution } from "../manager/instrumentation.ts";
import type { PassInstance, PipelineStep } from "../pass.ts";
import { printPipeline } from "../pipeline.ts";
import { describeOperation } from "./print-anyway.ts";

/** More weights than this go into a sidecar file beside the reproducer. */
const mostInlineBytes = 1 << 20;

export interface ReproducerOptions {
  /** The file to write. */
  readonly path: string;
  /** Only the pass that failed, with the IR just before it. Costs a copy of the IR before each pass. */
  readonly local?: boolean;
  readonly verifyEach?: boolean;
  /** Told what was written. */
  readonly report?: (message: string) => void;
}

export class CrashReproducer implements Instrumentation {
  readonly #options: ReproducerOptions;
  #steps: readonly PipelineStep[] = [];
  /** The IR before the pipeline, or before the current pass. */
  #snapshot: Operation | undefined;

  constructor(options: ReproducerOptions) {
    this.#options = options;
  }

  beforePipeline({ nested, steps, root }: PipelineExecution): void {
    if (nested !== undefined) return;
    this.#steps = steps;
    if (this.#options.local !== true) this.#snapshot = root.clone();
  }

  beforePass(_pass: PassInstance, _operation: Operation, { root }: PassExecution): void {
    if (this.#options.local === true) this.#snapshot = root.clone();
  }

  afterFailure(pass: PassInstance, operation: Operation, _error: unknown, execution: PassExecution): void {
    const snapshot = this.#snapshot;
    if (snapshot === undefined) return;
    const { path, local = false, verifyEach = true, report } = this.#options;
    const steps = local ? [wrapped(pass, execution)] : this.#steps;
    writeReproducer(path, snapshot, steps, verifyEach);
    report?.(
      `the pipeline failed in '${pass.definition.name}' on ${describeOperation(operation)}: a reproducer was written to ${path}; run it with: anemone opt --run-reproducer ${path}`,
    );
  }

  afterPipeline({ nested }: PipelineExecution): void {
    if (nested === undefined) this.#snapshot = undefined;
  }
}

/** The pass inside the nested pipelines around it. */
function wrapped(pass: PassInstance, { around }: PassExecution): PipelineStep {
  return around.reduceRight<PipelineStep>((step, { anchor }) => ({ kind: "nested", anchor, steps: [step] }), pass);
}

/** Writes an operation with the pipeline to run on it. */
export function writeReproducer(
  path: string,
  operation: Operation,
  steps: readonly PipelineStep[],
  verifyEach = true,
): void {
  const blobs = [...blobsOf(operation)];
  const inlineResources = blobs.reduce((sum, { bytes }) => sum + bytes.length, 0) <= mostInlineBytes;
  if (!inlineResources) writeFileSync(sidecarPath(path), writeSidecar(blobs));
  const section = reproducerSection(printPipeline(steps, operation.name), verifyEach);
  writeFileSync(path, print(operation, { generic: true, inlineResources }) + section);
}

function reproducerSection(pipeline: string, verifyEach: boolean): string {
  return `
{-#
  external_resources: {
    mlir_reproducer: {
      pipeline: ${quoted(pipeline)},
      disable_threading: true,
      verify_each: ${verifyEach}
    }
  }
#-}
`;
}

export interface Reproducer {
  readonly pipeline: string;
  readonly verifyEach: boolean;
}

/** The pipeline that a reproducer's text asks for; undefined where it is an ordinary text. */
export function readReproducer(text: string, context: Context): Reproducer | undefined {
  const found = externalResources(text, "mlir_reproducer", context);
  const pipeline = found.get("pipeline");
  return pipeline === undefined ? undefined : { pipeline, verifyEach: found.get("verify_each") !== "false" };
}
