/** LLVM's intrinsics for saturation and overflow, lifetimes, traps, coroutines, matrices and other services of the machine. */

import { IntegerAttribute, OpaqueAttribute } from "../../ir/attributes.ts";
import {
  type AttributeConstraint,
  anyType,
  attributeOf,
  boolAttribute,
  exactly,
  f64Attribute,
  i32Attribute,
  i64Attribute,
  integerAttribute,
  signlessInteger,
  type TypeConstraint,
  typeOf,
  typeVariable,
} from "../../ir/constraints.ts";
import { attribute, op, operand, optionalAttribute, result } from "../../ir/declaration.ts";
import { FloatType, i1, i8, i32, VectorType } from "../../ir/types.ts";
import { example } from "../example.ts";
import { fixedWidthIntegerLike, floatLike, integerEnumAttribute, opaqueBody } from "../upstream/constraints.ts";
import { llvmType } from "./arithmetic.ts";
import { type IntrinsicOptions, intrinsic, type Sample } from "./intrinsic.ts";
import { OpaqueLlvmType, PointerType } from "./types.ts";

const pointer: Sample = [typeOf(PointerType, "a pointer"), "!llvm.ptr"];
const token: Sample = [exactly(OpaqueLlvmType.get("token")), "!llvm.token"];
const integer: Sample = [signlessInteger, "i32"];
const integers: Sample = [fixedWidthIntegerLike, "i32"];
const annotated: Sample = [typeVariable("T", signlessInteger), "i32"];
const int32: Sample = [exactly(i32), "i32"];
const bit: Sample = [exactly(i1), "i1"];
const any = (type: string): Sample => [llvmType, type];
const vector: Sample = [typeOf(VectorType, "a vector of rank 1", (type) => type.rank === 1), "vector<4xf32>"];
const maskVector: TypeConstraint = typeOf(
  VectorType,
  "a vector of i1",
  (type) => type.rank === 1 && type.element === i1,
);
const mask: Sample = [maskVector, "vector<4xi1>"];
const intVector: Sample = [
  typeOf(VectorType, "a vector of integers", (type) => type.rank === 1 && signlessInteger.matches(type.element)),
  "vector<4xi32>",
];
const i8Attribute = integerAttribute(i8);
const size = { field: attribute(i64Attribute), example: "4 : i64" };
const functionalType = "functional-type(operands, results)";

function same(name: string, count: number, doc: string) {
  const operands = Object.fromEntries(["a", "b", "c"].slice(0, count).map((field) => [field, integers]));
  return intrinsic(name, operands, {
    doc,
    result: integers,
    isPure: true,
    isFunctional: true,
    traits: ["SameOperandsAndResultType"],
  });
}

const arithmetic = [
  same("bitreverse", 1, "The bits in reverse order."),
  same("bswap", 1, "The bytes in reverse order."),
  same("fshl", 3, "The upper half of two numbers behind each other, shifted left."),
  same("fshr", 3, "The lower half of two numbers behind each other, shifted right."),
  same("sadd.sat", 2, "Signed sum, clamped."),
  same("uadd.sat", 2, "Unsigned sum, clamped."),
  same("ssub.sat", 2, "Signed difference, clamped."),
  same("usub.sat", 2, "Unsigned difference, clamped."),
  same("sshl.sat", 2, "Signed shift left, clamped."),
  same("ushl.sat", 2, "Unsigned shift left, clamped."),
  ...["sadd", "uadd", "ssub", "usub", "smul", "umul"].map((name) =>
    intrinsic(
      `${name}.with.overflow`,
      { a: integers, b: integers },
      {
        doc: "The result modulo 2^width, and whether it overflowed.",
        result: any("!llvm.struct<(i32, i1)>"),
        isPure: true,
      },
    ),
  ),
  ...(["lrint", "llrint", "lround", "llround"] as const).map((name) =>
    intrinsic(
      name,
      { val: [typeOf(FloatType, "a float"), "f32"] },
      { doc: "A float rounded to an integer.", result: any("i64"), isPure: true, isFunctional: true },
    ),
  ),
  intrinsic(
    "is.constant",
    { val: any("i32") },
    { doc: "Whether the value is known when compiling.", result: bit, isPure: true },
  ),
  intrinsic(
    "is.fpclass",
    { in: [floatLike, "f32"] },
    {
      doc: "Whether a float is of one of the classes whose bits are set.",
      result: any("i1"),
      isPure: true,
      attributes: { bit: { field: attribute(i32Attribute), example: "3 : i32" } },
    },
  ),
  intrinsic(
    "expect",
    { val: integer, expected: integer },
    {
      doc: "A value that is expected to be another.",
      result: any("i32"),
      isPure: true,
      traits: ["SameOperandsAndResultType"],
      format: "$val `,` $expected attr-dict `:` type($val)",
      line: "llvm.intr.expect %val, %expected : i32",
    },
  ),
  intrinsic(
    "ssa.copy",
    { operand_: [anyType, "f32"] },
    {
      doc: "The value itself, under another name.",
      result: any("f32"),
      isPure: true,
      traits: ["SameOperandsAndResultType"],
      format: "$operand_ attr-dict `:` type($operand_)",
      line: "llvm.intr.ssa.copy %operand_ : f32",
    },
  ),
];

