/** Loops, conditions and calls: nests, carried values, bounds and steps known or not, and what is hoisted out of them. */
import { expect, test } from "vitest";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { compile, execute, run } from "./harness.ts";

/** `@main` with inputs and outputs `name: type`; `%c0`, `%c1`, … `%c64` are constants. */
function main(inputs: Record<string, string>, outputs: Record<string, string>, body: string, before = ""): string {
  const argument =
    (role: string) =>
    ([name, type]: [string, string]) =>
      `%${name}: ${type} {anemone.${role} = "${name}"}`;
  const arguments_ = [
    ...Object.entries(inputs).map(argument("input")),
    ...Object.entries(outputs).map(argument("output")),
  ];
  const used = [...new Set(body.match(/%c\d+\b/g) ?? [])];
  const constants = used.map((name) => `${name} = arith.constant ${name.slice(2)} : index`);
  return `${before}\nfunc.func @main(${arguments_.join(", ")}) {\n${constants.join("\n")}\n${body}\nreturn\n}`;
}

test("a sum carried around a loop, and the counter as a value", async () => {
  const text = main(
    { a: "memref<10xi32>" },
    { r: "memref<2xi32>" },
    `
    %zero = arith.constant 0 : i32
    %sum, %last = scf.for %i = %c0 to %c10 step %c1 iter_args(%s = %zero, %l = %zero) -> (i32, i32) {
      %x = memref.load %a[%i] : memref<10xi32>
      %t = arith.addi %s, %x : i32
      %n = arith.index_cast %i : index to i32
      scf.yield %t, %n : i32, i32
    }
    memref.store %sum, %r[%c0] : memref<2xi32>
    memref.store %last, %r[%c1] : memref<2xi32>`,
  );
  expect(
    await run(
      text,
      Int32Array.from({ length: 10 }, (_, i) => i * i),
    ),
  ).toEqual([Int32Array.of(285, 9)]);
});

test("values that a loop exchanges are set at once", async () => {
  const text = main(
    { a: "memref<2xf32>" },
    { r: "memref<2xf32>" },
    `
    %x = memref.load %a[%c0] : memref<2xf32>
    %y = memref.load %a[%c1] : memref<2xf32>
    %p, %q = scf.for %i = %c0 to %c5 step %c1 iter_args(%u = %x, %v = %y) -> (f32, f32) {
      %w = arith.addf %u, %v : f32
      scf.yield %v, %w : f32, f32
    }
    memref.store %p, %r[%c0] : memref<2xf32>
    memref.store %q, %r[%c1] : memref<2xf32>`,
  );
  expect(await run(text, Float32Array.of(0, 1))).toEqual([Float32Array.of(5, 8)]);
});

test("carried index values and vectors", async () => {
  const text = main(
    { a: "memref<64xf32>" },
    { r: "memref<8xf32>", n: "memref<1xindex>" },
    `
    %zero = arith.constant dense<0.0> : vector<8xf32>
    %v, %end = scf.for %i = %c0 to %c4 step %c1 iter_args(%s = %zero, %at = %c3) -> (vector<8xf32>, index) {
      %x = vector.load %a[%at] : memref<64xf32>, vector<8xf32>
      %t = arith.addf %s, %x : vector<8xf32>
      %next = arith.addi %at, %c11 : index
      scf.yield %t, %next : vector<8xf32>, index
    }
    vector.store %v, %r[%c0] : memref<8xf32>, vector<8xf32>
    memref.store %end, %n[%c0] : memref<1xindex>`,
  );
  const input = Float32Array.from({ length: 64 }, (_, i) => i);
  const starts = [3, 14, 25, 36];
  const expected = Float32Array.from({ length: 8 }, (_, lane) => starts.reduce((sum, at) => sum + at + lane, 0));
  expect(await run(text, input)).toEqual([expected, BigInt64Array.of(47n)]);
});

