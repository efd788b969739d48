/** Modules at the mil level read as plans of buffers, ports and conversions. */
import { describe, expect, test } from "vitest";
import { parse } from "../ir/parser/parse.ts";
import type { StateNames } from "../runtime/devices/resident-state.ts";
import { lowerModule } from "./compile.ts";
import { hostTarget } from "./devices.ts";
import { type EngineArtefactOptions, engineArtefact } from "./engine-artefact.ts";
import { defaultContext } from "./registry.ts";

function planOf(text: string, options: EngineArtefactOptions = {}) {
  const context = defaultContext();
  const { module } = lowerModule("net", parse(text, context), context, "mil", { route: "ane" });
  return engineArtefact(module, "net", options);
}

const t = "tensor<1x4x1x8xf32>";
const two = (body: string, results: string) => `
func.func @main(%x: ${t} {anemone.input = "x"}, %s: ${t} {anemone.input = "s"}) -> (${results}) {
${body}
}`;

describe("a plan", () => {
  test("names ports and buffers, and what is converted", () => {
    const plan = planOf(
      two(
        `  %0 = tensor.add %x, %s : ${t}, ${t}
  %1 = tensor.relu %0 : ${t}
  return %1, %0 : ${t}, ${t}`,
        `${t} {anemone.output = "y"}, ${t} {anemone.output = "next", anemone.alias = 1}`,
      ),
    );
    const f16 = { shape: [1, 4, 1, 8], element: "f16" };
    expect(plan.segments).toHaveLength(1);
    expect(plan.segments[0]).toMatchObject({ name: "main_engine", weightsPath: "weights/weight.bin" });
    const [segment] = plan.segments;
    // The state's input and output are one buffer.
    expect(plan.buffers).toEqual([f16, f16, f16]);
    const bufferOf = (list: readonly { readonly name: string; readonly buffer: number }[]) =>
      Object.fromEntries(list.map(({ name, buffer }) => [name, buffer]));
    const inputs = bufferOf(segment!.inputs);
    const outputs = bufferOf(segment!.outputs);
    expect(outputs.next).toBe(inputs.s);
    expect(new Set([inputs.x, inputs.s, outputs.y]).size).toBe(3);
    expect(plan.states).toEqual([{ input: "s", output: "next" }]);
    expect(plan.inputs.map(({ name, type, buffers }) => [name, type.element, buffers])).toEqual([
      ["x", "f32", [inputs.x]],
      ["s", "f32", [inputs.s]],
    ]);
    expect(plan.outputs.map(({ name, type, buffer }) => [name, type.element, buffer])).toEqual([
      ["y", "f32", outputs.y],
      ["next", "f32", outputs.next],
    ]);
    expect(segment!.text).toContain("func main<");
  });

  test("an argument that is returned as well goes through a buffer of its own type", () => {
    const plan = planOf(
      two(
        `  %0 = tensor.add %x, %s : ${t}, ${t}
  return %0, %x : ${t}, ${t}`,
        `${t} {anemone.output = "y"}, ${t} {anemone.output = "same"}`,
      ),
    );
    const same = plan.outputs.find(({ name }) => name === "same")!;
    expect(plan.buffers[same.buffer]).toEqual({ shape: [1, 4, 1, 8], element: "f32" });
    expect(plan.inputs.find(({ name }) => name === "x")!.buffers).toContain(same.buffer);
  });

  test("several programs share the buffers between them", () => {
    const module = (call: string) => `
mil.program @a { function @main(%x: tensor<1x4x1x8xf16>) -> (tensor<1x4x1x8xf16>) attributes {input_names = ["x"], output_names = ["y"]} {
  %y = relu(x = %x) {name = "y"} : (tensor<1x4x1x8xf16>) -> tensor<1x4x1x8xf16>
  return %y : tensor<1x4x1x8xf16> } }
func.func @main(%x: ${t} {anemone.input = "x"}) -> (tensor<1x4x1x8xf16> {anemone.output = "y"}) {
  %0 = tensor.convert %x : ${t} to tensor<1x4x1x8xf16>
  %1 = mil.call @a(%0) : (tensor<1x4x1x8xf16>) -> tensor<1x4x1x8xf16>
${call}
  return %2 : tensor<1x4x1x8xf16>
}`;
    const plan = planOf(module("  %2 = mil.call @a(%1) : (tensor<1x4x1x8xf16>) -> tensor<1x4x1x8xf16>"));
    expect(plan.segments).toHaveLength(2);
    expect(plan.segments[1]!.inputs[0]!.buffer).toBe(plan.segments[0]!.outputs[0]!.buffer);
    expect(plan.buffers).toHaveLength(3);
    expect(() => planOf(module("  %2 = tensor.relu %1 : tensor<1x4x1x8xf16>"))).toThrow(
      "is host code that computes: around the engine's programs, the device 'ane' only converts element types",
    );
    const [half, small] = ["tensor<1x4x1x8xf16>", "tensor<1x4x1x8xi8>"];
    const through = (type: string) =>
      `  %a = tensor.convert %1 : ${half} to ${type}\n  %2 = tensor.convert %a : ${type} to ${half}`;
    expect(() => planOf(module(through(small)))).toThrow("converts what was converted before");
    // What loses nothing on the way may be left out.
    expect(planOf(module(through(t))).outputs).toHaveLength(1);
  });

  test("state that does not fit is refused", () => {
    const plain = two(
      `  %0 = tensor.add %x, %s : ${t}, ${t}
  %1 = tensor.reduce_max %0 {axes = array<i64: 3>, keep_dims = true} : ${t}
  return %0, %1 : ${t}, tensor<1x4x1x1xf32>`,
      `${t} {anemone.output = "y"}, tensor<1x4x1x1xf32> {anemone.output = "m"}`,
    );
    const message = (...states: StateNames[]) => {
      try {
        planOf(plain, { states });
        return "accepted";
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    };
    expect(message({ input: "s", output: "y" })).toBe("accepted");
    expect(message({ input: "q", output: "y" })).toBe(
      "the output 'y' cannot be kept as state in the input 'q': net has the inputs 'x', 's'",
    );
    expect(message({ input: "s", output: "m" })).toContain("one is f16[1, 4, 1, 1], the other f16[1, 4, 1, 8]");
    expect(message({ input: "s", output: "y" }, { input: "x", output: "y" })).toContain("'y' is kept in 's' already");
    const beyond = plain.replace('"y"}', '"y", anemone.alias = 7}');
    expect(() => planOf(beyond)).toThrow("has anemone.alias = 7 on result 0, but its arguments are 0 to 1");
  });

  test("a network with nothing for the engine is refused", () => {
    expect(() => planOf(two(`  return %x : ${t}`, `${t} {anemone.output = "y"}`))).toThrow(
      "net has nothing for the engine to run: use --device=cpu",
    );
  });
});

test("the target of a machine, from the framework's word or the chip's name", () => {
  expect(hostTarget("h16g", "Apple M1")).toBe("h16g");
  const ofChip = (chip: string) => hostTarget(undefined, chip);
  expect(["Apple M1", "Apple M1 Pro", "Apple M2 Max", "Apple M3", "Apple M4 Pro", "Apple M5 Max"].map(ofChip)).toEqual([
    "h13",
    "h13g",
    "h14g",
    "h15",
    "h16g",
    "h17s",
  ]);
  // All of a generation's larger chips report one engine (aneforge.md 5.1: T602x, T603x).
  expect(["Apple M1 Ultra", "Apple M2 Ultra", "Apple M3 Ultra"].map(ofChip)).toEqual(["h13g", "h14g", "h15g"]);
  expect(["AMD EPYC", "Apple M6", "Apple A18 Pro"].map(ofChip)).toEqual([undefined, undefined, undefined]);
  expect(hostTarget("h99", "Apple M4")).toBe("h16");
});
