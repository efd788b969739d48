/** MIL programs as modules and back: real files, random programs and values, and what is refused. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DenseResourceAttribute } from "../../../ir/attributes.ts";
import { Context } from "../../../ir/context.ts";
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import { placeOf } from "../../../ir/location.ts";
import type { Operation } from "../../../ir/operation.ts";
import { parse } from "../../../ir/parser/parse.ts";
import { print } from "../../../ir/printer/print.ts";
import { arbitraryMilDocument } from "../../../test/testing/arbitrary-mil-document.ts";
import { forAll } from "../../../test/testing/property.ts";
import { builtin } from "../../builtin/index.ts";
import { BlobStorage } from "../blob-storage/index.ts";
import type { MilBlock, MilDocument, MilOperation, MilValue } from "../document/document.ts";
import * as dialect from "../index.ts";
import { printMilText } from "../text/printer.ts";
import { readMilText } from "../text/reader.ts";
import { arbitraryMilProgram } from "./arbitrary-program.ts";
import { documentOf, moduleOf } from "./index.ts";

const corpus = join(import.meta.dirname, "../../../../shared/data/mil");
const files = existsSync(corpus) ? readdirSync(corpus).filter((name) => name.endsWith(".mil")) : [];
const context = new Context([builtin, dialect.mil]);

function programIn(module: Operation): dialect.ProgramOperation {
  const found = module.regions[0]!.onlyBlock.operations.find((operation) => dialect.program.matches(operation));
  return dialect.program.cast(found!);
}

const throughModule = (document: MilDocument) => documentOf(programIn(moduleOf(document)));

describe.skipIf(files.length === 0)("the corpus (skipped where ../shared/data/mil is absent)", () => {
  test.each(files)("%s comes back as it was", (file) => {
    const text = readFileSync(join(corpus, file), "utf8");
    const document = readMilText(text, { file });
    const module = moduleOf(document, { file, source: text });
    const wanted = printMilText(document);
    expect(printMilText(documentOf(programIn(module)))).toBe(wanted);
    // The text of the IR loses nothing either.
    const reread = parse(print(module, { inlineResources: true }), context);
    expect(printMilText(documentOf(programIn(reread)))).toBe(wanted);
  });

  test("each op is placed at its statement", () => {
    const file = "FluidInference_FluidAudio__Argmax.mil";
    const module = moduleOf(readMilText(readFileSync(join(corpus, file), "utf8"), { file }), { file });
    const places: (string | undefined)[] = [];
    module.walk((operation) => {
      const { file: where, line, column } = placeOf(operation.location);
      if (dialect.reduceArgmax.matches(operation)) places.push(`${where}:${line}:${column}`);
    });
    expect(places).toEqual([`${file}:7:40`]);
  });

  test("weights are views of their file", () => {
    const name = "FluidInference_mobius__silero-vad-unified-v6.0.0";
    const storage = BlobStorage.open(join(corpus, "weights", `${name}.weight.bin`));
    const document = readMilText(readFileSync(join(corpus, `${name}.mil`), "utf8"));
    const module = moduleOf(document, { weights: ({ offset }, type) => storage.numbers(offset, type) });
    let bytes = 0;
    module.walk((operation) => {
      if (!dialect.constant.matches(operation) || !(operation.val instanceof DenseResourceAttribute)) return;
      expect(operation.val.blob?.bytes.buffer).toBe(storage.bytes.buffer);
      bytes += operation.val.blob?.bytes.byteLength ?? 0;
    });
    expect(bytes).toBeGreaterThan(100_000);
    // Written anew, every weight is handed over once, with its type.
    const placed: string[] = [];
    const again = documentOf(programIn(module), {
      place: (type, numbers) => {
        placed.push(`${type.element} ${numbers.length}`);
        return { path: "w.bin", offset: 64 * placed.length };
      },
    });
    expect(printMilText(again)).toContain(`offset = tensor<uint64, []>(${64 * placed.length})`);
    expect(placed).toContain("fp16 66048");
  });
});

describe("random programs", () => {
  test("come back through document and text", () => {
    forAll(arbitraryMilProgram, 30, (program) => {
      const text = printMilText(documentOf(program));
      const module = moduleOf(readMilText(text));
      expect(printMilText(documentOf(programIn(module)))).toBe(text);
      const reread = parse(print(module, { inlineResources: true }), context);
      expect(printMilText(documentOf(programIn(reread)))).toBe(text);
    });
  });

  test("of constants of every type come back", () => {
    forAll(arbitraryMilDocument, 40, (document) => {
      const values = valuesIn(document).filter((value) => !hasInnerBlob(value, true));
      const attributes = document.attributes.filter(({ value }) => !hasInnerBlob(value, false));
      const made: MilDocument = {
        version: document.version,
        attributes,
        functions: [
          {
            name: "main",
            opset: "ios18",
            parameters: [],
            attributes,
            block: { parameters: [], operations: values.map(constantOf), results: [], attributes },
          },
        ],
      };
      const text = printMilText(made);
      expect(printMilText(throughModule(made))).toBe(text);
    });
  });
});

/** All values of a document. */
function valuesIn({ functions, attributes }: MilDocument): MilValue[] {
  const inBlock = (block: MilBlock): MilValue[] => [
    ...block.attributes.map(({ value }) => value),
    ...block.operations.flatMap((operation) => [
      ...operation.attributes.map(({ value }) => value),
      ...operation.arguments.flatMap(({ bindings }) =>
        bindings.flatMap((binding) => (binding.kind === "value" ? [binding.value] : [])),
      ),
      ...operation.blocks.flatMap(inBlock),
    ]),
  ];
  return [...attributes.map(({ value }) => value), ...functions.flatMap(({ block }) => inBlock(block))];
}

