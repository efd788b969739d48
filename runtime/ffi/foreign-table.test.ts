/** Bindings from a table, on functions of the C library. */
import { describe, expect, test } from "vitest";
import {
  bindFunctions,
  cDeclaration,
  created,
  disputed,
  foreign,
  handle,
  plain,
  text,
  uncertainArguments,
} from "./foreign-table.ts";
import { openSharedLibrary } from "./libc.ts";
import { cString, readCString } from "./memory.ts";

const table = {
  strlen: foreign("u64", [text("string")]),
  labs: foreign("i64", [plain("i64", "value")]),
  memcpy: foreign("address", [plain("data", "to"), plain("data", "from"), plain("u64", "count")]),
  getenv: foreign("string", [text("name")]),
  anemone_absent: foreign("status", [plain("u32", "value")]),
  anemone_absent_too: foreign("status", [], { optional: true }),
  lengthOfBytes: foreign("u64", [plain("data", "bytes")], { symbol: "strlen" }),
};

function libraryNames(): string[] {
  return process.platform === "darwin" ? ["libSystem.B.dylib"] : ["libc.so.6", "libc.so"];
}

function lookupInLibc(symbol: string): number | undefined {
  for (const name of libraryNames()) {
    const { library } = openSharedLibrary(name);
    if (library !== undefined) return library.symbol(symbol);
  }
  throw new Error("no C library");
}

describe("bindings from a table", () => {
  const { functions, missing, missingOptional } = bindFunctions("libc", table, lookupInLibc);

  test("call with the types that the table names", () => {
    expect(functions.strlen(cString("anemone"))).toBe(7n);
    expect(functions.labs(-5n)).toBe(5n);
    const to = new Uint8Array(4);
    functions.memcpy(to, Uint8Array.of(1, 2, 3, 4), 4);
    expect([...to]).toEqual([1, 2, 3, 4]);
    expect(readCString(functions.getenv(cString("PATH")))).toBe(process.env.PATH);
    expect(functions.getenv(cString("NO_SUCH_VARIABLE"))).toBeNull();
    expect(functions.lengthOfBytes(cString("one symbol, two rows"))).toBe(20n);
  });

  test("a symbol that is missing is listed, and calling it says so", () => {
    expect(missing).toEqual(["anemone_absent"]);
    expect(missingOptional).toEqual(["anemone_absent_too"]);
    expect(() => functions.anemone_absent(1)).toThrow("libc has no function anemone_absent");
    expect(functions.anemone_absent_too).toBeUndefined();
  });

  test("a leading underscore is tried", () => {
    const asked: string[] = [];
    const { missing } = bindFunctions("x", { strlen: table.strlen }, (symbol) => {
      asked.push(symbol);
      return symbol === "_strlen" ? lookupInLibc("strlen") : undefined;
    });
    expect(asked).toEqual(["strlen", "_strlen"]);
    expect(missing).toEqual([]);
  });
});

test("a row as C, and the arguments in dispute", () => {
  const row = foreign("status", [
    handle("stream"),
    disputed(plain("u32", "level"), { reading: "a pointer", source: "another reader" }),
    text("path"),
    created("library"),
  ]);
  expect(cDeclaration("open_it", row)).toBe(
    "int32_t open_it(void *stream, uint32_t level, const char *path, void **out_library)",
  );
  expect(uncertainArguments({ open_it: row })).toEqual([
    { name: "open_it", parameter: "level", readings: [{ reading: "a pointer", source: "another reader" }] },
  ]);
});
