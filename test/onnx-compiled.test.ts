/**
 * The operator conformance cases of the ONNX project, compiled to machine code: whatever the reference semantics compute
 * right (`onnx-conformance.test.ts`), compiled code computes right too. There are no exceptions of its own.
 */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compile } from "../compiler/index.ts";
import { defaultContext } from "../compiler/registry.ts";
import { unsupportedOperators } from "../frontends/onnx/import.ts";
import { readOnnxModel } from "../frontends/onnx/protobuf.ts";
import { loadCase } from "../frontends/onnx/test-data.ts";
import { findLlvm } from "../runtime/ffi/llvm-library.ts";
import { conformanceExceptions } from "./onnx-conformance-exceptions.ts";
import { difference } from "./testing/compare.ts";
import { longTests, longTestsNote } from "./testing/networks.ts";
import { importFor } from "./testing/onnx-case.ts";

const root = resolve(import.meta.dirname, "../../shared/data/onnx-node");
const all = existsSync(root) ? readdirSync(root).filter((name) => existsSync(join(root, name, "model.onnx"))) : [];
/** The default run compiles a sixth of them; the reference semantics run all (onnx-conformance.test.ts). */
const cases = longTests ? all : all.filter((_, position) => position % 6 === 0);
if (!longTests && all.length > 0) console.log(`ONNX conformance as machine code: every sixth case (${longTestsNote})`);
const context = defaultContext();

function whySkipped(): string | undefined {
  if (cases.length === 0) return "SKIPPED: ../shared/data/onnx-node is absent";
  return findLlvm().library === undefined ? "SKIPPED: no libLLVM from 15 up was found" : undefined;
}

const skipped = whySkipped();

describe.skipIf(skipped !== undefined)(`ONNX conformance as machine code${skipped ? ` (${skipped})` : ""}`, () => {
  let passed = 0;
  afterAll(() => console.log(`ONNX conformance as machine code: ${passed} of ${cases.length} cases passed`));

  for (const name of cases) {
    const directory = join(root, name);
    test(name, async (check) => {
      const exception = conformanceExceptions[name];
      if (exception !== undefined) check.skip(exception);
      const unknown = unsupportedOperators(readOnnxModel(join(directory, "model.onnx")));
      if (unknown.length > 0) check.skip(`unknown operators: ${unknown.join(", ")}`);
      const { model, dataSets } = loadCase(directory);
      for (const { inputs, outputs } of dataSets) {
        const values = Object.fromEntries(inputs.map(({ name: input, data }) => [input, data]));
        const { module, parameters } = importFor(model, values, context);
        using network = await compile(module, { device: "cpu" });
        const results = network.program.run(Object.fromEntries(parameters.map((input) => [input, values[input]!])));
        for (const { name: output, data } of outputs) {
          const result = results[output];
          const reason = result === undefined ? "is missing" : difference(result, data);
          expect(reason, `output "${output}"`).toBeUndefined();
        }
      }
      passed++;
    });
  }
});
