/** Every arithmetic operation, comparison and selection: scalars and vectors of several widths against TypeScript. */
import { describe, expect, test } from "vitest";
import type { ElementName } from "../../ir/tensor-data.ts";
import { compile, dataOf, type ElementwiseCase, elementwiseText, execute, samples, valuesOf } from "./harness.ts";

/** Scalars, less than a register, one, several, and several with a rest. */
const widths = [0, 1, 3, 4, 20];
const count = 240;

type Reference = (x: number | bigint, y: number | bigint, z: number | bigint) => number | bigint;

async function check(each: ElementwiseCase, reference: Reference, adjust = (values: (number | bigint)[]) => values) {
  const inputs = each.inputs.map((element, position) => {
    const values = samples(element, count, position + 1);
    return dataOf(element, position === 1 ? adjust(values) : values);
  });
  const operands = inputs.map(valuesOf);
  const expected = dataOf(
    each.output,
    Array.from({ length: count }, (_, i) => reference(operands[0]![i]!, operands[1]?.[i] ?? 0, operands[2]?.[i] ?? 0)),
  );
  for (const lanes of widths) {
    const program = await compile(elementwiseText(each, count, lanes));
    const [actual] = execute(program, ...inputs);
    expect(valuesOf(actual!), `${lanes} lanes`).toEqual(valuesOf(expected));
  }
}

const big =
  (f: (x: bigint, y: bigint) => bigint): Reference =>
  (x, y) =>
    f(BigInt(x), BigInt(y));
const float =
  (f: (x: number, y: number) => number): Reference =>
  (x, y) =>
    f(Number(x), Number(y));

const integerTypes = ["i8", "i16", "i32", "i64"] as const;
const widthOf = (type: ElementName) => Number(type.replace(/\D/g, ""));
const wrap = (type: ElementName, value: bigint) => {
  const wrapped = BigInt.asIntN(widthOf(type), value);
  return type === "i64" ? wrapped : Number(wrapped);
};
const unsigned = (type: ElementName, value: bigint) => BigInt.asUintN(widthOf(type), value);
const minimum = (x: bigint, y: bigint) => (x < y ? x : y);
const maximum = (x: bigint, y: bigint) => (x > y ? x : y);
const floorDivision = (x: bigint, y: bigint) => x / y - (x % y !== 0n && x < 0n !== y < 0n ? 1n : 0n);

const integerOperations: Record<string, (type: ElementName) => (x: bigint, y: bigint) => bigint> = {
  addi: () => (x, y) => x + y,
  subi: () => (x, y) => x - y,
  muli: () => (x, y) => x * y,
  andi: () => (x, y) => x & y,
  ori: () => (x, y) => x | y,
  xori: () => (x, y) => x ^ y,
  minsi: () => minimum,
  maxsi: () => maximum,
  minui: (type) => (x, y) => minimum(unsigned(type, x), unsigned(type, y)),
  maxui: (type) => (x, y) => maximum(unsigned(type, x), unsigned(type, y)),
};
const divisions: typeof integerOperations = {
  divsi: () => (x, y) => x / y,
  remsi: () => (x, y) => x % y,
  divui: (type) => (x, y) => unsigned(type, x) / unsigned(type, y),
  remui: (type) => (x, y) => unsigned(type, x) % unsigned(type, y),
  floordivsi: () => floorDivision,
  ceildivsi: () => (x, y) => -floorDivision(-x, y),
  ceildivui: (type) => (x, y) => -floorDivision(-unsigned(type, x), unsigned(type, y)),
};
const shifts: typeof integerOperations = {
  shli: () => (x, y) => x << y,
  shrsi: () => (x, y) => x >> y,
  shrui: (type) => (x, y) => unsigned(type, x) >> y,
};

