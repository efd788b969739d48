/** For tests: `mlir-minimal-opt` of LLVM 19, where it is installed, as the judge of what MLIR's generic form is. */
import { spawnSync } from "node:child_process";

const program = "mlir-minimal-opt-19";

function isInstalled(): boolean {
  return spawnSync(program, ["--version"], { encoding: "utf8" }).status === 0;
}

/** Why tests that need MLIR are skipped, or undefined where it is there. */
export const missingOracle: string | undefined = isInstalled() ? undefined : `${program} is not installed`;

/** The generic form that MLIR prints for a text; its message as an error where it refuses the text. */
export function mlirGenericForm(text: string, options: readonly string[] = []): string {
  const run = spawnSync(program, ["--allow-unregistered-dialect", "--mlir-print-op-generic", ...options, "-"], {
    input: text,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (run.status !== 0) throw new Error(run.stderr.slice(0, 2000));
  return run.stdout;
}
