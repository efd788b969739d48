/** Finding attention: a softmax whose scores come from a matrix product and whose result goes into another. */
import type { Block, Operation } from "../../ir/operation.ts";
import type { Group, GroupGraph } from "./group-graph.ts";
import { isPointwise } from "./rules.ts";

/** Scaling and masking between the first product and softmax: single-use elementwise ops. */
function scoresOf(softmax: Operation): Operation[] | undefined {
  const chain: Operation[] = [];
  let value = softmax.operand(0);
  for (let step = 0; step < 8; step++) {
    const { definer } = value;
    if (definer === undefined || !value.hasOneUse || definer.block !== softmax.block) return undefined;
    chain.push(definer);
    if (definer.name === "tensor.matmul") return chain;
    if (!isPointwise(definer)) return undefined;
    value = definer.operand(0);
  }
  return undefined;
}

/** Merges the ops of each attention into one group. */
export function groupAttention(
  block: Block,
  graph: GroupGraph,
  remark: (operation: Operation, message: string) => void,
): void {
  for (const softmax of block.operations) {
    if (softmax.name !== "tensor.softmax" || !softmax.onlyResult.hasOneUse) continue;
    const [product] = softmax.onlyResult.users;
    const chain = scoresOf(softmax);
    const isWeighted = product?.name === "tensor.matmul" && product.operand(0) === softmax.onlyResult;
    if (chain === undefined || !isWeighted || product.block !== block) continue;
    const members = [...chain.reverse(), softmax, product];
    const groups = members.map((operation) => graph.groupOf(operation)!);
    if (groups.some((group) => group.operations.length > 1)) continue;
    const merged: Group = groups[0]!;
    for (const group of groups.slice(1)) {
      if (!graph.canMerge(merged, group)) {
        remark(softmax, "is not grouped as attention: another task between its products would wait for itself");
        break;
      }
      graph.merge(merged, group);
    }
  }
}
