/** Workarounds for convolutions, matrix products, normalisation and attention. */
import * as mil from "../../../dialects/mil/index.ts";
import { transpose as transposeData } from "../../../dialects/tensor/reference/movement.ts";
import { type ElementsAttribute, elementsAttribute } from "../../../ir/attributes.ts";
import type { AnyDefinition } from "../../../ir/context.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { type Pattern, refuse, rewrite } from "../../../ir/rewrite/pattern.ts";
import { getNumber, setNumber, zeros } from "../../../ir/tensor-data.ts";
import { TensorType } from "../../../ir/types.ts";
import type { Facts } from "../rule.ts";
import { attentionFits, patchSide } from "../rules/computation.ts";
import { engineFactors } from "../rules/movement.ts";
import { constantElements, definerOf, Statement, sizesOf } from "../statement.ts";
import { Steps } from "./steps.ts";

/** The last two dimensions exchanged. */
function transposed(data: ElementsAttribute): ElementsAttribute {
  const { rank } = data.type;
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  [axes[rank - 2], axes[rank - 1]] = [rank - 1, rank - 2];
  const moved = transposeData(data.value, axes);
  return elementsAttribute(TensorType.get(moved.shape, data.type.element), moved.data, "engine");
}

// matmul(x, W) -> matmul(x, Wᵀ, transpose_y = true)
function productWeightTransposed({ route }: Facts): Pattern {
  // One transposed constant per constant, however many products read it.
  const made = new Map<Operation, ReturnType<Steps["constant"]>>();
  return rewrite(mil.matmul, "product-weight-transposed", (operation, rewriter) => {
    const statement = new Statement(operation);
    const weight = constantElements(operation.y);
    const { definer } = operation.y;
    if (weight === undefined || definer === undefined || statement.flag("transpose_y") === true) return undefined;
    const { rank } = weight.type;
    // With a batch they run as they are through Espresso.
    if (rank < 2 || (rank > 2 && route === "e5rt")) return undefined;
    const steps = new Steps(operation, rewriter);
    const known = made.get(definer);
    const y =
      known?.definer?.block === undefined ? steps.constantBeside(definer, transposed(weight), "transposed") : known;
    made.set(definer, y);
    const transpose_x = statement.flag("transpose_x") ?? false;
    return steps.replaceBy(steps.build(mil.matmul, { x: operation.x, y, transpose_x, transpose_y: true }));
  });
}

/** A side as factors of the engine: 16 as 8 and 2; undefined where it has others. */
export function engineFactorsOf(side: number): readonly number[] | undefined {
  const factors: number[] = [];
  let rest = side;
  for (const factor of engineFactors) {
    while (rest % factor === 0) {
      factors.push(factor);
      rest /= factor;
    }
  }
  return rest === 1 ? factors : undefined;
}

/**
 * The weight [O, C, P, P] of patches as that of a 1x1 convolution on their depth: space_to_depth by `factors` in turn gives a pixel
 * (i, j) of channel c the channel that the digits of i and j, least significant first, and c make.
 */
function depthWeight(weight: ElementsAttribute, factors: readonly number[]): ElementsAttribute {
  const [outputs = 1, channels = 1, side = 1] = weight.type.shape;
  const { value } = weight;
  const depth = channels * side * side;
  const made = zeros([outputs, depth, 1, 1], value.element);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      let offset = 0;
      let width = channels;
      let [y, x] = [row, column];
      for (const factor of factors) {
        offset += ((y % factor) * factor + (x % factor)) * width;
        width *= factor * factor;
        y = Math.floor(y / factor);
        x = Math.floor(x / factor);
      }
      for (let output = 0; output < outputs; output++) {
        for (let channel = 0; channel < channels; channel++) {
          const from = ((output * channels + channel) * side + row) * side + column;
          setNumber(made, output * depth + offset + channel, getNumber(value, from));
        }
      }
    }
  }
  return elementsAttribute(TensorType.get(made.shape, weight.type.element), made.data, "engine");
}

/** The parameters of a 1x1 convolution, all stated. */
const pointwise = { strides: [1, 1], pad_type: "valid", pad: [0, 0, 0, 0], dilations: [1, 1], groups: 1 };

