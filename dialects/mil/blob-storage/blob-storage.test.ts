import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import { forAll } from "../../../test/testing/property.ts";
import { refusalOf } from "../../../test/testing/refusal.ts";
import type { MilNumbers } from "../document/document.ts";
import { milNumberFacts, milNumbersOf } from "../document/numbers.ts";
import {
  BlobStorage,
  type BlobType,
  BlobWriter,
  blobTypes,
  isBlobType,
  packBits,
  packedBytes,
  paddingBits,
  readBlob,
  readBlobStorage,
  unpackBits,
} from "./index.ts";

const corpus = "../shared/data/mil/weights";
const types = Object.keys(blobTypes).filter(isBlobType);

/** What coremltools 9.0's own writer was given, and the bytes of data that it wrote. */
const appleBlobs: readonly (readonly [BlobType, MilNumbers, string])[] = [
  ["fp16", Uint16Array.of(0, 0x3c00, 0x4000, 0x4200, 0x4400), "0000003c004000420044"],
  ["uint3", Uint8Array.of(0, 1, 2, 3, 4, 5, 6), "88c61a"],
  ["uint1", Uint8Array.of(1, 0, 1, 1, 0, 0, 1, 0, 1), "4d01"],
  ["uint6", Uint8Array.of(1, 62, 33), "811f02"],
  ["int4", Int8Array.of(-8, 7, -1), "780f"],
  ["uint2", Uint8Array.of(3, 1, 2, 0, 1), "2701"],
  ["uint4", Uint8Array.of(3, 1, 12, 0, 15), "130c0f"],
  ["int32", Int32Array.of(3, -1), "03000000ffffffff"],
];
/** SHA-256 of the whole file that it wrote. */
const appleFile = "c593ea0f08cf051a04793dd74290bee26cb4d005942b4a4a9765c1e4e43f20b6";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "blob-storage-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

const elementsArbitrary = fc
  .record({ bits: fc.integer({ min: 1, max: 7 }), signed: fc.boolean(), bytes: fc.uint8Array({ maxLength: 40 }) })
  .map(({ bits, signed, bytes }) => ({
    bits,
    signed,
    elements: signed
      ? Int8Array.from(bytes, (byte) => (byte << (32 - bits)) >> (32 - bits))
      : bytes.map((byte) => byte & ((1 << bits) - 1)),
  }));

describe("packing", () => {
  test("unpacking gives back what was packed, in as few bytes as hold it", () => {
    forAll(elementsArbitrary, 200, ({ bits, signed, elements }) => {
      const packed = packBits(elements, bits);
      const count = elements.length;
      expect(packed.length).toBe(Math.ceil((count * bits) / 8));
      expect(packed.length * 8 - paddingBits(count, bits)).toBe(count * bits);
      const back = signed ? unpackBits(packed, bits, count, true) : unpackBits(packed, bits, count);
      expect(back).toEqual(elements);
    });
  });

  test("element i stands at bit i * width, low bits first; what is left of the last byte is 0", () => {
    forAll(elementsArbitrary, 100, ({ bits, elements }) => {
      const stream = [...packBits(elements, bits)].flatMap((byte) => [...Array(8)].map((_, bit) => (byte >> bit) & 1));
      const expected = [...elements].flatMap((element) => [...Array(bits)].map((_, bit) => (element >> bit) & 1));
      expect(stream.slice(0, expected.length)).toEqual(expected);
      expect(stream.slice(expected.length).every((bit) => bit === 0)).toBe(true);
    });
  });

  test("too few bytes are refused", () => {
    expect(() => unpackBits(new Uint8Array(2), 3, 6)).toThrow("6 elements of 3 bits need 3 bytes, found 2");
  });
});

