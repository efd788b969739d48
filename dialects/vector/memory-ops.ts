/** The vector ops that touch memory: loads, stores, masked and gathered ones, and transfers of boxes. */

import {
  affineMapAttribute,
  anyMemRef,
  anyType,
  arrayOf,
  boolAttribute,
  indexType,
  integerOrIndex,
  type TypeConstraint,
  typeOf,
  typeVariable,
} from "../../ir/constraints.ts";
import {
  attribute,
  op,
  operand,
  optionalAttribute,
  optionalOperand,
  optionalResult,
  result,
  variadicOperand,
} from "../../ir/declaration.ts";
import { i1, MemRefType, type ShapedType, TensorType, VectorType } from "../../ir/types.ts";
import { example } from "../example.ts";
import { tensorOrMemRef, vectorType } from "../upstream/constraints.ts";
import { transferReadFormat, transferWriteFormat } from "./memory-formats.ts";

type Report = (message: string) => void;

/** What a mask is. */
export const maskType: TypeConstraint<VectorType> = typeOf(VectorType, "a vector of i1", (type) => type.element === i1);
const integerVector: TypeConstraint<VectorType> = typeOf(VectorType, "a vector of integers or index", (type) =>
  integerOrIndex.matches(type.element),
);

function checkRank(indices: readonly unknown[], type: ShapedType, report: Report): void {
  if (indices.length !== type.rank) report(`expects ${type.rank} indices for ${type}, found ${indices.length}`);
}

function checkElements(memory: ShapedType, vector: VectorType, report: Report): void {
  if (memory.element !== vector.element && memory.element !== vector) {
    report(`expects one element type, found ${memory.element} in memory and ${vector.element} in the vector`);
  }
}

function checkMask(mask: VectorType, vector: VectorType, report: Report): void {
  const wanted = VectorType.get(vector.shape, i1, vector.scalable);
  if (mask !== wanted) report(`expects a mask of type ${wanted}, found ${mask}`);
}

function checkLanes(positions: VectorType, vector: VectorType, report: Report): void {
  if (positions.shape.join() !== vector.shape.join())
    report(`expects one position for each element of ${vector}, found ${positions}`);
}

export const load = op(
  "vector.load",
  {
    base: operand(anyMemRef),
    indices: variadicOperand(indexType),
    nontemporal: optionalAttribute(boolAttribute),
    result: result(vectorType),
  },
  {
    doc: "Reads neighbouring elements (along the last dimension, stride 1) from memory; all must be inside the buffer.",
    example: example(
      "%r = vector.load %m[%i, %i] : memref<?x4xf32>, vector<4xf32>",
      "%m: memref<?x4xf32>",
      "%i: index",
    ),
    format: "$base `[` $indices `]` attr-dict `:` type($base) `,` type($result)",
    effects: ({ base }) => [{ kind: "read", value: base }],
    verify: ({ base, indices, result: loaded }, report) => {
      checkRank(indices, base.type, report);
      checkElements(base.type, loaded.type, report);
    },
  },
);

export const store = op(
  "vector.store",
  {
    valueToStore: operand(vectorType),
    base: operand(anyMemRef),
    indices: variadicOperand(indexType),
    nontemporal: optionalAttribute(boolAttribute),
  },
  {
    doc: "Writes neighbouring elements (along the last dimension, stride 1) to memory; all must be inside the buffer.",
    example: example(
      "vector.store %v, %m[%i, %i] : memref<?x4xf32>, vector<4xf32>",
      "%v: vector<4xf32>",
      "%m: memref<?x4xf32>",
      "%i: index",
    ),
    format: "$valueToStore `,` $base `[` $indices `]` attr-dict `:` type($base) `,` type($valueToStore)",
    effects: ({ base }) => [{ kind: "write", value: base }],
    verify: ({ base, indices, valueToStore }, report) => {
      checkRank(indices, base.type, report);
      checkElements(base.type, valueToStore.type, report);
    },
  },
);

export const maskedLoad = op(
  "vector.maskedload",
  {
    base: operand(anyMemRef),
    indices: variadicOperand(indexType),
    mask: operand(maskType),
    pass_thru: operand(typeVariable("V", vectorType)),
    result: result(typeVariable("V", vectorType)),
  },
  {
    doc: "Reads the elements whose mask is set; the others come from pass_thru and are not touched in memory.",
    example: example(
      "%r = vector.maskedload %m[%i, %i], %mask, %v : memref<?x4xf32>, vector<4xi1>, vector<4xf32> into vector<4xf32>",
      "%m: memref<?x4xf32>",
      "%i: index",
      "%mask: vector<4xi1>",
      "%v: vector<4xf32>",
    ),
    format:
      "$base `[` $indices `]` `,` $mask `,` $pass_thru attr-dict `:` type($base) `,` type($mask) `,` type($pass_thru) `into` type($result)",
    effects: ({ base }) => [{ kind: "read", value: base }],
    verify: ({ base, indices, mask, result: loaded }, report) => {
      checkRank(indices, base.type, report);
      checkElements(base.type, loaded.type, report);
      checkMask(mask.type, loaded.type, report);
    },
  },
);

