/** Memory: element types, views with known and unknown offsets, copies, globals, buffers, and loads and stores of all widths. */
import { expect, test } from "vitest";
import type { ElementName } from "../../ir/tensor-data.ts";
import { compile, dataOf, elementwiseText, execute, run, samples, valuesOf } from "./harness.ts";

const types: readonly ElementName[] = ["i1", "i8", "i16", "i32", "i64", "f16", "bf16", "f32", "f64"];

test.each(types)("loads and stores of %s in every width", async (type) => {
  for (const lanes of [0, 1, 2, 3, 5, 7, 8, 11, 15, 16, 17, 33]) {
    const count = lanes * 4 || 7;
    const text = elementwiseText(
      { inputs: [type], output: type, body: "%r = arith.select %true, %x, %x : $x" },
      count,
      lanes,
    );
    const input = dataOf(type, samples(type, count));
    const [actual] = await run(text.replace("%c0 =", "%true = arith.constant true\n      %c0 ="), input);
    expect(valuesOf(actual!), `${lanes} lanes`).toEqual(valuesOf(input));
  }
});

test("partial stores leave their neighbours alone", async () => {
  for (const lanes of [1, 2, 3, 5, 6, 7, 9, 13]) {
    const text = `
      func.func @main(%a: memref<32xi16> {anemone.input = "a"}, %r: memref<32xi16> {anemone.output = "r"}) {
        %c3 = arith.constant 3 : index
        memref.copy %a, %r : memref<32xi16> to memref<32xi16>
        %x = vector.load %a[%c3] : memref<32xi16>, vector<${lanes}xi16>
        %y = arith.addi %x, %x : vector<${lanes}xi16>
        vector.store %y, %r[%c3] : memref<32xi16>, vector<${lanes}xi16>
        return
      }`;
    const input = Int16Array.from({ length: 32 }, (_, i) => i + 1);
    const expected = input.map((value, i) => (i >= 3 && i < 3 + lanes ? 2 * value : value));
    expect(await run(text, input)).toEqual([expected]);
  }
});

test("vectors of several rows", async () => {
  const text = `
    func.func @main(%a: memref<4x10xf32> {anemone.input = "a"}, %r: memref<5x8xf32> {anemone.output = "r"}) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %zero = arith.constant dense<0.0> : vector<5x8xf32>
      vector.store %zero, %r[%c0, %c0] : memref<5x8xf32>, vector<5x8xf32>
      %x = vector.load %a[%c1, %c2] : memref<4x10xf32>, vector<3x6xf32>
      vector.store %x, %r[%c2, %c1] : memref<5x8xf32>, vector<3x6xf32>
      return
    }`;
  const input = Float32Array.from({ length: 40 }, (_, i) => i + 1);
  const expected = new Float32Array(40);
  for (let i = 0; i < 3; i++) for (let j = 0; j < 6; j++) expected[(i + 2) * 8 + j + 1] = input[(i + 1) * 10 + j + 2]!;
  expect(await run(text, input)).toEqual([expected]);
});

test("subviews with offsets known and not, with strides, of subviews", async () => {
  const text = `
    func.func @main(%a: memref<6x8x10xi32> {anemone.input = "a"}, %n: memref<2xindex> {anemone.input = "n"},
                    %r: memref<2x3x4xi32> {anemone.output = "r"}, %d: memref<2xindex> {anemone.output = "d"}) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %c3 = arith.constant 3 : index
      %c4 = arith.constant 4 : index
      %p = memref.load %n[%c0] : memref<2xindex>
      %q = memref.load %n[%c1] : memref<2xindex>
      %s = memref.subview %a[%p, 1, %q] [4, 6, 8] [1, 1, 1] : memref<6x8x10xi32> to memref<4x6x8xi32, strided<[80, 10, 1], offset: ?>>
      %t = memref.subview %s[1, %c2, 0] [2, 3, 4] [1, 1, 2] : memref<4x6x8xi32, strided<[80, 10, 1], offset: ?>> to memref<2x3x4xi32, strided<[80, 10, 2], offset: ?>>
      scf.for %i = %c0 to %c2 step %c1 {
        scf.for %j = %c0 to %c3 step %c1 {
          scf.for %k = %c0 to %c4 step %c1 {
            %x = memref.load %t[%i, %j, %k] : memref<2x3x4xi32, strided<[80, 10, 2], offset: ?>>
            memref.store %x, %r[%i, %j, %k] : memref<2x3x4xi32>
          }
        }
      }
      %row = memref.subview %a[0, 0, 0] [1, %p, 10] [1, 1, 1] : memref<6x8x10xi32> to memref<?x10xi32, strided<[10, 1]>>
      %rows = memref.dim %row, %c0 : memref<?x10xi32, strided<[10, 1]>>
      %columns = memref.dim %row, %c1 : memref<?x10xi32, strided<[10, 1]>>
      memref.store %rows, %d[%c0] : memref<2xindex>
      memref.store %columns, %d[%c1] : memref<2xindex>
      return
    }`;
  const input = Int32Array.from({ length: 480 }, (_, i) => i);
  const [p, q] = [2, 1];
  const expected = Int32Array.from({ length: 24 }, (_, at) => {
    const [i, j, k] = [Math.floor(at / 12), Math.floor(at / 4) % 3, at % 4];
    return (p + 1 + i) * 80 + (1 + 2 + j) * 10 + q + 2 * k;
  });
  expect(await run(text, input, BigInt64Array.of(BigInt(p), BigInt(q)))).toEqual([expected, BigInt64Array.of(2n, 10n)]);
});

