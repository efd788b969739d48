/** The memref dialect: buffers in memory, loads and stores, and views that share a buffer. */

import { ElementsAttribute, SymbolReferenceAttribute, UnitAttribute } from "../../ir/attributes.ts";
import {
  affineMapAttribute,
  anyAttribute,
  anyMemRef,
  anyType,
  boolAttribute,
  i32Attribute,
  i64Attribute,
  indexType,
  stringAttribute,
  symbolAttribute,
  typeAttribute,
  unitAttribute,
} from "../../ir/constraints.ts";
import {
  attribute,
  type OperationOf,
  op,
  operand,
  optionalAttribute,
  region,
  result,
  variadicOperand,
  variadicResult,
} from "../../ir/declaration.ts";
import type { Operation } from "../../ir/operation.ts";
import { resolveSymbol } from "../../ir/symbol-table.ts";
import { dynamic, i8, index, MemRefType, type ShapedType, TensorType } from "../../ir/types.ts";
import { example, exampleInFunction } from "../example.ts";
import {
  checkIndexList,
  compatibleShapes,
  integerEnumAttribute,
  mixedIndices,
  staticIndices,
  symbolNameAttribute,
} from "../upstream/constraints.ts";
import { storeElementFormat, wordCodec } from "../upstream/formats.ts";
import { checkCollapse, reassociationAttribute } from "../upstream/reshape.ts";
import {
  allocFormat,
  assumeAlignmentFormat,
  atomicFormat,
  collapseShapeFormat,
  expandShapeFormat,
  getGlobalFormat,
  globalFormat,
  prefetchFormat,
  reinterpretCastFormat,
  scopeFormat,
  subviewFormat,
  transposeFormat,
} from "./formats.ts";
import { stridesOf, subviewType } from "./types.ts";

type Report = (message: string) => void;

function checkRank(indices: readonly unknown[], type: ShapedType, report: Report): void {
  if (indices.length !== type.rank) report(`expects ${type.rank} indices for ${type}, found ${indices.length}`);
}

function dynamicCount(shape: readonly number[]): number {
  return shape.filter((size) => size === dynamic).length;
}

// ------------------------------------------------------------------------------------------------------- allocation

function allocation(mnemonic: string, doc: string) {
  return op(
    `memref.${mnemonic}`,
    {
      dynamicSizes: variadicOperand(indexType),
      symbolOperands: variadicOperand(indexType),
      alignment: optionalAttribute(i64Attribute),
      memref: result(anyMemRef),
    },
    {
      doc,
      example: exampleInFunction(
        `%r = memref.${mnemonic}(%n) {alignment = 64 : i64} : memref<?x4xf32>\nreturn`,
        "%n: index",
      ),
      format: allocFormat,
      effects: ({ memref }) => [{ kind: "allocate", value: memref }],
      verify: ({ dynamicSizes, alignment, memref }, report) => {
        const wanted = dynamicCount(memref.type.shape);
        if (dynamicSizes.length !== wanted) {
          report(`expects ${wanted} sizes for the dynamic dimensions of ${memref.type}, found ${dynamicSizes.length}`);
        }
        if (alignment !== undefined && (alignment < 0 || (alignment & (alignment - 1)) !== 0)) {
          report(`expects an alignment that is a power of two, found ${alignment}`);
        }
      },
    },
  );
}

export const alloc = allocation("alloc", "Allocates a buffer on the heap; memref.dealloc frees it.");
export const alloca = allocation(
  "alloca",
  "Allocates a buffer on the stack, freed when the function (or allocation scope) ends.",
);

export const dealloc = op(
  "memref.dealloc",
  { memref: operand(anyMemRef) },
  {
    doc: "Frees a buffer that memref.alloc gave.",
    example: example("memref.dealloc %m : memref<?x4xf32>", "%m: memref<?x4xf32>"),
    format: "$memref attr-dict `:` type($memref)",
    effects: ({ memref }) => [{ kind: "free", value: memref }],
  },
);

