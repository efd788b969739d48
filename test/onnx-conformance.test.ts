/**
 * The operator conformance cases of the ONNX project, imported and run by the reference semantics. A case whose operators
 * are all known must pass, or stand in `onnx-conformance-exceptions.ts` with its reason; an entry whose case passes (or
 * is gone) fails, so that the table only shrinks.
 */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { arith } from "../dialects/arith/index.ts";
import { builtin } from "../dialects/builtin/index.ts";
import { func } from "../dialects/func/index.ts";
import { tensor } from "../dialects/tensor/index.ts";
import { Context } from "../ir/context.ts";
import { conformanceExceptions } from "./onnx-conformance-exceptions.ts";
import { runCase } from "./testing/onnx-case.ts";

const root = resolve(import.meta.dirname, "../../shared/data/onnx-node");
const cases = existsSync(root) ? readdirSync(root).filter((name) => existsSync(join(root, name, "model.onnx"))) : [];
const context = new Context([builtin, func, arith, tensor]);

describe.skipIf(cases.length === 0)("ONNX conformance (skipped where ../shared/data/onnx-node is absent)", () => {
  const counts = { passed: 0, excepted: 0, unregistered: 0 };

  for (const name of cases) {
    test(name, (check) => {
      const outcome = runCase(join(root, name), context);
      const exception = conformanceExceptions[name];
      if (outcome.kind === "unregistered") {
        counts.unregistered++;
        expect(exception, "an entry is for cases of known operators").toBeUndefined();
        check.skip(`unknown operators: ${outcome.operators.join(", ")}`);
      }
      if (exception === undefined) {
        expect(outcome).toEqual({ kind: "passed" });
        counts.passed++;
      } else {
        expect(outcome.kind, `the case passes now: remove its entry (${exception})`).toBe("failed");
        counts.excepted++;
      }
    });
  }

  test("every exception is a case", () => {
    expect(Object.keys(conformanceExceptions).filter((name) => !cases.includes(name))).toEqual([]);
  });

  afterAll(() => {
    const { passed, excepted, unregistered } = counts;
    console.log(
      `ONNX conformance: ${passed} passed, ${excepted} exceptions, ${unregistered} with unknown operators, of ${cases.length}`,
    );
  });
});

test.skipIf(cases.length === 0)("the table of exceptions does not grow", () => {
  expect(Object.keys(conformanceExceptions).length).toBeLessThanOrEqual(mostExceptions);
});

/** Lower this number when entries go; raising it needs a reason that a reviewer accepts. */
const mostExceptions = 68;
