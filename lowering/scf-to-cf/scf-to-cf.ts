/**
 * Structured control flow as branches between blocks (upstream's convert-scf-to-cf). Loops come out rotated: the condition is tested
 * once before the loop (or not at all, where the bounds are known) and then at the end of each iteration, which is the form
 * that machine code wants and that saves LLVM a pass.
 */
import { constantIntegerOf, indexConstant, sum } from "../../dialects/arith/build.ts";
import { cmpi, constant } from "../../dialects/arith/ops.ts";
import { branch, conditionalBranch } from "../../dialects/cf/ops.ts";
import { carryingLoopNest } from "../../dialects/scf/build.ts";
import * as scf from "../../dialects/scf/ops.ts";
import { mixedIndices } from "../../dialects/upstream/constraints.ts";
import { type Attribute, IntegerAttribute, OpaqueAttribute } from "../../ir/attributes.ts";
import { at } from "../../ir/builder.ts";
import type { Context } from "../../ir/context.ts";
import type { Block, Operation, Region, Value } from "../../ir/operation.ts";
import {
  applyPartialConversion,
  type ConversionPattern,
  type ConversionRewriter,
  ConversionTarget,
  convert,
} from "../../ir/rewrite/conversion.ts";
import { refuse } from "../../ir/rewrite/pattern.ts";
import { i1, index, VectorType } from "../../ir/types.ts";
import { pass } from "../../passes/pass.ts";

/** The name under which a loop's hints travel to the branch that closes it, as upstream. */
export const loopAnnotationName = "llvm.loop_annotation";

/** For loops that are in vector form already: LLVM must neither unroll nor vectorise them again. */
const finalFormAnnotation = OpaqueAttribute.get(
  "llvm",
  "loop_annotation<vectorize = <disable = true>, unroll = <disable = true>>",
);

/** The block behind a structured operation, with arguments for its results, which it replaces. */
function continuation(rewriter: ConversionRewriter, operation: Operation): Block {
  const rest = rewriter.splitBlock(operation.block!, operation.next);
  for (const result of operation.results) {
    const argument = rest.addArgument(result.type, result.location);
    argument.nameHint = result.nameHint;
    rewriter.replaceAllUses(result, argument);
  }
  return rest;
}

/** What ends a region's work: the one terminator of scf in it. Loops inside may have split its block already. */
function terminatorOf(region: Region): Operation {
  for (const { last } of region.blocks) if (last?.name.startsWith("scf.")) return last;
  throw new Error(`the region of ${region.parent?.name} does not end in a terminator of scf`);
}

/** Replaces a block's terminator by what `build` makes. */
function terminate(rewriter: ConversionRewriter, terminator: Operation, build: () => void): void {
  rewriter.within(at.before(terminator), build);
  rewriter.erase(terminator);
}

function goTo(rewriter: ConversionRewriter, dest: Block, destOperands: readonly Value[]): void {
  rewriter.build(branch, { dest, destOperands });
}

function containsVectors(operation: Operation): boolean {
  let found = false;
  operation.walk((each) => {
    found ||= each.results.some((result) => result.type instanceof VectorType);
  });
  return found;
}

/** The hints of a loop: its own, or "in final form" where it works on vectors. */
function annotationOf(operation: Operation): Attribute | undefined {
  return operation.attributes.get(loopAnnotationName) ?? (containsVectors(operation) ? finalFormAnnotation : undefined);
}

const lowerFor = convert(scf.forOperation, "scf-for-to-branches", (operation, _operands, rewriter) => {
  const { lowerBound, upperBound, step, initArgs, region } = operation;
  const annotation = annotationOf(operation);
  const end = continuation(rewriter, operation);
  const yielded = terminatorOf(region);
  const body = region.entry!;
  const [counter] = body.arguments;
  rewriter.inlineRegion(region, end.region!, end);
  const [low, high] = [constantIntegerOf(lowerBound), constantIntegerOf(upperBound)];
  if (low !== undefined && high !== undefined && low < high) goTo(rewriter, body, [lowerBound, ...initArgs]);
  else {
    const runs = rewriter.build(cmpi, { predicate: "slt", lhs: lowerBound, rhs: upperBound });
    rewriter.build(conditionalBranch, {
      condition: asBool(runs.result),
      trueDest: body,
      trueDestOperands: [lowerBound, ...initArgs],
      falseDest: end,
      falseDestOperands: initArgs,
    });
  }
  terminate(rewriter, yielded, () => {
    const next = sum(rewriter, counter!, step);
    const continues = rewriter.build(cmpi, { predicate: "slt", lhs: next, rhs: upperBound });
    const latch = {
      condition: asBool(continues.result),
      trueDest: body,
      trueDestOperands: [next, ...yielded.operands],
      falseDest: end,
      falseDestOperands: yielded.operands,
    };
    const attributes = annotation === undefined ? undefined : [[loopAnnotationName, annotation] as const];
    rewriter.build(conditionalBranch, latch, operation.location, attributes);
  });
  return rewriter.erase(operation);
});

