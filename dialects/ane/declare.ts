/** What the declarations of tasks share: result types from shapes, and the text of their examples. */
import type { Value } from "../../ir/operation.ts";
import { f16, type Type } from "../../ir/types.ts";
import { slottedShape } from "./slots.ts";
import { SurfaceType } from "./surface-type.ts";

export type SurfaceValue = Value<SurfaceType>;

/** The result type of a task whose slots get `shape`. */
export function taskResult(
  shape: readonly number[],
  slots: { readonly transpose: readonly number[] | undefined },
  element: Type = f16,
): SurfaceType {
  return SurfaceType.get(slottedShape(shape, slots.transpose), element);
}

export function shapeOf(value: SurfaceValue): readonly number[] {
  return value.type.shape;
}

/** A self-contained program for an op's documentation: `inputs` ("%x: !ane.surface<2x3xf16>") come from `test.source`. */
export function example(line: string, ...inputs: readonly string[]): string {
  const sources = inputs.map((input) => {
    const colon = input.indexOf(":");
    return `${input.slice(0, colon)} = "test.source"() : () -> ${input.slice(colon + 1).trim()}`;
  });
  return [...sources, line].join("\n");
}

/** `!ane.surface<2x3xf16>` */
export const surface = (shape: string) => `!ane.surface<${shape}xf16>`;
