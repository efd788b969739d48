/** Symbols: operations with a name (`sym_name`) inside an operation with the SymbolTable trait, and references to them. */
import {
  ArrayAttribute,
  type Attribute,
  DictionaryAttribute,
  StringAttribute,
  SymbolReferenceAttribute,
} from "./attributes.ts";
import type { Operation } from "./operation.ts";

/** The name that an operation defines, if it is a symbol. */
export function symbolName(operation: Operation): string | undefined {
  const name = operation.attribute("sym_name");
  return name instanceof StringAttribute ? name.value : undefined;
}

/** A snapshot of the symbols directly inside a symbol-table operation. */
export class SymbolTable {
  readonly operation: Operation;
  readonly #symbols = new Map<string, Operation>();

  constructor(operation: Operation) {
    this.operation = operation;
    for (const region of operation.regions) {
      for (const block of region.blocks) {
        for (const each of block.operations) {
          const name = symbolName(each);
          if (name !== undefined && !this.#symbols.has(name)) this.#symbols.set(name, each);
        }
      }
    }
  }

  lookup(name: string): Operation | undefined {
    return this.#symbols.get(name);
  }

  get symbols(): ReadonlyMap<string, Operation> {
    return this.#symbols;
  }

  /** Adds an operation to the table's body, renaming it where its name is taken. Returns the name it got. */
  insert(operation: Operation): string {
    const wanted = symbolName(operation);
    if (wanted === undefined) throw new Error(`${operation.name} is not a symbol`);
    const name = this.freeName(wanted);
    if (name !== wanted) operation.properties.set("sym_name", StringAttribute.get(name));
    this.operation.regions[0]!.onlyBlock.append(operation);
    this.#symbols.set(name, operation);
    return name;
  }

  /**
   * Gives a symbol of this table another name, and every reference to it in the program around the table.
   *
   * @throws Error where the operation is no symbol of the table, or the name is taken
   */
  rename(operation: Operation, name: string): void {
    const old = symbolName(operation);
    if (old === undefined || this.#symbols.get(old) !== operation)
      throw new Error(`${operation.name} is not a symbol of this table`);
    if (name === old) return;
    if (this.#symbols.has(name)) throw new Error(`there is a symbol @${name} already: ask freeName("${name}") for one`);
    let root = this.operation;
    for (let parent = root.parentOperation; parent !== undefined; parent = parent.parentOperation) root = parent;
    const changes: (() => void)[] = [];
    root.walk((user) => {
      for (const map of [user.properties, user.attributes]) {
        for (const [key, attribute] of map) {
          const changed = withReferences(attribute, (reference) => renamedReference(user, reference, operation, name));
          if (changed !== attribute) changes.push(() => map.set(key, changed));
        }
      }
    });
    // Only now: references are looked up by the old name.
    for (const change of changes) change();
    operation.properties.set("sym_name", StringAttribute.get(name));
    this.#symbols.delete(old);
    this.#symbols.set(name, operation);
  }

  /** `wanted`, or with the first free number behind it. */
  freeName(wanted: string): string {
    let name = wanted;
    for (let counter = 0; this.#symbols.has(name); counter++) name = `${wanted}_${counter}`;
    return name;
  }
}

/** The nearest operation around (or equal to) `operation` that is a symbol table. */
export function nearestSymbolTable(operation: Operation): Operation | undefined {
  for (let walker: Operation | undefined = operation; walker !== undefined; walker = walker.parentOperation) {
    if (walker.definition?.hasTrait("SymbolTable")) return walker;
  }
  return undefined;
}

/** The last snapshot of each table; a hit is checked against the table as it is now, and a miss looks again. */
const snapshots = new WeakMap<Operation, SymbolTable>();

/** The symbol called `name` directly inside `table`. Cheap when asked often: the table is scanned anew only for a miss. */
export function lookupSymbol(table: Operation, name: string): Operation | undefined {
  const known = snapshots.get(table)?.lookup(name);
  if (known !== undefined && known.parentOperation === table && symbolName(known) === name) return known;
  const fresh = new SymbolTable(table);
  snapshots.set(table, fresh);
  return fresh.lookup(name);
}

/** Finds what a reference made at `from` names, or undefined. */
export function resolveSymbol(from: Operation, reference: SymbolReferenceAttribute): Operation | undefined {
  let table = nearestSymbolTable(from);
  while (table !== undefined) {
    let found: Operation | undefined = lookupSymbol(table, reference.root);
    for (const name of reference.path.slice(1)) found = found === undefined ? undefined : lookupSymbol(found, name);
    if (found !== undefined) return found;
    table = table.parentOperation === undefined ? undefined : nearestSymbolTable(table.parentOperation);
  }
  return undefined;
}

/** All symbol references in an attribute, nested ones too. */
export function symbolReferences(attribute: Attribute): SymbolReferenceAttribute[] {
  if (attribute instanceof SymbolReferenceAttribute) return [attribute];
  if (attribute instanceof ArrayAttribute) return attribute.elements.flatMap(symbolReferences);
  if (attribute instanceof DictionaryAttribute) return [...attribute.entries.values()].flatMap(symbolReferences);
  return [];
}

/** An attribute with other references in it; the same object where none changes. */
function withReferences(
  attribute: Attribute,
  change: (reference: SymbolReferenceAttribute) => SymbolReferenceAttribute,
): Attribute {
  if (symbolReferences(attribute).length === 0) return attribute;
  if (attribute instanceof SymbolReferenceAttribute) return change(attribute);
  if (attribute instanceof ArrayAttribute)
    return ArrayAttribute.get(attribute.elements.map((each) => withReferences(each, change)));
  if (attribute instanceof DictionaryAttribute)
    return DictionaryAttribute.get([...attribute.entries].map(([key, each]) => [key, withReferences(each, change)]));
  return attribute;
}

/** A reference in which the name that leads to `symbol` is another one. */
function renamedReference(
  user: Operation,
  reference: SymbolReferenceAttribute,
  symbol: Operation,
  name: string,
): SymbolReferenceAttribute {
  const { path } = reference;
  const position = path.findIndex(
    (_, end) => resolveSymbol(user, SymbolReferenceAttribute.get(...path.slice(0, end + 1))) === symbol,
  );
  return position < 0 ? reference : SymbolReferenceAttribute.get(...path.with(position, name));
}

/** How often each symbol name is referred to inside `scope`. */
export function countSymbolUses(scope: Operation): Map<string, number> {
  const counts = new Map<string, number>();
  scope.walk((operation) => {
    for (const attribute of [...operation.properties.values(), ...operation.attributes.values()]) {
      for (const reference of symbolReferences(attribute))
        counts.set(reference.root, (counts.get(reference.root) ?? 0) + 1);
    }
  });
  return counts;
}