const lowerIf = convert(scf.ifOperation, "scf-if-to-branches", (operation, _operands, rewriter) => {
  const { condition, thenRegion, elseRegion } = operation;
  const end = continuation(rewriter, operation);
  const [thenBlock, elseBlock] = [thenRegion.entry, elseRegion.entry];
  for (const region of [thenRegion, elseRegion]) {
    if (region.entry === undefined) continue;
    const yielded = terminatorOf(region);
    terminate(rewriter, yielded, () => goTo(rewriter, end, yielded.operands));
  }
  for (const region of [thenRegion, elseRegion]) rewriter.inlineRegion(region, end.region!, end);
  rewriter.build(conditionalBranch, {
    condition,
    trueDest: thenBlock ?? end,
    trueDestOperands: [],
    falseDest: elseBlock ?? end,
    falseDestOperands: [],
  });
  return rewriter.erase(operation);
});

const lowerWhile = convert(scf.whileOperation, "scf-while-to-branches", (operation, _operands, rewriter) => {
  const { inits, before: beforeRegion, after: afterRegion } = operation;
  const annotation = annotationOf(operation);
  const end = continuation(rewriter, operation);
  const [test, body] = [beforeRegion.entry!, afterRegion.entry!];
  const [decision, yielded] = [terminatorOf(beforeRegion), terminatorOf(afterRegion)];
  for (const region of [beforeRegion, afterRegion]) rewriter.inlineRegion(region, end.region!, end);
  goTo(rewriter, test, inits);
  const { condition, args } = scf.condition.cast(decision);
  terminate(rewriter, decision, () => {
    rewriter.build(conditionalBranch, {
      condition,
      trueDest: body,
      trueDestOperands: args,
      falseDest: end,
      falseDestOperands: args,
    });
  });
  terminate(rewriter, yielded, () => {
    const attributes = annotation === undefined ? undefined : [[loopAnnotationName, annotation] as const];
    rewriter.build(branch, { dest: test, destOperands: yielded.operands }, operation.location, attributes);
  });
  return rewriter.erase(operation);
});

const lowerExecuteRegion = convert(scf.executeRegion, "scf-execute-region-to-branches", (operation, _o, rewriter) => {
  const end = continuation(rewriter, operation);
  const blocks = [...operation.region.blocks];
  rewriter.inlineRegion(operation.region, end.region!, end);
  goTo(rewriter, blocks[0]!, []);
  for (const each of blocks) {
    const { last } = each;
    if (scf.yieldOperation.matches(last)) terminate(rewriter, last, () => goTo(rewriter, end, last.inputs));
  }
  return rewriter.erase(operation);
});

const lowerIndexSwitch = convert(scf.indexSwitch, "scf-index-switch-to-branches", (operation, _operands, rewriter) => {
  const { arg, cases, defaultRegion, caseRegions } = operation;
  let block = operation.block!;
  const end = continuation(rewriter, operation);
  const tests = cases.slice(1).map(() => rewriter.createBlock(end.region!, [], end));
  const bodies: Block[] = [];
  for (const region of [...caseRegions, defaultRegion]) {
    const yielded = terminatorOf(region);
    terminate(rewriter, yielded, () => goTo(rewriter, end, yielded.operands));
    bodies.push(region.entry!);
    rewriter.inlineRegion(region, end.region!, end);
  }
  const otherwise = bodies.pop()!;
  if (cases.length === 0) rewriter.within(at.endOf(block), () => goTo(rewriter, otherwise, []));
  for (const [position, value] of cases.entries()) {
    const next = tests[position] ?? otherwise;
    rewriter.within(at.endOf(block), () => {
      const wanted = rewriter.build(constant, { value: IntegerAttribute.get(value, index) }).result;
      const isCase = rewriter.build(cmpi, { predicate: "eq", lhs: arg, rhs: wanted });
      rewriter.build(conditionalBranch, {
        condition: asBool(isCase.result),
        trueDest: bodies[position]!,
        trueDestOperands: [],
        falseDest: next,
        falseDestOperands: [],
      });
    });
    block = next;
  }
  return rewriter.erase(operation);
});

