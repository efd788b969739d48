/** What an LLVM module holds beside functions and globals, exceptions, and branches by a number. */
import { SymbolReferenceAttribute } from "../../ir/attributes.ts";
import {
  arrayOf,
  elementsAttributeConstraint,
  exactly,
  i32ArrayAttribute,
  i32Attribute,
  signlessInteger,
  stringAttribute,
  symbolAttribute,
  unitAttribute,
} from "../../ir/constraints.ts";
import {
  attribute,
  defaultAttribute,
  op,
  operand,
  optionalAttribute,
  optionalResult,
  type Report,
  region,
  result,
  successor,
  variadicOperand,
  variadicSuccessor,
} from "../../ir/declaration.ts";
import type { CustomFormat } from "../../ir/format.ts";
import type { Operation } from "../../ir/operation.ts";
import { resolveSymbol } from "../../ir/symbol-table.ts";
import { checkBranch } from "../cf/ops.ts";
import { integerEnumAttribute, symbolNameAttribute } from "../upstream/constraints.ts";
import {
  checkSwitch,
  parseCases,
  parseTarget,
  printCases,
  printTarget,
  switchState,
  targetOperands,
} from "../upstream/switch-format.ts";
import { llvmType } from "./arithmetic.ts";
import { llvmFunctionTypeAttribute } from "./control.ts";
import { invokeFormat } from "./control-formats.ts";
import { callingConventionAttribute } from "./flags.ts";
import { OpaqueLlvmType } from "./types.ts";

// -------------------------------------------------------------------------------------------------------------- modules

const comdatExample = ["llvm.comdat @shared {", "  llvm.comdat_selector @inline any", "}"].join("\n");

export const comdat = op(
  "llvm.comdat",
  { sym_name: attribute(symbolNameAttribute), body: region() },
  {
    doc: "A table of rules by which a linker picks one of several equal definitions.",
    example: comdatExample,
    traits: ["SymbolTable", "Symbol", "NoTerminator"],
    format: comdatFormat(),
    verify: ({ body }, report) => {
      if (body.blocks.length !== 1) report(`expects a region of one block, found ${body.blocks.length}`);
    },
  },
);

/** `@name { … }` */
function comdatFormat(): CustomFormat {
  return {
    syntax: "@$sym_name attr-dict { body }",
    parse: (parser) => ({
      properties: [["sym_name", symbolNameAttribute.encode(parser.parseSymbolName())]],
      regions: [parser.parseRegion({ ensureBlock: true })],
      attributes: parser.attributeDictionary(),
    }),
    print: (operation, printer) => {
      const name = operation.attribute("sym_name");
      printer.write(" ");
      printer.symbolName((name === undefined ? undefined : symbolNameAttribute.decode(name)) ?? "");
      printer.write(" ");
      const body = operation.regions[0]!;
      // An empty block needs no label: reading makes one.
      printer.region(body, { printEntryArguments: (body.entry?.arguments.length ?? 0) > 0 });
      printer.attributeDictionary(operation, ["sym_name"]);
    },
  };
}

const comdatKinds = ["any", "exactmatch", "largest", "nodeduplicate", "samesize"] as const;
const comdatKindAttribute = integerEnumAttribute(comdatKinds);

export const comdatSelector = op(
  "llvm.comdat_selector",
  { sym_name: attribute(stringAttribute), comdat: attribute(comdatKindAttribute) },
  {
    doc: "A rule of a comdat.",
    example: comdatExample,
    traits: ["Symbol"],
    format: "$sym_name $comdat attr-dict",
    verify: ({ sym_name: name }, report) => {
      if (name === "") report("expects a name that is not empty");
    },
  },
);

export const linkerOptions = op(
  "llvm.linker_options",
  { options: attribute(arrayOf(stringAttribute)) },
  {
    doc: "Options for the linker.",
    example: 'llvm.linker_options ["-l", "m"]',
    format: "$options attr-dict",
    effects: () => [{ kind: "write" }],
  },
);

function structors(kind: "ctors" | "dtors", doc: string) {
  const fields = {
    [kind]: attribute(arrayOf(symbolAttribute)),
    priorities: attribute(arrayOf(i32Attribute)),
  };
  return op(`llvm.mlir.global_${kind}`, fields, {
    doc,
    example: [
      "llvm.func @prepare() {",
      "  llvm.return",
      "}",
      `llvm.mlir.global_${kind} {${kind} = [@prepare], priorities = [0 : i32]}`,
    ].join("\n"),
    format: "attr-dict",
    effects: () => [{ kind: "write" }],
    verify: (operation, report) => checkStructors(operation, kind, report),
  });
}

