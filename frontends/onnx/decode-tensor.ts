/**
 * TensorProto messages to `OnnxTensor`: data type, shape, and where the elements are, with every length checked against
 * the shape, so that a tensor that came through here can be converted without further checks.
 */
import { statSync } from "node:fs";
import { dirname, isAbsolute, join, normalize, sep } from "node:path";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import {
  dataTypeFacts,
  dataTypeFromCode,
  type OnnxDataType,
  type OnnxPayload,
  type OnnxSparseTensor,
  type OnnxTensor,
  type TypedField,
} from "./model.ts";
import type { Wire } from "./onnx-schema.ts";

/** The file that is being read, for diagnostics and as the base of external data. */
export interface DecodeContext {
  readonly file: string;
}

/** The error for a file that is damaged or breaks the format. */
export function malformed(context: DecodeContext, what: string, advice?: string): DiagnosticError {
  const notes = advice === undefined ? {} : { notes: [{ message: advice }] };
  return new DiagnosticError(what, { file: context.file, ...notes });
}

/** A 64-bit integer that must be an exact number. */
export function safeInteger(context: DecodeContext, value: bigint, what: string): number {
  if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) {
    throw malformed(context, `${what} is ${value}, which is out of range`);
  }
  return Number(value);
}

export function decodeDataType(context: DecodeContext, code: number | undefined, what: string): OnnxDataType {
  const dataType = dataTypeFromCode(code ?? 0);
  if (dataType === undefined) throw malformed(context, `${what} has the unknown element type ${code ?? 0}`);
  return dataType;
}

export function decodeShape(context: DecodeContext, dims: readonly bigint[], what: string): readonly number[] {
  const shape = dims.map((dim) => safeInteger(context, dim, `a dimension of ${what}`));
  if (shape.some((dim) => dim < 0)) throw malformed(context, `${what} has a negative dimension: [${shape.join(", ")}]`);
  if (!Number.isSafeInteger(shape.reduce((product, dim) => product * dim, 1))) {
    throw malformed(context, `${what} has too many elements: [${shape.join(", ")}]`);
  }
  return shape;
}

/** Bytes of raw data: 4-bit elements come two in a byte, the last one padded. */
export function rawByteLength(dataType: OnnxDataType, shape: readonly number[]): number {
  const count = shape.reduce((product, dim) => product * dim, 1);
  return Math.ceil((count * dataTypeFacts(dataType).bits) / 8);
}

/** `owner` names what the tensor belongs to where it has no name of its own. */
export function decodeTensor(context: DecodeContext, wire: Wire<"TensorProto">, owner = "tensor"): OnnxTensor {
  const name = wire.name ?? "";
  const what = name === "" ? owner : `tensor "${name}"`;
  const dataType = decodeDataType(context, wire.data_type, what);
  const shape = decodeShape(context, wire.dims, what);
  if (wire.segment !== undefined) {
    throw malformed(
      context,
      `${what} is stored in segments, which is not supported`,
      "save the model with whole tensors",
    );
  }
  const payload =
    wire.data_location === 1
      ? externalPayload(context, wire, dataType, shape, what)
      : inlinePayload(context, wire, dataType, shape, what);
  return { name, dataType, shape, payload };
}

function inlinePayload(
  context: DecodeContext,
  wire: Wire<"TensorProto">,
  dataType: OnnxDataType,
  shape: readonly number[],
  what: string,
): OnnxPayload {
  const described = `${what} of ${dataType} [${shape.join(", ")}]`;
  const { bits, field } = dataTypeFacts(dataType);
  const typed: Readonly<Record<TypedField, OnnxPayload>> = {
    float: { kind: "float", values: wire.float_data },
    int32: { kind: "int32", values: wire.int32_data },
    int64: { kind: "int64", values: wire.int64_data },
    uint64: { kind: "uint64", values: wire.uint64_data },
    double: { kind: "double", values: wire.double_data },
    string: { kind: "string", values: wire.string_data },
  };
  const expectedValues = typedValueCount(dataType, shape);
  const expectedBytes = rawByteLength(dataType, shape);
  for (const payload of Object.values(typed)) {
    if (!("values" in payload) || payload.values.length === 0) continue;
    if (payload.kind !== field)
      throw malformed(context, `${described} has ${payload.kind}_data instead of ${field}_data`);
    if (wire.raw_data !== undefined && wire.raw_data.length > 0) {
      throw malformed(context, `${described} has both raw_data and ${payload.kind}_data`);
    }
    if (payload.values.length !== expectedValues) {
      throw malformed(
        context,
        `${described} has ${payload.values.length} values in ${field}_data, expected ${expectedValues}`,
      );
    }
    return payload;
  }
  if (wire.raw_data !== undefined && (wire.raw_data.length > 0 || bits !== 0)) {
    if (bits === 0) throw malformed(context, `${described} has raw_data, which ${dataType} tensors cannot have`);
    if (wire.raw_data.length !== expectedBytes) {
      throw malformed(context, `${described} has ${wire.raw_data.length} bytes of raw_data, expected ${expectedBytes}`);
    }
    return { kind: "raw", bytes: wire.raw_data };
  }
  if (expectedValues > 0) throw malformed(context, `${described} has no data, expected ${expectedValues} values`);
  return typed[field];
}

