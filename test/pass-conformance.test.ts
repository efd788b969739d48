/** The suite for passes on passes that are wrong, or that it could say nothing of: run by vitest in a process of its own. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const entry = (name: string) => JSON.stringify(join(root, name));
// Inside the project, where vitest is found; not among its tests.
const folder = join(root, "out", "pass-conformance");

const suite = `import { describe } from "vitest";
import { arith, upstreamDialects } from ${entry("dialects/index.ts")};
import { pass } from ${entry("passes/index.ts")};
import { passConformance } from ${entry("test/testing/index.ts")};

/** a * b -> a * a */
function damage(operation) {
  let changed = false;
  operation.walk((each) => {
    if (each.name !== "arith.muli" || each.operand(0) === each.operand(1)) return;
    each.setOperands([each.operand(0), each.operand(0)]);
    changed = true;
  });
  return changed;
}
/** a + b -> b + a */
function swap(operation) {
  let changed = false;
  operation.walk((each) => {
    if (!["arith.addi", "arith.muli", "arith.xori"].includes(each.name) || each.operand(0) === each.operand(1)) return;
    each.setOperands([each.operand(1), each.operand(0)]);
    changed = true;
  });
  return changed;
}
const wrong = pass("wrong", { doc: "Wrong.", run: damage });
const anchored = pass("anchored", { doc: "Wrong, on functions.", anchor: "func.func", run: damage });
const idle = pass("idle", { doc: "Does nothing.", run: () => false });
const right = pass("right", { doc: "Right.", anchor: "func.func", run: swap });
describe("few", () => passConformance([wrong, anchored, idle, right], { dialects: [arith] }));
describe("many", () => passConformance([wrong], { dialects: upstreamDialects }));
describe("told", () => passConformance([idle], { dialects: [arith], leastChanged: 0, notCompared: { idle: "it is idle" } }));
`;

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "vitest.config.ts"), 'export default { test: { include: ["*.test.ts"] } };\n');
  writeFileSync(join(folder, "suite.test.ts"), suite);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a wrong pass fails, anchored or not, and so does one of which the programs say nothing", () => {
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=json", "--outputFile=report.json", "--reporter=default"];
  const ended = spawnSync(process.execPath, ["--bun", vitest, "run", "--root", folder, ...reporters], {
    cwd: folder,
    encoding: "utf8",
    timeout: 100_000,
  });
  const report: Report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8"));
  const all = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const failureOf = (name: string) => {
    const found = all.filter(({ fullName }) => fullName === name);
    expect(found, name).toHaveLength(1);
    return `${found[0]!.status}: ${found[0]!.failureMessages.join("\n")}`;
  };
  const [keeps, leaves] = [
    "keeps what programs compute",
    "leaves programs that verify, and says exactly whether it changed them",
  ];
  for (const name of ["wrong", "anchored"]) {
    expect(failureOf(`few pass ${name} ${keeps}`)).toMatch(/^failed: [\s\S]*Counterexample[\s\S]*arith\.muli/);
    expect(failureOf(`few pass ${name} ${leaves}`)).toBe("passed: ");
  }
  expect(failureOf(`few pass idle ${leaves}`)).toMatch(
    /hardly tested: of 50 random programs it took 50 and changed 0 \(/,
  );
  expect(failureOf(`few pass right ${keeps}`)).toBe("passed: ");
  expect(failureOf(`few pass right ${leaves}`)).toBe("passed: ");
  expect(failureOf(`many pass wrong ${keeps}`)).toMatch(
    /^failed: .*(hardly tested: .*give fewer dialects|Property failed)/,
  );
  expect(failureOf(`told pass idle ${leaves}`)).toBe("passed: ");
  expect(failureOf(`told pass idle ${keeps}`)).toMatch(/^(skipped|pending): /);
  expect(ended.stdout).toMatch(
    /right +of 50 random programs it took 50 and changed \d+, and the results of [1-9]\d* changed/,
  );
});
