/**
 * The attributes of an operation: an immutable linked list, so that operations share what is equal (a default that
 * thousands of them hold, the dictionary that a clone was made with) and an empty one costs nothing. `AttributeMap` is the
 * view that reads like a `Map` and edits by putting a new list in place of the old one.
 */
import type { Attribute } from "./attributes.ts";
import type { Operation } from "./operation.ts";

/** One name with its attribute, and what follows it. Undefined stands for the empty list. */
export class AttributeEntry {
  declare readonly name: string;
  declare readonly value: Attribute;
  declare readonly next: AttributeEntry | undefined;

  constructor(name: string, value: Attribute, next: AttributeEntry | undefined) {
    this.name = name;
    this.value = value;
    this.next = next;
  }

  [Symbol.iterator](): MapIterator<[string, Attribute]> {
    return pairsOf(this);
  }
}

/** The list of this one pair. Equal lists are one object as long as an attribute keeps being used under one name. */
export function soleEntry(name: string, value: Attribute): AttributeEntry {
  const known = value.lastSoleEntry;
  if (known !== undefined && known.name === name) return known;
  const entry = new AttributeEntry(name, value, undefined);
  value.lastSoleEntry = entry;
  return entry;
}

/** The attribute called `name` in a list. */
export function entryValue(entries: AttributeEntry | undefined, name: string): Attribute | undefined {
  for (let entry = entries; entry !== undefined; entry = entry.next) if (entry.name === name) return entry.value;
  return undefined;
}

/** The list with `name` replaced in its place, or added at the end. */
function withEntry(entries: AttributeEntry | undefined, name: string, value: Attribute): AttributeEntry {
  if (entries === undefined) return new AttributeEntry(name, value, undefined);
  const pairs = new Map(pairsOf(entries));
  return listOf(pairs.set(name, value))!;
}

/** The list without `name`; the same list where it has no such name. */
function withoutEntry(entries: AttributeEntry | undefined, name: string): AttributeEntry | undefined {
  if (entryValue(entries, name) === undefined) return entries;
  const pairs = new Map(pairsOf(entries));
  pairs.delete(name);
  return listOf(pairs);
}

function* pairsOf(entries: AttributeEntry | undefined): MapIterator<[string, Attribute]> {
  for (let entry = entries; entry !== undefined; entry = entry.next) yield [entry.name, entry.value];
}

function listOf(pairs: ReadonlyMap<string, Attribute>): AttributeEntry | undefined {
  let entries: AttributeEntry | undefined;
  for (const [name, value] of [...pairs].reverse()) entries = new AttributeEntry(name, value, entries);
  return entries;
}

/** The list of these pairs, in order; a later value of a name takes the place of an earlier one. */
export function entriesOf(
  pairs: Iterable<readonly [string, Attribute]> | AttributeMap | undefined,
): AttributeEntry | undefined {
  if (pairs === undefined) return undefined;
  if (pairs instanceof AttributeEntry) return pairs;
  if (pairs instanceof AttributeMap) return pairs.entryList;
  return listOf(new Map(pairs));
}

/** Attributes by name, in the order in which they were added. Editing it edits the operation. */
export class AttributeMap implements Map<string, Attribute> {
  declare readonly owner: Operation;
  declare readonly isInherent: boolean;

  constructor(owner: Operation, isInherent: boolean) {
    this.owner = owner;
    this.isInherent = isInherent;
  }

  /** The immutable list as it is now: two lists that are one object are equal. */
  get entryList(): AttributeEntry | undefined {
    return this.isInherent ? this.owner.inherentEntries : this.owner.discardableEntries;
  }

  set entryList(entries: AttributeEntry | undefined) {
    if (this.isInherent) this.owner.inherentEntries = entries;
    else this.owner.discardableEntries = entries;
  }

  get size(): number {
    let size = 0;
    for (let entry = this.entryList; entry !== undefined; entry = entry.next) size++;
    return size;
  }

  get(name: string): Attribute | undefined {
    return entryValue(this.entryList, name);
  }

  has(name: string): boolean {
    return entryValue(this.entryList, name) !== undefined;
  }

  set(name: string, value: Attribute): this {
    this.entryList = withEntry(this.entryList, name, value);
    return this;
  }

  /** The attribute of this name, after adding `value` where there was none. */
  getOrInsert(name: string, value: Attribute): Attribute {
    return this.get(name) ?? this.set(name, value).get(name)!;
  }

  getOrInsertComputed(name: string, make: (name: string) => Attribute): Attribute {
    return this.get(name) ?? this.set(name, make(name)).get(name)!;
  }

  delete(name: string): boolean {
    const before = this.entryList;
    this.entryList = withoutEntry(before, name);
    return this.entryList !== before;
  }

  clear(): void {
    this.entryList = undefined;
  }

  forEach(visit: (value: Attribute, name: string, map: Map<string, Attribute>) => void): void {
    for (const [name, value] of this) visit(value, name, this);
  }

  entries(): MapIterator<[string, Attribute]> {
    return pairsOf(this.entryList);
  }

  *keys(): MapIterator<string> {
    for (let entry = this.entryList; entry !== undefined; entry = entry.next) yield entry.name;
  }

  *values(): MapIterator<Attribute> {
    for (let entry = this.entryList; entry !== undefined; entry = entry.next) yield entry.value;
  }

  [Symbol.iterator](): MapIterator<[string, Attribute]> {
    return pairsOf(this.entryList);
  }

  get [Symbol.toStringTag](): string {
    return "AttributeMap";
  }
}
