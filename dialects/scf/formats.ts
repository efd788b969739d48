/** The assembly of structured control flow, as MLIR writes it. */
import { DenseArrayAttribute } from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import { Block, createOperation, type Operation, Region, type Value } from "../../ir/operation.ts";
import type { OperationParser, RegionArgument, UnresolvedOperand } from "../../ir/parser/operation-parser.ts";
import type { OperationPrinter } from "../../ir/printer/operation-printer.ts";
import { i1, i32, index, type Type } from "../../ir/types.ts";
import { dynamicIndex, staticIndices } from "../upstream/constraints.ts";
import { parseIndexList, printIndexList, resolveIndices } from "../upstream/formats.ts";

const implicitYield = { implicitTerminator: "scf.yield" } as const;

/** A region argument that is written as `%name` only. */
function bareArgument(parser: OperationParser): Omit<RegionArgument, "type"> {
  const { name, offset } = parser.parseOperand();
  return { name, offset, location: parser.location(offset) };
}

/** `(%a = %x, %b = %y)`: names of block arguments and what they start as. */
function parseAssignments(parser: OperationParser): {
  readonly args: readonly Omit<RegionArgument, "type">[];
  readonly values: readonly UnresolvedOperand[];
} {
  const values: UnresolvedOperand[] = [];
  const args = parser.delimited("(", ")", () => {
    const argument = bareArgument(parser);
    parser.expect("=");
    values.push(parser.parseOperand());
    return argument;
  });
  return { args, values };
}

function withTypes(args: readonly Omit<RegionArgument, "type">[], types: readonly Type[]): RegionArgument[] {
  return args.map((argument, position) => ({ ...argument, type: types[position] ?? index }));
}

function printAssignments(printer: OperationPrinter, args: readonly Value[], values: readonly Value[]): void {
  printer.write("(");
  for (const [position, value] of values.entries()) {
    if (position > 0) printer.write(", ");
    printer.operand(args[position] ?? value);
    printer.write(" = ");
    printer.operand(value);
  }
  printer.write(")");
}

function entryArguments(body: Region | undefined): readonly Value[] {
  return body?.entry?.arguments ?? [];
}

/** `-> (T, U)`; upstream prints the parentheses always here. */
function printArrowTypes(printer: OperationPrinter, types: readonly Type[]): void {
  if (types.length === 0) return;
  printer.write(" -> (");
  printer.types(types);
  printer.write(")");
}

function parseArrowTypes(parser: OperationParser): readonly Type[] {
  return parser.accept("->") ? parser.parseResultTypes() : [];
}

function resultTypes(operation: Operation): readonly Type[] {
  return operation.results.map((result) => result.type);
}

/** An scf.yield without operands is not printed. */
function hasOperandsAtEnd(body: Region): boolean {
  const last: Operation | undefined = body.entry?.last;
  return last !== undefined && last.operandCount > 0;
}

/** Prints a region whose terminator is implied when it hands over nothing. */
function printYieldingRegion(printer: OperationPrinter, body: Region, printEntryArguments = false): void {
  const isPlain = !hasOperandsAtEnd(body) && (body.entry?.last?.attributes.size ?? 0) === 0;
  printer.region(body, { printEntryArguments, printTerminator: !isPlain });
}

