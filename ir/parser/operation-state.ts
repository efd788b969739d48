/** From what the text of a registered op said to a complete state: attributes sorted into kinds, defaults, counts checked. */
import { countProblem, type DefinitionInfo, operandSegments, resultSegments } from "../assembly/definition-info.ts";
import { type AttributeEntry, entriesOf, entryValue } from "../attribute-map.ts";
import type { Attribute } from "../attributes.ts";
import type { ArityLimits, OperationDefinition } from "../declaration.ts";
import type { OperationState } from "../operation.ts";

export type ParsedState = Omit<OperationState, "name" | "definition" | "location">;

/** Both kinds of attributes of an operation. */
export interface SortedAttributes {
  readonly inherent: AttributeEntry | undefined;
  readonly discardable: AttributeEntry | undefined;
}

/** Whether a registered op needs no further look: all inherent attributes in their place, and a right number of everything. */
export function isComplete(
  { attributes, operands = none, resultTypes = none, regions = none, successors = none }: ParsedState,
  inherent: AttributeEntry | undefined,
  definition: OperationDefinition,
  { defaultEntries, hasSegments }: DefinitionInfo,
): boolean {
  return (
    attributes === undefined &&
    (defaultEntries === undefined || (inherent !== undefined && hasAll(inherent, defaultEntries))) &&
    !hasSegments &&
    isWithin(operands.length, definition.operandLimits) &&
    isWithin(resultTypes.length, definition.resultLimits) &&
    isWithin(regions.length, definition.regionLimits) &&
    isWithin(successors.length, definition.successorLimits)
  );
}

/** What was read of a registered op, checked; `error` makes the diagnostic from the words behind the op's name. */
export function completeAttributes(
  state: ParsedState,
  definition: OperationDefinition,
  info: DefinitionInfo,
  error: (message: string) => Error,
): SortedAttributes {
  const sorted = sortedAttributes(state, info, error);
  const problem = countsProblem(state, definition, sorted.inherent);
  if (problem !== undefined) throw error(problem);
  return sorted;
}

const none: readonly never[] = [];

function isWithin(count: number, { least, most }: ArityLimits): boolean {
  return count >= least && count <= most;
}

function sortedAttributes(
  state: ParsedState,
  { inherent, defaults, defaultEntries }: DefinitionInfo,
  error: (message: string) => Error,
): SortedAttributes {
  const given = entriesOf(state.properties);
  const discardable = entriesOf(state.attributes);
  if (discardable === undefined || inherent.size === 0) {
    if (given === undefined) return { inherent: defaultEntries, discardable };
    if (hasAll(given, defaultEntries)) return { inherent: given, discardable };
  }
  const properties = new Map(given ?? []);
  const others = new Map<string, Attribute>();
  // Text may give inherent attributes in either dictionary.
  for (const [name, attribute] of discardable ?? []) {
    if (!inherent.has(name)) others.set(name, attribute);
    else if (properties.has(name)) throw error(`has the attribute '${name}' twice`);
    else properties.set(name, attribute);
  }
  for (const [name, attribute] of defaults) if (!properties.has(name)) properties.set(name, attribute);
  return { inherent: entriesOf(properties), discardable: entriesOf(others) };
}

function hasAll(entries: AttributeEntry, names: AttributeEntry | undefined): boolean {
  for (let entry = names; entry !== undefined; entry = entry.next) {
    if (entryValue(entries, entry.name) === undefined) return false;
  }
  return true;
}

function countsProblem(
  { operands = none, resultTypes = none, regions = none, successors = none }: ParsedState,
  definition: OperationDefinition,
  properties: AttributeEntry | undefined,
): string | undefined {
  return (
    countProblem("operand", definition.operandFields, operands.length, entryValue(properties, operandSegments)) ??
    countProblem("result", definition.resultFields, resultTypes.length, entryValue(properties, resultSegments)) ??
    partsProblem("region", definition.regionFields, regions.length) ??
    partsProblem("successor", definition.successorFields, successors.length)
  );
}

function partsProblem(
  kind: string,
  fields: readonly { readonly field: { readonly arity: "one" | "variadic" } }[],
  count: number,
): string | undefined {
  const fixed = fields.filter(({ field }) => field.arity === "one").length;
  const isOpen = fixed < fields.length;
  if (count === fixed || (isOpen && count > fixed)) return undefined;
  return `expects ${isOpen ? "at least " : ""}${fixed} ${kind}${fixed === 1 ? "" : "s"}, found ${count}`;
}
