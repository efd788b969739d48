/** The builtin dialect: the module, and the cast that stands between two type systems while a conversion is under way. */

import { anyType, stringAttribute } from "../../ir/constraints.ts";
import { op, optionalAttribute, region, variadicOperand, variadicResult } from "../../ir/declaration.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { example } from "../example.ts";
import { symbolNameAttribute } from "../upstream/constraints.ts";
import { moduleFormat } from "./formats.ts";

export const module = op(
  "builtin.module",
  {
    sym_name: optionalAttribute(symbolNameAttribute),
    sym_visibility: optionalAttribute(stringAttribute),
    body: region(),
  },
  {
    doc: "The top of a program: one block of functions, globals and other symbols, without a terminator.",
    example: ["module @program {", "}"].join("\n"),
    format: moduleFormat,
    defaultDialect: "builtin",
    traits: ["IsolatedFromAbove", "SymbolTable", "Symbol", "SingleBlock", "NoTerminator"],
    verify: (operation, report) => {
      if (operation.body.blocks.length !== 1) report(`expects one block, found ${operation.body.blocks.length}`);
      else if (operation.body.onlyBlock.arguments.length > 0) report("expects a block without arguments");
    },
  },
);

export const unrealizedConversionCast = op(
  "builtin.unrealized_conversion_cast",
  { inputs: variadicOperand(anyType), outputs: variadicResult(anyType) },
  {
    doc: "Stands for a conversion between types that is not decided yet; conversions remove it in pairs.",
    example: example("%r = builtin.unrealized_conversion_cast %x : f32 to i32", "%x: f32"),
    traits: ["Pure"],
    format: "($inputs^ `:` type($inputs))? `to` type($outputs) attr-dict",
    fold: foldCasts,
    verify: (operation, report) => {
      if (operation.outputs.length === 0) report("expects at least one result");
    },
  },
);

/** cast(x) : T to T -> x, and cast(cast(x)) : T to U to T -> x */
function foldCasts(operation: Operation): readonly Value[] | undefined {
  const wanted = operation.results.map((result) => result.type);
  const isWanted = (values: readonly Value[]) =>
    values.length === wanted.length && values.every((value, position) => value.type === wanted[position]);
  if (isWanted(operation.operands)) return operation.operands;
  const inner = operation.operands[0]?.definer;
  if (inner?.name !== operation.name || inner.results.length !== operation.operandCount) return undefined;
  const isWhole = inner.results.every((result, position) => result === operation.operands[position]);
  return isWhole && isWanted(inner.operands) ? inner.operands : undefined;
}

export const builtinOps = [module, unrealizedConversionCast];
