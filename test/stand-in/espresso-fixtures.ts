/** Small networks and what tests of the engine's driver need around them. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lowerModule } from "../../compiler/compile.ts";
import { engineArtefact } from "../../compiler/engine-artefact.ts";
import { defaultContext } from "../../compiler/registry.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import type { EngineArtefact, MilSegment } from "../../runtime/devices/ane/artefact.ts";
import { EngineCache } from "../../runtime/devices/ane/cache.ts";
import { Engine, type EngineOptions } from "../../runtime/devices/ane/engine.ts";
import type { Clock } from "../../runtime/devices/ane/limits.ts";
import type { EspressoLibrary } from "../../runtime/ffi/espresso.ts";

/** y = relu(x * w + s), and the sum before relu is the next s. */
export const accumulator = `
func.func @main(%x: tensor<1x3x4x4xf32> {anemone.input = "x"}, %s: tensor<1x3x4x4xf32> {anemone.input = "s"})
    -> (tensor<1x3x4x4xf32> {anemone.output = "y"}, tensor<1x3x4x4xf32> {anemone.output = "t", anemone.alias = 1}) {
  %w = arith.constant dense<[[[0.5]], [[2.0]], [[-1.0]]]> : tensor<3x1x1xf32>
  %0 = tensor.mul %x, %w : tensor<1x3x4x4xf32>, tensor<3x1x1xf32>
  %1 = tensor.add %0, %s : tensor<1x3x4x4xf32>, tensor<1x3x4x4xf32>
  %2 = tensor.relu %1 : tensor<1x3x4x4xf32>
  return %2, %1 : tensor<1x3x4x4xf32>, tensor<1x3x4x4xf32>
}`;

/** y = x * factor: a program of its own for each factor. */
export const scaled = (factor: number): string => `
func.func @main(%x: tensor<1x2x4x4xf32> {anemone.input = "x"}) -> (tensor<1x2x4x4xf32> {anemone.output = "y"}) {
  %w = arith.constant dense<${factor.toFixed(3)}> : tensor<2x1x1xf32>
  %0 = tensor.mul %x, %w : tensor<1x2x4x4xf32>, tensor<2x1x1xf32>
  return %0 : tensor<1x2x4x4xf32>
}`;

export function moduleOfText(text: string): Operation {
  return parse(text, defaultContext());
}

export function artefactOf(text: string, name = "network"): EngineArtefact {
  const context = defaultContext();
  const lowered = lowerModule(name, parse(text, context), context, "mil", { route: "ane" });
  return engineArtefact(lowered.module, name);
}

/** The only program of a network. */
export function segmentOf({ segments }: EngineArtefact): MilSegment {
  const [segment] = segments;
  if (segment?.kind !== "mil") throw new Error("the network has no MIL program");
  return segment;
}

export function floats(shape: readonly number[], valueAt: (index: number) => number): TensorData {
  const count = shape.reduce((product, size) => product * size, 1);
  return { shape, element: "f32", data: Float32Array.from({ length: count }, (_, index) => valueAt(index)) };
}

/** A clock that stands still until somebody sleeps. */
export class TestClock implements Clock {
  time = 1_000;
  readonly slept: number[] = [];

  now(): number {
    return this.time;
  }

  sleep(milliseconds: number): Promise<void> {
    this.slept.push(milliseconds);
    this.time += milliseconds;
    return Promise.resolve();
  }
}

/** In memory where the system has that: tests of every fault make thousands of small files. */
const temporaryPlace = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A folder that goes when the test is over. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(temporaryPlace, "anemone-engine-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export function engineIn(
  library: EspressoLibrary,
  folder: string | null,
  options: Partial<EngineOptions> = {},
): Engine {
  const cache = folder === null ? null : new EngineCache(folder);
  return new Engine({
    library,
    cache,
    identity: { systemBuild: "25A1", frameworkVersion: "1", chip: "h16g" },
    ...options,
  });
}
