/**
 * The numeric probes: small programs whose results tell how an engine counts. Each has what is published for it (aneforge.md
 * 5.6, driver-stack G.5), the chips that it was measured on, and is compared with the virtual engine's result as well. A
 * result that neither foresees is a difference, and the most useful line of a report.
 */
import * as ane from "../../dialects/ane/index.ts";
import type { Operation } from "../../ir/operation.ts";
import { engineModule, type NamedShape, type ProgramDraft, type Surface } from "./engine-module.ts";

const INF = Number.POSITIVE_INFINITY;

/** A result that somebody measured. */
export interface Published {
  /** One per element of the result. */
  readonly values: readonly number[];
  readonly where: string;
  /** How far each may be off. Default 0. */
  readonly tolerance?: number;
}

export interface ProbeCase {
  readonly name: string;
  /** What it shows, in a sentence. */
  readonly question: string;
  readonly inputs: readonly (NamedShape & { readonly values: readonly number[] })[];
  readonly published: readonly Published[];
  readonly module: (target: string) => Operation;
}

const filled = (count: number, value: number) => Array.from({ length: count }, () => value);
const everywhere = "M1 to M6";

interface ProbeParts {
  readonly question: string;
  readonly shapes: readonly (readonly number[])[];
  readonly values: readonly (readonly number[])[];
  readonly published: readonly Published[];
  readonly build: (draft: ProgramDraft) => Surface;
}

function probe(name: string, { question, shapes, values, published, build }: ProbeParts): ProbeCase {
  const inputs = shapes.map((shape, position) => ({ name: `x${position}`, shape, values: values[position]! }));
  return {
    name,
    question,
    inputs,
    published,
    module: (target) => engineModule(target, inputs, ["y"], (d) => [build(d)]),
  };
}

/** The sum of products of one row with ones. */
function sumProbe(name: string, question: string, row: readonly number[], published: readonly Published[]): ProbeCase {
  return probe(name, {
    question,
    shapes: [[1, row.length]],
    values: [row],
    published,
    build: (draft) =>
      draft.surface(
        draft.builder.build(ane.matmul, {
          lhs: draft.inputs[0]!,
          rhs: draft.constant([row.length, 1], filled(row.length, 1)),
        }),
      ),
  });
}

function activationProbe(
  name: string,
  question: string,
  activation: ane.ActivationName,
  values: readonly number[],
  published: readonly Published[],
): ProbeCase {
  return probe(name, {
    question,
    shapes: [[1, 1, 1, values.length]],
    values: [values],
    published,
    build: ({ builder, inputs, surface }) =>
      surface(
        builder.build(ane.elementwise, {
          inputs: [inputs[0]!],
          kind: "identity",
          post_activation: ane.ActivationAttribute.get(activation),
        }),
      ),
  });
}

function pairProbe(
  name: string,
  question: string,
  kind: ane.ElementwiseKind,
  a: readonly number[],
  b: readonly number[],
  published: readonly Published[],
): ProbeCase {
  const shape = [1, 1, 1, a.length];
  return probe(name, {
    question,
    shapes: [shape, shape],
    values: [a, b],
    published,
    build: ({ builder, inputs, surface }) => surface(builder.build(ane.elementwise, { inputs: [...inputs], kind })),
  });
}

/** `B, -B, 1` sixteen times: how many ones survive shows how wide sums are. */
const cancelling = (size: number) => Array.from({ length: 48 }, (_, index) => [size, -size, 1][index % 3]!);

