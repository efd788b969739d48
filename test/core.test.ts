/** The core through a small dialect: typed declarations, use lists, the verifier with dominance, both rewrite engines. */
import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { builtin } from "../dialects/builtin/index.ts";
import { func, functionOperation, moduleOperation } from "../dialects/func/index.ts";
import { IntegerAttribute } from "../ir/attributes.ts";
import { at, Builder } from "../ir/builder.ts";
import { i64Attribute, signlessInteger, typeVariable } from "../ir/constraints.ts";
import { Context, dialect } from "../ir/context.ts";
import { attribute, op, operand, result, variadicOperand } from "../ir/declaration.ts";
import { OpInterface } from "../ir/interfaces.ts";
import { unknownLocation } from "../ir/location.ts";
import { Block, type Operation, Region, type Value } from "../ir/operation.ts";
import {
  applyFullConversion,
  applyPartialConversion,
  ConversionTarget,
  convert,
  TypeConverter,
} from "../ir/rewrite/conversion.ts";
import { applyPatternsGreedily } from "../ir/rewrite/greedy-driver.ts";
import { refuse, rewrite } from "../ir/rewrite/pattern.ts";
import type { IntegerType } from "../ir/types.ts";
import { f32, i1, i32, i64 } from "../ir/types.ts";
import { verify, verifyAll } from "../ir/verifier.ts";
import { cse } from "../passes/cse.ts";
import { dce } from "../passes/dce.ts";
import { instantiate, pass } from "../passes/pass.ts";
import { checkRequirements, PassManager } from "../passes/pass-manager.ts";
import { parsePipeline, printPipeline } from "../passes/pipeline.ts";

const T = typeVariable("T", signlessInteger);

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
    traits: ["Pure", "Commutative"],
    fold: (_, [lhs, rhs]) =>
      lhs instanceof IntegerAttribute && rhs instanceof IntegerAttribute
        ? IntegerAttribute.get(lhs.value + rhs.value)
        : undefined,
  },
);
const flip = op("toy.flip", { input: operand(T), result: result(T) }, { doc: "Involution.", traits: ["Pure"] });
const flop = op("toy.flop", { input: operand(T), result: result(T) }, { doc: "Another.", traits: ["Pure"] });
const sink = op("toy.sink", { inputs: variadicOperand(signlessInteger) }, { doc: "Keeps values alive." });

const toy = dialect("toy", {
  doc: "For tests.",
  ops: [number, plus, flip, flop, sink],
  materializeConstant: (value, type, location) =>
    value instanceof IntegerAttribute && signlessInteger.matches(type)
      ? number.build({ value: value.number, result: type }, location)
      : undefined,
});
const context = new Context([builtin, func, toy]);

/** A module of one function on i64 whose body `fill` writes. */
function program(fill: (builder: Builder, argument: Value<IntegerType>) => void): Operation {
  const main = functionOperation("main", [i64], [], (builder, [argument]) => {
    if (argument !== undefined && signlessInteger.matches(argument.type)) fill(builder, argument as Value<IntegerType>);
    return [];
  });
  return moduleOperation([main]);
}

function names(module: Operation): string[] {
  const found: string[] = [];
  module.walk((operation) => {
    if (operation.name.startsWith("toy.")) found.push(operation.name);
  });
  return found;
}

describe("declarations", () => {
  test("accessors and builders are typed", () => {
    program((builder, x) => {
      const sum = builder.build(plus, { lhs: x, rhs: x });
      expectTypeOf(sum.lhs).toEqualTypeOf<Value<IntegerType>>();
      expect(sum.result.type).toBe(i64);
      expect(sum.lhs).toBe(x);
      // @ts-expect-error an operand is missing
      expect(() => builder.build(plus, { lhs: x })).toThrow();
      const one = builder.build(number, { value: 1, result: i64 });
      expectTypeOf(one.value).toEqualTypeOf<number>();
    });
  });

  test("a field cannot hide what every operation has", () => {
    expect(() => op("toy.bad", { operands: operand(T) }, { doc: "" })).toThrow("cannot be called operands");
  });

  test("an interface attached from outside is found", () => {
    const Cost = new OpInterface<(operation: Operation) => number>("cost");
    const extended = context.with([dialect("more", { doc: "", attach: [Cost.attach(plus, () => 7)] })]);
    const module = program((builder, x) => builder.build(plus, { lhs: x, rhs: x }));
    module.walk((operation) => {
      if (plus.matches(operation)) expect(extended.implementation(Cost, operation)?.(operation)).toBe(7);
      if (plus.matches(operation)) expect(context.implementation(Cost, operation)).toBeUndefined();
    });
  });
});

