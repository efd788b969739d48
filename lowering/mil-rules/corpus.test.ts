/**
 * The rules on programs that others wrote: those for the direct way to the engine, which ran there by their authors' word, break none
 * but the order of inputs on the Objective-C route (their authors bind by name); a recurrent network is refused with its reason.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { moduleOf } from "../../dialects/mil/module/index.ts";
import { readMilText } from "../../dialects/mil/text/reader.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { parsePipeline } from "../../passes/pipeline.ts";
import { longTests } from "../../test/testing/networks.ts";
import { milFindings, milWorkarounds, type RuleFinding } from "./index.ts";
import { factsOf, milContext } from "./testing.ts";

const folder = join(import.meta.dirname, "../../../shared/data/mil");
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".mil")) : [];
const all = files.filter((name) => /swift-ane|ane-linux|hwx-model/.test(name));
/** A third of them, unless ANEMONE_LONG_TESTS asks for all. */
const direct = all.filter((_, position) => longTests || position % 3 === 0);

const read = (name: string) =>
  moduleOf(readMilText(readFileSync(join(folder, name), "utf8"), { file: name }), { file: name });
const errorsIn = (findings: readonly RuleFinding[]) => [
  ...new Set(findings.filter(({ severity }) => severity === "error").map(({ rule }) => rule.id)),
];

describe.skipIf(direct.length === 0)("programs that ran on the engine (skipped where the samples are absent)", () => {
  test.each(direct)("%s", (name) => {
    const module = read(name);
    // What each was written for: some M4 for swift-ane, M2 for the others.
    const target = name.includes("swift-ane") ? "h16" : "h14";
    expect(errorsIn(milFindings(module, factsOf("e5rt", target)))).toEqual([]);
    const onObjc = errorsIn(milFindings(module, factsOf("objc", target)));
    expect(onObjc.filter((id) => id !== "port-order")).toEqual([]);
    new PassManager(parsePipeline(`mil-workarounds{route=objc target=${target}}`, [milWorkarounds]), milContext).run(
      module,
    );
    expect(errorsIn(milFindings(module, factsOf("objc", target)))).not.toContain("port-order");
  });
});

const silero = "FluidInference_mobius__unified_int8.mil";

test.skipIf(!files.includes(silero))(
  "a recurrent network is refused for the engine (skipped where the sample is absent)",
  () => {
    const findings = milFindings(read(silero), factsOf("e5rt", "h16s"));
    const reasons = findings.filter(({ rule }) => rule.id === "no-path").map(({ error }) => error.message);
    expect(reasons).toEqual([
      "'mil.lstm' op (lstm_out_batch_first) breaks the rule no-path: expected an op that the engine has, found lstm: recurrent cells have no hardware form; " +
        "unroll the steps into matmul, sigmoid and tanh, or run the network on --device=cpu",
    ]);
  },
);