export const allocaScope = op(
  "memref.alloca_scope",
  { outputs: variadicResult(anyType), bodyRegion: region() },
  {
    doc: "Frees the stack allocations made inside it when it ends.",
    example: exampleInFunction(
      [
        "%r = memref.alloca_scope -> (f32) {",
        "  %buffer = memref.alloca() : memref<16xf32>",
        "  memref.alloca_scope.return %x : f32",
        "}",
        "return",
      ].join("\n"),
      "%x: f32",
    ),
    format: scopeFormat,
    verify: ({ bodyRegion: body, outputs }, report) => {
      const last = body.blocks.length === 1 ? body.entry?.last : undefined;
      if (last === undefined || !allocaScopeReturn.matches(last)) {
        report("expects a region of one block that ends in memref.alloca_scope.return");
        return;
      }
      const wanted = outputs.map((output) => output.type);
      const found = last.operands.map((value) => value.type);
      if (wanted.length !== found.length || wanted.some((type, position) => type !== found[position])) {
        report(`expects memref.alloca_scope.return of (${wanted.join(", ")}), found (${found.join(", ")})`);
      }
      if ((body.entry?.arguments.length ?? 0) > 0) report("expects a block without arguments");
    },
  },
);

export const allocaScopeReturn = op(
  "memref.alloca_scope.return",
  { inputs: variadicOperand(anyType) },
  {
    doc: "Ends an allocation scope and gives its results.",
    example: exampleInFunction(
      [
        "%r = memref.alloca_scope -> (f32) {",
        "  %buffer = memref.alloca() : memref<16xf32>",
        "  memref.alloca_scope.return %x : f32",
        "}",
        "return",
      ].join("\n"),
      "%x: f32",
    ),
    traits: ["Pure", "Terminator", "ReturnLike"],
    parents: ["memref.alloca_scope"],
    format: "attr-dict ($inputs^ `:` type($inputs))?",
  },
);

// ----------------------------------------------------------------------------------------------------- load and store

export const load = op(
  "memref.load",
  {
    memref: operand(anyMemRef),
    indices: variadicOperand(indexType),
    nontemporal: optionalAttribute(boolAttribute),
    result: result(anyType),
  },
  {
    doc: "Reads one element.",
    example: example("%r = memref.load %m[%i, %i] : memref<?x4xf32>", "%m: memref<?x4xf32>", "%i: index"),
    format: "$memref `[` $indices `]` attr-dict `:` type($memref)",
    infer: ({ memref }) => memref.type.element,
    effects: ({ memref }) => [{ kind: "read", value: memref }],
    verify: ({ memref, indices }, report) => checkRank(indices, memref.type, report),
  },
);

export const store = op(
  "memref.store",
  {
    value: operand(anyType),
    memref: operand(anyMemRef),
    indices: variadicOperand(indexType),
    nontemporal: optionalAttribute(boolAttribute),
  },
  {
    doc: "Writes one element.",
    example: example("memref.store %x, %m[%i, %i] : memref<?x4xf32>", "%x: f32", "%m: memref<?x4xf32>", "%i: index"),
    format: storeElementFormat(","),
    effects: ({ memref }) => [{ kind: "write", value: memref }],
    verify: ({ value, memref, indices }, report) => {
      checkRank(indices, memref.type, report);
      if (value.type !== memref.type.element)
        report(`expects a value of type ${memref.type.element}, found ${value.type}`);
    },
  },
);

export const copy = op(
  "memref.copy",
  { source: operand(anyMemRef), target: operand(anyMemRef) },
  {
    doc: "Copies all elements; the buffers must not overlap unless they are the same.",
    example: example("memref.copy %a, %b : memref<4xf32> to memref<4xf32>", "%a: memref<4xf32>", "%b: memref<4xf32>"),
    format: "$source `,` $target attr-dict `:` type($source) `to` type($target)",
    effects: ({ source, target }) => [
      { kind: "read", value: source },
      { kind: "write", value: target },
    ],
    verify: ({ source, target }, report) => {
      if (source.type.element !== target.type.element || !compatibleShapes(source.type.shape, target.type.shape)) {
        report(`expects operands of one shape and element type, found ${source.type} and ${target.type}`);
      }
    },
  },
);