// conv(x, w[O, C, P, P], strides = P) -> conv(space_to_depth(x, P), w'[O, C·P², 1, 1]), or the same by transposes
const patchesToDepth = rewrite(mil.conv, "patches-to-depth", (operation, rewriter) => {
  const statement = new Statement(operation);
  const side = patchSide(statement);
  if (side === undefined || side < 4) return undefined;
  const weight = constantElements(operation.weight);
  if (weight === undefined) return refuse("the weight is not a constant");
  const [batch = 1, channels = 1, height = 0, width = 0] = statement.sizes("x") ?? [];
  if (height % side !== 0 || width % side !== 0) return refuse(`${side} does not divide ${height}x${width}`);
  const steps = new Steps(operation, rewriter);
  const factors = engineFactorsOf(side);
  const args = { bias: operation.bias, ...pointwise };
  if (factors !== undefined) {
    let x: Value = operation.x;
    for (const [position, block_size] of factors.entries()) {
      x = steps.build(mil.spaceToDepth, { x, block_size }, `depth${position}`);
    }
    return steps.replaceBy(
      steps.build(mil.conv, { ...args, x, weight: steps.constant(depthWeight(weight, factors), "weight") }),
    );
  }
  // Other sides by transposes of rank 4: rows go in front of the patches, then columns.
  const [down, across] = [height / side, width / side];
  const perm = [0, 2, 1, 3];
  const rows = steps.build(mil.reshape, { x: operation.x, shape: [batch * channels, down, side, width] }, "rows");
  const byRow = steps.build(mil.transpose, { x: rows, perm }, "by_row");
  const columns = steps.build(
    mil.reshape,
    { x: byRow, shape: [batch * channels * side, down, across, side] },
    "columns",
  );
  const byColumn = steps.build(mil.transpose, { x: columns, perm: [0, 3, 1, 2] }, "by_column");
  const depth = channels * side * side;
  const x = steps.build(mil.reshape, { x: byColumn, shape: [batch, depth, down, across] }, "depth");
  const flat = elementsAttribute(
    TensorType.get([weight.type.shape[0]!, depth, 1, 1], weight.type.element),
    weight.value.data,
    "engine",
  );
  return steps.replaceBy(steps.build(mil.conv, { ...args, x, weight: steps.constant(flat, "weight") }));
});

// layer_norm(x, gamma, beta) -> layer_norm(x)·gamma + beta
const layerNormAffine = rewrite(mil.layerNorm, "layer-norm-affine", (operation, rewriter) => {
  const { x, gamma, beta } = operation;
  if (gamma === undefined && beta === undefined) return undefined;
  const statement = new Statement(operation);
  const steps = new Steps(operation, rewriter);
  const epsilon = statement.number("epsilon");
  let value = steps.build(mil.layerNorm, { x, axes: statement.numbers("axes"), epsilon }, "plain");
  if (gamma !== undefined) value = steps.build(mil.mul, { x: value, y: gamma }, "scaled");
  if (beta !== undefined) value = steps.build(mil.add, { x: value, y: beta }, "shifted");
  return steps.replaceBy(value);
});

// attention(q, k, v, mask) -> softmax((q/√d)·kᵀ + mask)·v
const attentionInSteps = rewrite(mil.scaledDotProductAttention, "attention-in-steps", (operation, rewriter) => {
  const { query, key, value, attn_mask: mask } = operation;
  const [rows, width] = sizesOf(query)?.slice(-2) ?? [];
  const columns = sizesOf(key)?.at(-2);
  if (rows === undefined || width === undefined || columns === undefined) return undefined;
  if (mask === undefined && attentionFits(rows, columns)) return undefined;
  if (mask?.type instanceof TensorType && mask.type.element.text === "i1") return refuse("its mask is of truth values");
  const steps = new Steps(operation, rewriter);
  // Scaled first, since products from 2^15 on become infinite.
  const scaled = steps.build(mil.mul, { x: query, y: steps.scalar(1 / Math.sqrt(width), "factor", query) }, "scaled");
  let scores = steps.build(mil.matmul, { x: scaled, y: key, transpose_y: true }, "scores");
  if (mask !== undefined) scores = steps.build(mil.add, { x: scores, y: mask }, "masked");
  const shares = steps.build(mil.softmax, { x: scores, axis: -1 }, "shares");
  return steps.replaceBy(steps.build(mil.matmul, { x: shares, y: value }));
});

// product(x, blocks) -> product(x, add(blocks, 0))
const blockwiseThroughAdd = (definition: AnyDefinition): Pattern => ({
  name: "blockwise-through-add",
  root: definition.name,
  benefit: 1,
  apply: (operation, rewriter) => {
    const isBlocks = (value: Value) => definerOf(value)?.mnemonic === "constexpr_blockwise_shift_scale";
    const position = operation.operands.findIndex(isBlocks);
    if (position < 0) return undefined;
    const steps = new Steps(operation, rewriter);
    const blocks = operation.operand(position);
    const sum = steps.build(mil.add, { x: blocks, y: steps.scalar(0, "nothing", blocks) }, "weights");
    return rewriter.modify(operation, () => operation.setOperand(position, sum));
  },
});

export const productPatterns = (facts: Facts): readonly Pattern[] => [
  productWeightTransposed(facts),
  patchesToDepth,
  layerNormAffine,
  attentionInSteps,
  ...[mil.matmul, mil.conv, mil.convTranspose, mil.linear].map(blockwiseThroughAdd),
];