export const forFormat: CustomFormat = {
  syntax:
    "%counter = %lowerBound to %upperBound step %step (iter_args(%carried = %initArgs, …) -> (type(outputs)))? (: type(%lowerBound))? { region } attr-dict",
  parse: (parser) => {
    const counter = bareArgument(parser);
    parser.expect("=");
    const lower = parser.parseOperand();
    parser.expectKeyword("to");
    const upper = parser.parseOperand();
    parser.expectKeyword("step");
    const step = parser.parseOperand();
    const carried = parser.acceptKeyword("iter_args") ? parseAssignments(parser) : { args: [], values: [] };
    const types = carried.args.length > 0 ? parseArrowTypes(parser) : [];
    const type = parser.accept(":") ? parser.parseType() : index;
    const operands = [
      ...[lower, upper, step].map((each) => parser.resolve(each, type)),
      ...parser.resolveAll(carried.values, types),
    ];
    const body = parser.parseRegion({
      arguments: [{ ...counter, type }, ...withTypes(carried.args, types)],
      ...implicitYield,
    });
    return { operands, resultTypes: types, regions: [body], attributes: parser.attributeDictionary() };
  },
  print: (operation, printer) => {
    const [lower, upper, step, ...initial] = operation.operands;
    const [body] = operation.regions;
    const [counter, ...carried] = entryArguments(body);
    printer.write(" ");
    printer.operand(counter!);
    printer.write(" = ");
    printer.operand(lower!);
    printer.write(" to ");
    printer.operand(upper!);
    printer.write(" step ");
    printer.operand(step!);
    if (initial.length > 0) {
      printer.write(" iter_args");
      printAssignments(printer, carried, initial);
      printArrowTypes(printer, resultTypes(operation));
    }
    if (counter!.type !== index) {
      printer.write(" : ");
      printer.type(counter!.type);
    }
    printer.write(" ");
    printYieldingRegion(printer, body!);
    printer.attributeDictionary(operation);
  },
};

export const ifFormat: CustomFormat = {
  syntax: "%condition (-> (type(outputs)))? { thenRegion } (else { elseRegion })? attr-dict",
  parse: (parser) => {
    const condition = parser.parseOperand();
    const types = parseArrowTypes(parser);
    const operands = [parser.resolve(condition, i1)];
    const thenRegion = parser.parseRegion(implicitYield);
    const elseRegion = parser.acceptKeyword("else") ? parser.parseRegion(implicitYield) : new Region();
    return {
      operands,
      resultTypes: types,
      regions: [thenRegion, elseRegion],
      attributes: parser.attributeDictionary(),
    };
  },
  print: (operation, printer) => {
    const [thenRegion, elseRegion] = operation.regions;
    printer.write(" ");
    printer.operand(operation.operand(0));
    printArrowTypes(printer, resultTypes(operation));
    printer.write(" ");
    printYieldingRegion(printer, thenRegion!);
    if (elseRegion !== undefined && elseRegion.blocks.length > 0) {
      printer.write(" else ");
      printYieldingRegion(printer, elseRegion);
    }
    printer.attributeDictionary(operation);
  },
};

export const conditionFormat: CustomFormat = {
  syntax: "(%condition) attr-dict (%args, … : type(%args))?",
  parse: (parser) => {
    parser.expect("(");
    const condition = parser.parseOperand();
    parser.expect(")");
    const attributes = parser.attributeDictionary();
    const values = parser.operandList();
    const types = values.length > 0 && parser.accept(":") ? parser.parseTypeList() : [];
    return { operands: [parser.resolve(condition, i1), ...parser.resolveAll(values, types)], attributes };
  },
  print: (operation, printer) => {
    const [decision, ...values] = operation.operands;
    printer.write("(");
    printer.operand(decision!);
    printer.write(")");
    printer.attributeDictionary(operation);
    if (values.length === 0) return;
    printer.write(" ");
    printer.operands(values);
    printer.write(" : ");
    printer.types(values.map((value) => value.type));
  },
};

