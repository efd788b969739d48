import { describe, expect, test } from "vitest";
import { arith } from "../../../dialects/arith/index.ts";
import { builtin } from "../../../dialects/builtin/index.ts";
import { cf } from "../../../dialects/cf/index.ts";
import { cfOps } from "../../../dialects/cf/ops.ts";
import { func } from "../../../dialects/func/index.ts";
import { funcOps } from "../../../dialects/func/ops.ts";
import { scf } from "../../../dialects/scf/index.ts";
import { scfOps } from "../../../dialects/scf/ops.ts";
import { Context } from "../../context.ts";
import type { Operation } from "../../operation.ts";
import { parse } from "../../parser/parse.ts";
import { print } from "../../printer/print.ts";
import { f32, i1, i32, i64 } from "../../types.ts";
import { verify } from "../../verifier.ts";
import { refuse } from "../pattern.ts";
import { applyPartialConversion } from "./driver.ts";
import { patternsForTypesOf } from "./structural.ts";
import { ConversionTarget } from "./target.ts";
import * as t from "./test-dialect.ts";
import { TypeConverter } from "./type-converter.ts";

const context = new Context([builtin, func, cf, scf, arith, t.high, t.low]);
const flow = [...funcOps, ...cfOps, ...scfOps, t.highSource, t.highSink];

function converted(text: string, types: TypeConverter): Operation {
  const module = parse(text, context, { file: "in.mlir" });
  verify(module, context);
  const target = new ConversionTarget();
  const patterns = patternsForTypesOf(target, types, flow);
  applyPartialConversion(module, target, patterns, context, { types, expensiveChecks: true, leftCasts: "fail" });
  verify(module, context);
  return module;
}

const textOf = (module: Operation) => print(module).trimEnd();

const narrow = new TypeConverter().add((type) => (type === i64 ? i32 : undefined));
const halves = new TypeConverter().add((type) => (type === i64 ? [i32, i32] : undefined));
const nothing = new TypeConverter().add((type) => (type === i64 ? [] : undefined));

const functions = `
func.func private @other(i64 {x.note = "a"}, f32 {x.note = "b"}) -> (i64 {x.note = "c"})
func.func @main(%a: i64, %b: f32) -> (f32, i64) {
  %r = call @other(%a, %b) : (i64, f32) -> i64
  return %b, %r : f32, i64
}
`;

const branches = `
func.func @main(%c: i1, %a: i64, %b: f32) -> i64 {
  cf.cond_br %c, ^left(%a, %b : i64, f32), ^right(%a : i64)
^left(%x: i64, %y: f32):
  cf.br ^right(%x : i64)
^right(%z: i64):
  return %z : i64
}
`;

const loops = `
func.func @main(%c: i1, %low: index, %high: index, %step: index, %start: i64, %f: f32) -> i64 {
  %r:2 = scf.for %i = %low to %high step %step iter_args(%carried = %start, %g = %f) -> (i64, f32) {
    %inner = scf.if %c -> (i64) {
      scf.yield %carried : i64
    } else {
      %w = scf.while (%x = %carried) : (i64) -> i64 {
        scf.condition(%c) %x : i64
      } do {
      ^bb0(%y: i64):
        scf.yield %y : i64
      }
      scf.yield %w : i64
    }
    scf.yield %inner, %g : i64, f32
  }
  %s = scf.execute_region -> i64 {
    scf.yield %r#0 : i64
  }
  %q = scf.index_switch %low -> i64
  case 1 {
    scf.yield %s : i64
  }
  default {
    scf.yield %start : i64
  }
  return %q : i64
}
`;

describe("types are carried through", () => {
  test("functions, calls and returns", () => {
    expect(textOf(converted(functions, narrow))).toBe(
      `module {
  func.func private @other(i32 {x.note = "a"}, f32 {x.note = "b"}) -> (i32 {x.note = "c"})
  func.func @main(%a: i32, %b: f32) -> (f32, i32) {
    %r = call @other(%a, %b) : (i32, f32) -> i32
    return %b, %r : f32, i32
  }
}`,
    );
  });

  test("the same, with a type that becomes two", () => {
    expect(textOf(converted(functions, halves))).toBe(
      `module {
  func.func private @other(i32, i32, f32 {x.note = "b"}) -> (i32, i32)
  func.func @main(%a_0: i32, %a_1: i32, %b: f32) -> (f32, i32, i32) {
    %r_0:2 = call @other(%a_0, %a_1, %b) : (i32, i32, f32) -> (i32, i32)
    return %b, %r_0#0, %r_0#1 : f32, i32, i32
  }
}`,
    );
  });

  test("the same, with a type that disappears", () => {
    expect(textOf(converted(functions, nothing))).toBe(
      `module {
  func.func private @other(f32 {x.note = "b"})
  func.func @main(%b: f32) -> f32 {
    call @other(%b) : (f32) -> ()
    return %b : f32
  }
}`,
    );
  });

  test("branches, whose operand groups grow", () => {
    expect(textOf(converted(branches, halves))).toBe(
      `module {
  func.func @main(%c: i1, %a_0: i32, %a_1: i32, %b: f32) -> (i32, i32) {
    cf.cond_br %c, ^bb1(%a_0, %a_1, %b : i32, i32, f32), ^bb2(%a_0, %a_1 : i32, i32)
  ^bb1(%x_0: i32, %x_1: i32, %y: f32):
    cf.br ^bb2(%x_0, %x_1 : i32, i32)
  ^bb2(%z_0: i32, %z_1: i32):
    return %z_0, %z_1 : i32, i32
  }
}`,
    );
    expect(textOf(converted(branches, nothing))).toContain("cf.cond_br %c, ^bb1(%b : f32), ^bb2");
  });

  test.each([
    ["one", narrow],
    ["two", halves],
    ["none", nothing],
  ] as const)("structured control flow, to %s", (_, types) => {
    const module = converted(loops, types);
    module.walk((operation) => {
      for (const value of [...operation.operands, ...operation.results]) expect(value.type).not.toBe(i64);
    });
    expect(textOf(module)).not.toContain("cast");
  });

  test("loops look the same but for the types", () => {
    expect(textOf(converted(loops, narrow))).toBe(textOf(parse(loops, context)).replaceAll("i64", "i32"));
  });
});

describe("what cannot be converted", () => {
  test("is named with the operand", () => {
    const types = new TypeConverter().add((type) => (type === i64 ? refuse("too wide") : undefined));
    expect(() => converted(functions, types)).toThrow("'func.func' op could not be legalized");
    const error = (() => {
      try {
        converted(functions, types);
      } catch (caught) {
        return caught;
      }
      return undefined;
    })();
    expect(JSON.stringify(error)).toContain("parameter 0: the type i64 has no conversion: too wide");
    expect(JSON.stringify(error)).toContain("could not be legalized: operand 0 has the type i64");
  });

  test("leaves the module as it is", () => {
    const types = new TypeConverter().add((type) => (type === i1 ? refuse("no") : type === f32 ? i32 : undefined));
    const module = parse(loops, context);
    const before = print(module);
    const target = new ConversionTarget();
    const patterns = patternsForTypesOf(target, types, flow);
    expect(() => applyPartialConversion(module, target, patterns, context, { types })).toThrow();
    expect(print(module)).toBe(before);
  });
});
