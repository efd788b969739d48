/**
 * Functions on buffers that together use every construct that loops-to-llvm converts, one or a few per function: what its differential
 * tests run. Each text is the body of `func.func @f(<arguments>)`.
 */

import { bf16ToNumber, numberToBf16 } from "../../ir/tensor-data.ts";

export interface LoweringCase {
  readonly name: string;
  /** The function's arguments: `%a: memref<4xf32>, …`. */
  readonly args: string;
  readonly body: string;
  /** Other symbols of the module. */
  readonly module?: string;
  /** Largest relative difference; 0 unless stated. */
  readonly tolerance?: number;
  /** Float arguments also hold NaN, infinities and zeros of both signs. */
  readonly specials?: boolean;
  /** Why MLIR's own lowering cannot be asked; then `expected` computes what the last buffer must hold. */
  readonly withoutMlir?: string;
  /** The elements of the last buffer, from the elements of the buffers before the run. */
  readonly expected?: (inputs: readonly (readonly number[])[]) => readonly number[];
}

const indices = `
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
`;

/** The nearest bf16, ties to even. */
function roundToBf16(x: number): number {
  return bf16ToNumber(numberToBf16(x));
}

/** x to the power n in 32 bits. */
function integerPower(x: number, n: number): number {
  if (n < 0) return x === 1 ? 1 : x === -1 ? (n % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  for (let i = 0; i < n; i++) result = Math.imul(result, x);
  return result;
}

/** An elementwise function on 16 elements of `from`, giving 16 of `to`, as scalars in a loop and as one vector. */
function elementwise(
  name: string,
  from: string,
  to: string,
  line: (type: (element: string) => string) => string,
  options: Partial<LoweringCase> = {},
): LoweringCase[] {
  const scalar = line((element) => element);
  const vector = line((element) => `vector<8x${element}>`);
  return [
    {
      name: `${name} on scalars`,
      args: `%a: memref<16x${from}>, %b: memref<16x${from}>, %r: memref<16x${to}>`,
      body: `${indices}
        scf.for %i = %c0 to %c16 step %c1 {
          %x = memref.load %a[%i] : memref<16x${from}>
          %y = memref.load %b[%i] : memref<16x${from}>
          ${scalar}
          memref.store %z, %r[%i] : memref<16x${to}>
        }`,
      ...options,
    },
    {
      name: `${name} on vectors`,
      args: `%a: memref<16x${from}>, %b: memref<16x${from}>, %r: memref<16x${to}>`,
      body: `${indices}
        scf.for %i = %c0 to %c16 step %c8 {
          %x = vector.load %a[%i] : memref<16x${from}>, vector<8x${from}>
          %y = vector.load %b[%i] : memref<16x${from}>, vector<8x${from}>
          ${vector}
          vector.store %z, %r[%i] : memref<16x${to}>, vector<8x${to}>
        }`,
      ...options,
    },
  ];
}

function binary(op: string, element: string, options: Partial<LoweringCase> = {}): LoweringCase[] {
  return elementwise(`${op} ${element}`, element, element, (type) => `%z = ${op} %x, %y : ${type(element)}`, options);
}
function unary(op: string, element: string, options: Partial<LoweringCase> = {}): LoweringCase[] {
  return elementwise(`${op} ${element}`, element, element, (type) => `%z = ${op} %x : ${type(element)}`, options);
}
function cast(op: string, from: string, to: string, options: Partial<LoweringCase> = {}): LoweringCase[] {
  return elementwise(
    `${op} ${from} to ${to}`,
    from,
    to,
    (type) => `%z = ${op} %x : ${type(from)} to ${type(to)}`,
    options,
  );
}
const isUnordered = (a: number, b: number): boolean => Number.isNaN(a) || Number.isNaN(b);
const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  oeq: (a, b) => a === b,
  ogt: (a, b) => a > b,
  ole: (a, b) => a <= b,
  one: (a, b) => a < b || a > b,
  ueq: (a, b) => a === b || isUnordered(a, b),
  ult: (a, b) => a < b || isUnordered(a, b),
  uge: (a, b) => a >= b || isUnordered(a, b),
  une: (a, b) => a !== b,
  ord: (a, b) => !isUnordered(a, b),
  uno: isUnordered,
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  slt: (a, b) => a < b,
  sge: (a, b) => a >= b,
  // The test's i32 values, read without their sign.
  ult32: (a, b) => a >>> 0 < b >>> 0,
  uge32: (a, b) => a >>> 0 >= b >>> 0,
};

function compare(op: string, predicate: string, element: string): LoweringCase[] {
  const holds = (element === "i32" ? comparisons[`${predicate}32`] : undefined) ?? comparisons[predicate]!;
  return elementwise(
    `${op} ${predicate}`,
    element,
    "i1",
    (type) => `%z = ${op} ${predicate}, %x, %y : ${type(element)}`,
    {
      specials: true,
      withoutMlir: "it keeps truth values in memory as bits",
      expected: ([a, b]) => a!.map((x, position) => Number(holds(x, b![position]!))),
    },
  );
}

