import { describe, expect, expectTypeOf, test } from "vitest";
import { builtin } from "../../../dialects/builtin/index.ts";
import { IntegerAttribute } from "../../attributes.ts";
import { Context } from "../../context.ts";
import type { Operation, Value } from "../../operation.ts";
import { parse } from "../../parser/parse.ts";
import { print } from "../../printer/print.ts";
import { i32, i64 } from "../../types.ts";
import { verify } from "../../verifier.ts";
import { refuse } from "../pattern.ts";
import { analyzeConversion, applyFullConversion, applyPartialConversion, type ConversionOptions } from "./driver.ts";
import { type ConversionPattern, convert, convertAny, convertOneToN } from "./pattern.ts";
import { ConversionTarget } from "./target.ts";
import * as t from "./test-dialect.ts";
import { TypeConverter } from "./type-converter.ts";

const context = new Context([builtin, t.high, t.low]);

function read(text: string): Operation {
  return parse(text, context, { file: "test.mlir" });
}

/** The operations inside a module, printed without the module around them. */
function body(module: Operation): string {
  verify(module, context);
  const lines = print(module).trimEnd().split("\n");
  return lines[0] === "module {"
    ? lines
        .slice(1, -1)
        .map((line) => line.slice(2))
        .join("\n")
    : lines.join("\n");
}

function lines(...text: readonly string[]): string {
  return text.join("\n");
}

const lowerAdd = convert(t.highAdd, "lower-add", (operation, { lhs, rhs }, rewriter) =>
  rewriter.replaceWith(operation, t.lowAdd, { lhs, rhs, result: lhs.type }),
);
const lowerSource = convert(t.highSource, "lower-source", (operation, _, rewriter) =>
  rewriter.replaceWith(operation, t.lowSource, {
    outputs: operation.outputs.map(({ type }) => rewriter.types.convert(type)),
  }),
);
const lowerSink = convert(t.highSink, "lower-sink", (operation, operands, rewriter) => {
  rewriter.build(t.lowSink, { inputs: operands });
  return rewriter.erase(operation);
});
const lowerConstant = convert(t.highConstant, "lower-constant", (operation, _, rewriter) =>
  rewriter.replaceWith(operation, t.lowConstant, { value: operation.value, result: operation.result.type }),
);
const allPatterns: readonly ConversionPattern[] = [lowerAdd, lowerSource, lowerSink, lowerConstant];
const toLow = () => new ConversionTarget().legalDialects("low", "builtin").illegalDialects("high");
const narrow = () => new TypeConverter().add((type) => (type === i64 ? i32 : undefined));
const checked: ConversionOptions = { expensiveChecks: true };

