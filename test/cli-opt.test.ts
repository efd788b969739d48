/** `anemone opt` under MLIR's flags, as a child process. Each run checks several flags: starting one costs more than all they do. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";

const command = resolve(import.meta.dirname, "../tools/anemone.ts");
const entry = (name: string) => JSON.stringify(resolve(command, "../..", name));
const folder = mkdtempSync(join(tmpdir(), "anemone-opt-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(at(name), "utf8");

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly errors: string;
}

function opt(args: readonly string[], input = ""): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, "opt", ...args], {
    cwd: folder,
    encoding: "utf8",
    input,
    timeout: 60_000,
  });
  return { status, out: stdout, errors: stderr };
}

function succeeds(args: readonly string[], input?: string): Ended {
  const ended = opt(args, input);
  expect(ended.status, ended.errors).toBe(0);
  return ended;
}

const program = `func.func @main(%x: i32) -> i32 {
  %c = arith.constant 0 : i32
  %0 = arith.addi %x, %c : i32
  %1 = arith.muli %0, %x : i32
  %2 = arith.muli %0, %x : i32
  %3 = arith.addi %1, %2 : i32
  return %3 : i32
}
func.func private @unused() {
  return
}
`;
writeFileSync(at("program.mlir"), program);
/** Passes that fail in each way, and one that says what it does. */
writeFileSync(
  at("mine.ts"),
  `import { pass } from ${entry("passes/index.ts")};
export const passes = [
  pass("crash", { doc: "Throws.", run: () => { throw new TypeError("boom"); } }),
  pass("overflow", { doc: "Never ends.", run: () => { const f = (n) => 1 + f(n + 1); return f(0) > 0; } }),
  pass("damage", { doc: "Leaves invalid IR.", run: (operation) => {
    let changed = false;
    operation.walk((each) => { if (each.name === "arith.muli") { each.setOperands([]); changed = true; } });
    return changed;
  } }),
  pass("talk", { doc: "Talks.", statistics: { words: "Words said" }, run: (operation, context) => {
    context.warn(operation, "is talked about");
    context.remark(operation, "was seen", { name: "Seen" });
    context.missed(operation, "was not changed");
    context.analysisRemark(operation, "has a name");
    context.statistic("words", 3);
    return false;
  } }),
];
`,
);
const mine = ["--load", "mine.ts"];

describe("pipelines", () => {
  test("as text and as flags are the same, and dump as what can be read again", () => {
    const text = succeeds(["program.mlir", "--pass-pipeline=builtin.module(canonicalize,func.func(cse),symbol-dce)"]);
    expect(text.out).toMatch(/%0 = arith\.muli %x, %x : i32\n {4}%1 = arith\.addi %0, %0 : i32/);
    expect(text.out).not.toContain("@unused");
    const flags = succeeds(["--canonicalize", "program.mlir", "--cse", "--symbol-dce", "--dump-pass-pipeline"]);
    expect(flags.out).toBe(text.out);
    const [, pipeline = ""] = /^Pass Manager with 3 passes:\n(.*)\n/.exec(flags.errors) ?? [];
    const again = succeeds(["program.mlir", `--pass-pipeline=${pipeline}`, "--dump-pass-pipeline"]);
    expect(again).toEqual(flags);
  });

  test("options of flags, and the order of flags", () => {
    const { errors } = succeeds([
      "program.mlir",
      "--cse",
      "--constant-fold=max-elements=7",
      "--cse",
      "--dump-pass-pipeline",
    ]);
    expect(errors).toContain("builtin.module(cse,constant-fold{max-elements=7},cse)");
  });

  test.each([
    [["program.mlir", "--cse", "--pass-pipeline=cse"], 2, "--pass-pipeline and passes as flags exclude each other"],
    [
      ["program.mlir", "--canonicalise"],
      2,
      "unknown option '--canonicalise': neither a flag of opt nor a pass; did you mean --canonicalize?",
    ],
    [
      ["program.mlir", "--constant-fold=max-elements=x"],
      2,
      "<pipeline>:1:14: error: option 'max-elements' of pass 'constant-fold' must be a",
    ],
    [
      ["program.mlir", "--compress-weights=target=h99"],
      2,
      "<pipeline>:1:8: error: option 'target' of pass 'compress-weights' must be one of h11, h12",
    ],
    [["none.mlir", "--pass-pipeline=func.func(cse"], 2, "<pipeline>:1:14: error: expected ')', but the text ends"],
    [["program.mlir", "other.mlir"], 2, "opt takes one file, but got 'program.mlir' and 'other.mlir'"],
    [["program.mlir", "--emit-bytecode"], 2, "IR is written as text only"],
    [
      ["program.mlir", "--mlir-print-ir-after=cze"],
      2,
      "--mlir-print-ir-after: no pass is called 'cze'; did you mean cse?",
    ],
  ])("%j is refused", (args, status, message) => {
    const ended = opt(args);
    expect(ended.errors).toContain(message);
    expect(ended.status).toBe(status);
    expect(ended.out).toBe("");
  });
});

