/**
 * For tests: runs functions on buffers through MLIR's own lowering and libLLVM, as a judge of the loops that we write that
 * shares no code with our backends.
 */
import { spawnSync } from "node:child_process";
import { type FunctionOperation, functionDefinition } from "../../dialects/func/ops.ts";
import { missingMlirOpt, mlirOpt } from "../../dialects/upstream/mlir-opt.ts";
import { requireElementName } from "../../ir/attributes.ts";
import type { Operation } from "../../ir/operation.ts";
import { print } from "../../ir/printer/print.ts";
import { type TensorData, zeros } from "../../ir/tensor-data.ts";
import { MemRefType } from "../../ir/types.ts";
import { callable, compileLlvmIr, type JitModule } from "../../runtime/ffi/llvm.ts";
import { findLlvm } from "../../runtime/ffi/llvm-library.ts";

const translateProgram = "mlir-translate-19";

function findMissing(): string | undefined {
  if (missingMlirOpt !== undefined) return missingMlirOpt;
  if (spawnSync(translateProgram, ["--version"]).status !== 0) return `${translateProgram} is not installed`;
  return findLlvm().library === undefined ? "no libLLVM was found" : undefined;
}

/** Why such tests are skipped, or undefined where everything is there. */
export const missingMlirRun: string | undefined = findMissing();

/** From loops with vectors to the llvm dialect, every buffer a bare pointer. */
const lowering = [
  "--convert-vector-to-scf",
  "--convert-linalg-to-loops",
  "--convert-scf-to-cf",
  "--expand-strided-metadata",
  "--lower-affine",
  "--convert-vector-to-llvm=reassociate-fp-reductions=1",
  "--convert-math-to-llvm",
  "--convert-math-to-libm",
  "--arith-expand",
  "--convert-arith-to-llvm",
  "--finalize-memref-to-llvm",
  "--convert-func-to-llvm=use-bare-ptr-memref-call-conv=1",
  "--convert-cf-to-llvm",
  "--reconcile-unrealized-casts",
];

/** What mlir-opt makes of a module of loops: the same in the llvm dialect, every buffer a bare pointer. */
export function mlirToLlvmDialect(module: Operation, options: readonly string[] = []): string {
  const lowered = mlirOpt(print(module, { generic: true, inlineResources: true }), [...lowering, ...options]);
  if (lowered.status !== 0) throw new Error(`mlir-opt refuses the module: ${lowered.errors.slice(0, 2000)}`);
  return lowered.output;
}

/** The LLVM IR that MLIR makes of a module; an error with MLIR's message where it refuses it. */
export function mlirToLlvmIr(module: Operation): string {
  const translated = spawnSync(translateProgram, ["--mlir-to-llvmir"], {
    input: mlirToLlvmDialect(module),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (translated.status !== 0)
    throw new Error(`mlir-translate refuses the module: ${translated.stderr.slice(0, 2000)}`);
  return translated.stdout;
}

/** A module of functions on buffers, compiled. */
export class MlirProgram {
  readonly #module: Operation;
  readonly #jit: JitModule;

  /** Lowered by MLIR, unless LLVM IR of it is given. */
  constructor(module: Operation, irText: string = mlirToLlvmIr(module)) {
    this.#module = module;
    this.#jit = compileLlvmIr(irText);
  }

  /** Calls a bufferised function: inputs, then as many destinations as its arguments ask for, then the arena. */
  call(name: string, inputs: readonly TensorData[]): readonly TensorData[] {
    const func = this.#function(name);
    const types = func.function_type.inputs;
    const buffers = types.map((type, position) => {
      if (!(type instanceof MemRefType)) throw new Error(`@${name} has an argument that is no buffer`);
      const given = inputs[position];
      if (given !== undefined) return given;
      return zeros(type.shape, requireElementName(type.element));
    });
    for (const buffer of buffers.slice(inputs.length)) new Uint8Array(buffer.data.buffer).fill(0xa5);
    callable(this.#jit.lookup(name), buffers.length)(...buffers.map((buffer) => buffer.data));
    return buffers.slice(inputs.length).filter((_, position) => {
      const marks = func.arg_attrs?.[inputs.length + position];
      return marks !== undefined && !marks.entries.has("anemone.arena");
    });
  }

  #function(name: string): FunctionOperation {
    for (const operation of this.#module.regions[0]!.onlyBlock.operations) {
      if (functionDefinition.matches(operation) && operation.sym_name === name) return operation;
    }
    throw new Error(`the module has no function @${name}`);
  }

  dispose(): void {
    this.#jit.dispose();
  }
}