const arithmetic: readonly LoweringCase[] = [
  ...["arith.addi", "arith.subi", "arith.muli", "arith.andi", "arith.ori", "arith.xori"].flatMap((op) =>
    binary(op, "i32"),
  ),
  ...["arith.minsi", "arith.maxsi", "arith.minui", "arith.maxui"].flatMap((op) => binary(op, "i8")),
  ...["arith.addf", "arith.subf", "arith.mulf", "arith.divf"].flatMap((op) => binary(op, "f32", { specials: true })),
  ...["arith.addf", "arith.mulf"].flatMap((op) => [...binary(op, "f64"), ...binary(op, "f16")]),
  ...["arith.maximumf", "arith.minimumf", "arith.maxnumf", "arith.minnumf"].flatMap((op) =>
    // MLIR's expansion in this pipeline forgets the signs of zeros, so those are checked by hand elsewhere.
    binary(op, "f32", { specials: op.includes("imum"), tolerance: op.includes("imum") ? 1e-30 : 0 }),
  ),
  ...binary("arith.remf", "f32"),
  ...unary("arith.negf", "f32", { specials: true }),
  ...["math.absf", "math.sqrt", "math.floor", "math.ceil", "math.trunc", "math.roundeven", "math.round"].flatMap((op) =>
    unary(op, "f32", { specials: true }),
  ),
  ...["math.absi", "math.ctlz", "math.cttz", "math.ctpop"].flatMap((op) => unary(op, "i32")),
  ...["math.exp", "math.log1p"].flatMap((op) => unary(op, "f64", { tolerance: 1e-14 })),
  ...(["tanh", "atan", "cosh"] as const).flatMap((name) =>
    unary(`math.${name}`, "f64", {
      tolerance: 1e-14,
      withoutMlir: "its lowering of vectors for the C library leaves operations of the vector dialect",
      expected: ([a]) => a!.map(Math[name]),
    }),
  ),
  ...binary("math.copysign", "f32", { specials: true }),
  ...binary("math.powf", "f64", { tolerance: 1e-14 }),
  ...elementwise("math.fma", "f32", "f32", (type) => `%z = math.fma %x, %y, %x : ${type("f32")}`),
  ...elementwise("division by positive numbers", "i32", "i32", (type) => {
    const t = type("i32");
    const constant = (value: number) =>
      t === "i32" ? `arith.constant ${value} : i32` : `arith.constant dense<${value}> : ${t}`;
    return `
      %mask = ${constant(15)}
      %one = ${constant(1)}
      %m = arith.andi %y, %mask : ${t}
      %d = arith.addi %m, %one : ${t}
      %n = arith.subi %one, %d : ${t}
      %n1 = arith.subi %n, %one : ${t}
      %q0 = arith.divsi %x, %d : ${t}
      %q1 = arith.floordivsi %x, %d : ${t}
      %q2 = arith.ceildivsi %x, %d : ${t}
      %q3 = arith.floordivsi %x, %n1 : ${t}
      %q4 = arith.ceildivsi %x, %n1 : ${t}
      %q5 = arith.divui %x, %d : ${t}
      %q6 = arith.ceildivui %x, %d : ${t}
      %q7 = arith.remsi %x, %d : ${t}
      %q8 = arith.remui %x, %d : ${t}
      %s1 = arith.xori %q0, %q1 : ${t}
      %s2 = arith.addi %s1, %q2 : ${t}
      %s3 = arith.muli %s2, %d : ${t}
      %s4 = arith.addi %s3, %q3 : ${t}
      %s5 = arith.xori %s4, %q4 : ${t}
      %s6 = arith.muli %s5, %d : ${t}
      %s7 = arith.addi %s6, %q5 : ${t}
      %s8 = arith.xori %s7, %q6 : ${t}
      %s9 = arith.addi %s8, %q7 : ${t}
      %z = arith.xori %s9, %q8 : ${t}`;
  }),
  ...elementwise("shifts", "i32", "i32", (type) => {
    const t = type("i32");
    const constant = (value: number) =>
      t === "i32" ? `arith.constant ${value} : i32` : `arith.constant dense<${value}> : ${t}`;
    return `
      %mask = ${constant(31)}
      %m = arith.andi %y, %mask : ${t}
      %a1 = arith.shli %x, %m : ${t}
      %a2 = arith.shrsi %x, %m : ${t}
      %a3 = arith.shrui %x, %m : ${t}
      %a4 = arith.xori %a1, %a2 : ${t}
      %z = arith.addi %a4, %a3 : ${t}`;
  }),
  ...elementwise("wide products", "i32", "i32", (type) => {
    const t = type("i32");
    return `
      %l1, %h1 = arith.mulsi_extended %x, %y : ${t}
      %l2, %h2 = arith.mului_extended %x, %y : ${t}
      %s, %o = arith.addui_extended %x, %y : ${t}, ${type("i1")}
      %e = arith.extui %o : ${type("i1")} to ${t}
      %z1 = arith.xori %h1, %h2 : ${t}
      %z2 = arith.xori %z1, %s : ${t}
      %z = arith.addi %z2, %e : ${t}`;
  }),
  ...["oeq", "ogt", "ole", "one", "ueq", "ult", "uge", "une", "ord", "uno"].flatMap((predicate) =>
    compare("arith.cmpf", predicate, "f32"),
  ),
  ...["eq", "ne", "slt", "sge", "ult", "uge"].flatMap((predicate) => compare("arith.cmpi", predicate, "i32")),
  ...elementwise(
    "select",
    "f32",
    "f32",
    (type) => {
      const t = type("f32");
      const c = type("i1");
      return `%c = arith.cmpf olt, %x, %y : ${t}\n %z = arith.select %c, %x, %y : ${t === "f32" ? t : `${c}, ${t}`}`;
    },
    { specials: true },
  ),
  ...cast("arith.extsi", "i8", "i32"),
  ...cast("arith.extui", "i8", "i32"),
  ...cast("arith.trunci", "i32", "i8"),
  ...cast("arith.sitofp", "i32", "f32"),
  ...cast("arith.uitofp", "i8", "f32"),
  ...cast("arith.fptosi", "f32", "i32"),
  ...cast("arith.extf", "f32", "f64"),
  ...cast("arith.truncf", "f64", "f32"),
  ...cast("arith.extf", "f16", "f32"),
  ...cast("arith.truncf", "f32", "f16"),
  ...cast("arith.bitcast", "f32", "i32", { specials: true }),
  ...cast("arith.extf", "bf16", "f32"),
  ...(["f32", "f64"] as const).flatMap((from) =>
    cast("arith.truncf", from, "bf16", {
      withoutMlir: "LLVM's rounding to bf16 depends on the processor",
      specials: from === "f32",
      expected: ([a]) => a!.map(roundToBf16),
    }),
  ),
  ...binary("arith.addf", "bf16", {
    withoutMlir: "LLVM's rounding to bf16 depends on the processor",
    expected: ([a, b]) => a!.map((x, position) => roundToBf16(Math.fround(x + b![position]!))),
  }),
  {
    name: "arith.truncf f64 to bf16 where rounding twice would be wrong",
    args: "%a: memref<16xf64>, %r: memref<16xbf16>",
    body: `${indices}
      // Just above the middle of two bf16 numbers, but that middle itself as f32.
      %x = arith.constant 1.00390625000001 : f64
      %y = arith.truncf %x : f64 to bf16
      %n = arith.negf %x : f64
      %z = arith.truncf %n : f64 to bf16
      memref.store %y, %r[%c0] : memref<16xbf16>
      memref.store %z, %r[%c1] : memref<16xbf16>`,
    withoutMlir: "LLVM's rounding to bf16 depends on the processor",
    expected: ([, r]) => [1.0078125, -1.0078125, ...r!.slice(2)],
  },
  ...elementwise("math.ipowi", "i32", "i32", (type) => `%z = math.ipowi %x, %y : ${type("i32")}`, {
    withoutMlir: "it calls a function of its run-time library",
    expected: ([a, b]) => a!.map((x, position) => integerPower(x, b![position]!)),
  }),
  {
    name: "index arithmetic",
    args: "%a: memref<4xi64>, %r: memref<4xi64>",
    body: `${indices}
      scf.for %i = %c0 to %c4 step %c1 {
        %v = memref.load %a[%i] : memref<4xi64>
        %n = arith.index_cast %v : i64 to index
        %m = arith.muli %n, %c3 : index
        %d = arith.floordivsi %m, %c8 : index
        %t = arith.index_cast %d : index to i32
        %u = arith.index_castui %t : i32 to index
        %s = arith.addi %u, %i : index
        %w = arith.index_cast %s : index to i64
        memref.store %w, %r[%i] : memref<4xi64>
      }`,
  },
];

