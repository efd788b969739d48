/**
 * The named structured ops as a table: the loops in order, which of them index each operand (`oh+kh` is a window: oh times
 * its stride plus kh times its dilation), and what the body computes. Maps, iterator types, bodies and checks follow from it.
 */
import { type AffineExpression, AffineMap, affineAdd, affineMul, dimension } from "../../ir/affine-map.ts";

/** What a body computes; `acc` is the output's old element. Each is written out in bodies.ts. */
export type BodyKind =
  | { readonly kind: "cast" }
  | { readonly kind: "unary"; readonly fun?: UnaryFunction }
  | { readonly kind: "binary"; readonly fun?: BinaryFunction }
  | { readonly kind: "select" }
  /** acc + a * b, with `isQuantized` acc + (a - zero point of a) * (b - zero point of b) */
  | { readonly kind: "multiply-add"; readonly isQuantized?: boolean }
  /** acc + (a * b), where a and b are added up over a further loop too. */
  | { readonly kind: "pool"; readonly fun: BinaryFunction; readonly isUnsigned?: boolean }
  | { readonly kind: "random" };

export const unaryFunctions = [
  "exp",
  "log",
  "abs",
  "ceil",
  "floor",
  "negf",
  "reciprocal",
  "round",
  "sqrt",
  "rsqrt",
  "square",
  "tanh",
  "erf",
] as const;
export type UnaryFunction = (typeof unaryFunctions)[number];
export const binaryFunctions = [
  "add",
  "sub",
  "mul",
  "div",
  "div_unsigned",
  "max_signed",
  "min_signed",
  "max_unsigned",
  "min_unsigned",
  "powf",
] as const;
export type BinaryFunction = (typeof binaryFunctions)[number];

export interface NamedStructure {
  readonly mnemonic: string;
  readonly doc: string;
  readonly body: BodyKind;
  /** The loops, outermost first; undefined where all operands have the output's shape, whatever it is. */
  readonly loops: readonly string[] | undefined;
  /** Per operand (outputs last) the index of each of its dimensions; empty for a scalar. */
  readonly operands: readonly (readonly string[])[];
  /** How many windows there are: the length of `strides` and `dilations`; 0 for an op without these. */
  readonly windows: number;
  /** Further attributes: `cast` (how integers widen), `fun` (which function). */
  readonly attributes: readonly ("cast" | "unary" | "binary")[];
}

const words = (text: string): readonly string[] => (text === "" ? [] : text.split(" "));

type Options = Partial<Pick<NamedStructure, "windows" | "attributes">>;

function structured(
  mnemonic: string,
  body: BodyKind,
  loops: string,
  operands: readonly string[],
  doc: string,
  options: Options = {},
): NamedStructure {
  return {
    mnemonic,
    doc,
    body,
    loops: words(loops),
    operands: operands.map(words),
    windows: 0,
    attributes: [],
    ...options,
  };
}

function pointwise(
  mnemonic: string,
  inputs: number,
  body: BodyKind,
  doc: string,
  options: Options = {},
): NamedStructure {
  const operands = Array.from({ length: inputs + 1 }, () => []);
  return { mnemonic, doc, body, loops: undefined, operands, windows: 0, attributes: [], ...options };
}

const multiplyAdd: BodyKind = { kind: "multiply-add" };
const quantized: BodyKind = { kind: "multiply-add", isQuantized: true };
const withCast: Options = { attributes: ["cast"] };

const elementwise: readonly NamedStructure[] = [
  pointwise("copy", 1, { kind: "cast" }, "Copies the elements of a shaped value of the same shape.", withCast),
  pointwise("elemwise_unary", 1, { kind: "unary" }, "Applies the function `fun` to every element.", {
    attributes: ["cast", "unary"],
  }),
  pointwise("elemwise_binary", 2, { kind: "binary" }, "Applies the function `fun` to pairs of elements.", {
    attributes: ["cast", "binary"],
  }),
  ...unaryFunctions.map((fun) => pointwise(fun, 1, { kind: "unary", fun }, `Applies ${fun} to every element.`)),
  ...(
    [
      ["add", "add"],
      ["sub", "sub"],
      ["mul", "mul"],
      ["div", "div"],
      ["div_unsigned", "div_unsigned"],
      ["max", "max_signed"],
      ["min", "min_signed"],
      ["powf", "powf"],
    ] as const
  ).map(([mnemonic, fun]) => pointwise(mnemonic, 2, { kind: "binary", fun }, `Applies ${fun} to pairs of elements.`)),
  pointwise("select", 3, { kind: "select" }, "Takes elements of one of two operands, by a condition."),
];

