/** The cf dialect: branches between the blocks of a region. */

import { anyType, bool, stringAttribute } from "../../ir/constraints.ts";
import { attribute, op, operand, successor, variadicOperand } from "../../ir/declaration.ts";
import type { Block, Value } from "../../ir/operation.ts";
import { example, exampleInFunction } from "../example.ts";

export const branch = op(
  "cf.br",
  { destOperands: variadicOperand(anyType), dest: successor() },
  {
    doc: "Goes to a block, passing values for its arguments.",
    example: exampleInFunction(["cf.br ^next(%x : f32)", "^next(%y: f32):", "return"].join("\n"), "%x: f32"),
    traits: ["Pure", "Terminator"],
    format: "$dest (`(` $destOperands^ `:` type($destOperands) `)`)? attr-dict",
    verify: (operation, report) => checkBranch(operation.dest, operation.destOperands, report),
  },
);

export const conditionalBranch = op(
  "cf.cond_br",
  {
    condition: operand(bool),
    trueDestOperands: variadicOperand(anyType),
    falseDestOperands: variadicOperand(anyType),
    trueDest: successor(),
    falseDest: successor(),
  },
  {
    doc: "Goes to one of two blocks, by a truth value.",
    example: exampleInFunction(
      ["cf.cond_br %c, ^then(%x : f32), ^else", "^then(%y: f32):", "return", "^else:", "return"].join("\n"),
      "%c: i1",
      "%x: f32",
    ),
    traits: ["Pure", "Terminator"],
    format:
      "$condition `,` $trueDest (`(` $trueDestOperands^ `:` type($trueDestOperands) `)`)? `,` " +
      "$falseDest (`(` $falseDestOperands^ `:` type($falseDestOperands) `)`)? attr-dict",
    verify: (operation, report) => {
      checkBranch(operation.trueDest, operation.trueDestOperands, report);
      checkBranch(operation.falseDest, operation.falseDestOperands, report);
    },
  },
);

export const assert = op(
  "cf.assert",
  { arg: operand(bool), msg: attribute(stringAttribute) },
  {
    doc: "Ends the program with a message where the condition does not hold.",
    example: example('cf.assert %c, "expected a positive size"', "%c: i1"),
    format: "$arg `,` $msg attr-dict",
    effects: () => [{ kind: "write" }],
  },
);

/** Reports where the values passed to a block do not fit its arguments. */
export function checkBranch(block: Block, values: readonly Value[], report: (message: string) => void): void {
  const wanted = block.arguments.map((argument) => argument.type);
  const found = values.map((value) => value.type);
  if (wanted.length !== found.length || wanted.some((type, position) => type !== found[position])) {
    report(`passes (${found.join(", ")}) to a block with arguments (${wanted.join(", ")})`);
  }
}

export const cfOps = [branch, conditionalBranch, assert];
