/** Each rule of the MIL route: a program that breaks it, and the nearest one that does not. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isTargetName } from "../../dialects/ane/index.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import type { Diagnostic } from "../../passes/pass-types.ts";
import { parsePipeline } from "../../passes/pipeline.ts";
import { checkMilRules, functionWorkarounds, milRules, rulesPage, workaroundPatterns } from "./index.ts";
import { conv, gelu, ruleCases } from "./rule-cases.ts";
import { brokenRules, factsOf, type MilText, milContext, milModule } from "./testing.ts";

describe("rules", () => {
  test.each(Object.entries(ruleCases))("%s", (id, { breaks, keeps, route = "e5rt", target = "h16s", fineOn }) => {
    expect(brokenRules(milModule(breaks), route, target)).toContain(id);
    if (fineOn !== undefined) expect(brokenRules(milModule(breaks), route, fineOn)).not.toContain(id);
    if (keeps !== undefined) expect(brokenRules(milModule(keeps), route, target)).not.toContain(id);
  });

  test("each has a program, an id of its own, known chips, and workarounds that exist", () => {
    const ids = milRules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.keys(ruleCases).toSorted()).toEqual(ids.toSorted());
    const workarounds = new Set<string>(functionWorkarounds);
    for (const route of ["e5rt", "objc"] as const) {
      for (const { name } of workaroundPatterns(factsOf(route, "h16s"))) workarounds.add(name);
    }
    for (const { id, targets, workaround, sources, severity = "error", ops } of milRules.map((rule) => ({
      ops: [],
      ...rule,
    }))) {
      if (targets !== undefined && "only" in targets)
        expect(
          targets.only.filter((name) => !isTargetName(name)),
          id,
        ).toEqual([]);
      if (workaround !== undefined) expect(workarounds, id).toContain(workaround);
      expect(sources.length, id).toBeGreaterThan(0);
      if (sources.every(({ mark }) => mark === "C")) expect(severity, id).toBe("warning");
      expect(ops, id).not.toContain("const");
    }
    for (const name of workarounds)
      expect(
        milRules.some((rule) => rule.workaround === name),
        name,
      ).toBe(true);
  });

  test("docs/mil-rules.md says the same (write it again: npm run unit -- lowering/mil-rules --update)", async () => {
    await expect(rulesPage()).toMatchFileSnapshot(join(import.meta.dirname, "../../docs/mil-rules.md"));
  });
});

describe("check-mil-rules", () => {
  const checked = (text: MilText, options: string) => {
    const module = milModule(text);
    const diagnostics: Diagnostic[] = [];
    const pipeline = parsePipeline(`check-mil-rules{${options}}`, [checkMilRules]);
    const onDiagnostic = (diagnostic: Diagnostic) => diagnostics.push(diagnostic);
    new PassManager(pipeline, milContext, { onDiagnostic }).run(module);
    return diagnostics;
  };

  test("says the op, what was expected, found and done, the rule and its source", () => {
    const wide = { ...conv("1x1x16x16", "1x1x1x14", "1x1x16x3") };
    const lines = [...wide.lines.slice(0, -1), `${wide.lines.at(-1)} loc("conv1")`];
    let caught: unknown;
    try {
      checked({ ...wide, lines }, "target=h13");
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(DiagnosticError);
    const text = caught instanceof DiagnosticError ? caught.render() : "";
    expect(text).toContain(
      `error: 'mil.conv' op (conv1) "result" breaks the rule kernel-size: expected a kernel of at most 29x13 (height x width), found 1x14; split the kernel into narrower ones whose results are added`,
    );
    expect(text).toContain("note: With fp16 weights a kernel is at most 13 wide");
    expect(text).toContain("Source: aneforge 3.3, 5.3: 14 is rejected on A13, 16 on A16 [S]");
    expect(text).toContain("Checked for route e5rt, target h13.");
  });

  test("warns where sources contradict each other, on the route and chip of the one that says so", () => {
    const texts = checked(gelu("EXACT"), "route=objc target=h16g").map(
      ({ severity, error }) => `${severity}: ${error.message}`,
    );
    expect(texts.some((text) => text.startsWith("warning: 'mil.gelu' op") && text.includes("gelu-invalid"))).toBe(true);
    expect(checked(gelu("EXACT"), "route=e5rt target=h16g")).toEqual([]);
  });
});