describe("what is shown of a run", () => {
  test("the IR between passes, times, statistics, remarks, warnings", () => {
    const { out, errors } = succeeds([
      ...["program.mlir", ...mine, "--pass-pipeline=func.func(talk,cse),canonicalize,canonicalize"],
      ...["--mlir-print-ir-before=cse", "--mlir-print-ir-after-change", "--mlir-print-ir-module-scope"],
      ...["--mlir-timing", "--mlir-timing-display=list", "--mlir-output-format=json"],
      ...["--mlir-pass-statistics", "--mlir-pass-statistics-display=list"],
      ...["--remarks=missed,analysis", "--remarks-filter=^talk$", "--remarks-output=remarks.yaml"],
      ...["--history=history.json", "--mlir-disable-threading"],
    ]);
    expect(out).toMatch(/^module \{/);
    expect(errors.match(/IR Dump .*(?= \/\/-)/g)).toEqual([
      "IR Dump Before cse ('func.func' operation: @main)",
      "IR Dump After cse ('func.func' operation: @main)",
      "IR Dump Before cse ('func.func' operation: @unused)",
      "IR Dump After canonicalize",
    ]);
    expect(errors.match(/^\/\/ -----\/\/.*\nmodule/gm)).toHaveLength(4);
    expect(errors).toContain("program.mlir:1:1: warning: 'func.func' op is talked about\n");
    expect(errors).toContain("program.mlir:1:1: remark: [missed] talk: was not changed\n");
    expect(errors).not.toContain("[passed]");
    expect(errors).toMatch(/talk\n {2}\(S\) 6 words - Words said\n/);
    const json: readonly { readonly name: string }[] = JSON.parse(errors.slice(errors.lastIndexOf("\n[\n")));
    expect(json.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["Parser", "canonicalize", "cse", "Output", "Total"]),
    );
    expect(parseAllDocuments(read("remarks.yaml"))).toHaveLength(4);
    const history: readonly { readonly pass: string }[] = JSON.parse(read("history.json"));
    expect(history.map(({ pass }) => pass)).toEqual([
      "input",
      "talk",
      "cse",
      "talk",
      "cse",
      "canonicalize",
      "canonicalize",
    ]);
  });

  test("--show-passes, --show-dialects", () => {
    const { out } = succeeds(["--show-passes", ...mine]);
    expect(out).toMatch(/^vectorize: .*requires bufferised/m);
    expect(out).toMatch(/^ {4}registers=0 .*\(a number\)$/m);
    expect(out).toContain("talk: Talks.");
    expect(succeeds(["--show-dialects"]).out).toMatch(/^Available Dialects: ane,arith,builtin,.*tensor/);
  });

  test("--stop-after says what the last action was", () => {
    const { out, errors } = succeeds(["program.mlir", "--cse", "--canonicalize", "--stop-after=1"]);
    expect(errors).toBe("note: stopped after action 1: the pass 'cse' on 'builtin.module' at program.mlir:1:1\n");
    expect(out).toContain("arith.constant");
    succeeds([
      "program.mlir",
      "--cse",
      "--canonicalize",
      "--log-actions-to=actions.txt",
      "--mlir-generate-reproducer=again.mlir",
    ]);
    expect(read("actions.txt")).toMatch(
      /^1: the pass 'cse' .*\n2: the pass 'canonicalize' .*\n3: the (fold|pattern|removal) /,
    );
    expect(read("again.mlir")).toMatch(/pipeline: "builtin\.module\(cse,canonicalize/);
  });
});

describe("failures", () => {
  test.each([
    [
      "crash",
      "error: the pass 'crash' threw an exception on 'func.func' operation: @main: TypeError: boom\n    at run (/",
    ],
    ["overflow", "operation: @main: RangeError: Maximum call stack size exceeded"],
    ["damage", "error: 'arith.muli' op expected 2 operands, but found 0"],
  ])("%s leaves a reproducer that fails again", (name, message) => {
    const failed = opt([
      ...["program.mlir", ...mine, `--pass-pipeline=canonicalize,func.func(${name})`, "--mlir-print-ir-after-failure"],
      ...[`--mlir-pass-pipeline-crash-reproducer=${name}.mlir`],
    ]);
    expect(failed.status).toBe(1);
    expect(failed.out).toBe("");
    expect(failed.errors).toContain(message);
    expect(failed.errors).toContain(`IR Dump After ${name} Failed ('func.func' operation: @main)`);
    expect(failed.errors).toContain(`run it with: anemone opt --run-reproducer ${name}.mlir`);
    const again = opt(["--run-reproducer", `${name}.mlir`, ...mine]);
    expect(again.status).toBe(1);
    expect(again.errors).toContain(message);
    expect(read(`${name}.mlir`)).toMatch(/pipeline: "builtin\.module\(canonicalize\{.*\},func\.func\(/);
  });

  test("a local reproducer; invalid IR is printed; all broken rules are named", () => {
    const { errors } = opt([
      ...["program.mlir", ...mine, "--pass-pipeline=canonicalize,func.func(damage)"],
      ...["--mlir-pass-pipeline-crash-reproducer=local.mlir", "--mlir-pass-pipeline-local-reproducer"],
      ...["--mlir-print-ir-after-all"],
    ]);
    expect(read("local.mlir")).toContain('pipeline: "builtin.module(func.func(damage))"');
    expect(read("local.mlir")).not.toContain("arith.constant");
    expect(errors).toContain("// printed in the generic form: ");
    expect(errors.match(/error: 'arith\.muli' op expected 2 operands/g)).toHaveLength(2);
    const unchecked = succeeds(["program.mlir", ...mine, "--damage", "--verify-each=false"]);
    expect(unchecked.out).toContain('"arith.muli"() ');
    const { errors: other } = opt(["program.mlir", "--run-reproducer"]);
    expect(other).toContain("program.mlir: error: is not a reproducer");
  });

  test("reproducers go to mlir-opt and come from it", ({ skip }) => {
    const upstream = (args: readonly string[]) => spawnSync("mlir-opt-19", args, { cwd: folder, encoding: "utf8" });
    if (upstream(["--version"]).status !== 0) skip("mlir-opt-19 is not installed");
    const passes = ["--canonicalize", "--cse", "--symbol-dce"];
    opt(["program.mlir", ...mine, ...passes, "--crash", "--mlir-pass-pipeline-crash-reproducer=ours.mlir"]);
    writeFileSync(at("ours.mlir"), read("ours.mlir").replace(",crash", ""));
    const { status, stdout, stderr } = upstream(["--run-reproducer", "ours.mlir"]);
    expect(status, stderr).toBe(0);
    expect(stdout.match(/arith\.muli/g)).toHaveLength(1);
    expect(stdout).not.toContain("@unused");
    expect(upstream(["program.mlir", ...passes, "--mlir-generate-reproducer=theirs.mlir"]).status).toBe(0);
    const { out } = succeeds(["--run-reproducer", "theirs.mlir"]);
    expect(out.match(/arith\.muli/g)).toHaveLength(1);
    expect(out).not.toContain("@unused");
  });
});

describe("input", () => {
  const split = `${program}// -----
// expected-error@+2 {{has no such op}}
func.func @b() {
  rett
}
// -----
func.func @c(%a: i32, %b: i64) {
  // expected-error-re@below {{'{{rhs|lhs}}' must have}}
  %0 = "arith.divsi"(%a, %b) : (i32, i64) -> i32
  return
}
`;

  test("--split-input-file goes on behind a part that fails, with the lines of the whole", () => {
    writeFileSync(at("split.mlir"), split);
    const { status, out, errors } = opt(["split.mlir", "--split-input-file", "--symbol-dce"]);
    expect(status).toBe(1);
    expect(out.match(/func\.func/g)).toHaveLength(1);
    expect(errors).toContain("split.mlir:15:3: error: ");
    expect(errors).toContain("split.mlir:20:8: error: ");
  });

  test("--verify-diagnostics holds them against the comments", () => {
    const good = "func.func @a() {\n  return\n}\n// =====\n// expected-error@+1 {{expected an operation}}\nnone\n";
    const { out } = succeeds(
      ["-", "--split-input-file=// =====", "--output-split-marker=// next", "--verify-diagnostics"],
      `${good}// =====\nfunc.func @c() {\n  return\n}\n`,
    );
    expect(out.split("// next\n").map((part) => /@\w+/.exec(part)?.[0])).toEqual(["@a", undefined, "@c"]);
    const bad = opt(
      ["--verify-diagnostics", ...mine, "--talk", "--remarks=passed"],
      `// expected-warning@below {{is talked about}}
// expected-error@unknown {{never}}
module {
  // expected-note@-1 {{not said}}
}
`,
    );
    expect(bad.status).toBe(1);
    expect(bad.errors.trimEnd().split("\n")).toEqual([
      "<stdin>:3: error: unexpected remark: [passed] talk (Seen): was seen",
      '<stdin>:2: error: expected error "never" was not produced',
      '<stdin>:4: error: expected note "not said" was not produced',
    ]);
  });

  test("--verify-roundtrip, --no-implicit-module, --allow-unregistered-dialect", () => {
    const text = `"my.op"() ({\n  %0 = "my.value"() {a = dense<[1, 2]> : tensor<2xi32>} : () -> i32 loc(fused["x", "f":1:2])\n}) : () -> ()\n`;
    const { out } = succeeds(["--allow-unregistered-dialect", "--no-implicit-module", "--verify-roundtrip"], text);
    expect(out).toMatch(/^"my\.op"/);
    expect(opt(["--no-implicit-module"], program).errors).toContain(
      "expected one operation without an implicit module around it, but the text has 2",
    );
    expect(opt([], text).errors).toContain("dialect");
    const nested = succeeds(
      ["--no-implicit-module", "--pass-pipeline=func.func(cse)", "--dump-pass-pipeline"],
      "func.func @f() {\n  return\n}\n",
    );
    expect(nested.errors).toContain("\nfunc.func(cse)\n");
  });
});

describe("output", () => {
  const text = `func.func @f(%x: i32) -> i32 {
  %0 = arith.addi %x, %x : i32 loc("sum"("m.onnx":1:2))
  %1 = "t.op"(%0) {big = dense<[1, 2, 3]> : tensor<3xi32>, blob = dense_resource<w> : tensor<2xf32>} : (i32) -> i32
  return %0 : i32
}
{-#
  dialect_resources: { builtin: { w: "0x040000000000803F00000040" } }
#-}
`;

  test("--mlir-print-debuginfo, -local-scope, value users, names from locations, resources", () => {
    const { out } = succeeds(
      [
        ...["--allow-unregistered-dialect", "--mlir-print-debuginfo", "--mlir-print-local-scope"],
        ...["--mlir-print-value-users", "--mlir-use-nameloc-as-prefix", "--mlir-elide-elementsattrs-if-larger=2"],
      ],
      text,
    );
    expect(out).toContain('%sum = arith.addi %x, %x : i32 loc("sum"("m.onnx":1:2)) // users: ');
    expect(out).toContain("// %x is used by %sum\n");
    expect(out).toContain("big = dense_resource<__elided__> : tensor<3xi32>");
    expect(out).toMatch(/dialect_resources: \{\n {4}builtin: \{\n {6}\w+: "0x\w*0000803F00000040"/);
  });

  test("--mlir-pretty-debuginfo, generic, unique names, skipped regions, elided resources", () => {
    const pretty = succeeds(
      ["--allow-unregistered-dialect", "--mlir-pretty-debuginfo", "--mlir-elide-resource-strings-if-larger=4"],
      text,
    );
    expect(pretty.out).toContain('%0 = arith.addi %x, %x : i32 "sum"(m.onnx:1:2)\n');
    expect(pretty.out).not.toContain("dialect_resources");
    const skipped = succeeds(
      ["--allow-unregistered-dialect", "--mlir-print-op-generic", "--mlir-print-skip-regions"],
      text,
    );
    expect(skipped.out).toMatch(/^"builtin\.module"\(\) \(\{\.\.\.\}\) : \(\) -> \(\)\n/);
    const twice = "func.func @a(%x: i32) {\n  %0 = arith.addi %x, %x : i32\n  return\n}\n";
    const unique = succeeds(["--mlir-print-unique-ssa-ids"], twice + twice.replace("@a", "@b"));
    expect(unique.out.match(/%\d+ =/g)).toEqual(["%1 =", "%0 ="]);
  });

  test("-o writes parts with their weights; a folder tree holds the IR of each pass", () => {
    succeeds(
      [
        ...["-", "--allow-unregistered-dialect", "--split-input-file", "-o", "out.mlir", "--cse"],
        ...["--mlir-print-ir-after-all", "--mlir-print-ir-tree-dir=tree"],
      ],
      `${text}// -----\n${program}`,
    );
    expect(read("out.mlir").split("// -----\n")).toHaveLength(2);
    expect(existsSync(at("out.mlir.weights"))).toBe(true);
    expect(readdirSync(at("tree"), { recursive: true, encoding: "utf8" })).toContain(
      "builtin_module_no-symbol-name/0_cse.mlir",
    );
    expect(read("out.mlir")).not.toContain("dialect_resources");
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});
