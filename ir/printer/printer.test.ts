import { describe, expect, test } from "vitest";
import { testContext } from "../assembly/test-dialect.ts";
import { StringAttribute } from "../attributes.ts";
import { unknownLocation } from "../location.ts";
import { Block, createOperation } from "../operation.ts";
import { parse } from "../parser/parse.ts";
import { i32 } from "../types.ts";
import { missingOracle, mlirGenericForm } from "./mlir-oracle.ts";
import { type PrintOptions, print } from "./print.ts";

const context = testContext({ allowUnregistered: true });

function printed(text: string, options: PrintOptions = {}): string {
  return print(parse(text, context), options);
}

describe("names of values", () => {
  test("are numbers in order, arguments of entry blocks %arg", () => {
    expect(
      printed(
        '%5 = "a.b"() : () -> i32\n"a.c"(%5) ({^bb0(%9: i32): "a.d"()[^x] : () -> ()\n^x(%7: i32): }) : (i32) -> ()',
      ),
    ).toBe(
      'module {\n  %0 = "a.b"() : () -> i32\n  "a.c"(%0) ({\n  ^bb0(%arg0: i32):\n    "a.d"()[^bb1] : () -> ()\n  ^bb1(%1: i32):\n  }) : (i32) -> ()\n}\n',
    );
  });

  test("are kept where they are names, and made unique where two collide", () => {
    const module = parse('%x = "a.b"() : () -> i32\n"a.c"(%x) : (i32) -> ()', context);
    const block = module.regions[0]!.onlyBlock;
    const second = createOperation({ name: "a.b", resultTypes: [i32], location: unknownLocation });
    second.results[0]!.nameHint = "x";
    block.append(second);
    expect(print(module)).toBe(
      'module {\n  %x = "a.b"() : () -> i32\n  "a.c"(%x) : (i32) -> ()\n  %x_0 = "a.b"() : () -> i32\n}\n',
    );
    expect(print(module, { valueNames: false })).toContain("%1 = ");
  });

  test("are made spellable", () => {
    const operation = createOperation({ name: "a.b", resultTypes: [i32], location: unknownLocation });
    for (const [hint, name] of [
      ["conv 1/relu", "%conv_1_relu"],
      ["1x", "%_1x"],
      ["", "%_"],
      ["é", "%_"],
    ] as const) {
      operation.results[0]!.nameHint = hint;
      expect(print(operation)).toBe(`${name} = "a.b"() : () -> i32\n`);
    }
  });

  test("in sibling regions start alike, except in the generic form", () => {
    const text = '"a.r"() ({ %0 = "a.b"() : () -> i32 }, { %0 = "a.b"() : () -> i32 }) : () -> ()';
    expect(printed(text).match(/%\d/g)).toEqual(["%0", "%0"]);
    expect(printed(text, { generic: true }).match(/%\d/g)).toEqual(["%1", "%0"]);
  });

  test.skipIf(missingOracle !== undefined)(`are those that MLIR gives (${missingOracle ?? "installed"})`, () => {
    const text = `"a.r"() ({
      %a = "a.b"() : () -> i32
      "a.r"() ({ ^bb0(%q: i32): %b:2 = "a.b"(%a) : (i32) -> (i32, i32) "a.r"() ({ %c = "a.b"() : () -> i32 }) : () -> () }) : () -> ()
      "builtin.module"() ({ %t = "a.b"() : () -> i32 "a.u"(%t) ({ ^bb0(%v: i32): }) : (i32) -> () }) : () -> ()
      "a.r"() ({ ^bb0(%q: i32): %z = "a.b"() : () -> i32 "a.e"(%z) [^bb1] : (i32) -> ()
      ^bb1(%k: i32): "a.e"(%k) : (i32) -> () }) : () -> ()
      %y = "a.b"() : () -> i32 }) : () -> ()`;
    const theirs = mlirGenericForm(text).replaceAll(/ +\/\/.*/g, "");
    expect(printed(text, { generic: true, valueNames: false })).toBe(theirs.replace(/\n+$/, "\n"));
  });
});

