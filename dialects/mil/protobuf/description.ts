/**
 * The description of a model for applications, made of a program: what Core ML's loader wants to be told beside the program itself.
 * Only for programs that were not read from a model file; those keep the description they came with.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type { MilBlock, MilDocument, MilFunctionText, MilTensorType, MilType } from "../document/document.ts";
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

/** A model around a program whose function `main` is its only entry. */
export function modelOf(document: MilDocument): MlModel {
  const main = document.functions.find(({ name }) => name === "main");
  if (main === undefined) throw new DiagnosticError("a model needs a function main, which the program does not have");
  const results = resultTypes(main.block);
  const states = main.parameters.filter(({ type }) => type.kind === "state");
  return {
    specificationVersion: specificationVersionOf(main),
    description: {
      input: main.parameters
        .filter(({ type }) => type.kind !== "state")
        .map(({ name, type }) => feature(name, { multiArrayType: arrayType(name, type) })),
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
    document,
    documentation: "",
  };
}

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

function arrayType(name: string, type: MilType): ArrayType {
  const dataType = type.kind === "tensor" ? arrayDataTypes[type.element] : undefined;
  if (type.kind !== "tensor" || dataType === undefined) {
    const found = type.kind === "tensor" ? `a tensor of ${type.element}` : `a ${type.kind}`;
    throw new DiagnosticError(
      `Core ML takes and gives tensors of ${Object.keys(arrayDataTypes).join(", ")}, but ${name} is ${found}: cast it in the program`,
    );
  }
  // A size that is left open may be any; 1 is the default that applications see.
  const shape = type.shape.map((size) => BigInt(size ?? 1));
  return { shape, dataType, ...(type.shape.includes(undefined) ? { shapeRange: shapeRange(type) } : {}) };
}

function shapeRange({ shape }: MilTensorType): NonNullable<ArrayType["shapeRange"]> {
  return {
    sizeRanges: shape.map((size) => ({
      lowerBound: BigInt(size ?? 1),
      // Negative: no bound.
      upperBound: BigInt(size ?? -1),
    })),
  };
}
