/** All dialects and passes that come with Anemone, as plain lists: a context or a pipeline is made from them on demand. */
import { aneToLinalg } from "../lowering/ane-to-linalg/index.ts";
import { aneToMil } from "../lowering/ane-to-mil/index.ts";
import { bufferize } from "../lowering/bufferize/index.ts";
import { compressWeights } from "../lowering/compress-weights/index.ts";
import { expandMath } from "../lowering/expand-math/index.ts";
import { foldBatchNorm } from "../lowering/fold-batch-norm/index.ts";
import { fusedToAne } from "../lowering/fused-to-ane/index.ts";
import { fusedToLinalg } from "../lowering/fused-to-linalg/index.ts";
import { hoistWeights } from "../lowering/hoist-weights/index.ts";
import { linalgToLoops, outlineKernels, vectorize } from "../lowering/linalg-to-loops/index.ts";
import {
  linalgCollapseDimensions,
  linalgFuseElementwise,
  linalgTransposeOperands,
} from "../lowering/linalg-transforms/index.ts";
import { loopsToLlvm } from "../lowering/loops-to-llvm/index.ts";
import { checkMilRules, milWorkarounds } from "../lowering/mil-rules/index.ts";
import { milToTensor } from "../lowering/mil-to-tensor/index.ts";
import { scfToCf } from "../lowering/scf-to-cf/index.ts";
import { expandFused, tensorToFused } from "../lowering/tensor-to-fused/index.ts";
import { genericPasses } from "../passes/index.ts";
import type { AnyPass } from "../passes/pass.ts";

export { allDialects, defaultContext } from "./all-dialects.ts";

/** Every pass of Anemone, in the order in which a program meets them. */
export const allPasses: readonly AnyPass[] = [
  ...genericPasses,
  foldBatchNorm,
  hoistWeights,
  tensorToFused,
  expandFused,
  fusedToLinalg,
  linalgFuseElementwise,
  linalgCollapseDimensions,
  linalgTransposeOperands,
  bufferize,
  vectorize,
  linalgToLoops,
  expandMath,
  outlineKernels,
  scfToCf,
  loopsToLlvm,
  fusedToAne,
  compressWeights,
  aneToMil,
  milWorkarounds,
  checkMilRules,
  milToTensor,
  aneToLinalg,
];
