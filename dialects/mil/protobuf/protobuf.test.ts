import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import { arbitraryMilDocument } from "../../../test/testing/arbitrary-mil-document.ts";
import { forAll } from "../../../test/testing/property.ts";
import { refusalOf } from "../../../test/testing/refusal.ts";
import { BlobWriter } from "../blob-storage/index.ts";
import type { MilBlock, MilDocument, MilFunctionText, MilOperation } from "../document/document.ts";
import { readMilText } from "../text/reader.ts";
import { modelOf, readMlmodel, readMlpackage, writeMlmodel, writeMlpackage } from "./index.ts";
import { messages, type WireInput } from "./schema.ts";

const corpus = "../shared/data/mil";
const models = existsSync(join(corpus, "mlmodel")) ? readdirSync(join(corpus, "mlmodel")) : [];
const texts = existsSync(corpus) ? readdirSync(corpus).filter((name) => name.endsWith(".mil")) : [];

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mlmodel-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (path: string) => new Uint8Array(readFileSync(path));

describe.skipIf(models.length === 0)("models of the corpus (skipped without ../shared)", () => {
  test.each(models)("%s: read, written and read again", (name) => {
    const bytes = read(join(corpus, "mlmodel", name));
    const model = readMlmodel(bytes, name);
    const written = writeMlmodel(model);
    // Even the bytes are the same: Apple's writer and ours order fields alike, and maps keep their order.
    expect(Buffer.compare(written, bytes)).toBe(0);
    expect(readMlmodel(written)).toEqual(model);
    expect(model.document.functions[0]!.block.operations.length).toBeGreaterThan(40);
  });

  /**
   * What Apple's compiler changes between the two: parameters of a function and arguments of an operation are sorted by name, opsets
   * have another name, `buildInfo` is its own. Operations, their order, their names, types, values and blob offsets are the same.
   */
  test.each(
    models
      .filter((name) => texts.includes(name.replace(/model$/, "")))
      .concat(models.map((name) => name.replace(".mlmodel", ".mil")).filter((name) => texts.includes(name))),
  )("%s: text and protobuf say the same program", (name) => {
    const { document } = readMlmodel(read(join(corpus, "mlmodel", name.replace(".mil", ".mlmodel"))));
    const text = readMilText(readFileSync(join(corpus, name), "utf8"));
    expect(text.functions.map(sorted)).toEqual(document.functions.map(sorted));
    expect(text.version).toBe(document.version);
  });

  test("four models of the corpus are there in both forms", () => {
    expect(models.filter((name) => texts.includes(name.replace(".mlmodel", ".mil")))).toHaveLength(4);
  });
});

const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1);

/** A function without positions and with what has no order sorted by name. */
function sorted({ position: _, ...item }: MilFunctionText): MilFunctionText {
  return { ...item, parameters: item.parameters.toSorted(byName), block: sortedBlock(item.block) };
}

function sortedBlock(block: MilBlock): MilBlock {
  return { ...block, operations: block.operations.map(sortedOperation) };
}

function sortedOperation({ position: _, ...operation }: MilOperation): MilOperation {
  return {
    ...operation,
    arguments: operation.arguments.toSorted(byName),
    attributes: operation.attributes.toSorted(byName),
    blocks: operation.blocks.map(sortedBlock),
  };
}

describe.skipIf(texts.length === 0)("text as protobuf (skipped without ../shared)", () => {
  test.each(texts)("%s", (name) => {
    const document = readMilText(readFileSync(join(corpus, name), "utf8"));
    const back = readMlmodel(writeMlmodel(withoutDescription(document))).document;
    expect(back.functions.map(sorted)).toEqual(document.functions.map(sorted));
    expect(back.attributes).toEqual(document.attributes);
  });
});

function withoutDescription(document: MilDocument) {
  return {
    specificationVersion: 6,
    description: { input: [], output: [], state: [], functions: [], trainingInput: [] },
    isUpdatable: false,
    document,
    documentation: "",
  };
}

test("random documents are read as they were written, and written the same again", () => {
  let written = 0;
  forAll(arbitraryMilDocument, 60, (document) => {
    if (document.functions.length === 0 || hasOpenPackedValue(document)) return;
    written++;
    const bytes = writeMlmodel(withoutDescription(document));
    const back = readMlmodel(bytes);
    expect(back.document).toEqual(asProtobufSays(document));
    expect(Buffer.compare(writeMlmodel(back), bytes)).toBe(0);
  });
  expect(written).toBeGreaterThan(20);
});

