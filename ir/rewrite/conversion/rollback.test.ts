import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { builtin } from "../../../dialects/builtin/index.ts";
import { propertyParameters } from "../../../test/testing/property.ts";
import { StringAttribute } from "../../attributes.ts";
import { at } from "../../builder.ts";
import { Context } from "../../context.ts";
import { nameLocation } from "../../location.ts";
import { type Block, type Operation, Region, type Value } from "../../operation.ts";
import { parse } from "../../parser/parse.ts";
import { print } from "../../printer/print.ts";
import { i32, i64 } from "../../types.ts";
import { refuse } from "../pattern.ts";
import { applyPartialConversion, type ConversionOptions } from "./driver.ts";
import { type ConversionPattern, convert, convertAny } from "./pattern.ts";
import { type ConversionRewriter, forEachInside } from "./rewriter.ts";
import { SignatureConversion } from "./signature.ts";
import { ConversionTarget } from "./target.ts";
import * as t from "./test-dialect.ts";
import { TypeConverter } from "./type-converter.ts";

const context = new Context([builtin, t.high, t.low]);
const types = new TypeConverter().add((type) => (type === i64 ? i32 : undefined));
const checked: ConversionOptions = { expensiveChecks: true, types };

const sample = `
  %a, %b = "high.source"() : () -> (i64, i64)
  %pair = "high.pair"(%a, %a) {note = "first"} : (i64, i64) -> i32
  %sum = "high.add"(%a, %b) : (i64, i64) -> i64
  %out = "high.region"(%sum, %a) ({
  ^entry(%x: i64, %y: i32):
    %n = "high.negate"(%x) : (i64) -> i64
    "high.sink"(%n, %sum, %a) : (i64, i64, i64) -> ()
    "high.goto"(%n)[^next] : (i64) -> ()
  ^next(%z: i64):
    %m = "high.add"(%z, %x) : (i64, i64) -> i64
    "high.sink"(%m, %y) : (i64, i32) -> ()
  }) : (i64, i64) -> i64
  "high.sink"(%out, %a, %sum, %a) : (i64, i64, i64, i64) -> ()
`;

/** Everything that can be seen of a module: its text with locations, and the order of uses. */
function picture(module: Operation): string {
  const numbers = new Map<Operation, number>();
  forEachInside(module, (operation) => {
    numbers.set(operation, numbers.size);
    return true;
  });
  const usesOf = (value: Value) =>
    value.uses.map(({ owner, index }) => `${numbers.get(owner) ?? `gone: ${owner.name}`}.${index}`).join(" ");
  const uses: string[] = [];
  for (const operation of numbers.keys()) {
    uses.push(`${operation.name}: ${operation.results.map(usesOf).join(" | ")}`);
    for (const region of operation.regions) {
      for (const block of region.blocks) uses.push(`block: ${block.arguments.map(usesOf).join(" | ")}`);
    }
  }
  return `${print(module, { debugInfo: true })}\n${uses.join("\n")}`;
}

const read = (): Operation => parse(sample, context, { file: "test.mlir" });

function expectNoTrace(
  root: string | undefined,
  edit: (operation: Operation, rewriter: ConversionRewriter, operands: readonly Value[]) => void,
  types = checked.types,
): void {
  const module = read();
  const before = picture(module);
  let ran = 0;
  const pattern: ConversionPattern = {
    name: "edit-and-refuse",
    root,
    benefit: 1,
    apply: (operation, operands, rewriter) => {
      ran++;
      edit(operation, rewriter, operands);
      return refuse("after all, no");
    },
  };
  // Of unknown legality: each is tried, refused, and stays.
  const changed = applyPartialConversion(module, new ConversionTarget(), [pattern], context, {
    ...checked,
    ...(types === undefined ? {} : { types }),
  });
  expect(ran).toBeGreaterThan(0);
  expect(changed).toBe(false);
  expect(picture(module)).toBe(before);
}

