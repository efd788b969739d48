/**
 * The schedule as an attribute of the anchor operation, `anemone.schedule`, so that it can be read in a dump, and changed there:
 *
 *   {lanes = 16 : i64, loops = [array<i64: 1>, array<i64: 2, 3>, array<i64: 4>], tiles = array<i64: 8, 2, 1>, vector = 1 : i64}
 *
 * `loops` lists, outermost first, the dimensions that each loop walks; dimensions of size 1 are left out.
 */
import {
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  DictionaryAttribute,
  IntegerAttribute,
} from "../../../ir/attributes.ts";
import type { Operation } from "../../../ir/operation.ts";
import type { NestGroup } from "../group.ts";
import type { Schedule, ScheduledLoop } from "./schedule.ts";

export const scheduleAttributeName = "anemone.schedule";
/** Numbers the groups: all operations with one number become one nest. */
export const groupAttributeName = "anemone.group";
/** Marks the outermost operations of a nest with its number. */
export const nestAttributeName = "anemone.nest";

export function encodeSchedule({ loops, vector, lanes }: Schedule): Attribute {
  const entries: [string, Attribute][] = [
    ["loops", ArrayAttribute.get(loops.map(({ dimensions }) => DenseArrayAttribute.i64(dimensions)))],
    ["tiles", DenseArrayAttribute.i64(loops.map(({ tile }) => tile))],
    ["lanes", IntegerAttribute.get(lanes)],
  ];
  if (vector !== undefined) entries.push(["vector", IntegerAttribute.get(vector)]);
  return DictionaryAttribute.get(entries);
}

/** Reads the schedule of a group's anchor; undefined where there is none. Throws where it does not fit the nest. */
export function decodeSchedule(anchor: Operation, group: NestGroup): Schedule | undefined {
  const attribute = anchor.attribute(scheduleAttributeName);
  if (attribute === undefined) return undefined;
  const fail = (problem: string) => anchor.error(`has an ${scheduleAttributeName} that ${problem}: ${attribute}`);
  if (!(attribute instanceof DictionaryAttribute)) throw fail("is no dictionary");
  const lists = attribute.entries.get("loops");
  const tiles = numbers(attribute.entries.get("tiles"));
  const lanes = attribute.entries.get("lanes");
  const vector = attribute.entries.get("vector");
  if (!(lists instanceof ArrayAttribute) || tiles === undefined || tiles.length !== lists.elements.length) {
    throw fail("lacks `loops` or a tile for each of them");
  }
  const loops = lists.elements.map((list, position): ScheduledLoop => {
    const dimensions = numbers(list) ?? [];
    const kind = group.kinds[dimensions[0] ?? -1];
    if (kind === undefined || dimensions.some((dimension) => group.kinds[dimension] !== kind))
      throw fail("mixes dimensions or names unknown ones");
    const size = dimensions.reduce((product, dimension) => product * group.sizes[dimension]!, 1);
    return { dimensions, size, kind, tile: tiles[position]! };
  });
  const walked = loops.flatMap(({ dimensions }) => dimensions);
  const forgotten = group.sizes.findIndex((size, dimension) => size > 1 && !walked.includes(dimension));
  if (forgotten >= 0) throw fail(`leaves out dimension d${forgotten}`);
  if (new Set(walked).size !== walked.length) throw fail("walks a dimension twice");
  const firstReduction = loops.findIndex(({ kind }) => kind === "reduction");
  if (firstReduction >= 0 && loops.slice(firstReduction).some(({ kind }) => kind === "parallel")) {
    throw fail("has a parallel loop inside a reduction");
  }
  if (loops.some(({ tile }) => !(tile >= 1))) throw fail("has a tile below 1");
  const width = lanes instanceof IntegerAttribute ? lanes.number : 1;
  if (!(width >= 1) || !Number.isInteger(Math.log2(width))) throw fail("has lanes that are no power of two");
  const position = vector instanceof IntegerAttribute ? vector.number : undefined;
  if (position !== undefined && loops[position] === undefined) throw fail("names a vector loop that it does not have");
  return { loops, vector: position, lanes: position === undefined ? 1 : width };
}

function numbers(attribute: Attribute | undefined): readonly number[] | undefined {
  return attribute instanceof DenseArrayAttribute ? attribute.numbers : undefined;
}
