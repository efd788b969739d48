/** The language server as editors see it: a process that is talked to over its standard input and output. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestClient } from "./test-client.ts";

let client: TestClient;

beforeAll(async () => {
  client = (await TestClient.start()).client;
});

afterAll(async () => {
  expect(await client.stop()).toBe(0);
});

const program = `#map = affine_map<(d0) -> (d0)>
!row = tensor<4xf32>
func.func @twice(%x: i32) -> i32 {
  %two = arith.constant 2 : i32
  %y = arith.muli %x, %two : i32
  return %y : i32
}
func.func @main(%a: i32, %c: i1, %r: !row) -> i32 {
  %p:2 = arith.mulsi_extended %a, %a {map = #map} : i32
  cf.cond_br %c, ^left(%p#0 : i32), ^right
^left(%l: i32):
  %z = func.call @twice(%l) : (i32) -> i32
  return %z : i32
^right:
  %w = arith.addi %p#0, %p#1 : i32
  return %w : i32
}
`;

function lines(ranges: readonly { start: { line: number; character: number } }[]): string[] {
  return ranges.map(({ start }) => `${start.line + 1}:${start.character + 1}`).sort();
}

describe("diagnostics", () => {
  test("several mistakes are reported at once, each where it is", async () => {
    const document = await client.open(`func.func @f(%a: i32, %b: i32) -> i32 {
  %0 = arith.addi %a,
  %1 = arith.muli %0, %b : i32
  %2 = arith.addi %1, %missing : i32
  %q = arith.foo %1
  %3 = arith.addi %q, %2 : i64
  return %2 : i32
}
func.func @g() {
  %1 = func.call @nowhere() : () -> i32
  return %1 : i32
}
`);
    expect(await client.problems(document)).toEqual([
      ",: expected ':' before the type, found '='",
      "arith.foo: 'arith.foo' op is not registered: dialect 'arith' has no op 'foo'",
      "%2: use of value '%2' expects another type than before: 'i64' here, 'i32' before",
      "%missing: use of undeclared SSA value name '%missing'",
      "func.call: 'func.call' op calls @nowhere, which is not defined",
      "return: 'func.return' op returns values of type (i32), but the function's result types are ()",
    ]);
    const [, , mismatch] = await client.diagnostics(document);
    const [note] = mismatch?.relatedInformation ?? [];
    expect(note?.message).toBe("defined here with type 'i32'");
    expect(note && document.textOf(note.location.range)).toBe("%2");
  });

  test("follow the text while it is edited", async () => {
    const document = await client.open("%0 = arith.constant 1 : i32\n");
    expect(await client.problems(document)).toEqual([]);
    await document.edit(0, 0, "%1 = arith.addi %0, %0 : i32\n");
    expect(await client.problems(document)).toEqual([
      "arith.addi: 'arith.addi' op operand #0 does not dominate this use",
      "arith.addi: 'arith.addi' op operand #1 does not dominate this use",
    ]);
    const first = document.text.indexOf("\n") + 1;
    await document.edit(0, first, "");
    expect(await client.problems(document)).toEqual([]);
    await client.close(document);
  });

  test("a broken header does not hide the body", async () => {
    const document = await client.open(`func.func @f(%n: index, %m: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  scf.for %i = %c0 to %n stp %c0 {
    %x = memref.load %m[%i] : memref<4xf32>
    %y = arith.addf %x, %oops : f32
  }
  return
}
func.func @g(%n: index {
  %x = arith.addi %n, %n : index
  return
}
func.func @h() {
  call @g() : () -> ()
  cf.br ^next
^next(%q: wrong):
  %k = arith.addi %q, %q : i32
  return
}
`);
    expect(await client.problems(document)).toEqual([
      "stp: expected 'step', found 'stp'",
      "%oops: use of undeclared SSA value name '%oops'",
      "%x: expected the name of an attribute, found '%x'",
      "wrong: expected a type, found 'wrong'",
    ]);
  });

  test("each part of a split document is a program of its own", async () => {
    const document = await client.open(`func.func private @f()
// -----
func.func private @f()
func.func @g() { call @h() : () -> () return }
// ----- third
func.func private @h() }
`);
    expect(await client.problems(document)).toEqual([
      "call: 'func.call' op calls @h, which is not defined",
      "}: expected an operation, found '}'",
    ]);
    const symbols = await client.symbols(document);
    expect(symbols.map(({ name, range }) => `${range.start.line} ${name}`)).toEqual(["0 @f", "2 @f", "3 @g", "5 @h"]);
  });

  test("an unclosed region is one error", async () => {
    const document = await client.open("module {\n  func.func @a() {\n    scf.execute_region {\n");
    expect(await client.problems(document)).toEqual([
      "{: expected an operation, a block or '}', found the end of the text",
    ]);
  });
});

describe("hover", () => {
  test("on an op shows its documentation and syntax", async () => {
    const document = await client.open(program);
    const text = await client.hover(document, document.at("arith.constant", 3));
    expect(text).toContain("**arith.constant**");
    expect(text).toContain("A constant: an integer, index, float, or dense elements.");
    expect(await client.hover(document, document.at("cf.cond_br", 3))).toContain("cf.cond_br %condition,");
    expect(await client.hover(document, document.at("return %y", 1))).toContain("**func.return**");
  });

  test("on a broken op still shows its documentation", async () => {
    const document = await client.open("func.func @f() {\n  cf.br \n}\n");
    expect(await client.hover(document, document.at("cf.br"))).toContain("**cf.br**");
  });

  test("on a value shows type, origin and uses", async () => {
    const document = await client.open(program);
    const text = await client.hover(document, document.at("%two", 1, 1));
    expect(text).toContain("%two : i32");
    expect(text).toContain("Result `result` of `arith.constant`");
    expect(text).toContain("%two = arith.constant 2 : i32");
    expect(text).toContain("1 use.");
    expect(await client.hover(document, document.at("%p#1", 1))).toContain("%p#1 : i32");
    expect(await client.hover(document, document.at("%l)", 1))).toContain("Argument 0 of a block of `func.func` @main");
  });

  test("on a symbol, a block, an alias, an attribute and a dialect's type", async () => {
    const document = await client.open(`${program}
func.func private @g(!ane.surface<4xf16>)
func.func @h(%x: tensor<1x1x4x4xf32>, %w: tensor<1x1x1x1xf32>) {
  %y = tensor.conv2d %x, %w {groups = 1 : i64} : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
  return
}
`);
    const symbol = await client.hover(document, document.at("@twice(%l)", 2));
    expect(symbol).toContain("func.func @twice(%x: i32) -> i32");
    expect(symbol).toContain("`(i32) -> i32`");
    expect(await client.hover(document, document.at("^left(%p", 2))).toContain("^left(%l: i32):");
    expect(await client.hover(document, document.at("#map}", 2))).toContain("#map = affine_map<(d0) -> (d0)>");
    expect(await client.hover(document, document.at("!row)", 2))).toContain("!row = tensor<4xf32>");
    expect(await client.hover(document, document.at("groups", 2))).toContain("default `1 : i64`");
    expect(await client.hover(document, document.at("!ane.surface", 6))).toContain("**!ane.surface**");
    expect(await client.hover(document, document.at("\n\nfunc", 1))).toBe("");
  });
});

describe("names", () => {
  test("definition, references and highlights of values", async () => {
    const document = await client.open(program);
    const use = document.at("@twice(%l)", 8);
    expect(lines(await client.definition(document, use))).toEqual(["11:7"]);
    expect(lines(await client.references(document, document.at("%x: i32", 1)))).toEqual(["5:19"]);
    expect(lines(await client.references(document, document.at("%x: i32", 1), true))).toEqual(["3:18", "5:19"]);
    const highlights = await client.highlights(document, document.at("%two", 2));
    expect(highlights.map(({ range, kind }) => `${range.start.line + 1} ${kind}`)).toEqual(["4 3", "5 2"]);
  });

  test("results of a pack, alone and together", async () => {
    const document = await client.open(program);
    expect(lines(await client.references(document, document.at("%p:2", 1)))).toEqual(["10:24", "15:19", "15:25"]);
    expect(lines(await client.references(document, document.at("%p#1", 3)))).toEqual(["15:25"]);
    expect(lines(await client.definition(document, document.at("%p#1", 3)))).toEqual(["9:3"]);
  });

  test("blocks, symbols and aliases", async () => {
    const document = await client.open(program);
    expect(lines(await client.definition(document, document.at("^right", 1)))).toEqual(["14:1"]);
    expect(lines(await client.references(document, document.at("^right:", 1)))).toEqual(["10:37"]);
    expect(lines(await client.definition(document, document.at("@twice(%l)", 1)))).toEqual(["3:11"]);
    expect(lines(await client.references(document, document.at("@twice(%x", 1), true))).toEqual(["12:18", "3:11"]);
    expect(lines(await client.definition(document, document.at("#map}", 1)))).toEqual(["1:1"]);
    expect(lines(await client.references(document, document.at("!row =", 1)))).toEqual(["8:38"]);
    expect(await client.definition(document, document.at("arith", 1))).toEqual([]);
  });

  test("the same name in two functions is two values, forward references too", async () => {
    const document = await client.open(`func.func @a(%x: i1) {
  cf.br ^second
^first:
  "cf.cond_br"(%late)[^first, ^second] <{operandSegmentSizes = array<i32: 1, 0, 0>}> : (i1) -> ()
^second:
  %late = arith.andi %x, %x : i1
  cf.br ^first
}
func.func @b(%x: i1) {
  %late = arith.ori %x, %x : i1
  return
}
`);
    expect(await client.problems(document)).toEqual([]);
    expect(lines(await client.definition(document, document.at("%late", 1)))).toEqual(["6:3"]);
    expect(lines(await client.references(document, document.at("%x: i1", 1)))).toEqual(["6:22", "6:26"]);
  });

  test("nested symbols and symbols in the generic form", async () => {
    const document = await client.open(`module @outer {
  module @inner {
    "func.func"() <{function_type = () -> (), sym_name = "f", sym_visibility = "private"}> ({}) : () -> ()
  }
  func.func private @f()
  func.func @g() attributes {at = @inner::@f, on = [@f]} { return }
}
`);
    expect(await client.problems(document)).toEqual([]);
    expect(lines(await client.definition(document, document.at("::@f", 3)))).toEqual(["3:58"]);
    expect(lines(await client.definition(document, document.at("[@f", 2)))).toEqual(["5:21"]);
    expect(lines(await client.references(document, document.at('"f"', 1)))).toEqual(["6:43"]);
    const text = await client.rename(document, document.at("::@f", 3), "fresh");
    expect(text).toContain('sym_name = "fresh"');
    expect(text).toContain("@inner::@fresh, on = [@f]");
  });
});

describe("rename", () => {
  test("of values, blocks, symbols and aliases", async () => {
    const document = await client.open(program);
    expect(await client.rename(document, document.at("@twice(%l)", 8), "left")).toBe(
      program.replaceAll("%l:", "%left:").replaceAll("%l)", "%left)"),
    );
    expect(await client.rename(document, document.at("%p#1", 3), "%pair")).toBe(program.replaceAll("%p", "%pair"));
    expect(await client.rename(document, document.at("^left", 2), "then")).toBe(program.replaceAll("^left", "^then"));
    expect(await client.rename(document, document.at("@twice", 2), "a b")).toBe(program.replaceAll("@twice", '@"a b"'));
    expect(await client.rename(document, document.at("#map", 2), "id")).toBe(program.replaceAll("#map", "#id"));
    expect(await client.renamed(document, document.at("%p#1", 3))).toBe("p");
    expect(await client.renamed(document, document.at("@twice", 3))).toBe("twice");
    expect(await client.renamed(document, document.at("arith"))).toBeUndefined();
  });

  test("refuses names that clash or are none", async () => {
    const document = await client.open(program);
    const rename = (needle: string, name: string) => client.rename(document, document.at(needle, 1), name);
    await expect(rename("%two", "x")).rejects.toThrow("%x is already defined here");
    await expect(rename("%two", "1st")).rejects.toThrow("'1st' cannot follow '%'");
    await expect(rename("%two", "")).rejects.toThrow("cannot follow");
    await expect(rename("@twice", "main")).rejects.toThrow("@main is already defined here");
    await expect(rename("^left", "right")).rejects.toThrow("^right is already defined here");
    await expect(rename("arith", "b")).rejects.toThrow("no name here");
    await document.edit(program.length, program.length, "func.func @h(%two: i32) {\n  broken @twice(%two\n}\n");
    await expect(rename("%two: i32", "k")).rejects.toThrow("line 19 has an error and mentions %two: mend it first");
    expect(await rename("@twice", "thrice")).toContain("broken @thrice(%two");
    // What is a name in one function is free in another.
    expect(await rename("%two", "w")).toContain("%w = arith.constant");
  });
});

describe("completion", () => {
  const labels = async (text: string) => {
    const offset = text.indexOf("|");
    const document = await client.open(text.replace("|", ""));
    const before = text.slice(0, offset).split("\n");
    const items = await client.completions(document, { line: before.length - 1, character: before.at(-1)!.length });
    await client.close(document);
    return items;
  };
  const sorted = async (text: string) =>
    [...(await labels(text))]
      .sort((a, b) => ((a.sortText ?? a.label) < (b.sortText ?? b.label) ? -1 : 1))
      .map(({ label }) => label);

  test("op names with their documentation", async () => {
    const items = await labels("func.func @f(%a: i32) {\n  %0 = arith.a|\n  return\n}\n");
    const item = items.find(({ label }) => label === "arith.addi");
    expect(item?.detail).toBe("Integer sum, modulo 2^width.");
    expect(item?.textEdit).toEqual({
      newText: "arith.addi",
      range: { start: { line: 1, character: 7 }, end: { line: 1, character: 14 } },
    });
    const resolved = item && (await client.resolve(item));
    expect(JSON.stringify(resolved?.documentation)).toContain("Commutative");
    expect(items.map(({ label }) => label)).toContain("return");
    expect((await labels("m|")).map(({ label }) => label)).toContain("module");
    expect((await labels('%0 = "ari|')).map(({ label }) => label)).toContain('"arith.addi"');
  });

  test("values in scope, the nearest first", async () => {
    const text = `func.func @f(%a: i32, %c: i1) {
  %b = arith.addi %a, %a : i32
  scf.if %c {
    %inner = arith.addi %b, %a : i32
    arith.addi %|
    %later = arith.constant 1 : i32
  }
  %after = arith.constant 1 : i32
  return
}
func.func @g(%other: i32) { return }
`;
    expect(await sorted(text)).toEqual(["%inner", "%b", "%c", "%a"]);
  });

  test("values of blocks that dominate the cursor", async () => {
    const text = `func.func @f(%c: i1) {
  %a = arith.constant 1 : i32
  cf.cond_br %c, ^left, ^right
^left:
  %l = arith.constant 1 : i32
  cf.br ^right
^right:
  %r = arith.addi %|
  return
}
`;
    expect(await sorted(text)).toEqual(["%a", "%c"]);
  });

  test("values in a text whose end is missing", async () => {
    const text =
      "func.func @f(%a: i32) {\n  %b = arith.constant 1 : i32\n  scf.execute_region {\n    %c = arith.addi %|";
    expect(await sorted(text)).toEqual(["%b", "%a"]);
  });

  test("symbols, blocks, aliases, types and attributes", async () => {
    expect(await sorted(program.replace("@twice(%l)", "@t|(%l)"))).toEqual(["@main", "@twice"]);
    expect(await sorted(program.replace("^right\n", "^|\n"))).toEqual(["^left", "^right"]);
    expect(await sorted(program.replace("= #map", "= #|"))).toEqual(
      expect.arrayContaining(["#map", "#ane.activation"]),
    );
    expect(await sorted(program.replace("%r: !row", "%r: !|"))).toEqual(expect.arrayContaining(["!row", "!llvm.ptr"]));
    expect(await sorted(program.replace("%two : i32", "%two : |"))).toContain("f32");
    expect(await sorted(program.replace("cf.cond_br %c", "cf.cond_br |%c"))).not.toContain("arith.addi");
    expect(await sorted("// arith.|")).toEqual([]);
  });
});

test("tokens are told apart by what they mean", async () => {
  const document = await client.open(`#m = 1
func.func @f(%a: tensor<2x3xf32>, %i: i32) {
  %b = arith.addi %i, %i {x.y = "s", z = #m} : i32 // why
  cf.br ^bb1
^bb1:
  return
}
// -----
%0 = "a.b"() : () -> !llvm.ptr
`);
  expect(await client.tokens(document)).toEqual([
    ..."#m macro|1 number|func.func function|@f method|%a parameter*|tensor type|2x3x number|f32 type|%i parameter*|i32 type".split(
      "|",
    ),
    ..."%b variable*|arith.addi function|%i parameter|%i parameter|x.y property".split("|"),
    ...'"s" string|z property|#m macro|i32 type|// why comment'.split("|"),
    ..."cf.br function|^bb1 enumMember|^bb1 enumMember*|return function".split("|"),
    ...'%0 variable*|"a.b" function|!llvm.ptr type'.split("|"),
  ]);
});

test("the outline has symbols and regions", async () => {
  const document = await client.open(`module @m {
  func.func @f(%n: index) {
    %r = scf.for %i = %n to %n step %n iter_args(%x = %n) -> (index) {
      scf.yield %x : index
    }
    return
  }
  memref.global @g : memref<4xf32>
}
`);
  const show = (list: Awaited<ReturnType<typeof client.symbols>>, depth = 0): string[] =>
    list.flatMap(({ name, detail, kind, children = [] }) => [
      `${" ".repeat(depth)}${name} ${detail} ${kind}`,
      ...show(children, depth + 1),
    ]);
  expect(show(await client.symbols(document))).toEqual([
    "@m builtin.module 2",
    " @f (index) -> () 12",
    "  scf.for %r 25",
    " @g memref.global 13",
  ]);
});

describe("formatting", () => {
  test("gives the canonical form of each part", async () => {
    const document = await client.open(`func.func @f(%a :i32)->i32{
%b="arith.addi"(%a,%a):(i32,i32)->i32
   return %b:i32 }
// -----

module {   }
`);
    expect(await client.format(document)).toBe(`func.func @f(%a: i32) -> i32 {
  %b = arith.addi %a, %a : i32
  return %b : i32
}
// -----

module {
}
`);
  });

  test("refuses where something would be lost", async () => {
    const cases: readonly (readonly [string, string])[] = [
      ["func.func private @f() // why\n", "line 1 has a comment"],
      ["\n!t = i32\nfunc.func private @f(!t)\n", "line 2 has the alias !t"],
      ["%0 = arith.constant 1 : i32 loc(unknown)\n", "line 1 has a location"],
      ["%0 = arith.constant\n", "the text has errors: expected"],
    ];
    for (const [text, reason] of cases) {
      const document = await client.open(text);
      expect(await client.format(document)).toBeUndefined();
      expect(await client.message("not formatted")).toContain(reason);
    }
  });
});

describe("dialects of users", () => {
  const ir = JSON.stringify(resolve(import.meta.dirname, "../../ir/index.ts"));
  const source = (
    name: string,
  ) => `import { DialectType, anyInteger, dialect, internType, op, operand, result, typeVariable } from ${ir};
class Box extends DialectType {
  constructor() { super("${name}", "box"); }
  static get() { return internType("!${name}.box", Box, () => new Box()); }
}
const T = typeVariable("T", anyInteger);
export const dialects = [dialect("${name}", { doc: "Mine.", types: [{ mnemonic: "box", doc: "A box.", parse: () => Box.get() }], ops: [
  op("${name}.triple", { input: operand(T), result: result(T) }, {
    doc: "Three times the input.", traits: ["Pure"], format: "$input attr-dict \`:\` type($input)",
    verify: (operation, report) => { console.log("checked"); if (operation.input.type.text === "i7") report("dislikes i7"); },
  }),
  op("${name}.bad", {}, { doc: "Its verifier throws.", format: "attr-dict", verify: () => { throw new TypeError("oh"); } }),
] })];
`;
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "anemone-lsp-"));
    for (const name of ["one", "two", "three"]) writeFileSync(join(folder, `${name}.ts`), source(name));
    writeFileSync(join(folder, "anemone.json"), JSON.stringify({ load: ["two.ts"] }));
    writeFileSync(join(folder, "broken.ts"), "export const dialects = 1 +;");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("are loaded by the command, the workspace and the editor, and documented like any other", async () => {
    const options = { arguments: ["--load", join(folder, "one.ts")], folder, settings: { load: ["three.ts"] } };
    const { client: own, initialized } = await TestClient.start(options);
    expect(initialized.serverInfo?.name).toBe("anemone");
    const document = await own.open(`%0 = arith.constant 1 : i7
%1 = one.triple %0 : i7
%2 = two.triple %1 : i7
%3 = three.triple %2 : i7
%4 = "four.triple"(%3) : (i7) -> i7
func.func private @boxes(!one.box, !two.box) -> !two.box
`);
    expect(await own.problems(document)).toEqual([
      "\"four.triple\": 'four.triple' op is not registered: no dialect 'four' is loaded: load it (--load, --irdl-file) or pass --allow-unregistered-dialect",
      ...["one", "two", "three"].map((name) => `${name}.triple: '${name}.triple' op dislikes i7`),
    ]);
    expect(await own.hover(document, document.at("two.triple", 1))).toContain(
      "%result = two.triple %input attr-dict : type(%input)",
    );
    // Whoever writes a dialect sees what it has become.
    expect(own.registered).toEqual(["workspace/didChangeWatchedFiles"]);
    writeFileSync(join(folder, "words.ts"), 'export const doc = "Thrice the input.";\n');
    const imported = `import { doc } from "./words.ts";\n${source("two").replace('"Three times the input."', "doc")}`;
    writeFileSync(join(folder, "two.ts"), imported);
    await own.changed(join(folder, "two.ts"));
    expect(await own.hover(document, document.at("two.triple", 1))).toContain("Thrice the input.");
    expect(await own.hover(document, document.at("@boxes", 1))).toContain("(!one.box, !two.box) -> !two.box");
    writeFileSync(join(folder, "words.ts"), 'export const doc = "The input, tripled.";\n');
    await own.changed(join(folder, "words.ts"));
    expect(await own.hover(document, document.at("two.triple", 1))).toContain("The input, tripled.");
    writeFileSync(join(folder, "anemone.json"), JSON.stringify({ load: [] }));
    await own.changed(join(folder, "anemone.json"));
    expect(await own.hover(document, document.at("two.triple", 1))).toContain("Its dialect is not loaded.");
    expect(await own.hover(document, document.at("one.triple", 1))).toContain("Three times the input.");

    await document.replace("one.bad\n");
    expect(await own.problems(document)).toEqual(["one.bad: 'one.bad' op internal error while verifying: oh"]);

    await own.configure({ load: ["broken.ts", 1], allowUnregisteredDialect: true });
    expect(await own.message("cannot load")).toContain("broken.ts");
    expect(await own.message("must be a list")).toContain("load");
    await document.replace('%3 = "three.triple"() : () -> i7\n');
    expect(await own.problems(document)).toEqual([]);
    expect(await own.stop()).toBe(0);
  });
});
