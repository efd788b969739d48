/** `anemone reduce`: shrink IR text while a command still fails on it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import colors from "picocolors";
import { defaultContext } from "../../compiler/registry.ts";
import { DiagnosticError, type DiagnosticNote } from "../../ir/diagnostic-error.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { type PrintOptions, print } from "../../ir/printer/print.ts";
import { readIr, writeIr } from "../../ir/sidecar.ts";
import { reduce } from "../../passes/reduction/reduce.ts";
import { operationsIn } from "../../passes/reduction/steps.ts";
import { UsageError } from "../failure.ts";
import { loadAllExtensions } from "../load-extensions.ts";
import { withProgress } from "../progress.ts";

export interface ReduceOptions {
  readonly test: string;
  readonly output?: string;
  readonly load: readonly string[];
  readonly match?: string;
  readonly timeout: string;
  readonly hangIsFailure?: boolean;
  readonly maxTests: string;
  readonly mlirPrintOpGeneric?: boolean;
}

export async function reduceCommand(file: string, options: ReduceOptions): Promise<void> {
  const timeout = positive("--timeout", options.timeout) * 1000;
  const maxTests = positive("--max-tests", options.maxTests);
  const pattern = options.match === undefined ? undefined : expression(options.match);
  const { dialects } = await loadAllExtensions(options.load);
  const context = defaultContext({ allowUnregistered: true }).with(dialects);
  const module = readIr(file, context);
  const printOptions: PrintOptions = { generic: options.mlirPrintOpGeneric ?? false };
  const folder = mkdtempSync(join(tmpdir(), "anemone-reduce-"));
  // The command sees a file of the same name, so that what it says of it stays readable.
  const path = join(folder, basename(file));
  const test = async (candidate: Operation): Promise<Outcome> => {
    writeIr(path, candidate, printOptions);
    return await runTest(options.test, path, timeout);
  };
  const isFailure = ({ exitCode, text, isHanging }: Outcome) =>
    (options.hangIsFailure === true ? isHanging : !isHanging && exitCode !== 0 && !isNoCommand(exitCode)) &&
    (pattern?.test(text) ?? true);
  try {
    const first = await test(module);
    if (!isFailure(first)) throw new DiagnosticError(notFailing(options, first), { file, notes: printedBy(first) });
    // What fails without the file's content is no property of it: a wrong flag, a file that is not there.
    const empty = parse("", context);
    if (operationsIn(module).length > operationsIn(empty).length && isFailure(await test(empty))) {
      const advice =
        options.match === undefined ? "pass --match=REGEX for the failure that you mean" : "narrow --match";
      throw new DiagnosticError(
        `the command fails on an empty module as well, so nothing in the file matters: ${advice}`,
        {
          file,
          notes: printedBy(first),
        },
      );
    }
    for (const { message } of printedBy(first)) console.error(colors.dim(message));
    const {
      tests,
      isCut,
      module: reduced,
    } = await withProgress("reducing", (progress) =>
      reduce(module, context, async (candidate) => isFailure(await test(candidate)), {
        maxTests,
        onProgress: (now) => progress(`${now.operations} operations after ${now.tests} tests: ${now.what}`),
      }),
    );
    if (options.output === undefined) console.log(print(reduced, { ...printOptions, inlineResources: true }).trimEnd());
    else writeIr(options.output, reduced, printOptions);
    const counts = `${operationsIn(module).length} operations to ${operationsIn(reduced).length}, ${tests} tests`;
    const cut = isCut ? `; stopped by --max-tests=${maxTests}` : "";
    console.error(colors.dim(`reduced ${counts}${cut}`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Outcome {
  readonly exitCode: number;
  readonly text: string;
  readonly isHanging: boolean;
}

/** Runs the command by the shell with the file's path in place of `{}`, or behind it. */
async function runTest(command: string, path: string, timeout: number): Promise<Outcome> {
  const quoted = `'${path.replaceAll("'", "'\\''")}'`;
  const line = command.includes("{}") ? command.replaceAll("{}", quoted) : `${command} ${quoted}`;
  const child = Bun.spawn(["sh", "-c", line], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout,
    killSignal: "SIGKILL",
  });
  const [out, err, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, text: out + err, isHanging: child.signalCode === "SIGKILL" };
}

/** What a shell says where it finds no such command, or cannot run it. */
const isNoCommand = (exitCode: number) => exitCode === 126 || exitCode === 127;

/** The beginning of what the command printed on the file itself. */
function printedBy({ exitCode, text }: Outcome): readonly DiagnosticNote[] {
  const lines = text.trim().split("\n");
  const shown = lines.slice(0, 6).map((line) => `\n  ${line.slice(0, 200)}`);
  const rest = lines.length > shown.length ? "\n  …" : "";
  return [
    {
      message: `on the file itself it exits with ${exitCode} and prints ${text.trim() === "" ? "nothing" : `${shown.join("")}${rest}`}`,
    },
  ];
}

function notFailing({ match, hangIsFailure, timeout }: ReduceOptions, { exitCode, isHanging }: Outcome): string {
  if (isHanging && hangIsFailure !== true) {
    return `the command does not end within ${timeout} s on the file itself: pass --hang-is-failure if that is the failure`;
  }
  if (!isHanging && hangIsFailure === true)
    return `the command ends within ${timeout} s on the file itself: it does not hang`;
  if (isNoCommand(exitCode))
    return `the shell cannot run the command (exit code ${exitCode}): give one that exists, by its path where PATH does not have it`;
  if (exitCode === 0) return "the command succeeds on the file itself (exit code 0): there is nothing to reduce";
  return `the command fails on the file itself (exit code ${exitCode}), but does not print what --match asks for: '${match}'`;
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`${option} takes a positive number, but got '${text}'`);
  return value;
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new UsageError(`--match takes a regular expression, but got '${text}'`);
  }
}
