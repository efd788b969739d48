/** Renaming symbols with all that refers to them, and splitting the blocks that they hold. */
import { expect, test } from "vitest";
import { builtin } from "../dialects/builtin/index.ts";
import { func } from "../dialects/index.ts";
import { Context } from "./context.ts";
import { parse } from "./parser/parse.ts";
import { print } from "./printer/print.ts";
import { SymbolTable } from "./symbol-table.ts";
import { verify } from "./verifier.ts";

const context = new Context([builtin, func], { allowUnregistered: true });
const read = (text: string) => parse(text, context, { file: "test.mlir" });

test("a renamed symbol keeps its references: in calls, lists, dictionaries and paths", () => {
  const module = read(`
    func.func private @f()
    func.func @g() {
      call @f() : () -> ()
      "test.names"() {list = [@f, @g], inner = {one = @f}, text = "f"} : () -> ()
      return
    }
    module @nested {
      func.func private @f()
      func.func @h() {
        call @f() : () -> ()
        return
      }
    }
    "test.path"() {path = @nested::@f} : () -> ()
  `);
  const table = new SymbolTable(module);
  const f = table.lookup("f")!;
  table.rename(f, "other");
  verify(module, context);
  expect(table.lookup("other")).toBe(f);
  expect(table.lookup("f")).toBeUndefined();
  const outer = print(module);
  expect(outer).toContain("func.func private @other()");
  expect(outer).toContain("call @other()");
  expect(outer).toContain('{inner = {one = @other}, list = [@other, @g], text = "f"}');
  // The function of that name in the nested module is another one.
  expect(outer).toContain("path = @nested::@f");
  expect(outer.match(/call @f\(\)/g)).toHaveLength(1);

  const inner = new SymbolTable(table.lookup("nested")!);
  inner.rename(inner.lookup("f")!, "deep");
  verify(module, context);
  expect(print(module)).toContain("path = @nested::@deep");
  expect(print(module)).toContain("call @deep()");
  table.rename(table.lookup("nested")!, "box");
  expect(print(module)).toContain("path = @box::@deep");
});

test("a name that is taken, and an operation of another table, are refused, and nothing changes", () => {
  const module = read("func.func private @f()\nfunc.func private @g()");
  const before = print(module);
  const table = new SymbolTable(module);
  expect(() => table.rename(table.lookup("f")!, "g")).toThrow('there is a symbol @g already: ask freeName("g")');
  expect(() => table.rename(module, "h")).toThrow("builtin.module is not a symbol of this table");
  table.rename(table.lookup("f")!, "f");
  expect(print(module)).toBe(before);
});

test("a block is split before an operation; one that is in a block says how it is moved", () => {
  const module = read('func.func @f() {\n"test.a"() : () -> ()\n"test.b"() : () -> ()\nreturn\n}');
  const region = new SymbolTable(module).lookup("f")!.regions[0]!;
  const block = region.onlyBlock;
  const [a, b, end] = block.operations;
  const rest = block.splitBefore(b!);
  expect(region.blocks).toEqual([block, rest]);
  expect(block.operations).toEqual([a]);
  expect(rest.operations).toEqual([b, end]);
  expect(rest.parentOperation).toBe(region.parent);
  expect(b!.isBeforeInBlock(end!)).toBe(true);
  expect(() => block.splitBefore(b!)).toThrow("test.b is not in this block");
  expect(() => block.append(b!)).toThrow(
    "test.b is already in a block: move it with operation.moveBefore(other), moveAfter(other) or moveToEnd(block)",
  );
});