describe("modes", () => {
  const sample = `
    %a, %b = "high.source"() : () -> (i64, i64)
    %sum = "high.add"(%a, %b) : (i64, i64) -> i64
    %n = "high.negate"(%sum) : (i64) -> i64
    "high.sink"(%n) : (i64) -> ()
  `;

  test("a partial conversion leaves what nobody calls illegal", () => {
    const module = read(sample);
    const unconverted = new Set<Operation>();
    const target = new ConversionTarget().illegal(t.highAdd);
    expect(applyPartialConversion(module, target, [lowerAdd], context, { ...checked, unconverted })).toBe(true);
    expect(names(module)).toEqual(["high.source", "low.add", "high.negate", "high.sink"]);
    expect([...unconverted].map(({ name }) => name)).toEqual(["high.source", "high.negate", "high.sink"]);
  });

  test("a partial conversion takes what patterns take, if nothing is said of it", () => {
    const module = read(sample);
    applyPartialConversion(module, new ConversionTarget(), allPatterns, context, checked);
    expect(names(module)).toEqual(["low.source", "low.add", "high.negate", "low.sink"]);
  });

  test("a full conversion leaves only what is legal", () => {
    const module = read(sample);
    const before = print(module, { debugInfo: true });
    const target = new ConversionTarget().legalDialects("low");
    expect(() => applyFullConversion(module, target, allPatterns, context, checked)).toThrow(
      "'high.negate' op could not be legalized",
    );
    expect(print(module, { debugInfo: true })).toBe(before);
    const lowerNegate = convert(t.highNegate, "lower-negate", (operation, { input }, rewriter) =>
      rewriter.replaceWith(operation, t.lowNegate, { input, result: input.type }),
    );
    expect(applyFullConversion(module, target, [...allPatterns, lowerNegate], context, checked)).toBe(true);
    expect(names(module)).toEqual(["low.source", "low.add", "low.negate", "low.sink"]);
  });

  test("nothing to do is said exactly", () => {
    const module = read(`%a = "low.source"() : () -> i64\n"low.sink"(%a) : (i64) -> ()`);
    expect(applyFullConversion(module, toLow(), allPatterns, context)).toBe(false);
    expect(applyPartialConversion(read(sample), new ConversionTarget(), [], context)).toBe(false);
  });

  test("an analysis says what would be done and does nothing", () => {
    const module = read(sample);
    const before = print(module, { debugInfo: true });
    const target = new ConversionTarget().illegal(t.highAdd, t.highNegate).legal(t.highSource);
    const analysis = analyzeConversion(module, target, [lowerAdd], context, checked);
    const named = (operations: Iterable<Operation>) => [...operations].map(({ name }) => name);
    expect(named(analysis.legal)).toEqual(["high.source"]);
    expect(named(analysis.legalizable)).toEqual(["high.add"]);
    expect(named(analysis.unknown)).toEqual(["high.sink"]);
    expect(named(analysis.illegal.keys())).toEqual(["high.negate"]);
    expect([...analysis.illegal.values()][0]?.hint).toContain("no pattern is known for 'high.negate'");
    expect(print(module, { debugInfo: true })).toBe(before);
  });

  test("what is inside a recursively legal operation is not looked at", () => {
    const module = read(`
      "high.region"() ({
        %a = "high.source"() : () -> i64
        "high.sink"(%a) : (i64) -> ()
      }) {keep} : () -> ()
      "high.region"() ({
        %a = "high.source"() : () -> i64
        "high.sink"(%a) : (i64) -> ()
      }) : () -> ()
    `);
    const target = toLow()
      .legal(t.highRegion)
      .legalRecursively(t.highRegion, (operation) => operation.attributes.has("keep"));
    applyFullConversion(module, target, allPatterns, context, checked);
    expect(names(module)).toEqual(["high.region", "high.source", "high.sink", "high.region", "low.source", "low.sink"]);
  });
});