test("views of a scratch buffer, reshaped, recast and transposed", async () => {
  const text = `
    func.func @main(%a: memref<2x12xf32> {anemone.input = "a"}, %r: memref<4x6xf32> {anemone.output = "r"}, %w: memref<1024xi8> {anemone.arena}) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c4 = arith.constant 4 : index
      %c6 = arith.constant 6 : index
      %at = arith.constant 128 : index
      %v = memref.view %w[%at][] : memref<1024xi8> to memref<2x12xf32>
      memref.copy %a, %v : memref<2x12xf32> to memref<2x12xf32>
      %flat = memref.collapse_shape %v [[0, 1]] : memref<2x12xf32> into memref<24xf32>
      %wide = memref.expand_shape %flat [[0, 1]] output_shape [6, 4] : memref<24xf32> into memref<6x4xf32>
      %turned = memref.transpose %wide (i, j) -> (j, i) : memref<6x4xf32> to memref<4x6xf32, strided<[1, 4]>>
      %again = memref.reinterpret_cast %flat to offset: [0], sizes: [4, 6], strides: [1, 4] : memref<24xf32> to memref<4x6xf32, strided<[1, 4]>>
      scf.for %i = %c0 to %c4 step %c1 {
        scf.for %j = %c0 to %c6 step %c1 {
          %x = memref.load %turned[%i, %j] : memref<4x6xf32, strided<[1, 4]>>
          %y = memref.load %again[%i, %j] : memref<4x6xf32, strided<[1, 4]>>
          %z = arith.addf %x, %y : f32
          memref.store %z, %r[%i, %j] : memref<4x6xf32>
        }
      }
      return
    }`;
  const input = Float32Array.from({ length: 24 }, (_, i) => i);
  const expected = Float32Array.from({ length: 24 }, (_, at) => 2 * input[(at % 6) * 4 + Math.floor(at / 6)]!);
  expect(await run(text, input)).toEqual([expected]);
});

test("a recast counts from the buffer's start, not from the view", async () => {
  const text = `
    func.func @main(%a: memref<16xi32> {anemone.input = "a"}, %r: memref<2xi32> {anemone.output = "r"}) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %s = memref.subview %a[8] [8] [1] : memref<16xi32> to memref<8xi32, strided<[1], offset: 8>>
      %b = memref.reinterpret_cast %s to offset: [%c1], sizes: [2], strides: [3] : memref<8xi32, strided<[1], offset: 8>> to memref<2xi32, strided<[3], offset: ?>>
      %x = memref.load %b[%c0] : memref<2xi32, strided<[3], offset: ?>>
      %y = memref.load %b[%c1] : memref<2xi32, strided<[3], offset: ?>>
      memref.store %x, %r[%c0] : memref<2xi32>
      memref.store %y, %r[%c1] : memref<2xi32>
      return
    }`;
  expect(
    await run(
      text,
      Int32Array.from({ length: 16 }, (_, i) => i),
    ),
  ).toEqual([Int32Array.of(1, 4)]);
});

