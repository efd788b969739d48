/** Parts of transformers: scaled dot-product attention, rotary positions, causal convolution with a state. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { readNumbers } from "../../../dialects/tensor/reference/values.ts";
import {
  add,
  ascending,
  concat,
  convert,
  mul,
  reshape,
  since,
  sliceAxis,
  sub,
  transpose,
  withNumber,
} from "./common.ts";
import { elementOf, type NodeImport, type OperatorTable, shapeOf, type Tensor } from "./node-import.ts";

/** [batch, sequence, heads·size] as [batch, heads, sequence, size]. */
function splitHeads(node: NodeImport, input: Tensor, heads: number): Tensor {
  const [batch = 1, sequence = 1, width = 1] = shapeOf(input);
  return transpose(node, reshape(node, input, [batch, sequence, heads, width / heads]), [0, 2, 1, 3]);
}

function mergeHeads(node: NodeImport, input: Tensor): Tensor {
  const [batch = 1, heads = 1, sequence = 1, size = 1] = shapeOf(input);
  return reshape(node, transpose(node, input, [0, 2, 1, 3]), [batch, sequence, heads * size]);
}

/** The sum of what masks add to the scores (0 or -∞ for truth values), or undefined without any mask. */
function attentionBias(
  node: NodeImport,
  queries: number,
  keys: number,
  past: number,
  element: "f32" | "f64",
): Tensor | undefined {
  const [zero, lowest] = [node.scalar(0, element), node.scalar(Number.NEGATIVE_INFINITY, element)];
  const where = (condition: Tensor, lhs: Tensor, rhs: Tensor) => node.emit(tensor.select, { condition, lhs, rhs });
  const parts: Tensor[] = [];
  const mask = node.optionalInput(3);
  if (mask !== undefined) {
    const bias = elementOf(mask) === "i1" ? where(mask, zero, lowest) : convert(node, mask, element);
    const { rank } = bias.type;
    const missing = keys - shapeOf(bias)[rank - 1]!;
    const high = [...new Array<number>(rank - 1).fill(0), missing];
    // Keys that a short mask says nothing about are hidden.
    const whole =
      missing <= 0
        ? bias
        : node.emit(tensor.staticPad, { input: bias, low: high.map(() => 0), high, value: Number.NEGATIVE_INFINITY });
    parts.push(whole);
  }
  const lengths = node.optionalInput(6);
  const columns = node.numbers(ascending(keys), "i64");
  const perBatch =
    lengths === undefined ? undefined : reshape(node, convert(node, lengths, "i64"), [...shapeOf(lengths), 1, 1, 1]);
  if (node.flag("is_causal")) {
    const rows = node.numbers(ascending(queries), "i64", [queries, 1]);
    const offset = perBatch === undefined ? node.scalar(past, "i64") : withNumber(node, tensor.sub, perBatch, queries);
    const isFuture = node.emit(tensor.less, { lhs: add(node, rows, offset), rhs: columns });
    parts.push(where(isFuture, lowest, zero));
  }
  if (perBatch !== undefined) parts.push(where(node.emit(tensor.less, { lhs: columns, rhs: perBatch }), zero, lowest));
  const [first, ...rest] = parts;
  return first === undefined ? undefined : rest.reduce((sum, part) => add(node, sum, part), first);
}

/** Softmax over the keys; a query that may see no key gives zeros instead of NaN. */
function maskedSoftmax(node: NodeImport, scores: Tensor, bias: Tensor | undefined): Tensor {
  const weights = node.emit(tensor.softmax, { input: scores, axis: scores.type.rank - 1 });
  if (bias === undefined) return weights;
  const best = node.emit(tensor.reduceMax, { input: bias, axes: [bias.type.rank - 1], keep_dims: true });
  const known = node.builder.contentsOf(best);
  if (known !== undefined && readNumbers(known).every((value) => value > Number.NEGATIVE_INFINITY)) return weights;
  const element = elementOf(scores);
  const isHidden = node.emit(tensor.equal, { lhs: best, rhs: node.scalar(Number.NEGATIVE_INFINITY, element) });
  return node.emit(tensor.select, { condition: isHidden, lhs: node.scalar(0, element), rhs: weights });
}

