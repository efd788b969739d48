/** From tasks to engine programs: what goes into slots, what becomes tasks of its own, what targets refuse. */
import { describe, expect, test } from "vitest";
import { program } from "../../dialects/ane/index.ts";
import { anyTensor } from "../../ir/constraints.ts";
import { dialect } from "../../ir/context.ts";
import { op, operand, result } from "../../ir/declaration.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { parsePipeline } from "../../passes/pipeline.ts";
import { aneToMil } from "../ane-to-mil/index.ts";
import { engineFindings, fusedToAne, LowerToEngine } from "./index.ts";
import { engineContext, evaluated, lowered, sample } from "./testing.ts";

const convert = (text: string, options = "target=h16s", remarks: string[] = []) =>
  lowered(text, `fused-to-ane{${options}}`, [fusedToAne], remarks);

/** The tasks of the program, one per line, without types. */
function tasksOf(text: string, options?: string): string[] {
  const lines: string[] = [];
  convert(text, options).walk((operation) => {
    if (!program.matches(operation)) return;
    const body = print(operation).split("\n").slice(1, -2);
    lines.push(
      ...body.map((line) =>
        line
          .trim()
          .replace(/ : \(.*$/, "")
          .replace(/ : tensor.*$/, "")
          .replace(/ : !ane.*$/, ""),
      ),
    );
  });
  return lines;
}

/** A function of one f32 input whose ops stand in one task of class `anchor`. */
function task(
  anchor: string,
  input: string,
  result: string,
  body: readonly string[],
  constants: readonly string[] = [],
): string {
  const names = constants.map((_, position) => `%c${position}`);
  const types = constants.map((constant) => constant.slice(constant.lastIndexOf(":") + 1).trim());
  const inside = ["%x", ...names].map((_, position) => `%${"abcdef"[position]}`);
  return `func.func @main(%x: tensor<${input}xf32> {anemone.input = "image"}) -> (tensor<${result}xf32> {anemone.output = "label"}) {
    ${constants.map((constant, position) => `${names[position]} = arith.constant ${constant}`).join("\n    ")}
    %r = fused.${anchor} (${inside.map((name, position) => `${name} = ${["%x", ...names][position]}`).join(", ")} : ${[`tensor<${input}xf32>`, ...types].join(", ")}) -> tensor<${result}xf32> {
      ${body.join("\n      ")}
      fused.yield %y : tensor<${result}xf32>
    }
    return %r : tensor<${result}xf32>
  }`;
}

const T = "tensor<1x2x4x4xf32>";
const convOf = (result: string, extra = "") =>
  `${result} = tensor.conv2d %a, %b, %c {padding = array<i64: 1, 1, 1, 1>${extra}} : (${T}, tensor<2x2x3x3xf32>, tensor<2xf32>) -> ${T}`;
const convConstants = ["dense<0.5> : tensor<2x2x3x3xf32>", "dense<[1.0, 2.0]> : tensor<2xf32>"];

describe("slots", () => {
  test("bias and activation join a convolution", () => {
    const text = task("conv2d", "1x2x4x4", "1x2x4x4", [convOf("%0"), `%y = tensor.relu %0 : ${T}`], convConstants);
    expect(tasksOf(text)).toEqual([
      "%0 = constant dense<0.5>",
      "%1 = constant dense<[[[1.0]], [[2.0]]]>",
      "%2 = conv %image, %0 offset %1 {padding = array<i64: 1, 1, 1, 1>, post_activation = #ane.activation<relu>}",
      "return %2",
    ]);
  });

  test("an activation before gain and offset takes the first slot", () => {
    const body = [
      `%0 = tensor.abs %a : ${T}`,
      `%1 = tensor.mul %0, %b : ${T}, tensor<f32>`,
      `%2 = tensor.sub %1, %c : ${T}, tensor<2x1x1xf32>`,
      `%3 = tensor.sigmoid %2 : ${T}`,
      `%y = tensor.transpose %3 {permutation = array<i64: 0, 2, 3, 1>} : (${T}) -> tensor<1x4x4x2xf32>`,
    ];
    const text = task("elementwise", "1x2x4x4", "1x4x4x2", body, [
      "dense<2.0> : tensor<f32>",
      "dense<[[[1.0]], [[2.0]]]> : tensor<2x1x1xf32>",
    ]);
    expect(tasksOf(text)).toEqual([
      "%0 = constant dense<2.0>",
      "%1 = constant dense<[[[-1.0]], [[-2.0]]]>",
      '%2 = elementwise %image gain %0 offset %1 {kind = "identity", post_activation = #ane.activation<sigmoid>, pre_activation = #ane.activation<abs>, transpose = array<i64: 0, 2, 3, 1>}',
      "return %2",
    ]);
  });

  test("what does not fit in the order begins a task, and a remark says why", () => {
    const body = [
      `%0 = tensor.add %a, %b : ${T}, tensor<f32>`,
      `%1 = tensor.tanh %0 : ${T}`,
      `%2 = tensor.exp %1 : ${T}`,
      `%y = tensor.mul %2, %b : ${T}, tensor<f32>`,
    ];
    const text = task("elementwise", "1x2x4x4", "1x2x4x4", body, ["dense<3.0> : tensor<f32>"]);
    const tasks = tasksOf(text).filter((line) => line.includes("elementwise"));
    expect(tasks).toEqual([
      '%1 = elementwise %image offset %0 {kind = "identity", post_activation = #ane.activation<tanh>}',
      '%2 = elementwise %1 gain %0 {kind = "identity", pre_activation = #ane.activation<exp>}',
    ]);
    const remarks: string[] = [];
    convert(text, "target=h16s", remarks);
    expect(remarks).toEqual(["is a task of its own: the slots of 'ane.elementwise' do not take it in this order"]);
  });

  test("two live operands make a task; hard swish is two", () => {
    const text = task(
      "conv2d",
      "1x2x4x4",
      "1x2x4x4",
      [convOf("%0"), `%1 = tensor.hard_swish %0 : ${T}`, `%y = tensor.add %1, %a : ${T}, ${T}`],
      convConstants,
    );
    expect(tasksOf(text).slice(2, -1)).toEqual([
      "%2 = conv %image, %0 offset %1 {padding = array<i64: 1, 1, 1, 1>}",
      '%3 = elementwise %2 {kind = "identity", post_activation = #ane.activation<sigmoid_hard, 0.16666666666666666, 0.5>}',
      '%4 = elementwise %2, %3 {kind = "mul"}',
      '%5 = elementwise %4, %image {kind = "add"}',
    ]);
  });

  test("a value with other users keeps what it is", () => {
    const text = task("elementwise", "1x2x4x4", "1x2x4x4", [
      `%0 = tensor.exp %a : ${T}`,
      `%1 = tensor.relu %0 : ${T}`,
      `%y = tensor.add %0, %1 : ${T}, ${T}`,
    ]);
    expect(tasksOf(text).filter((line) => line.includes("elementwise"))).toHaveLength(3);
  });
});

describe("host code", () => {
  test("only converts types around the call, and ports have the network's names", () => {
    const text = task("elementwise", "2x3", "2x3", ["%y = tensor.relu %a : tensor<2x3xf32>"]);
    expect(print(convert(text, "target=h13"))).toBe(`module {
  func.func @main(%x: tensor<2x3xf32> {anemone.input = "image"}) -> (tensor<2x3xf32> {anemone.output = "label"}) {
    %0 = tensor.convert %x : tensor<2x3xf32> to tensor<2x3xf16>
    %1 = ane.call @main_engine(%0) : (tensor<2x3xf16>) -> tensor<2x3xf16>
    %2 = tensor.convert %1 : tensor<2x3xf16> to tensor<2x3xf32>
    return %2 : tensor<2x3xf32>
  }
  ane.program @main_engine(%image: !ane.surface<2x3xf16>) -> (!ane.surface<2x3xf16>) attributes {input_names = ["image"], output_names = ["label"], target = "h13"} {
    %0 = elementwise %image {kind = "identity", post_activation = #ane.activation<relu>} : (!ane.surface<2x3xf16>) -> !ane.surface<2x3xf16>
    return %0 : !ane.surface<2x3xf16>
  }
}
`);
  });

  const mixed = `func.func @main(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
    %0 = tensor.relu %x : tensor<4x8xf32>
    %1 = tensor.tan %0 : tensor<4x8xf32> loc("tangent")
    %2 = tensor.sigmoid %1 : tensor<4x8xf32>
    %3 = tensor.tanh %0 : tensor<4x8xf32>
    return %2, %3 : tensor<4x8xf32>, tensor<4x8xf32>
  }`;

  test("an op without a form is an error that names it, its origin, the target and the reason", () => {
    expect(() => convert(mixed)).toThrow(
      "'tensor.tan' op (tangent) cannot run on the engine (target h16s): has no native form on any engine",
    );
  });

  test("every refusal is listed", () => {
    const text = task("elementwise", "4x8", "4x8", [
      "%0 = tensor.tan %a : tensor<4x8xf32>",
      "%1 = tensor.sinh %0 : tensor<4x8xf32>",
      "%y = tensor.relu %1 : tensor<4x8xf32>",
    ]);
    try {
      convert(text);
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      expect(error.render()).toContain("net.mlir:4:12: error: 'tensor.tan' op cannot run on the engine");
      expect(error.details.notes?.map(({ message }) => message)).toEqual([
        "'tensor.sinh' op cannot run on the engine (target h16s): has no native form on any engine",
        expect.stringMatching(/^--device=cpu runs all of it on the CPU; .*allow-host=true/),
      ]);
    }
    const module = parse(text, engineContext);
    expect(engineFindings(module, "h13", engineContext).map(({ operation }) => operation.name)).toEqual([
      "tensor.tan",
      "tensor.sinh",
    ]);
  });

  test("allow-host cuts the network into programs around such an op", () => {
    const module = convert(mixed, "target=h16s allow-host=true");
    const names: string[] = [];
    module.walk((operation) => names.push(operation.name));
    expect(names.filter((name) => name === "ane.program")).toHaveLength(2);
    expect(names.filter((name) => name === "tensor.tan")).toHaveLength(1);
    const input = sample([4, 8], 3);
    const expected = evaluated(lowered(mixed, "", []), [input]);
    const found = evaluated(module, [input]);
    for (const [position, wanted] of expected.entries()) {
      for (const [index, value] of wanted.data.entries())
        expect(Math.abs(Number(value) - Number(found[position]!.data[index]))).toBeLessThan(2e-3);
    }
  });

  test("results that are inputs or constants stay host code", () => {
    const text = `func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
      %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
      %0 = tensor.neg %c : tensor<2xf32>
      %1 = tensor.relu %x : tensor<2xf32>
      return %x, %0, %1 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
    }`;
    const found = evaluated(convert(text), [{ shape: [2], element: "f32", data: Float32Array.of(-3, 4) }]);
    expect(found.map(({ data }) => [...data])).toEqual([
      [-3, 4],
      [-1, -2],
      [0, 4],
    ]);
  });

  test("truth values leave a program as numbers", () => {
    const text = `func.func @main(%x: tensor<3xf32>) -> tensor<3xi1> {
      %c = arith.constant dense<0.0> : tensor<f32>
      %0 = tensor.greater %x, %c : tensor<3xf32>, tensor<f32>
      return %0 : tensor<3xi1>
    }`;
    const [found] = evaluated(convert(text), [{ shape: [3], element: "f32", data: Float32Array.of(-3, 0, 4) }]);
    expect([...found!.data]).toEqual([0, 0, 1]);
  });
});

describe("attention", () => {
  const Q = "tensor<1x2x4x8xf32>";
  const attention = (mask: string, scores: string) => `func.func @main(%q: ${Q}, %k: ${Q}, %v: ${Q}) -> ${Q} {
    %s = arith.constant dense<0.25> : tensor<f32>
    %m = arith.constant dense<[[0.0, -1.0, -1.0, -1.0], [0.0, 0.0, -1.0, -1.0], [0.0, 0.0, 0.0, -1.0], [0.0, 0.0, 0.0, 0.0]]> : tensor<4x4xf32>
    %r = fused.attention (%a = %q, %b = %k, %c = %v, %d = %s, %e = %m : ${Q}, ${Q}, ${Q}, tensor<f32>, tensor<4x4xf32>) -> ${Q} {
      %0 = tensor.matmul %a, %b {transpose_rhs = true} : ${Q}, ${Q}
      %1 = tensor.mul %0, %d : tensor<1x2x4x4xf32>, tensor<f32>
      ${mask}
      %3 = tensor.softmax ${scores} {axis = 3 : i64} : tensor<1x2x4x4xf32>
      %4 = tensor.matmul %3, %c : tensor<1x2x4x4xf32>, ${Q}
      fused.yield %4 : ${Q}
    }
    return %r : ${Q}
  }`;
  const plain = attention("", "%1");
  const masked = attention("%2 = tensor.add %1, %e : tensor<1x2x4x4xf32>, tensor<4x4xf32>", "%2");

  test("runs as its products unless asked otherwise", () => {
    expect(tasksOf(plain).filter((line) => line.includes("matmul"))).toHaveLength(2);
  });

  test("is one task with native-attention, and computes the same", () => {
    expect(tasksOf(plain, "target=h16s native-attention=true").filter((line) => line.startsWith("%"))).toEqual([
      "%0 = attention %in0, %in1, %in2 {scale = 0.25 : f64}",
    ]);
    const inputs = [1, 2, 3].map((seed) => sample([1, 2, 4, 8], seed));
    const [wanted] = evaluated(lowered(plain, "", []), inputs);
    for (const pipeline of ["", ",ane-to-mil"]) {
      const module = lowered(plain, `fused-to-ane{native-attention=true}${pipeline}`, [fusedToAne, aneToMil]);
      const [found] = evaluated(module, inputs);
      for (const [index, value] of wanted!.data.entries()) {
        expect(Math.abs(Number(value) - Number(found!.data[index]))).toBeLessThan(2e-3);
      }
    }
  });

  test("with a mask stays several tasks, and a remark says why", () => {
    const remarks: string[] = [];
    convert(masked, "target=h16s native-attention=true", remarks);
    expect(remarks[0]).toBe(
      "stays several tasks: it is more than a scaled softmax between two products (the engine ignores masks)",
    );
  });
});

test("an op from outside reaches the engine by its own rule", () => {
  const triple = op(
    "mine.triple",
    { input: operand(anyTensor), result: result(anyTensor) },
    {
      doc: "Three times the input.",
      traits: ["Pure", "SameOperandsAndResultType"],
      interfaces: [
        LowerToEngine.implement((session, operation) =>
          session.gain(session.operand(operation.operand(0)), { shape: [], element: "f64", data: Float64Array.of(3) }),
        ),
      ],
    },
  );
  const context = engineContext.with([dialect("mine", { doc: "A user's ops.", ops: [triple] })]);
  const text = `func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
    %y = "mine.triple"(%x) : (tensor<2xf32>) -> tensor<2xf32>
    %z = tensor.relu %y : tensor<2xf32>
    return %z : tensor<2xf32>
  }`;
  const module = parse(text, context);
  new PassManager(parsePipeline("fused-to-ane", [fusedToAne]), context).run(module);
  const [found] = evaluated(module, [{ shape: [2], element: "f32", data: Float32Array.of(-1, 2) }]);
  expect([...found!.data]).toEqual([0, 6]);
});

describe("limits", () => {
  const elementwise = (shape: string) =>
    task("elementwise", shape, shape, [`%y = tensor.relu %a : tensor<${shape}xf32>`]);
  const convolution = (kernel: string, result: string) =>
    task(
      "conv2d",
      "1x1x32x32",
      result,
      [`%y = tensor.conv2d %a, %b : (tensor<1x1x32x32xf32>, tensor<1x1x${kernel}xf32>) -> tensor<${result}xf32>`],
      [`dense<1.0> : tensor<1x1x${kernel}xf32>`],
    );

  test.each([
    [
      "h13",
      "rank 6",
      elementwise("1x1x1x1x2x2"),
      "[1, 1, 1, 1, 2, 2] has rank 6, and the engine has at most 5 dimensions",
    ],
    [
      "h13",
      "a width of 16385",
      elementwise("1x1x1x16385"),
      "[1, 1, 1, 16385] has 16385 as width, and h13 has at most 16384",
    ],
    [
      "h16s",
      "a width of 65537",
      elementwise("1x1x1x65537"),
      "[1, 1, 1, 65537] has 65537 as width, and h16s has at most 65536",
    ],
    [
      "h13",
      "65537 channels",
      elementwise("1x65537x1x1"),
      "[1, 65537, 1, 1] has 65537 as channels, and h13 has at most 65536",
    ],
    ["h13", "a size of 0", elementwise("0x8"), "[0, 8] has a dimension of size 0, which the engine's compiler rejects"],
    [
      "h13",
      "a kernel 14 wide",
      convolution("1x14", "1x1x32x19"),
      "its kernel is 14 wide, and h13 takes at most 13 with f16 weights",
    ],
    [
      "h16s",
      "a kernel 16 wide",
      convolution("1x16", "1x1x32x17"),
      "its kernel is 16 wide, and h16s takes at most 15 with f16 weights",
    ],
    [
      "h13",
      "sine",
      task("elementwise", "4", "4", ["%y = tensor.sin %a : tensor<4xf32>"]),
      "sin exists from A15 on, and h13 is A13",
    ],
    [
      "h12",
      "softmax",
      task("softmax", "4", "4", ["%y = tensor.softmax %a {axis = 0 : i64} : tensor<4xf32>"]),
      "softmax exists from A13 on, and h12 is of an earlier generation",
    ],
    [
      "h13",
      "reflected padding",
      task("move", "1x1x4x4", "1x1x6x4", [
        '%y = tensor.static_pad %a {high = array<i64: 0, 0, 1, 0>, low = array<i64: 0, 0, 1, 0>, mode = "reflect"} : (tensor<1x1x4x4xf32>) -> tensor<1x1x6x4xf32>',
      ]),
      "padding with reflect elements needs the texture engine, which h13 has not",
    ],
    [
      "h16s",
      "a mean over 32 x 32",
      task("pool", "1x1x32x32", "1x1x1x1", [
        "%y = tensor.average_pool2d %a {kernel = array<i64: 32, 32>} : (tensor<1x1x32x32xf32>) -> tensor<1x1x1x1xf32>",
      ]),
      "its window is 32 long, and h16s takes means over at most 31: reduce over the axes instead",
    ],
    [
      "h16s",
      "a matrix product of rank 5",
      task("matmul", "1x1x1x2x2", "1x1x1x2x2", [
        "%y = tensor.matmul %a, %a : tensor<1x1x1x2x2xf32>, tensor<1x1x1x2x2xf32>",
      ]),
      "a matrix product of rank 5: the engine takes matrices of depth 1, rank 4 at most",
    ],
  ])("%s refuses %s", (target, _, text, reason) => {
    expect(() => convert(text, `target=${target}`)).toThrow(`cannot run on the engine (target ${target}): ${reason}`);
  });

  test.each([
    ["h13", elementwise("1x1x1x16384")],
    ["h16s", elementwise("1x1x1x65536")],
    ["h13", convolution("1x13", "1x1x32x20")],
    ["h16s", convolution("1x15", "1x1x32x18")],
    ["h15", task("elementwise", "4", "4", ["%y = tensor.sin %a : tensor<4xf32>"])],
  ])("%s takes what is within", (target, text) => {
    expect(() => convert(text, `target=${target}`)).not.toThrow();
  });

  test("a weight beyond f16 is an error", () => {
    const text = task(
      "elementwise",
      "4",
      "4",
      ["%y = tensor.mul %a, %b : tensor<4xf32>, tensor<f32>"],
      ["dense<100000.0> : tensor<f32>"],
    );
    expect(() => convert(text)).toThrow("a constant of 100000 is beyond the range of f16 (65504)");
  });
});