/** Minima and maxima by IEEE 754-2019, zeros' signs included: of two vectors, and against constants on either side. */
const extrema: readonly LoweringCase[] = (["maximumf", "minimumf"] as const).flatMap((name) => {
  const best = name === "maximumf" ? Math.max : Math.min;
  const common = { specials: true, withoutMlir: "its expansion forgets the signs of zeros" };
  return [
    ...binary(`arith.${name}`, "f32", {
      ...common,
      expected: ([a, b]) => a!.map((x, position) => best(x, b![position]!)),
    }),
    ...[0, -0, 1].flatMap((constant) =>
      ["%x, %k", "%k, %x"].flatMap((operands) =>
        elementwise(
          `arith.${name} ${operands} with ${Object.is(constant, -0) ? "-0" : constant}`,
          "f32",
          "f32",
          (type) => {
            const number = Object.is(constant, -0) ? "-0.0" : `${constant}.0`;
            const value = type("f32") === "f32" ? number : `dense<${number}>`;
            return `%k = arith.constant ${value} : ${type("f32")}\n %z = arith.${name} ${operands} : ${type("f32")}`;
          },
          { ...common, expected: ([a]) => a!.map((x) => best(x, constant)) },
        ),
      ),
    ),
  ];
});

const control: readonly LoweringCase[] = [
  {
    name: "nested loops that carry values",
    args: "%a: memref<4x8xf32>, %r: memref<4xf32>",
    body: `${indices}
      %zero = arith.constant 0.0 : f32
      scf.for %i = %c0 to %c4 step %c1 {
        %s = scf.for %j = %c0 to %c8 step %c2 iter_args(%acc = %zero) -> (f32) {
          %x = memref.load %a[%i, %j] : memref<4x8xf32>
          %n = arith.addf %acc, %x : f32
          scf.yield %n : f32
        }
        memref.store %s, %r[%i] : memref<4xf32>
      }`,
  },
  {
    name: "loops whose bounds are computed, and that may not run",
    args: "%a: memref<4xi64>, %r: memref<4xi64>",
    body: `${indices}
      %one = arith.constant 1 : i64
      scf.for %i = %c0 to %c4 step %c1 {
        %v = memref.load %a[%i] : memref<4xi64>
        %c7 = arith.constant 7 : i64
        %m = arith.andi %v, %c7 : i64
        %n = arith.index_cast %m : i64 to index
        %s:2 = scf.for %j = %c2 to %n step %c2 iter_args(%x = %v, %y = %one) -> (i64, i64) {
          %z = arith.addi %x, %y : i64
          scf.yield %y, %z : i64, i64
        }
        %t = arith.subi %s#0, %s#1 : i64
        memref.store %t, %r[%i] : memref<4xi64>
      }`,
  },
  {
    name: "conditions with and without results",
    args: "%a: memref<16xf32>, %r: memref<16xf32>",
    body: `${indices}
      %zero = arith.constant 0.0 : f32
      scf.for %i = %c0 to %c16 step %c1 {
        %x = memref.load %a[%i] : memref<16xf32>
        %c = arith.cmpf ogt, %x, %zero : f32
        %y = scf.if %c -> (f32) {
          %n = arith.addf %x, %x : f32
          scf.yield %n : f32
        } else {
          %n = arith.negf %x : f32
          scf.yield %n : f32
        }
        memref.store %y, %r[%i] : memref<16xf32>
        scf.if %c {
          memref.store %zero, %a[%i] : memref<16xf32>
        }
      }`,
  },
  {
    name: "while",
    args: "%a: memref<4xi64>, %r: memref<4xi64>",
    body: `${indices}
      %one = arith.constant 1 : i64
      %two = arith.constant 2 : i64
      %limit = arith.constant 1000 : i64
      scf.for %i = %c0 to %c4 step %c1 {
        %x = memref.load %a[%i] : memref<4xi64>
        %s:2 = scf.while (%v = %one, %n = %x) : (i64, i64) -> (i64, i64) {
          %c = arith.cmpi slt, %v, %limit : i64
          scf.condition(%c) %v, %n : i64, i64
        } do {
        ^bb0(%v: i64, %n: i64):
          %w = arith.muli %v, %two : i64
          %m = arith.addi %n, %w : i64
          scf.yield %w, %m : i64, i64
        }
        %t = arith.addi %s#0, %s#1 : i64
        memref.store %t, %r[%i] : memref<4xi64>
      }`,
  },
  {
    name: "a parallel nest with a reduction",
    args: "%a: memref<4x8xf32>, %r: memref<4x8xf32>, %s: memref<1xf32>",
    body: `${indices}
      %zero = arith.constant 0.0 : f32
      %sum = scf.parallel (%i, %j) = (%c0, %c0) to (%c4, %c8) step (%c1, %c1) init (%zero) -> f32 {
        %x = memref.load %a[%i, %j] : memref<4x8xf32>
        %y = arith.mulf %x, %x : f32
        memref.store %y, %r[%i, %j] : memref<4x8xf32>
        scf.reduce(%y : f32) {
        ^bb0(%p: f32, %q: f32):
          %n = arith.addf %p, %q : f32
          scf.reduce.return %n : f32
        }
      }
      memref.store %sum, %s[%c0] : memref<1xf32>`,
    tolerance: 1e-6,
  },
  {
    name: "index_switch and execute_region",
    args: "%r: memref<4xi32>",
    body: `${indices}
      scf.for %i = %c0 to %c4 step %c1 {
        %v = scf.index_switch %i -> i32
        case 1 {
          %x = arith.constant 10 : i32
          scf.yield %x : i32
        }
        case 3 {
          %x = arith.constant 30 : i32
          scf.yield %x : i32
        }
        default {
          %x = arith.constant -1 : i32
          scf.yield %x : i32
        }
        %w = scf.execute_region -> i32 {
          %two = arith.constant 2 : i32
          %y = arith.muli %v, %two : i32
          scf.yield %y : i32
        }
        memref.store %w, %r[%i] : memref<4xi32>
      }`,
  },
  {
    name: "calls with several results",
    args: "%a: memref<4xf32>, %r: memref<4xf32>",
    module: `
      func.func private @both(%x: f32, %n: index) -> (f32, index) {
        %y = arith.addf %x, %x : f32
        %c1 = arith.constant 1 : index
        %m = arith.addi %n, %c1 : index
        return %y, %m : f32, index
      }
      func.func private @one(%x: f32) -> f32 {
        %y = arith.negf %x : f32
        return %y : f32
      }`,
    body: `${indices}
      scf.for %i = %c0 to %c3 step %c1 {
        %x = memref.load %a[%i] : memref<4xf32>
        %y:2 = func.call @both(%x, %i) : (f32, index) -> (f32, index)
        %z = func.call @one(%y#0) : (f32) -> f32
        memref.store %z, %r[%y#1] : memref<4xf32>
      }`,
  },
  {
    name: "unstructured branches, both ways into one block",
    args: "%a: memref<1xf32>, %r: memref<1xf32>",
    body: `${indices}
      %zero = arith.constant 0.0 : f32
      %x = memref.load %a[%c0] : memref<1xf32>
      %c = arith.cmpf ogt, %x, %zero : f32
      cf.cond_br %c, ^end(%x : f32), ^end(%zero : f32)
    ^end(%y: f32):
      memref.store %y, %r[%c0] : memref<1xf32>`,
  },
];

