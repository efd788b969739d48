/**
 * Reference semantics of structured operations on tensors: all points of the iteration space in row-major order, the last
 * dimension fastest. The body is compiled to a JavaScript function, so that whole networks can be run at this level.
 */
import type { AffineExpression } from "../../ir/affine-map.ts";
import type { Context } from "../../ir/context.ts";
import { constantOf } from "../../ir/effects.ts";
import { dataOfAttribute } from "../../ir/evaluate.ts";
import { type AttachedInterface, Evaluate } from "../../ir/interfaces.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { type ElementName, type TensorData, zeros } from "../../ir/tensor-data.ts";
import { index, ShapedType, TensorType, type Type } from "../../ir/types.ts";
import { rowMajorStrides } from "../memref/types.ts";
import { extract } from "../tensor/upstream/ops.ts";
import { generic, indexOperation, namedOps, structureOf, yieldOperation } from "./ops.ts";
import { literal, scalarExpression, scalarHelpers } from "./scalar-code.ts";

/** The expression that reads element `at` of the array `data`, as scalar code holds it. */
function readCode(data: string, at: string, element: ElementName, type: Type): string {
  if (type === index) return `Number(${data}[${at}])`;
  return element === "bf16" ? `h.decodeBf16(${data}[${at}])` : `${data}[${at}]`;
}

/** The statement that writes `value` (as scalar code holds it) to element `at`. */
function writeCode(data: string, at: string, value: string, element: ElementName, type: Type): string {
  if (type === index) return `${data}[${at}] = BigInt(${value});`;
  return element === "bf16" ? `${data}[${at}] = h.encodeBf16(${value});` : `${data}[${at}] = ${value};`;
}

/** `expression` over the loop variables `i0`, `i1`, … */
function affineCode(expression: AffineExpression): string {
  switch (expression.kind) {
    case "dimension":
      return `i${expression.position}`;
    case "constant":
      return String(expression.value);
    case "symbol":
      throw new Error("an indexing map of a structured operation has no symbols");
    case "add":
      return `(${affineCode(expression.lhs)} + ${affineCode(expression.rhs)})`;
    case "mul":
      return `(${affineCode(expression.lhs)} * ${affineCode(expression.rhs)})`;
    case "mod":
      return `((${affineCode(expression.lhs)} % ${affineCode(expression.rhs)} + ${affineCode(expression.rhs)}) % ${affineCode(expression.rhs)})`;
    case "floordiv":
      return `Math.floor(${affineCode(expression.lhs)} / ${affineCode(expression.rhs)})`;
    case "ceildiv":
      return `Math.ceil(${affineCode(expression.lhs)} / ${affineCode(expression.rhs)})`;
  }
}

/** The row-major position of an element whose indices are `codes`. */
function offsetCode(codes: readonly string[], shape: readonly number[]): string {
  const strides = rowMajorStrides(shape);
  return codes.length === 0 ? "0" : codes.map((code, axis) => `${code} * ${strides[axis]}`).join(" + ");
}