describe.each(integerTypes)("%s", (type) => {
  const binary = (name: string): ElementwiseCase => ({
    inputs: [type, type],
    output: type,
    body: `%r = arith.${name} %x, %y : $x`,
  });
  test.each(Object.entries(integerOperations))("%s", async (name, make) => {
    await check(
      binary(name),
      big((x, y) => BigInt(wrap(type, make(type)(x, y)))),
    );
  });
  test.each(Object.entries(divisions))("%s", async (name, make) => {
    // Division by zero and of the least number by -1 is undefined.
    const divisors = (values: (number | bigint)[]) =>
      values.map((value) => (BigInt(value) === 0n || BigInt(value) === -1n ? dataOf(type, [3])[0]! : value));
    await check(
      binary(name),
      big((x, y) => BigInt(wrap(type, make(type)(x, y)))),
      divisors,
    );
  });
  test.each(Object.entries(shifts))("%s by different amounts", async (name, make) => {
    const amounts = (values: (number | bigint)[]) =>
      values.map((value) => dataOf(type, [unsigned(type, BigInt(value)) % BigInt(widthOf(type))])[0]!);
    await check(
      binary(name),
      big((x, y) => BigInt(wrap(type, make(type)(x, y)))),
      amounts,
    );
  });
  test.each(Object.entries(shifts))("%s by one amount", async (name, make) => {
    for (const lanes of widths) {
      const constant =
        lanes === 0 ? `arith.constant 5 : ${type}` : `arith.constant dense<5> : vector<${lanes}x${type}>`;
      const text = elementwiseText(
        { inputs: [type], output: type, body: `%amount = ${constant}\n%r = arith.${name} %x, %amount : $x` },
        count,
        lanes,
      );
      const input = dataOf(type, samples(type, count));
      const [actual] = execute(await compile(text), input);
      const expected = valuesOf(input).map((value) => wrap(type, make(type)(BigInt(value), 5n)));
      expect(valuesOf(actual!), `${lanes} lanes`).toEqual(expected);
    }
  });
  const predicates: Record<string, (x: bigint, y: bigint) => boolean> = {
    eq: (x, y) => x === y,
    ne: (x, y) => x !== y,
    slt: (x, y) => x < y,
    sle: (x, y) => x <= y,
    sgt: (x, y) => x > y,
    sge: (x, y) => x >= y,
    ult: (x, y) => unsigned(type, x) < unsigned(type, y),
    ule: (x, y) => unsigned(type, x) <= unsigned(type, y),
    ugt: (x, y) => unsigned(type, x) > unsigned(type, y),
    uge: (x, y) => unsigned(type, x) >= unsigned(type, y),
  };
  test.each(Object.entries(predicates))("cmpi %s", async (name, holds) => {
    await check(
      { inputs: [type, type], output: "i1", body: `%r = arith.cmpi ${name}, %x, %y : $x` },
      big((x, y) => BigInt(holds(x, y))),
    );
  });
  test("unary operations", async () => {
    const bits = widthOf(type);
    const digits = (x: bigint) => unsigned(type, x).toString(2).padStart(bits, "0");
    const unary: Record<string, (x: bigint) => bigint> = {
      absi: (x) => (x < 0n ? -x : x),
      ctlz: (x) => BigInt(/^0*/.exec(digits(x))![0].length),
      cttz: (x) => BigInt(/0*$/.exec(digits(x))![0].length),
      ctpop: (x) => BigInt(digits(x).replaceAll("0", "").length),
    };
    for (const [name, reference] of Object.entries(unary)) {
      await check(
        { inputs: [type], output: type, body: `%r = math.${name} %x : $x` },
        big((x) => BigInt(wrap(type, reference(x)))),
      );
    }
  });
  test("ipowi", async () => {
    const powers = (values: (number | bigint)[]) =>
      values.map((_, position) => dataOf(type, [(position % 11) - 3])[0]!);
    const reference = (x: bigint, y: bigint) => {
      if (y >= 0n) return x ** y;
      return x === 1n || x === -1n ? x ** -y : 0n;
    };
    await check(
      { inputs: [type, type], output: type, body: "%r = math.ipowi %x, %y : $x" },
      big((x, y) => BigInt(wrap(type, reference(x, y)))),
      powers,
    );
  });
  test("select by a mask of another width", async () => {
    await check(
      {
        inputs: [type, type, "f32"],
        output: type,
        body: "%c = arith.cmpf olt, %z, %z : $z\n%d = arith.cmpf oge, %z, %z : $z\n%e = arith.ori %c, %d : $c\n%r = arith.select %e, %x, %y : $c, $x",
      },
      (x, y, z) => (Number.isNaN(z) ? y : x),
    );
  });
});

