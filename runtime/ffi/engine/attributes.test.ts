/** What loaded programs say of their ports: the dictionaries that were seen on Macs, and what is wrong with others. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import { forAll } from "../../../test/testing/property.ts";
import type { PlainValue } from "../objc.ts";
import { readPorts } from "./attributes.ts";

const tensor = (changes: Record<string, PlainValue> = {}) => ({
  BatchStride: 256,
  Batches: 1,
  Channels: 4,
  Depth: 1,
  DepthStride: 256,
  Height: 1,
  Interleave: 1,
  PlaneCount: 4,
  PlaneStride: 64,
  RowStride: 64,
  Type: "Float16",
  Width: 4,
  ...changes,
});

interface Side {
  readonly symbols: readonly string[];
  readonly indices: readonly PlainValue[];
  readonly live: readonly PlainValue[];
}

const attributesOf = (inputs: Side, outputs: Side): PlainValue => ({
  ANEFModelDescription: {
    ANEFModelInput16KAlignmentArray: [0],
    ANEFModelProcedures: [
      {
        ANEFModelInputSymbolIndexArray: inputs.indices,
        ANEFModelOutputSymbolIndexArray: outputs.indices,
        ANEFModelProcedureID: 0,
      },
    ],
    kANEFModelInputSymbolsArrayKey: inputs.symbols,
    kANEFModelOutputSymbolsArrayKey: outputs.symbols,
    kANEFModelProcedureNameToIDMapKey: { main: 0 },
  },
  NetworkStatusList: [{ LiveInputList: inputs.live, LiveOutputList: outputs.live }],
});

const out: Side = { symbols: ["out@output"], indices: [0], live: [tensor()] };
const withInput = (changes: Partial<Side>) =>
  attributesOf({ symbols: ["a_input0"], indices: [0], live: [tensor()], ...changes }, out);

describe("ports", () => {
  test("of a program as one author printed it, whose sizes have no names", () => {
    const { inputs, outputs } = readPorts(withInput({}));
    expect(inputs).toEqual([
      {
        name: "a_input0",
        index: 0,
        element: "f16",
        layout: {
          ...{ batches: 1, channels: 4, depth: 1, height: 1, width: 4, elementBytes: 2 },
          ...{ batchStride: 256, depthStride: 256, planeStride: 64, rowStride: 64 },
        },
      },
    ]);
    expect(outputs.map(({ name }) => name)).toEqual(["out"]);
  });

  test("are found by name where sizes have names, in the order of the procedure", () => {
    const live = [tensor({ Name: "b", Channels: 2, BatchStride: 128 }), tensor({ Symbol: "a@output", Type: "Int8" })];
    const { inputs } = readPorts(withInput({ symbols: ["a", "b"], indices: [1, 0], live }));
    expect(inputs.map(({ name, index, element, layout }) => [name, index, element, layout.channels])).toEqual([
      ["b", 1, "f16", 2],
      ["a", 0, "i8", 4],
    ]);
  });
});

describe("dictionaries that cannot be used", () => {
  test.each<[Partial<Side>, string]>([
    [{ live: [tensor({ RowStride: "wide" })] }, 'LiveInputList[0].RowStride must be a whole number, found "wide"'],
    [{ live: [tensor({ Type: "BFloat16" })] }, "Type must be one of Float16, Float32"],
    [{ live: [tensor({ Interleave: 8 })] }, "Interleave must be 1"],
    [{ live: [tensor({ "4CCFormat": 875704438 })] }, "the port 'a_input0' takes an image"],
    [{ live: [tensor({ BatchStride: 64 })] }, "a batch is longer than its stride"],
    [{ live: [tensor({ Width: 0 })] }, "not a positive whole number"],
    [{ live: [] }, "LiveInputList must be a list with 'a_input0'"],
    [{ indices: [3] }, "ANEFModelInputSymbolIndexArray[0] must be an index of"],
    [{ live: [tensor({ Name: "other" })] }, "must be a list with 'a_input0'"],
  ])("%j", (changes, message) => {
    expect(() => readPorts(withInput(changes))).toThrow(message);
  });

  test("whatever a framework may say, it is ports or a diagnostic", () => {
    forAll(fc.object({ maxDepth: 4, values: [fc.integer(), fc.string(), fc.bigInt(), fc.boolean()] }), 100, (value) => {
      expect(() => readPorts(value as PlainValue)).toThrow(DiagnosticError);
    });
  });
});
