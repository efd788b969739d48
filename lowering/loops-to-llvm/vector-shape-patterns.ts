/**
 * Vectors taken apart and put together: broadcasts, elements and slices, shuffles, casts of shape. A vector of several
 * dimensions is an array of vectors here, so much of this only renames parts.
 */
import * as llvm from "../../dialects/llvm/index.ts";
import { mixedIndices } from "../../dialects/upstream/constraints.ts";
import * as vector from "../../dialects/vector/ops.ts";
import { DenseElementsAttribute } from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import type { Value } from "../../ir/operation.ts";
import { type ConversionPattern, convert } from "../../ir/rewrite/conversion.ts";
import { refuse } from "../../ir/rewrite/pattern.ts";
import { i1, type Type, VectorType } from "../../ir/types.ts";
import {
  asInteger,
  asVector,
  broadcastScalar,
  elementwise,
  extractPart,
  insertPart,
  lane,
  shuffled,
  splatConstant,
  withLane,
} from "./building.ts";
import { leadingMask, stepConstant } from "./vector-access-patterns.ts";

/** Part `position` of an array of vectors, or lane of a vector. */
function partOf(builder: Builder, container: Value, position: number): Value {
  return container.type instanceof llvm.ArrayType
    ? extractPart(builder, container, position)
    : lane(builder, container, position);
}

function withPart(builder: Builder, container: Value, part: Value, position: number): Value {
  return container.type instanceof llvm.ArrayType
    ? insertPart(builder, container, part, position)
    : withLane(builder, container, part, position);
}

function undefinedOf(builder: Builder, type: Type): Value {
  return builder.build(llvm.undef, { res: type }).res;
}

/** An array of vectors made of its parts. */
function arrayOf(builder: Builder, type: llvm.ArrayType, part: (position: number) => Value): Value {
  let made = undefinedOf(builder, type);
  for (let position = 0; position < type.count; position++) made = insertPart(builder, made, part(position), position);
  return made;
}

/** `source`, of shape `from`, repeated to a converted vector type. */
function broadcastTo(builder: Builder, source: Value, from: readonly number[], type: Type, rank: number): Value {
  if (from.length === 0 && type instanceof VectorType) return broadcastScalar(builder, source, type);
  if (type instanceof llvm.ArrayType) {
    const [size, ...rest] = from;
    if (from.length < rank || size === 1) {
      const inner = from.length < rank ? source : extractPart(builder, source, 0);
      const innerShape = from.length < rank ? from : rest;
      const part = broadcastTo(builder, inner, innerShape, type.element, rank - 1);
      return arrayOf(builder, type, () => part);
    }
    return arrayOf(builder, type, (position) =>
      broadcastTo(builder, extractPart(builder, source, position), rest, type.element, rank - 1),
    );
  }
  const { count } = asVector(source).type;
  const wanted = type instanceof VectorType ? type.count : count;
  if (count === wanted) return source;
  return shuffled(
    builder,
    source,
    undefined,
    Array.from({ length: wanted }, () => 0),
  );
}

const lowerBroadcast = convert(vector.broadcast, "vector-broadcast-to-llvm", (operation, { source }, rewriter) => {
  const from = operation.source.type;
  const shape = from instanceof VectorType ? (from.rank === 0 ? [1] : from.shape) : [];
  const { type } = operation.vector;
  return rewriter.replace(
    operation,
    broadcastTo(rewriter, source, shape, rewriter.types.convert(type), Math.max(1, type.rank)),
  );
});

const lowerSplat = convert(vector.splat, "vector-splat-to-llvm", (operation, { input }, rewriter) => {
  const { type } = operation.aggregate;
  return rewriter.replace(
    operation,
    broadcastTo(rewriter, input, [], rewriter.types.convert(type), Math.max(1, type.rank)),
  );
});

// ----------------------------------------------------------------------------------------------------------- elements

/** Why a position cannot be reached: parts of arrays have constant places. */
const dynamicPart = "only the last dimension of a vector can be indexed by a run-time position";

/** The part of a value at a mixed position. */
function extractAt(builder: Builder, source: Value, position: readonly (number | Value)[]): Value | undefined {
  let current = source;
  for (const place of position) {
    if (typeof place === "number") current = partOf(builder, current, place);
    else if (current.type instanceof VectorType) current = lane(builder, current, place);
    else return undefined;
  }
  return current;
}

