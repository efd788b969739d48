/**
 * Finding the operations that a pass is about. It looks at each kind of operation once, so that a program without any costs
 * next to nothing, however large it is.
 */
import type { Context } from "../ir/context.ts";
import type { OperationDefinition } from "../ir/declaration.ts";
import type { OpInterface } from "../ir/interfaces.ts";
import type { Operation } from "../ir/operation.ts";

/** The operations inside `root` (without it) that implement an interface, outer ones first, in the order of the program. */
export function operationsImplementing<I>(root: Operation, wanted: OpInterface<I>, context: Context): Operation[] {
  return operationsOfKind(root, (operation) => context.implementation(wanted, operation) !== undefined);
}

/** The same for any question whose answer depends on the op's declaration only. */
export function operationsOfKind(root: Operation, isWanted: (operation: Operation) => boolean): Operation[] {
  const found: Operation[] = [];
  const known = new Map<OperationDefinition | undefined, boolean>();
  let lastDefinition: OperationDefinition | undefined;
  let lastAnswer = false;
  const later: (Operation | undefined)[] = [];
  const enter = (operation: Operation) => {
    const { regions } = operation;
    for (let at = regions.length - 1; at >= 0; at--) {
      const { blocks } = regions[at]!;
      for (let position = blocks.length - 1; position >= 0; position--) later.push(blocks[position]!.first);
    }
  };
  enter(root);
  while (later.length > 0) {
    let operation = later.pop();
    while (operation !== undefined) {
      const { definition } = operation;
      if (definition !== lastDefinition) {
        let answer = known.get(definition);
        if (answer === undefined) {
          answer = isWanted(operation);
          known.set(definition, answer);
        }
        lastDefinition = definition;
        lastAnswer = answer;
      }
      if (lastAnswer) found.push(operation);
      if (operation.regions.length > 0) {
        later.push(operation.next);
        enter(operation);
        break;
      }
      operation = operation.next;
    }
  }
  return found;
}
