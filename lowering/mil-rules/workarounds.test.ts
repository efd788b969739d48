/** Each workaround: the program before and after, that its rule finds nothing any more, and that both compute the same. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { setNumber } from "../../ir/tensor-data.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { parsePipeline } from "../../passes/pipeline.ts";
import { forAll } from "../../test/testing/property.ts";
import { milRules, milWorkarounds } from "./index.ts";
import { conv, ruleCases } from "./rule-cases.ts";
import { brokenRules, inputsFor, type MilText, milContext, milModule, run, statementsOf } from "./testing.ts";

interface WorkaroundCase {
  /** The program; that of the rule's own case unless given. */
  readonly program?: MilText;
  /** The statements behind it, of the form `name = op(input = value, …)`. */
  readonly after: readonly string[];
  /** How far results may differ; 0 unless given: bit for bit. */
  readonly tolerance?: number;
  /** Numbers to compute on, beside random ones. */
  readonly numbers?: readonly number[];
  readonly scale?: number;
}

const half = (name: string, value: string, shape = "") => `%${name} = mil.const dense<${value}> : tensor<${shape}f16>`;

const cases: Readonly<Record<string, WorkaroundCase>> = {
  "computed-outputs": { after: ["out0 = mul(x = x, y = dense<1.0>)", "return out0"] },
  "build-info": { after: ["result = relu(x = x)", "return result"] },
  "port-order": { after: ["by = relu(x = b)", "ay = relu(x = a)", "return ay, by"] },
  "patch-convolution": {
    program: {
      ...conv("1x3x16x16", "2x3x8x8", "1x2x2x2", 8),
      lines: [
        `%weight = mil.const dense<[${[0, 1].map((o) => `[${[0, 1, 2].map((c) => `[${grid(8, (i, j) => (((o * 3 + c) * 8 + i) * 8 + j) % 97)}]`)}]`)}]> : tensor<2x3x8x8xf16>`,
        ...conv("1x3x16x16", "2x3x8x8", "1x2x2x2", 8).lines.slice(1),
      ],
    },
    scale: 0.25,
    after: [
      "result_depth0 = space_to_depth(x = x, block_size = dense<8>)",
      `result = conv(x = result_depth0, weight = tensor<2x192x1x1xf16>, strides = dense<1>, pad_type = "valid", pad = dense<0>, dilations = dense<1>, groups = dense<1>)`,
      "return result",
    ],
    tolerance: 4,
  },
  "product-weight-transposed": {
    program: {
      inputs: ["x: tensor<2x2xf16>"],
      lines: [
        '%w = mil.const {name = "w"} dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf16>',
        "%a = mil.matmul(x = %x, y = %w) : (tensor<2x2xf16>, tensor<2x3xf16>) -> tensor<2x3xf16>",
        "%b = mil.matmul(x = %x, y = %w) : (tensor<2x2xf16>, tensor<2x3xf16>) -> tensor<2x3xf16>",
      ],
      outputs: ["%a: tensor<2x3xf16>", "%b: tensor<2x3xf16>"],
    },
    after: [
      "a = matmul(x = x, y = dense<[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]>, transpose_x = dense<false>, transpose_y = dense<true>)",
      "b = matmul(x = x, y = dense<[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]>, transpose_x = dense<false>, transpose_y = dense<true>)",
      "return a, b",
    ],
  },
  "reduction-times-zero": {
    after: ["a = reduce_sum(x = x, axes = dense<1>, keep_dims = dense<true>)", "y = sub(x = a, y = a)", "return y"],
  },
  "layer-norm-affine": {
    program: {
      inputs: ["x: tensor<2x4xf16>"],
      lines: [
        "%axes = mil.const dense<[-1]> : tensor<1xi32>",
        half("g", "[1.0, 2.0, 3.0, 4.0]", "4x"),
        half("b", "[0.5, 0.0, -0.5, 1.0]", "4x"),
        "%y = mil.layer_norm(x = %x, axes = %axes, gamma = %g, beta = %b) : (tensor<2x4xf16>, tensor<1xi32>, tensor<4xf16>, tensor<4xf16>) -> tensor<2x4xf16>",
      ],
      outputs: ["%y: tensor<2x4xf16>"],
    },
    after: [
      "y_plain = layer_norm(x = x, axes = dense<-1>, epsilon = dense<0.00001>)",
      "y_scaled = mul(x = y_plain, y = dense<[1.0, 2.0, 3.0, 4.0]>)",
      "y = add(x = y_scaled, y = dense<[0.5, 0.0, -0.5, 1.0]>)",
      "return y",
    ],
    tolerance: 0.01,
  },
  "attention-sizes": {
    after: [
      "y_scaled = mul(x = q, y = dense<0.3535>)",
      "y_scores = matmul(x = y_scaled, y = q, transpose_x = dense<false>, transpose_y = dense<true>)",
      "y_shares = softmax(x = y_scores, axis = dense<-1>)",
      "y = matmul(x = y_shares, y = q, transpose_x = dense<false>, transpose_y = dense<false>)",
      "return y",
    ],
    // 512 rows: compared on the mask's case.
    scale: Number.NaN,
  },
  "attention-mask": {
    after: [
      "y_scaled = mul(x = q, y = dense<0.3535>)",
      "y_scores = matmul(x = y_scaled, y = q, transpose_x = dense<false>, transpose_y = dense<true>)",
      "y_masked = add(x = y_scores, y = m)",
      "y_shares = softmax(x = y_masked, axis = dense<-1>)",
      "y = matmul(x = y_shares, y = q, transpose_x = dense<false>, transpose_y = dense<false>)",
      "return y",
    ],
    tolerance: 0.02,
  },
  "square-then-function": { after: ["a = mul(x = x, y = x)", "y = relu(x = a)", "return y"] },
  "round-range": {
    after: [
      "result_magnitude = abs(x = x)",
      "result_small = less(x = result_magnitude, y = dense<1024.0>)",
      "result_rounded = round(x = x)",
      "result = select(cond = result_small, a = result_rounded, b = x)",
      "return result",
    ],
    numbers: [1023.5, 1024, 2049, -1025, 0.5, 1.5, -0.5, -2.5],
  },
  "rounding-times-scalar": {
    after: ["a = floor(x = x)", "y = mul(x = a, y = dense<2.0>)", "return y"],
  },
  "softplus-range": {
    program: {
      inputs: ["x: tensor<8xf16>"],
      lines: ["%y = mil.softplus(x = %x) : (tensor<8xf16>) -> tensor<8xf16>"],
      outputs: ["%y: tensor<8xf16>"],
    },
    after: [
      "y_low = minimum(x = x, y = dense<10.0>)",
      "y_curve = softplus(x = y_low)",
      "y_above = add(x = x, y = dense<-10.0>)",
      "y_line = relu(x = y_above)",
      "y = add(x = y_curve, y = y_line)",
      "return y",
    ],
    numbers: [0, 9.99, 10, 10.5, 11.1, 100, -20, 1],
    tolerance: 0.01,
  },
  "epsilon-given": { after: ["result = rsqrt(x = x, epsilon = dense<0.0>)", "return result"] },
  "tile-factors": {
    program: {
      inputs: ["x: tensor<2x3xf16>"],
      lines: [
        "%r = mil.const dense<[6, 5]> : tensor<2xi32>",
        "%y = mil.tile(x = %x, reps = %r) : (tensor<2x3xf16>, tensor<2xi32>) -> tensor<12x15xf16>",
      ],
      outputs: ["%y: tensor<12x15xf16>"],
    },
    after: [
      "y_by3 = tile(x = x, reps = dense<[3, 1]>)",
      "y_by2 = tile(x = y_by3, reps = dense<[2, 1]>)",
      "y = concat(values = y_by2 y_by2 y_by2 y_by2 y_by2, axis = dense<1>, interleave = dense<false>)",
      "return y",
    ],
  },
  "concat-axis": { after: ["y = concat(values = x x, axis = dense<1>, interleave = dense<false>)", "return y"] },
  "named-parameters": {
    after: ["y = concat(values = x x, axis = dense<1>, interleave = dense<false>)", "return y"],
  },
  "named-operands": { after: ["y = add(x = x, y = dense<1.0>)", "return y"] },
  "blockwise-direct": {
    after: [
      "w = constexpr_blockwise_shift_scale(data = tensor<4x4xi8>, scale = dense<0.5>)",
      "y_weights = add(x = w, y = dense<0.0>)",
      "y = matmul(x = x, y = y_weights)",
      "return y",
    ],
    tolerance: 0.5,
  },
};

