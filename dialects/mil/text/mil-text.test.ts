import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import { arbitraryMilDocument } from "../../../test/testing/arbitrary-mil-document.ts";
import { damagesOf } from "../../../test/testing/damaged-text.ts";
import { forAll } from "../../../test/testing/property.ts";
import type { MilBlock, MilDocument } from "../document/document.ts";
import { ElementScanner } from "./number-text.ts";
import { printMilText } from "./printer.ts";
import { readMilText } from "./reader.ts";
import { largeProgram } from "./sample.ts";

const root = join(import.meta.dirname, "../../..");
const corpus = join(root, "../shared/data/mil");
const files = existsSync(corpus) ? readdirSync(corpus).filter((name) => name.endsWith(".mil")) : [];

function withoutPositions(document: MilDocument): unknown {
  const bare = (block: MilBlock): unknown => ({
    ...block,
    operations: block.operations.map(({ position, ...rest }) => ({ ...rest, blocks: rest.blocks.map(bare) })),
  });
  return {
    ...document,
    functions: document.functions.map(({ position, ...rest }) => ({ ...rest, block: bare(rest.block) })),
  };
}

const numeric = /^-?(?:\d|\.\d|inf|nan)/;

/** Names, marks, strings, and numbers; an element type before the bracket says how a number in it is rounded. */
const tokensOf = (text: string): string[] =>
  text.match(/"(?:[^"\\]|\\.)*"|->|-?[\w.@]+(?:(?<=[pe])[+-]\d+)?|[^\s]/g) ?? [];

const roundings = [(value: number) => value, Math.fround, Math.f16round];
const numberOf = (token: string) => new ElementScanner(token, 0).next();

/** Whether two tokens are the same, numbers by their value in some type. */
function isSameToken(printed: string, written: string): boolean {
  if (printed === written) return true;
  if (!numeric.test(printed) || !numeric.test(written)) return false;
  return roundings.some((round) => Object.is(round(numberOf(written)), numberOf(printed)));
}

describe.skipIf(files.length === 0)("the corpus (skipped where ../shared/data/mil is absent)", () => {
  test.each(files)("%s", (file) => {
    const text = readFileSync(join(corpus, file), "utf8");
    const document = readMilText(text, { file });
    const printed = printMilText(document);
    const [ours, theirs] = [tokensOf(printed), tokensOf(text)];
    expect(ours.length).toBe(theirs.length);
    expect(ours.filter((token, position) => !isSameToken(token, theirs[position]!))).toEqual([]);
    expect(withoutPositions(readMilText(printed))).toEqual(withoutPositions(document));
    expect(printMilText(readMilText(printed))).toBe(printed);
  });

  test("programs of Apple's compiler are printed as it prints them", () => {
    const byApple = files.filter((file) => /^(FluidInference|apple|751K|jafreck)/.test(file));
    expect(byApple.length).toBeGreaterThan(8);
    for (const file of byApple) {
      const text = readFileSync(join(corpus, file), "utf8");
      expect(printMilText(readMilText(text)).trimEnd(), file).toBe(text.trimEnd());
    }
  });

  test("damaged programs end in a diagnostic, or are programs", () => {
    for (const file of ["FluidInference_FluidAudio__TransposeEncoder.mil", "FluidInference_FluidAudio__Argmax.mil"]) {
      for (const damage of damagesOf(readFileSync(join(corpus, file), "utf8"), 0, 200)) checkRead(damage.text);
    }
  });
});

/** Reads what may be no program: a diagnostic with a place, or a document that prints and reads as the same. */
function checkRead(text: string): void {
  let document: MilDocument;
  try {
    document = readMilText(text, { file: "damaged.mil" });
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    expect(error.details.line).toBeGreaterThan(0);
    expect(error.details.column).toBeGreaterThan(0);
    expect(error.message).not.toMatch(/T__|NAME|NUMBER|FLAT_LIST|EOF|missing|extraneous/);
    return;
  }
  expect(withoutPositions(readMilText(printMilText(document)))).toEqual(withoutPositions(document));
}

