import { describe, expect, it } from "vitest";
import type { TensorData } from "../../ir/tensor-data.ts";
import { loadAlphabet } from "./models.ts";
import { bucketWidth, decode, readAlphabet } from "./recognise.ts";

const alphabet = readAlphabet("a\nb\nc\n");

/** One step per entry: the class that wins, and its probability. */
function steps(...winners: readonly (readonly [winner: number, probability: number])[]): TensorData {
  const data = new Float32Array(winners.length * alphabet.length);
  winners.forEach(([winner, probability], step) => {
    data.fill((1 - probability) / alphabet.length, step * alphabet.length, (step + 1) * alphabet.length);
    data[step * alphabet.length + winner] = probability;
  });
  return { shape: [1, winners.length, alphabet.length], element: "f32", data };
}

describe("decode", () => {
  it("drops repetitions, but keeps a letter twice when a blank parts it", () => {
    const { text } = decode(
      steps([1, 0.9], [1, 0.9], [0, 0.9], [1, 0.9], [2, 0.9], [2, 0.9], [4, 0.9], [3, 0.9]),
      alphabet,
    );
    expect(text).toBe("aab c");
  });

  it("takes the mean probability of the first step of each character", () => {
    const { confidence } = decode(steps([0, 1], [1, 0.5], [1, 0.99], [0, 1], [2, 1]), alphabet);
    expect(confidence).toBeCloseTo(0.75, 6);
  });

  it("gives nothing, without confidence, for blanks alone", () => {
    expect(decode(steps([0, 1], [0, 1]), alphabet)).toEqual({ text: "", confidence: 0 });
  });

  it("refuses another alphabet's classes", () => {
    const wrong: TensorData = { shape: [1, 2, 7], element: "f32", data: new Float32Array(14) };
    expect(() => decode(wrong, alphabet)).toThrow("returned [1, 2, 7], expected [1, steps, 5]");
  });
});

describe("readAlphabet", () => {
  it("puts the blank first and the space last, with either line ending", () => {
    expect(readAlphabet("a\r\nb")).toEqual(["", "a", "b", " "]);
  });

  it("has the recogniser's 6,625 classes", async () => {
    const characters = await loadAlphabet();
    expect(characters).toHaveLength(6625);
    expect(new Set(characters).size).toBeGreaterThan(6600);
  });
});

describe("bucketWidth", () => {
  it.each([
    [1, 160],
    [160, 160],
    [161, 320],
    [1280, 1280],
    [1281, 1920],
    [3840, 3840],
  ])("pads %i to %i", (width, bucket) => {
    expect(bucketWidth(width)).toBe(bucket);
  });
});
