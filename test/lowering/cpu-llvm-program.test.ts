/**
 * Programs on the LLVM device from hand-written loops: prepared weights, the arena, weights bound by address, zero-copy views, the
 * object cache, dumps that run again, and what wrong inputs are told.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { llvmArtefact } from "../../compiler/llvm-artefact.ts";
import { upstreamDialects } from "../../dialects/index.ts";
import { BlobStore, blobOf } from "../../ir/blob.ts";
import { Context } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { expandMath } from "../../lowering/expand-math/index.ts";
import { loopsToLlvm } from "../../lowering/loops-to-llvm/index.ts";
import { instantiate } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { alignedCopy } from "../../runtime/devices/buffers.ts";
import { loadLlvmProgram } from "../../runtime/devices/cpu-llvm.ts";
import { findLlvm } from "../../runtime/ffi/llvm-library.ts";
import { addressOf } from "../../runtime/ffi/memory.ts";
import { cacheKey, defaultObjectCache, folderCache } from "../../runtime/object-cache.ts";

const context = new Context(upstreamDialects);

/** y = exp(x * w) with w doubled once by @prepare, through the arena; z counts how often @prepare ran. */
const text = `
memref.global "private" constant @weights : memref<512xf32> = dense_resource<weights>
memref.global "private" @runs : memref<1xf32> = dense<0.0>
func.func @prepare(%w: memref<512xf32> {anemone.prepared = "w"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c512 = arith.constant 512 : index
  %one = arith.constant 1.0 : f32
  %g = memref.get_global @weights : memref<512xf32>
  %k = memref.get_global @runs : memref<1xf32>
  %n = memref.load %k[%c0] : memref<1xf32>
  %m = arith.addf %n, %one : f32
  memref.store %m, %k[%c0] : memref<1xf32>
  scf.for %i = %c0 to %c512 step %c1 {
    %x = memref.load %g[%i] : memref<512xf32>
    %y = arith.addf %x, %x : f32
    memref.store %y, %w[%i] : memref<512xf32>
  }
  return
}
func.func private @kernel(%x: memref<512xf32>, %w: memref<512xf32>, %t: memref<512xf32>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %c512 = arith.constant 512 : index
  scf.for %i = %c0 to %c512 step %c16 {
    %a = vector.load %x[%i] : memref<512xf32>, vector<16xf32>
    %b = vector.load %w[%i] : memref<512xf32>, vector<16xf32>
    %c = arith.mulf %a, %b : vector<16xf32>
    %d = math.exp %c : vector<16xf32>
    vector.store %d, %t[%i] : memref<512xf32>, vector<16xf32>
  }
  return
}
func.func @main(%x: memref<512xf32> {anemone.input = "x"}, %flag: memref<i1> {anemone.input = "flag"},
    %w: memref<512xf32> {anemone.prepared = "w"}, %y: memref<2x256xf32> {anemone.output = "y"},
    %z: memref<1xf32> {anemone.output = "z"}, %arena: memref<4096xi8> {anemone.arena}) {
  %c0 = arith.constant 0 : index
  %c2048 = arith.constant 2048 : index
  %t = memref.view %arena[%c2048][] : memref<4096xi8> to memref<512xf32>
  func.call @kernel(%x, %w, %t) : (memref<512xf32>, memref<512xf32>, memref<512xf32>) -> ()
  %f = memref.collapse_shape %y [[0, 1]] : memref<2x256xf32> into memref<512xf32>
  memref.copy %t, %f : memref<512xf32> to memref<512xf32>
  %k = memref.get_global @runs : memref<1xf32>
  %n = memref.load %k[%c0] : memref<1xf32>
  %c = memref.load %flag[] : memref<i1>
  %zero = arith.constant 0.0 : f32
  %v = arith.select %c, %n, %zero : f32
  memref.store %v, %z[%c0] : memref<1xf32>
  return
}`;

const weights = Float32Array.from({ length: 512 }, (_, position) => Math.sin(position));

function lowered(): Operation {
  const blobs = new BlobStore();
  blobs.add({ ...blobOf(new Uint8Array(weights.buffer)), key: "weights" });
  const module = parse(text, context, { blobs });
  new PassManager([instantiate(expandMath), instantiate(loopsToLlvm)], context).run(module);
  return module;
}

