/** What loops-to-llvm says about pointers, how loops come out, and why it refuses what it cannot convert. */
import { describe, expect, test } from "vitest";
import { upstreamDialects } from "../../dialects/index.ts";
import * as llvm from "../../dialects/llvm/index.ts";
import { Context } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { instantiate } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { scfToCf } from "../scf-to-cf/index.ts";
import { loopsToLlvm } from "./loops-to-llvm.ts";

const context = new Context(upstreamDialects);

function lowered(source: string): Operation {
  const module = parse(source, context, { file: "in.mlir" });
  new PassManager([instantiate(loopsToLlvm)], context).run(module);
  return module;
}

function functionOf(module: Operation, name: string): llvm.LlvmFunctionOperation {
  const found = module.regions[0]!.onlyBlock.operations.find(
    (each) => each.attribute("sym_name")?.text === `"${name}"`,
  );
  return llvm.llvmFunction.cast(found!);
}

/** The attributes of each argument, as words. */
function argumentWords(module: Operation, name: string): string[] {
  return (functionOf(module, name).arg_attrs ?? []).map((attributes) => [...attributes.entries.keys()].join(" "));
}

function errorOf(source: string): string {
  try {
    lowered(source);
  } catch (error) {
    if (error instanceof DiagnosticError) return error.render();
    throw error;
  }
  throw new Error("expected an error");
}

describe("pointers", () => {
  /** A kernel that reads its first argument and writes its second, called from @main on views of an arena at these offsets. */
  const network = (first: number | string, second: number, extra = "") => `
    func.func private @kernel(%a: memref<16xf32>, %b: memref<16xf32>) {
      %c0 = arith.constant 0 : index
      %x = memref.load %a[%c0] : memref<16xf32>
      memref.store %x, %b[%c0] : memref<16xf32>
      return
    }
    func.func @main(%x: memref<16xf32> {anemone.input = "x"}, %y: memref<16xf32> {anemone.output = "y"}, %arena: memref<256xi8> {anemone.arena}) {
      %p = arith.constant ${typeof first === "number" ? first : 0} : index
      %q = arith.constant ${second} : index
      %v = memref.view %arena[${typeof first === "number" ? "%p" : first}][] : memref<256xi8> to memref<16xf32>
      %w = memref.view %arena[%q][] : memref<256xi8> to memref<16xf32>
      func.call @kernel(%v, %w) : (memref<16xf32>, memref<16xf32>) -> ()
      ${extra}
      return
    }`;

  test("a network's buffers never overlap, and keep their roles and types", () => {
    const module = lowered(network(0, 64));
    const [x, , arena] = functionOf(module, "main").arg_attrs!;
    expect(x!.text).toBe(
      '{anemone.input = "x", anemone.type = tensor<16xf32>, llvm.align = 64 : i64, llvm.noalias, llvm.nonnull, llvm.noundef}',
    );
    expect(arena!.text).toContain("anemone.arena, anemone.type = tensor<256xi8>");
  });

  test("views of byte ranges that do not meet do not alias", () => {
    const module = lowered(network(0, 64));
    expect(argumentWords(module, "kernel")).toEqual([
      "llvm.noalias llvm.nonnull llvm.noundef llvm.readonly",
      "llvm.noalias llvm.nonnull llvm.noundef",
    ]);
  });

  test("overlapping views may alias", () => {
    const module = lowered(network(0, 60));
    expect(argumentWords(module, "kernel")).toEqual([
      "llvm.nonnull llvm.noundef llvm.readonly",
      "llvm.nonnull llvm.noundef",
    ]);
  });

  test("one call where they may alias is enough", () => {
    const module = lowered(network(0, 64, "func.call @kernel(%v, %v) : (memref<16xf32>, memref<16xf32>) -> ()"));
    expect(argumentWords(module, "kernel")[1]).toBe("llvm.nonnull llvm.noundef");
  });

  test("different buffers do not alias, nor do subviews with distance", () => {
    const module = lowered(`
      memref.global "private" constant @w : memref<16xf32> = dense<1.0>
      func.func private @kernel(%a: memref<4xf32, strided<[1], offset: ?>>, %b: memref<4xf32, strided<[1], offset: ?>>, %w: memref<16xf32>) {
        %c0 = arith.constant 0 : index
        %x = memref.load %w[%c0] : memref<16xf32>
        memref.store %x, %a[%c0] : memref<4xf32, strided<[1], offset: ?>>
        memref.store %x, %b[%c0] : memref<4xf32, strided<[1], offset: ?>>
        return
      }
      func.func @main(%x: memref<16xf32> {anemone.output = "x"}) {
        %w = memref.get_global @w : memref<16xf32>
        %a = memref.subview %x[4] [4] [1] : memref<16xf32> to memref<4xf32, strided<[1], offset: 4>>
        %b = memref.subview %x[8] [4] [1] : memref<16xf32> to memref<4xf32, strided<[1], offset: 8>>
        %c = memref.cast %a : memref<4xf32, strided<[1], offset: 4>> to memref<4xf32, strided<[1], offset: ?>>
        %d = memref.cast %b : memref<4xf32, strided<[1], offset: 8>> to memref<4xf32, strided<[1], offset: ?>>
        func.call @kernel(%c, %d, %w) : (memref<4xf32, strided<[1], offset: ?>>, memref<4xf32, strided<[1], offset: ?>>, memref<16xf32>) -> ()
        return
      }`);
    for (const words of argumentWords(module, "kernel")) expect(words).toContain("llvm.noalias");
  });

  test("a buffer that goes on under another name counts as written", () => {
    const module = lowered(`func.func @f(%a: memref<4xf32>, %b: memref<4xf32>, %c: i1) {
      %c0 = arith.constant 0 : index
      %x = memref.load %a[%c0] : memref<4xf32>
      %d = arith.select %c, %a, %b : memref<4xf32>
      memref.store %x, %d[%c0] : memref<4xf32>
      return
    }`);
    expect(argumentWords(module, "f")[0]).toBe("llvm.nonnull llvm.noundef");
  });

  test("a function that anybody may call promises nothing", () => {
    const module = lowered(network(0, 64).replace("func.func private", "func.func"));
    expect(argumentWords(module, "kernel")[1]).toBe("llvm.nonnull llvm.noundef");
  });
});

