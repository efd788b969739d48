/** The bundled command does what the sources do, also for users' files, which must get its own modules. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const tools = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "anemone-bundle-"));

function bun(...args: readonly string[]): {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
} {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  return { status, out: stdout, err: stderr };
}

const extension = `
import { Operation, anyType, dialect, op, operand, result, typeVariable } from "anemone/ir";
import { addi } from "anemone/dialects/arith";
import { pass } from "anemone/passes";
const T = typeVariable("T", anyType);
const twice = op("mine.twice", { x: operand(T), y: result(T) }, {
  doc: "Twice.", traits: ["Pure"], format: "$x attr-dict \`:\` type($x)",
});
export const dialects = [dialect("mine", { doc: "Mine.", ops: [twice] })];
export const passes = [pass("count-mine", {
  doc: "Counts.",
  run: (root) => {
    let [sums, twices] = [0, 0];
    root.walk((each) => { if (addi.matches(each)) sums++; if (twice.matches(each)) twices++; });
    console.error(\`\${root instanceof Operation} \${sums} \${twices}\`);
    return false;
  },
}), pass("throws", { doc: "Throws.", run: () => { throw new TypeError("boom"); } })];
`;
const program = `func.func @f(%a: i32) -> i32 {
  %r = mine.twice %a : i32
  %s = arith.addi %r, %r : i32
  return %s : i32
}
`;

beforeAll(() => {
  writeFileSync(join(folder, "mine.ts"), extension);
  writeFileSync(join(folder, "x.mlir"), program);
  const built = bun(join(tools, "build/build-command.ts"), join(folder, "bundle"));
  expect(built.err).toBe("");
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

test("a user's file shares the modules of the command, bundled or not", () => {
  const args = ["opt", "x.mlir", "--load", "./mine.ts", "--pass-pipeline=builtin.module(count-mine)"];
  for (const command of [join(folder, "bundle/command.cjs"), join(tools, "anemone.ts")]) {
    const { status, out, err } = bun(command, ...args);
    expect(err).toBe("true 1 1\n");
    expect(out).toContain("%r = mine.twice %a : i32");
    expect(status).toBe(0);
  }
}, 30_000);

test("of an exception in a user's pass only the user's frames are shown, bundled or not", () => {
  for (const command of [join(folder, "bundle/command.cjs"), join(tools, "anemone.ts")]) {
    const { status, err } = bun(command, "opt", "x.mlir", "--load", "./mine.ts", "--throws");
    expect(err).toMatch(
      /^error: the pass 'throws' threw an exception on .*: TypeError: boom\n {4}at run \(.*mine\.ts:\d+:\d+\)\nnote: /,
    );
    expect(err.match(/^ +at /gm)).toHaveLength(1);
    expect(status).toBe(1);
  }
}, 30_000);

test("the smaller bundle is all that opt needs", () => {
  writeFileSync(join(folder, "y.mlir"), program.replace("mine.twice %a", "arith.muli %a, %a"));
  const args = ["opt", "y.mlir", "--pass-pipeline=builtin.module(canonicalize,cse)"];
  const [small, full] = ["opt", "command"].map((name) => bun(join(folder, "bundle", `${name}.cjs`), ...args));
  expect(small).toEqual(full);
  expect(small!.out).toContain("arith.addi");
}, 30_000);