function evaluateStructured(
  operation: Operation,
  inputs: readonly TensorData[],
  _context: Context,
  outer: ReadonlyMap<Value, TensorData>,
): readonly TensorData[] {
  const structure = structureOf(operation);
  if (structure === undefined) throw operation.error("has no iteration space to run");
  const { maps } = structure;
  const body = operation.regions[0]!.onlyBlock;
  const outputCount = operation.results.length;
  const inputCount = inputs.length - outputCount;
  const results = inputs.slice(inputCount).map(copyOf);
  const rank = structure.iterators.length;
  const sizes = iterationSizes(
    operation,
    maps.map((map) => map.results),
    inputs,
    rank,
  );

  const arrays: unknown[] = [];
  const parameters: string[] = [];
  const array = (tensor: TensorData) => {
    const name = `d${arrays.length}`;
    arrays.push(tensor.data);
    parameters.push(name);
    return name;
  };
  const names = new Map<Value, string>();
  const before: string[] = [];
  const lines: string[] = [];
  const stores: { readonly data: string; readonly at: string }[] = [];
  for (const [position, tensor] of [...inputs.slice(0, inputCount), ...results].entries()) {
    const argument = body.arguments[position]!;
    const map = maps[position]!;
    const isScalar = !(operation.operand(position).type instanceof ShapedType);
    const at = isScalar
      ? "0"
      : offsetCode(
          map.results.map((result) => affineCode(result)),
          tensor.shape,
        );
    const data = array(tensor);
    if (position >= inputCount) stores.push({ data, at });
    if (!argument.hasUses) continue;
    names.set(argument, `a${position}`);
    lines.push(`const a${position} = ${readCode(data, at, tensor.element, argument.type)};`);
  }
  const operandCode = (value: Value): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    const captured = outer.get(value) ?? dataOfAttribute(constantOf(value));
    if (captured === undefined || value.type instanceof ShapedType)
      throw operation.error("uses a value in its body that has not been computed");
    const name = `c${names.size}`;
    names.set(value, name);
    before.push(`const ${name} = ${readCode(array(captured), "0", captured.element, value.type)};`);
    return name;
  };
  for (const each of body.operations) {
    const [result] = each.results;
    if (yieldOperation.matches(each)) {
      const values = each.inputs.map(operandCode);
      for (const [position, value] of values.entries()) {
        const { data, at } = stores[position]!;
        lines.push(writeCode(data, at, value, results[position]!.element, each.inputs[position]!.type));
      }
    } else if (result !== undefined) {
      const name = `v${names.size}`;
      lines.push(
        `const ${name} = ${expressionOf(each, operandCode, (value) => outer.get(value) ?? dataOfAttribute(constantOf(value)), array)};`,
      );
      names.set(result, name);
    }
  }
  const loops = sizes.map((size, position) => `for (let i${position} = 0; i${position} < ${size}; i${position}++) {`);
  const code = [...before, ...loops, ...lines, ...loops.map(() => "}")].join("\n");
  new Function("h", ...parameters, code)(scalarHelpers, ...arrays);
  return results;
}

function expressionOf(
  operation: Operation,
  operandCode: (value: Value) => string,
  dataOf: (value: Value) => TensorData | undefined,
  array: (tensor: TensorData) => string,
): string {
  if (indexOperation.matches(operation)) return `i${operation.dim}`;
  if (extract.matches(operation)) {
    const tensor = dataOf(operation.tensor);
    if (tensor === undefined) throw operation.error("reads a tensor that has not been computed");
    const at = offsetCode(operation.indices.map(operandCode), tensor.shape);
    return readCode(array(tensor), at, tensor.element, operation.result.type);
  }
  if (operation.definition?.hasTrait("ConstantLike")) {
    const code = literal(operation.properties.get("value"));
    if (code !== undefined) return code;
  }
  const code = scalarExpression(operation, operation.operands.map(operandCode));
  if (code === undefined) throw operation.error("has no evaluator inside a structured operation");
  return code;
}

function copyOf(tensor: TensorData): TensorData {
  const copied = zeros(tensor.shape, tensor.element);
  new Uint8Array(copied.data.buffer).set(
    new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength),
  );
  return copied;
}

/** How many points each dimension has, from the operands whose maps name it plainly. */
function iterationSizes(
  operation: Operation,
  maps: readonly (readonly AffineExpression[])[],
  inputs: readonly TensorData[],
  rank: number,
): number[] {
  const sizes = new Array<number | undefined>(rank).fill(undefined);
  for (const [position, results] of maps.entries()) {
    if (!(operation.operand(position).type instanceof TensorType)) continue;
    for (const [axis, result] of results.entries()) {
      if (result.kind === "dimension") sizes[result.position] ??= inputs[position]!.shape[axis]!;
    }
  }
  return sizes.map((size, position) => {
    if (size === undefined) throw operation.error(`leaves the size of dimension d${position} open`);
    return size;
  });
}

export const linalgEvaluators: readonly AttachedInterface[] = [generic, ...namedOps].map((definition) =>
  Evaluate.attach(definition, evaluateStructured),
);
