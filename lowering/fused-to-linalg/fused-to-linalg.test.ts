/** What tasks become: merged bodies, bias as the start of a sum, storage types, locations, and the errors. */
import { describe, expect, it } from "vitest";
import { generic } from "../../dialects/linalg/index.ts";
import { tensor } from "../../dialects/tensor/index.ts";
import { anyTensor } from "../../ir/constraints.ts";
import { type Context, dialect } from "../../ir/context.ts";
import { op, operand, result } from "../../ir/declaration.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { nameOf } from "../../ir/location.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { refuse } from "../../ir/rewrite/pattern.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { parsePipeline } from "../../passes/pipeline.ts";
import { tensorToFused } from "../tensor-to-fused/index.ts";
import { elementOf, pointwise, shapeOf } from "./emit.ts";
import { fusedToLinalg } from "./fused-to-linalg.ts";
import { LowerToLinalg } from "./interface.ts";
import { testContext } from "./testing.ts";

function lower(text: string, context: Context = testContext, pipeline = "tensor-to-fused,fused-to-linalg"): Operation {
  const module = parse(text, context);
  new PassManager(parsePipeline(pipeline, [tensorToFused, fusedToLinalg]), context).run(module);
  return module;
}

function failureOf(text: string, context: Context = testContext, pipeline?: string): DiagnosticError {
  try {
    lower(text, context, pipeline);
  } catch (error) {
    if (error instanceof DiagnosticError) return error;
    throw error;
  }
  throw new Error("expected an error");
}

/** The names of the operations in the bodies of all generics, one list each. */
function bodiesOf(module: Operation): string[] {
  const bodies: string[] = [];
  module.walk((operation) => {
    if (generic.matches(operation))
      bodies.push(operation.region.onlyBlock.operations.map(({ name }) => name.slice(name.indexOf(".") + 1)).join(" "));
  });
  return bodies;
}

const image = "tensor<1x4x8x8xf32>";

describe("a task", () => {
  it("computes its elementwise ops in one body", () => {
    const module = lower(`func.func @main(%x: ${image}, %y: ${image}, %k: tensor<4x1x1xf32>) -> ${image} {
      %a = tensor.mul %x, %k : ${image}, tensor<4x1x1xf32>
      %b = tensor.sigmoid %a : ${image}
      %c = tensor.mul %a, %b : ${image}, ${image}
      %r = tensor.sub %c, %y : ${image}, ${image}
      func.return %r : ${image}
    }`);
    const [body, ...rest] = bodiesOf(module);
    expect(rest).toEqual([]);
    expect(body!.split(" ").filter((name) => name === "exp")).toHaveLength(1);
    expect(print(module)).toContain("ins(%x, %k, %y :");
  });

  it("starts a sum with the bias and ends it in one further body", () => {
    const module =
      lower(`func.func @main(%x: ${image}, %w: tensor<4x4x1x1xf32>, %b: tensor<4xf32>, %y: ${image}) -> ${image} {
      %c = tensor.conv2d %x, %w, %b : (${image}, tensor<4x4x1x1xf32>, tensor<4xf32>) -> ${image}
      %a = tensor.relu %c : ${image}
      %r = tensor.add %a, %y : ${image}, ${image}
      func.return %r : ${image}
    }`);
    expect(bodiesOf(module)).toEqual(["yield", "mulf addf yield", "constant maximumf addf yield"]);
  });

  it("gives an inner value that is used outside as a further result of the same op", () => {
    const module = lower(`func.func @main(%x: ${image}) -> (${image}, ${image}) {
      %a = tensor.exp %x : ${image}
      %b = tensor.neg %a : ${image}
      func.return %a, %b : ${image}, ${image}
    }`);
    expect(bodiesOf(module)).toEqual(["exp negf yield"]);
  });

  it("computes half precision in f32 and rounds once", () => {
    const half = "tensor<1x4x8x8xf16>";
    const module = lower(`func.func @main(%x: ${half}, %y: ${half}) -> ${half} {
      %a = tensor.add %x, %y : ${half}, ${half}
      %b = tensor.exp %a : ${half}
      %r = tensor.mul %b, %y : ${half}, ${half}
      func.return %r : ${half}
    }`);
    const [body, ...rest] = bodiesOf(module);
    expect(rest).toEqual([]);
    expect(body!.split(" ").filter((name) => name === "truncf")).toHaveLength(1);
  });

  it("does not compute an element again for each of its readers", () => {
    const module = lower(
      `func.func @main(%x: tensor<4x1xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %a = tensor.exp %x : tensor<4x1xf32>
      %r = tensor.add %a, %y : tensor<4x1xf32>, tensor<4x8xf32>
      func.return %r : tensor<4x8xf32>
    }`,
      testContext,
      "fused-to-linalg",
    );
    expect(bodiesOf(module)).toEqual(["exp yield", "addf yield"]);
  });

  it("keeps the locations of its ops", () => {
    const module = lower(`func.func @main(%x: ${image}, %w: tensor<4x4x1x1xf32>) -> ${image} {
      %c = tensor.conv2d %x, %w : (${image}, tensor<4x4x1x1xf32>) -> ${image} loc("conv1")
      %a = tensor.relu %c : ${image} loc("relu1")
      %r = tensor.tanh %a : ${image} loc("tanh1")
      func.return %r : ${image}
    }`);
    const names: (string | undefined)[] = [];
    module.walk((operation) => {
      if (generic.matches(operation)) names.push(nameOf(operation.location));
    });
    expect(names).toEqual(["conv1", "relu1+tanh1"]);
  });
});

