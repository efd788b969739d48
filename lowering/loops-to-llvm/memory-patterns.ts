/** Memory: loads, stores, allocations, globals and views of memrefs. Views are additions to an address, or nothing. */
import * as llvm from "../../dialects/llvm/index.ts";
import * as memref from "../../dialects/memref/ops.ts";
import { isContiguous, stridesOf } from "../../dialects/memref/types.ts";
import { mixedIndices } from "../../dialects/upstream/constraints.ts";
import {
  type Attribute,
  DenseElementsAttribute,
  DenseResourceAttribute,
  ElementsAttribute,
  UnitAttribute,
} from "../../ir/attributes.ts";
import { at } from "../../ir/builder.ts";
import { type Operation, Region, type Value } from "../../ir/operation.ts";
import { type ConversionPattern, type ConversionRewriter, convert } from "../../ir/rewrite/conversion.ts";
import { type Refusal, refuse } from "../../ir/rewrite/pattern.ts";
import {
  dynamic,
  i1,
  i8,
  i64,
  MemRefType,
  type ShapedType,
  TensorType,
  type Type,
  UnrankedMemRefType,
} from "../../ir/types.ts";
import { addressAt, elementAddress } from "./addressing.ts";
import { asInteger, elementwise, plus, scalarOf, splatConstant, timesConstant } from "./building.ts";
import { byteSize, elementAlignment, memoryType, memrefProblem } from "./types.ts";

/** Refuses memrefs that are no bare pointers, with the reason. */
export function checkMemrefs(operation: Operation): Refusal | undefined {
  for (const value of [...operation.operands, ...operation.results]) {
    if (value.type instanceof UnrankedMemRefType)
      return refuse(`the rank of ${value.type} is not known when compiling`);
    const problem = value.type instanceof MemRefType ? memrefProblem(value.type) : undefined;
    if (problem !== undefined) return refuse(problem);
  }
  return undefined;
}

/** Reads a value of a converted type; truth values and narrow integers come from bytes. */
export function loadValue(rewriter: ConversionRewriter, address: Value, type: Type): Value {
  const stored = memoryType(type);
  const alignment = elementAlignment(stored);
  const loaded = rewriter.build(llvm.load, { addr: llvm.asPointer(address), alignment, res: stored }).res;
  return fromMemory(rewriter, loaded, type);
}

/** What was read from memory as the value that it stands for. Any byte but 0 is true. */
export function fromMemory(rewriter: ConversionRewriter, loaded: Value, type: Type): Value {
  if (loaded.type === type) return loaded;
  return elementwise(rewriter, type, [loaded], ([part], partType) => {
    if (scalarOf(partType) !== i1) return rewriter.build(llvm.trunc, { arg: part!, res: partType }).res;
    const zero = splatConstant(rewriter, 0, part!.type);
    return rewriter.build(llvm.icmp, { predicate: "ne", lhs: part!, rhs: zero }).res;
  });
}

/** A value as it is written to memory. */
export function toMemory(rewriter: ConversionRewriter, value: Value): Value {
  const stored = memoryType(value.type);
  if (stored === value.type) return value;
  return elementwise(rewriter, stored, [value], ([part], partType) => {
    const widen = scalarOf(part!.type) === i1 ? llvm.zext : llvm.sext;
    return rewriter.build(widen, { arg: part!, res: partType }).res;
  });
}

export function storeValue(rewriter: ConversionRewriter, value: Value, address: Value): void {
  const stored = toMemory(rewriter, value);
  rewriter.build(llvm.store, {
    value: stored,
    addr: llvm.asPointer(address),
    alignment: elementAlignment(stored.type),
  });
}

/** The type of an element in memory. */
export function storedElement(rewriter: ConversionRewriter, type: ShapedType): Type {
  return memoryType(rewriter.types.convert(type.element));
}

const lowerLoad = convert(memref.load, "memref-load-to-llvm", (operation, [base, ...indices], rewriter) => {
  const problem = checkMemrefs(operation);
  if (problem !== undefined) return problem;
  const { type } = operation.memref;
  const address = elementAddress(rewriter, base!, type, indices, storedElement(rewriter, type));
  return rewriter.replace(operation, loadValue(rewriter, address, rewriter.types.convert(operation.result.type)));
});