export const prefetch = op(
  "memref.prefetch",
  {
    memref: operand(anyMemRef),
    indices: variadicOperand(indexType),
    isWrite: attribute(boolAttribute),
    localityHint: attribute(i32Attribute),
    isDataCache: attribute(boolAttribute),
  },
  {
    doc: "Asks the machine to bring an element into its cache; a hint without effect on results.",
    example: example(
      "memref.prefetch %m[%i, %i], read, locality<3>, data : memref<?x4xf32>",
      "%m: memref<?x4xf32>",
      "%i: index",
    ),
    format: prefetchFormat,
    effects: ({ memref }) => [{ kind: "write", value: memref }],
    verify: ({ memref, indices, localityHint }, report) => {
      checkRank(indices, memref.type, report);
      if (localityHint < 0 || localityHint > 3) report(`expects a locality from 0 to 3, found ${localityHint}`);
    },
  },
);

export const atomicKinds = [
  "addf",
  "addi",
  "assign",
  "maximumf",
  "maxs",
  "maxu",
  "minimumf",
  "mins",
  "minu",
  "mulf",
  "muli",
  "ori",
  "andi",
  "maxnumf",
  "minnumf",
] as const;
const atomicKind = integerEnumAttribute(atomicKinds);

export const atomicRmw = op(
  "memref.atomic_rmw",
  {
    kind: attribute(atomicKind),
    value: operand(anyType),
    memref: operand(anyMemRef),
    indices: variadicOperand(indexType),
    result: result(anyType),
  },
  {
    doc: "Combines a value into an element atomically and gives what was there before.",
    example: example(
      "%r = memref.atomic_rmw addf %x, %m[%i, %i] : (f32, memref<?x4xf32>) -> f32",
      "%x: f32",
      "%m: memref<?x4xf32>",
      "%i: index",
    ),
    format: atomicFormat(wordCodec(atomicKind)),
    infer: ({ value }) => value.type,
    effects: ({ memref }) => [
      { kind: "read", value: memref },
      { kind: "write", value: memref },
    ],
    verify: ({ memref, indices }, report) => checkRank(indices, memref.type, report),
  },
);

// ------------------------------------------------------------------------------------------------------------ globals

export const global = op(
  "memref.global",
  {
    sym_name: attribute(symbolNameAttribute),
    sym_visibility: optionalAttribute(stringAttribute),
    type: attribute(typeAttribute),
    initial_value: optionalAttribute(anyAttribute),
    constant: optionalAttribute(unitAttribute),
    alignment: optionalAttribute(i64Attribute),
  },
  {
    doc: "A buffer that lives as long as the program, found by name. Without an initial value it is defined elsewhere; a unit as initial value means uninitialised.",
    example: 'memref.global "private" constant @table : memref<2xf32> = dense<[1.0, 2.0]> {alignment = 64 : i64}',
    traits: ["Symbol"],
    format: globalFormat,
    verify: ({ type, initial_value: initial }, report) => {
      if (!(type instanceof MemRefType) || !type.isStatic) {
        report(`expects a static memref type, found ${type}`);
        return;
      }
      if (initial === undefined || initial === UnitAttribute.instance) return;
      if (!(initial instanceof ElementsAttribute)) {
        report("expects dense elements or a unit as its initial value");
        return;
      }
      const wanted = TensorType.get(type.shape, type.element);
      if (initial.type !== wanted) report(`expects an initial value of type ${wanted}, found ${initial.type}`);
    },
  },
);
export type GlobalOperation = OperationOf<typeof global>;

export const getGlobal = op(
  "memref.get_global",
  { name: attribute(symbolAttribute), result: result(anyMemRef) },
  {
    doc: "The buffer of a global.",
    example: [
      'memref.global "private" constant @table : memref<2xf32> = dense<[1.0, 2.0]>',
      "%r = memref.get_global @table : memref<2xf32>",
    ].join("\n"),
    traits: ["Pure"],
    format: getGlobalFormat,
    verify: (operation, report) => {
      const reference = operation.attribute("name");
      if (!(reference instanceof SymbolReferenceAttribute)) return;
      const found = resolveSymbol(operation, reference);
      if (!global.matches(found)) report(`refers to ${reference}, which is not a memref.global`);
      else if (found.type !== operation.result.type)
        report(`has type ${operation.result.type}, but ${reference} is a ${found.type}`);
    },
  },
);

