import { describe, expect, it } from "vitest";
import { upstreamDialects } from "../../dialects/index.ts";
import { Context } from "../../ir/context.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { instantiate } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { linalgToLoops } from "./linalg-to-loops.ts";
import { formGroups } from "./loop-groups.ts";
import { outlineKernels } from "./outline-kernels.ts";
import { vectorize } from "./vectorize.ts";

const context = new Context(upstreamDialects);

const maps = `
#ij = affine_map<(i, j) -> (i, j)>
#ji = affine_map<(i, j) -> (j, i)>
#ik = affine_map<(i, j, k) -> (i, k)>
#kj = affine_map<(i, j, k) -> (k, j)>
#ijk = affine_map<(i, j, k) -> (i, j)>`;

const fill = (buffer: string) => `linalg.fill ins(%zero : f32) outs(${buffer} : memref<8x8xf32>)`;
const product = (a: string, b: string, out: string) => `
  linalg.generic {indexing_maps = [#ik, #kj, #ijk], iterator_types = ["parallel", "parallel", "reduction"]} ins(${a}, ${b} : memref<8x8xf32>, memref<8x8xf32>) outs(${out} : memref<8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  }`;
const relu = (from: string, to: string, map = "#ij") => `
  linalg.generic {indexing_maps = [${map}, #ij], iterator_types = ["parallel", "parallel"]} ins(${from} : memref<8x8xf32>) outs(${to} : memref<8x8xf32>) {
  ^bb0(%a: f32, %c: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  }`;

function main(body: string): Operation {
  const parameters = ["x", "w", "v", "y", "z"].map((name) => `%${name}: memref<8x8xf32>`).join(", ");
  return parse(
    `${maps}\nfunc.func @main(${parameters}, %arena: memref<4096xi8>) {\n  %zero = arith.constant 0.0 : f32\n${body}\n  return\n}`,
    context,
  );
}

function bodyOf(module: Operation): readonly Operation[] {
  return module.regions[0]!.onlyBlock.first!.regions[0]!.onlyBlock.operations;
}

/** How many operations each group has, and why operations did not join. */
function groups(body: string): { readonly sizes: readonly number[]; readonly refusals: readonly string[] } {
  const formed = formGroups(bodyOf(main(body)));
  return { sizes: formed.groups.map(({ stages }) => stages.length), refusals: [...formed.refusals.values()] };
}

function lower(body: string): string {
  const module = main(body);
  const passes = [vectorize, linalgToLoops, outlineKernels].map((each) => instantiate(each));
  new PassManager(passes, context, { properties: ["bufferised"] }).run(module);
  return print(module);
}

describe("formGroups", () => {
  it("joins the fill of an accumulator, the reduction, and what is done with its result", () => {
    expect(groups(`${fill("%y")}${product("%x", "%w", "%y")}${relu("%y", "%y")}`)).toEqual({
      sizes: [3],
      refusals: [],
    });
  });

  it("joins a user that writes elsewhere", () => {
    expect(groups(`${fill("%y")}${product("%x", "%w", "%y")}${relu("%y", "%z")}`).sizes).toEqual([3]);
  });

  it("does not join a user that looks at the result in another order", () => {
    const { sizes, refusals } = groups(`${fill("%y")}${product("%x", "%w", "%y")}${relu("%y", "%y", "#ji")}`);
    expect(sizes).toEqual([2, 1]);
    expect(refusals).toEqual(["it touches bytes that an operation before uses at other points of the nest"]);
  });

  it("does not join a user that writes over what the reduction still reads", () => {
    const { sizes, refusals } = groups(`${fill("%y")}${product("%x", "%w", "%y")}${relu("%y", "%x")}`);
    expect(sizes).toEqual([2, 1]);
    expect(refusals).toEqual(["it touches bytes that an operation before uses at other points of the nest"]);
  });

  it("sees that two views of the arena share bytes", () => {
    const view = (name: string, offset: number) => `
  %o${name} = arith.constant ${offset} : index
  %${name} = memref.view %arena[%o${name}][] : memref<4096xi8> to memref<8x8xf32>\n`;
    const program = (offset: number) =>
      `${view("near", 0)}${view("far", offset)}${fill("%y")}${product("%near", "%w", "%y")}${relu("%y", "%far")}`;
    expect(groups(program(128)).sizes).toEqual([2, 1]);
    expect(groups(program(256)).sizes).toEqual([3]);
  });

  it("gives two reductions nests of their own", () => {
    const { sizes, refusals } = groups(`${fill("%y")}${product("%x", "%w", "%y")}${product("%y", "%v", "%z")}`);
    expect(sizes).toEqual([2, 1]);
    expect(refusals).toEqual(["a nest has one reduction"]);
  });

  it("ends a group at other operations on memory", () => {
    expect(
      groups(`${fill("%y")}\n  memref.copy %x, %z : memref<8x8xf32> to memref<8x8xf32>\n${product("%x", "%w", "%y")}`)
        .sizes,
    ).toEqual([1, 1]);
  });
});

