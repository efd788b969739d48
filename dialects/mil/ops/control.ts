/**
 * Control flow, lists, states, random numbers and class labels: what a MIL program may hold beside computations on tensors. Branches
 * and loops have a meaning where tensor ops can say it; the others are read, checked and written.
 * Inputs and results: coremltools 9.0, `mil/ops/defs/iOS15/control_flow.py`, `random.py`, `classify.py`, `iOS18/states.py`.
 */
import { IntegerAttribute } from "../../../ir/attributes.ts";
import { boolAttribute, enumAttribute, i32ArrayAttribute, i32Attribute, typeOf } from "../../../ir/constraints.ts";
import { Context } from "../../../ir/context.ts";
import {
  attribute,
  defaultAttribute,
  operand,
  optionalOperand,
  region,
  result,
  variadicOperand,
  variadicResult,
} from "../../../ir/declaration.ts";
import { constantOf } from "../../../ir/effects.ts";
import { dataOfAttribute, evaluateOperation } from "../../../ir/evaluate.ts";
import type { Region, Value } from "../../../ir/operation.ts";
import type { TensorData } from "../../../ir/tensor-data.ts";
import { dynamic, f32, f64, i32, TensorType, type Type } from "../../../ir/types.ts";
import { tensor as tensorDialect } from "../../tensor/index.ts";
import * as tensor from "../../tensor/ops.ts";
import { constantValue, parameterOf } from "../constant.ts";
import { example, input, milOp, milOpWithResults, milTensor, shapeOf, withShape } from "../declare.ts";
import { DictType, elementTypes, ListType, milState, milValue, StateType, StringType } from "../types.ts";

const reads = [{ kind: "read" }] as const;
const changes = [{ kind: "read" }, { kind: "write" }] as const;

/** The types that a block ends with. */
function yieldedTypes(body: Region): readonly Type[] {
  return body.onlyBlock.operations.at(-1)?.operands.map(({ type }) => type) ?? [];
}

const evaluators = new Context([tensorDialect]);

/** What a value that was just built is known to be, computed from the constants behind it. */
function knownData(wanted: Value, known: Map<Value, TensorData | undefined>): TensorData | undefined {
  // Programs may be deep: what is asked for waits on a list, not on the stack.
  const waiting = [wanted];
  for (let value = waiting.at(-1); value !== undefined; value = waiting.at(-1)) {
    const { definer } = value;
    const constant = dataOfAttribute(constantValue(value) ?? constantOf(value));
    if (known.has(value) || constant !== undefined || definer === undefined || definer.operandCount === 0) {
      if (!known.has(value)) known.set(value, constant);
      waiting.pop();
      continue;
    }
    const open = definer.operands.filter((each) => !known.has(each));
    // One operand that is not known is enough: nothing else behind it is asked for.
    const isUnknown = definer.operands.some((each) => known.has(each) && known.get(each) === undefined);
    if (open.length > 0 && !isUnknown) {
      waiting.push(open[0]!);
      continue;
    }
    const inputs = definer.operands.map((each) => known.get(each)).filter((each) => each !== undefined);
    const results = isUnknown ? undefined : evaluateOperation(definer, inputs, evaluators);
    for (const [position, each] of definer.results.entries()) known.set(each, results?.[position]);
  }
  return known.get(wanted);
}

const condExample = [
  '%p = "test.source"() : () -> tensor<i1>',
  '%x = "test.source"() : () -> tensor<2xf16>',
  "%r = mil.cond(pred = %p) : (tensor<i1>) -> tensor<2xf16> {",
  "  %a = mil.relu(x = %x) : (tensor<2xf16>) -> tensor<2xf16>",
  "  mil.return %a : tensor<2xf16>",
  "} {",
  "  mil.return %x : tensor<2xf16>",
  "}",
].join("\n");

