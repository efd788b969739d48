/** From a lowered module to a program on the host: machine code by LLVM, or WebAssembly. */
import type { Operation } from "../ir/operation.ts";
import { loadLlvmProgram } from "../runtime/devices/cpu-llvm.ts";
import { llvmPasses } from "../runtime/ffi/llvm.ts";
import type { Program } from "../runtime/program.ts";
import { llvmArtefact } from "./llvm-artefact.ts";

export interface HostOptions {
  /** Machine code from the llvm level; false: WebAssembly from the loops level. */
  readonly llvm: boolean;
}

/**
 * Loads a module: at the llvm level for LLVM, at the loops level for WebAssembly. The loop nests come vectorised and
 * register-tiled, so LLVM's cheap clean-up pipeline gives the speed of its full one in a fourth of the time.
 */
export async function loadHostProgram(name: string, module: Operation, options: HostOptions): Promise<Program> {
  if (options.llvm) return loadLlvmProgram(llvmArtefact(module, name), { passes: llvmPasses.tidy });
  // Loaded on demand: the WebAssembly generator's library takes longer to load than most programs take to compile.
  const { loopsToWasm } = await import("../lowering/loops-to-wasm/index.ts");
  const { loadWasmProgram } = await import("../runtime/devices/cpu-wasm.ts");
  return loadWasmProgram({ name, ...(await loopsToWasm(module)) });
}
