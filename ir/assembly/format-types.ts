/** Types that a format does not write: found from type variables, exact constraints, equal-type traits, and `infer`. */
import type { NamedField, OperandField, OperationDefinition, ResultField } from "../declaration.ts";
import type { Type } from "../types.ts";

/** Types per field, where the text gave them. */
export type FieldTypes = (readonly Type[] | undefined)[];

/** What is known about types before inference: variables, and the type that all share. */
interface KnownTypes {
  readonly variables: ReadonlyMap<string, Type>;
  readonly shared: Type | undefined;
}

function knownTypes(definition: OperationDefinition, operands: FieldTypes, results: FieldTypes): KnownTypes {
  const variables = new Map<string, Type>();
  const gather = (fields: readonly NamedField<OperandField | ResultField>[], types: FieldTypes) => {
    for (const [position, { field }] of fields.entries()) {
      const type = types[position]?.[0];
      const { variable } = field.constraint;
      if (type !== undefined && variable !== undefined && !variables.has(variable)) variables.set(variable, type);
    }
  };
  gather(definition.operandFields, operands);
  gather(definition.resultFields, results);
  const isShared = definition.hasTrait("SameOperandsAndResultType");
  return { variables, shared: isShared ? [...operands, ...results].flatMap((types) => types ?? [])[0] : undefined };
}

function impliedType({ field }: NamedField<OperandField | ResultField>, known: KnownTypes): Type | undefined {
  const { only, variable } = field.constraint;
  return only ?? (variable === undefined ? undefined : known.variables.get(variable)) ?? known.shared;
}

/** The types of all operands, given how many each field has; undefined for a field that nothing determines. */
export function operandTypes(
  definition: OperationDefinition,
  operands: FieldTypes,
  results: FieldTypes,
  counts: readonly number[],
): FieldTypes {
  const known = knownTypes(definition, operands, results);
  return definition.operandFields.map((field, position) => {
    const given = operands[position];
    if (given !== undefined) return given;
    const count = counts[position] ?? 0;
    const type = impliedType(field, known);
    if (count === 0) return [];
    return type === undefined ? undefined : Array.from({ length: count }, () => type);
  });
}

/** The result types that follow without `infer`; undefined where one does not. Results that are not written are single. */
export function resultTypes(definition: OperationDefinition, operands: FieldTypes, results: FieldTypes): FieldTypes {
  const known = knownTypes(definition, operands, results);
  return definition.resultFields.map((field, position) => {
    const given = results[position];
    if (given !== undefined) return given;
    const type = field.field.arity === "one" ? impliedType(field, known) : undefined;
    return type === undefined ? undefined : [type];
  });
}