describe("what a pattern makes", () => {
  const viaStep = convert(t.highNegate, "negate-by-step", (operation, { input }, rewriter) =>
    rewriter.replaceWith(operation, t.lowStep, { input, result: input.type }),
  );
  const target = () => toLow().illegal(t.lowStep).legal(t.highSource, t.highSink);
  const sample = `%a = "high.source"() : () -> i64\n%n = "high.negate"(%a) : (i64) -> i64\n"high.sink"(%n) : (i64) -> ()`;

  test("is legalized in turn", () => {
    const step = convert(t.lowStep, "step-to-negate", (operation, { input }, rewriter) =>
      rewriter.replaceWith(operation, t.lowNegate, { input, result: input.type }),
    );
    const module = read(sample);
    applyFullConversion(module, target(), [viaStep, step], context, checked);
    expect(names(module)).toEqual(["high.source", "low.negate", "high.sink"]);
  });

  test("is taken back where that fails, and the next pattern is tried", () => {
    const direct = convert(
      t.highNegate,
      "negate-directly",
      (operation, { input }, rewriter) => rewriter.replaceWith(operation, t.lowNegate, { input, result: input.type }),
      0,
    );
    const module = read(sample);
    applyFullConversion(module, target(), [viaStep, direct], context, checked);
    expect(names(module)).toEqual(["high.source", "low.negate", "high.sink"]);
  });

  test("may be changed in place, and must then be legal", () => {
    const mark = convert(t.highNegate, "mark", (operation, _, rewriter) =>
      rewriter.modify(operation, () => operation.attributes.set("marked", IntegerAttribute.get(1, i64))),
    );
    const module = read(sample);
    const marked = toLow()
      .legal(t.highSource, t.highSink)
      .dynamic(t.highNegate, (operation) => operation.attributes.has("marked") || refuse("it has no mark"));
    applyFullConversion(module, marked, [mark], context, checked);
    expect(body(module)).toContain("marked = 1");
    const again = read(sample);
    const stillIllegal = toLow().legal(t.highSource, t.highSink).illegal(t.highNegate);
    expect(() => applyFullConversion(again, stillIllegal, [mark], context, checked)).toThrow("could not be legalized");
    expect(body(again)).not.toContain("marked");
  });

  test("may be built after the operation is erased, in its place", () => {
    const late = convert(t.highSink, "late", (operation, operands, rewriter) => {
      rewriter.erase(operation);
      rewriter.build(t.lowSink, { inputs: operands });
      return true;
    });
    const module = read(`${sample}\n"low.sink"() : () -> ()`);
    applyPartialConversion(module, new ConversionTarget().illegal(t.highSink), [late], context, checked);
    expect(names(module)).toEqual(["high.source", "high.negate", "low.sink", "low.sink"]);
  });

  test("must be something", () => {
    const idle = convert(t.highNegate, "idle", () => true);
    expect(notesOf(() => applyFullConversion(read(sample), target(), [idle], context, checked))).toContain(
      "tried idle: it said that it did something, but the operation is as it was, and illegal",
    );
  });

  test("may be of the same op only where the pattern says that it ends", () => {
    const sink = (name: string, boundedRecursion: boolean) =>
      convert(
        t.highSink,
        name,
        (operation, [first, ...others], rewriter) => {
          rewriter.build(t.lowSink, { inputs: [first!] });
          if (others.length > 0) rewriter.build(t.highSink, { inputs: others });
          return rewriter.erase(operation);
        },
        { boundedRecursion },
      );
    const three = `%a:3 = "low.source"() : () -> (i64, i64, i64)\n"high.sink"(%a#0, %a#1, %a#2) : (i64, i64, i64) -> ()`;
    const module = read(three);
    applyFullConversion(module, toLow(), [sink("peel", true)], context, checked);
    expect(names(module)).toEqual(["low.source", "low.sink", "low.sink", "low.sink"]);
    expect(notesOf(() => applyFullConversion(read(three), toLow(), [sink("peel", false)], context))).toContain(
      "  tried peel: it made this operation itself (give it boundedRecursion if what it makes gets smaller)",
    );
  });

  test("is reported as a ring of patterns where it comes back", () => {
    const there = convert(t.highNegate, "there", (operation, { input }, rewriter) =>
      rewriter.replaceWith(operation, t.lowStep, { input, result: input.type }),
    );
    const back = convert(t.lowStep, "back", (operation, { input }, rewriter) =>
      rewriter.replaceWith(operation, t.highNegate, { input, result: input.type }),
    );
    expect(notesOf(() => applyFullConversion(read(sample), target(), [there, back], context)).join("\n")).toContain(
      "tried there: it made this operation itself, by there -> back -> there",
    );
    const endless = [there, back].map((pattern) => ({ ...pattern, boundedRecursion: true }));
    const options = { maxDepth: 30 };
    expect(notesOf(() => applyFullConversion(read(sample), target(), endless, context, options)).join("\n")).toContain(
      "patterns are applied to what they made more than 30 deep: there, back",
    );
  });
});

describe("the order of patterns", () => {
  const make = (name: string, benefit: number, through: typeof t.lowNegate, says = true) =>
    convert(
      t.highNegate,
      name,
      (operation, { input }, rewriter) => rewriter.replaceWith(operation, through, { input, result: input.type }),
      { benefit, ...(says ? { generates: [through] } : {}) },
    );
  const step = convert(
    t.lowStep,
    "step",
    (operation, { input }, rewriter) => rewriter.replaceWith(operation, t.lowConvert, { input, result: input.type }),
    { generates: [t.lowConvert] },
  );
  const target = () => toLow().illegal(t.lowStep).legal(t.highSource, t.highSink);
  const sample = `%a = "high.source"() : () -> i64\n%n = "high.negate"(%a) : (i64) -> i64\n"high.sink"(%n) : (i64) -> ()`;
  const result = (patterns: readonly ConversionPattern[]) => {
    const module = read(sample);
    applyFullConversion(module, target(), patterns, context, checked);
    return names(module)[1];
  };

  test("is by benefit", () => {
    expect(result([make("a", 1, t.lowNegate, false), make("b", 2, t.lowConvert, false)])).toBe("low.convert");
    expect(result([make("a", 1, t.lowNegate, false), make("b", 1, t.lowConvert, false)])).toBe("low.negate");
  });

  test("puts the way with the fewest steps first, where patterns say what they make", () => {
    expect(result([make("far", 9, t.lowStep), make("near", 1, t.lowNegate), step])).toBe("low.negate");
    expect(result([make("far", 9, t.lowStep), step])).toBe("low.convert");
  });

  test("leaves out patterns that lead nowhere", () => {
    const dead = make("dead", 9, t.lowStep);
    expect(result([dead, make("near", 1, t.lowNegate)])).toBe("low.negate");
    expect(notesOf(() => result([dead]))).toContain(
      "tried dead: left out: it makes 'low.step', which is not legal and which no pattern takes",
    );
  });
});

