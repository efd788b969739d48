/** The dataflow framework: what analyses find, that they end, and what is said of those that do not. */
import { describe, expect, test } from "vitest";
import { arith, builtin, cf, func, memref, scf } from "../../dialects/index.ts";
import { Context } from "../../ir/context.ts";
import { effectsOf } from "../../ir/effects.ts";
import { IntegerRange } from "../../ir/interfaces.ts";
import type { Block, Operation, Value } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { constants } from "./constants.ts";
import { denseBackward } from "./dense-backward.ts";
import { denseForward } from "./dense-forward.ts";
import { integerRanges } from "./integer-ranges.ts";
import { lastWriters, writersOf } from "./last-writers.ts";
import { flatLattice, setLattice } from "./lattice.ts";
import { liveness } from "./liveness.ts";
import { solve } from "./solver.ts";
import { sparseBackward } from "./sparse-backward.ts";
import { sparseForward } from "./sparse-forward.ts";

const context = new Context([builtin, func, arith, cf, scf, memref], { allowUnregistered: true });

interface Program {
  readonly module: Operation;
  /** Values by their name in the text. */
  readonly values: ReadonlyMap<string, Value>;
  readonly operations: readonly Operation[];
  readonly blocks: readonly Block[];
}

function program(text: string): Program {
  const module = parse(text, context, { file: "test" });
  const values = new Map<string, Value>();
  const operations: Operation[] = [];
  const blocks: Block[] = [];
  const name = (value: Value) => {
    if (value.nameHint !== undefined) values.set(value.nameHint, value);
  };
  module.walk((operation) => {
    operations.push(operation);
    operation.results.forEach(name);
    for (const region of operation.regions) {
      for (const block of region.blocks) {
        blocks.push(block);
        block.arguments.forEach(name);
      }
    }
  });
  return { module, values, operations, blocks };
}

const counting = `
func.func @count(%n: i32) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  cf.br ^head(%c0 : i32)
^head(%i: i32):
  %next = arith.addi %i, %c1 : i32
  cf.br ^head(%next : i32)
}`;

describe("an analysis that is declared wrongly", () => {
  const join = (a: number, b: number) => Math.max(a, b);
  const whole = {
    name: "mine",
    lattice: { join },
    transfer: () => 0,
    unknown: () => 0,
    unused: () => 0,
    escaped: () => 0,
    entry: () => 0,
    exit: () => 0,
  };
  const kinds = { sparseForward, sparseBackward, denseForward, denseBackward };
  const needed = {
    sparseForward: ["unknown", "transfer"],
    sparseBackward: ["unused", "escaped", "transfer"],
    denseForward: ["entry", "transfer"],
    denseBackward: ["exit", "transfer"],
  } as const;
  // As a program without types would call it.
  const declare = (kind: keyof typeof kinds, options: object) => Reflect.apply(kinds[kind], undefined, [options]);

  test.each(Object.entries(needed))("%s names the option", (kind, options) => {
    const name = kind as keyof typeof kinds;
    declare(name, whole);
    for (const option of options) {
      expect(() => declare(name, { ...whole, [option]: undefined })).toThrow(
        `${kind} 'mine': needs the option '${option}': `,
      );
      expect(() => declare(name, { ...whole, [option]: false })).toThrow(
        `${kind} 'mine': the option '${option}' must be a function, but is boolean: `,
      );
    }
    expect(() => declare(name, { ...whole, name: undefined })).toThrow(`${kind}: needs the option 'name'`);
    expect(() => declare(name, { ...whole, lattice: undefined })).toThrow(
      "needs the option 'lattice': how facts are joined",
    );
    expect(() => declare(name, { ...whole, lattice: {} })).toThrow("its lattice needs the function 'join'");
  });
});

