/** What observers of a parser are told about places in the text. */
import { expect, test } from "vitest";
import { Context } from "../context.ts";
import type { Block, Operation, Value } from "../operation.ts";
import type { ParseObserver } from "./observer.ts";
import { OperationParser } from "./operation-parser.ts";

const source = [
  '%a, %p:2 = "test.make"() ({', // 0
  "^entry(%x: i32):",
  '  "test.jump"(%late)[^next] : (i32) -> ()',
  "^next:",
  '  %late = "test.copy"(%x) : (i32) -> i32 // behind',
  "}) : () -> (i32, i32, i32)",
  '"test.use"(%p#1, %a) : (i32, i32) -> ()',
].join("\n");

class Recorder implements ParseObserver {
  readonly operations: string[] = [];
  readonly definitions: string[] = [];
  readonly uses: string[] = [];
  readonly blocks: string[] = [];
  readonly #values = new Map<Value, Value>();
  readonly #used: { readonly value: Value; readonly text: string }[] = [];

  operation(operation: Operation, { start, name, end }: { start: number; name: number; end: number }): void {
    this.operations.push(`${operation.name} ${source.slice(start, start + 2)} ${source.slice(name, name + 6)} ${end}`);
  }
  valueDefinition(value: Value, name: string, number: number, at: number, placeholder: Value | undefined): void {
    if (placeholder !== undefined) this.#values.set(placeholder, value);
    this.definitions.push(`${name}#${number} ${source.slice(at, at + 2)} ${value.definer?.name ?? "argument"}`);
  }
  valueUse(value: Value, name: string, number: number, at: number): void {
    this.#used.push({ value, text: `${name}#${number} ${at}` });
  }
  blockDefinition(_: Block, name: string, at: number): void {
    this.blocks.push(`${name} ${at}`);
  }
  blockUse(_: Block, name: string, at: number): void {
    this.blocks.push(`use of ${name} ${at}`);
  }
  get resolvedUses(): readonly string[] {
    return this.#used.map(({ value, text }) => `${text} ${(this.#values.get(value) ?? value).definer?.name ?? "-"}`);
  }
}

test("an observer is told every operation, definition and use, with its place", () => {
  const observer = new Recorder();
  const parser = new OperationParser(source, new Context([], { allowUnregistered: true }), { observer });
  while (!parser.isAtEnd) parser.parseOperation();
  parser.finish();
  expect(observer.operations).toEqual([
    `test.jump "t "test. ${source.indexOf("^next:")}`,
    `test.copy %l "test. ${source.indexOf("}) :")}`,
    `test.make %a "test. ${source.indexOf('"test.use')}`,
    `test.use "t "test. ${source.length}`,
  ]);
  expect(observer.definitions).toEqual([
    "x#0 %x argument",
    "late#0 %l test.copy",
    "a#0 %a test.make",
    "p#0 %p test.make",
    "p#1 %p test.make",
  ]);
  expect(observer.resolvedUses).toEqual([
    `late#0 ${source.indexOf("%late")} test.copy`,
    `x#0 ${source.indexOf("%x)")} -`,
    `p#1 ${source.indexOf("%p#1")} test.make`,
    `a#0 ${source.indexOf("%a)")} test.make`,
  ]);
  expect(observer.blocks).toEqual([
    `entry ${source.indexOf("^entry")}`,
    `use of next ${source.indexOf("^next]")}`,
    `next ${source.indexOf("^next:")}`,
  ]);
});
