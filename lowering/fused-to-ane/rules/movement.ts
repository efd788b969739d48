/** Ops that move elements: mostly moves of the engine, with compositions where the engine has only some of an op. */
import * as tensor from "../../../dialects/tensor/index.ts";
import { concatShape, padShape } from "../../../dialects/tensor/reference/movement.ts";
import type { Operation } from "../../../ir/operation.ts";
import { elementCount, getNumber, setNumber, type TensorData, zeros } from "../../../ir/tensor-data.ts";
import type { EngineValue } from "../draft.ts";
import { constantEngineValue, refuse, type Session } from "../session.ts";
import type { RuleEntry } from "./elementwise.ts";

/** A crop with positive steps; the whole of a value is the value. */
function crop(
  session: Session,
  value: EngineValue,
  begin: readonly number[],
  shape: readonly number[],
  strides: readonly number[] = shape.map(() => 1),
): EngineValue {
  if (shape.join() === value.shape.join() && strides.every((stride) => stride === 1)) return value;
  return session.move([value], { kind: "slice", begin, shape, strides }, shape);
}

function join(session: Session, parts: readonly EngineValue[], axis: number): EngineValue {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  return session.move(
    parts,
    { kind: "concat", axis },
    concatShape(
      parts.map(({ shape }) => shape),
      axis,
    ),
  );
}

/** A constant block of one value. */
function block(shape: readonly number[], value: number): EngineValue {
  const data = zeros(shape, "f32");
  for (let index = 0; index < data.data.length; index++) setNumber(data, index, value);
  return constantEngineValue(data);
}

/** The engine repeats along a dimension by these numbers (aneforge.md 2.2). */
const tileFactors: ReadonlySet<number> = new Set([1, 2, 3, 4, 8]);
const mostCopies = 64;

/** Repeats a value along each dimension: in one move, or where the engine has not the factor as copies put together. */
function repeat(session: Session, value: EngineValue, repeats: readonly number[]): EngineValue {
  if (repeats.every((count) => count === 1)) return value;
  const shape = value.shape.map((size, axis) => size * repeats[axis]!);
  if (repeats.every((count) => tileFactors.has(count))) return session.move([value], { kind: "tile", repeats }, shape);
  // A dimension of size 1 repeats in any product: multiply by ones.
  if (repeats.every((count, axis) => count === 1 || value.shape[axis] === 1)) {
    return session.elementwise("mul", [value, block(repeats, 1)], shape);
  }
  let result = value;
  for (const [axis, count] of repeats.entries()) {
    if (count > mostCopies)
      refuse(
        `it repeats dimension ${axis} ${count} times: the engine repeats by 2, 3, 4 and 8, and ${mostCopies} copies are the most that are put together`,
      );
    result = join(session, new Array<EngineValue>(count).fill(result), axis);
  }
  return result;
}

/** Padding with a constant: in one move along height and width, else with blocks put beside the value. */
function padConstant(
  session: Session,
  value: EngineValue,
  low: readonly number[],
  high: readonly number[],
  fill: number,
): EngineValue {
  const rank = value.shape.length;
  const isMoved = (axis: number) => rank >= 3 && axis >= rank - 2;
  let result = value;
  for (const axis of value.shape.keys()) {
    if (isMoved(axis) || (low[axis] === 0 && high[axis] === 0)) continue;
    const sized = (size: number) => result.shape.map((extent, position) => (position === axis ? size : extent));
    const parts = [low[axis]!, -1, high[axis]!].map((size) =>
      size === -1 ? result : size === 0 ? undefined : block(sized(size), fill),
    );
    result = join(
      session,
      parts.filter((part) => part !== undefined),
      axis,
    );
  }
  const rest = (sizes: readonly number[]) => sizes.map((size, axis) => (isMoved(axis) ? size : 0));
  const [before, after] = [rest(low), rest(high)];
  if ([...before, ...after].every((size) => size === 0)) return result;
  const shape = padShape(result.shape, { low: before, high: after });
  return session.move([result], { kind: "pad", low: before, high: after, mode: "constant", value: fill }, shape);
}

