/**
 * The expanded functions as machine code: vectors of 16 lanes through LLVM give bit for bit what the formulas give lane by lane
 * (nothing is reassociated on the way), for 65536 numbers each.
 */
import { describe, expect, test } from "vitest";
import { functionOperation, moduleOperation } from "../../dialects/func/build.ts";
import { upstreamDialects } from "../../dialects/index.ts";
import * as math from "../../dialects/math/ops.ts";
import { Context } from "../../ir/context.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { f32 } from "../../ir/types.ts";
import { expandMath } from "../../lowering/expand-math/index.ts";
import { type Lanes, runLanes } from "../../lowering/expand-math/lane-interpreter.ts";
import { llvmIrText } from "../../lowering/llvm-to-text/index.ts";
import { loopsToLlvm } from "../../lowering/loops-to-llvm/index.ts";
import { instantiate } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { callable, compileLlvmIr } from "../../runtime/ffi/llvm.ts";
import { findLlvm } from "../../runtime/ffi/llvm-library.ts";

const context = new Context(upstreamDialects);
const count = 1 << 16;

/** Bit patterns spread over all f32, and dense numbers of ordinary size behind them. */
const samples = ((): Float32Array<ArrayBuffer> => {
  const patterns = new Uint32Array(count);
  const step = Math.floor(2 ** 33 / count) | 1;
  for (let i = 0; i < count; i++) patterns[i] = Math.imul(i, step);
  const values = new Float32Array(patterns.buffer);
  for (let i = count / 2; i < count; i++) values[i] = ((i - count / 2) / count - 0.25) * 60;
  return values;
})();

const unary = [
  math.acos,
  math.acosh,
  math.asin,
  math.asinh,
  math.atan,
  math.atanh,
  math.cbrt,
  math.cos,
  math.cosh,
  math.erf,
  math.exp,
  math.exp2,
  math.expm1,
  math.log,
  math.log10,
  math.log1p,
  math.log2,
  math.round,
  math.rsqrt,
  math.sin,
  math.sinh,
  math.tan,
  math.tanh,
].map((definition) => ({ name: definition.name, definition }));

function vectorCode(line: string): string {
  const module: Operation = parse(
    `func.func @f(%a: memref<${count}xf32>, %b: memref<${count}xf32>, %r: memref<${count}xf32>) {
      %c0 = arith.constant 0 : index
      %c16 = arith.constant 16 : index
      %n = arith.constant ${count} : index
      scf.for %i = %c0 to %n step %c16 {
        %x = vector.load %a[%i] : memref<${count}xf32>, vector<16xf32>
        %y = vector.load %b[%i] : memref<${count}xf32>, vector<16xf32>
        %z = ${line} : vector<16xf32>
        vector.store %z, %r[%i] : memref<${count}xf32>, vector<16xf32>
      }
      return
    }`,
    context,
  );
  new PassManager([instantiate(expandMath), instantiate(loopsToLlvm)], context).run(module);
  return llvmIrText(module).text;
}

function byMachine(line: string, inputs: readonly Float32Array<ArrayBuffer>[]): Float32Array {
  using jit = compileLlvmIr(vectorCode(line));
  const result = new Float32Array(count);
  callable(jit.lookup("f"), 3)(inputs[0]!, inputs[1] ?? inputs[0]!, result);
  return result;
}

function byFormula(build: Parameters<typeof functionOperation>[3], inputs: readonly Lanes[]): Lanes {
  const operation = functionOperation(
    "f",
    inputs.map(() => f32),
    [f32],
    build,
  );
  new PassManager([instantiate(expandMath)], context).run(moduleOperation([operation]));
  const entry = operation.body.onlyBlock;
  const environment = new Map<Value, Lanes>(entry.arguments.map((argument, i) => [argument, inputs[i]!]));
  return runLanes(entry, environment, count)[0]!;
}

/** The first lane where two results differ; NaN equals NaN, zeros keep their sign. */
function firstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return i;
  return -1;
}

const hasLlvm = findLlvm().library !== undefined;
describe.skipIf(!hasLlvm)(hasLlvm ? "vectors by LLVM" : "SKIPPED: no libLLVM was found", () => {
  test.each(unary)("$name", ({ name, definition }) => {
    const got = byMachine(`${name} %x`, [samples]);
    const wanted = byFormula((builder, [x]) => [builder.build(definition, { input: x! }).result], [samples]);
    const lane = firstDifference(got, wanted);
    expect(lane, `${name}(${samples[lane]}) gives ${got[lane]}, not ${wanted[lane]}`).toBe(-1);
  });

  test.each([math.powf, math.atan2].map((definition) => ({ name: definition.name, definition })))("$name", (each) => {
    const { name, definition } = each;
    const other = samples.map((_, i) => samples[Math.imul(i, 7919) & (count - 1)]!);
    const got = byMachine(`${name} %x, %y`, [samples, other]);
    const wanted = byFormula(
      (builder, [lhs, rhs]) => [builder.build(definition, { lhs: lhs!, rhs: rhs! }).result],
      [samples, other],
    );
    const lane = firstDifference(got, wanted);
    expect(lane, `${name}(${samples[lane]}, ${other[lane]}) gives ${got[lane]}, not ${wanted[lane]}`).toBe(-1);
  });
});
