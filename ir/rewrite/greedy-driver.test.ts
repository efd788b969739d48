/** The greedy driver on a small dialect: what it does, what it costs, and how it ends when patterns do not. */
import { describe, expect, test } from "vitest";
import { IntegerAttribute } from "../attributes.ts";
import { at, Builder } from "../builder.ts";
import { i64Attribute, signlessInteger, typeVariable } from "../constraints.ts";
import { Context, dialect } from "../context.ts";
import { attribute, op, operand, region, result, variadicOperand } from "../declaration.ts";
import { DiagnosticError } from "../diagnostic-error.ts";
import { fileLocation, nameLocation, unknownLocation } from "../location.ts";
import { Block, type Operation, Region, type Value } from "../operation.ts";
import { print } from "../printer/print.ts";
import { type IntegerType, i64 } from "../types.ts";
import { applyPatternsGreedily } from "./greedy-driver.ts";
import type { RewriteObserver } from "./observer.ts";
import { anyConstant, type Pattern, refuse, rewrite, rewriteAny } from "./pattern.ts";
import { PatternSet } from "./pattern-set.ts";

type Integer = Value<IntegerType>;
const T = typeVariable("T", signlessInteger);
const unary = { input: operand(T), result: result(T) } as const;
const number = op(
  "toy.number",
  { value: attribute(i64Attribute), result: result(signlessInteger) },
  { doc: "A number.", traits: ["Pure", "ConstantLike"] },
);
const plus = op(
  "toy.plus",
  { lhs: operand(T), rhs: operand(T), result: result(T) },
  {
    doc: "Sum.",
    traits: ["Pure"],
    fold: (_, [lhs, rhs]) =>
      lhs instanceof IntegerAttribute && rhs instanceof IntegerAttribute
        ? IntegerAttribute.get(lhs.value + rhs.value)
        : undefined,
  },
);
const flip = op("toy.flip", unary, { doc: "One.", traits: ["Pure"] });
const flop = op("toy.flop", unary, { doc: "Two.", traits: ["Pure"] });
const flap = op("toy.flap", unary, { doc: "Three.", traits: ["Pure"] });
const sink = op("toy.sink", { inputs: variadicOperand(signlessInteger) }, { doc: "Keeps values alive." });
const nest = op("toy.nest", { body: region() }, { doc: "A region." });
const home = op("toy.home", { body: region() }, { doc: "A region on its own.", traits: ["IsolatedFromAbove"] });

const toy = dialect("toy", {
  doc: "For tests.",
  ops: [number, plus, flip, flop, flap, sink, nest, home],
  materializeConstant: (value, type, location) =>
    value instanceof IntegerAttribute && signlessInteger.matches(type)
      ? number.build({ value: value.number, result: type }, location)
      : undefined,
});
const context = new Context([toy]);

/** A home whose block has one argument, filled by `body`. */
function program(body: (builder: Builder, x: Integer) => void): Operation {
  const block = new Block();
  const x = block.addArgument(i64, unknownLocation);
  body(new Builder(at.endOf(block), fileLocation("in.toy", 7, 3)), x);
  return home.build({ body: new Region([block]) }, unknownLocation);
}

const bodyOf = (root: Operation): string[] => root.regions[0]!.onlyBlock.operations.map(({ name }) => name.slice(4));
const n = (builder: Builder, value: number) => builder.build(number, { value, result: i64 }).result;
const one = (builder: Builder, definition: typeof flip, input: Integer): Integer =>
  builder.build(definition, { input }).result;
const keep = (builder: Builder, ...inputs: readonly Integer[]) => builder.build(sink, { inputs });

/** x ∘ -> y ∘ */
const becomes = (from: typeof flip, to: typeof flip): Pattern =>
  rewrite(from, `${from.name.slice(4)}-to-${to.name.slice(4)}`, (operation, rewriter) =>
    rewriter.replaceWith(operation, to, { input: operation.input }),
  );

