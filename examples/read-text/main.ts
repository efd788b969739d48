/**
 * `npm start -- [PICTURE]`: reads the text in a picture with three neural networks that Anemone compiles, writes the picture
 * with the found boxes drawn in, and shows what became of each network on the way to the device.
 */
import { basename, extname, join, relative, resolve } from "node:path";
import { Command, CommanderError, Option } from "commander";
import colours from "picocolors";
import { drawBoxes } from "./boxes.ts";
import { loadAlphabet } from "./models.ts";
import type { NetworkReport } from "./network.ts";
import { type DeviceName, deviceNames, networks, type OpenNetworks } from "./networks.ts";
import { loadPicture, savePicture } from "./picture.ts";
import { readText, type TextLine } from "./pipeline.ts";

const root = resolve(import.meta.dirname, "../..");
const defaultPicture = join(root, "examples/pictures/receipt.png");

/** Where the program writes to: the console, or a test's own collection. */
export interface Console {
  out(text: string): void;
  error(text: string): void;
  /** Whether a person is watching standard error, so that progress is worth showing. */
  readonly interactive: boolean;
}

export interface Surroundings {
  readonly open: OpenNetworks;
  readonly console: Console;
  /** Pictures and IR go here. */
  readonly outFolder: string;
}

interface Options {
  readonly device: DeviceName;
  readonly llvm: boolean;
}

/** Runs the program with its arguments (without `bun main.ts`) and returns the exit code: 1 for bad input, 2 for wrong usage. */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { console } = surroundings;
  let exitCode = 0;
  const command = new Command("read-text")
    .description("Reads the text in a PNG or JPEG picture.")
    .argument("[picture]", "the picture", relative(process.cwd(), defaultPicture))
    .addOption(
      new Option("--device <name>", "where the networks run; auto is the engine where there is one, else the CPU")
        .choices(deviceNames)
        .default("auto"),
    )
    .option("--no-llvm", "host code by WebAssembly, although LLVM is there")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => console.out(text.trimEnd()),
      writeErr: (text) => console.error(text.trimEnd()),
    })
    .action(async (picture: string, options: Options) => {
      exitCode = await readPicture(picture, options, surroundings);
    });
  try {
    await command.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  return exitCode;
}

async function readPicture(path: string, { device, llvm }: Options, surroundings: Surroundings): Promise<number> {
  const { open, console, outFolder } = surroundings;
  try {
    const picture = await loadPicture(path);
    const name = basename(path, extname(path));
    const boxesPath = join(outFolder, `${name}-boxes.png`);
    const progress = (message: string): void => {
      if (console.interactive) console.error(colours.dim(message));
    };
    const opened = await open(device, { llvm, irFolder: join(outFolder, "ir"), progress });
    try {
      console.out(`Device: ${colours.bold(opened.device)}`);
      const alphabet = await loadAlphabet();
      const start = performance.now();
      const lines = await readText(picture, opened.open, alphabet);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      await savePicture(
        boxesPath,
        drawBoxes(
          picture,
          lines.map(({ box }) => box),
        ),
      );
      console.out(
        `\n${path}: ${lines.length} ${lines.length === 1 ? "line" : "lines"} in ${seconds} s, compilation included`,
      );
      for (const line of lines) console.out(formatLine(line));
      console.out(`\nBoxes: ${relative(process.cwd(), boxesPath)}\n`);
      for (const row of reportTable(opened.reports())) console.out(row);
    } finally {
      await opened.close();
    }
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.error(colours.red(message.includes("error: ") ? message : `error: ${message}`));
    return 1;
  }
}

function formatLine({ text, confidence, rotated }: TextLine): string {
  const paint = confidence >= 0.9 ? colours.green : confidence >= 0.7 ? colours.yellow : colours.red;
  return `  ${paint(confidence.toFixed(3))}  ${text}${rotated ? colours.dim("  (turned by 180°)") : ""}`;
}

/** One row per network and shape: operations at each level, tasks, time and where the IR is; columns as wide as needed. */
export function reportTable(reports: readonly NetworkReport[]): string[] {
  if (reports.length === 0) return [];
  const levels = [...new Set(reports.flatMap((report) => report.levels.map(({ level }) => level)))];
  const header = ["network", "input", ...levels, "tasks", "runs", "ms", "IR"];
  const rows = reports.map((report) => [
    report.network,
    report.inputShape.join("x"),
    ...levels.map((level) => String(report.levels.find((entry) => entry.level === level)?.operations ?? "-")),
    String(report.tasks ?? "-"),
    String(report.runs),
    report.milliseconds.toFixed(1),
    report.irPath === undefined ? "-" : relative(process.cwd(), report.irPath),
  ]);
  const isText = (column: number): boolean => column < 2 || column === header.length - 1;
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const format = (row: readonly string[]): string =>
    row
      .map((cell, column) => (isText(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd();
  return [
    colours.dim("Operations at each level, engine tasks, and the fastest run:"),
    colours.bold(format(header)),
    ...rows.map(format),
  ];
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.slice(2), {
    open: networks,
    console: {
      out: (text) => process.stdout.write(`${text}\n`),
      error: (text) => process.stderr.write(`${text}\n`),
      interactive: process.stderr.isTTY,
    },
    outFolder: join(root, "out/read-text"),
  });
}
