/** Running whole modules by the reference semantics, at every level whose ops have evaluators. */
import { functionsOf } from "../../dialects/func/index.ts";
import { StringAttribute } from "../../ir/attributes.ts";
import type { Context } from "../../ir/context.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import type { Operation } from "../../ir/operation.ts";
import type { TensorData } from "../../ir/tensor-data.ts";

/**
 * Runs `@main` on the network's inputs, in order. Arguments that `@prepare` computes once from the weights (their role says
 * so: `anemone.prepared`) are computed here too.
 */
export function evaluateProgram(
  module: Operation,
  inputs: readonly TensorData[],
  context: Context,
): readonly TensorData[] {
  const functions = functionsOf(module);
  const main = functions.get("main");
  if (main === undefined) throw module.error("has no function @main");
  const prepare = functions.get("prepare");
  const prepared = new Map<string, TensorData>();
  if (prepare !== undefined) {
    const results = evaluateFunction(prepare, [], context);
    for (const [position, marks] of (prepare.res_attrs ?? []).entries()) {
      const name = marks.entries.get("anemone.prepared");
      if (name instanceof StringAttribute) prepared.set(name.value, results[position]!);
    }
  }
  const given = inputs.values();
  const args = main.function_type.inputs.map((type, position) => {
    const name = main.arg_attrs?.[position]?.entries.get("anemone.prepared");
    const data = name instanceof StringAttribute ? prepared.get(name.value) : given.next().value;
    if (data === undefined) throw main.error(`has no data for argument ${position} of type ${type}`);
    return data;
  });
  return evaluateFunction(main, args, context);
}
