/** The cf dialect: branches between the blocks of a region. */

import {
  anyInteger,
  anyType,
  bool,
  elementsAttributeConstraint,
  i32ArrayAttribute,
  stringAttribute,
} from "../../ir/constraints.ts";
import {
  attribute,
  op,
  operand,
  optionalAttribute,
  successor,
  variadicOperand,
  variadicSuccessor,
} from "../../ir/declaration.ts";
import type { CustomFormat } from "../../ir/format.ts";
import type { Block, Value } from "../../ir/operation.ts";
import { example, exampleInFunction } from "../example.ts";
import {
  checkSwitch,
  parseCases,
  parseTarget,
  printCases,
  printTarget,
  switchState,
  targetOperands,
} from "../upstream/switch-format.ts";

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

/** `%flag : i32, [default: ^bb1, 42: ^bb2(%x : i32)]` */
const switchFormat: CustomFormat = {
  syntax: "%flag : type(%flag), [ default: ^defaultDestination(…), $value: ^caseDestination(…), … ] attr-dict",
  parse: (parser) => {
    const flag = parser.parseOperand();
    parser.expect(":");
    const type = parser.parseType();
    parser.expect(",");
    parser.expect("[");
    parser.expectKeyword("default");
    parser.expect(":");
    const otherwise = parseTarget(parser);
    const { numbers, targets } = parser.accept(",") ? parseCases(parser, type) : { numbers: [], targets: [] };
    parser.expect("]", "behind the cases");
    const state = switchState(parser, parser.resolve(flag, type), otherwise, numbers, targets);
    return { ...state, attributes: parser.attributeDictionary() };
  },
  print: (operation, printer) => {
    const [flag] = operation.operands;
    printer.write(" ");
    printer.operand(flag!);
    printer.write(" : ");
    printer.type(flag!.type);
    printer.write(", [");
    printer.indented(() => {
      printer.newline();
      printer.write("default: ");
      printTarget(printer, operation.successors[0], targetOperands(operation).otherwise);
    });
    if (operation.successors.length > 1) printer.write(",");
    printCases(operation, printer);
    printer.newline();
    printer.write("]");
    printer.attributeDictionary(operation, ["case_operand_segments", "case_values", "operandSegmentSizes"]);
  },
};

export const switchBranch = op(
  "cf.switch",
  {
    flag: operand(anyInteger),
    defaultOperands: variadicOperand(anyType),
    caseOperands: variadicOperand(anyType),
    case_values: optionalAttribute(elementsAttributeConstraint),
    case_operand_segments: attribute(i32ArrayAttribute),
    defaultDestination: successor(),
    caseDestinations: variadicSuccessor(),
  },
  {
    doc: "Goes to the block of a number, or to the default where no case has it.",
    example: exampleInFunction(
      [
        "cf.switch %n : i32, [",
        "  default: ^other(%x : f32),",
        "  42: ^other(%x : f32),",
        "  -1: ^end",
        "]",
        "^other(%y: f32):",
        "return",
        "^end:",
        "return",
      ].join("\n"),
      "%n: i32",
      "%x: f32",
    ),
    traits: ["Pure", "Terminator"],
    format: switchFormat,
    verify: (operation, report) =>
      checkSwitch(operation, (block, values) => checkBranch(block, values, report), report),
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

export const cfOps = [branch, conditionalBranch, switchBranch, assert];
