import { describe, expect, test } from "vitest";
import { builtin } from "../../../dialects/builtin/index.ts";
import { Context } from "../../context.ts";
import { DiagnosticError } from "../../diagnostic-error.ts";
import { parse } from "../../parser/parse.ts";
import { i32, i64 } from "../../types.ts";
import { refuse } from "../pattern.ts";
import { applyFullConversion, applyPartialConversion, type ConversionOptions } from "./driver.ts";
import { type ConversionPattern, convert } from "./pattern.ts";
import { ConversionError } from "./report.ts";
import { ConversionTarget } from "./target.ts";
import * as t from "./test-dialect.ts";
import { TypeConverter } from "./type-converter.ts";

const context = new Context([builtin, t.high, t.low], { allowUnregistered: true });

/** The rendered error of a conversion that must fail. */
function failure(
  text: string,
  target: ConversionTarget,
  patterns: readonly ConversionPattern[],
  options: ConversionOptions = {},
  apply = applyPartialConversion,
): ConversionError {
  const module = parse(text, context, { file: "in.mlir" });
  try {
    apply(module, target, patterns, context, options);
  } catch (error) {
    if (error instanceof ConversionError) return error;
    throw error;
  }
  return expect.fail("the conversion should have failed");
}

const negate = [
  '%a = "high.source"() : () -> i64',
  '%b = "high.negate"(%a) : (i64) -> i64 loc("conv1/relu")',
  '"high.sink"(%b) : (i64) -> ()',
].join("\n");
const illegalNegate = () => new ConversionTarget().illegal(t.highNegate);