const reshapeRule: RuleEntry = [
  tensor.staticReshape,
  (session, operation) => session.reshape(session.operand(operation.operand(0)), session.resultShape(operation)),
];

const broadcastRule: RuleEntry = [
  tensor.broadcast,
  (session, operation) => {
    const shape = session.resultShape(operation);
    const input = session.operand(operation.operand(0));
    const missing = shape.length - input.shape.length;
    const aligned = session.reshape(input, [...new Array<number>(missing).fill(1), ...input.shape]);
    return repeat(
      session,
      aligned,
      shape.map((size, axis) => size / aligned.shape[axis]!),
    );
  },
];

const sliceRule: RuleEntry = [
  tensor.slice,
  (session, operation) => {
    const { starts, sizes, strides } = tensor.slice.cast(operation);
    const input = session.operand(operation.operand(0));
    const backward = [...strides.keys()].filter((axis) => strides[axis]! < 0);
    if (backward.length === 0) return crop(session, input, starts, sizes, strides);
    // Reading backward is reading the reversed value forward.
    const reversed = session.move([input], { kind: "reverse", axes: backward }, input.shape);
    const begin = starts.map((start, axis) => (strides[axis]! < 0 ? input.shape[axis]! - 1 - start : start));
    return crop(session, reversed, begin, sizes, strides.map(Math.abs));
  },
];

const padRule: RuleEntry = [
  tensor.staticPad,
  (session, operation) => {
    const { low, high, mode, value } = tensor.staticPad.cast(operation);
    if (mode === "wrap") refuse("padding with the elements of the other end has no form on the engine");
    const input = session.operand(operation.operand(0));
    const removed = (sizes: readonly number[]) => sizes.map((size) => Math.max(0, -size));
    const added = (sizes: readonly number[]) => sizes.map((size) => Math.max(0, size));
    const [cutLow, cutHigh] = [removed(low), removed(high)];
    const kept = input.shape.map((size, axis) => size - cutLow[axis]! - cutHigh[axis]!);
    const cropped = crop(session, input, cutLow, kept);
    if (mode === "constant") return padConstant(session, cropped, added(low), added(high), value);
    const rank = input.shape.length;
    if (low.some((_, axis) => axis < rank - 2 && (low[axis] !== 0 || high[axis] !== 0))) {
      refuse(`padding with ${mode} elements runs on the engine along the last two dimensions only`);
    }
    const shape = session.resultShape(operation);
    return session.move([cropped], { kind: "pad", low: added(low), high: added(high), mode, value: 0 }, shape);
  },
];

const rearrangeRules: readonly RuleEntry[] = [
  [
    tensor.transpose,
    (session, operation) =>
      session.transpose(session.operand(operation.operand(0)), tensor.transpose.cast(operation).permutation),
  ],
  [
    tensor.concat,
    (session, operation) =>
      join(
        session,
        operation.operands.map((value) => session.operand(value)),
        tensor.concat.cast(operation).dim,
      ),
  ],
  [
    tensor.tile,
    (session, operation) => repeat(session, session.operand(operation.operand(0)), tensor.tile.cast(operation).repeats),
  ],
  [
    tensor.reverse,
    (session, operation) => {
      const input = session.operand(operation.operand(0));
      return session.move([input], { kind: "reverse", axes: tensor.reverse.cast(operation).axes }, input.shape);
    },
  ],
  [
    tensor.depthToSpace,
    (session, operation) => {
      const { block_size: size, mode } = tensor.depthToSpace.cast(operation);
      const kind = mode === "CRD" ? "pixel_shuffle" : "depth_to_space";
      return session.move(
        [session.operand(operation.operand(0))],
        { kind, block_size: size },
        session.resultShape(operation),
      );
    },
  ],
  [
    tensor.spaceToDepth,
    (session, operation) => {
      const { block_size: size } = tensor.spaceToDepth.cast(operation);
      const input = session.operand(operation.operand(0));
      return session.move([input], { kind: "space_to_depth", block_size: size }, session.resultShape(operation));
    },
  ],
];

const mostCrops = 64;

