/** What `--input` makes of files: floats of another width are converted and that is said, other mistakes are told by the program. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { ElementName, TensorData } from "../ir/tensor-data.ts";
import { checkInputs, tensorArgument } from "../runtime/program.ts";
import { readInputs } from "./inputs.ts";
import { writeNpy } from "./npy.ts";

const folder = mkdtempSync(join(tmpdir(), "anemone-inputs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = join(folder, "x.npy");
const input = (element: ElementName, shape: readonly number[] = [3]) =>
  tensorArgument("input", "x", { shape, element });

async function read(given: TensorData, wanted: ReturnType<typeof input>) {
  writeNpy(file, given);
  const notes: string[] = [];
  const inputs = await readInputs([`x=${file}`], { inputs: [wanted] }, (note) => notes.push(note));
  return { inputs, notes };
}

test("floats of another width are converted, and that is said", async () => {
  const given: TensorData = { shape: [3], element: "f32", data: Float32Array.of(0.1, -2, 70000) };
  const { inputs, notes } = await read(given, input("f16"));
  expect(inputs.x).toEqual({ shape: [3], element: "f16", data: Float16Array.of(0.1, -2, 70000) });
  expect(notes).toEqual(["input 'x' is f32 in its file, and is converted to f16"]);
  const same = await read(given, input("f32"));
  expect([same.inputs.x, same.notes]).toEqual([given, []]);
});

test("integers are not, and a shape that is wrong too is said with it", async () => {
  const given: TensorData = { shape: [3], element: "i32", data: Int32Array.of(1, 2, 3) };
  const { inputs, notes } = await read(given, input("f16"));
  expect(notes).toEqual([]);
  expect(() => checkInputs("net", [input("f16")], inputs)).toThrow(
    "net: the input 'x' must be f16[3], but it is i32[3]: convert its elements to f16",
  );
  expect(() => checkInputs("net", [input("f16", [1, 3])], inputs)).toThrow(
    "net: the input 'x' must be f16[1, 3], but it is i32[3]: convert its elements to f16, and its shape is another",
  );
});

test("a file that is not there is said once", async () => {
  const missing = readInputs([`x=${join(folder, "none.npy")}`], { inputs: [input("f32")] }, () => {});
  await expect(missing).rejects.toThrow(/^there is no such file$/);
});