const everything = `program(1.0)
[buildInfo = dict<tensor<string, []>, tensor<string, []>>({{"coremlc-version", "3500.32.1"}}), empty = tuple<>()]
{
    // A comment, as no file of Apple's has.
    func main<ios17>(tensor<fp16, [1, ?]> x, state<tensor<fp16, [2, 2]>> cache) [FlexibleShapeInformation = tuple<tuple<tensor<string, []>, dict<tensor<string, []>, tensor<int32, [?]>>>, tuple<tensor<string, []>, dict<tensor<string, []>, list<tensor<int32, [2]>, ?>>>>((("DefaultShapes", {{"x", [1, 1]}}), ("RangeDims", {{"x", [[1, 1], [1, 2048]]}})))] {
            tensor<fp16, [2, 2]> old = read_state(input = cache)[name = tensor<string, []>("read")];
            tensor<bool, []> yes = const()[val = tensor<bool, []>(true)];
            tensor<fp16, [?, 2]> y = cond(pred = yes)[name = tensor<string, []>("cond_0")]
                {
                    tensor<fp16, [?, 2]> a = add(x = x, y = old)[name = tensor<string, []>("a")];
                } -> (a)
                {
                } -> (old);
            tensor<int32, []> i, tensor<fp16, [2, 2]> z = while_loop(loop_vars = (tensor<int32, []>(0), old))
                (tensor<int32, []> i_x, tensor<fp16, [2, 2]> z_x) {
                    tensor<bool, []> more = less(x = i_x, y = tensor<int32, []>(7))[name = tensor<string, []>("more")];
                } -> (more)
                (tensor<int32, []> i_y, tensor<fp16, [2, 2]> z_y) {
                    tensor<int32, []> next = add(x = i_y, y = tensor<int32, []>(1));
                } -> (next, z_y);
            write_state(data = z, input = cache)[name = tensor<string, []>("write")];
        } -> (y, i);
    func other<ios16>() {
        } -> ();
}
`;

test("flexible shapes, states, nested blocks, operations without results, comments", () => {
  const document = readMilText(everything);
  const printed = printMilText(document);
  expect(printed).toBe(everything.replace(/ *\/\/.*\n/, "").replace("tuple<>()", "tuple<>(())"));
  expect(withoutPositions(readMilText(printed))).toEqual(withoutPositions(document));
  const [main] = document.functions;
  expect(main?.position).toEqual({ line: 5, column: 10 });
  expect(main?.block.operations[0]?.position).toEqual({ line: 6, column: 40 });
  expect(main?.block.operations.map(({ mnemonic }) => mnemonic)).toContain("write_state");
});

test("a program of one version is printed in the spelling of the other", () => {
  const printed = printMilText({ ...readMilText(everything), version: "1.3" });
  expect(printed).toContain(`write_state(data = z, input = cache)[name = string("write")];`);
  expect(printed).toContain("int32 i, tensor<fp16, [2, 2]> z = while_loop(loop_vars = (int32(0), old))");
});

/** Numbers of one type, as text and as what is stored. */
test.each([
  [
    "fp16",
    "[0x1.554p-10, 0.1, -0x0p+0, inf, -inf, nan, 65504, 0x1p-24, 3]",
    [0x1555, 0x2e66, 0x8000, 0x7c00, 0xfc00, 0x7e00, 0x7bff, 1, 0x4200],
  ],
  // A tie, and the same with a bit far behind it.
  ["fp16", "[0x1.002p+0, 0x1.006p+0, 0x1.00200000000000000001p+0]", [0x3c00, 0x3c02, 0x3c01]],
  ["bf16", "[1.0, 0x1.01p+0, 0x1.0100000000000001p+0, 0x1.fep+127]", [0x3f80, 0x3f80, 0x3f81, 0x7f7f]],
  [
    "fp32",
    "[0x1.77540ap-4, 1e-45, 0x1p-149, 0x1.fffffep+127, -.5]",
    [0x177540a * 2 ** -24 * 2 ** -4, 2 ** -149, 2 ** -149, 2 ** 127 * (2 - 2 ** -23), -0.5],
  ],
  [
    "fp64",
    "[0x1.921fb54442d18p+1, 0x0.0000000000001p-1022, 0x1p+1023, 0x3.243f6a8885a308d3p0, 1E3]",
    [Math.PI, 5e-324, 2 ** 1023, Math.PI, 1000],
  ],
  ["fp8e4m3fn", "[448, 0x1p-9, -0.0, nan, 460]", [0x7e, 1, 0x80, 0x7f, 0x7e]],
  ["fp8e5m2", "[57344, inf, 1]", [0x7b, 0x7c, 0x3c]],
  [
    "int64",
    "[-9223372036854775808, 9007199254740993, 0x7fffffffffffffff]",
    [-(2n ** 63n), 2n ** 53n + 1n, 2n ** 63n - 1n],
  ],
  ["uint64", "[18446744073709551615]", [2n ** 64n - 1n]],
  ["int4", "[-8, 7]", [-8, 7]],
  ["uint3", "[0, 7]", [0, 7]],
  ["bool", "[true, false]", [1, 0]],
])("%s %s", (element, literal, wanted) => {
  const count = literal.split(",").length;
  const text = `program(1.3)[a = tensor<${element}, [${count}]>(${literal})]{}`;
  const content = readMilText(text).attributes[0]?.value.content;
  if (content?.kind !== "numbers") throw new Error("expected numbers");
  expect([...content.numbers]).toEqual(wanted);
  expect(withoutPositions(readMilText(printMilText(readMilText(text))))).toEqual(withoutPositions(readMilText(text)));
});

