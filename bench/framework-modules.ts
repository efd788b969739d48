/**
 * Generated modules of integer arithmetic for measuring the framework, in the spelling of `mlir-opt`'s own output. Each
 * operation uses the one before it, so that nothing is dead; the other operand is a constant, a parameter or any earlier
 * value, so that some of it folds, some is common, and most stays.
 */

import { writeFileSync } from "node:fs";

export interface ModuleShape {
  readonly functions: number;
  /** Operations in each function, with its constants and its return. */
  readonly operations: number;
}

/** The same sequence of numbers in [0, 1) for the same seed. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const mnemonics = ["addi", "muli", "subi", "xori", "andi", "ori"];
const parameterCount = 8;

function functionText(name: string, operations: number, next: () => number): string {
  const pick = (count: number) => Math.floor(next() * count);
  const parameters = Array.from({ length: parameterCount }, (_, index) => `%arg${index}`);
  const lines = [`  func.func @${name}(${parameters.map((each) => `${each}: i32`).join(", ")}) -> i32 {`];
  const values = [...parameters];
  let last = parameters[0]!;
  let constants = 0;
  for (let index = 0; index < operations - 1; index++) {
    // The last operation must not be a constant, which nobody would use.
    const hasConstant = index < operations - 2 && next() < 0.2;
    let other = next() < 0.3 ? parameters[pick(parameterCount)]! : values[pick(values.length)]!;
    if (hasConstant) {
      const value = pick(1000);
      other = `%c${value}_i32_${constants++}`;
      lines.push(`    ${other} = arith.constant ${value} : i32`);
      index++;
    }
    const name = `%${values.length - parameterCount}`;
    lines.push(`    ${name} = arith.${mnemonics[pick(mnemonics.length)]} ${last}, ${other} : i32`);
    values.push(name);
    last = name;
  }
  return [...lines, `    return ${last} : i32`, "  }", ""].join("\n");
}

/** The text of a module; the same for the same shape. */
export function moduleText({ functions, operations }: ModuleShape): string {
  const next = numbers(functions + operations);
  const texts = Array.from({ length: functions }, (_, index) => functionText(`f${index}`, operations, next));
  return `module {\n${texts.join("")}}\n`;
}

if (import.meta.main) {
  const [, , file = "", functions, operations] = process.argv;
  writeFileSync(file, moduleText({ functions: Number(functions), operations: Number(operations) }));
}
