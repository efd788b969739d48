/**
 * The libLLVM binding, once per usable library on this machine. Without one these tests are skipped, and the name of the
 * skipped test says so.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  callable,
  compileLlvmIr,
  describeCodegen,
  emitAssembly,
  emitObject,
  LlvmError,
  listCallable,
  llvmPasses,
  loadObject,
  maximumArgumentCount,
  optimiseIr,
} from "./llvm.ts";
import { describeLlvmSearch, findLlvm, type LlvmLibrary } from "./llvm-library.ts";
import { llvmCandidates, versionFromPath } from "./llvm-search.ts";
import { addressOf, alignedBytes } from "./memory.ts";

/** One library per version found: each is opened by naming it. */
function usableLibraries(): LlvmLibrary[] {
  const usable = findLlvm().entries.filter((entry) => entry.outcome === "used" || entry.outcome === "available");
  return usable.flatMap((entry) => findLlvm({ ANEMONE_LLVM: entry.path }).library ?? []);
}

function errorOf(action: () => unknown): LlvmError {
  try {
    action();
  } catch (error) {
    if (error instanceof LlvmError) return error;
    throw error;
  }
  throw new Error("expected an LlvmError, but there was no error");
}

const fmaKernel = `
declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
define void @kernel(ptr noalias %a, ptr noalias %b, ptr noalias %out) nounwind {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %pa = getelementptr float, ptr %a, i64 %i
  %pb = getelementptr float, ptr %b, i64 %i
  %po = getelementptr float, ptr %out, i64 %i
  %x = load <8 x float>, ptr %pa, align 4
  %y = load <8 x float>, ptr %pb, align 4
  %z = load <8 x float>, ptr %po, align 4
  %r = call <8 x float> @llvm.fma.v8f32(<8 x float> %x, <8 x float> %y, <8 x float> %z)
  store <8 x float> %r, ptr %po, align 4
  %next = add i64 %i, 8
  %more = icmp slt i64 %next, 64
  br i1 %more, label %loop, label %exit
exit:
  ret void
}
`;

const mathKernel = `
declare float @expf(float)
declare double @tanh(double)
define void @kernel(ptr %in, ptr %out) nounwind {
  %x = load float, ptr %in, align 4
  %e = call float @expf(float %x)
  store float %e, ptr %out, align 4
  %d = fpext float %x to double
  %t = call double @tanh(double %d)
  %u = fptrunc double %t to float
  %second = getelementptr float, ptr %out, i64 1
  store float %u, ptr %second, align 4
  ret void
}
`;

const weightsKernel = `
@weights = external global [4 x float]
declare void @outside(ptr)
define void @kernel(ptr %out) nounwind {
  %w = load <4 x float>, ptr @weights, align 4
  %r = fadd <4 x float> %w, %w
  store <4 x float> %r, ptr %out, align 4
  call void @outside(ptr %out)
  ret void
}
`;

/** Rounds to half and back, from float and from double. */
const halfKernel = `
define void @kernel(ptr %in, ptr %out) nounwind {
  %x = load float, ptr %in, align 4
  %h = fptrunc float %x to half
  %f = fpext half %h to float
  store float %f, ptr %out, align 4
  %d = fpext float %x to double
  %dh = fptrunc double %d to half
  %df = fpext half %dh to float
  %second = getelementptr float, ptr %out, i64 1
  store float %df, ptr %second, align 4
  ret void
}
`;

const libraries = usableLibraries();

