import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { builtin } from "../../../dialects/builtin/index.ts";
import { missingMlirOpt, mlirOptEach } from "../../../dialects/upstream/mlir-opt.ts";
import { forAll, propertyParameters } from "../../../test/testing/property.ts";
import { Context } from "../../context.ts";
import type { Operation, Value } from "../../operation.ts";
import { parse } from "../../parser/parse.ts";
import { print } from "../../printer/print.ts";
import { verify } from "../../verifier.ts";
import { castName, reconcileCasts } from "./casts.ts";

const context = new Context([builtin], { allowUnregistered: true });

function reconciled(...lines: readonly string[]): readonly string[] {
  const module = parse(lines.join("\n"), context);
  reconcileCasts(module);
  verify(module, context);
  return linesOf(module);
}

function linesOf(module: Operation): readonly string[] {
  return print(module, { valueNames: false })
    .trimEnd()
    .split("\n")
    .slice(1, -1)
    .map((line) => line.trim());
}

const cast = (result: string, inputs: string, types: string) =>
  `${result} = builtin.unrealized_conversion_cast ${inputs} : ${types}`;
const source = (types: string, count = 1) => `%x${count > 1 ? `:${count}` : ""} = "a.source"() : () -> (${types})`;

/** Each cast takes one earlier value, or all results of one earlier cast, to one or two types; half of the values are used. */
const randomCasts = fc
  .array(fc.tuple(fc.nat(1000), fc.boolean(), fc.array(fc.nat(3), { minLength: 1, maxLength: 2 })), { maxLength: 14 })
  .map((steps) => {
    const names = ["i8", "i16", "i32", "i64"];
    const values: { name: string; type: string; group: readonly number[] }[] = [{ name: "%x", type: "i8", group: [0] }];
    const lines = [source("i8")];
    for (const [position, [from, whole, to]] of steps.entries()) {
      const chosen = from % values.length;
      const inputs = (whole ? values[chosen]!.group : [chosen]).map((each) => values[each]!);
      const types = to.map((each) => names[each]!);
      const first = values.length;
      const group = types.map((_, index) => first + index);
      for (const [index, type] of types.entries()) {
        values.push({ name: types.length === 1 ? `%v${position}` : `%v${position}#${index}`, type, group });
      }
      const result = types.length === 1 ? `%v${position}` : `%v${position}:2`;
      const inputTypes = inputs.map(({ type }) => type).join(", ");
      lines.push(cast(result, inputs.map(({ name }) => name).join(", "), `${inputTypes} to ${types.join(", ")}`));
    }
    const used = values.filter((_, index) => index % 2 === steps.length % 2);
    const operands = used.map(({ name }) => name).join(", ");
    lines.push(`"a.use"(${operands}) : (${used.map(({ type }) => type).join(", ")}) -> ()`);
    return lines.join("\n");
  });