describe("a failed conversion says", () => {
  test("which patterns were tried, and why each refused", () => {
    const full = convert(t.highNegate, "needs-full-moon", () => refuse("the moon is not full"), 2);
    const silent = convert(t.highNegate, "silent", () => undefined);
    expect(failure(negate, illegalNegate(), [silent, full]).render()).toBe(
      [
        "error: 'high.negate' op (conv1/relu) could not be legalized",
        "note: tried needs-full-moon: the moon is not full",
        "note: tried silent: does not apply",
      ].join("\n"),
    );
  });

  test("what a pattern made that could not be legalized, to any depth", () => {
    const step = convert(t.highNegate, "by-step", (operation, { input }, rewriter) =>
      rewriter.replaceWith(operation, t.lowStep, { input, result: i64 }),
    );
    const convertStep = convert(t.lowStep, "step-to-convert", (operation, { input }, rewriter) =>
      rewriter.replaceWith(operation, t.lowConvert, { input, result: i64 }),
    );
    const never = convert(t.lowConvert, "never", () => refuse("no such instruction"));
    const target = illegalNegate().illegal(t.lowStep, t.lowConvert);
    const error = failure(negate, target, [step, convertStep, never]);
    expect(error.render()).toBe(
      [
        "error: 'high.negate' op (conv1/relu) could not be legalized",
        "note: tried by-step: it applied, but its 'low.step' could not be legalized",
        "note:   tried step-to-convert: it applied, but its 'low.convert' could not be legalized",
        "note:     tried never: no such instruction",
      ].join("\n"),
    );
    expect(error.failures[0]?.attempts[0]?.because?.attempts[0]?.because?.attempts[0]).toEqual({
      pattern: "never",
      refusal: "no such instruction",
    });
  });

  test("that no pattern is known, and which ops with patterns are spelt alike", () => {
    const other = (root: string): ConversionPattern => ({ name: root, root, benefit: 1, apply: () => undefined });
    const hint = (name: string, ...roots: readonly string[]) =>
      failure(`"${name}"() : () -> ()`, new ConversionTarget().illegal({ name }), roots.map(other)).failures[0]?.hint;
    expect(hint("mine.odd")).toBe("no pattern is known for 'mine.odd'");
    expect(hint("math.absf", "math.sqrt", "arith.absf")).toContain("; there are patterns for 'arith.absf'");
    expect(hint("math.abs", "math.absf", "math.cos")).toContain("; there are patterns for 'math.absf'");
    expect(hint("arith.adddi", "arith.addi", "cf.br")).toContain("; there are patterns for 'arith.addi'");
  });

  test("why the target calls it illegal", () => {
    const target = new ConversionTarget().dynamic(t.highNegate, () => refuse("it has no width"));
    expect(failure(negate, target, []).message).toBe(
      "'high.negate' op (conv1/relu) could not be legalized: it has no width",
    );
  });

  test("every operation with its place, twenty in full and the others by name", () => {
    const three = '"high.sink"() : () -> ()\n"high.source"() : () -> ()\n"high.sink"() : () -> ()\n';
    const target = new ConversionTarget().illegalDialects("high");
    const no = convert(t.highSink, "no", () => refuse("no"));
    expect(failure(three, target, [no], { fold: false }).render()).toBe(
      [
        "in.mlir:1:1: error: 'high.sink' op could not be legalized",
        '  "high.sink"() : () -> ()',
        "  ^",
        "note: 3 operations could not be legalized; the first:",
        "in.mlir:1:1: note: tried no: no",
        "in.mlir:2:1: note: 'high.source' op could not be legalized",
        "in.mlir:2:1: note:   no pattern is known for 'high.source'",
        "in.mlir:3:1: note: 'high.sink' op could not be legalized",
        "in.mlir:3:1: note:   tried no: no",
      ].join("\n"),
    );
    const many = failure(`${'"high.sink"() : () -> ()\n'.repeat(50)}"high.source"() : () -> ()`, target, [no]);
    expect(many.failureCount).toBe(51);
    expect(many.failures).toHaveLength(20);
    expect(many.details.notes?.at(-1)?.message).toBe("and 31 more operations: 'high.sink' 30 times, 'high.source'");
  });

  test("what a pattern threw, at the place that the error names", () => {
    const throws = convert(t.highNegate, "throws", (operation) => {
      throw new DiagnosticError(`needs ${operation.name} of another kind`, { file: "other.mlir", line: 7, column: 1 });
    });
    expect(failure(negate, illegalNegate(), [throws]).render()).toBe(
      [
        "other.mlir:7:1: error: needs high.negate of another kind",
        "note: 'high.negate' op (conv1/relu) could not be legalized",
        "other.mlir:7:1: note:   tried throws: needs high.negate of another kind",
      ].join("\n"),
    );
    // Another pattern may still do.
    const works = convert(
      t.highNegate,
      "works",
      (operation, { input }, rewriter) => rewriter.replace(operation, input),
      0,
    );
    const module = parse(negate, context);
    expect(applyPartialConversion(module, illegalNegate(), [throws, works], context)).toBe(true);
  });

  test("which casts are left, from whom, for whom, and why", () => {
    const narrow = new TypeConverter().add((type) => (type === i64 ? i32 : undefined));
    const lower = convert(t.highNegate, "lower", (operation, { input }, rewriter) =>
      rewriter.replaceWith(operation, t.lowNegate, { input, result: i32 }),
    );
    const target = new ConversionTarget().legalDialects("high", "low").illegal(t.highNegate);
    const error = failure(negate, target, [lower], { types: narrow }, applyFullConversion);
    expect(error.render()).toBe(
      [
        "in.mlir:1:6: error: a value of type i64 is still needed as i32 (and 1 more)",
        '  %a = "high.source"() : () -> i64',
        "       ^",
        "in.mlir:1:6: note: the value of type i64 comes from 'high.source'",
        "note: it is needed as i32 by 'low.negate'",
        "in.mlir:1:6: note: the type converter has no target materialization",
        "note: the value of type i32 comes from 'low.negate'",
        "in.mlir:3:1: note: it is needed as i64 by 'high.sink'",
        "note: the type converter has no source materialization",
      ].join("\n"),
    );
    expect(error.leftCasts.map(({ from, to }) => `${from} ${to}`)).toEqual(["i64 i32", "i32 i64"]);
    narrow.addTargetMaterialization(() => undefined);
    const again = failure(negate, target, [lower], { types: narrow, leftCasts: "fail" });
    expect(again.leftCasts[0]?.materialization).toBe("no target materialization takes this");
  });

  test("that a materialization made something illegal", () => {
    const narrow = new TypeConverter()
      .add((type) => (type === i64 ? i32 : undefined))
      .addTargetMaterialization(
        (builder, { inputs, types }) => builder.build(t.highNegate, { input: inputs[0]!, result: types[0]! }).result,
      );
    const lower = convert(t.highNegate, "lower", (operation, { input }, rewriter) =>
      rewriter.replaceWith(operation, t.lowNegate, { input, result: i32 }),
    );
    const module = parse(negate, context);
    expect(() => applyPartialConversion(module, illegalNegate(), [lower], context, { types: narrow })).toThrow(
      "could not be replaced: a target materialization made 'high.negate', which is illegal",
    );
  });
});