function checkStructors(operation: Operation, kind: "ctors" | "dtors", report: Report): void {
  const stored = operation.attribute(kind);
  const names = (stored === undefined ? undefined : arrayOf(symbolAttribute).decode(stored)) ?? [];
  const priorities = operation.attribute("priorities");
  const count = (priorities === undefined ? undefined : arrayOf(i32Attribute).decode(priorities))?.length;
  if (count !== names.length) report(`expects one priority for each of ${names.length} functions, found ${count}`);
  for (const name of names) {
    const found = resolveSymbol(operation, SymbolReferenceAttribute.get(name));
    if (found === undefined || found.name !== "llvm.func" || found.regions[0]?.blocks.length === 0)
      report(`refers to @${name}, which is not an llvm.func with a body`);
  }
}

export const globalConstructors = structors("ctors", "Functions that run before the program, by priority.");
export const globalDestructors = structors("dtors", "Functions that run behind the program, by priority.");

export const none = op(
  "llvm.mlir.none",
  { res: result(exactly(OpaqueLlvmType.get("token"))) },
  {
    doc: "The token that stands for none.",
    example: "%r = llvm.mlir.none : !llvm.token",
    traits: ["Pure"],
    format: "attr-dict `:` type($res)",
  },
);

// ----------------------------------------------------------------------------------------------------------- exceptions

const exceptionExample = [
  "llvm.func @callee(i32) -> i32",
  "llvm.func @personality(...) -> i32",
  "llvm.func @f(%x: i32) attributes {personality = @personality} {",
  "  %type = llvm.mlir.zero : !llvm.ptr",
  "  %r = llvm.invoke @callee(%x) to ^next unwind ^caught : (i32) -> i32",
  "^next:",
  "  llvm.return",
  "^caught:",
  "  %e = llvm.landingpad cleanup (catch %type : !llvm.ptr) : !llvm.struct<(ptr, i32)>",
  "  llvm.resume %e : !llvm.struct<(ptr, i32)>",
  "}",
].join("\n");

export const invoke = op(
  "llvm.invoke",
  {
    var_callee_type: optionalAttribute(llvmFunctionTypeAttribute),
    callee: optionalAttribute(symbolAttribute),
    callee_operands: variadicOperand(llvmType),
    normalDestOperands: variadicOperand(llvmType),
    unwindDestOperands: variadicOperand(llvmType),
    branch_weights: optionalAttribute(i32ArrayAttribute),
    CConv: defaultAttribute(callingConventionAttribute, "ccc"),
    result: optionalResult(llvmType),
    normalDest: successor(),
    unwindDest: successor(),
  },
  {
    doc: "Calls a function that may throw: goes to one block where it returns, to another where it throws.",
    example: exceptionExample,
    traits: ["Terminator"],
    format: invokeFormat,
    effects: () => [{ kind: "read" }, { kind: "write" }],
    verify: (operation, report) => {
      checkBranch(operation.normalDest, operation.normalDestOperands, report);
      checkBranch(operation.unwindDest, operation.unwindDestOperands, report);
      if (operation.unwindDest.first?.name !== "llvm.landingpad")
        report("expects llvm.landingpad as the first op of the block where it goes when thrown");
    },
  },
);

/** `cleanup (catch %t : !llvm.ptr) (filter %f : !llvm.array<…>) : T` */
const landingPadFormat: CustomFormat = {
  syntax: "(cleanup)? (catch %value : type | filter %value : type)… attr-dict : type(%res)",
  parse: (parser) => {
    const isCleanup = parser.acceptKeyword("cleanup");
    const operands = [];
    while (parser.accept("(")) {
      if (!parser.acceptKeyword("catch")) parser.expectKeyword("filter");
      const value = parser.parseOperand();
      parser.expect(":");
      operands.push(parser.resolve(value, parser.parseType()));
      parser.expect(")");
    }
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    return {
      operands,
      properties: isCleanup ? [["cleanup", unitAttribute.encode(true)]] : [],
      attributes,
      resultTypes: [parser.parseType()],
    };
  },
  print: (operation, printer) => {
    if (operation.attribute("cleanup") !== undefined) printer.write(" cleanup");
    for (const value of operation.operands) {
      printer.write(` (${value.type.text.startsWith("!llvm.array") ? "filter" : "catch"} `);
      printer.operand(value);
      printer.write(` : ${value.type})`);
    }
    printer.attributeDictionary(operation, ["cleanup"]);
    printer.write(" : ");
    printer.type(operation.onlyResult.type);
  },
};