describe("folding", () => {
  const sample = `
    %a = "high.constant"() <{value = 20 : i64}> : () -> i64
    %b = "high.constant"() <{value = 22 : i64}> : () -> i64
    %sum = "high.add"(%a, %b) : (i64, i64) -> i64
    "high.sink"(%sum) : (i64) -> ()
  `;

  test("comes before patterns, and what it makes is legalized", () => {
    const module = read(sample);
    const target = toLow().legal(t.highSink, t.highConstant);
    applyFullConversion(module, target, [lowerAdd, lowerConstant], context, checked);
    expect(names(module)).toEqual(["high.constant", "high.constant", "high.constant", "high.sink"]);
    expect(body(module)).toContain("42");
  });

  test("can be turned off", () => {
    const module = read(sample);
    applyFullConversion(module, toLow(), allPatterns, context, { ...checked, fold: false });
    expect(names(module)).toEqual(["low.constant", "low.constant", "low.add", "low.sink"]);
  });

  test("is taken back where its constant cannot be legalized", () => {
    const module = read(sample);
    // The constants that are there may stay; a new one, of 42, may not.
    const target = toLow()
      .legal(t.highSink)
      .dynamic(t.highConstant, (operation) => t.highConstant.cast(operation).value !== 42);
    applyFullConversion(module, target, [lowerAdd], context, checked);
    expect(names(module)).toEqual(["high.constant", "high.constant", "low.add", "high.sink"]);
  });

  test("leaves alone what may remain", () => {
    const module = read(sample);
    expect(applyPartialConversion(module, new ConversionTarget(), [], context)).toBe(false);
  });
});