/** Entries of the typed field: two for a complex number, one for a byte of packed sub-byte elements. */
function typedValueCount(dataType: OnnxDataType, shape: readonly number[]): number {
  const { bits } = dataTypeFacts(dataType);
  const count = shape.reduce((product, dim) => product * dim, 1);
  if (dataType === "complex64" || dataType === "complex128") return count * 2;
  return bits > 0 && bits < 8 ? Math.ceil((count * bits) / 8) : count;
}

function externalPayload(
  context: DecodeContext,
  wire: Wire<"TensorProto">,
  dataType: OnnxDataType,
  shape: readonly number[],
  what: string,
): OnnxPayload {
  const entries = new Map(wire.external_data.map(({ key, value }) => [key ?? "", value ?? ""]));
  const location = entries.get("location") ?? "";
  if (location === "") throw malformed(context, `${what} has external data, but no location for it`);
  const inside = normalize(location);
  if (isAbsolute(inside) || inside === ".." || inside.startsWith(`..${sep}`)) {
    throw malformed(context, `${what} has external data outside the model's folder: "${location}"`);
  }
  const expected = rawByteLength(dataType, shape);
  if (dataTypeFacts(dataType).bits === 0) throw malformed(context, `${what} of ${dataType} cannot have external data`);
  const offset = byteCount(context, entries.get("offset") ?? "0", `offset of ${what}`);
  const length = byteCount(context, entries.get("length") ?? String(expected), `length of ${what}`);
  if (length !== expected) {
    throw malformed(
      context,
      `${what} of ${dataType} [${shape.join(", ")}] has ${length} bytes of external data, expected ${expected}`,
    );
  }
  const path = join(dirname(context.file), inside);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) {
    throw malformed(context, `${what} has its data in "${location}", which is missing`, `looked for ${path}`);
  }
  if (offset + length > size) {
    throw malformed(
      context,
      `${what} has its data in "${location}" at bytes ${offset} to ${offset + length}, but that file has ${size} bytes`,
    );
  }
  return { kind: "external", location, path, offset, length };
}

function byteCount(context: DecodeContext, text: string, what: string): number {
  if (!/^\d{1,15}$/.test(text)) throw malformed(context, `the ${what}'s external data is "${text}", not a byte count`);
  return Number(text);
}

export function decodeSparseTensor(
  context: DecodeContext,
  wire: Wire<"SparseTensorProto">,
  owner = "sparse tensor",
): OnnxSparseTensor {
  const what = wire.values?.name ? `sparse tensor "${wire.values.name}"` : owner;
  if (wire.values === undefined || wire.indices === undefined) {
    throw malformed(context, `${what} lacks its ${wire.values === undefined ? "values" : "indices"}`);
  }
  const shape = decodeShape(context, wire.dims, what);
  const values = decodeTensor(context, wire.values, `the values of ${what}`);
  const indices = decodeTensor(context, wire.indices, `the indices of ${what}`);
  const count = values.shape[0] ?? 0;
  const indexShape = indices.shape;
  const linear = indexShape.length === 1 && indexShape[0] === count;
  const coordinates = indexShape.length === 2 && indexShape[0] === count && indexShape[1] === shape.length;
  if (values.shape.length !== 1 || indices.dataType !== "int64" || !(linear || coordinates)) {
    throw malformed(
      context,
      `${what} of [${shape.join(", ")}] has values [${values.shape.join(", ")}] and ` +
        `${indices.dataType} indices [${indexShape.join(", ")}], expected values [n] and int64 indices [n] or [n, ${shape.length}]`,
    );
  }
  return { shape, values, indices };
}