test.each([
  [0, 10, 3],
  [2, 2, 1],
  [5, 3, 1],
  [0, 1, 4],
  [-4, 9, 5],
])("bounds %d to %d by %d, known and not", async (lower, upper, step) => {
  const values: bigint[] = [];
  for (let i = lower; i < upper; i += step) values.push(BigInt(i));
  const expected = new BigInt64Array(16);
  values.forEach((value, position) => {
    expected[position] = value;
  });
  const loop = (bounds: string) => `
    %end = scf.for %i = ${bounds} iter_args(%n = %c0) -> (index) {
      memref.store %i, %r[%n] : memref<16xindex>
      %m = arith.addi %n, %c1 : index
      scf.yield %m : index
    }`;
  const clear = `scf.for %k = %c0 to %c16 step %c1 { memref.store %c0, %r[%k] : memref<16xindex> }`;
  const known = main(
    {},
    { r: "memref<16xindex>" },
    `
    ${clear}
    %lower = arith.constant ${lower} : index
    %upper = arith.constant ${upper} : index
    %step = arith.constant ${step} : index
    ${loop("%lower to %upper step %step")}`,
  );
  expect(await run(known)).toEqual([expected]);
  const unknown = main(
    { b: "memref<3xindex>" },
    { r: "memref<16xindex>" },
    `
    ${clear}
    %lower = memref.load %b[%c0] : memref<3xindex>
    %upper = memref.load %b[%c1] : memref<3xindex>
    %step = memref.load %b[%c2] : memref<3xindex>
    ${loop("%lower to %upper step %step")}`,
  );
  expect(await run(unknown, BigInt64Array.from([lower, upper, step], BigInt))).toEqual([expected]);
});

test("counters of type i32", async () => {
  const text = main(
    {},
    { r: "memref<8xi32>" },
    `
    %z = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    %eight = arith.constant 8 : i32
    scf.for %i = %z to %eight step %one : i32 {
      %at = arith.index_cast %i : i32 to index
      %x = arith.muli %i, %i : i32
      memref.store %x, %r[%at] : memref<8xi32>
    }`,
  );
  expect(await run(text)).toEqual([Int32Array.from({ length: 8 }, (_, i) => i * i)]);
});

test("deep nests address by sums of all counters, forwards and backwards", async () => {
  const text = main(
    { a: "memref<3x4x5x6xf32>" },
    { r: "memref<6x5x4x3xf32>" },
    `
    scf.for %i = %c0 to %c3 step %c1 {
      scf.for %j = %c0 to %c4 step %c1 {
        %back = arith.subi %c3, %j : index
        scf.for %k = %c0 to %c5 step %c1 {
          scf.for %l = %c0 to %c6 step %c2 {
            %l1 = arith.addi %l, %c1 : index
            %x = memref.load %a[%i, %back, %k, %l] : memref<3x4x5x6xf32>
            %y = memref.load %a[%i, %back, %k, %l1] : memref<3x4x5x6xf32>
            memref.store %x, %r[%l, %k, %j, %i] : memref<6x5x4x3xf32>
            memref.store %y, %r[%l1, %k, %j, %i] : memref<6x5x4x3xf32>
          }
        }
      }
    }`,
  );
  const input = Float32Array.from({ length: 360 }, (_, i) => i);
  const expected = new Float32Array(360);
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 4; j++)
      for (let k = 0; k < 5; k++)
        for (let l = 0; l < 6; l++) expected[((l * 5 + k) * 4 + j) * 3 + i] = input[((i * 4 + 3 - j) * 5 + k) * 6 + l]!;
  expect(await run(text, input)).toEqual([expected]);
});

test("indices made between two loops are hoisted in front of the inner one", async () => {
  const text = main(
    { a: "memref<40xf32>", n: "memref<4xindex>" },
    { r: "memref<4x8xf32>" },
    `
    scf.for %i = %c0 to %c4 step %c1 {
      %start = memref.load %n[%i] : memref<4xindex>
      %clamped = arith.minsi %start, %c32 : index
      scf.for %j = %c0 to %c8 step %c1 {
        %at = arith.addi %clamped, %j : index
        %x = memref.load %a[%at] : memref<40xf32>
        memref.store %x, %r[%i, %j] : memref<4x8xf32>
      }
    }`,
  );
  const starts = BigInt64Array.of(5n, 32n, 39n, 0n);
  const input = Float32Array.from({ length: 40 }, (_, i) => i);
  const expected = Float32Array.from({ length: 32 }, (_, p) => Math.min(Number(starts[p >> 3]!), 32) + (p & 7));
  expect(await run(text, input, starts)).toEqual([expected]);
});