const expectWithProbability = op(
  "llvm.intr.expect.with.probability",
  {
    val: operand(signlessInteger),
    expected: operand(signlessInteger),
    prob: attribute(f64Attribute),
    res: result(llvmType),
  },
  {
    doc: "A value that is another with this probability.",
    example: example("%r = llvm.intr.expect.with.probability %a, %b, 5.000000e-01 : i32", "%a: i32", "%b: i32"),
    traits: ["Pure", "SameOperandsAndResultType"],
    format: "$val `,` $expected `,` $prob attr-dict `:` type($val)",
  },
);

const roundingModes = [
  "towardzero",
  "tonearest",
  "upward",
  "downward",
  "tonearestaway",
  "_5",
  "_6",
  "dynamic",
] as const;
const constrainedTruncation = op(
  "llvm.intr.experimental.constrained.fptrunc",
  {
    arg_0: operand(llvmType),
    roundingmode: attribute(integerEnumAttribute(roundingModes)),
    fpExceptionBehavior: attribute(integerEnumAttribute(["ignore", "maytrap", "strict"])),
    res: result(llvmType),
  },
  {
    doc: "Narrows a float with a stated way of rounding and of treating exceptions.",
    example: example("%r = llvm.intr.experimental.constrained.fptrunc %x towardzero ignore : f64 to f32", "%x: f64"),
    traits: ["Pure"],
    format: "$arg_0 $roundingmode $fpExceptionBehavior attr-dict `:` type($arg_0) `to` type($res)",
  },
);

// --------------------------------------------------------------------------------------------------- lifetimes and traps

function lifetime(name: string, doc: string, operands: { readonly [name: string]: Sample }, res?: Sample) {
  const before = operands["start"] === undefined ? "" : "$start `,` ";
  const values = operands["start"] === undefined ? "" : "%start, ";
  const options: IntrinsicOptions = {
    doc,
    attributes: { size },
    format: `${before}$size \`,\` $ptr attr-dict \`:\` qualified(type($ptr))`,
    line: `llvm.intr.${name} ${values}4, %ptr : !llvm.ptr`,
  };
  return intrinsic(name, operands, res === undefined ? options : { ...options, result: res });
}

const plainPointer: Sample = [exactly(PointerType.get()), "!llvm.ptr"];

function onPointer(name: string, operandName: string, doc: string) {
  return intrinsic(
    name,
    { [operandName]: pointer },
    {
      doc,
      format: `$${operandName} attr-dict \`:\` qualified(type($${operandName}))`,
      line: `llvm.intr.${name} %${operandName} : !llvm.ptr`,
    },
  );
}