/** Whether a value of packed elements leaves a size open, so that padding cannot be told from an element. */
function hasOpenPackedValue(part: unknown): boolean {
  if (typeof part !== "object" || part === null || ArrayBuffer.isView(part)) return false;
  if ("type" in part && "content" in part && isOpenPacked(part.type)) return true;
  return Object.values(part).some(hasOpenPackedValue);
}

function isOpenPacked(type: unknown): boolean {
  if (typeof type !== "object" || type === null || !("shape" in type) || !("element" in type)) return false;
  const isOpen = Array.isArray(type.shape) && type.shape.includes(undefined);
  return isOpen && ["int4", "uint1", "uint2", "uint3", "uint4", "uint6"].includes(String(type.element));
}

/** Protobuf has one version, and no tuples of one. */
function asProtobufSays(document: MilDocument): MilDocument {
  const block = (item: MilBlock): MilBlock => ({
    ...item,
    operations: item.operations.map((operation) => ({
      ...operation,
      arguments: operation.arguments.map((each) => ({ ...each, isTuple: each.bindings.length !== 1 })),
      blocks: operation.blocks.map(block),
    })),
  });
  return {
    ...document,
    version: document.functions.some(({ opset }) => opset === "ios18") ? "1.3" : "1.0",
    functions: document.functions.map((item) => ({ ...item, block: block(item.block) })),
  };
}

const scalarText = { tensorType: { dataType: 2 } };
const vector = { tensorType: { dataType: 23, rank: 1n, dimensions: [{ constant: { size: 2n } }] } };

/** A model whose only operation is given. */
function modelWith(operation: WireInput<"Operation">): WireInput<"Model"> {
  return {
    specificationVersion: 7,
    description: { metadata: { author: "somebody", userDefined: [{ key: "k", value: "v" }] } },
    mlProgram: {
      version: 1n,
      functions: [
        {
          key: "main",
          value: {
            inputs: [{ name: "x", type: vector }],
            opset: "CoreML6",
            block_specializations: [{ key: "CoreML6", value: { outputs: ["y"], operations: [operation] } }],
          },
        },
      ],
    },
  };
}

const addition = {
  type: "add",
  inputs: [
    { key: "x", value: { arguments: [{ name: "x" }] } },
    { key: "y", value: { arguments: [{ value: constant({ ints: { values: [1, -2] } }) }] } },
  ],
  outputs: [{ name: "y", type: vector }],
  attributes: [
    { key: "name", value: { type: scalarText, immediateValue: { tensor: { strings: { values: ["add"] } } } } },
  ],
} as const satisfies WireInput<"Operation">;

function constant(tensor: WireInput<"TensorValue">, type: WireInput<"ValueType"> = vector): WireInput<"Value"> {
  return { type, immediateValue: { tensor } };
}

const encode = (model: WireInput<"Model">) => messages.encode("Model", model);
const refusal = (model: WireInput<"Model">) => refusalOf(() => readMlmodel(encode(model), "m.mlmodel"));
const refusedValue = (value: WireInput<"Value">) =>
  refusal(modelWith({ ...addition, attributes: [{ key: "val", value }] })).replace(
    "m.mlmodel: error: function main, operation 0 (add y), attribute val: ",
    "",
  );

