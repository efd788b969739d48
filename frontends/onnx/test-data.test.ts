import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { elementCount } from "../../ir/tensor-data.ts";
import { onnxModel } from "../../test/testing/onnx-builder.ts";
import { encodeTensor } from "./encode.ts";
import { onnxTensorOf } from "./tensor-values.ts";
import { loadCase, UnsupportedCaseError } from "./test-data.ts";

const cases = "../shared/data/onnx-node";

test("a case's values stand in the order of the graph's inputs, under their names", () => {
  const folder = mkdtempSync(join(tmpdir(), "anemone-case-"));
  try {
    const value = { element: "f32", shape: [1] } as const;
    const nodes = [{ op: "Sub", inputs: ["a", "b"], outputs: ["c"] }];
    writeFileSync(
      join(folder, "model.onnx"),
      onnxModel({ inputs: { a: value, b: value }, outputs: { c: value }, nodes }),
    );
    const data = join(folder, "test_data_set_0");
    mkdirSync(data);
    for (const [file, number] of [
      ["input_1", 2],
      ["input_0", 5],
      ["output_0", 3],
    ] as const) {
      const tensor = onnxTensorOf("", { ...value, data: new Float32Array([number]) });
      writeFileSync(join(data, `${file}.pb`), encodeTensor(tensor));
    }
    const { dataSets } = loadCase(folder);
    expect(dataSets).toEqual([
      {
        name: "test_data_set_0",
        inputs: [
          { name: "a", data: { ...value, data: new Float32Array([5]) } },
          { name: "b", data: { ...value, data: new Float32Array([2]) } },
        ],
        outputs: [{ name: "c", data: { ...value, data: new Float32Array([3]) } }],
      },
    ]);
    writeFileSync(join(data, "input_0.pb"), new Uint8Array([0xff, 0xff]));
    expect(() => loadCase(folder)).toThrow("not an ONNX tensor");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.skipIf(!existsSync(cases))(
  "reads the conformance cases, and says which it cannot (skipped without ../shared)",
  () => {
    const refused = new Map<string, number>();
    let read = 0;
    for (const name of readdirSync(cases).filter((entry) => entry.startsWith("test_"))) {
      try {
        const { dataSets, model } = loadCase(join(cases, name));
        for (const { inputs, outputs } of dataSets) {
          expect(outputs.length, name).toBe(model.graph.outputs.length);
          for (const { data } of [...inputs, ...outputs]) expect(data.data.length, name).toBe(elementCount(data.shape));
        }
        read++;
      } catch (error) {
        if (!(error instanceof UnsupportedCaseError)) throw error;
        const reason = error.message.replace(/^(input|output) "[^"]*" /, "");
        refused.set(reason, (refused.get(reason) ?? 0) + 1);
      }
    }
    expect(read).toBeGreaterThan(700);
    expect([...refused.keys()].sort()).toMatchInlineSnapshot(`
      [
        "has elements of type float4e2m1",
        "has elements of type float8e4m3fn",
        "has elements of type float8e4m3fnuz",
        "has elements of type float8e5m2",
        "has elements of type float8e5m2fnuz",
        "has elements of type float8e8m0",
        "has elements of type int2",
        "has elements of type string",
        "has elements of type uint2",
        "is a optional, not a tensor",
        "is a sequence, not a tensor",
      ]
    `);
  },
);