describe("what the driver does", () => {
  test("equal constants become one, at the head of the isolated region, in the order of the program", () => {
    const inner = new Block();
    const root = program((builder, x) => {
      keep(builder, n(builder, 1));
      const into = new Builder(at.endOf(inner), unknownLocation);
      keep(into, n(into, 2), n(into, 1), x);
      builder.build(nest, { body: new Region([inner]) });
    });
    expect(applyPatternsGreedily(root, [], context).changed).toBe(true);
    expect(bodyOf(root)).toEqual(["number", "number", "sink", "nest"]);
    expect(inner.operations).toHaveLength(1);
    expect(applyPatternsGreedily(root, [], context).changed).toBe(false);
  });

  test("a constant does not leave an isolated region", () => {
    const inner = new Block();
    const root = program((builder) => {
      const into = new Builder(at.endOf(inner), unknownLocation);
      keep(into, n(into, 2));
      builder.build(home, { body: new Region([inner]) });
      keep(builder, n(builder, 2));
    });
    applyPatternsGreedily(root, [], context);
    expect(bodyOf(root)).toEqual(["number", "home", "sink"]);
    expect(inner.operations).toHaveLength(2);
  });

  test("a constant stands before its users, whatever was inserted at the head meanwhile", () => {
    const root = program((builder, x) => {
      const two = n(builder, 2);
      keep(builder, builder.build(plus, { lhs: two, rhs: two }).result, one(builder, flip, x));
    });
    // Puts something in front of the constants, then asks for one of them.
    const atTheHead = rewrite(flip, "at-the-head", (operation, rewriter) => {
      const { block } = operation;
      const early = rewriter.within(at.startOf(block!), () => rewriter.build(flop, { input: operation.input }));
      const four = rewriter.constant(IntegerAttribute.get(4), i64, operation) as Integer;
      const sum = rewriter.within(at.after(early), () => rewriter.build(plus, { lhs: early.result, rhs: four }));
      return rewriter.replace(operation, sum.result);
    });
    applyPatternsGreedily(root, [atTheHead], context);
    const operations = root.regions[0]!.onlyBlock.operations;
    for (const operation of operations) {
      for (const { definer } of operation.operands)
        if (definer !== undefined) expect(definer.isBeforeInBlock(operation)).toBe(true);
    }
    expect(bodyOf(root)).toEqual(["number", "flop", "plus", "sink"]);
  });

  test("patterns whose operands must be defined otherwise are not tried", () => {
    const root = program((builder, x) =>
      keep(builder, one(builder, flip, one(builder, flop, x)), one(builder, flip, x)),
    );
    const ofFlop = rewrite(flip, "flip-of-flop", () => undefined, { operandDefiners: { 0: flop.name } });
    const ofNumber = rewrite(flip, "flip-of-number", () => undefined, { operandDefiners: { 0: anyConstant } });
    const { statistics } = applyPatternsGreedily(root, [ofFlop, ofNumber], context);
    expect([...statistics]).toEqual([["flip-of-flop", { tried: 1, matched: 0, refused: 0 }]]);
  });

  test("a pattern set of which no root occurs does nothing at all", () => {
    const root = program((builder, x) => {
      n(builder, 1);
      keep(builder, x);
    });
    expect(applyPatternsGreedily(root, [becomes(flip, flop)], context)).toMatchObject({
      changed: false,
      iterations: 0,
    });
    expect(bodyOf(root)).toEqual(["number", "sink"]);
    expect(applyPatternsGreedily(root, [becomes(flip, flop)], context, { alwaysFold: true }).changed).toBe(true);
    expect(bodyOf(root)).toEqual(["sink"]);
  });

  test("refusals are counted, and told to the observer with everything else", () => {
    const told: string[] = [];
    const observer: RewriteObserver = {
      tried: (name) => told.push(`try ${name}`),
      matched: (name, operation, kind) => told.push(`${kind} ${name} on ${operation.name}`),
      refused: (name, _, reason) => told.push(`${name}: ${reason}`),
    };
    const root = program((builder, x) => keep(builder, one(builder, flop, one(builder, flip, x))));
    const watched = new Context([toy]);
    watched.rewriteObserver = observer;
    const declines = rewrite(flop, "declines", () => refuse("not today"));
    const { statistics } = applyPatternsGreedily(root, [becomes(flip, flap), declines], watched);
    expect(statistics.get("declines")).toMatchObject({ matched: 0, refused: 2 });
    expect(told.slice(0, 2)).toEqual(["try flip-to-flap", "pattern flip-to-flap on toy.flip"]);
    expect(told).toContain("declines: not today");
  });

  test("an observer can refuse every action", () => {
    const root = program((builder, x) => {
      n(builder, 5);
      const three = builder.build(plus, { lhs: n(builder, 1), rhs: n(builder, 2) });
      keep(builder, one(builder, flip, x), three.result);
    });
    const before = print(root);
    const watched = new Context([toy]);
    watched.rewriteObserver = { begin: () => false };
    expect(applyPatternsGreedily(root, [becomes(flip, flop)], watched).changed).toBe(false);
    expect(print(root)).toBe(before);
  });

  test("limits end the work without an error", () => {
    const make = () =>
      program((builder, x) => {
        let value = x;
        for (let count = 0; count < 6; count++) value = one(builder, flip, value);
        keep(builder, value);
      });
    const limited = make();
    const options = { maxNumRewrites: 2, maxIterations: 1 };
    expect(applyPatternsGreedily(limited, [becomes(flip, flop)], context, options)).toMatchObject({
      changed: true,
      converged: false,
      rewrites: 2,
    });
    expect(bodyOf(limited).filter((name) => name === "flop")).toHaveLength(2);
    const free = make();
    expect(applyPatternsGreedily(free, [becomes(flip, flop)], context)).toMatchObject({ converged: true, rewrites: 6 });
  });

  test("the order of a sweep: from the first operation or from the last", () => {
    const seen: string[] = [];
    const look = rewriteAny("look", (operation) => {
      seen.push(operation.name.slice(4));
      return undefined;
    });
    const root = program((builder, x) => keep(builder, one(builder, flop, one(builder, flip, x))));
    applyPatternsGreedily(root, [look], context);
    applyPatternsGreedily(root, [look], context, { topDown: false });
    expect(seen).toEqual(["flip", "flop", "sink", "sink", "flop", "flip"]);
  });

  test("an exception in a pattern names the pattern and the op", () => {
    const root = program((builder, x) => keep(builder, one(builder, flip, x)));
    const broken = rewrite(flip, "broken", () => {
      throw new TypeError("no such thing");
    });
    expect(() => applyPatternsGreedily(root, [broken], context)).toThrow(
      "pattern 'broken' failed on 'toy.flip': no such thing",
    );
  });
});

