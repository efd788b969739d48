/**
 * The operator conformance cases of the ONNX project, compiled to WebAssembly: whatever lowers to the loops level must give the
 * expected outputs, and only operators whose outputs are constants or empty do not get there.
 */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { lowerModule } from "../../compiler/compile.ts";
import { defaultContext } from "../../compiler/registry.ts";
import { unsupportedOperators } from "../../frontends/onnx/import.ts";
import { readOnnxModel } from "../../frontends/onnx/protobuf.ts";
import { loadCase } from "../../frontends/onnx/test-data.ts";
import { loopsToWasm } from "../../lowering/loops-to-wasm/index.ts";
import { loadWasmProgram } from "../../runtime/devices/cpu-wasm.ts";
import { conformanceExceptions } from "../onnx-conformance-exceptions.ts";
import { difference } from "../testing/compare.ts";
import { longTests, longTestsNote } from "../testing/networks.ts";
import { importFor } from "../testing/onnx-case.ts";

const root = resolve(import.meta.dirname, "../../../shared/data/onnx-node");
const cases = existsSync(root) ? readdirSync(root).filter((name) => existsSync(join(root, name, "model.onnx"))) : [];
/** Every eighth case is a sample of all operators. */
const chosen = cases.sort().filter((_, position) => longTests || position % 8 === 0);
const context = defaultContext();

const title = cases.length === 0 ? "skipped: ../shared/data/onnx-node is absent" : longTestsNote;

describe.skipIf(cases.length === 0)(`ONNX conformance as WebAssembly (${title})`, () => {
  let passed = 0;
  afterAll(() => console.log(`ONNX conformance as WebAssembly: ${passed} of ${chosen.length} cases passed`));

  for (const name of chosen) {
    test(name, async (check) => {
      const directory = join(root, name);
      const excepted = conformanceExceptions[name];
      if (excepted !== undefined) check.skip(excepted);
      const unknown = unsupportedOperators(readOnnxModel(join(directory, "model.onnx")));
      if (unknown.length > 0) check.skip(`unknown operators: ${unknown.join(", ")}`);
      const { model, dataSets } = loadCase(directory);
      for (const { inputs, outputs } of dataSets) {
        const values = Object.fromEntries(inputs.map(({ name: input, data }) => [input, data]));
        const { module, parameters } = importFor(model, values, context);
        const lowered = lowerModule(name, module, context, "loops", { route: "cpu", portable: true });
        using program = loadWasmProgram({ name, ...(await loopsToWasm(lowered.module)) });
        const results = program.run(Object.fromEntries(parameters.map((input) => [input, values[input]!])));
        for (const { name: output, data } of outputs) {
          expect(difference(results[output]!, data), `output "${output}"`).toBeUndefined();
        }
      }
      passed++;
    });
  }
});
