/** The upstream tensor ops run by their reference semantics, with known and run-time indices. */
import { describe, expect, it } from "vitest";
import { DenseElementsAttribute, FloatAttribute, IntegerAttribute } from "../../../ir/attributes.ts";
import { at, Builder } from "../../../ir/builder.ts";
import { Context } from "../../../ir/context.ts";
import { evaluateBlock } from "../../../ir/evaluate.ts";
import { unknownLocation } from "../../../ir/location.ts";
import { Block, type Operation, type Value } from "../../../ir/operation.ts";
import { getNumber, type TensorData } from "../../../ir/tensor-data.ts";
import { f32 as float, index, i32 as int, TensorType } from "../../../ir/types.ts";
import { verifyAll } from "../../../ir/verifier.ts";
import { arith, constant } from "../../arith/index.ts";
import { indexValues } from "../../memref/build.ts";
import { tensorType } from "../declare.ts";
import * as t from "../index.ts";
import { count, f32 } from "../op-testing.ts";

const context = new Context([arith, t.tensor]);

/** Runs what `body` builds on one tensor argument; gives shape and elements. */
function run(
  input: TensorData,
  body: (builder: Builder, argument: Value<TensorType>, at: (position: number) => Value) => Operation,
) {
  const block = new Block();
  const argument = block.addArgument(tensorType(input.shape, input.element), unknownLocation);
  const builder = new Builder(at.endOf(block));
  const position = (value: number) => builder.build(constant, { value: IntegerAttribute.get(value, index) }).result;
  const { onlyResult } = body(builder, argument, position);
  for (const operation of block.operations)
    expect(verifyAll(operation, context).map(({ message }) => message)).toEqual([]);
  const environment = new Map([[argument as Value, input]]);
  evaluateBlock(block, environment, context);
  const found = environment.get(onlyResult)!;
  const values = Array.from({ length: found.data.length }, (_, offset) => getNumber(found, offset));
  return { shape: found.shape, element: found.element, values };
}

const isTensorValue = (value: Value): value is Value<TensorType> => value.type instanceof TensorType;
const f32Result = (shape: readonly number[], ...values: readonly number[]) => ({ shape, element: "f32", values });

describe("upstream tensor ops", () => {
  it("slice with run-time offsets and dropped dimensions", () => {
    const found = run(count(2, 4), (b, a, position) => t.sliceOf(b, a, [position(1), 0], [1, 2], [1, 2], [0]).owner);
    expect(found).toEqual(f32Result([2], 4, 6));
  });

  it("refuse a slice that leaves its source", () => {
    const slice = () => run(count(2, 4), (b, a, position) => t.sliceOf(b, a, [position(2), 0], [1, 2]).owner);
    expect(slice).toThrow(/slice: expected indices from 0 to 1 in dimension 0, found start 2/);
  });

  it("insert a slice", () => {
    const found = run(count(2, 3), (b, a) => {
      const part = t.sliceOf(b, a, [0, 0], [1, 2]);
      return t.insertSliceInto(b, part, a, [1, 0], [1, 2], [1, 2]).owner;
    });
    expect(found).toEqual(f32Result([2, 3], 0, 1, 2, 0, 4, 1));
  });

  it("pad with a constant", () => {
    const found = run(count(2), (b, a) => {
      const value = b.build(constant, { value: FloatAttribute.get(7, float) }).result;
      return t.padWith(b, a, [1], [2], value).owner;
    });
    expect(found).toEqual(f32Result([5], 7, 0, 1, 7, 7));
  });

  it("merge and split dimensions", () => {
    expect(run(count(2, 3), (b, a) => t.collapse(b, a, [[0, 1]]).owner)).toEqual(f32Result([6], 0, 1, 2, 3, 4, 5));
    expect(run(count(4), (b, a) => t.expand(b, a, [[0, 1]], [2, 2]).owner)).toEqual(f32Result([2, 2], 0, 1, 2, 3));
  });

  it("reshape to sizes in a tensor", () => {
    const found = run(count(6), (b, a) => {
      const sizes = DenseElementsAttribute.get(TensorType.get([2], int), Int32Array.of(3, 2));
      const shape = b.build(constant, { value: sizes }).result;
      if (!isTensorValue(shape)) throw new Error("a dense constant is a tensor");
      return b.build(t.reshape, { source: a, shape, result: TensorType.get([3, 2], float) });
    });
    expect(found).toEqual(f32Result([3, 2], 0, 1, 2, 3, 4, 5));
  });

  it("concatenate", () => {
    const found = run(count(2, 2), (b, a) => b.build(t.concat, { inputs: [a, a], dim: 1 }));
    expect(found).toEqual(f32Result([2, 4], 0, 1, 0, 1, 2, 3, 2, 3));
  });

  it("read sizes and ranks", () => {
    expect(
      run(count(2, 5), (b, a, position) => b.build(t.dim, { source: a, index: indexValues([position(1)])[0]! })).values,
    ).toEqual([5]);
    expect(run(count(2, 5), (b, a) => b.build(t.rank, { tensor: a })).values).toEqual([2]);
  });

  it("read and write single elements", () => {
    const element = run(count(2, 2), (b, a, position) =>
      b.build(t.extract, { tensor: a, indices: indexValues([position(1), position(0)]) }),
    );
    expect(element).toEqual(f32Result([], 2));
    const inserted = run(count(3), (b, a, position) => {
      const scalar = b.build(constant, { value: FloatAttribute.get(9, float) }).result;
      return b.build(t.insert, { scalar, dest: a, indices: indexValues([position(2)]) });
    });
    expect(inserted).toEqual(f32Result([3], 0, 1, 9));
    const outside = () =>
      run(count(3), (b, a, position) => b.build(t.extract, { tensor: a, indices: indexValues([position(3)]) }));
    expect(outside).toThrow(/extract: expected an index below 3 in dimension 0, found 3/);
  });

  it("make tensors of scalars", () => {
    const scalar = (b: Builder, value: number) => b.build(constant, { value: FloatAttribute.get(value, float) }).result;
    const splat = run(count(1), (b) =>
      b.build(t.splat, { input: scalar(b, 3), dynamicSizes: [], aggregate: TensorType.get([2, 2], float) }),
    );
    expect(splat).toEqual(f32Result([2, 2], 3, 3, 3, 3));
    const listed = run(count(1), (b) =>
      b.build(t.fromElements, { elements: [scalar(b, 1), scalar(b, 2)], result: TensorType.get([2], float) }),
    );
    expect(listed).toEqual(f32Result([2], 1, 2));
    expect(
      run(count(1), (b) => b.build(t.empty, { dynamicSizes: [], result: TensorType.get([3], float) })).shape,
    ).toEqual([3]);
  });

  it("cast sizes and reinterpret bits", () => {
    const cast = run(count(2), (b, a) => b.build(t.castOperation, { source: a, dest: TensorType.get([-1], float) }));
    expect(cast).toEqual(f32Result([2], 0, 1));
    const bits = run(f32([1], 1), (b, a) => b.build(t.bitcast, { source: a, dest: TensorType.get([1], int) }));
    expect(bits).toEqual({ shape: [1], element: "i32", values: [0x3f800000] });
  });
});
