/**
 * From tasks of tensor ops to programs of the engine. Every op becomes tasks by a rule, under the limits of the target; elementwise
 * ops go into the epilogue slots of the task before them as long as these take them in their order. What cannot run is an
 * error with the op, its origin and the reason; nothing goes to the host unless `allow-host` says so.
 */
import { defaultTarget, targetNames, targetOf } from "../../dialects/ane/index.ts";
import { type FunctionOperation, functionsOf } from "../../dialects/func/index.ts";
import type { Context } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Operation } from "../../ir/operation.ts";
import { pass } from "../../passes/pass.ts";
import { assignStages, type EngineFinding } from "./assign-stages.ts";
import { buildPrograms } from "./build-programs.ts";
import { Session } from "./session.ts";

export type { EngineFinding } from "./assign-stages.ts";
export type { EngineValue } from "./draft.ts";
export { EngineRefusal, LowerToEngine, type Rule, refuse, type Session } from "./session.ts";

/** Whether a function computes anything on tensors. */
function isNetwork(func: FunctionOperation): boolean {
  return (func.body.entry?.operations ?? []).some(
    ({ name }) => name.startsWith("tensor.") || name.startsWith("fused."),
  );
}

/** Everything in a module that the target cannot run, with the reasons; the module stays as it is. */
export function engineFindings(module: Operation, targetName: string, context: Context): readonly EngineFinding[] {
  const target = targetOf(targetName);
  return [...functionsOf(module).values()]
    .filter(isNetwork)
    .flatMap((func) => assignStages(func, new Session({ target, context })).findings);
}

function failure(findings: readonly EngineFinding[], target: string): DiagnosticError {
  const [first, ...others] = findings.map(({ operation, reason }) =>
    operation.error(`cannot run on the engine (target ${target}): ${reason}`),
  );
  const notes = others.map((error) => ({ message: error.message, ...placeOfError(error) }));
  notes.push({
    message:
      "--device=cpu runs all of it on the CPU; the pass fused-to-ane keeps such operations on the host with allow-host=true, with several programs around them",
  });
  return new DiagnosticError(first!.message, { ...first!.origin, notes });
}

/** Where a diagnostic points to. */
function placeOfError({ details: { file, line, column } }: DiagnosticError) {
  return {
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}
export const fusedToAne = pass("fused-to-ane", {
  doc: "Turns tasks of tensor ops into programs of the Neural Engine, or says why one cannot run on the target.",
  options: {
    target: { doc: "the engine to compile for", default: defaultTarget, choices: targetNames },
    "allow-host": {
      doc: "keep operations that the engine cannot run as host code between several programs",
      default: false,
    },
    "native-attention": {
      doc: "run attention without a mask as one task, where the engine has it and lengths allow",
      default: false,
    },
  },
  exactness: "computes in f16 by the engine's rules",
  anchor: "builtin.module",
  subject: {
    operations: ["tensor.*", "fused.*"],
    otherwise: "programs are made of tensor ops, not of what they were lowered to",
  },
  run: (module, { context, missed }, options) => {
    const target = targetOf(options.target);
    let changed = false;
    for (const func of functionsOf(module).values()) {
      if (!isNetwork(func)) continue;
      const session = new Session({ target, context, remark: missed, nativeAttention: options["native-attention"] });
      const stages = assignStages(func, session);
      if (stages.findings.length > 0 && !options["allow-host"]) throw failure(stages.findings, target.name);
      for (const { operation, reason } of stages.findings) missed(operation, `stays on the host: ${reason}`);
      const programs = buildPrograms(func, session, stages, target.name);
      for (const program of programs) module.regions[0]!.onlyBlock.append(program);
      // Operations that nothing uses go without leaving a program.
      changed ||= programs.length > 0 || stages.engine.length > 0;
    }
    return changed;
  },
});
