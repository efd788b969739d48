/**
 * The scf dialect: structured control flow. Loops and conditions are operations with regions whose blocks end in
 * `scf.yield`; values carried around a loop are operands, block arguments and results instead of mutable variables.
 */

import { anyType, bool, i64ArrayAttribute, indexType, integerOrIndex, typeVariable } from "../../ir/constraints.ts";
import {
  attribute,
  type OperationOf,
  op,
  operand,
  region,
  variadicOperand,
  variadicRegion,
  variadicResult,
} from "../../ir/declaration.ts";
import type { Block, Operation, Region, Value } from "../../ir/operation.ts";
import { IntegerType, index, type Type } from "../../ir/types.ts";
import { example, exampleInFunction } from "../example.ts";
import { checkIndexList, staticIndices } from "../upstream/constraints.ts";
import {
  conditionFormat,
  executeRegionFormat,
  forallFormat,
  forFormat,
  ifFormat,
  indexSwitchFormat,
  inParallelFormat,
  parallelFormat,
  reduceFormat,
  whileFormat,
} from "./formats.ts";

type Report = (message: string) => void;

export function typesOf(values: readonly Value[]): readonly Type[] {
  return values.map((value) => value.type);
}

function checkTypes(what: string, found: readonly Type[], wanted: readonly Type[], report: Report): void {
  if (found.length === wanted.length && found.every((type, position) => type === wanted[position])) return;
  report(`${what} must be (${wanted.join(", ")}), found (${found.join(", ")})`);
}

/** The terminator of a region's only block, where it is `name`. */
function terminatorOf(body: Region): Operation | undefined {
  return body.blocks.length === 1 ? body.entry?.last : undefined;
}

function checkYield(body: Region, where: string, wanted: readonly Type[], report: Report): void {
  const terminator = terminatorOf(body);
  if (terminator === undefined) report(`expects ${where} to be one block`);
  else if (terminator.name !== "scf.yield") report(`expects ${where} to end in scf.yield, found ${terminator.name}`);
  else checkTypes(`the operands of the scf.yield of ${where}`, typesOf(terminator.operands), wanted, report);
}

function checkArguments(block: Block | undefined, where: string, wanted: readonly Type[], report: Report): void {
  checkTypes(`the block arguments of ${where}`, typesOf(block?.arguments ?? []), wanted, report);
}

export const yieldOperation = op(
  "scf.yield",
  { inputs: variadicOperand(anyType) },
  {
    doc: "Ends a block of a structured operation and hands values to it.",
    example: example(
      [
        "%sum = scf.for %i = %lower to %upper step %step iter_args(%carried = %start) -> (f32) {",
        "  %next = arith.addf %carried, %x : f32",
        "  scf.yield %next : f32",
        "}",
      ].join("\n"),
      "%lower: index",
      "%upper: index",
      "%step: index",
      "%start: f32",
      "%x: f32",
    ),
    traits: ["Pure", "Terminator", "ReturnLike"],
    parents: ["scf.for", "scf.if", "scf.while", "scf.execute_region", "scf.index_switch"],
    format: "attr-dict ($inputs^ `:` type($inputs))?",
  },
);

const loopIndex = typeVariable("I", integerOrIndex);

export const forOperation = op(
  "scf.for",
  {
    lowerBound: operand(loopIndex),
    upperBound: operand(loopIndex),
    step: operand(loopIndex),
    initArgs: variadicOperand(anyType),
    outputs: variadicResult(anyType),
    region: region(),
  },
  {
    doc: "A loop from lowerBound (included) to upperBound (excluded), signed, with a positive step. The block's arguments are the counter and the carried values.",
    example: example(
      [
        "%sum = scf.for %i = %lower to %upper step %step iter_args(%carried = %start) -> (f32) {",
        "  %next = arith.addf %carried, %x : f32",
        "  scf.yield %next : f32",
        "}",
      ].join("\n"),
      "%lower: index",
      "%upper: index",
      "%step: index",
      "%start: f32",
      "%x: f32",
    ),
    infer: ({ initArgs }) => typesOf(initArgs),
    format: forFormat,
    verify: ({ lowerBound, initArgs, region: body }, report) => {
      checkArguments(body.entry, "the body", [lowerBound.type, ...typesOf(initArgs)], report);
      checkYield(body, "the body", typesOf(initArgs), report);
    },
  },
);
export type ForOperation = OperationOf<typeof forOperation>;