describe("types", () => {
  const sample = `
    %a, %b = "high.source"() : () -> (i64, i64)
    %sum = "high.add"(%a, %b) : (i64, i64) -> i64
    "high.sink"(%sum) : (i64) -> ()
  `;

  test("change with no cast left where all users follow", () => {
    const module = read(sample);
    applyFullConversion(module, toLow(), allPatterns, context, { ...checked, types: narrow() });
    expect(body(module)).toBe(
      lines(
        '%a:2 = "low.source"() : () -> (i32, i32)',
        '%sum = "low.add"(%a#0, %a#1) : (i32, i32) -> i32',
        '"low.sink"(%sum) : (i32) -> ()',
      ),
    );
  });

  test("meet in casts where some users stay", () => {
    const module = read(sample);
    const target = new ConversionTarget().illegal(t.highAdd).legal(t.highSource, t.highSink);
    applyPartialConversion(module, target, [lowerAdd], context, { ...checked, types: narrow() });
    expect(body(module)).toBe(
      lines(
        '%a:2 = "high.source"() : () -> (i64, i64)',
        "%0 = unrealized_conversion_cast %a#0 : i64 to i32",
        "%1 = unrealized_conversion_cast %a#1 : i64 to i32",
        '%sum = "low.add"(%0, %1) : (i32, i32) -> i32',
        "%2 = unrealized_conversion_cast %sum : i32 to i64",
        '"high.sink"(%2) : (i64) -> ()',
      ),
    );
  });

  test("a value needed twice is cast once", () => {
    const module = read(`
      %a = "high.source"() : () -> i64
      %s = "high.add"(%a, %a) : (i64, i64) -> i64
      %t = "high.add"(%a, %s) : (i64, i64) -> i64
      "high.sink"(%t) : (i64) -> ()
    `);
    const target = new ConversionTarget().illegal(t.highAdd).legal(t.highSource, t.highSink);
    applyPartialConversion(module, target, [lowerAdd], context, { ...checked, types: narrow() });
    expect(names(module).filter((name) => name.startsWith("builtin.unrealized"))).toHaveLength(2);
  });

  test("meet in the converter's own operations, where it has some", () => {
    const materialize: Parameters<TypeConverter["addSourceMaterialization"]>[0] = (builder, { inputs, types }) =>
      builder.build(t.lowConvert, { input: inputs[0]!, result: types[0]! }).result;
    const module = read(sample);
    const types = narrow().addSourceMaterialization(materialize).addTargetMaterialization(materialize);
    const target = new ConversionTarget().illegal(t.highAdd).legal(t.highSource, t.highSink);
    applyPartialConversion(module, target, [lowerAdd], context, { ...checked, types, leftCasts: "fail" });
    expect(names(module)).toEqual(["high.source", "low.convert", "low.convert", "low.add", "low.convert", "high.sink"]);
  });

  test("the original type is known to a target materialization", () => {
    const seen: string[] = [];
    const types = narrow().addTargetMaterialization((_, { originalType, types: wanted }) => {
      seen.push(`${originalType} to ${wanted.join(", ")}`);
      return undefined;
    });
    const target = new ConversionTarget().illegal(t.highAdd).legal(t.highSource, t.highSink);
    applyPartialConversion(read(sample), target, [lowerAdd], context, { types });
    expect(seen).toEqual(["i64 to i32", "i64 to i32"]);
  });

  test("a type without conversion refuses the pattern", () => {
    const types = new TypeConverter().add((type) => (type === i64 ? refuse("too wide") : undefined));
    const target = new ConversionTarget().illegal(t.highAdd);
    const run = () => applyPartialConversion(read(sample), target, [lowerAdd], context, { types });
    expect(notesOf(run)).toContain("tried lower-add: operand 0: the type i64 has no conversion: too wide");
  });

  test("one that becomes two reaches patterns for lists", () => {
    const types = new TypeConverter().add((type) => (type === i64 ? [i32, i32] : undefined));
    const source = convert(t.highSource, "split-source", (operation, _, rewriter) => {
      const made = rewriter.build(t.lowSource, { outputs: operation.outputs.flatMap(() => [i32, i32]) });
      return rewriter.replace(
        operation,
        operation.outputs.map((_, position) => made.results.slice(2 * position, 2 * position + 2)),
      );
    });
    const add = convertOneToN(t.highAdd, "split-add", (operation, { lhs, rhs }, rewriter) => {
      expectTypeOf(lhs).toEqualTypeOf<readonly Value[]>();
      const sums = lhs.map((part, position) =>
        rewriter.build(t.lowAdd, { lhs: part, rhs: rhs[position]!, result: i32 }),
      );
      return rewriter.replace(operation, [sums.map(({ result }) => result)]);
    });
    const sink = convertOneToN(t.highSink, "split-sink", (operation, operands, rewriter) => {
      rewriter.build(t.lowSink, { inputs: operands.flat() });
      return rewriter.erase(operation);
    });
    const module = read(sample);
    applyFullConversion(module, toLow(), [source, add, sink], context, { ...checked, types });
    expect(body(module)).toBe(
      lines(
        '%a_0:4 = "low.source"() : () -> (i32, i32, i32, i32)',
        '%sum_0 = "low.add"(%a_0#0, %a_0#2) : (i32, i32) -> i32',
        '%sum_1 = "low.add"(%a_0#1, %a_0#3) : (i32, i32) -> i32',
        '"low.sink"(%sum_0, %sum_1) : (i32, i32) -> ()',
      ),
    );
    // Where users stay, two values are cast to one, and one to two.
    const mixed = read(sample);
    const target = new ConversionTarget().illegal(t.highAdd).legal(t.highSource, t.highSink);
    applyPartialConversion(mixed, target, [add], context, { ...checked, types });
    expect(body(mixed)).toContain("%1:2 = unrealized_conversion_cast %a#1 : i64 to i32, i32");
    expect(body(mixed)).toContain("unrealized_conversion_cast %sum_0, %sum_1 : i32, i32 to i64");
    // An ordinary pattern says that it cannot.
    expect(notesOf(() => applyFullConversion(read(sample), toLow(), allPatterns, context, { types }))).toContain(
      "  tried lower-add: operand 0 of type i64 became 2 values, but one is expected; use convertOneToN",
    );
  });

  test("a pattern that gives too few or too many values is an error that names it, and nothing changes", () => {
    const types = new TypeConverter().add((type) => (type === i64 ? [i32, i32] : undefined));
    const text = `%a = "low.source"() : () -> i64\n%sum = "high.add"(%a, %a) : (i64, i64) -> i64`;
    for (const [count, found] of [
      [0, "0 values"],
      [1, "1 value"],
      [3, "3 values"],
    ] as const) {
      const wrong = convertOneToN(t.highAdd, "wrong-add", (operation, { lhs }, rewriter) =>
        rewriter.replace(operation, [Array.from({ length: count }, () => lhs[0]!)]),
      );
      const module = read(text);
      const before = print(module);
      expect(() =>
        applyPartialConversion(module, new ConversionTarget().illegal(t.highAdd), [wrong], context, { types }),
      ).toThrow(
        `'high.add' op is replaced wrongly: the pattern 'wrong-add' gave ${found} for result 0 of type i64, which becomes 2 values (i32, i32)`,
      );
      expect(print(module)).toBe(before);
    }
    const single = convertOneToN(t.highAdd, "single", (operation, { lhs }, rewriter) =>
      rewriter.replace(operation, lhs[0]!),
    );
    expect(() =>
      applyPartialConversion(read(text), new ConversionTarget().illegal(t.highAdd), [single], context, { types }),
    ).toThrow("the pattern 'single' gave 1 value for result 0 of type i64");
  });

  test("one that becomes nothing disappears", () => {
    const types = new TypeConverter().add((type) => (type === i64 ? [] : undefined));
    const source = convert(t.highSource, "no-source", (operation, _, rewriter) =>
      rewriter.replace(
        operation,
        operation.outputs.map(() => []),
      ),
    );
    const drop = convertOneToN(t.highAdd, "no-add", (operation, _, rewriter) => rewriter.replace(operation, [[]]));
    const sink = convertOneToN(t.highSink, "no-sink", (operation, { inputs }, rewriter) => {
      expect(inputs).toEqual([[]]);
      return rewriter.erase(operation);
    });
    const module = read(sample);
    applyFullConversion(module, toLow(), [source, drop, sink], context, { ...checked, types });
    expect(names(module)).toEqual([]);
  });

  test("a pattern may have its own converter", () => {
    const module = read(sample);
    const wide = convert(
      t.highSink,
      "wide-sink",
      (operation, [input], rewriter) => {
        rewriter.build(t.lowSink, { inputs: [input!] });
        return rewriter.erase(operation);
      },
      { types: new TypeConverter() },
    );
    applyFullConversion(module, toLow(), [lowerAdd, lowerSource, wide], context, {
      ...checked,
      types: narrow(),
      leftCasts: "keep",
    });
    expect(body(module)).toContain('"low.sink"(%0) : (i64) -> ()');
  });
});

