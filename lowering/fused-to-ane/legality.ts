/**
 * What a target can run: limits of shapes and windows, and ops that a generation does not have. Each rule gives the reason in
 * a sentence that names the limit. Sources are those of `targets.ts`.
 */
import {
  type ActivationAttribute,
  attention,
  conv,
  elementwise,
  type Generation,
  isSince,
  matmul,
  maximumRank,
  move,
  norm,
  pool,
  reduce,
  resample,
  softmax,
  type Target,
} from "../../dialects/ane/index.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import type { EngineValue, TaskDraft } from "./draft.ts";

/** Why a task cannot run on a target; undefined where it can. */
export function reasonAgainstTask(draft: TaskDraft, target: Target): string | undefined {
  const operands = Object.values(draft.operands).flatMap((operand): readonly EngineValue[] =>
    operand === undefined ? [] : Array.isArray(operand) ? operand : [operand as EngineValue],
  );
  const live = operands.filter(({ constant }) => constant === undefined);
  return (
    reasonAgainstGeneration(draft, target) ??
    firstReason([draft.shape, ...live.map(({ shape }) => shape)].map((shape) => reasonAgainstShape(shape, target))) ??
    specificRules.get(draft.definition)?.(draft, target)
  );
}

function firstReason(reasons: readonly (string | undefined)[]): string | undefined {
  return reasons.find((reason) => reason !== undefined);
}

/** Rank, zero sizes, and the extent of each axis. */
export function reasonAgainstShape(shape: readonly number[], target: Target): string | undefined {
  const text = `[${shape.join(", ")}]`;
  if (shape.length > maximumRank)
    return `${text} has rank ${shape.length}, and the engine has at most ${maximumRank} dimensions`;
  if (shape.includes(0)) return `${text} has a dimension of size 0, which the engine's compiler rejects`;
  const limits = axisLimits(shape.length, target);
  for (const [axis, size] of shape.entries()) {
    const { kind, limit } = limits[axis]!;
    if (size > limit) return `${text} has ${size} as ${kind}, and ${target.name} has at most ${limit}`;
  }
  return undefined;
}

/** What each axis of a shape counts as, and its largest extent. */
export function axisLimits(
  rank: number,
  { limits }: Target,
): readonly { readonly kind: AxisName; readonly limit: number }[] {
  const { batch, channels, depth, spatial } = limits;
  const byKind: Record<AxisName, number> = { batch, channels, depth, height: spatial, width: spatial };
  return axisNames(rank).map((kind) => ({ kind, limit: byKind[kind] }));
}

type AxisName = "batch" | "channels" | "depth" | "height" | "width";

/** How the axes of a shape are counted: the package's preflight gives only axis 1 of rank 4 and 5 the limit of channels. */
function axisNames(rank: number): readonly AxisName[] {
  if (rank === 5) return ["batch", "channels", "depth", "height", "width"];
  if (rank === 4) return ["batch", "channels", "height", "width"];
  return rank === 3 ? ["height", "height", "width"] : rank === 2 ? ["height", "width"] : ["width"];
}

/** First generation with a task, where that is not the first of all. */
const since = new Map<AnyDefinition, Generation>([
  [softmax, "A13"],
  [norm, "A13"],
  [reduce, "A13"],
  [resample, "A13"],
  [attention, "A13"],
]);
const moveSince: { readonly [kind: string]: Generation } = {
  tile: "A13",
  reshape: "A13",
  space_to_depth: "A13",
  depth_to_space: "A13",
  pixel_shuffle: "A13",
};

function reasonAgainstGeneration(draft: TaskDraft, target: Target): string | undefined {
  const { definition, attributes } = draft;
  const kind = String(attributes["kind"] ?? "");
  const wanted =
    since.get(definition) ??
    (definition === move ? moveSince[kind] : definition === elementwise && kind === "real_div" ? "A13" : undefined);
  if (wanted === undefined || isSince(target, wanted)) return undefined;
  return `${kind === "" || definition === reduce ? definition.name.slice(4) : kind} exists from ${wanted} on, and ${target.name} is of an earlier generation`;
}

/** Why an activation has no native form on a target. */
export function reasonAgainstActivation(activation: ActivationAttribute, target: Target): string | undefined {
  const { since: wanted } = activation.facts;
  if (wanted === undefined || isSince(target, wanted)) return undefined;
  return `${activation.function} exists from ${wanted} on, and ${target.name} is ${target.generation}`;
}

type SpecificRule = (draft: TaskDraft, target: Target) => string | undefined;