export const ifOperation = op(
  "scf.if",
  { condition: operand(bool), outputs: variadicResult(anyType), thenRegion: region(), elseRegion: region() },
  {
    doc: "Runs one of two regions. The else region may be empty where there are no results.",
    example: example(
      ["%r = scf.if %c -> (f32) {", "  scf.yield %a : f32", "} else {", "  scf.yield %b : f32", "}"].join("\n"),
      "%c: i1",
      "%a: f32",
      "%b: f32",
    ),
    format: ifFormat,
    verify: ({ outputs, thenRegion, elseRegion }, report) => {
      checkArguments(thenRegion.entry, "the then region", [], report);
      checkArguments(elseRegion.entry, "the else region", [], report);
      checkYield(thenRegion, "the then region", typesOf(outputs), report);
      if (elseRegion.blocks.length > 0) checkYield(elseRegion, "the else region", typesOf(outputs), report);
      else if (outputs.length > 0) report("has results, so it needs an else region");
    },
  },
);
export type IfOperation = OperationOf<typeof ifOperation>;

export const condition = op(
  "scf.condition",
  { condition: operand(bool), args: variadicOperand(anyType) },
  {
    doc: "Ends the before region of a while loop: goes on with the after region where true, else leaves the loop with these values.",
    example: example(
      [
        "%r = scf.while (%x = %start) : (i32) -> i32 {",
        "  %c = arith.cmpi slt, %x, %limit : i32",
        "  scf.condition(%c) %x : i32",
        "} do {",
        "^bb0(%y: i32):",
        "  %next = arith.addi %y, %y : i32",
        "  scf.yield %next : i32",
        "}",
      ].join("\n"),
      "%start: i32",
      "%limit: i32",
    ),
    traits: ["Pure", "Terminator"],
    parents: ["scf.while"],
    format: conditionFormat,
  },
);

export const whileOperation = op(
  "scf.while",
  { inits: variadicOperand(anyType), outputs: variadicResult(anyType), before: region(), after: region() },
  {
    doc: "Runs `before`, which decides with scf.condition whether `after` runs and the loop goes on.",
    example: example(
      [
        "%r = scf.while (%x = %start) : (i32) -> i32 {",
        "  %c = arith.cmpi slt, %x, %limit : i32",
        "  scf.condition(%c) %x : i32",
        "} do {",
        "^bb0(%y: i32):",
        "  %next = arith.addi %y, %y : i32",
        "  scf.yield %next : i32",
        "}",
      ].join("\n"),
      "%start: i32",
      "%limit: i32",
    ),
    format: whileFormat,
    verify: ({ inits, outputs, before, after }, report) => {
      checkArguments(before.entry, "the before region", typesOf(inits), report);
      checkArguments(after.entry, "the after region", typesOf(outputs), report);
      const decision = terminatorOf(before);
      if (!condition.matches(decision)) report("expects the before region to be one block that ends in scf.condition");
      else checkTypes("the values of scf.condition", typesOf(decision.operands.slice(1)), typesOf(outputs), report);
      checkYield(after, "the after region", typesOf(inits), report);
    },
  },
);
export type WhileOperation = OperationOf<typeof whileOperation>;

export const executeRegion = op(
  "scf.execute_region",
  { outputs: variadicResult(anyType), region: region() },
  {
    doc: "Runs a region of any number of blocks once.",
    example: exampleInFunction(
      ["%r = scf.execute_region -> f32 {", "  scf.yield %x : f32", "}", "return"].join("\n"),
      "%x: f32",
    ),
    format: executeRegionFormat,
    verify: (operation, report) => {
      const wanted = operation.outputs.map((output) => output.type);
      for (const block of operation.region.blocks) {
        if (!yieldOperation.matches(block.last)) continue;
        const found = block.last.inputs.map((value) => value.type);
        if (wanted.length !== found.length || wanted.some((type, position) => type !== found[position]))
          report(`expects scf.yield of (${wanted.join(", ")}), found (${found.join(", ")})`);
      }
    },
  },
);