function insertAt(
  builder: Builder,
  part: Value,
  into: Value,
  position: readonly (number | Value)[],
): Value | undefined {
  const [place, ...rest] = position;
  if (place === undefined) return part;
  if (typeof place !== "number") {
    return into.type instanceof VectorType && rest.length === 0 ? withLane(builder, into, part, place) : undefined;
  }
  const inner = rest.length === 0 ? part : insertAt(builder, part, partOf(builder, into, place), rest);
  return inner === undefined ? undefined : withPart(builder, into, inner, place);
}

const lowerExtract = convert(vector.extract, "vector-extract-to-llvm", (operation, [source, ...dynamics], rewriter) => {
  const position = mixedIndices(operation.static_position, dynamics);
  // A vector without dimensions has one lane here.
  const isOnlyLane = operation.vector.type.rank === 0 && !(operation.result.type instanceof VectorType);
  const found = extractAt(rewriter, source!, isOnlyLane ? [0] : position);
  return found === undefined ? refuse(dynamicPart) : rewriter.replace(operation, found);
});

const lowerInsert = convert(
  vector.insert,
  "vector-insert-to-llvm",
  (operation, [part, into, ...dynamics], rewriter) => {
    const position = mixedIndices(operation.static_position, dynamics);
    const isOnlyLane = operation.dest.type.rank === 0 && !(operation.source.type instanceof VectorType);
    const made = insertAt(rewriter, part!, into!, isOnlyLane ? [0] : position);
    return made === undefined ? refuse(dynamicPart) : rewriter.replace(operation, made);
  },
);

const lowerExtractElement = convert(
  vector.extractElement,
  "vector-extractelement-to-llvm",
  (operation, operands, rewriter) =>
    rewriter.replace(operation, lane(rewriter, operands[0]!, operands[1] === undefined ? 0 : asInteger(operands[1]))),
);

const lowerInsertElement = convert(
  vector.insertElement,
  "vector-insertelement-to-llvm",
  (operation, operands, rewriter) => {
    const [value, into, position] = operands;
    return rewriter.replace(
      operation,
      withLane(rewriter, into!, value!, position === undefined ? 0 : asInteger(position)),
    );
  },
);

// ------------------------------------------------------------------------------------------------------------ shuffles

/** The lanes of a vector with undefined ones behind, up to `count`. */
function padded(builder: Builder, value: Value, count: number): Value {
  const { count: known } = asVector(value).type;
  if (known === count) return value;
  const mask = Array.from({ length: count }, (_, position) => (position < known ? position : -1));
  return shuffled(builder, value, undefined, mask);
}

const lowerShuffle = convert(vector.shuffle, "vector-shuffle-to-llvm", (operation, { v1, v2 }, rewriter) => {
  const { mask } = operation;
  const first = operation.v1.type.shape[0] ?? 1;
  const second = operation.v2.type.shape[0] ?? 1;
  const type = rewriter.types.convert(operation.vector.type);
  if (type instanceof llvm.ArrayType) {
    const pick = (position: number): Value => {
      const from = mask[position]!;
      return from < first ? extractPart(rewriter, v1, from) : extractPart(rewriter, v2, from - first);
    };
    return rewriter.replace(operation, arrayOf(rewriter, type, pick));
  }
  // LLVM wants operands of one length.
  const count = Math.max(first, second);
  const [a, b] = [padded(rewriter, v1, count), padded(rewriter, v2, count)];
  const lanes = mask.map((from) => (from < first ? from : from - first + count));
  return rewriter.replace(operation, shuffled(rewriter, a, b, lanes));
});

const lowerInterleave = convert(vector.interleave, "vector-interleave-to-llvm", (operation, operands, rewriter) => {
  const type = rewriter.types.convert(operation.result.type);
  const result = elementwise(rewriter, type, operands, ([a, b], partType) => {
    const count = asVector(a!).type.count;
    const lanes = Array.from(
      { length: asVectorType(partType).count },
      (_, position) => (position >> 1) + (position & 1) * count,
    );
    return shuffled(rewriter, a!, b!, lanes);
  });
  return rewriter.replace(operation, result);
});

function asVectorType(type: Type): VectorType {
  if (!(type instanceof VectorType)) throw new Error(`expects a vector type, found ${type}`);
  return type;
}

const lowerDeinterleave = convert(
  vector.deinterleave,
  "vector-deinterleave-to-llvm",
  (operation, operands, rewriter) => {
    const type = rewriter.types.convert(operation.res1.type);
    const halves = [0, 1].map((parity) =>
      elementwise(rewriter, type, operands, ([source], partType) => {
        const lanes = Array.from({ length: asVectorType(partType).count }, (_, position) => 2 * position + parity);
        return shuffled(rewriter, source!, undefined, lanes);
      }),
    );
    return rewriter.replace(operation, halves);
  },
);

