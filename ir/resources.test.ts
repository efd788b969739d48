/** Attributes that refer to blobs are one object while anything refers to them, and go with their bytes afterwards. */
import { expect, test } from "vitest";
import { DenseResourceAttribute, elementsAttribute } from "./attributes.ts";
import { f32, TensorType } from "./types.ts";

const weights = (seed: number) =>
  elementsAttribute(
    TensorType.get([100_000], f32),
    Float32Array.from({ length: 100_000 }, (_, index) => index + seed),
  );

test("equal ones are the same object", () => {
  const first = weights(1);
  expect(first).toBeInstanceOf(DenseResourceAttribute);
  Bun.gc(true);
  expect(weights(1)).toBe(first);
  expect(weights(2)).not.toBe(first);
});

test("those that nothing refers to are collected", () => {
  const made = Array.from({ length: 20 }, (_, seed) => new WeakRef(weights(seed + 10)));
  for (let attempt = 0; attempt < 3; attempt++) Bun.gc(true);
  expect(made.filter((each) => each.deref() !== undefined).length).toBeLessThan(10);
});