const roundTo = { f32: Math.fround, f64: (x: number) => x, f16: (x: number) => Math.f16round(x) } as const;

describe.each(["f32", "f64", "f16"] as const)("%s", (type) => {
  const round = roundTo[type];
  const operations: Record<string, (x: number, y: number) => number> = {
    addf: (x, y) => x + y,
    subf: (x, y) => x - y,
    mulf: (x, y) => x * y,
    divf: (x, y) => x / y,
    remf: (x, y) => x % y,
    maximumf: Math.max,
    minimumf: Math.min,
    maxnumf: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.max(x, y)),
    minnumf: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.min(x, y)),
  };
  test.each(Object.entries(operations))("%s", async (name, reference) => {
    await check(
      { inputs: [type, type], output: type, body: `%r = arith.${name} %x, %y : $x` },
      float((x, y) => round(reference(x, y))),
    );
  });
  const roundEven = (x: number) => {
    const magnitude = Math.abs(x);
    const floor = Math.floor(magnitude);
    const isTie = magnitude - floor === 0.5;
    const rounded = isTie ? floor + (floor % 2) : Math.round(magnitude);
    return x < 0 || Object.is(x, -0) ? -rounded : rounded;
  };
  const unary: Record<string, (x: number) => number> = {
    "arith.negf": (x) => -x,
    "math.absf": Math.abs,
    "math.sqrt": Math.sqrt,
    "math.floor": Math.floor,
    "math.ceil": Math.ceil,
    "math.trunc": Math.trunc,
    "math.roundeven": roundEven,
    "math.round": (x) => (Number.isFinite(x) ? Math.sign(x) * Math.floor(Math.abs(x) + 0.5) : x),
  };
  test.each(Object.entries(unary))("%s", async (name, reference) => {
    await check(
      { inputs: [type], output: type, body: `%r = ${name} %x : $x` },
      float((x) => round(reference(x))),
    );
  });
  const unordered = (x: number, y: number) => Number.isNaN(x) || Number.isNaN(y);
  const predicates: Record<string, (x: number, y: number) => boolean> = {
    false: () => false,
    oeq: (x, y) => x === y,
    ogt: (x, y) => x > y,
    oge: (x, y) => x >= y,
    olt: (x, y) => x < y,
    ole: (x, y) => x <= y,
    one: (x, y) => !unordered(x, y) && x !== y,
    ord: (x, y) => !unordered(x, y),
    ueq: (x, y) => unordered(x, y) || x === y,
    ugt: (x, y) => unordered(x, y) || x > y,
    uge: (x, y) => unordered(x, y) || x >= y,
    ult: (x, y) => unordered(x, y) || x < y,
    ule: (x, y) => unordered(x, y) || x <= y,
    une: (x, y) => unordered(x, y) || x !== y,
    uno: unordered,
    true: () => true,
  };
  test.each(Object.entries(predicates))("cmpf %s", async (name, holds) => {
    await check(
      { inputs: [type, type], output: "i1", body: `%r = arith.cmpf ${name}, %x, %y : $x` },
      float((x, y) => Number(holds(x, y))),
    );
  });
  test("select", async () => {
    await check(
      {
        inputs: [type, type],
        output: type,
        body: "%c = arith.cmpf olt, %x, %y : $x\n%r = arith.select %c, %x, %y : $c, $x",
      },
      float((x, y) => (x < y ? x : y)),
    );
  });
  test("copysign", async () => {
    await check(
      { inputs: [type, type], output: type, body: "%r = math.copysign %x, %y : $x" },
      float((x, y) => (y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x))),
    );
  });
});

