/** Memory, constants and globals of the llvm dialect. */

import { IntegerAttribute, StringAttribute, SymbolReferenceAttribute } from "../../ir/attributes.ts";
import {
  anyAttribute,
  attributeOf,
  i32ArrayAttribute,
  i32Attribute,
  i64Attribute,
  signlessInteger,
  stringAttribute,
  symbolAttribute,
  typeAttribute,
  typeOf,
  unitAttribute,
} from "../../ir/constraints.ts";
import {
  attribute,
  defaultAttribute,
  type OperationOf,
  op,
  operand,
  optionalAttribute,
  type Report,
  region,
  result,
  variadicOperand,
} from "../../ir/declaration.ts";
import { bytesOfText } from "../../ir/quoted.ts";
import { IntegerType, i8, type Type } from "../../ir/types.ts";
import { example } from "../example.ts";
import { checkAlignment, fixedWidthIntegerLike, symbolNameAttribute } from "../upstream/constraints.ts";
import { llvmType, pointerLike } from "./arithmetic.ts";
import { atomicOrderingAttribute, linkageAttribute, unnamedAddressAttribute, visibilityAttribute } from "./flags.ts";
import { allocaFormat, getElementPointerFormat, loadFormat, storeFormat } from "./formats.ts";
import { globalFormat } from "./symbol-formats.ts";
import { ArrayType, PointerType, StructType } from "./types.ts";

const pointerType = typeOf(PointerType, "a pointer");

export const alloca = op(
  "llvm.alloca",
  {
    arraySize: operand(signlessInteger),
    alignment: optionalAttribute(i64Attribute),
    elem_type: attribute(typeAttribute),
    inalloca: optionalAttribute(unitAttribute),
    res: result(pointerType),
  },
  {
    doc: "Reserves room for arraySize elements on the stack, until the function returns.",
    example: example("%r = llvm.alloca %n x f32 {alignment = 64 : i64} : (i64) -> !llvm.ptr", "%n: i64"),
    format: allocaFormat,
    effects: ({ res }) => [{ kind: "allocate", value: res }],
  },
);

/** The entry of rawConstantIndices that stands for an operand. */
export const dynamicPosition = -(2 ** 31);

export const getElementPointer = op(
  "llvm.getelementptr",
  {
    base: operand(pointerLike),
    dynamicIndices: variadicOperand(fixedWidthIntegerLike),
    rawConstantIndices: attribute(i32ArrayAttribute),
    elem_type: attribute(typeAttribute),
    inbounds: optionalAttribute(unitAttribute),
    res: result(pointerLike),
  },
  {
    doc: "The address of an element: the first index steps over whole elements of elem_type, the next ones go into it.",
    example: example(
      "%r = llvm.getelementptr inbounds %p[%i, 1] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.struct<(f32, i32)>",
      "%p: !llvm.ptr",
      "%i: i64",
    ),
    traits: ["Pure"],
    format: getElementPointerFormat,
    verify: ({ dynamicIndices, rawConstantIndices: indices, elem_type: element }, report) => {
      const wanted = indices.filter((value) => value === dynamicPosition).length;
      if (wanted !== dynamicIndices.length) {
        report(`leaves ${wanted} indices to operands, but there are ${dynamicIndices.length}`);
      }
      let current: Type | undefined = element;
      for (const value of indices.slice(1)) {
        if (current instanceof ArrayType) current = current.element;
        else if (current instanceof StructType && value !== dynamicPosition) current = current.fields[value];
        else if (current instanceof StructType) {
          report("expects constant indices into a struct");
          return;
        } else current = undefined;
        if (current === undefined) {
          report(`index ${value} does not fit ${element}`);
          return;
        }
      }
    },
  },
);

/** Only an atomic access has a scope in which it is ordered. */
function checkScope(
  { ordering, syncscope }: { readonly ordering: string; readonly syncscope: string | undefined },
  report: Report,
): void {
  if (ordering === "not_atomic" && syncscope !== undefined) report("has a syncscope, but is not atomic");
}

export const load = op(
  "llvm.load",
  {
    addr: operand(pointerType),
    alignment: optionalAttribute(i64Attribute),
    volatile_: optionalAttribute(unitAttribute),
    nontemporal: optionalAttribute(unitAttribute),
    invariant: optionalAttribute(unitAttribute),
    ordering: defaultAttribute(atomicOrderingAttribute, "not_atomic"),
    syncscope: optionalAttribute(stringAttribute),
    access_groups: optionalAttribute(anyAttribute),
    alias_scopes: optionalAttribute(anyAttribute),
    noalias_scopes: optionalAttribute(anyAttribute),
    tbaa: optionalAttribute(anyAttribute),
    res: result(llvmType),
  },
  {
    doc: "Reads a value from memory.",
    example: example("%r = llvm.load %p {alignment = 4 : i64} : !llvm.ptr -> f32", "%p: !llvm.ptr"),
    format: loadFormat,
    effects: ({ addr, volatile_: isVolatile, ordering }) => [
      { kind: "read", value: addr },
      ...(isVolatile || ordering !== "not_atomic" ? [{ kind: "write" } as const] : []),
    ],
    verify: checkScope,
  },
);

