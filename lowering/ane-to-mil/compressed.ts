/**
 * Compressed weights as MIL's constexpr ops. int8 stands in brackets whatever the opset (aneforge.md 4, driver-stack.md C.3); palettes and
 * masks are packed into bytes up to ios17, and have element types below 8 bits from ios18 on.
 */
import { type CompressedForm, formOf } from "../../dialects/ane/index.ts";
import { packBits } from "../../dialects/mil/blob-storage/index.ts";
import * as mil from "../../dialects/mil/index.ts";
import {
  type Attribute,
  DenseElementsAttribute,
  DenseResourceAttribute,
  type ElementsAttribute,
  elementsAttribute,
} from "../../ir/attributes.ts";
import { blobOf } from "../../ir/blob.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import type { ElementArray } from "../../ir/tensor-data.ts";
import { elementCount } from "../../ir/tensor-data.ts";
import { elementNameOf, f16, TensorType, type Type } from "../../ir/types.ts";
import type { MilBuilder } from "./mil-builder.ts";

const { int4, int8, uint1, uint2, uint4, uint6, uint8, uint32, int32 } = mil.elementTypes;
const indexTypes: Readonly<Record<number, Type>> = { 2: uint2, 4: uint4, 6: uint6, 8: uint8 };

function elements(shape: readonly number[], element: Type, data: ElementArray): ElementsAttribute {
  const type = TensorType.get(shape, element);
  if (elementNameOf(element) !== undefined) return elementsAttribute(type, data, "engine");
  return DenseResourceAttribute.get(type, blobOf(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
}

const single = (value: number, element: Type) => DenseElementsAttribute.splat(TensorType.get([], element), value);

/** The op for a form, and its inputs. */
interface Spelled {
  readonly definition: AnyDefinition;
  readonly inputs: Readonly<Record<string, Attribute>>;
  readonly inBrackets: boolean;
}

type Of<K extends CompressedForm["kind"]> = Extract<CompressedForm, { readonly kind: K }>;

function affine({ shape, codes, axis, scale, zeroPoint }: Of<"affine">): Spelled {
  const isSingle = scale.length === 1;
  const each = (element: Type, data: ElementArray, number: number) =>
    isSingle ? single(number, element) : elements([data.length], element, data);
  const inputs = {
    quantized_data: elements(shape, int8, codes),
    scale: each(f16, scale, scale[0] ?? 0),
    zero_point: zeroPoint === undefined ? single(0, int8) : each(int8, zeroPoint, zeroPoint[0] ?? 0),
    axis: single(axis, int32),
  };
  return { definition: mil.constexprAffineDequantize, inputs, inBrackets: true };
}

const shapeList = (shape: readonly number[]) => elements([shape.length], uint32, Uint32Array.from(shape));
const packed = (codes: Uint8Array, bits: number) => {
  const bytes = packBits(codes, bits);
  return elements([bytes.length], uint8, bytes);
};

function palette(form: Of<"palette">, isNew: boolean): Spelled {
  const { shape, bits, indices, groups, table } = form;
  const definition = mil.constexprLutToDense;
  if (isNew) {
    const lut = elements([...groups, 2 ** bits, 1], f16, table);
    return { definition, inputs: { indices: elements(shape, indexTypes[bits]!, indices), lut }, inBrackets: false };
  }
  if (elementCount(groups) > 1) throw new Error("holds one palette per group, which MIL has since ios18");
  const lut = elements([2 ** bits], f16, table);
  const inputs = { indices: packed(indices, bits), lut, shape: shapeList(shape) };
  return { definition, inputs, inBrackets: true };
}

function sparse({ shape, mask, values }: Of<"sparse">, isNew: boolean): Spelled {
  const definition = mil.constexprSparseToDense;
  const nonzero_data = elements([values.length], f16, values);
  if (isNew) return { definition, inputs: { mask: elements(shape, uint1, mask), nonzero_data }, inBrackets: false };
  return { definition, inputs: { mask: packed(mask, 1), nonzero_data, shape: shapeList(shape) }, inBrackets: true };
}

function blockwise({ shape, bits, codes, blocks, scale }: Of<"blockwise">, isNew: boolean): Spelled {
  if (!isNew) throw new Error("holds a scale per block, which MIL has since ios18");
  const data = elements(shape, bits === 4 ? int4 : int8, codes);
  const inputs = { data, scale: elements(blocks, f16, scale) };
  return { definition: mil.constexprBlockwiseShiftScale, inputs, inBrackets: false };
}

function spelled(form: CompressedForm, isNew: boolean): Spelled {
  switch (form.kind) {
    case "affine":
      return affine(form);
    case "palette":
      return palette(form, isNew);
    case "sparse":
      return sparse(form, isNew);
    case "blockwise":
      return blockwise(form, isNew);
  }
}

/** Emits a compressed constant, named with `suffix`. */
export function emitCompressed(to: MilBuilder, constant: Operation, suffix: string): Value {
  const form = formOf(constant);
  if (form === undefined) throw constant.error("is no compressed constant");
  let found: Spelled;
  try {
    found = spelled(form, mil.hasSince(to.opset, "ios18"));
  } catch (error) {
    throw error instanceof Error ? constant.error(error.message) : error;
  }
  const { definition, inputs, inBrackets } = found;
  const isBlockwise = form.kind === "blockwise";
  const name = to.names.fresh(`${to.task}_${isBlockwise ? `${suffix}_blocks` : suffix}`);
  const args: { [input: string]: unknown } = { name, in_brackets: inBrackets ? true : undefined };
  for (const input of mil.signatureOf(definition)?.inputs.keys() ?? []) {
    const value = inputs[input];
    if (value === undefined) continue;
    const called = inBrackets ? undefined : to.names.fresh(`${name}_${input}`);
    const inline = inBrackets ? true : undefined;
    const { result } = to.builder.build(mil.constant, { val: value, name: called, inline });
    result.nameHint = called;
    args[input] = result;
  }
  const made = to.builder.build(definition, args).onlyResult;
  made.nameHint = name;
  // As a weight it is "Not implemented": a sum with 0 stands between (driver-stack.md C.3).
  return isBlockwise ? to.build(mil.add, { x: made, y: to.scalar(0, `${suffix}_zero`) }, suffix) : made;
}
