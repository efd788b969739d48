/**
 * The assembler behind the WebAssembly path. binaryen is large (it takes a good part of a second to load), so it is imported
 * on first use only.
 */
import type binaryen from "binaryen";

export type Binaryen = typeof binaryen;
export type WasmModule = binaryen.Module;
/** A node of an expression tree; it may stand in one place only. */
export type Expression = binaryen.ExpressionRef;

/** The types of WebAssembly values that generated code uses. */
export type WasmType = "i32" | "i64" | "f32" | "f64" | "v128";

export async function loadBinaryen(): Promise<Binaryen> {
  return (await import("binaryen")).default;
}
