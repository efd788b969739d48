/**
 * Constant folding on the reference semantics: an operation whose operands are all constants is evaluated and replaced by
 * its result. Only small ones: a large weight transform stays symbolic, and compiled code materialises it once.
 */
import { type ElementsAttribute, elementsAttribute } from "../ir/attributes.ts";
import { at, Builder } from "../ir/builder.ts";
import { constantOf, isPure } from "../ir/effects.ts";
import { dataOfAttribute, evaluateOperation } from "../ir/evaluate.ts";
import { Evaluate } from "../ir/interfaces.ts";
import type { Operation } from "../ir/operation.ts";
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
    const candidates: Operation[] = [];
    root.walk((operation) => {
      if (context.implementation(Evaluate, operation) !== undefined) candidates.push(operation);
    });
    let changed = false;
    for (const operation of candidates) {
      if (operation.results.length === 0 || operation.regions.length > 0 || !isPure(operation, context)) continue;
      if (operation.definition?.hasTrait("ConstantLike")) continue;
      const inputs = constantInputs(operation, limit);
      if (inputs === undefined) continue;
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

/** The operands' data if all are constants of at most `limit` elements. */
function constantInputs(operation: Operation, limit: number): TensorData[] | undefined {
  const inputs: TensorData[] = [];
  for (const value of operation.operands) {
    const attribute = constantOf(value);
    if (attribute === undefined) return undefined;
    if (value.type instanceof ShapedType && value.type.count > limit) return undefined;
    const data = dataOfAttribute(attribute);
    if (data === undefined) return undefined;
    inputs.push(data);
  }
  return inputs;
}
