/** For tests: `mlir-opt` of LLVM 19, where it is installed, as the judge of what the upstream dialects mean. */
import { spawnSync } from "node:child_process";

/** The programs that may be the wanted version. */
const candidates = ["mlir-opt-19", "mlir-opt"];

function find(): string | undefined {
  return candidates.find((program) => {
    const run = spawnSync(program, ["--version"], { encoding: "utf8" });
    return run.status === 0 && run.stdout.includes("version 19.");
  });
}

const program = find();

/** Why tests that need mlir-opt are skipped, or undefined where it is there. */
export const missingMlirOpt: string | undefined =
  program === undefined ? "mlir-opt of LLVM 19 is not installed" : undefined;

export interface MlirOptRun {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs mlir-opt on a text; unregistered dialects are allowed unless stated. */
export function mlirOpt(
  text: string,
  options: readonly string[] = [],
  { allowUnregistered = true }: { readonly allowUnregistered?: boolean } = {},
): MlirOptRun {
  if (program === undefined) throw new Error(missingMlirOpt);
  const allowed = allowUnregistered ? ["--allow-unregistered-dialect"] : [];
  const run = spawnSync(program, [...allowed, ...options, "-"], {
    input: text,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return { status: run.status, output: run.stdout, errors: run.stderr };
}

const separator = "// -----";

/** What mlir-opt prints for each of several texts; an error with its message where it refuses one of them. */
export function mlirOptEach(texts: readonly string[], options: readonly string[] = []): readonly string[] {
  const run = mlirOpt(texts.join(`\n${separator}\n`), ["--split-input-file", ...options]);
  if (run.status !== 0) throw new Error(run.errors.slice(0, 4000));
  return run.output.split(`${separator}\n`).map((part) => part.trim());
}