/** The name of the global that a memref.get_global refers to. */
export function globalNameOf(operation: OperationOf<typeof getGlobal>): string {
  const reference = operation.attribute("name");
  return reference instanceof SymbolReferenceAttribute ? reference.root : "";
}

// -------------------------------------------------------------------------------------------------------------- views

export const view = op(
  "memref.view",
  {
    source: operand(anyMemRef),
    byte_shift: operand(indexType),
    sizes: variadicOperand(indexType),
    result: result(anyMemRef),
  },
  {
    doc: "Sees part of a buffer of bytes as a dense buffer of another type, from a byte offset on.",
    example: example(
      "%r = memref.view %bytes[%shift][%n] : memref<1024xi8> to memref<?x4xf32>",
      "%bytes: memref<1024xi8>",
      "%shift: index",
      "%n: index",
    ),
    traits: ["Pure"],
    format: "$source `[` $byte_shift `]` `` `[` $sizes `]` attr-dict `:` type($source) `to` type($result)",
    verify: ({ source, sizes, result: viewed }, report) => {
      if (source.type.rank !== 1 || source.type.element !== i8)
        report(`expects a source memref<?xi8>, found ${source.type}`);
      const wanted = dynamicCount(viewed.type.shape);
      if (sizes.length !== wanted) report(`expects ${wanted} sizes for ${viewed.type}, found ${sizes.length}`);
      if (viewed.type.layout !== undefined) report(`expects a result of dense layout, found ${viewed.type}`);
    },
  },
);

export const subview = op(
  "memref.subview",
  {
    source: operand(anyMemRef),
    offsets: variadicOperand(indexType),
    sizes: variadicOperand(indexType),
    strides: variadicOperand(indexType),
    static_offsets: attribute(staticIndices),
    static_sizes: attribute(staticIndices),
    static_strides: attribute(staticIndices),
    result: result(anyMemRef),
  },
  {
    doc: "A box of a buffer, sharing its memory. The result may leave out dimensions of size 1.",
    example: example(
      "%r = memref.subview %m[0, %i] [2, 2] [1, 1] : memref<4x4xf32> to memref<2x2xf32, strided<[4, 1], offset: ?>>",
      "%m: memref<4x4xf32>",
      "%i: index",
    ),
    traits: ["Pure"],
    format: subviewFormat,
    verify: (operation, report) => {
      const { source, static_offsets: offsets, static_sizes: sizes, static_strides: strides } = operation;
      checkIndexList("offsets", offsets, operation.offsets, source.type.rank, report);
      checkIndexList("sizes", sizes, operation.sizes, source.type.rank, report);
      checkIndexList("strides", strides, operation.strides, source.type.rank, report);
      if (
        sizes.length !== source.type.rank ||
        strides.length !== source.type.rank ||
        offsets.length !== source.type.rank
      )
        return;
      if (stridesOf(source.type) === undefined) return;
      const full = subviewType(
        source.type,
        mixedIndices(offsets, operation.offsets),
        mixedIndices(sizes, operation.sizes),
        mixedIndices(strides, operation.strides),
      );
      const problem = viewMismatch(full, operation.result.type);
      if (problem !== undefined) report(problem);
    },
  },
);
export type SubviewOperation = OperationOf<typeof subview>;

/** Why `found` is not `full` with some unit dimensions left out; undefined where it is. */
function viewMismatch(full: MemRefType, found: MemRefType): string | undefined {
  const expected = `expects a result of type ${full} or one without some of its unit dimensions, found ${found}`;
  if (found.element !== full.element || found.memorySpace !== full.memorySpace) return expected;
  const fullLayout = stridesOf(full);
  const layout = stridesOf(found);
  if (fullLayout === undefined || layout === undefined) return undefined;
  if (layout.offset !== fullLayout.offset) return expected;
  let axis = 0;
  for (const [position, size] of full.shape.entries()) {
    const fits = found.shape[axis] === size && layout.strides[axis] === fullLayout.strides[position];
    if (axis < found.rank && fits) axis += 1;
    else if (size !== 1) return expected;
  }
  return axis === found.rank ? undefined : expected;
}

