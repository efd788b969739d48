/**
 * ONNX Runtime as the reference that every differential test and benchmark compares with. It is a Node addon, so a Node
 * child process runs it (`onnxruntime-worker.cjs`, which also describes the frames between the two); this side looks like
 * a network that takes and returns `TensorData`. One child serves all models of a process, starts with the first one
 * opened and ends with the process that started it.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { accessSync, constants, realpathSync } from "node:fs";
import { basename, delimiter, join, resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { type ElementName, elementCount, elementsFromBytes, type TensorData } from "../../ir/tensor-data.ts";

/** A tensor that a model declares: a dimension is a size or the name of a dynamic dimension. */
export interface ReferencePort {
  readonly name: string;
  /** ONNX Runtime's name of the element type, e.g. `float32`. */
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

export interface ReferenceOptions {
  /** Threads inside one operator; 1 when not given. */
  readonly threads?: number;
  /** Whether ONNX Runtime may rewrite the graph before it runs; true when not given. */
  readonly optimise?: boolean;
}

/** An opened model. Every failure rejects with an `OnnxRuntimeError` that holds ONNX Runtime's own message. */
export interface ReferenceModel {
  readonly inputs: readonly ReferencePort[];
  readonly outputs: readonly ReferencePort[];
  run(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>>;
  /** The median wall time of `runs` runs in milliseconds, after two runs that do not count; inputs are sent once. */
  measure(
    inputs: Readonly<Record<string, TensorData>>,
    runs: number,
    options?: { readonly threads?: number },
  ): Promise<number>;
  close(): Promise<void>;
}

export class OnnxRuntimeError extends Error {
  override readonly name = "OnnxRuntimeError";
}

/** Element types both sides know. bf16 and 4-bit types have no array in onnxruntime-node. */
const runtimeTypes: { readonly [E in ElementName]?: string } = {
  f64: "float64",
  f32: "float32",
  f16: "float16",
  i1: "bool",
  i8: "int8",
  i16: "int16",
  i32: "int32",
  i64: "int64",
  ui8: "uint8",
  ui16: "uint16",
  ui32: "uint32",
  ui64: "uint64",
};
const elementOfType = new Map(Object.entries(runtimeTypes).map(([element, type]) => [type, element as ElementName]));

interface TensorDescription {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: string;
  readonly bytes: number;
}

interface Answer {
  readonly id: number;
  readonly error?: string;
  readonly inputs?: readonly ReferencePort[];
  readonly outputs?: readonly ReferencePort[];
  readonly tensors?: readonly TensorDescription[];
  readonly milliseconds?: readonly number[];
}

interface Reply {
  readonly answer: Answer;
  readonly payload: Uint8Array;
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

const prefixBytes = 12;

/** Joins chunks of a stream into frames, without copying a long payload more than once. */
class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #sizes: { readonly header: number; readonly payload: number } | undefined;

  push(chunk: Buffer, receive: (header: Buffer, payload: Buffer) => void): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    for (;;) {
      if (!this.#sizes) {
        if (this.#bytes < prefixBytes) return;
        const prefix = this.#take(prefixBytes);
        this.#sizes = { header: prefix.readUInt32LE(0), payload: prefix.readDoubleLE(4) };
      }
      const { header, payload } = this.#sizes;
      if (this.#bytes < header + payload) return;
      this.#sizes = undefined;
      receive(this.#take(header), this.#take(payload));
    }
  }

  #take(count: number): Buffer {
    const joined = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#chunks = [joined.subarray(count)];
    this.#bytes -= count;
    return joined.subarray(0, count);
  }
}

/** Whether `path` is an executable Node; Bun puts a link to itself named `node` first in PATH when it runs a script. */
function isNode(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return !basename(realpathSync(path)).toLowerCase().startsWith("bun");
  } catch {
    return false;
  }
}

/** The Node to run: the one that npm runs under, else the first in PATH that is not Bun in disguise. */
function findNode(): string {
  const executable = process.platform === "win32" ? "node.exe" : "node";
  const inPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, executable));
  const found = [process.env.npm_node_execpath ?? "", ...inPath].find((path) => path !== "" && isNode(path));
  if (!found)
    throw new OnnxRuntimeError("ONNX Runtime needs Node, and no `node` was found in PATH: install Node 20 or later");
  return found;
}

class WorkerProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #errors = "";
  #failure: OnnxRuntimeError | undefined;

  constructor() {
    const script = join(import.meta.dirname, "onnxruntime-worker.cjs");
    this.#child = spawn(findNode(), [script], { stdio: ["pipe", "pipe", "pipe"] });
    const frames = new FrameReader();
    this.#child.stdout.on("data", (chunk: Buffer) =>
      frames.push(chunk, (header, payload) => this.#receive(header, payload)),
    );
    this.#child.stderr.on("data", (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-4000);
    });
    this.#child.on("error", (error) => this.#fail(`cannot start: ${error.message}`));
    this.#child.on("close", (code, signal) =>
      this.#fail(`ended with ${signal ?? `exit code ${code}`}: ${this.#errors.trim()}`),
    );
    this.#child.stdin.on("error", () => {}); // a broken pipe: `close` follows and says why
    this.#hold(false);
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  request(
    header: Readonly<Record<string, unknown>>,
    inputs: Readonly<Record<string, TensorData>>,
    payload?: Uint8Array,
  ): Promise<Reply> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    const tensors = Object.entries(inputs).map(([name, tensor]) => describe(name, tensor));
    const chunks = payload ? [payload] : Object.values(inputs).map(({ data }) => bytesOf(data));
    const text = Buffer.from(JSON.stringify({ id, tensors, ...header }));
    const prefix = Buffer.alloc(prefixBytes);
    prefix.writeUInt32LE(text.length, 0);
    prefix.writeDoubleLE(
      chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0),
      4,
    );
    return new Promise<Reply>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#hold(true);
      // One copy: the caller may reuse its arrays as soon as this call returns.
      this.#child.stdin.write(Buffer.concat([prefix, text, ...chunks]));
    });
  }

  #receive(header: Buffer, payload: Buffer): void {
    const answer: Answer = JSON.parse(header.toString());
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#hold(false);
    if (answer.error === undefined) waiting?.resolve({ answer, payload });
    else waiting?.reject(new OnnxRuntimeError(answer.error));
  }

  #fail(reason: string): void {
    this.#failure ??= new OnnxRuntimeError(`the ONNX Runtime process ${reason}`);
    for (const waiting of this.#waiting.values()) waiting.reject(this.#failure);
    this.#waiting.clear();
  }

  /** An idle child must not keep this process alive; one that owes an answer must. */
  #hold(busy: boolean): void {
    const streams = [this.#child, this.#child.stdin, this.#child.stdout, this.#child.stderr];
    for (const stream of streams as { ref?(): void; unref?(): void }[]) {
      if (busy) stream.ref?.();
      else stream.unref?.();
    }
  }
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function describe(name: string, { shape, element, data }: TensorData): TensorDescription {
  const type = runtimeTypes[element];
  if (!type)
    throw new OnnxRuntimeError(
      `input '${name}' is ${element}, which onnxruntime-node cannot take: give f32, f16 or an 8- to 64-bit integer`,
    );
  if (data.length !== elementCount(shape)) {
    throw new OnnxRuntimeError(
      `input '${name}' has ${data.length} elements, but its shape [${shape.join(", ")}] has ${elementCount(shape)}`,
    );
  }
  return { name, shape, type, bytes: data.byteLength };
}

function readOutputs({ answer, payload }: Reply): Record<string, TensorData> {
  const outputs: Record<string, TensorData> = {};
  let offset = 0;
  for (const { name, shape, type, bytes } of answer.tensors ?? []) {
    const element = elementOfType.get(type)!;
    outputs[name] = { shape, element, data: elementsFromBytes(element, payload.subarray(offset, offset + bytes)) };
    offset += bytes;
  }
  return outputs;
}

let sharedWorker: WorkerProcess | undefined;
let nextModel = 1;

/**
 * Opens an ONNX model, given as a path or as the file's bytes.
 * @throws OnnxRuntimeError when there is no Node, or when ONNX Runtime cannot load the model (its message says why).
 */
export async function openReference(
  model: string | Uint8Array,
  options: ReferenceOptions = {},
): Promise<ReferenceModel> {
  if (!sharedWorker || sharedWorker.failed) sharedWorker = new WorkerProcess();
  const worker = sharedWorker;
  const id = nextModel++;
  const threads = options.threads ?? 1;
  const source = typeof model === "string" ? { path: resolve(model) } : {};
  const { answer } = await worker.request(
    { request: "open", model: id, threads, optimise: options.optimise ?? true, ...source },
    {},
    typeof model === "string" ? undefined : model,
  );
  return {
    inputs: answer.inputs ?? [],
    outputs: answer.outputs ?? [],
    async run(inputs) {
      return readOutputs(await worker.request({ request: "run", model: id, threads }, inputs));
    },
    async measure(inputs, runs, measured = {}) {
      const header = { request: "measure", model: id, threads: measured.threads ?? threads, warmUp: 2, runs };
      const reply = await worker.request(header, inputs);
      const sorted = [...(reply.answer.milliseconds ?? [])].sort((left, right) => left - right);
      const middle = sorted.length >> 1;
      return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
    },
    async close() {
      await worker.request({ request: "close", model: id }, {});
    },
  };
}