test("a negative counter with a positive offset reads inside the buffer", async () => {
  const text = main(
    { a: "memref<8xf32>" },
    { r: "memref<8xf32>" },
    `
    %low = arith.constant -4 : index
    scf.for %i = %low to %c4 step %c1 {
      %at = arith.addi %i, %c4 : index
      %x = memref.load %a[%at] : memref<8xf32>
      memref.store %x, %r[%at] : memref<8xf32>
    }`,
  );
  const input = Float32Array.from({ length: 8 }, (_, i) => i + 1);
  expect(await run(text, input)).toEqual([input]);
});

test("offsets larger than a page, from bases that are known and not", async () => {
  const text = `
    memref.global "private" @buffer : memref<100000xf32> = uninitialized
    ${main(
      { a: "memref<100000xf32>" },
      { r: "memref<4xf32>" },
      `
    %b = memref.get_global @buffer : memref<100000xf32>
    %far = arith.constant 90000 : index
    %near = arith.constant -89996 : index
    scf.for %i = %c0 to %c4 step %c1 {
      %at = arith.addi %i, %far : index
      %x = memref.load %a[%at] : memref<100000xf32>
      memref.store %x, %b[%at] : memref<100000xf32>
    }
    scf.for %i = %c0 to %c4 step %c1 {
      %at = arith.addi %i, %far : index
      %y = memref.load %b[%at] : memref<100000xf32>
      %back = arith.addi %at, %near : index
      %to = arith.subi %back, %c4 : index
      memref.store %y, %r[%to] : memref<4xf32>
    }`,
    )}`;
  const input = Float32Array.from({ length: 100000 }, (_, i) => i);
  expect(await run(text, input)).toEqual([Float32Array.of(90000, 90001, 90002, 90003)]);
});

test("conditions with and without results", async () => {
  const text = main(
    { a: "memref<6xf32>" },
    { r: "memref<6xf32>", v: "memref<6x2xf32>" },
    `
    %limit = arith.constant 2.5 : f32
    %ones = arith.constant dense<1.0> : vector<2xf32>
    scf.for %i = %c0 to %c6 step %c1 {
      %x = memref.load %a[%i] : memref<6xf32>
      %c = arith.cmpf ogt, %x, %limit : f32
      %y, %w, %at = scf.if %c -> (f32, vector<2xf32>, index) {
        %s = arith.mulf %x, %x : f32
        %sv = vector.broadcast %s : f32 to vector<2xf32>
        scf.yield %s, %sv, %i : f32, vector<2xf32>, index
      } else {
        %n = arith.negf %x : f32
        %o = arith.subi %c2, %i : index
        scf.yield %n, %ones, %o : f32, vector<2xf32>, index
      }
      memref.store %y, %r[%at] : memref<6xf32>
      vector.store %w, %v[%i, %c0] : memref<6x2xf32>, vector<2xf32>
      scf.if %c {
        %t = arith.addf %y, %limit : f32
        memref.store %t, %r[%at] : memref<6xf32>
      }
    }`,
  );
  const [result, vectors] = await run(text, Float32Array.of(0, 1, 2, 3, 4, 5));
  expect(result).toEqual(Float32Array.of(-2, -1, -0, 11.5, 18.5, 27.5));
  expect(vectors).toEqual(Float32Array.of(1, 1, 1, 1, 1, 1, 9, 9, 16, 16, 25, 25));
});

test("while loops", async () => {
  const text = main(
    { a: "memref<1xi64>" },
    { r: "memref<2xi64>" },
    `
    %start = memref.load %a[%c0] : memref<1xi64>
    %zero = arith.constant 0 : i64
    %one = arith.constant 1 : i64
    %two = arith.constant 2 : i64
    %three = arith.constant 3 : i64
    %last, %steps = scf.while (%x = %start, %n = %zero) : (i64, i64) -> (i64, i64) {
      %goes = arith.cmpi ne, %x, %one : i64
      scf.condition(%goes) %x, %n : i64, i64
    } do {
    ^bb0(%x: i64, %n: i64):
      %bit = arith.andi %x, %one : i64
      %odd = arith.cmpi eq, %bit, %one : i64
      %next = scf.if %odd -> (i64) {
        %t = arith.muli %x, %three : i64
        %u = arith.addi %t, %one : i64
        scf.yield %u : i64
      } else {
        %h = arith.divui %x, %two : i64
        scf.yield %h : i64
      }
      %m = arith.addi %n, %one : i64
      scf.yield %next, %m : i64, i64
    }
    memref.store %last, %r[%c0] : memref<2xi64>
    memref.store %steps, %r[%c1] : memref<2xi64>`,
  );
  expect(await run(text, BigInt64Array.of(27n))).toEqual([BigInt64Array.of(1n, 111n)]);
});

