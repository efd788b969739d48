/** How the verifier's errors look to people. */
import { expect, test } from "vitest";
import { testContext } from "./assembly/test-dialect.ts";
import { unknownLocation } from "./location.ts";
import { createOperation } from "./operation.ts";
import { parse } from "./parser/parse.ts";
import { i32 } from "./types.ts";
import { verifyAll } from "./verifier.ts";

const context = testContext();

/** `test.unit` takes nothing: an attribute of the wrong kind is what it can get wrong. */
const wrong = '"test.unit"() <{strict = 1 : i32}> : () -> ()';

test("an error of a text shows its line", () => {
  const module = parse(`\n  ${wrong}`, context, { file: "in.mlir" });
  const [error, ...others] = verifyAll(module, context);
  expect(others).toEqual([]);
  expect(error!.render()).toMatch(
    /^in\.mlir:2:3: error: 'test\.unit' op attribute 'strict' .*\n {4}"test\.unit".*\n {4}\^$/,
  );
});

test("a location that names another file shows no line of this one", () => {
  const module = parse(`${wrong} loc("other.mlir":7:3)`, context, { file: "in.mlir" });
  expect(verifyAll(module, context)[0]!.render()).toMatch(/^other\.mlir:7:3: error: [^\n]*$/);
});

test("an error of an operation that a program made shows the operation", () => {
  const operation = createOperation({
    name: "test.add",
    definition: context.definition("test.add"),
    resultTypes: [i32],
    location: unknownLocation,
  });
  expect(verifyAll(operation, context)[0]!.render()).toBe(
    "error: 'test.add' op expected 2 operands, but found 0\nnote: see the operation: %0 = \"test.add\"() : () -> i32",
  );
});