// -------------------------------------------------------------------------------------------------------- other shapes

/** The innermost vectors of a value, in order. */
function rowsOf(builder: Builder, value: Value): Value[] {
  const { type } = value;
  if (!(type instanceof llvm.ArrayType)) return [value];
  return Array.from({ length: type.count }, (_, position) => extractPart(builder, value, position)).flatMap((part) =>
    rowsOf(builder, part),
  );
}

/** The converted value of a type made of its innermost vectors. */
function fromRows(builder: Builder, type: Type, rows: Iterator<Value>): Value {
  if (type instanceof llvm.ArrayType) return arrayOf(builder, type, () => fromRows(builder, type.element, rows));
  const next = rows.next();
  if (next.done) throw new Error("too few rows");
  return next.value;
}

/** Vectors of `count` lanes with the same lanes in order. */
function rechunk(builder: Builder, rows: readonly Value[], count: number): Value[] {
  const width = asVector(rows[0]!).type.count;
  if (width === count) return [...rows];
  const total = width * rows.length;
  const slice = (row: Value, start: number): Value =>
    shuffled(
      builder,
      row,
      undefined,
      Array.from({ length: count }, (_, position) => start + position),
    );
  if (width % count === 0) {
    return Array.from({ length: total / count }, (_, position) => {
      const start = position * count;
      return slice(rows[Math.floor(start / width)]!, start % width);
    });
  }
  const element = asVector(rows[0]!).type.element;
  return Array.from({ length: total / count }, (_, chunk) => {
    let made = undefinedOf(builder, VectorType.get([count], element));
    for (let position = 0; position < count; position++) {
      const from = chunk * count + position;
      made = withLane(builder, made, lane(builder, rows[Math.floor(from / width)]!, from % width), position);
    }
    return made;
  });
}

/** The lanes of the innermost vectors of a converted type. */
function rowWidth(type: Type): number {
  return type instanceof llvm.ArrayType ? rowWidth(type.element) : asVectorType(type).count;
}

const lowerShapeCast = convert(vector.shapeCast, "vector-shape-cast-to-llvm", (operation, { source }, rewriter) => {
  const type = rewriter.types.convert(operation.result.type);
  const rows = rechunk(rewriter, rowsOf(rewriter, source), rowWidth(type));
  return rewriter.replace(operation, fromRows(rewriter, type, rows.values()));
});

const lowerBitcast = convert(vector.bitcast, "vector-bitcast-to-llvm", (operation, operands, rewriter) => {
  const type = rewriter.types.convert(operation.result.type);
  const result = elementwise(rewriter, type, operands, ([arg], res) =>
    arg!.type === res ? arg! : rewriter.build(llvm.bitcast, { arg: arg!, res }).res,
  );
  return rewriter.replace(operation, result);
});

const lowerTranspose = convert(
  vector.transpose,
  "vector-transpose-to-llvm",
  (operation, { vector: source }, rewriter) => {
    const { permutation, result } = operation;
    const type = rewriter.types.convert(result.type);
    const place: number[] = [];
    const build = (part: Type): Value => {
      const count = part instanceof llvm.ArrayType ? part.count : asVectorType(part).count;
      let made = undefinedOf(rewriter, part);
      for (let position = 0; position < count; position++) {
        place.push(position);
        const inner = part instanceof llvm.ArrayType ? build(part.element) : fetch();
        place.pop();
        made = withPart(rewriter, made, inner, position);
      }
      return made;
    };
    const fetch = (): Value => {
      const from: number[] = [];
      for (const [axis, position] of place.entries()) from[permutation[axis]!] = position;
      return extractAt(rewriter, source, from)!;
    };
    return rewriter.replace(operation, build(type));
  },
);

// -------------------------------------------------------------------------------------------------------------- slices

const lowerExtractSlice = convert(
  vector.extractStridedSlice,
  "vector-extract-slice-to-llvm",
  (operation, { vector: source }, rewriter) => {
    const { offsets, strides } = operation;
    const take = (value: Value, type: Type, axis: number): Value => {
      const start = offsets[axis];
      if (start === undefined) return value;
      const step = strides[axis] ?? 1;
      if (!(type instanceof llvm.ArrayType)) {
        const lanes = Array.from({ length: asVectorType(type).count }, (_, position) => start + position * step);
        return shuffled(rewriter, value, undefined, lanes);
      }
      return arrayOf(rewriter, type, (position) =>
        take(extractPart(rewriter, value, start + position * step), type.element, axis + 1),
      );
    };
    return rewriter.replace(operation, take(source, rewriter.types.convert(operation.result.type), 0));
  },
);

