/** `anemone run`: compile a model or IR text of any level, run it once (or a few times), show or write the outputs. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import colors from "picocolors";
import { compile } from "../../compiler/compile.ts";
import { describeCompression } from "../../compiler/compression.ts";
import { type DeviceName, deviceNames } from "../../compiler/devices.ts";
import { type CompressionFlags, parseCompression } from "../compression.ts";
import { UsageError } from "../failure.ts";
import { parseShapes, readInputs, summarize } from "../inputs.ts";
import { aboutModel, modelSource, warningAbout } from "../model-source.ts";
import { writeNpy } from "../npy.ts";
import { withProgress } from "../progress.ts";
import { parseTarget } from "../target.ts";

export interface RunOptions extends CompressionFlags {
  readonly device: string;
  readonly target?: string;
  readonly input: readonly string[];
  readonly shape: readonly string[];
  readonly output?: string;
  readonly load: readonly string[];
  readonly passPipeline?: string;
  readonly llvm: boolean;
  readonly repeat: string;
  readonly json?: boolean;
}

/** The device that the user named; wrong usage lists what there is. */
export function parseDevice(text: string): DeviceName {
  const device = deviceNames.find((name) => name === text);
  if (device === undefined) throw new UsageError(`--device takes ${deviceNames.join(", ")}, but got '${text}'`);
  return device;
}

export async function runCommand(model: string, options: RunOptions): Promise<void> {
  const repeat = Number(options.repeat);
  if (!Number.isInteger(repeat) || repeat < 1)
    throw new UsageError(`--repeat takes a whole number from 1, but got '${options.repeat}'`);
  const device = parseDevice(options.device);
  const target = options.target === undefined ? {} : { target: parseTarget(options.target) };
  if (options.target !== undefined && device === "cpu")
    throw new UsageError("--target is the engine to compile for: it goes with --device=ane or ane-virtual, not cpu");
  const shapes = parseShapes(options.shape);
  const compress = parseCompression(options);
  const note = (message: string) => console.error(colors.dim(message));
  const { name, source, dialects, passes } = await modelSource(model, { ...options, shapes });
  const warnings: string[] = [];
  const network = await aboutModel(model, () =>
    withProgress("compiling", (progress) =>
      compile(source, {
        device,
        ...target,
        shapes,
        dialects,
        passes,
        llvm: options.llvm,
        onProgress: progress,
        onWarning: (text) => warnings.push(warningAbout(model, text)),
        onEngineRemark: (text) => warnings.push(text),
        ...(compress === undefined ? {} : { compress }),
      }),
    ),
  );
  for (const text of warnings) note(text);
  if (network.compression !== undefined) note(describeCompression(network.compression));
  if (options.target !== undefined && network.device === "cpu")
    note(
      `--target ${options.target} is not used: the program runs on the CPU (--device=ane-virtual runs it by the engine's rules)`,
    );
  const { program } = network;
  const inputs = await readInputs(options.input, program, note);
  const times: number[] = [];
  let outputs = program.run(inputs);
  for (let run = 0; run < repeat; run++) {
    const start = performance.now();
    outputs = program.run(inputs);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const milliseconds = times[Math.floor(times.length / 2)]!;
  const written: Record<string, string> = {};
  if (options.output !== undefined) {
    mkdirSync(options.output, { recursive: true });
    for (const [name, tensor] of Object.entries(outputs)) {
      const path = join(options.output, `${name.replaceAll(/[^\w.-]/g, "_")}.npy`);
      writeNpy(path, tensor);
      written[name] = path;
    }
  }
  if (options.json) {
    const described = Object.entries(outputs).map(([name, { shape, element }]) => ({
      name,
      shape,
      element,
      file: written[name] ?? null,
    }));
    console.log(
      JSON.stringify({
        device: program.device,
        milliseconds,
        runs: repeat,
        outputs: described,
        overflows: network.overflows(),
        ...(network.compression === undefined ? {} : { compression: network.compression }),
      }),
    );
    return;
  }
  console.log(
    `${colors.bold(name)} on ${program.device}: ${milliseconds.toFixed(3)} ms${repeat > 1 ? ` (median of ${repeat})` : ""}`,
  );
  for (const [name, tensor] of Object.entries(outputs)) {
    console.log(
      `  ${colors.cyan(name)}: ${tensor.element}[${tensor.shape.join(", ")}]  ${summarize(tensor)}${written[name] === undefined ? "" : `  -> ${written[name]}`}`,
    );
  }
  for (const overflow of network.overflows()) console.error(colors.yellow(`overflow: ${overflow}`));
}