test("copies between layouts", async () => {
  const text = `
    func.func @main(%a: memref<4x6x8xi16> {anemone.input = "a"}, %r: memref<4x6x8xi16> {anemone.output = "r"}) {
      memref.copy %a, %r : memref<4x6x8xi16> to memref<4x6x8xi16>
      %from = memref.subview %a[0, 1, 2] [4, 3, 5] [1, 2, 1] : memref<4x6x8xi16> to memref<4x3x5xi16, strided<[48, 16, 1], offset: 10>>
      %to = memref.subview %r[0, 0, 1] [4, 3, 5] [1, 1, 1] : memref<4x6x8xi16> to memref<4x3x5xi16, strided<[48, 8, 1], offset: 1>>
      memref.copy %from, %to : memref<4x3x5xi16, strided<[48, 16, 1], offset: 10>> to memref<4x3x5xi16, strided<[48, 8, 1], offset: 1>>
      %column = memref.subview %a[0, 0, 0] [4, 1, 1] [1, 1, 1] : memref<4x6x8xi16> to memref<4xi16, strided<[48]>>
      %end = memref.subview %r[0, 5, 7] [4, 1, 1] [1, 1, 1] : memref<4x6x8xi16> to memref<4xi16, strided<[48], offset: 47>>
      memref.copy %column, %end : memref<4xi16, strided<[48]>> to memref<4xi16, strided<[48], offset: 47>>
      return
    }`;
  const input = Int16Array.from({ length: 192 }, (_, i) => i);
  const expected = input.slice();
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 3; j++) {
      for (let k = 0; k < 5; k++) expected[i * 48 + j * 8 + k + 1] = input[i * 48 + (2 * j + 1) * 8 + k + 2]!;
    }
    expected[i * 48 + 47] = input[i * 48]!;
  }
  expect(await run(text, input)).toEqual([expected]);
});

test("globals, inline and uninitialised, and allocated buffers", async () => {
  const text = `
    memref.global "private" constant @weights : memref<2x3xf32> = dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]>
    memref.global "private" constant @halves : memref<2xf16> = dense<[0.5, -2.0]>
    memref.global "private" constant @all : memref<5xi64> = dense<7>
    memref.global "private" @state : memref<1xi32> = dense<40>
    func.func @main(%r: memref<3xf32> {anemone.output = "r"}, %n: memref<2xi64> {anemone.output = "n"}) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %c3 = arith.constant 3 : index
      %w = memref.get_global @weights : memref<2x3xf32>
      %h = memref.get_global @halves : memref<2xf16>
      %all = memref.get_global @all : memref<5xi64>
      %s = memref.get_global @state : memref<1xi32>
      %buffer = memref.alloca() : memref<3xf32>
      scf.for %i = %c0 to %c3 step %c1 {
        %heap = memref.alloc() : memref<2xf32>
        %x = memref.load %w[%c1, %i] : memref<2x3xf32>
        memref.store %x, %heap[%c1] : memref<2xf32>
        %b = memref.load %h[%c1] : memref<2xf16>
        %f = arith.extf %b : f16 to f32
        %y = memref.load %heap[%c1] : memref<2xf32>
        %z = arith.mulf %y, %f : f32
        memref.store %z, %buffer[%i] : memref<3xf32>
        memref.dealloc %heap : memref<2xf32>
      }
      memref.copy %buffer, %r : memref<3xf32> to memref<3xf32>
      %seven = memref.load %all[%c2] : memref<5xi64>
      memref.store %seven, %n[%c0] : memref<2xi64>
      %old = memref.load %s[%c0] : memref<1xi32>
      %one = arith.constant 1 : i32
      %new = arith.addi %old, %one : i32
      memref.store %new, %s[%c0] : memref<1xi32>
      %count = arith.extsi %new : i32 to i64
      memref.store %count, %n[%c1] : memref<2xi64>
      return
    }`;
  const program = await compile(text);
  expect(execute(program)).toEqual([Float32Array.of(-8, -10, -12), BigInt64Array.of(7n, 41n)]);
  expect(execute(program)[1]).toEqual(BigInt64Array.of(7n, 42n));
});

