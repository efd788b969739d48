/** Elements of ONNX tensors as `TensorData`, from raw bytes, typed fields or external files, and back. */
import { closeSync, openSync, readSync } from "node:fs";
import { DiagnosticError, messageOf, type SourcePlace } from "../../ir/diagnostic-error.ts";
import {
  allocateElements,
  type ElementName,
  elementCount,
  elementsFromBytes,
  type TensorData,
} from "../../ir/tensor-data.ts";
import {
  dataTypeFacts,
  dataTypeFromElement,
  type OnnxExternalPayload,
  type OnnxSparseTensor,
  type OnnxTensor,
} from "./model.ts";

/**
 * The tensor's elements. Raw data that is aligned in the file is viewed, not copied: do not write to the result. Throws
 * `DiagnosticError` for element types that Anemone has none for (strings, complex numbers, 8-bit and smaller floats,
 * 2-bit integers) and for external files that changed since the model was read. `place` goes into the diagnostic.
 */
export function tensorDataOf(tensor: OnnxTensor, place: SourcePlace = {}): TensorData {
  const { element, bits } = dataTypeFacts(tensor.dataType);
  const label = tensorLabel(tensor.name);
  if (element === undefined) {
    throw new DiagnosticError(`${label} has elements of type ${tensor.dataType}, which is not supported`, {
      ...place,
      notes: [{ message: "supported: float, double, float16, bfloat16, int4 to int64, uint4 to uint64, bool" }],
    });
  }
  const { shape, payload } = tensor;
  if (payload.kind === "raw") return { shape, element, data: fromRaw(element, bits, shape, payload.bytes) };
  if (payload.kind === "external") {
    return { shape, element, data: fromRaw(element, bits, shape, readExternalBytes(tensor.name, payload, place)) };
  }
  if (payload.kind === "string") throw new DiagnosticError(`${label} of ${tensor.dataType} has string_data`, place);
  return { shape, element, data: fromTyped(element, bits, shape, payload.values) };
}

function tensorLabel(name: string): string {
  return name === "" ? "a tensor" : `tensor "${name}"`;
}

function fromRaw(element: ElementName, bits: number, shape: readonly number[], bytes: Uint8Array): TensorData["data"] {
  if (bits < 8) return unpackNibbles(element, shape, bytes);
  const data = elementsFromBytes(element, bytes);
  if (element !== "i1" || bytes.every((byte) => byte <= 1)) return data;
  return Uint8Array.from(bytes, (byte) => (byte === 0 ? 0 : 1));
}

/** Two 4-bit elements in a byte, the first one in the low half. */
function unpackNibbles(element: ElementName, shape: readonly number[], packed: ArrayLike<number>): TensorData["data"] {
  const data = allocateElements(element, elementCount(shape));
  for (let index = 0; index < data.length; index++) {
    const nibble = (packed[index >> 1]! >> (index & 1 ? 4 : 0)) & 15;
    data[index] = element === "i4" ? (nibble << 28) >> 28 : nibble;
  }
  return data;
}

function fromTyped(
  element: ElementName,
  bits: number,
  shape: readonly number[],
  values: readonly number[] | readonly bigint[],
): TensorData["data"] {
  if (bits < 8) return unpackNibbles(element, shape, Array.from(values, Number));
  if (element === "f16") {
    // int32_data holds the bit patterns.
    return new Float16Array(Uint16Array.from(values, Number).buffer);
  }
  const data = allocateElements(element, values.length);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let index = 0; index < values.length; index++) data[index] = BigInt(values[index]!);
  } else {
    for (let index = 0; index < values.length; index++) {
      const value = Number(values[index]!);
      data[index] = element === "i1" ? Number(value !== 0) : value;
    }
  }
  return data;
}

/** Reads the part of an external file that holds a tensor. Throws `DiagnosticError` when it cannot be read whole. */
export function readExternalBytes(name: string, payload: OnnxExternalPayload, place: SourcePlace = {}): Uint8Array {
  const { path, offset, length } = payload;
  const label = tensorLabel(name);
  const bytes = new Uint8Array(length);
  let done = 0;
  try {
    const handle = openSync(path, "r");
    try {
      while (done < length) {
        const count = readSync(handle, bytes, done, length - done, offset + done);
        if (count === 0) break;
        done += count;
      }
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    const reason = messageOf(error);
    throw new DiagnosticError(`${label}: cannot read its external data from ${path}: ${reason}`, place);
  }
  if (done < length) {
    throw new DiagnosticError(`${label}: its external data ends after ${done} of ${length} bytes in ${path}`, place);
  }
  return bytes;
}

/** The dense form of a sparse tensor: zero where no index points. Throws `DiagnosticError` for an index out of range. */
export function sparseTensorDataOf(sparse: OnnxSparseTensor, place: SourcePlace = {}): TensorData {
  const { shape } = sparse;
  const values = tensorDataOf(sparse.values, place);
  const indices = tensorDataOf(sparse.indices, place).data;
  const rank = sparse.indices.shape.length === 2 ? shape.length : 1;
  const sizes = rank === 1 && sparse.indices.shape.length === 1 ? [elementCount(shape)] : shape;
  const data = allocateElements(values.element, elementCount(shape));
  for (let entry = 0; entry < values.data.length; entry++) {
    let position = 0;
    for (let axis = 0; axis < rank; axis++) {
      const index = Number(indices[entry * rank + axis]);
      const size = sizes[axis]!;
      if (index < 0 || index >= size) {
        throw new DiagnosticError(
          `sparse tensor "${sparse.values.name}" has the index ${index} in a size of ${size}`,
          place,
        );
      }
      position = position * size + index;
    }
    data[position] = values.data[entry]!;
  }
  return { shape, element: values.element, data };
}

/** The ONNX form of a tensor value, as raw data (viewed where the layout is the same). */
export function onnxTensorOf(name: string, value: TensorData): OnnxTensor {
  const dataType = dataTypeFromElement(value.element);
  const { data, shape } = value;
  const bytes =
    dataTypeFacts(dataType).bits < 8
      ? packNibbles(data)
      : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dataType, shape, payload: { kind: "raw", bytes } };
}

function packNibbles(data: TensorData["data"]): Uint8Array {
  const packed = new Uint8Array(Math.ceil(data.length / 2));
  for (let index = 0; index < data.length; index++) {
    packed[index >> 1]! |= (Number(data[index]) & 15) << (index & 1 ? 4 : 0);
  }
  return packed;
}