export const cond = milOpWithResults(
  "cond",
  { pred: input, true_branch: region(), false_branch: region() },
  { outputs: variadicResult(milValue) },
  {
    doc: "What one of two blocks gives, by a truth value. A condition that is not known becomes both blocks and a selection.",
    example: condExample,
    infer: ({ true_branch: yes }) => yieldedTypes(yes),
    means: ({ pred, true_branch: yes, false_branch: no }, steps) => {
      const known = knownData(pred, new Map());
      if (known !== undefined) return steps.block(Number(known.data[0]) !== 0 ? yes : no, []);
      const [taken, otherwise] = [steps.block(yes, []), steps.block(no, [])];
      return taken.map((lhs, position) => {
        const rhs = otherwise[position];
        if (rhs === undefined || rhs.type !== lhs.type)
          throw new Error(`has branches that give ${lhs.type} and ${rhs?.type ?? "nothing"}`);
        return lhs === rhs ? lhs : steps.build(tensor.select, { condition: pred, lhs, rhs });
      });
    },
    verify: (operation, report) => {
      const { true_branch: yes, false_branch: no } = cond.cast(operation);
      const [a, b] = [yieldedTypes(yes), yieldedTypes(no)];
      if (a.join() !== b.join()) report(`has branches that give (${a.join(", ")}) and (${b.join(", ")})`);
    },
  },
);

/** More turns make a program that nobody wants to compile. */
const mostTurns = 4096;

const loopExample = [
  "%n = mil.const dense<0> : tensor<i32>",
  '%x = "test.source"() : () -> tensor<2xf16>',
  "%r:2 = mil.while_loop(loop_vars = (%n, %x)) : (tensor<i32>, tensor<2xf16>) -> (tensor<i32>, tensor<2xf16>) {",
  "^bb0(%i: tensor<i32>, %v: tensor<2xf16>):",
  "  %limit = mil.const dense<3> : tensor<i32>",
  "  %c = mil.less(x = %i, y = %limit) : (tensor<i32>, tensor<i32>) -> tensor<i1>",
  "  mil.return %c : tensor<i1>",
  "} {",
  "^bb0(%i: tensor<i32>, %v: tensor<2xf16>):",
  "  %one = mil.const dense<1> : tensor<i32>",
  "  %next = mil.add(x = %i, y = %one) : (tensor<i32>, tensor<i32>) -> tensor<i32>",
  "  %twice = mil.add(x = %v, y = %v) : (tensor<2xf16>, tensor<2xf16>) -> tensor<2xf16>",
  "  mil.return %next, %twice : tensor<i32>, tensor<2xf16>",
  "}",
].join("\n");

export const whileLoop = milOpWithResults(
  "while_loop",
  { loop_vars: variadicOperand(milValue), condition: region(), body: region() },
  { outputs: variadicResult(milValue) },
  {
    doc: "The body again and again on what it gives, while the condition's block gives true. Unrolled, where the number of turns does not depend on inputs.",
    example: loopExample,
    infer: ({ loop_vars: values }) => values.map(({ type }) => type),
    means: ({ loop_vars: start, condition, body }, steps) => {
      const known = new Map<Value, TensorData | undefined>();
      let values: readonly Value[] = start;
      for (let turn = 0; ; turn++) {
        const [answer] = steps.block(condition, values);
        const truth = answer && knownData(answer, known);
        if (truth === undefined)
          throw new Error("has no meaning here: how often it turns depends on the program's inputs");
        if (Number(truth.data[0]) === 0) return values;
        if (turn === mostTurns) throw new Error(`has no meaning here for more than ${mostTurns} turns`);
        values = steps.block(body, values);
      }
    },
  },
);

// -------------------------------------------------------------------------------------------------------------- lists

const list = operand(typeOf(ListType, "a list"));
const listResult = { result: result(typeOf(ListType, "a list")) };
const refusesLists = "a list has no tensor's shape";
/** The type of a list's tensors. */
function elementOfList({ type }: Value): TensorType {
  if (type instanceof ListType && type.element instanceof TensorType) return type.element;
  throw new Error(`takes a list of tensors, found ${type}`);
}

/** A size that a constant states; a name stands for a size that is known later. */
function statedSize(value: Value): number {
  const stated = constantValue(value);
  const size = stated === undefined ? undefined : parameterOf(stated);
  return size instanceof IntegerAttribute ? Number(size.value) : dynamic;
}

const source = (name: string, type: string) => `%${name} = "test.source"() : () -> ${type}`;
const listText = "!mil.list<tensor<2xf16>, ?>";

