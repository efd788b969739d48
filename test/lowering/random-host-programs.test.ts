/**
 * Random programs on tensors, lowered to loops with every vector width and run as machine code, against the reference semantics:
 * what bufferisation lets share memory, what loops are grouped, and how they are tiled must never show in the results.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { functionDefinition } from "../../dialects/func/ops.ts";
import { upstreamDialects } from "../../dialects/index.ts";
import { tensor } from "../../dialects/tensor/index.ts";
import { Context } from "../../ir/context.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import { parse } from "../../ir/parser/parse.ts";
import { type TensorData, zeros } from "../../ir/tensor-data.ts";
import { TensorType } from "../../ir/types.ts";
import { bufferize } from "../../lowering/bufferize/index.ts";
import { linalgToLoops, outlineKernels, vectorize } from "../../lowering/linalg-to-loops/index.ts";
import {
  linalgCollapseDimensions,
  linalgFuseElementwise,
  linalgTransposeOperands,
} from "../../lowering/linalg-transforms/index.ts";
import { instantiate } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { difference } from "../testing/compare.ts";
import { MlirProgram, missingMlirRun } from "../testing/mlir-run.ts";

const context = new Context([...upstreamDialects, tensor]);

/** Whole numbers of small size, so that sums are exact in any order. */
function inputData(type: TensorType, seed: number): TensorData {
  const data = zeros(type.shape, "f32");
  for (let position = 0; position < data.data.length; position++)
    data.data[position] = ((position * 7 + seed * 5) % 9) - 4;
  return data;
}

function check(text: string, vectorBytes: number, transform: boolean): void {
  const reference = parse(text, context);
  const lowered = parse(text, context);
  const transforms = transform ? [linalgFuseElementwise, linalgCollapseDimensions, linalgTransposeOperands] : [];
  const steps = [
    ...transforms.map((each) => instantiate(each)),
    instantiate(bufferize),
    instantiate(vectorize, { "vector-bytes": vectorBytes }),
    instantiate(linalgToLoops),
    instantiate(outlineKernels),
  ];
  new PassManager(steps, context).run(lowered);
  const program = new MlirProgram(lowered);
  try {
    for (const func of reference.regions[0]!.onlyBlock.operations) {
      if (!functionDefinition.matches(func)) continue;
      const inputs = func.function_type.inputs.map((type, position) => {
        if (!(type instanceof TensorType)) throw new Error("expects tensors");
        return inputData(type, position + 1);
      });
      const expected = evaluateFunction(func, inputs, context);
      const actual = program.call(func.sym_name, inputs);
      expect(actual.length).toBe(expected.length);
      for (const [position, result] of actual.entries()) {
        const wrong = difference(result, expected[position]!, 0);
        const code = text.split("\nfunc.func ").find((each) => each.startsWith(`@${func.sym_name}(`));
        if (wrong !== undefined)
          throw new Error(`result ${position} with vectors of ${vectorBytes} bytes: ${wrong}\nfunc.func ${code}`);
      }
    }
  } finally {
    program.dispose();
  }
}

// ------------------------------------------------------------------------------------------------------- single nests

interface NestPlan {
  readonly sizes: readonly number[];
  readonly isReduction: readonly boolean[];
  /** Which dimensions each input has, in which order. */
  readonly inputs: readonly { readonly order: readonly number[]; readonly stride: number; readonly window: boolean }[];
  readonly outputOrder: readonly number[];
  readonly combine: "sum" | "product" | "largest";
}

const permutation = (count: number) =>
  fc
    .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: count, maxLength: count })
    .map((keys) => [...keys.keys()].sort((a, b) => keys[a]! - keys[b]!));

