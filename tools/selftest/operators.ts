/**
 * The fidelity corpus: a program for every task of the engine's dialect and every kind that a task has, made from the
 * dialect's own tables, so that what is added there is tested here or does not compile. Each states how near the engine must
 * come to the virtual engine, and who says so.
 */
import * as ane from "../../dialects/ane/index.ts";
import type { Operation } from "../../ir/operation.ts";
import { reasonAgainstActivation } from "../../lowering/fused-to-ane/legality.ts";
import { engineModule, type NamedShape, type ProgramDraft, type Surface } from "./engine-module.ts";
import { negatives, normal, positives, type Values, wholes } from "./values.ts";

/** How near is near enough. `relative` is of the greatest magnitude in the reference. */
export interface Tolerance {
  readonly kind: "exact" | "absolute" | "relative";
  readonly limit: number;
  /** Who measured it. */
  readonly source: string;
}

export interface OperatorCase {
  /** `activation.gelu` */
  readonly name: string;
  readonly inputs: readonly (NamedShape & { readonly values: Values })[];
  readonly tolerance: Tolerance;
  readonly module: (target: string) => Operation;
}

const exact: Tolerance = { kind: "exact", limit: 0, source: "moves or chooses values" };
/** An operation on f16 that is rounded once: half a unit in the last place, twice where the order of steps is the compiler's. */
const rounded: Tolerance = { kind: "relative", limit: 2 ** -10, source: "one rounding to f16" };
const corpusGate: Tolerance = { kind: "relative", limit: 0.02, source: "ANEForge's corpus gate (aneforge.md 6.8)" };
const table = (limit: number): Tolerance => ({
  kind: "absolute",
  limit,
  source: "greatest error of the 33-knot table (aneforge.md 5.6)",
});
const tableRange: Tolerance = {
  kind: "relative",
  limit: 0.004 + 2 ** -10,
  source: "33-knot tables are within 0.4 % of their range (aneforge.md 5.6)",
};

/** Parameters, operands and nearness per activation. */
const activations: Record<
  ane.ActivationName,
  { readonly parameters?: readonly number[]; readonly values?: Values; readonly tolerance: Tolerance }
> = {
  relu: { tolerance: exact },
  relu6: { tolerance: exact },
  leaky_relu: { parameters: [0.125], tolerance: rounded },
  elu: { parameters: [1], tolerance: tableRange },
  thresholded_relu: { parameters: [0.5], tolerance: exact },
  clip: { parameters: [-1, 2], tolerance: exact },
  sigmoid: { tolerance: table(0.0034 + 2 ** -11) },
  sigmoid_hard: { parameters: [0.25, 0.5], tolerance: rounded },
  tanh: { tolerance: table(0.0017 + 2 ** -11) },
  scaled_tanh: { parameters: [1.5, 0.75], tolerance: table(0.0026 + 2 ** -10) },
  gelu: { tolerance: table(0.0059 + 2 ** -10) },
  gelu_tanh: { tolerance: table(0.0059 + 2 ** -10) },
  silu: { tolerance: tableRange },
  softplus: { tolerance: tableRange },
  softsign: { tolerance: tableRange },
  erf: { tolerance: tableRange },
  exp: { tolerance: tableRange },
  exp2: { tolerance: tableRange },
  log: { values: positives, tolerance: tableRange },
  sqrt: { values: positives, tolerance: tableRange },
  rsqrt: { values: positives, tolerance: tableRange },
  inverse: { values: positives, tolerance: tableRange },
  square: { tolerance: rounded },
  abs: { values: negatives, tolerance: exact },
  sign: { tolerance: exact },
  floor: { tolerance: exact },
  ceil: { tolerance: exact },
  round: { tolerance: exact },
  sin: { tolerance: table(0.12) },
  cos: { tolerance: table(0.12) },
  atan: { tolerance: table(0.12) },
};

