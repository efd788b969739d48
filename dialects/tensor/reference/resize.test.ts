import { describe, expect, test } from "vitest";
import {
  type CoordinateMode,
  dequantizeLinear,
  gridSample,
  type NearestMode,
  quantizeLinear,
  resize,
  resizeShape,
  tensorOf,
  valuesOf,
} from "./index.ts";

const vector = (...values: number[]) => tensorOf("f64", [values.length], values);

describe("resize", () => {
  test("nearest doubles, also 64-bit integers", () => {
    expect(valuesOf(resize(tensorOf("i64", [2], [2n ** 62n + 1n, 3n]), { mode: "nearest", scales: [2] }))).toEqual([
      2n ** 62n + 1n,
      2n ** 62n + 1n,
      3n,
      3n,
    ]);
  });
  test.each<[NearestMode, number[]]>([
    ["floor", [0, 0, 1, 1]],
    ["ceil", [0, 1, 1, 1]],
    ["round_prefer_floor", [0, 0, 1, 1]],
    ["round_prefer_ceil", [0, 1, 1, 1]],
  ])("nearest %s at positions 0, ½, 1, 1½", (nearest_mode, expected) => {
    const attributes = {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode,
      scales: [2],
    } as const;
    expect(valuesOf(resize(vector(0, 1), attributes))).toEqual(expected);
  });
  test.each<[CoordinateMode, number[]]>([
    ["half_pixel", [0, 2.5, 7.5, 10]],
    ["pytorch_half_pixel", [0, 2.5, 7.5, 10]],
    ["half_pixel_symmetric", [0, 2.5, 7.5, 10]],
    ["asymmetric", [0, 5, 10, 10]],
    ["align_corners", [0, 10 / 3, 20 / 3, 10]],
  ])("linear, %s", (coordinate_transformation_mode, expected) => {
    const result = valuesOf(resize(vector(0, 10), { mode: "linear", coordinate_transformation_mode, sizes: [4] }));
    result.forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index]!, 12);
    });
  });
  test("one result element", () => {
    const single = (mode: CoordinateMode) =>
      valuesOf(resize(vector(2, 4, 6), { mode: "linear", coordinate_transformation_mode: mode, sizes: [1] }));
    expect([single("half_pixel"), single("pytorch_half_pixel"), single("align_corners")]).toEqual([[4], [2], [2]]);
  });
  test("tf_crop_and_resize extrapolates outside the input", () => {
    const attributes = {
      mode: "linear",
      coordinate_transformation_mode: "tf_crop_and_resize",
      roi: [0.5, 1.5],
      sizes: [3],
      extrapolation_value: -7,
    } as const;
    expect(valuesOf(resize(vector(0, 10, 20), attributes))).toEqual([10, 20, -7]);
    expect(valuesOf(resize(vector(0, 10, 20), { ...attributes, mode: "nearest" }))).toEqual([10, 20, -7]);
  });
  test("cubic weights at ½ are those of Keys' kernel", () => {
    const attributes = { mode: "cubic", coordinate_transformation_mode: "asymmetric", scales: [2] } as const;
    // With a = -3/4 the weights are -3/32, 19/32, 19/32, -3/32.
    expect(valuesOf(resize(vector(0, 0, 32, 0, 0), attributes)).slice(0, 9)).toEqual([0, -3, 0, 19, 32, 19, 0, -3, 0]);
  });
  test("cubic at the edge reads the edge element, or leaves it out", () => {
    const attributes = { mode: "cubic", coordinate_transformation_mode: "asymmetric", scales: [2] } as const;
    expect(valuesOf(resize(vector(8, 0, 0, 0), attributes))[1]).toBeCloseTo(4, 12); // (19 - 3) / 32 · 8
    const excluded = valuesOf(resize(vector(8, 0, 0, 0), { ...attributes, exclude_outside: true }))[1];
    expect(excluded).toBeCloseTo((8 * 19) / 35, 12);
  });
  test("antialiasing averages over the larger neighbourhood", () => {
    const result = valuesOf(resize(vector(0, 0, 8, 0), { mode: "linear", antialias: true, scales: [0.5] }));
    // Positions ½ and 2½, triangle of half-width 2: weights ⅛ ⅜ ⅜ ⅛ at -1…2 and 1…4.
    expect(result).toEqual([1, 3]);
  });
  test("only the named axes change", () => {
    const x = tensorOf("f32", [2, 1, 2], [0, 2, 4, 6]);
    const result = resize(x, { mode: "linear", sizes: [3], axes: [-1] });
    expect(result.shape).toEqual([2, 1, 3]);
    expect(valuesOf(result)).toEqual([0, 1, 2, 4, 5, 6]);
  });
  test("integers are rounded and clamped", () => {
    const attributes = { mode: "cubic", coordinate_transformation_mode: "asymmetric", scales: [2] } as const;
    expect(valuesOf(resize(tensorOf("ui8", [4], [0, 255, 255, 0]), attributes))).toEqual([
      0, 128, 255, 255, 255, 128, 0, 0,
    ]);
  });
  test("shapes", () => {
    expect(resizeShape([1, 3, 10, 10], { mode: "nearest", scales: [1, 1, 0.65, 2] })).toEqual([1, 3, 6, 20]);
    expect(() => resizeShape([4], { mode: "nearest" })).toThrow("resize: expected scales or sizes, found neither");
    expect(() => resizeShape([4], { mode: "nearest", scales: [1, 1] })).toThrow("1 scales, found [1, 1]");
    expect(() => resizeShape([4], { mode: "nearest", scales: [-1] })).toThrow("positive scales");
  });
});

