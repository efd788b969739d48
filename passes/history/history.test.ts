import fc from "fast-check";
import { applyPatches, enablePatches } from "immer";
import { describe, expect, test } from "vitest";
import { builtin } from "../../dialects/builtin/index.ts";
import { func } from "../../dialects/func/index.ts";
import { IntegerAttribute } from "../../ir/attributes.ts";
import { Context } from "../../ir/context.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { symbolName } from "../../ir/symbol-table.ts";
import { propertyParameters } from "../../test/testing/property.ts";
import { type PassDefinition, pass } from "../pass.ts";
import { PassManager } from "../pass-manager.ts";
import { parsePipeline } from "../pipeline.ts";
import { History } from "./history.ts";
import { unifiedDiff } from "./line-diff.ts";

const context = new Context([builtin, func], { allowUnregistered: true });
const program = `module attributes {a.b = 1 : i64} {
  func.func @first(%x: i32) -> i32 {
    %sum = "a.add"(%x, %x) : (i32, i32) -> i32
    return %sum : i32
  }
  func.func @second() {
    "a.region"() ({
    ^bb0(%y: i32):
      "a.use"(%y) : (i32) -> ()
    }) : () -> ()
    return
  }
  "a.loose"() : () -> ()
}
`;

/** Marks the first operation of the named function. */
const mark = (name: string, symbol: string) =>
  pass(name, {
    doc: "",
    run: (operation) => {
      operation.walk((each) => {
        if (symbolName(each) === symbol)
          each.regions[0]!.onlyBlock.first!.attributes.set(`a.${name.replaceAll("-", "_")}`, IntegerAttribute.get(1n));
      });
      return true;
    },
  });
const same = pass("same", { doc: "", run: () => false });
/** Says that it changed something without doing so. */
const claims = pass("claims", { doc: "", run: () => true });
const removes = pass("removes", {
  doc: "",
  run: (operation) => {
    for (const each of operation.regions[0]!.onlyBlock.operations) if (symbolName(each) === "second") each.erase();
    return true;
  },
});
const frame = pass("frame", {
  doc: "",
  run: (operation) => {
    operation.attributes.set("a.c", IntegerAttribute.get(2n));
    return true;
  },
});
const onFirst = pass("on-first", {
  doc: "",
  run: (operation) => {
    if (symbolName(operation) !== "first") return false;
    operation.attributes.set("a.nested", IntegerAttribute.get(3n));
    return true;
  },
});
const known: readonly PassDefinition<{}>[] = [
  mark("mark-first", "first"),
  mark("mark-second", "second"),
  same,
  claims,
  removes,
  frame,
  onFirst,
];

function historyOf(pipeline: string) {
  const module = parse(program, context);
  const manager = new PassManager(parsePipeline(pipeline, known), context, { history: { autoFreeze: true } });
  manager.run(module);
  return { history: manager.history, module };
}

describe("states", () => {
  test("hold each symbol's text behind each pass", () => {
    const { history } = historyOf("mark-first,mark-second");
    expect(history.entries.map(({ pass }) => pass)).toEqual(["input", "mark-first", "mark-second"]);
    expect(history.at("input").order).toEqual(["@first", "@second", "#2 a.loose"]);
    expect(history.at(0).symbols["@first"]?.text).toBe(
      'func.func @first(%x: i32) -> i32 {\n  %sum = "a.add"(%x, %x) : (i32, i32) -> i32\n  return %sum : i32\n}\n',
    );
    expect(history.at("mark-first").symbols["@first"]?.text).toContain("{a.mark_first = 1 : i64}");
    expect(history.at("mark-first").symbols["@second"]?.text).not.toContain("a.mark_second");
  });

  test("share what a pass did not touch", () => {
    const { history } = historyOf("mark-first,same,claims,mark-second");
    const [input, first, unchanged, claimed, second] = history.entries.map(({ state }) => state);
    expect(first!.symbols["@second"]).toBe(input!.symbols["@second"]);
    expect(first!.symbols["#2 a.loose"]).toBe(input!.symbols["#2 a.loose"]);
    expect(first!.order).toBe(input!.order);
    expect(first!.symbols["@first"]).not.toBe(input!.symbols["@first"]);
    expect(unchanged).toBe(first);
    // A pass that only claims a change leaves the very same state.
    expect(claimed).toBe(first);
    expect(second!.symbols["@first"]).toBe(first!.symbols["@first"]);
  });

  test("are immutable", () => {
    const { history } = historyOf("mark-first");
    expect(Object.isFrozen(history.at(1).symbols)).toBe(true);
    expect(Object.isFrozen(history.at(1).order)).toBe(true);
  });

  test("follow nested passes, removed symbols and the module's own attributes", () => {
    const { history, module } = historyOf("func.func(on-first),frame,removes");
    expect(history.entries.map(({ pass, on, changed }) => `${pass} ${on ?? ""} ${changed}`)).toEqual([
      ...["input  true", "on-first first true", "on-first second false", "frame  true", "removes  true"],
    ]);
    expect(history.at("on-first#1").symbols["@first"]?.text).toContain("a.nested");
    expect(history.at("on-first#2")).toBe(history.at("on-first#1"));
    expect(history.at("removes").order).toEqual(["@first", "#1 a.loose"]);
    expect(history.at("frame").frame).toContain("a.c = 2 : i64");
    expect(history.text("removes")).toBe(print(module));
  });

  test("give the text of the whole module at any moment", () => {
    const { history, module } = historyOf("mark-first,mark-second");
    expect(history.text("input")).toBe(print(parse(program, context)));
    expect(history.text("mark-second")).toBe(print(module));
    expect(print(parse(history.text("mark-first"), context))).toBe(history.text("mark-first"));
  });

  test("an unknown moment says which there are", () => {
    const { history } = historyOf("mark-first");
    expect(() => history.at("other")).toThrow("has no moment 'other'; it has 0 input, 1 mark-first");
    expect(() => history.at(7)).toThrow("no moment '7'");
  });
});