test.each([6, 0, -0, -3, Number.NaN])("maximumf and minimumf with the constant %d", async (limit) => {
  const literal = Number.isNaN(limit) ? "0x7FC00000" : Object.is(limit, -0) ? "-0.0" : limit.toFixed(1);
  for (const [name, reference] of [
    ["maximumf", Math.max],
    ["minimumf", Math.min],
  ] as const) {
    for (const order of ["%x, %l", "%l, %x"]) {
      const body = `%l = arith.constant dense<${literal}> : $x\n%r = arith.${name} ${order} : $x`;
      const input = dataOf("f32", samples("f32", count));
      const [actual] = execute(
        await compile(elementwiseText({ inputs: ["f32"], output: "f32", body }, count, 4)),
        input,
      );
      expect(valuesOf(actual!)).toEqual(valuesOf(input).map((x) => reference(Number(x), limit)));
    }
  }
});

test("math.fma on f32 rounds once; vector.fma is a product and a sum", async () => {
  const exact = (x: number, y: number, z: number) => Math.fround(x * y + z);
  const inputs = [
    [1 + 2 ** -12, 3, 1 + 2 ** -23, 0.1],
    [1 + 2 ** -12, 5, 1 - 2 ** -23, 0.1],
    [-1 - 2 ** -11, 7, -1, -0.01],
  ].map((values) => dataOf("f32", values));
  for (const lanes of [0, 4]) {
    const body = "%r = math.fma %x, %y, %z : $x";
    const each: ElementwiseCase = { inputs: ["f32", "f32", "f32"], output: "f32", body };
    const [actual] = execute(await compile(elementwiseText(each, 4, lanes)), ...inputs);
    const expected = [0, 1, 2, 3].map((i) =>
      exact(...(inputs.map((data) => Number(data[i])) as [number, number, number])),
    );
    expect(valuesOf(actual!)).toEqual(expected);
    expect(expected[0]).toBe(2 ** -24);
  }
  const each: ElementwiseCase = {
    inputs: ["f32", "f32", "f32"],
    output: "f32",
    body: "%r = vector.fma %x, %y, %z : $x",
  };
  const [unfused] = execute(await compile(elementwiseText(each, 4, 4)), ...inputs);
  expect(unfused![0]).toBe(0);
  expect(unfused![1]).toBe(22);
});

describe("functions of the host", () => {
  const functions: Record<string, (x: number) => number> = {
    exp: Math.exp,
    log: Math.log,
    sin: Math.sin,
    tanh: Math.tanh,
    log1p: Math.log1p,
    exp2: (x) => 2 ** x,
  };
  test.each(Object.entries(functions))("%s", async (name, reference) => {
    for (const type of ["f32", "f64"] as const) {
      await check(
        { inputs: [type], output: type, body: `%r = math.${name} %x : $x` },
        float((x) => roundTo[type](reference(x))),
      );
    }
  });
  test("powf and atan2", async () => {
    for (const [name, reference] of [
      ["powf", Math.pow],
      ["atan2", Math.atan2],
    ] as const) {
      await check({ inputs: ["f64", "f64"], output: "f64", body: `%r = math.${name} %x, %y : $x` }, float(reference));
    }
  });
  test("erf", async () => {
    // From tables of the function.
    const known = [
      [0, 0],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [2, 0.9953222650189527],
      [2.5, 0.999593047982555],
      [3, 0.9999779095030014],
      [-1.5, -0.9661051464753108],
      [30, 1],
    ] as const;
    const each: ElementwiseCase = { inputs: ["f64"], output: "f64", body: "%r = math.erf %x : $x" };
    const input = dataOf(
      "f64",
      known.map(([x]) => x),
    );
    const [actual] = execute(await compile(elementwiseText(each, known.length, 0)), input);
    for (const [position, [, value]] of known.entries()) expect(actual![position]).toBeCloseTo(value, 14);
  });
});