describe("grid_sample", () => {
  const image = tensorOf("f32", [1, 1, 2, 2], [1, 2, 3, 4]);
  const at = (x: number, y: number) => tensorOf("f32", [1, 1, 1, 2], [x, y]);
  test("x comes first; the centre is the mean", () => {
    expect(valuesOf(gridSample(image, at(0, 0)))).toEqual([2.5]);
    expect(valuesOf(gridSample(image, at(1, -1), { align_corners: true }))).toEqual([2]);
    expect(valuesOf(gridSample(image, at(0.5, -0.5), { mode: "nearest" }))).toEqual([2]);
  });
  test("padding modes", () => {
    expect(valuesOf(gridSample(image, at(-1, -1)))).toEqual([0.25]);
    expect(valuesOf(gridSample(image, at(-1, -1), { padding_mode: "border" }))).toEqual([1]);
    expect(valuesOf(gridSample(image, at(-3, -1), { padding_mode: "reflection", align_corners: true }))).toEqual([2]);
    expect(valuesOf(gridSample(image, at(9, 9)))).toEqual([0]);
  });
});

describe("quantisation", () => {
  test("rounds half to even, adds the zero point, clamps", () => {
    const x = tensorOf("f32", [6], [1, 3, -1, 1000, -1000, NaN]);
    const result = quantizeLinear(x, tensorOf("f32", [], [2]), tensorOf("ui8", [], [128]));
    expect(valuesOf(result)).toEqual([128, 130, 128, 255, 0, 0]);
  });
  test("per axis", () => {
    const x = tensorOf("f32", [2, 2], [10, 10, 20, 20]);
    const scale = tensorOf("f32", [2], [1, 10]);
    const zeroPoint = tensorOf("i8", [2], [0, 5]);
    expect(valuesOf(quantizeLinear(x, scale, zeroPoint, { axis: 0 }))).toEqual([10, 10, 7, 7]);
    expect(valuesOf(quantizeLinear(x, scale, zeroPoint, { axis: 1 }))).toEqual([10, 6, 20, 7]);
    expect(() => quantizeLinear(tensorOf("f32", [3], [1, 2, 3]), scale, zeroPoint, { axis: 0 })).toThrow(
      "scale of shape [3]",
    );
  });
  test("per block", () => {
    const x = tensorOf("i4", [2, 3], [1, 1, 1, 2, 2, -8]);
    const scale = tensorOf("f16", [2, 2], [1, 10, 0.5, 100]);
    const result = dequantizeLinear(x, scale, undefined, { axis: 1, block_size: 2 });
    expect(result.element).toBe("f16");
    expect(valuesOf(result)).toEqual([1, 1, 10, 1, 1, -800]);
    expect(valuesOf(quantizeLinear(result, scale, undefined, { axis: 1, block_size: 2 }, "i4"))).toEqual([
      1, 1, 1, 2, 2, -8,
    ]);
  });
  test("dequantising subtracts the zero point first", () => {
    const result = dequantizeLinear(
      tensorOf("ui8", [2], [0, 255]),
      tensorOf("f32", [], [0.5]),
      tensorOf("ui8", [], [128]),
    );
    expect(valuesOf(result)).toEqual([-64, 63.5]);
  });
  test("refuses other types", () => {
    expect(() => quantizeLinear(vector(1), tensorOf("f32", [], [1]), undefined, {}, "i64")).toThrow(
      "integer type up to 32 bits",
    );
    expect(() => dequantizeLinear(vector(1), tensorOf("f32", [], [1]), undefined)).toThrow(
      "integers up to 32 bits, found f64",
    );
  });
});