// slices at known positions, put together
const takeRule: RuleEntry = [
  tensor.take,
  (session, operation) => {
    const { axis } = tensor.take.cast(operation);
    const indices = session.constant(operation.operand(1));
    if (indices === undefined)
      refuse("it reads at computed positions, and the engine has no integers: run it on the host");
    const input = session.operand(operation.operand(0));
    const size = input.shape[axis]!;
    const positions = numbersOf(indices).map((index) => (index < 0 ? index + size : index));
    const runs = runsOf(positions);
    if (runs.length > mostCrops)
      refuse(`it reads ${runs.length} separate ranges, and ${mostCrops} crops are the most that are put together`);
    const parts = runs.map(({ start, count, step }) => {
      const begin = input.shape.map((_, position) => (position === axis ? start : 0));
      const shape = input.shape.map((extent, position) => (position === axis ? count : extent));
      const strides = input.shape.map((_, position) => (position === axis ? step : 1));
      return crop(session, input, begin, shape, strides);
    });
    return session.reshape(join(session, parts, axis), session.resultShape(operation));
  },
];

function numbersOf(data: TensorData): number[] {
  return Array.from({ length: data.data.length }, (_, index) => getNumber(data, index));
}

interface Run {
  readonly start: number;
  readonly count: number;
  readonly step: number;
}

/** Positions as ranges with constant positive steps. */
function runsOf(positions: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (let first = 0; first < positions.length; ) {
    const step = (positions[first + 1] ?? 0) - positions[first]!;
    let end = first + 1;
    while (step > 0 && end < positions.length && positions[end]! - positions[end - 1]! === step) end++;
    runs.push({ start: positions[first]!, count: end - first, step: end - first > 1 ? step : 1 });
    first = end;
  }
  return runs;
}

// a product with a mask: the engine's 0·inf is 0
const triluRule: RuleEntry = [
  tensor.trilu,
  (session, operation) => {
    const { k, upper } = tensor.trilu.cast(operation);
    const input = session.operand(operation.operand(0));
    const [rows = 1, columns = 1] = input.shape.slice(-2);
    const mask = zeros([rows, columns], "f32");
    for (let index = 0; index < elementCount(mask.shape); index++) {
      const diagonal = (index % columns) - Math.floor(index / columns);
      if (upper ? diagonal >= k : diagonal <= k) setNumber(mask, index, 1);
    }
    return session.elementwise("mul", [input, constantEngineValue(mask)], input.shape);
  },
];

export const movementRules: readonly RuleEntry[] = [
  reshapeRule,
  broadcastRule,
  sliceRule,
  padRule,
  ...rearrangeRules,
  takeRule,
  triluRule,
];

/** Why ops without a rule have none, by name. */
export function reasonWithoutRule(operation: Operation): string {
  return absent.get(operation.name) ?? "has no form on the engine";
}

const noNative = "has no native form on any engine";
const integers = "works on positions or integers, which the engine has not";
const absent = new Map<string, string>([
  ...["tan", "asin", "acos", "sinh", "cosh", "asinh", "acosh", "atanh", "atan2", "mod", "fmod"].map(
    (name) => [`tensor.${name}`, noNative] as const,
  ),
  ...["logical_and", "logical_or", "logical_xor", "reduce_prod", "cumprod", "hardmax"].map(
    (name) => [`tensor.${name}`, noNative] as const,
  ),
  ...["argmax", "argmin", "top_k", "one_hot", "gather_elements", "gather_nd", "scatter_elements", "scatter_nd"].map(
    (name) => [`tensor.${name}`, integers] as const,
  ),
  ...["reverse_sequence", "bitwise_not", "bitwise_and", "bitwise_or", "bitwise_xor", "shift_left", "shift_right"].map(
    (name) => [`tensor.${name}`, integers] as const,
  ),
  ...["quantize_linear", "dequantize_linear"].map(
    (name) =>
      [`tensor.${name}`, "works on 8-bit activations, which the engine's compiler takes as weights only"] as const,
  ),
  ["tensor.is_nan", "asks for NaN, which the engine never gives"],
  ["tensor.is_inf", noNative],
  ["tensor.grid_sample", "samples at computed positions, which is not supported yet"],
  ["tensor.shrink", noNative],
]);
