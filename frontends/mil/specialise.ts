/**
 * Gives the open sizes of a MIL program's inputs values, and makes all types that follow from them. The program is copied
 * op by op; an op whose declared result types leave sizes open is asked again, now that its inputs are known.
 */

import type { FlexibleShape } from "../../dialects/mil/document/flexible-shapes.ts";
import { functionDefinition, type MilFunction, mainOf, type ProgramOperation } from "../../dialects/mil/index.ts";
import { functionTypeAttribute } from "../../ir/constraints.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { Block, createOperation, type Operation, Region, type Value } from "../../ir/operation.ts";
import { dynamic, FunctionType, TensorType, type Type } from "../../ir/types.ts";

export interface SpecialiseOptions {
  /** Whole shapes by input name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** What the program's file says about its open sizes. */
  readonly flexible: ReadonlyMap<string, FlexibleShape>;
  /** For messages. */
  readonly file: string;
}

/**
 * Replaces the program's function `main` where an input has open sizes. An input without a shape in `shapes` gets its default shape.
 *
 * @throws DiagnosticError for a shape that does not fit the input, a name that is no input, and a size that stays open
 */
export function specialise(program: ProgramOperation, options: SpecialiseOptions): void {
  const main = mainOf(program);
  if (main === undefined) return;
  const { arguments: parameters } = main.body.onlyBlock;
  const names = main.input_names;
  const unknown = Object.keys(options.shapes).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new DiagnosticError(`there is no input '${unknown}' to give a shape; the inputs are ${names.join(", ")}`, {
      file: options.file,
    });
  }
  const types = parameters.map((parameter, position) => sizedType(names[position] ?? "", parameter.type, options));
  if (types.every((type, position) => type === parameters[position]!.type)) return;
  const body = refinedBlock(main.body.onlyBlock, types, new Map());
  main.block!.insertBefore(withBody(main, body), main);
  main.erase();
}

function sizedType(name: string, type: Type, { shapes, flexible, file }: SpecialiseOptions): Type {
  const given = shapes[name];
  const fail = (message: string) => new DiagnosticError(message, { file });
  if (!(type instanceof TensorType)) {
    if (given !== undefined) throw fail(`the input '${name}' is ${type}, which takes no shape`);
    return type;
  }
  const allowed = flexible.get(name);
  const shape = given ?? (type.isStatic ? type.shape : allowed?.defaults);
  if (shape === undefined) {
    const example = type.shape.map((size) => (size === dynamic ? 1 : size)).join(",");
    throw fail(`the input '${name}' is ${type}, which leaves sizes open: give them with --shape ${name}=${example}`);
  }
  const fits =
    shape.length === type.rank &&
    shape.every((size, axis) => Number.isSafeInteger(size) && size >= 0 && fitsSize(type.shape[axis]!, size));
  if (!fits) throw fail(`the input '${name}' is ${type}, which cannot have the shape [${shape.join(", ")}]`);
  checkRange(name, shape, allowed, fail);
  return TensorType.get(shape, type.element);
}

const fitsSize = (declared: number, size: number) => declared === dynamic || declared === size;

function checkRange(
  name: string,
  shape: readonly number[],
  allowed: FlexibleShape | undefined,
  fail: (message: string) => DiagnosticError,
): void {
  const wrong = allowed?.ranges?.findIndex(({ least, most }, axis) => {
    const size = shape[axis];
    return size !== undefined && (size < least || (most !== undefined && size > most));
  });
  if (wrong !== undefined && wrong >= 0) {
    const { least, most } = allowed!.ranges![wrong]!;
    const range = most === undefined ? `${least} or more` : `${least} to ${most}`;
    throw fail(`the input '${name}' has ${shape[wrong]} in dimension ${wrong}, but the model allows ${range}`);
  }
  const { shapes } = allowed ?? {};
  if (shapes !== undefined && !shapes.some((each) => each.join() === shape.join())) {
    const known = shapes.map((each) => `[${each.join(", ")}]`).join(", ");
    throw fail(`the input '${name}' has the shape [${shape.join(", ")}], but the model allows ${known}`);
  }
}

/** The function with another body, its type as the body's. */
function withBody(main: MilFunction, body: Block): Operation {
  const inputs = body.arguments.map(({ type }) => type);
  const results = body.last!.operands.map(({ type }) => type);
  const properties = new Map(main.properties);
  properties.set("function_type", functionTypeAttribute.encode(FunctionType.get(inputs, results)));
  return functionDefinition.create({
    name: main.name,
    properties,
    attributes: main.attributes,
    regions: [new Region([body])],
    location: main.location,
  });
}

/** A copy of a block whose parameters have these types. */
function refinedBlock(block: Block, types: readonly Type[], outer: ReadonlyMap<Value, Value>): Block {
  const made = new Block();
  const values = new Map(outer);
  for (const [position, argument] of block.arguments.entries()) {
    const parameter = made.addArgument(types[position]!, argument.location);
    parameter.nameHint = argument.nameHint;
    values.set(argument, parameter);
  }
  for (const operation of block.operations) {
    const copy = refined(operation, values);
    made.append(copy);
    for (const [position, result] of operation.results.entries()) {
      copy.results[position]!.nameHint = result.nameHint;
      values.set(result, copy.results[position]!);
    }
  }
  return made;
}

function refined(operation: Operation, values: ReadonlyMap<Value, Value>): Operation {
  const copy = (resultTypes: readonly Type[]) =>
    createOperation({
      name: operation.name,
      definition: operation.definition,
      operands: operation.operands.map((value) => values.get(value) ?? value),
      resultTypes,
      properties: operation.properties,
      attributes: operation.attributes,
      regions: operation.regions.map((region) => refinedRegion(region, values)),
      location: operation.location,
    });
  const stated = operation.results.map(({ type }) => type);
  const made = copy(stated);
  if (stated.every((type) => !isOpen(type))) return made;
  const inferred = inferredTypes(made);
  if (inferred === undefined || inferred.every((type, position) => type === stated[position])) return made;
  const wrong = inferred.findIndex((type, position) => !refines(type, stated[position]));
  if (wrong >= 0) {
    throw operation.error(
      `result ${wrong} is declared as ${stated[wrong]}, but is ${inferred[wrong]} with the shapes that the inputs are given`,
    );
  }
  made.dropReferences();
  return copy(inferred);
}

function refinedRegion(region: Region, values: ReadonlyMap<Value, Value>): Region {
  const blocks = region.blocks.map((block) =>
    refinedBlock(
      block,
      block.arguments.map(({ type }) => type),
      values,
    ),
  );
  return new Region(blocks);
}

/** The result types by an op's operands; what is wrong with those is said where the op stands. */
function inferredTypes(operation: Operation): readonly Type[] | undefined {
  try {
    return operation.definition?.inferResultTypes(operation, []);
  } catch (error) {
    throw error instanceof Error && error.constructor === Error ? operation.error(error.message) : error;
  }
}

const isOpen = (type: Type) => type instanceof TensorType && !type.isStatic;

/** Whether a type says no less than another, and nothing else. */
function refines(type: Type, stated: Type | undefined): boolean {
  if (type === stated) return true;
  if (!(type instanceof TensorType && stated instanceof TensorType)) return false;
  const { shape } = type;
  const fits = shape.length === stated.rank && stated.shape.every((size, axis) => fitsSize(size, shape[axis]!));
  return fits && type.element === stated.element;
}