/** A parallel loop as a nest of sequential ones; each reduction combines into a carried value. */
const lowerParallel = convert(scf.parallel, "scf-parallel-to-for", (operation, _operands, rewriter) => {
  const { lowerBound, upperBound, step, initVals, region } = operation;
  const body = region.onlyBlock;
  const terminator = scf.reduce.cast(terminatorOf(region));
  const results = carryingLoopNest(rewriter, lowerBound, upperBound, step, initVals, (counters, carried) => {
    for (const [position, argument] of body.arguments.entries()) rewriter.replaceAllUses(argument, counters[position]!);
    for (const each of body.operations) if (each !== terminator) rewriter.move(each, rewriter.point);
    return terminator.reductions.map((reduction, position) => {
      const inner = reduction.onlyBlock;
      const mapping = new Map<Value, Value>([
        [inner.arguments[0]!, carried[position]!],
        [inner.arguments[1]!, terminator.inputs[position]!],
      ]);
      for (const each of inner.operations) {
        if (scf.reduceReturn.matches(each)) return mapping.get(each.result) ?? each.result;
        rewriter.insert(each.clone(mapping));
      }
      throw terminator.error("has a reduction without scf.reduce.return");
    });
  });
  return rewriter.replace(operation, results);
});

/** A loop in any order as a nest of sequential ones. One with shared outputs makes tensors, which branches do not. */
const lowerForall = convert(scf.forall, "scf-forall-to-for", (operation, _operands, rewriter) => {
  const { outputs, region } = operation;
  const [output] = outputs;
  if (output !== undefined)
    return refuse(
      `its shared output is a ${output.type}: only an scf.forall without shared outputs, on memrefs, becomes branches`,
    );
  const body = region.onlyBlock;
  const terminator = scf.inParallel.cast(terminatorOf(region));
  const [inner] = terminator.region.onlyBlock.operations;
  if (inner !== undefined)
    return refuse(`its scf.forall.in_parallel holds '${inner.name}', though there are no shared outputs`);
  const values = (statics: readonly number[], dynamics: readonly Value[]) =>
    mixedIndices(statics, dynamics).map((each) => (typeof each === "number" ? indexConstant(rewriter, each) : each));
  const lower = values(operation.staticLowerBound, operation.dynamicLowerBound);
  const upper = values(operation.staticUpperBound, operation.dynamicUpperBound);
  const step = values(operation.staticStep, operation.dynamicStep);
  carryingLoopNest(rewriter, lower, upper, step, [], (counters) => {
    for (const [position, argument] of body.arguments.entries()) rewriter.replaceAllUses(argument, counters[position]!);
    for (const each of body.operations) if (each !== terminator) rewriter.move(each, rewriter.point);
    return [];
  });
  return rewriter.erase(operation);
});

function asBool(value: Value): Value<typeof i1> {
  if (!isBool(value)) throw new Error(`expects an i1, found ${value.type}`);
  return value;
}
function isBool(value: Value): value is Value<typeof i1> {
  return value.type === i1;
}

export const scfToCfPatterns: readonly ConversionPattern[] = [
  lowerFor,
  lowerIf,
  lowerWhile,
  lowerExecuteRegion,
  lowerIndexSwitch,
  lowerParallel,
  lowerForall,
];

/** Turns all structured control flow inside `root` into branches; returns whether there was any. */
export function convertScfToCf(root: Operation, context: Context): boolean {
  // Terminators go when the operation around them does.
  const target = new ConversionTarget()
    .illegalDialects("scf")
    .legal(scf.yieldOperation, scf.condition, scf.reduce, scf.reduceReturn, scf.inParallel);
  return applyPartialConversion(root, target, scfToCfPatterns, context);
}

export const scfToCf = pass("scf-to-cf", {
  doc: "Turns structured loops and conditions into branches between blocks.",
  run: (operation, { context }) => convertScfToCf(operation, context),
});
