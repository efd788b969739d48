/** The blobs that an operation's attributes refer to. */
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
  operation.walk(({ inherentEntries, discardableEntries }) => {
    for (let entry = inherentEntries; entry !== undefined; entry = entry.next) gather(entry.value);
    for (let entry = discardableEntries; entry !== undefined; entry = entry.next) gather(entry.value);
  });
  return blobs.values();
}