const contractions: readonly NamedStructure[] = [
  structured(
    "matmul",
    multiplyAdd,
    "m n k",
    ["m k", "k n", "m n"],
    "The matrix product, added to the output: C[m, n] += A[m, k] * B[k, n].",
    withCast,
  ),
  structured(
    "quantized_matmul",
    quantized,
    "m n k",
    ["m k", "k n", "", "", "m n"],
    "The matrix product of integers with zero points, added to the output.",
  ),
  structured(
    "matmul_transpose_a",
    multiplyAdd,
    "m n k",
    ["k m", "k n", "m n"],
    "C[m, n] += A[k, m] * B[k, n].",
    withCast,
  ),
  structured(
    "matmul_transpose_b",
    multiplyAdd,
    "m n k",
    ["m k", "n k", "m n"],
    "C[m, n] += A[m, k] * B[n, k].",
    withCast,
  ),
  structured(
    "mmt4d",
    multiplyAdd,
    "m n k m0 n0 k0",
    ["m k m0 k0", "n k n0 k0", "m n m0 n0"],
    "The product of a tiled matrix with a tiled and transposed one.",
  ),
  structured(
    "batch_mmt4d",
    multiplyAdd,
    "b m n k m0 n0 k0",
    ["b m k m0 k0", "b n k n0 k0", "b m n m0 n0"],
    "Products of tiled matrices with tiled and transposed ones, by batch.",
  ),
  structured(
    "batch_matmul",
    multiplyAdd,
    "b m n k",
    ["b m k", "b k n", "b m n"],
    "Matrix products by batch: C[b, m, n] += A[b, m, k] * B[b, k, n].",
  ),
  structured(
    "batch_matmul_transpose_a",
    multiplyAdd,
    "b m n k",
    ["b k m", "b k n", "b m n"],
    "C[b, m, n] += A[b, k, m] * B[b, k, n].",
  ),
  structured(
    "batch_matmul_transpose_b",
    multiplyAdd,
    "b m n k",
    ["b m k", "b n k", "b m n"],
    "C[b, m, n] += A[b, m, k] * B[b, n, k].",
  ),
  structured(
    "quantized_batch_matmul",
    quantized,
    "b m n k",
    ["b m k", "b k n", "", "", "b m n"],
    "Products of integer matrices with zero points, by batch.",
  ),
  structured(
    "batch_reduce_matmul",
    multiplyAdd,
    "b m n k",
    ["b m k", "b k n", "m n"],
    "The sum of the matrix products of all batches: C[m, n] += A[b, m, k] * B[b, k, n].",
  ),
  structured("matvec", multiplyAdd, "m n", ["m n", "n", "m"], "A matrix times a vector, added to the output."),
  structured("vecmat", multiplyAdd, "n m", ["m", "m n", "n"], "A vector times a matrix, added to the output."),
  structured("batch_matvec", multiplyAdd, "b m k", ["b m k", "b k", "b m"], "Matrices times vectors, by batch."),
  structured("batch_vecmat", multiplyAdd, "b n k", ["b k", "b k n", "b n"], "Vectors times matrices, by batch."),
  structured("dot", multiplyAdd, "m", ["m", "m", ""], "The scalar product of two vectors, added to the output."),
];

function convolution(
  mnemonic: string,
  loops: string,
  input: string,
  kernel: string,
  output: string,
  isQuantized = false,
): NamedStructure {
  const windows = input.split("+").length - 1;
  const operands = isQuantized ? [input, kernel, "", "", output] : [input, kernel, output];
  const layouts = mnemonic
    .split("_")
    .slice(mnemonic.startsWith("depthwise") ? 3 : 2, 5)
    .join(", ");
  return structured(
    mnemonic,
    isQuantized ? quantized : multiplyAdd,
    loops,
    operands,
    `A ${mnemonic.startsWith("depthwise") ? "depthwise " : ""}convolution of ${windows} spatial dimensions (${layouts === "" ? "one channel" : layouts}), added to the output.`,
    {
      windows: layouts === "" ? 0 : windows,
    },
  );
}

