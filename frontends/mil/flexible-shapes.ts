/** What a model says about sizes that its program leaves open: defaults and ranges, from text or from the description of its inputs. */
import type { MilDocument } from "../../dialects/mil/document/document.ts";
import { type FlexibleShape, rangeOf, statedShapes } from "../../dialects/mil/document/flexible-shapes.ts";
import type { FeatureType, MlModel } from "../../dialects/mil/protobuf/index.ts";

/** By input name. */
export function flexibleShapes(document: MilDocument, model: MlModel | undefined): ReadonlyMap<string, FlexibleShape> {
  const main = document.functions.find(({ name }) => name === "main");
  const found = main === undefined ? new Map<string, FlexibleShape>() : statedShapes(main);
  for (const { name, type } of model?.description.input ?? []) {
    const flexible = describedShape(type);
    if (name !== undefined && flexible !== undefined) found.set(name, flexible);
  }
  return found;
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
