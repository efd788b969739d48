/** Structured ops with assembly of their own: map, reduce, transpose, broadcast; and those without a region. */
import { anyType, i64ArrayAttribute, i64Attribute } from "../../ir/constraints.ts";
import {
  attribute,
  op,
  operand,
  type Report,
  region,
  result,
  variadicOperand,
  variadicResult,
} from "../../ir/declaration.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { dynamic, ShapedType, type Type } from "../../ir/types.ts";
import { example } from "../example.ts";
import { compatibleShapes, tensorOrMemRef } from "../upstream/constraints.ts";
import { mapFormat, rearrangeFormat, reduceFormat } from "./shaped-formats.ts";
import { checkStructured, rankedTensor, shaped, structuredEffects, tensorResults } from "./structured.ts";

function checkPermutation(permutation: readonly number[], rank: number, report: Report): boolean {
  const sorted = permutation.toSorted((a, b) => a - b);
  if (sorted.length === rank && sorted.every((axis, position) => axis === position)) return true;
  report(`expects a permutation of the ${rank} dimensions, found [${permutation.join(", ")}]`);
  return false;
}

function checkAxes(axes: readonly number[], rank: number, report: Report): boolean {
  const isFine =
    new Set(axes).size === axes.length &&
    axes.every((axis, position) => axis >= 0 && axis < rank && (position === 0 || axes[position - 1]! < axis));
  if (!isFine) report(`expects increasing dimensions below ${rank}, found [${axes.join(", ")}]`);
  return isFine;
}

function checkShape(what: string, found: ShapedType, shape: readonly number[], report: Report): void {
  const text = (sizes: readonly number[]) => sizes.map((size) => (size === dynamic ? "?" : size)).join("x");
  if (!compatibleShapes(found.shape, shape)) report(`expects ${what} of shape ${text(shape)}, found ${found}`);
}

/** Reports results that are not those of the outputs: one for each that is a tensor. */
function checkResults(operation: Operation, outputs: readonly Value[], report: Report): void {
  const wanted = tensorResults(outputs);
  const found = operation.results.map((each): Type => each.type);
  if (wanted.length !== found.length || wanted.some((type, position) => type !== found[position]))
    report(`expects results (${wanted.join(", ")}) by its outputs, found (${found.join(", ")})`);
}

export const map = op(
  "linalg.map",
  {
    inputs: variadicOperand(tensorOrMemRef),
    init: operand(tensorOrMemRef),
    result: variadicResult(rankedTensor),
    mapper: region(),
  },
  {
    doc: "Applies its region to the elements at each position of several shaped values; the region does not see the output.",
    example: example(
      "%r = linalg.map { arith.addf } ins(%a, %b : tensor<4xf32>, tensor<4xf32>) outs(%out : tensor<4xf32>)",
      "%a: tensor<4xf32>",
      "%b: tensor<4xf32>",
      "%out: tensor<4xf32>",
    ),
    traits: ["SingleBlock"],
    format: mapFormat,
    infer: ({ init }) => tensorResults([init]),
    effects: (operation) => structuredEffects(operation.inputs, [operation.init], operation),
    verify: (operation, report) => {
      const { inputs, init, mapper } = operation;
      const wanted = inputs.map((value) => value.type.element);
      const found = mapper.entry?.arguments.map((argument) => argument.type) ?? [];
      if (wanted.length !== found.length || wanted.some((type, position) => type !== found[position]))
        report(`expects block arguments (${wanted.join(", ")}), found (${found.join(", ")})`);
      for (const [position, input] of inputs.entries())
        checkShape(`input ${position}`, input.type, init.type.shape, report);
      checkYield(operation, [init], report);
      checkResults(operation, [init], report);
    },
  },
);

function checkYield(operation: Operation, outputs: readonly Value<ShapedType>[], report: Report): void {
  const terminator = operation.regions[0]?.entry?.last;
  const found = terminator?.name === "linalg.yield" ? terminator.operands.map((value): Type => value.type) : undefined;
  const wanted = outputs.map((value) => value.type.element);
  if (found === undefined) report(`expects its region to end in linalg.yield, found ${terminator?.name ?? "nothing"}`);
  else if (found.length !== wanted.length || found.some((type, position) => type !== wanted[position]))
    report(`expects linalg.yield of (${wanted.join(", ")}), found (${found.join(", ")})`);
}

/** The inputs and the outputs of a linalg.reduce. */
export function halves<T>(all: readonly T[]): readonly [readonly T[], readonly T[]] {
  const middle = all.length / 2;
  return [all.slice(0, middle), all.slice(middle)];
}

