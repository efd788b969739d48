/**
 * The self-test as a list of checks, each of which opens a program on a subject, runs it, and says how it went. The list is
 * the same in every process for the same subject and target, so that a check can be named by its position.
 */
import type { Source } from "../../compiler/source.ts";
import { elementCount, type TensorData } from "../../ir/tensor-data.ts";
import type { Program } from "../../runtime/program.ts";
import {
  type Check,
  type CheckGroup,
  checkGroups,
  distanceDetails,
  inOrder,
  isOverflow,
  jsonNumber,
  randomInputs,
  tensor,
  using,
} from "./check.ts";
import { describeDistance, distanceOf, isNear } from "./compare.ts";
import { driverChecks } from "./driver-checks.ts";
import { latencyCases, type Timing, timeCalls } from "./latency.ts";
import { type NetworkCase, networkCases } from "./networks.ts";
import { type OperatorCase, operatorCases } from "./operators.ts";
import { type ProbeCase, probeCases, publishedAs } from "./probes.ts";
import { rowErrorCases } from "./row-errors.ts";
import { openReference, type SubjectName } from "./subjects.ts";

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
      return {
        status: isNear(distance, tolerance) ? "passed" : "different",
        summary: describeDistance(distance),
        details: distanceDetails(distance, tolerance),
      };
    },
  };
}

const INF = Number.POSITIVE_INFINITY;

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
      const answer = await using(subject.open(name, source), (program) => {
        try {
          return numbers(program);
        } catch (error) {
          if (isOverflow(error)) return error;
          throw error;
        }
      });
      if (isOverflow(answer)) {
        // One more way to say what probes of the range ask for; where nothing overflows it is a result like others.
        const overflows = [virtual, ...published.map(({ values }) => values)].some((row) => row.includes(INF));
        return {
          status: overflows ? "passed" : "different",
          summary: `${question} The run ends in an answer instead of a result: ${answer.message}`,
          details: { overflow: answer.message, virtual: virtual.map(jsonNumber) },
        };
      }
      const found = answer;
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

/** The checks for a target, group by group; for all subjects, unless one is named. */
export function checksFor(target: string, only: readonly Selection[] = everything, subject?: SubjectName): Check[] {
  const isFor = ({ subjects }: Check) => subject === undefined || (subjects?.includes(subject) ?? true);
  const made: Record<CheckGroup, () => Check[]> = {
    driver: driverChecks,
    operators: () => operatorCases(target).map(operatorCheck),
    probes: () => [...probeCases().map(probeCheck), ...rowErrorCases().map(rowErrorCheck), determinismCheck(200)],
    networks: () => networkCases.map(networkCheck),
    latency: latencyChecks,
  };
  return checkGroups.flatMap((group) => {
    const prefixes = only.filter((selection) => selection.group === group).map(({ prefix }) => prefix);
    if (prefixes.length === 0) return [];
    return made[group]().filter((check) => isFor(check) && prefixes.some((prefix) => check.name.startsWith(prefix)));
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