describe("casts", () => {
  test("there and back cancel out", () => {
    expect(
      reconciled(
        source("i32"),
        cast("%y", "%x", "i32 to i64"),
        cast("%z", "%y", "i64 to i32"),
        '"a.use"(%z) : (i32) -> ()',
      ),
    ).toEqual(['%0 = "a.source"() : () -> i32', '"a.use"(%0) : (i32) -> ()']);
  });

  test("of several values cancel out, in both directions", () => {
    expect(
      reconciled(
        source("i32, i64", 2),
        cast("%y", "%x#0, %x#1", "i32, i64 to f32"),
        cast("%z:2", "%y", "f32 to i32, i64"),
        '"a.use"(%z#1, %z#0) : (i64, i32) -> ()',
      ),
    ).toEqual(['%0:2 = "a.source"() : () -> (i32, i64)', '"a.use"(%0#1, %0#0) : (i64, i32) -> ()']);
    expect(
      reconciled(
        source("f32"),
        cast("%y:2", "%x", "f32 to i32, i64"),
        cast("%z", "%y#0, %y#1", "i32, i64 to f32"),
        '"a.use"(%z) : (f32) -> ()',
      ),
    ).toEqual(['%0 = "a.source"() : () -> f32', '"a.use"(%0) : (f32) -> ()']);
  });

  test("of parts, or of swapped parts, stay", () => {
    const lines = reconciled(
      source("i32, i32", 2),
      cast("%y:2", "%x#0, %x#1", "i32, i32 to f32, f32"),
      cast("%z:2", "%y#1, %y#0", "f32, f32 to i32, i32"),
      cast("%p", "%y#0", "f32 to i32"),
      '"a.use"(%z#0, %p) : (i32, i32) -> ()',
    );
    expect(lines).toHaveLength(5);
  });

  test("that end where a chain came by take the value from there", () => {
    expect(
      reconciled(
        source("i8"),
        cast("%y", "%x", "i8 to i16"),
        cast("%z", "%y", "i16 to i32"),
        cast("%w", "%z", "i32 to i16"),
        cast("%v", "%w", "i16 to i8"),
        '"a.use"(%w, %v) : (i16, i8) -> ()',
      ),
    ).toEqual([
      '%0 = "a.source"() : () -> i8',
      "%1 = unrealized_conversion_cast %0 : i8 to i16",
      '"a.use"(%1, %0) : (i16, i8) -> ()',
    ]);
  });

  test("to the same type vanish", () => {
    expect(reconciled(source("i8"), cast("%y", "%x", "i8 to i8"), '"a.use"(%y) : (i8) -> ()')).toEqual([
      '%0 = "a.source"() : () -> i8',
      '"a.use"(%0) : (i8) -> ()',
    ]);
  });

  test("that nobody uses go, whole chains of them", () => {
    expect(reconciled(source("i8"), cast("%y", "%x", "i8 to i16"), cast("%z", "%y", "i16 to i32"))).toEqual([
      '%0 = "a.source"() : () -> i8',
    ]);
  });

  test("in a ring go where nothing else needs them, and stay where something does", () => {
    const ring = (use: string) => {
      const module = parse(
        ['"a.graph"() ({', cast("%y", "%x", "i8 to i16"), cast("%x", "%y", "i16 to i8"), use, "}) : () -> ()"].join(
          "\n",
        ),
        context,
      );
      const changed = reconcileCasts(module);
      let left = 0;
      module.walk((operation) => {
        if (operation.name === castName) left++;
      });
      return { changed, left };
    };
    expect(ring("")).toEqual({ changed: true, left: 0 });
    expect(ring('"a.use"(%x) : (i8) -> ()')).toEqual({ changed: false, left: 2 });
  });

  test("with no inputs, or that change nothing, stay", () => {
    const module = parse('%x = builtin.unrealized_conversion_cast to i8\n"a.use"(%x) : (i8) -> ()', context);
    expect(reconcileCasts(module)).toBe(false);
    expect(linesOf(module)).toHaveLength(2);
  });

  test("that are random are reconciled as one by one", () => {
    forAll(randomCasts, 200, (text) => {
      const [module, naive] = [parse(text, context), parse(text, context)];
      reconcileCasts(module);
      verify(module, context);
      reconcileNaively(naive);
      expect(linesOf(module)).toEqual(linesOf(naive));
    });
  });

  test.skipIf(missingMlirOpt !== undefined)(
    `that are random are reconciled as by mlir-opt (${missingMlirOpt ?? "19"})`,
    () => {
      const { seed = 42, numRuns = 100 } = propertyParameters<string>(100);
      const texts = fc.sample(randomCasts, { seed, numRuns });
      const theirs = mlirOptEach(texts, ["--reconcile-unrealized-casts", "--mlir-print-op-generic"]);
      for (const [position, text] of texts.entries()) {
        const module = parse(text, context);
        reconcileCasts(module);
        expect(linesOf(module), text).toEqual(linesOf(parse(theirs[position]!, context)));
      }
    },
  );

  test("take time in proportion, also in one long chain of different types", () => {
    const chain = (length: number): number => {
      const lines = [source("i1")];
      for (let step = 1; step <= length; step++) {
        lines.push(cast(`%v${step}`, step === 1 ? "%x" : `%v${step - 1}`, `i${step} to i${step + 1}`));
      }
      lines.push(`"a.use"(%v${length}) : (i${length + 1}) -> ()`);
      const module = parse(lines.join("\n"), context);
      const start = process.cpuUsage();
      expect(reconcileCasts(module)).toBe(false);
      return process.cpuUsage(start).user / 1000;
    };
    const best = (length: number): number => Math.min(chain(length), chain(length), chain(length));
    const [short, long] = [Math.max(1, best(500)), best(4000)];
    // 8 times as many; a search along the chain for each would take 64 times as long.
    expect(long / short).toBeLessThan(40);
  });
});

/** What a cast can be replaced by: the topmost values of its types on its chain. Then what is unused is dropped. */
function reconcileNaively(root: Operation): void {
  const casts: Operation[] = [];
  root.walk((operation) => {
    if (operation.name === castName) casts.push(operation);
  });
  const typesOf = (values: readonly Value[]) => values.map(({ type }) => type.text).join();
  const found = casts.map((each) => {
    let top: readonly Value[] | undefined;
    for (let current: Operation | undefined = each; current !== undefined; current = wholeProducerOf(current)) {
      if (typesOf(current.operands) === typesOf(each.results)) top = current.operands;
    }
    return top;
  });
  for (const [position, each] of casts.entries()) {
    for (const [index, result] of each.results.entries()) {
      const replacement = found[position]?.[index];
      if (replacement !== undefined) result.replaceAllUsesWith(replacement);
    }
  }
  for (const each of casts.reverse()) if (!each.hasUses) each.erase();
}

function wholeProducerOf({ operands }: Operation): Operation | undefined {
  const definer = operands[0]?.definer;
  if (definer?.name !== castName || definer.results.length !== operands.length) return undefined;
  return definer.results.every((result, index) => result === operands[index]) ? definer : undefined;
}