const linkType = "tensor<1x2x4x4xf16>";
/** Statements that the route does not take as they are, from a value to one of the same shape; their workarounds are exact. */
const links: Readonly<Record<string, (x: string, y: string, position: number) => readonly string[]>> = {
  square: (x, y) => [`${y} = mil.square(x = ${x}) : (${linkType}) -> ${linkType}`],
  round: (x, y) => [`${y} = mil.round(x = ${x}) : (${linkType}) -> ${linkType}`],
  floorTimes: (x, y, at) => [
    `%f${at} = mil.floor(x = ${x}) : (${linkType}) -> ${linkType}`,
    half(`s${at}`, "0.5"),
    `${y} = mil.mul(x = %s${at}, y = %f${at}) : (tensor<f16>, ${linkType}) -> ${linkType}`,
  ],
  product: (x, y, at) => [
    `%w${at} = mil.const dense<[[1.0, 0.5, 0.0, 0.0], [0.0, 1.0, 0.0, 0.25], [0.0, 0.0, 1.0, 0.0], [0.5, 0.0, 0.0, 1.0]]> : tensor<4x4xf16>`,
    `${y} = mil.matmul(x = ${x}, y = %w${at}) : (${linkType}, tensor<4x4xf16>) -> ${linkType}`,
  ],
  concatOfOne: (x, y, at) => [
    `%a${at} = mil.const dense<-2> : tensor<i32>`,
    `%i${at} = mil.const {inline} dense<false> : tensor<i1>`,
    `${y} = mil.concat(values = (${x}), axis = %a${at}, interleave = %i${at}) : (${linkType}, tensor<i32>, tensor<i1>) -> ${linkType}`,
  ],
  tileOfSum: (x, y, at) => [
    `%r${at} = mil.const dense<[3]> : tensor<1xi32>`,
    `%u${at} = mil.const dense<true> : tensor<i1>`,
    `%m${at} = mil.reduce_max(x = ${x}, axes = %r${at}, keep_dims = %u${at}) : (${linkType}, tensor<1xi32>, tensor<i1>) -> tensor<1x2x4x1xf16>`,
    `%n${at} = mil.const dense<[1, 1, 1, 4]> : tensor<4xi32>`,
    `${y} = mil.tile(x = %m${at}, reps = %n${at}) : (tensor<1x2x4x1xf16>, tensor<4xi32>) -> ${linkType}`,
  ],
};