const lowerInsertSlice = convert(
  vector.insertStridedSlice,
  "vector-insert-slice-to-llvm",
  (operation, { source, dest }, rewriter) => {
    const { offsets, strides } = operation;
    // The source may have fewer dimensions: it lies in the last ones.
    const missing = operation.dest.type.rank - operation.source.type.rank;
    const put = (part: Value, into: Value, axis: number): Value => {
      const start = offsets[axis] ?? 0;
      if (axis < missing) return withPart(rewriter, into, put(part, partOf(rewriter, into, start), axis + 1), start);
      const step = strides[axis - missing] ?? 1;
      if (into.type instanceof llvm.ArrayType) {
        const { type } = part;
        if (!(type instanceof llvm.ArrayType)) throw new Error(`expects an array, found ${type}`);
        let made = into;
        for (let position = 0; position < type.count; position++) {
          const at = start + position * step;
          const inner = put(extractPart(rewriter, part, position), extractPart(rewriter, into, at), axis + 1);
          made = insertPart(rewriter, made, inner, at);
        }
        return made;
      }
      const { count } = asVector(into).type;
      const size = asVector(part).type.count;
      const lanes = Array.from({ length: count }, (_, position) => {
        const from = (position - start) / step;
        return Number.isInteger(from) && from >= 0 && from < size ? count + from : position;
      });
      return shuffled(rewriter, into, padded(rewriter, part, count), lanes);
    };
    return rewriter.replace(operation, put(source, dest, 0));
  },
);

// --------------------------------------------------------------------------------------------------------------- masks

const lowerConstantMask = convert(
  vector.constantMask,
  "vector-constant-mask-to-llvm",
  (operation, _operands, rewriter) => {
    const sizes = operation.mask_dim_sizes;
    const build = (type: Type, axis: number, isInside: boolean): Value => {
      const size = sizes[axis] ?? 1;
      if (type instanceof llvm.ArrayType) {
        return arrayOf(rewriter, type, (position) => build(type.element, axis + 1, isInside && position < size));
      }
      const { count } = asVectorType(type);
      const data = Uint8Array.from({ length: count }, (_, position) => Number(isInside && position < size));
      return rewriter.build(llvm.constant, { value: DenseElementsAttribute.get(asVectorType(type), data), res: type })
        .res;
    };
    return rewriter.replace(operation, build(rewriter.types.convert(operation.result.type), 0, true));
  },
);

const lowerCreateMask = convert(vector.createMask, "vector-create-mask-to-llvm", (operation, sizes, rewriter) => {
  const build = (type: Type, axis: number): Value => {
    const size = sizes[axis] ?? llvm.llvmInteger(rewriter, 1);
    if (!(type instanceof llvm.ArrayType)) return leadingMask(rewriter, asVectorType(type).count, size);
    const inner = build(type.element, axis + 1);
    const nothing = splatConstant(rewriter, 0, type.element);
    return arrayOf(rewriter, type, (position) => {
      const at = llvm.llvmInteger(rewriter, position);
      const condition = rewriter.build(llvm.icmp, { predicate: "slt", lhs: at, rhs: size, res: i1 }).res;
      return elementwise(
        rewriter,
        type.element,
        [inner, nothing],
        ([trueValue, falseValue]) =>
          rewriter.build(llvm.select, { condition, trueValue: trueValue!, falseValue: falseValue! }).res,
      );
    });
  };
  return rewriter.replace(operation, build(rewriter.types.convert(operation.result.type), 0));
});

const lowerStep = convert(vector.step, "vector-step-to-llvm", (operation, _operands, rewriter) =>
  rewriter.replace(operation, stepConstant(rewriter, operation.result.type.count)),
);

export const vectorShapePatterns: readonly ConversionPattern[] = [
  lowerBroadcast,
  lowerSplat,
  lowerExtract,
  lowerInsert,
  lowerExtractElement,
  lowerInsertElement,
  lowerShuffle,
  lowerInterleave,
  lowerDeinterleave,
  lowerShapeCast,
  lowerBitcast,
  lowerTranspose,
  lowerExtractSlice,
  lowerInsertSlice,
  lowerConstantMask,
  lowerCreateMask,
  lowerStep,
];
