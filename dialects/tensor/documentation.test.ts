/** Every compute op is documented, and its example is a program: it parses, verifies, and round-trips in both forms. */
import { describe, expect, it } from "vitest";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { verifyAll } from "../../ir/verifier.ts";
import { builtin } from "../builtin/index.ts";
import { testContext } from "./op-testing.ts";
import { computeOps } from "./ops.ts";

// The examples take their operands from `test.source`, which no dialect declares.
const context = testContext.with([builtin], { allowUnregistered: true });

function operationsNamed(module: Operation, name: string): Operation[] {
  const found: Operation[] = [];
  module.walk((operation) => {
    if (operation.name === name) found.push(operation);
  });
  return found;
}

describe("documentation of the tensor ops", () => {
  it.each(computeOps.map((definition) => [definition.name, definition] as const))("%s", (name, definition) => {
    const { doc, example } = definition.options;
    expect(doc).toMatch(/\.$/);
    const module = parse(example ?? "", context, { file: `${name}.mlir` });
    expect(verifyAll(module, context).map(({ message }) => message)).toEqual([]);
    expect(operationsNamed(module, name)).toHaveLength(1);
    expect(operationsNamed(module, name)[0]!.definition).toBe(definition);
    for (const generic of [false, true]) {
      const printed = print(module, { generic });
      expect(print(parse(printed, context), { generic })).toBe(printed);
    }
    // The example is written as the op is printed (names of values aside).
    const unnamed = (line: string) => line.trim().replaceAll(/%\w+/g, "%");
    expect(print(module).split("\n").map(unnamed)).toContain(unnamed(example?.split("\n").at(-1) ?? ""));
    // Both forms say the same.
    expect(print(parse(print(module), context), { generic: true })).toBe(print(module, { generic: true }));
  });
});
