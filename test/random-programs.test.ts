/** Random programs on the ops of all dialects: they are right, have what programs have, and counterexamples are small. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allDialects, allPasses } from "../compiler/registry.ts";
import { ane, arith, cf, fused, linalg, math, memref, mil, scf, tensor, vector } from "../dialects/index.ts";
import { IntegerAttribute } from "../ir/attributes.ts";
import type { Dialect } from "../ir/context.ts";
import type { Operation } from "../ir/operation.ts";
import { verifyAll } from "../ir/verifier.ts";
import { genericPasses } from "../passes/index.ts";
import { roundTripFault } from "./testing/example-program.ts";
import { arbitraryProgram, forAll, passConformance, programContext, type WellFormedProgram } from "./testing/index.ts";

const context = programContext(allDialects);
const anyProgram = arbitraryProgram(allDialects);

test("programs verify and are read back in both forms", () => {
  forAll(anyProgram, 400, (program) => {
    const module = program.build();
    expect(verifyAll(module, context)).toEqual([]);
    expect(roundTripFault(module, context)).toBeUndefined();
  });
});

test("nearly every op that has an example comes up", () => {
  const seen = new Set<string>();
  for (const program of fc.sample(anyProgram, { numRuns: 2000, seed: 1 }))
    program.build().walk(({ name }) => seen.add(name));
  // What stands in one kind of op only has to wait for that one.
  const free = [...context.definitions].filter(({ options }) => options.example && options.parents === undefined);
  const missing = free.filter(({ name }) => !seen.has(name));
  expect(missing.length, missing.map(({ name }) => name).join(" ")).toBeLessThan(15);
});

test("programs have branches, nested regions, symbols, calls and other attributes than the examples", () => {
  const found = { branches: 0, loops: 0, nested: 0, symbols: 0, calls: 0, constants: new Set<string>(), evaluable: 0 };
  const programs = fc.sample(arbitraryProgram([arith, cf, scf, memref]), { numRuns: 500, seed: 2 });
  for (const program of programs) {
    if (program.inputs(context) !== undefined) found.evaluable++;
    const module = program.build();
    module.walk((operation) => {
      const blocks = operation.block?.region?.blocks ?? [];
      const at = operation.block === undefined ? -1 : blocks.indexOf(operation.block);
      for (const successor of operation.successors) {
        found.branches++;
        if (blocks.indexOf(successor) <= at) found.loops++;
      }
      const around = operation.parentOperation?.parentOperation;
      if (around !== undefined && around.name !== "builtin.module" && around.name !== "func.func") found.nested++;
      if (operation.name === "memref.get_global") found.symbols++;
      if (operation.name === "func.call") found.calls++;
      if (operation.name === "arith.constant") found.constants.add(String(operation.attribute("value")));
    });
  }
  expect(found.branches).toBeGreaterThan(100);
  expect(found.loops).toBeGreaterThan(10);
  expect(found.nested).toBeGreaterThan(50);
  expect(found.symbols).toBeGreaterThan(5);
  expect(found.calls).toBeGreaterThan(10);
  expect(found.constants.size).toBeGreaterThan(3);
  expect(found.evaluable).toBeGreaterThan(10);
});

describe("a failing property shrinks to the operations that matter", () => {
  /** The sizes of the smallest counterexamples for several seeds. */
  function smallest(dialects: readonly Dialect[], fails: (program: WellFormedProgram) => boolean): readonly number[] {
    const programs = arbitraryProgram(dialects, { maxSteps: 30 });
    return [1, 2, 3, 4, 5].map((seed) => {
      const property = fc.property(programs, (program) => !fails(program));
      const details = fc.check(property, { seed, numRuns: 3000 });
      expect(details.failed, "no program has what the property forbids").toBe(true);
      return details.counterexample![0].size;
    });
  }

  const has = (isWanted: (operation: Operation) => boolean) => (program: WellFormedProgram) => {
    let isThere = false;
    program.build().walk((operation) => {
      isThere ||= isWanted(operation);
    });
    return isThere;
  };
  const definers = (operation: Operation) => operation.operands.map(({ definer }) => definer?.name);

  test("one op among all dialects", () => {
    const sizes = smallest(
      allDialects,
      has(({ name }) => name === "mil.erf"),
    );
    expect(Math.max(...sizes), `${sizes}`).toBe(1);
  });

  test("an op on the result of another", () => {
    const sizes = smallest(
      [arith, tensor],
      has((operation) => operation.name === "arith.addi" && definers(operation).includes("arith.muli")),
    );
    expect(Math.max(...sizes), `${sizes}`).toBe(2);
  });

  test("an attribute", () => {
    const isNegative = (value: unknown) => value instanceof IntegerAttribute && value.value < 0n;
    const sizes = smallest(
      [arith, scf],
      has((operation) => operation.name === "arith.constant" && isNegative(operation.attribute("value"))),
    );
    expect(Math.max(...sizes), `${sizes}`).toBe(1);
  });

  test("a loop inside a condition", () => {
    const around = (operation: Operation) => operation.parentOperation?.name;
    const sizes = smallest(
      [arith, scf, memref],
      has((operation) => operation.name === "scf.for" && around(operation) === "scf.if"),
    );
    // The operations of the two examples, and nothing else.
    expect(Math.max(...sizes), `${sizes}`).toBeLessThanOrEqual(6);
  });

  test("a cycle of branches", () => {
    const sizes = smallest(
      [arith, cf],
      has(({ block, successors }) => {
        const blocks = block?.region?.blocks ?? [];
        return block !== undefined && successors.some((each) => blocks.indexOf(each) <= blocks.indexOf(block));
      }),
    );
    expect(Math.max(...sizes), `${sizes}`).toBeLessThanOrEqual(3);
  });
});

