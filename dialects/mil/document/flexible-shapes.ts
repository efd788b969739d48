/**
 * What a program's text says about sizes that it leaves open: the function attribute `FlexibleShapeInformation`, which Apple's compiler
 * writes. Model files say the same in the description of each input, and have no such attribute.
 */
import type { MilAttribute, MilFunctionText, MilTensorType, MilType, MilValue } from "./document.ts";

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

export const flexibleShapeInformation = "FlexibleShapeInformation";

/** By input name. What is stated in a form that is not known is left out. */
export function statedShapes(main: MilFunctionText): Map<string, FlexibleShape> {
  const found = new Map<string, FlexibleShape>();
  for (const attribute of main.attributes) {
    if (attribute.name === flexibleShapeInformation) addStated(attribute, found);
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
      else if (key === "EnumeratedShapes") addListed(input, shape, found);
    }
  }
}

/** Lists of shapes by input, or sets of shapes by a label of their own: no file of the corpus has either. */
function addListed(key: MilValue, value: MilValue, found: Map<string, FlexibleShape>): void {
  const listed = itemsOf(value).map((shape) => [key, shape] as const);
  for (const [input, shape] of listed.length > 0 ? listed : entriesOf(value)) {
    const name = stringOf(input);
    if (name === undefined) continue;
    const known = found.get(name) ?? {};
    found.set(name, { ...known, shapes: [...(known.shapes ?? []), numbersOf(shape)] });
  }
}

/** From the two ends as files state them: a negative end is none. */
export function rangeOf([least = 0, most = -1]: readonly number[]): SizeRange {
  return { least, most: most < 0 ? undefined : most };
}

const itemsOf = ({ content }: MilValue) => (content.kind === "items" ? content.items : []);
const entriesOf = ({ content }: MilValue) => (content.kind === "entries" ? content.entries : []);
const stringOf = ({ content }: MilValue) => (content.kind === "strings" ? content.strings[0] : undefined);
const numbersOf = ({ content }: MilValue): number[] =>
  content.kind === "numbers" ? Array.from<number | bigint, number>(content.numbers, Number) : [];

const text: MilTensorType = { kind: "tensor", element: "string", shape: [] };
const sizes: MilTensorType = { kind: "tensor", element: "int32", shape: [undefined] };
const ends: MilTensorType = { kind: "tensor", element: "int32", shape: [2] };
const ranges: MilType = { kind: "list", element: ends, length: undefined };

/** The attribute that Apple's compiler writes for inputs with a range per dimension; undefined where no input has one. */
export function shapeInformation(flexible: ReadonlyMap<string, FlexibleShape>): MilAttribute | undefined {
  const ranged = [...flexible].filter(([, shape]) => shape.ranges !== undefined);
  if (ranged.length === 0) return undefined;
  const defaults = ranged.map(([name, shape]) => {
    const stated = shape.defaults ?? shape.ranges?.map(({ least }) => least) ?? [];
    return [stringValue(name), numberValue(sizes, stated)] as const;
  });
  const limits = ranged.map(([name, shape]) => {
    const items = (shape.ranges ?? []).map(({ least, most }) => numberValue(ends, [least, most ?? -1]));
    return [stringValue(name), { type: ranges, content: { kind: "items", items } }] as const;
  });
  return {
    name: flexibleShapeInformation,
    value: tuple([
      tuple([stringValue("DefaultShapes"), dict(sizes, defaults)]),
      tuple([stringValue("RangeDims"), dict(ranges, limits)]),
    ]),
  };
}

const stringValue = (value: string): MilValue => ({ type: text, content: { kind: "strings", strings: [value] } });
const numberValue = (type: MilTensorType, values: readonly number[]): MilValue => ({
  type,
  content: { kind: "numbers", numbers: Int32Array.from(values) },
});
const tuple = (items: readonly MilValue[]): MilValue => ({
  type: { kind: "tuple", items: items.map(({ type }) => type) },
  content: { kind: "items", items },
});
const dict = (value: MilType, entries: readonly (readonly [MilValue, MilValue])[]): MilValue => ({
  type: { kind: "dict", key: text, value },
  content: { kind: "entries", entries },
});