describe("storage types", () => {
  const text = `func.func @main(%x: tensor<4xui8> {anemone.input = "x"}) -> (tensor<4xui8> {anemone.output = "y"}, tensor<4xi4>) {
    %c = arith.constant dense<[1, 2, 200, 255]> : tensor<4xui8>
    %m = tensor.maximum %x, %c : tensor<4xui8>, tensor<4xui8>
    %n = tensor.convert %x : tensor<4xui8> to tensor<4xi4>
    func.return %m, %n : tensor<4xui8>, tensor<4xi4>
  }`;

  it("are signless whole bytes; signatures keep the logical types", () => {
    const printed = print(lower(text));
    expect(printed).toContain('%x: tensor<4xi8> {anemone.input = "x", anemone.type = tensor<4xui8>}');
    expect(printed).toContain(
      '-> (tensor<4xi8> {anemone.output = "y", anemone.type = tensor<4xui8>}, tensor<4xi8> {anemone.type = tensor<4xi4>})',
    );
    expect(printed).toContain("arith.constant dense<[1, 2, -56, -1]> : tensor<4xi8>");
    expect(printed).toContain("arith.maxui");
  });
});

describe("what cannot be lowered is an error that names the op and the reason", () => {
  const refusing = op(
    "mine.refusing",
    { input: operand(anyTensor), result: result(anyTensor) },
    {
      doc: "Has a lowering that declines.",
      traits: ["Pure", "SameOperandsAndResultType"],
      format: "$input attr-dict `:` type($input)",
      interfaces: [LowerToLinalg.implement((_, [input]) => refuse(`rank ${shapeOf(input!).length} is too small`))],
    },
  );

  it("an op whose lowering declines, alone and in a task", () => {
    const context = testContext.with([dialect("mine", { doc: "Test.", ops: [refusing] })]);
    const alone = `func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %r = mine.refusing %x : tensor<4xf32> loc("first")
      func.return %r : tensor<4xf32>
    }`;
    const inTask = `func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %r = fused.elementwise(%a = %x : tensor<4xf32>) -> tensor<4xf32> {
        %b = tensor.exp %a : tensor<4xf32>
        %c = mine.refusing %b : tensor<4xf32> loc("first")
        fused.yield %c : tensor<4xf32>
      }
      func.return %r : tensor<4xf32>
    }`;
    for (const text of [alone, inTask]) {
      const { message } = failureOf(text, context, "fused-to-linalg");
      expect(message).toBe("'mine.refusing' op (first) is not lowered to linalg: rank 1 is too small");
    }
  });

  it("an op that nobody lowers", () => {
    const stranger = op(
      "mine.strange",
      { input: operand(anyTensor), result: result(anyTensor) },
      { doc: "Unknown.", traits: ["Pure"], format: "$input attr-dict `:` type($input) `->` type($result)" },
    );
    const context = testContext.with([dialect("mine", { doc: "Test.", ops: [stranger] })]);
    const text = `func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %r = fused.elementwise(%a = %x : tensor<4xf32>) -> tensor<4xf32> {
        %b = tensor.exp %a : tensor<4xf32>
        %c = mine.strange %b : tensor<4xf32> -> tensor<4xf32>
        fused.yield %c : tensor<4xf32>
      }
      func.return %r : tensor<4xf32>
    }`;
    expect(failureOf(text, context, "fused-to-linalg").message).toContain(
      "'mine.strange' op is not lowered to linalg: it does not implement the 'lower-to-linalg' interface",
    );
  });
});

