/**
 * Programs that once failed, most of them found by the properties of properties.test.ts: each `test/programs/*.mlir` is compiled
 * for every device and must give what the reference semantics give. The comment at its top says what went wrong.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compile } from "../compiler/index.ts";
import { defaultContext } from "../compiler/registry.ts";
import { functionsOf } from "../dialects/func/index.ts";
import { requireElementName } from "../ir/attributes.ts";
import { readIr } from "../ir/sidecar.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { ShapedType } from "../ir/types.ts";
import { findLlvm } from "../runtime/ffi/llvm-library.ts";
import { difference } from "./testing/compare.ts";
import { randomData, randomNumbers } from "./testing/draft.ts";
import { evaluateProgram } from "./testing/evaluate-program.ts";

const context = defaultContext();
const folder = join(import.meta.dirname, "programs");
const noLlvm = findLlvm().library === undefined ? " (no libLLVM from 15 up was found)" : "";

/** f16 is rounded after each op by the reference semantics, and once per task by compiled code. */
const tolerance = 1e-2;

for (const file of readdirSync(folder)) {
  describe(file, () => {
    const path = join(folder, file);
    const module = readIr(path, context);
    const main = functionsOf(module).get("main")!;
    const next = randomNumbers(1);
    const inputs: Record<string, TensorData> = {};
    for (const [position, type] of main.function_type.inputs.entries()) {
      if (!(type instanceof ShapedType)) throw main.error(`has an input of type ${type}`);
      inputs[`x${position}`] = randomData(type.shape, requireElementName(type.element), 2, next);
    }

    for (const [name, llvm] of [
      ["LLVM", true],
      ["WebAssembly", false],
    ] as const) {
      const missing = llvm ? noLlvm : "";
      test.skipIf(missing !== "")(`by ${name}${missing}`, async () => {
        const wanted = evaluateProgram(module, Object.values(inputs), context);
        using compiled = await compile(path, { device: "cpu", llvm });
        const outputs = compiled.program.run(inputs);
        for (const [position, data] of wanted.entries())
          expect(difference(outputs[`y${position}`]!, data, tolerance)).toBeUndefined();
      });
    }
  });
}
