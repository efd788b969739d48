export { type Binaryen, loadBinaryen } from "./binaryen.ts";
export { generateWasm, type LoopsToWasmOptions, loopsToWasm } from "./loops-to-wasm.ts";
export type { WasmArgument, WasmBlob, WasmCode, WasmFunction } from "./wasm-code.ts";
