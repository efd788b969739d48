/** The memref dialect: buffers in memory, loads and stores, globals; views of buffers are in view-ops.ts. */

import { ElementsAttribute, SymbolReferenceAttribute, UnitAttribute } from "../../ir/attributes.ts";
import {
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
import { resolveSymbol } from "../../ir/symbol-table.ts";
import { MemRefType, type ShapedType, TensorType } from "../../ir/types.ts";
import { example, exampleInFunction } from "../example.ts";
import {
  anyRankMemRef,
  checkAlignment,
  compatibleRanks,
  integerEnumAttribute,
  symbolNameAttribute,
} from "../upstream/constraints.ts";
import { storeElementFormat } from "../upstream/formats.ts";
import { memrefTransferOps } from "./atomic-ops.ts";
import { allocFormat, atomicFormat, globalFormat, prefetchFormat, scopeFormat } from "./formats.ts";
import { dynamicCount, memrefViewOps } from "./view-ops.ts";

export * from "./atomic-ops.ts";
export * from "./view-ops.ts";

type Report = (message: string) => void;

function checkRank(indices: readonly unknown[], type: ShapedType, report: Report): void {
  if (indices.length !== type.rank) report(`expects ${type.rank} indices for ${type}, found ${indices.length}`);
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
        checkAlignment(alignment, report);
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
  { memref: operand(anyRankMemRef) },
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
  { source: operand(anyRankMemRef), target: operand(anyRankMemRef) },
  {
    doc: "Copies all elements; the buffers must not overlap unless they are the same.",
    example: example("memref.copy %a, %b : memref<4xf32> to memref<4xf32>", "%a: memref<4xf32>", "%b: memref<4xf32>"),
    format: "$source `,` $target attr-dict `:` type($source) `to` type($target)",
    effects: ({ source, target }) => [
      { kind: "read", value: source },
      { kind: "write", value: target },
    ],
    verify: ({ source, target }, report) => {
      if (source.type.element !== target.type.element || !compatibleRanks(source.type, target.type)) {
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
    format: atomicFormat(atomicKind),
    infer: ({ value }) => value.type,
    effects: ({ memref }) => [
      { kind: "read", value: memref },
      { kind: "write", value: memref },
    ],
    verify: ({ value, memref, indices }, report) => {
      checkRank(indices, memref.type, report);
      if (value.type !== memref.type.element)
        report(`expects a value of type ${memref.type.element}, found ${value.type}`);
    },
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
    verify: ({ type, initial_value: initial, alignment }, report) => {
      checkAlignment(alignment, report);
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
    format: "$name `:` type($result) attr-dict",
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
  ...memrefViewOps,
  ...memrefTransferOps,
];
