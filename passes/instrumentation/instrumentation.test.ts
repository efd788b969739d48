import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { arith } from "../../dialects/arith/index.ts";
import { builtin } from "../../dialects/builtin/index.ts";
import { func } from "../../dialects/func/index.ts";
import { elementsAttribute } from "../../ir/attributes.ts";
import { Context } from "../../ir/context.ts";
import { createOperation, type Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { refuse, rewriteAny } from "../../ir/rewrite/pattern.ts";
import { f32, TensorType } from "../../ir/types.ts";
import { canonicalize } from "../canonicalize.ts";
import { cse } from "../cse.ts";
import { type AnyPass, pass } from "../pass.ts";
import { type Instrumentation, PassManager } from "../pass-manager.ts";
import { remarkKinds } from "../pass-types.ts";
import { parsePipeline } from "../pipeline.ts";
import { CrashReproducer, readReproducer } from "./crash-reproducer.ts";
import { IrPrinting } from "./ir-printing.ts";
import { printAnyway } from "./print-anyway.ts";
import { type RemarkRecord, Remarks, remarkDiagnostic, remarksAsYaml } from "./remarks.ts";
import { Statistics } from "./statistics.ts";
import { StopAfter } from "./stop-after.ts";
import { Timing } from "./timing.ts";

const folder = mkdtempSync(join(tmpdir(), "anemone-instrumentation-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const context = new Context([builtin, func, arith], { allowUnregistered: true });
const program = `func.func @a(%x: i32) -> i32 {
  %0 = "t.flip"(%x) : (i32) -> i32
  %1 = "t.flip"(%0) : (i32) -> i32
  return %1 : i32
}
func.func @b() {
  return
}
`;
const parsed = () => parse(program, context, { file: "p.mlir" });

/** flip(x) -> flop(x), where flip's operand is an argument. */
const flipToFlop = rewriteAny("flip-to-flop", (operation, rewriter) => {
  if (operation.name !== "t.flip") return undefined;
  if (operation.operand(0).definer !== undefined) return refuse("its operand is not an argument");
  const flop = createOperation({
    name: "t.flop",
    operands: operation.operands,
    resultTypes: [operation.onlyResult.type],
    location: operation.location,
  });
  return rewriter.replace(operation, rewriter.insert(flop).onlyResult);
});
const flips = pass("flips", { doc: "", patterns: [flipToFlop] });
const nothing = pass("nothing", { doc: "", run: () => false });
const damage = pass("damage", {
  doc: "",
  run: (operation) => {
    operation.walk((each) => {
      if (each.name === "func.return") each.setOperands([]);
    });
    return true;
  },
});
const crash = pass("crash", {
  doc: "",
  run: () => {
    throw new TypeError("boom");
  },
});
const overflow = pass("overflow", {
  doc: "",
  run: () => {
    const deeper = (depth: number): number => 1 + deeper(depth + 1);
    return deeper(0) > 0;
  },
});
const known: readonly AnyPass[] = [canonicalize, cse, flips, nothing, damage, crash, overflow];

function run(
  pipeline: string,
  instrumentation: readonly Instrumentation[],
  passes = known,
  module = parsed(),
): Operation {
  new PassManager(parsePipeline(pipeline, passes), context, { instrumentation }).run(module);
  return module;
}

describe("printing the IR between passes", () => {
  const headings = (pipeline: string, options: ConstructorParameters<typeof IrPrinting>[0]) => {
    const texts: string[] = [];
    try {
      run(pipeline, [new IrPrinting({ ...options, write: (text) => texts.push(text) })]);
    } catch {
      // What is printed of failures is asked for below.
    }
    return texts.map((text) => text.split("\n")[0]!.slice("// -----// IR Dump ".length, -" //----- //".length));
  };

  test("before, after, by name, on change, on failure", () => {
    expect(headings("nothing,flips", { before: "all" })).toEqual(["Before nothing", "Before flips"]);
    expect(headings("nothing,flips", { after: "all" })).toEqual(["After nothing", "After flips"]);
    expect(headings("nothing,flips", { before: ["flips"], after: ["nothing"] })).toEqual([
      "After nothing",
      "Before flips",
    ]);
    expect(headings("nothing,flips", { afterChange: true })).toEqual(["After flips"]);
    expect(headings("nothing,flips", { afterChange: true, after: ["nothing"] })).toEqual([]);
    expect(headings("nothing,flips", { afterFailure: true })).toEqual([]);
    expect(headings("flips,func.func(damage)", { afterFailure: true })).toEqual([
      "After damage Failed ('func.func' operation: @a)",
    ]);
  });

  test("a nested pass shows its operation, or the whole module", () => {
    const texts: string[] = [];
    const write = (text: string) => texts.push(text);
    run("func.func(nothing)", [new IrPrinting({ after: "all", write })]);
    run("func.func(nothing)", [new IrPrinting({ after: "all", moduleScope: true, write })]);
    expect(texts[1]).toBe(
      "// -----// IR Dump After nothing ('func.func' operation: @b) //----- //\nfunc.func @b() {\n  return\n}\n",
    );
    expect(texts[3]).toContain(`('func.func' operation: @b) //----- //\n${print(parsed())}`);
  });

  test("a file per pass in a folder per operation, named as mlir-opt names them", () => {
    const treeFolder = join(folder, "tree");
    run("func.func(nothing,flips),cse", [new IrPrinting({ before: "all", after: "all", treeFolder })]);
    const files = readdirSync(treeFolder, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".mlir"),
    );
    const functions = ["a", "b"].flatMap((name) =>
      ["0_0_nothing", "0_1_nothing", "0_2_flips", "0_3_flips"].map((file) => `func_func_${name}/${file}`),
    );
    expect(files.sort()).toEqual(
      [...functions, "1_cse", "2_cse"].map((file) => `builtin_module_no-symbol-name/${file}.mlir`).sort(),
    );
    expect(
      readFileSync(join(treeFolder, "builtin_module_no-symbol-name/func_func_a/0_3_flips.mlir"), "utf8"),
    ).toContain("t.flop");
  });

  test("works on invalid IR: a custom form that fails gives way to the generic one", () => {
    const module = parse(
      "func.func @a(%x: i32) -> i32 {\n  %0 = arith.addi %x, %x : i32\n  return %0 : i32\n}",
      context,
    );
    const body = module.regions[0]!.onlyBlock.first!.regions[0]!.onlyBlock;
    const sum = body.first!;
    sum.setOperands([]);
    expect(printAnyway(module)).toMatch(/^\/\/ printed in the generic form: .*\n"builtin.module"/);
    expect(printAnyway(module)).toContain('"arith.addi"()');
    // A use of what is no longer there, and no terminator.
    sum.setOperands([]);
    body.last!.unlink();
    sum.unlink();
    expect(printAnyway(module)).toContain("func.func");
    const orphan = createOperation({ name: "t.use", operands: [sum.onlyResult], location: sum.location });
    expect(printAnyway(orphan)).toContain('"t.use"(%<defined-elsewhere>)');
  });
});

describe("timing", () => {
  const timed = () => {
    const timing = new Timing();
    timing.measure("Parser", parsed);
    run("func.func(nothing,flips),nothing", [timing]);
    return timing;
  };

  test("as a tree that follows the pipeline", () => {
    const lines = timed().report().split("\n");
    expect(lines[1]!.trim()).toBe("... Execution time report ...");
    const names = lines.flatMap((line) => /^ {4}\d\.\d{4} \( *\d+\.\d%\) {2}(.*)$/.exec(line)?.[1] ?? []);
    expect(names).toEqual([
      ...["Parser", "'func.func' Pipeline", "  nothing", "  flips", "    (V) verifier", "nothing", "Rest", "Total"],
    ]);
  });

  test("as a list, longest first, and as JSON", () => {
    const list: readonly { readonly name: string; readonly wall: { readonly duration: number } }[] = JSON.parse(
      timed().report("list", "json"),
    );
    expect(list.map(({ name }) => name).slice(-2)).toEqual(["Rest", "Total"]);
    const durations = list.slice(0, -2).map(({ wall }) => wall.duration);
    expect(durations).toEqual(durations.toSorted((a, b) => b - a));
    expect(list.filter(({ name }) => name === "nothing")).toHaveLength(1);
    const tree = JSON.parse(timed().report("tree", "json"));
    expect(tree[1].name).toBe("'func.func' Pipeline");
    expect(tree[1].passes[1].passes[0].name).toBe("(V) verifier");
  });

  test("of a pipeline that fails", () => {
    const timing = new Timing();
    expect(() => run("func.func(crash)", [timing])).toThrow("boom");
    expect(timing.report()).toMatch(/'func\.func' Pipeline\n.* {4}crash\n.* Rest/);
  });
});

describe("statistics", () => {
  const counting = pass("counting", {
    doc: "",
    statistics: { seen: "Operations seen", lost: "Operations lost" },
    run: (operation, { statistic }) => {
      operation.walk(() => statistic("seen"));
      return false;
    },
  });

  test("of passes and of patterns, along the pipeline or by name", () => {
    const statistics = new Statistics();
    run("counting,func.func(flips,counting)", [statistics], [counting, flips]);
    expect(statistics.counters("counting")).toEqual(
      new Map([
        ["seen", 13],
        ["lost", 0],
      ]),
    );
    expect(statistics.patterns("flips").get("flip-to-flop")).toMatchObject({ matched: 1 });
    const { tried, refused } = statistics.patterns("flips").get("flip-to-flop")!;
    expect(refused).toBeGreaterThan(0);
    expect(tried).toBeGreaterThan(refused);
    const lines = statistics.report().split("\n");
    expect(lines.slice(3, 8)).toEqual([
      ...[
        "counting",
        "  (S) 7 seen - Operations seen",
        "  (S) 0 lost - Operations lost",
        "'func.func' Pipeline",
        "  flips",
      ],
    ]);
    expect(lines[8]).toMatch(/^ {4}\(P\) flip-to-flop: \d+ tried, 1 matched, \d+ refused, \d+\.\d{3} ms$/);
    expect(statistics.report("list")).toMatch(/counting\n {2}\(S\) 13 seen - Operations seen\n[\s\S]*flips\n {2}\(P\)/);
    expect(context.rewriteObserver).toBeUndefined();
  });
});

describe("remarks", () => {
  const talks = pass("talks", {
    doc: "",
    run: (operation, { remark, missed, analysisRemark }) => {
      remark(operation, "was done: yes", { name: "Done", arguments: { times: 2, flag: true } });
      missed(operation, "was not");
      analysisRemark(operation, "is so");
      return false;
    },
  });
  const recorded = (kinds: readonly (typeof remarkKinds)[number][], passes?: RegExp) => {
    const remarks = new Remarks({ kinds: new Set(kinds), ...(passes === undefined ? {} : { passes }) });
    run("func.func(talks),flips", [remarks], [talks, flips]);
    return remarks.records;
  };
  const texts = (records: readonly RemarkRecord[]) =>
    records.map((record) => remarkDiagnostic(record).render("remark"));

  test("by kind and pass; a pattern's refusal is a missed one", () => {
    expect(texts(recorded(["analysis"]))).toEqual([
      "p.mlir:1:1: remark: [analysis] talks: is so",
      "p.mlir:6:1: remark: [analysis] talks: is so",
    ]);
    expect(texts(recorded(["missed"], /^flips$/))).toEqual([
      "p.mlir:3:8: remark: [missed] flips (flip-to-flop): 't.flip' is left as it is: its operand is not an argument",
    ]);
    expect(recorded(["passed", "analysis"], /flips/)).toEqual([]);
  });

  test("as YAML in LLVM's form", async () => {
    const yaml = await remarksAsYaml(recorded([...remarkKinds]));
    const documents = parseAllDocuments(yaml);
    expect(documents.map((document) => "contents" in document && document.contents?.tag)).toEqual([
      ...["!Passed", "!Missed", "!Analysis", "!Passed", "!Missed", "!Analysis", "!Missed"],
    ]);
    expect(yaml.split("...\n")[0]).toBe(
      [
        "--- !Passed",
        "Pass: talks",
        "Name: Done",
        "DebugLoc: { File: p.mlir, Line: 1, Column: 1 }",
        "Function: a",
        "Args:",
        '  - String: "was done: yes"',
        '  - times: "2"',
        '  - flag: "true"',
        "",
      ].join("\n"),
    );
  });
});

describe("stopping after the N-th action", () => {
  const stoppedAt = (limit: number) => {
    const stop = new StopAfter(limit);
    const module = run("nothing,flips,cse", [stop]);
    return { report: stop.report(), text: print(module) };
  };

  test("counts passes and rewrites, and names the last", () => {
    expect(stoppedAt(0).report).toBe("stopped after action 0: nothing");
    expect(stoppedAt(1).report).toBe("stopped after action 1: the pass 'nothing' on 'builtin.module' at p.mlir:1:1");
    expect(stoppedAt(2).report).toContain("action 2: the pass 'flips'");
    expect(stoppedAt(2).text).not.toContain("t.flop");
    expect(stoppedAt(3).report).toBe(
      "stopped after action 3: the pattern 'flip-to-flop' on 't.flip' at p.mlir:2:8 in the pass 'flips'",
    );
    expect(stoppedAt(3).text).toContain("t.flop");
    expect(stoppedAt(4).report).toContain("action 4: the pass 'cse'");
    expect(stoppedAt(9).report).toContain("there are only 4 actions; the last was the pass 'cse'");
  });
});

describe("reproducers", () => {
  function reproduce(pipeline: string, options: { readonly local?: boolean } = {}, module = parsed()) {
    const path = join(folder, "reproducer.mlir");
    rmSync(path, { force: true });
    const said: string[] = [];
    const reproducer = new CrashReproducer({ path, ...options, report: (message) => said.push(message) });
    let error: unknown;
    try {
      run(pipeline, [reproducer], known, module);
    } catch (caught) {
      error = caught;
    }
    const text = readFileSync(path, "utf8");
    const read = readReproducer(text, context);
    let again: unknown;
    try {
      run(read!.pipeline, [], known, parse(text, context));
    } catch (caught) {
      again = caught;
    }
    return { error, again, text, said, pipeline: read!.pipeline };
  }

  test.each([
    ["crash", TypeError, "boom"],
    ["overflow", RangeError, "call stack"],
    ["damage", Error, "func.return"],
  ])("of %s fail again in the same way", (name, kind, message) => {
    const { error, again, text, said, pipeline } = reproduce(`flips,func.func(nothing,${name})`);
    for (const each of [error, again]) {
      expect(each).toBeInstanceOf(kind);
      expect(String(each)).toContain(message);
    }
    expect(said).toEqual([expect.stringContaining(`failed in '${name}' on 'func.func' operation: @a`)]);
    expect(pipeline).toMatch(new RegExp(`^builtin\\.module\\(flips,func\\.func\\(nothing,${name}\\)\\)$`));
    // The IR is that from before the pipeline.
    expect(text).not.toContain("t.flop");
    expect(text).toContain('"builtin.module"');
  });

  test("a local one holds only the failing pass and the IR before it", () => {
    const { again, text, pipeline } = reproduce("flips,func.func(nothing,damage)", { local: true });
    expect(pipeline).toBe("builtin.module(func.func(damage))");
    expect(text).toContain("t.flop");
    expect(String(again)).toContain("func.return");
  });

  test("carries the bytes of constants", () => {
    const module = parsed();
    const type = TensorType.get([64], f32);
    const values = Float32Array.from({ length: 64 }, (_, index) => index);
    module.regions[0]!.onlyBlock.first!.attributes.set("t.weights", elementsAttribute(type, values));
    const { text, again } = reproduce("crash", {}, module);
    expect(String(again)).toContain("boom");
    expect(text).toMatch(/dense/);
  });

  test("nothing is written where nothing fails", () => {
    const path = join(folder, "none.mlir");
    run("flips", [new CrashReproducer({ path })]);
    expect(() => readFileSync(path)).toThrow("ENOENT");
    expect(readReproducer(program, context)).toBeUndefined();
    expect(readReproducer('// {-# external_resources: "text" #-}\n', context)).toBeUndefined();
  });
});