const inMain = (statements: string, results = "x") =>
  `program(1.3)\n{\n    func main<ios18>(tensor<fp16, [2]> x) {\n        ${statements}\n    } -> (${results});\n}\n`;
const constant = (type: string, literal: string) => inMain(`${type} c = const()[val = ${type}(${literal})];`);

/** The place of each mistake is marked by ¦. */
test.each([
  ["nothing", "¦", "expected 'program', found the end of the text"],
  ["something else", "¦func main", "expected 'program', found 'func'"],
  ["a version of one number", "program(¦1){}", "expected a version such as 1.0 or 1.3, found 1"],
  ["no semicolon", inMain("fp16 y = add(x = x)\n¦"), "expected '(', '{', ';' or '[', found '}'"],
  ["a mistyped type", inMain("fp61 ¦y = add(x = x);"), "expected '(', found 'y'"],
  [
    "a mistyped type inside",
    inMain("tensor<¦fp61, [1]> y = add(x = x);"),
    "expected an element type such as fp16, found 'fp61'; did you mean fp64?",
  ],
  ["no sizes", inMain("tensor<fp16¦> y = add(x = x);"), "expected ',', found '>'"],
  [
    "a size that is none",
    inMain("tensor<fp16, [¦1.5]> y = add();"),
    "expected a size (a whole number, or ?), found '1.5'",
  ],
  [
    "a negative size",
    inMain("tensor<fp16, [?, ¦-1]> y = add();"),
    "expected a size (a whole number, or ?), found '-1'",
  ],
  ["a pixel buffer", inMain('¦pixel_buffer<"BGRA", [1, 2]> y = add(x = x);'), "pixel buffers are not supported"],
  [
    "an open string",
    inMain('fp16 y = add(x = x)[name = string(¦"abc)];'),
    "expected a literal, ')' or 'BLOBFILE', found a string that is not closed on its line",
  ],
  ["an unknown escape", constant("string", '"a¦\\q"'), "there is no escape \\q in strings"],
  ["a stray character", inMain("fp16 y = add(x = ¦$);"), "expected a name or '(', found '$'"],
  ["an undefined name", inMain("fp16 y = add(x = ¦z1);"), "no value 'z1' is defined before its use here"],
  [
    "a name close to one",
    inMain("fp16 abc = add();", "¦abd"),
    "no value 'abd' is defined before its use here; did you mean abc?",
  ],
  ["a name used by its own statement", inMain("fp16 y = add(x = ¦y);"), "no value 'y' is defined before"],
  ["a name defined twice", inMain("fp16 ¦x = add(x = x);"), "there is another value called 'x' already"],
  [
    "a constant defined otherwise",
    inMain("int32 a = const()[val = int32(1)]; int32 ¦a = const()[val = int32(2)];"),
    "there is another value called 'a' already",
  ],
  [
    "a name of a nested block",
    inMain("fp16 y = cond(pred = x) { fp16 a = exp(x = x); } -> (a); fp16 z = exp(x = ¦a);"),
    "no value 'a' is defined",
  ],
  ["two equal arguments", inMain("fp16 y = add(x = x, ¦x = x);"), "there is another argument called 'x' already"],
  [
    "two equal attributes",
    inMain("fp16 y = add()[a = int32(1), ¦a = int32(1)];"),
    "there is another attribute called 'a' already",
  ],
  [
    "two equal functions",
    "program(1.3){func a<i>(){}->() func ¦a<i>(){}->()}",
    "there is another function called 'a' already",
  ],
  [
    "too many elements",
    constant("tensor<int32, [2]>", "¦[1, 2, 3]"),
    "expected 2 elements as tensor<int32, [2]> says, found 3",
  ],
  ["too few rows", constant("tensor<int32, [2, 1]>", "¦[[1]]"), "expected 2 elements in dimension 0"],
  ["uneven rows", constant("tensor<int32, [2, ?]>", "[[1], ¦[2, 3]]"), "expected 1 element in dimension 1"],
  ["a list for a scalar", constant("int32", "¦[1]"), "expected a whole number of type int32, found [1]"],
  ["a scalar for a list", constant("tensor<int32, [1]>", "¦1"), "expected a list, found 1"],
  [
    "lists nested too little",
    constant("tensor<int32, [1, 1]>", "¦[1]"),
    "expected lists nested 2 deep for tensor<int32, [1, 1]>, found [1]",
  ],
  [
    "two open sizes",
    constant("tensor<int32, [?, ?]>", "¦[[1]]"),
    "a literal of type tensor<int32, [?, ?]> needs its sizes",
  ],
  ["a size beyond all memory", constant("tensor<int32, [999999999999]>", "¦[1]"), "expected 999999999999 elements"],
  [
    "an integer out of range",
    constant("tensor<int8, [2]>", "[1, ¦128]"),
    "128 is out of the range of int8, -128 to 127",
  ],
  [
    "a wide integer out of range",
    constant("uint64", "¦18446744073709551616"),
    "18446744073709551616 is out of the range of uint64",
  ],
  ["a float for an integer", constant("int32", "¦1.0"), "expected a whole number of type int32, found 1.0"],
  ["a float out of range", constant("fp16", "¦65520"), "65520 is beyond the greatest fp16, 65504"],
  ["an infinity of a type without", constant("fp8e4m3fn", "¦inf"), "inf is beyond the greatest fp8e4m3fn, 448"],
  ["a number for a truth value", constant("bool", "¦1"), "expected true or false of type bool, found 1"],
  ["a string for a number", constant("tensor<fp16, [1]>", '[¦"a"]'), 'expected a number of type fp16, found "a"'],
  ["a number for a string", constant("string", "¦1"), "expected a string, found 1"],
  ["numbers for strings", constant("list<string, 1>", "[¦1]"), "expected a string, found 1"],
  ["a state with content", constant("state<fp16>", "¦1"), "a state has no literal"],
  [
    "a tuple of another length",
    constant("tuple<int32, int32>", "¦(1)"),
    "expected 2 items as tuple<int32, int32> says, found 1",
  ],
  ["a list of another length", constant("list<int32, 2>", "¦[1]"), "expected 2 items as list<int32, 2> says, found 1"],
  [
    "a dictionary of lists",
    constant("dict<string, int32>", "¦[1]"),
    "expected entries such as {{key, value}} of dict<string, int32>, found [1]",
  ],
  [
    "a literal of another type",
    constant("list<int32, 1>", "[¦fp16(1)]"),
    "expected a whole number of type int32, found a fp16",
  ],
  ["no content", constant("int32", "¦"), "expected a whole number of type int32, found ')'"],
  [
    "a file for strings",
    constant("tensor<string, [1]>", '¦BLOBFILE(path = string("w"), offset = uint64(64))'),
    "only tensors of numbers lie in files",
  ],
  [
    "a file for open sizes",
    constant("tensor<fp16, [?]>", '¦BLOBFILE(path = string("w"), offset = uint64(64))'),
    "a tensor in a file needs all its sizes",
  ],
  [
    "an offset of another type",
    constant("tensor<fp16, [1]>", 'BLOBFILE(path = string("w"), offset = ¦int32(64))'),
    "expected a uint64 as the offset, found a int32",
  ],
  [
    "an offset beyond any file",
    constant("tensor<fp16, [1]>", 'BLOBFILE(path = string("w"), offset = ¦uint64(18446744073709551615))'),
    "the offset 18446744073709551615 is beyond any file",
  ],
  ["text behind the program", "program(1.3){} ¦x", "expected the end of the text, found 'x'"],
])("%s", (_, marked, message) => {
  const before = marked.slice(0, marked.lastIndexOf("¦")).split("\n");
  // Where nothing stands, the next token is what is wrong.
  const after = marked.slice(marked.lastIndexOf("¦") + 1);
  const gap = /^\s*/.exec(after)?.[0] ?? "";
  const line = before.length + gap.split("\n").length - 1;
  const column = gap.includes("\n") ? gap.length - gap.lastIndexOf("\n") : before.at(-1)!.length + 1;
  let found: unknown;
  try {
    readMilText(marked.replaceAll("¦", ""), { file: "wrong.mil" });
  } catch (error) {
    found = error;
  }
  if (!(found instanceof DiagnosticError)) throw new Error(`expected a diagnostic, found ${found}`);
  const { details } = found;
  expect(`${details.file}:${details.line}:${details.column}: ${found.message}`).toContain(
    `wrong.mil:${line}:${column}: ${message}`,
  );
});