describe("packed entries", () => {
  test("load each pointer from the list", () => {
    const module = lowered("func.func @main(%a: memref<4xf32>, %b: memref<4xf32>) {\n  return\n}");
    expect(print(functionOf(module, "_packed_main"))).toMatch(
      /llvm\.load %arg0 .*\n.*getelementptr %arg0\[1\].*\n.*llvm\.load .*\n.*llvm\.call @main\(%\d, %\d\)/,
    );
  });

  test("are not made for functions that take or give other values", () => {
    const module = lowered("func.func @main(%a: i32) -> i32 {\n  return %a : i32\n}");
    expect(print(module)).not.toContain("_packed");
  });
});

describe("loops", () => {
  const branches = (source: string): string => {
    const module = parse(source, context);
    new PassManager([instantiate(scfToCf)], context).run(module);
    return print(module);
  };

  test("with known bounds have no test in front", () => {
    const text = branches(`func.func @f() {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c4 = arith.constant 4 : index
      scf.for %i = %c0 to %c4 step %c1 {
      }
      return
    }`);
    expect(text.match(/cf\.cond_br/g)).toHaveLength(1);
    expect(text).not.toContain("loop_annotation");
  });

  test("with run-time bounds are tested once before", () => {
    const text = branches(`func.func @f(%n: index) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      scf.for %i = %c0 to %n step %c1 {
      }
      return
    }`);
    expect(text.match(/cf\.cond_br/g)).toHaveLength(2);
  });

  test("on vectors are in their final form for LLVM", () => {
    const text = print(
      lowered(`func.func @f(%a: memref<64xf32>) {
        %c0 = arith.constant 0 : index
        %c16 = arith.constant 16 : index
        %c64 = arith.constant 64 : index
        scf.for %i = %c0 to %c64 step %c16 {
          %x = vector.load %a[%i] : memref<64xf32>, vector<16xf32>
          vector.store %x, %a[%i] : memref<64xf32>, vector<16xf32>
        }
        return
      }`),
    );
    expect(text).toContain(
      "loop_annotation = #llvm.loop_annotation<vectorize = <disable = true>, unroll = <disable = true>>",
    );
  });
});

describe("addresses", () => {
  test("neighbouring accesses share what varies", () => {
    const text = print(
      lowered(`func.func @f(%a: memref<8x32xf32>, %i: index, %j: index) -> f32 {
        %c2 = arith.constant 2 : index
        %k = arith.addi %j, %c2 : index
        %x = memref.load %a[%i, %j] : memref<8x32xf32>
        %y = memref.load %a[%i, %k] : memref<8x32xf32>
        %z = arith.addf %x, %y : f32
        return %z : f32
      }`),
    );
    // Both compute i * 32 + j; the second one goes on by the constant 2.
    expect(text.match(/llvm\.mul/g)).toHaveLength(2);
    expect(text).toMatch(/getelementptr %\w+\[2\]/);
  });
});

describe("refusals", () => {
  test("strides that are not known", () => {
    const message = errorOf(`func.func @f(%a: memref<4x4xf32, strided<[?, 1]>>, %i: index) -> f32 {
      %x = memref.load %a[%i, %i] : memref<4x4xf32, strided<[?, 1]>>
      return %x : f32
    }`);
    expect(message).toContain("in.mlir:1:1: error: 'func.func' op could not be legalized");
    expect(message).toContain(
      "tried func-to-llvm: the strides of memref<4x4xf32, strided<[?, 1]>> are not known when compiling",
    );
  });

  test("vectors across scattered memory", () => {
    const message = errorOf(`func.func @f(%a: memref<4x4xf32, strided<[1, 4]>>) -> vector<4xf32> {
      %c0 = arith.constant 0 : index
      %x = vector.load %a[%c0, %c0] : memref<4x4xf32, strided<[1, 4]>>, vector<4xf32>
      return %x : vector<4xf32>
    }`);
    expect(message).toContain("are 4 apart");
  });

  test("operations without any pattern", () => {
    const message = errorOf(`func.func @f(%a: memref<4xf32>) {
      linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%a : memref<4xf32>) {
      ^bb0(%x: f32):
        linalg.yield %x : f32
      }
      return
    }`);
    expect(message).toContain("'linalg.generic' op could not be legalized");
    expect(message).toContain("no pattern is known for 'linalg.generic'");
  });
});
