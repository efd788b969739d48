/**
 * Every tensor op computes the same at the tensor, fused and linalg levels, for several element types and shapes, and what it becomes is
 * accepted by mlir-opt.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import * as tensor from "../../dialects/tensor/ops.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import { print } from "../../ir/printer/print.ts";
import { verifyAll } from "../../ir/verifier.ts";
import { instantiate } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { tensorToFused } from "../tensor-to-fused/index.ts";
import { fusedToLinalg } from "./fused-to-linalg.ts";
import { difference, programOf, reinterpret, run, stored, testContext, tolerances, typeOfData } from "./testing.ts";
import { type Case, cases } from "./testing-cases.ts";

const texts: string[] = [];

function caseName({ definition, inputs, attributes }: Case): string {
  const types = inputs.map((input) => `${typeOfData(input)}`).join(", ");
  const named = Object.entries(attributes).map(([name, value]) => `${name}=${value}`);
  return [`(${types})`, ...named, definition.name.slice("tensor.".length)].join(" ");
}

describe.each(
  Map.groupBy(cases, ({ definition }) => definition.name)
    .entries()
    .toArray(),
)("%s", (_, list) => {
  it.each(list.map((each) => [caseName(each), each] as const))(
    "%s",
    (__, { definition, inputs, attributes, tolerance }) => {
      const module = programOf(definition, inputs.map(typeOfData), attributes);
      expect(verifyAll(module, testContext).map(({ message }) => message)).toEqual([]);
      const wanted = run(module, inputs);
      new PassManager([instantiate(tensorToFused)], testContext).run(module);
      for (const [position, each] of run(module, inputs).entries()) {
        expect(difference(each, wanted[position]!, 0)).toBeUndefined();
      }
      new PassManager([instantiate(fusedToLinalg)], testContext).run(module);
      module.walk(({ name }) => expect(name).not.toBe(definition.name));
      texts.push(print(module));
      const found = run(module, inputs.map(stored));
      for (const [position, each] of wanted.entries()) {
        const computed = inputs.map(({ element }) => tolerances[element] ?? 0).reduce((a, b) => Math.max(a, b), 0);
        const allowed =
          tolerance ??
          (each.element === "i1"
            ? 0
            : Math.max(tolerances[each.element] ?? 0, each.element.startsWith("f") ? computed : 0));
        expect(difference(reinterpret(found[position]!, each.element), each, allowed)).toBeUndefined();
      }
    },
  );
});

it("covers every op of the tensor dialect", () => {
  const tested = new Set(cases.map(({ definition }) => definition));
  const missing = tensor.computeOps.filter((definition: AnyDefinition) => !tested.has(definition));
  expect(missing.map(({ name }) => name)).toEqual([]);
});

const hasMlirOpt = spawnSync("mlir-opt-19", ["--version"]).status === 0;

describe("mlir-opt", () => {
  it.skipIf(!hasMlirOpt)("accepts all of it (skipped where mlir-opt-19 is not installed)", () => {
    expect(texts.length).toBeGreaterThan(500);
    const outcome = spawnSync("mlir-opt-19", ["--split-input-file", "-o", "/dev/null"], {
      input: texts.join("\n// -----\n"),
      maxBuffer: 1 << 28,
    });
    expect(outcome.stderr.toString().split("\n").slice(0, 12).join("\n")).toBe("");
    expect(outcome.status).toBe(0);
  });
});
