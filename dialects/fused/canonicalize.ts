/** Canonical forms of tasks: when rewriting inside a task removed the op that it is named after, the task changes with it. */
import { Region, type Value } from "../../ir/operation.ts";
import { type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import { type AnchorClass, anchorClasses, containsAnchor, strongestAnchor } from "./anchors.ts";
import { tasks, yieldOperation } from "./ops.ts";

/** A task without its anchor -> a task of the strongest class that is left in it, or its ops where none is. */
function renameTask(anchor: AnchorClass): Pattern {
  return rewrite(tasks[anchor], `rename-${anchor}-task`, (task, rewriter) => {
    const block = task.body.onlyBlock;
    if (containsAnchor(block.operations, anchor)) return undefined;
    const left = strongestAnchor(block.operations);
    if (left === undefined) {
      const values = new Map<Value, Value>(
        block.arguments.map((argument, position) => [argument, task.operand(position)]),
      );
      for (const operation of block.operations) {
        if (!yieldOperation.matches(operation)) rewriter.insert(operation.clone(values));
        else
          return rewriter.replace(
            task,
            operation.values.map((value) => values.get(value)!),
          );
      }
      return undefined;
    }
    const body = new Region();
    body.takeBlocks(task.body);
    const outputs = task.outputs.map((result) => result.type);
    return rewriter.replaceWith(task, tasks[left], { inputs: task.inputs, outputs, body });
  });
}

export const fusedCanonicalization: readonly Pattern[] = anchorClasses.map(renameTask);