test("differences are unified diffs by symbol", () => {
  const { history } = historyOf("mark-first,mark-second");
  expect(history.diff("input", "mark-first")).toBe(
    [
      "--- input @first",
      "+++ mark-first @first",
      "@@ -1,4 +1,4 @@",
      " func.func @first(%x: i32) -> i32 {",
      '-  %sum = "a.add"(%x, %x) : (i32, i32) -> i32',
      '+  %sum = "a.add"(%x, %x) {a.mark_first = 1 : i64} : (i32, i32) -> i32',
      "   return %sum : i32",
      " }",
      "",
    ].join("\n"),
  );
  expect([...history.diffBySymbol(0, "mark-second").keys()]).toEqual(["@first", "@second"]);
  expect(history.diff("mark-second", 2)).toBe("");
});

test("patches lead from state to state, and back", () => {
  enablePatches();
  const { history } = historyOf("mark-first,removes,frame");
  for (const [position, entry] of history.entries.entries()) {
    if (position === 0) continue;
    const before = history.at(position - 1);
    expect(applyPatches(before, entry.patches)).toEqual(entry.state);
    expect(applyPatches(entry.state, entry.inversePatches)).toEqual(before);
  }
  const empty = { frame: "", symbols: {}, order: [] };
  expect(applyPatches(empty, history.patches)).toEqual(history.at(-1));
});

test("a failed pass is an entry too, printed although it is invalid", () => {
  const breaks = pass("breaks", {
    doc: "",
    run: (operation) => {
      operation.walk((each) => {
        if (each.name === "func.return") each.setOperands([]);
      });
      return true;
    },
  });
  const manager = new PassManager(parsePipeline("breaks", [breaks]), context, { history: true });
  expect(() => manager.run(parse(program, context))).toThrow("func.return");
  expect(manager.history.entry("breaks")).toMatchObject({ failed: true, changed: true });
  expect(manager.history.diff("input", "breaks")).toContain("-  return %sum : i32\n+  return\n");
});

test("keeping a history leaves no trace in the IR", () => {
  const module = parse(program, context);
  const value = module.regions[0]!.onlyBlock.first!.regions[0]!.onlyBlock.first!.results[0]!;
  const manager = new PassManager(parsePipeline("mark-second,mark-first", known), context, { history: true });
  manager.run(module);
  manager.history.text(0);
  expect(value.users).toHaveLength(1);
});

test("a history goes on through several pipelines", () => {
  const history = new History();
  const module = parse(program, context);
  for (const pipeline of ["mark-first", "mark-second"])
    new PassManager(parsePipeline(pipeline, known), context, { history }).run(module);
  expect(history.entries.map(({ pass }) => pass)).toEqual(["input", "mark-first", "mark-second"]);
  expect(() => new PassManager([], context).history).toThrow("`history: true`");
});

test("as JSON it is the passes with their patches", () => {
  const { history } = historyOf("mark-first");
  const data = JSON.parse(JSON.stringify(history));
  expect(data[1]).toMatchObject({ pass: "mark-first", changed: true });
  expect(data[1].patches).toEqual([
    { op: "replace", path: ["symbols", "@first"], value: { text: history.at(1).symbols["@first"]?.text } },
  ]);
});

describe("unified diffs", () => {
  /** Applies a diff as `patch` does. */
  function patched(before: string, diff: string): string {
    const old = before === "" ? [] : before.replace(/\n$/, "").split("\n");
    const result: string[] = [];
    let at = 0;
    for (const line of diff.split("\n").slice(2)) {
      const hunk = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@$/.exec(line);
      if (hunk !== null) {
        const start = Number(hunk[1]) - (hunk[2] === "0" ? 0 : 1);
        result.push(...old.slice(at, start));
        at = start;
      } else if (line.startsWith("+")) result.push(line.slice(1));
      else if (line !== "") {
        expect(old[at]).toBe(line.slice(1));
        at++;
        if (line.startsWith(" ")) result.push(line.slice(1));
      }
    }
    return [...result, ...old.slice(at)].map((line) => `${line}\n`).join("");
  }

  test("lead from one text to the other, by as few lines as there are", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 });
    fc.assert(
      fc.property(lines, lines, (a, b) => {
        const [before, after] = [a, b].map((each) => each.map((line) => `${line}\n`).join(""));
        const diff = unifiedDiff(before!, after!, { before: "x", after: "y" });
        expect(patched(before!, diff)).toBe(after);
        const edits = diff
          .split("\n")
          .slice(2)
          .filter((line) => /^[-+]/.test(line)).length;
        expect(edits).toBe(a.length + b.length - 2 * longestCommon(a, b));
      }),
      propertyParameters(500),
    );
  });

  function longestCommon(a: readonly string[], b: readonly string[]): number {
    let row = new Array<number>(b.length + 1).fill(0);
    for (const x of a) {
      const next = [0];
      for (const [j, y] of b.entries()) next.push(x === y ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
      row = next;
    }
    return row[b.length]!;
  }
});
