/** One process of bench/framework.ts: what each step costs on a file, as JSON on standard output. */
import { readFileSync } from "node:fs";
import { defaultContext } from "../compiler/registry.ts";
import { call } from "../dialects/func/index.ts";
import { parse } from "../ir/parser/parse.ts";
import { print } from "../ir/printer/print.ts";
import { applyPatternsGreedily } from "../ir/rewrite/greedy-driver.ts";
import { rewrite } from "../ir/rewrite/pattern.ts";
import { verify } from "../ir/verifier.ts";
import { canonicalize } from "../passes/canonicalize.ts";
import { cse } from "../passes/cse.ts";
import { type AnyPass, instantiate } from "../passes/pass.ts";
import { PassManager } from "../passes/pass-manager.ts";

export interface StepCosts {
  readonly operations: number;
  /** Milliseconds of the main thread, of each repetition. */
  readonly steps: { readonly [name: string]: readonly number[] };
  /** Memory of the process that the parsed module takes. */
  readonly residentBytes: number;
}

const [, , file = "", repeats = "1"] = process.argv;
const context = defaultContext();
const text = readFileSync(file, "utf8");
const steps: { [name: string]: number[] } = {};

/**
 * Milliseconds for which the main thread has computed, so that waiting for the processor does not count (on Linux; elsewhere
 * the time that has passed).
 */
function now(): number {
  if (process.platform !== "linux") return performance.now();
  return Number(readFileSync("/proc/self/schedstat", "latin1").split(" ", 1)[0]) / 1e6;
}

function timed<T>(name: string, step: () => T): T {
  const start = now();
  const result = step();
  steps[name] ??= [];
  steps[name].push(now() - start);
  return result;
}

function runPass(definition: AnyPass): (module: ReturnType<typeof parse>) => void {
  const manager = new PassManager([instantiate(definition, {})], context, { verifyEach: false });
  return (module) => manager.run(module);
}

const runCanonicalize = runPass(canonicalize);
const runCse = runPass(cse);
/** Its root does not occur in the modules. */
const idle = rewrite(call, "idle", () => undefined);

const before = process.memoryUsage().rss;
let residentBytes = 0;
let operations = 0;
for (let repeat = 0; repeat < Number(repeats); repeat++) {
  const module = timed("parse", () => parse(text, context, { file }));
  if (repeat === 0) {
    residentBytes = process.memoryUsage().rss - before;
    module.walk(() => operations++);
  }
  timed("verify", () => verify(module, context));
  timed("print", () => print(module));
  timed("clone", () => module.clone());
  timed("canonicalize", () => runCanonicalize(module));
  timed("cse", () => runCse(module));
  timed("pass whose patterns match nothing", () => applyPatternsGreedily(module, [idle], context));
  timed("canonicalize on canonical IR", () => runCanonicalize(module));
  timed("cse with nothing in common", () => runCse(module));
}
const costs: StepCosts = { operations, steps, residentBytes };
console.log(JSON.stringify(costs));