const elementwiseTolerance: Record<ane.ElementwiseKind, Tolerance> = {
  identity: exact,
  add: rounded,
  sub: rounded,
  mul: rounded,
  real_div: tableRange,
  maximum: exact,
  minimum: exact,
  pow: tableRange,
  prelu: rounded,
  equal: exact,
  not_equal: exact,
  less: exact,
  less_equal: exact,
  greater: exact,
  greater_equal: exact,
  logical_not: exact,
  select: exact,
};

type Build = (draft: ProgramDraft) => Surface;

interface CaseParts {
  readonly shapes: readonly (readonly number[])[];
  readonly values?: Values;
  readonly tolerance: Tolerance;
  readonly build: Build;
}

/** Names that are not in the order of the arguments: ports must be bound by name. */
const argumentNames = ["q", "k", "a"];

function operatorCase(name: string, { shapes, values = normal, tolerance, build }: CaseParts): OperatorCase {
  const inputs = shapes.map((shape, position) => ({ name: argumentNames[position]!, shape, values }));
  return {
    name,
    inputs,
    tolerance,
    module: (target) => engineModule(target, inputs, ["y"], (draft) => [build(draft)]),
  };
}

const map = [1, 8, 6, 40] as const;

function activationCases(target: string): OperatorCase[] {
  return ane.activationNames.flatMap((name) => {
    const { parameters = [], values = normal, tolerance } = activations[name];
    const activation = ane.ActivationAttribute.get(name, ...parameters);
    if (reasonAgainstActivation(activation, ane.targetOf(target)) !== undefined) return [];
    return operatorCase(`activation.${name}`, {
      shapes: [map],
      values,
      tolerance,
      build: ({ builder, inputs, surface }) =>
        surface(
          builder.build(ane.elementwise, {
            inputs: [...inputs],
            kind: "identity",
            post_activation: activation,
          }),
        ),
    });
  });
}

function elementwiseCases(): OperatorCase[] {
  return ane.elementwiseKinds.map((kind) => {
    const { result }: ane.ElementwiseFacts = ane.elementwiseTable[kind];
    const isTruth = result.toString() === "i1";
    const task = ({ builder, surface }: ProgramDraft, name: ane.ElementwiseKind, inputs: readonly Surface[]) =>
      surface(builder.build(ane.elementwise, { inputs: [...inputs], kind: name }));
    const build: Build = (draft) => {
      const [a, b] = draft.inputs;
      const truth = () => task(draft, "greater", [a!, b!]);
      // Truth values stay inside of a program: one choice between the operands makes them visible.
      const asNumber = (value: Surface) => task(draft, "select", [value, a!, b!]);
      if (kind === "identity") {
        const gain = draft.constant([1], [2.5]);
        const offset = draft.constant([1], [-0.75]);
        return draft.surface(draft.builder.build(ane.elementwise, { inputs: [a!], kind, gain, offset }));
      }
      if (kind === "select") return asNumber(truth());
      // Slopes are part of the program.
      if (kind === "prelu") return task(draft, kind, [a!, draft.constant([8, 1, 1], positives(8, 1))]);
      if (kind === "logical_not") return asNumber(task(draft, kind, [truth()]));
      const made = task(draft, kind, [a!, b!]);
      return isTruth ? asNumber(made) : made;
    };
    const operandCount = kind === "identity" || kind === "prelu" ? 1 : 2;
    const values = kind === "pow" ? positives : kind === "real_div" ? positives : isTruth ? wholes : normal;
    return operatorCase(`elementwise.${kind}`, {
      shapes: Array.from({ length: operandCount }, () => map),
      values,
      tolerance: kind === "identity" ? rounded : elementwiseTolerance[kind],
      build,
    });
  });
}

function reduceCases(): OperatorCase[] {
  const isChoice = new Set<ane.ReduceKind>(["max", "min"]);
  const isTable = new Set<ane.ReduceKind>(["log_sum", "log_sum_exp"]);
  return ane.reduceKinds.flatMap((kind) =>
    [[1], [2, 3]].map((axes) =>
      operatorCase(`reduce.${kind}.${axes.length === 1 ? "channels" : "plane"}`, {
        shapes: [map],
        values: kind === "log_sum" ? positives : normal,
        tolerance: isChoice.has(kind) ? exact : isTable.has(kind) ? tableRange : corpusGate,
        build: ({ builder, inputs, surface }) =>
          surface(builder.build(ane.reduce, { input: inputs[0]!, kind, axes, keep_dims: true })),
      }),
    ),
  );
}