describe("what is refused", () => {
  test("the place is named", () => {
    expect(refusal(modelWith({ ...addition, outputs: [{ name: "y", type: { tensorType: { dataType: 99 } } }] }))).toBe(
      "m.mlmodel: error: function main, operation 0 (add y), the type of y: a tensor type has the unknown element type 99",
    );
  });

  test.each<[string, WireInput<"Value">, RegExp]>([
    ["no type", { immediateValue: {} }, /^a type is missing/],
    ["no content", { type: vector }, /^the content of a value is missing/],
    [
      "two contents",
      { type: vector, immediateValue: {}, blobFileValue: {} },
      /given as immediateValue and as blobFileValue/,
    ],
    ["a documentation text", { docString: "why", type: vector }, /documentation text/],
    [
      "a list for a tensor",
      { type: vector, immediateValue: { list: {} } },
      /a value of a tensor type is given as a list/,
    ],
    ["too few elements", constant({ ints: { values: [1] } }), /has 1 elements, but its type states 2/],
    ["too many bytes", constant({ bytes: { values: new Uint8Array(12) } }), /has 3 elements, but its type states 2/],
    ["half an element", constant({ bytes: { values: new Uint8Array(5) } }), /5 bytes are no whole number of int32/],
    ["another kind of number", constant({ floats: { values: [1, 2] } }), /a tensor of int32 are given as floats/],
    ["strings for numbers", constant({ strings: { values: ["a", "b"] } }), /given as strings/],
    ["a large number", constant({ longInts: { values: [1n, 2n ** 40n] } }), /type int32 cannot be 1099511627776/],
    ["a wrong rank", constant({}, { tensorType: { dataType: 23, rank: 3n } }), /0 dimensions, but states the rank 3/],
    ["any rank", constant({}, { tensorType: { dataType: 23, rank: -1n } }), /leaves its number of dimensions open/],
    [
      "huge sizes",
      constant({}, { tensorType: { dataType: 23, rank: 1n, dimensions: [{ constant: { size: 2n ** 63n } }] } }),
      /the size of a dimension is 9223372036854775808/,
    ],
    [
      "a product that overflows",
      constant(
        { ints: {} },
        {
          tensorType: {
            dataType: 23,
            rank: 2n,
            dimensions: [{ constant: { size: 2n ** 40n } }, { constant: { size: 2n ** 40n } }],
          },
        },
      ),
      /more elements than can be counted/,
    ],
    [
      "packed elements that do not fit",
      constant({ bytes: { values: new Uint8Array(2) } }, { tensorType: { ...vector.tensorType, dataType: 39 } }),
      /2 elements of uint3 take 1 bytes, found 2/,
    ],
    [
      "a list that is too short",
      { type: { listType: { type: scalarText, length: { constant: { size: 2n } } } }, immediateValue: { list: {} } },
      /a list has 0 items, but its type states 2/,
    ],
    [
      "an attribute of a type",
      constant({}, { tensorType: { attributes: [{ key: "layout" }], dataType: 1 } }),
      /attribute "layout"/,
    ],
  ])("%s", (_, value, message) => {
    expect(refusedValue(value)).toMatch(message);
  });

  test("what protobuf would let pass", () => {
    const twice = { ...addition, inputs: [...addition.inputs, addition.inputs[0]] };
    expect(refusal(modelWith(twice))).toContain("has the argument x twice");
    expect(refusal(modelWith({ ...addition, type: "" }))).toContain("an operation has no name");
    const other = encode(modelWith(addition));
    const model = messages.decode("Model", other);
    const main = model.mlProgram!.functions[0]!.value!;
    const withBlocks = (blocks: WireInput<"Function">["block_specializations"]) =>
      refusal({
        ...model,
        mlProgram: { version: 1n, functions: [{ key: "main", value: { ...main, block_specializations: blocks } }] },
      });
    expect(withBlocks([])).toContain('has 0 blocks for its opset "CoreML6", expected one');
    expect(withBlocks([...main.block_specializations, { key: "CoreML7" }])).toContain(
      'a block for the opset "CoreML7"',
    );
    expect(refusal({ ...model, mlProgram: { version: 2n } })).toContain("the ML program has version 2, expected 1");
    expect(refusal({ ...model, mlProgram: { version: 1n } })).toContain("has no functions");
    expect(refusal({ specificationVersion: 7, mlProgram: model.mlProgram })).toContain(
      "the model's description is missing",
    );
    expect(refusal({ specificationVersion: 7, description: {} })).toContain("it has no mlProgram");
  });

  test("fields that are not known, at any depth", () => {
    const unknown = Uint8Array.of(0xf8, 0x3f, 1);
    expect(refusalOf(() => readMlmodel(Buffer.concat([encode(modelWith(addition)), unknown])))).toContain(
      "Model has the unknown field 1023",
    );
    // The same inside of the description, whose length is the byte before it.
    const description = encode({ specificationVersion: 7, description: {} });
    const inside = Buffer.concat([
      description.subarray(0, description.length - 1),
      Uint8Array.of(unknown.length),
      unknown,
    ]);
    expect(refusalOf(() => readMlmodel(inside))).toContain("ModelDescription has the unknown field 1023");
  });

  test.each<[string, Uint8Array, string | RegExp]>([
    ["an empty file", new Uint8Array(0), "it has no mlProgram"],
    ["MIL text", Buffer.from("program(1.0)\n{}"), "this is MIL text: name it .mil"],
    ["a zip archive", Buffer.from("PK\x03\x04aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), "unpack it and give the folder"],
    ["a Git LFS pointer", Buffer.from("version https://git-lfs.github.com/spec/v1\n"), "fetch the file itself"],
    [
      "text that is no UTF-8",
      encode(modelWith(addition)).map((byte) => (byte === 0x78 ? 0xff : byte)),
      "not a Core ML model",
    ],
    ["a wrong wire type", Uint8Array.of(0x0a, 0), "Model.specificationVersion is not encoded as int32"],
    [
      "a neural network",
      Uint8Array.of(0x08, 4, 0xa2, 0x1f, 0),
      "another kind (neural network), expected an ML program",
    ],
    ["a pipeline", Uint8Array.of(0x08, 4, 0xd2, 0x0c, 0), "another kind (pipeline)"],
    [
      "a length beyond the end",
      Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0xff, 0x0f),
      "not a Core ML model: a length is larger than any can be",
    ],
    [
      "a file that is cut",
      encode(modelWith(addition)).slice(0, 102),
      /not a Core ML model: a field (of \d+ bytes at byte \d+ )?goes beyond the end/,
    ],
    ["a number without end", new Uint8Array(12).fill(0xff), "not a Core ML model: a"],
    [
      "a length of 64 bits",
      Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
      "not a Core ML model",
    ],
  ])("%s", (_, bytes, message) => {
    const found = refusalOf(() => readMlmodel(bytes, "m.mlmodel"));
    if (typeof message === "string") expect(found).toContain(message);
    else expect(found).toMatch(message);
  });

  test("blocks nested without end", () => {
    expect(refusalOf(() => readMlmodel(nested(10_000)))).toMatch(/not a Core ML model: .*(depth|recursion)/i);
    // As deep as programs are.
    expect(refusalOf(() => readMlmodel(nested(20)))).toContain("the specification version is missing");
  });

  test("a model cut at any byte", () => {
    const bytes = encode(modelWith(addition));
    expect(readMlmodel(bytes).document.functions).toHaveLength(1);
    for (let length = 0; length < bytes.length; length++) refusalOf(() => readMlmodel(bytes.subarray(0, length)));
  });

  test("changed bytes give a model or a diagnostic", () => {
    const bytes = encode(modelWith(addition));
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    forAll(fc.array(change, { minLength: 1, maxLength: 3 }), 400, (changes) => {
      const damaged = bytes.slice();
      for (const [position, byte] of changes) damaged[position] = byte;
      try {
        // What is read can be written.
        writeMlmodel(readMlmodel(damaged));
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
      }
    });
  });
});

/** A model, a program, and messages inside of each other, as bytes: no writer of ours goes so deep. */
function nested(depth: number): Uint8Array {
  let content: Uint8Array<ArrayBufferLike> = new Uint8Array(0);
  const field = (number: number) => {
    content = Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
  };
  for (let level = 0; level < depth; level++) {
    field(4);
    field(3);
  }
  for (const number of [2, 3, 2, 2, 502]) field(number);
  return content;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    bytes.push(rest < 128 ? rest : (rest & 127) | 128);
    if (rest < 128) return Uint8Array.from(bytes);
  }
}