const memory: readonly LoweringCase[] = [
  {
    name: "subviews with static and run-time offsets, strides and dropped dimensions",
    args: "%a: memref<4x8xf32>, %r: memref<16xf32>",
    body: `${indices}
      %s = memref.subview %a[1, 2] [2, 3] [2, 1] : memref<4x8xf32> to memref<2x3xf32, strided<[16, 1], offset: 10>>
      %x = memref.load %s[%c1, %c2] : memref<2x3xf32, strided<[16, 1], offset: 10>>
      memref.store %x, %r[%c0] : memref<16xf32>
      scf.for %i = %c0 to %c3 step %c1 {
        %t = memref.subview %a[%i, 4] [1, 4] [1, 1] : memref<4x8xf32> to memref<4xf32, strided<[1], offset: ?>>
        %u = memref.subview %t[%i] [1] [1] : memref<4xf32, strided<[1], offset: ?>> to memref<1xf32, strided<[1], offset: ?>>
        %y = memref.load %u[%c0] : memref<1xf32, strided<[1], offset: ?>>
        %k = arith.addi %i, %c1 : index
        memref.store %y, %r[%k] : memref<16xf32>
      }`,
  },
  {
    name: "shape changes, transposes and casts of views",
    args: "%a: memref<4x8xf32>, %r: memref<16xf32>",
    body: `${indices}
      %e = memref.expand_shape %a [[0], [1, 2]] output_shape [4, 2, 4] : memref<4x8xf32> into memref<4x2x4xf32>
      %c = memref.collapse_shape %e [[0, 1], [2]] : memref<4x2x4xf32> into memref<8x4xf32>
      %t = memref.transpose %c (i, j) -> (j, i) : memref<8x4xf32> to memref<4x8xf32, strided<[1, 4]>>
      %x = memref.load %t[%c1, %c3] : memref<4x8xf32, strided<[1, 4]>>
      memref.store %x, %r[%c0] : memref<16xf32>
      %y = memref.load %e[%c2, %c1, %c3] : memref<4x2x4xf32>
      memref.store %y, %r[%c1] : memref<16xf32>
      %q = memref.reinterpret_cast %a to offset: [5], sizes: [3, 3], strides: [4, 2] : memref<4x8xf32> to memref<3x3xf32, strided<[4, 2], offset: 5>>
      %z = memref.load %q[%c2, %c1] : memref<3x3xf32, strided<[4, 2], offset: 5>>
      memref.store %z, %r[%c2] : memref<16xf32>
      %n = memref.dim %a, %c1 : memref<4x8xf32>
      %m = arith.subi %n, %c4 : index
      memref.store %z, %r[%m] : memref<16xf32>`,
  },
  {
    name: "copies of dense and scattered buffers",
    withoutMlir: "it calls a function of its run-time library",
    expected: ([a, b]) => {
      const result = [...a!];
      for (let row = 0; row < 32; row += 8) {
        for (let i = 0; i < 3; i++) result[row + 5 + i] = b![row + 2 + i]!;
        for (let i = 0; i < 2; i++) result[row + 2 * i] = b![row + 4 * i]!;
      }
      return result;
    },
    args: "%a: memref<4x8xf32>, %b: memref<4x8xf32>, %r: memref<4x8xf32>",
    body: `${indices}
      memref.copy %a, %r : memref<4x8xf32> to memref<4x8xf32>
      %s = memref.subview %b[0, 2] [4, 3] [1, 1] : memref<4x8xf32> to memref<4x3xf32, strided<[8, 1], offset: 2>>
      %d = memref.subview %r[0, 5] [4, 3] [1, 1] : memref<4x8xf32> to memref<4x3xf32, strided<[8, 1], offset: 5>>
      memref.copy %s, %d : memref<4x3xf32, strided<[8, 1], offset: 2>> to memref<4x3xf32, strided<[8, 1], offset: 5>>
      %p = memref.subview %b[0, 0] [4, 2] [1, 4] : memref<4x8xf32> to memref<4x2xf32, strided<[8, 4]>>
      %q = memref.subview %r[0, 0] [4, 2] [1, 2] : memref<4x8xf32> to memref<4x2xf32, strided<[8, 2]>>
      memref.copy %p, %q : memref<4x2xf32, strided<[8, 4]>> to memref<4x2xf32, strided<[8, 2]>>`,
  },
  {
    name: "an arena seen as other types",
    args: "%a: memref<4xf32>, %arena: memref<256xi8>, %r: memref<8xf32>",
    body: `${indices}
      %c64 = arith.constant 64 : index
      %c128 = arith.constant 128 : index
      %v = memref.view %arena[%c64][] : memref<256xi8> to memref<2x4xf32>
      %w = memref.view %arena[%c128][] : memref<256xi8> to memref<4xf64>
      scf.for %i = %c0 to %c4 step %c1 {
        %x = memref.load %a[%i] : memref<4xf32>
        memref.store %x, %v[%c1, %i] : memref<2x4xf32>
        %d = arith.extf %x : f32 to f64
        memref.store %d, %w[%i] : memref<4xf64>
      }
      scf.for %i = %c0 to %c4 step %c1 {
        %x = memref.load %v[%c1, %i] : memref<2x4xf32>
        %d = memref.load %w[%i] : memref<4xf64>
        %t = arith.truncf %d : f64 to f32
        %s = arith.addf %x, %t : f32
        memref.store %s, %r[%i] : memref<8xf32>
      }`,
  },
  {
    name: "allocations on heap and stack",
    args: "%a: memref<8xf32>, %r: memref<8xf32>",
    body: `${indices}
      %h = memref.alloc() : memref<8xf32>
      %g = memref.alloc() {alignment = 128 : i64} : memref<8xf32>
      memref.copy %a, %h : memref<8xf32> to memref<8xf32>
      scf.for %i = %c0 to %c8 step %c1 {
        %s = memref.alloca() : memref<1xf32>
        %x = memref.load %h[%i] : memref<8xf32>
        %y = arith.mulf %x, %x : f32
        memref.store %y, %s[%c0] : memref<1xf32>
        %z = memref.load %s[%c0] : memref<1xf32>
        memref.store %z, %g[%i] : memref<8xf32>
      }
      memref.copy %g, %r : memref<8xf32> to memref<8xf32>
      memref.dealloc %h : memref<8xf32>
      memref.dealloc %g : memref<8xf32>`,
  },
  {
    name: "constant and variable globals",
    args: "%r: memref<16xf32>",
    module: `
      memref.global "private" constant @table : memref<2x4xf32> = dense<[[1.0, -2.5, 0.0, 4.0], [5.0, 6.0, 7.0, 0.1]]>
      memref.global "private" constant @same : memref<4xf32> = dense<3.5>
      memref.global "private" constant @numbers : memref<3xi32> = dense<[1, -2, 300000]>
      memref.global "private" @counter : memref<2xf32> = dense<[1.0, 2.0]>
      memref.global "private" @room : memref<4xf32> = uninitialized`,
    body: `${indices}
      %t = memref.get_global @table : memref<2x4xf32>
      %s = memref.get_global @same : memref<4xf32>
      %n = memref.get_global @numbers : memref<3xi32>
      %k = memref.get_global @counter : memref<2xf32>
      %u = memref.get_global @room : memref<4xf32>
      scf.for %i = %c0 to %c4 step %c1 {
        %x = memref.load %t[%c1, %i] : memref<2x4xf32>
        %y = memref.load %s[%i] : memref<4xf32>
        %z = arith.addf %x, %y : f32
        memref.store %z, %u[%i] : memref<4xf32>
        %w = memref.load %u[%i] : memref<4xf32>
        memref.store %w, %r[%i] : memref<16xf32>
        %o = memref.load %k[%c1] : memref<2xf32>
        %p = arith.addf %o, %w : f32
        memref.store %p, %k[%c1] : memref<2xf32>
      }
      %q = memref.load %k[%c1] : memref<2xf32>
      memref.store %q, %r[%c4] : memref<16xf32>
      scf.for %i = %c0 to %c3 step %c1 {
        %x = memref.load %n[%i] : memref<3xi32>
        %y = arith.sitofp %x : i32 to f32
        %j = arith.addi %i, %c8 : index
        memref.store %y, %r[%j] : memref<16xf32>
      }`,
  },
  {
    name: "truth values and narrow integers in memory",
    args: "%a: memref<8xi1>, %b: memref<8xi4>, %r: memref<8xi1>, %s: memref<8xi4>",
    body: `${indices}
      scf.for %i = %c0 to %c8 step %c1 {
        %x = memref.load %a[%i] : memref<8xi1>
        %t = arith.constant true
        %y = arith.xori %x, %t : i1
        memref.store %y, %r[%i] : memref<8xi1>
        %m = memref.load %b[%i] : memref<8xi4>
        %n = arith.addi %m, %m : i4
        memref.store %n, %s[%i] : memref<8xi4>
      }`,
    withoutMlir: "it packs bits differently",
    // Twice a number of four bits, with their sign.
    expected: ([, b]) => b!.map((x) => ((2 * x) << 28) >> 28),
  },
  {
    name: "prefetches and promises of alignment",
    args: "%a: memref<16xf32>, %r: memref<1xf32>",
    body: `${indices}
      memref.prefetch %a[%c8], read, locality<3>, data : memref<16xf32>
      %x = memref.load %a[%c8] : memref<16xf32>
      memref.store %x, %r[%c0] : memref<1xf32>`,
  },
];

