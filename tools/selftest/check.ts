/** What a check of the self-test is, how it may end, and what all checks use to open programs and to fill their inputs. */
import { DiagnosticError, messageOf } from "../../ir/diagnostic-error.ts";
import { allocateElements, type ElementName, elementCount, setNumber, type TensorData } from "../../ir/tensor-data.ts";
import { EngineCallError } from "../../runtime/ffi/engine/errors.ts";
import type { Program } from "../../runtime/program.ts";
import type { Distance } from "./compare.ts";
import type { Tolerance } from "./operators.ts";
import { Refusal, type Subject, type SubjectName } from "./subjects.ts";
import { normal } from "./values.ts";

export const checkGroups = ["driver", "operators", "probes", "networks", "latency"] as const;
export type CheckGroup = (typeof checkGroups)[number];

/**
 * - `passed`: as expected, or measured
 * - `different`: it ran, and the result is not what it should be
 * - `failed`: the engine or its driver gave an error, crashed or hung
 * - `refused`: Anemone's own rules do not give this program to this engine: it did not come to the driver
 * - `skipped`: not run, or not to its end, since the time was up
 */
export const checkStatuses = ["passed", "different", "failed", "refused", "skipped"] as const;
export type CheckStatus = (typeof checkStatuses)[number];

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface CheckOutcome {
  readonly status: CheckStatus;
  /** A sentence. */
  readonly summary: string;
  /** Numbers for whoever looks closer; `remarks` is what the driver told while the check ran. */
  readonly details: { readonly [key: string]: Json };
}

export interface Check {
  readonly group: CheckGroup;
  readonly name: string;
  /** The subjects that it is for. Default: all. */
  readonly subjects?: readonly SubjectName[];
  /** `new`: the first of its worker, so that another process has run what comes before. `own`: alone in its worker. */
  readonly process?: "new" | "own";
  run(subject: Subject): Promise<CheckOutcome>;
}

/** A number as JSON can hold it. */
export const jsonNumber = (value: number): Json =>
  Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? "-0" : String(value);

export function tensor(shape: readonly number[], element: ElementName, values: ArrayLike<number>): TensorData {
  const made: TensorData = { shape, element, data: allocateElements(element, elementCount(shape)) };
  for (let index = 0; index < values.length; index++) setNumber(made, index, values[index]!);
  return made;
}

/** Random inputs for a program, of its own types. */
export function randomInputs(program: Program, seed: number): Record<string, TensorData> {
  return Object.fromEntries(
    program.inputs.map(({ name, type }, position) => [
      name,
      tensor(type.shape, type.element, normal(elementCount(type.shape), seed + position)),
    ]),
  );
}

/** Runs `work` on a program that is disposed behind it. */
export async function using<Result>(opening: Promise<Program>, work: (program: Program) => Result): Promise<Result> {
  const program = await opening;
  try {
    return work(program);
  } finally {
    program.dispose();
  }
}

export const inOrder = (program: Program, outputs: Readonly<Record<string, TensorData>>) =>
  program.outputs.map(({ name }) => outputs[name]!);

/** A distance as the details of a check. */
export const distanceDetails = (
  { elements, different, greatest, relative }: Distance,
  tolerance: Tolerance,
): CheckOutcome["details"] => ({
  elements,
  different,
  greatest: jsonNumber(greatest),
  relative: jsonNumber(relative),
  tolerance: { ...tolerance },
});

/** Whether the engine ran, and answered that results left its range. */
export const isOverflow = (error: unknown): error is EngineCallError =>
  error instanceof EngineCallError && error.isOverflow;

/**
 * Runs a check. Nothing that it throws leaves: an error is a result too. Only what stops a program on its way down to the
 * driver is a refusal; whatever goes wrong from there on is a failure, also where it is our own driver that objects.
 */
export async function runCheck(check: Check, subject: Subject): Promise<CheckOutcome> {
  subject.takeRemarks();
  const outcome = await outcomeOf(check, subject);
  const remarks = subject.takeRemarks();
  return remarks.length === 0 ? outcome : { ...outcome, details: { ...outcome.details, remarks } };
}

async function outcomeOf(check: Check, subject: Subject): Promise<CheckOutcome> {
  try {
    return await check.run(subject);
  } catch (error) {
    if (error instanceof Refusal) return { status: "refused", summary: describe(error.reason), details: {} };
    const stack = error instanceof DiagnosticError || !(error instanceof Error) ? [] : [error.stack ?? ""];
    return {
      status: isOverflow(error) ? "different" : "failed",
      summary: describe(error),
      details: stack.length === 0 ? {} : { stack: stack.join("") },
    };
  }
}

function describe(error: unknown): string {
  const message = messageOf(error);
  const notes = error instanceof DiagnosticError ? (error.details.notes ?? []).map((note) => note.message) : [];
  return [message, ...notes].join("; ");
}