const memory = [
  lifetime("lifetime.start", "A stack allocation holds something from here on.", { ptr: pointer }),
  lifetime("lifetime.end", "A stack allocation holds nothing any more.", { ptr: pointer }),
  lifetime("invariant.start", "The memory does not change from here on.", { ptr: pointer }, plainPointer),
  lifetime("invariant.end", "The memory may change again.", { start: plainPointer, ptr: pointer }),
  onPointer("stackrestore", "ptr", "Frees the stack down to where it was saved."),
  onPointer("vastart", "arg_list", "Begins to read the arguments of a variadic function."),
  onPointer("vaend", "arg_list", "Ends reading the arguments of a variadic function."),
  intrinsic(
    "vacopy",
    { dest_list: pointer, src_list: pointer },
    {
      doc: "Copies the state of reading variadic arguments.",
      format: "$src_list `to` $dest_list attr-dict `:` type(operands)",
      line: "llvm.intr.vacopy %src_list to %dest_list : !llvm.ptr, !llvm.ptr",
    },
  ),
  intrinsic(
    "stacksave",
    {},
    {
      doc: "Where the stack is.",
      result: any("!llvm.ptr"),
      format: "attr-dict `:` qualified(type($res))",
      line: "llvm.intr.stacksave : !llvm.ptr",
    },
  ),
  intrinsic(
    "threadlocal.address",
    { global: pointer },
    { doc: "The address of a thread-local global in this thread.", result: any("!llvm.ptr"), isPure: true },
  ),
  intrinsic(
    "masked.compressstore",
    { value: vector, ptr: pointer, mask },
    { doc: "Writes the elements whose mask is set one behind the other." },
  ),
  intrinsic(
    "masked.expandload",
    { ptr: pointer, mask, passthru: vector },
    { doc: "Reads one neighbouring element for each bit of the mask.", result: any("vector<4xf32>") },
  ),
  intrinsic(
    "memcpy.inline",
    { dst: pointer, src: pointer },
    {
      doc: "Copies a known number of bytes without calling a function.",
      attributes: {
        isVolatile: { field: attribute(boolAttribute), example: "false" },
        len: { field: attribute(attributeOf(IntegerAttribute, "an integer")), example: "4 : i64" },
      },
    },
  ),
];

const traps = [
  intrinsic("trap", {}, { doc: "Ends the program." }),
  intrinsic("debugtrap", {}, { doc: "Stops in the debugger." }),
  intrinsic(
    "ubsantrap",
    {},
    {
      doc: "Ends the program, with the kind of failure.",
      attributes: { failureKind: { field: attribute(i8Attribute), example: "1 : i8" } },
    },
  ),
  intrinsic(
    "annotation",
    { integer: annotated, annotation: pointer, fileName: pointer, line: int32 },
    { doc: "A value with a note attached.", result: annotated },
  ),
  intrinsic(
    "ptr.annotation",
    { ptr: pointer, annotation: pointer, fileName: pointer, line: int32, attr: pointer },
    { doc: "A pointer with a note attached.", result: pointer },
  ),
  intrinsic(
    "var.annotation",
    { val: pointer, annotation: pointer, fileName: pointer, line: int32, attr: pointer },
    { doc: "A variable with a note attached." },
  ),
  intrinsic(
    "eh.typeid.for",
    { type_info: pointer },
    {
      doc: "The number of an exception's type.",
      result: any("i32"),
      format: `$type_info attr-dict \`:\` ${functionalType}`,
      line: "llvm.intr.eh.typeid.for %type_info : (!llvm.ptr) -> i32",
    },
  ),
];

// ------------------------------------------------------------------------------------------------------------- vectors

const scalable: Sample = [typeVariable("V", vector[0]), "vector<[4]xf32>"];

const vectors = [
  intrinsic("vscale", {}, { doc: "How many times the least size scalable vectors have.", result: any("i64") }),
  intrinsic(
    "experimental.stepvector",
    {},
    {
      doc: "The vector 0, 1, 2, ….",
      result: intVector,
      isPure: true,
      format: "attr-dict `:` type($res)",
      line: "llvm.intr.experimental.stepvector : vector<4xi32>",
    },
  ),
  intrinsic(
    "get.active.lane.mask",
    { base: integer, n: integer },
    {
      doc: "The mask of the lanes base + i that are below n.",
      result: any("vector<4xi1>"),
      isPure: true,
      format: "$base `,` $n attr-dict `:` type($base) `,` type($n) `to` type($res)",
      line: "llvm.intr.get.active.lane.mask %base, %n : i32, i32 to vector<4xi1>",
    },
  ),
  intrinsic(
    "vector.interleave2",
    { vec1: scalable, vec2: scalable },
    { doc: "Takes elements of two vectors in turn.", result: any("vector<[8]xf32>"), isPure: true },
  ),
  intrinsic(
    "vector.deinterleave2",
    { vec: [vector[0], "vector<[8]xf32>"] },
    {
      doc: "The elements at even and at odd positions.",
      result: any("!llvm.struct<(vector<[4]xf32>, vector<[4]xf32>)>"),
      isPure: true,
    },
  ),
  intrinsic(
    "vector.insert",
    { dstvec: scalable, srcvec: vector },
    {
      doc: "A vector with another put at a position.",
      result: scalable,
      isPure: true,
      attributes: { pos: { field: attribute(i64Attribute), example: "0 : i64" } },
      format: "$srcvec `,` $dstvec `[` $pos `]` attr-dict `:` type($srcvec) `into` type($dstvec)",
      line: "llvm.intr.vector.insert %srcvec, %dstvec[0] : vector<4xf32> into vector<[4]xf32>",
    },
  ),
  intrinsic(
    "vector.extract",
    { srcvec: [vector[0], "vector<[4]xf32>"] },
    {
      doc: "A vector from a position of another.",
      result: vector,
      isPure: true,
      attributes: { pos: { field: attribute(i64Attribute), example: "0 : i64" } },
      format: "$srcvec `[` $pos `]` attr-dict `:` type($res) `from` type($srcvec)",
      line: "llvm.intr.vector.extract %srcvec[0] : vector<4xf32> from vector<[4]xf32>",
    },
  ),
];

