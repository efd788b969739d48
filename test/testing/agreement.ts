/**
 * The reference semantics as the judge of an op's other descriptions: its result types, its folder, and the dialects'
 * canonicalization patterns must say what the evaluator says, on corner cases too.
 */
import { at, Builder } from "../../ir/builder.ts";
import type { Context } from "../../ir/context.ts";
import { dataOfAttribute, evaluateBlock, evaluateOperation } from "../../ir/evaluate.ts";
import { Evaluate, Fold } from "../../ir/interfaces.ts";
import { unknownLocation } from "../../ir/location.ts";
import { Block, createOperation, type Operation, Region, Value } from "../../ir/operation.ts";
import { applyPatternsGreedily } from "../../ir/rewrite/greedy-driver.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { copyOf, type Example } from "./example-program.ts";
import { constantAttribute, cornerCases, dataType, describeData, isSameData, plainSample } from "./sample-data.ts";

/** Data for all values that the example takes from outside, by value. */
function environmentOf(module: Operation): Map<Value, TensorData> {
  const environment = new Map<Value, TensorData>();
  const add = (value: Value) => {
    const data = plainSample(value.type);
    if (data !== undefined) environment.set(value, data);
  };
  module.walk((operation) => {
    if (operation.name === "test.source") operation.results.forEach(add);
    for (const region of operation.regions) region.entry?.arguments.forEach(add);
  });
  return environment;
}

/** What the evaluator gives on sample data instead of the declared result types; undefined where all is right. */
export function evaluationFault({ operation, module }: Example, context: Context): string | undefined {
  if (context.implementation(Evaluate, operation) === undefined) return undefined;
  const environment = environmentOf(module);
  const inputs = operation.operands.map((value) => environment.get(value));
  if (!inputs.every((data) => data !== undefined)) return undefined;
  const results = attempt(() => evaluateOperation(operation, inputs, context, environment));
  if (results === undefined) return undefined;
  if (results.length !== operation.results.length)
    return `gives ${results.length} results instead of ${operation.results.length}`;
  for (const [position, data] of results.entries()) {
    const wanted = dataType(operation.results[position]!.type);
    if (wanted === undefined) continue;
    if (data.element !== wanted.element || data.shape.join() !== wanted.shape.join())
      return `result ${position} is ${describeData(data)}, but its type is ${operation.results[position]!.type}`;
  }
  return undefined;
}

/** Whether the evaluator can run this operation on plain data. */
export function canEvaluate({ operation }: Example, context: Context): boolean {
  return (
    context.implementation(Evaluate, operation) !== undefined &&
    operation.operands.every((value) => dataType(value.type) !== undefined)
  );
}

/** Operands for one trial: what each holds, and which of them are constants. */
interface Trial {
  readonly data: readonly TensorData[];
  readonly isConstant: readonly boolean[];
}

/** Trials over the corner cases of each operand; at most some hundreds. */
function trialsOf(operation: Operation): readonly Trial[] {
  const choices = operation.operands.map((value) => cornerCases(value.type));
  const { length } = choices;
  const masks = Array.from({ length: 2 ** Math.min(length, 3) }, (_, mask) =>
    choices.map((_, position) => position >= 3 || (mask & (1 << position)) !== 0),
  );
  const count = Math.min(
    length === 0 ? 1 : 121,
    choices.reduce((product, list) => product * list.length, 1),
  );
  return Array.from({ length: count }, (_, number) => {
    let rest = number;
    return choices.map((list) => {
      const chosen = list[rest % list.length]!;
      rest = Math.floor(rest / list.length);
      return chosen;
    });
  }).flatMap((data) => masks.map((isConstant) => ({ data, isConstant })));
}