function grid(size: number, at: (row: number, column: number) => number): string {
  const row = (index: number) =>
    `[${Array.from({ length: size }, (_, column) => `${at(index, column)}.0`).join(", ")}]`;
  return Array.from({ length: size }, (_, index) => row(index)).join(", ");
}

function rewritten(text: MilText, options = "") {
  const module = milModule(text);
  new PassManager(parsePipeline(`mil-workarounds${options}`, [milWorkarounds]), milContext).run(module);
  return module;
}

describe("mil-workarounds", () => {
  test.each(Object.entries(cases))("%s", (id, { program, after, tolerance = 0, numbers = [], scale = 4 }) => {
    const known = ruleCases[id]!;
    const text = program ?? known.breaks;
    const { route = "e5rt", target = "h16s" } = known;
    const before = milModule(text);
    expect(brokenRules(before, route, target)).toContain(id);
    const changed = rewritten(text, `{route=${route} target=${target}}`);
    expect(statementsOf(changed)).toEqual(after);
    expect(brokenRules(changed, route, target)).not.toContain(id);
    if (Number.isNaN(scale)) return;
    const inputs = inputsFor(before, 1, scale);
    for (const [index, number] of numbers.entries()) setNumber(inputs[0]!, index, number);
    const wanted = run(before, inputs);
    const found = run(changed, inputs);
    for (const [position, values] of wanted.entries()) {
      const worst = values.map((value, index) => Math.abs(value - found[position]![index]!));
      expect(Math.max(0, ...worst.filter((difference) => !Number.isNaN(difference)))).toBeLessThanOrEqual(tolerance);
      expect(found[position]!.map(Number.isNaN)).toEqual(values.map(Number.isNaN));
    }
  });

  test("each rule that names one has a case here", () => {
    const named = milRules.filter(({ workaround }) => workaround !== undefined).map(({ id }) => id);
    expect(Object.keys(cases).toSorted()).toEqual(named.toSorted());
  });

  test("patches of 16 are moved in two steps; those of 14 by transposes", () => {
    const patchesOf = (side: number, batch: number) => {
      const weight = `[${[0, 1].map((o) => `[${[0, 1].map((c) => `[${grid(side, (i, j) => (((o * 2 + c) * side + i) * side + j) % 7)}]`)}]`)}]`;
      const text = conv(`${batch}x2x${2 * side}x${side}`, `2x2x${side}x${side}`, `${batch}x2x2x1`, side);
      return {
        ...text,
        lines: [`%weight = mil.const dense<${weight}> : tensor<2x2x${side}x${side}xf16>`, ...text.lines.slice(1)],
      };
    };
    const mnemonics: string[] = [];
    for (const [side, batch] of [
      [16, 1],
      [14, 1],
      [5, 2],
    ] as const) {
      const text = patchesOf(side, batch);
      const changed = rewritten(text);
      mnemonics.push(
        statementsOf(changed)
          .flatMap((line) => /= (\w+)\(/.exec(line)?.[1] ?? [])
          .join(" "),
      );
      expect(brokenRules(changed)).toEqual([]);
      // Whole numbers: sums in any order are the same before they are rounded.
      const inputs = inputsFor(changed, 1, 1).map((data) => {
        for (let index = 0; index < data.data.length; index++) setNumber(data, index, index % 3);
        return data;
      });
      expect(run(changed, inputs)).toEqual(run(milModule(text), inputs));
    }
    expect(mnemonics).toEqual([
      "space_to_depth space_to_depth conv",
      "reshape transpose reshape transpose reshape conv",
      "reshape transpose reshape transpose reshape conv",
    ]);
  });

  test("sorted inputs and outputs keep their places in host code", () => {
    const text: MilText = {
      inputs: ["b: tensor<2xf16>", "a: tensor<2xf16>"],
      lines: [
        "%z = mil.sub(x = %b, y = %a) : (tensor<2xf16>, tensor<2xf16>) -> tensor<2xf16>",
        "%y = mil.relu(x = %a) : (tensor<2xf16>) -> tensor<2xf16>",
      ],
      outputs: ["%z: tensor<2xf16>", "%y: tensor<2xf16>"],
      names: ["z", "y"],
    };
    const inputs = inputsFor(milModule(text));
    const changed = rewritten(text, "{route=objc}");
    expect(run(changed, inputs)).toEqual(run(milModule(text), inputs));
    expect(brokenRules(changed, "objc")).not.toContain("port-order");
    expect(brokenRules(rewritten(text), "objc")).toContain("port-order");
  });

  test("chains of what is rewritten compute the same, and break no rule with a workaround any more", () => {
    forAll(fc.array(fc.constantFrom(...Object.keys(links)), { minLength: 1, maxLength: 6 }), 12, (chosen) => {
      const lines: string[] = [];
      let value = "%x";
      for (const [position, kind] of chosen.entries()) {
        lines.push(...links[kind]!(value, `%v${position}`, position));
        // Kept small, so that nothing becomes infinite.
        lines.push(`%t${position} = mil.tanh(x = %v${position}) : (${linkType}) -> ${linkType}`);
        lines.push(half(`k${position}`, "3.0"));
        lines.push(
          `%l${position} = mil.mul(x = %t${position}, y = %k${position}) : (${linkType}, tensor<f16>) -> ${linkType}`,
        );
        value = `%l${position}`;
      }
      const text: MilText = { inputs: [`x: ${linkType}`], lines, outputs: [`${value}: ${linkType}`] };
      const before = milModule(text);
      const after = rewritten(text, "{route=objc target=h13}");
      const inputs = inputsFor(before);
      expect(run(after, inputs)).toEqual(run(before, inputs));
      const withWorkaround = new Set(milRules.filter((rule) => rule.workaround !== undefined).map(({ id }) => id));
      expect(brokenRules(after, "objc", "h13").filter((id) => withWorkaround.has(id))).toEqual([]);
    });
  });

  test("changes nothing where nothing is wrong", () => {
    const module = milModule(conv("1x3x8x8", "2x3x2x2", "1x2x4x4", 2));
    const text = statementsOf(module);
    const manager = new PassManager(parsePipeline("mil-workarounds", [milWorkarounds]), milContext);
    expect(manager.run(module)).toBe(false);
    expect(statementsOf(module)).toEqual(text);
  });
});