describe("verifier", () => {
  test("types that a variable ties together", () => {
    const block = new Block();
    const [a, b] = [block.addArgument(i64, unknownLocation), block.addArgument(i32, unknownLocation)];
    block.append(
      plus.create({
        name: "toy.plus",
        definition: context.definition("toy.plus"),
        operands: [a, b],
        resultTypes: [i64],
        location: unknownLocation,
      }),
    );
    const module = moduleOperation([]);
    module.regions[0]!.onlyBlock.append(
      sink.create({ name: "toy.sink", definition: context.definition("toy.sink"), location: unknownLocation }),
    );
    expect(verifyAll(block.first!, context).map((error) => error.message)).toEqual([
      "'toy.plus' op operand 'rhs' must have the type of 'lhs', i64, but got i32",
    ]);
  });

  test("a wrong type, count and attribute", () => {
    const block = new Block();
    const x = block.addArgument(f32, unknownLocation);
    const definition = context.definition("toy.flip");
    const flips = [
      flip.create({ name: "toy.flip", definition, operands: [x], resultTypes: [i64], location: unknownLocation }),
      flip.create({ name: "toy.flip", definition, operands: [], resultTypes: [i64], location: unknownLocation }),
      number.create({
        name: "toy.number",
        definition: context.definition("toy.number"),
        resultTypes: [i64],
        location: unknownLocation,
      }),
    ];
    expect(flips.map((each) => verifyAll(each, context)[0]?.message)).toEqual([
      "'toy.flip' op operand 'input' must be a signless integer, but got f32",
      "'toy.flip' op expected 1 operand, but found 0",
      "'toy.number' op needs the attribute 'value': an integer attribute of type i64",
    ]);
  });

  test("a use before its definition", () => {
    const module = program((builder, x) => {
      const first = builder.build(flip, { input: x });
      const second = builder.build(flip, { input: first.result });
      builder.build(sink, { inputs: [second.result] });
      first.setOperand(0, second.result);
    });
    expect(() => verify(module, context)).toThrow("operand #0 does not dominate this use");
  });

  test("a symbol defined twice", () => {
    const make = () => functionOperation("same", [], [], () => []);
    expect(() => verify(moduleOperation([make(), make()]), context)).toThrow("redefines the symbol @same");
  });
});

describe("greedy rewriting", () => {
  const flipOfFlip = rewrite(flip, "flip-of-flip", (operation, rewriter) => {
    const { definer } = operation.input;
    return flip.matches(definer) ? rewriter.replace(operation, definer.input) : refuse("the operand is not a flip");
  });

  test("patterns, folds and dead code to a fixed point", () => {
    const module = program((builder, x) => {
      const twice = builder.build(flip, { input: builder.build(flip, { input: x }).result });
      const one = builder.build(number, { value: 1, result: i64 });
      const two = builder.build(plus, { lhs: one.result, rhs: one.result });
      builder.build(sink, { inputs: [twice.result, two.result] });
    });
    const { statistics } = applyPatternsGreedily(module, [flipOfFlip], context);
    expect(names(module)).toEqual(["toy.number", "toy.sink"]);
    expect(statistics.get("flip-of-flip")?.matched).toBe(1);
    verify(module, context);
  });

  test("nothing to do is said exactly", () => {
    const module = program((builder, x) => builder.build(sink, { inputs: [x] }));
    expect(applyPatternsGreedily(module, [flipOfFlip], context).changed).toBe(false);
  });

  test("patterns that undo each other are reported by name", () => {
    const to = rewrite(flip, "flip-to-flop", (operation, rewriter) =>
      rewriter.replaceWith(operation, flop, { input: operation.input }),
    );
    const back = rewrite(flop, "flop-to-flip", (operation, rewriter) =>
      rewriter.replaceWith(operation, flip, { input: operation.input }),
    );
    const module = program((builder, x) => builder.build(sink, { inputs: [builder.build(flip, { input: x }).result] }));
    expect(() => applyPatternsGreedily(module, [to, back], context)).toThrow(
      "the pattern flip-to-flop and the pattern flop-to-flip undo each other",
    );
  });
});

describe("dialect conversion", () => {
  const lower = convert(flip, "lower-flip", (operation, [input], rewriter) =>
    rewriter.replace(operation, rewriter.build(flop, { input: input as Value<IntegerType> }).result),
  );

  test("what is illegal is converted, types with it", () => {
    const types = new TypeConverter().add((type) => (type === i64 ? i32 : undefined));
    const module = program((builder, x) => {
      const middle = builder.build(flip, { input: builder.build(flip, { input: x }).result });
      builder.build(sink, { inputs: [middle.result] });
    });
    applyPartialConversion(module, new ConversionTarget().illegal(flip), [lower], context, { types });
    expect(names(module)).toEqual(["toy.flop", "toy.flop", "toy.sink"]);
    verify(module, context);
    module.walk((operation) => {
      if (flop.matches(operation)) expect(operation.result.type).toBe(i32);
    });
  });

  test("a failure lists the patterns and their refusals", () => {
    const never = convert(flip, "never", () => refuse("the moon is not full"));
    const module = program((builder, x) => builder.build(sink, { inputs: [builder.build(flip, { input: x }).result] }));
    try {
      applyFullConversion(module, new ConversionTarget().legalDialects("func").legal(sink), [never], context);
      expect.fail("flip stays illegal");
    } catch (error) {
      expect(String(error)).toContain("'toy.flip' op could not be legalized");
      expect(JSON.stringify(error)).toContain("never: the moon is not full");
    }
  });
});

