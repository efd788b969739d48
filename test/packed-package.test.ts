/**
 * The package as users get it: what `npm pack` ships, and the example of a dialect outside of it, which is type checked,
 * tested, loaded into the command and run as machine code in an empty folder.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { InstalledPackage } from "./testing/installed-package.ts";

let installed: InstalledPackage;
beforeAll(() => {
  installed = new InstalledPackage("examples/poly");
});
afterAll(() => installed?.remove());

/** The output of a command that has to succeed. */
function run(line: string): string {
  const { status, output } = installed.run(line);
  expect(status, output).toBe(0);
  return output;
}

test("ships sources and the example, and neither tests nor data", () => {
  const paths = installed.files.map(({ path }) => path);
  for (const wanted of [
    "README.md",
    "ir/index.ts",
    "dialects/index.ts",
    "passes/index.ts",
    "compiler/index.ts",
    "tools/anemone.ts",
    "test/testing/index.ts",
    "examples/poly/index.ts",
    "examples/poly/tests/conformance.test.ts",
  ])
    expect(paths).toContain(wanted);
  const tests = paths.filter((path) => path.endsWith(".test.ts") && !path.startsWith("examples/poly/"));
  expect(tests).toEqual([]);
  expect(
    paths.filter((path) => /\.(onnx|npy|png|jpe?g)$|^bench\/|^test\/(?!testing\/)|node_modules/.test(path)),
  ).toEqual([]);
  const sources = installed.files.filter(({ path }) => !path.startsWith("dist/"));
  expect(sources.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(6e6);
  // With the command's bundle and its bytecode, without which starting takes three times as long.
  expect(installed.size).toBeLessThan(12e6);
});

test("the example is type checked", () => {
  run("npm run typecheck");
});

// Its tests run in tutorial.test.ts, whose last folder is this example.
test("the command loads the dialect, its pass and its lowering, and runs the result as machine code", () => {
  expect(run("anemone opt programs/table.mlir --load ./index.ts")).toContain("poly.evaluate_all");
  expect(run("anemone opt --load ./index.ts --show-passes")).toContain("poly-to-arith");
  const lowered = run(
    'anemone opt programs/table.mlir --load ./index.ts --pass-pipeline="canonicalize,inline,poly-evaluate-factors,poly-to-arith,canonicalize,cse"',
  );
  expect(lowered).not.toContain("poly.");
  run('anemone opt programs/table.mlir --load ./index.ts --pass-pipeline="poly-to-arith" -o lowered.mlir');
  const native = run("anemone run lowered.mlir --device cpu --input x=random:1");
  expect(native).toContain("i32[8]");
  const results = (text: string) => /min.*$/m.exec(text)?.[0];
  expect(results(run("anemone run lowered.mlir --device cpu --input x=random:1 --no-llvm"))).toBe(results(native));
});

test("a mistake in a loaded file is said with its place", () => {
  const { status, output } = installed.run("anemone opt programs/table.mlir --load ./nothing.ts");
  expect(status).toBe(1);
  expect(output).toContain("./nothing.ts: error: there is no such file");
});
