/** What `ane.move` does, per kind, as ops of the tensor dialect. */
import type { OperationOf } from "../../../ir/declaration.ts";
import type { Value } from "../../../ir/operation.ts";
import { f16, TensorType } from "../../../ir/types.ts";
import * as tensor from "../../tensor/ops.ts";
import { concat } from "../../tensor/upstream/ops.ts";
import type { MoveKind, move } from "../move.ts";
import { type EngineSteps, half, type Wide } from "./steps.ts";

type MoveOperation = OperationOf<typeof move>;
type Mover = (steps: EngineSteps, task: MoveOperation, inputs: readonly Value[]) => Value;

const movers: Record<MoveKind, Mover> = {
  reshape: (steps, task, [input]) =>
    steps.build(tensor.staticReshape, { input, result: tensorLike(input!, task.result.type.shape) }),
  transpose: (steps, { permutation }, [input]) => steps.build(tensor.transpose, { input, permutation }),
  concat: (steps, task, inputs) => steps.build(concat, { inputs, dim: task.axis }),
  slice: (steps, task, [input]) => cropped(steps, task, input!),
  pad: (steps, { low, high, mode, value }, [input]) =>
    steps.build(tensor.staticPad, { input, low, high, mode, value: half(value ?? 0) }),
  tile: (steps, { repeats }, [input]) => steps.build(tensor.tile, { input, repeats }),
  reverse: (steps, { axes }, [input]) => steps.build(tensor.reverse, { input, axes }),
  depth_to_space: (steps, { block_size }, [input]) =>
    steps.build(tensor.depthToSpace, { input, block_size, mode: "DCR" }),
  pixel_shuffle: (steps, { block_size }, [input]) =>
    steps.build(tensor.depthToSpace, { input, block_size, mode: "CRD" }),
  space_to_depth: (steps, { block_size }, [input]) => steps.build(tensor.spaceToDepth, { input, block_size }),
};

function tensorLike(value: Value, shape: readonly number[]): TensorType | undefined {
  return value.type instanceof TensorType ? TensorType.get(shape, value.type.element) : undefined;
}

/** A crop; one that starts inside the last dimension limits values on old engines. */
function cropped(steps: EngineSteps, task: MoveOperation, input: Value): Value {
  const begin = task.begin ?? [];
  const value = steps.build(tensor.slice, { input, starts: begin, sizes: task.shape, strides: task.strides });
  const limit = steps.rules.cropLimit;
  if (limit === undefined || (begin.at(-1) ?? 0) === 0 || task.result.type.element !== f16) return value;
  return steps.limited(value, limit);
}

/** Elements keep their values, so the result is as settled as what it is made of. */
export function expandMove(steps: EngineSteps, task: MoveOperation, inputs: readonly Wide[]): Wide {
  const settled = inputs.map((input) => steps.settle(input).value);
  return { value: movers[task.kind](steps, task, settled), settled: true };
}