const moveFields: Record<ane.MoveKind, Record<string, readonly number[] | number | string>> = {
  reshape: { shape: [1, 16, 3, 40] },
  transpose: { permutation: [0, 2, 1, 3] },
  concat: { axis: 1 },
  slice: { begin: [0, 1, 1, 0], shape: [1, 4, 2, 40], strides: [1, 1, 2, 1] },
  pad: { low: [0, 0, 1, 2], high: [0, 0, 1, 2], mode: "constant", value: 0 },
  tile: { repeats: [1, 2, 1, 1] },
  reverse: { axes: [3] },
  depth_to_space: { block_size: 2 },
  pixel_shuffle: { block_size: 2 },
  space_to_depth: { block_size: 2 },
};

function moveCases(): OperatorCase[] {
  return ane.moveKinds.map((kind) =>
    operatorCase(`move.${kind}`, {
      shapes: kind === "concat" ? [map, map] : [map],
      tolerance: exact,
      build: ({ builder, inputs, surface }) =>
        surface(builder.build(ane.move, { inputs: [...inputs], kind, ...moveFields[kind] })),
    }),
  );
}

/** Weights between -1 and 1, divided by √fan so that sums stay of the size of the operands. */
function weights(draft: ProgramDraft, shape: readonly number[], fan: number): Surface {
  const scale = 1 / Math.sqrt(fan);
  return draft.constant(
    shape,
    normal(
      shape.reduce((product, size) => product * size, 1),
      7,
    ).map((value) => value * scale),
  );
}

function convCases(): OperatorCase[] {
  const conv = (name: string, weight: readonly number[], fields: object): OperatorCase =>
    operatorCase(`conv.${name}`, {
      shapes: [[1, 16, 12, 12]],
      tolerance: corpusGate,
      build: (draft) => {
        const [, perGroup = 1, height = 1, width = 1] = weight;
        const task = { input: draft.inputs[0]!, weight: weights(draft, weight, perGroup * height * width), ...fields };
        return draft.surface(draft.builder.build(ane.conv, task));
      },
    });
  const same = { padding: [1, 1, 1, 1] };
  return [
    conv("1x1", [32, 16, 1, 1], {}),
    conv("3x3", [32, 16, 3, 3], same),
    conv("3x3.relu", [32, 16, 3, 3], { ...same, post_activation: ane.ActivationAttribute.get("relu") }),
    conv("3x3.stride", [32, 16, 3, 3], { ...same, strides: [2, 2] }),
    conv("3x3.dilation", [32, 16, 3, 3], { padding: [2, 2, 2, 2], dilations: [2, 2] }),
    conv("5x5", [16, 16, 5, 5], { padding: [2, 2, 2, 2] }),
    conv("groups", [32, 4, 3, 3], { ...same, groups: 4 }),
    conv("depthwise", [16, 1, 3, 3], { ...same, groups: 16 }),
    conv("transposed", [16, 8, 2, 2], { transposed: true, strides: [2, 2] }),
    operatorCase("conv.bias", {
      shapes: [[1, 16, 12, 12]],
      tolerance: corpusGate,
      build: (draft) => {
        const weight = weights(draft, [32, 16, 1, 1], 16);
        const offset = draft.constant([32, 1, 1], normal(32, 3));
        return draft.surface(draft.builder.build(ane.conv, { input: draft.inputs[0]!, weight, offset }));
      },
    }),
  ];
}