test("parallel loops, switches and executed regions", async () => {
  const text = main(
    {},
    { r: "memref<3x4xi32>", s: "memref<4xi32>" },
    `
    %ten = arith.constant 10 : i32
    %twenty = arith.constant 20 : i32
    %thirty = arith.constant 30 : i32
    scf.parallel (%i, %j) = (%c0, %c0) to (%c3, %c4) step (%c1, %c1) {
      %m = arith.muli %i, %c10 : index
      %n = arith.addi %m, %j : index
      %x = arith.index_cast %n : index to i32
      memref.store %x, %r[%i, %j] : memref<3x4xi32>
      scf.reduce
    }
    scf.for %i = %c0 to %c4 step %c1 {
      %x = scf.index_switch %i -> i32
      case 1 { scf.yield %ten : i32 }
      case 3 { scf.yield %twenty : i32 }
      default { scf.yield %thirty : i32 }
      %y = scf.execute_region -> i32 {
        %z = arith.addi %x, %x : i32
        scf.yield %z : i32
      }
      memref.store %y, %s[%i] : memref<4xi32>
    }`,
  );
  expect(await run(text)).toEqual([
    Int32Array.of(0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23),
    Int32Array.of(60, 20, 60, 40),
  ]);
});

test("calls with buffers, scalars, vectors and several results", async () => {
  const before = `
    func.func private @double(%m: memref<4xf32, strided<[1], offset: ?>>, %k: f32) {
      %c0 = arith.constant 0 : index
      %v = vector.load %m[%c0] : memref<4xf32, strided<[1], offset: ?>>, vector<4xf32>
      %b = vector.broadcast %k : f32 to vector<4xf32>
      %w = arith.mulf %v, %b : vector<4xf32>
      vector.store %w, %m[%c0] : memref<4xf32, strided<[1], offset: ?>>, vector<4xf32>
      return
    }
    func.func private @pair(%v: vector<8xf32>, %i: index) -> (f32, vector<8xf32>, index) {
      %c1 = arith.constant 1 : index
      %x = vector.extract %v[5] : f32 from vector<8xf32>
      %w = arith.addf %v, %v : vector<8xf32>
      %j = arith.addi %i, %c1 : index
      return %x, %w, %j : f32, vector<8xf32>, index
    }
    func.func private @square(%x: f32) -> f32 {
      %y = arith.mulf %x, %x : f32
      return %y : f32
    }`;
  const text = main(
    { a: "memref<8xf32>" },
    { r: "memref<8xf32>", s: "memref<2xf32>" },
    `
    %three = arith.constant 3.0 : f32
    %v = vector.load %a[%c0] : memref<8xf32>, vector<8xf32>
    %x, %w, %j = func.call @pair(%v, %c0) : (vector<8xf32>, index) -> (f32, vector<8xf32>, index)
    %y = func.call @square(%x) : (f32) -> f32
    memref.store %x, %s[%c0] : memref<2xf32>
    memref.store %y, %s[%j] : memref<2xf32>
    vector.store %w, %r[%c0] : memref<8xf32>, vector<8xf32>
    %half = memref.subview %r[4] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 4>>
    %any = memref.cast %half : memref<4xf32, strided<[1], offset: 4>> to memref<4xf32, strided<[1], offset: ?>>
    func.call @double(%any, %three) : (memref<4xf32, strided<[1], offset: ?>>, f32) -> ()`,
    before,
  );
  expect(await run(text, Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7))).toEqual([
    Float32Array.of(0, 2, 4, 6, 24, 30, 36, 42),
    Float32Array.of(5, 25),
  ]);
});

