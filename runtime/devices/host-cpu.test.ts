import { expect, test } from "vitest";
import { hostCpu } from "./host-cpu.ts";

const avx512 = "+avx512f,+avx512bw,+avx512dq,+avx512vl,+avx2,+fma,+f16c";

test.each([
  ["x64", avx512, "AVX-512", 64, 32],
  ["x64", "+avx512f,-avx512bw,+avx2,+fma", "AVX2", 32, 16],
  ["x64", "-avx512f,+avx2,+fma,+f16c", "AVX2", 32, 16],
  ["x64", "+sse4.2,-avx2", "SSE2", 16, 16],
  ["arm64", "+neon", "NEON", 16, 32],
] as const)("%s with %s has %s", (architecture, features, vectorSet, vectorBytes, vectorRegisters) => {
  expect(hostCpu(features, architecture)).toMatchObject({ vectorSet, vectorBytes, vectorRegisters });
});

test("fused multiply-add and half conversion follow the features", () => {
  expect(hostCpu(avx512, "x64")).toMatchObject({ fusedMultiplyAdd: true, halfConversion: true });
  expect(hostCpu("+avx2,-fma,-f16c", "x64")).toMatchObject({ fusedMultiplyAdd: false, halfConversion: false });
});

test("names this processor without a libLLVM", () => {
  const cpu = hostCpu();
  expect(cpu.model).not.toBe("");
  expect(cpu.cores).toBeGreaterThan(0);
  expect(cpu.architecture).toBe(process.arch);
});
