/** Conversions between element types; those of 16-bit floats for every bit pattern. */
import { describe, expect, test } from "vitest";
import { bf16ToNumber, type ElementName, elementsFromBytes, numberToBf16 } from "../../ir/tensor-data.ts";
import { compile, dataOf, type ElementwiseCase, elementwiseText, execute, run, samples, valuesOf } from "./harness.ts";

const widths = [0, 1, 3, 4, 20];
const count = 240;

async function check(each: ElementwiseCase, input: ReturnType<typeof dataOf>, expected: ReturnType<typeof dataOf>) {
  for (const lanes of widths) {
    const [actual] = execute(await compile(elementwiseText(each, count, lanes)), input);
    expect(valuesOf(actual!), `${lanes} lanes`).toEqual(valuesOf(expected));
  }
}

const allPatterns = Uint16Array.from({ length: 65536 }, (_, pattern) => pattern);
const f16Values = elementsFromBytes("f16", new Uint8Array(allPatterns.buffer.slice(0)));

describe("every pattern of a 16-bit float", () => {
  test.each([0, 4, 8, 12, 16])("f16 to f32, %d lanes", async (lanes) => {
    // 65536 is no multiple of 12: that loop runs over the first 65532 patterns.
    const used = lanes === 12 ? 65532 : 65536;
    const text = elementwiseText(
      { inputs: ["f16"], output: "f32", body: "%r = arith.extf %x : $x to $r" },
      used,
      lanes,
    );
    const [actual] = await run(text, f16Values.slice(0, used));
    expect(mismatches(actual as Float32Array, Float32Array.from(f16Values.slice(0, used)))).toEqual([]);
  });

  test.each([0, 4, 8, 16])("f16 to f32 and back, %d lanes", async (lanes) => {
    const body = "%w = arith.extf %x : $x to $y\n%r = arith.truncf %w : $y to $r";
    const text = elementwiseText({ inputs: ["f16", "f32"], output: "f16", body }, 65536, lanes);
    const [actual] = await run(text, f16Values, new Float32Array(65536));
    const patterns = new Uint16Array(actual!.buffer);
    const wrong = [...patterns].flatMap((pattern, position) => {
      const isNotNumber = Number.isNaN(f16Values[position]);
      const isRight = isNotNumber ? Number.isNaN(actual![position]) : pattern === position;
      return isRight ? [] : [position];
    });
    expect(wrong).toEqual([]);
  });

  test("f16 to f64", async () => {
    const text = elementwiseText({ inputs: ["f16"], output: "f64", body: "%r = arith.extf %x : $x to $r" }, 65536, 4);
    const [actual] = await run(text, f16Values);
    expect(mismatches(actual as Float64Array, Float64Array.from(f16Values))).toEqual([]);
  });

  test.each([0, 8])("bf16 to f32 and back, %d lanes", async (lanes) => {
    const widen = elementwiseText(
      { inputs: ["bf16"], output: "f32", body: "%r = arith.extf %x : $x to $r" },
      65536,
      lanes,
    );
    const [wide] = await run(widen, allPatterns);
    expect(mismatches(wide as Float32Array, Float32Array.from(allPatterns, bf16ToNumber))).toEqual([]);
    const narrow = elementwiseText(
      { inputs: ["f32"], output: "bf16", body: "%r = arith.truncf %x : $x to $r" },
      65536,
      lanes,
    );
    const [back] = await run(narrow, Float32Array.from(allPatterns, bf16ToNumber));
    const wrong = [...allPatterns].filter((pattern) => {
      const found = Number(back![pattern]);
      return Number.isNaN(bf16ToNumber(pattern)) ? !Number.isNaN(bf16ToNumber(found)) : found !== pattern;
    });
    expect(wrong).toEqual([]);
  });
});