describe("analyses end", () => {
  /** How large a number may be: without widening it grows around the loop for ever. */
  const bounds = (widen: boolean) =>
    sparseForward<number>({
      name: "bounds",
      lattice: { join: Math.max, ...(widen ? { widen: () => Number.POSITIVE_INFINITY } : {}) },
      unknown: () => Number.POSITIVE_INFINITY,
      transfer: (operation, operands) => {
        if (operation.name === "arith.constant") return [Number(operation.attribute("value")?.text.split(" ")[0])];
        return operation.name === "arith.addi" ? [operands.reduce((a, b) => a + b)] : undefined;
      },
    });

  test("by widening", () => {
    const { module, values } = program(counting);
    const analysis = bounds(true);
    const solution = solve(module, context, [analysis]);
    expect(solution.fact(analysis, values.get("i")!)).toBe(Number.POSITIVE_INFINITY);
    expect(solution.fact(analysis, values.get("c1")!)).toBe(1);
  });

  test("or with an error that names the analysis and the place", () => {
    const { module } = program(counting);
    expect(() => solve(module, context, [bounds(false)])).toThrow(/analysis 'bounds' does not end here: .*'widen'/);
  });

  test("a transfer that is not monotone is reported on its operation", () => {
    const { module } = program(counting);
    const alternating = sparseForward<string>({
      name: "alternating",
      lattice: { join: (a, b) => (a === b ? a : "both"), print: (fact) => `<${fact}>` },
      unknown: () => "both",
      // Knows more (odd) when less is known of its operands (both): wrong.
      transfer: (operation, [first]) =>
        operation.name === "arith.constant" ? ["even"] : [first === "even" ? "even or negative" : "odd"],
    });
    expect(() => solve(module, context, [alternating])).toThrow(
      /'arith.addi' op analysis 'alternating' is not monotone here: it found <even or negative> first and <odd> later/,
    );
  });

  test("a join that forgets ends in an error, not in a loop", () => {
    const { module } = program(counting);
    let turn = 0;
    const forgetful = sparseForward<number>({
      name: "forgetful",
      lattice: { join: () => turn++ },
      unknown: () => -1,
      transfer: (operation) => operation.results.map(() => turn++),
    });
    expect(() => solve(module, context, [forgetful])).toThrow(
      /analysis 'forgetful' (does not end|is not monotone) here/,
    );
  });
});

describe("constants", () => {
  test("decide which blocks are reached", () => {
    const { module, blocks, values } = program(`
func.func @f(%x: i32) -> i32 {
  %true = arith.constant true
  %c1 = arith.constant 1 : i32
  cf.cond_br %true, ^a, ^b
^a:
  cf.br ^join(%c1 : i32)
^b:
  cf.br ^join(%x : i32)
^join(%y: i32):
  return %y : i32
}`);
    const solution = solve(module, context, [constants]);
    const [, entry, a, b, join] = blocks;
    expect([entry, a, b, join].map((block) => solution.isLive(block!))).toEqual([true, true, false, true]);
    expect(solution.isLiveEdge(b!, join!)).toBe(false);
    expect(String(solution.fact(constants, values.get("y")!))).toBe("1 : i32");
    // A branch on an operation that is a constant is decided without them too.
    const other = solve(module, context, [liveness]);
    expect(other.isLive(b!)).toBe(false);
  });

  test("do not go through calls where that is not wanted", () => {
    const { module, values } = program(`
func.func private @same(%p: i32) -> i32 {
  return %p : i32
}
func.func @main() -> i32 {
  %c = arith.constant 4 : i32
  %r = call @same(%c) : (i32) -> i32
  return %r : i32
}`);
    expect(String(solve(module, context, [constants]).fact(constants, values.get("r")!))).toBe("4 : i32");
    const alone = solve(module, context, [constants], { interprocedural: false });
    expect(alone.fact(constants, values.get("r")!)).toBe("varies");
    expect(alone.fact(constants, values.get("p")!)).toBe("varies");
  });

  test("of what is never reached there is no fact", () => {
    const { module, values } = program(`
func.func private @never(%p: i32) -> i32 {
  %d = arith.addi %p, %p : i32
  return %d : i32
}`);
    expect(solve(module, context, [constants]).fact(constants, values.get("d")!)).toBeUndefined();
  });
});

describe("integer ranges", () => {
  const rangeOf = (text: string, name: string) => {
    const { module, values } = program(text);
    return String(solve(module, context, [constants, integerRanges]).fact(integerRanges, values.get(name)!));
  };
  const inFunction = (lines: string) => `func.func @f(%x: i32, %y: i32, %c: i1) {\n${lines}\nreturn\n}`;

  test("of arithmetic", () => {
    const lines = "%c5 = arith.constant 5 : i32\n%m = arith.remui %x, %c5 : i32\n%s = arith.muli %m, %m : i32";
    expect(rangeOf(inFunction(lines), "s")).toBe("unsigned [0, 16] signed [0, 16]");
    expect(rangeOf(inFunction("%c3 = arith.constant 3 : i32\n%s = arith.shrsi %x, %c3 : i32"), "s")).toBe(
      "unsigned [0, 4294967295] signed [-268435456, 268435455]",
    );
  });

  test("of both ways of a condition", () => {
    const lines = `
%r = scf.if %c -> (i32) {
  %a = arith.constant 3 : i32
  scf.yield %a : i32
} else {
  %b = arith.constant -2 : i32
  scf.yield %b : i32
}`;
    expect(rangeOf(inFunction(lines), "r")).toBe("unsigned [3, 4294967294] signed [-2, 3]");
  });

  test("of loop counters whose bounds are ranges", () => {
    const lines = `
%c0 = arith.constant 0 : i32
%c1 = arith.constant 1 : i32
%c9 = arith.constant 9 : i32
%n = arith.remui %x, %c9 : i32
scf.for %i = %c0 to %n step %c1 : i32 {
  %d = arith.addi %i, %c1 : i32
}`;
    expect(rangeOf(inFunction(lines), "i")).toBe("unsigned [0, 7] signed [0, 7]");
    expect(rangeOf(inFunction(lines), "d")).toBe("unsigned [1, 8] signed [1, 8]");
  });

  test("unite, widen and intersect", () => {
    const small = IntegerRange.signed(8, -1n, 3n);
    const large = IntegerRange.signed(8, -1n, 5n);
    expect(String(small.union(large))).toBe("unsigned [0, 255] signed [-1, 5]");
    expect(String(small.widen(large))).toBe("unsigned [0, 255] signed [-1, 127]");
    expect(IntegerRange.signed(8, 1n, 5n).intersection(IntegerRange.unsigned(8, 5n, 200n)).onlyValue).toBe(5n);
    expect(IntegerRange.signed(8, 5n, 200n).isFull).toBe(true);
    expect(IntegerRange.constant(1, 1n).onlyValue).toBe(-1n);
  });
});

