import { describe, expect, test } from "vitest";
import { arith } from "../dialects/arith/index.ts";
import { builtin } from "../dialects/builtin/index.ts";
import { func } from "../dialects/func/index.ts";
import { scf } from "../dialects/scf/index.ts";
import { IntegerAttribute } from "../ir/attributes.ts";
import { Context } from "../ir/context.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import type { Operation } from "../ir/operation.ts";
import { parse } from "../ir/parser/parse.ts";
import { symbolName } from "../ir/symbol-table.ts";
import { type Analysis, AnalysisCache, dominance } from "./analysis.ts";
import { instantiate, pass } from "./pass.ts";
import { type Instrumentation, PassManager, type PassManagerOptions, VerificationError } from "./pass-manager.ts";
import type { Diagnostic, Remark } from "./pass-types.ts";
import { parsePipeline } from "./pipeline.ts";

const context = new Context([builtin, func, arith, scf]);
const program = `func.func @a(%x: i32) -> i32 {
  %0 = arith.addi %x, %x : i32
  return %0 : i32
}
func.func @b() {
  return
}
`;
const parsed = () => parse(program, context, { file: "p.mlir" });

/** Adds an attribute, so that the IR is another one. */
const change = pass("change", {
  doc: "",
  run: (operation) => {
    operation.attributes.set("anemone.changed", IntegerAttribute.get(1n));
    return true;
  },
});
const nothing = pass("nothing", { doc: "", run: () => false });
const refuseAll = pass("refuse-all", {
  doc: "",
  run: (operation) => {
    throw operation.error("is refused");
  },
});
const crash = pass("crash", {
  doc: "",
  run: () => {
    throw new TypeError("boom");
  },
});
/** Takes the operands away from each sum. */
const damage = pass("damage", {
  doc: "",
  run: (operation) => {
    operation.walk((each) => {
      if (each.name === "arith.addi") each.setOperands([]);
    });
    return true;
  },
});
const known = [change, nothing, refuseAll, crash, damage];

function run(pipeline: string, options: PassManagerOptions = {}, passes = known, module = parsed()): boolean {
  return new PassManager(parsePipeline(pipeline, passes), context, options).run(module);
}

function failure(act: () => unknown): DiagnosticError {
  try {
    act();
  } catch (error) {
    if (error instanceof DiagnosticError) return error;
    throw error;
  }
  throw new Error("nothing failed");
}

describe("where passes run", () => {
  const seen: string[] = [];
  const see = pass("see", {
    doc: "",
    run: (operation) => {
      seen.push(symbolName(operation) ?? operation.name);
      return false;
    },
  });
  const forFunctions = pass("for-functions", { doc: "", anchor: "func.func", run: () => false });
  const forModules = pass("for-modules", { doc: "", anchor: "builtin.module", run: () => false });
  const nested = (pipeline: string, module?: Operation) => {
    seen.length = 0;
    run(pipeline, {}, [see, forFunctions, forModules], module);
    return seen;
  };

  test("nested pipelines run on every matching operation, each pipeline as a whole", () => {
    expect(nested("see,func.func(see,see)")).toEqual(["builtin.module", "a", "a", "b", "b"]);
  });

  test("any stands for every isolated operation", () => {
    const module = parse("func.func @a() { return }\nmodule @inner { func.func @c() { return } }", context);
    expect(nested("any(any(see))", module)).toEqual(["a", "inner"]);
    expect(nested("any(see,any(see))", module)).toEqual(["builtin.module"].concat(["a", "inner"]));
    expect(nested("builtin.module(builtin.module(func.func(see)))", module)).toEqual(["c"]);
  });

  test.each([
    ["for-functions", "1:1", "runs on 'func.func', not on 'builtin.module': nest it as func.func(for-functions)"],
    ["see,func.func(for-modules)", "1:15", "put it outside func.func(…), in the list of builtin.module(…)"],
    ["see,func.fun(see)", "1:5", "no loaded dialect has an op 'func.fun' to nest passes on; did you mean func.func?"],
    ["func.func(scf.for(see))", "1:11", "passes cannot be nested on 'scf.for', which is not isolated from above"],
  ])("%s is refused before anything runs", (pipeline, place, message) => {
    seen.length = 0;
    const error = failure(() => nested(pipeline));
    expect(error.message).toContain(message);
    expect(error.render()).toContain(`<pipeline>:${place}: `);
    expect(seen).toEqual([]);
  });
});

