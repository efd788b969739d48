/** All operators that can be imported, by domain and name. Adding one is a line in the table of its theme. */
import { attentionOperators } from "./attention.ts";
import { controlOperators } from "./control.ts";
import { elementwiseOperators } from "./elementwise.ts";
import { generateOperators } from "./generate.ts";
import { indexingOperators } from "./indexing.ts";
import { linearAttentionOperators } from "./linear-attention.ts";
import { lossOperators } from "./loss.ts";
import { matrixOperators } from "./matrix.ts";
import type { OperatorTable } from "./node-import.ts";
import { normalizationOperators } from "./normalization.ts";
import { quantizationOperators } from "./quantization.ts";
import { recurrentOperators } from "./recurrent.ts";
import { reductionOperators } from "./reduction.ts";
import { resizeOperators } from "./resize.ts";
import { shapeOperators } from "./shape.ts";
import { signalOperators } from "./signal.ts";
import { windowOperators } from "./windows.ts";

/** The standard operators (domain ai.onnx). */
export const standardOperators: OperatorTable = {
  ...attentionOperators,
  ...controlOperators,
  ...elementwiseOperators,
  ...generateOperators,
  ...indexingOperators,
  ...linearAttentionOperators,
  ...lossOperators,
  ...matrixOperators,
  ...normalizationOperators,
  ...quantizationOperators,
  ...recurrentOperators,
  ...reductionOperators,
  ...resizeOperators,
  ...shapeOperators,
  ...signalOperators,
  ...windowOperators,
};

export const operatorDomains: { readonly [domain: string]: OperatorTable | undefined } = { "": standardOperators };
