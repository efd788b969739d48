/** Interning: one object per distinct key, so that equality is identity. */

/** A class with a non-public constructor, as far as `instanceof` needs it. */
export type ClassOf<T> = Function & { readonly prototype: T };

function isInstance<T>(value: unknown, kind: ClassOf<T>): value is T {
  return value instanceof kind;
}

/** Drops what is spelled with a type or attribute of a dialect. */
export function forgetSpellings(table: Map<string, unknown>, dialect: string): void {
  const ofDialect = new RegExp(`[!#]${dialect}[.<]`);
  for (const key of table.keys()) if (ofDialect.test(key)) table.delete(key);
}

/** Returns the one value that `table` holds for `key`, made on first use; a key claimed by two classes is an error. */
export function intern<T>(table: Map<string, unknown>, key: string, kind: ClassOf<T>, make: () => T): T {
  const known = table.get(key);
  if (known === undefined) {
    const made = make();
    table.set(key, made);
    return made;
  }
  if (!isInstance(known, kind)) throw new Error(`${key} already exists as another kind than ${kind.name}`);
  return known;
}