const vectors: readonly LoweringCase[] = [
  {
    name: "broadcasts",
    args: "%a: memref<8xf32>, %r: memref<64xf32>",
    body: `${indices}
      %x = memref.load %a[%c1] : memref<8xf32>
      %v = vector.load %a[%c0] : memref<8xf32>, vector<4xf32>
      %b = vector.broadcast %x : f32 to vector<8xf32>
      vector.store %b, %r[%c0] : memref<64xf32>, vector<8xf32>
      %s = vector.splat %x : vector<4xf32>
      vector.store %s, %r[%c8] : memref<64xf32>, vector<4xf32>
      %m = vector.broadcast %v : vector<4xf32> to vector<2x4xf32>
      %f = vector.shape_cast %m : vector<2x4xf32> to vector<8xf32>
      vector.store %f, %r[%c16] : memref<64xf32>, vector<8xf32>
      %col = vector.shape_cast %v : vector<4xf32> to vector<4x1xf32>
      %n = vector.broadcast %col : vector<4x1xf32> to vector<4x4xf32>
      %g = vector.shape_cast %n : vector<4x4xf32> to vector<16xf32>
      %c32 = arith.constant 32 : index
      vector.store %g, %r[%c32] : memref<64xf32>, vector<16xf32>`,
  },
  {
    name: "elements and slices",
    args: "%a: memref<4x4xf32>, %r: memref<64xf32>",
    body: `${indices}
      %m = vector.load %a[%c0, %c0] : memref<4x4xf32>, vector<4xf32>
      %n = vector.load %a[%c1, %c0] : memref<4x4xf32>, vector<4xf32>
      %z = arith.constant dense<0.0> : vector<2x4xf32>
      %w0 = vector.insert %m, %z [0] : vector<4xf32> into vector<2x4xf32>
      %w1 = vector.insert %n, %w0 [1] : vector<4xf32> into vector<2x4xf32>
      %x = vector.extract %w1[1, 2] : f32 from vector<2x4xf32>
      %w2 = vector.insert %x, %w1 [0, 0] : f32 into vector<2x4xf32>
      %row = vector.extract %w2[0] : vector<4xf32> from vector<2x4xf32>
      vector.store %row, %r[%c0] : memref<64xf32>, vector<4xf32>
      %y = vector.extract %m[%c2] : f32 from vector<4xf32>
      memref.store %y, %r[%c4] : memref<64xf32>
      %k = vector.insert %y, %n [%c1] : f32 into vector<4xf32>
      vector.store %k, %r[%c8] : memref<64xf32>, vector<4xf32>
      %s = vector.extract_strided_slice %w2 {offsets = [0, 1], sizes = [2, 2], strides = [1, 1]} : vector<2x4xf32> to vector<2x2xf32>
      %t = vector.insert_strided_slice %s, %w1 {offsets = [0, 2], strides = [1, 1]} : vector<2x2xf32> into vector<2x4xf32>
      %f = vector.shape_cast %t : vector<2x4xf32> to vector<8xf32>
      vector.store %f, %r[%c16] : memref<64xf32>, vector<8xf32>
      %e = vector.extractelement %m[%c3 : index] : vector<4xf32>
      %i = vector.insertelement %e, %n[%c0 : index] : vector<4xf32>
      %c32 = arith.constant 32 : index
      vector.store %i, %r[%c32] : memref<64xf32>, vector<4xf32>`,
  },
  {
    name: "shuffles",
    args: "%a: memref<16xf32>, %r: memref<64xf32>",
    body: `${indices}
      %v = vector.load %a[%c0] : memref<16xf32>, vector<4xf32>
      %w = vector.load %a[%c8] : memref<16xf32>, vector<4xf32>
      %h = vector.load %a[%c4] : memref<16xf32>, vector<2xf32>
      %s = vector.shuffle %v, %w [0, 4, 3, 7, 5] : vector<4xf32>, vector<4xf32>
      vector.store %s, %r[%c0] : memref<64xf32>, vector<5xf32>
      %p = vector.shuffle %h, %v [5, 0, 1, 2] : vector<2xf32>, vector<4xf32>
      vector.store %p, %r[%c8] : memref<64xf32>, vector<4xf32>
      %i = vector.interleave %v, %w : vector<4xf32> -> vector<8xf32>
      vector.store %i, %r[%c16] : memref<64xf32>, vector<8xf32>
      %e, %o = vector.deinterleave %i : vector<8xf32> -> vector<4xf32>
      %c32 = arith.constant 32 : index
      %d = arith.subf %e, %o : vector<4xf32>
      vector.store %d, %r[%c32] : memref<64xf32>, vector<4xf32>
      %x = vector.shape_cast %i : vector<8xf32> to vector<4x2xf32>
      %t = vector.transpose %x, [1, 0] : vector<4x2xf32> to vector<2x4xf32>
      %f = vector.shape_cast %t : vector<2x4xf32> to vector<8xf32>
      %c48 = arith.constant 48 : index
      vector.store %f, %r[%c48] : memref<64xf32>, vector<8xf32>
      %b = vector.bitcast %v : vector<4xf32> to vector<8xi16>
      %y = vector.bitcast %b : vector<8xi16> to vector<4xf32>
      %c56 = arith.constant 56 : index
      vector.store %y, %r[%c56] : memref<64xf32>, vector<4xf32>`,
  },
  {
    name: "masks, masked loads and stores",
    args: "%a: memref<16xf32>, %n: memref<1xi64>, %r: memref<32xf32>",
    body: `${indices}
      %k = memref.load %n[%c0] : memref<1xi64>
      %seven = arith.constant 7 : i64
      %km = arith.andi %k, %seven : i64
      %ki = arith.index_cast %km : i64 to index
      %m = vector.create_mask %ki : vector<8xi1>
      %z = arith.constant dense<-1.0> : vector<8xf32>
      %v = vector.maskedload %a[%c2], %m, %z : memref<16xf32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
      vector.store %v, %r[%c0] : memref<32xf32>, vector<8xf32>
      %cm = vector.constant_mask [3] : vector<8xi1>
      vector.maskedstore %r[%c8], %cm, %v : memref<32xf32>, vector<8xi1>, vector<8xf32>
      %x = arith.ori %m, %cm : vector<8xi1>
      %s = arith.select %x, %v, %z : vector<8xi1>, vector<8xf32>
      vector.store %s, %r[%c16] : memref<32xf32>, vector<8xf32>`,
  },
  {
    name: "gathers and scatters",
    args: "%a: memref<16xf32>, %i: memref<8xi32>, %r: memref<16xf32>",
    body: `${indices}
      %p0 = vector.load %i[%c0] : memref<8xi32>, vector<8xi32>
      %fifteen = arith.constant dense<15> : vector<8xi32>
      %p = arith.andi %p0, %fifteen : vector<8xi32>
      %m = vector.constant_mask [6] : vector<8xi1>
      %z = arith.constant dense<-1.0> : vector<8xf32>
      %g = vector.gather %a[%c0] [%p], %m, %z : memref<16xf32>, vector<8xi32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
      vector.store %g, %r[%c0] : memref<16xf32>, vector<8xf32>
      %s = vector.step : vector<8xindex>
      %two = arith.constant dense<1> : vector<8xindex>
      %t = arith.xori %s, %two : vector<8xindex>
      %tc = arith.index_cast %t : vector<8xindex> to vector<8xi32>
      vector.scatter %r[%c8] [%tc], %m, %g : memref<16xf32>, vector<8xi32>, vector<8xi1>, vector<8xf32>`,
  },
  {
    name: "float reductions",
    args: "%a: memref<16xf32>, %r: memref<16xf32>",
    body: `${indices}
      %v = vector.load %a[%c0] : memref<16xf32>, vector<16xf32>
      %one = arith.constant 1.0 : f32
      %s = vector.reduction <add>, %v : vector<16xf32> into f32
      memref.store %s, %r[%c0] : memref<16xf32>
      %t = vector.reduction <add>, %v, %one : vector<16xf32> into f32
      memref.store %t, %r[%c1] : memref<16xf32>
      %m = vector.reduction <maximumf>, %v : vector<16xf32> into f32
      memref.store %m, %r[%c2] : memref<16xf32>
      %n = vector.reduction <minimumf>, %v, %one : vector<16xf32> into f32
      memref.store %n, %r[%c3] : memref<16xf32>
      %x = vector.reduction <maxnumf>, %v : vector<16xf32> into f32
      memref.store %x, %r[%c4] : memref<16xf32>
      %h = vector.load %a[%c1] : memref<16xf32>, vector<3xf32>
      %p = vector.reduction <mul>, %h : vector<3xf32> into f32
      memref.store %p, %r[%c8] : memref<16xf32>
      %o = vector.reduction <maximumf>, %h : vector<3xf32> into f32
      %c9 = arith.constant 9 : index
      memref.store %o, %r[%c9] : memref<16xf32>`,
    tolerance: 1e-5,
  },
  {
    name: "integer reductions",
    args: "%a: memref<8xi32>, %r: memref<16xi32>",
    body: `${indices}
      %v = vector.load %a[%c0] : memref<8xi32>, vector<8xi32>
      %one = arith.constant 1 : i32
      ${["add", "mul", "and", "or", "xor", "minsi", "maxsi", "minui", "maxui"]
        .map(
          (kind, position) => `
        %p${position} = arith.constant ${position} : index
        %s${position} = vector.reduction <${kind}>, %v${position % 2 === 0 ? "" : ", %one"} : vector<8xi32> into i32
        memref.store %s${position}, %r[%p${position}] : memref<16xi32>`,
        )
        .join("\n")}`,
  },
  {
    name: "reductions of some dimensions",
    withoutMlir: "mlir-opt has no pass that lowers these",
    expected: ([a, r]) => {
      const square = (row: number, column: number): number => a![4 * row + column]! ** 2;
      const range = [0, 1, 2, 3];
      const columns = range.map((column) => range.reduce((sum, row) => sum + square(row, column), 0));
      const largest = range.map((row) => Math.max(0, ...a!.slice(4 * row, 4 * row + 4)));
      const all = columns.reduce((sum, column) => sum + column, 0.5);
      return [...columns, ...largest, all, ...r!.slice(9)];
    },
    args: "%a: memref<4x4xf32>, %r: memref<16xf32>",
    body: `${indices}
      %zero = arith.constant dense<0.0> : vector<4xf32>
      %start = arith.constant 0.5 : f32
      %r0 = vector.load %a[%c0, %c0] : memref<4x4xf32>, vector<4xf32>
      %r1 = vector.load %a[%c1, %c0] : memref<4x4xf32>, vector<4xf32>
      %r2 = vector.load %a[%c2, %c0] : memref<4x4xf32>, vector<4xf32>
      %r3 = vector.load %a[%c3, %c0] : memref<4x4xf32>, vector<4xf32>
      %m0 = vector.broadcast %start : f32 to vector<4x4xf32>
      %m1 = vector.insert %r0, %m0 [0] : vector<4xf32> into vector<4x4xf32>
      %m2 = vector.insert %r1, %m1 [1] : vector<4xf32> into vector<4x4xf32>
      %m3 = vector.insert %r2, %m2 [2] : vector<4xf32> into vector<4x4xf32>
      %m = vector.insert %r3, %m3 [3] : vector<4xf32> into vector<4x4xf32>
      %q = arith.mulf %m, %m : vector<4x4xf32>
      %x = vector.multi_reduction <add>, %q, %zero [0] : vector<4x4xf32> to vector<4xf32>
      vector.store %x, %r[%c0] : memref<16xf32>, vector<4xf32>
      %y = vector.multi_reduction <maximumf>, %m, %zero [1] : vector<4x4xf32> to vector<4xf32>
      vector.store %y, %r[%c4] : memref<16xf32>, vector<4xf32>
      %z = vector.multi_reduction <add>, %q, %start [0, 1] : vector<4x4xf32> to f32
      memref.store %z, %r[%c8] : memref<16xf32>`,
    tolerance: 1e-5,
  },
  {
    name: "transfers inside and across a buffer's end",
    args: "%a: memref<4x10xf32>, %r: memref<4x10xf32>",
    body: `${indices}
      %pad = arith.constant 9.0 : f32
      scf.for %i = %c0 to %c4 step %c1 {
        %v = vector.transfer_read %a[%i, %c1], %pad {in_bounds = [true]} : memref<4x10xf32>, vector<8xf32>
        vector.transfer_write %v, %r[%i, %c0] {in_bounds = [true]} : vector<8xf32>, memref<4x10xf32>
        %w = vector.transfer_read %a[%i, %c8], %pad : memref<4x10xf32>, vector<4xf32>
        %s = arith.addf %w, %w : vector<4xf32>
        vector.transfer_write %s, %r[%i, %c8] : vector<4xf32>, memref<4x10xf32>
      }`,
  },
  {
    name: "vectors of several dimensions in memory and arithmetic",
    args: "%a: memref<2x8xf32>, %b: memref<2x8xf32>, %r: memref<2x8xf32>",
    body: `${indices}
      %x = vector.transfer_read %a[%c0, %c0], %z {in_bounds = [true, true]} : memref<2x8xf32>, vector<2x8xf32>
      %y = vector.transfer_read %b[%c0, %c0], %z {in_bounds = [true, true]} : memref<2x8xf32>, vector<2x8xf32>
      %f = vector.fma %x, %y, %x : vector<2x8xf32>
      %k = arith.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], [0.5, 0.25, 0.125, 1.0, 1.0, 1.0, 1.0, 2.0]]> : vector<2x8xf32>
      %g = arith.mulf %f, %k : vector<2x8xf32>
      %c = arith.cmpf ogt, %g, %y : vector<2x8xf32>
      %s = arith.select %c, %g, %y : vector<2x8xi1>, vector<2x8xf32>
      vector.transfer_write %s, %r[%c0, %c0] {in_bounds = [true, true]} : vector<2x8xf32>, memref<2x8xf32>`.replace(
      "%x = vector.transfer_read",
      "%z = arith.constant 0.0 : f32\n      %x = vector.transfer_read",
    ),
  },
];

export const loweringCases: readonly LoweringCase[] = [...arithmetic, ...extrema, ...control, ...memory, ...vectors];
