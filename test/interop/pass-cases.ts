/** Which passes of `mlir-opt` run on which programs of the corpus: their output must be read and printed by us. */

export interface PassCase {
  readonly options: readonly string[];
  /** Files of `corpus/`, without the ending. */
  readonly programs: readonly string[];
  /** Whether we print the generic form (then the custom one of mlir-opt is compared), or the other way round. */
  readonly isGeneric: boolean;
}

const loops = ["scf-for", "scf-if", "scf-while", "scf-parallel", "mixed-programs"];
const structured = [
  "linalg-generic",
  "linalg-elementwise",
  "linalg-contractions",
  "linalg-convolutions",
  "linalg-shapes",
  "mixed-programs",
];
const everything = [
  ...loops,
  ...structured,
  ...["arith-integers", "arith-floats", "arith-casts", "arith-comparisons", "arith-constants", "math-functions"],
  ...[
    "cf-branches",
    "func-functions",
    "scf-forall",
    "scf-regions",
    "memref-allocation",
    "memref-access",
    "memref-views",
  ],
  ...["memref-queries", "memref-globals", "memref-dma", "tensor-slices", "tensor-reshapes", "tensor-elements"],
  ...["tensor-padding", "tensor-layouts", "vector-making", "vector-rearranging", "vector-reductions", "vector-memory"],
  ...[
    "vector-masks",
    "llvm-arithmetic",
    "llvm-memory",
    "llvm-values",
    "llvm-functions",
    "llvm-globals",
    "llvm-control",
  ],
  ...["llvm-intrinsics", "llvm-metadata"],
];

/** Buffers for tensors, then what a test of values can be lowered with. */
const bufferize = "one-shot-bufferize{bufferize-function-boundaries=1}";
const toLlvm = [
  "--convert-linalg-to-loops",
  "--convert-vector-to-scf",
  "--convert-scf-to-cf",
  "--expand-strided-metadata",
  "--lower-affine",
  "--convert-vector-to-llvm",
  "--convert-math-to-llvm",
  "--convert-math-to-libm",
  "--arith-expand",
  "--convert-arith-to-llvm",
  "--finalize-memref-to-llvm",
  "--convert-func-to-llvm",
  "--convert-cf-to-llvm",
  "--reconcile-unrealized-casts",
];

function both(options: readonly string[], programs: readonly string[]): readonly PassCase[] {
  return [true, false].map((isGeneric) => ({ options, programs, isGeneric }));
}

export const passCases: readonly PassCase[] = [
  ...both(["--canonicalize"], everything),
  ...both(["--cse", "--symbol-dce", "--inline"], everything),
  // Without the comparisons: of those mlir-opt 19 makes constants of unknown size, which it does not read itself.
  ...both(
    ["--sccp", "--loop-invariant-code-motion", "--control-flow-sink"],
    everything.filter((name) => name !== "arith-comparisons"),
  ),
  ...both(["--convert-scf-to-cf"], [...loops, "scf-regions"]),
  ...both(["--scf-for-to-while", "--scf-for-loop-canonicalization"], loops),
  ...both(["--linalg-generalize-named-ops"], structured),
  ...both(["--linalg-fuse-elementwise-ops", "--linalg-fold-unit-extent-dims"], structured),
  ...both([`--pass-pipeline=builtin.module(${bufferize})`], ["mixed-programs", "tensor-elements", "tensor-slices"]),
  ...both(
    [`--pass-pipeline=builtin.module(${bufferize},func.func(convert-linalg-to-loops,lower-affine))`],
    ["mixed-programs", "tensor-padding"],
  ),
  ...both(
    ["--convert-vector-to-scf", "--lower-affine", "--convert-vector-to-llvm"],
    ["vector-making", "vector-rearranging", "vector-memory"],
  ),
  ...both(["--lower-vector-mask", "--convert-vector-to-llvm=enable-x86vector=0"], ["vector-reductions"]),
  ...both(
    ["--expand-strided-metadata", "--fold-memref-alias-ops", "--lower-affine"],
    ["memref-views", "memref-access", "mixed-programs"],
  ),
  ...both(["--math-uplift-to-fma", "--convert-math-to-funcs"], ["math-functions"]),
  ...both(["--arith-expand", "--convert-arith-to-llvm"], ["arith-integers", "arith-casts", "arith-comparisons"]),
  ...both(toLlvm, ["scf-for", "scf-if", "scf-while", "scf-parallel", "memref-access", "memref-globals", "cf-branches"]),
  ...both(
    [
      `--pass-pipeline=builtin.module(${bufferize},func.func(convert-linalg-to-loops,convert-scf-to-cf),convert-to-llvm,reconcile-unrealized-casts)`,
    ],
    ["mixed-programs"],
  ),
];
