/** The published grammar and the hand-written parser read the same operations from the same text. */
import { beforeAll, describe, expect, test } from "vitest";
import { forAll } from "../../test/testing/property.ts";
import { DiagnosticError } from "../diagnostic-error.ts";
import type { Operation } from "../operation.ts";
import { print } from "../printer/print.ts";
import { damaged, damages } from "./arbitrary-damage.ts";
import { context, modules } from "./arbitrary-generic.ts";
import { grammarParser, outlineOf, type Reading, shapeOf } from "./grammar-oracle.ts";
import { parse } from "./parse.ts";
import { sample } from "./sample.ts";

let readByGrammar: (text: string) => Reading;
beforeAll(async () => {
  readByGrammar = await grammarParser();
});

function operationsOf(reading: Reading) {
  if ("error" in reading) throw new Error(`the grammar refuses it: ${reading.error}`);
  return reading.operations;
}

describe("the grammar and the parser", () => {
  test("read the sample alike", () => {
    const operations = operationsOf(readByGrammar(sample));
    expect(operations.map(shapeOf)).toEqual([shapeOf(outlineOf(parse(sample, context)))]);
  });

  test("read what is printed alike, texts of types and attributes included", () => {
    forAll(modules, 60, (module) => {
      const text = print(module, { generic: true, localScope: true });
      expect(operationsOf(readByGrammar(text))).toEqual([outlineOf(parse(text, context))]);
    });
  });

  test("agree on damaged text: what the parser reads is IR by the grammar, of the same operations", () => {
    let both = 0;
    forAll(damages, 500, (list) => {
      const text = damaged(sample, list);
      const found = readOrRefuse(text);
      const reading = readByGrammar(text);
      if (found instanceof DiagnosticError) {
        if ("error" in reading || isAboutMeaning(found)) return;
        throw new Error(`the grammar reads it, the parser says: ${found.message}`);
      }
      both++;
      // The parser puts a module around several operations; the sample is one.
      const outline = outlineOf(found);
      const operations = operationsOf(reading);
      const isModule = operations.length === 1 && operations[0]?.name === "builtin.module";
      const inner = isModule ? [outline] : (outline.regions[0]?.[0]?.operations ?? []);
      expect(operations.map(shapeOf)).toEqual(inner.map(shapeOf));
    });
    expect(both).toBeGreaterThan(10);
  });
});

function readOrRefuse(text: string): Operation | DiagnosticError {
  try {
    return parse(text, context);
  } catch (error) {
    if (error instanceof DiagnosticError) return error;
    throw error;
  }
}

/** What the parser says of names, types, sizes and bytes, of which the grammar only knows how they are written. */
const aboutMeaning: readonly RegExp[] = [
  /^expected (a type|an attribute), found /,
  /^expected \d+ (elements|entries) /,
  /^expected '\[' for dimension \d+ of /,
  /^expected (an element|a number) of type /,
  /^expected a string of hexadecimal bytes/,
  /^(undefined|redefinition of) alias /,
  /^alias '.*' is defined by itself$/,
  /^(use|definition|redefinition) of (undeclared SSA )?value /,
  /^(definition|redefinition) of SSA value /,
  /^(reference to an undefined block|redefinition of block) /,
  /is (not a dimension or symbol of|declared twice in) this affine map/,
  /^(not affine: |division by zero)/,
  /(hexadecimal bytes|bytes of this string|takes \d+ bytes)/,
  /^'.*' (does not fit|is not the number of a result)/,
  /^-?\w+ (does not fit|is too large)/,
  /^the attribute '.*' is given twice$/,
  /^the (name|element) .*(cannot be empty|must be 1 or a multiple of 8)/,
  /^'.*' op defines .*, but .* named$/,
  /^there are \d+ operands, but \d+ operand types$/,
  /^cannot read dense elements of type /,
  /^elements must be of /,
  /^an integer type is at most /,
  /^(a number must be of|the elements of an array must be) /,
  /cannot be the element type of /,
  /^these lists are nested deeper than the rank /,
  /^(this size is too large|a name stands for at least one result|a vector's sizes are positive)$/,
  /^(the layout of a memref|a memref has only one layout|nothing may follow the memory space)/,
  /^'#.*' is not a location$/,
  /has no elements, found one$/,
];

function isAboutMeaning({ message }: DiagnosticError): boolean {
  return aboutMeaning.some((pattern) => pattern.test(message));
}