/** A block that holds `operation` on the trial's operands: constants where it says so, block arguments elsewhere. */
function blockOf(operation: Operation, trial: Trial, context: Context) {
  const block = new Block();
  const builder = new Builder(at.endOf(block));
  const operands = operation.operands.map((value, position) => {
    const attribute = constantAttribute(value.type, trial.data[position]!);
    const constant =
      trial.isConstant[position] && attribute !== undefined
        ? context.materializeConstant(attribute, value.type, unknownLocation)
        : undefined;
    return constant === undefined
      ? block.addArgument(value.type, unknownLocation)
      : builder.insert(constant).onlyResult;
  });
  const environment = new Map<Value, TensorData>();
  for (const [position, value] of operands.entries()) environment.set(value, trial.data[position]!);
  const made = operation.clone(new Map(operation.operands.map((value, position) => [value, operands[position]!])));
  made.setOperands(operands);
  builder.insert(made);
  return { block, made, environment };
}

const describeTrial = ({ data, isConstant }: Trial) =>
  data.map((each, position) => `${isConstant[position] ? "constant" : "variable"} ${describeData(each)}`).join("; ");

/** What the evaluator says; an op may refuse data that it has no result for (a position outside, a division by zero). */
function evaluated(operation: Operation, trial: Trial, context: Context): readonly TensorData[] | undefined {
  return attempt(() => evaluateOperation(operation, trial.data, context));
}

/** Undefined where `compute` refuses with a sentence; a defect (a TypeError and its like) passes through. */
function attempt<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) throw error;
    return undefined;
  }
}

/** Where the folder gives something else than the evaluator; undefined where they agree everywhere. */
export function foldFault(example: Example, context: Context): string | undefined {
  const { operation } = copyOf(example);
  const fold = context.implementation(Fold, operation);
  if (fold === undefined || operation.regions.length > 0) return undefined;
  for (const trial of trialsOf(operation)) {
    const { made, environment } = blockOf(operation, trial, context);
    const constants = made.operands.map((value, position) =>
      trial.isConstant[position] ? constantAttribute(value.type, trial.data[position]!) : undefined,
    );
    const folded = fold(made, constants);
    if (folded === undefined) continue;
    const wanted = evaluated(made, trial, context);
    if (wanted === undefined) return `folds what the evaluator refuses: ${describeTrial(trial)}`;
    for (const [position, each] of folded.entries()) {
      const data = each instanceof Value ? environment.get(each) : dataOfAttribute(each);
      if (data === undefined || !isSameData(data, wanted[position]!)) {
        const found = data === undefined ? String(each) : describeData(data);
        return `folds to ${found}, but the evaluator gives ${describeData(wanted[position]!)}: ${describeTrial(trial)}`;
      }
    }
  }
  return undefined;
}

/** Where canonicalization changes what the operation computes; undefined where it keeps every bit. */
export function canonicalizationFault(example: Example, context: Context): string | undefined {
  const { operation } = copyOf(example);
  if (operation.regions.length > 0 || operation.results.length === 0) return undefined;
  const patterns = context.canonicalizationPatterns;
  const canChange = patterns.some(({ root }) => root === undefined || root === operation.name);
  if (!canChange && context.implementation(Fold, operation) === undefined) return undefined;
  for (const trial of trialsOf(operation)) {
    const { block, made, environment } = blockOf(operation, trial, context);
    const wanted = evaluated(made, trial, context);
    if (wanted === undefined) continue;
    const end = createOperation({ name: "test.sink", operands: made.results, location: unknownLocation });
    block.append(end);
    const root = createOperation({ name: "test.root", regions: [new Region([block])], location: unknownLocation });
    applyPatternsGreedily(root, patterns, context);
    const operands = end.operands;
    end.erase();
    evaluateBlock(block, environment, context);
    for (const [position, value] of operands.entries()) {
      const data = environment.get(value);
      if (data === undefined || !isSameData(data, wanted[position]!)) {
        const found = data === undefined ? "nothing" : describeData(data);
        return `becomes ${found}, but the evaluator gives ${describeData(wanted[position]!)}: ${describeTrial(trial)}`;
      }
    }
  }
  return undefined;
}