export const indexSwitch = op(
  "scf.index_switch",
  {
    arg: operand(indexType),
    cases: attribute(i64ArrayAttribute),
    outputs: variadicResult(anyType),
    defaultRegion: region(),
    caseRegions: variadicRegion(),
  },
  {
    doc: "Runs the region of the case that equals the operand, else the default region.",
    example: example(
      [
        "%r = scf.index_switch %i -> f32",
        "case 2 {",
        "  scf.yield %a : f32",
        "}",
        "default {",
        "  scf.yield %b : f32",
        "}",
      ].join("\n"),
      "%i: index",
      "%a: f32",
      "%b: f32",
    ),
    format: indexSwitchFormat,
    verify: ({ cases, outputs, defaultRegion, caseRegions }, report) => {
      if (cases.length !== caseRegions.length)
        report(`has ${cases.length} cases, but ${caseRegions.length} case regions`);
      if (new Set(cases).size !== cases.length) report("has a case twice");
      for (const body of [defaultRegion, ...caseRegions]) {
        checkArguments(body.entry, "each region", [], report);
        checkYield(body, "each region", typesOf(outputs), report);
      }
    },
  },
);

// ---------------------------------------------------------------------------------------------------- parallel loops

export const reduceReturn = op(
  "scf.reduce.return",
  { result: operand(anyType) },
  {
    doc: "Ends the region of a reduction and gives the combined value.",
    example: example(
      [
        "%r = scf.parallel (%i) = (%lower) to (%upper) step (%step) init (%zero) -> f32 {",
        "  scf.reduce(%x : f32) {",
        "  ^bb0(%a: f32, %b: f32):",
        "    %sum = arith.addf %a, %b : f32",
        "    scf.reduce.return %sum : f32",
        "  }",
        "}",
      ].join("\n"),
      "%lower: index",
      "%upper: index",
      "%step: index",
      "%zero: f32",
      "%x: f32",
    ),
    traits: ["Pure", "Terminator"],
    parents: ["scf.reduce"],
    format: "$result attr-dict `:` type($result)",
  },
);

export const reduce = op(
  "scf.reduce",
  { inputs: variadicOperand(anyType), reductions: variadicRegion() },
  {
    doc: "Ends the body of a parallel loop; each region combines two partial results of one reduction, in any order.",
    example: example(
      [
        "%r = scf.parallel (%i) = (%lower) to (%upper) step (%step) init (%zero) -> f32 {",
        "  scf.reduce(%x : f32) {",
        "  ^bb0(%a: f32, %b: f32):",
        "    %sum = arith.addf %a, %b : f32",
        "    scf.reduce.return %sum : f32",
        "  }",
        "}",
      ].join("\n"),
      "%lower: index",
      "%upper: index",
      "%step: index",
      "%zero: f32",
      "%x: f32",
    ),
    traits: ["Terminator"],
    parents: ["scf.parallel"],
    format: reduceFormat,
    verify: ({ inputs: values, reductions }, report) => {
      if (values.length !== reductions.length) {
        report(`has ${values.length} operands, but ${reductions.length} regions`);
        return;
      }
      for (const [position, body] of reductions.entries()) {
        const type = values[position]!.type;
        checkArguments(body.entry, "each reduction", [type, type], report);
        const terminator = terminatorOf(body);
        if (!reduceReturn.matches(terminator)) report("expects each reduction to end in scf.reduce.return");
        else checkTypes("the operand of scf.reduce.return", typesOf(terminator.operands), [type], report);
      }
    },
  },
);