export const landingPad = op(
  "llvm.landingpad",
  { cleanup: optionalAttribute(unitAttribute), clauses: variadicOperand(llvmType), res: result(llvmType) },
  {
    doc: "Where a thrown exception arrives, with the types that it takes.",
    example: exceptionExample,
    format: landingPadFormat,
    effects: () => [{ kind: "read" }, { kind: "write" }],
    verify: (operation, report) => {
      if (!operation.cleanup && operation.clauses.length === 0) report("expects cleanup or at least one clause");
    },
  },
);

export const resume = op(
  "llvm.resume",
  { value: operand(llvmType) },
  {
    doc: "Throws a caught exception on.",
    example: exceptionExample,
    traits: ["Terminator"],
    format: "$value attr-dict `:` type($value)",
    verify: (operation, report) => {
      if (operation.value.definer?.name !== "llvm.landingpad") report("expects the result of llvm.landingpad");
    },
  },
);

// ----------------------------------------------------------------------------------------------------------- branching

/** `%x : i32, ^bb1(%y : i32) [1: ^bb2, 2: ^bb3]` */
const switchFormat: CustomFormat = {
  syntax: "%value : type(%value), ^defaultDestination(…) [ $case: ^caseDestination(…), … ] attr-dict",
  parse: (parser) => {
    const value = parser.parseOperand();
    parser.expect(":");
    const type = parser.parseType();
    parser.expect(",");
    const otherwise = parseTarget(parser);
    parser.expect("[");
    const { numbers, targets } = parser.peek("]") ? { numbers: [], targets: [] } : parseCases(parser, type);
    parser.expect("]", "behind the cases");
    const state = switchState(parser, parser.resolve(value, type), otherwise, numbers, targets);
    return { ...state, attributes: parser.attributeDictionary() };
  },
  print: (operation, printer) => {
    const [value] = operation.operands;
    printer.write(" ");
    printer.operand(value!);
    printer.write(` : ${value!.type}, `);
    printTarget(printer, operation.successors[0], targetOperands(operation).otherwise);
    printer.write(" [");
    printCases(operation, printer);
    printer.newline();
    printer.write("]");
    printer.attributeDictionary(operation, ["case_operand_segments", "case_values", "operandSegmentSizes"]);
  },
};

export const switchBranch = op(
  "llvm.switch",
  {
    value: operand(signlessInteger),
    defaultOperands: variadicOperand(llvmType),
    caseOperands: variadicOperand(llvmType),
    case_values: optionalAttribute(elementsAttributeConstraint),
    case_operand_segments: attribute(i32ArrayAttribute),
    branch_weights: optionalAttribute(i32ArrayAttribute),
    defaultDestination: successor(),
    caseDestinations: variadicSuccessor(),
  },
  {
    doc: "Goes to the block of a number, or to the default where no case has it.",
    example: [
      "llvm.func @f(%n: i32, %x: f32) {",
      "  llvm.switch %n : i32, ^other(%x : f32) [",
      "    1: ^end,",
      "    2: ^other(%x : f32)",
      "  ]",
      "^other(%y: f32):",
      "  llvm.return",
      "^end:",
      "  llvm.return",
      "}",
    ].join("\n"),
    traits: ["Pure", "Terminator"],
    format: switchFormat,
    verify: (operation, report) => {
      checkSwitch(operation, (block, values) => checkBranch(block, values, report), report);
      const { branch_weights: weights } = operation;
      if (weights !== undefined && weights.length !== operation.successors.length)
        report(`expects ${operation.successors.length} branch weights, found ${weights.length}`);
    },
  },
);

export const llvmModuleOps = [
  comdat,
  comdatSelector,
  linkerOptions,
  globalConstructors,
  globalDestructors,
  none,
  invoke,
  landingPad,
  resume,
  switchBranch,
];
