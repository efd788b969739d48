/** The reducer: what it leaves is small, still interesting, and valid. */
import { describe, expect, test } from "vitest";
import { defaultContext } from "../../compiler/registry.ts";
import { tensor } from "../../dialects/tensor/index.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { verify, verifyAll } from "../../ir/verifier.ts";
import { arbitraryModule } from "../../test/testing/arbitrary-module.ts";
import { forAllAsync } from "../../test/testing/property.ts";
import { reduce } from "./reduce.ts";
import { operationsIn } from "./steps.ts";

const context = defaultContext({ allowUnregistered: true });

async function reduced(text: string, isInteresting: (text: string) => boolean): Promise<string> {
  const module = parse(text, context);
  const before = print(module);
  const result = await reduce(module, context, (candidate) => isInteresting(print(candidate)));
  expect(print(module), "the given module is not changed").toBe(before);
  verify(result.module, context);
  return print(result.module);
}

const program = `
func.func private @unused(%a: i32) -> i32 {
  return %a : i32
}
func.func @f(%a: i32, %b: i32, %c: i1, %m: memref<?xf32>) -> i32 attributes {note = "text"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %m, %c0 : memref<?xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%x = %a) -> (i32) {
    %y = arith.addi %x, %b : i32
    %z = scf.if %c -> (i32) {
      %q = arith.divsi %y, %b {tag} : i32
      scf.yield %q : i32
    } else {
      %q = arith.muli %y, %y : i32
      scf.yield %q : i32
    }
    %v = memref.load %m[%i] : memref<?xf32>
    memref.store %v, %m[%i] : memref<?xf32>
    scf.yield %z : i32
  }
  cf.cond_br %c, ^bb1, ^bb2(%r : i32)
^bb1:
  %t = call @unused(%r) : (i32) -> i32
  cf.br ^bb2(%t : i32)
^bb2(%k: i32):
  return %k : i32
}`;

describe("reduce", () => {
  test("an operation deep inside comes out of its loops and branches", async () => {
    expect(await reduced(program, (text) => text.includes("arith.divsi"))).toBe(`module {
  func.func @f(%b: i32) -> i32 {
    %q = arith.divsi %b, %b : i32
    return %b : i32
  }
}
`);
  });

  test("what holds two operations together stays", async () => {
    const text = await reduced(program, (found) => /scf\.for(.|\n)*memref\.load/.test(found));
    expect(operationsIn(parse(text, context)).map(({ name }) => name)).toEqual([
      "func.func",
      "builtin.unrealized_conversion_cast",
      "scf.for",
      "memref.load",
      "scf.yield",
      "func.return",
    ]);
  });

  test("a branch, a block and a call can each be the point", async () => {
    expect(await reduced(program, (text) => text.includes("cf.cond_br"))).not.toContain("scf");
    const call = await reduced(program, (text) => text.includes("call @unused"));
    expect(call).not.toContain("cf.");
    expect(call).toMatch(/func\.func (private )?@unused\(i32\) -> i32\n/);
  });

  test("nothing is interesting: the module stays as it is", async () => {
    const module = parse(program, context);
    const result = await reduce(module, context, () => false);
    expect(print(result.module)).toBe(print(module));
    expect(result.tests).toBeGreaterThan(20);
  });

  test("everything is interesting: nothing is left", async () => {
    expect(operationsIn(parse(await reduced(program, () => true), context))).toEqual([]);
  });

  test("a module that does not verify is reduced without verifying", async () => {
    const broken = parse("func.func @f(%a: i32) -> i64 {\n %b = arith.addi %a, %a : i32\n return %b : i32 }", context);
    expect(verifyAll(broken, context).length).toBeGreaterThan(0);
    const { module } = await reduce(broken, context, (candidate) =>
      print(candidate, { generic: true }).includes("addi"),
    );
    expect(operationsIn(module).map(({ name }) => name)).toContain("arith.addi");
    expect(operationsIn(module).length).toBeLessThanOrEqual(3);
  });

  test("the limit of tests is kept and said", async () => {
    const result = await reduce(parse(program, context), context, () => false, { maxTests: 7 });
    expect(result).toMatchObject({ tests: 7, isCut: true });
  });

  test("random programs: each op of one can be reduced to, and what is left is valid and small", async () => {
    await forAllAsync(arbitraryModule([tensor]), 25, async (random) => {
      const module = random.build();
      const names = [...new Set(operationsIn(module).map(({ name }) => name))].filter((name) =>
        name.startsWith("tensor."),
      );
      for (const name of names.slice(0, 2)) {
        const result = await reduce(module, context, (candidate) =>
          operationsIn(candidate).some((operation) => operation.name === name),
        );
        verify(result.module, context);
        expect(operationsIn(result.module).some((operation) => operation.name === name)).toBe(true);
        // The function, the op, what it needs from nothing, the return and what that needs.
        expect(operationsIn(result.module).length).toBeLessThan(14);
      }
    });
  });
});