const count = { field: attribute(i32Attribute), example: "2 : i32" };
const isVolatile = { field: attribute(boolAttribute), example: "false" };

const matrices = [
  intrinsic(
    "matrix.multiply",
    { lhs: vector, rhs: vector },
    {
      doc: "The product of matrices that are stored in vectors, column by column.",
      result: vector,
      attributes: { lhs_columns: count, lhs_rows: count, rhs_columns: count },
      format: "$lhs `,` $rhs attr-dict `:` `(` type($lhs) `,` type($rhs) `)` `->` type($res)",
      line: "llvm.intr.matrix.multiply %lhs, %rhs {lhs_columns = 2 : i32, lhs_rows = 2 : i32, rhs_columns = 2 : i32} : (vector<4xf32>, vector<4xf32>) -> vector<4xf32>",
    },
  ),
  intrinsic(
    "matrix.transpose",
    { matrix: vector },
    {
      doc: "The transpose of a matrix that is stored in a vector.",
      result: vector,
      attributes: { columns: count, rows: count },
      format: "$matrix attr-dict `:` type($matrix) `into` type($res)",
      line: "llvm.intr.matrix.transpose %matrix {columns = 2 : i32, rows = 2 : i32} : vector<4xf32> into vector<4xf32>",
    },
  ),
  intrinsic(
    "matrix.column.major.load",
    { data: pointer, stride: [signlessInteger, "i64"] },
    {
      doc: "Reads a matrix whose columns are `stride` elements apart.",
      result: vector,
      attributes: { columns: count, isVolatile, rows: count },
      format:
        "$data `,` `<` `stride` `=` $stride `>` attr-dict `:` type($res) `from` qualified(type($data)) `stride` type($stride)",
      line: "llvm.intr.matrix.column.major.load %data, <stride=%stride> {columns = 2 : i32, isVolatile = false, rows = 2 : i32} : vector<4xf32> from !llvm.ptr stride i64",
    },
  ),
  intrinsic(
    "matrix.column.major.store",
    { matrix: vector, data: pointer, stride: [signlessInteger, "i64"] },
    {
      doc: "Writes a matrix whose columns are `stride` elements apart.",
      attributes: { columns: count, isVolatile, rows: count },
      format:
        "$matrix `,` $data `,` `<` `stride` `=` $stride `>` attr-dict `:` type($matrix) `to` qualified(type($data)) `stride` type($stride)",
      line: "llvm.intr.matrix.column.major.store %matrix, %data, <stride=%stride> {columns = 2 : i32, isVolatile = false, rows = 2 : i32} : vector<4xf32> to !llvm.ptr stride i64",
    },
  ),
];

// ---------------------------------------------------------------------------------------------------------- coroutines

/** A coroutine's step: its operands between commas, and the types of all. */
function coroutine(name: string, operands: { readonly [name: string]: Sample }, doc: string, res: Sample) {
  const names = Object.keys(operands);
  const types = Object.values(operands).map(([, type]) => type);
  return intrinsic(`coro.${name}`, operands, {
    doc,
    result: res,
    format: `${names.map((each) => `$${each}`).join(" `,` ")} attr-dict \`:\` ${functionalType}`,
    line: `llvm.intr.coro.${name} ${names.map((each) => `%${each}`).join(", ")} : (${types.join(", ")}) -> ${res[1]}`,
  });
}

function coroutineNumber(name: string, doc: string) {
  return intrinsic(
    `coro.${name}`,
    {},
    {
      doc,
      result: any("i64"),
      format: "attr-dict `:` type($res)",
      line: `llvm.intr.coro.${name} : i64`,
    },
  );
}

