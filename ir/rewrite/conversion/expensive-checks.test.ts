import { describe, expect, test } from "vitest";
import { builtin } from "../../../dialects/builtin/index.ts";
import { StringAttribute } from "../../attributes.ts";
import { Context } from "../../context.ts";
import { unknownLocation } from "../../location.ts";
import type { Operation } from "../../operation.ts";
import { parse } from "../../parser/parse.ts";
import { i64 } from "../../types.ts";
import { refuse } from "../pattern.ts";
import { applyPartialConversion } from "./driver.ts";
import { convert } from "./pattern.ts";
import type { ConversionRewriter } from "./rewriter.ts";
import { ConversionTarget } from "./target.ts";
import * as t from "./test-dialect.ts";

const context = new Context([builtin, t.high, t.low]);
const sample = `%a = "high.source"() : () -> i64\n%b = "high.negate"(%a) : (i64) -> i64\n"high.sink"(%b) : (i64) -> ()`;

/** Runs an edit in a pattern on high.negate under the checks. */
function under(edit: (operation: Operation, rewriter: ConversionRewriter) => void, succeeds: boolean): () => void {
  const pattern = convert(t.highNegate, "sly", (operation, _, rewriter) => {
    edit(operation, rewriter);
    return succeeds
      ? rewriter.replaceWith(operation, t.lowNegate, { input: operation.input, result: i64 })
      : refuse("no");
  });
  const module = parse(sample, context);
  return () => applyPartialConversion(module, new ConversionTarget(), [pattern], context, { expensiveChecks: true });
}

const sinkOf = (operation: Operation) => operation.onlyResult.users[0]!;

describe("expensive checks name the pattern that", () => {
  test("changes an attribute behind the rewriter's back", () => {
    const edit = (operation: Operation) => sinkOf(operation).attributes.set("sly", StringAttribute.get("x"));
    expect(under(edit, true)).toThrow("the pattern sly changed 'high.sink' without its rewriter: use rewriter.modify");
    expect(under(edit, false)).toThrow("the pattern sly refused, but changed 'high.sink' without its rewriter");
  });

  test("changes an operand", () => {
    const edit = (operation: Operation) => sinkOf(operation).setOperand(0, operation.operand(0));
    expect(under(edit, true)).toThrow("the pattern sly changed 'high.sink'");
    expect(under(edit, false)).toThrow("the pattern sly refused, but changed");
  });

  test("inserts", () => {
    const edit = (operation: Operation) =>
      operation.block!.append(t.lowSink.build({ inputs: [operation.operand(0)] }, unknownLocation));
    expect(under(edit, true)).toThrow("the pattern sly inserted 'low.sink' without its rewriter");
    expect(under(edit, false)).toThrow("the pattern sly refused, but changed");
  });

  test("erases", () => {
    const edit = (operation: Operation) => sinkOf(operation).erase();
    expect(under(edit, true)).toThrow("the pattern sly removed 'high.sink' without its rewriter: use rewriter.erase");
    expect(under(edit, false)).toThrow("the pattern sly refused, but changed");
  });

  test("does nothing of that: then they are silent", () => {
    const edit = (operation: Operation, rewriter: ConversionRewriter) => {
      const made = rewriter.build(t.lowStep, { input: operation.operand(0), result: i64 });
      made.attributes.set("own", StringAttribute.get("what it made is its own"));
    };
    expect(under(edit, true)).not.toThrow();
    expect(under(edit, false)).not.toThrow();
  });
});