export const whileFormat: CustomFormat = {
  syntax: "(%argument = %inits, …) : (type(%inits)) -> type(outputs) { before } do { after } (attributes attr-dict)?",
  parse: (parser) => {
    const carried = parser.peek("(") ? parseAssignments(parser) : { args: [], values: [] };
    parser.expect(":", "before the function type");
    const { inputs, results } = parser.functionType();
    const operands = parser.resolveAll(carried.values, inputs);
    const before = parser.parseRegion({ arguments: withTypes(carried.args, inputs) });
    parser.expectKeyword("do");
    const after = parser.parseRegion();
    return {
      operands,
      resultTypes: results,
      regions: [before, after],
      attributes: parser.attributeDictionaryWithKeyword(),
    };
  },
  print: (operation, printer) => {
    const [before, after] = operation.regions;
    if (operation.operandCount > 0) {
      printer.write(" ");
      printAssignments(printer, entryArguments(before), operation.operands);
    }
    printer.write(" : ");
    printer.functionType(
      operation.operands.map((value) => value.type),
      resultTypes(operation),
    );
    printer.write(" ");
    printer.region(before!, { printEntryArguments: false });
    printer.write(" do ");
    printer.region(after!);
    printer.attributeDictionaryWithKeyword(operation);
  },
};

export const executeRegionFormat: CustomFormat = {
  syntax: "(-> type(outputs))? { region } attr-dict",
  parse: (parser) => {
    const types = parseArrowTypes(parser);
    const body = parser.parseRegion();
    return { resultTypes: types, regions: [body], attributes: parser.attributeDictionary() };
  },
  print: (operation, printer) => {
    if (operation.results.length > 0) {
      printer.write(" -> ");
      printer.resultTypes(resultTypes(operation));
    }
    printer.write(" ");
    printer.region(operation.regions[0]!);
    printer.attributeDictionary(operation);
  },
};

export const indexSwitchFormat: CustomFormat = {
  syntax: "%arg attr-dict (-> type(outputs))? (case $value { caseRegion })… default { defaultRegion }",
  parse: (parser) => {
    const selector = parser.parseOperand();
    const attributes = parser.attributeDictionary();
    const types = parser.accept("->") ? parser.parseTypeList() : [];
    const operands = [parser.resolve(selector, index)];
    const cases: number[] = [];
    const caseRegions: Region[] = [];
    while (parser.acceptKeyword("case")) {
      cases.push(parser.parseSize());
      caseRegions.push(parser.parseRegion(implicitYield));
    }
    parser.expectKeyword("default");
    const defaultRegion = parser.parseRegion(implicitYield);
    return {
      operands,
      properties: [["cases", DenseArrayAttribute.i64(cases)]],
      attributes,
      resultTypes: types,
      regions: [defaultRegion, ...caseRegions],
    };
  },
  print: (operation, printer) => {
    const [defaultRegion, ...caseRegions] = operation.regions;
    const cases = operation.attribute("cases");
    const values = cases instanceof DenseArrayAttribute ? cases.values : [];
    printer.write(" ");
    printer.operand(operation.operand(0));
    printer.attributeDictionary(operation, ["cases"]);
    if (operation.results.length > 0) {
      printer.write(" -> ");
      printer.types(resultTypes(operation));
    }
    for (const [position, body] of caseRegions.entries()) {
      printer.newline();
      printer.write(`case ${values[position] ?? 0} `);
      printYieldingRegion(printer, body);
    }
    printer.newline();
    printer.write("default ");
    printYieldingRegion(printer, defaultRegion!);
  },
};

// ---------------------------------------------------------------------------------------------------- parallel loops

export const reduceFormat: CustomFormat = {
  syntax: "(%inputs, … : type(%inputs) { reduction }, …)? attr-dict",
  parse: (parser) => {
    let operands: readonly Value[] = [];
    if (parser.accept("(")) {
      const values = parser.operandList();
      parser.expect(":");
      operands = parser.resolveAll(values, parser.parseTypeList());
      parser.expect(")");
    }
    const regions: Region[] = [];
    while (regions.length < operands.length) {
      if (regions.length > 0) parser.expect(",");
      regions.push(parser.parseRegion());
    }
    return { operands, regions, attributes: parser.attributeDictionary() };
  },
  print: (operation, printer) => {
    if (operation.operandCount > 0) {
      printer.write("(");
      printer.operands(operation.operands);
      printer.write(" : ");
      printer.types(operation.operands.map((value) => value.type));
      printer.write(")");
    }
    for (const [position, body] of operation.regions.entries()) {
      printer.write(position > 0 ? ", " : " ");
      printer.region(body);
    }
    printer.attributeDictionary(operation);
  },
};