const f32 = (shape: readonly number[], data: Float32Array<ArrayBuffer>): TensorData => ({
  shape,
  element: "f32",
  data,
});
const flag = (value: number): TensorData => ({ shape: [], element: "i1", data: Uint8Array.of(value) });
const x = Float32Array.from({ length: 512 }, (_, position) => Math.cos(position));

function expectRight(outputs: Record<string, TensorData>, scale = 1): void {
  const { y } = outputs;
  expect(y!.shape).toEqual([2, 256]);
  for (const [position, value] of y!.data.entries()) {
    const wanted = Math.exp(Math.fround(x[position]! * scale) * 2 * weights[position]!);
    expect(Math.abs(Number(value) - wanted)).toBeLessThan(1e-6 * wanted);
  }
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof DiagnosticError) return error.message;
    throw error;
  }
  throw new Error("expected an error, but there was none");
}

const folder = mkdtempSync(join(tmpdir(), "anemone-cache-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const hasLlvm = findLlvm().library !== undefined;

describe.skipIf(!hasLlvm)(hasLlvm ? "programs by LLVM" : "SKIPPED: no libLLVM was found", () => {
  test("runs: prepared once, weights by address, results copied", () => {
    using program = loadLlvmProgram(llvmArtefact(lowered(), "net"), { cache: null });
    expect(program.inputs.map(({ name }) => name)).toEqual(["x", "flag"]);
    expect(program.outputs.map(({ name, bytes }) => [name, bytes])).toEqual([
      ["y", 2048],
      ["z", 4],
    ]);
    expect(program.weightBytes).toBe(2048);
    const first = program.run({ x: f32([512], x), flag: flag(1) });
    expectRight(first);
    expect([...first.z!.data]).toEqual([1]);
    const halved = program.run({
      x: f32(
        [512],
        x.map((value) => value / 2),
      ),
      flag: flag(0),
    });
    expectRight(halved, 0.5);
    // The first results are copies, and any byte but 0 is true.
    expectRight(first);
    expect([...halved.z!.data]).toEqual([0]);
    expect([...program.run({ x: f32([512], x), flag: flag(2) }).z!.data]).toEqual([1]);
  });

  test("views are the buffers themselves", () => {
    using program = loadLlvmProgram(llvmArtefact(lowered(), "net"), { cache: null });
    const input = program.inputView("x");
    const output = program.outputView("y");
    (input.data as Float32Array).set(x);
    program.execute();
    expectRight({ y: output });
    expect(program.inputView("x").data).toBe(input.data);
    expect(messageOf(() => program.inputView("y"))).toBe(
      "net has no input 'y'; its inputs are x (f32[512]), flag (i1[])",
    );
    expect(messageOf(() => program.outputView("nope"))).toContain("its outputs are y (f32[2, 256]), z (f32[1])");
  });

  test("a dump of the llvm level, read again, runs the same", () => {
    const module = lowered();
    const dumped = print(module, { inlineResources: true });
    const again = parse(dumped, context);
    using program = loadLlvmProgram(llvmArtefact(again, "dump"), { cache: null });
    const outputs = program.run({ x: f32([512], x), flag: flag(1) });
    expectRight(outputs);
    using direct = loadLlvmProgram(llvmArtefact(module, "net"), { cache: null });
    const generic = parse(print(module, { inlineResources: true, generic: true }), context);
    using fromGeneric = loadLlvmProgram(llvmArtefact(generic, "dump"), { cache: null });
    for (const other of [direct, fromGeneric]) {
      expect(other.run({ x: f32([512], x), flag: flag(1) }).y!.data).toEqual(outputs.y!.data);
    }
  });

  test("wrong inputs are told what is wrong", () => {
    using program = loadLlvmProgram(llvmArtefact(lowered(), "net"), { cache: null });
    const good = { x: f32([512], x), flag: flag(1) };
    expect(messageOf(() => program.run({ x: good.x }))).toBe("net: the input 'flag' (i1[]) is missing; given are x");
    expect(messageOf(() => program.run({ ...good, extra: good.x }))).toBe(
      "net has no input 'extra'; its inputs are x (f32[512]), flag (i1[])",
    );
    expect(messageOf(() => program.run({ ...good, x: f32([2, 256], x) }))).toBe(
      "net: the input 'x' must be f32[512], but it is f32[2, 256]",
    );
    expect(messageOf(() => program.run({ ...good, x: f32([512], x.slice(1)) }))).toContain(
      "needs 512 elements, but its data have 511",
    );
    const doubles: TensorData = { shape: [512], element: "f64", data: new Float64Array(512) };
    expect(messageOf(() => program.run({ ...good, x: doubles }))).toBe(
      "net: the input 'x' must be f32[512], but it is f64[512]: convert its elements to f32",
    );
    expectRight(program.run(good));
  });

  test("a disposed program says so", () => {
    const program = loadLlvmProgram(llvmArtefact(lowered(), "net"), { cache: null });
    program.dispose();
    program.dispose();
    expect(messageOf(() => program.execute())).toContain("net was disposed");
  });

  test("objects come from the cache; damaged ones are made again", () => {
    const cache = folderCache(folder);
    const artefact = llvmArtefact(lowered(), "net");
    const load = (options = {}) => {
      using program = loadLlvmProgram(artefact, { cache, ...options });
      expectRight(program.run({ x: f32([512], x), flag: flag(1) }));
      return program.report.cached;
    };
    expect(load()).toBe(false);
    expect(load()).toBe(true);
    // Other code generation is another entry.
    expect(load({ passes: "" })).toBe(false);
    expect(readdirSync(folder)).toHaveLength(2);
    for (const name of readdirSync(folder)) {
      const bytes = readFileSync(join(folder, name));
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(join(folder, name), bytes);
    }
    expect(load()).toBe(false);
    expect(load()).toBe(true);
    for (const name of readdirSync(folder))
      writeFileSync(join(folder, name), readFileSync(join(folder, name)).subarray(0, 20));
    expect(load()).toBe(false);
    expect(load()).toBe(true);
  });

  test("a module that does not say what its arguments are for is refused with the reason", () => {
    const module = lowered();
    const bare = print(module, { inlineResources: true }).replaceAll('anemone.input = "x"', "anemone.nothing");
    expect(messageOf(() => llvmArtefact(parse(bare, context), "net"))).toContain(
      "argument 0 of @main needs one of the attributes",
    );
    const untyped = print(module, { inlineResources: true }).replace(
      /anemone\.type = tensor<4096xi8>/,
      "anemone.untyped",
    );
    expect(messageOf(() => llvmArtefact(parse(untyped, context), "net"))).toContain(
      "argument 5 of @main needs the attribute anemone.type",
    );
    expect(messageOf(() => llvmArtefact(parse("module {}", context), "net"))).toContain("has no llvm.func @main");
    const unprepared = parse(
      print(module, { inlineResources: true }).replace("llvm.func @prepare(", "llvm.func @other("),
      context,
    );
    for (const operation of unprepared.regions[0]!.onlyBlock.operations) {
      if (operation.attribute("sym_name")?.text.includes("_packed_prepare")) operation.erase();
    }
    expect(messageOf(() => loadLlvmProgram(llvmArtefact(unprepared, "net"), { cache: null }))).toContain(
      "@main reads the prepared tensor 'w', which no @prepare computes",
    );
  });

  test("weights are not copied where they lie well", () => {
    const bytes = alignedCopy(new Uint8Array(100).subarray(3));
    expect(addressOf(bytes) % 64).toBe(0);
    expect(alignedCopy(bytes)).toBe(bytes);
    expect(addressOf(alignedCopy(new Uint8Array(0))) % 64).toBe(0);
  });
});

test("the environment decides where objects are kept", () => {
  expect(defaultObjectCache({ ANEMONE_CACHE: "off" })).toBeUndefined();
  expect(defaultObjectCache({ ANEMONE_CACHE: "/some/where" })?.place).toBe("/some/where");
  expect(defaultObjectCache({ XDG_CACHE_HOME: "/cache" })?.place).toBe(join("/cache", "anemone"));
  expect(defaultObjectCache({})?.place).toMatch(/\.cache.anemone$/);
});

test("a cache that cannot be written is no error", () => {
  const file = join(folder, "a-file");
  writeFileSync(file, "");
  const cache = folderCache(join(file, "inside"));
  cache.set("key", Uint8Array.of(1));
  expect(cache.get("key")).toBeUndefined();
});

test("keys tell apart parts that only join to the same text", () => {
  expect(cacheKey("ab", "c")).not.toBe(cacheKey("a", "bc"));
});
