/** The WebAssembly device: weights, prepared tensors, views, and errors of its user. */
import { expect, test } from "vitest";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { loadWasmProgram, type WasmArtefact } from "../../runtime/devices/cpu-wasm.ts";
import { hostFunctions } from "../../runtime/devices/host-math.ts";
import { arenaArgument, tensorArgument } from "../../runtime/program.ts";
import { compile, generate } from "./harness.ts";

const prepared = `
  memref.global "private" constant @w : memref<4xf32> = dense<[1.0, 2.0, 3.0, 4.0]>
  func.func @prepare(%p: memref<4xf32> {anemone.prepared = "squares"}) {
    %c0 = arith.constant 0 : index
    %w = memref.get_global @w : memref<4xf32>
    %v = vector.load %w[%c0] : memref<4xf32>, vector<4xf32>
    %s = arith.mulf %v, %v : vector<4xf32>
    vector.store %s, %p[%c0] : memref<4xf32>, vector<4xf32>
    return
  }
  func.func @main(%x: memref<4xf32> {anemone.input = "x"}, %p: memref<4xf32> {anemone.prepared = "squares"},
                  %y: memref<4xf32> {anemone.output = "y"}, %arena: memref<64xi8> {anemone.arena}) {
    %c0 = arith.constant 0 : index
    %t = memref.view %arena[%c0][] : memref<64xi8> to memref<4xf32>
    %a = vector.load %x[%c0] : memref<4xf32>, vector<4xf32>
    %b = vector.load %p[%c0] : memref<4xf32>, vector<4xf32>
    %s = arith.addf %a, %b : vector<4xf32>
    vector.store %s, %t[%c0] : memref<4xf32>, vector<4xf32>
    memref.copy %t, %y : memref<4xf32> to memref<4xf32>
    return
  }`;

test("prepared tensors are computed once; views are the buffers themselves", async () => {
  const program = await compile(prepared);
  expect(program.device).toBe("cpu (WebAssembly)");
  const input = program.inputView("x");
  const output = program.outputView("y");
  expect(input).toMatchObject({ shape: [4], element: "f32" });
  input.data.set([10, 20, 30, 40] as never);
  program.execute();
  expect(output.data).toEqual(Float32Array.of(11, 24, 39, 56));
  input.data.fill(0 as never);
  program.execute();
  expect(output.data).toEqual(Float32Array.of(1, 4, 9, 16));
  const { y } = program.run({ x: { shape: [4], element: "f32", data: Float32Array.of(1, 1, 1, 1) } });
  program.execute();
  expect(y!.data).toEqual(Float32Array.of(2, 5, 10, 17));
  expect(y!.data).not.toBe(output.data);
  for (const view of [input, output]) expect(view.data.byteOffset % 64).toBe(0);
});

test("wrong inputs and disposed programs are errors", async () => {
  const program = await compile(prepared);
  const data = new Float32Array(4);
  expect(() => program.run({})).toThrow(/the input 'x' \(f32\[4\]\) is missing/);
  expect(() => program.run({ x: { shape: [2, 2], element: "f32", data } })).toThrow(/must be f32\[4\]/);
  expect(() => program.inputView("z")).toThrow(/has no input 'z'/);
  program.dispose();
  expect(() => program.execute()).toThrow(/was disposed/);
});

/** A module that exports a `main` which does nothing. */
const emptyMain = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 4, 1, 0x60, 0, 0],
  ...[3, 2, 1, 0],
  ...[7, 8, 1, 4, 0x6d, 0x61, 0x69, 0x6e, 0, 0],
  ...[10, 4, 1, 2, 0, 0x0b],
]);

function artefact(parts: Partial<WasmArtefact>): WasmArtefact {
  const main = { entry: "main", arguments: [] };
  return { name: "net", code: emptyMain, main, blobs: [], memoryEnd: 65536, hostFunctions: [], ...parts };
}

test("more memory than 32-bit addresses reach is an error that says what to do", () => {
  const main = { entry: "main", arguments: [arenaArgument(5 * 2 ** 30)] };
  const load = () => loadWasmProgram(artefact({ main }));
  expect(load).toThrow(DiagnosticError);
  expect(load).toThrow(/net needs 5\.0 GiB of memory, but WebAssembly has 4 GiB: install libLLVM/);
});

test("prepared tensors that nobody computes, and unknown imports, are errors", () => {
  const argument = tensorArgument("prepared", "w", { shape: [2], element: "f32" });
  expect(() => loadWasmProgram(artefact({ main: { entry: "main", arguments: [argument] } }))).toThrow(
    /@main reads the prepared tensor 'w', which no @prepare computes/,
  );
  expect(() => loadWasmProgram(artefact({ hostFunctions: ["gamma"] }))).toThrow(/imports the function 'gamma'/);
  expect(() => loadWasmProgram(artefact({ main: { entry: "start", arguments: [] } }))).toThrow(
    /does not export 'start'/,
  );
});

test("every function that generated code may import is there", async () => {
  const names = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "cbrt",
    "cos",
    "cosh",
    "erf",
    "exp",
    "exp2",
    "expm1",
  ];
  names.push("log", "log10", "log1p", "log2", "sin", "sinh", "tan", "tanh");
  const lines = names.map(
    (name, position) => `%v${position} = math.${name} %x : f64\nmemref.store %v${position}, %m[%c0] : memref<1xf64>`,
  );
  const text = `
    func.func @main(%a: memref<1xf64> {anemone.input = "a"}, %m: memref<1xf64> {anemone.output = "m"}) {
      %c0 = arith.constant 0 : index
      %x = memref.load %a[%c0] : memref<1xf64>
      ${lines.join("\n")}
      return
    }`;
  const program = await compile(text);
  program.execute();
  for (const name of [...names, "pow", "atan2", "fmod"]) expect(hostFunctions[name], name).toBeTypeOf("function");
});

test("a standalone module runs without this device", async () => {
  const { code } = await generate(prepared, { standalone: true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(code)));
  const { memory, run } = exports;
  const [input, output] = ["input:x", "output:y"].map((name) => exports[name]);
  if (!(memory instanceof WebAssembly.Memory) || typeof run !== "function") throw new Error("exports no memory or run");
  if (!(input instanceof WebAssembly.Global) || !(output instanceof WebAssembly.Global))
    throw new Error("has no places");
  new Float32Array(memory.buffer, input.value, 4).set([10, 20, 30, 40]);
  run();
  expect(new Float32Array(memory.buffer, output.value, 4)).toEqual(Float32Array.of(11, 24, 39, 56));
});