/** Outputs: the result, keys and values with the past ones before them, and the scores at the stage that is asked for. */
function attention(node: NodeImport): readonly (Tensor | undefined)[] {
  const isFlat = node.input(0).type.rank === 3;
  const heads = (position: number, attribute: string) =>
    isFlat ? splitHeads(node, node.input(position), node.integer(attribute)) : node.input(position);
  const [query, ownKeys, ownValues] = [heads(0, "q_num_heads"), heads(1, "kv_num_heads"), heads(2, "kv_num_heads")];
  const behind = (past: Tensor | undefined, own: Tensor) => (past === undefined ? own : concat(node, [past, own], 2));
  const [pastKeys, pastValues] = [node.optionalInput(4), node.optionalInput(5)];
  const [keys, values] = [behind(pastKeys, ownKeys), behind(pastValues, ownValues)];
  const [batch = 1, queryHeads = 1, queries = 1, size = 1] = shapeOf(query);
  const [, keyHeads = 1, keyCount = 1] = shapeOf(keys);
  const valueSize = shapeOf(values)[3]!;
  if (queryHeads % keyHeads !== 0) throw node.error(`${queryHeads} query heads cannot share ${keyHeads} key heads`);
  // Query heads that share a key head are more rows of the same product.
  const rows = (queryHeads / keyHeads) * queries;
  const element = elementOf(query);
  const wide = element === "f64" ? "f64" : "f32";
  const scaled = withNumber(node, tensor.mul, query, node.float("scale", 1 / Math.sqrt(size)));
  const product = node.emit(tensor.matmul, {
    lhs: reshape(node, scaled, [batch, keyHeads, rows, size]),
    rhs: keys,
    transpose_rhs: true,
  });
  const scores = convert(node, reshape(node, product, [batch, queryHeads, queries, keyCount]), wide);
  const softcap = node.float("softcap", 0);
  const capped =
    softcap === 0
      ? scores
      : withNumber(
          node,
          tensor.mul,
          node.emit(tensor.tanh, { input: withNumber(node, tensor.div, scores, softcap) }),
          softcap,
        );
  const past = pastKeys === undefined ? 0 : shapeOf(pastKeys)[2]!;
  const bias = attentionBias(node, queries, keyCount, past, wide);
  const biased = bias === undefined ? capped : add(node, capped, bias);
  const weights = convert(node, maskedSoftmax(node, biased, bias), element);
  const mixed = node.emit(tensor.matmul, {
    lhs: reshape(node, weights, [batch, keyHeads, rows, keyCount]),
    rhs: values,
  });
  const result = reshape(node, mixed, [batch, queryHeads, queries, valueSize]);
  const stage = [scores, capped, biased, weights][node.integer("qk_matmul_output_mode", 0)];
  return [
    isFlat ? mergeHeads(node, result) : result,
    keys,
    values,
    stage === undefined || !node.wants(3) ? undefined : convert(node, stage, element),
  ];
}

/** Turns pairs of elements of each head by the angle of their position; the caches hold cosines and sines. */
function rotaryEmbedding(node: NodeImport): Tensor {
  const input = node.input(0);
  const isFlat = input.type.rank === 3;
  const heads = isFlat ? splitHeads(node, input, node.integer("num_heads")) : input;
  const [batch = 1, , sequence = 1, size = 1] = shapeOf(heads);
  const turned = node.integer("rotary_embedding_dim", 0) || size;
  const half = turned / 2;
  const positions = node.optionalInput(3);
  const angles = (position: number) => {
    const cache = node.input(position);
    const perPosition =
      positions === undefined ? cache : node.emit(tensor.take, { input: cache, indices: positions, axis: 0 });
    return reshape(node, sliceAxis(node, perPosition, 2, 0, half), [batch, 1, sequence, half]);
  };
  const [cosine, sine] = [angles(1), angles(2)];
  const isInterleaved = node.flag("interleaved");
  const part = (index: 0 | 1) =>
    isInterleaved ? sliceAxis(node, heads, 3, index, half, 2) : sliceAxis(node, heads, 3, index * half, half);
  const [x, y] = [part(0), part(1)];
  const real = sub(node, mul(node, cosine, x), mul(node, sine, y));
  const imaginary = add(node, mul(node, sine, x), mul(node, cosine, y));
  const pairs = (value: Tensor) => reshape(node, value, [...shapeOf(value), 1]);
  const rotated = isInterleaved
    ? reshape(node, concat(node, [pairs(real), pairs(imaginary)], 4), [...shapeOf(heads).slice(0, 3), turned])
    : concat(node, [real, imaginary], 3);
  const whole =
    turned === size ? rotated : concat(node, [rotated, sliceAxis(node, heads, 3, turned, size - turned)], 3);
  return isFlat ? mergeHeads(node, whole) : whole;
}

/** A depthwise convolution that sees the past only; the state is the end of what was seen. */
function causalConvolution(node: NodeImport): readonly Tensor[] {
  const [input, weight] = [node.input(0), node.input(1)];
  const [batch = 1, channels = 1, length = 1] = shapeOf(input);
  const kernel = shapeOf(weight)[2]!;
  const past = node.optionalInput(3) ?? node.filled([batch, channels, kernel - 1], 0, elementOf(input));
  const seen = concat(node, [past, input], 2);
  const flat = (value: Tensor) => {
    const [first = 1, second = 1, third = 1] = shapeOf(value);
    return reshape(node, value, [first, second, 1, third]);
  };
  const sums = node.emit(tensor.conv2d, {
    input: flat(seen),
    weight: flat(weight),
    bias: node.optionalInput(2),
    groups: channels,
  });
  const plain = reshape(node, sums, [batch, channels, length]);
  const activation = node.oneOf("activation", ["none", "silu", "swish"], "none");
  const result = activation === "none" ? plain : node.emit(tensor.silu, { input: plain });
  return [result, sliceAxis(node, seen, 2, length, kernel - 1)];
}

export const attentionOperators: OperatorTable = {
  Attention: since(23, attention),
  CausalConvWithState: since(27, causalConvolution),
  RotaryEmbedding: since(23, rotaryEmbedding),
};