describe("a pattern that edits and then refuses leaves no trace", () => {
  test("of operations that it made", () => {
    expectNoTrace("high.add", (operation, rewriter, [lhs, rhs]) => {
      rewriter.build(t.lowAdd, { lhs: lhs!, rhs: rhs!, result: i32 });
      rewriter.within(at.after(operation), () => rewriter.build(t.lowSink, { inputs: [operation.onlyResult] }));
    });
  });

  test("of replacing, with and without another type", () => {
    expectNoTrace("high.add", (operation, rewriter, [lhs]) => rewriter.replace(operation, lhs!));
    expectNoTrace("high.add", (operation, rewriter) => rewriter.replace(operation, operation.operand(1)));
    // Of types that no rule converts: any number of values may stand for them.
    const unconverted = new TypeConverter();
    expectNoTrace(
      "high.source",
      (operation, rewriter) => {
        const made = rewriter.build(t.lowSource, { outputs: [i32, i32, i64] });
        rewriter.replace(operation, [[made.results[0]!, made.results[1]!], made.results[2]!]);
      },
      unconverted,
    );
    expectNoTrace("high.source", (operation, rewriter) => rewriter.replace(operation, [[], []]), unconverted);
  });

  test("of erasing, with all inside", () => {
    expectNoTrace("high.sink", (operation, rewriter) => rewriter.erase(operation));
    expectNoTrace("high.region", (operation, rewriter) => rewriter.replace(operation, operation.operand(0)));
    expectNoTrace("high.region", (operation, rewriter) => {
      for (const block of operation.regions[0]!.blocks.slice(1)) rewriter.eraseBlock(block);
    });
  });

  test("of changes in place", () => {
    expectNoTrace("high.add", (operation, rewriter) =>
      rewriter.modify(operation, () => {
        operation.setOperand(0, operation.operand(1));
        operation.attributes.set("new", StringAttribute.get("x"));
        operation.location = nameLocation("elsewhere");
        operation.onlyResult.type = i32;
        operation.onlyResult.nameHint = "other";
      }),
    );
    expectNoTrace("high.pair", (operation, rewriter) =>
      rewriter.modify(operation, () => operation.attributes.delete("note")),
    );
    expectNoTrace("high.sink", (operation, rewriter) =>
      rewriter.modify(operation, () => operation.setOperands([operation.operand(0)])),
    );
    expectNoTrace("high.goto", (operation, rewriter) =>
      rewriter.modify(operation, () => operation.successors.splice(0, 1, operation.block!)),
    );
  });

  test("of a change in place that throws half-way", () => {
    const module = read();
    const before = picture(module);
    const broken = convert(t.highAdd, "broken", (operation, _, rewriter) =>
      rewriter.modify(operation, () => {
        operation.setOperands([]);
        throw new TypeError("a defect");
      }),
    );
    expect(() => applyPartialConversion(module, new ConversionTarget(), [broken], context, checked)).toThrow(
      "pattern 'broken' failed on 'high.add': a defect",
    );
    expect(picture(module)).toBe(before);
  });

  test("of moved operations and blocks", () => {
    expectNoTrace("high.add", (operation, rewriter) => rewriter.move(operation, at.endOf(operation.block!)));
    expectNoTrace("high.region", (operation, rewriter) => {
      const [region] = operation.regions;
      const [first, second] = region!.blocks;
      rewriter.splitBlock(first!, first!.first!.next);
      rewriter.inlineBlock(second!, at.before(operation), [operation.operand(0)]);
    });
    expectNoTrace("high.region", (operation, rewriter, operands) => {
      const body = new Region();
      rewriter.inlineRegion(operation.regions[0]!, body);
      rewriter.build(t.highRegion, { inputs: operands, outputs: [], body });
      rewriter.createBlock(body, [i32, i64], body.entry);
      rewriter.createBlock(body);
      rewriter.moveBlocks([body.blocks[2]!], operation.regions[0]!);
      rewriter.erase(operation);
    });
  });

  test("of block arguments", () => {
    expectNoTrace("high.region", (operation, rewriter) => rewriter.convertRegion(operation.regions[0]!));
    expectNoTrace("high.region", (operation, rewriter) => {
      const entry = operation.regions[0]!.entry!;
      const signature = new SignatureConversion(2).addInputs([i64]).mapInput(0, [i32, i32]);
      rewriter.applySignature(entry, signature.replaceInput(1, [operation.operand(0)]));
      rewriter.convertArguments(entry);
    });
  });

  test("of several edits on end", () => {
    expectNoTrace("high.region", (operation, rewriter, operands) => {
      rewriter.convertRegion(operation.regions[0]!);
      for (const block of operation.regions[0]!.blocks) {
        for (const inner of block.operations) rewriter.modify(inner, () => inner.setOperands([]));
      }
      rewriter.replace(operation, operands[0]!);
    });
  });
});