export const reinterpretCast = op(
  "memref.reinterpret_cast",
  {
    source: operand(anyMemRef),
    offsets: variadicOperand(indexType),
    sizes: variadicOperand(indexType),
    strides: variadicOperand(indexType),
    static_offsets: attribute(staticIndices),
    static_sizes: attribute(staticIndices),
    static_strides: attribute(staticIndices),
    result: result(anyMemRef),
  },
  {
    doc: "Sees a buffer with another offset, sizes and strides (absolute, in elements).",
    example: example(
      "%r = memref.reinterpret_cast %m to offset: [%i], sizes: [2, 2], strides: [4, 1] : memref<4x4xf32> to memref<2x2xf32, strided<[4, 1], offset: ?>>",
      "%m: memref<4x4xf32>",
      "%i: index",
    ),
    traits: ["Pure"],
    format: reinterpretCastFormat,
    verify: (operation, report) => {
      const { source, result: viewed } = operation;
      checkIndexList("offsets", operation.static_offsets, operation.offsets, 1, report);
      checkIndexList("sizes", operation.static_sizes, operation.sizes, viewed.type.rank, report);
      checkIndexList("strides", operation.static_strides, operation.strides, viewed.type.rank, report);
      if (viewed.type.element !== source.type.element) {
        report(`expects a result of element type ${source.type.element}, found ${viewed.type.element}`);
      }
    },
  },
);

export const cast = op(
  "memref.cast",
  { source: operand(anyMemRef), dest: result(anyMemRef) },
  {
    doc: "The same buffer with less or more of its sizes and layout known.",
    example: example("%r = memref.cast %m : memref<4x4xf32> to memref<?x4xf32>", "%m: memref<4x4xf32>"),
    traits: ["Pure"],
    format: "$source attr-dict `:` type($source) `to` type($dest)",
    verify: ({ source, dest }, report) => {
      if (source.type.element !== dest.type.element || !compatibleShapes(source.type.shape, dest.type.shape)) {
        report(`cannot cast ${source.type} to ${dest.type}`);
      }
    },
  },
);

export const dim = op(
  "memref.dim",
  { source: operand(anyMemRef), index: operand(indexType), result: result(indexType) },
  {
    doc: "The size of one dimension.",
    example: example("%r = memref.dim %m, %i : memref<?x4xf32>", "%m: memref<?x4xf32>", "%i: index"),
    traits: ["Pure"],
    format: "attr-dict $source `,` $index `:` type($source)",
    infer: () => index,
  },
);

export const rank = op(
  "memref.rank",
  { memref: operand(anyMemRef), result: result(indexType) },
  {
    doc: "The number of dimensions.",
    example: example("%r = memref.rank %m : memref<?x4xf32>", "%m: memref<?x4xf32>"),
    traits: ["Pure"],
    format: "$memref attr-dict `:` type($memref)",
    infer: () => index,
  },
);

export const collapseShape = op(
  "memref.collapse_shape",
  { src: operand(anyMemRef), reassociation: attribute(reassociationAttribute), result: result(anyMemRef) },
  {
    doc: "Merges groups of neighbouring dimensions of a buffer without moving data.",
    example: example(
      "%r = memref.collapse_shape %m [[0, 1]] : memref<4x4xf32> into memref<16xf32>",
      "%m: memref<4x4xf32>",
    ),
    traits: ["Pure"],
    format: collapseShapeFormat,
    verify: ({ src, reassociation, result: viewed }, report) =>
      checkCollapse(src.type, viewed.type, reassociation, report),
  },
);

