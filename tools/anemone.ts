/**
 * The `anemone` command: one file per subcommand, loaded only when it is asked for, so that `--help` stays fast. Errors
 * of the user's input are printed as `file:line:column: error: …` and exit with 1; wrong usage exits with 2.
 */
import { fstatSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { reportFailure } from "./failure.ts";
import { addOptFlags, withDoubleDashes } from "./opt/flags.ts";
import { writeOutNow } from "./standard-output.ts";

/** Asks `process.stdout` only where it can be a terminal: its streams take longer to load than all that help needs. */
const terminalWidth = () => (fstatSync(1).isCharacterDevice() && process.stdout.isTTY ? process.stdout.columns : 80);

const program = new Command("anemone")
  .description(
    "A compiler for tensor programs: ONNX models and IR text, lowered step by step through typed dialects\n" +
      "(tensor, fused, then ane for Apple's Neural Engine or linalg for this machine), and run.",
  )
  .version(packageJson.version)
  .configureOutput({
    writeOut: writeOutNow,
    getOutHelpWidth: terminalWidth,
    getOutHasColors: () => false,
  })
  .showHelpAfterError("(anemone --help lists the commands)")
  .exitOverride();

program
  .command("run")
  .description("Compile a model and run it once")
  .argument(
    "<model>",
    "an ONNX model (.onnx), a MIL program (.mil, .mlmodel, .mlpackage, .mlmodelc) or IR text (.mlir)",
  )
  .option("--device <device>", "auto, cpu, ane (a Mac's engine) or ane-virtual (its numerics, on this machine)", "auto")
  .option(
    "--target <chip>",
    "the engine to compile for, h13 (M1) to h18, or a chip: m1, m4-pro; the machine's own, else h16s, without it",
  )
  .option(
    "--input <name=source>",
    "NAME=FILE.npy, NAME=FILE.png, NAME=random:SEED or NAME=zeros; repeatable",
    collect,
    [],
  )
  .option(
    "--shape <name=sizes>",
    "sizes of an input with dynamic dimensions, NAME=1,3,224,224; repeatable",
    collect,
    [],
  )
  .option("--output <folder>", "write one NAME.npy per output into this folder")
  .option("--load <file>", "a file that exports dialects and passes of your own; repeatable", collect, [])
  .option("--pass-pipeline <pipeline>", 'passes to run before anything else: "poly-to-arith,canonicalize"')
  .option("--compress <scheme>", "store the engine's weights compressed: int8, int4, sparse, blockwise or auto")
  .option("--compress-tolerance <part>", "greatest error of an output channel, 0 to 1; each scheme has its own default")
  .option("--compress-size <part>", "with auto: the least error at this part of the f16 bytes")
  .option("--no-llvm", "generate WebAssembly instead of machine code")
  .option("--repeat <count>", "run this often and report the median time", "1")
  .option("--json", "print one JSON object and nothing else on standard output")
  .addHelpText("after", "\nExample: anemone run squeezenet.onnx --shape input=1,3,227,227 --input input=cat.png")
  .action(async (model: string, options) => (await import("./commands/run.ts")).runCommand(model, options));

program
  .command("compile")
  .description("Lower a model to a level and write it")
  .argument(
    "<model>",
    "an ONNX model (.onnx), a MIL program (.mil, .mlmodel, .mlpackage, .mlmodelc) or IR text (.mlir)",
  )
  .requiredOption(
    "-o, --output <path>",
    "file to write: IR text, or what its extension says (.mil, .mlpackage, .onnx, .wasm, .ll); for mil also a folder",
  )
  .option(
    "--emit <level>",
    "tensor, fused, ane, mil, linalg, buffers, loops, llvm, llvm-ir, wasm, onnx or mlpackage; what the output says, else llvm, without it",
  )
  .option(
    "--target <chip>",
    "the engine for ane, mil and mlpackage, a chip (m1, m4-pro) or one of 28: h13 (M1), h14 (M2), h15 (M3), h16 (M4), h16s (M4 Pro class), h17 (M5), …",
    "h16s",
  )
  .option("--device <device>", "whose fusion rules to use at the fused level: cpu or ane")
  .option("--compress <scheme>", "store the engine's weights compressed: int8, int4, sparse, blockwise or auto")
  .option("--compress-tolerance <part>", "greatest error of an output channel, 0 to 1; each scheme has its own default")
  .option("--compress-size <part>", "with auto: the least error at this part of the f16 bytes")
  .option("--shape <name=sizes>", "sizes of an input with dynamic dimensions; repeatable", collect, [])
  .option("--load <file>", "a file that exports dialects and passes of your own; repeatable", collect, [])
  .option("--pass-pipeline <pipeline>", 'passes to run before anything else: "poly-to-arith,canonicalize"')
  .option("--generic", "print MLIR's generic form")
  .addHelpText("after", "\nExample: anemone compile model.onnx --emit mil --target h16s -o out/model")
  .action(async (model: string, options) => (await import("./commands/compile.ts")).compileCommand(model, options));

program
  .command("translate")
  .description("Read a program in one format and write it in another")
  .argument(
    "<program>",
    "an ONNX model (.onnx), IR text (.mlir or .ir), or MIL: .mil, .mlmodel, .mlpackage, .mlmodelc, a folder with a model.mil",
  )
  .option("--to <format>", "mil, mlir, mlpackage or onnx; an output that ends in one of them says it as well")
  .option("-o, --output <path>", "file or folder to write; mil and mlir are printed without it")
  .option("--target <chip>", "the engine, for programs that have to be lowered to MIL first; h16s without it")
  .option("--shape <name=sizes>", "sizes of an input with dynamic dimensions; repeatable", collect, [])
  .addHelpText("after", "\nExample: anemone translate model.mlpackage --to mil -o out/model")
  .action(async (input: string, options) => (await import("./commands/translate.ts")).translateCommand(input, options));

addOptFlags(
  program
    .command("opt")
    .description("Read IR text, run passes, print IR text")
    .argument("[file]", "IR text or a MIL program; - or nothing reads standard input", "-"),
  collect,
).action(async (_file: string, options, command: Command) =>
  (await import("./commands/opt.ts")).optCommand(command.args, options),
);

program
  .command("docs")
  .description("Write the reference of all dialects and passes from their declarations")
  .option("-o, --output <folder>", "folder to write to", "docs/reference")
  .option("--load <file>", "write about the dialects and passes of this file instead; repeatable", collect, [])
  .option("--check", "write nothing; exit with 1 and name the pages that are not current")
  .option("--format <format>", "markdown, or json: one object on standard output", "markdown")
  .addHelpText("after", "\nExample: anemone docs --load ./my-dialect.ts -o docs")
  .action(async (options) => (await import("./commands/docs.ts")).docsCommand(options));

program
  .command("lsp")
  .description("Serve editors: the language server for IR text, on standard input and output")
  .option("--load <file>", "a TypeScript file that exports dialects of your own; repeatable", collect, [])
  .option("--allow-unregistered-dialect", "accept operations of dialects that are not loaded")
  .option("--stdio", "what editors pass; it is the only way of talking")
  .action(async (options) => (await import("./commands/lsp.ts")).lspCommand(options));

program
  .command("reduce")
  .description("Shrink IR text while a command still fails on it")
  .argument("<file>", "IR text")
  .requiredOption("--test <command>", "a shell command that exits with other than 0 on the file, put for {} or behind")
  .option("-o, --output <file>", "write here instead of standard output")
  .option("--match <expression>", "only a failure that prints this counts")
  .option("--timeout <seconds>", "a command that runs longer is stopped", "60")
  .option("--hang-is-failure", "what counts is that the command had to be stopped")
  .option("--max-tests <count>", "run the command this often at most", "10000")
  .option("--load <file>", "a TypeScript file that exports dialects of your own; repeatable", collect, [])
  .option("--mlir-print-op-generic", "write the generic form")
  .addHelpText(
    "after",
    "\nExample: anemone reduce crash.mlir --test='anemone opt {} --cse' --match='internal error' -o small.mlir",
  )
  .action(async (file: string, options) => (await import("./commands/reduce.ts")).reduceCommand(file, options));

program
  .command("selftest")
  .description("Try the Neural Engine of this Mac in all that Anemone asks of it, and write a report to send back")
  .option("--device <device>", "ane, or ane-virtual: a rehearsal without an engine", "ane")
  .option("--driver <driver>", "both, espresso or objc: the ways to the engine", "both")
  .option("--target <chip>", "the engine's name, where the machine's own is not the one to test")
  .option(
    "--only <checks>",
    "some of driver,operators,probes,networks,latency, or GROUP:BEGINNING: operators:conv.,probes",
  )
  .option("-o, --output <folder>", "where to write anemone-selftest.json and .txt", "anemone-selftest")
  .option("--budget <seconds>", "no check is begun after that, and the last one ended", "280")
  .option("--no-isolation", "no processes of their own for the checks: a crash ends all of them")
  .option("--json", "print the report on standard output as well")
  .addOption(new Option("--worker <order>").hideHelp())
  .addHelpText(
    "after",
    "\nExits with 0 where all is as it should be, 1 where something differs, fails or nothing ran, 2 without an engine.",
  )
  .action(async (options) => (await import("./commands/selftest.ts")).selftestCommand(options));

program
  .command("devices")
  .description("What this machine has: devices, libraries looked for and found, versions")
  .option("--json", "print one JSON object")
  .action(async (options) => (await import("./commands/devices.ts")).devicesCommand(options));

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

const [command = "", ...args] = process.argv.slice(2);
const given = command === "" ? [] : [command, ...(command === "opt" ? withDoubleDashes(args) : args)];

// Not awaited here: the bundled command is no ES module.
program.parseAsync(given, { from: "user" }).catch((error: unknown) => {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else process.exitCode = reportFailure(error);
});