export const parallel = op(
  "scf.parallel",
  {
    lowerBound: variadicOperand(indexType),
    upperBound: variadicOperand(indexType),
    step: variadicOperand(indexType),
    initVals: variadicOperand(anyType),
    outputs: variadicResult(anyType),
    region: region(),
  },
  {
    doc: "A loop nest whose iterations may run in any order and at once.",
    example: example(
      [
        "%r = scf.parallel (%i) = (%lower) to (%upper) step (%step) init (%zero) -> f32 {",
        "  scf.reduce(%x : f32) {",
        "  ^bb0(%a: f32, %b: f32):",
        "    %sum = arith.addf %a, %b : f32",
        "    scf.reduce.return %sum : f32",
        "  }",
        "}",
      ].join("\n"),
      "%lower: index",
      "%upper: index",
      "%step: index",
      "%zero: f32",
      "%x: f32",
    ),
    format: parallelFormat,
    infer: ({ initVals }) => typesOf(initVals),
    verify: ({ lowerBound, upperBound, step, initVals, region: body }, report) => {
      const rank = lowerBound.length;
      if (rank === 0) report("needs at least one dimension");
      if (upperBound.length !== rank || step.length !== rank) {
        report(`has ${rank} lower bounds, ${upperBound.length} upper bounds and ${step.length} steps`);
      }
      checkArguments(
        body.entry,
        "the body",
        lowerBound.map(() => index),
        report,
      );
      const terminator = terminatorOf(body);
      if (!reduce.matches(terminator)) report("expects a body of one block that ends in scf.reduce");
      else checkTypes("the operands of scf.reduce", typesOf(terminator.operands), typesOf(initVals), report);
    },
  },
);
export type ParallelOperation = OperationOf<typeof parallel>;

export const inParallel = op(
  "scf.forall.in_parallel",
  { region: region() },
  {
    doc: "Ends the body of scf.forall; its block holds the operations that combine the iterations' results.",
    example: example(
      [
        "%r = scf.forall (%i) in (4) shared_outs(%o = %t) -> (tensor<4xf32>) {",
        "  scf.forall.in_parallel {",
        "    tensor.parallel_insert_slice %x into %o[%i] [1] [1] : tensor<1xf32> into tensor<4xf32>",
        "  }",
        "}",
      ].join("\n"),
      "%t: tensor<4xf32>",
      "%x: tensor<1xf32>",
    ),
    traits: ["Pure", "Terminator", "NoTerminator", "SingleBlock"],
    parents: ["scf.forall"],
    format: inParallelFormat,
    verify: ({ region: body }, report) => {
      if (body.blocks.length !== 1) report(`expects one block, found ${body.blocks.length}`);
      checkArguments(body.entry, "the region", [], report);
    },
  },
);

export const forall = op(
  "scf.forall",
  {
    dynamicLowerBound: variadicOperand(indexType),
    dynamicUpperBound: variadicOperand(indexType),
    dynamicStep: variadicOperand(indexType),
    outputs: variadicOperand(anyType),
    staticLowerBound: attribute(staticIndices),
    staticUpperBound: attribute(staticIndices),
    staticStep: attribute(staticIndices),
    sharedResults: variadicResult(anyType),
    region: region(),
  },
  {
    doc: "A parallel loop nest on tensors: the iterations insert disjoint slices into the shared outputs.",
    example: example(
      [
        "%r = scf.forall (%i) in (4) shared_outs(%o = %t) -> (tensor<4xf32>) {",
        "  scf.forall.in_parallel {",
        "    tensor.parallel_insert_slice %x into %o[%i] [1] [1] : tensor<1xf32> into tensor<4xf32>",
        "  }",
        "}",
      ].join("\n"),
      "%t: tensor<4xf32>",
      "%x: tensor<1xf32>",
    ),
    format: forallFormat,
    infer: ({ outputs }) => typesOf(outputs),
    verify: (operation, report) => {
      const { staticLowerBound: lower, staticUpperBound: upper, staticStep: step, outputs, region: body } = operation;
      const rank = lower.length;
      checkIndexList("LowerBound", lower, operation.dynamicLowerBound, rank, report);
      checkIndexList("UpperBound", upper, operation.dynamicUpperBound, rank, report);
      checkIndexList("Step", step, operation.dynamicStep, rank, report);
      checkArguments(body.entry, "the body", [...lower.map(() => index), ...typesOf(outputs)], report);
      if (!inParallel.matches(terminatorOf(body))) {
        report("expects a body of one block that ends in scf.forall.in_parallel");
      }
    },
  },
);

/** Whether a type can count a loop. */
export function isLoopIndex(type: Type): boolean {
  return type === index || type instanceof IntegerType;
}

export const scfOps = [
  yieldOperation,
  forOperation,
  ifOperation,
  condition,
  whileOperation,
  executeRegion,
  indexSwitch,
  reduceReturn,
  reduce,
  parallel,
  inParallel,
  forall,
];