describe("passes", () => {
  test("cse and dce ask interfaces, not names", () => {
    const module = program((builder, x) => {
      const [a, b] = [builder.build(plus, { lhs: x, rhs: x }), builder.build(plus, { lhs: x, rhs: x })];
      builder.build(flip, { input: a.result });
      builder.build(sink, { inputs: [a.result, b.result] });
    });
    new PassManager([instantiate(cse), instantiate(dce)], context).run(module);
    expect(names(module)).toEqual(["toy.plus", "toy.sink"]);
  });

  test("pipelines are text and print back", () => {
    const tuned = pass("tuned", {
      doc: "",
      options: { width: { doc: "", default: 4 }, mode: { doc: "", default: "fast", choices: ["fast", "slow"] } },
      run: () => false,
    });
    const known = [cse, dce, tuned];
    const text = "builtin.module(func.func(cse,dce),tuned{width=8 mode=slow})";
    expect(printPipeline(parsePipeline(text, known))).toBe(text);
    expect(() => parsePipeline("cze", known)).toThrow("did you mean cse");
    expect(() => parsePipeline("tuned{width=x}", known)).toThrow("must be a number");
    expect(() => parsePipeline("tuned{mode=medium}", known)).toThrow("one of fast, slow");
    expect(() => parsePipeline("tuned{depth=1}", known)).toThrow("no option 'depth'; it has width, mode");
    expect(() => parsePipeline("func.func(cse", known)).toThrow("expected ')'");
    expect(() => parsePipeline("func.func(".repeat(200), known)).toThrow("nested too deeply");
  });

  test("a missing property names the pass that establishes it", () => {
    const provider = pass("provider", { doc: "", establishes: ["ready"], run: () => false });
    const user = pass("user", { doc: "", requires: ["ready"], run: () => false });
    expect(() => checkRequirements([instantiate(user), instantiate(provider)], [])).toThrow("run provider before it");
    checkRequirements([instantiate(provider), instantiate(user)], []);
  });
});

describe("random edits keep use lists, order and dominance", () => {
  /** The graph as plain data: what each live operation uses, in program order. */
  test("against a naive model", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("create", "replace", "erase", "move", "rewire"), fc.nat(), fc.nat()), {
          maxLength: 60,
        }),
        (edits) => {
          const block = new Block();
          const region = new Region([block]);
          const seed = block.addArgument(i1, unknownLocation);
          const live: Operation[] = [];
          const pickValue = (choice: number): Value =>
            live.length === 0 ? seed : live[choice % live.length]!.onlyResult;
          const builder = new Builder(at.endOf(block));
          for (const [kind, first, second] of edits) {
            const target = live[first % Math.max(1, live.length)];
            if (kind === "create" || target === undefined) {
              live.push(
                builder.build(plus, {
                  lhs: pickValue(first) as Value<IntegerType>,
                  rhs: pickValue(second) as Value<IntegerType>,
                }),
              );
            } else if (kind === "replace") target.onlyResult.replaceAllUsesWith(seed);
            else if (kind === "rewire") target.setOperand(second % 2, seed);
            else if (kind === "erase" && !target.hasUses) {
              target.erase();
              live.splice(live.indexOf(target), 1);
            } else if (kind === "move") {
              const anchor = live[second % live.length]!;
              if (anchor !== target) target.moveBefore(anchor);
            }
          }
          const listed = block.operations;
          expect(new Set(listed)).toEqual(new Set(live));
          for (const [position, operation] of listed.entries()) {
            expect(operation.block).toBe(block);
            expect(operation.previous).toBe(listed[position - 1]);
            const later = listed[position + 1];
            if (later !== undefined) expect(operation.isBeforeInBlock(later)).toBe(true);
            for (const use of operation.operandUses) expect(use.value.uses).toContain(use);
          }
          for (const value of [seed, ...listed.map((operation) => operation.onlyResult)]) {
            for (const use of value.uses) expect(use.owner.operands[use.index]).toBe(value);
            const uses = listed.flatMap((operation) => operation.operands).filter((each) => each === value).length;
            expect(value.uses.length).toBe(uses);
          }
          expect(region.blocks).toEqual([block]);
        },
      ),
    );
  });
});
