/**
 * The host's processor, as far as code generation cares: its name, its cores, and how wide its vectors are. libLLVM's
 * word counts where there is one, because it generates the code; the operating system's flags stand in for it.
 */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";

export interface HostCpu {
  /** The maker's name for it, for example `AMD EPYC`. */
  readonly model: string;
  /** `x64` or `arm64`, as Node.js spells it. */
  readonly architecture: string;
  /** Threads that can run at once. */
  readonly cores: number;
  /** The instruction set that `vectorBytes` follows from. */
  readonly vectorSet: "AVX-512" | "AVX2" | "SSE2" | "NEON";
  /** Bytes in one vector register. */
  readonly vectorBytes: 16 | 32 | 64;
  /** How many vector registers there are: what a register tile has to fit into. */
  readonly vectorRegisters: 16 | 32;
  /** Multiplies and adds in one instruction, rounding once. */
  readonly fusedMultiplyAdd: boolean;
  /** Converts between 16-bit and 32-bit floats in one instruction. */
  readonly halfConversion: boolean;
}

type VectorUnit = Omit<HostCpu, "model" | "architecture" | "cores">;

const neon: VectorUnit = {
  vectorSet: "NEON",
  vectorBytes: 16,
  vectorRegisters: 32,
  fusedMultiplyAdd: true,
  halfConversion: true,
};

/** The vector unit of an x86 processor with these features (`avx2`, `f16c`, …; LLVM and Linux agree on the names). */
function x86VectorUnit(features: ReadonlySet<string>): VectorUnit {
  const fusedMultiplyAdd = features.has("fma");
  const halfConversion = features.has("f16c");
  // Without the byte, word and short-vector parts (Knights Landing) 512-bit code is not worth its special cases.
  if (["avx512f", "avx512bw", "avx512dq", "avx512vl"].every((name) => features.has(name))) {
    return { vectorSet: "AVX-512", vectorBytes: 64, vectorRegisters: 32, fusedMultiplyAdd, halfConversion };
  }
  if (features.has("avx2")) {
    return { vectorSet: "AVX2", vectorBytes: 32, vectorRegisters: 16, fusedMultiplyAdd, halfConversion };
  }
  return { vectorSet: "SSE2", vectorBytes: 16, vectorRegisters: 16, fusedMultiplyAdd, halfConversion };
}

/** The names switched on in a features string of LLVM: `+avx2,-avx512f,…`. */
function enabledFeatures(features: string): Set<string> {
  return new Set(
    features
      .split(",")
      .filter((feature) => feature.startsWith("+"))
      .map((feature) => feature.slice(1)),
  );
}

/** Linux's list; empty elsewhere, which leaves the architecture's baseline. */
function systemFeatures(): Set<string> {
  if (process.platform !== "linux") return new Set();
  try {
    const flags = /^flags\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"));
    return new Set(flags?.[1]?.split(/\s+/) ?? []);
  } catch {
    return new Set();
  }
}

/**
 * Describes the processor that this process runs on.
 *
 * @param llvmFeatures the features string of the libLLVM in use (`LlvmLibrary.host.features`), if there is one
 * @param architecture stands in for the process's own
 */
export function hostCpu(llvmFeatures?: string, architecture: string = process.arch): HostCpu {
  const unit =
    architecture === "arm64"
      ? neon
      : x86VectorUnit(llvmFeatures === undefined ? systemFeatures() : enabledFeatures(llvmFeatures));
  return {
    model: cpus()[0]?.model.trim() || `unknown ${architecture} processor`,
    architecture,
    cores: availableParallelism(),
    ...unit,
  };
}