const coroutines = [
  coroutine(
    "id",
    { align: int32, promise: pointer, coroaddr: pointer, fnaddrs: pointer },
    "Names a coroutine.",
    any("!llvm.token"),
  ),
  coroutine("begin", { token, mem: pointer }, "Begins a coroutine in this memory.", any("!llvm.ptr")),
  coroutine("end", { handle: pointer, unwind: bit, retvals: token }, "Ends a coroutine.", any("i1")),
  coroutine("free", { id: token, handle: pointer }, "The memory to free.", any("!llvm.ptr")),
  coroutine(
    "promise",
    { handle: pointer, align: int32, from: bit },
    "The place where a coroutine gives values.",
    pointer,
  ),
  coroutine("save", { handle: pointer }, "Marks where a coroutine can be resumed.", any("!llvm.token")),
  coroutineNumber("align", "The alignment of a coroutine's frame."),
  coroutineNumber("size", "The size of a coroutine's frame."),
  onPointer("coro.resume", "handle", "Goes on with a coroutine."),
  intrinsic(
    "coro.suspend",
    { save: token, final: bit },
    {
      doc: "Stops a coroutine until it is resumed.",
      result: any("i8"),
      format: "$save `,` $final attr-dict `:` type($res)",
      line: "llvm.intr.coro.suspend %save, %final : i8",
    },
  ),
];

// ------------------------------------------------------------------------------------------------- debug information

const variable = '#llvm.di_local_variable<scope = #llvm.di_file<"a.c" in "/">, name = "x">';

/** `#llvm.mnemonic<…>`, of which only the name is looked at. */
function llvmMetadata(mnemonic: string): AttributeConstraint<OpaqueAttribute> {
  return {
    description: `#llvm.${mnemonic}<…>`,
    decode: (found) =>
      found instanceof OpaqueAttribute && opaqueBody(found, "llvm", mnemonic) !== undefined ? found : undefined,
    encode: (value) => value,
  };
}

const debugDeclare = op(
  "llvm.intr.dbg.declare",
  {
    addr: operand(pointer[0]),
    varInfo: attribute(llvmMetadata("di_local_variable")),
    locationExpr: optionalAttribute(llvmMetadata("di_expression")),
  },
  {
    doc: "The variable of the source that lives at an address.",
    example: example(`llvm.intr.dbg.declare ${variable} = %p : !llvm.ptr`, "%p: !llvm.ptr"),
    format: "qualified($varInfo) (qualified($locationExpr)^)? `=` $addr `:` qualified(type($addr)) attr-dict",
    effects: () => [{ kind: "write" }],
  },
);

const debugValue = op(
  "llvm.intr.dbg.value",
  {
    value: operand(llvmType),
    varInfo: attribute(llvmMetadata("di_local_variable")),
    locationExpr: optionalAttribute(llvmMetadata("di_expression")),
  },
  {
    doc: "The variable of the source that has a value from here on.",
    example: example(`llvm.intr.dbg.value ${variable} = %x : i32`, "%x: i32"),
    format: "qualified($varInfo) (qualified($locationExpr)^)? `=` $value `:` qualified(type($value)) attr-dict",
    effects: () => [{ kind: "write" }],
  },
);

const debugLabel = op(
  "llvm.intr.dbg.label",
  { label: attribute(llvmMetadata("di_label")) },
  {
    doc: "The label of the source that stands here.",
    example: 'llvm.intr.dbg.label #llvm.di_label<scope = #llvm.di_file<"a.c" in "/">, name = "x">',
    format: "qualified($label) attr-dict",
    effects: () => [{ kind: "write" }],
  },
);

const noAliasScope = op(
  "llvm.intr.experimental.noalias.scope.decl",
  { scope: attribute(llvmMetadata("alias_scope")) },
  {
    doc: "Where a scope of accesses that do not alias begins.",
    example:
      "llvm.intr.experimental.noalias.scope.decl #llvm.alias_scope<id = distinct[0]<>, domain = <id = distinct[1]<>>>",
    format: "qualified($scope) attr-dict",
    effects: () => [{ kind: "write" }],
  },
);

export const machineIntrinsics = [
  ...arithmetic,
  expectWithProbability,
  constrainedTruncation,
  ...memory,
  ...traps,
  ...vectors,
  ...matrices,
  ...coroutines,
  debugDeclare,
  debugValue,
  debugLabel,
  noAliasScope,
];
