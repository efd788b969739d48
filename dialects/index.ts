/**
 * Every dialect, and the list of those that exist upstream under the same name. The ops themselves are exported by each
 * dialect's own index (`anemone/dialects/arith`), since their names repeat (`arith.constant`, `llvm.mlir.constant`).
 */
import { ane } from "./ane/index.ts";
import { arith } from "./arith/index.ts";
import { builtin } from "./builtin/index.ts";
import { cf } from "./cf/index.ts";
import { func } from "./func/index.ts";
import { fused } from "./fused/index.ts";
import { irdl } from "./irdl/index.ts";
import { linalg } from "./linalg/index.ts";
import { llvm } from "./llvm/index.ts";
import { math } from "./math/index.ts";
import { memref } from "./memref/index.ts";
import { mil } from "./mil/index.ts";
import { scf } from "./scf/index.ts";
import { tensor } from "./tensor/index.ts";
import { vector } from "./vector/index.ts";

export { ane, arith, builtin, cf, func, fused, irdl, linalg, llvm, math, memref, mil, scf, tensor, vector };

/** The dialects with an upstream name and upstream semantics (the tensor dialect adds ops of ours and is not among them). */
export const upstreamDialects = [builtin, func, cf, arith, math, scf, memref, vector, linalg, llvm, irdl];