describe.skipIf(libraries.length === 0)(
  libraries.length === 0 ? "SKIPPED: this machine has no libLLVM 15 or newer" : "libLLVM",
  () => {
    describe.each(libraries.map((library) => ({ version: library.version, library })))("$version", ({ library }) => {
      test("runs a vector kernel", () => {
        using module = compileLlvmIr(fmaKernel, { library });
        const kernel = callable(module.lookup("kernel"), 3);
        const a = Float32Array.from({ length: 64 }, (_, index) => index);
        const b = new Float32Array(64).fill(0.5);
        const out = new Float32Array(64).fill(1);
        kernel(a, b, out);
        expect([...out]).toEqual([...a].map((value) => value * 0.5 + 1));
        kernel(addressOf(a), addressOf(b), addressOf(out));
        expect([...out]).toEqual([...a].map((value) => value + 1));
      });

      test.each(Object.entries(llvmPasses))("gives the same with the passes %s", (_, passes) => {
        for (const codegenLevel of [0, 1, 2, 3] as const) {
          using module = compileLlvmIr(fmaKernel, { library, passes, codegenLevel });
          const out = new Float32Array(64).fill(1);
          callable(module.lookup("kernel"), 3)(new Float32Array(64).fill(3), new Float32Array(64).fill(2), out);
          expect([...out]).toEqual(new Array(64).fill(7));
        }
      });

      test("binds outside names to addresses and calls from machine code to machine code", () => {
        using callee = compileLlvmIr(
          `define void @negate(ptr %p) {
            %x = load float, ptr %p
            %y = fneg float %x
            store float %y, ptr %p
            ret void
          }`,
          { library },
        );
        const weights = new Float32Array(alignedBytes(16).buffer, 0, 4);
        weights.set([1, 2, 3, 4]);
        const symbols = { weights: addressOf(weights), outside: callee.lookup("negate") };
        using module = compileLlvmIr(weightsKernel, { library, symbols });
        const out = new Float32Array(4);
        const kernel = callable(module.lookup("kernel"), 1);
        kernel(out);
        expect([...out]).toEqual([-2, 4, 6, 8]);
        weights[1] = 10;
        kernel(out);
        expect([...out]).toEqual([-2, 20, 6, 8]);
      });

      test("finds the C mathematics library", () => {
        using module = compileLlvmIr(mathKernel, { library });
        const out = new Float32Array(2);
        callable(module.lookup("kernel"), 2)(new Float32Array([0.75]), out);
        expect(out[0]).toBeCloseTo(Math.exp(0.75), 6);
        expect(out[1]).toBeCloseTo(Math.tanh(0.75), 6);
      });

      test.each(process.arch === "x64" ? ["", "-f16c,-avx512f"] : [""])(
        "converts half floats (features %j)",
        (features) => {
          using module = compileLlvmIr(halfKernel, { library, features });
          const kernel = callable(module.lookup("kernel"), 2);
          // 1 + 2^-11 lies halfway and rounds to even; 65520 overflows; 2^-25 halfway to the smallest subnormal.
          for (const value of [0, 1 / 3, 1 + 2 ** -11, 65504, 65520, 2 ** -24, 2 ** -25, -1e-7, Number.NaN]) {
            const out = new Float32Array(2);
            kernel(new Float32Array([value]), out);
            const expected = Math.f16round(Math.fround(value));
            expect([...out], String(value)).toEqual([expected, expected]);
          }
        },
      );

      test("keeps 512-bit vectors where the processor has them", ({ skip }) => {
        if (!library.host.features.includes("+avx512f")) skip("this processor has no AVX-512");
        const wide = fmaKernel.replaceAll("8 x float", "16 x float").replaceAll("v8f32", "v16f32");
        expect(emitAssembly(wide, { library, passes: llvmPasses.none })).toContain("zmm");
        expect(emitAssembly(wide, { library, passes: llvmPasses.none, features: "-avx512f" })).not.toContain("zmm");
      });

      test("an object is bytes that another module can be made of", () => {
        const object = emitObject(fmaKernel, { library });
        expect([...emitObject(fmaKernel, { library })]).toEqual([...object]);
        using module = loadObject(object, {}, { library });
        const out = new Float32Array(64);
        callable(module.lookup("kernel"), 3)(new Float32Array(64).fill(2), new Float32Array(64).fill(2), out);
        expect([...out]).toEqual(new Array(64).fill(4));
      });

      test("two modules may define the same name, and a disposed one says so", () => {
        const source = (value: number) => `define void @f(ptr %p) {\n store i32 ${value}, ptr %p\n ret void\n}`;
        const first = compileLlvmIr(source(1), { library });
        using second = compileLlvmIr(source(2), { library });
        const out = new Int32Array(2);
        callable(first.lookup("f"), 1)(out.subarray(0, 1));
        callable(second.lookup("f"), 1)(out.subarray(1));
        expect([...out]).toEqual([1, 2]);
        first.dispose();
        first.dispose();
        expect(errorOf(() => first.lookup("f")).message).toContain("disposed");
      });

      test("takes many pointers, directly and as a list", () => {
        const count = maximumArgumentCount;
        const parameters = Array.from({ length: count }, (_, index) => `ptr %p${index}`).join(", ");
        using module = compileLlvmIr(
          `define void @direct(${parameters}) {
            store i32 1, ptr %p0
            store i32 2, ptr %p${count - 1}
            ret void
          }
          define void @listed(ptr %list) {
            %slot = getelementptr ptr, ptr %list, i64 49
            %last = load ptr, ptr %slot
            store i32 3, ptr %last
            ret void
          }`,
          { library },
        );
        const arrays = Array.from({ length: 50 }, () => new Int32Array(1));
        callable(module.lookup("direct"), count)(...arrays.slice(0, count));
        const listed = listCallable(module.lookup("listed"), 50);
        listed(...arrays);
        expect(arrays.flatMap((array) => [...array]).filter((value) => value !== 0)).toEqual([1, 2, 3]);
        expect(arrays[49]?.[0]).toBe(3);
        expect(errorOf(() => callable(module.lookup("direct"), 33)).message).toContain("at most 32 pointers, not 33");
        expect(errorOf(() => listed(0)).message).toContain("takes 50 pointers, not 1");
      });

      test("a syntax error names its line and column", () => {
        const error = errorOf(() =>
          emitObject("define void @f() {\n  %x = fadd float 1.0, i32 2\n  ret void\n}\n", { library, name: "bad.ll" }),
        );
        expect(error.stage).toBe("parse");
        expect(error.details).toMatchObject({ file: "bad.ll", line: 2, column: 24 });
        expect(error.render()).toContain("bad.ll:2:24: error: ");
        expect(error.render()).toContain("%x = fadd float 1.0, i32 2");
      });

      test("invalid IR, an unknown pass, an undefined name and a broken object are errors", () => {
        const invalid = `define void @f(i1 %c) {
          br i1 %c, label %a, label %b
        a:
          %x = add i32 1, 2
          br label %b
        b:
          %y = add i32 %x, 1
          ret void
        }`;
        expect(errorOf(() => emitObject(invalid, { library }))).toMatchObject({ stage: "verify" });
        expect(errorOf(() => emitObject(fmaKernel, { library, passes: "no-such-pass" }))).toMatchObject({
          stage: "optimise",
          message: expect.stringContaining("no-such-pass"),
        });
        using module = compileLlvmIr(
          "declare void @nowhere_at_all()\ndefine void @f() {\n call void @nowhere_at_all()\n ret void\n}",
          { library },
        );
        expect(errorOf(() => module.lookup("f"))).toMatchObject({
          stage: "link",
          message: expect.stringContaining("nowhere_at_all"),
        });
        expect(errorOf(() => module.lookup("g")).message).toContain("Symbols not found");
        expect(errorOf(() => loadObject(new Uint8Array([1, 2, 3]), {}, { library }))).toMatchObject({ stage: "link" });
        expect(errorOf(() => loadObject(new Uint8Array(0), {}, { library }))).toMatchObject({ stage: "link" });
        expect(errorOf(() => compileLlvmIr(weightsKernel, { library, symbols: { weights: 0 } })).message).toContain(
          '"weights" has no valid address',
        );
      });

      test("what LLVM cannot generate ends the process with a message and exit code 1", ({ skip }) => {
        if (process.arch !== "x64") skip("the example instruction is x86's");
        const program = `
          import { emitObject } from ${JSON.stringify(new URL("./llvm.ts", import.meta.url).pathname)};
          const vector = "<16 x float>";
          const name = "@llvm.x86.avx512.rcp14.ps.512";
          emitObject("declare " + vector + " " + name + "(" + vector + ", " + vector + ", i16)\\n" +
            "define void @f(ptr %p) {\\n %v = load " + vector + ", ptr %p\\n" +
            " %x = call " + vector + " " + name + "(" + vector + " %v, " + vector + " %v, i16 -1)\\n" +
            " store " + vector + " %x, ptr %p\\n ret void\\n}", { features: "-avx512f", name: "kernel.ll" });
          console.log("unreachable");`;
        const run = Bun.spawnSync([process.execPath, "-e", program], {
          env: { ...process.env, ANEMONE_LLVM: library.path },
        });
        expect(run.exitCode).toBe(1);
        expect(run.stdout.toString()).toBe("");
        expect(run.stderr.toString()).toContain(`error: libLLVM ${library.version} gave up on kernel.ll: `);
      });

      test("the optimiser's text and the cache key follow the options", () => {
        const addition = "define i32 @f() {\n %x = add i32 1, 2\n ret i32 %x\n}";
        expect(optimiseIr(addition, { library })).toContain("ret i32 3");
        expect(optimiseIr(addition, { library, passes: llvmPasses.none })).toContain("add i32 1, 2");
        const key = describeCodegen({ library });
        expect(key).toContain(library.host.triple);
        expect(describeCodegen({ library, codegenLevel: 1 })).not.toBe(key);
        expect(describeCodegen({ library, features: "-avx2" })).not.toBe(key);
      });
    });

    test("the newest library found is the one in use", () => {
      const search = findLlvm();
      const versions = libraries.map((library) => library.version);
      expect(search.library?.version).toBe(Math.max(...versions));
      expect(search.entries.filter((entry) => entry.outcome === "used")).toHaveLength(1);
      expect(describeLlvmSearch(search).join("\n")).toContain(
        `${search.library?.path} (LLVM ${search.library?.version}): used`,
      );
      expect(findLlvm().library).toBe(search.library);
    });
  },
);

