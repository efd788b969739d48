/** `anemone reduce` from the outside: what it prints, where it stops, and what it says of wrong use. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "anemone-reduce-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const program = `func.func @f(%a: i32, %b: i32, %c: i1) -> i32 {
  %x = arith.addi %a, %b : i32
  %r = scf.if %c -> (i32) {
    %q = arith.divsi %x, %b : i32
    scf.yield %q : i32
  } else {
    scf.yield %a : i32
  }
  return %r : i32
}
`;

function run(...args: readonly string[]) {
  const file = join(folder, "input.mlir");
  writeFileSync(file, program);
  const main = join(import.meta.dirname, "..", "tools", "anemone.ts");
  const child = spawnSync(process.execPath, [main, "reduce", file, ...args], { encoding: "utf8" });
  return { status: child.status, out: child.stdout, err: child.stderr };
}

test("shrinks a file while a shell command fails on it", () => {
  const output = join(folder, "small.mlir");
  const { status, err } = run("--test=! grep -q divsi {}", "-o", output);
  expect(err).toMatch(/reduced 7 operations to 3, \d+ tests/);
  expect(status).toBe(0);
  expect(readFileSync(output, "utf8")).toBe(`module {
  func.func @f(%a: i32) -> i32 {
    %q = arith.divsi %a, %a : i32
    return %a : i32
  }
}
`);
});

test("only a failure that prints what is asked for counts", () => {
  const { status, out } = run("--test=sh -c 'cat $0; exit 3'", "--match=scf.yield.*i32");
  expect(status).toBe(0);
  expect(out).toContain("scf.if");
  expect(out).not.toContain("divsi");
});

test("a command that hangs is stopped, and is a failure where that is asked for", () => {
  const hangs = "--test=grep -q divsi {} && exec sleep 20";
  const wrong = run(hangs, "--timeout=0.3");
  expect(wrong.err).toContain("does not end within 0.3 s on the file itself: pass --hang-is-failure");
  expect(wrong.status).toBe(1);
  const { out, status } = run(hangs, "--timeout=0.3", "--hang-is-failure", "--max-tests=8");
  expect(status).toBe(0);
  expect(out).toContain("divsi");
});

test("a command that does not see the file is refused, and what it prints is shown", () => {
  const missing = run("--test=no-such-command-anywhere opt {}");
  expect(missing.err).toContain("the shell cannot run the command (exit code 127)");
  expect(missing.err).toContain("no-such-command-anywhere");
  expect(missing.status).toBe(1);
  const blind = run("--test=echo no file mine.ts >&2; exit 1");
  expect(blind.err).toContain("the command fails on an empty module as well");
  expect(blind.err).toContain("no file mine.ts");
  expect(blind.status).toBe(1);
  expect(blind.out).toBe("");
});

test("wrong use is said", () => {
  expect(run("--test=true").err).toContain("the command succeeds on the file itself (exit code 0)");
  expect(run("--test=false", "--match=never").err).toContain("does not print what --match asks for: 'never'");
  expect(run("--test=false", "--match=(").status).toBe(2);
  expect(run("--test=false", "--timeout=no").status).toBe(2);
  expect(run().err).toContain("--test");
});