describe("a conversion that fails leaves no trace", () => {
  test("of what succeeded before", () => {
    const module = read();
    const before = picture(module);
    const add = convert(t.highAdd, "add", (operation, { lhs, rhs }, rewriter) =>
      rewriter.replaceWith(operation, t.lowAdd, { lhs, rhs, result: i32 }),
    );
    const region = convert(t.highRegion, "region", (operation, _, rewriter) =>
      rewriter.modify(operation, () => rewriter.convertRegion(operation.body)),
    );
    const negate = convert(t.highNegate, "negate", (operation, { input }, rewriter) =>
      rewriter.replaceWith(operation, t.lowNegate, { input, result: i32 }),
    );
    const target = new ConversionTarget()
      .illegal(t.highAdd, t.highNegate, t.highGoto)
      .dynamic(t.highRegion, (each) => types.isLegalValue(each.regions[0]!.entry!.arguments[0]!));
    expect(() => applyPartialConversion(module, target, [add, region, negate], context, checked)).toThrow(
      "'high.goto' op could not be legalized",
    );
    expect(picture(module)).toBe(before);
  });

  test("of nested applications", () => {
    const module = read();
    const before = picture(module);
    const outer = convert(t.highAdd, "outer", (operation, { lhs }, rewriter) => {
      const step = rewriter.build(t.lowStep, { input: lhs, result: i32 });
      return rewriter.replaceWith(operation, t.lowStep, { input: step.result, result: i32 });
    });
    const inner = convert(t.lowStep, "inner", (operation, { input }, rewriter) => {
      rewriter.replaceWith(operation, t.lowNegate, { input, result: i32 });
      return operation.operand(0).definer?.name === "low.negate" ? refuse("one is enough") : true;
    });
    const target = new ConversionTarget().illegal(t.highAdd, t.lowStep);
    expect(() => applyPartialConversion(module, target, [outer, inner], context, checked)).toThrow("'high.add'");
    expect(picture(module)).toBe(before);
  });

  test("where an erased operation is still used", () => {
    const module = read();
    const before = picture(module);
    const drop = convert(t.highAdd, "drop", (operation, _, rewriter) => rewriter.erase(operation));
    const target = new ConversionTarget().illegal(t.highAdd);
    expect(() => applyPartialConversion(module, target, [drop], context, checked)).toThrow(
      "was erased by a pattern, but its result 0 is still used by 'high.sink'",
    );
    expect(picture(module)).toBe(before);
  });
});

describe("random edits", () => {
  const edits = fc.array(
    fc.record({
      kind: fc.nat(10),
      pick: fc.nat(1000),
      other: fc.nat(1000),
    }),
    { minLength: 1, maxLength: 8 },
  );

  test("that end in a refusal, and nested failures, change nothing", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...roots), edits, { minKeys: 1 }), fc.boolean(), (scripts, isFatal) => {
        const module = read();
        const before = picture(module);
        const original = new Set<Operation>();
        forEachInside(module, (operation) => {
          original.add(operation);
          return true;
        });
        const pattern = convertAny("random", (operation, operands, rewriter) => {
          const script = scripts[operation.name];
          if (script === undefined) return undefined;
          for (const step of script) randomEdit(module, operation, operands, rewriter, step);
          // Half of the operations succeed for now; in the end the conversion fails.
          return isFatal && rewriter.mark % 2 === 0 && operation.block === undefined ? true : refuse("no");
        });
        const never = convert(t.lowStep, "never", () => refuse("it stays"));
        const target = new ConversionTarget().illegal(t.lowStep);
        if (isFatal) target.illegal(t.highSink);
        const run = () => applyPartialConversion(module, target, [pattern, never], context, { types });
        if (isFatal) expect(run).toThrow();
        else run();
        expect(picture(module)).toBe(before);
        module.walk((operation) => expect(original.has(operation)).toBe(true));
      }),
      propertyParameters(200),
    );
  });

  test("by patterns that then refuse do not show in what the others make", () => {
    const rebuild = (definition: typeof t.highAdd | typeof t.highPair, to: typeof t.lowAdd): ConversionPattern => ({
      name: `${definition.name}-to-low`,
      root: definition.name,
      benefit: 1,
      apply: (operation, [lhs, rhs], rewriter) =>
        rewriter.replaceWith(operation, to, { lhs: lhs!, rhs: rhs!, result: i32 }),
    });
    const region = convert(t.highRegion, "region", (operation, [first, ...others], rewriter) => {
      const body = new Region();
      rewriter.inlineRegion(operation.body, body);
      const made = rewriter.build(t.highRegion, { inputs: [...others, first!], outputs: [i32], body });
      rewriter.convertRegion(body);
      return rewriter.replace(operation, made.results);
    });
    const sink = convert(t.highSink, "sink", (operation, operands, rewriter) => {
      for (const operand of operands) rewriter.build(t.lowSink, { inputs: [operand] });
      return rewriter.erase(operation);
    });
    const goTo = convert(t.highGoto, "goto", (operation, operands, rewriter) =>
      rewriter.modify(operation, () => operation.setOperands(operands)),
    );
    const patterns = [rebuild(t.highAdd, t.lowAdd), rebuild(t.highPair, t.lowSubtract), region, sink, goTo];
    const target = () =>
      new ConversionTarget()
        .illegal(t.highAdd, t.highPair, t.highSink)
        .dynamic(t.highRegion, (operation) => types.isLegalValue(operation.regions[0]!.entry!.arguments[0]!))
        .dynamic(t.highGoto, (operation) => operation.operands.every((value) => types.isLegalValue(value)));
    const expected = read();
    applyPartialConversion(expected, target(), patterns, context, checked);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...roots), edits, { minKeys: 1 }), (scripts) => {
        const module = read();
        const noise: ConversionPattern = {
          ...convertAny("noise", (operation, operands, rewriter) => {
            for (const step of scripts[operation.name] ?? []) randomEdit(module, operation, operands, rewriter, step);
            return refuse("it was only noise");
          }),
          benefit: 9,
        };
        applyPartialConversion(module, target(), [noise, ...patterns], context, { types });
        expect(print(module, { debugInfo: true })).toBe(print(expected, { debugInfo: true }));
      }),
      propertyParameters(100),
    );
  });
});

