/**
 * For tests: texts that break one thing of an op's example in generic form: the type of a value that goes in or comes out, an
 * attribute that is missing, of another kind or value, an operand too few. Some are still right; mlir-opt says which.
 */

import type { Operation } from "../../ir/operation.ts";
import { print } from "../../ir/printer/print.ts";
import { read } from "./exchange.ts";

export interface Mutation {
  /** The op and what was changed, for a test's name. */
  readonly name: string;
  readonly text: string;
}

/** Other types for one, near it: another element, another size, another rank, another kind. */
function otherTypes(type: string): readonly string[] {
  const found = new Set<string>();
  const element = /(?<=[x<]|^)(f32|i32|index|i1|i64|f64|i8)(?=[>,]|$)/.exec(type)?.[0];
  if (element !== undefined) {
    const other = element.startsWith("f") ? "i32" : element === "i32" ? "f32" : "f32";
    found.add(replaceLast(type, element, other));
    if (element === "f32" || element === "i32")
      found.add(replaceLast(type, element, element === "f32" ? "f64" : "i16"));
  }
  const size = /\d+(?=x)/.exec(type);
  if (size !== null) {
    const [before, after] = [type.slice(0, size.index), type.slice(size.index + size[0].length)];
    found.add(`${before}${Number(size[0]) + 1}${after}`);
    found.add(`${before}${size[0]}x2${after}`);
  }
  if (!/[<!]/.test(type)) {
    found.add(`vector<4x${type}>`);
    found.add(`memref<4x${type}>`);
  }
  found.delete(type);
  return [...found];
}

function replaceLast(text: string, part: string, by: string): string {
  const at = text.lastIndexOf(part);
  return text.slice(0, at) + by + text.slice(at + part.length);
}

/** Other attributes for one: a number further, another kind. */
function otherAttributes(text: string): readonly string[] {
  const found = new Set<string>(['"other"', "99 : i64"]);
  const number = /-?\d+(?=[\],>]| :)/.exec(text);
  if (number !== null && !text.includes("x")) {
    const [before, after] = [text.slice(0, number.index), text.slice(number.index + number[0].length)];
    found.add(`${before}${Number(number[0]) + 100}${after}`);
    found.add(`${before}-7${after}`);
  }
  found.delete(text);
  return [...found];
}

/** The place of the op in the generic text of its example: the line that starts it. */
function lineOf(lines: readonly string[], name: string): number {
  return lines.findIndex((line) => line.includes(`"${name}"(`));
}

/** Texts in which something of the first `name` in the example is changed. */
export function mutationsOf(name: string, example: string): readonly Mutation[] {
  const program: Operation = read(example);
  const lines = print(program, { generic: true, inlineResources: true, valueNames: false }).split("\n");
  const at = lineOf(lines, name);
  const line = lines[at];
  if (line === undefined) return [];
  const mutations: Mutation[] = [];
  const add = (what: string, changed: ReadonlyMap<number, string>) => {
    const text = lines.map((each, position) => changed.get(position) ?? each).join("\n");
    mutations.push({ name: `${name}: ${what}`, text });
  };
  const end = closingLine(lines, at);
  const last = lines[end]!;
  const signature = / : \(([^()]*)\) -> (\([^()]*\)|\S+)$/.exec(last);
  if (signature !== null) {
    const head = last.slice(0, signature.index);
    const inputs = signature[1] === "" ? [] : splitTypes(signature[1]!);
    const isTuple = signature[2]!.startsWith("(");
    const outputs = isTuple ? splitTypes(signature[2]!.slice(1, -1)) : [signature[2]!];
    const operands = /"\(([^()]*)\)/.exec(line)?.[1]?.split(", ") ?? [];
    for (const [position, type] of inputs.entries()) {
      const source = lines.findIndex((each) => new RegExp(`^\\s*${operands[position]} = "test.source"`).test(each));
      if (source < 0 || operands.filter((each) => each === operands[position]).length > 1) continue;
      for (const other of otherTypes(type)) {
        const changedInputs = inputs.with(position, other).join(", ");
        add(
          `operand ${position} of type ${other}`,
          new Map([
            [source, lines[source]!.replace(/-> .*$/, `-> ${other}`)],
            [end, `${head} : (${changedInputs}) -> ${signature[2]}`],
          ]),
        );
      }
    }
    for (const [position, type] of outputs.entries()) {
      if (type === "" || /%\d+/.exec(line)?.[0] === undefined) continue;
      const result = /^\s*(%\w+)/.exec(line)?.[1];
      const isUsed =
        result !== undefined && lines.some((each, place) => place !== at && new RegExp(`${result}\\b`).test(each));
      if (isUsed) continue;
      for (const other of otherTypes(type)) {
        const changed = outputs.with(position, other).join(", ");
        add(
          `result ${position} of type ${other}`,
          new Map([
            [end, `${head} : (${signature[1]}) -> ${outputs.length === 1 && !isTuple ? changed : `(${changed})`}`],
          ]),
        );
      }
    }
    if (inputs.length > 0 && at === end) {
      const fewer = line.replace(/"\([^()]*\)/, `"(${operands.slice(0, -1).join(", ")})`);
      add(
        "an operand too few",
        new Map([[at, fewer.replace(/ : \([^()]*\) -> /, ` : (${inputs.slice(0, -1).join(", ")}) -> `)]]),
      );
    }
  }
  const properties = /<\{(.*?)\}>(?= \(| :| \{)/.exec(line);
  if (properties !== null) {
    const entries = splitTop(properties[1]!);
    for (const [position, entry] of entries.entries()) {
      const replace = (given: readonly string[]) =>
        line.slice(0, properties.index) +
        (given.length === 0 ? "" : `<{${given.join(", ")}}>`) +
        line.slice(properties.index + properties[0].length);
      const key = entry.split(" = ")[0]!;
      add(`without ${key}`, new Map([[at, replace(entries.toSpliced(position, 1))]]));
      const value = entry.includes(" = ") ? entry.slice(entry.indexOf(" = ") + 3) : "unit";
      for (const other of otherAttributes(value)) {
        add(`${key} is ${other}`, new Map([[at, replace(entries.with(position, `${key} = ${other}`))]]));
      }
    }
  }
  return mutations;
}

/** The line on which the op that starts at `at` ends: its signature. */
function closingLine(lines: readonly string[], at: number): number {
  const indent = /^\s*/.exec(lines[at]!)![0];
  if (!lines[at]!.endsWith("({")) return at;
  const end = lines.findIndex((line, position) => position > at && line.startsWith(`${indent}})`));
  return end < 0 ? at : end;
}

/** The parts between commas that stand in no bracket. */
function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(/->|"(?:[^"\\]|\\.)*"|[<>()[\]{},]/g)) {
    if (token.startsWith('"') || token === "->") continue;
    if ("<([{".includes(token)) depth++;
    else if (">)]}".includes(token)) depth--;
    else if (depth === 0) {
      parts.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}

const splitTypes = splitTop;
