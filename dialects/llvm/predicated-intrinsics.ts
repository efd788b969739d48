/** LLVM's vector-predicated intrinsics: work on the first `evl` lanes of vectors whose mask is set. */
import { exactly, signlessInteger, type TypeConstraint, typeOf } from "../../ir/constraints.ts";
import { FloatType, IntegerType, i1, i32, VectorType } from "../../ir/types.ts";
import { llvmType } from "./arithmetic.ts";
import { intrinsic, type Sample } from "./intrinsic.ts";
import { LlvmVectorType, PointerType } from "./types.ts";

const integers: TypeConstraint = typeOf(
  VectorType,
  "a vector of integers",
  (type) => type.rank === 1 && type.element instanceof IntegerType,
);
const floats: TypeConstraint = typeOf(
  VectorType,
  "a vector of floats",
  (type) => type.rank === 1 && type.element instanceof FloatType,
);
const maskVector: TypeConstraint = typeOf(
  VectorType,
  "a vector of i1",
  (type) => type.rank === 1 && type.element === i1,
);
const pointers: TypeConstraint = typeOf(
  LlvmVectorType,
  "a vector of pointers",
  (type) => type.element instanceof PointerType,
);
const float: TypeConstraint = typeOf(FloatType, "a float");

const ints: Sample = [integers, "vector<4xi32>"];
const reals: Sample = [floats, "vector<4xf32>"];
const wide: Sample = [llvmType, "vector<4xi64>"];
const mask: Sample = [maskVector, "vector<4xi1>"];
const evl: Sample = [exactly(i32), "i32"];
const pointer: Sample = [typeOf(PointerType, "a pointer"), "!llvm.ptr"];
const anyInts: Sample = [llvmType, "vector<4xi32>"];
const anyReals: Sample = [llvmType, "vector<4xf32>"];
const lanes = { mask, evl };

function binary(names: readonly string[], operand: Sample, result: Sample) {
  return names.map((name) =>
    intrinsic(
      `vp.${name}`,
      { lhs: operand, rhs: operand, ...lanes },
      { doc: `Predicated ${name}.`, result, isPure: true },
    ),
  );
}

function cast(name: string, source: Sample, result: Sample) {
  return intrinsic(`vp.${name}`, { src: source, ...lanes }, { doc: `Predicated ${name}.`, result, isPure: true });
}

function reduction(names: readonly string[], start: Sample, val: Sample) {
  return names.map((name) =>
    intrinsic(
      `vp.reduce.${name}`,
      { start_value: start, val, ...lanes },
      { doc: `A start value combined (${name}) with the active lanes.`, result: [llvmType, start[1]], isPure: true },
    ),
  );
}

const fused = ["fma", "fmuladd"].map((name) =>
  intrinsic(
    `vp.${name}`,
    { op1: reals, op2: reals, op3: reals, ...lanes },
    { doc: `Predicated ${name}.`, result: anyReals, isPure: true },
  ),
);

const choices = [
  intrinsic(
    "vp.select",
    { cond: mask, true_val: anyInts, false_val: anyInts, evl },
    { doc: "Takes lanes of one of two vectors; what lies behind evl is any value.", result: anyInts, isPure: true },
  ),
  intrinsic(
    "vp.merge",
    { cond: mask, true_val: anyInts, false_val: anyInts, evl },
    { doc: "Takes lanes of one of two vectors; what lies behind evl is of the second.", result: anyInts, isPure: true },
  ),
];

const memory = [
  intrinsic("vp.load", { ptr: pointer, ...lanes }, { doc: "Reads the active lanes.", result: anyInts }),
  intrinsic("vp.store", { val: anyInts, ptr: pointer, ...lanes }, { doc: "Writes the active lanes." }),
  intrinsic(
    "experimental.vp.strided.load",
    { ptr: pointer, stride: [signlessInteger, "i32"], ...lanes },
    { doc: "Reads the active lanes from places `stride` bytes apart.", result: anyInts },
  ),
  intrinsic(
    "experimental.vp.strided.store",
    { val: anyInts, ptr: pointer, stride: [signlessInteger, "i32"], ...lanes },
    { doc: "Writes the active lanes to places `stride` bytes apart." },
  ),
];

export const predicatedIntrinsics = [
  ...binary(
    ["add", "sub", "mul", "sdiv", "udiv", "srem", "urem", "ashr", "lshr", "shl", "or", "and", "xor"],
    ints,
    anyInts,
  ),
  ...binary(["fadd", "fsub", "fmul", "fdiv", "frem"], reals, anyReals),
  intrinsic("vp.fneg", { op: reals, ...lanes }, { doc: "Predicated fneg.", result: anyReals, isPure: true }),
  ...fused,
  ...reduction(["add", "mul", "and", "or", "xor", "smax", "smin", "umax", "umin"], [signlessInteger, "i32"], ints),
  ...reduction(["fadd", "fmul", "fmax", "fmin"], [float, "f32"], reals),
  ...choices,
  ...memory,
  cast("trunc", [integers, "vector<4xi64>"], anyInts),
  cast("zext", ints, wide),
  cast("sext", ints, wide),
  cast("fptrunc", [floats, "vector<4xf64>"], anyReals),
  cast("fpext", reals, [llvmType, "vector<4xf64>"]),
  cast("fptoui", [floats, "vector<4xf64>"], wide),
  cast("fptosi", [floats, "vector<4xf64>"], wide),
  cast("uitofp", [integers, "vector<4xi64>"], [llvmType, "vector<4xf64>"]),
  cast("sitofp", [integers, "vector<4xi64>"], [llvmType, "vector<4xf64>"]),
  cast("ptrtoint", [pointers, "!llvm.vec<4 x ptr>"], wide),
  cast("inttoptr", [integers, "vector<4xi64>"], [llvmType, "!llvm.vec<4 x ptr>"]),
];