const lowerStore = convert(memref.store, "memref-store-to-llvm", (operation, [value, base, ...indices], rewriter) => {
  const problem = checkMemrefs(operation);
  if (problem !== undefined) return problem;
  const { type } = operation.memref;
  const address = elementAddress(rewriter, base!, type, indices, storedElement(rewriter, type));
  storeValue(rewriter, value!, address);
  return rewriter.erase(operation);
});

const lowerPrefetch = convert(memref.prefetch, "memref-prefetch-to-llvm", (operation, [base, ...indices], rewriter) => {
  const problem = checkMemrefs(operation);
  if (problem !== undefined) return problem;
  const { type } = operation.memref;
  const address = elementAddress(rewriter, base!, type, indices, storedElement(rewriter, type));
  rewriter.build(llvm.prefetch, {
    addr: llvm.asPointer(address),
    rw: Number(operation.isWrite),
    hint: operation.localityHint,
    cache: Number(operation.isDataCache),
  });
  return rewriter.erase(operation);
});

// --------------------------------------------------------------------------------------------------------- allocation

/** The number of bytes of a memref, as a value: constant sizes folded, dynamic ones multiplied in. */
function allocationSize(rewriter: ConversionRewriter, type: MemRefType, sizes: readonly Value[]): Value {
  const element = byteSize(storedElement(rewriter, type));
  const known = type.shape.filter((size) => size !== dynamic).reduce((product, size) => product * size, element);
  const [first, ...rest] = sizes;
  if (first === undefined) return llvm.llvmInteger(rewriter, known);
  const count = rest.reduce<Value>((product, size) => rewriter.build(llvm.mul, { lhs: product, rhs: size }).res, first);
  return timesConstant(rewriter, count, known);
}

/** Alignments that malloc guarantees everywhere; vectors need more than these from us only if the op asks. */
const mallocAlignment = 16;

const lowerAlloc = convert(memref.alloc, "memref-alloc-to-malloc", (operation, sizes, rewriter) => {
  const problem = checkMemrefs(operation);
  if (problem !== undefined) return problem;
  if (!isContiguous(operation.memref.type)) return refuse("only dense buffers can be allocated");
  const bytes = allocationSize(rewriter, operation.memref.type, sizes);
  const alignment = operation.alignment ?? mallocAlignment;
  if (alignment <= mallocAlignment) {
    declareFunction(operation, rewriter, "malloc", llvm.LlvmFunctionType.get(llvm.pointer, [i64]));
    return rewriter.replace(operation, llvm.llvmCall(rewriter, "malloc", [bytes], llvm.pointer)!);
  }
  // aligned_alloc wants a size that is a multiple of the alignment.
  const padding = llvm.llvmInteger(rewriter, alignment - 1);
  const mask = llvm.llvmInteger(rewriter, -alignment);
  const rounded = rewriter.build(llvm.and, { lhs: plus(rewriter, bytes, padding), rhs: mask }).res;
  declareFunction(operation, rewriter, "aligned_alloc", llvm.LlvmFunctionType.get(llvm.pointer, [i64, i64]));
  const args = [llvm.llvmInteger(rewriter, alignment), rounded];
  return rewriter.replace(operation, llvm.llvmCall(rewriter, "aligned_alloc", args, llvm.pointer)!);
});

const lowerDealloc = convert(memref.dealloc, "memref-dealloc-to-free", (operation, [buffer], rewriter) => {
  declareFunction(operation, rewriter, "free", llvm.LlvmFunctionType.get(llvm.voidType, [llvm.pointer]));
  llvm.llvmCall(rewriter, "free", [buffer!]);
  return rewriter.erase(operation);
});

const lowerAlloca = convert(memref.alloca, "memref-alloca-to-llvm", (operation, sizes, rewriter) => {
  const problem = checkMemrefs(operation);
  if (problem !== undefined) return problem;
  const { type } = operation.memref;
  if (!isContiguous(type)) return refuse("only dense buffers can be allocated");
  if (sizes.length > 0) return refuse("buffers on the stack need a size that is known when compiling");
  const entry = operation.parentRegion!.entry!;
  // At the function's head, so that a buffer inside a loop takes its room once.
  const made = rewriter.within(at.startOf(entry), () => {
    const arraySize = asInteger(llvm.llvmInteger(rewriter, type.count));
    const alignment = operation.alignment ?? 64;
    return rewriter.build(llvm.alloca, {
      arraySize,
      alignment,
      elem_type: storedElement(rewriter, type),
      res: llvm.pointer,
    });
  });
  return rewriter.replace(operation, made.res);
});

