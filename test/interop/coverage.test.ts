/** We declare every op of the upstream dialects, and none that upstream does not have. */
import { describe, expect, test } from "vitest";
import { upstreamDialects } from "../../dialects/index.ts";
import { upstreamTensorOps } from "../../dialects/tensor/upstream/ops.ts";
import { missingMlirOpt, mlirOpt } from "../../dialects/upstream/mlir-opt.ts";
import { upstreamOperations } from "./upstream-operations.ts";

const names = Object.entries(upstreamOperations).flatMap(([dialect, ops]) =>
  ops.split(" ").map((each) => `${dialect}.${each}`),
);
const skipped = missingMlirOpt === undefined ? "" : ` (SKIPPED: ${missingMlirOpt})`;

describe("the ops of upstream", () => {
  test.each(Object.keys(upstreamOperations))("%s is complete", (name) => {
    const dialect = upstreamDialects.find((each) => each.name === name);
    const ops = name === "tensor" ? upstreamTensorOps : (dialect?.ops ?? []);
    const wanted = names.filter((each) => each.startsWith(`${name}.`));
    expect(ops.map((each) => each.name).toSorted()).toEqual(wanted.toSorted());
  });

  test.skipIf(missingMlirOpt !== undefined)(`mlir-opt knows each of them${skipped}`, () => {
    const texts = names.map((name) => `"${name}"() : () -> ()`);
    const { errors } = mlirOpt(texts.join("\n// -----\n"), ["--split-input-file", "--verify-each=0"], {
      allowUnregistered: false,
    });
    expect(errors).not.toContain("unregistered operation");
    expect(errors).not.toContain("not registered");
  });
});