export const store = op(
  "llvm.store",
  {
    value: operand(llvmType),
    addr: operand(pointerType),
    alignment: optionalAttribute(i64Attribute),
    volatile_: optionalAttribute(unitAttribute),
    nontemporal: optionalAttribute(unitAttribute),
    ordering: defaultAttribute(atomicOrderingAttribute, "not_atomic"),
    syncscope: optionalAttribute(stringAttribute),
    access_groups: optionalAttribute(anyAttribute),
    alias_scopes: optionalAttribute(anyAttribute),
    noalias_scopes: optionalAttribute(anyAttribute),
    tbaa: optionalAttribute(anyAttribute),
  },
  {
    doc: "Writes a value to memory.",
    example: example(
      "llvm.store %x, %p {alignment = 4 : i64, nontemporal} : f32, !llvm.ptr",
      "%x: f32",
      "%p: !llvm.ptr",
    ),
    format: storeFormat,
    effects: ({ addr, volatile_: isVolatile, ordering }) => [
      { kind: "write", value: addr },
      ...(isVolatile || ordering !== "not_atomic" ? [{ kind: "read" } as const, { kind: "write" } as const] : []),
    ],
    verify: checkScope,
  },
);

// ----------------------------------------------------------------------------------------------------------- constants

export const constant = op(
  "llvm.mlir.constant",
  { value: attribute(anyAttribute), res: result(llvmType) },
  {
    doc: "A constant of a scalar, vector, array or struct type.",
    example: example("%r = llvm.mlir.constant(dense<1.0> : vector<4xf32>) : vector<4xf32>"),
    traits: ["Pure", "ConstantLike"],
    format: "`(` $value `)` attr-dict `:` type($res)",
    fold: (operation) => operation.value,
    verify: ({ value, res }, report) => {
      if (value instanceof StringAttribute && res.type !== ArrayType.get(bytesOfText(value.value).length, i8))
        report(`holds a string of ${bytesOfText(value.value).length} bytes, but has the type ${res.type}`);
      const isNumber = value instanceof IntegerAttribute;
      if (isNumber && !(res.type instanceof IntegerType)) report(`holds an integer, but has the type ${res.type}`);
    },
  },
);

function nullary(mnemonic: string, doc: string) {
  return op(
    `llvm.mlir.${mnemonic}`,
    { res: result(llvmType) },
    {
      doc,
      example: example(`%r = llvm.mlir.${mnemonic} : !llvm.ptr`),
      traits: ["Pure"],
      format: "attr-dict `:` type($res)",
    },
  );
}

export const undef = nullary("undef", "Any value, a different one at each use.");
export const poison = nullary("poison", "A value whose use makes the program undefined.");
export const zero = nullary("zero", "All bits zero: a null pointer, or an aggregate of zeros.");

export const addressOf = op(
  "llvm.mlir.addressof",
  { global_name: attribute(symbolAttribute), res: result(pointerType) },
  {
    doc: "The address of a global or function.",
    example: [
      'llvm.mlir.global internal constant @text("hello\\00")',
      "%r = llvm.mlir.addressof @text : !llvm.ptr",
    ].join("\n"),
    traits: ["Pure"],
    format: "$global_name attr-dict `:` type($res)",
  },
);

export const global = op(
  "llvm.mlir.global",
  {
    global_type: attribute(typeAttribute),
    constant: optionalAttribute(unitAttribute),
    sym_name: attribute(symbolNameAttribute),
    linkage: attribute(linkageAttribute),
    dso_local: optionalAttribute(unitAttribute),
    thread_local_: optionalAttribute(unitAttribute),
    value: optionalAttribute(anyAttribute),
    alignment: optionalAttribute(i64Attribute),
    addr_space: defaultAttribute(i32Attribute, 0),
    unnamed_addr: defaultAttribute(unnamedAddressAttribute, "none"),
    section: optionalAttribute(stringAttribute),
    comdat: optionalAttribute(attributeOf(SymbolReferenceAttribute, "a symbol reference")),
    dbg_expr: optionalAttribute(anyAttribute),
    visibility_: defaultAttribute(visibilityAttribute, "default"),
    initializer: region(),
  },
  {
    doc: "A global variable, initialised by an attribute or by a region that returns the value; declared elsewhere where it has neither.",
    example:
      "llvm.mlir.global private constant @table(dense<[1.0, 2.0]> : tensor<2xf32>) {alignment = 64 : i64} : !llvm.array<2 x f32>",
    traits: ["Symbol", "IsolatedFromAbove"],
    format: globalFormat,
    verify: ({ value, initializer, global_type: type, alignment, addr_space: space }, report) => {
      checkAlignment(alignment, report);
      if (space < 0) report(`expects an address space that is not negative, found ${space}`);
      if (value !== undefined && initializer.blocks.length > 0) report("has both a value and an initializer region");
      if (!(value instanceof StringAttribute)) return;
      const length = bytesOfText(value.value).length;
      if (type !== ArrayType.get(length, i8)) report(`holds a string of ${length} bytes, but has the type ${type}`);
    },
  },
);
export type LlvmGlobalOperation = OperationOf<typeof global>;

export const llvmMemory = [alloca, getElementPointer, load, store, constant, undef, poison, zero, addressOf, global];
