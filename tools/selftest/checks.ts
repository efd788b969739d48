/**
 * The self-test as a list of checks, each of which opens a program on a subject, runs it, and says how it went. The list is
 * the same in every process for the same target, so that a check can be named by its position.
 */
import type { Source } from "../../compiler/source.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { allocateElements, type ElementName, elementCount, setNumber, type TensorData } from "../../ir/tensor-data.ts";
import { EngineCallError } from "../../runtime/ffi/engine/errors.ts";
import { EspressoError } from "../../runtime/ffi/espresso.ts";
import type { Program } from "../../runtime/program.ts";
import { describeDistance, distanceOf, isNear } from "./compare.ts";
import { latencyCases, type Timing, timeCalls } from "./latency.ts";
import { type NetworkCase, networkCases } from "./networks.ts";
import { type OperatorCase, operatorCases } from "./operators.ts";
import { type ProbeCase, probeCases, publishedAs } from "./probes.ts";
import { rowErrorCases } from "./row-errors.ts";
import { openReference, type Subject } from "./subjects.ts";
import { normal } from "./values.ts";

export const checkGroups = ["operators", "probes", "networks", "latency"] as const;
export type CheckGroup = (typeof checkGroups)[number];

/**
 * - `passed`: as expected, or measured
 * - `different`: it ran, and the result is not what it should be
 * - `failed`: the engine or its driver gave an error, crashed or hung
 * - `refused`: Anemone's own rules do not give this program to this engine
 * - `skipped`: not run, since the time was up
 */
export const checkStatuses = ["passed", "different", "failed", "refused", "skipped"] as const;
export type CheckStatus = (typeof checkStatuses)[number];

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface CheckOutcome {
  readonly status: CheckStatus;
  /** A sentence. */
  readonly summary: string;
  /** Numbers for whoever looks closer. */
  readonly details: { readonly [key: string]: Json };
}

export interface Check {
  readonly group: CheckGroup;
  readonly name: string;
  run(subject: Subject): Promise<CheckOutcome>;
}

/** A number as JSON can hold it. */
export const jsonNumber = (value: number): Json =>
  Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? "-0" : String(value);

function tensor(shape: readonly number[], element: ElementName, values: ArrayLike<number>): TensorData {
  const made: TensorData = { shape, element, data: allocateElements(element, elementCount(shape)) };
  for (let index = 0; index < values.length; index++) setNumber(made, index, values[index]!);
  return made;
}

/** Random inputs for a program, of its own types. */
function randomInputs(program: Program, seed: number): Record<string, TensorData> {
  return Object.fromEntries(
    program.inputs.map(({ name, type }, position) => [
      name,
      tensor(type.shape, type.element, normal(elementCount(type.shape), seed + position)),
    ]),
  );
}

/** Runs `work` on a program that is disposed behind it. */
async function using<Result>(opening: Promise<Program>, work: (program: Program) => Result): Promise<Result> {
  const program = await opening;
  try {
    return work(program);
  } finally {
    program.dispose();
  }
}

const inOrder = (program: Program, outputs: Readonly<Record<string, TensorData>>) =>
  program.outputs.map(({ name }) => outputs[name]!);

function operatorCheck({ name, inputs, tolerance, module }: OperatorCase): Check {
  return {
    group: "operators",
    name,
    run: async (subject) => {
      const source = module(subject.target);
      const given = Object.fromEntries(
        inputs.map(({ name: input, shape, values }, position) => [
          input,
          tensor(shape, "f16", values(elementCount(shape), position)),
        ]),
      );
      const expected = await using(openReference(source, subject.target), (program) =>
        inOrder(program, program.run(given)),
      );
      const found = await using(subject.open(name, source), (program) => inOrder(program, program.run(given)));
      const distance = distanceOf(found, expected);
      const { elements, different, greatest, relative } = distance;
      return {
        status: isNear(distance, tolerance) ? "passed" : "different",
        summary: describeDistance(distance),
        details: {
          elements,
          different,
          greatest: jsonNumber(greatest),
          relative: jsonNumber(relative),
          tolerance: { ...tolerance },
        },
      };
    },
  };
}

function probeCheck({ name, question, inputs, published, module }: ProbeCase): Check {
  return {
    group: "probes",
    name,
    run: async (subject) => {
      const source = module(subject.target);
      const given = Object.fromEntries(
        inputs.map(({ name: input, shape, values }) => [input, tensor(shape, "f16", values)]),
      );
      const numbers = (program: Program) =>
        inOrder(program, program.run(given)).flatMap(({ data }) => [...data].map(Number));
      const virtual = await using(openReference(source, subject.target), numbers);
      const found = await using(subject.open(name, source), numbers);
      const known = published.find((each) => publishedAs(found, each));
      const isVirtual = found.every((value, index) => value === virtual[index]);
      const verdict =
        known !== undefined
          ? `as published for ${known.where}`
          : isVirtual
            ? "as the virtual engine, but not as published"
            : "neither as published nor as the virtual engine";
      return {
        status: known !== undefined || isVirtual ? "passed" : "different",
        summary: `${question} ${found.join(", ")}: ${verdict}`,
        details: {
          found: found.map(jsonNumber),
          virtual: virtual.map(jsonNumber),
          published: published.map(({ values, where }) => ({ values: values.map(jsonNumber), where })),
        },
      };
    },
  };
}

