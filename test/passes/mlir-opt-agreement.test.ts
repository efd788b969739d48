/**
 * The generic passes beside `mlir-opt`'s passes of the same name. On the cases of `test/ir/passes` both must print the same
 * program (names of values aside, and constants tidied); a case where ours does more, or differs on purpose, says why below.
 * On random programs both must compute the same.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { allPasses, defaultContext } from "../../compiler/registry.ts";
import { missingMlirOpt, mlirOpt, mlirOptEach } from "../../dialects/upstream/mlir-opt.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { verify } from "../../ir/verifier.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { parsePipeline } from "../../passes/pipeline.ts";
import { arbitraryControlFlow, type ControlFlowProgram, sampleBuffer } from "../testing/arbitrary-control-flow.ts";
import { interpret, OutOfSteps, showRun } from "../testing/interpret.ts";
import { propertyParameters } from "../testing/property.ts";

/** Our pipeline, and mlir-opt's for the same work. */
const pipelines: { readonly [folder: string]: readonly [ours: string, theirs: string] } = {
  sccp: ["sccp", "sccp"],
  "loop-invariant-code-motion": ["loop-invariant-code-motion{hoist-reads=false}", "loop-invariant-code-motion"],
  mem2reg: ["mem2reg", "mem2reg"],
  inline: ["inline{default-pipeline=}", "inline{default-pipeline=}"],
  "remove-dead-values": ["remove-dead-values", "remove-dead-values"],
  "int-range-optimizations": ["int-range-optimizations", "int-range-optimizations"],
  "control-flow-sink": ["control-flow-sink", "control-flow-sink"],
};

/** Cases in which the outputs differ, and why that is right. */
const differences: { readonly [title: string]: string } = {
  "division by a number that may be zero stays; by a constant that is not, it goes":
    "mlir-opt 19 moves every arith.remsi, although LLVM leaves a remainder by -1 undefined for the least number",
  "a whole conditional goes where all in it may": "mlir-opt 19 does not move scf.if",
  "a whole tensor operation goes, one on buffers stays; a size goes where the dimension is known to exist":
    "mlir-opt 19 moves no linalg operation",
  "volatile accesses, other types and more than one element stay":
    "mlir-opt reads the bits of a slot as another type of the same size",
  "through loops and conditions, which carry the value": "mlir-opt 19 promotes nothing that a nested region uses",
  "through both regions of a while": "mlir-opt 19 promotes nothing that a nested region uses",
  "functions that call each other": "which of two such functions is taken first is free",
  "private functions that nobody calls go": "mlir-opt leaves those that only they called to another run",
  "public functions, and those used otherwise than by calls, keep their signature": "mlir-opt 19 crashes",
  "block arguments, and what branches pass for them": "mlir-opt 19 refuses branches",
  "what the cases of a switch pass for a dead argument goes": "mlir-opt 19 refuses branches",
  "an argument that only goes around a loop between blocks": "mlir-opt 19 refuses branches",
  "results of conditionals and of whiles": "mlir-opt 19 crashes",
};

/** Passes of mlir-opt that random programs cannot be given to. */
const unfit: { readonly [pass: string]: string } = {
  "remove-dead-values": "mlir-opt 19 refuses programs with branches, and crashes on others",
};

const context = defaultContext();

function run(module: Operation, pipeline: string): void {
  new PassManager(parsePipeline(pipeline, allPasses), context).run(module);
  verify(module, context);
}

/** The program as text that does not show names of values, and in which constants are where canonicalize puts them. */
function normalized(module: Operation): string {
  run(module, "canonicalize{region-simplify=disabled},strip-debuginfo");
  module.walk((operation) => {
    sortConstants(operation);
    for (const result of operation.results) result.nameHint = undefined;
    for (const region of operation.regions) {
      for (const block of region.blocks) for (const argument of block.arguments) argument.nameHint = undefined;
    }
  });
  return print(module, { generic: true });
}

/** Puts the constants of each block to its head, in alphabetical order. */
function sortConstants(operation: Operation): void {
  for (const region of operation.regions) {
    for (const block of region.blocks) {
      const constants = block.operations.filter((each) => each.definition?.hasTrait("ConstantLike"));
      const text = (each: Operation) => `${each.attribute("value")} : ${each.results[0]?.type}`;
      for (const each of constants.sort((a, b) => (text(a) < text(b) ? 1 : -1))) {
        if (block.first !== undefined && block.first !== each) each.moveBefore(block.first);
      }
    }
  }
}

interface Case {
  readonly folder: string;
  readonly title: string;
  readonly text: string;
}

function cases(): Case[] {
  const root = join(import.meta.dirname, "..", "ir", "passes");
  return Object.keys(pipelines).flatMap((folder) =>
    readdirSync(join(root, folder)).flatMap((file) =>
      readFileSync(join(root, folder, file), "utf8")
        .split(/^\/\/ -----\n/m)
        .map((text) => ({
          folder,
          title: /^\/\/ CASE: (.*)$/m.exec(text)?.[1] ?? file,
          text: text.slice(0, text.indexOf("// AFTER")),
        })),
    ),
  );
}

const title = missingMlirOpt === undefined ? "beside mlir-opt" : `beside mlir-opt (skipped: ${missingMlirOpt})`;

describe.skipIf(missingMlirOpt !== undefined)(title, () => {
  for (const { folder, title, text } of cases()) {
    const [ours, theirs] = pipelines[folder]!;
    const difference = differences[title];
    test(`${folder}: ${title}${difference === undefined ? "" : ` (differs: ${difference})`}`, () => {
      const module = parse(text, context, { file: "case" });
      run(module, ours);
      const judged = mlirOpt(text, [`--pass-pipeline=builtin.module(${theirs})`], { allowUnregistered: false });
      if (difference !== undefined && (judged.status !== 0 || judged.errors !== "")) return;
      expect(judged.errors).toBe("");
      const other = normalized(parse(judged.output, context, { file: "mlir-opt" }));
      if (difference === undefined) expect(normalized(module)).toBe(other);
      else expect(normalized(module), "the difference is gone: remove it from the list").not.toBe(other);
    });
  }

  describe("random programs", () => {
    let programs: readonly ControlFlowProgram[] = [];
    beforeAll(() => {
      const { numRuns, seed } = propertyParameters<unknown>(60);
      programs = fc.sample(arbitraryControlFlow(), { numRuns: numRuns ?? 60, ...(seed === undefined ? {} : { seed }) });
    });
    for (const [ours, theirs] of Object.values(pipelines)) {
      const reason = unfit[theirs];
      test.skipIf(reason !== undefined)(`${theirs}${reason === undefined ? "" : ` (${reason})`}`, () => {
        const judged = mlirOptEach(
          programs.map(({ text }) => text),
          [`--pass-pipeline=builtin.module(${theirs})`],
        );
        expect(judged.length).toBe(programs.length);
        for (const [position, program] of programs.entries()) {
          const module = parse(program.text, context, { file: "program" });
          run(module, ours);
          const other = parse(judged[position]!, context, { file: "mlir-opt" });
          for (const inputs of program.inputs)
            expect(observe(module, inputs), program.text).toBe(observe(other, inputs));
        }
      });
    }
  });
});

function observe(module: Operation, inputs: readonly bigint[]): string {
  const buffer = sampleBuffer();
  try {
    return showRun(interpret(module, "main", [...inputs, buffer]), [buffer]);
  } catch (error) {
    if (error instanceof OutOfSteps) return "runs too long";
    throw error;
  }
}