test("masks are carried, yielded and passed whatever their lanes' width", async () => {
  const before = `
    func.func private @invert(%m: vector<6xi1>) -> vector<6xi1> {
      %t = arith.constant dense<true> : vector<6xi1>
      %n = arith.xori %m, %t : vector<6xi1>
      return %n : vector<6xi1>
    }`;
  const text = main(
    { a: "memref<6xf64>" },
    { r: "memref<6xi8>" },
    `
    %none = arith.constant dense<false> : vector<6xi1>
    %limit = arith.constant dense<2.0> : vector<6xf64>
    %v = vector.load %a[%c0] : memref<6xf64>, vector<6xf64>
    %m = scf.for %i = %c0 to %c3 step %c1 iter_args(%k = %none) -> (vector<6xi1>) {
      %c = arith.cmpf ogt, %v, %limit : vector<6xf64>
      %o = arith.ori %c, %k : vector<6xi1>
      scf.yield %o : vector<6xi1>
    }
    %n = func.call @invert(%m) : (vector<6xi1>) -> vector<6xi1>
    %x = arith.extui %n : vector<6xi1> to vector<6xi8>
    vector.store %x, %r[%c0] : memref<6xi8>, vector<6xi8>`,
    before,
  );
  expect(await run(text, Float64Array.of(1, 2, 3, 4, 0, 9))).toEqual([Int8Array.of(1, 1, 0, 0, 1, 0)]);
});

test("stores keep their place among loads that wait", async () => {
  const text = main(
    { a: "memref<2xf32>" },
    { r: "memref<4xf32>" },
    `
    %x = memref.load %a[%c0] : memref<2xf32>
    memref.store %x, %r[%c0] : memref<4xf32>
    %old = memref.load %r[%c0] : memref<4xf32>
    %y = memref.load %a[%c1] : memref<2xf32>
    memref.store %y, %r[%c0] : memref<4xf32>
    memref.store %old, %r[%c1] : memref<4xf32>
    %sum = arith.addf %x, %y : f32
    scf.for %i = %c2 to %c4 step %c1 {
      %z = memref.load %r[%c0] : memref<4xf32>
      %t = arith.addf %z, %sum : f32
      memref.store %sum, %r[%c0] : memref<4xf32>
      memref.store %t, %r[%i] : memref<4xf32>
    }`,
  );
  expect(await run(text, Float32Array.of(1, 2))).toEqual([Float32Array.of(3, 1, 5, 6)]);
});

test.each([0, 1, 2] as const)("optimizer level %d", async (optimize) => {
  const text = main(
    { a: "memref<16xf32>", b: "memref<16xf32>" },
    { r: "memref<16xf32>" },
    `
    scf.for %i = %c0 to %c16 step %c4 {
      %x = vector.load %a[%i] : memref<16xf32>, vector<4xf32>
      %y = vector.load %b[%i] : memref<16xf32>, vector<4xf32>
      %z = vector.fma %x, %y, %x : vector<4xf32>
      vector.store %z, %r[%i] : memref<16xf32>, vector<4xf32>
    }`,
  );
  const program = await compile(text, { optimize });
  const a = Float32Array.from({ length: 16 }, (_, i) => i);
  expect(execute(program, a, a)).toEqual([a.map((x) => x * x + x)]);
});

test.each([
  ['"test.unknown"() : () -> ()', /'test\.unknown' op is not lowered to WebAssembly/],
  ["%m = memref.alloc(%c4) : memref<?xf32>", /allocates memref<\?xf32>, whose size is not known/],
  ["%m = memref.alloca() : memref<4xi128>", /uses a buffer of i128, which WebAssembly code cannot hold/],
  ["func.call @outside() : () -> ()", /calls @outside, which has no body/],
])("%s is refused with its place", async (line, message) => {
  const text = `func.func private @outside()\n${main({}, { r: "memref<4xf32>" }, line)}`;
  const failure = await compile(text).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(DiagnosticError);
  if (!(failure instanceof DiagnosticError)) return;
  expect(failure.message).toMatch(message);
  expect(failure.details).toMatchObject({
    file: "test.mlir",
    line: text.slice(0, text.indexOf(line)).split("\n").length,
  });
});

test("a module without @main, and an argument without a role, are refused", async () => {
  await expect(compile("func.func @other() { return }")).rejects.toThrow(/has no function @main/);
  await expect(compile("func.func @main(%a: memref<4xf32>) { return }")).rejects.toThrow(
    /argument 0 of type memref<4xf32> that is no static buffer with a role/,
  );
});
