/**
 * What random programs are made of: each op's documented example, taken apart into the operation itself and the symbols
 * that it refers to. Whatever op has an example can stand in a random program.
 */
import {
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  DictionaryAttribute,
  SymbolReferenceAttribute,
} from "../../../ir/attributes.ts";
import type { AnyDefinition, Context, Dialect } from "../../../ir/context.ts";
import { unknownLocation } from "../../../ir/location.ts";
import { type Block, createOperation, type Operation } from "../../../ir/operation.ts";
import { print } from "../../../ir/printer/print.ts";
import { symbolName, symbolReferences } from "../../../ir/symbol-table.ts";
import { verifyAll } from "../../../ir/verifier.ts";
import { sampleAttributes, similarAttributes } from "../broken-operations.ts";
import { operationsNamed, parseOrRefuse } from "../example-program.ts";

/** One op as its example shows it. */
export interface Template {
  readonly definition: AnyDefinition;
  readonly sample: Operation;
  /** The symbols of the example that the operation and all inside it refer to. */
  readonly symbols: readonly Operation[];
  /** Whether its custom form writes its regions; one that is implied has to stay as it is. */
  readonly writesRegions: boolean;
  /** Other attributes that may stand in the place of the example's, by name. */
  readonly alternatives: ReadonlyMap<string, readonly Attribute[]>;
}

/** The templates of the ops of `dialects` whose examples parse and verify in `context`. */
export function templatesOf(dialects: readonly Dialect[], context: Context): readonly Template[] {
  return dialects.flatMap((each) => each.ops.flatMap((definition) => templateOf(definition, context) ?? []));
}

function templateOf(definition: AnyDefinition, context: Context): Template | undefined {
  const text = definition.options.example;
  if (text === undefined || isFrame(definition)) return undefined;
  const module = parseOrRefuse(text, context);
  const sample = module === undefined ? undefined : operationsNamed(module, definition.name).at(-1);
  if (module === undefined || sample === undefined || verifyAll(module, context).length > 0) return undefined;
  if (holdsUnknown(sample)) return undefined;
  return {
    definition,
    sample,
    symbols: symbolsOf(sample, module),
    writesRegions: writesRegions(sample),
    alternatives: alternativesOf(sample),
  };
}

/** What programs are put into is made by the generator itself. */
function isFrame({ name }: AnyDefinition): boolean {
  return name === "builtin.module" || name === "func.func" || name === "func.return";
}

/** Whether an operation of no loaded dialect stands in its regions (`test.source` outside stands for an operand). */
function holdsUnknown(sample: Operation): boolean {
  let found = false;
  sample.walk((operation) => {
    found ||= operation.definition === undefined;
  });
  return found;
}

function writesRegions(sample: Operation): boolean {
  const copy = sample.clone();
  let count = 0;
  copy.walk(({ regions }) => {
    for (const { entry } of regions) {
      if (entry === undefined) continue;
      const mark = createOperation({ name: `test.mark${count++}`, location: unknownLocation });
      entry.insertBefore(mark, entry.first);
    }
  });
  try {
    const text = print(copy);
    return Array.from({ length: count }, (_, number) => `test.mark${number}"`).every((mark) => text.includes(mark));
  } catch {
    // A form that only knows one body does not get as far.
    return false;
  }
}

function symbolsOf(sample: Operation, module: Operation): readonly Operation[] {
  const wanted = new Set<string>();
  const collect = (operation: Operation) =>
    operation.walk((each) => {
      for (const attribute of [...each.properties.values(), ...each.attributes.values()])
        for (const { root } of symbolReferences(attribute)) wanted.add(root);
    });
  collect(sample);
  const found: Operation[] = [];
  // What a symbol refers to is needed too, so the list grows while it is walked.
  const candidates = (module.regions[0]?.entry?.operations ?? []).filter((each) => symbolName(each) !== undefined);
  for (const name of wanted) {
    const symbol = candidates.find((each) => symbolName(each) === name);
    if (symbol === undefined || found.includes(symbol) || symbol.isAncestorOf(sample)) continue;
    found.push(symbol);
    collect(symbol);
  }
  return found;
}

/** Attributes that satisfy each field's own constraint, the example's left out. */
function alternativesOf(sample: Operation): ReadonlyMap<string, readonly Attribute[]> {
  const fields = sample.definition?.attributeFields ?? [];
  const found = new Map<string, readonly Attribute[]>();
  for (const { name, field } of fields) {
    const present = sample.attribute(name);
    if (name === "sym_name" || present instanceof SymbolReferenceAttribute) continue;
    const candidates = [...(present === undefined ? [] : variants(present)), ...sampleAttributes];
    const fitting = candidates.filter((each) => each !== present && field.constraint.decode(each) !== undefined);
    if (fitting.length > 0) found.set(name, [...new Set(fitting)]);
  }
  return found;
}

function variants(attribute: Attribute): readonly Attribute[] {
  if (!(attribute instanceof DenseArrayAttribute)) return similarAttributes(attribute);
  const { element } = attribute;
  const lists = [[1], [0], [-1], [2], [1, 0], [0, 1], [2, 3], [1, 2, 3], [0, 0, 0]];
  return [...lists.map((list) => DenseArrayAttribute.get(element, list)), ...similarAttributes(attribute)];
}

/** An attribute in which symbols are called as `names` says. */
export function renamed(attribute: Attribute, names: ReadonlyMap<string, string>): Attribute {
  if (names.size === 0) return attribute;
  if (attribute instanceof SymbolReferenceAttribute) {
    const [root, ...rest] = attribute.path;
    const name = root === undefined ? undefined : names.get(root);
    return name === undefined ? attribute : SymbolReferenceAttribute.get(name, ...rest);
  }
  if (attribute instanceof ArrayAttribute)
    return ArrayAttribute.get(attribute.elements.map((each) => renamed(each, names)));
  if (attribute instanceof DictionaryAttribute)
    return DictionaryAttribute.get([...attribute.entries].map(([key, value]) => [key, renamed(value, names)]));
  return attribute;
}

/** Whether a terminator sends control to other blocks. */
export const isBranch = ({ sample }: Template) => sample.successors.length > 0;

/** The types of the arguments of a block. */
export const argumentTypes = (block: Block) => block.arguments.map(({ type }) => type);