export const reduce = op(
  "linalg.reduce",
  {
    // Upstream has two groups of equal length here, which it tells apart without segment sizes.
    inputs_and_inits: variadicOperand(tensorOrMemRef),
    dimensions: attribute(i64ArrayAttribute),
    result: variadicResult(rankedTensor),
    combiner: region(),
  },
  {
    doc: "Combines the elements along some dimensions, beginning with the elements of the output.",
    example: example(
      "%r = linalg.reduce { arith.addf } ins(%a : tensor<2x4xf32>) outs(%out : tensor<2xf32>) dimensions = [1]",
      "%a: tensor<2x4xf32>",
      "%out: tensor<2xf32>",
    ),
    traits: ["SingleBlock"],
    format: reduceFormat,
    infer: ({ inputs_and_inits: all }) => tensorResults(halves(all)[1]),
    effects: (operation) => structuredEffects(...halves(operation.inputs_and_inits), operation),
    verify: (operation, report) => {
      const { dimensions } = operation;
      const [inputs, inits] = halves(operation.inputs_and_inits);
      if (inputs.length !== inits.length || inputs.length === 0) {
        report(`expects as many inputs as outputs, at least one, found ${operation.operandCount} operands`);
        return;
      }
      checkStructured(operation, inputs, inits, report);
      checkResults(operation, inits, report);
      const shape = inputs[0]?.type.shape ?? [];
      if (!checkAxes(dimensions, shape.length, report)) return;
      const kept = shape.filter((_, axis) => !dimensions.includes(axis));
      for (const input of inputs) checkShape("inputs", input.type, shape, report);
      for (const init of inits) checkShape("an output", init.type, kept, report);
    },
  },
);

export const transpose = op(
  "linalg.transpose",
  {
    input: operand(tensorOrMemRef),
    init: operand(tensorOrMemRef),
    permutation: attribute(i64ArrayAttribute),
    result: variadicResult(rankedTensor),
    region: region(),
  },
  {
    doc: "Permutes dimensions: dimension i of the output is dimension permutation[i] of the input.",
    example: example(
      "%r = linalg.transpose ins(%a : tensor<2x4xf32>) outs(%out : tensor<4x2xf32>) permutation = [1, 0]",
      "%a: tensor<2x4xf32>",
      "%out: tensor<4x2xf32>",
    ),
    traits: ["SingleBlock"],
    format: rearrangeFormat("permutation"),
    infer: ({ init }) => tensorResults([init]),
    effects: (operation) => structuredEffects([operation.input], [operation.init], operation),
    verify: (operation, report) => {
      const { input, init, permutation } = operation;
      checkStructured(operation, [input], [init], report);
      checkResults(operation, [init], report);
      if (!checkPermutation(permutation, input.type.rank, report)) return;
      const shape = permutation.map((axis) => input.type.shape[axis]!);
      checkShape("an output", init.type, shape, report);
    },
  },
);

export const broadcast = op(
  "linalg.broadcast",
  {
    input: operand(tensorOrMemRef),
    init: operand(tensorOrMemRef),
    dimensions: attribute(i64ArrayAttribute),
    result: variadicResult(rankedTensor),
    region: region(),
  },
  {
    doc: "Repeats the input along new dimensions, those of the output that are listed.",
    example: example(
      "%r = linalg.broadcast ins(%a : tensor<2xf32>) outs(%out : tensor<2x4xf32>) dimensions = [1]",
      "%a: tensor<2xf32>",
      "%out: tensor<2x4xf32>",
    ),
    traits: ["SingleBlock"],
    format: rearrangeFormat("dimensions"),
    infer: ({ init }) => tensorResults([init]),
    effects: (operation) => structuredEffects([operation.input], [operation.init], operation),
    verify: (operation, report) => {
      const { input, init, dimensions } = operation;
      checkStructured(operation, [input], [init], report);
      checkResults(operation, [init], report);
      const { rank, shape } = init.type;
      if (input.type.rank + dimensions.length !== rank) {
        report(`expects ${rank - input.type.rank} dimensions that are added, found ${dimensions.length}`);
        return;
      }
      if (dimensions.some((axis) => axis < 0 || axis >= rank) || new Set(dimensions).size !== dimensions.length) {
        report(`expects different dimensions below ${rank}, found [${dimensions.join(", ")}]`);
        return;
      }
      const kept = shape.filter((_, axis) => !dimensions.includes(axis));
      checkShape("an input", input.type, kept, report);
    },
  },
);

// ------------------------------------------------------------------------------------------------- ops without a region

export const softmax = op(
  "linalg.softmax",
  {
    input: operand(shaped),
    output: operand(shaped),
    dimension: attribute(i64Attribute),
    result: variadicResult(rankedTensor),
  },
  {
    doc: "Exponentials divided by their sum along one dimension, computed without overflow.",
    example: example(
      "%r = linalg.softmax dimension(1) ins(%a : tensor<2x4xf32>) outs(%out : tensor<2x4xf32>) -> tensor<2x4xf32>",
      "%a: tensor<2x4xf32>",
      "%out: tensor<2x4xf32>",
    ),
    format:
      "attr-dict `dimension` `(` $dimension `)` `ins` `(` $input `:` type($input) `)` " +
      "`outs` `(` $output `:` type($output) `)` (`->` type($result)^)?",
    infer: ({ output }) => tensorResults([output]),
    effects: (operation) => structuredEffects([operation.input], [operation.output], operation),
    verify: ({ input, output, dimension }, report) => {
      if (dimension < 0 || dimension >= input.type.rank)
        report(`expects a dimension below ${input.type.rank}, found ${dimension}`);
      if (input.type.element !== output.type.element || !compatibleShapes(input.type.shape, output.type.shape))
        report(`expects operands of one shape, found ${input.type} and ${output.type}`);
    },
  },
);

