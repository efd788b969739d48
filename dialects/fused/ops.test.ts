/** Tasks: documentation examples round-trip, broken tasks are refused, and a task computes what its region says. */
import { describe, expect, it } from "vitest";
import { Context } from "../../ir/context.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { verifyAll } from "../../ir/verifier.ts";
import { arith } from "../arith/index.ts";
import { builtin } from "../builtin/index.ts";
import { func, functionsOf } from "../func/index.ts";
import { tensor } from "../tensor/index.ts";
import { anchorClasses, fused, tasks } from "./index.ts";

const context = new Context([builtin, func, arith, tensor, fused]);
const lenient = new Context([builtin, func, arith, tensor, fused], { allowUnregistered: true });

const complaints = (text: string) => verifyAll(parse(text, context), context).map(({ message }) => message);

describe("tasks", () => {
  it.each(anchorClasses)("the example of fused.%s parses, verifies and round-trips", (anchor) => {
    const module = parse(tasks[anchor].options.example ?? "", lenient);
    expect(verifyAll(module, lenient).map(({ message }) => message)).toEqual([]);
    const printed = print(module);
    expect(printed).toContain(`fused.${anchor}(`);
    expect(print(parse(printed, lenient))).toBe(printed);
    const generic = print(module, { generic: true });
    expect(print(parse(generic, lenient))).toBe(printed);
  });

  it("a task without inputs round-trips", () => {
    const text = `func.func @main() -> tensor<2xf32> {
      %r = fused.elementwise() -> tensor<2xf32> attributes {note = "x"} {
        %c = arith.constant dense<1.0> : tensor<2xf32>
        %s = tensor.exp %c : tensor<2xf32>
        fused.yield %s : tensor<2xf32>
      }
      func.return %r : tensor<2xf32>
    }`;
    const printed = print(parse(text, context));
    expect(complaints(text)).toEqual([]);
    expect(print(parse(printed, context))).toBe(printed);
  });

  it("computes what its region says", () => {
    const text = `func.func @main(%a: tensor<2xf32>, %b: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
      %r:2 = fused.elementwise(%x = %b, %y = %a : tensor<2xf32>, tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
        %d = tensor.sub %x, %y : tensor<2xf32>, tensor<2xf32>
        %n = tensor.neg %d : tensor<2xf32>
        fused.yield %n, %d : tensor<2xf32>, tensor<2xf32>
      }
      func.return %r#0, %r#1 : tensor<2xf32>, tensor<2xf32>
    }`;
    const main = functionsOf(parse(text, context)).get("main")!;
    const vector = (...values: number[]) => ({ shape: [2], element: "f32" as const, data: Float32Array.from(values) });
    const results = evaluateFunction(main, [vector(1, 2), vector(10, 30)], context);
    expect(results.map(({ data }) => [...data])).toEqual([
      [-9, -28],
      [9, 28],
    ]);
  });
});

const task = (anchor: string, body: string, type = "tensor<2xf32>") => `func.func @main(%a: tensor<2xf32>) -> ${type} {
  %r = fused.${anchor}(%x = %a : tensor<2xf32>) -> ${type} {
    ${body}
  }
  func.return %r : ${type}
}`;

describe("a broken task is refused", () => {
  it("without its anchor", () => {
    const body = "%y = tensor.relu %x : tensor<2xf32>\nfused.yield %y : tensor<2xf32>";
    expect(complaints(task("conv2d", body))).toEqual([
      "'fused.conv2d' op has no anchor in its region: expected an op of the class conv2d",
    ]);
    expect(complaints(task("attention", body))[0]).toContain("expected a softmax between two matrix products");
  });

  it("whose region yields another type", () => {
    const body = "%y = tensor.relu %x : tensor<2xf32>\nfused.yield %y : tensor<2xf32>";
    expect(complaints(task("elementwise", body, "tensor<3xf32>"))[0]).toContain(
      "has results (tensor<3xf32>), but its region yields (tensor<2xf32>)",
    );
  });

  it("that uses a value from outside", () => {
    const generic = `func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {
      %r = "fused.elementwise"() ({
        %y = tensor.relu %a : tensor<2xf32>
        fused.yield %y : tensor<2xf32>
      }) : () -> tensor<2xf32>
      func.return %r : tensor<2xf32>
    }`;
    expect(() =>
      verifyAll(parse(generic, context), context).forEach((error) => {
        throw error;
      }),
    ).toThrow(/isolated|not defined|undeclared|undefined/);
  });

  it("whose block has other arguments", () => {
    const generic = `func.func @main(%a: tensor<2xf32>) -> tensor<3xf32> {
      %r = "fused.elementwise"(%a) ({
      ^bb0(%x: tensor<3xf32>):
        %y = tensor.relu %x : tensor<3xf32>
        fused.yield %y : tensor<3xf32>
      }) : (tensor<2xf32>) -> tensor<3xf32>
      func.return %r : tensor<3xf32>
    }`;
    expect(complaints(generic)[0]).toContain("has inputs (tensor<2xf32>), but its block has arguments (tensor<3xf32>)");
  });
});
