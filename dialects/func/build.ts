/** Pleasant ways to build functions and modules. */
import type { Attribute, DictionaryAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import type { OperationOf } from "../../ir/declaration.ts";
import { type Location, unknownLocation } from "../../ir/location.ts";
import { Block, type Operation, Region, type Value } from "../../ir/operation.ts";
import { FunctionType, type Type } from "../../ir/types.ts";
import { module } from "../builtin/ops.ts";
import { type FunctionOperation, functionDefinition, returnOperation } from "./ops.ts";

export interface FunctionOptions {
  readonly location?: Location;
  readonly visibility?: "public" | "private" | "nested";
  /** One dictionary per parameter. */
  readonly argumentAttributes?: readonly DictionaryAttribute[];
  /** One dictionary per result. */
  readonly resultAttributes?: readonly DictionaryAttribute[];
  /** Discardable attributes. */
  readonly attributes?: Iterable<readonly [string, Attribute]>;
  /** Names for people, one per parameter. */
  readonly argumentNames?: readonly string[];
}

function declare(name: string, type: FunctionType, body: Region, options: FunctionOptions): FunctionOperation {
  return functionDefinition.build(
    {
      sym_name: name,
      function_type: type,
      sym_visibility: options.visibility,
      arg_attrs: options.argumentAttributes,
      res_attrs: options.resultAttributes,
      body,
    },
    options.location ?? unknownLocation,
    options.attributes,
  );
}

/**
 * A function with a body, not yet in a block. `body` gets a builder at the end of the entry block and the parameters; the
 * values that it returns are returned by the function. Return `undefined` where the body ends its blocks itself.
 */
export function functionOperation(
  name: string,
  inputs: readonly Type[],
  results: readonly Type[],
  body: (builder: Builder, args: readonly Value[]) => readonly Value[] | undefined,
  options: FunctionOptions = {},
): FunctionOperation {
  const location = options.location ?? unknownLocation;
  const block = new Block();
  for (const [position, type] of inputs.entries()) {
    block.addArgument(type, location).nameHint = options.argumentNames?.[position];
  }
  const operation = declare(name, FunctionType.get(inputs, results), new Region([block]), options);
  const builder = new Builder(at.endOf(block), location);
  const returned = body(builder, block.arguments);
  if (returned !== undefined) builder.build(returnOperation, { inputs: returned });
  return operation;
}

/** The declaration of an external function, not yet in a block. Private unless stated, as MLIR asks for. */
export function externalFunction(
  name: string,
  inputs: readonly Type[],
  results: readonly Type[],
  options: FunctionOptions = {},
): FunctionOperation {
  return declare(name, FunctionType.get(inputs, results), new Region(), { visibility: "private", ...options });
}

/** A module of these symbols, in order. */
export function moduleOperation(
  operations: readonly Operation[],
  location: Location = unknownLocation,
): OperationOf<typeof module> {
  const block = new Block();
  for (const operation of operations) block.append(operation);
  return module.build({ body: new Region([block]) }, location);
}

/** The functions with a body in a module, by name. */
export function functionsOf(moduleOp: Operation): Map<string, FunctionOperation> {
  const found = new Map<string, FunctionOperation>();
  for (const region of moduleOp.regions) {
    for (const operation of region.entry?.operations ?? []) {
      if (functionDefinition.matches(operation)) found.set(operation.sym_name, operation);
    }
  }
  return found;
}
