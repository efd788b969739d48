import { expect, test } from "vitest";
import { defaultContext } from "../../compiler/registry.ts";
import { builtin } from "../../dialects/builtin/index.ts";
import { func } from "../../dialects/func/index.ts";
import { IntegerAttribute } from "../../ir/attributes.ts";
import { i64Attribute } from "../../ir/constraints.ts";
import { Context, dialect } from "../../ir/context.ts";
import { attribute, op } from "../../ir/declaration.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { parse } from "../../ir/parser/parse.ts";
import { verifyRoundTrip } from "./round-trip.ts";

/** Prints the attribute plus one. */
const grows = op(
  "t.grows",
  { value: attribute(i64Attribute) },
  {
    doc: "",
    format: {
      parse: (parser) => ({ properties: [["value", IntegerAttribute.get(BigInt(parser.parseInteger()))]] }),
      print: (operation, printer) => {
        const value = operation.attribute("value");
        if (value instanceof IntegerAttribute) printer.write(` ${value.value + 1n}`);
      },
    },
  },
);
/** Prints what its parser does not read. */
const mumbles = op(
  "t.mumbles",
  {},
  { doc: "", format: { parse: () => ({}), print: (_operation, printer) => printer.write(" mumble") } },
);
const context = new Context([builtin, func, dialect("t", { doc: "", ops: [grows, mumbles] })]);

function failure(text: string): string {
  try {
    verifyRoundTrip(parse(text, context, { file: "f.mlir" }), context, "f.mlir");
  } catch (error) {
    if (error instanceof DiagnosticError) return error.render();
    throw error;
  }
  throw new Error("the round trip holds");
}

test("a form that reads back as other IR is named with the line that differs", () => {
  const error = failure("t.grows 4");
  expect(error).toMatch(
    /^f\.mlir: error: the custom form prints differently after it was read back, first at line 2\n/,
  );
  expect(error).toMatch(/note: before: +t\.grows 5 loc\(.*\nnote: after: +t\.grows 6 loc\(/);
});

test("a form that does not read back is named with its place", () => {
  const error = failure("t.mumbles");
  expect(error).toMatch(/^<custom form>:2:\d+: error: the custom form that is printed does not read back: /);
  expect(error).toContain("t.mumbles mumble");
  expect(error).toContain("f.mlir: note: while checking the round trip of this file");
});

test("locations, names, resources, nested regions and unregistered ops survive", () => {
  const text = `#loc = loc("x.py":3:4)
module @m attributes {a.b = [1, "two"]} {
  func.func @f(%x: i32 loc("arg"), %y: index loc(#loc)) -> (i32, i32) {
    %pair:2 = "u.two"(%x) ({
    ^bb0(%inner: f32 loc(unknown)):
      "u.end"()[^bb1] : () -> () loc(callsite("f" at "g.mlir":1:2))
    ^bb1:
      "u.end"() {w = dense_resource<w> : tensor<2xf32>} : () -> ()
    }) : (i32) -> (i32, i32) loc(fused<"pass">["a", "b.mlir":5:6])
    return %pair#0, %pair#1 : i32, i32 loc("name"(#loc))
  }
}
{-# dialect_resources: { builtin: { w: "0x040000000000803F00000040" } } #-}
`;
  const lenient = defaultContext({ allowUnregistered: true });
  expect(() => verifyRoundTrip(parse(text, lenient, { file: "f.mlir" }), lenient, "f.mlir")).not.toThrow();
});
