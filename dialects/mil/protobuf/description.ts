/**
 * The description of a model for applications, made of a program: what Core ML's loader wants to be told beside the program itself.
 * Only for programs that were not read from a model file; those keep the description they came with.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type { MilBlock, MilDocument, MilFunctionText, MilTensorType, MilType } from "../document/document.ts";
import { type FlexibleShape, flexibleShapeInformation, statedShapes } from "../document/flexible-shapes.ts";
import type { FeatureDescription, MlModel } from "./model.ts";
import { opsetNames } from "./program.ts";

/** `ArrayDataType` of FeatureTypes.proto: kind of number and bits. */
const arrayDataTypes: Readonly<Record<string, number>> = {
  fp16: 0x10010,
  fp32: 0x10020,
  fp64: 0x10040,
  int8: 0x20008,
  int32: 0x20020,
};

/** The first version of the format that holds ML programs, which came with ios15. */
const firstSpecificationVersion = 6;

/**
 * A model around a program whose function `main` is its only entry. What text says about open sizes moves into the description.
 *
 * @throws DiagnosticError where Core ML has no form for a port, or does not know the opset
 */
export function modelOf(document: MilDocument): MlModel {
  const main = document.functions.find(({ name }) => name === "main");
  if (main === undefined) throw new DiagnosticError("a model needs a function main, which the program does not have");
  const results = resultTypes(main.block);
  const flexible = statedShapes(main);
  const states = main.parameters.filter(({ type }) => type.kind === "state");
  return {
    specificationVersion: specificationVersionOf(main),
    description: {
      input: main.parameters
        .filter(({ type }) => type.kind !== "state")
        .map(({ name, type }) => {
          if (type.kind === "tensor" && type.shape.length === 0) throw new DiagnosticError(scalarInput(name));
          return feature(name, { multiArrayType: arrayType(name, type, flexible.get(name)) });
        }),
      output: main.block.results.map((name) => {
        const type = results.get(name);
        if (type === undefined) throw new DiagnosticError(`main returns ${name}, which it does not define`);
        return feature(name, { multiArrayType: arrayType(name, type) });
      }),
      state: states.map(({ name, type }) =>
        feature(name, { stateType: { arrayType: arrayType(name, type.kind === "state" ? type.value : type) } }),
      ),
      functions: [],
      trainingInput: [],
    },
    isUpdatable: false,
    document: { ...document, functions: document.functions.map(withoutShapes) },
    documentation: "",
  };
}

/** (coremltools: "Functions input of type … not supported".) */
const scalarInput = (name: string) =>
  `Core ML gives programs tensors of at least one dimension, but the input ${name} is a scalar: make it a tensor of shape [1]`;

function specificationVersionOf({ opset }: MilFunctionText): number {
  const first = opsetNames.findIndex(({ text }) => text === "ios15");
  const index = opsetNames.findIndex(({ text }) => text === opset);
  if (index < first) throw new DiagnosticError(`no version of Core ML's model format is known for the opset ${opset}`);
  return firstSpecificationVersion + index - first;
}

function resultTypes(block: MilBlock): Map<string, MilType> {
  return new Map(block.operations.flatMap(({ results }) => results.map(({ name, type }) => [name, type] as const)));
}

type ArrayType = NonNullable<NonNullable<FeatureDescription["type"]>["multiArrayType"]>;

function feature(name: string, type: NonNullable<FeatureDescription["type"]>): FeatureDescription {
  return { name, type };
}

function arrayType(name: string, type: MilType, flexible: FlexibleShape = {}): ArrayType {
  const dataType = type.kind === "tensor" ? arrayDataTypes[type.element] : undefined;
  if (type.kind !== "tensor" || dataType === undefined) {
    const found = type.kind === "tensor" ? `a tensor of ${type.element}` : `a ${type.kind}`;
    throw new DiagnosticError(
      `Core ML takes and gives tensors of ${Object.keys(arrayDataTypes).join(", ")}, but ${name} is ${found}: cast it in the program`,
    );
  }
  // Without a default, 1 is what applications see of a size that is left open.
  const shape = type.shape.map((size, axis) => BigInt(size ?? flexible.defaults?.[axis] ?? 1));
  if (!type.shape.includes(undefined)) return { shape, dataType };
  if (flexible.shapes === undefined) return { shape, dataType, shapeRange: shapeRange(type, flexible) };
  const shapes = flexible.shapes.map((each) => ({ shape: each.map(BigInt) }));
  return { shape, dataType, enumeratedShapes: { shapes } };
}

function shapeRange({ shape }: MilTensorType, { ranges }: FlexibleShape): NonNullable<ArrayType["shapeRange"]> {
  return {
    sizeRanges: shape.map((size, axis) => {
      const { least, most } = ranges?.[axis] ?? { least: size ?? 1, most: size };
      // Negative: no bound.
      return { lowerBound: BigInt(least), upperBound: BigInt(most ?? -1) };
    }),
  };
}

function withoutShapes(item: MilFunctionText): MilFunctionText {
  return { ...item, attributes: item.attributes.filter(({ name }) => name !== flexibleShapeInformation) };
}
