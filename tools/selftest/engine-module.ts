/**
 * Modules at the `ane` level for the self-test: one program of a few tasks, and a @main that only calls it, on f16. Tasks are
 * built by their own declarations, which infer the types of their results.
 */
import * as ane from "../../dialects/ane/index.ts";
import { functionOperation, moduleOperation } from "../../dialects/func/build.ts";
import { DictionaryAttribute, elementsAttribute, StringAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import { unknownLocation } from "../../ir/location.ts";
import { Block, type Operation, Region, type Value } from "../../ir/operation.ts";
import { elementCount } from "../../ir/tensor-data.ts";
import { FunctionType, f16, TensorType } from "../../ir/types.ts";

export type Surface = Value<ane.SurfaceType>;

/** What a task builder gets: the program's arguments, and ways to add to it. */
export interface ProgramDraft {
  readonly builder: Builder;
  readonly inputs: readonly Surface[];
  /** A surface that is part of the program. */
  constant(shape: readonly number[], values: ArrayLike<number>): Surface;
  /** The first result of a task, as a surface. */
  surface(task: Operation): Surface;
}

export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

function isSurface(value: Value): value is Surface {
  return value.type instanceof ane.SurfaceType;
}

function isTensor(value: Value): value is Value<TensorType> {
  return value.type instanceof TensorType;
}

/** A module that runs the tasks of `build` on `inputs`; its outputs are `names`, in order. */
export function engineModule(
  target: string,
  inputs: readonly NamedShape[],
  outputs: readonly string[],
  build: (draft: ProgramDraft) => readonly Surface[],
): Operation {
  const location = unknownLocation;
  const block = new Block();
  const builder = new Builder(at.endOf(block), location);
  const surface = (task: Operation): Surface => {
    const [value] = task.results;
    if (value === undefined || !isSurface(value)) throw new Error(`${task.name} gives no surface`);
    return value;
  };
  const args = inputs.map(({ shape }) => block.addArgument(ane.SurfaceType.get(shape), location)).filter(isSurface);
  const results = build({
    builder,
    inputs: args,
    surface,
    constant: (shape, values) => {
      if (values.length !== elementCount(shape)) throw new Error(`[${shape.join(", ")}] has ${values.length} values`);
      const type = TensorType.get([...shape], f16);
      const value = elementsAttribute(type, Float16Array.from(values));
      return surface(builder.build(ane.constant, { value, result: ane.SurfaceType.get(shape) }));
    },
  });
  builder.build(ane.returnOperation, { inputs: results });
  const types = { inputs: args.map(({ type }) => type), results: results.map(({ type }) => type) };
  const program = ane.program.build(
    {
      sym_name: "selftest",
      function_type: FunctionType.get(types.inputs, types.results),
      target,
      input_names: inputs.map(({ name }) => name),
      output_names: outputs,
      body: new Region([block]),
    },
    location,
  );
  const tensors = (surfaces: readonly ane.SurfaceType[]) => surfaces.map(({ tensor }) => tensor);
  const named = (role: string, names: readonly string[]) =>
    names.map((name) => DictionaryAttribute.get([[`anemone.${role}`, StringAttribute.get(name)]]));
  const main = functionOperation(
    "main",
    tensors(types.inputs),
    tensors(types.results),
    (to, parameters) =>
      to.build(ane.call, { callee: "selftest", inputs: parameters.filter(isTensor), outputs: tensors(types.results) })
        .results,
    {
      argumentNames: inputs.map(({ name }) => name),
      argumentAttributes: named(
        "input",
        inputs.map(({ name }) => name),
      ),
      resultAttributes: named("output", outputs),
    },
  );
  return moduleOperation([program, main]);
}
