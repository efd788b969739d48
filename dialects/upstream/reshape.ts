/** What tensor and memref reshapes share: groups of dimensions that merge or split. */
import { arrayOf, i64Attribute } from "../../ir/constraints.ts";
import { dynamic, type ShapedType } from "../../ir/types.ts";

/** `[[0, 1], [2]]`: which dimensions of the longer shape make each dimension of the shorter one. */
export const reassociationAttribute = arrayOf(arrayOf(i64Attribute));
export type Reassociation = readonly (readonly number[])[];

/** Reports where merging the groups of `long` does not give `short`. */
export function checkCollapse(
  long: ShapedType,
  short: ShapedType,
  groups: Reassociation,
  report: (message: string) => void,
): void {
  if (long.element !== short.element) report(`expects one element type, found ${long.element} and ${short.element}`);
  // A shape without dimensions has no groups; the other one is all ones.
  if (short.rank === 0 && groups.length === 0) {
    if (long.shape.some((size) => size !== 1)) report(`cannot reshape between ${long} and ${short}`);
    return;
  }
  if (groups.length !== short.rank) report(`expects ${short.rank} groups of dimensions, found ${groups.length}`);
  const flat = groups.flat();
  if (flat.length !== long.rank || flat.some((axis, position) => axis !== position)) {
    report(
      `expects groups that list dimensions 0 to ${long.rank - 1} in order, found [${groups.map((group) => `[${group.join(", ")}]`).join(", ")}]`,
    );
    return;
  }
  for (const [axis, group] of groups.entries()) {
    const sizes = group.map((each) => long.shape[each]!);
    const merged = sizes.includes(dynamic) ? dynamic : sizes.reduce((product, size) => product * size, 1);
    const found = short.shape[axis];
    if (found !== merged && found !== undefined) {
      report(`expects dimension ${axis} of ${short} to be ${merged === dynamic ? "dynamic" : merged}`);
    }
  }
}

/** The groups that merge `long` into `short` (both static), or undefined where neighbours do not merge that way. */
export function reassociationBetween(long: readonly number[], short: readonly number[]): Reassociation | undefined {
  const groups: number[][] = [];
  let axis = 0;
  for (const [position, wanted] of short.entries()) {
    const group: number[] = [];
    let product = 1;
    while (axis < long.length && (group.length === 0 || product !== wanted || position === short.length - 1)) {
      product *= long[axis]!;
      group.push(axis);
      axis += 1;
    }
    // Trailing unit dimensions join the group before them unless the next size is itself a unit.
    while (position < short.length - 1 && long[axis] === 1 && short[position + 1] !== 1) {
      group.push(axis);
      axis += 1;
    }
    if (product !== wanted || group.length === 0) return undefined;
    groups.push(group);
  }
  if (short.length === 0) return long.every((size) => size === 1) ? [] : undefined;
  return axis === long.length ? groups : undefined;
}
