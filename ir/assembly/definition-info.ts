/** What the text form asks of a declaration often, computed once: inherent names, defaults, the compiled format. */
import { type AttributeEntry, entriesOf } from "../attribute-map.ts";
import type { Attribute } from "../attributes.ts";
import { DenseArrayAttribute } from "../attributes.ts";
import type { NamedField, OperandField, OperationDefinition, ResultField } from "../declaration.ts";
import { type CompiledFormat, compileFormat } from "./compile.ts";

export interface DefinitionInfo {
  /** Names of inherent attributes: the declared ones and the segment sizes. */
  readonly inherent: ReadonlySet<string>;
  /** What a default field holds when the text leaves it out. */
  readonly defaults: ReadonlyMap<string, Attribute>;
  /** The defaults as the attributes of an operation whose text gives none. */
  readonly defaultEntries: AttributeEntry | undefined;
  readonly isIsolated: boolean;
  /** Whether an attribute says how operands or results are grouped. */
  readonly hasSegments: boolean;
  /** The compiled format string, if the op has one. */
  readonly format: CompiledFormat | undefined;
}

export const operandSegments = "operandSegmentSizes";
export const resultSegments = "resultSegmentSizes";

export function infoOf(definition: OperationDefinition): DefinitionInfo {
  if (definition.textInfo !== undefined) return definition.textInfo;
  const inherent = new Set(definition.attributeFields.map(({ name }) => name));
  if (definition.hasTrait("AttrSizedOperandSegments")) inherent.add(operandSegments);
  if (definition.hasTrait("AttrSizedResultSegments")) inherent.add(resultSegments);
  const defaults = new Map<string, Attribute>();
  for (const { name, field } of definition.attributeFields) {
    if (field.fallback !== undefined) defaults.set(name, field.constraint.encode(field.fallback));
  }
  const { format } = definition.options;
  const info: DefinitionInfo = {
    inherent,
    defaults,
    defaultEntries: entriesOf(defaults),
    hasSegments: definition.hasTrait("AttrSizedOperandSegments") || definition.hasTrait("AttrSizedResultSegments"),
    isIsolated: definition.hasTrait("IsolatedFromAbove"),
    format: typeof format === "string" ? compileFormat(definition, format) : undefined,
  };
  definition.textInfo = info;
  return info;
}

/** Whether an op without declaration is isolated all the same: a module always is. */
export function isIsolatedName(name: string): boolean {
  return name === "builtin.module";
}

/** What is wrong with the number of `kind`s, or undefined. `sizes` is the segment attribute, where the op has one. */
export function countProblem(
  kind: "operand" | "result",
  fields: readonly NamedField<OperandField | ResultField>[],
  count: number,
  sizes: Attribute | undefined,
): string | undefined {
  const variable = fields.filter(({ field }) => field.arity !== "one");
  const fixed = fields.length - variable.length;
  if (variable.length > 1) return segmentProblem(kind, fields, count, sizes);
  const only = variable[0]?.field.arity;
  const highest = only === undefined ? fixed : only === "optional" ? fixed + 1 : Infinity;
  if (count >= fixed && count <= highest) return undefined;
  const wanted = highest === fixed ? `${fixed}` : highest === Infinity ? `at least ${fixed}` : `${fixed} or ${highest}`;
  return `expects ${wanted} ${kind}${wanted === "1" ? "" : "s"}, found ${count}`;
}

function segmentProblem(
  kind: "operand" | "result",
  fields: readonly NamedField<OperandField | ResultField>[],
  count: number,
  sizes: Attribute | undefined,
): string | undefined {
  const name = kind === "operand" ? operandSegments : resultSegments;
  if (!(sizes instanceof DenseArrayAttribute)) {
    return `needs the attribute ${name}, an array<i32> with the number of ${kind}s of each group`;
  }
  const { numbers } = sizes;
  if (numbers.length !== fields.length)
    return `has ${fields.length} groups of ${kind}s, but ${name} has ${numbers.length} entries`;
  for (const [
    position,
    {
      name: field,
      field: { arity },
    },
  ] of fields.entries()) {
    const size = numbers[position]!;
    const isAllowed = size >= 0 && (arity === "variadic" || (arity === "optional" ? size <= 1 : size === 1));
    if (!isAllowed) return `${name} gives ${field} ${size} ${kind}s, but it takes ${arityText(arity)}`;
  }
  const sum = numbers.reduce((total, size) => total + size, 0);
  return sum === count ? undefined : `${name} adds up to ${sum}, but there are ${count} ${kind}s`;
}

function arityText(arity: "one" | "optional" | "variadic"): string {
  return arity === "one" ? "one" : arity === "optional" ? "at most one" : "none or more";
}
