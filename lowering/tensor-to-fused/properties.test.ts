/** On random graphs: every op is in a task, fusing and expanding keep the meaning, and so does lowering to linalg. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { constant } from "../../dialects/arith/ops.ts";
import { functionOperation, moduleOperation } from "../../dialects/func/index.ts";
import { anchorClassOf, isTask } from "../../dialects/fused/index.ts";
import * as tensor from "../../dialects/tensor/ops.ts";
import { DenseElementsAttribute } from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { f32, TensorType } from "../../ir/types.ts";
import { genericPasses } from "../../passes/index.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { parsePipeline } from "../../passes/pipeline.ts";
import { fusedToLinalg } from "../fused-to-linalg/index.ts";
import { difference, randomNumbers, randomTensor, run, testContext } from "../fused-to-linalg/testing.ts";
import { expandFused } from "./expand-fused.ts";
import { tensorToFused } from "./tensor-to-fused.ts";

const passes = [...genericPasses, tensorToFused, expandFused, fusedToLinalg];
type TensorValue = Value<TensorType>;

/** One op to add to a graph: which, and which of the values so far it takes. */
interface Step {
  readonly kind: number;
  readonly first: number;
  readonly second: number;
}

const step: fc.Arbitrary<Step> = fc.record({ kind: fc.nat(15), first: fc.nat(), second: fc.nat() });
const graph = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 14 }),
  results: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
});

function isTensor(value: Value): value is TensorValue {
  return value.type instanceof TensorType;
}

/** Adds what a step says, on values of shape [1, 2, 4, 4] (images) and [1, 2, 1, 1] (gates). */
function addStep(
  builder: Builder,
  { kind, first, second }: Step,
  images: TensorValue[],
  gates: TensorValue[],
  weight: TensorValue,
): void {
  const image = images[first % images.length]!;
  const other = images[second % images.length]!;
  const gate = gates[second % gates.length]!;
  const splat = (value: number) => {
    const made = builder.build(constant, {
      value: DenseElementsAttribute.splat(TensorType.get([], f32), value),
    }).result;
    if (!isTensor(made)) throw new Error("a constant of tensor type is a tensor");
    return made;
  };
  const permuted = [0, 1, 3, 2];
  switch (kind) {
    case 0:
      images.push(builder.build(tensor.conv2d, { input: image, weight }).result);
      break;
    case 1:
      images.push(builder.build(tensor.relu, { input: image }).result);
      break;
    case 2:
      images.push(builder.build(tensor.add, { lhs: image, rhs: other }).result);
      break;
    case 3:
      images.push(builder.build(tensor.mul, { lhs: image, rhs: gate }).result);
      break;
    case 4:
      images.push(builder.build(tensor.sigmoid, { input: image }).result);
      break;
    case 5:
      images.push(builder.build(tensor.mul, { lhs: other, rhs: image }).result);
      break;
    case 6:
      gates.push(builder.build(tensor.reduceMean, { input: image, axes: [2, 3] }).result);
      break;
    case 7:
      gates.push(builder.build(tensor.tanh, { input: gate }).result);
      break;
    case 8:
      images.push(builder.build(tensor.transpose, { input: image, permutation: permuted }).result);
      break;
    case 9:
      images.push(builder.build(tensor.softmax, { input: image, axis: 3 }).result);
      break;
    case 10:
      images.push(builder.build(tensor.maxPool2d, { input: image, kernel: [3, 3], padding: [1, 1, 1, 1] }).result);
      break;
    case 11:
      images.push(builder.build(tensor.add, { lhs: image, rhs: splat(0.5) }).result);
      break;
    case 12:
      images.push(builder.build(tensor.matmul, { lhs: image, rhs: other }).result);
      break;
    case 13:
      gates.push(builder.build(tensor.add, { lhs: gate, rhs: gates[first % gates.length]! }).result);
      break;
    case 14:
      images.push(builder.build(tensor.mul, { lhs: image, rhs: splat(0.25) }).result);
      break;
    default:
      images.push(builder.build(tensor.neg, { input: image }).result);
  }
}

const image = TensorType.get([1, 2, 4, 4], f32);
const gate = TensorType.get([1, 2, 1, 1], f32);
const weight = TensorType.get([2, 2, 1, 1], f32);

function moduleOf({
  steps,
  results,
}: {
  readonly steps: readonly Step[];
  readonly results: readonly number[];
}): Operation {
  const types = results.map(() => image);
  return moduleOperation([
    functionOperation("main", [image, gate, weight], types, (builder, args) => {
      const [x, g, w] = args.filter(isTensor);
      const [images, gates] = [[x!], [g!]];
      for (const each of steps) addStep(builder, each, images, gates, w!);
      return results.map(
        (result) => images[(images.length - 1 - (result % images.length) + images.length) % images.length]!,
      );
    }),
  ]);
}

function transform(module: Operation, pipeline: string): void {
  new PassManager(parsePipeline(pipeline, passes), testContext).run(module);
}

const next = randomNumbers(17);
const inputs = [image, gate, weight].map(({ shape }) => randomTensor(shape, "f32", -1, 1, next));

describe.each(["cpu", "ane"])("grouping for %s", (device) => {
  const fuse = `tensor-to-fused{device=${device} recognise=false}`;

  it("puts every op into a task, and keeps what the graph computes", () => {
    fc.assert(
      fc.property(graph, (shape) => {
        const module = moduleOf(shape);
        const wanted = run(module, inputs);
        transform(module, fuse);
        module.walk((operation) => {
          if (anchorClassOf(operation) !== undefined) expect(isTask(operation.parentOperation)).toBe(true);
        });
        expect(run(module, inputs)).toEqual(wanted);
        transform(module, "expand-fused");
        module.walk((operation) => expect(isTask(operation)).toBe(false));
        expect(run(module, inputs)).toEqual(wanted);
      }),
      { numRuns: 150, seed: 5 },
    );
  });

  it("and so does lowering the tasks to linalg", () => {
    fc.assert(
      fc.property(graph, (shape) => {
        const module = moduleOf(shape);
        const wanted = run(module, inputs);
        transform(module, `${fuse},fused-to-linalg`);
        const found = run(module, inputs);
        for (const [position, each] of wanted.entries())
          expect(difference(found[position]!, each, 1e-4)).toBeUndefined();
      }),
      { numRuns: 100, seed: 6 },
    );
  });
});
