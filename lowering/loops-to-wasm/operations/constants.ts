/** Constants: scalars as instructions, vectors as v128 constants in the layout of element.ts. */
import { constant } from "../../../dialects/arith/ops.ts";
import { type Attribute, ElementsAttribute, FloatAttribute, IntegerAttribute } from "../../../ir/attributes.ts";
import type { Operation } from "../../../ir/operation.ts";
import { bf16ToNumber, numberToBf16 } from "../../../ir/tensor-data.ts";
import { IndexType, VectorType } from "../../../ir/types.ts";
import type { Expression } from "../binaryen.ts";
import { chunksPerRow, type Element, elementOf, isMask, vectorShape } from "../element.ts";
import type { FunctionEmitter } from "../function-emitter.ts";
import { constantForm } from "../linear-form.ts";
import { Part } from "../part.ts";

const scratch = new DataView(new ArrayBuffer(8));

/** The bit pattern of an f16. */
function f16Pattern(value: number): number {
  scratch.setFloat16(0, value);
  return scratch.getInt16(0);
}

/** A scalar of an element as an instruction. */
export function scalarConstant({ m }: FunctionEmitter, element: Element, value: number | bigint): Expression {
  switch (element.kind) {
    case "half":
      return m.i32.const(f16Pattern(Number(value)));
    case "bfloat":
      return m.i32.const((numberToBf16(Number(value)) << 16) >> 16);
    case "float":
      return element.wasm === "f64" ? m.f64.const(Number(value)) : m.f32.const(Number(value));
    default: {
      const { bits, wasm } = element;
      const integer = BigInt(value);
      if (wasm === "i64") return m.i64.const(BigInt.asIntN(bits, integer));
      return m.i32.const(Number(bits === 1 ? BigInt.asUintN(1, integer) : BigInt.asIntN(bits, integer)));
    }
  }
}

/** Writes an element as it stands in a lane. */
function writeLane(view: DataView, offset: number, element: Element, value: number | bigint): void {
  const little = true;
  if (isMask(element)) {
    for (let byte = 0; byte < element.laneBytes; byte++) view.setInt8(offset + byte, value ? -1 : 0);
    return;
  }
  switch (element.kind) {
    case "half":
      view.setFloat16(offset, Number(value), little);
      return;
    case "bfloat":
      view.setUint16(offset, numberToBf16(Number(value)), little);
      return;
    case "float":
      if (element.laneBytes === 8) view.setFloat64(offset, Number(value), little);
      else view.setFloat32(offset, Number(value), little);
      return;
    default: {
      const integer = BigInt.asIntN(element.laneBytes * 8, BigInt(value));
      for (let byte = 0; byte < element.laneBytes; byte++) {
        view.setUint8(offset + byte, Number((integer >> BigInt(8 * byte)) & 0xffn));
      }
    }
  }
}

/** Elements as numbers (bf16 data hold patterns). */
export function elementValues(attribute: ElementsAttribute): readonly (number | bigint)[] {
  const { data, element } = attribute.value;
  const values: (number | bigint)[] = [];
  for (const value of data) values.push(element === "bf16" ? bf16ToNumber(Number(value)) : value);
  return values;
}

function vectorParts(
  emitter: FunctionEmitter,
  type: VectorType,
  element: Element,
  values: readonly (number | bigint)[],
): Part[] {
  const { rows, lanes } = vectorShape(type);
  const width = chunksPerRow(lanes, element);
  return Array.from({ length: rows * width }, (_, position) => {
    const row = Math.floor(position / width);
    const first = (position % width) * (16 / element.laneBytes);
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    for (let lane = 0; lane < 16 / element.laneBytes && first + lane < lanes; lane++) {
      writeLane(view, lane * element.laneBytes, element, values[row * lanes + first + lane]!);
    }
    return emitter.vectorConstant(bytes);
  });
}

function scalarOf(attribute: Attribute): number | bigint | undefined {
  return attribute instanceof IntegerAttribute || attribute instanceof FloatAttribute ? attribute.value : undefined;
}

export function emitConstant(emitter: FunctionEmitter, operation: Operation): void {
  if (!constant.matches(operation)) return;
  const { value, result } = operation;
  const { type } = result;
  const scalar = scalarOf(value);
  if (type instanceof IndexType && scalar !== undefined) {
    emitter.defineIndex(result, constantForm(Number(scalar)));
    return;
  }
  const element = elementOf(type instanceof VectorType ? type.element : type);
  if (element !== undefined && scalar !== undefined) {
    const part = Part.constant(element.wasm, () => scalarConstant(emitter, element, scalar));
    emitter.set(result, { kind: "data", element, shape: undefined, parts: [part] });
    return;
  }
  if (element === undefined || !(type instanceof VectorType) || !(value instanceof ElementsAttribute)) {
    throw operation.error(`has a value of type ${type}, which WebAssembly code cannot hold`);
  }
  const parts = vectorParts(emitter, type, element, elementValues(value));
  emitter.set(result, { kind: "data", element, shape: vectorShape(type), parts });
}
