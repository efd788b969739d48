/**
 * loops-to-llvm and llvm-to-text against MLIR: each function of the cases runs three ways on the same buffers (our text; our llvm
 * dialect translated by mlir-translate; MLIR's own lowering of the same loops) and must leave the same bytes in all of them.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { functionDefinition } from "../../dialects/func/ops.ts";
import { upstreamDialects } from "../../dialects/index.ts";
import { requireElementName } from "../../ir/attributes.ts";
import { Context } from "../../ir/context.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { type ElementName, getNumber, setNumber, type TensorData, zeros } from "../../ir/tensor-data.ts";
import { MemRefType } from "../../ir/types.ts";
import { verify } from "../../ir/verifier.ts";
import { llvmIrText } from "../../lowering/llvm-to-text/index.ts";
import { loopsToLlvm } from "../../lowering/loops-to-llvm/index.ts";
import { instantiate } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { callable, compileLlvmIr, llvmPasses } from "../../runtime/ffi/llvm.ts";
import { findLlvm } from "../../runtime/ffi/llvm-library.ts";
import { missingMlirRun, mlirToLlvmIr } from "../testing/mlir-run.ts";
import { type LoweringCase, loweringCases } from "./loops-to-llvm-cases.ts";

const context = new Context(upstreamDialects);
const hasLlvm = findLlvm().library !== undefined;

function moduleText({ args, body, module = "" }: LoweringCase): string {
  return `${module}\nfunc.func @f(${args}) {\n${body}\n  return\n}`;
}

const specialValues = [Number.NaN, 0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.5, -2.5, 0.5];

/** Reproducible contents: small numbers of both signs, and special ones in changing pairs. */
function fill(buffer: TensorData, seed: number, withSpecials: boolean): void {
  const isFloat = buffer.element.includes("f");
  let state = seed * 2654435761 + 12345;
  for (let position = 0; position < buffer.data.length; position++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const number = (state / 2 ** 32) * 8 - 4;
    const special = specialValues[(position * seed + (position >> 3)) % specialValues.length]!;
    if (isFloat) setNumber(buffer, position, withSpecials ? special : number);
    else setNumber(buffer, position, buffer.element === "i1" ? state >>> 31 : Math.round(number * 1000));
  }
}

function argumentTypes(module: Operation): { readonly shape: readonly number[]; readonly element: ElementName }[] {
  const func = module.regions[0]!.onlyBlock.operations.find(
    (each) => functionDefinition.matches(each) && each.sym_name === "f",
  );
  return functionDefinition.cast(func!).function_type.inputs.map((type) => {
    if (!(type instanceof MemRefType)) throw new Error(`${type} is no buffer`);
    return { shape: type.shape, element: requireElementName(type.element) };
  });
}

/** Runs `f` of LLVM IR text on fresh buffers and returns what they hold then. */
function run(
  irText: string,
  types: ReturnType<typeof argumentTypes>,
  withSpecials: boolean,
  passes?: string,
): TensorData[] {
  using jit = compileLlvmIr(irText, passes === undefined ? {} : { passes });
  const buffers = types.map(({ shape, element }) => zeros(shape, element));
  for (const [position, buffer] of buffers.entries()) fill(buffer, position + 1, withSpecials);
  callable(jit.lookup("f"), buffers.length)(...buffers.map(({ data }) => data));
  return buffers;
}

function numbersOf(tensor: TensorData): number[] {
  return Array.from({ length: tensor.data.length }, (_, position) => getNumber(tensor, position));
}

function expectSame(got: readonly TensorData[], wanted: readonly TensorData[], tolerance: number): void {
  for (const [position, buffer] of got.entries()) {
    const other = wanted[position]!;
    if (tolerance === 0) expect(numbersOf(buffer)).toEqual(numbersOf(other));
    else {
      const [a, b] = [numbersOf(buffer), numbersOf(other)];
      for (const [i, value] of a.entries()) {
        if (Object.is(value, b[i])) continue;
        expect(
          Math.abs(value - b[i]!),
          `element ${i} of argument ${position}: ${value} and ${b[i]}`,
        ).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(b[i]!)));
      }
    }
  }
}

/** The module at the llvm level. */
function lowered(text: string): Operation {
  const module = parse(text, context);
  verify(module, context);
  new PassManager([instantiate(loopsToLlvm)], context).run(module);
  return module;
}

function translate(module: string): string {
  const { status, stdout, stderr } = spawnSync("mlir-translate-19", ["--mlir-to-llvmir"], {
    input: module,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`mlir-translate refuses the module: ${stderr}`);
  return stdout;
}

test("every case that MLIR cannot judge has expected values", () => {
  expect(loweringCases.filter((each) => each.withoutMlir !== undefined && each.expected === undefined)).toEqual([]);
});

describe.skipIf(!hasLlvm)(hasLlvm ? "with libLLVM" : "SKIPPED: no libLLVM was found", () => {
  test.each(loweringCases)("$name", (each) => {
    const text = moduleText(each);
    const types = argumentTypes(parse(text, context));
    const module = lowered(text);
    const { text: irText, constants } = llvmIrText(module);
    expect(constants).toEqual([]);
    const ours = run(irText, types, each.specials ?? false);
    if (each.expected !== undefined) {
      const before = types.map(({ shape, element }) => zeros(shape, element));
      for (const [position, buffer] of before.entries()) fill(buffer, position + 1, each.specials ?? false);
      const wanted = {
        ...ours.at(-1)!,
        data: Float64Array.from(each.expected(before.map(numbersOf))),
        element: "f64" as const,
      };
      expectSame(ours.slice(-1), [wanted], each.tolerance ?? 0);
    }
    // Read again, the dump is the same program.
    const again = parse(print(module), context);
    verify(again, context);
    expect(llvmIrText(again).text).toBe(irText);
    expectSame(run(irText, types, each.specials ?? false, llvmPasses.none), ours, each.tolerance ?? 0);
  });
});

describe.skipIf(missingMlirRun !== undefined)(
  missingMlirRun === undefined ? "against MLIR" : `SKIPPED: ${missingMlirRun}`,
  () => {
    test.each(loweringCases)("$name, translated by mlir-translate", (each) => {
      const text = moduleText(each);
      const types = argumentTypes(parse(text, context));
      const module = lowered(text);
      const ours = run(llvmIrText(module).text, types, each.specials ?? false);
      expectSame(run(translate(print(module)), types, each.specials ?? false), ours, 0);
      expectSame(run(translate(print(module, { generic: true })), types, each.specials ?? false), ours, 0);
    });

    test.each(loweringCases.filter(({ withoutMlir }) => withoutMlir === undefined))(
      "$name, lowered by MLIR",
      (each) => {
        const text = moduleText(each);
        const types = argumentTypes(parse(text, context));
        const ours = run(llvmIrText(lowered(text)).text, types, each.specials ?? false);
        const theirs = run(mlirToLlvmIr(parse(text, context)), types, each.specials ?? false);
        expectSame(ours, theirs, each.tolerance ?? 0);
      },
    );
  },
);