export const makeList = milOpWithResults(
  "make_list",
  {
    init_length: optionalOperand(milTensor),
    dynamic_length: defaultAttribute(boolAttribute, true),
    elem_shape: variadicOperand(milValue),
    dtype: defaultAttribute(enumAttribute(["fp16", "fp32", "int32", "bool"]), "fp32"),
  },
  listResult,
  {
    doc: "A list of tensors of elem_shape, of a first length.",
    example: [
      source("n", "tensor<i32>"),
      "%size = mil.const dense<2> : tensor<i32>",
      '%dtype = mil.const "fp16"',
      `%r = mil.make_list(init_length = %n, elem_shape = (%size), dtype = %dtype) : (tensor<i32>, tensor<i32>, !mil.string) -> ${listText}`,
    ].join("\n"),
    // A type states the first length, also of a list that grows (coremltools writes it so).
    infer: ({ init_length: first, elem_shape: sizes, dtype }) => {
      const length = first === undefined ? 1 : statedSize(first);
      return ListType.get(TensorType.get(sizes.map(statedSize), elementTypes[dtype]), length);
    },
    refuses: refusesLists,
  },
);

export const listLength = milOp(
  "list_length",
  { ls: list },
  {
    doc: "The length of a list, int32.",
    example: [source("ls", listText), `%r = mil.list_length(ls = %ls) : (${listText}) -> tensor<i32>`].join("\n"),
    infer: () => TensorType.get([], i32),
    refuses: refusesLists,
  },
);

export const listRead = milOp(
  "list_read",
  { ls: list, index: input },
  {
    doc: "The tensor at a place of a list.",
    example: [
      source("ls", listText),
      source("i", "tensor<i32>"),
      `%r = mil.list_read(ls = %ls, index = %i) : (${listText}, tensor<i32>) -> tensor<2xf16>`,
    ].join("\n"),
    infer: ({ ls }) => elementOfList(ls),
    refuses: refusesLists,
  },
);

export const listWrite = milOpWithResults("list_write", { ls: list, index: input, value: input }, listResult, {
  doc: "The list with a tensor at a place.",
  example: [
    source("ls", listText),
    source("i", "tensor<i32>"),
    source("v", "tensor<2xf16>"),
    `%r = mil.list_write(ls = %ls, index = %i, value = %v) : (${listText}, tensor<i32>, tensor<2xf16>) -> ${listText}`,
  ].join("\n"),
  infer: ({ ls }) => ls.type,
  refuses: refusesLists,
});

export const listGather = milOp(
  "list_gather",
  { ls: list, indices: input },
  {
    doc: "The tensors at some places of a list, one behind the other in a new first dimension.",
    example: [
      source("ls", listText),
      source("i", "tensor<3xi32>"),
      `%r = mil.list_gather(ls = %ls, indices = %i) : (${listText}, tensor<3xi32>) -> tensor<3x2xf16>`,
    ].join("\n"),
    infer: ({ ls, indices }) => {
      const { shape, element } = elementOfList(ls);
      return TensorType.get([shapeOf(indices)[0] ?? dynamic, ...shape], element);
    },
    refuses: refusesLists,
  },
);

export const listScatter = milOpWithResults("list_scatter", { ls: list, indices: input, value: input }, listResult, {
  doc: "The list with the slices of a tensor at some places.",
  example: [
    source("ls", listText),
    source("i", "tensor<3xi32>"),
    source("v", "tensor<3x2xf16>"),
    `%r = mil.list_scatter(ls = %ls, indices = %i, value = %v) : (${listText}, tensor<3xi32>, tensor<3x2xf16>) -> ${listText}`,
  ].join("\n"),
  infer: ({ ls }) => ls.type,
  refuses: refusesLists,
});

// ------------------------------------------------------------------------------------------------------------- states

const refusesStates =
  "a state outlives the call, and a function of tensors keeps nothing: make it an input and an output";
const stateText = "!mil.state<tensor<2x3xf16>>";

function valueOfState({ type }: Value): Type {
  return type instanceof StateType ? type.value : type;
}

export const readState = milOp(
  "read_state",
  { input: operand(milState) },
  {
    since: "ios18",
    effects: reads,
    doc: "What a state holds.",
    example: [source("s", stateText), `%r = mil.read_state(input = %s) : (${stateText}) -> tensor<2x3xf16>`].join("\n"),
    infer: ({ input: state }) => valueOfState(state),
    refuses: refusesStates,
  },
);

const writeFields = { input: operand(milState), data: input };
export const writeState = milOpWithResults(
  "write_state",
  writeFields,
  {},
  {
    since: "ios18",
    effects: changes,
    doc: "Makes a tensor what a state holds.",
    example: [
      source("s", stateText),
      source("x", "tensor<2x3xf16>"),
      `mil.write_state(input = %s, data = %x) : (${stateText}, tensor<2x3xf16>) -> ()`,
    ].join("\n"),
    refuses: refusesStates,
  },
);