export const expandShape = op(
  "memref.expand_shape",
  {
    src: operand(anyMemRef),
    output_shape: variadicOperand(indexType),
    reassociation: attribute(reassociationAttribute),
    static_output_shape: attribute(staticIndices),
    result: result(anyMemRef),
  },
  {
    doc: "Splits dimensions of a buffer into several without moving data.",
    example: example(
      "%r = memref.expand_shape %m [[0, 1]] output_shape [%i, 4] : memref<?xf32> into memref<?x4xf32>",
      "%m: memref<?xf32>",
      "%i: index",
    ),
    traits: ["Pure"],
    format: expandShapeFormat,
    verify: (operation, report) => {
      checkIndexList(
        "output_shape",
        operation.static_output_shape,
        operation.output_shape,
        operation.result.type.rank,
        report,
      );
      checkCollapse(operation.result.type, operation.src.type, operation.reassociation, report);
    },
  },
);

export const transpose = op(
  "memref.transpose",
  { in: operand(anyMemRef), permutation: attribute(affineMapAttribute), result: result(anyMemRef) },
  {
    doc: "Sees a buffer with its dimensions permuted.",
    example: example(
      "%r = memref.transpose %m (d0, d1) -> (d1, d0) : memref<4x4xf32> to memref<4x4xf32, strided<[1, 4]>>",
      "%m: memref<4x4xf32>",
    ),
    traits: ["Pure"],
    format: transposeFormat,
  },
);

export const extractAlignedPointerAsIndex = op(
  "memref.extract_aligned_pointer_as_index",
  { source: operand(anyMemRef), aligned_pointer: result(indexType) },
  {
    doc: "The address of a buffer's aligned start, as an integer.",
    example: example(
      "%r = memref.extract_aligned_pointer_as_index %m : memref<?x4xf32> -> index",
      "%m: memref<?x4xf32>",
    ),
    traits: ["Pure"],
    format: "$source `:` type($source) `->` type($aligned_pointer) attr-dict",
    infer: () => index,
  },
);

export const extractStridedMetadata = op(
  "memref.extract_strided_metadata",
  {
    source: operand(anyMemRef),
    base_buffer: result(anyMemRef),
    offset: result(indexType),
    // Upstream has two groups of equal length here, which it tells apart without segment sizes.
    sizes_and_strides: variadicResult(indexType),
  },
  {
    doc: "Takes a buffer apart: its base, offset, sizes and strides (all sizes first).",
    example: example(
      "%base, %offset, %size, %stride = memref.extract_strided_metadata %m : memref<4xf32> -> memref<f32>, index, index, index",
      "%m: memref<4xf32>",
    ),
    traits: ["Pure"],
    format: "$source `:` type($source) `->` type(results) attr-dict",
    infer: ({ source }) => [
      MemRefType.get([], source.type.element, undefined, source.type.memorySpace),
      index,
      ...source.type.shape.map(() => index),
      ...source.type.shape.map(() => index),
    ],
  },
);

export const assumeAlignment = op(
  "memref.assume_alignment",
  { memref: operand(anyMemRef), alignment: attribute(i32Attribute) },
  {
    doc: "Promises that a buffer's first element is aligned to so many bytes.",
    example: example("memref.assume_alignment %m, 64 : memref<?x4xf32>", "%m: memref<?x4xf32>"),
    format: assumeAlignmentFormat,
    effects: ({ memref }) => [{ kind: "write", value: memref }],
  },
);

/** Whether an operation only sees another operation's buffer (a view or cast of its first operand). */
export function isView(operation: Operation): boolean {
  return viewNames.has(operation.name);
}

const viewNames: ReadonlySet<string> = new Set(
  [view, subview, reinterpretCast, cast, collapseShape, expandShape, transpose].map((definition) => definition.name),
);

export const memrefOps = [
  alloc,
  alloca,
  dealloc,
  allocaScope,
  allocaScopeReturn,
  load,
  store,
  copy,
  prefetch,
  atomicRmw,
  global,
  getGlobal,
  view,
  subview,
  reinterpretCast,
  cast,
  dim,
  rank,
  collapseShape,
  expandShape,
  transpose,
  extractAlignedPointerAsIndex,
  extractStridedMetadata,
  assumeAlignment,
];
