import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { allocateElements, elementNames, elementsFromBytes, getNumber, type TensorData } from "../../ir/tensor-data.ts";
import { propertyParameters } from "../../test/testing/property.ts";
import { encodeTensor } from "./encode.ts";
import { dataTypeFromElement, type OnnxDataType, type OnnxPayload, onnxDataTypes } from "./model.ts";
import { decodeOnnxTensor } from "./protobuf.ts";
import { onnxTensorOf, sparseTensorDataOf, tensorDataOf } from "./tensor-values.ts";

function tensor(dataType: OnnxDataType, shape: readonly number[], payload: OnnxPayload) {
  return { name: "w", dataType, shape, payload };
}

function numbers(value: TensorData): number[] {
  return Array.from({ length: value.data.length }, (_, index) => getNumber(value, index));
}

test.each(elementNames)("%s: raw data there and back, through bytes", (element) => {
  const bits = element === "i1" ? 1 : element === "i4" || element === "ui4" ? 4 : 64;
  const property = fc.property(fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 9 }), (patterns) => {
    const data = allocateElements(element, patterns.length);
    const view = new DataView(data.buffer);
    for (const [index, pattern] of patterns.entries()) {
      const low = Number(pattern & 0xffn);
      if (bits === 1) data[index] = low & 1;
      else if (bits === 4) data[index] = element === "i4" ? (low << 28) >> 28 : low & 15;
      else
        for (let byte = 0; byte < data.BYTES_PER_ELEMENT; byte++)
          view.setUint8(index * data.BYTES_PER_ELEMENT + byte, Number((pattern >> BigInt(8 * byte)) & 0xffn));
    }
    const encoded = encodeTensor(onnxTensorOf("w", { shape: [patterns.length], element, data }));
    const decoded = decodeOnnxTensor(encoded);
    expect(decoded.dataType).toBe(dataTypeFromElement(element));
    const result = tensorDataOf(decoded);
    expect(result.element).toBe(element);
    // Compare bit patterns: NaNs too must survive.
    expect(Array.from(new Uint8Array(result.data.buffer, result.data.byteOffset, result.data.byteLength))).toEqual(
      Array.from(new Uint8Array(data.buffer)),
    );
  });
  fc.assert(property, propertyParameters(50));
});

describe("typed fields", () => {
  test.each<[OnnxDataType, OnnxPayload, number[]]>([
    ["float", { kind: "float", values: [1.5, -2] }, [1.5, -2]],
    ["double", { kind: "double", values: [0.1, -2] }, [0.1, -2]],
    ["float16", { kind: "int32", values: [0x3c00, 0xc000] }, [1, -2]],
    ["bfloat16", { kind: "int32", values: [0x3f80, 0xc000] }, [1, -2]],
    ["int8", { kind: "int32", values: [-128, 127] }, [-128, 127]],
    ["uint8", { kind: "int32", values: [0, 255] }, [0, 255]],
    ["int16", { kind: "int32", values: [-32768, 1] }, [-32768, 1]],
    ["uint16", { kind: "int32", values: [65535, 1] }, [65535, 1]],
    ["int32", { kind: "int32", values: [-(2 ** 31), 2 ** 31 - 1] }, [-(2 ** 31), 2 ** 31 - 1]],
    ["uint32", { kind: "uint64", values: [4294967295n, 0n] }, [4294967295, 0]],
    ["int64", { kind: "int64", values: [-(2n ** 53n), 7n] }, [-(2 ** 53), 7]],
    ["uint64", { kind: "uint64", values: [2n ** 63n, 7n] }, [2 ** 63, 7]],
    ["bool", { kind: "int32", values: [0, 2] }, [0, 1]],
    ["int4", { kind: "int32", values: [0x8f] }, [-1, -8]],
    ["uint4", { kind: "int32", values: [0x8f] }, [15, 8]],
  ])("%s", (dataType, payload, expected) => {
    const source = tensor(dataType, [2], payload);
    expect(numbers(tensorDataOf(decodeOnnxTensor(encodeTensor(source))))).toEqual(expected);
  });
});

test("the sign and order of packed 4-bit elements, with an odd count", () => {
  const bytes = new Uint8Array([0x71, 0x08]);
  expect(numbers(tensorDataOf(tensor("int4", [3], { kind: "raw", bytes })))).toEqual([1, 7, -8]);
  expect(numbers(tensorDataOf(tensor("uint4", [3], { kind: "raw", bytes })))).toEqual([1, 7, 8]);
});

test("raw truth values other than 0 and 1 become 1", () => {
  const bytes = new Uint8Array([0, 1, 255]);
  expect(numbers(tensorDataOf(tensor("bool", [3], { kind: "raw", bytes })))).toEqual([0, 1, 1]);
});

test("aligned raw data is viewed, misaligned data copied", () => {
  const file = new Uint8Array(16);
  new DataView(file.buffer).setFloat32(4, 1.5, true);
  const aligned = tensorDataOf(tensor("float", [1], { kind: "raw", bytes: file.subarray(4, 8) }));
  expect(aligned.data.buffer).toBe(file.buffer);
  expect(numbers(aligned)).toEqual([1.5]);
  file.copyWithin(5, 4, 8);
  const copied = elementsFromBytes("f32", file.subarray(5, 9));
  expect(copied.buffer).not.toBe(file.buffer);
  expect(Array.from(copied)).toEqual([1.5]);
});

test("scalars and empty tensors", () => {
  expect(tensorDataOf(decodeOnnxTensor(encodeTensor(tensor("float", [], { kind: "float", values: [3] }))))).toEqual({
    shape: [],
    element: "f32",
    data: new Float32Array([3]),
  });
  const empty = tensor("int64", [0, 4], { kind: "int64", values: [] });
  expect(tensorDataOf(decodeOnnxTensor(encodeTensor(empty))).data).toEqual(new BigInt64Array(0));
});

test.each(Object.entries(onnxDataTypes).filter(([, { element }]) => element === undefined))(
  "%s is refused by name",
  (name) => {
    const dataType = Object.keys(onnxDataTypes).find((key): key is OnnxDataType => key === name)!;
    const refused = () =>
      tensorDataOf(tensor(dataType, [0], { kind: "raw", bytes: new Uint8Array(0) }), { file: "m.onnx" });
    expect(refused).toThrow(DiagnosticError);
    expect(refused).toThrow(`tensor "w" has elements of type ${name}, which is not supported`);
  },
);

test("sparse tensors become dense, by linear and by coordinate indices", () => {
  const values = tensor("float", [2], { kind: "float", values: [5, 6] });
  const linear = tensor("int64", [2], { kind: "int64", values: [1n, 5n] });
  expect(numbers(sparseTensorDataOf({ shape: [2, 3], values, indices: linear }))).toEqual([0, 5, 0, 0, 0, 6]);
  const coordinates = tensor("int64", [2, 2], { kind: "int64", values: [0n, 1n, 1n, 2n] });
  expect(numbers(sparseTensorDataOf({ shape: [2, 3], values, indices: coordinates }))).toEqual([0, 5, 0, 0, 0, 6]);
  const outside = tensor("int64", [2], { kind: "int64", values: [1n, 6n] });
  expect(() => sparseTensorDataOf({ shape: [2, 3], values, indices: outside })).toThrow(
    "has the index 6 in a size of 6",
  );
});
