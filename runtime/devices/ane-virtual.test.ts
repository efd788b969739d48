/** What the virtual engine says of overflow, and that its counts are not among the outputs. */
import { describe, expect, test } from "vitest";
import type { TensorData } from "../../ir/tensor-data.ts";
import { type Program, tensorArgument } from "../program.ts";
import { AneVirtualProgram, decodeOverflow, describeOverflow, type OverflowEntry } from "./ane-virtual.ts";

const entry = (name: string, sources: readonly number[], kind: "input" | "task" = "task"): OverflowEntry => ({
  name,
  kind,
  location: kind === "task" ? `"${name}"` : "",
  sources,
});
const entries = [
  entry("x", [], "input"),
  entry("conv1", [0]),
  entry("conv2", [0]),
  entry("add", [1, 2]),
  entry("relu", [3]),
];
const originsOf = (...counts: readonly number[]) => decodeOverflow(entries, counts).origins.map(({ name }) => name);

describe("decoding", () => {
  test("a task behind an infinite one is a consequence", () => {
    const { origins, consequences } = decodeOverflow(entries, [0, 3, 0, 3, 2]);
    expect(origins.map(({ name, count }) => [name, count])).toEqual([["conv1", 3]]);
    expect(consequences.map(({ name }) => name)).toEqual(["add", "relu"]);
  });

  test("each branch has its origin", () => {
    expect(originsOf(0, 3, 1, 0, 0)).toEqual(["conv1", "conv2"]);
  });

  test("what lies behind an infinite input is a consequence even where a task between has none", () => {
    expect(originsOf(1, 0, 0, 0, 4)).toEqual(["x"]);
  });

  test("nothing is an empty report", () => {
    expect(describeOverflow(decodeOverflow(entries, [0, 0, 0, 0, 0]))).toEqual([]);
  });

  test("sentences name the task and where it comes from", () => {
    expect(describeOverflow(decodeOverflow(entries, [0, 1, 0, 1, 0]))).toEqual([
      `task 'conv1' at "conv1" gives 1 element beyond the engine's range (2^15 behind products that are summed, else 2^16)`,
      "1 later task has infinities because of that",
    ]);
    expect(describeOverflow(decodeOverflow(entries, [2, 0, 0, 0, 0]))).toEqual([
      "input 'x' has 2 elements beyond the range of f16 (65504)",
    ]);
  });

  test("a wrong number of counts is an error", () => {
    expect(() => decodeOverflow(entries, [0, 0])).toThrow("has 2 counts, but the program names 5 tasks");
  });
});

test("a program keeps the counts from its outputs", () => {
  const counts: TensorData = { shape: [5], element: "i32", data: Int32Array.of(0, 0, 7, 0, 0) };
  const result: TensorData = { shape: [1], element: "f32", data: Float32Array.of(2) };
  const host: Program = {
    name: "net",
    device: "cpu (test)",
    inputs: [],
    outputs: [
      tensorArgument("output", "y", { shape: [1], element: "f32" }),
      tensorArgument("output", "anemone.overflow", { shape: [5], element: "i32" }),
    ],
    run: () => ({ y: result, "anemone.overflow": counts }),
    runAsync: () => Promise.reject(new Error("not called")),
    execute: () => {},
    inputView: () => result,
    outputView: (name) => (name === "y" ? result : counts),
    dispose: () => {},
    [Symbol.dispose]: () => {},
  };
  const program = new AneVirtualProgram(host, entries);
  expect(program.device).toBe("ane-virtual (test)");
  expect(program.outputs.map(({ name }) => name)).toEqual(["y"]);
  expect(program.run({})).toEqual({ y: result });
  expect(program.overflow().origins.map(({ name }) => name)).toEqual(["conv2"]);
  expect(() => program.outputView("anemone.overflow")).toThrow("has no output 'anemone.overflow'");
});
