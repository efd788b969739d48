/** The blobs that an operation's attributes refer to. */
import type { AttributeEntry } from "../attribute-map.ts";
import {
  ArrayAttribute,
  type Attribute,
  DenseResourceAttribute,
  DictionaryAttribute,
  IntegerAttribute,
} from "../attributes.ts";
import type { Blob } from "../blob.ts";
import type { Operation } from "../operation.ts";

/** Each blob once, in the order of its first use. References whose bytes are not at hand are left out. */
export function blobsOf(operation: Operation): Iterable<Blob> {
  const blobs = new Map<string, Blob>();
  const gather = (attribute: Attribute): void => {
    if (attribute instanceof IntegerAttribute) return;
    if (attribute instanceof DenseResourceAttribute) {
      if (attribute.blob !== undefined) blobs.set(attribute.blob.key, attribute.blob);
    } else if (attribute instanceof ArrayAttribute) attribute.elements.forEach(gather);
    else if (attribute instanceof DictionaryAttribute) for (const each of attribute.entries.values()) gather(each);
  };
  const gatherAll = (first: AttributeEntry | undefined): void => {
    for (let entry = first; entry !== undefined; entry = entry.next) gather(entry.value);
  };
  gatherAll(operation.inherentEntries);
  gatherAll(operation.discardableEntries);
  const later: (Operation | undefined)[] = [];
  enter(operation, later);
  while (later.length > 0) {
    let each = later.pop();
    while (each !== undefined) {
      gatherAll(each.inherentEntries);
      gatherAll(each.discardableEntries);
      if (each.regions.length > 0) {
        later.push(each.next);
        enter(each, later);
        break;
      }
      each = each.next;
    }
  }
  return blobs.values();
}

/** Puts the first operations of all blocks in an operation on a list, the first block last. */
function enter({ regions }: Operation, later: (Operation | undefined)[]): void {
  for (const region of regions.toReversed()) for (const block of region.blocks.toReversed()) later.push(block.first);
}
