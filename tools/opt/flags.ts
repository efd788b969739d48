/** The flags of `anemone opt`, under MLIR's names. Imports nothing heavy: `--help` reads this file. */
import type { Command } from "commander";

/** `[flag, description]`, or with a default. */
type Flag = readonly [flag: string, description: string, fallback?: string];

const groups: { readonly [heading: string]: readonly Flag[] } = {
  "Passes:": [
    ["--pass-pipeline <pipeline>", 'passes in MLIR\'s syntax: "builtin.module(func.func(cse),canonicalize)"'],
    ["--dump-pass-pipeline", "print the pipeline with all options on standard error"],
    ["--show-passes", "list the passes with their options and leave"],
    ["--verify-each <flag>", "verify after each pass that changed something", "true"],
    ["--stop-after <count>", "stop after this many actions (a pass, or one rewrite inside it) and say which was last"],
    ["--log-actions-to <file>", "write each action with its number, for --stop-after; - is standard error"],
    ["--mlir-disable-threading", "accepted for MLIR's sake: passes never run in parallel here"],
  ],
  "Input and output:": [
    ["-o, --output <file>", "write here instead of standard output; weights go to FILE.weights"],
    ["--allow-unregistered-dialect", "accept operations of dialects that are not loaded"],
    ["--show-dialects", "list the loaded dialects and leave"],
    ["--no-implicit-module", "the text's only operation is the root; without this flag a module is put around it"],
    ["--split-input-file", "run on each part between '// -----' lines on its own; =MARKER for another separator"],
    ["--output-split-marker <marker>", "what to print between the parts", "// -----"],
    ["--verify-diagnostics", "check the diagnostics against '// expected-error@+1 {{…}}' comments"],
    ["--verify-roundtrip", "check that the input prints and reads back the same in both forms, with its locations"],
    ["--emit-bytecode", "refused: IR is written as text only"],
  ],
  "Printing:": [
    ["--mlir-print-op-generic", "print the generic form"],
    ["--mlir-print-debuginfo", "print locations"],
    ["--mlir-pretty-debuginfo", "print locations for people, as file:line:column; they cannot be read back"],
    ["--mlir-print-local-scope", "spell locations out where they are used"],
    ["--mlir-print-unique-ssa-ids", "use no value number twice"],
    ["--mlir-print-value-users", "say in comments who uses each value"],
    ["--mlir-use-nameloc-as-prefix", "name values after the names in their locations"],
    ["--mlir-print-skip-regions", "print {...} instead of regions"],
    ["--mlir-elide-elementsattrs-if-larger <count>", "leave out dense constants of more elements"],
    ["--mlir-elide-resource-strings-if-larger <count>", "leave out resources of more hexadecimal digits"],
  ],
  "The IR between passes (on standard error):": [
    ["--mlir-print-ir-before <passes>", "print it before these passes: p1,p2"],
    ["--mlir-print-ir-after <passes>", "print it after these passes"],
    ["--mlir-print-ir-before-all", "print it before each pass"],
    ["--mlir-print-ir-after-all", "print it after each pass"],
    ["--mlir-print-ir-after-change", "after a pass, print it only where the pass changed it"],
    ["--mlir-print-ir-after-failure", "after a pass, print it only where the pass failed"],
    ["--mlir-print-ir-module-scope", "print the whole module, also for nested passes"],
    ["--mlir-print-ir-tree-dir <folder>", "write each into a file of its own below this folder"],
    ["--history <file.json>", "write what each pass changed, as patches from symbol to text"],
  ],
  "Reports (on standard error):": [
    ["--mlir-timing", "the time of each pass, analysis and verification"],
    ["--mlir-timing-display <display>", "tree, or list by time", "tree"],
    ["--mlir-output-format <format>", "of the times: text or json", "text"],
    ["--mlir-pass-statistics", "the counters of each pass and pattern"],
    ["--mlir-pass-statistics-display <display>", "pipeline, or list by name", "pipeline"],
    ["--remarks <kinds>", "remarks of passes: any of passed,missed,analysis, or all"],
    ["--remarks-filter <regex>", "only the remarks of passes whose name matches"],
    ["--remarks-output <file.yaml>", "write the remarks as LLVM's YAML"],
  ],
  "Reproducing failures:": [
    ["--mlir-pass-pipeline-crash-reproducer <file>", "where to write the IR and pipeline when a pass fails or crashes"],
    ["--mlir-pass-pipeline-local-reproducer", "only the failing pass, with the IR before it"],
    ["--mlir-generate-reproducer <file>", "write the IR and the pipeline although nothing failed"],
    ["--run-reproducer", "run the pipeline that a reproducer contains"],
  ],
};

