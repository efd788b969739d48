/**
 * Applying one operation to all lanes: with a vector instruction where there is one, else lane by lane. 16-bit floats are
 * computed in f32 and rounded once.
 */
import type { Operation, Value } from "../../../ir/operation.ts";
import { IndexType } from "../../../ir/types.ts";
import type { Expression } from "../binaryen.ts";
import { type Element, f32Element, indexElement, isHalf, lanesPerChunk } from "../element.ts";
import type { FunctionEmitter } from "../function-emitter.ts";
import { f32RowToHalf, f32ToHalf, halfRowToF32, halfToF32 } from "../half-float.ts";
import { asMaskLanes, extractLane, mapRows, replaceLane, rowParts } from "../lanes.ts";
import type { DataValue, Part } from "../part.ts";

/** What an operation computes, on operands of one element type. Operands may be taken once, or shared first. */
export interface LaneOperation {
  readonly scalar: (emitter: FunctionEmitter, operands: readonly Part[], element: Element) => Expression;
  /** On chunks; undefined where there is no instruction for this element. */
  readonly vector?: (
    emitter: FunctionEmitter,
    operands: readonly Part[],
    element: Element,
    operation: Operation,
  ) => Expression | undefined;
}

/** A value as data: an index becomes a 32-bit scalar. */
export function dataOf(emitter: FunctionEmitter, value: Value): DataValue {
  const lowered = emitter.lowered(value);
  if (lowered.kind === "data") return lowered;
  return { kind: "data", element: indexElement, shape: undefined, parts: [emitter.scalar(value)] };
}

/** Sets a result from data; a scalar of type index becomes an index again. */
export function defineData(
  emitter: FunctionEmitter,
  value: Value,
  data: Omit<DataValue, "kind">,
  nonNegative = false,
): void {
  const [part] = data.parts;
  if (value.type instanceof IndexType && part !== undefined) {
    emitter.defineIndexExpression(value, emitter.take(part), nonNegative);
  } else emitter.define(value, data);
}

/** 16-bit floats as f32; anything else as it is. */
export function widenHalf(emitter: FunctionEmitter, data: DataValue): DataValue {
  const { element, shape, parts } = data;
  if (!isHalf(element)) return data;
  if (shape !== undefined) {
    return mapRows(data, f32Element, (row, lanes) => halfRowToF32(emitter, row, lanes, element));
  }
  const wide = halfToF32(emitter, emitter.take(parts[0]!), element);
  return { kind: "data", element: f32Element, shape, parts: [emitter.part("f32", wide)] };
}

/** f32 rounded to a 16-bit float type. */
export function roundToHalf(emitter: FunctionEmitter, data: DataValue, to: Element): DataValue {
  const { shape, parts } = data;
  if (shape !== undefined) return mapRows(data, to, (row) => f32RowToHalf(emitter, row, to));
  const narrow = f32ToHalf(emitter, emitter.take(parts[0]!), to);
  return { kind: "data", element: to, shape, parts: [emitter.part("i32", narrow)] };
}

/** Applies an operation to operands of one type. `result` is the element of the result where it is another one. */
export function applyLanes(
  emitter: FunctionEmitter,
  operation: Operation,
  compute: LaneOperation,
  given: readonly DataValue[],
  result?: Element,
): DataValue {
  const [first] = given;
  if (first === undefined) throw operation.error("has no operands");
  const { element: original, shape } = first;
  const operands = given.map((data) => widenHalf(emitter, data));
  const element = operands[0]!.element;
  const resultElement = result ?? element;
  if (shape === undefined) {
    const parts = operands.map(({ parts: [part] }) => part!);
    const expression = compute.scalar(emitter, parts, element);
    const computed: DataValue = {
      kind: "data",
      element: resultElement,
      shape,
      parts: [emitter.part(resultElement.wasm, expression)],
    };
    return isHalf(original) && result === undefined ? roundToHalf(emitter, computed, original) : computed;
  }
  const parts: Part[] = [];
  for (let row = 0; row < shape.rows; row++) {
    const rows = operands.map((data) => rowParts(data, row));
    for (let chunk = 0; chunk < rows[0]!.length; chunk++) {
      const chunks = rows.map((each) => each[chunk]!);
      const lanes = Math.min(lanesPerChunk(element), shape.lanes - chunk * lanesPerChunk(element));
      const expression =
        compute.vector?.(emitter, chunks, element, operation) ??
        laneByLane(emitter, compute, chunks, element, resultElement, lanes);
      parts.push(emitter.part("v128", expression));
    }
  }
  const computed: DataValue = { kind: "data", element: resultElement, shape, parts };
  return isHalf(original) && result === undefined ? roundToHalf(emitter, computed, original) : computed;
}

/** Computes each lane on its own. Lanes of operand and result are equally wide. */
function laneByLane(
  emitter: FunctionEmitter,
  compute: LaneOperation,
  chunks: readonly Part[],
  element: Element,
  resultElement: Element,
  lanes: number,
): Expression {
  for (const chunk of chunks) emitter.share(chunk);
  let result = emitter.m.v128.const(new Uint8Array(16));
  for (let lane = 0; lane < lanes; lane++) {
    const scalars = chunks.map((chunk) =>
      emitter.part(element.wasm, extractLane(emitter, emitter.take(chunk), element, lane)),
    );
    result = replaceLane(emitter, result, resultElement, lane, compute.scalar(emitter, scalars, element));
  }
  return result;
}

/** Lowers an operation whose operands and result have one type. */
export function emitElementwise(emitter: FunctionEmitter, operation: Operation, compute: LaneOperation): void {
  const operands = operation.operands.map((value) => dataOf(emitter, value));
  const widest = ([8, 4, 2, 1] as const).find((bytes) => operands.some(({ element }) => element.laneBytes === bytes));
  const aligned = operands.map((data) => asMaskLanes(emitter, data, widest ?? 1));
  defineData(emitter, operation.onlyResult, applyLanes(emitter, operation, compute, aligned));
}