test("the line of a mistake is shown with a caret", () => {
  const error = (() => {
    try {
      readMilText(inMain("fp16 y = add(x = z);"), { file: "a.mil" });
    } catch (thrown) {
      return thrown;
    }
    return undefined;
  })();
  expect(error instanceof DiagnosticError && error.render()).toBe(
    `a.mil:4:26: error: no value 'z' is defined before its use here\n          fp16 y = add(x = z);\n                           ^`,
  );
});

describe("random documents", () => {
  test("print and read as the same", () => {
    forAll(arbitraryMilDocument, 150, (document) => {
      const printed = printMilText(document);
      const again = readMilText(printed);
      expect(withoutPositions(again)).toEqual(withoutPositions(document));
      expect(printMilText(again)).toBe(printed);
    });
  });
});

test("a program cut anywhere ends in a diagnostic", () => {
  const end = everything.trimEnd().length;
  for (let length = 0; length < end; length += 7) {
    const cut = everything.slice(0, length);
    expect(() => readMilText(cut), cut.slice(-20)).toThrow(DiagnosticError);
    checkRead(cut);
  }
});

test.each([
  ["lists", (depth: number) => `program(1.3)[a = tensor<int32, [1]>(${"[".repeat(depth)}${"]".repeat(depth)})]{}`],
  ["open lists", (depth: number) => `program(1.3)[a = tensor<int32, [1]>(${"[".repeat(depth)}`],
  ["types", (depth: number) => `program(1.3)[a = ${"list<".repeat(depth)}int32${", 1>".repeat(depth)}([])]{}`],
  ["values", (depth: number) => `program(1.3)[a = ${"int32(".repeat(depth)}1${")".repeat(depth)}]{}`],
  ["blocks", (depth: number) => inMain(`${"fp16 y = cond() {".repeat(depth)}${"} -> (x);".repeat(depth)}`)],
  ["pixel buffers", (depth: number) => inMain(`pixel_buffer<${"(".repeat(depth)}`)],
])("10,000 %s deep is a diagnostic", (_, nest) => {
  expect(() => readMilText(nest(10_000))).toThrow(/nested more than 200 deep/);
});