/** Whether a weight file is named inside of a value, or as a whole where that is not allowed. */
function hasInnerBlob({ content }: MilValue, isAllowed: boolean): boolean {
  if (content.kind === "blob") return !isAllowed;
  if (content.kind === "items") return content.items.some((item) => hasInnerBlob(item, false));
  return content.kind === "entries" && content.entries.flat().some((part) => hasInnerBlob(part, false));
}

function constantOf(value: MilValue, position: number): MilOperation {
  return {
    mnemonic: "const",
    results: [{ name: `c${position}`, type: value.type }],
    arguments: [],
    attributes: [{ name: "val", value }],
    blocks: [],
  };
}

const function_ = (body: string, opset = "ios18", results = "x") => `program(1.3)
{
    func main<${opset}>(tensor<fp16, [2, 3]> x) {
${body}
    } -> (${results});
}
`;

function refusal(text: string): string {
  try {
    moduleOf(readMilText(text, { file: "model.mil" }), { file: "model.mil", source: text });
  } catch (error) {
    if (error instanceof DiagnosticError) return error.render();
    throw error;
  }
  return "accepted";
}

const statement = (text: string) => `        tensor<fp16, [2, 3]> y = ${text}[name = string("y")];`;

describe("what the dialect does not know is refused at its place", () => {
  test.each([
    ["an op", function_(statement("rleu(x = x)")), "4:34: error: there is no MIL op 'rleu'; did you mean relu or elu?"],
    [
      "an opset",
      function_(statement("relu(x = x)"), "ios81"),
      "3:10: error: 'main' is of the opset ios81: known are ios15, ios16, ios17, ios18, ios26",
    ],
    ["a version", "program(2.0)\n{\n}\n", "error: the program is of version 2.0: 1.0 and 1.3 are known"],
    [
      "an input",
      function_(statement("softmax(axes = int32(1), x = x)")),
      "4:34: error: softmax has no input 'axes'; did you mean axis?",
    ],
    [
      "a missing input",
      function_(statement("add(x = x)")),
      "4:34: error: add needs the input y, a tensor of a MIL element type, but has no such argument",
    ],
    [
      "a parameter of another kind",
      function_(statement('softmax(axis = string("1"), x = x)')),
      "4:34: error: the input axis of softmax must be an integer, found !mil.string",
    ],
    [
      "a word that is none of a parameter's",
      function_(statement('gelu(mode = string("FAST"), x = x)')),
      `4:34: error: 'mil.gelu' op (y) must have one of "EXACT", "TANH_APPROXIMATION", "SIGMOID_APPROXIMATION" for mode, found "FAST"`,
    ],
    [
      "a parameter that is computed",
      function_(
        `        tensor<int32, []> i = reduce_argmax(axis = int32(0), keep_dims = bool(false), x = k)[name = string("i")];\n${statement("softmax(axis = i, x = x)")}`,
      ).replace("x) {", "x, tensor<fp16, [4]> k) {"),
      "5:34: error: 'mil.softmax' op (y) must have a constant for axis (a mil.const), found a value that is computed",
    ],
    [
      "an op of a later opset",
      function_(statement("scaled_dot_product_attention(key = x, query = x, value = x)"), "ios16"),
      "4:34: error: scaled_dot_product_attention exists since ios18, but the function is of the opset ios16",
    ],
    [
      "an input of a later opset",
      function_(statement("gather(indices = int32(0), validate_indices = bool(false), x = x)"), "ios16"),
      "4:34: error: gather takes validate_indices since ios17, but the function is of the opset ios16",
    ],
    [
      "a result of another type",
      function_(`        tensor<fp16, [2, 4]> y = relu(x = x)[name = string("y")];`),
      "4:34: error: 'mil.relu' op (y) result 0 must be tensor<2x3xf16> by its operands and attributes, but is tensor<2x4xf16>",
    ],
    [
      "several values for one",
      function_(statement("relu(x = (x, x))")),
      "4:34: error: the input x of relu takes one value, found 2",
    ],
    [
      "a constant of another type",
      function_('        tensor<int32, [2]> y = const()[name = string("y"), val = tensor<int32, [3]>([1, 2, 3])];'),
      "4:32: error: the constant y is declared as tensor<2xi32>, but its value is of tensor<3xi32>",
    ],
  ])("%s", (_, text, message) => {
    expect(refusal(text)).toContain(message);
  });
});

test("a broken rule of the dialect shows the statement, as an error of syntax does", () => {
  const relu = `        tensor<fp16, [2, 4]> y = relu(x = x)[name = string("the_relu")];`;
  const [first, line, caret] = refusal(function_(relu)).split("\n");
  expect(first).toContain("4:34: error: 'mil.relu' op (the_relu) result 0 must be");
  expect(line).toBe(`  ${relu}`);
  expect(caret?.indexOf("^")).toBe(line?.indexOf("relu("));
});

test("what is returned twice, or is no value of its own, is refused when written", () => {
  const text = function_(statement("relu(x = x)"), "ios18", "y");
  const module = moduleOf(readMilText(text));
  const main = dialect.mainOf(programIn(module))!;
  const entry = main.body.onlyBlock;
  entry.last!.setOperands([entry.arguments[0]!]);
  expect(() => documentOf(programIn(module))).toThrow("returns as y what is an input, a constant or returned already");
});