const roots = ["high.source", "high.pair", "high.add", "high.region", "high.negate", "high.sink", "high.goto"];

interface Step {
  readonly kind: number;
  readonly pick: number;
  readonly other: number;
}

/** One edit through the rewriter, of an operation and values picked by number. What makes no sense is left out. */
function randomEdit(
  module: Operation,
  operation: Operation,
  operands: readonly Value[],
  rewriter: ConversionRewriter,
  { kind, pick, other }: Step,
): void {
  const all: Operation[] = [];
  forEachInside(module, (each) => {
    if (each !== module && each.block !== undefined) all.push(each);
    return true;
  });
  const chosen = all[pick % all.length];
  if (chosen === undefined) return;
  const values = [...operands, ...all.flatMap((each) => each.results), ...chosen.block!.arguments];
  const value = values[other % values.length];
  const blocks: Block[] = all.flatMap((each) => each.regions.flatMap((region) => region.blocks));
  const block = blocks[other % Math.max(1, blocks.length)];
  const isAround = chosen.isAncestorOf(operation);
  switch (kind) {
    case 0:
      rewriter.within(at.before(chosen), () =>
        rewriter.build(t.lowSink, { inputs: value === undefined ? [] : [value] }),
      );
      return;
    case 1:
      rewriter.within(at.after(chosen), () => rewriter.build(t.lowSource, { outputs: [i32, i64] }));
      return;
    case 2:
      if (!isAround) rewriter.erase(chosen);
      return;
    case 3: {
      if (isAround || chosen.results.length === 0) return;
      const made = rewriter.within(at.before(chosen), () =>
        rewriter.build(t.lowSource, { outputs: chosen.results.map(({ type }) => (other % 2 === 0 ? type : i32)) }),
      );
      rewriter.replace(chosen, made.results);
      return;
    }
    case 4:
      rewriter.modify(chosen, () => {
        if (value !== undefined) chosen.setOperands([...chosen.operands.slice(other % 2), value]);
        chosen.attributes.set(`k${other % 3}`, StringAttribute.get(`${pick}`));
      });
      return;
    case 5:
      if (value !== undefined && chosen.operandCount > 0) {
        rewriter.modify(chosen, () => chosen.setOperand(other % chosen.operandCount, value));
      }
      return;
    case 6:
      if (value !== undefined && chosen.results.length > 0) rewriter.replaceAllUses(chosen.results[0]!, value);
      return;
    case 7:
      if (block !== undefined) rewriter.convertArguments(block);
      return;
    case 8:
      if (chosen.block !== undefined && chosen.block.region !== undefined) rewriter.splitBlock(chosen.block, chosen);
      return;
    case 9:
      if (
        block !== undefined &&
        !isAround &&
        block.parentOperation !== chosen &&
        !chosen.isAncestorOf(block.parentOperation!)
      ) {
        rewriter.move(chosen, other % 2 === 0 ? at.startOf(block) : at.endOf(block));
      }
      return;
    default: {
      const region = block?.region;
      if (region === undefined || block === undefined) return;
      if (region.blocks.length > 1) rewriter.moveBlocks([block], region);
      rewriter.createBlock(region, [i64], region.entry);
    }
  }
}
