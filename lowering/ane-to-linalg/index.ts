/**
 * The virtual engine: programs of the engine as host code that computes what the engine would, by its numeric rules (see
 * dialects/ane/numerics.ts), and reports overflow per task. From here on it is the host-CPU path: linalg on tensors, valid for any MLIR.
 */
import { call, program } from "../../dialects/ane/index.ts";
import { type FunctionOperation, functionDefinition, functionsOf } from "../../dialects/func/index.ts";
import * as tensor from "../../dialects/tensor/index.ts";
import { DictionaryAttribute, StringAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import { type Context, dialect } from "../../ir/context.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { FunctionType, i32, TensorType } from "../../ir/types.ts";
import { pass } from "../../passes/pass.ts";
import { fusedToLinalg } from "../fused-to-linalg/index.ts";
import { InlinedPrograms } from "./inline-programs.ts";
import { overflowAttribute, overflowName } from "./overflow-entries.ts";
import { settleLowering } from "./settle-lowering.ts";

export { type OverflowEntry, overflowEntries, overflowName } from "./overflow-entries.ts";
export { settleLowering } from "./settle-lowering.ts";

function callsIn(func: FunctionOperation): Operation[] {
  const found: Operation[] = [];
  func.walk((operation) => {
    if (call.matches(operation)) found.push(operation);
  });
  return found;
}

/** Gives a function one more result: the counts, in the order of the table on the function. */
function addOverflowResult(func: FunctionOperation, inlined: InlinedPrograms): void {
  const { counted } = inlined;
  const terminator = func.body.onlyBlock.last;
  if (terminator === undefined || counted.length === 0) return;
  const builder = new Builder(at.before(terminator), func.location);
  const single = TensorType.get([1], i32);
  const parts = counted.map(
    ({ count }) => builder.build(tensor.staticReshape, { input: asTensor(count), result: single }).result,
  );
  const [first] = parts;
  const counts = parts.length === 1 ? first! : builder.build(tensor.concat, { inputs: parts, dim: 0 }).result;
  const { inputs, results } = func.function_type;
  const attributes = func.res_attrs ?? results.map(() => DictionaryAttribute.get([]));
  const { fields } = functionDefinition;
  const own = DictionaryAttribute.get([["anemone.output", StringAttribute.get(overflowName)]]);
  func.properties.set("res_attrs", fields.res_attrs.constraint.encode([...attributes, own]));
  func.properties.set(
    "function_type",
    fields.function_type.constraint.encode(FunctionType.get(inputs, [...results, counts.type])),
  );
  terminator.setOperands([...terminator.operands, counts]);
  func.attributes.set(overflowName, overflowAttribute(counted.map(({ entry }) => entry)));
}

function asTensor(value: Value): Value<TensorType> {
  if (!isTensorValue(value)) throw new Error(`a tensor is expected, found ${value.type}`);
  return value;
}

function isTensorValue(value: Value): value is Value<TensorType> {
  return value.type instanceof TensorType;
}

/** The context with what the engine's rounding needs. */
export function withEngineLowerings(context: Context): Context {
  return context.with([
    dialect("ane_host", { doc: "How the engine's rounding runs on the host.", attach: [settleLowering] }),
  ]);
}

/** Puts the tasks of called programs into the functions that call them. Returns whether there were any. */
export function inlinePrograms(module: Operation, countOverflow: boolean): boolean {
  let changed = false;
  for (const func of functionsOf(module).values()) {
    const calls = callsIn(func);
    if (calls.length === 0) continue;
    const inlined = new InlinedPrograms(new Builder(at.before(calls[0]!)), { countOverflow });
    for (const each of calls) inlined.inline(each);
    addOverflowResult(func, inlined);
    changed = true;
  }
  for (const operation of module.regions[0]!.onlyBlock.operations) {
    if (!program.matches(operation)) continue;
    operation.erase();
    changed = true;
  }
  return changed;
}

export const aneToLinalg = pass("ane-to-linalg", {
  doc: "Lowers programs of the engine to linalg on tensors, with the engine's numeric rules and a count of infinities per task.",
  options: {
    "overflow-report": { doc: "give a further output with the number of infinities per task", default: true },
  },
  establishes: ["linalg"],
  exactness: "the engine's rules; activations are exact functions, products are summed in f32",
  anchor: "builtin.module",
  subject: { operations: [program.name], otherwise: "fused-to-ane makes them, behind tensor-to-fused{device=ane}" },
  run: (module, passContext, options) => {
    const changed = inlinePrograms(module, options["overflow-report"]);
    const context = withEngineLowerings(passContext.context);
    return fusedToLinalg.run(module, { ...passContext, context }, {}) || changed;
  },
});
