/** NumPy's .npy files as plain tensors and back, through the npyjs library. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type DType, dump, parse, type TypedArray } from "npyjs";
import { DiagnosticError, messageOf } from "../ir/diagnostic-error.ts";
import {
  bf16ToNumber,
  type ElementArray,
  type ElementName,
  elementCount,
  elementsFromBytes,
  type TensorData,
} from "../ir/tensor-data.ts";

const elementOfDtype: { readonly [dtype: string]: ElementName } = {
  f8: "f64",
  f4: "f32",
  f2: "f16",
  i1: "i8",
  i2: "i16",
  i4: "i32",
  i8: "i64",
  u1: "ui8",
  u2: "ui16",
  u4: "ui32",
  u8: "ui64",
  b1: "i1",
};

/** Types that NumPy does not have are written as the nearest one that holds their values. */
const dtypeOfElement: Record<ElementName, DType> = {
  f64: "f8",
  f32: "f4",
  f16: "f2",
  bf16: "f4",
  i1: "b1",
  i4: "i1",
  i8: "i1",
  i16: "i2",
  i32: "i4",
  i64: "i8",
  ui4: "u1",
  ui8: "u1",
  ui16: "u2",
  ui32: "u4",
  ui64: "u8",
};

/** Reads a tensor; a file that is no .npy, or of a dtype without a tensor element type, is a diagnostic. */
export function readNpy(path: string): TensorData {
  if (!existsSync(path)) throw new DiagnosticError("there is no such file", { file: path });
  try {
    const bytes = readFileSync(path);
    const { data, shape, dtype, fortranOrder } = parse(new Uint8Array(bytes).buffer, { convertFloat16: false });
    const element = elementOfDtype[dtype];
    if (element === undefined) throw new Error(`dtype '${dtype}' has no tensor element type`);
    if (fortranOrder && shape.length > 1) throw new Error("Fortran order is not supported: save a C-ordered array");
    const view = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const elements = elementsFromBytes(element, view);
    if (elements.length !== elementCount(shape))
      throw new Error(
        `holds ${elements.length} elements, but its shape [${shape.join(", ")}] needs ${elementCount(shape)}`,
      );
    return { shape, element, data: elements };
  } catch (error) {
    throw new DiagnosticError(`is not a readable .npy file: ${messageOf(error)}`, {
      file: path,
    });
  }
}

function numpyArray(tensor: TensorData): ElementArray {
  if (tensor.element === "bf16") return Float32Array.from(tensor.data as Uint16Array, bf16ToNumber);
  return tensor.data;
}

/** Half floats go to npyjs as their bit patterns. */
function typedArray(data: ElementArray): TypedArray {
  return data instanceof Float16Array ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
}

export function writeNpy(path: string, tensor: TensorData): void {
  const bytes = dump(typedArray(numpyArray(tensor)), [...tensor.shape], { dtype: dtypeOfElement[tensor.element] });
  writeFileSync(path, new Uint8Array(bytes));
}