const convolutions: readonly NamedStructure[] = [
  convolution("conv_1d", "ow kw", "ow+kw", "kw", "ow"),
  convolution("conv_2d", "oh ow kh kw", "oh+kh ow+kw", "kh kw", "oh ow"),
  convolution("conv_3d", "od oh ow kd kh kw", "od+kd oh+kh ow+kw", "kd kh kw", "od oh ow"),
  convolution("conv_1d_nwc_wcf", "n ow f kw c", "n ow+kw c", "kw c f", "n ow f"),
  convolution("conv_1d_ncw_fcw", "n f ow c kw", "n c ow+kw", "f c kw", "n f ow"),
  convolution("conv_2d_nhwc_hwcf", "n oh ow f kh kw c", "n oh+kh ow+kw c", "kh kw c f", "n oh ow f"),
  convolution("conv_2d_nhwc_fhwc", "n oh ow f kh kw c", "n oh+kh ow+kw c", "f kh kw c", "n oh ow f"),
  convolution("conv_2d_nhwc_hwcf_q", "n oh ow f kh kw c", "n oh+kh ow+kw c", "kh kw c f", "n oh ow f", true),
  convolution("conv_2d_nhwc_fhwc_q", "n oh ow f kh kw c", "n oh+kh ow+kw c", "f kh kw c", "n oh ow f", true),
  convolution("conv_2d_nchw_fchw", "n f oh ow c kh kw", "n c oh+kh ow+kw", "f c kh kw", "n f oh ow"),
  convolution("conv_2d_ngchw_fgchw", "n g fg oh ow c kh kw", "n g c oh+kh ow+kw", "fg g c kh kw", "n g fg oh ow"),
  convolution("conv_2d_ngchw_gfchw", "n g fg oh ow c kh kw", "n g c oh+kh ow+kw", "g fg c kh kw", "n g fg oh ow"),
  convolution(
    "conv_2d_ngchw_gfchw_q",
    "n g fg oh ow c kh kw",
    "n g c oh+kh ow+kw",
    "g fg c kh kw",
    "n g fg oh ow",
    true,
  ),
  convolution(
    "conv_3d_ndhwc_dhwcf",
    "n od oh ow f kd kh kw c",
    "n od+kd oh+kh ow+kw c",
    "kd kh kw c f",
    "n od oh ow f",
  ),
  convolution(
    "conv_3d_ndhwc_dhwcf_q",
    "n od oh ow f kd kh kw c",
    "n od+kd oh+kh ow+kw c",
    "kd kh kw c f",
    "n od oh ow f",
    true,
  ),
  convolution(
    "conv_3d_ncdhw_fcdhw",
    "n od oh ow f kd kh kw c",
    "n c od+kd oh+kh ow+kw",
    "f c kd kh kw",
    "n f od oh ow",
  ),
  convolution("depthwise_conv_1d_nwc_wc", "n ow ic kw", "n ow+kw ic", "kw ic", "n ow ic"),
  convolution("depthwise_conv_1d_ncw_cw", "n ow ic kw", "n ic ow+kw", "ic kw", "n ic ow"),
  convolution("depthwise_conv_1d_nwc_wcm", "n ow ic cm kw", "n ow+kw ic", "kw ic cm", "n ow ic cm"),
  convolution("depthwise_conv_2d_nhwc_hwc", "n oh ow ic kh kw", "n oh+kh ow+kw ic", "kh kw ic", "n oh ow ic"),
  convolution("depthwise_conv_2d_nhwc_hwc_q", "n oh ow ic kh kw", "n oh+kh ow+kw ic", "kh kw ic", "n oh ow ic", true),
  convolution("depthwise_conv_2d_nchw_chw", "n oh ow ic kh kw", "n ic oh+kh ow+kw", "ic kh kw", "n ic oh ow"),
  convolution("depthwise_conv_2d_nhwc_hwcm", "n oh ow ic cm kh kw", "n oh+kh ow+kw ic", "kh kw ic cm", "n oh ow ic cm"),
  convolution(
    "depthwise_conv_2d_nhwc_hwcm_q",
    "n oh ow ic cm kh kw",
    "n oh+kh ow+kw ic",
    "kh kw ic cm",
    "n oh ow ic cm",
    true,
  ),
  convolution(
    "depthwise_conv_3d_ndhwc_dhwc",
    "n od oh ow kd kh kw ic",
    "n od+kd oh+kh ow+kw ic",
    "kd kh kw ic",
    "n od oh ow ic",
  ),
  convolution(
    "depthwise_conv_3d_ncdhw_cdhw",
    "n od oh ow kd kh kw ic",
    "n ic od+kd oh+kh ow+kw",
    "ic kd kh kw",
    "n ic od oh ow",
  ),
  convolution(
    "depthwise_conv_3d_ndhwc_dhwcm",
    "n od oh ow cm kd kh kw ic",
    "n od+kd oh+kh ow+kw ic",
    "kd kh kw ic cm",
    "n od oh ow ic cm",
  ),
];