describe("parts", () => {
  test("a value from elsewhere is marked, not a crash", () => {
    const block = new Block();
    const argument = block.addArgument(i32, unknownLocation);
    const operation = createOperation({
      name: "a.b",
      operands: [argument],
      successors: [block],
      location: unknownLocation,
    });
    expect(print(operation)).toBe('"a.b"(%<defined-elsewhere>)[^<elsewhere>] : (i32) -> ()\n');
  });

  test("an operation inside a module prints with the names of its function", () => {
    const module = parse('%x = "a.b"() : () -> i32\n"a.c"(%x) : (i32) -> ()', context);
    expect(print(module.regions[0]!.onlyBlock.last!)).toBe('"a.c"(%x) : (i32) -> ()\n');
  });

  test("attributes are sorted by name", () => {
    expect(printed('"a.b"() {c, a = 1, b = 2.0} : () -> ()')).toContain("{a = 1 : i64, b = 2.0 : f64, c}");
  });

  test("an entry block gets a label where it is needed", () => {
    const text = 'module {\n  "a.b"() ({\n  ^bb0:\n    "a.c"()[^bb0] : () -> ()\n  }) : () -> ()\n}\n';
    expect(printed(text)).toBe(text);
  });

  test("the default dialect is left out, one with a dot in the rest is not", () => {
    expect(printed("module @a { module @b { } }")).toBe("module @a {\n  module @b {\n  }\n}\n");
    expect(printed('"a.b"() ({ builtin.module { } }) : () -> ()')).toContain("    builtin.module {");
  });
});

describe("locations", () => {
  const text = '"a.b"() : () -> () loc("x")\n"a.c"() : () -> () loc("x")\n"a.d"() : () -> () loc(unknown)';

  test("are left out unless asked for", () => {
    expect(printed(text)).not.toContain("loc(");
  });

  test("get one alias each, defined at the end", () => {
    const once = printed(text, { debugInfo: true });
    expect(once).toContain(
      '"a.b"() : () -> () loc(#loc)\n  "a.c"() : () -> () loc(#loc)\n  "a.d"() : () -> () loc(unknown)\n',
    );
    expect(once).toMatch(/\} loc\(#loc1\)\n#loc = loc\("x"\)\n#loc1 = loc\("-":1:1\)\n$/);
    expect(printed(once, { debugInfo: true })).toBe(once);
  });

  test("are spelled out in local scope", () => {
    expect(printed(text, { debugInfo: true, localScope: true })).toContain('"a.b"() : () -> () loc("x")');
  });

  test("with odd names are escaped as MLIR escapes", () => {
    const operation = createOperation({ name: "a.b", location: { kind: "name", name: 'tab\t"quote" é' } });
    const once = print(operation, { debugInfo: true, localScope: true });
    expect(once).toBe('"a.b"() : () -> () loc("tab\\09\\"quote\\" \\C3\\A9")\n');
    expect(parse(once, context).regions[0]!.onlyBlock.first!.location).toEqual(operation.location);
  });
});

describe("large constants", () => {
  const text =
    '"a.b"() {a = dense<[1, 2, 3]> : tensor<3xi32>, b = [dense<[1, 2, 3]> : tensor<3xi32>, 1], c = {d = dense<[1, 2]> : tensor<2xi32>}, e = dense<0> : tensor<99xi32>} : () -> ()';

  test("are elided above a limit, wherever they stand; splats are not", () => {
    expect(printed(text, { elideLargerThan: 2 })).toContain(
      "{a = dense_resource<__elided__> : tensor<3xi32>, b = [dense_resource<__elided__> : tensor<3xi32>, 1], c = {d = dense<[1, 2]> : tensor<2xi32>}, e = dense<0> : tensor<99xi32>}",
    );
    expect(printed(text, { elideLargerThan: 3 })).toBe(printed(text));
  });
});

test("symbols are quoted where they are no identifiers", () => {
  const module = parse("module @m {}", context);
  module.properties.set("sym_name", StringAttribute.get("a b"));
  expect(print(module)).toBe('module @"a b" {\n}\n');
});
