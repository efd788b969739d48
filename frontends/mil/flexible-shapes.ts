/**
 * What a MIL program says about sizes that it leaves open: defaults and ranges. Text states them in the function's attribute
 * `FlexibleShapeInformation`, model files in the description of each input.
 */
import type { MilAttribute, MilContent, MilDocument, MilValue } from "../../dialects/mil/document/document.ts";
import type { FeatureType, MlModel } from "../../dialects/mil/protobuf/index.ts";

/** Both ends belong to the range; no `most` means no bound. */
export interface SizeRange {
  readonly least: number;
  readonly most: number | undefined;
}

export interface FlexibleShape {
  readonly defaults?: readonly number[];
  /** One per dimension. */
  readonly ranges?: readonly SizeRange[];
  /** The only shapes that are allowed. */
  readonly shapes?: readonly (readonly number[])[];
}

/** By input name. What a file states in a form that is not known is left out. */
export function flexibleShapes(document: MilDocument, model: MlModel | undefined): ReadonlyMap<string, FlexibleShape> {
  const found = new Map<string, FlexibleShape>();
  const main = document.functions.find(({ name }) => name === "main");
  for (const attribute of main?.attributes ?? []) {
    if (attribute.name === "FlexibleShapeInformation") addStated(attribute, found);
  }
  for (const { name, type } of model?.description.input ?? []) {
    const flexible = describedShape(type);
    if (name !== undefined && flexible !== undefined) found.set(name, flexible);
  }
  return found;
}

/** A tuple of pairs: a title and a dict by input. */
function addStated({ value }: MilAttribute, found: Map<string, FlexibleShape>): void {
  for (const pair of itemsOf(value)) {
    const [title, byInput] = itemsOf(pair);
    const key = title === undefined ? undefined : stringOf(title);
    for (const [input, shape] of byInput === undefined ? [] : entriesOf(byInput)) {
      const name = stringOf(input);
      if (name === undefined) continue;
      const known = found.get(name) ?? {};
      if (key === "DefaultShapes") found.set(name, { ...known, defaults: numbersOf(shape) });
      else if (key === "RangeDims") found.set(name, { ...known, ranges: itemsOf(shape).map(numbersOf).map(rangeOf) });
      else if (key === "EnumeratedShapes") found.set(name, { ...known, shapes: itemsOf(shape).map(numbersOf) });
    }
  }
}

const rangeOf = ([least = 0, most = -1]: readonly number[]): SizeRange => ({
  least,
  most: most < 0 ? undefined : most,
});

const itemsOf = ({ content }: MilValue) => (content.kind === "items" ? content.items : []);
const entriesOf = ({ content }: MilValue) => (content.kind === "entries" ? content.entries : []);
const numbersOf = ({ content }: MilValue): number[] =>
  content.kind === "numbers" ? Array.from<number | bigint, number>(content.numbers, Number) : [];

function stringOf({ content }: { readonly content: MilContent }): string | undefined {
  return content.kind === "strings" ? content.strings[0] : undefined;
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