export function probeCases(): ProbeCase[] {
  return [
    sumProbe(
      "sum.4096_and_ones",
      "How are products of a row summed? Exact is 5120, in fp16 throughout 4096.",
      [4096, ...filled(1024, 1)],
      [{ values: [5116], where: everywhere }],
    ),
    sumProbe("sum.cancel_4090", "16 times (B, -B, 1) with B = 4090: how many ones survive?", cancelling(4090), [
      { values: [16], where: everywhere },
    ]),
    sumProbe("sum.cancel_4096", "The same with B = 4096.", cancelling(4096), [{ values: [4], where: everywhere }]),
    sumProbe("sum.ones", "16000 ones.", filled(16000, 1), [{ values: [16000], where: everywhere }]),
    sumProbe(
      "sum.2049",
      "A sum of 2049: what is it rounded to?",
      [...filled(7, 256), 257],
      [
        { values: [2050], where: "M5" },
        { values: [2048], where: "M1 (half to even)" },
      ],
    ),
    sumProbe(
      "ceiling.below",
      "The largest sum of products below 2^15.",
      [16376, 16376],
      [{ values: [32752], where: everywhere }],
    ),
    sumProbe("ceiling.at", "Sums of products from 2^15 on.", [16384, 16384], [{ values: [INF], where: everywhere }]),
    sumProbe(
      "ceiling.partial",
      "A partial sum beyond 2^15 that comes back.",
      [30000, 30000, -30000],
      [{ values: [INF], where: everywhere }],
    ),
    pairProbe(
      "range.product",
      "Elementwise products reach the end of fp16.",
      "mul",
      [255.875, 256],
      [256, 255.875],
      [{ values: [65504, 65504], where: everywhere }],
    ),
    probe("range.reduce_sum", {
      question: "Sums over an axis reach the end of fp16.",
      shapes: [[1, 1, 2, 2]],
      values: [[32752, 20000, 32752, 20000]],
      published: [{ values: [65504, 40000], where: everywhere }],
      build: ({ builder, inputs, surface }) =>
        surface(builder.build(ane.reduce, { input: inputs[0]!, kind: "sum", axes: [2], keep_dims: true })),
    }),
    pairProbe(
      "nan.in",
      "What becomes of a number that is none?",
      "maximum",
      [Number.NaN, 1],
      [0, 0],
      [{ values: [INF, 1], where: everywhere }],
    ),
    pairProbe("nan.difference", "inf - inf.", "sub", [INF, 1], [INF, 1], [{ values: [0, 0], where: everywhere }]),
    pairProbe("nan.product", "0 · inf.", "mul", [0, 2], [INF, 2], [{ values: [0, 4], where: everywhere }]),
    activationProbe("nan.sqrt", "√-1.", "sqrt", [-1, 4], [{ values: [0, 2], where: everywhere }]),
    activationProbe("nan.rsqrt", "1/√-1.", "rsqrt", [-1, 4], [{ values: [0, 0.5], where: everywhere }]),
    activationProbe("log", "ln -1, ln 0, ln 1.", "log", [-1, 0, 1], [{ values: [0, -45440, 0], where: everywhere }]),
    activationProbe(
      "inverse.minus_zero",
      "1/-0 and 1/2.",
      "inverse",
      [-0, 2],
      [{ values: [INF, 0.5], where: everywhere }],
    ),
    activationProbe(
      "exp.overflow",
      "From where on e^x overflows (11.094 is published).",
      "exp",
      [11.078125, 11.09375],
      [{ values: [Math.f16round(Math.exp(11.078125)), INF], where: everywhere, tolerance: 260 }],
    ),
    activationProbe(
      "gelu.zero",
      "gelu(0): the table's own zero.",
      "gelu",
      [0, 0],
      [
        { values: [-0.000543, -0.000543], where: everywhere, tolerance: 2e-6 },
        { values: [0, 0], where: "an exact table" },
      ],
    ),
    activationProbe(
      "silu.zero",
      "swish(0): the table's own zero.",
      "silu",
      [0, 0],
      [
        { values: [-0.001259, -0.001259], where: everywhere, tolerance: 2e-6 },
        { values: [0, 0], where: "an exact table" },
      ],
    ),
    activationProbe(
      "round.large",
      "Rounding from 1024 on (wrong is published).",
      "round",
      [1.5, -2.5, 1023.5],
      [
        { values: [2, -3, 1024], where: "halves away from 0" },
        { values: [2, -2, 1024], where: "halves to even" },
      ],
    ),
    pairProbe(
      "denormal.elementwise",
      "Denormal results of elementwise operations.",
      "mul",
      [2 ** -14, 1],
      [2 ** -10, 2 ** -24],
      [{ values: [2 ** -24, 2 ** -24], where: everywhere }],
    ),
    sumProbe(
      "denormal.sum",
      "Denormal sums of products.",
      [2 ** -20, 2 ** -20],
      [
        { values: [0], where: "M1 (flushed)" },
        { values: [2 ** -19], where: "M5 (kept)" },
      ],
    ),
    probe("slice.large_values", {
      question: "A slice that does not begin at 0 on the last axis, of values beyond 4094.",
      shapes: [[1, 1, 1, 8]],
      values: [[0, 4000, 4096, 5000, -5000, 1, 2, 3]],
      published: [
        { values: [4000, INF, INF, -INF], where: "M1 and M2 (A13, A14)" },
        { values: [4000, 4096, 5000, -5000], where: "M3 and later" },
      ],
      build: ({ builder, inputs, surface }) =>
        surface(
          builder.build(ane.move, {
            inputs: [...inputs],
            kind: "slice",
            begin: [0, 0, 0, 1],
            shape: [1, 1, 1, 4],
            strides: [1, 1, 1, 1],
          }),
        ),
    }),
  ];
}

/** Whether a result is one that was published. */
export function publishedAs(found: readonly number[], { values, tolerance = 0 }: Published): boolean {
  return (
    found.length === values.length &&
    values.every((value, index) => found[index] === value || Math.abs(found[index]! - value) <= tolerance)
  );
}
