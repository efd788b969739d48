/** The building helpers make programs that verify and read as expected. */
import { expect, test } from "vitest";
import { AffineMap } from "../ir/affine-map.ts";
import { Context } from "../ir/context.ts";
import type { Operation } from "../ir/operation.ts";
import { print } from "../ir/printer/print.ts";
import { f32, i64, index, MemRefType, TensorType } from "../ir/types.ts";
import { verify } from "../ir/verifier.ts";
import { indexConstant, scalarConstant } from "./arith/build.ts";
import { addf, cmpi, mulf } from "./arith/ops.ts";
import { externalFunction, functionOperation, moduleOperation } from "./func/build.ts";
import { call } from "./func/ops.ts";
import { upstreamDialects } from "./index.ts";
import { filledTensor, genericOp, matmulOp } from "./linalg/build.ts";
import { asPointer, elementAddress, llvmFunctionOperation, llvmInteger } from "./llvm/build.ts";
import { load as llvmLoad } from "./llvm/memory.ts";
import { ArrayType, pointer } from "./llvm/types.ts";
import { isMemRefValue, subviewOf } from "./memref/build.ts";
import { load } from "./memref/ops.ts";
import { carryingLoopNest, forLoop, ifThenElse, parallelLoop, whileLoop } from "./scf/build.ts";
import { tensor } from "./tensor/index.ts";
import { padWith, sliceOf } from "./tensor/upstream/build.ts";

const context = new Context([...upstreamDialects, tensor]);

function textOf(...operations: readonly Operation[]): string {
  const program = moduleOperation(operations);
  verify(program, context);
  return print(program).trim();
}

test("loops, conditions and views", () => {
  const buffer = MemRefType.get([4, 4], f32);
  const text = textOf(
    functionOperation(
      "sum",
      [buffer],
      [f32],
      (builder, [m]) => {
        if (m === undefined || !isMemRefValue(m)) return undefined;
        const [zero, two, one] = [0, 2, 1].map((value) => indexConstant(builder, value));
        const start = scalarConstant(builder, 0, f32);
        const corner = subviewOf(builder, m, [1, 1], [2, 2]);
        return carryingLoopNest(builder, [zero!, zero!], [two!, two!], [one!, one!], [start], ([i, j], [sum]) => {
          const element = builder.build(load, { memref: corner, indices: [i, j].filter((each) => each !== undefined) });
          const isFirst = builder.build(cmpi, { predicate: "eq", lhs: i!, rhs: zero! }).result;
          const picked = ifThenElse(
            builder,
            isFirst,
            () => [element.result],
            () => [sum!],
          );
          return [builder.build(addf, { lhs: sum!, rhs: picked.outputs[0]!, fastmath: ["contract"] }).result];
        });
      },
      { argumentNames: ["m"] },
    ),
  );
  expect(text).toBe(`module {
  func.func @sum(%m: memref<4x4xf32>) -> f32 {
    %0 = arith.constant 0 : index
    %1 = arith.constant 2 : index
    %2 = arith.constant 1 : index
    %3 = arith.constant 0.0 : f32
    %4 = memref.subview %m[1, 1] [2, 2] [1, 1] : memref<4x4xf32> to memref<2x2xf32, strided<[4, 1], offset: 5>>
    %5 = scf.for %arg1 = %0 to %1 step %2 iter_args(%arg2 = %3) -> (f32) {
      %6 = scf.for %arg3 = %0 to %1 step %2 iter_args(%arg4 = %arg2) -> (f32) {
        %7 = memref.load %4[%arg1, %arg3] : memref<2x2xf32, strided<[4, 1], offset: 5>>
        %8 = arith.cmpi eq, %arg1, %0 : index
        %9 = scf.if %8 -> (f32) {
          scf.yield %7 : f32
        } else {
          scf.yield %arg4 : f32
        }
        %10 = arith.addf %arg4, %9 fastmath<contract> : f32
        scf.yield %10 : f32
      }
      scf.yield %6 : f32
    }
    return %5 : f32
  }
}`);
});

test("while and parallel loops, calls of external functions", () => {
  const text = textOf(
    externalFunction("next", [index], [index]),
    functionOperation("main", [index], [index], (builder, [n]) => {
      const one = indexConstant(builder, 1);
      parallelLoop(builder, [one], [n!], [one], ([i]) => {
        builder.build(call, { callee: "next", inputs: [i!], outputs: [index] });
      });
      return whileLoop(
        builder,
        [one],
        ([x]) => ({ condition: builder.build(cmpi, { predicate: "ult", lhs: x!, rhs: n! }).result, values: [x!] }),
        ([x]) => builder.build(call, { callee: "next", inputs: [x!], outputs: [index] }).outputs,
      );
    }),
  );
  expect(text).toContain("func.func private @next(index) -> index");
  expect(text).toContain("scf.parallel (%arg1) = (%0) to (%arg0) step (%0) {");
  expect(text).toContain("%1 = scf.while (%arg1 = %0) : (index) -> index {");
});

test("a loop that carries nothing", () => {
  const text = textOf(
    functionOperation("main", [], [], (builder) => {
      const [zero, one] = [indexConstant(builder, 0), indexConstant(builder, 1)];
      forLoop(builder, zero, one, one, [], () => undefined);
      return [];
    }),
  );
  expect(text).toContain("scf.for %arg0 = %0 to %1 step %1 {\n    }");
});

test("structured operations on tensors", () => {
  const matrix = TensorType.get([4, 4], f32);
  const text = textOf(
    functionOperation("main", [matrix], [matrix], (builder, [x]) => {
      if (x === undefined || !(x.type instanceof TensorType)) return undefined;
      const zero = scalarConstant(builder, 0, f32);
      const product = matmulOp(builder, x, x, filledTensor(builder, zero, [4, 4])).onlyResult;
      const identity = AffineMap.identity(2);
      const squared = genericOp(builder, {
        inputs: [product],
        outputs: [product],
        maps: [identity, identity],
        iterators: ["parallel", "parallel"],
        body: (inner, [a, b]) => [inner.build(mulf, { lhs: a!, rhs: b! }).result],
      });
      const [result] = squared.resultTensors;
      const padded = padWith(builder, result!, [1, 0], [1, 0], zero);
      return [sliceOf(builder, padded, [1, 0], [4, 4])];
    }),
  );
  expect(text).toContain("linalg.fill ins(%0 : f32) outs(%1 : tensor<4x4xf32>) -> tensor<4x4xf32>");
  expect(text).toContain("linalg.matmul ins(%arg0, %arg0 : tensor<4x4xf32>, tensor<4x4xf32>)");
  expect(text).toContain("tensor.extract_slice %5[1, 0] [4, 4] [1, 1] : tensor<6x4xf32> to tensor<4x4xf32>");
});

test("LLVM functions", () => {
  const text = textOf(
    llvmFunctionOperation("element", [pointer, i64], [f32], (builder, [base, i]) => {
      const address = elementAddress(builder, base!, [i!, 2], ArrayType.get(4, f32));
      return [builder.build(llvmLoad, { addr: asPointer(address), res: f32 }).res];
    }),
    llvmFunctionOperation("seven", [], [i64], (builder) => [llvmInteger(builder, 7)], { linkage: "internal" }),
  );
  expect(text).toContain("llvm.getelementptr %arg0[%arg1, 2] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.array<4 x f32>");
  expect(text).toContain("llvm.func internal @seven() -> i64 {");
});
