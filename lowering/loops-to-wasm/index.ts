export { type Binaryen, loadBinaryen } from "./binaryen.ts";
export { generateWasm, type LoopsToWasmOptions, loopsToWasm, type WasmCode } from "./loops-to-wasm.ts";
