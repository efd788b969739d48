/** How an intrinsic with nothing special about it is declared: operands with a type for the example, attributes, a result. */
import type { TypeConstraint } from "../../ir/constraints.ts";
import { type Field, type Fields, type OpOptions, op, operand, result, type Trait } from "../../ir/declaration.ts";
import type { MemoryEffect } from "../../ir/interfaces.ts";

/** A constraint and a type that satisfies it. */
export type Sample = readonly [constraint: TypeConstraint, example: string];

export interface IntrinsicOptions {
  readonly doc: string;
  /** `()` after the name; `format` says another form; neither: the generic form only. */
  readonly isFunctional?: boolean;
  readonly format?: string;
  /** The line of the example for a format of its own; the operands are called as their fields. */
  readonly line?: string;
  readonly result?: Sample;
  readonly attributes?: {
    readonly [name: string]: { readonly field: Extract<Field, { kind: "attribute" }>; readonly example: string };
  };
  readonly traits?: readonly Trait[];
  /** No effects and no state. */
  readonly isPure?: boolean;
}

/** `llvm.intr.name` with these operands. */
export function intrinsic(name: string, operands: { readonly [name: string]: Sample }, options: IntrinsicOptions) {
  const { doc, isFunctional = false, isPure = false, attributes = {}, traits = [] } = options;
  const fields: Fields = {
    ...Object.fromEntries(Object.entries(operands).map(([field, [constraint]]) => [field, operand(constraint)])),
    ...Object.fromEntries(Object.entries(attributes).map(([field, each]) => [field, each.field])),
    ...(options.result === undefined ? {} : { res: result(options.result[0]) }),
  };
  const format = isFunctional ? "`(` operands `)` attr-dict `:` functional-type(operands, results)" : options.format;
  const effects: readonly MemoryEffect[] = [{ kind: "read" }, { kind: "write" }];
  const declared: OpOptions<Fields> = {
    doc,
    example: exampleOf(name, operands, options),
    traits: [...(isPure ? (["Pure"] as const) : []), ...traits],
    ...(format === undefined ? {} : { format }),
    ...(isPure ? {} : { effects: () => effects }),
  };
  return op(`llvm.intr.${name}`, fields, declared);
}

function exampleOf(name: string, operands: { readonly [name: string]: Sample }, options: IntrinsicOptions): string {
  const { isFunctional, line, attributes = {} } = options;
  const names = Object.keys(operands).map((field) => `%${field}`);
  const types = Object.values(operands).map(([, type]) => type);
  const sources = names.map((value, position) => `${value} = "test.source"() : () -> ${types[position]}`);
  const left = options.result === undefined ? "" : "%r = ";
  const given = Object.entries(attributes).map(([field, each]) => `${field} = ${each.example}`);
  const properties = given.length === 0 ? "" : ` <{${given.join(", ")}}>`;
  const signature = `(${types.join(", ")}) -> ${options.result?.[1] ?? "()"}`;
  const written = isFunctional
    ? `llvm.intr.${name}(${names.join(", ")}) : ${signature}`
    : (line ?? `"llvm.intr.${name}"(${names.join(", ")})${properties} : ${signature}`);
  return [...sources, `${left}${written}`].join("\n");
}
