/**
 * Canonicalization and CSE keep what programs compute: dense random arithmetic on narrow and wide integers, with the
 * constants at which rules go wrong, run before and after by the reference semantics. The order of the patterns and of the
 * sweep may change the text, never the results.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defaultContext } from "../../compiler/registry.ts";
import { functionsOf } from "../../dialects/func/index.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { applyPatternsGreedily, type GreedyOptions } from "../../ir/rewrite/greedy-driver.ts";
import { PatternSet } from "../../ir/rewrite/pattern-set.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { verify } from "../../ir/verifier.ts";
import { cse } from "../../passes/cse.ts";
import { instantiate } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { forAll } from "../testing/property.ts";

const context = defaultContext();

const types = ["i1", "i8", "i32", "i64", "index"] as const;
type TypeName = (typeof types)[number];
const widths: Record<TypeName, number> = { i1: 1, i8: 8, i32: 32, i64: 64, index: 64 };

const binary = (
  "addi subi muli divsi divui ceildivsi ceildivui floordivsi remsi remui andi ori xori shli shrsi shrui " +
  "minsi maxsi minui maxui"
).split(" ");
const predicates = "eq ne slt sle sgt sge ult ule ugt uge".split(" ");

/** One operation, in numbers that are read modulo what there is. */
type Step = readonly [kind: number, a: number, b: number, c: number];

/** Straight-line code on two arguments of every type, returning the last few values of each. */
function programOf(steps: readonly Step[]): string {
  const values = new Map<TypeName, string[]>(types.map((type, at) => [type, [`%a${at}`, `%b${at}`]]));
  const lines: string[] = [];
  const define = (type: TypeName, text: string) => {
    const name = `%v${lines.length}`;
    lines.push(`  ${name} = ${text}`);
    values.get(type)!.push(name);
  };
  for (const [kind, a, b, c] of steps) {
    const type = types[a % types.length]!;
    const pool = values.get(type)!;
    // Later values more often, so that chains form.
    const pick = (number: number, from = pool) => from[Math.max(0, from.length - 1 - (number % 6))]!;
    const width = widths[type];
    switch (kind % 8) {
      case 0:
      case 1: {
        const numbers = [0n, 1n, -1n, 2n, 3n, 1n << BigInt(width - 1), (1n << BigInt(width - 1)) - 1n, BigInt(b % 7)];
        const value = BigInt.asIntN(width, numbers[c % numbers.length]!);
        define(type, type === "i1" ? `arith.constant ${value !== 0n}` : `arith.constant ${value} : ${type}`);
        break;
      }
      case 2:
      case 3:
      case 4: {
        const mnemonic = binary[kind % binary.length]!;
        // Of one bit, -1 / -1 is undefined, and mlir-opt folds x / true to x as well.
        if (type === "i1" && /div.*si$/.test(mnemonic)) break;
        define(type, `arith.${mnemonic} ${pick(b)}, ${pick(c)} : ${type}`);
        break;
      }
      case 5:
        define("i1", `arith.cmpi ${predicates[kind % predicates.length]!}, ${pick(b)}, ${pick(c)} : ${type}`);
        break;
      case 6:
        define(type, `arith.select ${pick(kind, values.get("i1"))}, ${pick(b)}, ${pick(c)} : ${type}`);
        break;
      default: {
        const target = types[c % types.length]!;
        const input = pick(b);
        if (target === type) break;
        if (type === "index" || target === "index") {
          // Between index and i1 the signed number is what counts.
          const cast = kind % 2 === 0 ? "index_cast" : "index_castui";
          define(target, `arith.${cast} ${input} : ${type} to ${target}`);
        } else if (widths[target] < width) define(target, `arith.trunci ${input} : ${type} to ${target}`);
        else define(target, `arith.${kind % 2 === 0 ? "extsi" : "extui"} ${input} : ${type} to ${target}`);
      }
    }
  }
  const results = types.flatMap((type) =>
    values
      .get(type)!
      .slice(-3)
      .map((value) => [value, type] as const),
  );
  const parameters = types.flatMap((type, at) => [`%a${at}: ${type}`, `%b${at}: ${type}`]).join(", ");
  return [
    `func.func @main(${parameters}) -> (${results.map(([, type]) => type).join(", ")}) {`,
    ...lines,
    `  return ${results.map(([value]) => value).join(", ")} : ${results.map(([, type]) => type).join(", ")}`,
    "}",
  ].join("\n");
}