describe("requirements", () => {
  const provider = pass("provider", { doc: "", establishes: ["ready"], run: () => false });
  const spoiler = pass("spoiler", { doc: "", invalidates: ["ready"], run: () => false });
  const user = pass("user", { doc: "", requires: ["ready"], run: () => false });
  const passes = [provider, spoiler, user];

  test("are checked with the place in the pipeline", () => {
    const error = failure(() => run("func.func(user),provider", {}, passes));
    expect(error.render()).toBe(
      "<pipeline>:1:11: error: pass 'user' requires the module to be 'ready': run provider before it\n" +
        "  func.func(user),provider\n            ^",
    );
    expect(failure(() => run("provider,spoiler,user", {}, passes)).render()).toContain(
      "note: the pass 'spoiler' before it undoes 'ready'",
    );
    run("provider,user", {}, passes);
  });

  test("what holds at the start is asked only where it matters", () => {
    let asked = 0;
    const properties = () => {
      asked++;
      return ["ready"];
    };
    run("provider,spoiler", { properties }, passes);
    expect(asked).toBe(0);
    run("user", { properties }, passes);
    expect(asked).toBe(1);
  });
});

describe("verification", () => {
  test("follows a pass that changed something, and reports every broken rule", () => {
    const error = failure(() => run("damage"));
    expect(error).toBeInstanceOf(VerificationError);
    expect(error.render()).toContain("p.mlir:2:8: error: 'arith.addi' op expected 2 operands, but found 0");
    expect(error.render()).toContain("note: the IR was valid before the pass 'damage'");
    const twice = parse(program.replace("%0 =", "%1 = arith.addi %x, %x : i32\n  %0 ="), context);
    const both = failure(() => run("damage", {}, known, twice));
    expect(both instanceof VerificationError && both.all.length).toBe(2);
  });

  test("does not follow one that changed nothing, or when it is switched off", () => {
    const module = parsed();
    run("damage", { verifyEach: false }, known, module);
    run("nothing", {}, known, module);
    expect(() => run("change", {}, known, module)).toThrow("expected 2 operands");
  });
});

describe("analyses", () => {
  const counted = (name: string) => {
    const calls: string[] = [];
    const analysis: Analysis<number> = {
      name,
      compute: (operation) => {
        calls.push(symbolName(operation) ?? operation.name);
        return calls.length;
      },
    };
    return { analysis, calls };
  };
  const ask = (analysis: Analysis<unknown>, name = "ask") =>
    pass(name, {
      doc: "",
      run: (_operation, { analysis: query }) => {
        query(analysis);
        query(analysis);
        return false;
      },
    });

  test("are computed once until a pass changes the IR", () => {
    const { analysis, calls } = counted("sizes");
    run("ask,nothing,ask,change,ask", {}, [...known, ask(analysis)]);
    expect(calls).toEqual(["builtin.module", "builtin.module"]);
  });

  test("stay where a pass declares, or says at run time, that they do", () => {
    const { analysis, calls } = counted("sizes");
    const other = counted("others");
    const careful = pass("careful", { doc: "", preserves: [analysis], run: change.run });
    const lucky = pass("lucky", {
      doc: "",
      run: (operation, { preserve }) => {
        operation.attributes.set("anemone.lucky", IntegerAttribute.get(1n));
        preserve(analysis);
        return true;
      },
    });
    const passes = [careful, lucky, ask(analysis), ask(other.analysis, "ask-other")];
    run("ask,ask-other,careful,ask,ask-other,lucky,ask,ask-other", {}, passes);
    expect(calls).toHaveLength(1);
    expect(other.calls).toHaveLength(3);
  });

  test("of a changed function go with those of the module around it, not with its neighbour's", () => {
    const { analysis, calls } = counted("sizes");
    const onA = pass("on-a", {
      doc: "",
      run: (operation, passContext) => symbolName(operation) === "a" && change.run(operation, passContext, {}),
    });
    run("ask,func.func(ask),func.func(on-a),func.func(ask),ask", {}, [onA, ask(analysis)]);
    expect(calls).toEqual(["builtin.module", "a", "b", "a", "builtin.module"]);
  });

  test("one that rests on a dropped one is dropped too", () => {
    const base = counted("base");
    const above: Analysis<number> = {
      name: "above",
      compute: (_operation, _context, query) => 2 * query(base.analysis),
    };
    const module = parsed();
    const cache = new AnalysisCache(context);
    expect(cache.get(above, module)).toBe(2);
    cache.invalidate(module, new Set([above]));
    expect(cache.has(above, module)).toBe(false);
    expect(cache.get(above, module)).toBe(4);
    cache.invalidate(module, new Set([above, base.analysis]));
    expect(cache.has(above, module)).toBe(true);
  });

  test("one that asks for itself is an error", () => {
    const loop: Analysis<number> = { name: "loop", compute: (_operation, _context, query) => query(loop) };
    expect(() => new AnalysisCache(context).get(loop, parsed())).toThrow("analysis 'loop' asks for itself");
  });

  test("dominance comes with the framework", () => {
    const module = parsed();
    const [sum, end] = module.regions[0]!.onlyBlock.first!.regions[0]!.onlyBlock.operations;
    expect(new AnalysisCache(context).get(dominance, module).dominates(sum!.results[0]!, end!)).toBe(true);
  });
});