const extensions = ["load", "irdl-file"];

/** The flags' long names, without dashes. */
export const optFlagNames: readonly string[] = [
  ...Object.values(groups).flatMap((flags) => flags.map(([flag]) => /--([\w-]+)/.exec(flag)?.[1] ?? flag)),
  ...extensions,
  "help",
];

/**
 * Arguments as the parser of the command line takes them: mlir-opt has `-split-input-file` and `-o=FILE` for what is
 * `--split-input-file` and `-o FILE` elsewhere.
 */
export function withDoubleDashes(args: readonly string[]): readonly string[] {
  return args.flatMap((argument) => {
    const [, name = "", value] = /^-([\w-]+)(=[\s\S]*)?$/.exec(argument) ?? [];
    if (name === "o" && value !== undefined) return ["-o", value.slice(1)];
    return optFlagNames.includes(name) ? [`-${argument}`] : [argument];
  });
}

/** Adds the flags to the command. A flag that is not listed may be a pass: `--canonicalize`, `--vectorize='registers=16'`. */
export function addOptFlags(
  command: Command,
  collect: (value: string, previous: readonly string[]) => readonly string[],
): Command {
  for (const [heading, flags] of Object.entries(groups)) {
    command.optionsGroup(heading);
    for (const [flag, description, fallback] of flags) {
      if (fallback === undefined) command.option(flag, description);
      else command.option(flag, description, fallback);
    }
  }
  return command
    .optionsGroup("Extensions:")
    .option("--load <file>", "a file that exports dialects and passes of your own; repeatable", collect, [])
    .option("--irdl-file <file>", "IR that declares dialects with irdl.dialect; repeatable", collect, [])
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText(
      "after",
      `
Each pass is a flag too, run in the order given: anemone opt f.mlir --canonicalize --cse
with its options as a value: --vectorize='registers=16 group=false'

Example: anemone opt f.mlir --pass-pipeline='builtin.module(func.func(cse,canonicalize{max-iterations=8}))'`,
    );
}

/** What commander makes of the flags. */
export interface OptOptions {
  readonly passPipeline?: string;
  readonly dumpPassPipeline?: boolean;
  readonly showPasses?: boolean;
  readonly verifyEach: string;
  readonly stopAfter?: string;
  readonly logActionsTo?: string;
  readonly mlirDisableThreading?: boolean;
  readonly output?: string;
  readonly allowUnregisteredDialect?: boolean;
  readonly showDialects?: boolean;
  /** False where `--no-implicit-module` is given. */
  readonly implicitModule: boolean;
  readonly splitInputFile?: boolean;
  readonly outputSplitMarker: string;
  readonly verifyDiagnostics?: boolean;
  readonly verifyRoundtrip?: boolean;
  readonly emitBytecode?: boolean;
  readonly mlirPrintOpGeneric?: boolean;
  readonly mlirPrintDebuginfo?: boolean;
  readonly mlirPrettyDebuginfo?: boolean;
  readonly mlirPrintLocalScope?: boolean;
  readonly mlirPrintUniqueSsaIds?: boolean;
  readonly mlirPrintValueUsers?: boolean;
  readonly mlirUseNamelocAsPrefix?: boolean;
  readonly mlirPrintSkipRegions?: boolean;
  readonly mlirElideElementsattrsIfLarger?: string;
  readonly mlirElideResourceStringsIfLarger?: string;
  readonly mlirPrintIrBefore?: string;
  readonly mlirPrintIrAfter?: string;
  readonly mlirPrintIrBeforeAll?: boolean;
  readonly mlirPrintIrAfterAll?: boolean;
  readonly mlirPrintIrAfterChange?: boolean;
  readonly mlirPrintIrAfterFailure?: boolean;
  readonly mlirPrintIrModuleScope?: boolean;
  readonly mlirPrintIrTreeDir?: string;
  readonly history?: string;
  readonly mlirTiming?: boolean;
  readonly mlirTimingDisplay: string;
  readonly mlirOutputFormat: string;
  readonly mlirPassStatistics?: boolean;
  readonly mlirPassStatisticsDisplay: string;
  readonly remarks?: string;
  readonly remarksFilter?: string;
  readonly remarksOutput?: string;
  readonly mlirPassPipelineCrashReproducer?: string;
  readonly mlirPassPipelineLocalReproducer?: boolean;
  readonly mlirGenerateReproducer?: string;
  readonly runReproducer?: boolean;
  readonly load: readonly string[];
  readonly irdlFile: readonly string[];
}