describe("expensive checks", () => {
  const check = (pattern: Pattern) => () =>
    applyPatternsGreedily(
      program((builder, x) => keep(builder, one(builder, flip, x))),
      [pattern],
      context,
      { expensiveChecks: true },
    );

  test("a match that changes nothing", () => {
    expect(check(rewrite(flip, "idle", () => true))).toThrow(
      "'toy.flip' op pattern 'idle' says that it matched, but it changed nothing",
    );
  });

  test("a change without a match", () => {
    const secret = rewrite(flip, "secret", (operation) => {
      operation.attributes.set("seen", IntegerAttribute.get(1));
      return refuse("nothing to see");
    });
    expect(check(secret)).toThrow("pattern 'secret' says that it did not match, but it changed the IR");
  });

  test("sound patterns pass", () => {
    expect(check(becomes(flip, flop))()).toMatchObject({ changed: true, converged: true });
  });
});

/** The error that endless rewriting ends with, on a program around one `toy.flip`, and with many bystanders. */
function diverge(patterns: readonly Pattern[], bystanders = 0, from: typeof flip = flip): DiagnosticError {
  const root = program((builder, x) => {
    for (let count = 0; count < bystanders; count++) keep(builder, one(builder, flap, n(builder, count)));
    builder.location = nameLocation("here", fileLocation("in.toy", 9, 5));
    keep(builder, one(builder, from, x));
  });
  try {
    applyPatternsGreedily(root, PatternSet.of(patterns, quiet), context);
  } catch (error) {
    if (error instanceof DiagnosticError) return error;
    throw error;
  }
  throw new Error("the rewriting ended");
}

/** A pattern that matches once on each bystander and has no part in anything. */
const quiet = rewrite(flap, "quiet", (operation, rewriter) => {
  if (operation.attributes.has("seen")) return undefined;
  return rewriter.modify(operation, () => operation.attributes.set("seen", IntegerAttribute.get(1)));
});