describe("the search", () => {
  test("a forced file that is missing, or no libLLVM, or too old, is refused with the reason", ({ skip }) => {
    const missing = findLlvm({ ANEMONE_LLVM: "/nowhere/libLLVM-17.so.1" });
    expect(missing.library).toBeUndefined();
    expect(missing.entries).toEqual([{ path: "/nowhere/libLLVM-17.so.1", version: 17, outcome: "not found" }]);

    const wrong = findLlvm({ ANEMONE_LLVM: new URL(import.meta.url).pathname });
    expect(wrong.library).toBeUndefined();
    expect(wrong.entries[0]?.outcome).toMatch(/^refused: /);

    const old = llvmCandidates({}).find((candidate) => candidate.version === 14 && existsSync(candidate.path));
    if (old === undefined) skip("this machine has no libLLVM 14 to refuse");
    else {
      const refused = findLlvm({ ANEMONE_LLVM: old.path });
      expect(refused.library).toBeUndefined();
      expect(refused.entries[0]?.outcome).toMatch(/^refused: version 14 is too old: Anemone needs LLVM 15 or newer/);
      expect(findLlvm({}).entries.find((entry) => entry.version === 14)?.outcome).toMatch(/^refused: version 14/);
    }
  });

  test("a library whose name tells no version is asked", ({ skip }) => {
    const known = llvmCandidates({}).filter((candidate) => candidate.found && candidate.version !== undefined);
    if (known.length === 0) skip("this machine has no libLLVM");
    const folder = mkdtempSync(join(tmpdir(), "anemone-llvm-"));
    try {
      for (const { path, version } of known) {
        // A hard copy of the bytes: a link would give its target's name away.
        const copy = join(folder, `copy-of-${version}.so`);
        copyFileSync(path, copy);
        const program = `
          import { findLlvm } from ${JSON.stringify(new URL("./llvm-library.ts", import.meta.url).pathname)};
          const search = findLlvm();
          console.log(search.library?.version ?? search.entries[0].outcome);`;
        const run = Bun.spawnSync([process.execPath, "-e", program], { env: { ...process.env, ANEMONE_LLVM: copy } });
        const expected =
          version !== undefined && version < 15 ? "refused: the version is older than LLVM 15" : `${version}`;
        expect(run.stdout.toString().trim()).toBe(expected);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    ["/usr/lib/x86_64-linux-gnu/libLLVM-17.so.1", 17],
    ["libLLVM.so.19.1", 19],
    ["/usr/lib64/llvm18/lib/libLLVM.so", 18],
    ["/opt/homebrew/opt/llvm@20/lib/libLLVM.dylib", 20],
    ["/opt/homebrew/Cellar/llvm/21.1.2/lib/libLLVM.dylib", 21],
    ["/elsewhere/libLLVM.so", undefined],
  ])("%s is version %s", (path, version) => {
    expect(versionFromPath(path)).toBe(version);
  });

  test("on macOS it looks at Homebrew's places", () => {
    const paths = llvmCandidates({}, "darwin").map((candidate) => candidate.path);
    expect(paths).toContain("/opt/homebrew/opt/llvm/lib/libLLVM.dylib");
    expect(paths).toContain("/usr/local/opt/llvm/lib/libLLVM.dylib");
    expect(paths).toContain("/opt/homebrew/opt/llvm@18/lib/libLLVM.dylib");
  });
});