function matmulCases(): OperatorCase[] {
  const product = (name: string, shapes: readonly (readonly number[])[], build: Build) =>
    operatorCase(`matmul.${name}`, { shapes, tolerance: corpusGate, build });
  const both =
    (fields: object): Build =>
    ({ builder, inputs, surface }) =>
      surface(builder.build(ane.matmul, { lhs: inputs[0]!, rhs: inputs[1]!, ...fields }));
  return [
    product("weights", [[16, 64]], (draft) =>
      draft.surface(draft.builder.build(ane.matmul, { lhs: draft.inputs[0]!, rhs: weights(draft, [64, 32], 64) })),
    ),
    product(
      "two_inputs",
      [
        [1, 2, 16, 32],
        [1, 2, 32, 24],
      ],
      both({}),
    ),
    product(
      "transposed",
      [
        [1, 2, 16, 32],
        [1, 2, 24, 32],
      ],
      both({ transpose_rhs: true }),
    ),
    operatorCase("attention", {
      shapes: [
        [1, 2, 16, 32],
        [1, 2, 24, 32],
        [1, 2, 24, 32],
      ],
      tolerance: corpusGate,
      build: ({ builder, inputs: [query, key, value], surface }) =>
        surface(builder.build(ane.attention, { query: query!, key: key!, value: value!, scale: 32 ** -0.5 })),
    }),
  ];
}

function windowCases(target: string): OperatorCase[] {
  const shapes = [[1, 8, 12, 16]];
  const pool = (name: string, kind: "max" | "average" | "l2", fields: object) =>
    operatorCase(`pool.${name}`, {
      shapes,
      tolerance: kind === "max" ? exact : corpusGate,
      build: ({ builder, inputs, surface }) =>
        surface(builder.build(ane.pool, { input: inputs[0]!, kind, kernel: [2, 2], strides: [2, 2], ...fields })),
    });
  const resample = (name: string, fields: { kind: "nearest" | "linear"; size: number[] } & object) =>
    operatorCase(`resample.${name}`, {
      shapes,
      tolerance: fields.kind === "nearest" ? exact : corpusGate,
      build: ({ builder, inputs, surface }) => surface(builder.build(ane.resample, { input: inputs[0]!, ...fields })),
    });
  return [
    pool("max", "max", {}),
    pool("max.padded", "max", { kernel: [3, 3], padding: [1, 1, 1, 1] }),
    pool("average", "average", {}),
    pool("average.padded", "average", { kernel: [3, 3], padding: [1, 1, 1, 1] }),
    pool("l2", "l2", {}),
    resample("nearest", { kind: "nearest", size: [24, 32] }),
    ...(ane.targetOf(target).limits.texture ? ane.sampling : []).map((sampling) =>
      resample(`linear.${sampling}`, { kind: "linear", size: [24, 32], ...{ sampling } }),
    ),
  ];
}

function normCases(): OperatorCase[] {
  const norm = (kind: "layer" | "rms" | "l2", isAffine: boolean) =>
    operatorCase(`norm.${kind}${isAffine ? ".affine" : ""}`, {
      shapes: [[1, 1, 24, 64]],
      tolerance: corpusGate,
      build: (draft) => {
        const affine = isAffine
          ? { scale: draft.constant([64], positives(64, 5)), bias: draft.constant([64], normal(64, 6)) }
          : {};
        const task = { input: draft.inputs[0]!, kind, axes: [3], epsilon: 1e-3, ...affine };
        return draft.surface(draft.builder.build(ane.norm, task));
      },
    });
  const softmax = (axis: number) =>
    operatorCase(`softmax.${axis === 1 ? "channels" : "rows"}`, {
      shapes: [map],
      tolerance: { kind: "absolute", limit: 0.004, source: "a table's 0.4 % of the range 0 to 1 (aneforge.md 5.6)" },
      build: ({ builder, inputs, surface }) => surface(builder.build(ane.softmax, { input: inputs[0]!, axis })),
    });
  return [norm("layer", false), norm("layer", true), norm("rms", false), norm("l2", false), softmax(1), softmax(3)];
}

/** All cases that this target's compiler takes. */
export function operatorCases(target: string): OperatorCase[] {
  return [
    ...elementwiseCases(),
    ...activationCases(target),
    ...convCases(),
    ...matmulCases(),
    ...windowCases(target),
    ...reduceCases(),
    ...normCases(),
    ...moveCases(),
  ];
}
