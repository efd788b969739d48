/**
 * The modules that the package exports, as the running command has them. A user's file that imports `anemone/ir` must get
 * these, whatever lies in a `node_modules` folder near it: two copies of a class or of the table of types would not know each
 * other. The bundled command contains them all.
 */

/** Per name that a user's file may import, how to load it. Complete by a test, but for `anemone/testing`, which tests import. */
export const packageModules: { readonly [specifier: string]: () => Promise<object> } = {
  anemone: () => import("../compiler/index.ts"),
  "anemone/ir": () => import("../ir/index.ts"),
  "anemone/dialects": () => import("../dialects/index.ts"),
  "anemone/dialects/ane": () => import("../dialects/ane/index.ts"),
  "anemone/dialects/arith": () => import("../dialects/arith/index.ts"),
  "anemone/dialects/builtin": () => import("../dialects/builtin/index.ts"),
  "anemone/dialects/cf": () => import("../dialects/cf/index.ts"),
  "anemone/dialects/func": () => import("../dialects/func/index.ts"),
  "anemone/dialects/fused": () => import("../dialects/fused/index.ts"),
  "anemone/dialects/irdl": () => import("../dialects/irdl/index.ts"),
  "anemone/dialects/linalg": () => import("../dialects/linalg/index.ts"),
  "anemone/dialects/llvm": () => import("../dialects/llvm/index.ts"),
  "anemone/dialects/math": () => import("../dialects/math/index.ts"),
  "anemone/dialects/memref": () => import("../dialects/memref/index.ts"),
  "anemone/dialects/mil": () => import("../dialects/mil/index.ts"),
  "anemone/dialects/scf": () => import("../dialects/scf/index.ts"),
  "anemone/dialects/tensor": () => import("../dialects/tensor/index.ts"),
  "anemone/dialects/vector": () => import("../dialects/vector/index.ts"),
  "anemone/lowering/ane-to-linalg": () => import("../lowering/ane-to-linalg/index.ts"),
  "anemone/lowering/ane-to-mil": () => import("../lowering/ane-to-mil/index.ts"),
  "anemone/lowering/bufferize": () => import("../lowering/bufferize/index.ts"),
  "anemone/lowering/compress-weights": () => import("../lowering/compress-weights/index.ts"),
  "anemone/lowering/expand-math": () => import("../lowering/expand-math/index.ts"),
  "anemone/lowering/fold-batch-norm": () => import("../lowering/fold-batch-norm/index.ts"),
  "anemone/lowering/fused-to-ane": () => import("../lowering/fused-to-ane/index.ts"),
  "anemone/lowering/fused-to-linalg": () => import("../lowering/fused-to-linalg/index.ts"),
  "anemone/lowering/hoist-weights": () => import("../lowering/hoist-weights/index.ts"),
  "anemone/lowering/linalg-to-loops": () => import("../lowering/linalg-to-loops/index.ts"),
  "anemone/lowering/linalg-transforms": () => import("../lowering/linalg-transforms/index.ts"),
  "anemone/lowering/llvm-to-text": () => import("../lowering/llvm-to-text/index.ts"),
  "anemone/lowering/loops-to-llvm": () => import("../lowering/loops-to-llvm/index.ts"),
  "anemone/lowering/loops-to-wasm": () => import("../lowering/loops-to-wasm/index.ts"),
  "anemone/lowering/mil-rules": () => import("../lowering/mil-rules/index.ts"),
  "anemone/lowering/mil-to-tensor": () => import("../lowering/mil-to-tensor/index.ts"),
  "anemone/lowering/mil-to-text": () => import("../lowering/mil-to-text/index.ts"),
  "anemone/lowering/scf-to-cf": () => import("../lowering/scf-to-cf/index.ts"),
  "anemone/lowering/tensor-to-fused": () => import("../lowering/tensor-to-fused/index.ts"),
  "anemone/passes": () => import("../passes/index.ts"),
};

let isProvided = false;

/** Answers imports of the package's modules, from now on and everywhere, with the ones that this command runs. */
export function providePackageModules(): void {
  if (isProvided) return;
  isProvided = true;
  Bun.plugin({
    name: "anemone",
    setup: (build) => {
      for (const [specifier, load] of Object.entries(packageModules)) {
        build.module(specifier, async () => ({ exports: { ...(await load()) }, loader: "object" }));
      }
    },
  });
}