function printGroup(printer: OperationPrinter, word: string, values: readonly Value[]): void {
  printer.write(` ${word} (`);
  printer.operands(values);
  printer.write(")");
}

export const parallelFormat: CustomFormat = {
  syntax:
    "(%counter, …) = (%lowerBound, …) to (%upperBound, …) step (%step, …) (init (%initVals, …) -> type(outputs))? { region } attr-dict",
  parse: (parser) => {
    const counters = parser.delimited("(", ")", () => bareArgument(parser));
    parser.expect("=");
    const lower = parser.operandList("(", ")");
    parser.expectKeyword("to");
    const upper = parser.operandList("(", ")");
    parser.expectKeyword("step");
    const step = parser.operandList("(", ")");
    const initial = parser.acceptKeyword("init") ? parser.operandList("(", ")") : [];
    const types = parseArrowTypes(parser);
    const operands = [
      ...[...lower, ...upper, ...step].map((each) => parser.resolve(each, index)),
      ...parser.resolveAll(initial, types),
    ];
    const body = parser.parseRegion({
      arguments: withTypes(
        counters,
        counters.map(() => index),
      ),
      implicitTerminator: "scf.reduce",
    });
    const segments = [lower, upper, step, initial].map((group) => group.length);
    return {
      operands,
      properties: [["operandSegmentSizes", DenseArrayAttribute.get(i32, segments)]],
      resultTypes: types,
      regions: [body],
      attributes: parser.attributeDictionary(),
    };
  },
  print: (operation, printer) => {
    const [body] = operation.regions;
    const rank = entryArguments(body).length;
    const values = operation.operands;
    printer.write(" (");
    printer.operands(entryArguments(body));
    printer.write(") = (");
    printer.operands(values.slice(0, rank));
    printer.write(")");
    printGroup(printer, "to", values.slice(rank, 2 * rank));
    printGroup(printer, "step", values.slice(2 * rank, 3 * rank));
    if (values.length > 3 * rank) {
      printGroup(printer, "init", values.slice(3 * rank));
      printer.write(" -> ");
      printer.resultTypes(resultTypes(operation));
    }
    printer.write(" ");
    printer.region(body!, { printEntryArguments: false });
    printer.attributeDictionary(operation, ["operandSegmentSizes"]);
  },
};

export const inParallelFormat: CustomFormat = {
  syntax: "{ region } attr-dict",
  parse: (parser) => {
    const body = parser.parseRegion({ ensureBlock: true });
    return { regions: [body], attributes: parser.attributeDictionary() };
  },
  print: (operation, printer) => {
    printer.write(" ");
    printer.region(operation.regions[0]!);
    printer.attributeDictionary(operation);
  },
};

const inParallelName = "scf.forall.in_parallel";

/** The terminator of a loop that combines nothing, which the text leaves out. */
function emptyInParallel(parser: OperationParser): Operation {
  return createOperation({
    name: inParallelName,
    definition: parser.context.definition(inParallelName),
    regions: [new Region([new Block()])],
    location: parser.currentOperationLocation,
  });
}

