/** Conversions by machine code against those element by element, to the bit. */
import { describe, expect, test } from "vitest";
import { allocateElements, type ElementName, setNumber, type TensorData } from "../../../ir/tensor-data.ts";
import { findLlvm } from "../../ffi/llvm-library.ts";
import { conversion } from "./conversions.ts";

const values = [0, -0, 1, -1, 0.1, 65504, 65519.99, 65520, 1e9, -1e9, 2 ** -14, 2 ** -24, 2 ** -25, 3 * 2 ** -26];
const special = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

function tensor(element: ElementName, length: number, valueAt: (index: number) => number): TensorData {
  const made: TensorData = { shape: [length], element, data: allocateElements(element, length) };
  for (let index = 0; index < length; index++) setNumber(made, index, valueAt(index));
  return made;
}

function converted(source: TensorData, to: ElementName, native: boolean): TensorData {
  const target = tensor(to, source.data.length, () => 0);
  conversion(source.element, to, { native })(source, target);
  return target;
}

const isLlvmThere = findLlvm().library !== undefined;

describe.skipIf(!isLlvmThere)("machine code", () => {
  const cases: readonly [ElementName, ElementName, (index: number) => number][] = [
    ["f32", "f16", (index) => values.concat(special)[index % 17]! * (1 + index / 7)],
    ["f16", "f32", (index) => new Float16Array(Uint16Array.of((index * 2654435761) & 0xffff).buffer)[0]!],
    ["ui8", "f16", (index) => index & 255],
    ["i8", "f16", (index) => (index & 255) - 128],
  ];
  for (const [from, to, valueAt] of cases) {
    test(`from ${from} to ${to} gives the same bits, for every length`, () => {
      for (const length of [0, 1, 2, 7, 15, 16, 17, 31, 64, 100, 1023]) {
        const source = tensor(from, length, valueAt);
        const [fast, slow] = [converted(source, to, true), converted(source, to, false)];
        expect([length, [...fast.data]]).toEqual([length, [...slow.data]]);
      }
    });
  }
});

test("other types go element by element", () => {
  expect([
    ...converted(
      tensor("i32", 3, (index) => index * 1000),
      "f16",
      true,
    ).data,
  ]).toEqual([0, 1000, 2000]);
  expect([
    ...converted(
      tensor("i64", 3, (index) => -index),
      "f16",
      true,
    ).data,
  ]).toEqual([-0, -1, -2].map((x) => x + 0));
  expect([
    ...converted(
      tensor("f16", 3, (index) => index + 0.5),
      "i64",
      true,
    ).data,
  ]).toEqual([0n, 1n, 2n]);
  expect([
    ...converted(
      tensor("f16", 3, (index) => index),
      "i1",
      true,
    ).data,
  ]).toEqual([0, 1, 1]);
});

test("equal types are copied as they are", () => {
  const source = tensor("f16", 5, (index) => (index === 2 ? Number.NaN : index));
  expect([...converted(source, "f16", true).data]).toEqual([...source.data]);
});