export const maskedStore = op(
  "vector.maskedstore",
  {
    base: operand(anyMemRef),
    indices: variadicOperand(indexType),
    mask: operand(maskType),
    valueToStore: operand(vectorType),
  },
  {
    doc: "Writes the elements whose mask is set.",
    example: example(
      "vector.maskedstore %m[%i, %i], %mask, %v : memref<?x4xf32>, vector<4xi1>, vector<4xf32>",
      "%m: memref<?x4xf32>",
      "%i: index",
      "%mask: vector<4xi1>",
      "%v: vector<4xf32>",
    ),
    format:
      "$base `[` $indices `]` `,` $mask `,` $valueToStore attr-dict `:` type($base) `,` type($mask) `,` type($valueToStore)",
    effects: ({ base }) => [{ kind: "write", value: base }],
    verify: ({ base, indices, mask, valueToStore }, report) => {
      checkRank(indices, base.type, report);
      checkElements(base.type, valueToStore.type, report);
      checkMask(mask.type, valueToStore.type, report);
    },
  },
);

export const gather = op(
  "vector.gather",
  {
    base: operand(tensorOrMemRef),
    indices: variadicOperand(indexType),
    index_vec: operand(integerVector),
    mask: operand(maskType),
    pass_thru: operand(typeVariable("V", vectorType)),
    result: result(typeVariable("V", vectorType)),
  },
  {
    doc: "Reads one element per lane at base[indices] + index_vec along the last dimension, where the mask is set.",
    example: example(
      "%r = vector.gather %m[%i, %i] [%lanes], %mask, %v : memref<?x4xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32> into vector<4xf32>",
      "%m: memref<?x4xf32>",
      "%i: index",
      "%lanes: vector<4xi32>",
      "%mask: vector<4xi1>",
      "%v: vector<4xf32>",
    ),
    format:
      "$base `[` $indices `]` `[` $index_vec `]` `,` $mask `,` $pass_thru attr-dict `:` type($base) `,` type($index_vec) `,` type($mask) `,` type($pass_thru) `into` type($result)",
    effects: ({ base }) => (base.type instanceof MemRefType ? [{ kind: "read", value: base }] : []),
    verify: ({ base, indices, mask, result: gathered, index_vec }, report) => {
      checkRank(indices, base.type, report);
      checkElements(base.type, gathered.type, report);
      checkMask(mask.type, gathered.type, report);
      checkLanes(index_vec.type, gathered.type, report);
    },
  },
);

export const scatter = op(
  "vector.scatter",
  {
    base: operand(anyMemRef),
    indices: variadicOperand(indexType),
    index_vec: operand(integerVector),
    mask: operand(maskType),
    valueToStore: operand(vectorType),
  },
  {
    doc: "Writes one element per lane at base[indices] + index_vec along the last dimension, where the mask is set.",
    example: example(
      "vector.scatter %m[%i, %i] [%lanes], %mask, %v : memref<?x4xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32>",
      "%m: memref<?x4xf32>",
      "%i: index",
      "%lanes: vector<4xi32>",
      "%mask: vector<4xi1>",
      "%v: vector<4xf32>",
    ),
    format:
      "$base `[` $indices `]` `[` $index_vec `]` `,` $mask `,` $valueToStore attr-dict `:` type($base) `,` type($index_vec) `,` type($mask) `,` type($valueToStore)",
    effects: ({ base }) => [{ kind: "write", value: base }],
    verify: ({ base, indices, mask, valueToStore, index_vec }, report) => {
      checkRank(indices, base.type, report);
      checkElements(base.type, valueToStore.type, report);
      checkMask(mask.type, valueToStore.type, report);
      checkLanes(index_vec.type, valueToStore.type, report);
      if (index_vec.type.rank !== 1) report(`expects vectors of rank 1, found ${index_vec.type}`);
    },
  },
);

export const transferRead = op(
  "vector.transfer_read",
  {
    source: operand(tensorOrMemRef),
    indices: variadicOperand(indexType),
    padding: operand(anyType),
    mask: optionalOperand(maskType),
    permutation_map: attribute(affineMapAttribute),
    in_bounds: attribute(arrayOf(boolAttribute)),
    result: result(vectorType),
  },
  {
    doc: "Reads a box of memory or of a tensor; elements outside it (where not in_bounds) read as the padding.",
    example: example(
      "%r = vector.transfer_read %m[%i, %i], %zero {in_bounds = [true]} : memref<?x4xf32>, vector<4xf32>",
      "%m: memref<?x4xf32>",
      "%i: index",
      "%zero: f32",
    ),
    format: transferReadFormat,
    effects: ({ source }) => (source.type instanceof MemRefType ? [{ kind: "read", value: source }] : []),
    verify: ({ source, indices, padding, permutation_map: map, in_bounds: inBounds, result: read }, report) => {
      if (padding.type !== source.type.element)
        report(`expects a padding of type ${source.type.element}, found ${padding.type}`);
      checkRank(indices, source.type, report);
      if (map.dimensions !== source.type.rank) {
        report(`expects a permutation map of ${source.type.rank} dimensions, found ${map.dimensions}`);
      }
      if (inBounds.length !== map.results.length) {
        report(`expects ${map.results.length} in_bounds entries, found ${inBounds.length}`);
      }
      if (map.results.length !== read.type.rank)
        report(`expects a map of ${read.type.rank} results, found ${map.results.length}`);
    },
  },
);

