import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lowerTo } from "../../compiler/index.ts";
import { defaultContext } from "../../compiler/registry.ts";
import { builtin } from "../../dialects/builtin/index.ts";
import { func } from "../../dialects/func/index.ts";
import { IntegerAttribute } from "../../ir/attributes.ts";
import { i64Attribute } from "../../ir/constraints.ts";
import { Context, dialect } from "../../ir/context.ts";
import { attribute, op, region } from "../../ir/declaration.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { parse } from "../../ir/parser/parse.ts";
import { readIr } from "../../ir/sidecar.ts";
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
/** Reads the location of its block's argument and forgets it. */
const forgets = op(
  "t.forgets",
  { body: region() },
  {
    doc: "",
    format: {
      parse: (parser) => {
        parser.expect("(");
        const argument = parser.parseBlockArgument();
        parser.expect(")");
        const location = parser.location(parser.offset);
        return { regions: [parser.parseRegion({ arguments: [{ ...argument, location }] })] };
      },
      print: (operation, printer) => {
        const [body] = operation.regions;
        printer.write("(");
        for (const argument of body?.entry?.arguments ?? []) printer.blockArgument(argument);
        printer.write(") ");
        if (body !== undefined) printer.region(body, { printEntryArguments: false });
      },
    },
  },
);
const context = new Context([builtin, func, dialect("t", { doc: "", ops: [grows, mumbles, forgets] })]);

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

test("a location that is printed and not read is a difference", () => {
  const error = failure('"t.forgets"() ({ ^bb0(%x: i32 loc("here")): }) : () -> ()');
  expect(error).toMatch(
    /custom form prints differently[\s\S]*before: .*%x: i32 loc\("here"\)[\s\S]*after: .*loc\("<custom form>"/,
  );
});

test("locations of loop variables and implied bodies, which the custom form has no room for, are no difference", () => {
  const text = `func.func @f(%m: memref<4xf32>, %x: f32, %from: index, %to: index) {
  linalg.fill ins(%x : f32) outs(%m : memref<4xf32>)
  "scf.for"(%from, %to, %to) ({
  ^bb0(%i: index loc("the loop's variable")):
    "memref.store"(%x, %m, %i) : (f32, memref<4xf32>, index) -> () loc("kept")
    "scf.yield"() : () -> () loc("the loop's end")
  }) : (index, index, index) -> ()
  return
}`;
  const all = defaultContext();
  expect(() => verifyRoundTrip(parse(text, all, { file: "f.mlir" }), all, "f.mlir")).not.toThrow();
});

const network = `func.func @main(%x: tensor<1x2x6x6xf32> {anemone.input = "x"}) -> (tensor<1x4xf32> {anemone.output = "y"}) {
  %w = arith.constant dense<0.5> : tensor<4x2x3x3xf32>
  %k = arith.constant dense<0.25> : tensor<4x4xf32>
  %0 = tensor.conv2d %x, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x2x6x6xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x6x6xf32>
  %1 = tensor.relu %0 : tensor<1x4x6x6xf32>
  %2 = tensor.reduce_mean %1 {axes = array<i64: 2, 3>, keep_dims = false} : tensor<1x4x6x6xf32>
  %3 = tensor.matmul %2, %k : tensor<1x4xf32>, tensor<4x4xf32>
  %y = tensor.softmax %3 {axis = 1} : tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}`;

test.each([
  ["llvm", "cpu", ["tensor", "fused", "linalg", "buffers", "loops", "llvm"]],
  ["mil", "ane", ["tensor", "fused", "ane", "mil"]],
] as const)("the dumps of all levels down to %s hold", (last, route, levels) => {
  const irFolder = mkdtempSync(join(tmpdir(), "anemone-round-trip-"));
  try {
    const all = defaultContext();
    const dumps = lowerTo(parse(network, all, { file: "network.mlir" }), last, { route, irFolder }).levels;
    expect(dumps.map(({ level }) => level)).toEqual(levels);
    for (const { path = "" } of dumps) expect(() => verifyRoundTrip(readIr(path, all), all, path), path).not.toThrow();
  } finally {
    rmSync(irFolder, { recursive: true });
  }
});