describe("outline-kernels", () => {
  it("compiles equal nests once", () => {
    const text = lower(`${fill("%y")}${product("%x", "%w", "%y")}${fill("%z")}${product("%y", "%v", "%z")}`);
    expect(text.match(/func\.func private @kernel_/g)).toHaveLength(1);
    expect(text.match(/call @kernel_0\(/g)).toHaveLength(2);
  });

  it("hands buffers to kernels as parameters that do not overlap", () => {
    const text = lower(`${fill("%y")}${product("%x", "%w", "%y")}`);
    expect(text).toMatch(/func\.func private @kernel_0\((%\w+: memref<64xf32> \{llvm\.noalias\}(, )?){3}\)/);
  });

  it("keeps different nests apart", () => {
    expect(lower(`${fill("%y")}${relu("%x", "%z")}`).match(/func\.func private/g)).toHaveLength(2);
  });
});

describe("linalg-to-loops", () => {
  it("carries accumulators in registers and stores once", () => {
    const text = lower(`${fill("%y")}${product("%x", "%w", "%y")}${relu("%y", "%y")}`);
    expect(text).toContain("iter_args");
    expect(text).toContain("vector.fma");
    // Neither the fill nor the relu goes through memory.
    expect(text.match(/vector\.load/g)?.length).toBe(1);
  });

  it("follows a schedule that was written by hand", () => {
    const module = main(relu("%x", "%y"));
    new PassManager([instantiate(vectorize)], context, { properties: ["bufferised"] }).run(module);
    const written = parse(
      print(module).replace(
        /anemone\.schedule = \{[^}]*\}/,
        "anemone.schedule = {lanes = 4 : i64, loops = [array<i64: 0>, array<i64: 1>], tiles = array<i64: 2, 2>, vector = 1 : i64}",
      ),
      context,
    );
    new PassManager([instantiate(linalgToLoops)], context, { properties: ["bufferised"] }).run(written);
    const text = print(written);
    expect(text.match(/vector\.load/g)).toHaveLength(4);
    expect(text).toContain("vector<4xf32>");
  });

  it("explains a schedule that does not fit", () => {
    const module = main(relu("%x", "%y"));
    new PassManager([instantiate(vectorize)], context, { properties: ["bufferised"] }).run(module);
    const broken = print(module)
      .replace(/loops = \[[^\]]*\]/, "loops = [array<i64: 0>]")
      .replace(/tiles = array<i64: [^>]*>/, "tiles = array<i64: 1>");
    const again = parse(broken, context);
    expect(() =>
      new PassManager([instantiate(linalgToLoops)], context, { properties: ["bufferised"] }).run(again),
    ).toThrow("leaves out dimension d1");
  });

  it("writes scalar loops where nothing was scheduled", () => {
    const module = main(relu("%x", "%y"));
    new PassManager([instantiate(linalgToLoops)], context, { properties: ["bufferised"] }).run(module);
    const text = print(module);
    expect(text).not.toContain("vector");
    expect(text).toContain("memref.load");
  });
});
