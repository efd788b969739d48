/**
 * LinearAttention: attention without a softmax, as a state per head that each step decays, writes key⊗value to and reads
 * with its query. Unrolled over the steps. With the delta rule a step writes only what the state does not say already.
 */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { add, ascending, concat, convert, mul, reshape, since, sliceAxis, sub, withNumber } from "./common.ts";
import { elementOf, type NodeImport, type OperatorTable, shapeOf, type Tensor } from "./node-import.ts";

function linearAttention(node: NodeImport): readonly Tensor[] {
  const [batch = 1, steps = 1, queryWidth = 1] = shapeOf(node.input(0));
  const [queryHeads, heads] = [node.integer("q_num_heads"), node.integer("kv_num_heads")];
  const [keySize, valueSize] = [queryWidth / queryHeads, shapeOf(node.input(2))[2]! / heads];
  const rule = node.oneOf("update_rule", ["linear", "gated", "delta", "gated_delta"], "gated_delta");
  const scale = node.float("scale", 0) || 1 / Math.sqrt(keySize);
  const element = elementOf(node.input(0));
  /** Step `step` of an input as f32 [batch, heads, size / heads]. */
  const stepOf = (position: number, step: number, count: number) => {
    const one = convert(node, sliceAxis(node, node.input(position), 1, step, 1), "f32");
    return reshape(node, one, [batch, count, shapeOf(one)[2]! / count]);
  };
  const row = (value: Tensor) => reshape(node, value, [...shapeOf(value).slice(0, 2), 1, shapeOf(value)[2]!]);
  const column = (value: Tensor) => reshape(node, value, [...shapeOf(value), 1]);
  const past = node.optionalInput(3);
  let state =
    past === undefined ? node.filled([batch, heads, keySize, valueSize], 0, "f32") : convert(node, past, "f32");
  const outputs: Tensor[] = [];
  for (const step of ascending(steps)) {
    const [key, value] = [stepOf(1, step, heads), stepOf(2, step, heads)];
    if (rule.startsWith("gated")) {
      state = mul(node, state, column(node.emit(tensor.exp, { input: stepOf(4, step, heads) })));
    }
    let written = value;
    if (rule.endsWith("delta")) {
      const known = node.emit(tensor.matmul, { lhs: row(key), rhs: state });
      written = mul(node, stepOf(5, step, heads), sub(node, value, reshape(node, known, shapeOf(value))));
    }
    state = add(node, state, node.emit(tensor.matmul, { lhs: column(key), rhs: row(written) }));
    // Query heads that share a state are rows of one product.
    const rows = reshape(node, stepOf(0, step, queryHeads), [batch, heads, queryHeads / heads, keySize]);
    const read = withNumber(node, tensor.mul, node.emit(tensor.matmul, { lhs: rows, rhs: state }), scale);
    outputs.push(reshape(node, convert(node, read, element), [batch, 1, queryHeads * valueSize]));
  }
  return [concat(node, outputs, 1), convert(node, state, element)];
}

export const linearAttentionOperators: OperatorTable = {
  LinearAttention: since(27, linearAttention),
};