/** Without those that only say something. */
const changingPasses = genericPasses.filter(({ name }) => !name.startsWith("print-"));

describe("generic passes on programs of all dialects", () => {
  passConformance(changingPasses, { dialects: allDialects, idempotent: ["dce", "symbol-dce"], leastChanged: 0 });
});

describe("every pass on programs of the level that it is for, and of others", () => {
  const levels = {
    tensor: [tensor],
    fused: [fused, tensor],
    linalg: [linalg, tensor, arith],
    loops: [arith, scf, memref, vector, math],
    branches: [arith, cf],
    engine: [ane, mil],
  };
  // The engine has rules of its own (log of a negative number is 0, no NaN from it): test/engine-networks.test.ts.
  const passes = allPasses.filter(
    ({ name }) => !genericPasses.some((each) => each.name === name) && !name.includes("ane"),
  );
  for (const [name, dialects] of Object.entries(levels))
    describe(name, () => passConformance(passes, { dialects, beside: allDialects, runs: 12, leastChanged: 0 }));
});

/** Those for what hardly comes up in random programs that can be evaluated: branches, symbols, slots, constants side by side. */
const rare = [
  ...["constant-fold", "symbol-dce", "symbol-privatize", "reconcile-unrealized-casts", "int-range-optimizations"],
  ...["mem2reg", "topological-sort"],
];
/** Those for what is around single operations: calls, loops and conditionals. */
const structural = ["control-flow-sink", "inline", "loop-invariant-code-motion"];
const named = (names: readonly string[]) => changingPasses.filter(({ name }) => names.includes(name));

describe("generic passes on programs that can be evaluated", () => {
  const others = changingPasses.filter(({ name }) => ![...rare, ...structural, "cse"].includes(name));
  passConformance(others, { dialects: [arith, tensor] });
  passConformance(named(["cse"]), { dialects: [arith], runs: 100 });
  passConformance(named(rare), { dialects: [arith, tensor], leastChanged: 0 });
  const reason = "changed programs are run by test/passes/control-flow-properties.test.ts";
  const notCompared = Object.fromEntries(structural.map((name) => [name, reason]));
  passConformance(named(structural), { dialects: [arith, scf], runs: 100, notCompared });
});
