/**
 * Programs that the examples of op declarations are: reading them, finding the documented operation, and editing copies of
 * them. Values that an example needs come from `test.source`, which no dialect declares.
 */
import { type Context, Context as ContextClass } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { type Location, unknownLocation } from "../../ir/location.ts";
import { createOperation, type Operation, type OperationState, Region, type Value } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import type { Type } from "../../ir/types.ts";
import { verifyAll } from "../../ir/verifier.ts";

/** The context in which examples are read: unregistered operations are allowed. */
export function exampleContext(context: Context): Context {
  return new ContextClass([...context.dialects.values()], { allowUnregistered: true });
}

/** The operations of a name in program order. */
export function operationsNamed(module: Operation, name: string): readonly Operation[] {
  const found: Operation[] = [];
  module.walk((operation) => {
    if (operation.name === name) found.push(operation);
  });
  return found;
}

/** A program and, in it, the operation that a test is about. */
export interface Example {
  readonly module: Operation;
  readonly operation: Operation;
}

/** A copy of the example that may be changed. */
export function copyOf({ module, operation }: Example): Example {
  const position = operationsNamed(module, operation.name).indexOf(operation);
  const copy = module.clone();
  return { module: copy, operation: operationsNamed(copy, operation.name)[position]! };
}

/** What the verifier says about a program. */
export function complaints(module: Operation, context: Context): readonly string[] {
  return verifyAll(module, context).map(({ message }) => message);
}

/** A value of any type, from a new `test.source` in front of `operation`. */
export function sourceBefore(operation: Operation, type: Type): Value {
  const source = createOperation({ name: "test.source", resultTypes: [type], location: unknownLocation });
  operation.block?.insertBefore(source, operation);
  return source.onlyResult;
}

/** Puts an operation of other parts in place of `operation` and returns it. Users of its results get other values of the same types. */
export function remade(operation: Operation, changes: Partial<OperationState>): Operation {
  for (const result of operation.results) {
    if (result.hasUses) result.replaceAllUsesWith(sourceBefore(operation, result.type));
  }
  const regions = operation.regions.map((old) => {
    const region = new Region();
    region.takeBlocks(old);
    return region;
  });
  const location: Location = operation.location;
  const made = createOperation({
    name: operation.name,
    definition: operation.definition,
    operands: operation.operands,
    resultTypes: operation.results.map((result) => result.type),
    properties: operation.properties,
    attributes: operation.attributes,
    successors: operation.successors,
    location,
    ...changes,
    regions: changes.regions ?? regions,
  });
  operation.block?.insertBefore(made, operation);
  operation.erase();
  return made;
}

/** Reads a text; undefined where it ends in a diagnostic. Any other exception is a defect and passes through. */
export function parseOrRefuse(text: string, context: Context): Operation | undefined {
  try {
    return parse(text, context);
  } catch (error) {
    if (error instanceof DiagnosticError) return undefined;
    throw error;
  }
}

/** What goes wrong when a verified module is written and read back in both forms; undefined where nothing does. */
export function roundTripFault(module: Operation, context: Context): string | undefined {
  // The names of values are for people: a custom form may leave out what a name is for.
  const meaning = print(module, { generic: true, valueNames: false });
  for (const generic of [false, true]) {
    const form = generic ? "generic form" : "custom form";
    const text = print(module, { generic });
    let back: Operation;
    try {
      back = parse(text, context);
    } catch (error) {
      return `its ${form} is not read back: ${error instanceof DiagnosticError ? error.message : error}\n${text}`;
    }
    if (print(back, { generic }) !== text) return `its ${form} prints differently after reading:\n${text}`;
    const found = print(back, { generic: true, valueNames: false });
    if (found !== meaning) return `its ${form} means something else${firstDifference(meaning, found)}\n${text}`;
    const [complaint] = complaints(back, context);
    if (complaint !== undefined) return `its ${form} is not verified after reading: ${complaint}\n${text}`;
  }
  return undefined;
}

/** The first line in which two texts differ. */
export function firstDifference(wanted: string, found: string): string {
  const lines = found.split("\n");
  const position = wanted.split("\n").findIndex((line, index) => line !== lines[index]);
  return `: line ${position + 1} is\n${lines[position]?.trim()}\nand not\n${wanted.split("\n")[position]?.trim()}`;
}
