import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { allocateElements, type ElementName, type TensorData } from "../../ir/tensor-data.ts";
import { OnnxRuntimeError, openReference } from "./onnxruntime.ts";

/** Fields of ONNX's protobuf messages by number: values are numbers, text, or nested messages. */
type Message = readonly (readonly [field: number, value: number | string | Message])[];

function encode(message: Message, writer: protobuf.Writer = protobuf.Writer.create()): protobuf.Writer {
  for (const [field, value] of message) {
    if (typeof value === "number") writer.uint32((field << 3) | 0).int64(value);
    else if (typeof value === "string") writer.uint32((field << 3) | 2).string(value);
    else encode(value, writer.uint32((field << 3) | 2).fork()).ldelim();
  }
  return writer;
}

/** An ONNX model with one node: `y = operator(x)`, both of ONNX's element type `type` and of shape [rows, 2]. */
function singleNodeModel(operator: string, type: number): Uint8Array {
  const shape: Message = [
    [1, [[2, "rows"]]],
    [1, [[1, 2]]],
  ];
  const port = (name: string): Message => [
    [1, name],
    [
      2,
      [
        [
          1,
          [
            [1, type],
            [2, shape],
          ],
        ],
      ],
    ],
  ];
  const node: Message = [
    [1, "x"],
    [2, "y"],
    [4, operator],
  ];
  const graph: Message = [
    [1, node],
    [2, "graph"],
    [11, port("x")],
    [12, port("y")],
  ];
  return encode([
    [1, 8],
    [7, graph],
    [8, [[2, 17]]],
  ]).finish();
}

const onnxTypes: readonly (readonly [ElementName, number])[] = [
  ["f32", 1],
  ["ui8", 2],
  ["i8", 3],
  ["ui16", 4],
  ["i16", 5],
  ["i32", 6],
  ["i64", 7],
  ["i1", 9],
  ["f16", 10],
  ["f64", 11],
  ["ui32", 12],
  ["ui64", 13],
];

/** Elements 0 1 0 1 … (they fit every type); 64-bit ones are far out of a number's exact range. */
function sampleTensor(element: ElementName, rows: number): TensorData {
  const data = allocateElements(element, rows * 2);
  for (let index = 0; index < data.length; index++) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[index] = 2n ** 62n + BigInt(index);
    else data[index] = element === "f32" || element === "f64" || element === "f16" ? index / 2 - 1 : index % 2;
  }
  return { shape: [rows, 2], element, data };
}

const floats = (rows: number, fill: number): TensorData => ({
  shape: [rows, 2],
  element: "f32",
  data: new Float32Array(rows * 2).fill(fill),
});

describe("openReference", () => {
  it.each(onnxTypes)("takes and returns %s unchanged", async (element, type) => {
    const model = await openReference(singleNodeModel("Identity", type));
    const x = sampleTensor(element, 3);
    expect(await model.run({ x })).toEqual({ y: x });
    await model.close();
  });

  it("describes inputs and outputs", async () => {
    const model = await openReference(singleNodeModel("Neg", 1));
    expect(model.inputs).toMatchObject([{ name: "x", type: "float32", shape: ["rows", 2] }]);
    expect(model.outputs).toMatchObject([{ name: "y", type: "float32", shape: ["rows", 2] }]);
    await model.close();
  });

  it("serves several models and large tensors at the same time", async () => {
    const negate = await openReference(singleNodeModel("Neg", 1));
    const square = await openReference(singleNodeModel("Sqrt", 1), { threads: 2 });
    const runs = Array.from({ length: 6 }, (_, run) =>
      (run % 2 === 0 ? negate : square).run({ x: floats(200_000, (run + 1) ** 2) }),
    );
    const firsts = (await Promise.all(runs)).map(({ y }) => [y!.data.length, y!.data[0], y!.data.at(-1)]);
    expect(firsts).toEqual([-1, 2, -9, 4, -25, 6].map((value) => [400_000, value, value]));
    await Promise.all([negate.close(), square.close()]);
  });

  it("measures a median time", async () => {
    const model = await openReference(singleNodeModel("Neg", 1));
    const milliseconds = await model.measure({ x: floats(1000, 1) }, 5, { threads: 1 });
    expect(milliseconds).toBeGreaterThan(0);
    expect(milliseconds).toBeLessThan(1000);
    await model.close();
  });

  it("rejects with ONNX Runtime's message, and goes on", async () => {
    await expect(openReference("/does/not/exist.onnx")).rejects.toThrow("File doesn't exist");
    await expect(openReference(new Uint8Array([1, 2, 3]))).rejects.toThrow(OnnxRuntimeError);
    await expect(openReference(singleNodeModel("NoSuchOperator", 1))).rejects.toThrow("NoSuchOperator");
    const model = await openReference(singleNodeModel("Neg", 1));
    await expect(model.run({ z: floats(1, 1) })).rejects.toThrow("'x' is missing");
    await expect(model.run({ x: { shape: [3], element: "f32", data: new Float32Array(3) } })).rejects.toThrow("rank");
    expect((await model.run({ x: floats(1, 2) })).y!.data[0]).toBe(-2);
    await model.close();
    await expect(model.run({ x: floats(1, 1) })).rejects.toThrow("the model is closed");
  });

  it("refuses tensors that are wrong in themselves", async () => {
    const model = await openReference(singleNodeModel("Neg", 1));
    const bf16: TensorData = { shape: [1, 2], element: "bf16", data: new Uint16Array(2) };
    await expect(model.run({ x: bf16 })).rejects.toThrow("input 'x' is bf16");
    await expect(model.run({ x: { ...floats(1, 1), shape: [4, 2] } })).rejects.toThrow("has 2 elements, but its shape");
    await model.close();
  });
});