describe("rounding", () => {
  /** Around each f16 (or bf16) number: halfway to the next one, and just beside that. */
  function halfways(values: readonly number[]): number[] {
    const finite = values.filter((value) => Number.isFinite(value) && value >= 0).sort((a, b) => a - b);
    return finite.flatMap((value, position) => {
      const next = finite[position + 1] ?? value + (value - finite[position - 1]!);
      const middle = (value + next) / 2;
      const nearby = [value, middle, middle * (1 - 2 ** -23), middle * (1 + 2 ** -23)];
      return [...nearby, ...nearby.map((each) => -each)];
    });
  }

  test.each([0, 8])("f32 to f16 at every halfway point, %d lanes", async (lanes) => {
    const input = Float32Array.from(halfways([...f16Values]));
    const used = input.length - (input.length % 8);
    const text = elementwiseText(
      { inputs: ["f32"], output: "f16", body: "%r = arith.truncf %x : $x to $r" },
      used,
      lanes,
    );
    const [actual] = await run(text, input.slice(0, used));
    expect(
      mismatches(actual as Float16Array<ArrayBuffer>, Float64Array.from(input.slice(0, used), Math.f16round)),
    ).toEqual([]);
  });

  test("f64 to f16 rounds once", async () => {
    // Halfway in f16, but for a bit that f32 does not keep.
    const middle = 1 + 2 ** -11;
    const input = [
      middle,
      middle + 2 ** -40,
      middle - 2 ** -40,
      65520,
      65519.999999,
      1e300,
      -(2 ** -25),
      2 ** -25 + 2 ** -60,
    ];
    const each: ElementwiseCase = { inputs: ["f64"], output: "f16", body: "%r = arith.truncf %x : $x to $r" };
    for (const lanes of [0, 4]) {
      const [actual] = execute(await compile(elementwiseText(each, 8, lanes)), Float64Array.from(input));
      expect(valuesOf(actual!)).toEqual(input.map(Math.f16round));
    }
  });

  test("f64 and f32 to bf16 round once", async () => {
    const input = [1 + 2 ** -8, 1 + 2 ** -8 + 2 ** -40, 1 + 3 * 2 ** -8, -3.4e38, 1e-40, Number.NaN, 2 ** -140, 0.1];
    for (const [type, values] of [
      ["f64", Float64Array.from(input)],
      ["f32", Float32Array.from(input)],
    ] as const) {
      const each: ElementwiseCase = { inputs: [type], output: "bf16", body: "%r = arith.truncf %x : $x to $r" };
      const [actual] = execute(await compile(elementwiseText(each, 8, 4)), values);
      expect(valuesOf(actual!).map((pattern) => bf16ToNumber(Number(pattern)))).toEqual(
        [...values].map((value) => bf16ToNumber(numberToBf16(value))),
      );
    }
  });

  test("f64 to f32 and back", async () => {
    const input = dataOf("f64", samples("f64", count));
    const rounded = dataOf(
      "f64",
      valuesOf(input).map((x) => Math.fround(Number(x))),
    );
    const body = "%s = arith.truncf %x : $x to $y\n%r = arith.extf %s : $y to $r";
    for (const lanes of widths) {
      const text = elementwiseText({ inputs: ["f64", "f32"], output: "f64", body }, count, lanes);
      const [actual] = execute(await compile(text), input, new Float32Array(count));
      expect(valuesOf(actual!)).toEqual(valuesOf(rounded));
    }
  });
});

/** The positions where two lists of numbers differ (NaN equals NaN, -0 differs from 0). */
function mismatches(actual: ArrayLike<number>, expected: ArrayLike<number>): number[] {
  const wrong: number[] = [];
  for (let position = 0; position < expected.length; position++) {
    if (!Object.is(actual[position], expected[position])) wrong.push(position);
  }
  return wrong;
}

const widthOf = (type: ElementName) => (type === "i1" ? 1 : Number(type.replace(/\D/g, "")));
const integerTypes = ["i1", "i8", "i16", "i32", "i64"] as const;
const pairs = integerTypes.flatMap((from) => integerTypes.map((to) => [from, to] as const));

describe("integers", () => {
  test.each(pairs.filter(([from, to]) => widthOf(from) < widthOf(to)))("%s to %s", async (from, to) => {
    const input = dataOf(from, samples(from, count));
    const values = valuesOf(input).map((value) => BigInt.asIntN(widthOf(from), BigInt(value)));
    const signed = dataOf(to, values);
    await check({ inputs: [from], output: to, body: "%r = arith.extsi %x : $x to $r" }, input, signed);
    const unsigned = dataOf(
      to,
      values.map((value) => BigInt.asIntN(widthOf(to), BigInt.asUintN(widthOf(from), value))),
    );
    await check({ inputs: [from], output: to, body: "%r = arith.extui %x : $x to $r" }, input, unsigned);
  });

  test.each(pairs.filter(([from, to]) => widthOf(from) > widthOf(to)))("%s to %s", async (from, to) => {
    const input = dataOf(from, samples(from, count));
    const narrowed = valuesOf(input).map((value) => BigInt.asIntN(widthOf(to), BigInt(value)));
    const expected = dataOf(to, to === "i1" ? narrowed.map((value) => -value) : narrowed);
    await check({ inputs: [from], output: to, body: "%r = arith.trunci %x : $x to $r" }, input, expected);
  });
});

