/** What a model says about sizes that its program leaves open: defaults and ranges, from text or from the description of its inputs. */
import type { MilDocument } from "../../dialects/mil/document/document.ts";
import {
  type FlexibleShape,
  rangeOf,
  shapeInformation,
  statedShapes,
} from "../../dialects/mil/document/flexible-shapes.ts";
import type { FeatureType, MlModel, ModelDescription } from "../../dialects/mil/protobuf/index.ts";

/** By input name. */
export function flexibleShapes(document: MilDocument, model: MlModel | undefined): ReadonlyMap<string, FlexibleShape> {
  const main = document.functions.find(({ name }) => name === "main");
  const found = main === undefined ? new Map<string, FlexibleShape>() : statedShapes(main);
  for (const { name, type } of model === undefined ? [] : describedInputs(model)) {
    const flexible = describedShape(type);
    if (name !== undefined && flexible !== undefined) found.set(name, flexible);
  }
  return found;
}

/** A model of several functions describes each by itself. */
function describedInputs({ description }: MlModel): ModelDescription["input"] {
  const { functions, defaultFunctionName = "main", input } = description;
  return functions.find(({ name }) => name === defaultFunctionName)?.input ?? input;
}

/** The program of a model file with what the description says of open sizes, as Apple's compiler writes it into text. */
export function withShapeInformation(model: MlModel): MilDocument {
  const { document } = model;
  const functions = document.functions.map((item) => {
    if (item.name !== "main" || statedShapes(item).size > 0) return item;
    const attribute = shapeInformation(flexibleShapes(document, model));
    return attribute === undefined ? item : { ...item, attributes: [...item.attributes, attribute] };
  });
  return { ...document, functions };
}

function describedShape(type: FeatureType | undefined): FlexibleShape | undefined {
  const array = type?.multiArrayType;
  if (array === undefined) return undefined;
  const defaults = array.shape.map(Number);
  const ranges = array.shapeRange?.sizeRanges.map(({ lowerBound = 0n, upperBound = 0n }) =>
    rangeOf([Number(lowerBound), Number(upperBound)]),
  );
  const shapes = array.enumeratedShapes?.shapes.map(({ shape }) => shape.map(Number));
  if (ranges === undefined && shapes === undefined) return undefined;
  return {
    ...(defaults.length === 0 ? {} : { defaults }),
    ...(ranges === undefined ? {} : { ranges }),
    ...(shapes === undefined ? {} : { shapes }),
  };
}