const one = (draft: TaskDraft, name: string): EngineValue => {
  const found = draft.operands[name];
  if (found === undefined || Array.isArray(found)) throw new Error(`the task has no operand ${name}`);
  return found as EngineValue;
};
const numbers = (draft: TaskDraft, name: string): readonly number[] => {
  const found = draft.attributes[name];
  return Array.isArray(found) ? found : [];
};

/** Whether a convolution of patches becomes one of 1x1 on their depth on the way (`patches-to-depth` of mil-workarounds). */
function isPatches(draft: TaskDraft, weight: EngineValue): boolean {
  const { attributes } = draft;
  const [, , side = 1, width = 1] = weight.shape;
  const [, , rows = 0, columns = 0] = one(draft, "input").shape;
  return (
    weight.constant !== undefined &&
    side === width &&
    numbers(draft, "strides").every((stride) => stride === side) &&
    numbers(draft, "padding").every((size) => size === 0) &&
    numbers(draft, "dilations").every((dilation) => dilation === 1) &&
    (attributes["groups"] ?? 1) === 1 &&
    attributes["transposed"] !== true &&
    rows % side === 0 &&
    columns % side === 0
  );
}

const specificRules = new Map<AnyDefinition, SpecificRule>([
  [
    conv,
    (draft, { limits, name }) => {
      const weight = one(draft, "weight");
      const [, , height = 1, width = 1] = weight.shape;
      const isNarrowed = isPatches(draft, weight);
      if (width > limits.kernelWidth && !isNarrowed)
        return `its kernel is ${width} wide, and ${name} takes at most ${limits.kernelWidth} with f16 weights`;
      if (height > limits.kernelHeight && !isNarrowed)
        return `its kernel is ${height} high, and ${name} takes at most ${limits.kernelHeight}`;
      if (weight.constant === undefined && draft.attributes["transposed"] === true)
        return "the weight of a transposed convolution must be known when compiling";
      if (weight.constant === undefined && (one(draft, "input").shape[0] ?? 1) > 1) {
        return "a convolution whose weight is computed takes a batch of 1 only (the engine's compiler crashes on more)";
      }
      return undefined;
    },
  ],
  [
    matmul,
    (draft) => {
      const rank = Math.max(one(draft, "lhs").shape.length, one(draft, "rhs").shape.length);
      return rank > 4
        ? `a matrix product of rank ${rank}: the engine takes matrices of depth 1, rank 4 at most`
        : undefined;
    },
  ],
  [
    pool,
    (draft, { limits, name }) => {
      const widest = Math.max(...numbers(draft, "kernel"));
      if (draft.attributes["kind"] === "max" || widest <= limits.poolWindow) return undefined;
      return `its window is ${widest} long, and ${name} takes means over at most ${limits.poolWindow}: reduce over the axes instead`;
    },
  ],
  [
    move,
    (draft, target) => {
      const kind = draft.attributes["kind"];
      if (kind === "transpose") return reasonAgainstTranspose(draft.shape, target);
      if (kind === "pad") return reasonAgainstPad(draft, target);
      if (kind === "concat") return reasonAgainstConcat(draft, target);
      const block = draft.attributes["block_size"];
      const isBlock = typeof block === "number";
      return isBlock && ![2, 3, 4, 8].includes(block)
        ? `its block is ${block}, and the engine rearranges by 2, 3, 4 or 8`
        : undefined;
    },
  ],
]);

/** Why a shape cannot be transposed. */
export function reasonAgainstTranspose(shape: readonly number[], { limits, name }: Target): string | undefined {
  const longest = Math.max(1, ...shape);
  if (longest <= limits.transpose) return undefined;
  return `it transposes an axis of ${longest}, and ${name} takes at most ${limits.transpose}`;
}

function reasonAgainstPad(draft: TaskDraft, { limits, name }: Target): string | undefined {
  if (draft.attributes["mode"] !== "constant" && !limits.texture) {
    return `padding with ${draft.attributes["mode"]} elements needs the texture engine, which ${name} has not`;
  }
  return undefined;
}

/** Joining two crops with an offset along the width gives wrong elements before A16 (aneforge.md 5.7). */
function reasonAgainstConcat(draft: TaskDraft, target: Target): string | undefined {
  const inputs = draft.operands["inputs"];
  if (!Array.isArray(inputs) || isSince(target, "A16")) return undefined;
  const cropped = (inputs as readonly EngineValue[]).filter(({ draft: source }) => {
    if (source?.attributes["kind"] !== "slice") return false;
    return (numbers(source, "begin").at(-1) ?? 0) !== 0;
  });
  if (cropped.length < 2) return undefined;
  return `it joins ${cropped.length} crops that begin inside the last dimension, which gives wrong elements on ${target.name} (before A16)`;
}