export const coremlUpdateState = milOp(
  "coreml_update_state",
  { state: operand(milState), value: input },
  {
    since: "ios18",
    effects: changes,
    doc: "Makes a tensor what a state holds, and gives it.",
    example: [
      source("s", stateText),
      source("x", "tensor<2x3xf16>"),
      `%r = mil.coreml_update_state(state = %s, value = %x) : (${stateText}, tensor<2x3xf16>) -> tensor<2x3xf16>`,
    ].join("\n"),
    infer: ({ value }) => value.type,
    refuses: refusesStates,
  },
);

// ------------------------------------------------------------------------------------------------------------- random

const refusesRandom = "each run gives other numbers";
const shapeField = { shape: attribute(i32ArrayAttribute) };
const seedField = { seed: defaultAttribute(i32Attribute, -1) };

/** The type of the first parameter that is given, fp32 where none is. */
const drawn = (shape: readonly number[], ...parameters: readonly (Value | undefined)[]) => {
  const given = parameters.find((each) => each !== undefined);
  return given === undefined ? TensorType.get(shape, f32) : withShape(given, shape);
};

export const randomUniform = milOp(
  "random_uniform",
  { ...shapeField, low: optionalOperand(milTensor), high: optionalOperand(milTensor), ...seedField },
  {
    effects: changes,
    dynamic: ["shape"],
    doc: "Random numbers from low (0) to below high (1).",
    example: example("random_uniform", { low: "f16", high: "f16" }, { shape: [2, 3] }, "2x3xf16"),
    infer: ({ shape, low, high }) => drawn(shape, low, high),
    refuses: refusesRandom,
  },
);

export const randomNormal = milOp(
  "random_normal",
  { ...shapeField, mean: optionalOperand(milTensor), stddev: optionalOperand(milTensor), ...seedField },
  {
    effects: changes,
    dynamic: ["shape"],
    doc: "Random numbers of a normal distribution.",
    example: example("random_normal", { mean: "f16", stddev: "f16" }, { shape: [2, 3] }, "2x3xf16"),
    infer: ({ shape, mean, stddev }) => drawn(shape, mean, stddev),
    refuses: refusesRandom,
  },
);

export const randomBernoulli = milOp(
  "random_bernoulli",
  { ...shapeField, prob: optionalOperand(milTensor), ...seedField },
  {
    effects: changes,
    dynamic: ["shape"],
    doc: "1 with a probability (½ where left out), else 0.",
    example: example("random_bernoulli", { prob: "f16" }, { shape: [2, 3] }, "2x3xf16"),
    infer: ({ shape, prob }) => drawn(shape, prob),
    refuses: refusesRandom,
  },
);

export const randomCategorical = milOp(
  "random_categorical",
  {
    x: input,
    mode: defaultAttribute(enumAttribute(["logits", "probs"]), "logits"),
    size: defaultAttribute(i32Attribute, 1),
    ...seedField,
  },
  {
    effects: changes,
    doc: "`size` positions along the last dimension, drawn by the probabilities (or their logarithms) there.",
    example: example("random_categorical", { x: "2x5xf16" }, { size: 3 }, "2x3xf16"),
    infer: ({ x, size }) => withShape(x, [...shapeOf(x).slice(0, -1), size]),
    refuses: refusesRandom,
  },
);

// -------------------------------------------------------------------------------------------------------------- class

export const classify = milOpWithResults(
  "classify",
  { probabilities: input, classes: operand(milValue) },
  { label: result(milValue), by_class: result(milValue) },
  {
    doc: "The class of the greatest probability, and the probabilities by class.",
    example: [
      source("p", "tensor<3xf32>"),
      source("c", "!mil.list<!mil.string, 3>"),
      "%r:2 = mil.classify(probabilities = %p, classes = %c) : (tensor<3xf32>, !mil.list<!mil.string, 3>) -> (!mil.string, !mil.dict<!mil.string, tensor<f64>>)",
    ].join("\n"),
    infer: ({ classes }) => {
      const key = classes.type instanceof ListType ? classes.type.element : StringType.instance;
      return [key, DictType.get(key, TensorType.get([], f64))];
    },
    refuses: "its results are no tensors",
  },
);

export const controlOps = [
  ...[cond, whileLoop, makeList, listLength, listRead, listWrite, listGather, listScatter],
  ...[
    readState,
    writeState,
    coremlUpdateState,
    randomUniform,
    randomNormal,
    randomBernoulli,
    randomCategorical,
    classify,
  ],
];
