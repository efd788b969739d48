/** Where our verifier and that of `mlir-opt` 19 differ, and why. */

/** Ops of which we refuse more, and the rule. */
export const stricter: ReadonlyMap<string, string> = new Map([
  ...["powi", "abs", "ctlz", "cttz"].map(
    (name) =>
      [
        `llvm.intr.${name}`,
        "LLVM's own verifier wants the result to have the operand's type; MLIR leaves it to it",
      ] as const,
  ),
  ...["add", "mul", "and", "or", "xor", "smax", "smin", "umax", "umin"].map(
    (name) => [`llvm.intr.vector.reduce.${name}`, "the result is one element"] as const,
  ),
  ...["fadd", "fmul", "fmax", "fmin", "fmaximum", "fminimum"].map(
    (name) => [`llvm.intr.vector.reduce.${name}`, "the result is one element"] as const,
  ),
  ["llvm.shufflevector", "the result has the operands' element type and as many elements as the mask"],
  ["linalg.elemwise_unary", "the body computes what `fun` says, since the custom form makes it anew from that"],
  ["linalg.elemwise_binary", "the body computes what `fun` says, since the custom form makes it anew from that"],
  ["linalg.winograd_filter_transform", "m and r are positive"],
  ["linalg.winograd_input_transform", "m and r are positive, and tiles are whole"],
  ["linalg.winograd_output_transform", "m and r are positive"],
  ["memref.alloc", "an alignment is a power of two, as for a global"],
  ["memref.alloca", "an alignment is a power of two, as for a global"],
  ["memref.generic_atomic_rmw", "as many indices as dimensions"],
  ["scf.parallel", "a result has the type of what it starts as"],
  ["tensor.pad", "the result has the source's element type"],
  ["tensor.scatter", "the result has the destination's type"],
  ["tensor.unpack", "the source is what tensor.pack would make of the result"],
  ["vector.insert", "what goes in has the type of what is there"],
]);

/** Mutations of which we refuse less, and the rule of mlir-opt. */
export const looser: ReadonlyMap<string, string> = new Map([
  ...["vector<9xi1>", "vector<8x2xi1>"].map(
    (type) => [`vector.mask: operand 0 of type ${type}`, "the mask has the shape that the masked op asks for"] as const,
  ),
  ...["vector<[8]xi32>", "vector<[8]xf64>"].map(
    (type) =>
      [
        `llvm.intr.vector.interleave2: result 0 of type ${type}`,
        "the result has twice the operands' elements",
      ] as const,
  ),
  [
    "llvm.intr.experimental.noalias.scope.decl: scope is #llvm.alias_scope<id = distinct[-7]<>, domain = <id = distinct[1]<>>>",
    "the parameters of metadata are not looked at",
  ],
]);
