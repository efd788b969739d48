/** The enums of the llvm dialect. */
import { dialectEnumAttribute } from "../../ir/constraints.ts";
import { flagsAttribute, integerEnumAttribute } from "../upstream/constraints.ts";
import { wordCodec } from "../upstream/formats.ts";

export const llvmFastMathFlags = ["nnan", "ninf", "nsz", "arcp", "contract", "afn", "reassoc"] as const;
export type LlvmFastMathFlag = (typeof llvmFastMathFlags)[number];
export const llvmFastMathAttribute = flagsAttribute("llvm", "fastmath", llvmFastMathFlags, {
  separator: ", ",
  all: "fast",
});

export const llvmOverflowAttribute = flagsAttribute("llvm", "overflow", ["nsw", "nuw"] as const, { separator: ", " });
export const llvmOverflowText = { name: "overflowFlags", keyword: "overflow", codec: wordCodec(llvmOverflowAttribute) };

export const llvmFloatPredicates = [
  "_false",
  "oeq",
  "ogt",
  "oge",
  "olt",
  "ole",
  "one",
  "ord",
  "ueq",
  "ugt",
  "uge",
  "ult",
  "ule",
  "une",
  "uno",
  "_true",
] as const;
export type LlvmFloatPredicate = (typeof llvmFloatPredicates)[number];
export const llvmFloatPredicateAttribute = integerEnumAttribute(llvmFloatPredicates);

export const linkages = [
  "private",
  "internal",
  "available_externally",
  "linkonce",
  "weak",
  "common",
  "appending",
  "extern_weak",
  "linkonce_odr",
  "weak_odr",
  "external",
] as const;
export type Linkage = (typeof linkages)[number];
export const linkageAttribute = dialectEnumAttribute("llvm", "linkage", linkages);

export const callingConventions = [
  "ccc",
  "fastcc",
  "coldcc",
  "cc_10",
  "cc_11",
  "anyregcc",
  "preserve_mostcc",
  "preserve_allcc",
  "swiftcc",
  "cxx_fast_tlscc",
  "tailcc",
  "cfguard_checkcc",
  "swifttailcc",
  "x86_stdcallcc",
  "x86_fastcallcc",
  "arm_apcscc",
  "arm_aapcscc",
  "arm_aapcs_vfpcc",
  "msp430_intrcc",
  "x86_thiscallcc",
  "ptx_kernelcc",
  "ptx_devicecc",
  "spir_funccc",
  "spir_kernelcc",
  "intel_ocl_bicc",
  "x86_64_sysvcc",
  "win64cc",
  "x86_vectorcallcc",
  "hhvmcc",
  "hhvm_ccc",
  "x86_intrcc",
  "avr_intrcc",
  "avr_signalcc",
  "avr_builtincc",
  "amdgpu_vscc",
  "amdgpu_gscc",
  "amdgpu_pscc",
  "amdgpu_cscc",
  "amdgpu_kernelcc",
  "x86_regcallcc",
  "amdgpu_hscc",
  "msp430_builtincc",
  "amdgpu_lscc",
  "amdgpu_escc",
  "aarch64_vectorcallcc",
  "aarch64_sve_vectorcallcc",
  "wasm_emscripten_invokecc",
  "amdgpu_gfxcc",
  "m68k_intrcc",
] as const;
export const callingConventionAttribute = dialectEnumAttribute("llvm", "cconv", callingConventions);

export const tailCallKinds = ["none", "musttail", "notail", "tail"] as const;
export const tailCallKindAttribute = dialectEnumAttribute("llvm", "tailcallkind", tailCallKinds);

export const atomicOrderings = [
  "not_atomic",
  "unordered",
  "monotonic",
  // C's consume has a number, but LLVM has no such ordering.
  "consume",
  "acquire",
  "release",
  "acq_rel",
  "seq_cst",
] as const;
export const atomicOrderingAttribute = integerEnumAttribute(atomicOrderings);

export const unnamedAddresses = ["none", "local_unnamed_addr", "unnamed_addr"] as const;
export const unnamedAddressAttribute = integerEnumAttribute(unnamedAddresses);

export const visibilities = ["default", "hidden", "protected"] as const;
export const visibilityAttribute = integerEnumAttribute(visibilities);