describe("an op from outside", () => {
  /** Twice the input: its own lowering, declared with the op. */
  const twice = op(
    "mine.twice",
    { input: operand(anyTensor), result: result(anyTensor) },
    {
      doc: "Twice the input.",
      traits: ["Pure", "SameOperandsAndResultType"],
      format: "$input attr-dict `:` type($input)",
      interfaces: [
        LowerToLinalg.implement((operation, [input], rewriter) => {
          const element = twice.cast(operation).input.type.element;
          const value = pointwise(rewriter, {
            shape: shapeOf(input!),
            element,
            inputs: [{ value: input! }],
            body: (s, [x]) => s.add(x!, x!),
          });
          return [value];
        }),
      ],
    },
  );
  const mine = dialect("mine", { doc: "Test.", ops: [twice] });

  it("is lowered by what it declares, and merged with its neighbours", () => {
    const text = `func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %r = fused.elementwise(%a = %x : tensor<4xf32>) -> tensor<4xf32> {
        %b = tensor.exp %a : tensor<4xf32>
        %c = mine.twice %b : tensor<4xf32>
        fused.yield %c : tensor<4xf32>
      }
      func.return %r : tensor<4xf32>
    }`;
    expect(bodiesOf(lower(text, testContext.with([mine]), "fused-to-linalg"))).toEqual(["exp addf yield"]);
  });

  it("alone, too", () => {
    const text = `func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %c = mine.twice %x : tensor<4xf32>
      func.return %c : tensor<4xf32>
    }`;
    expect(bodiesOf(lower(text, testContext.with([mine]), "fused-to-linalg"))).toEqual(["addf yield"]);
  });

  it("may replace the lowering of an op of ours", () => {
    const attached = dialect("other", {
      doc: "Test.",
      attach: [
        LowerToLinalg.attach(tensor.ops.find(({ name }) => name === "tensor.exp")!, (_, [input], rewriter) => [
          pointwise(rewriter, {
            shape: shapeOf(input!),
            element: elementOf(input!),
            inputs: [{ value: input! }],
            body: (s, [x]) => s.math("tanh", x!),
          }),
        ]),
      ],
    });
    const text = `func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %c = tensor.exp %x : tensor<4xf32>
      func.return %c : tensor<4xf32>
    }`;
    expect(bodiesOf(lower(text, testContext.with([attached]), "fused-to-linalg"))).toEqual(["tanh yield"]);
  });

  it("whose lowering gives another type is an error", () => {
    const wrong = op(
      "mine.wrong",
      { input: operand(anyTensor), result: result(anyTensor) },
      {
        doc: "Wrong.",
        traits: ["Pure"],
        format: "$input attr-dict `:` type($input) `->` type($result)",
        interfaces: [LowerToLinalg.implement((_, operands) => operands)],
      },
    );
    const text = `func.func @main(%x: tensor<4xf32>) -> tensor<4xf16> {
      %c = mine.wrong %x : tensor<4xf32> -> tensor<4xf16>
      func.return %c : tensor<4xf16>
    }`;
    const context = testContext.with([dialect("mine", { doc: "Test.", ops: [wrong] })]);
    expect(failureOf(text, context, "fused-to-linalg").message).toContain(
      "is lowered to a value of type tensor<4xf32>, but result 0 is stored as tensor<4xf16>",
    );
  });
});