export const forallFormat: CustomFormat = {
  syntax:
    "(%counter, …) (in (bounds) | = (lower) to (upper) step (step)) (shared_outs(%argument = %outputs, …) -> (type(%sharedResults)))? { region } attr-dict",
  parse: (parser) => {
    const counters = parser.delimited("(", ")", () => bareArgument(parser));
    const isNormalized = parser.acceptKeyword("in");
    if (!isNormalized) parser.expect("=");
    const first = parseIndexList(parser, "(", ")");
    let lower = { statics: counters.map(() => 0), dynamics: [] as readonly UnresolvedOperand[] };
    let upper = { statics: [...first.statics], dynamics: first.dynamics };
    let step = { statics: counters.map(() => 1), dynamics: [] as readonly UnresolvedOperand[] };
    if (!isNormalized) {
      lower = upper;
      parser.expectKeyword("to");
      const second = parseIndexList(parser, "(", ")");
      upper = { statics: [...second.statics], dynamics: second.dynamics };
      parser.expectKeyword("step");
      const third = parseIndexList(parser, "(", ")");
      step = { statics: [...third.statics], dynamics: third.dynamics };
    }
    const shared = parser.acceptKeyword("shared_outs") ? parseAssignments(parser) : { args: [], values: [] };
    const types = shared.args.length > 0 ? parseArrowTypes(parser) : [];
    const groups = [lower, upper, step].map((list) => resolveIndices(parser, list.dynamics));
    const outputs = parser.resolveAll(shared.values, types);
    const body = parser.parseRegion({
      arguments: [
        ...withTypes(
          counters,
          counters.map(() => index),
        ),
        ...withTypes(shared.args, types),
      ],
      ensureBlock: true,
    });
    const last = body.entry?.last;
    if (last?.name !== inParallelName) body.entry?.append(emptyInParallel(parser));
    return {
      operands: [...groups.flat(), ...outputs],
      properties: [
        [
          "operandSegmentSizes",
          DenseArrayAttribute.get(
            i32,
            [...groups, outputs].map((group) => group.length),
          ),
        ],
        ["staticLowerBound", staticIndices.encode(lower.statics)],
        ["staticStep", staticIndices.encode(step.statics)],
        ["staticUpperBound", staticIndices.encode(upper.statics)],
      ],
      resultTypes: types,
      regions: [body],
      attributes: parser.attributeDictionary(),
    };
  },
  print: (operation, printer) => {
    const [body] = operation.regions;
    const lists = (["staticLowerBound", "staticUpperBound", "staticStep"] as const).map((name) => {
      const list = operation.attribute(name);
      return list === undefined ? [] : (staticIndices.decode(list) ?? []);
    });
    const [lower = [], upper = [], step = []] = lists;
    const counts = lists.map((list) => list.filter((value) => value === dynamicIndex).length);
    const [lowerCount = 0, upperCount = 0, stepCount = 0] = counts;
    const values = operation.operands;
    const dynamicLower = values.slice(0, lowerCount);
    const dynamicUpper = values.slice(lowerCount, lowerCount + upperCount);
    const dynamicStep = values.slice(lowerCount + upperCount, lowerCount + upperCount + stepCount);
    const outputs = values.slice(lowerCount + upperCount + stepCount);
    const args = entryArguments(body);
    printer.write(" (");
    printer.operands(args.slice(0, lower.length));
    printer.write(")");
    if (lower.every((value) => value === 0) && step.every((value) => value === 1)) {
      printer.write(" in ");
      printIndexList(printer, upper, dynamicUpper, "(", ")");
    } else {
      printer.write(" = ");
      printIndexList(printer, lower, dynamicLower, "(", ")");
      printer.write(" to ");
      printIndexList(printer, upper, dynamicUpper, "(", ")");
      printer.write(" step ");
      printIndexList(printer, step, dynamicStep, "(", ")");
    }
    if (outputs.length > 0) {
      printer.write(" shared_outs");
      printAssignments(printer, args.slice(lower.length), outputs);
      printArrowTypes(printer, resultTypes(operation));
    }
    printer.write(" ");
    const terminator = body!.entry?.last;
    const isPlain = (terminator?.regions[0]?.entry?.isEmpty ?? true) && terminator?.attributes.size === 0;
    printer.region(body!, { printEntryArguments: false, printTerminator: !isPlain });
    printer.attributeDictionary(operation, [
      "operandSegmentSizes",
      "staticLowerBound",
      "staticUpperBound",
      "staticStep",
    ]);
  },
};