describe("writing", () => {
  test("gives the bytes of Apple's writer for every width", () => {
    const writer = new BlobWriter();
    const offsets = appleBlobs.map(([type, elements]) => writer.addElements(type, elements));
    const file = writer.finish();
    const storage = new BlobStorage(file);
    for (const [index, [type, elements, data]] of appleBlobs.entries()) {
      const blob = storage.blob(offsets[index]!, { type, elementCount: elements.length });
      expect(hex(blob.bytes)).toBe(data);
      expect(storage.numbers(blob.offset, { kind: "tensor", element: type, shape: [elements.length] })).toEqual(
        elements,
      );
    }
    expect(new Bun.CryptoHasher("sha256").update(file).digest("hex")).toBe(appleFile);
  });

  test("equal blobs of one type are stored once, unless told otherwise", () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const shared = new BlobWriter();
    expect([shared.add("uint8", bytes), shared.add("int8", bytes), shared.add("uint8", bytes.slice())]).toEqual([
      64, 192, 64,
    ]);
    expect(readBlobStorage(shared.finish())).toHaveLength(2);
    const apart = new BlobWriter({ share: false });
    expect([apart.add("uint8", bytes), apart.add("uint8", bytes)]).toEqual([64, 192]);
    // The same bytes, but another number of elements.
    const packed = new BlobWriter();
    expect(packed.add("uint3", Uint8Array.of(1), 1)).not.toBe(packed.add("uint3", Uint8Array.of(1), 2));
  });

  test("a file is streamed as it is in memory, also over the one that its blobs are views of", () => {
    forAll(
      fc.array(fc.tuple(fc.constantFrom(...types), fc.uint8Array({ maxLength: 90 })), { maxLength: 6 }),
      30,
      (items) => {
        const writer = new BlobWriter();
        const offsets = items.map(([type, bytes]) =>
          writer.addElements(type, blobTypes[type].bits < 8 ? masked(type, bytes) : wholeElements(type, bytes)),
        );
        const path = join(folder, "streamed.bin");
        writer.writeTo(path);
        const file = writer.finish();
        expect(writer.byteLength).toBe(file.byteLength);
        expect(hex(readFileSync(path))).toBe(hex(file));
        const storage = BlobStorage.open(path);
        const blobs = storage.blobs();
        expect(new Set(blobs.map(({ offset }) => offset))).toEqual(new Set(offsets));
        const again = new BlobWriter();
        for (const { type, bytes, elementCount } of blobs) again.add(type, bytes, elementCount);
        again.writeTo(path);
        expect(hex(readFileSync(path))).toBe(hex(file));
      },
    );
  });

  test("an element count that does not fit the bytes is refused", () => {
    expect(() => new BlobWriter().add("uint3", new Uint8Array(3), 9)).toThrow(
      "9 elements of uint3 take 4 bytes, found 3",
    );
    expect(() => new BlobWriter().add("fp16", new Uint8Array(3))).toThrow("1 elements of fp16 take 2 bytes, found 3");
    expect(packedBytes(9, 3)).toBe(4);
  });
});

function masked(type: BlobType, bytes: Uint8Array): MilNumbers {
  const { bits, signed } = milNumberFacts[type];
  return signed
    ? Int8Array.from(bytes, (byte) => (byte << (32 - bits)) >> (32 - bits))
    : bytes.map((byte) => byte & ((1 << bits) - 1));
}

function wholeElements(type: BlobType, bytes: Uint8Array): MilNumbers {
  const size = blobTypes[type].bits / 8;
  return milNumbersOf(type, bytes.subarray(0, bytes.length - (bytes.length % size)));
}

describe.skipIf(!existsSync(corpus))("real weight files (skipped without ../shared)", () => {
  test.each(existsSync(corpus) ? readdirSync(corpus) : [])("%s is written as it was read", (name) => {
    const path = join(corpus, name);
    const storage = BlobStorage.open(path);
    const writer = new BlobWriter({ share: false });
    for (const blob of storage.blobs()) expect(writer.add(blob.type, blob.bytes, blob.elementCount)).toBe(blob.offset);
    expect(Buffer.compare(writer.finish(), readFileSync(path))).toBe(0);
  });
});

/** Two blobs: fp16 [5] at 64, uint3 [7] at 192. */
function smallFile(): Uint8Array<ArrayBuffer> {
  const writer = new BlobWriter();
  for (const [type, elements] of appleBlobs.slice(0, 2)) writer.addElements(type, elements);
  return writer.finish();
}

function changed(change: (view: DataView) => void): Uint8Array {
  const file = smallFile();
  change(new DataView(file.buffer));
  return file;
}