function pooling(
  layout: string,
  loops: string,
  input: string,
  kernel: string,
  output: string,
  kinds: readonly string[],
): readonly NamedStructure[] {
  return kinds.map((kind) => {
    const isUnsigned = kind.endsWith("_unsigned");
    const fun = kind === "sum" ? "add" : kind.startsWith("max") ? "max" : "min";
    const body: BodyKind = {
      kind: "pool",
      fun: fun === "add" ? "add" : isUnsigned ? `${fun}_unsigned` : `${fun}_signed`,
      ...(isUnsigned ? { isUnsigned } : {}),
    };
    return structured(
      `pooling_${layout}_${kind}`,
      body,
      loops,
      [input, kernel, output],
      `Pooling (${kind}) in the layout ${layout}; the second operand only gives the window's shape.`,
      {
        windows: words(kernel).length,
      },
    );
  });
}

const all = ["sum", "max", "max_unsigned", "min", "min_unsigned"];
const poolings: readonly NamedStructure[] = [
  ...pooling("nhwc", "n oh ow c kh kw", "n oh+kh ow+kw c", "kh kw", "n oh ow c", all),
  ...pooling("nchw", "n c oh ow kh kw", "n c oh+kh ow+kw", "kh kw", "n c oh ow", ["sum", "max"]),
  ...pooling("nwc", "n ow c kw", "n ow+kw c", "kw", "n ow c", all),
  ...pooling("ncw", "n c ow kw", "n c ow+kw", "kw", "n c ow", ["sum", "max"]),
  ...pooling("ndhwc", "n od oh ow c kd kh kw", "n od+kd oh+kh ow+kw c", "kd kh kw", "n od oh ow c", [
    "sum",
    "max",
    "min",
  ]),
];

export const namedStructures: readonly NamedStructure[] = [
  ...elementwise,
  ...contractions,
  ...convolutions,
  ...poolings,
  { ...pointwise("fill", 1, { kind: "cast" }, "Sets every element of the output to a scalar."), operands: [[], []] },
  structured(
    "fill_rng_2d",
    { kind: "random" },
    "m n",
    ["", "", "", "m n"],
    "Fills a matrix with pseudo-random numbers between two bounds, from a seed.",
  ),
];

/** Whether the loop indexes the output: the others are reductions. */
function isParallel({ loops, operands }: NamedStructure, loop: string): boolean {
  return loops === undefined || operands.at(-1)!.includes(loop);
}

/** The iterator types of a named op with an output of this rank. */
export function namedIterators(structure: NamedStructure, outputRank: number): readonly ("parallel" | "reduction")[] {
  if (structure.loops === undefined) return Array.from({ length: outputRank }, () => "parallel");
  return structure.loops.map((loop) => (isParallel(structure, loop) ? "parallel" : "reduction"));
}

/** The indexing maps. `isShaped` says of each operand whether it has elements: fill and the like take scalars. */
export function namedMaps(
  structure: NamedStructure,
  isShaped: readonly boolean[],
  outputRank: number,
  strides: readonly number[],
  dilations: readonly number[],
): readonly AffineMap[] {
  const { loops, operands } = structure;
  if (loops === undefined) {
    return operands.map((_, position) =>
      isShaped[position] ? AffineMap.identity(outputRank) : new AffineMap(outputRank, 0, []),
    );
  }
  let window = 0;
  return operands.map((indices) => {
    const results = indices.map((text): AffineExpression => {
      const [outer, inner] = text.split("+").map((loop) => dimension(loops.indexOf(loop)));
      if (inner === undefined) return outer!;
      const position = window++;
      return affineAdd(affineMul(outer!, strides[position] ?? 1), affineMul(inner, dilations[position] ?? 1));
    });
    return new AffineMap(loops.length, 0, results);
  });
}