test("masked, gathered and scattered vectors", async () => {
  const text = `
    func.func @main(%a: memref<16xf32> {anemone.input = "a"}, %p: memref<6xi32> {anemone.input = "p"}, %n: memref<1xindex> {anemone.input = "n"},
                    %r: memref<4x6xf32> {anemone.output = "r"}, %s: memref<16xf32> {anemone.output = "s"}) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %c3 = arith.constant 3 : index
      %fill = arith.constant dense<-1.0> : vector<6xf32>
      %clear = arith.constant dense<0.0> : vector<16xf32>
      %bound = memref.load %n[%c0] : memref<1xindex>
      %mask = vector.create_mask %bound : vector<6xi1>
      %two = vector.constant_mask [2] : vector<6xi1>
      %x = vector.maskedload %a[%c1], %mask, %fill : memref<16xf32>, vector<6xi1>, vector<6xf32> into vector<6xf32>
      vector.store %x, %r[%c0, %c0] : memref<4x6xf32>, vector<6xf32>
      vector.store %fill, %r[%c1, %c0] : memref<4x6xf32>, vector<6xf32>
      vector.maskedstore %r[%c1, %c0], %two, %x : memref<4x6xf32>, vector<6xi1>, vector<6xf32>
      %at = vector.load %p[%c0] : memref<6xi32>, vector<6xi32>
      %g = vector.gather %a[%c2][%at], %mask, %fill : memref<16xf32>, vector<6xi32>, vector<6xi1>, vector<6xf32> into vector<6xf32>
      vector.store %g, %r[%c2, %c0] : memref<4x6xf32>, vector<6xf32>
      %i = vector.step : vector<6xindex>
      %ii = arith.index_cast %i : vector<6xindex> to vector<6xi32>
      %f = arith.sitofp %ii : vector<6xi32> to vector<6xf32>
      vector.store %f, %r[%c3, %c0] : memref<4x6xf32>, vector<6xf32>
      vector.store %clear, %s[%c0] : memref<16xf32>, vector<16xf32>
      vector.scatter %s[%c1][%at], %mask, %x : memref<16xf32>, vector<6xi32>, vector<6xi1>, vector<6xf32>
      return
    }`;
  const input = Float32Array.from({ length: 16 }, (_, i) => i * i);
  const positions = Int32Array.of(3, 0, 9, 5, 1000000, -1000000);
  const [rows, scattered] = await run(text, input, positions, BigInt64Array.of(4n));
  expect(rows).toEqual(
    Float32Array.of(1, 4, 9, 16, -1, -1, 1, 4, -1, -1, -1, -1, 25, 4, 121, 49, -1, -1, 0, 1, 2, 3, 4, 5),
  );
  const expected = new Float32Array(16);
  for (const [lane, at] of [3, 0, 9, 5].entries()) expected[1 + at] = (lane + 1) ** 2;
  expect(scattered).toEqual(expected);
});

test("transfers inside the bounds", async () => {
  const text = `
    func.func @main(%a: memref<3x8xf32> {anemone.input = "a"}, %r: memref<3x8xf32> {anemone.output = "r"}) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %pad = arith.constant 0.0 : f32
      %x = vector.transfer_read %a[%c0, %c0], %pad {in_bounds = [true, true]} : memref<3x8xf32>, vector<3x8xf32>
      %y = arith.addf %x, %x : vector<3x8xf32>
      vector.transfer_write %y, %r[%c0, %c0] {in_bounds = [true, true]} : vector<3x8xf32>, memref<3x8xf32>
      return
    }`;
  const input = Float32Array.from({ length: 24 }, (_, i) => i);
  expect(await run(text, input)).toEqual([input.map((x) => 2 * x)]);
});

test.each([
  [
    "%x = memref.load %a[%c0, %c0] : memref<4x4xf32, strided<[?, 1]>>",
    "memref<4x4xf32, strided<[?, 1]>>",
    /whose strides are not known when compiling/,
  ],
  [
    "%x = vector.load %a[%c0, %c0] : memref<4x4xf32, strided<[1, 4]>>, vector<4xf32>",
    "memref<4x4xf32, strided<[1, 4]>>",
    /whose innermost stride is not 1/,
  ],
])("%s is refused", async (line, type, message) => {
  const text = `
    func.func @main(%a: ${type} {anemone.input = "a"}, %r: memref<4xf32> {anemone.output = "r"}) {
      %c0 = arith.constant 0 : index
      ${line}
      return
    }`;
  await expect(compile(text)).rejects.toThrow(message);
});

test("a buffer that leaves the trip of its loop is refused", async () => {
  const text = `
    func.func @main(%r: memref<4xf32> {anemone.output = "r"}) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c4 = arith.constant 4 : index
      %last = scf.for %i = %c0 to %c4 step %c1 iter_args(%b = %r) -> (memref<4xf32>) {
        %new = memref.alloc() : memref<4xf32>
        scf.yield %new : memref<4xf32>
      }
      return
    }`;
  await expect(compile(text)).rejects.toThrow(/scf\.yield hands on: allocate it outside the loop/);
});