test("a program of 630 KB is read in less than a second by a process that has just started", () => {
  const folder = mkdtempSync(join(tmpdir(), "anemone-mil-"));
  try {
    const text = largeProgram(630_000);
    expect(text.length).toBeGreaterThan(630_000);
    writeFileSync(join(folder, "large.mil"), text);
    const reader = join(import.meta.dirname, "reader.ts");
    const script = `
      const { readMilText } = require(${JSON.stringify(reader)});
      const text = require("node:fs").readFileSync(${JSON.stringify(join(folder, "large.mil"))}, "utf8");
      const before = process.cpuUsage();
      const { functions } = readMilText(text);
      const { user, system } = process.cpuUsage(before);
      console.log(functions[0].block.operations.length, (user + system) / 1e6);`;
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8" });
    const [operations = 0, seconds] = stdout.split(" ").map(Number);
    expect(stderr).toBe("");
    expect(operations).toBeGreaterThan(3000);
    // Of computing, on all threads: the wall depends on what else the machine does.
    expect(seconds).toBeLessThan(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the generated parser is that of the grammar", () => {
  const folder = mkdtempSync(join(tmpdir(), "anemone-mil-"));
  try {
    const made = spawnSync(process.execPath, [join(root, "tools/build/mil-grammar.ts"), folder], { encoding: "utf8" });
    expect(made.stderr).toBe("");
    for (const file of readdirSync(folder)) {
      const committed = readFileSync(join(import.meta.dirname, "generated", file), "utf8");
      expect(readFileSync(join(folder, file), "utf8") === committed, `npm run grammar:mil makes another ${file}`).toBe(
        true,
      );
    }
    expect(readdirSync(folder).sort()).toEqual(["MilLexer.ts", "MilParser.ts"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