describe("integers and floats", () => {
  const floats = ["f32", "f64", "f16"] as const;
  const roundTo = { f32: Math.fround, f64: (x: number) => x, f16: Math.f16round };
  const combinations = integerTypes.flatMap((integer) => floats.map((float) => [integer, float] as const));

  test.each(combinations)("%s to %s", async (integer, float) => {
    const input = dataOf(integer, samples(integer, count));
    const patterns = valuesOf(input).map(BigInt);
    const round = (value: bigint) => {
      // A bigint becomes the nearest f64 only; f32 must not be rounded twice.
      if (float !== "f32" || integer !== "i64") return roundTo[float](Number(value));
      return nearestF32(value);
    };
    const signed = patterns.map((value) => round(BigInt.asIntN(widthOf(integer), value)));
    await check(
      { inputs: [integer], output: float, body: "%r = arith.sitofp %x : $x to $r" },
      input,
      dataOf(float, signed),
    );
    const unsigned = patterns.map((value) => round(BigInt.asUintN(widthOf(integer), value)));
    await check(
      { inputs: [integer], output: float, body: "%r = arith.uitofp %x : $x to $r" },
      input,
      dataOf(float, unsigned),
    );
  });

  test.each(combinations.filter(([integer]) => integer !== "i1"))("%s from %s", async (integer, float) => {
    const limit = 2 ** Math.min(widthOf(integer) - 1, 15);
    const values = samples(float, count).map((value) => {
      const number = Number(value);
      return Number.isFinite(number) && Math.abs(number) < limit ? number : 3.5;
    });
    const input = dataOf(float, values);
    const signed = valuesOf(input).map((value) => Math.trunc(Number(value)));
    await check(
      { inputs: [float], output: integer, body: "%r = arith.fptosi %x : $x to $r" },
      input,
      dataOf(integer, signed),
    );
    const positive = dataOf(
      float,
      valuesOf(input).map((value) => Math.abs(Number(value))),
    );
    const unsigned = dataOf(
      integer,
      valuesOf(positive).map((value) => Math.trunc(Number(value))),
    );
    await check({ inputs: [float], output: integer, body: "%r = arith.fptoui %x : $x to $r" }, positive, unsigned);
  });
});

/** The nearest f32 to an integer, ties to even. */
function nearestF32(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  const excess = Math.max(0, magnitude.toString(2).length - 24);
  const unit = 1n << BigInt(excess);
  const [whole, rest] = [magnitude / unit, magnitude % unit];
  const isUp = rest * 2n > unit || (rest * 2n === unit && whole % 2n === 1n);
  const rounded = Number((whole + (isUp ? 1n : 0n)) * unit);
  return value < 0n ? -rounded : rounded;
}

describe("bits and index", () => {
  test.each([
    ["f32", "i32"],
    ["i32", "f32"],
    ["f64", "i64"],
    ["i64", "f64"],
    ["f16", "i16"],
    ["i16", "f16"],
  ] as const)("bitcast of %s to %s", async (from, to) => {
    // No NaN patterns: JavaScript may change them on the way.
    const values = samples(from, count).map((value) => (Number.isNaN(value) ? 1 : value));
    const input = dataOf(
      from,
      to.startsWith("f") ? values.map((_, position) => (from === "i64" ? BigInt(position) : position)) : values,
    );
    const expected = elementsFromBytes(to, new Uint8Array(input.buffer.slice(0)));
    await check({ inputs: [from], output: to, body: "%r = arith.bitcast %x : $x to $r" }, input, expected);
  });

  test("vector.bitcast between widths", async () => {
    const text = `
      func.func @main(%a: memref<8xi16> {anemone.input = "a"}, %r: memref<4xi32> {anemone.output = "r"}) {
        %c0 = arith.constant 0 : index
        %x = vector.load %a[%c0] : memref<8xi16>, vector<8xi16>
        %y = vector.bitcast %x : vector<8xi16> to vector<4xi32>
        vector.store %y, %r[%c0] : memref<4xi32>, vector<4xi32>
        return
      }`;
    const input = Int16Array.from([1, 2, 3, -4, 5, 6, 7, 8]);
    expect(await run(text, input)).toEqual([new Int32Array(input.buffer.slice(0))]);
  });

  test.each(["i8", "i32", "i64"] as const)("index from and to %s", async (type) => {
    const values = samples(type, count).map((value) => BigInt.asIntN(31, BigInt(value)));
    const input = dataOf(type, values);
    for (const lanes of [0, 4]) {
      const index = lanes === 0 ? "index" : `vector<${lanes}xindex>`;
      const body = `%n = arith.index_cast %x : $x to ${index}\n%j = arith.addi %n, %n : ${index}\n%r = arith.index_cast %j : ${index} to $r`;
      const [actual] = execute(
        await compile(elementwiseText({ inputs: [type], output: type, body }, count, lanes)),
        input,
      );
      const expected = dataOf(
        type,
        valuesOf(input).map((value) => BigInt.asIntN(32, BigInt(value) * 2n)),
      );
      expect(valuesOf(actual!)).toEqual(valuesOf(expected));
    }
  });
});

test("arithmetic on bf16 rounds once per operation", async () => {
  const [x, y] = [samples("bf16", count), samples("bf16", count, 2)].map((values) => dataOf("bf16", values));
  const [actual] = await run(
    elementwiseText({ inputs: ["bf16", "bf16"], output: "bf16", body: "%r = arith.mulf %x, %y : $x" }, count, 8),
    x!,
    y!,
  );
  const expected = valuesOf(x!).map((pattern, position) =>
    bf16ToNumber(numberToBf16(bf16ToNumber(Number(pattern)) * bf16ToNumber(Number(y![position])))),
  );
  expect(valuesOf(actual!).map((pattern) => bf16ToNumber(Number(pattern)))).toEqual(expected);
});