describe("operands have the names of their fields", () => {
  test("typed, by arity", () => {
    let seen = 0;
    const pattern = convert(t.highChoose, "choose", (operation, operands, rewriter) => {
      expectTypeOf(operands.first).toEqualTypeOf<Value>();
      expectTypeOf(operands.second).toEqualTypeOf<Value | undefined>();
      // @ts-expect-error there is no such operand
      expect(operands.third).toBeUndefined();
      // A field that is called like a method of lists is read by position.
      expectTypeOf(operands.filter).toBeFunction();
      const [first, ...others] = operands;
      expect(operands.first).toBe(first);
      expect(operands.second).toBe(operation.second);
      expect(operands.slice(1)).toEqual(others);
      seen++;
      return rewriter.replace(operation, operands.first);
    });
    const module = read(`
      %a:4 = "low.source"() : () -> (i64, i64, i64, i64)
      %x = "high.choose"(%a#0, %a#1, %a#2, %a#3) <{operandSegmentSizes = array<i32: 1, 1, 2>}> : (i64, i64, i64, i64) -> i64
      %y = "high.choose"(%a#0, %a#2, %a#3) <{operandSegmentSizes = array<i32: 1, 0, 2>}> : (i64, i64, i64) -> i64
      "low.sink"(%x, %y) : (i64, i64) -> ()
    `);
    applyFullConversion(module, toLow(), [pattern], context, checked);
    expect(seen).toBe(2);
  });

  test("whatever the field is called", () => {
    const lower = convert(t.highLow, "lower-low", (operation, { source }, rewriter) =>
      rewriter.replace(operation, source),
    );
    const module = read(`
      %a = "low.source"() : () -> i64
      %x = "high.low"(%a) : (i64) -> i64
      "low.sink"(%x) : (i64) -> ()
    `);
    applyFullConversion(module, toLow(), [lower], context, checked);
    expect(names(module)).toEqual(["low.source", "low.sink"]);
  });

  test("as lists, for types that become several values", () => {
    const pattern = convertOneToN(t.highChoose, "choose", (operation, operands, rewriter) => {
      expectTypeOf(operands.first).toEqualTypeOf<readonly Value[]>();
      expectTypeOf(operands.second).toEqualTypeOf<readonly Value[] | undefined>();
      expect(operands.first).toHaveLength(2);
      expect(operands.second).toBeUndefined();
      expect(operands).toHaveLength(2);
      rewriter.build(t.lowSink, { inputs: operands.flat() });
      return rewriter.replace(operation, [operands.first]);
    });
    const types = new TypeConverter().add((type) => (type === i64 ? [i32, i32] : undefined));
    const module = read(`
      %a:2 = "low.source"() : () -> (i64, i64)
      %y = "high.choose"(%a#0, %a#1) <{operandSegmentSizes = array<i32: 1, 0, 1>}> : (i64, i64) -> i64
    `);
    applyPartialConversion(module, new ConversionTarget().illegal(t.highChoose), [pattern], context, {
      ...checked,
      types,
    });
    expect(names(module).filter((name) => name === "high.choose")).toEqual([]);
  });
});

