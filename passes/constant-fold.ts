/**
 * Constant folding on the reference semantics: an operation whose operands are all constants is evaluated and replaced by
 * its result. Only small ones: a large weight transform stays symbolic, and compiled code materialises it once.
 */
import { type ElementsAttribute, elementsAttribute } from "../ir/attributes.ts";
import { at, Builder } from "../ir/builder.ts";
import { constantOf, isPure } from "../ir/effects.ts";
import { dataOfAttribute, evaluateOperation } from "../ir/evaluate.ts";
import { Evaluate } from "../ir/interfaces.ts";
import type { Operation, OperationKind } from "../ir/operation.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { ShapedType } from "../ir/types.ts";
import { pass } from "./pass.ts";

export const constantFold = pass("constant-fold", {
  doc: "Evaluates operations on constants by their reference semantics, up to a size; larger ones stay symbolic.",
  options: {
    "max-elements": { doc: "fold only where operands and results have at most this many elements", default: 4096 },
  },
  run: (root, { context }, options) => {
    const limit = options["max-elements"];
    const canEvaluate = new Map<OperationKind, boolean>();
    let changed = false;
    for (const operation of inProgramOrder(root)) {
      // Most operations are ruled out by their first operand.
      if (operation.operandCount > 0 && constantOf(operation.operand(0)) === undefined) continue;
      if (operation.results.length === 0 || operation.regions.length > 0) continue;
      let isEvaluated = canEvaluate.get(operation.storedKind);
      if (isEvaluated === undefined) {
        const isConstant = operation.definition?.hasTrait("ConstantLike") ?? false;
        isEvaluated = !isConstant && context.implementation(Evaluate, operation) !== undefined;
        canEvaluate.set(operation.storedKind, isEvaluated);
      }
      if (!isEvaluated) continue;
      const inputs = constantInputs(operation, limit);
      if (inputs === undefined || !isPure(operation, context)) continue;
      const types = operation.results.map((result) => result.type);
      if (!types.every((type) => type instanceof ShapedType && type.count <= limit)) continue;
      const outputs = evaluateOperation(operation, inputs, context);
      if (outputs === undefined) continue;
      const constants: Operation[] = [];
      for (const [position, output] of outputs.entries()) {
        const type = types[position];
        if (!(type instanceof ShapedType)) break;
        const value: ElementsAttribute = elementsAttribute(type, output.data, operation.results[position]?.nameHint);
        const constant = context.materializeConstant(value, type, operation.location);
        if (constant !== undefined) constants.push(constant);
      }
      if (constants.length !== operation.results.length) continue;
      const builder = new Builder(at.before(operation));
      for (const constant of constants) builder.insert(constant);
      for (const [position, constant] of constants.entries())
        constant.onlyResult.nameHint = operation.results[position]?.nameHint;
      operation.replaceAllUsesWith(constants.map((constant) => constant.onlyResult));
      operation.erase();
      changed = true;
    }
    return changed;
  },
});

/** All operations inside `root`, each block from its first to its last; the one that was given last may be erased. */
function* inProgramOrder(root: Operation): Generator<Operation> {
  const later: (Operation | undefined)[] = [];
  const enter = (operation: Operation) => {
    for (const region of [...operation.regions].reverse())
      for (const block of [...region.blocks].reverse()) later.push(block.first);
  };
  enter(root);
  while (later.length > 0) {
    let operation = later.pop();
    while (operation !== undefined) {
      const { next } = operation;
      const hasRegions = operation.regions.length > 0;
      if (hasRegions) {
        later.push(next);
        enter(operation);
      }
      yield operation;
      if (hasRegions) break;
      operation = next;
    }
  }
}

/** The operands' data if all are constants of at most `limit` elements. */
function constantInputs(operation: Operation, limit: number): TensorData[] | undefined {
  const inputs: TensorData[] = [];
  for (let index = 0; index < operation.operandCount; index++) {
    const value = operation.operand(index);
    const attribute = constantOf(value);
    if (attribute === undefined) return undefined;
    if (value.type instanceof ShapedType && value.type.count > limit) return undefined;
    const data = dataOfAttribute(attribute);
    if (data === undefined) return undefined;
    inputs.push(data);
  }
  return inputs;
}
