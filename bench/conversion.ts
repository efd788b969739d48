/**
 * What a dialect conversion costs per operation: 100,000 arith operations to the llvm dialect, with all of loops-to-llvm's
 * patterns, in rounds of one process; beside it mlir-opt's pass alone (its own timing of `convert-arith-to-llvm`, one
 * thread), where mlir-opt is on the PATH.
 *
 *     npx bun bench/conversion.ts
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultContext } from "../compiler/registry.ts";
import { module as builtinModule } from "../dialects/builtin/ops.ts";
import { parse } from "../ir/parser/parse.ts";
import { applyFullConversion, ConversionTarget } from "../ir/rewrite/conversion.ts";
import { loopsToLlvmPatterns } from "../lowering/loops-to-llvm/loops-to-llvm.ts";
import { llvmTypeConverter } from "../lowering/loops-to-llvm/types.ts";

const count = 100_000;
const rounds = 9;
const mnemonics = ["addi", "subi", "muli", "xori", "andi", "maxsi"];

/** A function of `count` operations, each on the one before and one of the 20 before that; none folds. */
function moduleText(type: string): string {
  const lines = [`func.func @main(%a0: ${type}, %a1: ${type}) -> ${type} {`];
  const names = ["%a0", "%a1"];
  // A fixed sequence that looks random enough.
  let state = 1;
  const next = (limit: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
  for (let made = 0; made < count; made++) {
    const last = names.length - 1;
    const other = names[last - 1 - next(Math.min(19, last))]!;
    lines.push(`  %v${made} = arith.${mnemonics[next(mnemonics.length)]} ${names[last]}, ${other} : ${type}`);
    names.push(`%v${made}`);
  }
  lines.push(`  return ${names.at(-1)} : ${type}`, "}");
  return `${lines.join("\n")}\n`;
}

function convertOnce(text: string): { readonly wall: number; readonly cpu: number } {
  const context = defaultContext();
  const module = parse(text, context);
  const target = new ConversionTarget().legalDialects("llvm").legal(builtinModule);
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  applyFullConversion(module, target, loopsToLlvmPatterns, context, { types: llvmTypeConverter() });
  return { wall: performance.now() - start, cpu: process.cpuUsage(cpu).user / 1000 };
}

/** Milliseconds of mlir-opt's conversion pass; undefined where there is no mlir-opt. */
function mlirOnce(file: string): number | undefined {
  const flags = ["--convert-arith-to-llvm", "--mlir-timing", "--mlir-disable-threading", "-o", "/dev/null"];
  const run = spawnSync("mlir-opt-19", [file, ...flags], { encoding: "utf8" });
  const found = /([\d.]+) \([ \d.]+%\) {2}ArithToLLVMConversionPass/.exec(run.stderr ?? "");
  return found?.[1] === undefined ? undefined : Number(found[1]) * 1000;
}

const folder = mkdtempSync(join(tmpdir(), "anemone-bench-"));
const perOperation = (milliseconds: number) => `${((milliseconds * 1000) / count).toFixed(2)} µs/op`;
const summary = (values: readonly number[]): string => {
  const sorted = values.toSorted((a, b) => a - b);
  return `median ${perOperation(sorted[sorted.length >> 1]!)}, best ${perOperation(sorted[0]!)}`;
};
for (const type of ["i32", "index"]) {
  const text = moduleText(type);
  const file = join(folder, `${type}.mlir`);
  writeFileSync(file, text);
  const ours: { readonly wall: number; readonly cpu: number }[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(convertOnce(text));
    const milliseconds = mlirOnce(file);
    if (milliseconds !== undefined) theirs.push(milliseconds);
  }
  console.log(`${count} operations on ${type}, to llvm:`);
  console.log(`  conversion, wall: ${summary(ours.map(({ wall }) => wall))}`);
  console.log(`  conversion, user CPU: ${summary(ours.map(({ cpu }) => cpu))}`);
  if (theirs.length > 0) console.log(`  mlir-opt's pass, wall: ${summary(theirs)}`);
}
rmSync(folder, { recursive: true });
