/**
 * Speculation: whether an operation may run where the program would not have run it. Division by an unknown number must
 * not; adding may. Code that moves operations upwards asks `isSpeculatable`.
 */
import type { Context } from "../context.ts";
import type { Operation } from "../operation.ts";
import { OpInterface } from "./op-interface.ts";

/** "recursively": if everything inside its regions may. */
export type Speculatability = "always" | "never" | "recursively";
export const ConditionallySpeculatable = new OpInterface<(operation: Operation) => Speculatability>(
  "conditionally-speculatable",
);

/** Whether an operation has no undefined behaviour and ends, whatever its operands: by interface, else if it is Pure. */
export function isSpeculatable(operation: Operation, context: Context): boolean {
  const pending = [operation];
  for (let each = pending.pop(); each !== undefined; each = pending.pop()) {
    const answer = context.implementation(ConditionallySpeculatable, each)?.(each) ?? declaredSpeculatability(each);
    if (answer === "never") return false;
    if (answer === "always") continue;
    for (const region of each.regions) for (const block of region.blocks) pending.push(...block.operations);
  }
  return true;
}

function declaredSpeculatability({ definition, regions }: Operation): Speculatability {
  if (definition === undefined) return "never";
  if (definition.hasTrait("Pure") || definition.hasTrait("ReturnLike"))
    return regions.length === 0 ? "always" : "recursively";
  return definition.hasTrait("Terminator") && regions.length > 0 ? "recursively" : "never";
}
