/** The named structured ops: one declaration per row of named-table.ts. */
import { DenseElementsAttribute } from "../../ir/attributes.ts";
import { type AttributeConstraint, anyType } from "../../ir/constraints.ts";
import {
  type Fields,
  type OperationDefinition,
  type OperationOf,
  op,
  optionalAttribute,
  type Report,
  region,
  variadicOperand,
  variadicResult,
} from "../../ir/declaration.ts";
import type { Operation, Region } from "../../ir/operation.ts";
import { FloatType, f32, i1, i8, i32, i64, ShapedType, TensorType, type Type } from "../../ir/types.ts";
import { example } from "../example.ts";
import { binaryAttribute, castAttribute, unaryAttribute } from "./attributes.ts";
import { namedBody } from "./bodies.ts";
import { choicesOf, namedFormat } from "./formats.ts";
import { type NamedStructure, namedIterators, namedMaps, namedStructures } from "./named-table.ts";
import { checkSizes, checkStructured, rankedTensor, shaped, structuredEffects, tensorResults } from "./structured.ts";

const namedFields = {
  inputs: variadicOperand(anyType),
  outputs: variadicOperand(shaped),
  resultTensors: variadicResult(rankedTensor),
  region: region(),
};
export type NamedDefinition = OperationDefinition<typeof namedFields>;

/** `strides` and `dilations`: one number per window. */
function windowAttribute(windows: number): AttributeConstraint<DenseElementsAttribute> {
  const type = TensorType.get([windows], i64);
  return {
    description: `dense elements of type ${type}`,
    decode: (found) => (found instanceof DenseElementsAttribute && found.type === type ? found : undefined),
    encode: (value) => value,
  };
}

function attributeFields({ windows, attributes }: NamedStructure): Fields {
  const window = windowAttribute(windows);
  return {
    ...(windows === 0 ? {} : { strides: optionalAttribute(window), dilations: optionalAttribute(window) }),
    ...(attributes.includes("unary") ? { fun: optionalAttribute(unaryAttribute) } : {}),
    ...(attributes.includes("binary") ? { fun: optionalAttribute(binaryAttribute) } : {}),
    ...(attributes.includes("cast") ? { cast: optionalAttribute(castAttribute) } : {}),
  };
}

function windowNumbers(operation: Operation, name: "strides" | "dilations", count: number): readonly number[] {
  const attribute = operation.attribute(name);
  if (!(attribute instanceof DenseElementsAttribute)) return Array.from({ length: count }, () => 1);
  return Array.from(attribute.value.data, Number);
}

/** The maps and iterators of a named op on the operands that it has. */
export function namedStructureOf(structure: NamedStructure, operation: Operation) {
  const { operands } = operation;
  const output = operands.at(-1)?.type;
  const rank = output instanceof ShapedType ? output.rank : 0;
  const isShaped = operands.map((value) => value.type instanceof ShapedType);
  const strides = windowNumbers(operation, "strides", structure.windows);
  const dilations = windowNumbers(operation, "dilations", structure.windows);
  return { maps: namedMaps(structure, isShaped, rank, strides, dilations), iterators: namedIterators(structure, rank) };
}

/** Operand types on which the op is defined: every loop has two steps, so a window has three elements. */
function exampleTypes({ mnemonic, operands, loops, body }: NamedStructure): readonly Type[] {
  const isInteger = mnemonic.endsWith("_q") || mnemonic.startsWith("quantized") || mnemonic.endsWith("unsigned");
  return operands.map((indices, position): Type => {
    const isOutput = position === operands.length - 1;
    if (body.kind === "random" && !isOutput) return position === 2 ? i32 : FloatType.get("f64");
    if (loops === undefined) {
      if (mnemonic === "fill" && !isOutput) return f32;
      const element = body.kind === "select" && position === 0 ? i1 : isInteger ? i32 : f32;
      return TensorType.get([4, 8], element);
    }
    const isScalar = indices.length === 0 && !isOutput;
    if (isScalar) return i32;
    return TensorType.get(
      indices.map((text) => text.split("+").length + 1),
      isInteger ? (isOutput ? i32 : i8) : f32,
    );
  });
}