const natural = fc.nat({ max: 1_000_000 });
const steps = fc.array(fc.tuple(natural, natural, natural, natural), { maxLength: 40, size: "max" });
const inputs = fc.array(fc.tuple(natural, natural), { minLength: 3, maxLength: 3 });

function dataOf(type: TypeName, number: number): TensorData {
  const width = widths[type];
  const limits = [0n, 1n, -1n, 1n << BigInt(width - 1), (1n << BigInt(width - 1)) - 1n];
  const value = number % 3 === 0 ? limits[number % limits.length]! : BigInt(number) - 500_000n;
  const wrapped = BigInt.asIntN(width, value);
  switch (type) {
    case "i1":
      return { shape: [], element: "i1", data: Uint8Array.of(wrapped === 0n ? 0 : 1) };
    case "i8":
      return { shape: [], element: "i8", data: Int8Array.of(Number(wrapped)) };
    case "i32":
      return { shape: [], element: "i32", data: Int32Array.of(Number(wrapped)) };
    default:
      return { shape: [], element: "i64", data: BigInt64Array.of(wrapped) };
  }
}

function run(module: Operation, given: readonly (readonly [number, number])[]): string[] {
  const main = functionsOf(module).get("main")!;
  return given.map(([first, second]) => {
    const args = types.flatMap((type, at) => [dataOf(type, first + 17 * at), dataOf(type, second + 31 * at)]);
    return evaluateFunction(main, args, context)
      .map(({ data }) => String(data[0]))
      .join(" ");
  });
}

const all = context.canonicalization;
const reversed = new PatternSet([...all].reverse());
const unordered = new PatternSet([...all].map((pattern, at) => ({ ...pattern, benefit: (at * 7919) % 101 })));

const ways: readonly (readonly [name: string, patterns: PatternSet, options: GreedyOptions])[] = [
  ["as the pass does", all, { regionSimplify: "normal" }],
  ["patterns in reverse order", reversed, {}],
  ["patterns in another order, from the last operation", unordered, { topDown: false }],
];

describe("random arithmetic", () => {
  test.each(ways)("computes the same, and is canonical at once: %s", (_name, patterns, options) => {
    forAll(fc.tuple(steps, inputs), 250, ([code, given]) => {
      const text = programOf(code);
      const module = parse(text, context);
      const wanted = run(module, given);
      const { converged } = applyPatternsGreedily(module, patterns, context, {
        alwaysFold: true,
        maxIterations: -1,
        ...options,
      });
      verify(module, context);
      expect(run(module, given), `${text}\nbecame\n${print(module)}`).toEqual(wanted);
      expect(converged).toBe(true);
      const again = applyPatternsGreedily(module, patterns, context, { alwaysFold: true, ...options });
      expect(again.changed, `${print(module)}\nwas not canonical`).toBe(false);
    });
  });

  test("equal operations are one, and none is left", () => {
    forAll(fc.tuple(steps, inputs), 250, ([code, given]) => {
      const text = programOf(code);
      const module = parse(text, context);
      const wanted = run(module, given);
      const manager = new PassManager([instantiate(cse)], context);
      manager.run(module);
      verify(module, context);
      expect(run(module, given), `${text}\nbecame\n${print(module)}`).toEqual(wanted);
      const seen = new Set<string>();
      module.walk((operation) => {
        if (!operation.name.startsWith("arith.")) return;
        const names = operation.operands.map((value) => value.nameHint ?? "");
        const key = `${operation.name} ${names} ${[...operation.properties.values()]} ${operation.onlyResult.type}`;
        expect(seen.has(key), `two operations are ${key} in\n${print(module)}`).toBe(false);
        seen.add(key);
      });
    });
  });
});