describe("descriptions", () => {
  const program = (parameters: string, opset = "ios18") =>
    readMilText(
      `program(1.3) { func main<${opset}>(${parameters}) { tensor<fp32, [1, ?]> y = relu(x = x)[name = string("y")]; } -> (y); }`,
    );

  test("are made of a program's ports", () => {
    const { description, specificationVersion } = modelOf(
      program("tensor<fp16, [1, 4]> x, state<tensor<fp16, [2]>> s, tensor<int32, [3]> n"),
    );
    expect(specificationVersion).toBe(9);
    expect(description.input).toEqual([
      { name: "x", type: { multiArrayType: { shape: [1n, 4n], dataType: 65552 } } },
      { name: "n", type: { multiArrayType: { shape: [3n], dataType: 131104 } } },
    ]);
    expect(description.state).toEqual([
      { name: "s", type: { stateType: { arrayType: { shape: [2n], dataType: 65552 } } } },
    ]);
    const [range] = description.output.map(({ type }) => type?.multiArrayType?.shapeRange);
    expect(range?.sizeRanges).toEqual([
      { lowerBound: 1n, upperBound: 1n },
      { lowerBound: 1n, upperBound: -1n },
    ]);
  });

  test("what text says about open sizes is in the description", () => {
    const information =
      '[FlexibleShapeInformation = tuple<tuple<string, dict<string, tensor<int32, [?]>>>, tuple<string, dict<string, list<tensor<int32, [2]>, ?>>>>((("DefaultShapes", {{"x", [1, 3]}}), ("RangeDims", {{"x", [[1, 4], [3, -1]]}})))]';
    const text = `program(1.3) { func main<ios18>(tensor<fp16, [?, ?]> x) ${information} { tensor<fp16, [?, ?]> y = relu(x = x)[name = string("y")]; } -> (y); }`;
    const { description, document } = modelOf(readMilText(text));
    expect(description.input[0]?.type?.multiArrayType).toEqual({
      shape: [1n, 3n],
      dataType: 65552,
      shapeRange: {
        sizeRanges: [
          { lowerBound: 1n, upperBound: 4n },
          { lowerBound: 3n, upperBound: -1n },
        ],
      },
    });
    expect(document.functions[0]?.attributes).toEqual([]);
  });

  test("what Core ML cannot take is refused", () => {
    expect(refusalOf(() => modelOf(program("tensor<bool, [1]> x")))).toContain("but x is a tensor of bool");
    expect(refusalOf(() => modelOf(program("fp16 x")))).toContain("but the input x is a scalar");
    expect(refusalOf(() => modelOf(program("tensor<fp16, [1]> x", "ios14")))).toContain("the opset ios14");
  });
});

