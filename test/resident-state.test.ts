/** State of a network on devices that run host code: the same inputs, outputs and results on each. */
import { describe, expect, test } from "vitest";
import { compile, lowerTo } from "../compiler/compile.ts";
import { defaultContext } from "../compiler/registry.ts";
import { parse } from "../ir/parser/parse.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { findLlvm } from "../runtime/ffi/llvm-library.ts";
import { readInputs } from "../tools/inputs.ts";

const t = "tensor<1x4xf32>";
/** y = 2 * x + s, and s becomes x + s. */
const network = (alias: string) =>
  parse(
    `func.func @main(%x: ${t} {anemone.input = "x"}, %s: ${t} {anemone.input = "s"})
    -> (${t} {anemone.output = "y"}, ${t} {anemone.output = "next"${alias}}) {
  %0 = tensor.add %x, %s : ${t}, ${t}
  %1 = tensor.add %0, %x : ${t}, ${t}
  return %1, %0 : ${t}, ${t}
}`,
    defaultContext(),
  );
const row = (value: number): TensorData => ({ shape: [1, 4], element: "f32", data: new Float32Array(4).fill(value) });

const llvm = findLlvm().library !== undefined;
const routes = [
  { name: "cpu by LLVM", options: { device: "cpu" }, there: llvm },
  { name: "cpu by WebAssembly", options: { device: "cpu", llvm: false }, there: true },
  { name: "ane-virtual", options: { device: "ane-virtual" }, there: llvm },
] as const;

describe.each(routes)("state on $name", ({ options, there }) => {
  test.skipIf(!there)("carries over, can be given, seen and cleared", async () => {
    using compiled = await compile(network(", anemone.alias = 1"), options);
    const { program } = compiled;
    expect(program.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(program.outputs.map(({ name }) => name)).toEqual(["y"]);
    expect(program.states?.map(({ name }) => name)).toEqual(["s"]);
    const y = (inputs: Record<string, TensorData>) => Number(program.run(inputs).y!.data[3]);
    expect([y({ x: row(1) }), y({ x: row(1) }), y({ x: row(2) })]).toEqual([2, 3, 6]);
    expect(Number(program.inputView("s").data[0])).toBe(4);
    expect(Number(program.outputView("next").data[0])).toBe(4);
    expect(y({ x: row(1), s: row(10) })).toBe(12);
    program.resetState?.();
    expect(y({ x: row(1) })).toBe(2);
    // Runs that are queued come in order: each finds the state of the one before.
    const queued = await Promise.all([1, 1, 1].map((value) => program.runAsync({ x: row(value) })));
    expect(queued.map(({ y: given }) => Number(given!.data[0]))).toEqual([3, 4, 5]);
    await expect(program.runAsync({})).rejects.toThrow("is missing");
    expect(() => program.run({ s: row(1) })).toThrow("the input 'x' (f32[1, 4]) is missing");
    expect(() => program.run({ x: row(1), next: row(1) })).toThrow("has no input 'next'");
    expect(() => program.outputView("s")).toThrow("has no output 's'");
  });
});

test("a result that only says that it is state leaves the names as they are", async () => {
  const text = `func.func @main(%x: ${t}, %c: ${t}) -> (${t}, ${t} {anemone.alias = 1}) {
  %y = tensor.add %x, %c : ${t}, ${t}
  return %y, %y : ${t}, ${t}
}`;
  using compiled = await compile(parse(text, defaultContext()), { device: "cpu", llvm: false });
  const { program } = compiled;
  const names = [program.inputs, program.states ?? [], program.outputs].map((list) => list.map(({ name }) => name));
  expect(names).toEqual([["x"], ["c"], ["output0"]]);
  const options = ["x=zeros", "c=random:3"];
  const notes: string[] = [];
  const inputs = await readInputs(options, program, (note) => notes.push(note));
  expect(program.run(inputs).output0?.data).toEqual(inputs.c!.data);
  expect(Object.keys(await readInputs([], program, (note) => notes.push(note)))).toEqual(["x"]);
  expect(notes).toEqual(["input 'x' is not given: using random:0 (--input x=FILE.npy gives it)"]);
  await expect(readInputs(["d=zeros"], program, () => {})).rejects.toThrow(
    "the model has no input 'd'; its inputs are x, its states c",
  );
  const warnings: string[] = [];
  lowerTo(parse(text, defaultContext()), "mil", { route: "ane", onWarning: (warning) => warnings.push(warning) });
  expect(warnings).toEqual([expect.stringContaining("'output1' is kept as state in 'c'")]);
});

describe.each(routes)("a disposed program on $name", ({ options, there }) => {
  test.skipIf(!there)("gives nothing more, and its views are empty", async () => {
    const { program } = await compile(network(", anemone.alias = 1"), options);
    const views = [program.inputView("x"), program.outputView("y"), program.inputView("s")];
    const { y } = program.run({ x: row(1) });
    program.dispose();
    program.dispose();
    expect(views.map(({ data }) => data.length)).toEqual([0, 0, 0]);
    expect(y?.data).toHaveLength(4);
    const uses = [
      () => program.run({ x: row(1) }),
      () => program.execute(),
      () => program.inputView("x"),
      () => program.outputView("y"),
      () => program.resetState?.(),
    ];
    for (const use of uses) expect(use).toThrow("was disposed");
  });
});

test("state by name, and what cannot be", async () => {
  const options = { device: "cpu", llvm: false } as const;
  using compiled = await compile(network(""), { ...options, state: { s: "next" } });
  compiled.program.run({ x: row(1) });
  expect(Number(compiled.program.run({ x: row(1) }).y!.data[0])).toBe(3);
  const message = async (state: Record<string, string>, alias = "") => {
    try {
      (await compile(network(alias), { ...options, state }))[Symbol.dispose]();
      return "accepted";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  expect(await message({ q: "next" })).toContain(
    "the output 'next' cannot be kept as state in the input 'q': module has the inputs 'x', 's'",
  );
  expect(await message({ s: "q" })).toContain("module has the outputs 'y', 'next'");
  expect(await message({ s: "next", x: "next" })).toContain("'next' is kept in 's' already");
  expect(await message({ s: "next" }, ", anemone.alias = 1")).toBe("accepted");
  expect(await message({}, ", anemone.alias = 2")).toContain(
    "anemone.alias = 2 on result 1, but its arguments are 0 to 1",
  );
});
