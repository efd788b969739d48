/** What cannot be seen in before-and-after texts: locations, remarks, what is printed elsewhere, graph regions. */
import { expect, test } from "vitest";
import { builtin, cf, func, scf } from "../../dialects/index.ts";
import { Context, locationText, type Operation, parse, print } from "../../ir/index.ts";
import { genericPasses, PassManager, parsePipeline } from "../../passes/index.ts";
import { countOperations, printOperationCounts } from "../../passes/tidy/print-op-stats.ts";

const context = new Context([builtin, func, cf, scf], { allowUnregistered: true });

function run(pipeline: string, text: string): { readonly module: Operation; readonly remarks: readonly string[] } {
  const module = parse(text, context, { file: "test" });
  const remarks: string[] = [];
  const manager = new PassManager(parsePipeline(`builtin.module(${pipeline})`, genericPasses), context, {
    onRemark: ({ kind, message }) => remarks.push(`${kind}: ${message}`),
  });
  manager.run(module);
  return { module, remarks };
}

function operationsNamed(module: Operation, name: string): Operation[] {
  const found: Operation[] = [];
  module.walk((operation) => {
    if (operation.name === name) found.push(operation);
  });
  return found;
}

const calls = `
func.func private @leaf(%x: i32) -> i32 {
  %r = "test.work"(%x) : (i32) -> i32 loc("leaf.py":1:2)
  return %r : i32
}
func.func private @middle(%x: i32) -> i32 {
  %r = func.call @leaf(%x) : (i32) -> i32 loc("middle.py":3:4)
  return %r : i32
}
func.func @main(%x: i32) -> i32 {
  %r = func.call @middle(%x) : (i32) -> i32 loc("main.py":5:6)
  return %r : i32
}`;

test("inline refuses what it does not know, and says so", () => {
  const { module, remarks } = run("inline{default-pipeline=}", calls);
  expect(operationsNamed(module, "func.call").length).toBe(1);
  expect(remarks).toContain("missed: not inlined: nothing is known of 'test.work' in the body");
  expect(remarks).toContain('passed: inlined the body of "middle"');
});

test("inlined operations say where they come from and who called", () => {
  const known = calls.replaceAll('"test.work"(%x)', '"builtin.unrealized_conversion_cast"(%x)');
  const { module } = run("inline{default-pipeline=}", known);
  const [work] = operationsNamed(module, "builtin.unrealized_conversion_cast");
  expect(locationText(work!.location)).toBe('callsite(callsite("leaf.py":1:2 at "middle.py":3:4) at "main.py":5:6)');
});

test("strip-debuginfo leaves no location", () => {
  const { module } = run("strip-debuginfo", calls);
  module.walk((operation) => expect(operation.location.kind).toBe("unknown"));
});

test("topological-sort orders graphs, keeps order where it is right, and leaves cycles in place", () => {
  const text = `
"test.graph"() ({
  %a = "test.use"(%b, %c) : (i32, i32) -> i32
  %b = "test.def"() {n = 1 : i32} : () -> i32
  %c = "test.step"(%b) : (i32) -> i32
  %d = "test.cycle"(%e) : (i32) -> i32
  %e = "test.cycle"(%d) : (i32) -> i32
}) : () -> ()`;
  const { module } = run("topological-sort", text);
  const names = () => module.regions[0]!.entry!.first!.regions[0]!.entry!.operations.map(({ name }) => name.slice(5));
  expect(names()).toEqual(["def", "step", "use", "cycle", "cycle"]);
  const once = print(module);
  new PassManager(parsePipeline("builtin.module(topological-sort)", genericPasses), context).run(module);
  expect(print(module)).toBe(once);
});

test("print-op-stats counts", () => {
  const counts = countOperations(parse(calls, context, { file: "test" }));
  expect(printOperationCounts(counts, false)).toContain("  func.func      , 3\n");
  expect(JSON.parse(printOperationCounts(counts, true))).toMatchObject({ "func.call": 2, "test.work": 1 });
});
