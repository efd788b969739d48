/** Workarounds on the function as a whole: outputs that no op gives, the order of inputs and outputs, build information. */
import * as mil from "../../../dialects/mil/index.ts";
import { DenseElementsAttribute, DictionaryAttribute } from "../../../ir/attributes.ts";
import { at, Builder } from "../../../ir/builder.ts";
import { arrayOf, functionTypeAttribute, stringAttribute } from "../../../ir/constraints.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { FunctionType, TensorType } from "../../../ir/types.ts";
import { requiredBuildInfo } from "../rules/ports.ts";

/** build_info -> build_info with the compiler's versions */
export function withBuildInfo(program: mil.ProgramOperation): boolean {
  const given = program.build_info.entries;
  const missing = requiredBuildInfo.filter((key) => !given.has(key));
  if (missing.length === 0) return false;
  const added = missing.map((key) => [key, mil.defaultBuildInfo.entries.get(key)!] as const);
  program.properties.set("build_info", DictionaryAttribute.get([...added, ...given]));
  return true;
}

/** return x -> return mul(x, 1), for inputs, constants, and what is returned already */
export function withComputedOutputs(main: mil.MilFunction): boolean {
  const end = main.body.entry?.last;
  if (end === undefined) return false;
  const seen = new Set<Value>();
  let changed = false;
  for (const [position, value] of end.operands.entries()) {
    const isComputed = value.definer !== undefined && !mil.constant.matches(value.definer) && !seen.has(value);
    seen.add(value);
    if (isComputed || !(value.type instanceof TensorType)) continue;
    const name = main.output_names[position] ?? `output${position}`;
    const builder = new Builder(at.before(end), main.location);
    const one = DenseElementsAttribute.splat(TensorType.get([], value.type.element), 1);
    const y = builder.build(mil.constant, { val: one, name: `${name}_one`, result: one.type }).result;
    const nameConstant = (parameter: string) => `${name}_${parameter}`;
    const copy = mil.buildWithConstants(builder, mil.mul, { x: value, y }, { name, nameConstant });
    end.setOperand(position, copy.onlyResult);
    changed = true;
  }
  return changed;
}

/** Positions in the order of the names. */
function orderOf(names: readonly string[]): readonly number[] {
  const positions = names.map((_, position) => position);
  return positions.toSorted((a, b) => (names[a]! < names[b]! ? -1 : names[a]! > names[b]! ? 1 : 0));
}

const isSorted = (order: readonly number[]) => order.every((from, to) => from === to);

/** main(b, a) -> (z, y) becomes main(a, b) -> (y, z), and calls of it with it. */
export function withSortedPorts(program: mil.ProgramOperation, calls: readonly Operation[]): boolean {
  const main = mil.mainOf(program);
  const block = main?.body.entry;
  const end = block?.last;
  if (main === undefined || block === undefined || end === undefined) return false;
  const inputs = orderOf(main.input_names);
  const outputs = orderOf(main.output_names);
  if (isSorted(inputs) && isSorted(outputs)) return false;
  const sorted = <T>(list: readonly T[], order: readonly number[]): T[] => order.map((from) => list[from]!);
  const { inputs: inputTypes, results } = main.function_type;
  const old = [...block.arguments];
  const made = inputs.map((from) => {
    const argument = block.addArgument(old[from]!.type, old[from]!.location);
    argument.nameHint = old[from]!.nameHint;
    old[from]!.replaceAllUsesWith(argument);
    return argument;
  });
  for (let position = old.length - 1; position >= 0; position--) block.eraseArgument(position);
  if (made.length !== block.arguments.length) throw new Error("arguments were lost");
  end.setOperands(sorted(end.operands, outputs));
  const names = arrayOf(stringAttribute);
  main.properties.set("input_names", names.encode(sorted(main.input_names, inputs)));
  main.properties.set("output_names", names.encode(sorted(main.output_names, outputs)));
  const type = FunctionType.get(sorted(inputTypes, inputs), sorted(results, outputs));
  main.properties.set("function_type", functionTypeAttribute.encode(type));
  for (const each of calls) {
    if (!mil.call.matches(each) || each.callee !== program.sym_name) continue;
    const call = mil.call.build(
      {
        callee: each.callee,
        inputs: sorted(each.inputs, inputs),
        outputs: sorted(each.outputs, outputs).map(({ type }) => type),
      },
      each.location,
    );
    each.block?.insertBefore(call, each);
    for (const [to, from] of outputs.entries()) each.results[from]!.replaceAllUsesWith(call.results[to]!);
    each.erase();
  }
  return true;
}