describe("an observer", () => {
  const sample = `%a = "high.source"() : () -> i64\n"high.sink"(%a) : (i64) -> ()`;

  test("counts what is tried and what matches, and hears refusals", () => {
    const seen: string[] = [];
    const watched = new Context([builtin, t.high, t.low]);
    watched.rewriteObserver = {
      tried: (pattern) => seen.push(`tried ${pattern}`),
      matched: (pattern, operation, kind) => seen.push(`${kind} ${pattern} on ${operation.name}`),
      refused: (pattern, _, reason) => seen.push(`${pattern} refused: ${reason}`),
    };
    const never = convert(t.highSink, "never", () => refuse("not today"), 5);
    applyFullConversion(read(sample), toLow(), [never, lowerSource, lowerSink], watched);
    expect(seen).toEqual([
      "tried lower-source",
      "pattern lower-source on high.source",
      "tried never",
      "never refused: not today",
      "tried lower-sink",
      "pattern lower-sink on high.sink",
    ]);
  });

  test("may skip an application: the operation then stays, without an error", () => {
    const watched = new Context([builtin, t.high, t.low]);
    let left = 1;
    watched.rewriteObserver = { begin: () => left > 0, matched: () => left-- };
    const module = read(sample);
    applyFullConversion(module, toLow(), [lowerSource, lowerSink], watched);
    expect(names(module)).toEqual(["low.source", "high.sink"]);
  });
});

test("patterns for any operation", () => {
  const rename = convertAny("rename", (operation, operands, rewriter) => {
    if (operation.name !== "high.negate") return undefined;
    return rewriter.replaceWith(operation, t.lowNegate, { input: operands[0]!, result: operands[0]!.type });
  });
  const module = read(
    `%a = "high.source"() : () -> i64\n%b = "high.negate"(%a) : (i64) -> i64\n"high.sink"(%b) : (i64) -> ()`,
  );
  const target = toLow().legal(t.highSource, t.highSink);
  applyFullConversion(module, target, [rename], context, checked);
  expect(names(module)).toEqual(["high.source", "low.negate", "high.sink"]);
});

function names(module: Operation): string[] {
  const found: string[] = [];
  module.walk((operation) => {
    if (operation !== module) found.push(operation.name);
  });
  return found;
}

function notesOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    const details = error instanceof Error && "details" in error ? error.details : undefined;
    const notes = typeof details === "object" && details !== null && "notes" in details ? details.notes : [];
    return Array.isArray(notes) ? notes.map((note: { message: string }) => note.message) : [];
  }
  return expect.fail("it should have failed");
}
