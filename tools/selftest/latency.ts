/**
 * The standard set of shapes whose latency is measured, each beside what is published for it: milliseconds per call on bound
 * fp16 buffers, batch 1 (aneforge.md 6.2 and 6.5: M5 Pro, the least of many calls; driver-stack G.3: floors).
 */
import * as ane from "../../dialects/ane/index.ts";
import type { Operation } from "../../ir/operation.ts";
import { engineModule, type ProgramDraft, type Surface } from "./engine-module.ts";
import { normal } from "./values.ts";

export interface LatencyCase {
  readonly name: string;
  readonly published: { readonly microseconds: number; readonly where: string };
  readonly module: (target: string) => Operation;
}

const m5 = (microseconds: number) => ({ microseconds, where: "M5 Pro, least" });

function latencyCase(
  name: string,
  published: LatencyCase["published"],
  shape: readonly number[],
  build: (draft: ProgramDraft) => Surface,
): LatencyCase {
  return {
    name,
    published,
    module: (target) => engineModule(target, [{ name: "x", shape }], ["y"], (draft) => [build(draft)]),
  };
}

const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

function weights(draft: ProgramDraft, shape: readonly number[], fan: number): Surface {
  // One block of numbers, repeated: the values do not matter, and a million of them take long to make.
  const block = normal(1009, 1).map((value) => value / Math.sqrt(fan));
  return draft.constant(
    shape,
    Float32Array.from({ length: count(shape) }, (_, index) => block[index % 1009]!),
  );
}

const conv3x3 = (draft: ProgramDraft, input: Surface, channels: number): Surface =>
  draft.surface(
    draft.builder.build(ane.conv, {
      input,
      weight: weights(draft, [channels, channels, 3, 3], channels * 9),
      padding: [1, 1, 1, 1],
    }),
  );

const conv = (channels: number, microseconds: number) =>
  latencyCase(`conv 3x3, ${channels} channels, 32x32`, m5(microseconds), [1, channels, 32, 32], (draft) =>
    conv3x3(draft, draft.inputs[0]!, channels),
  );

const product = (rows: number, k: number, n: number, microseconds: number) =>
  latencyCase(`matmul ${rows}x${k}x${n}`, m5(microseconds), [rows, k], (draft) =>
    draft.surface(draft.builder.build(ane.matmul, { lhs: draft.inputs[0]!, rhs: weights(draft, [k, n], k) })),
  );

const activation = (name: ane.ActivationName, shape: readonly number[], microseconds: number) =>
  latencyCase(`${name} ${shape.join("x")}`, m5(microseconds), shape, (draft) =>
    draft.surface(
      draft.builder.build(ane.elementwise, {
        inputs: [draft.inputs[0]!],
        kind: "identity",
        post_activation: ane.ActivationAttribute.get(name),
      }),
    ),
  );

export function latencyCases(): LatencyCase[] {
  return [
    latencyCase(
      "dispatch floor: relu of 64 elements",
      { microseconds: 63.3, where: "M5 Pro, least (95 by maderix, 190 to 230 on M1)" },
      [1, 1, 1, 64],
      (draft) =>
        draft.surface(
          draft.builder.build(ane.elementwise, {
            inputs: [draft.inputs[0]!],
            kind: "identity",
            post_activation: ane.ActivationAttribute.get("relu"),
          }),
        ),
    ),
    conv(16, 76),
    conv(64, 91),
    conv(256, 153),
    conv(512, 334),
    latencyCase(
      "16 times conv 3x3, 256 channels, 32x32",
      { microseconds: 757, where: "M5 Pro" },
      [1, 256, 32, 32],
      (draft) => {
        let value = draft.inputs[0]!;
        for (let layer = 0; layer < 16; layer++) value = conv3x3(draft, value, 256);
        return value;
      },
    ),
    product(1, 1024, 1024, 85),
    product(1, 4096, 4096, 293),
    product(16, 256, 256, 72.5),
    product(128, 512, 2048, 114),
    product(1024, 1024, 1024, 387),
    activation("relu", [64, 256], 74.5),
    activation("gelu", [256, 1024], 131),
    latencyCase("softmax 256x1024", m5(139), [256, 1024], (draft) =>
      draft.surface(draft.builder.build(ane.softmax, { input: draft.inputs[0]!, axis: 1 })),
    ),
    latencyCase("layer_norm 256x1024", m5(296), [256, 1024], (draft) =>
      draft.surface(
        draft.builder.build(ane.norm, { input: draft.inputs[0]!, kind: "layer", axes: [1], epsilon: 1e-5 }),
      ),
    ),
  ];
}

/** What calls take, in microseconds. */
export interface Timing {
  readonly calls: number;
  readonly least: number;
  readonly median: number;
}

/** Times a call after a warm-up; engines need some calls to come out of idleness. */
export function timeCalls(call: () => void, budgetMilliseconds = 400): Timing {
  const warmUp = performance.now() + budgetMilliseconds / 8;
  for (let calls = 0; calls < 3 || (performance.now() < warmUp && calls < 50); calls++) call();
  const times: number[] = [];
  const end = performance.now() + budgetMilliseconds;
  while ((performance.now() < end && times.length < 1000) || times.length < 3) {
    const start = performance.now();
    call();
    times.push((performance.now() - start) * 1000);
  }
  times.sort((a, b) => a - b);
  return { calls: times.length, least: times[0]!, median: times[times.length >> 1]! };
}
