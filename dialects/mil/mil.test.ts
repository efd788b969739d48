/** The mil dialect: its types in text, how ops are written, and that every op computes what its types say. */
import { describe, expect, test } from "vitest";
import { at, Builder } from "../../ir/builder.ts";
import { type AnyDefinition, Context } from "../../ir/context.ts";
import { evaluateBlock } from "../../ir/evaluate.ts";
import { unknownLocation } from "../../ir/location.ts";
import { Block, type Value } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { f16, f32, TensorType } from "../../ir/types.ts";
import { verifyAll } from "../../ir/verifier.ts";
import { plainSample } from "../../test/testing/sample-data.ts";
import { upstreamDialects } from "../index.ts";
import { tensor } from "../tensor/index.ts";
import {
  buildWithConstants,
  elementTypes,
  leakyRelu,
  mainOf,
  meaningOfBlock,
  mil,
  milComputeOps,
  milTypeOf,
  reshapeLike,
  rsqrt,
  softmax,
  typeOfMil,
} from "./index.ts";
import { programOfExample } from "./module/arbitrary-program.ts";

const context = new Context([...upstreamDialects, tensor, mil], { allowUnregistered: true });

/** What reading or verifying a program says. */
function complaints(text: string): string[] {
  try {
    return verifyAll(parse(text, context), context).map((error) => error.message);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

describe("types", () => {
  test.each([
    "!mil.string",
    "tensor<2x!mil.string>",
    "!mil.list<tensor<2xf16>, 3>",
    "!mil.list<!mil.string, ?>",
    "!mil.dict<!mil.string, tensor<?xi32>>",
    "!mil.tuple<tensor<2xf16>, !mil.list<tensor<2xi32>, ?>>",
    "!mil.tuple<>",
    "!mil.state<tensor<1x?xf16>>",
    ...Object.values(elementTypes).map((element) => `tensor<3x${element}>`),
  ])("%s", (text) => {
    const module = parse(`%x = "test.source"() : () -> ${text}`, context);
    expect(print(module)).toContain(`-> ${text}`);
    const { type } = module.regions[0]!.onlyBlock.first!.onlyResult;
    expect(typeOfMil(milTypeOf(type)!)).toBe(type);
  });

  test.each([
    ["!mil.list<tensor<2xf16>, -1>", "a length is '?' or a size, found -1"],
    ["!mil.list<tensor<2xf16>>", "expected ','"],
    ["!mil.state<>", "expected a type"],
    ["!mil.text", "text"],
  ])("%s is refused", (text, message) => {
    expect(complaints(`%x = "test.source"() : () -> ${text}`)[0]).toContain(message);
  });
});

describe("ops are written with the names of their inputs", () => {
  const sources = '%x = "test.source"() : () -> tensor<2x3xf16>\n%a = mil.const dense<1> : tensor<i32>\n';
  const T = "tensor<2x3xf16>";

  test("in any order", () => {
    const text = `${sources}%y = mil.softmax(axis = %a, x = %x) : (tensor<i32>, ${T}) -> ${T}`;
    expect(complaints(text)).toEqual([]);
    expect(print(parse(text, context))).toContain("mil.softmax(x = %x, axis = %a) :");
  });

  test.each([
    [`mil.softmax(x = %x, axes = %a) : (${T}, tensor<i32>) -> ${T}`, "has no input 'axes'; did you mean axis?"],
    [`mil.softmax(x = %x, x = %x) : (${T}, ${T}) -> ${T}`, "has the input 'x' twice"],
    [`mil.softmax(x = (%x)) : (${T}) -> ${T}`, "the input 'x' takes one value"],
    [`mil.concat(values = %x, axis = %a) : (${T}, tensor<i32>) -> ${T}`, "expected '('"],
    [`mil.softmax(x = %x, axis = %x) : (${T}, ${T}) -> ${T}`, "operand 'axis' must be an integer, but got"],
    [`mil.softmax(axis = %a) : (tensor<i32>) -> ${T}`, "x"],
    [`mil.softmax(x = %x, axis = %a) : (${T}) -> ${T}`, "there are 2 operands, but 1 operand types"],
    [`mil.softmax(x = %x, axis = %a) : (${T}, tensor<i32>) -> tensor<2xf16>`, `result 0 must be ${T}`],
  ])("%s", (text, message) => {
    expect(complaints(`${sources}%y = ${text}`)[0]).toContain(message);
  });

  test("open sizes state their results", () => {
    const open = "tensor<?x3xf16>";
    const text = `%x = "test.source"() : () -> ${open}\n%y = mil.relu(x = %x) : (${open}) -> ${open}`;
    expect(complaints(text)).toEqual([]);
  });

  test("a shape may be computed", () => {
    const text = `${sources}%s = "test.source"() : () -> tensor<2xi32>\n%y = mil.reshape(x = %x, shape = %s) : (${T}, tensor<2xi32>) -> tensor<?x?xf16>`;
    expect(complaints(text)).toEqual([]);
  });
});

describe("ops are built from plain values", () => {
  const built = (
    definition: AnyDefinition,
    args: (x: Value) => { readonly [input: string]: unknown },
    element = f16,
  ) => {
    const block = new Block();
    const x = block.addArgument(TensorType.get([2, 3], element), unknownLocation);
    const options = { name: "y", nameConstant: (parameter: string) => `y_${parameter}` };
    buildWithConstants(new Builder(at.endOf(block)), definition, args(x), options);
    return [...block.operations].map((operation) => print(operation).replaceAll(/ loc\(.*\)/g, ""));
  };

  test("defaults are written out", () => {
    expect(built(softmax, (x) => ({ x }))[0]).toContain('const {name = "y_axis"} dense<-1> : tensor<i32>');
  });

  test("a float is of the type of the numbers that the op computes on", () => {
    expect(built(rsqrt, (x) => ({ x, epsilon: 0.5 }), f32)[0]).toContain("dense<0.5> : tensor<f32>");
  });

  test("a tuple is built of one constant each", () => {
    const args = (x: Value) => ({ x, ref_tensors: [x], begins: [0], ends: [2], end_masks: [false] });
    const lines = built(reshapeLike, args);
    expect(lines[2]).toContain('const {name = "y_end_masks_0"} dense<false> : tensor<i1>');
    expect(lines[3]).toContain("begins = (");
  });

  test("a missing parameter is an error", () => {
    expect(() => built(leakyRelu, (x) => ({ x }))).toThrow("'mil.leaky_relu' needs the operand alpha");
  });
});

/** Ops whose examples cannot be computed, and why. */
const refusals: readonly (readonly [reason: string, ops: readonly string[]])[] = [
  ["needs start, end and step as constants here", ["range_1d"]],
  [
    "element type ui1 has no host representation",
    ["constexpr_lut_to_sparse", "constexpr_sparse_blockwise_shift_scale"],
  ],
  ["how many rows it gives depends on the values of x", ["non_zero"]],
  ["each box depends on the boxes that were kept before it", ["non_maximum_suppression"]],
  [
    "a list has no tensor's shape",
    ["make_list", ...["length", "read", "write", "gather", "scatter"].map((name) => `list_${name}`)],
  ],
  ["a state outlives the call", ["read_state", "write_state", "coreml_update_state"]],
  ["each run gives other numbers", ["uniform", "normal", "bernoulli", "categorical"].map((name) => `random_${name}`)],
  ["its results are no tensors", ["classify"]],
];

describe("what an op's example computes has the types that it states", () => {
  const examples = milComputeOps.flatMap(({ name, options }) =>
    options.example === undefined ? [] : [[name, options.example] as const],
  );

  test.each(examples)("%s", (name, example) => {
    const refusal = refusals.find(([, ops]) => ops.includes(name.slice("mil.".length)));
    const main = mainOf(programOfExample(example, "ios18"))!;
    const entry = main.body.onlyBlock;
    const block = new Block();
    const known = new Map<Value, Value>();
    const data = new Map<Value, TensorData>();
    for (const argument of entry.arguments) {
      const sample = plainSample(argument.type);
      const made = block.addArgument(argument.type, argument.location);
      known.set(argument, made);
      if (sample !== undefined) data.set(made, sample);
    }
    const build = () => meaningOfBlock(entry, known, new Builder(at.endOf(block)));
    if (refusal !== undefined) {
      expect(build).toThrow(refusal[0]);
      return;
    }
    const results = build();
    evaluateBlock(block, data, context);
    for (const [position, value] of results.entries()) {
      const wanted = entry.last!.operands[position]!.type;
      expect(value.type).toBe(wanted);
      const { shape, element } = data.get(value)!;
      if (wanted instanceof TensorType) expect([[...shape], element]).toEqual([[...wanted.shape], wanted.element.text]);
    }
  });
});