export const transferWrite = op(
  "vector.transfer_write",
  {
    vector: operand(vectorType),
    source: operand(tensorOrMemRef),
    indices: variadicOperand(indexType),
    mask: optionalOperand(maskType),
    permutation_map: attribute(affineMapAttribute),
    in_bounds: attribute(arrayOf(boolAttribute)),
    result: optionalResult(tensorOrMemRef),
  },
  {
    doc: "Writes a box of memory, or gives a tensor with that box replaced; elements outside are not written.",
    example: example(
      "%r = vector.transfer_write %v, %t[%i, %i] : vector<4xf32>, tensor<4x4xf32>",
      "%v: vector<4xf32>",
      "%t: tensor<4x4xf32>",
      "%i: index",
    ),
    format: transferWriteFormat,
    infer: ({ source }) => (source.type instanceof TensorType ? [source.type] : []),
    effects: ({ source }) => (source.type instanceof MemRefType ? [{ kind: "write", value: source }] : []),
    verify: (operation, report) => {
      const { vector: written, source, indices, permutation_map: map, in_bounds: inBounds } = operation;
      const wanted = source.type instanceof TensorType ? 1 : 0;
      if (operation.results.length !== wanted)
        report(`expects ${wanted} results where it writes to ${source.type}, found ${operation.results.length}`);
      checkRank(indices, source.type, report);
      if (map.dimensions !== source.type.rank) {
        report(`expects a permutation map of ${source.type.rank} dimensions, found ${map.dimensions}`);
      }
      if (inBounds.length !== map.results.length) {
        report(`expects ${map.results.length} in_bounds entries, found ${inBounds.length}`);
      }
      if (map.results.length !== written.type.rank) {
        report(`expects a map of ${written.type.rank} results, found ${map.results.length}`);
      }
    },
  },
);

export const expandLoad = op(
  "vector.expandload",
  {
    base: operand(anyMemRef),
    indices: variadicOperand(indexType),
    mask: operand(maskType),
    pass_thru: operand(typeVariable("V", vectorType)),
    result: result(typeVariable("V", vectorType)),
  },
  {
    doc: "Reads as many neighbouring elements as the mask has bits set, one for each of these; the others come from pass_thru.",
    example: example(
      "%r = vector.expandload %m[%i], %mask, %v : memref<?xf32>, vector<4xi1>, vector<4xf32> into vector<4xf32>",
      "%m: memref<?xf32>",
      "%i: index",
      "%mask: vector<4xi1>",
      "%v: vector<4xf32>",
    ),
    format:
      "$base `[` $indices `]` `,` $mask `,` $pass_thru attr-dict `:` type($base) `,` type($mask) `,` type($pass_thru) `into` type($result)",
    effects: ({ base }) => [{ kind: "read", value: base }],
    verify: ({ base, indices, mask, result: loaded }, report) => {
      checkRank(indices, base.type, report);
      checkElements(base.type, loaded.type, report);
      checkMask(mask.type, loaded.type, report);
    },
  },
);

export const compressStore = op(
  "vector.compressstore",
  {
    base: operand(anyMemRef),
    indices: variadicOperand(indexType),
    mask: operand(maskType),
    valueToStore: operand(vectorType),
  },
  {
    doc: "Writes the elements whose mask is set one behind the other.",
    example: example(
      "vector.compressstore %m[%i], %mask, %v : memref<?xf32>, vector<4xi1>, vector<4xf32>",
      "%m: memref<?xf32>",
      "%i: index",
      "%mask: vector<4xi1>",
      "%v: vector<4xf32>",
    ),
    format:
      "$base `[` $indices `]` `,` $mask `,` $valueToStore attr-dict `:` type($base) `,` type($mask) `,` type($valueToStore)",
    effects: ({ base }) => [{ kind: "write", value: base }],
    verify: ({ base, indices, mask, valueToStore }, report) => {
      checkRank(indices, base.type, report);
      checkElements(base.type, valueToStore.type, report);
      checkMask(mask.type, valueToStore.type, report);
    },
  },
);

export const vectorMemoryOps = [
  load,
  store,
  maskedLoad,
  maskedStore,
  gather,
  scatter,
  expandLoad,
  compressStore,
  transferRead,
  transferWrite,
];
