/**
 * Between the caller's element types and those of the engine's buffers: whole images of f32 or bytes become f16 and results
 * become f32 by machine code (a loop per pair of types, which LLVM vectorises), everything else, and everything on a machine
 * without a libLLVM, element by element. The results are the same: each element is rounded once, to nearest even.
 */
import { CFunction, type Pointer } from "bun:ffi";
import { type ElementName, elementCount, getNumber, setNumber, type TensorData } from "../../../ir/tensor-data.ts";
import { describeCodegen, emitObject, type JitModule, llvmPasses, loadObject } from "../../ffi/llvm.ts";
import { findLlvm } from "../../ffi/llvm-library.ts";
import { cacheKey, defaultObjectCache } from "../../object-cache.ts";

/** Copies a tensor's elements into another of the same shape. */
export type Conversion = (source: TensorData, target: TensorData) => void;

const llvmTypes = {
  f32: { name: "float", bytes: 4 },
  f16: { name: "half", bytes: 2 },
  ui8: { name: "i8", bytes: 1 },
  i8: { name: "i8", bytes: 1 },
} as const;

/** Bytes go through `float`, in which they are exact: processors have no instruction from bytes to half. */
const pairs = {
  "f32 f16": { from: "f32", to: "f16", steps: ["%made = fptrunc float %value to half"] },
  "f16 f32": { from: "f16", to: "f32", steps: ["%made = fpext half %value to float"] },
  "ui8 f16": {
    from: "ui8",
    to: "f16",
    steps: ["%wide = uitofp i8 %value to float", "%made = fptrunc float %wide to half"],
  },
  "i8 f16": {
    from: "i8",
    to: "f16",
    steps: ["%wide = sitofp i8 %value to float", "%made = fptrunc float %wide to half"],
  },
} as const;
type PairName = keyof typeof pairs;

const symbolOf = (pair: PairName) => `anemone_${pair.replace(" ", "_to_")}`;

function loopText(pair: PairName): string {
  const { from, to, steps } = pairs[pair];
  const source = llvmTypes[from];
  const target = llvmTypes[to];
  return [
    `define void @${symbolOf(pair)}(ptr noalias readonly %source, ptr noalias %target, i64 %count) {`,
    "entry:",
    "  %empty = icmp eq i64 %count, 0",
    "  br i1 %empty, label %done, label %loop",
    "loop:",
    "  %i = phi i64 [ 0, %entry ], [ %next, %loop ]",
    `  %at = getelementptr inbounds ${source.name}, ptr %source, i64 %i`,
    `  %to = getelementptr inbounds ${target.name}, ptr %target, i64 %i`,
    `  %value = load ${source.name}, ptr %at, align ${source.bytes}`,
    ...steps.map((step) => `  ${step}`),
    `  store ${target.name} %made, ptr %to, align ${target.bytes}`,
    "  %next = add nuw i64 %i, 1",
    "  %last = icmp eq i64 %next, %count",
    "  br i1 %last, label %done, label %loop",
    "done:",
    "  ret void",
    "}",
    "",
  ].join("\n");
}

type NativeLoop = (source: TensorData["data"], target: TensorData["data"], count: number) => void;

/** The loops stay in the process: every program may use them. */
let loaded: { readonly module: JitModule; readonly loops: Map<PairName, NativeLoop> } | undefined;

function nativeLoop(pair: PairName): NativeLoop {
  loaded ??= { module: loadLoops(), loops: new Map() };
  let loop = loaded.loops.get(pair);
  if (loop === undefined) {
    const address = loaded.module.lookup(symbolOf(pair));
    const call = CFunction({ ptr: address as Pointer, args: ["ptr", "ptr", "u64"], returns: "void" });
    loop = (source, target, count) => {
      // An empty array has no address.
      if (count > 0) call(source, target, count);
    };
    loaded.loops.set(pair, loop);
  }
  return loop;
}

function loadLoops(): JitModule {
  const text = (Object.keys(pairs) as PairName[]).map(loopText).join("\n");
  const options = { name: "conversions", passes: llvmPasses.vectorize };
  const cache = defaultObjectCache();
  const key = cacheKey(describeCodegen(options), text);
  let object = cache?.get(key);
  if (object === undefined) {
    object = emitObject(text, options);
    cache?.set(key, object);
  }
  return loadObject(object, {}, options);
}

const isPair = (name: string): name is PairName => Object.hasOwn(pairs, name);

let isLlvmThere: boolean | undefined;

/** Looked for once: the search asks the disk for dozens of files. */
function hasLlvm(): boolean {
  isLlvmThere ??= findLlvm().library !== undefined;
  return isLlvmThere;
}

/** How to fill a tensor of one element type from one of another. `native: false` uses no machine code. */
export function conversion(
  from: ElementName,
  to: ElementName,
  { native }: { readonly native?: boolean } = {},
): Conversion {
  if (from === to) return copyElements;
  const pair = `${from} ${to}`;
  if (isPair(pair) && (native ?? hasLlvm())) {
    const loop = nativeLoop(pair);
    return (source, target) => loop(source.data, target.data, elementCount(target.shape));
  }
  return isPair(pair) ? setElements : convertElements;
}

function copyElements(source: TensorData, target: TensorData): void {
  const { buffer, byteOffset, byteLength } = source.data;
  const { data } = target;
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength).set(new Uint8Array(buffer, byteOffset, byteLength));
}

const isWide = (data: TensorData["data"]) => data instanceof BigInt64Array || data instanceof BigUint64Array;

/** By the array's own conversion, which is right for these pairs. */
function setElements({ data: source }: TensorData, { data: target }: TensorData): void {
  if (!isWide(source) && !isWide(target)) target.set(source);
}

function convertElements(source: TensorData, target: TensorData): void {
  const count = elementCount(target.shape);
  for (let index = 0; index < count; index++) setNumber(target, index, getNumber(source, index));
}
