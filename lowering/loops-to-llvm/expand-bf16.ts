/**
 * Arithmetic on bf16 as arithmetic on f32 between conversions: no machine that we generate for computes on bf16, and LLVM before 17
 * cannot even name it on x86. Casts, selections and moves stay, because they work on bits.
 */
import { bitcast, constant, extf, select, truncf } from "../../dialects/arith/ops.ts";
import { elementOrSelf, withElement } from "../../dialects/upstream/constraints.ts";
import { at, Builder } from "../../ir/builder.ts";
import { createOperation, type Operation, type Value } from "../../ir/operation.ts";
import { bf16, f32, type Type } from "../../ir/types.ts";

const kept: ReadonlySet<string> = new Set([bitcast, constant, extf, select, truncf].map(({ name }) => name));

/** Operations outside arith and math that compute. */
const vectorArithmetic: ReadonlySet<string> = new Set(["vector.fma", "vector.reduction", "vector.multi_reduction"]);

function isBf16(type: Type): boolean {
  return elementOrSelf(type) === bf16;
}

function computes(operation: Operation): boolean {
  const { name } = operation;
  if (kept.has(name)) return false;
  return name.startsWith("arith.") || name.startsWith("math.") || vectorArithmetic.has(name);
}

/** Rewrites what computes on bf16 inside `root`; returns whether anything did. */
export function expandBf16(root: Operation): boolean {
  const found: Operation[] = [];
  root.walk((operation) => {
    const types = [...operation.operands, ...operation.results].map(({ type }) => type);
    if (computes(operation) && types.some(isBf16)) found.push(operation);
  });
  for (const operation of found) {
    const builder = new Builder(at.before(operation), operation.location);
    const operands = operation.operands.map((value): Value => {
      if (!isBf16(value.type)) return value;
      return builder.build(extf, { input: value, result: withElement(value.type, f32) }).result;
    });
    const wide = createOperation({
      name: operation.name,
      definition: operation.definition,
      operands,
      resultTypes: operation.results.map(({ type }) => (isBf16(type) ? withElement(type, f32) : type)),
      properties: operation.properties,
      attributes: operation.attributes,
      location: operation.location,
    });
    builder.insert(wide);
    const results = operation.results.map((result, position): Value => {
      const made = wide.results[position]!;
      if (!isBf16(result.type)) return made;
      return builder.build(truncf, { input: made, result: result.type }).result;
    });
    operation.replaceAllUsesWith(results);
    operation.erase();
  }
  return found.length > 0;
}
