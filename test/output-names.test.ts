/** Where commands write: what the name of an output says, what does not go together, and readers that stop early. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readMlpackage } from "../dialects/mil/protobuf/index.ts";
import { openModel } from "../frontends/mil/open-model.ts";
import { readOnnxModel } from "../frontends/onnx/protobuf.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { compileCommand } from "../tools/commands/compile.ts";
import { translateCommand } from "../tools/commands/translate.ts";

const command = resolve(import.meta.dirname, "../tools/anemone.ts");
const folder = mkdtempSync(join(tmpdir(), "anemone-outputs-"));
const at = (...names: string[]) => join(folder, ...names);
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

beforeAll(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  writeFileSync(
    at("model.mlir"),
    `func.func @main(%x: tensor<1x4xf16> {anemone.input = "x"}) -> (tensor<1x4xf16> {anemone.output = "y"}) {
  %c = arith.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf16>
  %y = tensor.mul %x, %c : tensor<1x4xf16>, tensor<1x4xf16>
  return %y : tensor<1x4xf16>
}
`,
  );
});

const compile = (output: string, emit?: string) =>
  compileCommand(at("model.mlir"), {
    output: at(output),
    target: "h16s",
    shape: [],
    load: [],
    ...(emit === undefined ? {} : { emit }),
  });

test("compile writes what the output's name says", async () => {
  for (const name of ["y.mil", "y.mlpackage", "y.ONNX", "y.wasm", "y.ll", "y.mlir", "y"]) await compile(name);
  const operations = openModel(at("y.mil")).document.functions[0]?.block.operations;
  expect(operations?.map(({ mnemonic }) => mnemonic)).toContain("mul");
  expect(readMlpackage(at("y.mlpackage")).model.document.functions[0]?.name).toBe("main");
  expect(readOnnxModel(at("y.ONNX")).graph.nodes.map(({ opType }) => opType)).toEqual(["Mul"]);
  expect(WebAssembly.validate(readFileSync(at("y.wasm")))).toBe(true);
  expect(readFileSync(at("y.ll"), "utf8")).toMatch(/^define .*@main\(/m);
  expect(readFileSync(at("y.mlir"), "utf8")).toContain("llvm.func @main");
  expect(readFileSync(at("y"), "utf8")).toContain("llvm.func @main");
});

test("--emit mil writes a file that is named, or a folder with a model.mil", async () => {
  await compile("as-file/named.mil", "mil");
  await compile("as-folder.v1", "mil");
  expect(readdirSync(at("as-file"))).toContain("named.mil");
  expect(readdirSync(at("as-folder.v1"))).toContain("model.mil");
});

test.each([
  ["x.onnx", "llvm", /--emit llvm and the output '.*x\.onnx' do not go together: .* or name a \.mlir file/],
  ["x.mil", "tensor", /do not go together/],
  ["x.mlir", "mil", /do not go together: leave --emit out, or name a folder or a \.mil file/],
  ["x.mlir", "wasm", /do not go together: .* or name a \.wasm file/],
  ["x.ll", "wasm", /do not go together/],
  ["x.mlmodel", undefined, /a \.mlmodel is not written: name a \.mlpackage or a \.mil/],
  ["x", "mlpackage", /a model package is a folder whose name ends in \.mlpackage/],
  ["x", "hwx", /--emit takes tensor, fused/],
])("compile refuses -o %s with --emit %s", async (output, emit, message) => {
  await expect(compile(output, emit)).rejects.toThrow(message);
  expect(existsSync(at(output))).toBe(false);
});

const windowText = `program(1.3)
{
    func main<ios18>(tensor<fp16, [1030]> x) {
            tensor<fp16, [5]> y = slice_by_index(begin = tensor<int32, [1]>([1025]), end = tensor<int32, [1]>([1030]), x = x)[name = string("y")];
        } -> (y);
}
`;

test("what is said of a program without lines names its file, and the op once", async () => {
  writeFileSync(at("window.mil"), windowText);
  await translateCommand(at("window.mil"), { output: at("window.mlpackage"), shape: [] });
  const printed = vi.spyOn(console, "error").mockClear();
  await compileCommand(at("window.mlpackage"), { output: at("w.mil"), target: "h13", shape: [], load: [] });
  const warning = printed.mock.calls
    .map(([text]) => stripVTControlCharacters(String(text)))
    .find((text) => /breaks the rule/.test(text));
  expect(warning).toContain(
    `${at("window.mlpackage")}: warning: 'mil.slice_by_index' op (y) breaks the rule slice-range: `,
  );
  const compressed = compileCommand(at("window.mlpackage"), {
    output: at("c.mil"),
    target: "h13",
    shape: [],
    load: [],
    compress: "int8",
  });
  const error = await compressed.catch((error: unknown) => error);
  if (!(error instanceof DiagnosticError)) throw new Error(`expected a diagnostic, found ${error}`);
  expect(error.render()).toMatch(
    /window\.mlpackage: error: the module stands at the level 'mil', behind 'ane'.*\nnote: .*-o NAME\.onnx/,
  );
});

function anemone(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, out: stdout, errors: stderr };
}

test("opt writes no IR text under the name of another format", () => {
  const { status, errors } = anemone("opt", "model.mlir", "-o", "x.mil");
  expect(errors).toContain("opt writes IR text, but got -o 'x.mil': name a .mlir");
  expect(status).toBe(2);
  expect(existsSync(at("x.mil"))).toBe(false);
});

test("a file where a folder is needed is named as one", () => {
  for (const output of ["model.mlir/x.onnx", "model.mlir/a/x.onnx"]) {
    const { status, errors } = anemone("translate", "model.mlir", "-o", output);
    expect(errors).toMatch(
      /^error: cannot use 'model\.mlir.*': (it is|a part of its path is) a file, (and|not) a folder/,
    );
    expect(status).toBe(1);
  }
});

test("a reader that has seen enough is no failure", () => {
  // More than a pipe holds.
  const lines = Array.from({ length: 6000 }, (_, index) => `  %v${index} = arith.constant ${index} : i64\n`);
  writeFileSync(at("long.mlir"), `func.func @f() {\n${lines.join("")}  return\n}\n`);
  const script = '{ "$0" "$1" opt long.mlir; echo "status $?" >&2; } | head -n 1';
  const { stdout, stderr } = spawnSync("sh", ["-c", script, process.execPath, command], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stdout).toMatch(/^(module|func)/);
  expect(stderr).toBe("status 0\n");
});