describe("rewriting that does not end is reported by exactly the patterns that take part", () => {
  test.each([0, 20_000])("two patterns that undo each other, among %i bystanders", (bystanders) => {
    const { message, details } = diverge([becomes(flip, flop), becomes(flop, flip)], bystanders);
    expect(message).toMatch(
      /^'toy\.fl[io]p' op \(here\) is being rewritten without end: the pattern flip-to-flop and the pattern flop-to-flip undo each other \(the IR is the same again after 2 steps\)$/,
    );
    expect(details).toMatchObject({ file: "in.toy", line: 9, column: 5 });
    expect(details.notes).toHaveLength(2);
  });

  test("three in a ring", () => {
    const { message } = diverge([becomes(flip, flop), becomes(flop, flap), becomes(flap, flip)]);
    expect(message).toContain(
      "the pattern flap-to-flip, the pattern flip-to-flop and the pattern flop-to-flap undo each other " +
        "(the IR is the same again after 3 steps)",
    );
  });

  test("a fold against a pattern", () => {
    const apart = rewrite(number, "number-to-sum", (operation, rewriter) => {
      const { value } = operation;
      if (value < 2) return undefined;
      const [lhs, rhs] = [value - 1, 1].map((part) => rewriter.build(number, { value: part, result: i64 }).result);
      return rewriter.replaceWith(operation, plus, { lhs: lhs!, rhs: rhs! });
    });
    const root = program((builder) => keep(builder, n(builder, 2)));
    expect(() => applyPatternsGreedily(root, [apart], context)).toThrow(
      "the fold of 'toy.plus' and the pattern number-to-sum undo each other",
    );
  });

  test("a pattern that undoes itself", () => {
    const swap = rewrite(plus, "swap", (operation, rewriter) => {
      const [lhs, rhs] = operation.operands;
      return rewriter.modify(operation, () => operation.setOperands([rhs!, lhs!]));
    });
    const root = program((builder, x) =>
      keep(builder, builder.build(plus, { lhs: x, rhs: one(builder, flip, x) }).result),
    );
    expect(() => applyPatternsGreedily(root, [swap], context)).toThrow(
      "the pattern swap undoes itself (the IR is the same again after 2 steps)",
    );
  });

  test("a match that changes nothing but says that it did", () => {
    const idle = rewrite(flip, "idle", (operation, rewriter) => rewriter.modify(operation, () => {}));
    expect(diverge([idle]).message).toContain(
      "the pattern idle says that it matched, but the IR is the same afterwards",
    );
  });

  test("what is inserted in vain and removed again", () => {
    const litter = rewrite(flip, "litter", (operation, rewriter) => {
      rewriter.build(flop, { input: operation.input });
      return rewriter.modify(operation, () => {});
    });
    expect(diverge([litter]).message).toContain(
      "the pattern litter inserts 'toy.flop', which nobody uses and which is removed again",
    );
  });

  test.each([0, 20_000])("a rewrite that grows for ever, among %i bystanders", (bystanders) => {
    const wrap = rewrite(flip, "wrap", (operation, rewriter) => {
      const outer = rewriter.build(flop, { input: operation.input });
      return rewriter.modify(operation, () => operation.setOperand(0, outer.result));
    });
    const { message, details } = diverge([wrap], bystanders);
    expect(message).toMatch(
      /^'toy\.flip' op \(here\) is being rewritten without end: the pattern wrap keeps inserting 'toy\.flop' \(163\d\d rewrites in a row, \d+ operations more than before\)$/,
    );
    expect(details).toMatchObject({ file: "in.toy", line: 9 });
  });

  test("two patterns that grow together", () => {
    const grow = (from: typeof flip, to: typeof flip): Pattern =>
      rewrite(from, `${from.name.slice(4)}-to-two-${to.name.slice(4)}s`, (operation, rewriter) => {
        const first = rewriter.build(to, { input: operation.input });
        return rewriter.replaceWith(operation, to, { input: first.result });
      });
    expect(diverge([grow(flip, flop), grow(flop, flip)]).message).toMatch(
      /the pattern flip-to-two-flops and the pattern flop-to-two-flips keep inserting 'toy\.flip' and 'toy\.flop' \(/,
    );
  });

  test("a state that never comes back", () => {
    const count = rewrite(flip, "count", (operation, rewriter) => {
      const before = operation.attribute("n");
      const next = before instanceof IntegerAttribute ? before.number + 1 : 0;
      return rewriter.modify(operation, () => operation.attributes.set("n", IntegerAttribute.get(next)));
    });
    expect(diverge([count]).message).toMatch(
      /the pattern count changes it again and again, never to the same IR twice \(\d+ rewrites in a row\)/,
    );
  });
});

describe("rewriting that is only long is left alone", () => {
  test("a chain of 100,000 sums of constants", () => {
    const root = program((builder) => {
      let value: Integer = n(builder, 1);
      for (let count = 0; count < 100_000; count++)
        value = builder.build(plus, { lhs: value, rhs: n(builder, 1) }).result;
      keep(builder, value);
    });
    expect(applyPatternsGreedily(root, [], context).converged).toBe(true);
    expect(bodyOf(root)).toEqual(["number", "sink"]);
    expect(root.regions[0]!.onlyBlock.first!.properties.get("value")).toBe(IntegerAttribute.get(100_001));
  });

  test.each([true, false])("a wrapper of 30,000 layers, top down: %s", (topDown) => {
    const unwrap = rewrite(
      flip,
      "unwrap",
      (operation, rewriter) => {
        const inner = operation.input.definer!;
        return rewriter.modify(operation, () => operation.setOperand(0, inner.operand(0)));
      },
      { operandDefiners: { 0: flip.name } },
    );
    const root = program((builder, x) => {
      let value = x;
      for (let count = 0; count < 30_000; count++) value = one(builder, flip, value);
      keep(builder, value);
    });
    applyPatternsGreedily(root, [unwrap], context, { topDown });
    expect(bodyOf(root)).toEqual(["flip", "sink"]);
  });

  test.each([true, false])("one op that moves past 20,000 others, top down: %s", (topDown) => {
    const sinkPast = rewrite(
      flop,
      "flop-of-flip",
      (operation, rewriter) => {
        const inner = operation.input.definer!;
        const early = rewriter.build(flop, { input: inner.operand(0) as Integer });
        return rewriter.replaceWith(operation, flip, { input: early.result });
      },
      { operandDefiners: { 0: flip.name } },
    );
    const root = program((builder, x) => {
      let value = x;
      for (let count = 0; count < 20_000; count++) value = one(builder, flip, value);
      keep(builder, one(builder, flop, value));
    });
    applyPatternsGreedily(root, [sinkPast], context, { topDown });
    expect(bodyOf(root).slice(0, 2)).toEqual(["flop", "flip"]);
    expect(bodyOf(root)).toHaveLength(20_002);
  });

  test("regions nested 5,000 deep", () => {
    const root = program((builder, x) => {
      let into = builder;
      for (let count = 0; count < 5_000; count++) {
        const block = new Block();
        into.build(nest, { body: new Region([block]) });
        into = new Builder(at.endOf(block), unknownLocation);
      }
      keep(into, one(into, flip, one(into, flip, x)));
    });
    expect(applyPatternsGreedily(root, [becomes(flip, flop)], context)).toMatchObject({ rewrites: 2, converged: true });
  });
});

describe("pattern sets", () => {
  const [a, b, c] = ["a", "b", "c"].map((name, position) => rewrite(flip, name, () => undefined, position)) as [
    Pattern,
    Pattern,
    Pattern,
  ];

  test("compose from patterns, lists and sets, each pattern once", () => {
    const set = PatternSet.of(a, [b, a], PatternSet.of(c));
    expect([...set].map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(PatternSet.of(a).union(b, [c]).size).toBe(3);
  });

  test("higher benefits first, ties in the given order", () => {
    const tie = rewrite(flip, "tie", () => undefined, 2);
    const any = rewriteAny("any", () => undefined, 1);
    const order = PatternSet.of(a, any, b, c, tie).for(flip.name);
    expect(order.map(({ pattern }) => pattern.name)).toEqual(["c", "tie", "any", "b", "a"]);
    expect(
      PatternSet.of(a, any)
        .for(flop.name)
        .map(({ pattern }) => pattern.name),
    ).toEqual(["any"]);
  });

  test("a choice by name, and a name that there is not", () => {
    const set = PatternSet.of(a, b, c);
    expect(set.only(["b"]).patterns).toEqual([b]);
    expect(set.without(["b"]).patterns).toEqual([a, c]);
    expect(() => set.only(["d"])).toThrow("no pattern is called 'd'");
  });
});