/** The shape of a transform's output; undefined where the input's does not fit. */
function winogradShape(
  step: "filter" | "input" | "output",
  shape: readonly number[],
  m: number,
  r: number,
): readonly number[] | undefined {
  const tile = m + r - 1;
  const tiled = (size: number) => (size === dynamic ? dynamic : (size - r + 1) / m);
  if (step === "filter") {
    const [count = 0, height, width, channels = 0] = shape;
    const fits = (size: number | undefined) => size === dynamic || size === r || size === 1;
    if (shape.length !== 4 || !fits(height) || !fits(width)) return undefined;
    return [height === 1 ? 1 : tile, width === 1 ? 1 : tile, channels, count];
  }
  if (step === "input") {
    const [batch = 0, height = 0, width = 0, channels = 0] = shape;
    if (shape.length !== 4) return undefined;
    return [height === 1 ? 1 : tile, width === 1 ? 1 : tile, tiled(height), tiled(width), batch, channels];
  }
  const [tileHeight, tileWidth, rows = 0, columns = 0, batch = 0, channels = 0] = shape;
  const fits = (size: number | undefined) => size === dynamic || size === tile || size === 1;
  if (shape.length !== 6 || !fits(tileHeight) || !fits(tileWidth)) return undefined;
  const restored = (tiles: number, size: number | undefined) =>
    tiles === dynamic ? dynamic : tiles * (size === 1 ? 1 : m);
  return [batch, restored(rows, tileHeight), restored(columns, tileWidth), channels];
}

function winograd(step: "filter" | "input" | "output", source: string, target: string, doc: string) {
  const operandName = step === "output" ? "value" : step;
  return op(
    `linalg.winograd_${step}_transform`,
    {
      [operandName]: operand(shaped),
      output: operand(shaped),
      m: attribute(i64Attribute),
      r: attribute(i64Attribute),
      result: result(anyType),
    },
    {
      doc,
      example: example(
        `%r = linalg.winograd_${step}_transform m(4) r(3) ins(%x : ${source}) outs(%out : ${target}) -> ${target}`,
        `%x: ${source}`,
        `%out: ${target}`,
      ),
      traits: ["Pure"],
      format:
        `attr-dict \`m\` \`(\` $m \`)\` \`r\` \`(\` $r \`)\` \`ins\` \`(\` $${operandName} \`:\` type($${operandName}) \`)\` ` +
        "`outs` `(` $output `:` type($output) `)` `->` type($result)",
      verify: (operation, report) => {
        const [given, output] = operation.operands.map((value): Type => value.type);
        if (output !== operation.results[0]?.type)
          report(`expects a result of the output's type ${output}, found ${operation.results[0]?.type}`);
        if (!(given instanceof ShapedType && output instanceof ShapedType)) return;
        const number = (name: "m" | "r") => {
          const stored = operation.attribute(name);
          return (stored === undefined ? undefined : i64Attribute.decode(stored)) ?? 0;
        };
        const [m, r] = [number("m"), number("r")];
        const wanted = m > 0 && r > 0 ? winogradShape(step, given.shape, m, r) : undefined;
        const isFine = wanted !== undefined && given.element === output.element;
        if (!isFine || !compatibleShapes(wanted, output.shape))
          report(
            `expects an output of shape [${wanted?.join(", ") ?? "none"}] for ${given} with m = ${m} and r = ${r}, found ${output}`,
          );
      },
    },
  );
}

export const winogradFilterTransform = winograd(
  "filter",
  "tensor<2x3x3x5xf32>",
  "tensor<6x6x5x2xf32>",
  "The transform of a kernel for Winograd's convolution F(m, r).",
);
export const winogradInputTransform = winograd(
  "input",
  "tensor<2x10x10x5xf32>",
  "tensor<6x6x2x2x2x5xf32>",
  "The transform of an image for Winograd's convolution F(m, r).",
);
export const winogradOutputTransform = winograd(
  "output",
  "tensor<6x6x2x2x2x2xf32>",
  "tensor<2x8x8x2xf32>",
  "The inverse transform of the products of Winograd's convolution F(m, r).",
);

export const shapedOps = [
  map,
  reduce,
  transpose,
  broadcast,
  softmax,
  winogradFilterTransform,
  winogradInputTransform,
  winogradOutputTransform,
];
