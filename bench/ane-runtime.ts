/**
 * What the runtime adds to a call of the engine: runs on a stand-in for Espresso that computes nothing, against the bare foreign
 * call. With bound f16 views a run is that call and a few checks; with f32 inputs there is the conversion of a whole image beside it.
 *
 *     bun bench/ane-runtime.ts
 */
import { cpus, loadavg } from "node:os";
import type { TensorData } from "../ir/tensor-data.ts";
import type { EngineArtefact } from "../runtime/devices/ane/artefact.ts";
import { LoadedSegment } from "../runtime/devices/ane/loaded-segment.ts";
import { AneProgram } from "../runtime/devices/ane/program.ts";
import { BufferObject, compileProgram, type EspressoLibrary } from "../runtime/ffi/espresso.ts";
import { EspressoStandIn } from "../test/stand-in/espresso.ts";
import { engineIn } from "../test/stand-in/espresso-fixtures.ts";

const rounds = 15;
const callsPerRound = 20_000;
const imagesPerRound = 400;

/** An image of f32 to scores of f32, or the same on f16. The stand-in reads no text: there is none. */
function network(): EngineArtefact {
  const image = { shape: [1, 3, 224, 224], element: "f16" } as const;
  const scores = { shape: [1, 1000], element: "f16" } as const;
  return {
    name: "image-to-scores",
    segments: [
      {
        kind: "mil",
        name: "main",
        text: "",
        weights: new Uint8Array(0),
        weightsPath: "weights/weight.bin",
        inputs: [{ name: "image", buffer: 0 }],
        outputs: [{ name: "scores", buffer: 1 }],
      },
    ],
    buffers: [image, scores],
    inputs: [{ name: "image", type: { ...image, element: "f32" }, buffers: [0] }],
    outputs: [{ name: "scores", type: { ...scores, element: "f32" }, buffer: 1 }],
    states: [],
  };
}

/** Microseconds per call of `work`, of one round. */
function timed(calls: number, work: () => void): number {
  const start = process.cpuUsage();
  const begin = performance.now();
  for (let call = 0; call < calls; call++) work();
  const { user, system } = process.cpuUsage(start);
  // The time of the clock where nothing else ran, the time that was computed where something did.
  return (Math.min(performance.now() - begin, (user + system) / 1e3) * 1e3) / calls;
}

/** The bare call: a stream made by hand, and its address given to the bound function. */
function bareCall(
  library: EspressoLibrary,
): { readonly call: () => void; readonly pooledCall: () => void } & Disposable {
  const artefact = network();
  const buffers = artefact.buffers.map(() => new BufferObject(library, 64));
  const program = compileProgram(library, "/none", { bundleFolder: "/none" });
  const [segment] = artefact.segments;
  const loaded = LoadedSegment.load(library, program, segment!, buffers, () => {});
  const execute = library.functions.e5rt_execution_stream_execute_sync;
  const address = loaded.streamAddress;
  return {
    call: () => {
      execute(address);
    },
    pooledCall: () => {
      const pool = library.pushPool();
      execute(address);
      library.popPool(pool);
    },
    [Symbol.dispose]: () =>
      loaded.release(
        () => {},
        () => {
          for (const buffer of buffers) buffer.release();
        },
      ),
  };
}

const standIn = EspressoStandIn.open();
if (typeof standIn === "string") throw new Error(`the stand-in cannot be built: ${standIn}`);
standIn.disconnect();
// The stand-in writes down what is called outside of any pool, which takes longer than a call.
const outerPool = standIn.library.pushPool();
using bare = bareCall(standIn.library);
using program = await AneProgram.open(network(), engineIn(standIn.library, null));
const count = 3 * 224 * 224;
const image: TensorData = {
  shape: [1, 3, 224, 224],
  element: "f32",
  data: Float32Array.from({ length: count }, (_, index) => Math.sin(index)),
};
const inputs = { image };
const typed = new Float16Array(count);

const rows: Record<string, { readonly calls: number; readonly work: () => void }> = {
  "bare foreign call": { calls: callsPerRound, work: bare.call },
  "bare foreign call in an autorelease pool of its own": { calls: callsPerRound, work: bare.pooledCall },
  "execute on bound f16 views": { calls: callsPerRound, work: () => program.execute() },
  "run, f32 1x3x224x224 in, f32 1x1000 out": { calls: imagesPerRound, work: () => program.run(inputs) },
  "Float16Array.set of the same image, for comparison": {
    calls: imagesPerRound,
    work: () => typed.set(image.data as Float32Array),
  },
};
const best = new Map<string, number>();
for (let round = 0; round < rounds; round++) {
  for (const [name, { calls, work }] of Object.entries(rows)) {
    best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, timed(calls, work)));
  }
}
const base = best.get("bare foreign call") ?? 0;
console.log(`${cpus()[0]?.model.trim()}, load average ${loadavg()[0]?.toFixed(1)}, best of ${rounds} rounds\n`);
standIn.library.popPool(outerPool);
console.log("| call | µs | above the bare call, µs |\n|---|---|---|");
for (const [name, time] of best) {
  const above = name.startsWith("bare") || name.startsWith("Float16") ? "" : (time - base).toFixed(3);
  console.log(`| ${name} | ${time.toFixed(3)} | ${above} |`);
}
