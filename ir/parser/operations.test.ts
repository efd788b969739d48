import { describe, expect, test } from "vitest";
import { testContext } from "../assembly/test-dialect.ts";
import { DenseResourceAttribute } from "../attributes.ts";
import { BlobStore } from "../blob.ts";
import type { Operation } from "../operation.ts";
import { missingOracle, mlirGenericForm } from "../printer/mlir-oracle.ts";
import { type PrintOptions, print } from "../printer/print.ts";
import { parse } from "./parse.ts";
import { sample } from "./sample.ts";

const context = testContext({ allowUnregistered: true });
const generic: PrintOptions = { generic: true };

/** The operations directly inside the module. */
function operationsOf(text: string): readonly Operation[] {
  return parse(text, context).regions[0]!.onlyBlock.operations;
}

/** Text in the middle of a module, as it is printed. */
function printed(body: string, options: PrintOptions = generic): string {
  const lines = print(parse(body, context), options).split("\n");
  return lines
    .slice(1, -2)
    .map((line) => line.slice(2))
    .join("\n");
}

describe("modules", () => {
  test("loose operations get a module around them", () => {
    const module = parse('"a.b"() : () -> ()\n"a.c"() : () -> ()', context);
    expect(module.name).toBe("builtin.module");
    expect(module.regions[0]!.onlyBlock.operations.map((operation) => operation.name)).toEqual(["a.b", "a.c"]);
  });

  test("a single module is itself, two get one around them", () => {
    expect(parse("module @m {}", context).attribute("sym_name")?.text).toBe('"m"');
    expect(operationsOf("module @m {} module @n {}").map((operation) => operation.name)).toEqual([
      "builtin.module",
      "builtin.module",
    ]);
  });

  test("an empty text is an empty module", () => {
    expect(print(parse("// nothing\n", context))).toBe("module {\n}\n");
  });

  test("a module needs no declaration to be read in generic form", () => {
    const module = parse('"builtin.module"() ({^bb0:}) : () -> ()', testContext());
    expect(module.regions[0]!.onlyBlock.isEmpty).toBe(true);
  });
});

describe("generic form", () => {
  test("the sample survives", () => {
    const once = print(parse(sample, context), { ...generic, debugInfo: true });
    expect(print(parse(once, context), { ...generic, debugInfo: true })).toBe(once);
    expect(once).toContain('loc("name"("file \\"quoted\\".mlir":10:3))');
  });

  const same: readonly (readonly [string, string])[] = [
    ["forward references", '"x.use"(%later#1, %later#1) : (f32, f32) -> ()\n%later:2 = "x.y"() : () -> (i32, f32)'],
    ["regions without and with an empty block", '"x.y"() ({\n}, {\n^bb0:\n}) : () -> ()'],
    ["properties", '"x.y"() <{a = 1 : i64, b = "s"}> {c} : () -> ()'],
    ["a result that is a function", '%a = "x.y"() : () -> (() -> ())'],
    ["a quoted name", '"x y.z"() : () -> ()'],
  ];
  test.each(same)("%s", (_, text) => {
    expect(printed(text)).toBe(text);
  });

  test("values of a pack are numbered", () => {
    expect(printed('%a, %b:2 = "x.y"() : () -> (i32, i1, f32)\n"x.z"(%a, %b#0, %b#1) : (i32, i1, f32) -> ()')).toBe(
      '%a:3 = "x.y"() : () -> (i32, i1, f32)\n"x.z"(%a#0, %a#1, %a#2) : (i32, i1, f32) -> ()',
    );
  });

  test("blocks, arguments and successors", () => {
    const text = [
      '"x.y"() ({',
      "^bb0(%arg0: i32, %arg1: f32):",
      '  "x.br"(%arg0)[^bb2, ^bb1] : (i32) -> ()',
      "^bb1:",
      '  "x.br"()[^bb2] : () -> ()',
      "^bb2(%0: i1):",
      '  "x.end"(%0) : (i1) -> ()',
      "}) : () -> ()",
    ].join("\n");
    expect(printed(text)).toBe(text);
  });

  test("names are visible in inner regions and forgotten behind them", () => {
    const text =
      '%a = "x.y"() : () -> i32\n"x.r"() ({\n  %b = "x.n"(%a) : (i32) -> i32\n}, {\n  %b = "x.n"(%a) : (i32) -> i32\n}) : () -> ()';
    expect(printed(text)).toBe(text);
  });

  test("an isolated operation does not see the names around it", () => {
    const text = '%a = "x.y"() : () -> i32\nmodule {\n  %a = "x.y"() : () -> i32\n}';
    expect(() => parse(text, context)).not.toThrow();
    expect(() => parse('%a = "x.y"() : () -> i32\nmodule { "x.z"(%a) : (i32) -> () }', context)).toThrow(
      "use of undeclared SSA value name '%a'",
    );
  });

  test("a use before the definition may stand in an inner region", () => {
    const [wrap, definition] = operationsOf(
      '"x.r"() ({ "x.use"(%v) : (i32) -> () }) : () -> ()\n%v = "x.y"() : () -> i32',
    );
    expect(wrap!.regions[0]!.onlyBlock.first!.operand(0)).toBe(definition!.onlyResult);
    expect(definition!.onlyResult.hasOneUse).toBe(true);
  });

  test("inherent attributes of a declared op may stand in either dictionary", () => {
    const text = '"test.constant"() {value = 4 : i32, note} : () -> i32';
    expect(printed(text)).toBe('%0 = "test.constant"() <{value = 4 : i32}> {note} : () -> i32');
  });

  test("defaults are filled in", () => {
    expect(printed('"test.attributes"() <{count = 1 : i64, mode = "slow"}> : () -> ()')).toBe(
      '"test.attributes"() <{count = 1 : i64, flags = #test.flags<none>, mode = "slow"}> : () -> ()',
    );
  });
});

