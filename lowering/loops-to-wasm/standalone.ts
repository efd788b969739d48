/**
 * A module that any WebAssembly host can run without a word of ours: it has its own memory (exported as `memory`) with the weights
 * in it, computes the prepared tensors when it starts, and exports `run`, which takes nothing. Where inputs and outputs lie
 * say exported constants named `input:NAME` and `output:NAME`.
 */
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Binaryen, WasmModule } from "./binaryen.ts";
import { alignBuffer, type WasmCode, type WasmFunction } from "./wasm-code.ts";

const pageBytes = 65536;
const largestPages = 65536;

/** Completes a module whose functions are there but which has no memory yet. */
export function makeStandalone(
  { i32, none }: Binaryen,
  wasm: WasmModule,
  { main, prepare, blobs, memoryEnd }: Pick<WasmCode, "main" | "prepare" | "blobs" | "memoryEnd">,
): void {
  const addresses = new Map<string, number>();
  const sizes = new Map<string, number>();
  for (const { role, name, bytes } of [...main.arguments, ...(prepare?.arguments ?? [])]) {
    const key = `${role}:${name}`;
    sizes.set(key, Math.max(sizes.get(key) ?? 0, bytes));
  }
  let end = alignBuffer(memoryEnd);
  for (const [key, bytes] of sizes) {
    addresses.set(key, end);
    end = alignBuffer(end + bytes);
  }
  const pages = Math.ceil(end / pageBytes);
  if (pages > largestPages) {
    throw new DiagnosticError(`the program needs ${pages * pageBytes} bytes of memory, but WebAssembly has 4 GiB`);
  }
  const segments = blobs.map(({ address, bytes }) => ({ offset: wasm.i32.const(address | 0), data: bytes }));
  wasm.setMemory(pages, pages, "memory", segments);
  const callOf = ({ entry, arguments: list }: WasmFunction) =>
    wasm.call(
      entry,
      list.map(({ role, name }) => wasm.i32.const(addresses.get(`${role}:${name}`)! | 0)),
      none,
    );
  wasm.addFunction("run", none, none, [], callOf(main));
  wasm.addFunctionExport("run", "run");
  if (prepare !== undefined) wasm.setStart(wasm.addFunction("start", none, none, [], callOf(prepare)));
  for (const { role, name } of main.arguments) {
    if (role !== "input" && role !== "output") continue;
    const key = `${role}:${name}`;
    wasm.addGlobal(key, i32, false, wasm.i32.const(addresses.get(key)! | 0));
    wasm.addGlobalExport(key, key);
  }
}
