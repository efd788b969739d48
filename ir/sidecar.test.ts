import { spawn, spawnSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testContext } from "./assembly/test-dialect.ts";
import { DenseResourceAttribute } from "./attributes.ts";
import { type Blob, BlobStore, blobOf } from "./blob.ts";
import { unknownLocation } from "./location.ts";
import { Block, createOperation, type Operation, Region } from "./operation.ts";
import { print } from "./printer/print.ts";
import {
  blobsOf,
  printWithSidecar,
  readIr,
  readSidecar,
  sidecarPath,
  verifyBlobs,
  writeIr,
  writeSidecar,
} from "./sidecar.ts";
import { f32, TensorType } from "./types.ts";

const context = testContext({ allowUnregistered: true });

function weights(count: number, first: number): Blob {
  const data = Float32Array.from({ length: count }, (_, position) => first + position);
  return blobOf(new Uint8Array(data.buffer), "w");
}

function constant(blob: Blob): Operation {
  const type = TensorType.get([blob.bytes.length / 4], f32);
  return createOperation({
    name: "a.c",
    attributes: [["v", DenseResourceAttribute.get(type, blob)]],
    location: unknownLocation,
  });
}

function wrap(...operations: readonly Operation[]): Operation {
  return context.definition("builtin.module")!.create({
    name: "builtin.module",
    definition: context.definition("builtin.module"),
    regions: [moduleBody(operations)],
    location: unknownLocation,
  });
}

function moduleBody(operations: readonly Operation[]): Region {
  const block = new Block();
  for (const operation of operations) block.append(operation);
  return new Region([block]);
}

describe("the bytes", () => {
  test.each([0, 1, 2, 40])("of %d blobs are read back, each aligned", (count) => {
    const blobs = Array.from({ length: count }, (_, position) => weights(position * 7, position));
    const file = writeSidecar([...blobs, ...blobs]);
    const store = readSidecar(file);
    expect(store.size).toBe(new Set(blobs.map((blob) => blob.key)).size);
    for (const { key, bytes } of blobs) {
      const found = store.get(key);
      expect(found?.bytes).toEqual(bytes);
      expect(found!.bytes.byteOffset % 64).toBe(0);
      expect(found!.bytes.buffer, "a view, not a copy").toBe(file.buffer);
    }
    expect(() => verifyBlobs(store)).not.toThrow();
  });

  test("cut or changed anywhere are refused or found by their hash", () => {
    const file = writeSidecar([weights(5, 1), weights(3, 9)]);
    for (let end = 0; end < file.length; end++) {
      expect(() => readSidecar(file.slice(0, end)), `cut at ${end}`).toThrow(/is not a file of weights/);
    }
    const changed = file.slice();
    changed[changed.length - 1]! ^= 1;
    expect(() => verifyBlobs(readSidecar(changed))).toThrow("are not those it was named after");
    const index = new TextDecoder().decode(file).replace('"offset"', '"offsat"');
    expect(() => readSidecar(new TextEncoder().encode(index))).toThrow(/an entry of its index is wrong/);
    expect(() => readSidecar(new TextEncoder().encode("ANEMONEW\u0002\0\0\0\0\0\0\0"))).toThrow(
      "its version is 2, expected 1",
    );
  });
});

describe("files", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "anemone-sidecar-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("text and weights go out and come back together", async () => {
    const path = join(folder, "model.mlir");
    const module = wrap(constant(weights(6, 1)), constant(weights(6, 1)), constant(weights(2, 5)));
    expect([...blobsOf(module)]).toHaveLength(2);
    writeIr(path, module, { generic: true });
    expect(await readFile(path, "utf8")).toBe(print(module, { generic: true }));
    const back = readIr(path, context);
    expect(print(back)).toBe(print(module));
    const values = back.regions[0]!.onlyBlock.operations.map((operation) => {
      const attribute = operation.attribute("v");
      return attribute instanceof DenseResourceAttribute ? [...attribute.value.data] : undefined;
    });
    expect(values).toEqual([
      [1, 2, 3, 4, 5, 6],
      [1, 2, 3, 4, 5, 6],
      [5, 6],
    ]);
  });

  test("a file that was read can be written over", () => {
    const path = join(folder, "again.mlir");
    writeIr(path, wrap(constant(weights(1000, 1))));
    const module = readIr(path, context);
    writeIr(path, wrap(constant(weights(3, 7))));
    const attribute = module.regions[0]!.onlyBlock.first!.attribute("v");
    expect(attribute instanceof DenseResourceAttribute && attribute.value.data[999]).toBe(1000);
    expect(print(readIr(path, context))).toContain("tensor<3xf32>");
  });

  test("text without weights has no sidecar, and a missing one leaves references open", async () => {
    const { weights: none } = printWithSidecar(wrap());
    expect(none).toBeUndefined();
    const path = join(folder, "open.mlir");
    await writeFile(path, '"a.c"() {v = dense_resource<gone_0123456789abcdef> : tensor<2xf32>} : () -> ()');
    const module = readIr(path, context);
    expect([...blobsOf(module)]).toEqual([]);
  });

  test("a sidecar that is none is named in the error", async () => {
    const path = join(folder, "broken.mlir");
    await writeFile(path, "module {}");
    await writeFile(sidecarPath(path), "rubbish");
    expect(() => readIr(path, context)).toThrow(`${sidecarPath(path)} is not a file of weights`);
  });

  test("blobs that are given are found too", async () => {
    const path = join(folder, "given.mlir");
    const blob = weights(2, 3);
    await writeFile(path, print(wrap(constant(blob))));
    const blobs = new BlobStore();
    blobs.add(blob);
    expect([...blobsOf(readIr(path, context, { blobs }))]).toEqual([blob]);
  });

  test("a link stays a link, and a pipe is written to, not replaced", async () => {
    const [target, link, pipe] = ["target.mlir", "link.mlir", "pipe"].map((name) => join(folder, name));
    writeFileSync(target!, "");
    symlinkSync(target!, link!);
    writeIr(link!, wrap());
    expect(lstatSync(link!).isSymbolicLink()).toBe(true);
    expect(readFileSync(target!, "utf8")).toBe(print(wrap()));
    expect(spawnSync("mkfifo", [pipe!]).status).toBe(0);
    const reader = spawn("cat", [pipe!]);
    let read = "";
    reader.stdout.on("data", (chunk) => {
      read += chunk;
    });
    const ended = new Promise((resolve) => reader.on("close", resolve));
    writeIr(pipe!, wrap(constant(weights(2, 3))));
    await ended;
    expect(read).toContain('"a.c"()');
    expect(statSync(pipe!).isFIFO()).toBe(true);
    expect(existsSync(sidecarPath(pipe!))).toBe(false);
  });
});
