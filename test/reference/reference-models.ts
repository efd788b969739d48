/** Models that a test file opens in ONNX Runtime, closed when its tests are over. */
import { afterAll } from "vitest";
import { openReference, type ReferenceModel } from "./onnxruntime.ts";

/** Called once per test file; gives what opens a model, by its path or its bytes. */
export function referenceModels(): (model: string | Uint8Array) => Promise<ReferenceModel> {
  const opened: ReferenceModel[] = [];
  afterAll(async () => {
    for (const model of opened) await model.close();
  });
  return async (model) => {
    const opening = await openReference(model);
    opened.push(opening);
    return opening;
  };
}
