/** What `anemone opt` says of mistakes on its command line, of paths that cannot be used, and of loaded passes that throw. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const command = resolve(import.meta.dirname, "../tools/anemone.ts");
const folder = mkdtempSync(join(tmpdir(), "anemone-mistakes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function opt(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, "opt", ...args], {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, out: stdout, errors: stderr };
}

writeFileSync(
  join(folder, "p.mlir"),
  `func.func @main(%x: i32) -> i32 {
  %0 = arith.addi %x, %x : i32
  return %0 : i32
}
`,
);
writeFileSync(
  join(folder, "mine.ts"),
  `import { pass } from "anemone/passes";
import { rewriteAny } from "anemone/ir";
const missing = (operation) => operation.nothing.there;
export const passes = [
  pass("throws", { doc: "Throws.", anchor: "func.func", run: () => { throw new TypeError("boom"); } }),
  pass("misuses", { doc: "Throws inside of what it calls.", run: (operation) => {
    const { onlyBlock } = operation.regions[0];
    onlyBlock.append(onlyBlock.first);
    return true;
  } }),
  pass("bad-pattern", { doc: "Throws.", patterns: [rewriteAny("adds-badly", (operation) => missing(operation))] }),
];
`,
);

describe("an exception of a loaded pass is the user's", () => {
  test.each([
    [
      "throws",
      /^error: the pass 'throws' threw an exception on 'func\.func' operation: @main: TypeError: boom\n {4}at run \(/,
    ],
    [
      "misuses",
      /^error: the pass 'misuses' threw an exception on 'builtin\.module' operation: .*already in a block.*\n {4}at run \(/,
    ],
    [
      "bad-pattern",
      /^error: the pass 'bad-pattern' threw .*pattern 'adds-badly' failed on '[a-z.]+': .*\n {4}at missing \(.*mine\.ts:3:\d+\)/,
    ],
  ])("%s", (name, message) => {
    const { status, errors } = opt("p.mlir", "--load", "mine.ts", `--${name}`);
    expect(errors).toMatch(message);
    expect(errors).not.toContain("defect of Anemone");
    // No frame but the user's.
    for (const [frame] of errors.matchAll(/^ +at .*$/gm)) expect(frame).toContain("mine.ts:");
    expect(status).toBe(1);
  });
});

test("a folder is no file of IR", () => {
  const { status, errors } = opt(".");
  expect(errors).toBe(".: error: is a folder: give a file\n");
  expect(status).toBe(1);
});

test("a flag with one dash is the flag, as for mlir-opt", () => {
  const { status, errors } = opt(
    "p.mlir",
    "-split-input-file",
    "-pass-pipeline=cse",
    "-mlir-print-op-generic",
    "-o=out.mlir",
  );
  expect(errors).toBe("");
  expect(status).toBe(0);
  expect(readFileSync(join(folder, "out.mlir"), "utf8")).toContain('"arith.addi"(%x, %x)');
  expect(opt("p.mlir", "-verify-diagnostics", "-canonicalize").status).toBe(0);
});

describe("what cannot be meant is said, with what may be", () => {
  test.each([
    [["--mlir-print-ir-aftr-all"], 2, "did you mean --mlir-print-ir-after-all?"],
    [["-split-input-fil"], 2, "did you mean --split-input-file?"],
    [["--convert-scf-to-cf"], 2, "did you mean --scf-to-cf?"],
    [["--pass-pipeline=convert-scf-to-cf"], 2, "did you mean scf-to-cf?"],
    [["--mlir-print-ir-after=foo"], 2, "no pass is called 'foo'; `anemone opt --show-passes` lists them"],
    [["--canonicalize=max-iteration=3"], 2, "; did you mean max-iterations?"],
    [["--remarks=foo"], 2, "--remarks takes passed or missed or analysis or all, but got 'foo'"],
    [["-o", "no/folder/x.mlir"], 1, "error: cannot use 'no/folder/x.mlir': there is no such file, or no such folder"],
    [["-o", "."], 1, "': it is a folder, and a file is needed"],
    [["--load", "./none.ts"], 1, "./none.ts: error: there is no such file\n"],
  ])("%j", (args, status, message) => {
    const ended = opt("p.mlir", ...args);
    expect(ended.errors).toContain(message);
    expect(ended.errors).not.toMatch(/E[A-Z]{3,}:|\.part|imported from/);
    expect(ended.status).toBe(status);
  });
});
