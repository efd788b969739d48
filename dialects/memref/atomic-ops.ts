/** The memref ops that copy without the processor (DMA), change an element atomically by a region, or grow a buffer. */
import { anyMemRef, anyType, i64Attribute, indexType, integerOrIndex, typeOf } from "../../ir/constraints.ts";
import {
  op,
  operand,
  optionalAttribute,
  optionalOperand,
  region,
  result,
  variadicOperand,
} from "../../ir/declaration.ts";
import type { CustomFormat } from "../../ir/format.ts";
import type { Value } from "../../ir/operation.ts";
import { dynamic, MemRefType, type Type } from "../../ir/types.ts";
import { example } from "../example.ts";
import { anyRankMemRef } from "../upstream/constraints.ts";
import { resolveIndices } from "../upstream/formats.ts";
import { genericAtomicFormat } from "./formats.ts";

const genericAtomicExample = example(
  [
    "%r = memref.generic_atomic_rmw %m[%i] : memref<8xf32> {",
    "^bb0(%old: f32):",
    "  %new = arith.mulf %old, %x : f32",
    "  memref.atomic_yield %new : f32",
    "}",
  ].join("\n"),
  "%m: memref<8xf32>",
  "%i: index",
  "%x: f32",
);

export const atomicYield = op(
  "memref.atomic_yield",
  { result_: operand(anyType) },
  {
    doc: "Ends the region of memref.generic_atomic_rmw and gives the new element.",
    example: genericAtomicExample,
    traits: ["Pure", "Terminator"],
    parents: ["memref.generic_atomic_rmw"],
    format: "$result_ attr-dict `:` type($result_)",
    verify: (operation, report) => {
      const parent = operation.parentOperation;
      const wanted = parent?.results[0]?.type;
      if (wanted !== undefined && wanted !== operation.result_.type)
        report(`expects the element type ${wanted}, found ${operation.result_.type}`);
    },
  },
);

export const genericAtomicRmw = op(
  "memref.generic_atomic_rmw",
  { memref: operand(anyMemRef), indices: variadicOperand(indexType), result: result(anyType), atomic_body: region() },
  {
    doc: "Replaces an element atomically by what the region makes of it; gives the new element.",
    example: genericAtomicExample,
    format: genericAtomicFormat,
    infer: ({ memref }) => memref.type.element,
    effects: ({ memref }) => [
      { kind: "read", value: memref },
      { kind: "write", value: memref },
    ],
    verify: ({ memref, indices, atomic_body: body }, report) => {
      const { rank, element } = memref.type;
      if (indices.length !== rank) report(`expects ${rank} indices for ${memref.type}, found ${indices.length}`);
      const found = body.entry?.arguments.map((argument) => argument.type) ?? [];
      if (found.length !== 1 || found[0] !== element)
        report(`expects a block with one argument of type ${element}, found (${found.join(", ")})`);
      if (!atomicYield.matches(body.entry?.last)) report("expects a region that ends in memref.atomic_yield");
    },
  },
);

export const realloc = op(
  "memref.realloc",
  {
    source: operand(anyMemRef),
    dynamicResultSize: optionalOperand(indexType),
    alignment: optionalAttribute(i64Attribute),
    result: result(anyMemRef),
  },
  {
    doc: "A buffer of another size with the elements of this one, which is freed.",
    example: example("%r = memref.realloc %m(%n) : memref<8xf32> to memref<?xf32>", "%m: memref<8xf32>", "%n: index"),
    format: "$source (`(` $dynamicResultSize^ `)`)? attr-dict `:` type($source) `to` type($result)",
    effects: ({ source, result: made }) => [
      { kind: "free", value: source },
      { kind: "allocate", value: made },
    ],
    verify: ({ source, dynamicResultSize: size, result: made }, report) => {
      if (source.type.rank !== 1 || made.type.rank !== 1)
        report(`expects buffers of rank 1, found ${source.type} and ${made.type}`);
      if (source.type.element !== made.type.element || source.type.memorySpace !== made.type.memorySpace)
        report(`expects one element type and memory space, found ${source.type} and ${made.type}`);
      if (source.type.layout !== undefined || made.type.layout !== undefined) report("expects buffers of dense layout");
      const isDynamic = made.type.shape[0] === dynamic;
      if (isDynamic !== (size !== undefined))
        report(isDynamic ? "needs the size of its result" : "takes no size: that of its result is known");
    },
  },
);

