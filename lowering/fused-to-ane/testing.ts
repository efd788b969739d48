/** Programs in text for tests of the engine path: contexts, pipelines, and data. */
import { ane } from "../../dialects/ane/index.ts";
import { functionsOf } from "../../dialects/func/index.ts";
import { fused } from "../../dialects/fused/index.ts";
import { upstreamDialects } from "../../dialects/index.ts";
import { mil } from "../../dialects/mil/index.ts";
import { tensor } from "../../dialects/tensor/index.ts";
import { Context } from "../../ir/context.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { elementCount, getNumber, setNumber, type TensorData, zeros } from "../../ir/tensor-data.ts";
import { verify } from "../../ir/verifier.ts";
import type { AnyPass } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { parsePipeline } from "../../passes/pipeline.ts";

export const engineContext = new Context([...upstreamDialects, tensor, fused, ane, mil]);

/** Parses, verifies, runs passes and verifies again. */
export function lowered(text: string, pipeline: string, passes: readonly AnyPass[], remarks: string[] = []): Operation {
  const module = parse(text, engineContext, { file: "net.mlir" });
  verify(module, engineContext);
  const onRemark = ({ message }: { readonly message: string }) => remarks.push(message);
  if (pipeline !== "") new PassManager(parsePipeline(pipeline, passes), engineContext, { onRemark }).run(module);
  verify(module, engineContext);
  return module;
}

/** Runs @main of a module by its reference semantics. */
export function evaluated(module: Operation, inputs: readonly TensorData[]): readonly TensorData[] {
  return evaluateFunction(functionsOf(module).get("main")!, inputs, engineContext);
}

/** Numbers between -1 and 1 that differ in all places, the same for the same seed. */
export function sample(shape: readonly number[], seed = 1, scale = 1): TensorData {
  const data = zeros(shape, "f32");
  let state = seed;
  for (let index = 0; index < elementCount(shape); index++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    setNumber(data, index, ((state >>> 8) / 2 ** 23 - 1) * scale);
  }
  return data;
}

/** `dense<…> : tensor<…>` of sample numbers, for constants in text. */
export function denseText(shape: readonly number[], seed = 1, scale = 1): string {
  const data = sample(shape, seed, scale);
  let texts = Array.from({ length: data.data.length }, (_, index) => {
    const text = String(Number(getNumber(data, index).toFixed(4)));
    return text.includes(".") ? text : `${text}.0`;
  });
  for (const size of shape.toReversed()) {
    const groups = texts.length / size;
    const nested = (group: number) => `[${texts.slice(group * size, (group + 1) * size).join(", ")}]`;
    texts = Array.from({ length: groups }, (_, group) => nested(group));
  }
  return `dense<${texts[0]}> : tensor<${shape.map((size) => `${size}x`).join("")}f32>`;
}
