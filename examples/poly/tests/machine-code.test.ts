/** The program in `programs/table.mlir`, lowered and run as machine code (as WebAssembly where there is no libLLVM). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { allPasses, compile, defaultContext } from "anemone";
import { parse } from "anemone/ir";
import { PassManager, parsePipeline } from "anemone/passes";
import { expect, test } from "vitest";
import { derivative, product, valueAt } from "../arithmetic.ts";
import { dialects, passes } from "../index.ts";

const text = readFileSync(join(import.meta.dirname, "..", "programs", "table.mlir"), "utf8");

test.each(["poly-to-arith", "canonicalize,inline,canonicalize,poly-evaluate-factors,poly-to-arith,canonicalize,cse"])(
  "%s",
  async (pipeline) => {
    const context = defaultContext().with(dialects);
    const module = parse(text, context, { file: "table.mlir" });
    new PassManager(parsePipeline(pipeline, [...allPasses, ...passes]), context).run(module);
    using compiled = await compile(module, { device: "cpu" });

    const x = Int32Array.of(0, 1, -1, 2, 1000, -70000, 2 ** 30, -(2 ** 31));
    const { y } = compiled.program.run({ x: { shape: [8], element: "i32", data: x } });

    const polynomial = product(derivative([1, 2, 3]), [1, -1]);
    expect([...(y?.data ?? [])]).toEqual(Array.from(x, (each) => valueAt(polynomial, each)));
  },
);
