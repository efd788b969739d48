/** The llvm dialect's atomic operations and fences, inline assembly, and intrinsics by name. */
import {
  anyAttribute,
  arrayOf,
  dictionaryAttribute,
  i64Attribute,
  stringAttribute,
  typeOf,
  typeVariable,
  unitAttribute,
} from "../../ir/constraints.ts";
import {
  attribute,
  defaultAttribute,
  op,
  operand,
  optionalAttribute,
  optionalResult,
  type Report,
  result,
  variadicOperand,
} from "../../ir/declaration.ts";
import type { MemoryEffect } from "../../ir/interfaces.ts";
import { i1 } from "../../ir/types.ts";
import { example } from "../example.ts";
import { integerEnumAttribute } from "../upstream/constraints.ts";
import { llvmType } from "./arithmetic.ts";
import { atomicOrderingAttribute, llvmFastMathAttribute } from "./flags.ts";
import { PointerType, StructType } from "./types.ts";

const pointerType = typeOf(PointerType, "a pointer");
const readsAndWrites: readonly MemoryEffect[] = [{ kind: "read" }, { kind: "write" }];

export const atomicBinaryKinds = [
  "xchg",
  "add",
  "sub",
  "_and",
  "nand",
  "_or",
  "_xor",
  "max",
  "min",
  "umax",
  "umin",
  "fadd",
  "fsub",
  "fmax",
  "fmin",
  "uinc_wrap",
  "udec_wrap",
] as const;

const accessAttributes = {
  syncscope: optionalAttribute(stringAttribute),
  alignment: optionalAttribute(i64Attribute),
  volatile_: optionalAttribute(unitAttribute),
  access_groups: optionalAttribute(anyAttribute),
  alias_scopes: optionalAttribute(anyAttribute),
  noalias_scopes: optionalAttribute(anyAttribute),
  tbaa: optionalAttribute(anyAttribute),
};

/** Atomic orderings from the loosest that orders anything between threads. */
const strengths = ["not_atomic", "unordered", "monotonic", "consume", "acquire", "release", "acq_rel", "seq_cst"];

function requireOrdering(ordering: string, least: string, what: string, report: Report): void {
  if (strengths.indexOf(ordering) < strengths.indexOf(least))
    report(`expects ${what} of at least ${least}, found ${ordering}`);
}

export const atomicRmw = op(
  "llvm.atomicrmw",
  {
    bin_op: attribute(integerEnumAttribute(atomicBinaryKinds)),
    ptr: operand(pointerType),
    val: operand(llvmType),
    ordering: attribute(atomicOrderingAttribute),
    ...accessAttributes,
    res: result(llvmType),
  },
  {
    doc: "Combines a value into memory atomically and gives what was there before.",
    example: example(
      '%r = llvm.atomicrmw volatile add %p, %x syncscope("agent") monotonic {alignment = 4 : i64} : !llvm.ptr, i32',
      "%p: !llvm.ptr",
      "%x: i32",
    ),
    format:
      "(`volatile` $volatile_^)? $bin_op $ptr `,` $val (`syncscope` `(` $syncscope^ `)`)? $ordering attr-dict `:` qualified(type($ptr)) `,` type($val)",
    infer: ({ val }) => val.type,
    effects: () => readsAndWrites,
    verify: ({ ordering }, report) => requireOrdering(ordering, "monotonic", "an ordering", report),
  },
);

export const compareExchange = op(
  "llvm.cmpxchg",
  {
    ptr: operand(pointerType),
    cmp: operand(typeVariable("T", llvmType)),
    val: operand(typeVariable("T", llvmType)),
    success_ordering: attribute(atomicOrderingAttribute),
    failure_ordering: attribute(atomicOrderingAttribute),
    weak: optionalAttribute(unitAttribute),
    ...accessAttributes,
    res: result(typeOf(StructType, "a struct")),
  },
  {
    doc: "Writes a value where memory holds what is compared with; gives what was there before and whether it was written.",
    example: example(
      "%r = llvm.cmpxchg weak %p, %x, %y acq_rel monotonic : !llvm.ptr, i32",
      "%p: !llvm.ptr",
      "%x: i32",
      "%y: i32",
    ),
    format:
      "(`weak` $weak^)? (`volatile` $volatile_^)? $ptr `,` $cmp `,` $val (`syncscope` `(` $syncscope^ `)`)? $success_ordering $failure_ordering attr-dict `:` qualified(type($ptr)) `,` type($val)",
    infer: ({ val }) => StructType.get([val.type, i1]),
    effects: () => readsAndWrites,
    verify: ({ success_ordering: success, failure_ordering: failure }, report) => {
      requireOrdering(success, "monotonic", "a success ordering", report);
      requireOrdering(failure, "monotonic", "a failure ordering", report);
      if (failure === "release" || failure === "acq_rel")
        report(`expects a failure ordering that is no release, found ${failure}`);
    },
  },
);

export const fence = op(
  "llvm.fence",
  { ordering: attribute(atomicOrderingAttribute), syncscope: optionalAttribute(stringAttribute) },
  {
    doc: "Orders the accesses before it against those behind it.",
    example: 'llvm.fence syncscope("agent") seq_cst',
    format: "(`syncscope` `(` $syncscope^ `)`)? $ordering attr-dict",
    effects: () => readsAndWrites,
    verify: ({ ordering }, report) => requireOrdering(ordering, "acquire", "an ordering", report),
  },
);

export const inlineAssembly = op(
  "llvm.inline_asm",
  {
    operands_: variadicOperand(llvmType),
    asm_string: attribute(stringAttribute),
    constraints: attribute(stringAttribute),
    has_side_effects: optionalAttribute(unitAttribute),
    is_align_stack: optionalAttribute(unitAttribute),
    asm_dialect: optionalAttribute(integerEnumAttribute(["att", "intel"])),
    operand_attrs: optionalAttribute(arrayOf(dictionaryAttribute)),
    res: optionalResult(llvmType),
  },
  {
    doc: "Instructions of the machine as text, with the places of operands and results.",
    example: example(
      '%r = llvm.inline_asm has_side_effects asm_dialect = intel "xor $0, $0", "=r,r" %x : (i32) -> i32',
      "%x: i32",
    ),
    format:
      "(`has_side_effects` $has_side_effects^)? (`is_align_stack` $is_align_stack^)? (`asm_dialect` `=` $asm_dialect^)? (`operand_attrs` `=` $operand_attrs^)? attr-dict $asm_string `,` $constraints operands `:` functional-type(operands, results)",
    effects: () => readsAndWrites,
  },
);

export const callIntrinsic = op(
  "llvm.call_intrinsic",
  {
    intrin: attribute(stringAttribute),
    args: variadicOperand(llvmType),
    fastmathFlags: defaultAttribute(llvmFastMathAttribute, []),
    results_: optionalResult(llvmType),
  },
  {
    doc: "Calls an intrinsic of LLVM by its name.",
    example: example('%r = llvm.call_intrinsic "llvm.sqrt.f32"(%x) : (f32) -> f32', "%x: f32"),
    format: "$intrin `(` $args `)` `:` functional-type($args, $results_) attr-dict",
    effects: () => readsAndWrites,
    verify: ({ intrin }, report) => {
      if (!intrin.startsWith("llvm.")) report(`expects the name of an intrinsic, "llvm.…", found "${intrin}"`);
    },
  },
);

export const llvmAtomics = [atomicRmw, compareExchange, fence, inlineAssembly, callIntrinsic];