describe("what others are told", () => {
  function recorder(log: string[]): Instrumentation {
    return {
      beforePipeline: ({ nested }, operation) => log.push(`( ${nested?.anchor ?? "all"} ${operation.name}`),
      afterPipeline: ({ nested }) => log.push(`) ${nested?.anchor ?? "all"}`),
      beforePass: ({ definition }, operation) => log.push(`before ${definition.name} ${symbolName(operation) ?? ""}`),
      afterPass: ({ definition }, _operation, { changed }) => log.push(`after ${definition.name} ${changed}`),
      afterFailure: ({ definition }, _operation, error) => log.push(`failed ${definition.name} ${String(error)}`),
      beforeAnalysis: ({ name }) => log.push(`compute ${name}`),
      afterAnalysis: ({ name }, _operation, milliseconds) => log.push(`computed ${name} ${milliseconds >= 0}`),
    };
  }

  test("hooks come in the order of the work", () => {
    const log: string[] = [];
    const asks = pass("asks", { doc: "", run: (_operation, { analysis }) => analysis(dominance) === undefined });
    run("change,func.func(asks)", { instrumentation: [recorder(log)] }, [change, asks]);
    expect(log).toEqual([
      "( all builtin.module",
      "before change ",
      "after change true",
      "( func.func func.func",
      ...["before asks a", "compute dominance", "computed dominance true", "after asks false"],
      ") func.func",
      "( func.func func.func",
      ...["before asks b", "compute dominance", "computed dominance true", "after asks false"],
      ") func.func",
      ") all",
    ]);
  });

  test("a failure is told with what failed, and pipelines end", () => {
    const log: string[] = [];
    expect(() => run("nothing,crash,change", { instrumentation: [recorder(log)] })).toThrow(TypeError);
    expect(log.slice(-3)).toEqual(["before crash ", "failed crash TypeError: boom", ") all"]);
  });

  test("an instrumentation may skip passes", () => {
    const allows: Instrumentation["allows"] = ({ definition }) => definition.name !== "crash";
    expect(run("crash,change", { instrumentation: [{ allows }] })).toBe(true);
  });

  test("a pass that finds nothing of what it works on says so", () => {
    const told: string[] = [];
    const subject = (...operations: readonly string[]) => ({ operations, otherwise: "another pass makes them" });
    const loops = pass("loops", { doc: "", subject: subject("scf.for", "affine.*"), run: () => false });
    const sums = pass("sums", { doc: "", subject: subject("scf.for", "arith.*"), run: () => false });
    const onDiagnostic = ({ severity, error }: Diagnostic) => void told.push(error.render(severity).split("\n")[0]!);
    run("loops,sums,func.func(sums)", { onDiagnostic }, [loops, sums]);
    run("loops", { onDiagnostic, warnWithoutSubject: false }, [loops]);
    expect(told).toEqual([
      "p.mlir:1:1: warning: 'builtin.module' op holds no scf.for or affine.*, which the pass 'loops' works on: another pass makes them",
      "p.mlir:5:1: warning: 'func.func' op holds no scf.for or arith.*, which the pass 'sums' works on: another pass makes them",
    ]);
  });

  test("diagnostics go to the handler, errors are thrown as well", () => {
    const told: Diagnostic[] = [];
    const warns = pass("warns", {
      doc: "",
      run: (operation, { warn }) => {
        warn(operation, "is odd");
        return false;
      },
    });
    const onDiagnostic = (diagnostic: Diagnostic) => void told.push(diagnostic);
    expect(() => run("warns,refuse-all", { onDiagnostic }, [warns, refuseAll])).toThrow("is refused");
    expect(() => run("crash", { onDiagnostic })).toThrow("boom");
    // Behind the first line comes the place in the text.
    expect(told.map(({ severity, error }) => error.render(severity).split("\n")[0])).toEqual([
      "p.mlir:1:1: warning: 'builtin.module' op is odd",
      "p.mlir:1:1: error: 'builtin.module' op is refused",
      "error: the pass 'crash' crashed: TypeError: boom",
    ]);
  });

  test("a statistic must be declared, by its type and when the pass runs", () => {
    const statistics = { calls: "Calls" };
    const miscounts = pass("miscounts", {
      doc: "",
      statistics,
      run: (_operation, { statistic }) => {
        // @ts-expect-error: not declared
        statistic("cals");
        return false;
      },
    });
    expect(() => run("miscounts", {}, [miscounts])).toThrow(
      "pass 'miscounts' counts 'cals', which is not among its statistics (did you mean calls?): add it to `statistics`",
    );
    const silent = pass("silent", {
      doc: "",
      run: (_operation, { statistic }) => {
        // @ts-expect-error: none are declared
        statistic("calls");
        return false;
      },
    });
    expect(() => run("silent", {}, [silent])).toThrow("counts 'calls', which is not among its statistics (none)");
  });

  test("remarks say their kind, and statistics add up", () => {
    const remarks: Remark[] = [];
    const counts = new Map<string, number>();
    const talks = pass("talks", {
      doc: "",
      statistics: { calls: "Calls", bytes: "Bytes" },
      run: (operation, { remark, missed, analysisRemark, statistic }) => {
        remark(operation, "was done", { name: "Done", arguments: { times: 2 } });
        missed(operation, "was not");
        analysisRemark(operation, "is so");
        statistic("calls");
        statistic("bytes", 4);
        return false;
      },
    });
    const statistic: Instrumentation["statistic"] = (_execution, name, amount) =>
      counts.set(name, (counts.get(name) ?? 0) + amount);
    run("talks,func.func(talks)", { onRemark: (remark) => remarks.push(remark), instrumentation: [{ statistic }] }, [
      talks,
    ]);
    expect(remarks).toHaveLength(9);
    expect(remarks[0]).toMatchObject({ pass: "talks", kind: "passed", name: "Done", arguments: { times: 2 } });
    expect(remarks.map(({ kind }) => kind).slice(0, 3)).toEqual(["passed", "missed", "analysis"]);
    expect([...counts]).toEqual([
      ["calls", 3],
      ["bytes", 12],
    ]);
  });
});

test("a pass with nothing to do costs almost nothing", () => {
  const lines = Array.from({ length: 100_000 }, (_, index) => `  %${index + 1} = arith.addi %${index}, %x : i32\n`);
  const big = parse(`func.func @big(%x: i32) {\n  %0 = arith.addi %x, %x : i32\n${lines.join("")}  return\n}`, context);
  const manager = new PassManager([instantiate(nothing), ...parsePipeline("func.func(nothing)", known)], context);
  manager.run(big);
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    manager.run(big);
    return performance.now() - start;
  });
  // Measured: 0.01 ms. The rest is for a machine that is busy otherwise.
  expect(Math.min(...times)).toBeLessThan(5);
});
