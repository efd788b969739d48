/**
 * What the runtime adds to a call on the Objective-C route: runs on a stand-in that computes nothing, against the bare messages
 * and surface calls (an autorelease pool, the evaluation, a lock around what the CPU touches).
 *
 *     bun bench/ane-objc-runtime.ts
 */
import { cpus, loadavg } from "node:os";
import type { TensorData } from "../ir/tensor-data.ts";
import type { EngineArtefact } from "../runtime/devices/ane/artefact.ts";
import { ObjcEngine } from "../runtime/devices/ane-objc/engine.ts";
import { ObjcProgram } from "../runtime/devices/ane-objc/program.ts";
import type { TensorDescriptor } from "../runtime/program.ts";
import { ObjcWorld } from "../test/stand-in/objc/world.ts";

const rounds = 15;

const half = (...shape: number[]): TensorDescriptor => ({ shape, element: "f16" });
/** Rows of 224 fp16 numbers are 7 times 64 bytes, so the image is dense; rows of 7 are padded. */
const image = half(1, 3, 224, 224);
const features = half(1, 64, 7, 7);
const scores = half(1, 1, 1, 1024);

const network = (name: string, input: TensorDescriptor): EngineArtefact => ({
  name,
  segments: [
    {
      kind: "mil",
      name,
      text: name,
      weights: new Uint8Array(0),
      weightsPath: "weights/weight.bin",
      inputs: [{ name: "x", buffer: 0 }],
      outputs: [{ name: "y", buffer: 1 }],
    },
  ],
  buffers: [input, scores],
  inputs: [{ name: "x", type: { ...input, element: "f32" }, buffers: [0] }],
  outputs: [{ name: "y", type: { ...scores, element: "f32" }, buffer: 1 }],
  states: [],
});

let shape = image.shape;
using world = new ObjcWorld(() => ({
  inputs: [{ name: "x", ...half(...shape) }],
  outputs: [{ name: "y", ...scores }],
  run: () => {},
}));
const framework = world.framework();
const engine = new ObjcEngine({ framework });
using dense = await ObjcProgram.open(network("dense", image), engine);
shape = features.shape;
using padded = await ObjcProgram.open(network("padded", features), engine);

const description = new TextEncoder().encode("bare");
using bare = (() => {
  const model = engine.open("bare", { kind: "mil", description, weights: {} }, () => {});
  const surfaces = [framework.createSurface(64 * 64 * 7), framework.createSurface(2048)] as const;
  const request = model.createRequest(
    [{ index: 0, surface: surfaces[0] }],
    [{ index: 0, surface: surfaces[1] }],
    "default",
  );
  request.map();
  return {
    call: () => {
      surfaces[0].lock("write");
      surfaces[0].unlock("write");
      request.evaluate();
      surfaces[1].lock("read");
      surfaces[1].unlock("read");
    },
    [Symbol.dispose]: () => {
      request.dispose();
      model.unload("default");
      model.dispose();
      for (const surface of surfaces) surface.release();
    },
  };
})();
world.setIdle(true);

function timed(calls: number, work: () => void): number {
  const start = process.cpuUsage();
  const begin = performance.now();
  for (let call = 0; call < calls; call++) work();
  const { user, system } = process.cpuUsage(start);
  // The time of the clock where nothing else ran, the time that was computed where something did.
  return (Math.min(performance.now() - begin, (user + system) / 1e3) * 1e3) / calls;
}

const count = 3 * 224 * 224;
const data = Float32Array.from({ length: count }, (_, index) => Math.sin(index));
const inputs = { x: { shape: image.shape, element: "f32", data } satisfies TensorData };
const rows: Record<string, { readonly calls: number; readonly work: () => void }> = {
  "bare messages and locks": { calls: 5_000, work: bare.call },
  "execute, dense surfaces": { calls: 5_000, work: () => dense.execute() },
  "execute, a padded input of 1x64x7x7": { calls: 5_000, work: () => padded.execute() },
  "run, f32 1x3x224x224 in, f32 1024 out": { calls: 400, work: () => dense.run(inputs) },
};
const best = new Map<string, number>();
for (let round = 0; round < rounds; round++) {
  for (const [name, { calls, work }] of Object.entries(rows)) {
    best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, timed(calls, work)));
  }
}
const base = best.get("bare messages and locks") ?? 0;
console.log(`${cpus()[0]?.model.trim()}, load average ${loadavg()[0]?.toFixed(1)}, best of ${rounds} rounds\n`);
console.log("| call | µs | above the bare calls, µs |\n|---|---|---|");
for (const [name, time] of best)
  console.log(`| ${name} | ${time.toFixed(2)} | ${name.startsWith("bare") ? "" : (time - base).toFixed(2)} |`);