/** Declares an external function in the module, once. */
export function declareFunction(
  operation: Operation,
  rewriter: ConversionRewriter,
  name: string,
  type: llvm.LlvmFunctionType,
): void {
  let module = operation.parentOperation;
  while (module?.parentOperation !== undefined) module = module.parentOperation;
  const body = module?.regions[0]?.entry;
  if (body === undefined) throw operation.error("is not in a module");
  for (const each of body.operations) {
    if (each.properties.get("sym_name")?.text === JSON.stringify(name)) return;
  }
  rewriter.within(at.startOf(body), () =>
    rewriter.build(llvm.llvmFunction, { sym_name: name, function_type: type, body: new Region() }),
  );
}

// ------------------------------------------------------------------------------------------------------------ globals

/** A constant's elements as the converted element type has them in memory. The bytes of large ones are shared. */
function storedElements(value: ElementsAttribute, stored: Type): Attribute {
  const type = TensorType.get(value.type.shape, stored);
  if (value.type === type) return value;
  if (value instanceof DenseResourceAttribute) {
    return value.blob === undefined
      ? DenseResourceAttribute.unresolved(type, value.key)
      : DenseResourceAttribute.get(type, value.blob);
  }
  if (!(value instanceof DenseElementsAttribute)) throw new Error(`${value} is not a constant that can lie in memory`);
  // One byte per truth value or narrow integer already; bf16 and f8 are their bits.
  return DenseElementsAttribute.get(
    type,
    value.data instanceof Uint8Array && stored.text === "i8" ? new Int8Array(value.data) : value.data,
  );
}

const lowerGlobal = convert(memref.global, "memref-global-to-llvm", (operation, _operands, rewriter) => {
  const { type, initial_value: initial } = operation;
  if (!(type instanceof MemRefType)) return refuse(`expects a memref type, found ${type}`);
  const stored = storedElement(rewriter, type);
  const arrayType = [...type.shape].reverse().reduce<Type>((inner, size) => llvm.ArrayType.get(size, inner), stored);
  const isInitialised = initial instanceof ElementsAttribute;
  const initializer = new Region();
  const made = rewriter.build(llvm.global, {
    global_type: arrayType,
    constant: operation.constant,
    sym_name: operation.sym_name,
    linkage: operation.sym_visibility === "private" && initial !== undefined ? "internal" : "external",
    value: isInitialised ? storedElements(initial, stored) : undefined,
    alignment: operation.alignment ?? 64,
    initializer,
  });
  for (const [name, attribute] of operation.attributes) made.attributes.set(name, attribute);
  if (initial === UnitAttribute.instance) {
    const undefinedValue = rewriter.region([], () => {
      rewriter.build(llvm.llvmReturn, { arg: rewriter.build(llvm.undef, { res: arrayType }).res });
    });
    initializer.takeBlocks(undefinedValue);
  }
  return rewriter.erase(operation);
});

const lowerGetGlobal = convert(memref.getGlobal, "memref-get-global-to-llvm", (operation, _operands, rewriter) =>
  rewriter.replaceWith(operation, llvm.addressOf, { global_name: memref.globalNameOf(operation), res: llvm.pointer }),
);

// -------------------------------------------------------------------------------------------------------------- views

const lowerView = convert(
  memref.view,
  "memref-view-to-llvm",
  (operation, [source, shift], rewriter) =>
    checkMemrefs(operation) ?? rewriter.replace(operation, addressAt(rewriter, source!, [shift!], [1], i8)),
);

const lowerSubview = convert(memref.subview, "memref-subview-to-llvm", (operation, operands, rewriter) => {
  const problem = checkMemrefs(operation);
  if (problem !== undefined) return problem;
  const { type } = operation.source;
  const dynamics = operands.slice(1, 1 + operation.offsets.length);
  const offsets = mixedIndices(operation.static_offsets, dynamics);
  return rewriter.replace(
    operation,
    elementAddress(rewriter, operands[0]!, type, offsets, storedElement(rewriter, type)),
  );
});