export const reshape = op(
  "memref.reshape",
  {
    source: operand(anyRankMemRef),
    shape: operand(
      typeOf(
        MemRefType,
        "a memref of rank 1 of integers",
        (type) => type.rank === 1 && integerOrIndex.matches(type.element),
      ),
    ),
    result: result(anyRankMemRef),
  },
  {
    doc: "Sees a dense buffer under the shape that another buffer holds.",
    example: example(
      "%r = memref.reshape %m(%shape) : (memref<4x4xf32>, memref<1xi32>) -> memref<16xf32>",
      "%m: memref<4x4xf32>",
      "%shape: memref<1xi32>",
    ),
    traits: ["Pure"],
    format: "$source `(` $shape `)` attr-dict `:` functional-type(operands, results)",
    verify: ({ source, shape, result: viewed }, report) => {
      if (source.type.element !== viewed.type.element)
        report(`expects one element type, found ${source.type} and ${viewed.type}`);
      const [length] = shape.type.shape;
      if (viewed.type instanceof MemRefType && length !== dynamic && length !== viewed.type.rank)
        report(`expects a shape of ${viewed.type.rank} sizes, found ${shape.type}`);
    },
  },
);

export const memorySpaceCast = op(
  "memref.memory_space_cast",
  { source: operand(anyRankMemRef), dest: result(anyRankMemRef) },
  {
    doc: "The same buffer as seen from another memory space.",
    example: example("%r = memref.memory_space_cast %m : memref<4xf32> to memref<4xf32, 1>", "%m: memref<4xf32>"),
    traits: ["Pure"],
    format: "$source attr-dict `:` type($source) `to` type($dest)",
    verify: ({ source, dest }, report) => {
      const shape = (type: Type) => (type instanceof MemRefType ? type.shape.join() : "*");
      if (source.type.element !== dest.type.element || shape(source.type) !== shape(dest.type))
        report(`expects one shape and element type, found ${source.type} and ${dest.type}`);
    },
  },
);

// ------------------------------------------------------------------------------------------------------------------ DMA

interface DmaParts {
  readonly source: readonly Value[];
  readonly destination: readonly Value[];
  readonly count: Value | undefined;
  readonly tag: readonly Value[];
  /** The stride and how many elements lie together; both or none. */
  readonly stride: readonly Value[];
}

/** The operands of a transfer: three buffers, each with as many indices as it has dimensions. */
function dmaParts(operands: readonly Value[]): DmaParts {
  let start = 0;
  const buffer = () => {
    const first = operands[start];
    const length = first?.type instanceof MemRefType ? 1 + first.type.rank : 1;
    const part = operands.slice(start, start + length);
    start += length;
    return part;
  };
  const source = buffer();
  const destination = buffer();
  const count = operands[start];
  start += 1;
  const tag = buffer();
  return { source, destination, count, tag, stride: operands.slice(start) };
}

