/**
 * Type conversion of operations that only pass values on: functions, calls, returns, branches, loops, conditions. What they
 * mean does not depend on the types, so one pattern serves all: the same op again with converted operands, results,
 * and block arguments.
 */
import { ArrayAttribute, DenseArrayAttribute, DictionaryAttribute, TypeAttribute } from "../../attributes.ts";
import { createOperation, type Operation, Region, type Value } from "../../operation.ts";
import { FunctionType, i32, type Type } from "../../types.ts";
import { isRefusal, type Outcome, type Refusal, refuse } from "../pattern.ts";
import type { OneToNPattern } from "./pattern.ts";
import type { ConversionRewriter } from "./rewriter.ts";
import type { SignatureConversion } from "./signature.ts";
import type { ConversionTarget, Named } from "./target.ts";
import type { TypeConverter } from "./type-converter.ts";

/**
 * Patterns that convert the types of these ops and nothing else; `target` then calls each of them legal once all its types
 * are. `patternsForTypesOf(target, types, [...funcOps, ...cfOps, ...scfOps])` carries a type conversion through control flow.
 */
export function patternsForTypesOf(
  target: ConversionTarget,
  types: TypeConverter,
  definitions: readonly Named[],
): readonly OneToNPattern[] {
  return definitions.map(({ name }) => {
    target.dynamic({ name }, (operation) => types.isLegalOperation(operation) || refuse(illegalType(types, operation)));
    return {
      name: `types-of-${name.replaceAll(/[._]/g, "-")}`,
      root: name,
      benefit: 1,
      types,
      generates: [{ name }],
      applyGroups: (operation, operands, rewriter) =>
        functionTypeOf(operation) === undefined
          ? convertTypes(operation, operands, rewriter)
          : convertFunction(operation, rewriter),
    };
  });
}

/** "operand 0 has the type i64", for the failure report. */
function illegalType(types: TypeConverter, operation: Operation): string {
  for (const { value, index } of operation.operandUses) {
    if (!types.isLegalValue(value)) return `operand ${index} has the type ${value.type}`;
  }
  for (const result of operation.results) {
    if (!types.isLegalValue(result)) return `result ${result.index} has the type ${result.type}`;
  }
  for (const region of operation.regions) {
    for (const block of region.blocks) {
      for (const argument of block.arguments) {
        if (!types.isLegalValue(argument)) return `a block has an argument of type ${argument.type}`;
      }
    }
  }
  return `its type is ${functionTypeOf(operation)}`;
}

/** The same operation with converted operands, result types and block arguments; in place where the results stay. */
export function convertTypes(
  operation: Operation,
  operands: readonly (readonly Value[])[],
  rewriter: ConversionRewriter,
): Outcome {
  const { types } = rewriter;
  const results: (readonly Type[])[] = [];
  for (const result of operation.results) {
    const converted = types.tryConvertValue(result);
    if (isRefusal(converted)) return refuse(`result ${result.index}: ${converted.refusal}`);
    results.push(converted);
  }
  const stays = results.every((each, position) => each.length === 1 && each[0] === operation.results[position]!.type);
  const properties = new Map(operation.properties);
  resizeSegments(properties, "operandSegmentSizes", operands);
  resizeSegments(properties, "resultSegmentSizes", results);
  if (stays) {
    return rewriter.modify(operation, () => {
      operation.setOperands(operands.flat());
      for (const [name, attribute] of properties) operation.properties.set(name, attribute);
      for (const region of operation.regions) rewriter.convertRegion(region);
    });
  }
  const regions = operation.regions.map((from) => {
    const to = new Region();
    rewriter.inlineRegion(from, to);
    return to;
  });
  const made = createOperation({
    name: operation.name,
    definition: operation.definition,
    operands: operands.flat(),
    resultTypes: results.flat(),
    properties,
    attributes: operation.attributes,
    regions,
    successors: operation.successors,
    location: operation.location,
  });
  rewriter.insert(made);
  for (const region of regions) rewriter.convertRegion(region);
  let next = 0;
  const replacements = results.map(({ length }) => {
    next += length;
    return made.results.slice(next - length, next);
  });
  return rewriter.replace(operation, replacements);
}

/** Where groups of operands (or results) have sizes of their own, each grows with what its members became. */
function resizeSegments(properties: Map<string, unknown>, name: string, groups: readonly (readonly unknown[])[]): void {
  const sizes = properties.get(name);
  if (!(sizes instanceof DenseArrayAttribute)) return;
  let next = 0;
  const resized = sizes.numbers.map((size) => {
    next += size;
    return groups.slice(next - size, next).reduce((sum, group) => sum + group.length, 0);
  });
  properties.set(name, DenseArrayAttribute.get(i32, resized));
}

// ----------------------------------------------------------------------------------------------------------- functions

function functionTypeOf(operation: Operation): FunctionType | undefined {
  const stated = operation.properties.get("function_type");
  return stated instanceof TypeAttribute && stated.type instanceof FunctionType ? stated.type : undefined;
}

/** A function with its signature and all its blocks converted, in place. Attributes of parameters that become several go. */
function convertFunction(operation: Operation, rewriter: ConversionRewriter): Outcome {
  const { types } = rewriter;
  const old = functionTypeOf(operation)!;
  const [body] = operation.regions;
  const entry = body?.entry;
  const inputs = groupsOfTypes(old.inputs, types, "parameter");
  const results = groupsOfTypes(old.results, types, "result");
  if (isRefusal(inputs)) return inputs;
  if (isRefusal(results)) return results;
  const signature = entry === undefined ? undefined : types.convertSignature(entry.arguments);
  const inputGroups = signature === undefined ? inputs : groupsOfSignature(signature);
  return rewriter.modify(operation, () => {
    const type = FunctionType.get(inputGroups.flat(), results.flat());
    operation.properties.set("function_type", TypeAttribute.get(type));
    spreadDictionaries(operation, "arg_attrs", inputGroups);
    spreadDictionaries(operation, "res_attrs", results);
    if (body !== undefined) rewriter.convertRegion(body, signature);
  });
}

function groupsOfTypes(all: readonly Type[], types: TypeConverter, what: string): (readonly Type[])[] | Refusal {
  const groups: (readonly Type[])[] = [];
  for (const [position, type] of all.entries()) {
    const converted = types.tryConvert(type);
    if (isRefusal(converted)) return refuse(`${what} ${position}: ${converted.refusal}`);
    groups.push(converted);
  }
  return groups;
}

/** The types that each argument of a converted signature became. */
function groupsOfSignature(signature: SignatureConversion): (readonly Type[])[] {
  return Array.from({ length: signature.inputCount }, (_, position) => {
    const input = signature.input(position);
    return input?.kind === "arguments" ? signature.types.slice(input.first, input.first + input.count) : [];
  });
}

/** Keeps the attributes of parameters that stay one; those of others say nothing of the parts. */
function spreadDictionaries(operation: Operation, name: string, groups: readonly (readonly Type[])[]): void {
  const stated = operation.properties.get(name);
  if (!(stated instanceof ArrayAttribute)) return;
  const spread = groups.flatMap((group, position) => {
    const own = stated.elements[position];
    return group.length === 1 && own !== undefined ? [own] : group.map(() => DictionaryAttribute.get([]));
  });
  operation.properties.set(name, ArrayAttribute.get(spread));
}