const lowerReinterpretCast = convert(
  memref.reinterpretCast,
  "memref-reinterpret-cast-to-llvm",
  (operation, operands, rewriter) => {
    const problem = checkMemrefs(operation);
    if (problem !== undefined) return problem;
    const { type } = operation.source;
    if (!(type instanceof MemRefType)) return refuse(`the rank of ${type} is not known when compiling`);
    // The offset counts from the buffer's base, but a pointer stands at its first element.
    const start = stridesOf(type)?.offset;
    if (start === dynamic || start === undefined) return refuse("where the source begins in its buffer is not known");
    const [offset] = mixedIndices(operation.static_offsets, operands.slice(1, 1 + operation.offsets.length));
    const element = storedElement(rewriter, type);
    return rewriter.replace(operation, addressAt(rewriter, operands[0]!, [offset!, -start], [1, 1], element));
  },
);

/** Views that only change how indices are counted. */
const sameAddressViews: readonly ConversionPattern[] = [
  memref.cast,
  memref.collapseShape,
  memref.expandShape,
  memref.transpose,
].map((definition) => ({
  name: `${definition.name.replace(".", "-")}-to-nothing`,
  root: definition.name,
  benefit: 1,
  apply: (operation: Operation, operands: readonly Value[], rewriter: ConversionRewriter) =>
    checkMemrefs(operation) ?? rewriter.replace(operation, operands[0]!),
}));

const lowerDim = convert(memref.dim, "memref-dim-to-constant", (operation, [, axis], rewriter) => {
  const position = axis?.definer;
  const value = llvm.constant.matches(position) ? Number(position.value.text.split(" ")[0]) : undefined;
  const { type } = operation.source;
  const size = value === undefined || !(type instanceof MemRefType) ? undefined : type.shape[value];
  if (size === undefined || size === dynamic) return refuse("the size is not known when compiling");
  return rewriter.replace(operation, llvm.llvmInteger(rewriter, size));
});

const lowerRank = convert(memref.rank, "memref-rank-to-constant", (operation, _operands, rewriter) => {
  const { type } = operation.memref;
  if (!(type instanceof MemRefType)) return refuse(`the rank of ${type} is not known when compiling`);
  return rewriter.replace(operation, llvm.llvmInteger(rewriter, type.rank));
});

const lowerPointer = convert(
  memref.extractAlignedPointerAsIndex,
  "memref-pointer-to-llvm",
  (operation, { source }, rewriter) => {
    const { type } = operation.source;
    const start = stridesOf(type)?.offset;
    if (start === dynamic || start === undefined) return refuse("where the source begins in its buffer is not known");
    const base = addressAt(rewriter, source, [-start], [1], storedElement(rewriter, type));
    return rewriter.replaceWith(operation, llvm.ptrtoint, { arg: base, res: i64 });
  },
);

const lowerCopy = convert(memref.copy, "memref-copy-to-memcpy", (operation, { source, target }, rewriter) => {
  const problem = checkMemrefs(operation);
  if (problem !== undefined) return problem;
  const { type } = operation.source;
  const targetType = operation.target.type;
  if (!(type instanceof MemRefType && targetType instanceof MemRefType) || !type.isStatic)
    return refuse("the size is not known when compiling");
  if (!isDense(type) || !isDense(targetType)) return refuse("the buffers are not dense");
  rewriter.build(llvm.memcpy, {
    dst: llvm.asPointer(target),
    src: llvm.asPointer(source),
    len: asInteger(llvm.llvmInteger(rewriter, type.count * byteSize(storedElement(rewriter, type)))),
    isVolatile: false,
  });
  return rewriter.erase(operation);
});

/** Whether elements lie one behind the other in row-major order, wherever the first one is. */
export function isDense(type: MemRefType): boolean {
  const layout = stridesOf(type);
  if (layout === undefined) return false;
  let expected = 1;
  for (let axis = type.rank - 1; axis >= 0; axis--) {
    const size = type.shape[axis]!;
    if (size !== 1 && layout.strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

/** A promise about alignment says nothing that the accesses need. */
const dropAssumeAlignment = convert(
  memref.assumeAlignment,
  "memref-assume-alignment-to-nothing",
  (operation, _o, rewriter) => rewriter.erase(operation),
);

export const memoryPatterns: readonly ConversionPattern[] = [
  lowerLoad,
  lowerStore,
  lowerPrefetch,
  lowerAlloc,
  lowerDealloc,
  lowerAlloca,
  lowerGlobal,
  lowerGetGlobal,
  lowerView,
  lowerSubview,
  lowerReinterpretCast,
  ...sameAddressViews,
  lowerDim,
  lowerRank,
  lowerPointer,
  lowerCopy,
  dropAssumeAlignment,
];