function exampleOf(structure: NamedStructure): string {
  const types = exampleTypes(structure);
  const inputs = types.slice(0, -1);
  const output = types.at(-1)!;
  const names = inputs.map((_, position) => `%x${position}`);
  const windows = structure.windows === 0 ? "" : ` {strides = dense<1> : tensor<${structure.windows}xi64>}`;
  const fun = structure.attributes.includes("unary")
    ? " {fun = #linalg.unary_fn<tanh>}"
    : structure.attributes.includes("binary")
      ? " {fun = #linalg.binary_fn<mul>}"
      : "";
  return example(
    `%r = linalg.${structure.mnemonic}${windows}${fun} ins(${names.join(", ")} : ${inputs.join(", ")}) outs(%out : ${output}) -> ${output}`,
    ...inputs.map((type, position) => `%x${position}: ${type}`),
    `%out: ${output}`,
  );
}

/** Reports a body that does not compute what `fun` and `cast` say. */
function checkFunction(structure: NamedStructure, operation: Operation, report: Report): void {
  const types = operation.operands.map((value): Type => value.type);
  const choices = choicesOf(new Map([...operation.properties, ...operation.attributes]));
  const region = namedBody(structure.body, types, operation.location, choices, { yield: undefined, index: undefined });
  const names = (body: Region | undefined) => (body?.entry?.operations ?? []).map((each) => each.name).join(", ");
  const [wanted, found] = [names(region), names(operation.regions[0])];
  if (wanted !== found) report(`expects a body of ${wanted} by its attributes, found ${found}`);
}

function check(structure: NamedStructure, operation: OperationOf<NamedDefinition>, report: Report): void {
  const { inputs, outputs } = operation;
  const wanted = structure.operands.length - 1;
  if (inputs.length !== wanted || outputs.length !== 1) {
    report(`expects ${wanted} inputs and 1 output, found ${inputs.length} and ${outputs.length}`);
    return;
  }
  checkStructured(operation, inputs, outputs, report);
  if (structure.attributes.some((each) => each !== "cast")) checkFunction(structure, operation, report);
  const { maps, iterators } = namedStructureOf(structure, operation);
  checkSizes([...inputs, ...outputs], maps, iterators.length, report);
}

/** A named op: its region repeats what its name says, as upstream keeps it. */
function named(structure: NamedStructure): NamedDefinition {
  const fields: typeof namedFields = { ...namedFields, ...attributeFields(structure) };
  return op(`linalg.${structure.mnemonic}`, fields, {
    doc: structure.doc,
    example: exampleOf(structure),
    traits: ["SingleBlock"],
    format: namedFormat(structure.body),
    infer: ({ outputs }) => tensorResults(outputs),
    effects: (operation) => structuredEffects(operation.inputs, operation.outputs, operation),
    verify: (operation, report) => check(structure, operation, report),
  });
}

const structures: ReadonlyMap<NamedDefinition, NamedStructure> = new Map(
  namedStructures.map((structure) => [named(structure), structure]),
);

export const namedOps: readonly NamedDefinition[] = [...structures.keys()];

const structuresByName: ReadonlyMap<string, NamedStructure> = new Map(
  namedStructures.map((structure) => [`linalg.${structure.mnemonic}`, structure]),
);

/** What a named op computes; undefined for any other. */
export function namedStructure(operation: Operation): NamedStructure | undefined {
  const { name } = operation;
  return name.startsWith("linalg.") ? structuresByName.get(name) : undefined;
}

/** What the op of this definition computes. */
export function structureFor(definition: NamedDefinition): NamedStructure {
  const structure = structures.get(definition);
  if (structure === undefined) throw new Error(`'${definition.name}' is not a named structured op`);
  return structure;
}

function byName(mnemonic: string): NamedDefinition {
  return namedOps.find(({ name }) => name === `linalg.${mnemonic}`)!;
}

export const fill = byName("fill");
export const copy = byName("copy");
export const matmul = byName("matmul");
export const batchMatmul = byName("batch_matmul");
