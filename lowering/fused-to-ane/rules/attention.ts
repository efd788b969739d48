/**
 * Attention as one task of the engine, for those who ask for it (`native-attention`): softmax(scale·query·keyᵀ)·value without
 * a mask. By default attention runs as its matrix products, which is right for all lengths and masks.
 */
import { attention } from "../../../dialects/ane/index.ts";
import * as tensor from "../../../dialects/tensor/index.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { getNumber } from "../../../ir/tensor-data.ts";
import type { EngineValue } from "../draft.ts";
import type { Session } from "../session.ts";

interface AttentionParts {
  readonly query: Value;
  readonly key: Value;
  /** The key comes as [… width, length]. */
  readonly isKeyTransposed: boolean;
  readonly scale: number;
  readonly value: Value;
}

/** The one number that a constant is. */
function numberOf(session: Session, value: Value): number | undefined {
  // What the group computes itself is not known yet.
  if (!session.isKnown(value) && value.definer?.definition?.hasTrait("ConstantLike") !== true) return undefined;
  const constant = session.constant(value);
  return constant !== undefined && constant.data.length === 1 ? getNumber(constant, 0) : undefined;
}

/** The scores and the factor in front of them, where an op scales by a number. */
function scaledScores(session: Session, value: Value): { readonly scores: Value; readonly scale: number } | undefined {
  const { definer } = value;
  if (tensor.mul.matches(definer)) {
    const [left, right] = [numberOf(session, definer.lhs), numberOf(session, definer.rhs)];
    if (right !== undefined) return { scores: definer.lhs, scale: right };
    return left === undefined ? undefined : { scores: definer.rhs, scale: left };
  }
  if (tensor.div.matches(definer)) {
    const divisor = numberOf(session, definer.rhs);
    return divisor === undefined ? undefined : { scores: definer.lhs, scale: 1 / divisor };
  }
  return { scores: value, scale: 1 };
}

/** Recognises the ops of an attention task; undefined where there is more to them (a mask). */
function partsOf(session: Session, operations: readonly Operation[]): AttentionParts | undefined {
  const product = operations.at(-1);
  if (!tensor.matmul.matches(product) || product.transpose_lhs || product.transpose_rhs) return undefined;
  const softmax = product.lhs.definer;
  if (!tensor.softmax.matches(softmax) || softmax.axis !== softmax.input.type.rank - 1) return undefined;
  const scaled = scaledScores(session, softmax.input);
  const first = scaled?.scores.definer;
  if (scaled === undefined || !tensor.matmul.matches(first) || first.transpose_lhs) return undefined;
  const count = operations.filter(({ definition }) => !definition?.hasTrait("ConstantLike")).length;
  if (count !== (scaled.scores === softmax.input ? 3 : 4)) return undefined;
  const { lhs: query, rhs: key, transpose_rhs } = first;
  return { query, key, isKeyTransposed: !transpose_rhs, scale: scaled.scale, value: product.rhs };
}

/** One task for the ops of an attention group, or why not. */
export function attentionTask(session: Session, operations: readonly Operation[]): EngineValue | string {
  const parts = partsOf(session, operations);
  if (parts === undefined) return "it is more than a scaled softmax between two products (the engine ignores masks)";
  const { query, value, scale } = parts;
  const [q, k, v] = [session.operand(query), session.operand(parts.key), session.operand(value)];
  if (q.shape.length !== 4 || k.shape.length !== 4 || v.shape.length !== 4)
    return "it is not on [1, heads, length, width]";
  if (q.shape[0] !== 1) return `its batch is ${q.shape[0]}, and the engine's attention takes 1`;
  const keyShape = parts.isKeyTransposed ? [0, 1, 3, 2].map((axis) => k.shape[axis]!) : k.shape;
  const lengths = [q.shape[2]!, keyShape[2]!];
  if (Math.min(...lengths) >= 512 || Math.max(...lengths) > 2048) {
    return `lengths ${lengths.join(" and ")} give wrong results on the engine: one must be below 512 and neither above 2048`;
  }
  const key = parts.isKeyTransposed ? session.move([k], { kind: "transpose", permutation: [0, 1, 3, 2] }, keyShape) : k;
  const shape = [...q.shape.slice(0, 3), v.shape[3]!];
  return session.task(attention, { query: q, key, value: v }, { scale }, shape);
}