const nestPlan: fc.Arbitrary<NestPlan> = fc.integer({ min: 2, max: 4 }).chain((rank) =>
  fc.record({
    sizes: fc.array(fc.oneof(fc.constantFrom(1, 2, 3, 4, 8, 16), fc.integer({ min: 1, max: 21 })), {
      minLength: rank,
      maxLength: rank,
    }),
    isReduction: fc.array(fc.boolean(), { minLength: rank, maxLength: rank }).map((flags) => flags.with(0, false)),
    inputs: fc.array(
      fc.record({
        order: permutation(rank).chain((order) =>
          fc.subarray(order, { minLength: 1 }).map((kept) => order.filter((each) => kept.includes(each))),
        ),
        stride: fc.constantFrom(1, 1, 1, 2, 3, 5),
        window: fc.boolean(),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    outputOrder: permutation(rank),
    combine: fc.constantFrom("sum" as const, "product" as const, "largest" as const),
  }),
);

/** A function of one structured op with the maps of a plan. */
function nestFunction(name: string, plan: NestPlan): string {
  const { sizes, isReduction } = plan;
  const parallel = plan.outputOrder.filter((dimension) => !isReduction[dimension]);
  const reduced = sizes.flatMap((_, dimension) => (isReduction[dimension] ? [dimension] : []));
  const inputs = plan.inputs.map(({ order, stride, window }) => {
    // A window: the last dimension of the input is moved along by a reduction that it does not have itself.
    const last = order.at(-1)!;
    const mover = window && !isReduction[last] ? reduced.find((dimension) => !order.includes(dimension)) : undefined;
    const expressions = order.map((dimension) => {
      if (dimension !== last) return `d${dimension}`;
      return `d${dimension}${stride === 1 ? "" : ` * ${stride}`}${mover === undefined ? "" : ` + d${mover}`}`;
    });
    const shape = order.map((dimension) => {
      if (dimension !== last) return sizes[dimension]!;
      return (sizes[dimension]! - 1) * stride + (mover === undefined ? 1 : sizes[mover]!);
    });
    return { map: expressions.join(", "), shape };
  });
  // Every dimension needs an operand that says how large it is.
  inputs.push({ map: sizes.map((_, dimension) => `d${dimension}`).join(", "), shape: [...sizes] });
  const outputShape = parallel.map((dimension) => sizes[dimension]!);
  const type = (shape: readonly number[]) => `tensor<${shape.map((size) => `${size}x`).join("")}f32>`;
  const dimensions = sizes.map((_, dimension) => `d${dimension}`).join(", ");
  const map = (results: string) => `affine_map<(${dimensions}) -> (${results})>`;
  const elements = inputs.map((_, position) => `%a${position}`);
  const product = elements
    .slice(1)
    .map(
      (element, position) =>
        `    %p${position + 1} = arith.${position % 2 === 0 ? "mulf" : "addf"} %p${position}, ${element} : f32`,
    );
  const value = `%p${elements.length - 1}`;
  const combiner = { sum: "addf", product: "subf", largest: "maximumf" }[plan.combine];
  return `
func.func @${name}(${inputs.map(({ shape }, position) => `%x${position}: ${type(shape)}`).join(", ")}) -> ${type(outputShape)} {
  %initial = arith.constant 1.0 : f32
  %empty = tensor.empty() : ${type(outputShape)}
  %filled = linalg.fill ins(%initial : f32) outs(%empty : ${type(outputShape)}) -> ${type(outputShape)}
  %result = linalg.generic {indexing_maps = [${inputs.map((input) => map(input.map)).join(", ")}, ${map(parallel.map((dimension) => `d${dimension}`).join(", "))}], iterator_types = [${isReduction.map((flag) => (flag ? '"reduction"' : '"parallel"')).join(", ")}]} ins(${inputs.map((_, position) => `%x${position}`).join(", ")} : ${inputs.map(({ shape }) => type(shape)).join(", ")}) outs(%filled : ${type(outputShape)}) {
  ^bb0(${elements.map((element) => `${element}: f32`).join(", ")}, %o: f32):
    %zero = arith.constant 0.0 : f32
    %p0 = arith.addf %a0, %zero : f32
${product.join("\n")}
    %r = arith.${combiner} %o, ${value} : f32
    linalg.yield %r : f32
  } -> ${type(outputShape)}
  return %result : ${type(outputShape)}
}`;
}

// ----------------------------------------------------------------------------------------------------------- programs

/** One step of a random program: what to do, and numbers that pick its operands. */
interface Step {
  readonly what:
    | "unary"
    | "binary"
    | "transpose"
    | "concatenate"
    | "slice"
    | "pad"
    | "product"
    | "rows"
    | "reshape"
    | "insert";
  readonly a: number;
  readonly b: number;
  readonly n: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    "unary",
    "unary",
    "binary",
    "binary",
    "transpose",
    "concatenate",
    "slice",
    "pad",
    "product",
    "rows",
    "reshape",
    "insert",
  ),
  a: fc.nat(1000),
  b: fc.nat(1000),
  n: fc.nat(1000),
});

type Shape = readonly [number, number];
interface Named {
  readonly name: string;
  readonly shape: Shape;
}

class ProgramText {
  readonly lines: string[] = [];
  readonly values: Named[];
  #next = 0;

  constructor(inputs: readonly Named[]) {
    this.values = [...inputs];
  }

  fresh(): string {
    return `%v${this.#next++}`;
  }

  type([rows, columns]: Shape): string {
    return `tensor<${rows}x${columns}xf32>`;
  }

  pick(number: number, fits: (value: Named) => boolean = () => true): Named | undefined {
    const candidates = this.values.filter(fits);
    return candidates[number % Math.max(1, candidates.length)];
  }

  empty(shape: Shape): string {
    const name = this.fresh();
    this.lines.push(`  ${name} = tensor.empty() : ${this.type(shape)}`);
    return name;
  }

  keep(name: string, shape: Shape): void {
    this.values.push({ name, shape });
  }

  /** An op over (i, j) whose inputs are addressed by `maps`. */
  pointwise(inputs: readonly Named[], maps: readonly string[], shape: Shape, body: string): void {
    const destination = this.empty(shape);
    const name = this.fresh();
    const args = inputs.map((_, position) => `%a${position}: f32`).join(", ");
    this.lines.push(
      `  ${name} = linalg.generic {indexing_maps = [${[...maps, "i, j"].map((map) => `affine_map<(i, j) -> (${map})>`).join(", ")}], iterator_types = ["parallel", "parallel"]} ins(${inputs.map((input) => input.name).join(", ")} : ${inputs.map((input) => this.type(input.shape)).join(", ")}) outs(${destination} : ${this.type(shape)}) {`,
      `  ^bb0(${args}, %o: f32):`,
      `    ${body}`,
      "    linalg.yield %r : f32",
      `  } -> ${this.type(shape)}`,
    );
    this.keep(name, shape);
  }

  apply({ what, a, b, n }: Step): void {
    const x = this.pick(a)!;
    const [rows, columns] = x.shape;
    const small = rows * columns <= 1200;
    switch (what) {
      case "unary":
        this.pointwise(
          [x],
          ["i, j"],
          x.shape,
          n % 2 === 0 ? "%r = arith.negf %a0 : f32" : "%r = arith.maximumf %a0, %one : f32",
        );
        return;
      case "binary": {
        const y = this.pick(b, (value) => value.shape.join() === x.shape.join())!;
        this.pointwise([x, y], ["i, j", "i, j"], x.shape, "%r = arith.subf %a0, %a1 : f32");
        return;
      }
      case "transpose":
        this.pointwise([x], ["j, i"], [columns, rows], "%r = arith.addf %a0, %one : f32");
        return;
      case "concatenate": {
        const y = this.pick(b, (value) => value.shape[0] === rows)!;
        const shape: Shape = [rows, columns + y.shape[1]];
        if (!small) return;
        const destination = this.empty(shape);
        const first = this.fresh();
        const second = this.fresh();
        this.lines.push(
          `  ${first} = tensor.insert_slice ${x.name} into ${destination}[0, 0] [${rows}, ${columns}] [1, 1] : ${this.type(x.shape)} into ${this.type(shape)}`,
          `  ${second} = tensor.insert_slice ${y.name} into ${first}[0, ${columns}] [${rows}, ${y.shape[1]}] [1, 1] : ${this.type(y.shape)} into ${this.type(shape)}`,
        );
        this.keep(second, shape);
        return;
      }
      case "insert": {
        const y = this.pick(b, ({ shape }) => shape[0] <= rows && shape[1] <= columns)!;
        const name = this.fresh();
        const [top, left] = [n % (rows - y.shape[0] + 1), n % (columns - y.shape[1] + 1)];
        this.lines.push(
          `  ${name} = tensor.insert_slice ${y.name} into ${x.name}[${top}, ${left}] [${y.shape.join(", ")}] [1, 1] : ${this.type(y.shape)} into ${this.type(x.shape)}`,
        );
        this.keep(name, x.shape);
        return;
      }
      case "slice": {
        const shape: Shape = [1 + (a % rows), 1 + (b % columns)];
        const name = this.fresh();
        this.lines.push(
          `  ${name} = tensor.extract_slice ${x.name}[${n % (rows - shape[0] + 1)}, ${n % (columns - shape[1] + 1)}] [${shape.join(", ")}] [1, 1] : ${this.type(x.shape)} to ${this.type(shape)}`,
        );
        this.keep(name, shape);
        return;
      }
      case "pad": {
        const shape: Shape = [rows + (a % 2) + (b % 3), columns + (n % 3)];
        const name = this.fresh();
        if (!small) return;
        this.lines.push(
          `  ${name} = tensor.pad ${x.name} low[${a % 2}, 0] high[${b % 3}, ${n % 3}] {`,
          "  ^bb0(%i: index, %j: index):",
          "    tensor.yield %one : f32",
          `  } : ${this.type(x.shape)} to ${this.type(shape)}`,
        );
        this.keep(name, shape);
        return;
      }
      case "product": {
        const y = this.pick(b, (value) => value.shape[0] === columns);
        if (y === undefined) return;
        const shape: Shape = [rows, y.shape[1]];
        const name = this.fresh();
        const filled = this.fresh();
        const destination = this.empty(shape);
        this.lines.push(
          `  ${filled} = linalg.fill ins(%one : f32) outs(${destination} : ${this.type(shape)}) -> ${this.type(shape)}`,
          `  ${name} = linalg.matmul ins(${x.name}, ${y.name} : ${this.type(x.shape)}, ${this.type(y.shape)}) outs(${filled} : ${this.type(shape)}) -> ${this.type(shape)}`,
        );
        this.keep(name, shape);
        return;
      }
      case "rows": {
        const y = this.pick(b, (value) => value.shape[1] === columns && value.shape[0] === 1);
        if (y === undefined) return;
        this.pointwise([x, y], ["i, j", "0, j"], x.shape, "%r = arith.addf %a0, %a1 : f32");
        return;
      }
      case "reshape": {
        const flat = this.fresh();
        const name = this.fresh();
        this.lines.push(
          `  ${flat} = tensor.collapse_shape ${x.name} [[0, 1]] : ${this.type(x.shape)} into tensor<${rows * columns}xf32>`,
          `  ${name} = tensor.expand_shape ${flat} [[0, 1]] output_shape [${columns}, ${rows}] : tensor<${rows * columns}xf32> into ${this.type([columns, rows])}`,
        );
        this.keep(name, [columns, rows]);
        return;
      }
    }
  }
}

function programFunction(name: string, steps: readonly Step[], returned: readonly number[]): string {
  const inputs: Named[] = [
    { name: "%x", shape: [4, 18] },
    { name: "%y", shape: [1, 18] },
    { name: "%z", shape: [6, 6] },
  ];
  const program = new ProgramText(inputs);
  // Values grow by products; a few of them stay exact in f32.
  let products = 0;
  for (const each of steps) {
    if (each.what === "product" && ++products > 2) continue;
    program.apply(each);
  }
  const results = returned.map((number) => program.pick(number)!);
  results.push(program.values.at(-1)!);
  const type = (value: Named) => program.type(value.shape);
  return `
func.func @${name}(${inputs.map((input) => `${input.name}: ${type(input)}`).join(", ")}) -> (${results.map(type).join(", ")}) {
  %one = arith.constant 1.0 : f32
${program.lines.join("\n")}
  return ${results.map((result) => result.name).join(", ")} : ${results.map(type).join(", ")}
}`;
}

describe.skipIf(missingMlirRun !== undefined)(
  `random programs${missingMlirRun === undefined ? "" : ` (${missingMlirRun})`}`,
  () => {
    it("single structured operations", () => {
      fc.assert(
        fc.property(
          fc.array(nestPlan, { minLength: 24, maxLength: 24 }),
          fc.constantFrom(16, 32, 64),
          fc.boolean(),
          (plans, bytes, transform) => {
            check(plans.map((plan, position) => nestFunction(`nest_${position}`, plan)).join("\n"), bytes, transform);
          },
        ),
        { numRuns: 4, endOnFailure: true },
      );
    });

    it("programs that share, overwrite, slice and concatenate", () => {
      const program = fc.record({
        steps: fc.array(step, { minLength: 3, maxLength: 14 }),
        returned: fc.array(fc.nat(1000), { maxLength: 2 }),
      });
      fc.assert(
        fc.property(
          fc.array(program, { minLength: 24, maxLength: 24 }),
          fc.constantFrom(16, 32, 64),
          fc.boolean(),
          (programs, bytes, transform) => {
            const text = programs
              .map(({ steps, returned }, position) => programFunction(`program_${position}`, steps, returned))
              .join("\n");
            check(text, bytes, transform);
          },
        ),
        { numRuns: 4, endOnFailure: true },
      );
    });
  },
);
