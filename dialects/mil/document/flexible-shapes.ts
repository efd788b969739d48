/**
 * What a program's text says about sizes that it leaves open: the function attribute `FlexibleShapeInformation`, which Apple's compiler
 * writes. Model files say the same in the description of each input, and have no such attribute.
 */
import type { MilAttribute, MilFunctionText, MilValue } from "./document.ts";

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
      else if (key === "EnumeratedShapes") found.set(name, { ...known, shapes: itemsOf(shape).map(numbersOf) });
    }
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
