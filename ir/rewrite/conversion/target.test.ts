import { describe, expect, test } from "vitest";
import { unknownLocation } from "../../location.ts";
import { refuse } from "../pattern.ts";
import { ConversionTarget } from "./target.ts";
import { highRegion, highSink, lowSink } from "./test-dialect.ts";

const high = highSink.build({ inputs: [] }, unknownLocation);
const low = lowSink.build({ inputs: [] }, unknownLocation);

describe("a conversion target", () => {
  test("says nothing of what it was not told of", () => {
    expect(new ConversionTarget().legality(high)).toBeUndefined();
  });

  test("lets the statement on the op win over that on the dialect, in any order", () => {
    expect(new ConversionTarget().illegalDialects("high").legal(highSink).legality(high)).toBe(true);
    expect(new ConversionTarget().legal(highSink).illegalDialects("high").legality(high)).toBe(true);
    expect(new ConversionTarget().legalDialects("high", "low").illegal(highSink).legality(high)).toBe(false);
    expect(new ConversionTarget().legalDialects("high", "low").illegal(highSink).legality(low)).toBe(true);
  });

  test("takes the last statement on the same op", () => {
    expect(new ConversionTarget().legal(highSink).illegal(highSink).legality(high)).toBe(false);
  });

  test("asks rules per operation, and the more general statement where a rule does not answer", () => {
    const isEmpty = new ConversionTarget().dynamic(highSink, (operation) => operation.operandCount === 0);
    expect(isEmpty.legality(high)).toBe(true);
    const silent = (): undefined => undefined;
    expect(new ConversionTarget().dynamic(highSink, silent).legalDialects("high").legality(high)).toBe(true);
    expect(new ConversionTarget().dynamic(highSink, silent).legality(high)).toBeUndefined();
    const layered = new ConversionTarget().dynamic(highSink, silent).dynamicDialect("high", silent);
    expect(layered.dynamicUnknown(() => false).legality(high)).toBe(false);
  });

  test("asks the rule for unknown operations last", () => {
    const target = new ConversionTarget()
      .legalDialects("low")
      .dynamicUnknown((operation) => operation.name !== "high.sink");
    expect(target.legality(high)).toBe(false);
    expect(target.legality(low)).toBe(true);
  });

  test("gives the reason of a refusal", () => {
    const target = new ConversionTarget().dynamic(highSink, () => refuse("it has a hole"));
    expect(target.legality(high)).toBe(false);
    expect(target.answer(high)).toEqual({ refusal: "it has a hole" });
  });

  test("may take all inside an operation as legal", () => {
    const outer = highRegion.build({ inputs: [], outputs: [] }, unknownLocation);
    expect(new ConversionTarget().legalRecursively(highRegion).isRecursivelyLegal(outer)).toBe(true);
    expect(new ConversionTarget().legalRecursively(highRegion).legality(outer)).toBe(true);
    expect(new ConversionTarget().legalRecursively(highRegion, () => false).isRecursivelyLegal(outer)).toBe(false);
    const dynamic = new ConversionTarget().dynamic(highRegion, () => false).legalRecursively(highRegion);
    expect(dynamic.isRecursivelyLegal(outer)).toBe(false);
    expect(new ConversionTarget().legal(highRegion).isRecursivelyLegal(outer)).toBe(false);
  });

  test("knows by name what does not depend on the operation", () => {
    const target = new ConversionTarget()
      .legal(lowSink)
      .illegalDialects("high")
      .dynamic(highSink, () => true);
    expect(["low.sink", "high.add", "high.sink", "other.op"].map((name) => target.byName(name))).toEqual([
      "legal",
      "illegal",
      "dynamic",
      undefined,
    ]);
  });
});