describe("locations", () => {
  test("an operation is where its name is written", () => {
    const [operation] = operationsOf('\n  %a = "x.y"() : () -> i32');
    expect(operation!.location).toMatchObject({ kind: "file", file: "-", line: 2, column: 8 });
  });

  test("trailing locations and aliases are followed, also to the end of the text", () => {
    const [operation] = operationsOf('"x.y"() : () -> () loc(#b)\n#a = loc("f":1:2)\n#b = loc(callsite(#a at "g"))');
    expect(operation!.location).toEqual({
      kind: "callsite",
      callee: { kind: "file", file: "f", line: 1, column: 2 },
      caller: { kind: "name", name: "g" },
    });
  });

  test("block arguments have their own", () => {
    const [operation] = operationsOf('"x.y"() ({^bb0(%a: i32 loc("p"), %b: i32):}) : () -> ()');
    const [a, b] = operation!.regions[0]!.onlyBlock.arguments;
    expect(a!.location).toEqual({ kind: "name", name: "p" });
    expect(b!.location).toMatchObject({ kind: "file", file: "-", line: 1, column: 34 });
  });
});

describe("resources", () => {
  const text =
    '"x.y"() {v = dense_resource<w> : tensor<2xf32>} : () -> ()\n{-# dialect_resources: { builtin: { w: "0x040000000000803F00000040" } }, external_resources: { other: { "k y": "v", on: true } } #-}';

  function resource(operation: Operation | undefined): DenseResourceAttribute {
    const attribute = operation?.attribute("v");
    if (!(attribute instanceof DenseResourceAttribute)) throw new Error("no resource");
    return attribute;
  }

  test("of the text are found although they stand at its end, and get a key of their content", () => {
    const blobs = new BlobStore();
    const attribute = resource(parse(text, context, { blobs }).regions[0]!.onlyBlock.first);
    expect(attribute.key).toMatch(/^w_[0-9a-f]{16}$/);
    expect([...attribute.value.data]).toEqual([1, 2]);
    expect(blobs.get(attribute.key)?.bytes).toBe(attribute.blob?.bytes);
  });

  test("equal keys of two texts with other bytes stay apart", () => {
    const other = text.replace("0000803F", "00000000");
    expect([...resource(operationsOf(other)[0]).value.data]).toEqual([0, 2]);
    expect([...resource(operationsOf(text)[0]).value.data]).toEqual([1, 2]);
  });

  test("come from the store that is given", () => {
    const blobs = new BlobStore();
    const blob = blobs.add({ key: "given_1", bytes: new Uint8Array(8) });
    const found = parse('"x.y"() {v = dense_resource<given_1> : tensor<2xf32>} : () -> ()', context, { blobs });
    expect(resource(found.regions[0]!.onlyBlock.first).blob).toBe(blob);
  });

  test("that are nowhere keep their key", () => {
    const [operation] = operationsOf('"x.y"() {v = dense_resource<nowhere> : tensor<2xf32>} : () -> ()');
    expect(resource(operation).blob).toBeUndefined();
    expect(() => resource(operation).value).toThrow("sidecar");
  });

  test("of another size than the type are refused", () => {
    expect(() => parse(text.replace("2xf32", "3xf32"), context)).toThrow("takes 12 bytes, but resource 'w' has 8");
  });

  test("print inline and are read back", () => {
    const once = print(parse(text, context), { ...generic, inlineResources: true });
    expect(once).toContain('"0x400000000000803F00000040"');
    expect(print(parse(once, context), { ...generic, inlineResources: true })).toBe(once);
  });
});

describe.skipIf(missingOracle !== undefined)(`MLIR agrees (${missingOracle ?? "installed"})`, () => {
  test.each<PrintOptions>([{}, { debugInfo: true }, { debugInfo: true, localScope: true }, { inlineResources: true }])(
    "on the sample printed with %o",
    (options) => {
      const all = { ...generic, valueNames: false, ...options };
      const ours = print(parse(sample, context), all);
      const theirs = mlirGenericForm(ours, options.debugInfo === true ? ["--mlir-print-debuginfo"] : []);
      expect(print(parse(theirs, context), all).split("\n")).toEqual(ours.split("\n"));
    },
  );

  test("on what the sample says", () => {
    const all = { ...generic, debugInfo: true, localScope: true, valueNames: false };
    const theirs = print(parse(mlirGenericForm(sample, ["--mlir-print-debuginfo"]), context), all);
    const ours = print(parse(sample, context, { file: "<stdin>" }), all);
    expect(ours.split("\n").map(withoutStdin)).toEqual(theirs.split("\n").map(withoutStdin));
  });
});

/** MLIR calls its standard input `<stdin>` or `-`. */
function withoutStdin(line: string): string {
  return line.replaceAll('"<stdin>"', '"-"');
}