describe("liveness", () => {
  test("goes back through loops, but not into what only feeds itself", () => {
    const { module, values } = program(`
func.func @f(%n: index, %x: i32) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %b = %x) -> (i32, i32) {
    %p = arith.addi %a, %x : i32
    %q = arith.muli %b, %p : i32
    scf.yield %p, %q : i32, i32
  }
  return %r#0 : i32
}`);
    const solution = solve(module, context, [liveness]);
    const live = (name: string) => solution.fact(liveness, values.get(name)!);
    expect(["n", "x", "a", "p", "b", "q"].map(live)).toEqual([true, true, true, true, false, false]);
  });
});

describe("dense analyses", () => {
  const loop = program(`
func.func @f(%n: index, %x: i32, %c: i1) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = memref.alloca() : memref<i32>
  %o = memref.alloca() : memref<i32>
  memref.store %x, %m[] : memref<i32>
  scf.for %i = %c0 to %n step %c1 {
    %l = memref.load %m[] : memref<i32>
    scf.if %c {
      memref.store %l, %m[] : memref<i32>
    }
  }
  %r = memref.load %m[] : memref<i32>
  return %r : i32
}`);

  test("forward: who may have written a buffer last", () => {
    const { module, values, operations } = loop;
    const solution = solve(module, context, [lastWriters]);
    const before = values.get("r")!.definer!.previous!;
    const state = solution.fact(lastWriters, before)!;
    const writers = [...writersOf(state, values.get("m")!)].map((writer) =>
      writer === "entry" ? writer : writer.name,
    );
    expect(writers.sort()).toEqual(["memref.alloca", "memref.store", "memref.store"]);
    expect([...writersOf(state, values.get("o")!)]).toEqual([values.get("o")!.definer]);
    const inLoop = solution.fact(lastWriters, operations.find(({ name }) => name === "scf.if")!.block!)!;
    expect(writersOf(inLoop, values.get("m")!).size).toBe(3);
  });

  test("backward: which buffers may still be read", () => {
    const stillRead = denseBackward<ReadonlySet<Value>>({
      name: "still-read",
      lattice: setLattice<Value>(),
      exit: () => new Set(),
      transfer: (operation, after, { context }) => {
        const reads = (effectsOf(operation, context) ?? []).flatMap(({ kind, value }) =>
          kind === "read" && value !== undefined ? [value] : [],
        );
        return reads.length === 0 ? after : new Set([...after, ...reads]);
      },
    });
    const { module, values } = loop;
    const solution = solve(module, context, [stillRead]);
    const [m, o] = [values.get("m")!, values.get("o")!];
    expect(solution.fact(stillRead, m.definer!)!.has(m)).toBe(true);
    expect(solution.fact(stillRead, m.definer!)!.has(o)).toBe(false);
    const end = values.get("r")!.definer!.next!;
    expect(solution.fact(stillRead, end)!.size).toBe(0);
  });

  test("are carried into and out of private functions", () => {
    const { module, operations } = program(`
func.func private @inner() {
  "test.mark"() : () -> ()
  return
}
func.func @main() {
  call @inner() : () -> ()
  "test.after"() : () -> ()
  return
}`);
    const marked = denseForward<string>({
      name: "marked",
      lattice: flatLattice("maybe"),
      entry: () => "no",
      transfer: (operation, before) => (operation.name === "test.mark" ? "yes" : before),
    });
    const solution = solve(module, context, [marked]);
    const factAfter = (name: string) => solution.fact(marked, operations.find((each) => each.name === name)!);
    expect(factAfter("func.call")).toBe("yes");
    expect(factAfter("test.after")).toBe("yes");
  });
});
