/** The typed builder and the typed accessors of a declaration as each other's judge: one takes what the others give. */
import type { Context } from "../../ir/context.ts";
import { type Operation, Region } from "../../ir/operation.ts";
import { print } from "../../ir/printer/print.ts";
import { copyOf, type Example, firstDifference } from "./example-program.ts";

/** The value of an accessor; attributes that are called like a member of every operation have none. */
function read(operation: Operation, name: string): unknown {
  const definition = operation.definition!;
  const attribute = definition.attributeFields.find((each) => each.name === name);
  if (attribute !== undefined) {
    const stored = operation.attribute(name);
    return stored === undefined ? undefined : attribute.field.constraint.decode(stored);
  }
  return Reflect.get(operation, name);
}

/** The builder's arguments: operands, attributes, regions and successors, and result types where `withTypes`. */
function argumentsOf(operation: Operation, withTypes: boolean): { readonly [name: string]: unknown } {
  const definition = operation.definition!;
  const given: { [name: string]: unknown } = {};
  for (const { name } of [...definition.operandFields, ...definition.attributeFields, ...definition.successorFields])
    given[name] = read(operation, name);
  for (const [position, { name, field }] of definition.resultFields.entries()) {
    const { start, count } = definition.resultGroup(operation, position);
    const types = operation.results.slice(start, start + count).map(({ type }) => type);
    if (withTypes) given[name] = field.arity === "variadic" ? types : types[0];
  }
  for (const [position, { name, field }] of definition.regionFields.entries()) {
    const taken = operation.regions.slice(position, field.arity === "one" ? position + 1 : undefined).map((from) => {
      const region = new Region();
      region.takeBlocks(from);
      return region;
    });
    given[name] = field.arity === "one" ? taken[0] : taken;
  }
  return given;
}

/** Where the operation that the builder makes of the accessors' values is another one; undefined where it is the same. */
export function builderFault(example: Example, context: Context): string | undefined {
  // Types are stated once, and once inferred where the declaration says how.
  for (const withTypes of [true, false]) {
    const { module, operation } = copyOf(example);
    const definition = operation.definition!;
    const groups = definition.operandFields.map((_, position) => {
      const { start, count } = definition.operandGroup(operation, position);
      return operation.operands.slice(start, start + count);
    });
    if (!withTypes && definition.inferResultTypes(operation, groups) === undefined) continue;
    const wanted = print(module, { generic: true, valueNames: false });
    let made: Operation;
    try {
      made = definition.build(argumentsOf(operation, withTypes), operation.location, operation.attributes);
    } catch (error) {
      return `${withTypes ? "with" : "without"} result types, the builder says: ${error instanceof Error ? error.message : error}`;
    }
    operation.block!.insertBefore(made, operation);
    if (made.results.length !== operation.results.length)
      return `the builder makes ${made.results.length} results instead of ${operation.results.length}`;
    operation.replaceAllUsesWith(made.results);
    operation.erase();
    const found = print(module, { generic: true, valueNames: false });
    if (found !== wanted) return `the builder makes another operation${firstDifference(wanted, found)}`;
  }
  return context.definition(example.operation.name) === undefined ? "its dialect is not loaded" : undefined;
}