describe("packages", () => {
  const document = readMilText(
    'program(1.0) { func main<ios16>(tensor<fp32, [2]> x) { tensor<fp32, [2]> y = relu(x = x)[name = tensor<string, []>("y")]; } -> (y); }',
  );
  const model = modelOf(document);

  function weights(): BlobWriter {
    const writer = new BlobWriter();
    writer.add("fp32", new Uint8Array(8));
    return writer;
  }

  test("are read as they were written, and written the same again", () => {
    const path = join(folder, "written.mlpackage");
    writeMlpackage(path, model, weights());
    const files = () =>
      readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name)).toString("base64")]);
    const first = files();
    expect(first.map(([name]) => name).sort()).toEqual(["Manifest.json", "model.mlmodel", "weight.bin"]);
    const back = readMlpackage(path);
    expect(back.model.document.functions.map(sorted)).toEqual(document.functions.map(sorted));
    expect(back.model.description).toEqual(model.description);
    expect(Buffer.compare(readFileSync(join(back.modelFolder, "weights/weight.bin")), weights().finish())).toBe(0);
    writeMlpackage(path, back.model, weights().finish());
    expect(files()).toEqual(first);
    const manifest: unknown = JSON.parse(readFileSync(join(path, "Manifest.json"), "utf8"));
    expect(manifest).toMatchObject({ fileFormatVersion: "1.0.0" });
  });

  test("never replace something else", () => {
    const path = join(folder, "notes.mlpackage");
    mkdirSync(path);
    writeFileSync(join(path, "notes.txt"), "mine");
    expect(refusalOf(() => writeMlpackage(path, model))).toContain("is there already and is no model package");
    expect(readFileSync(join(path, "notes.txt"), "utf8")).toBe("mine");
  });

  test.each<[string, string | undefined, RegExp]>([
    ["no manifest", undefined, /it has no Manifest\.json/],
    ["no JSON", "{", /Manifest\.json: error: is not JSON/],
    ["not an object", "[]", /has no fileFormatVersion, expected "1\.0\.0"/],
    ["another version", '{"fileFormatVersion": "2.0.0"}', /fileFormatVersion "2\.0\.0"/],
    ["no root", '{"fileFormatVersion": "1.0.0"}', /has no rootModelIdentifier/],
    ["no item", '{"fileFormatVersion": "1.0.0", "rootModelIdentifier": "__proto__"}', /no item with a path/],
    [
      "a path that leads out",
      manifestWith("../../secret.mlmodel"),
      /by the path "\.\.\/\.\.\/secret\.mlmodel", expected one inside/,
    ],
    ["an absolute path", manifestWith("/etc/passwd"), /by the path "\/etc\/passwd", expected one inside/],
    ["a missing model", manifestWith("com.apple.CoreML/model.mlmodel"), /there is no such file/],
  ])("%s", (name, manifest, message) => {
    const path = join(folder, `${name.replaceAll(" ", "-")}.mlpackage`);
    mkdirSync(path);
    if (manifest !== undefined) writeFileSync(join(path, "Manifest.json"), manifest);
    expect(refusalOf(() => readMlpackage(path))).toMatch(message);
  });
});

function manifestWith(path: string): string {
  return JSON.stringify({
    fileFormatVersion: "1.0.0",
    itemInfoEntries: { root: { author: "", description: "", name: "model", path } },
    rootModelIdentifier: "root",
  });
}
