/** From what the text of a registered op said to a complete state: attributes sorted into kinds, defaults, counts checked. */
import { countProblem, infoOf, operandSegments, resultSegments } from "../assembly/definition-info.ts";
import type { Attribute } from "../attributes.ts";
import type { OperationDefinition } from "../declaration.ts";
import type { OperationState } from "../operation.ts";

export type ParsedState = Omit<OperationState, "name" | "definition" | "location">;

/** `error` makes the diagnostic from the words behind the op's name. */
export function completeState(
  state: OperationState,
  definition: OperationDefinition,
  error: (message: string) => Error,
): OperationState {
  const { inherent, defaults } = infoOf(definition);
  const properties = new Map(state.properties ?? []);
  let attributes = state.attributes;
  if (attributes !== undefined && inherent.size > 0) {
    // Text may give inherent attributes in either dictionary.
    const discardable = new Map<string, Attribute>();
    for (const [name, attribute] of attributes) {
      if (!inherent.has(name)) discardable.set(name, attribute);
      else if (properties.has(name)) throw error(`has the attribute '${name}' twice`);
      else properties.set(name, attribute);
    }
    attributes = discardable;
  }
  for (const [name, attribute] of defaults) if (!properties.has(name)) properties.set(name, attribute);
  const complete: OperationState = { ...state, properties, attributes };
  const problem = countsProblem(complete, definition, properties);
  if (problem !== undefined) throw error(problem);
  return complete;
}

function countsProblem(
  { operands = [], resultTypes = [], regions = [], successors = [] }: OperationState,
  definition: OperationDefinition,
  properties: ReadonlyMap<string, Attribute>,
): string | undefined {
  return (
    countProblem("operand", definition.operandFields, operands.length, properties.get(operandSegments)) ??
    countProblem("result", definition.resultFields, resultTypes.length, properties.get(resultSegments)) ??
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