/** Runs the same inputs often: results of the engine are deterministic to the bit (driver-stack G.5: 200 repeats). */
function determinismCheck(repeats: number): Check {
  return {
    group: "probes",
    name: "determinism",
    run: async (subject) => {
      const [network] = networkCases;
      const source = network!.outputs();
      return using(subject.open("determinism", source), (program) => {
        const given = randomInputs(program, 1);
        const first = inOrder(program, program.run(given));
        let changed = 0;
        for (let run = 0; run < repeats; run++) {
          if (distanceOf(inOrder(program, program.run(given)), first).different > 0) changed++;
        }
        return {
          status: changed === 0 ? "passed" : "different",
          summary: `${changed} of ${repeats} repeated runs gave another result`,
          details: { repeats, changed },
        };
      });
    },
  };
}

function networkCheck({ name, tolerance, toleranceSource, published, outputs }: NetworkCase): Check {
  return {
    group: "networks",
    name,
    run: async (subject) => {
      const source: Source = outputs();
      let given: Record<string, TensorData> = {};
      const expected = await using(openReference(source, subject.target), (program) => {
        given = randomInputs(program, 3);
        return inOrder(program, program.run(given));
      });
      const start = performance.now();
      return using(subject.open(name, source), (program) => {
        const openMilliseconds = performance.now() - start;
        const distance = distanceOf(inOrder(program, program.run(given)), expected);
        const timing = timeCalls(() => program.execute(), 300);
        const limit = { kind: "relative", limit: tolerance, source: toleranceSource } as const;
        return {
          status: isNear(distance, limit) ? "passed" : "different",
          summary: `${describeDistance(distance)}; ${describeTiming(timing, published)}`,
          details: {
            relative: jsonNumber(distance.relative),
            greatest: jsonNumber(distance.greatest),
            tolerance: limit,
            openMilliseconds,
            ...timingDetails(timing, published),
          },
        };
      });
    },
  };
}

type PublishedTime = { readonly microseconds: number; readonly where: string } | undefined;

const timingDetails = ({ calls, least, median }: Timing, published: PublishedTime) => ({
  calls,
  leastMicroseconds: least,
  medianMicroseconds: median,
  published: published === undefined ? null : { ...published },
});

function describeTiming({ least, median }: Timing, published: PublishedTime): string {
  const beside = published === undefined ? "" : `; published ${published.microseconds} µs on ${published.where}`;
  return `${least.toFixed(1)} µs at least, ${median.toFixed(1)} µs in the median${beside}`;
}

function latencyChecks(): Check[] {
  return latencyCases().map(({ name, published, module }) => ({
    group: "latency",
    name,
    run: async (subject) => {
      const start = performance.now();
      return using(subject.open(name, module(subject.target)), (program) => {
        const openMilliseconds = performance.now() - start;
        program.run(randomInputs(program, 5));
        const timing = timeCalls(() => program.execute());
        return {
          status: "passed",
          summary: describeTiming(timing, published),
          details: { openMilliseconds, ...timingDetails(timing, published) },
        };
      });
    },
  }));
}

/** A selection of checks: a group, or the checks of one whose name begins so: `operators`, `operators:activation.` */
export interface Selection {
  readonly group: CheckGroup;
  readonly prefix: string;
}

/** Reads a selection; undefined where there is no such group. */
export function parseSelection(text: string): Selection | undefined {
  const [name = "", ...rest] = text.split(":");
  const group = checkGroups.find((known) => known === name);
  return group === undefined ? undefined : { group, prefix: rest.join(":") };
}

const everything: readonly Selection[] = checkGroups.map((group) => ({ group, prefix: "" }));

/** The checks for a target, group by group. */
export function checksFor(target: string, only: readonly Selection[] = everything): Check[] {
  const made: Record<CheckGroup, () => Check[]> = {
    operators: () => operatorCases(target).map(operatorCheck),
    probes: () => [...probeCases().map(probeCheck), ...rowErrorCases().map(rowErrorCheck), determinismCheck(200)],
    networks: () => networkCases.map(networkCheck),
    latency: latencyChecks,
  };
  return checkGroups.flatMap((group) => {
    const prefixes = only.filter((selection) => selection.group === group).map(({ prefix }) => prefix);
    if (prefixes.length === 0) return [];
    return made[group]().filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
  });
}

function rowErrorCheck({
  name,
  length,
  published,
  inputs,
  module,
  error,
}: ReturnType<typeof rowErrorCases>[number]): Check {
  return {
    group: "probes",
    name,
    run: (subject) =>
      using(subject.open(name, module(subject.target)), (program) => {
        const [output] = inOrder(program, program.run({ x: tensor([inputs.length / length, length], "f16", inputs) }));
        const relative = error([...output!.data].map(Number));
        return {
          status: "passed",
          summary: `sums of ${length} products are off by ${relative.toExponential(2)} of the greatest; published ${published} on M5`,
          details: { length, relative: jsonNumber(relative), published },
        };
      }),
  };
}

/** Runs a check. Nothing that it throws leaves: an error is a result too. */
export async function runCheck(check: Check, subject: Subject): Promise<CheckOutcome> {
  try {
    return await check.run(subject);
  } catch (error) {
    const isEngine = error instanceof EspressoError || error instanceof EngineCallError;
    const message = error instanceof Error ? error.message : String(error);
    const notes = error instanceof DiagnosticError ? (error.details.notes ?? []).map((note) => note.message) : [];
    const stack = error instanceof DiagnosticError || !(error instanceof Error) ? [] : [error.stack ?? ""];
    return {
      status: error instanceof DiagnosticError && !isEngine ? "refused" : "failed",
      summary: [message, ...notes].join("; "),
      details: stack.length === 0 ? {} : { stack: stack.join("") },
    };
  }
}