/** `%a[%i], %b[%j], %n, %tag[%k], %stride, %together : A, B, T` */
const dmaStartFormat: CustomFormat = {
  syntax:
    "%source[%index, …], %target[%index, …], %count, %tag[%index, …] (, %stride, %perStride)? attr-dict : type(source), type(target), type(tag)",
  parse: (parser) => {
    const buffer = () => ({ buffer: parser.parseOperand(), indices: parser.operandList("[", "]") });
    const source = buffer();
    parser.expect(",");
    const destination = buffer();
    parser.expect(",");
    const count = parser.parseOperand();
    parser.expect(",");
    const tag = buffer();
    const stride = parser.accept(",") ? parser.operandList() : [];
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const at = parser.offset;
    const types = parser.parseTypeList();
    if (types.length !== 3) throw parser.error(`expected the types of 3 buffers, found ${types.length}`, at);
    const parts = [source, destination, tag].map((part, position) => [
      parser.resolve(part.buffer, types[position]!),
      ...resolveIndices(parser, part.indices),
    ]);
    const [from = [], to = [], mark = []] = parts;
    const [counted] = resolveIndices(parser, [count]);
    return { operands: [...from, ...to, counted!, ...mark, ...resolveIndices(parser, stride)], attributes };
  },
  print: (operation, printer) => {
    const { source, destination, count, tag, stride } = dmaParts(operation.operands);
    const buffer = ([first, ...indices]: readonly Value[]) => {
      if (first !== undefined) printer.operand(first);
      printer.write("[");
      printer.operands(indices);
      printer.write("]");
    };
    printer.write(" ");
    buffer(source);
    printer.write(", ");
    buffer(destination);
    printer.write(", ");
    if (count !== undefined) printer.operand(count);
    printer.write(", ");
    buffer(tag);
    if (stride.length > 0) {
      printer.write(", ");
      printer.operands(stride);
    }
    printer.attributeDictionary(operation);
    printer.write(" : ");
    printer.types([source, destination, tag].flatMap(([first]) => (first === undefined ? [] : [first.type])));
  },
};

export const dmaStart = op(
  "memref.dma_start",
  { operands_: variadicOperand(anyType) },
  {
    doc: "Starts a transfer of elements between two buffers; the tag's element tells when it is done.",
    example: example(
      "memref.dma_start %a[%i], %b[%i], %i, %tag[%i] : memref<8xf32>, memref<8xf32, 1>, memref<1xi32>",
      "%a: memref<8xf32>",
      "%b: memref<8xf32, 1>",
      "%tag: memref<1xi32>",
      "%i: index",
    ),
    format: dmaStartFormat,
    effects: () => [{ kind: "read" }, { kind: "write" }],
    verify: ({ operands_: all }, report) => {
      const { source, destination, count, tag, stride } = dmaParts(all);
      const isBuffer = ([first]: readonly Value[]) => first?.type instanceof MemRefType;
      if (![source, destination, tag].every(isBuffer) || count === undefined) {
        report("expects a source, a destination, a number of elements and a tag");
        return;
      }
      const short = [source, destination, tag].find(
        ([first, ...rest]) => first?.type instanceof MemRefType && rest.length !== first.type.rank,
      );
      if (short !== undefined)
        report(`expects an index for each dimension of ${short[0]?.type}, found ${short.length - 1}`);
      const indices = [...source.slice(1), ...destination.slice(1), count, ...tag.slice(1), ...stride];
      if (indices.some((value) => !indexType.matches(value.type))) report("expects indices and counts of type index");
      if (stride.length !== 0 && stride.length !== 2)
        report(`expects a stride and a number of elements, or neither, found ${stride.length} operands`);
    },
  },
);

export const dmaWait = op(
  "memref.dma_wait",
  { tagMemRef: operand(anyMemRef), tagIndices: variadicOperand(indexType), numElements: operand(indexType) },
  {
    doc: "Waits until the transfer with this tag is done.",
    example: example("memref.dma_wait %tag[%i], %i : memref<1xi32>", "%tag: memref<1xi32>", "%i: index"),
    format: "$tagMemRef `[` $tagIndices `]` `,` $numElements attr-dict `:` type($tagMemRef)",
    effects: () => [{ kind: "read" }, { kind: "write" }],
    verify: ({ tagMemRef, tagIndices }, report) => {
      if (tagIndices.length !== tagMemRef.type.rank)
        report(`expects ${tagMemRef.type.rank} indices for ${tagMemRef.type}, found ${tagIndices.length}`);
    },
  },
);

export const memrefTransferOps = [atomicYield, genericAtomicRmw, realloc, reshape, memorySpaceCast, dmaStart, dmaWait];