describe("damaged files", () => {
  test("a file cut at any byte is refused", () => {
    const whole = smallFile();
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.subarray(0, length);
      expect(refusalOf(() => readBlobStorage(cut))).toMatch(/^the weight file: error: /);
      if (length < 192 + 64 + 3) refusalOf(() => readBlob(cut, 192));
    }
  });

  test.each<[string, (view: DataView) => void, RegExp]>([
    [
      "version 1",
      (view) => view.setUint32(4, 1, true),
      /version 1 \(the format of neural-network models.*\), expected 2/,
    ],
    ["version 9", (view) => view.setUint32(4, 9, true), /version 9, expected 2/],
    ["too many blobs", (view) => view.setUint32(0, 4e9, true), /states 4000000000 blobs.*room for 3 records/],
    ["no sentinel", (view) => view.setUint32(64, 7, true), /at offset 64: it starts with 0xdeadbeef, found 0x00000007/],
    [
      "unknown type",
      (view) => view.setUint32(68, 18, true),
      /offset 64 has the unknown element type 18, expected 1 to 17/,
    ],
    [
      "huge size",
      (view) => view.setBigUint64(72, 2n ** 64n - 1n, true),
      /has 18446744073709551615 bytes at 128, beyond/,
    ],
    ["huge offset", (view) => view.setBigUint64(80, 2n ** 64n - 8n, true), /at 18446744073709551608, beyond the end/],
    ["sum overflows", (view) => view.setBigUint64(80, 2n ** 64n - 4n, true), /beyond the end/],
    ["data offset 0", (view) => view.setBigUint64(80, 0n, true), /its data lie at 0, which is not behind/],
    ["data in its record", (view) => view.setBigUint64(80, 100n, true), /its data lie at 100, which is not behind/],
    ["odd size", (view) => view.setBigUint64(72, 9n, true), /has 9 bytes, no whole number of fp16 elements/],
    ["padding of a byte", (view) => view.setBigUint64(192 + 24, 8n, true), /3 bytes with 8 unused bits/],
    ["padding inside an element", (view) => view.setBigUint64(192 + 24, 1n, true), /3 bytes with 1 unused bits/],
    ["padding of everything", (view) => view.setBigUint64(192 + 24, 2n ** 63n, true), /unused bits/],
  ])("%s", (_, change, message) => {
    expect(refusalOf(() => readBlobStorage(changed(change)))).toMatch(message);
  });

  test("any change of bytes gives blobs inside the file or a diagnostic", () => {
    const change = fc.tuple(fc.nat(smallFile().length - 1), fc.nat(255));
    forAll(fc.array(change, { minLength: 1, maxLength: 4 }), 200, (changes) => {
      const file = smallFile();
      for (const [position, byte] of changes) file[position] = byte;
      try {
        for (const { bytes } of readBlobStorage(file)) expect(bytes.length).toBeLessThanOrEqual(file.length);
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
      }
    });
  });

  test.each([-64, 0, 63, 65, 1.5, Number.NaN, 259, 2 ** 40, 2 ** 60])("no record at offset %d", (offset) => {
    expect(refusalOf(() => readBlob(smallFile(), offset))).toContain(`at offset ${offset}`);
  });

  test("what the program states is compared with what is stored", () => {
    const storage = new BlobStorage(smallFile(), "w.bin");
    expect(refusalOf(() => storage.blob(64, { type: "int8", elementCount: 10 }))).toBe(
      "w.bin: error: the blob at offset 64 holds fp16, but the program states int8",
    );
    expect(refusalOf(() => storage.blob(64, { type: "fp16", elementCount: 6 }))).toBe(
      "w.bin: error: the blob at offset 64 holds 5 elements of fp16 (10 bytes), but the program states 6",
    );
    // As many bytes, but one element less.
    expect(refusalOf(() => storage.blob(192, { type: "uint3", elementCount: 8 }))).toContain(
      "holds 7 elements of uint3",
    );
    expect(refusalOf(() => storage.blob(64, { type: "int64", elementCount: 1 }))).toContain(
      "a weight file holds fp16, ",
    );
    expect(refusalOf(() => storage.numbers(64, { kind: "tensor", element: "fp64", shape: [1] }))).toContain("fp64");
    expect(refusalOf(() => storage.numbers(64, { kind: "tensor", element: "fp16", shape: [undefined] }))).toContain(
      "(?)",
    );
    expect(refusalOf(() => BlobStorage.open(join(folder, "none.bin")))).toMatch(/none\.bin: error: .*ENOENT/);
    writeFileSync(join(folder, "empty.bin"), "");
    expect(refusalOf(() => BlobStorage.open(join(folder, "empty.bin")))).toContain("found 0 bytes");
  });
});

describe("what Apple's compiler tolerates", () => {
  test("garbage in reserved words", () => {
    const file = changed((view) => {
      for (let offset = 8; offset < 64; offset++) view.setUint8(offset, 0xaa);
      // The padding field was reserved too before there were types below a byte.
      for (let offset = 64 + 24; offset < 128; offset++) view.setUint8(offset, 0xaa);
    });
    expect(readBlobStorage(file).map(({ type }) => type)).toEqual(["fp16", "uint3"]);
  });

  test("records that follow the data at once", () => {
    const packed = new Uint8Array(64 + 64 + 10 + 64 + 3);
    const file = smallFile();
    packed.set(file.subarray(0, 138));
    packed.set(file.subarray(192), 138);
    new DataView(packed.buffer).setBigUint64(138 + 16, 138n + 64n, true);
    expect(readBlobStorage(packed).map(({ offset }) => offset)).toEqual([64, 138]);
    expect(hex(readBlob(packed, 138, { type: "uint3", elementCount: 7 }).bytes)).toBe("88c61a");
  });
});
